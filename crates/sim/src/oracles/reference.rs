//! A second queue, written to be read and not to be fast: what it predicts, the engine must do.
//!
//! It is fed with what is seen from outside (facts handed over, what the journal answered, who came
//! online, when an agent's talk ended on the wire) and knows the policy in one sentence: *the agent
//! free longest gets the first that it may be offered, by priority and then by arrival, and who
//! gets none rings along for the oldest that others ring for*. It shares no code with the queue.
//!
//! A prediction has two edges. What **may** be offered at this instant includes what becomes ready
//! just now; what **must** be offered is only what was ready before this instant.

mod booked;
mod offered;
mod passed;
mod reloaded;
mod summoned;
mod switched;
mod taken;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ledger::{DialOutcome, Fact, Need, OfferEnd, Person};
use model::{
    AgentName, CallId, E164, LineName, Mono, Now, OfferId, QueueName, RequestId, Seq, Wall,
};

use booked::settle_dues;
use switched::Switches;

/// Works that one agent rests from, at which it is offered nothing.
const PAUSES_MAX: usize = 32;

/// How long an agent rests at least from a work that failed without the agent's doing.
const FAILED_PAUSE_MIN: Duration = Duration::from_secs(1);

/// One who holds a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A caller on the line.
    Call(CallId),
    /// A callback request.
    Request(RequestId),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Waiting,
    Due(Mono),
    DueWall(Wall),
    /// Outside the queue until its time.
    Scheduled(Mono),
    ScheduledWall(Wall),
    Offered,
    /// An agent took it.
    Taken,
    /// The request is being written.
    Asking,
    Uncertain,
    /// Its customer is on the line, and has its place; what it was doing.
    TakenOver(Box<State>),
    /// Its terminal fact is about to come.
    Closing,
}

#[derive(Debug, Clone)]
struct Entry {
    who: Who,
    line: LineName,
    queue: QueueName,
    number: Option<E164>,
    place: u64,
    /// What it asks of agents, and who stands before whom whenever they came.
    needs: Vec<Need>,
    priority: u8,
    state: State,
    /// The input at which it became a request: it was ready only during that input.
    born: u64,
    /// The offer that was accepted last.
    offer: Option<OfferId>,
    /// Those that ring for it, and who rang and did not take it since the first of them.
    ringing: Vec<OfferId>,
    left: Vec<AgentName>,
    /// How many may ring at once, since the first of them.
    most: usize,
    /// Its customer was dialled before an agent was rung.
    summoned: bool,
}

#[derive(Debug, Clone)]
struct Agent {
    name: AgentName,
    queues: Vec<QueueName>,
    skills: BTreeMap<String, u8>,
    wrap_up: Duration,
    /// The input after which the agent was seen idle.
    idle: Option<u64>,
    work: Option<(OfferId, Who)>,
    rests: Vec<(u64, Mono)>,
    busy_until: Mono,
    talked: bool,
    /// No settings name this agent any more.
    gone: bool,
}

#[derive(Debug, Clone)]
enum Pending {
    Promise {
        call: CallId,
        request: RequestId,
        /// What the callback asks for, and its priority.
        asks: (Vec<Need>, u8),
    },
    /// One that was asked for by command, for a time or for now.
    Create {
        request: RequestId,
        due: Option<Wall>,
    },
    Dial {
        request: RequestId,
    },
}

/// Something that the engine should not have done. A skipped caller may be excused: one who asks
/// for a number that another caller's request is being written for cannot be seen from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// In words.
    pub what: String,
    /// The one who was passed over.
    pub skipped: Option<Who>,
}

