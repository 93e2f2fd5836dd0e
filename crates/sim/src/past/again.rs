//! The people of a day around another queue.

use std::collections::BTreeMap;
use std::time::Duration;

use ledger::{CallEnd, DialOutcome, Entry, Fact, OfferEnd, Said};
use model::{AgentName, CallId, E164, Entropy, Mono, Now, OfferId, Seq};
use queue::{Command, Event, Order, Party, Queues, Settings, Work};

use super::hours::Hours;
use super::seen::{Caller, Dial};
use super::{Morning, Past, Told};
use crate::Results;

/// How long a conversation is on a day without any.
const TALK: Duration = Duration::from_secs(180);
/// How long a phone rings that never rang on that day.
const RING: Duration = Duration::from_secs(8);
/// Nobody declines sooner: without a pause in the settings nothing else would pace offers.
const RING_MIN: Duration = Duration::from_millis(100);
/// How many agents are rung, one after the other, for a customer who has answered.
const SUMMONED_MAX: usize = 3;

/// What happens at a time.
enum Do {
    Tell(Command),
    Ask(CallId),
    Leave(CallId, CallEnd),
    Answer(OfferId, OfferEnd),
    Customer(OfferId, Dial),
    /// The agent who was rung for a customer who had answered.
    Summoned(OfferId, AgentName, OfferEnd),
    HangUp(OfferId),
}

/// An offer under way.
struct Held {
    work: Work,
    agent: AgentName,
    /// Since when they talk.
    since: Option<Mono>,
    /// How long the conversation is to be, when that is known.
    talked: Option<Duration>,
    /// How many agents have missed the customer who waits.
    missed: usize,
}

struct Stage<'a> {
    past: &'a Past,
    queues: Queues,
    agenda: BTreeMap<(Mono, u64), Do>,
    planned: u64,
    begins: Now,
    now: Now,
    offers: BTreeMap<OfferId, Held>,
    hours: Hours,
    /// How many offers and dials each has had.
    rung: BTreeMap<AgentName, usize>,
    dialled: BTreeMap<E164, usize>,
    dice: Entropy,
    entries: Vec<Entry>,
    busy: Duration,
}

/// The day once more, with these settings.
pub fn again(morning: Morning<'_>, past: &Past, settings: &Settings) -> Told {
    let begins = morning.first.now();
    let mut stage = Stage {
        past,
        queues: morning.queues(settings),
        agenda: BTreeMap::new(),
        planned: 0,
        begins,
        now: begins,
        offers: BTreeMap::new(),
        hours: Hours::of(settings, begins.mono),
        rung: BTreeMap::new(),
        dialled: BTreeMap::new(),
        dice: Entropy::from_u64(0xda1).branch("a day again"),
        entries: Vec::new(),
        busy: Duration::ZERO,
    };
    for (now, command) in &past.fed {
        stage.plan(now.mono, Do::Tell(command.clone()));
    }
    for caller in past.callers.values() {
        stage.plan(caller.came.mono, Do::Tell(caller.arrives.clone()));
    }
    stage.live();
    let results = Results::of_facts(&stage.entries);
    let online = stage.hours.until(past.end.mono);
    let results = Results { online, busy: stage.busy, ..results };
    Told { entries: stage.entries, results }
}

