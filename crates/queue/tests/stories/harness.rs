//! Plays a script against [`Queues`] and writes the ladder.
//!
//! | line | what happens |
//! |---|---|
//! | `arrive N [line]` | call N arrives |
//! | `arrive N from NUMBER` | the same, and who calls is known |
//! | `leave N` | its caller hangs up |
//! | `ask N [number]` | it asks for a callback, to `+3361000000N` unless told |
//! | `create T NUMBER [at SECS] [slot SECS] [for AGENT] [key KEY] [web]` | T asks for a callback |
//! | `move N SECS`, `hasten N` | request N is to be dealt with so many seconds from now, or now |
//! | `written`, `not written` | the oldest order that waits for the journal is answered |
//! | `accept N`, `decline N`, `miss N`, `fail N` | the agent's answer to offer N |
//! | `bridged N`, `talked N`, `released N` | offer N goes on |
//! | `transfer N AGENT`, `transfer N outside` | its agent hands the conversation on |
//! | `taken over N`, `not taken over N`, `left N` | what comes of that; that agent's leg is gone |
//! | `dial N/M OUTCOME` | dial M of request N ends |
//! | `agent NAME STATUS` | an agent's wish |
//! | `cancel N`, `reached N`, `not reached N` | an operator's command, after `check` |
//! | `journal up`, `journal down` | |
//! | `switch registering off queue NAME` | or `processing`, `on`, `line NAME`, `engine all` |
//! | `drain` | the engine is to stop |
//! | `room N` | the trunk carries so many callbacks at once |
//! | `wait SECS` | time passes, deadline by deadline |
//! | `clock SECS` | the wall clock steps, either way |
//! | `crash` | the engine dies and starts again; what was being written is lost |
//! | `crash durable` | the same, but what was being written is durable |
//! | `crash losing N` | the engine dies before the last N facts are durable |
//! | `without line NAME` | the next settings know no such line; so for `queue`, `agent` |
//! | `with agent NAME QUEUE` | the next settings have this agent |
//! | `reload` | the next settings are taken while everything goes on |
//! | `restored` | the next settings are those of the beginning |
//! | `deny BEGINNING` | the next start does not call numbers that begin so |
//! | `erase N` | person N leaves the erasable table |
//! | `place N`, `estimate N` | asks for a caller's place, and for the wait |
//! | `offerable N` | asks whether a callback may be offered, and why not |
//! | `list`, `agents` | what the queue shows |

mod words;

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use ledger::{CallEnd, DialOutcome, Entry, Fact, Fold, OfferEnd, Origin, Person, Said, Settled};
use ledger::{Held, Terms};
use model::{
    AgentName, AttemptId, CallId, E164, Entropy, LanguageTag, LineName, Mono, Now, OfferId,
    PersonId, QueueName, RequestId, Seq, TrunkName, Wall,
};
use queue::{
    AgentSettings, AgentStatus, Beginning, Command, Event, LineSettings, Order, QueueSettings,
    Queues, SaidBy, Screening, Settings, Work,
};

use crate::switches::{of_settings, switched};
use words::passed_over;

/// One queue `desk` behind the line `main`, one queue `shop` behind the line `store`. Ann serves
/// the desk, Bob both; both are online. A request lives an hour and has two attempts five minutes
/// apart; a pause lasts a minute, wrap-up ten seconds.
pub fn settings() -> Settings {
    let policy = QueueSettings {
        request_ttl: Duration::from_secs(3_600),
        attempts_total: 2,
        retry_delay: Duration::from_secs(300),
        decline_pause: Duration::from_secs(60),
        ..queue::QueueSettings::default()
    };
    let line = |queue: &str| LineSettings {
        queue: QueueName::from(queue),
        trunk: TrunkName::from("carrier"),
        calls_back: true,
        has_fallback: false,
        callback_queue: None,
        routing: queue::Routing::default(),
        screening: Default::default(),
        home: None,
    };
    let agent = |queues: &[&str]| AgentSettings {
        queues: queues.iter().map(|queue| QueueName::from(*queue)).collect(),
        wrap_up: Duration::from_secs(10),
        online_at_start: true,
        reachable_at_start: true,
        ..queue::AgentSettings::default()
    };
    Settings {
        queues: [("desk", policy.clone()), ("shop", policy)]
            .map(|(name, queue)| (QueueName::from(name), queue))
            .into(),
        lines: [("main", line("desk")), ("store", line("shop"))]
            .map(|(name, line)| (LineName::from(name), line))
            .into(),
        agents: [("ann", agent(&["desk"])), ("bob", agent(&["desk", "shop"]))]
            .map(|(name, agent)| (AgentName::from(name), agent))
            .into(),
        entries_max: 100,
        rooms: [].into(),
        own_numbers: [].into(),
        caps: Default::default(),
        off: Default::default(),
        offers_of_lines: Default::default(),
    }
}