/// See the module.
#[derive(Debug)]
pub struct Reference {
    entries: Vec<Entry>,
    disk: Vec<Entry>,
    places: Vec<(RequestId, u64)>,
    agents: Vec<Agent>,
    pending: Vec<(Seq, Pending)>,
    people: Vec<Person>,
    queues: Vec<(QueueName, queue::QueueSettings)>,
    /// Lines that call back, and queues that the settings know: requests of others are kept.
    calling_back: BTreeSet<LineName>,
    known: BTreeSet<QueueName>,
    journal_up: bool,
    switches: Switches,
    /// The places of callers who hung up, where they may be given back.
    left: Vec<taken::Left>,
    /// Callbacks may have to wait for a channel of the trunk, which is not seen from outside: that
    /// one is not offered is no mistake, that a later one is offered before it is.
    channels_limited: bool,
    next_place: u64,
    input: u64,
    complaints: Vec<Complaint>,
}

impl Reference {
    /// A queue of these settings, with nobody in it.
    pub fn new(settings: &queue::Settings) -> Reference {
        let queues = settings.queues.iter().map(|(name, queue)| (name.clone(), queue.clone()));
        let mut reference = Reference {
            entries: Vec::new(),
            disk: Vec::new(),
            places: Vec::new(),
            agents: settings.agents.iter().map(reloaded::agent).collect(),
            pending: Vec::new(),
            people: Vec::new(),
            queues: queues.collect(),
            calling_back: BTreeSet::new(),
            known: BTreeSet::new(),
            journal_up: true,
            switches: Switches::of(settings),
            left: Vec::new(),
            channels_limited: false,
            next_place: 1,
            input: 0,
            complaints: Vec::new(),
        };
        reference.know(settings);
        reference
    }

    /// The same over a trunk that carries only so many calls.
    pub fn over_few_channels(mut self) -> Reference {
        self.channels_limited = true;
        self
    }

    /// What was not as predicted since the last look.
    pub fn complaints(&mut self) -> Vec<Complaint> {
        std::mem::take(&mut self.complaints)
    }

    /// The engine is told something.
    pub fn begin_input(&mut self) {
        self.input += 1;
    }

    /// The journal can be written, or cannot.
    pub fn journal(&mut self, up: bool) {
        self.journal_up = up;
    }

    /// Everything up to `seq` is durable, and the engine hears it.
    pub fn recorded(&mut self, now: Now, seq: Seq) {
        let durable: Vec<_> = self.pending.extract_if(.., |(at, _)| *at <= seq).collect();
        for (_, pending) in durable {
            let (call, request, asks) = match pending {
                Pending::Promise { call, request, asks } => (call, request, asks),
                Pending::Create { request, due } => {
                    self.create_recorded(now, request, due);
                    continue;
                }
                Pending::Dial { .. } => continue,
            };
            let place = self.places.iter().find(|(id, _)| *id == request).map(|(_, place)| *place);
            for entry in self.entries.iter_mut().filter(|e| e.who == Who::Call(call)) {
                entry.who = Who::Request(request);
                entry.place = place.unwrap_or(entry.place);
                (entry.needs, entry.priority) = asks.clone();
                entry.state = summoned::first_state(now, &self.queues, entry);
                entry.born = self.input;
            }
        }
    }

    /// This permission could not be written.
    pub fn not_recorded(&mut self, seq: Seq) {
        let at = self.pending.iter().position(|(pending, _)| *pending == seq);
        let Some((_, pending)) = at.map(|at| self.pending.remove(at)) else { return };
        let who = match pending {
            Pending::Create { request, .. } => {
                return self.entries.retain(|e| e.who != Who::Request(request));
            }
            Pending::Promise { call, .. } => Who::Call(call),
            Pending::Dial { request } => Who::Request(request),
        };
        self.set(who, State::Waiting);
    }