impl Stage<'_> {
    fn plan(&mut self, at: Mono, what: Do) {
        self.planned += 1;
        self.agenda.insert((at, self.planned), what);
    }

    fn after(&mut self, wait: Duration, what: Do) {
        self.plan(self.now.mono + wait, what);
    }

    fn live(&mut self) {
        self.listen();
        loop {
            let next = self.agenda.first_key_value().map(|((at, _), _)| *at);
            let due = self.queues.deadline().map(|deadline| deadline.at);
            let Some(at) = next.into_iter().chain(due).min() else { break };
            if at > self.past.end.mono {
                break;
            }
            self.skip_to(at);
            match self.agenda.first_entry().filter(|first| first.key().0 <= self.now.mono) {
                Some(first) => {
                    let what = first.remove();
                    self.happen(what);
                }
                None => self.queues.handle_timeout(self.now),
            }
            self.listen();
        }
        let end = self.past.end.mono;
        let talking = self.offers.values().filter_map(|offer| offer.since);
        self.busy += talking.map(|since| end.since(since)).sum::<Duration>();
    }

    fn skip_to(&mut self, at: Mono) {
        let mono = at.max(self.now.mono);
        let wall = self.begins.wall + mono.since(self.begins.mono);
        self.now = Now { mono, wall };
    }

    fn tell(&mut self, command: Command) {
        self.hours.see(self.now.mono, &command);
        self.queues.handle(self.now, command);
    }

    fn happen(&mut self, what: Do) {
        match what {
            Do::Tell(command) => {
                let came = match &command {
                    Command::Arrive { call, .. } | Command::ArriveAsking { call, .. } => {
                        Some(*call)
                    }
                    _ => None,
                };
                self.tell(command);
                if let Some(call) = came {
                    self.came(call);
                }
            }
            Do::Ask(call) => self.ask(call),
            Do::Leave(call, end) => {
                if self.queues.place(call).is_some() {
                    self.tell(Command::Leave { call, end });
                }
            }
            Do::Answer(offer, end) => self.answer(offer, end),
            Do::Customer(offer, dial) => self.customer(offer, dial),
            Do::Summoned(offer, agent, end) => self.summoned(offer, &agent, end),
            Do::HangUp(offer) => {
                let Some(Held { since, .. }) = self.offers.remove(&offer) else { return };
                let talked = since.map_or(Duration::ZERO, |since| self.now.mono.since(since));
                self.busy += talked;
                self.tell(Command::TalkEnded { offer });
                self.tell(Command::AgentReleased { offer });
            }
        }
    }

    /// A caller has come: what will that caller do?
    fn came(&mut self, call: CallId) {
        let Some(caller) = self.past.callers.get(&call) else { return };
        if let Some((after, _)) = &caller.asked {
            self.after(*after, Do::Ask(call));
        } else if let Some((after, end)) = caller.left {
            self.after(after, Do::Leave(call, end));
        } else {
            let served = caller.served.unwrap_or_default();
            self.waits_on(call, served);
        }
    }

    /// Nobody knows how long this caller would have waited further.
    fn waits_on(&mut self, call: CallId, at_least: Duration) {
        let Some(patience) = self.past.patience else { return };
        // The time to the next of many rare ends, in steps of a hundredth.
        let step = patience / 100;
        let steps = (1..2_000).find(|_| self.dice.chance(10)).unwrap_or(2_000);
        self.after(at_least + step * steps, Do::Leave(call, CallEnd::Abandoned));
    }

    fn ask(&mut self, call: CallId) {
        let Some(Caller { asked: Some((_, request)), .. }) = self.past.callers.get(&call) else {
            return;
        };
        if self.queues.place(call).is_none() {
            return;
        }
        if self.queues.may_offer(self.now, call).is_ok() {
            return self.tell(request.clone());
        }
        self.waits_on(call, Duration::ZERO);
    }

    fn answer(&mut self, offer: OfferId, end: OfferEnd) {
        let Some(held) = self.offers.get(&offer) else { return };
        let live = match held.work {
            Work::Live { call } => Some(call),
            Work::Callback { .. } => None,
        };
        self.tell(Command::OfferEnded { offer, end });
        match (end, live) {
            (OfferEnd::Accepted, Some(call)) => {
                let talked = self.past.callers.get(&call).and_then(|caller| caller.talked);
                self.talk(offer, talked);
            }
            (OfferEnd::Accepted, None) => {}
            (
                OfferEnd::Declined | OfferEnd::NoAnswer | OfferEnd::Failed | OfferEnd::Withdrawn,
                _,
            ) => self.release(offer),
        }
    }

    fn talk(&mut self, offer: OfferId, talked: Option<Duration>) {
        self.tell(Command::Bridged { offer });
        let talked = talked.unwrap_or_else(|| self.some_talk());
        if let Some(held) = self.offers.get_mut(&offer) {
            held.since = Some(self.now.mono);
            self.after(talked, Do::HangUp(offer));
        }
    }

    fn some_talk(&mut self) -> Duration {
        let talks = &self.past.talks;
        let which = self.dice.below(talks.len() as u64);
        usize::try_from(which).ok().and_then(|which| talks.get(which)).copied().unwrap_or(TALK)
    }

    fn customer(&mut self, offer: OfferId, dial: Dial) {
        let Some(held) = self.offers.get_mut(&offer) else { return };
        let Work::Callback { how, .. } = &held.work else { return };
        if let Some((outcome, said)) = dial.failed {
            return self.dial_ends(offer, outcome, said);
        }
        match how.first {
            Party::Agent => self.talk(offer, dial.talked),
            Party::Customer => {
                held.talked = dial.talked;
                let agent = held.agent.clone();
                self.summon(offer, agent);
            }
        }
    }

    /// Rings an agent for a customer who has answered.
    fn summon(&mut self, offer: OfferId, agent: AgentName) {
        let (rang, end) = self.next_ring(&agent);
        self.after(rang, Do::Summoned(offer, agent, end));
    }

    fn summoned(&mut self, offer: OfferId, agent: &AgentName, end: OfferEnd) {
        let Some(held) = self.offers.get_mut(&offer).filter(|it| it.agent == *agent) else {
            return;
        };
        if end == OfferEnd::Accepted {
            let talked = held.talked;
            self.tell(Command::OfferEnded { offer, end });
            return self.talk(offer, talked);
        }
        held.missed += 1;
        let another = held.missed < SUMMONED_MAX;
        self.tell(Command::AgentMissed { offer, end, another });
    }

    fn dial_ends(&mut self, offer: OfferId, outcome: DialOutcome, said: Option<Said>) {
        let attempt = self.entries.iter().rev().find_map(|entry| match &entry.fact {
            Fact::DialStarted { attempt, .. } if self.is_of(offer, attempt.request) => {
                Some(*attempt)
            }
            _ => None,
        });
        if let Some(attempt) = attempt {
            self.tell(Command::DialEnded { attempt, outcome, said });
        }
        self.release(offer);
    }

    fn is_of(&self, offer: OfferId, of: model::RequestId) -> bool {
        match self.offers.get(&offer).map(|held| &held.work) {
            Some(Work::Callback { request, .. }) => *request == of,
            Some(Work::Live { .. }) | None => false,
        }
    }

    fn release(&mut self, offer: OfferId) {
        if self.offers.remove(&offer).is_some() {
            self.tell(Command::AgentReleased { offer });
        }
    }

    fn listen(&mut self) {
        while let Some(event) = self.queues.poll() {
            self.hear(event);
        }
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::Record { fact } => self.write(fact),
            Event::RecordThen { fact, order, .. } => {
                self.write(fact);
                if let Order::Dial { offer, .. } = &order {
                    let dial = self.next_dial(*offer);
                    self.after(dial.rang, Do::Customer(*offer, dial));
                }
                // Before whatever else is due now.
                self.plan(Mono::ZERO, Do::Tell(Command::Recorded { order }));
            }
            Event::Offer { offer, agent, work, .. } => self.offered(offer, agent, work),
            Event::Withdraw { offer, .. } => {
                if self.offers.get(&offer).is_some_and(|held| held.since.is_none()) {
                    self.offers.remove(&offer);
                    self.after(Duration::ZERO, Do::Tell(Command::AgentReleased { offer }));
                }
            }
            Event::CalledIn { offer, call } => {
                if let Some(held) = self.offers.get_mut(&offer) {
                    held.work = Work::Live { call };
                    let talked = self.past.callers.get(&call).and_then(|caller| caller.talked);
                    self.talk(offer, talked);
                }
            }
            Event::NextAgent { offer, agent: Some(agent) } => {
                if let Some(held) = self.offers.get_mut(&offer) {
                    held.agent = agent.clone();
                    self.summon(offer, agent);
                }
            }
            Event::NextAgent { offer, agent: None } => {
                self.dial_ends(offer, DialOutcome::AgentLeft, None);
            }
            Event::Refused { call, .. } => self.waits_on(call, Duration::ZERO),
            Event::Created { .. }
            | Event::Stands { .. }
            | Event::NotCreated { .. }
            | Event::Full { .. }
            | Event::TransferTaken { .. }
            | Event::TransferRefused { .. }
            | Event::Alarm { .. }
            | Event::Closed { .. } => {}
        }
    }

    fn offered(&mut self, offer: OfferId, agent: AgentName, work: Work) {
        let customer_first =
            matches!(&work, Work::Callback { how, .. } if how.first == Party::Customer);
        let held = Held { work, agent: agent.clone(), since: None, talked: None, missed: 0 };
        self.offers.insert(offer, held);
        if !customer_first {
            let (rang, end) = self.next_ring(&agent);
            self.after(rang, Do::Answer(offer, end));
        }
    }

    fn write(&mut self, fact: Fact) {
        let seq = Seq(self.entries.len() as u64 + 1);
        self.entries.push(Entry { seq, at: self.now.wall, fact });
    }

    fn next_ring(&mut self, agent: &AgentName) -> (Duration, OfferEnd) {
        let usual = (RING, OfferEnd::Accepted);
        let Some(rings) = self.past.rings.get(agent) else { return usual };
        let rung = self.rung.entry(agent.clone()).or_default();
        *rung += 1;
        let (rang, end) = rings[(*rung - 1) % rings.len()];
        (rang.max(RING_MIN), end)
    }

    fn next_dial(&mut self, offer: OfferId) -> Dial {
        let usual = Dial { rang: RING, failed: None, talked: None };
        let Some(Work::Callback { number, .. }) = self.offers.get(&offer).map(|it| &it.work) else {
            return usual;
        };
        let own = self.past.dials.get(number);
        let dialled = self.dialled.entry(*number).or_default();
        *dialled += 1;
        if let Some(dial) = own.and_then(|dials| dials.get(*dialled - 1)) {
            return *dial;
        }
        let all = self.past.dials.values().map(Vec::len).sum::<usize>();
        let which = usize::try_from(self.dice.below(all as u64)).unwrap_or(0);
        let some = self.past.dials.values().flatten().nth(which).copied().unwrap_or(usual);
        Dial { talked: None, ..some }
    }
}