/// Only Ann.
pub fn ann_alone() -> Settings {
    let mut settings = settings();
    settings.agents.remove(&AgentName::from("bob"));
    settings
}

/// Nobody takes calls.
pub fn nobody() -> Settings {
    let mut settings = settings();
    settings.agents.clear();
    settings
}

/// Plays a script and gives its ladder.
pub fn play(settings: Settings, script: &str) -> String {
    let mut stage = Stage::new(settings);
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        writeln!(stage.ladder, "{line}").expect("text grows");
        stage.line(line);
    }
    stage.ladder
}

struct Stage {
    settings: Settings,
    queues: Queues,
    now: Now,
    people: BTreeMap<PersonId, Person>,
    facts: Vec<(Wall, Fact)>,
    pending: VecDeque<(Fact, Option<Person>, Order)>,
    ladder: String,
}

impl Stage {
    fn new(settings: Settings) -> Stage {
        let now =
            Now { mono: Mono::from_nanos(0), wall: Wall::from_unix_millis(1_795_255_200_000) };
        let people = BTreeMap::new();
        let recovered = Fold::default().recovered();
        let entropy = Entropy::from_u64(1);
        let queues = Queues::new(settings.clone(), &recovered, &people, entropy, now);
        let facts = Vec::new();
        let pending = VecDeque::new();
        let ladder = String::new();
        let mut stage = Stage { settings, queues, now, people, facts, pending, ladder };
        stage.drain();
        stage.ladder.clear();
        stage
    }