    /// The engine hands a fact over.
    pub fn fact(&mut self, now: Now, seq: Seq, fact: &Fact, person: Option<&Person>) {
        self.people.extend(person.cloned());
        match fact {
            Fact::CallArrived { call, line, queue, needs, priority } => {
                self.arrived(*call, (line, queue), needs, *priority);
            }
            Fact::CallEnded { call, end } => self.call_ended(now, *call, *end),
            Fact::PlaceTaken { call, of, offer, .. } => self.place_taken(now, *call, *of, *offer),
            Fact::PlaceReturned { request, .. } => self.place_returned(*request),
            Fact::CallbackRequested { .. } => self.requested(seq, fact),
            Fact::Offered { offer, agent, request, call, because } => {
                let Some(who) = request.map(Who::Request).or(call.map(Who::Call)) else { return };
                if !self.is_summoned(who) {
                    self.passed_over(now, agent, who, because);
                }
                self.offered(now, *offer, agent, who);
            }
            Fact::OfferEnded { offer, end } => self.offer_ended(now, *offer, *end),
            Fact::DialStarted { attempt, .. } => {
                let request = attempt.request;
                self.pending.push((seq, Pending::Dial { request }));
                summoned::dialled(&mut self.entries, &self.queues, request);
            }
            Fact::Bridged { agent, attempt, .. } => {
                self.talks(Some(agent));
                // Its place is given up: an attempt that was too short gets another.
                if attempt.is_some() {
                    apply(&mut self.entries, fact);
                }
            }
            // Whoever takes over talks from now on.
            Fact::Transferred { to, .. } => self.talks(to.as_ref()),
            Fact::WrapUpEnded { agent, .. } => self.wrap_up_ended(now, agent),
            Fact::OfferWithheld { .. }
            | Fact::OfferAllowed { .. }
            | Fact::RequestUntaken { .. }
            | Fact::TicketWanted { .. }
            | Fact::TicketComment { .. }
            | Fact::RecordingBegan { .. }
            | Fact::MessageLeft { .. }
            | Fact::CallLed { .. }
            | Fact::StatusSet { .. }
            | Fact::RecordingEnded { .. }
            | Fact::NotRecorded { .. }
            | Fact::RecordingDeclined { .. } => {}
            Fact::Switched { .. } => self.switches.fact(fact),
            Fact::CameDue { request, .. } => self.came_due(now, *request),
            // A restart forgets it: on the disk the request waits.
            Fact::Held { request, until, .. } => self.held(now, *request, *until),
            Fact::DialEnded { .. }
            | Fact::AttemptMissed { .. }
            | Fact::RequestClosed { .. }
            | Fact::FoundUncertain { .. }
            | Fact::Settled { .. }
            | Fact::Moved { .. }
            | Fact::Hastened { .. }
            | Fact::EngineStarted { .. } => {
                apply(&mut self.entries, fact);
                settle_dues(&mut self.entries, now);
            }
        }
    }

    /// A callback is asked for, by a caller or by command.
    fn requested(&mut self, seq: Seq, fact: &Fact) {
        let Fact::CallbackRequested { request, call, line, queue, person, terms, .. } = fact else {
            return;
        };
        let (request, number) = (*request, self.number(*person));
        match *call {
            Some(call) => {
                self.asked(call, request, (line, queue), number);
                self.kept(seq, (call, request), queue, terms);
            }
            None => {
                self.created(request, (line, queue), number, terms);
                self.pending.push((seq, Pending::Create { request, due: terms.due }));
            }
        }
    }

    /// This agent, if it is one of ours, is in a conversation.
    fn talks(&mut self, name: Option<&AgentName>) {
        for agent in self.agents.iter_mut().filter(|agent| Some(&agent.name) == name) {
            agent.talked = true;
        }
    }

    /// The customer of a request is not called before that time.
    fn held(&mut self, now: Now, request: RequestId, until: Wall) {
        self.set(Who::Request(request), State::DueWall(until));
        settle_dues(&mut self.entries, now);
    }

