//! The people of a day around another queue.

use std::collections::BTreeMap;
use std::time::Duration;

use ledger::{CallEnd, Entry, Fact, OfferEnd};
use model::{AgentName, CallId, E164, Entropy, Mono, Now, OfferId, Seq};
use queue::{Command, Event, Order, Queues, Settings, Work};

use super::seen::{Caller, Dial};
use super::{Morning, Past, Told};
use crate::Results;

/// How long a conversation is on a day without any.
const TALK: Duration = Duration::from_secs(180);
/// How long a phone rings that never rang on that day.
const RING: Duration = Duration::from_secs(8);

/// What happens at a time.
enum Do {
    Tell(Command),
    Ask(CallId),
    Leave(CallId, CallEnd),
    Answer(OfferId, OfferEnd),
    Customer(OfferId, Dial),
    HangUp(OfferId),
}

struct Stage<'a> {
    past: &'a Past,
    queues: Queues,
    agenda: BTreeMap<(Mono, u64), Do>,
    planned: u64,
    begins: Now,
    now: Now,
    offers: BTreeMap<OfferId, (Work, Option<Mono>)>,
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
    let results = Results { online: past.online, busy: stage.busy, ..results };
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
        let talking = self.offers.values().filter_map(|(_, since)| *since);
        self.busy += talking.map(|since| end.since(since)).sum::<Duration>();
    }

    fn skip_to(&mut self, at: Mono) {
        let mono = at.max(self.now.mono);
        let wall = self.begins.wall + mono.since(self.begins.mono);
        self.now = Now { mono, wall };
    }

    fn tell(&mut self, command: Command) {
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
            Do::HangUp(offer) => {
                let Some((_, since)) = self.offers.remove(&offer) else { return };
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
        let Some((work, _)) = self.offers.get(&offer) else { return };
        let live = match work {
            Work::Live { call } => Some(*call),
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
        if let Some((_, since)) = self.offers.get_mut(&offer) {
            *since = Some(self.now.mono);
            self.after(talked, Do::HangUp(offer));
        }
    }

    fn some_talk(&mut self) -> Duration {
        let talks = &self.past.talks;
        let which = self.dice.below(talks.len() as u64);
        usize::try_from(which).ok().and_then(|which| talks.get(which)).copied().unwrap_or(TALK)
    }

    fn customer(&mut self, offer: OfferId, dial: Dial) {
        let Some((Work::Callback { .. }, _)) = self.offers.get(&offer) else { return };
        let Some((outcome, said)) = dial.failed else { return self.talk(offer, dial.talked) };
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
        match self.offers.get(&offer) {
            Some((Work::Callback { request, .. }, _)) => *request == of,
            Some((Work::Live { .. }, _)) | None => false,
        }
    }

    fn release(&mut self, offer: OfferId) {
        if self.offers.remove(&offer).is_some() {
            self.tell(Command::AgentReleased { offer });
        }
    }

    fn listen(&mut self) {
        while let Some(event) = self.queues.poll() {
            match event {
                Event::Record { fact } => self.write(fact),
                Event::RecordThen { fact, order, .. } => {
                    self.write(fact);
                    if let Order::Dial { offer, .. } = &order {
                        let dial = self.next_dial(*offer);
                        self.after(dial.rang, Do::Customer(*offer, dial));
                    }
                    let recorded = Command::Recorded { order };
                    // Before whatever else is due now.
                    self.agenda.insert((Mono::ZERO, self.planned), Do::Tell(recorded));
                    self.planned += 1;
                }
                Event::Offer { offer, agent, work, .. } => {
                    self.offers.insert(offer, (work, None));
                    let (rang, end) = self.next_ring(&agent);
                    self.after(rang, Do::Answer(offer, end));
                }
                Event::Withdraw { offer, .. } => {
                    if let Some((_, None)) = self.offers.get(&offer) {
                        self.offers.remove(&offer);
                        self.after(Duration::ZERO, Do::Tell(Command::AgentReleased { offer }));
                    }
                }
                Event::Refused { call, .. } => self.waits_on(call, Duration::ZERO),
                _ => {}
            }
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
        rings[(*rung - 1) % rings.len()]
    }

    fn next_dial(&mut self, offer: OfferId) -> Dial {
        let usual = Dial { rang: RING, failed: None, talked: None };
        let Some((Work::Callback { number, .. }, _)) = self.offers.get(&offer) else {
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