    /// What only looks: true when it was such a line.
    fn look(&mut self, words: &[&str]) -> bool {
        match words {
            ["place", call] => {
                let place = self.queues.place(call_id(call));
                self.write(&format!("place {place:?}"));
            }
            ["estimate", call] => {
                let estimate = self.queues.estimate(call_id(call));
                self.write(&format!("estimate {estimate:?}"));
            }
            ["offerable", call] => {
                let said = match self.queues.may_offer(self.now, call_id(call)) {
                    Ok(()) => "yes".to_owned(),
                    Err(why) => why.to_string(),
                };
                self.write(&format!("offerable: {said}"));
            }
            ["list"] => self.list(),
            ["agents"] => self.agents(),
            _ => return false,
        }
        true
    }

    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if self.look(&words) {
            return;
        }
        let command = match words[..] {
            ["arrive", call] => arrive(call, "main"),
            ["arrive", call, line] => arrive(call, line),
            ["arrive", call, "from", from] => arrive_from(call, from),
            ["leave", call] => Command::Leave { call: call_id(call), end: CallEnd::Abandoned },
            ["ask", call] => ask(call, &format!("+3361000000{call}")),
            ["ask", call, number] => ask(call, number),
            ["written"] => return self.written(),
            ["not", "written"] => {
                let (_, _, order) = self.pending.pop_front().expect("something to write");
                Command::NotRecorded { order }
            }
            ["accept", offer] => offer_ended(offer, OfferEnd::Accepted),
            ["decline", offer] => offer_ended(offer, OfferEnd::Declined),
            ["miss", offer] => offer_ended(offer, OfferEnd::NoAnswer),
            ["fail", offer] => offer_ended(offer, OfferEnd::Failed),
            ["bridged", offer] => Command::Bridged { offer: offer_id(offer) },
            ["talked", offer] => Command::TalkEnded { offer: offer_id(offer) },
            ["transfer", ..] | ["taken", ..] | ["not", "taken", ..] => transfer(&words),
            ["left", offer] => Command::AgentLeft { offer: offer_id(offer) },
            ["released", offer] => Command::AgentReleased { offer: offer_id(offer) },
            ["dial", attempt, outcome] => dial_ended(attempt, outcome, None),
            ["dial", attempt, outcome, status, cause] => {
                let said = Said { status: number(status), cause: Some(number(cause)) };
                dial_ended(attempt, outcome, Some(said))
            }
            ["phone", name, there] => {
                let agent = AgentName::from(name);
                Command::SetReachable { agent, reachable: there == "registered" }
            }
            ["agent", name, "is", "ready"] => {
                Command::EndWrapUp { agent: AgentName::from(name), by: SaidBy::FeatureCode }
            }
            ["agent", name, status, ref why @ ..] => set_status(name, status, why),
            ["create", ticket, number, ..] => create(ticket, number, &words[3..], self.now.wall),
            ["move", request, secs] => Command::Move {
                request: request_id(request),
                due: self.now.wall + Duration::from_secs(number(secs)),
            },
            ["hasten", request] => Command::Hasten { request: request_id(request) },
            ["cancel", ..] | ["reached", _] | ["not", "reached", _] => settled(&words),
            ["switch", what, to, part, name] => switched([what, to, part, name]),
            ["drain"] => Command::Drain,
            ["room", callbacks] => {
                let callbacks = callbacks.parse().expect("a number");
                self.settings.rooms = [(TrunkName::from("carrier"), callbacks)].into();
                Command::Room { trunk: TrunkName::from("carrier"), callbacks }
            }
            ["journal", state] => Command::Journal { up: state == "up" },
            ["wait", secs] => return self.wait(secs.parse().expect("seconds")),
            ["clock", secs] => return self.step(secs.parse().expect("seconds")),
            ["crash"] => return self.crash(false, 0),
            ["crash", "durable"] => return self.crash(true, 0),
            ["crash", "losing", count] => return self.crash(false, number(count)),
            ["without" | "with" | "off", ..] | ["restored"] => return self.edit(&words),
            ["reload"] => return self.reload(),
            ["deny", beginning] => return self.deny(beginning),
            ["erase", person] => {
                self.people.remove(&PersonId(person.parse().expect("a number")));
                return;
            }
            _ => panic!("no such line: {line}"),
        };
        self.tell(command);
    }

    fn reload(&mut self) {
        let foreseen = self.queues.foresee(&self.settings);
        self.foreseen(&foreseen);
        let settings = Box::new(self.settings.clone());
        self.tell(Command::Reload { settings, coming: Vec::new() });
    }

    fn foreseen(&mut self, foreseen: &queue::Foresight) {
        let queue::Foresight { stranded, served_again, screened, callers, busy_agents } = foreseen;
        let kept = stranded.iter().map(|((line, _), n)| format!("{n} of {line} kept"));
        let back = served_again.iter().map(|((line, _), n)| format!("{n} of {line} back"));
        let busy = busy_agents.iter().map(|agent| format!("{agent} busy"));
        let mut words: Vec<String> = kept.chain(back).chain(busy).collect();
        words.extend((*screened > 0).then(|| format!("{screened} not called")));
        words.extend((*callers > 0).then(|| format!("{callers} callers")));
        if !words.is_empty() {
            self.write(&format!("foreseen {}", words.join(", ")));
        }
    }

    /// Edits the next settings.
    fn edit(&mut self, words: &[&str]) {
        match words {
            ["without", "line", name] => {
                self.settings.lines.remove(&LineName::from(*name));
            }
            ["without", "queue", name] => {
                self.settings.queues.remove(&QueueName::from(*name));
                for agent in self.settings.agents.values_mut() {
                    agent.queues.retain(|queue| *queue != QueueName::from(*name));
                }
            }
            ["without", "agent", name] => {
                self.settings.agents.remove(&AgentName::from(*name));
            }
            ["off", what] => self.settings.off = of_settings(what),
            ["with", "agent", name, queue] => {
                let mut agent = settings().agents[&AgentName::from("ann")].clone();
                agent.queues = vec![QueueName::from(*queue)];
                self.settings.agents.insert(AgentName::from(*name), agent);
            }
            _ => self.settings = settings(),
        }
    }

    fn deny(&mut self, beginning: &str) {
        let deny = vec![Beginning::parse(beginning).expect("a rule")];
        let screening = Arc::new(Screening { deny, ..Screening::default() });
        for line in self.settings.lines.values_mut() {
            line.screening = Arc::clone(&screening);
        }
    }

    fn tell(&mut self, command: Command) {
        if let Err(rejected) = self.queues.check(&command) {
            self.write(&format!("rejected: {rejected}"));
        }
        self.queues.handle(self.now, command);
        self.drain();
    }

    fn written(&mut self) {
        let (fact, person, order) = self.pending.pop_front().expect("something to write");
        self.keep(fact, person);
        if !self.queues.stands(&order) {
            self.write("(the order stands no more)");
        }
        self.tell(Command::Recorded { order });
    }

    fn wait(&mut self, secs: u64) {
        let end = self.now.mono + Duration::from_secs(secs);
        while let Some(deadline) = self.queues.deadline().filter(|deadline| deadline.at <= end) {
            self.pass(deadline.at);
            self.write(&format!("({})", deadline.why));
            self.queues.handle_timeout(self.now);
            self.drain();
        }
        self.pass(end);
    }

    fn pass(&mut self, until: Mono) {
        self.now.wall = self.now.wall + until.since(self.now.mono);
        self.now.mono = self.now.mono.max(until);
    }

    fn step(&mut self, secs: i64) {
        let millis = self.now.wall.as_unix_millis() + secs * 1_000;
        self.now.wall = Wall::from_unix_millis(millis);
    }

    fn crash(&mut self, durable: bool, losing: usize) {
        if let Some((fact, person, _)) = self.pending.pop_front().filter(|_| durable) {
            self.keep(fact, person);
        }
        self.pending.clear();
        self.facts.truncate(self.facts.len() - losing);
        let mut fold = Fold::default();
        for ((at, fact), seq) in self.facts.iter().zip(1..) {
            fold.apply(&Entry { seq: Seq(seq), at: *at, fact: fact.clone() });
        }
        let recovered = fold.recovered();
        let settings = self.settings.clone();
        let entropy = Entropy::from_u64(1);
        self.queues = Queues::new(settings, &recovered, &self.people, entropy, self.now);
        self.drain();
    }

    fn keep(&mut self, fact: Fact, person: Option<Person>) {
        self.people.extend(person.map(|person| (person.id, person)));
        self.facts.push((self.now.wall, fact));
    }

    fn drain(&mut self) {
        while let Some(event) = self.queues.poll() {
            match event {
                Event::Record { fact } => {
                    self.write(&format!("record   {}", fact_text(&fact)));
                    self.keep(fact, None);
                }
                Event::RecordThen { fact, person, order } => {
                    self.write(&format!("write    {}", fact_text(&fact)));
                    self.pending.push_back((fact, person, order));
                }
                other => self.write(&event_text(&other)),
            }
        }
    }

    fn list(&mut self) {
        let mut lines = Vec::new();
        for call in self.queues.calls() {
            lines.push((
                call.queue.clone(),
                call.place,
                format!("{}{}", call.call, because(&call.reason)),
            ));
        }
        for request in self.queues.requests() {
            let reason = because(&request.reason);
            let text = format!("{}: {}{reason}", request.request, request.stage);
            lines.push((request.queue, request.place.unwrap_or(0), text));
        }
        lines.sort();
        for (queue, place, text) in lines {
            self.write(&format!("{queue} {place} {text}"));
        }
    }

    fn agents(&mut self) {
        let agents: Vec<_> = self.queues.agents().collect();
        for agent in agents {
            let state = format!("{:?}", agent.state);
            let state = state.split_whitespace().next().unwrap_or_default().to_owned();
            self.write(&format!("{} {:?} {state}", agent.agent, agent.status));
        }
    }

    fn write(&mut self, text: &str) {
        assert!(text.lines().all(|line| line.chars().count() <= 88), "too wide to read: {text}");
        writeln!(self.ladder, "    {text}").expect("text grows");
    }
}