    /// A caller's wish is on its way to the disk.
    fn asked(
        &mut self,
        call: CallId,
        request: RequestId,
        (line, queue): (&LineName, &QueueName),
        number: Option<E164>,
    ) {
        let who = Who::Call(call);
        let uncertain =
            |e: &&Entry| e.state == State::Uncertain && e.number == number && e.queue == *queue;
        let old = self.entries.iter().find(uncertain);
        let own = self.entries.iter().find(|e| e.who == who);
        if let Some(place) = old.or(own).map(|e| e.place) {
            // The id of a request that a crash took is given again.
            self.places.retain(|(id, _)| *id != request);
            self.places.push((request, place));
        }
        for entry in self.entries.iter_mut().filter(|e| e.who == who) {
            entry.number = number;
            entry.line = line.clone();
            entry.state = State::Asking;
        }
    }

    /// A fact reached the disk.
    pub fn durable(&mut self, fact: &Fact) {
        self.came_due_on_disk(fact);
        self.switches.durable(fact);
        if let Fact::CallbackRequested { request, line, queue, person, terms, .. } = fact {
            let place = self.places.iter().find(|(id, _)| id == request).map(|(_, place)| *place);
            let who = Who::Request(*request);
            self.disk.push(Entry {
                number: self.number(*person),
                needs: terms.needs.clone(),
                priority: terms.priority,
                state: terms.due.map_or(State::Waiting, State::ScheduledWall),
                ..Entry::new(who, (line, queue), place.unwrap_or(u64::MAX))
            });
        }
        apply(&mut self.disk, fact);
    }

    /// The engine starts again, with these settings: only what is on the disk is left.
    pub fn restart(&mut self, now: Now, settings: &queue::Settings) {
        self.pending.clear();
        self.journal_up = true;
        self.agents = settings.agents.iter().map(reloaded::agent).collect();
        self.know(settings);
        self.switches.restart();
        self.left.clear();
        self.entries = self.disk.clone();
        for entry in &mut self.entries {
            if entry.state == State::Taken {
                entry.state = State::Uncertain;
            }
        }
        settle_dues(&mut self.entries, now);
    }

    /// The conversation of this agent ended on the wire.
    pub fn talk_ended(&mut self, now: Now, agent: &AgentName) {
        for agent in self.agents.iter_mut().filter(|a| a.name == *agent && a.talked) {
            agent.talked = false;
            agent.busy_until = now.mono + agent.wrap_up;
        }
    }

    /// An agent is ready before the time.
    fn wrap_up_ended(&mut self, now: Now, agent: &AgentName) {
        for agent in self.agents.iter_mut().filter(|a| a.name == *agent) {
            agent.busy_until = agent.busy_until.min(now.mono);
        }
    }

    /// An agent is no longer online.
    pub fn not_online(&mut self, agent: &AgentName) {
        for agent in self.agents.iter_mut().filter(|a| a.name == *agent) {
            agent.idle = None;
        }
    }

    /// The engine is at rest, and shows this agent free and online, or not.
    pub fn shown(&mut self, now: Now, name: &AgentName, idle: bool, offer: Option<OfferId>) {
        let Some(at) = self.agents.iter().position(|a| a.name == *name) else { return };
        if let Some((work, _)) = self.agents[at].work
            && offer != Some(work)
        {
            self.released(now, at);
        }
        let input = self.input;
        let agent = &mut self.agents[at];
        if !idle {
            agent.idle = None;
            return;
        }
        agent.idle.get_or_insert(input);
        self.look_for_forgotten(now);
        let agent = &self.agents[at];
        let waits = self.entries.iter().find(|e| self.must(now, agent, e) && self.has_way(e));
        if let Some(entry) = waits {
            let what = format!("{name} is free and {:?} waits, yet nothing is offered", entry.who);
            self.complaints.push(Complaint { what, skipped: Some(entry.who) });
        }
    }

    fn offer_ended(&mut self, now: Now, offer: OfferId, end: OfferEnd) {
        let of = |agent: &Agent| agent.work.filter(|(id, _)| *id == offer);
        let Some(at) = self.agents.iter().position(|a| of(a).is_some()) else { return };
        let Some((_, who)) = of(&self.agents[at]) else { return };
        if self.is_summoned(who) {
            return self.summons_ended(now, at, who, end);
        }
        let name = self.agents[at].name.clone();
        let mut rung = false;
        for entry in self.entries.iter_mut().filter(|e| e.who == who) {
            entry.ringing.retain(|other| *other != offer);
            entry.left.push(name.clone());
            rung |= entry.state == State::Offered;
            if end == OfferEnd::Accepted {
                entry.offer = Some(offer);
            } else if !entry.ringing.is_empty() {
                continue;
            } else if entry.state == State::Offered {
                entry.state = State::Waiting;
            }
            entry.left.clear();
        }
        match end {
            OfferEnd::Accepted if rung => {
                self.set(who, State::Taken);
                self.entries.iter_mut().filter(|e| e.who == who).for_each(|e| e.summoned = false);
            }
            OfferEnd::Accepted => {
                self.complain(format!("{who:?} is accepted by {name} and was taken"), Some(who));
            }
            OfferEnd::Declined | OfferEnd::NoAnswer => self.rest(now, at, who, Duration::ZERO),
            OfferEnd::Failed => self.rest(now, at, who, FAILED_PAUSE_MIN),
            OfferEnd::Withdrawn => {}
        }
    }

    /// The agent's leg is gone. A caller whom the agent took and never met waits again.
    fn released(&mut self, now: Now, at: usize) {
        let Some((offer, who)) = self.agents[at].work.take() else { return };
        let taken = |e: &Entry| e.who == who && e.state == State::Taken && e.offer == Some(offer);
        if matches!(who, Who::Call(_)) && self.entries.iter().any(taken) {
            self.set(who, State::Waiting);
            self.rest(now, at, who, FAILED_PAUSE_MIN);
        }
    }

    fn rest(&mut self, now: Now, at: usize, who: Who, least: Duration) {
        let Some(entry) = self.entries.iter().find(|e| e.who == who) else { return };
        let pause = self.settings_of(entry).map(|queue| queue.decline_pause);
        let until = now.mono + pause.map_or(least, |pause| pause.max(least));
        let rests = &mut self.agents[at].rests;
        rests.retain(|(place, until)| *place != entry.place && *until > now.mono);
        rests.push((entry.place, until));
    }

    fn may(&self, now: Now, agent: &Agent, entry: &Entry) -> bool {
        self.fits(now, agent, entry, |at| at <= now.mono)
    }

    fn must(&self, now: Now, agent: &Agent, entry: &Entry) -> bool {
        entry.born != self.input && self.fits(now, agent, entry, |at| at < now.mono)
    }

    /// Whether nothing but agents stands in the way of this one, as far as can be seen.
    fn has_way(&self, entry: &Entry) -> bool {
        !self.channels_limited || matches!(entry.who, Who::Call(_))
    }

    /// `past` says whether a moment has come.
    fn fits(&self, now: Now, agent: &Agent, entry: &Entry, past: impl Fn(Mono) -> bool) -> bool {
        let ready = match &entry.state {
            State::Waiting => true,
            State::Due(at) => past(*at),
            State::Offered => self.seats(entry) > 0 && !entry.left.contains(&agent.name),
            State::DueWall(_)
            | State::Scheduled(_)
            | State::ScheduledWall(_)
            | State::Taken
            | State::Asking
            | State::Uncertain
            | State::TakenOver(_)
            | State::Closing => false,
        };
        let resting = agent.rests.iter().filter(|(_, until)| !past(*until)).count() >= PAUSES_MAX;
        let rests = |(place, until): &(u64, Mono)| *place == entry.place && !past(*until);
        ready
            && !self.is_stranded(entry)
            && self.is_processed(entry)
            && !resting
            && agent.queues.contains(&entry.queue)
            && entry.needs.iter().all(|need| level(agent, need) >= need.level)
            && !agent.rests.iter().any(rests)
            && agent.busy_until <= now.mono
            && (self.journal_up || matches!(entry.who, Who::Call(_)))
    }