/// The reason, on a line of its own.
fn because(why: &impl std::fmt::Display) -> String {
    format!("\n        because {why}")
}

fn number<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{text} is a number"))
}

fn call_id(text: &str) -> CallId {
    CallId(number(text))
}

fn request_id(text: &str) -> RequestId {
    RequestId(number(text))
}

/// `3` is the third offer of the first start, `2.1` the first of the second.
fn offer_id(text: &str) -> OfferId {
    let (epoch, count): (u64, u64) = match text.split_once('.') {
        Some((epoch, count)) => (number(epoch), number(count)),
        None => (1, number(text)),
    };
    OfferId((epoch << 32) + count)
}

fn offer_text(offer: OfferId) -> String {
    match (offer.0 >> 32, offer.0 & 0xffff_ffff) {
        (1, count) => format!("offer-{count}"),
        (epoch, count) => format!("offer-{epoch}.{count}"),
    }
}

fn arrive(call: &str, line: &str) -> Command {
    Command::Arrive { call: call_id(call), line: LineName::from(line), asks: Default::default() }
}

fn arrive_from(call: &str, from: &str) -> Command {
    let asks = queue::Asks { from: E164::parse(from).ok(), ..Default::default() };
    Command::Arrive { call: call_id(call), line: LineName::from("main"), asks }
}

fn ask(call: &str, number: &str) -> Command {
    Command::Request {
        call: call_id(call),
        number: E164::parse(number).expect("an international number"),
        caller: None,
        contact: None,
        language: LanguageTag::from("en"),
    }
}

fn create(ticket: &str, to: &str, terms: &[&str], now: Wall) -> Command {
    let said = |word: &str| terms.iter().skip_while(move |it| **it != word).nth(1);
    let terms = Terms {
        origin: if terms.contains(&"web") { Origin::Web } else { Origin::Operator },
        due: said("at").map(|secs| now + Duration::from_secs(number(secs))),
        slot: said("slot").map(|secs| now + Duration::from_secs(number(secs))),
        owner: said("for").map(|agent| AgentName::from(*agent)),
        key: said("key").map(|key| (*key).to_owned()),
        ..Terms::default()
    };
    let wish = queue::Wish {
        number: E164::parse(to).expect("a number"),
        line: LineName::from("main"),
        language: LanguageTag::from("en"),
        terms,
    };
    Command::Create { ticket: number(ticket), wish: Box::new(wish) }
}

fn transfer(words: &[&str]) -> Command {
    match *words {
        ["transfer", offer, to] => {
            let to = (to != "outside").then(|| AgentName::from(to));
            Command::Transfer { offer: offer_id(offer), to }
        }
        ["taken", "over", offer] => {
            Command::TransferEnded { offer: offer_id(offer), connected: true }
        }
        ["not", "taken", "over", offer] => {
            Command::TransferEnded { offer: offer_id(offer), connected: false }
        }
        _ => panic!("no such transfer: {words:?}"),
    }
}

fn offer_ended(offer: &str, end: OfferEnd) -> Command {
    Command::OfferEnded { offer: offer_id(offer), end }
}

fn dial_ended(attempt: &str, outcome: &str, said: Option<Said>) -> Command {
    let (request, dial) = attempt.split_once('/').expect("request/dial");
    let outcome = match outcome {
        "busy" => DialOutcome::Busy,
        "no_answer" => DialOutcome::NoAnswer,
        "declined" => DialOutcome::Declined,
        "failed" => DialOutcome::Failed,
        "agent_left" => DialOutcome::AgentLeft,
        "machine" => DialOutcome::Machine,
        other => panic!("no such outcome: {other}"),
    };
    let attempt = AttemptId { request: request_id(request), number: number(dial) };
    Command::DialEnded { attempt, outcome, said }
}