    fn settings_of(&self, entry: &Entry) -> Option<&queue::QueueSettings> {
        self.queues.iter().find(|(name, _)| *name == entry.queue).map(|(_, queue)| queue)
    }

    /// How many agents may ring at once.
    fn most(&self, entry: &Entry) -> usize {
        let most = self.settings_of(entry).map_or(1, |queue| match entry.who {
            Who::Call(_) => queue.callers_ring,
            Who::Request(_) => queue.callbacks_ring,
        });
        usize::from(most)
    }

    /// How many more agents may ring along.
    fn seats(&self, entry: &Entry) -> usize {
        entry.most.saturating_sub(entry.ringing.len())
    }

    fn set(&mut self, who: Who, state: State) {
        for entry in self.entries.iter_mut().filter(|e| e.who == who) {
            entry.state = state.clone();
        }
    }

    fn number(&self, person: model::PersonId) -> Option<E164> {
        self.people.iter().rev().find(|known| known.id == person).map(|known| known.number)
    }

    fn complain(&mut self, what: String, skipped: Option<Who>) {
        self.complaints.push(Complaint { what, skipped });
    }
}

/// Who is before whom: the smaller.
fn order(entry: &Entry) -> (u8, u64) {
    (u8::MAX - entry.priority, entry.place)
}

/// How much an agent has of what is needed.
fn level(agent: &Agent, need: &Need) -> u8 {
    agent.skills.get(&need.skill).copied().unwrap_or(0)
}

/// What a fact about a request says of its state.
fn apply(entries: &mut Vec<Entry>, fact: &Fact) {
    let Some(request) = fact.request() else { return };
    if matches!(fact, Fact::RequestClosed { .. }) {
        return entries.retain(|e| e.who != Who::Request(request));
    }
    let state = match fact {
        Fact::DialStarted { .. } => State::Taken,
        Fact::DialEnded { outcome: DialOutcome::TooShort, retry_at: Some(at), .. } => {
            State::ScheduledWall(*at)
        }
        Fact::DialEnded { retry_at: Some(at), .. }
        | Fact::AttemptMissed { retry_at: Some(at), .. } => State::DueWall(*at),
        Fact::DialEnded { retry_at: None, .. }
        | Fact::AttemptMissed { retry_at: None, .. }
        | Fact::Bridged { .. } => State::Closing,
        Fact::FoundUncertain { .. } => State::Uncertain,
        Fact::Settled { .. } | Fact::CameDue { .. } | Fact::Hastened { .. } => State::Waiting,
        Fact::Moved { due, .. } => State::ScheduledWall(*due),
        Fact::EngineStarted { .. }
        | Fact::CallArrived { .. }
        | Fact::CallEnded { .. }
        | Fact::PlaceTaken { .. }
        | Fact::PlaceReturned { .. }
        | Fact::CallbackRequested { .. }
        | Fact::Held { .. }
        | Fact::Transferred { .. }
        | Fact::Offered { .. }
        | Fact::OfferEnded { .. }
        | Fact::OfferWithheld { .. }
        | Fact::OfferAllowed { .. }
        | Fact::RequestUntaken { .. }
        | Fact::TicketWanted { .. }
        | Fact::TicketComment { .. }
        | Fact::RecordingBegan { .. }
        | Fact::MessageLeft { .. }
        | Fact::CallLed { .. }
        | Fact::StatusSet { .. }
        | Fact::Switched { .. }
        | Fact::WrapUpEnded { .. }
        | Fact::RecordingEnded { .. }
        | Fact::NotRecorded { .. }
        | Fact::RecordingDeclined { .. }
        | Fact::RequestClosed { .. } => return,
    };
    for entry in entries.iter_mut().filter(|e| e.who == Who::Request(request)) {
        entry.state = state.clone();
    }
}

#[cfg(test)]
mod tests;