/// With a reason it was said by a feature code.
fn set_status(name: &str, status: &str, why: &[&str]) -> Command {
    let status = match status {
        "online" => AgentStatus::Online,
        "away" => AgentStatus::Away,
        "transfer-only" => AgentStatus::TransferOnly,
        "offline" => AgentStatus::Offline,
        other => panic!("no such status: {other}"),
    };
    let reason = (!why.is_empty()).then(|| why.join(" "));
    let by = if why.is_empty() { SaidBy::Command } else { SaidBy::FeatureCode };
    Command::SetStatus { agent: AgentName::from(name), status, reason, by }
}

/// What an operator does to a request.
fn settled(words: &[&str]) -> Command {
    let request = request_id(words[words.len() - 1]);
    match words[0] {
        "cancel" => Command::Cancel { request },
        word => Command::Resolve { request, reached: word == "reached", by: Settled::Command },
    }
}

fn held(why: &Held) -> String {
    match why {
        Held::OutsideHours => "outside the calling hours".to_owned(),
        Held::Capped { cap } => format!("{cap} used up"),
    }
}

/// The time of day.
fn clock(wall: Wall) -> String {
    wall.to_string()[11..23].to_owned()
}

fn fact_text(fact: &Fact) -> String {
    match fact {
        Fact::EngineStarted { epoch } => format!("engine_started {epoch}"),
        Fact::CallArrived { call, line, queue, .. } => {
            format!("call_arrived {call} {line}/{queue}")
        }
        Fact::CallEnded { call, end } => format!("call_ended {call} {end}"),
        Fact::PlaceTaken { call, of, .. } => format!("place_taken {call}, that of {of}"),
        Fact::PlaceReturned { request, call } => format!("place_returned {request} {call}"),
        Fact::CallbackRequested { request, person, queue, arrived, expires, .. } => format!(
            "callback_requested {request} {person} {queue} arrived {} expires {}",
            clock(*arrived),
            clock(*expires)
        ),
        Fact::Moved { .. } | Fact::CameDue { .. } | Fact::Hastened { .. } | Fact::Held { .. } => {
            delayed_text(fact)
        }
        Fact::Offered { offer, agent, request, call, because } => {
            let request = request.map(|request| format!(" {request}")).unwrap_or_default();
            let call = call.map(|call| format!(" {call}")).unwrap_or_default();
            let because = passed_over(because);
            format!("offered {} {agent}{request}{call}{because}", offer_text(*offer))
        }
        Fact::OfferEnded { offer, end } => format!("offer_ended {} {end}", offer_text(*offer)),
        Fact::DialStarted { attempt, agent, trunk, .. } => {
            format!("dial_started {attempt} {agent} {trunk}")
        }
        Fact::DialEnded { attempt, outcome, said, retry_at } => {
            let said = said.map(|said| format!(" ({said})")).unwrap_or_default();
            let retry = retry_at.map(|at| format!(" retry at {}", clock(at))).unwrap_or_default();
            format!("dial_ended {attempt} {outcome}{said}{retry}")
        }
        Fact::Bridged { agent, attempt, call } => {
            format!("bridged {agent}{}", of_whom(*attempt, *call))
        }
        Fact::Transferred { agent, to, attempt, call } => {
            let to = to.as_ref().map_or("somebody outside", |to| to.as_str());
            format!("transferred {agent} to {to}{}", of_whom(*attempt, *call))
        }
        Fact::RequestClosed { request, end, why } => {
            format!("request_closed {request} {end}{}", because(why))
        }
        Fact::AttemptMissed { request, retry_at } => {
            let next = if retry_at.is_some() { ", another follows" } else { "" };
            format!("attempt_missed {request}{next}")
        }
        Fact::TicketWanted { request, call, text, .. } => ticket_text(*request, *call, text),
        Fact::TicketComment { request, text, .. } => comment_text(*request, text),
        Fact::FoundUncertain { attempt } => format!("found_uncertain {attempt}"),
        Fact::Settled { attempt, by } => format!("settled {attempt} by {by}"),
        Fact::RequestUntaken { call, why } => untaken(*call, why),
        // The engine's own, beside the queue.
        Fact::OfferWithheld { .. } | Fact::OfferAllowed { .. } => "of offers".to_owned(),
        Fact::RecordingBegan { .. }
        | Fact::RecordingEnded { .. }
        | Fact::NotRecorded { .. }
        | Fact::RecordingDeclined { .. }
        | Fact::CallLed { .. }
        | Fact::MessageLeft { .. } => "of recordings".to_owned(),
        Fact::StatusSet { agent, status, reason, by } => {
            format!("status_set {agent} {status}{} by {by}", in_brackets(reason.as_deref()))
        }
        Fact::Switched { switch, of, on } => format!("switched {switch} of {of} {on}"),
        Fact::WrapUpEnded { agent, by } => format!("wrap_up_ended {agent} by {by}"),
    }
}

fn untaken(call: CallId, why: &ledger::Untaken) -> String {
    format!("request_untaken {call}{}", because(&ledger::explain::untaken(why)))
}

fn in_brackets(reason: Option<&str>) -> String {
    reason.map(|reason| format!(" ({reason})")).unwrap_or_default()
}

/// What changes the time of a request.
fn delayed_text(fact: &Fact) -> String {
    match fact {
        Fact::Moved { request, due, expires } => {
            format!("moved {request} to {} expires {}", clock(*due), clock(*expires))
        }
        Fact::CameDue { request, arrived } => {
            format!("came_due {request} arrived {}", clock(*arrived))
        }
        Fact::Hastened { request } => format!("hastened {request}"),
        Fact::Held { request, until, why } => {
            format!("held {request} until {}: {}", clock(*until), held(why))
        }
        _ => String::new(),
    }
}

/// The dial, or the call, of a conversation.
fn of_whom(attempt: Option<AttemptId>, call: Option<CallId>) -> String {
    let attempt = attempt.map(|attempt| format!(" {attempt}")).unwrap_or_default();
    let call = call.map(|call| format!(" {call}")).unwrap_or_default();
    format!("{attempt}{call}")
}

fn ticket_text(request: RequestId, call: Option<CallId>, text: &str) -> String {
    let call = call.map(|call| format!(" {call}")).unwrap_or_default();
    let text = text.split(':').next().unwrap_or_default();
    format!("ticket_wanted {request}{call}: {text}")
}

fn comment_text(request: RequestId, text: &str) -> String {
    let why = text.split(": ").last().unwrap_or_default();
    format!("ticket_comment {request}: {why}")
}

fn event_text(event: &Event) -> String {
    match event {
        Event::Record { .. } | Event::RecordThen { .. } => unreachable!("written as facts"),
        Event::Refused { call, why } => format!("refused  {call} {why:?}"),
        Event::Created { ticket, request } => format!("created  {ticket} {request}"),
        Event::Stands { ticket, request } => format!("stands   {ticket} {request}"),
        Event::NotCreated { ticket, why } => format!("refused  {ticket} {why:?}"),
        Event::Full { call } => format!("full     {call}"),
        Event::Offer { offer, agent, queue, work } => {
            let work = match work {
                Work::Live { call } => call.to_string(),
                Work::Callback { request, number, line, .. } => {
                    format!("{request} {number} via {line}")
                }
            };
            format!("offer    {} {agent} {queue} {work}", offer_text(*offer))
        }
        Event::Withdraw { offer, taken: false } => format!("withdraw {}", offer_text(*offer)),
        Event::Withdraw { offer, taken: true } => {
            format!("withdraw {}, another agent has the work", offer_text(*offer))
        }
        Event::CalledIn { offer, call } => format!("instead  {call} for {}", offer_text(*offer)),
        Event::NextAgent { offer, agent: Some(agent) } => {
            format!("next     {agent} for {}", offer_text(*offer))
        }
        Event::NextAgent { offer, agent: None } => format!("nobody   for {}", offer_text(*offer)),
        Event::TransferTaken { offer } => format!("ring     the other for {}", offer_text(*offer)),
        Event::TransferRefused { offer } => format!("refuse   to hand {} on", offer_text(*offer)),
        Event::Alarm { cap, .. } => format!("alarm    {}", cap.as_str()),
        Event::Closed { request, end } => format!("closed   {request} {end}"),
    }
}
