//! What the people of a day did, by its reel.

use std::collections::BTreeMap;
use std::time::Duration;

use ledger::{CallEnd, DialOutcome, Entry, OfferEnd, Said};
use model::{AgentName, CallId, E164, Mono, Now, OfferId, RequestId, Seq};
use queue::reel::{Frame, Input};
use queue::{Command, Event, Order, Party, Queues, Settings, Work};

use super::hours::Hours;
use super::{Morning, Told};
use crate::Results;

/// See the module.
#[derive(Debug)]
pub struct Past {
    pub(super) told: Told,
    pub(super) callers: BTreeMap<CallId, Caller>,
    /// Of each agent: how long it rang, and how that ended.
    pub(super) rings: BTreeMap<AgentName, Vec<(Duration, OfferEnd)>>,
    /// Of each number: every dial.
    pub(super) dials: BTreeMap<E164, Vec<Dial>>,
    /// Every conversation, in the order of their ends.
    pub(super) talks: Vec<Duration>,
    /// What is fed as it was.
    pub(super) fed: Vec<(Now, Command)>,
    /// How long all callers waited, for each who gave up; none when nobody did.
    pub(super) patience: Option<Duration>,
    pub(super) end: Now,
}

/// A caller of that day.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) came: Now,
    pub(super) arrives: Command,
    /// Asked for a callback after so long.
    pub(super) asked: Option<(Duration, Command)>,
    /// Left after so long.
    pub(super) left: Option<(Duration, CallEnd)>,
    /// Was served after so long.
    pub(super) served: Option<Duration>,
    pub(super) talked: Option<Duration>,
}

impl Caller {
    fn new(came: Now, arrives: &Command) -> Caller {
        let arrives = arrives.clone();
        Caller { came, arrives, asked: None, left: None, served: None, talked: None }
    }
}

/// How a customer's phone answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dial {
    pub(super) rang: Duration,
    /// How that ended; none: they talked.
    pub(super) failed: Option<(DialOutcome, Option<Said>)>,
    pub(super) talked: Option<Duration>,
}

/// An offer under way.
struct Offered {
    agent: AgentName,
    work: Work,
    at: Mono,
    dialled: Option<Mono>,
    bridged: Option<Mono>,
}

/// The walk along the reel.
struct Walk {
    past: Past,
    queues: Queues,
    offers: BTreeMap<OfferId, Offered>,
    hours: Hours,
}

impl Past {
    /// Feeds the reel once more, and looks at everybody.
    pub fn of(morning: Morning<'_>, frames: &[Frame], settings: &Settings) -> Past {
        let queues = morning.queues(settings);
        let begins = morning.first.now();
        let past = Past {
            told: Told { entries: Vec::new(), results: Results::default() },
            callers: BTreeMap::new(),
            rings: BTreeMap::new(),
            dials: BTreeMap::new(),
            talks: Vec::new(),
            fed: Vec::new(),
            patience: None,
            end: begins,
        };
        let hours = Hours::of(settings, begins.mono);
        let mut walk = Walk { past, queues, offers: BTreeMap::new(), hours };
        walk.listen(begins);
        for frame in frames {
            walk.follow(frame);
        }
        walk.end()
    }
}

impl Walk {
    fn follow(&mut self, frame: &Frame) {
        let now = frame.now();
        match &frame.input {
            Input::Told(command) => {
                self.look(now, command);
                self.queues.handle(now, (**command).clone());
            }
            Input::TimeCame => self.queues.handle_timeout(now),
            Input::Began(_)
            | Input::Reloaded { .. }
            | Input::Gap { .. }
            | Input::Full
            | Input::Ended => return,
        }
        self.past.end = now;
        self.listen(now);
    }

    fn listen(&mut self, now: Now) {
        while let Some(event) = self.queues.poll() {
            match event {
                Event::Record { fact } | Event::RecordThen { fact, .. } => {
                    let seq = Seq(self.past.told.entries.len() as u64 + 1);
                    self.past.told.entries.push(Entry { seq, at: now.wall, fact });
                }
                Event::Offer { offer, agent, work, .. } => {
                    let at = now.mono;
                    let offered = Offered { agent, work, at, dialled: None, bridged: None };
                    self.offers.insert(offer, offered);
                }
                Event::CalledIn { offer, call } => {
                    if let Some(offered) = self.offers.get_mut(&offer) {
                        offered.work = Work::Live { call };
                    }
                }
                Event::Refused { .. }
                | Event::Created { .. }
                | Event::Stands { .. }
                | Event::NotCreated { .. }
                | Event::Full { .. }
                | Event::Withdraw { .. }
                | Event::NextAgent { .. }
                | Event::TransferTaken { .. }
                | Event::TransferRefused { .. }
                | Event::Alarm { .. }
                | Event::Closed { .. } => {}
            }
        }
    }

    fn look(&mut self, now: Now, command: &Command) {
        self.hours.see(now.mono, command);
        match command {
            Command::Arrive { call, .. } | Command::ArriveAsking { call, .. } => {
                self.past.callers.insert(*call, Caller::new(now, command));
            }
            Command::Request { call, .. } => {
                if let Some(caller) = self.past.callers.get_mut(call) {
                    let waited = now.mono.since(caller.came.mono);
                    caller.asked.get_or_insert((waited, command.clone()));
                }
            }
            Command::Leave { call, end } => {
                if let Some(caller) = self.past.callers.get_mut(call) {
                    caller.left = Some((now.mono.since(caller.came.mono), *end));
                }
            }
            Command::OfferEnded { offer, end } => {
                // An agent for whom the customer was rung first was rung when nobody can tell.
                let Some(offered) = self.offers.get(offer).filter(|it| !it.customer_first()) else {
                    return;
                };
                let rang = (now.mono.since(offered.at), *end);
                self.past.rings.entry(offered.agent.clone()).or_default().push(rang);
            }
            Command::Recorded { order: Order::Dial { offer, .. } } => {
                if let Some(offered) = self.offers.get_mut(offer) {
                    offered.dialled = Some(now.mono);
                }
            }
            Command::DialEnded { attempt, outcome, said } => {
                self.dial_ended(now, attempt.request, (*outcome, *said));
            }
            Command::Bridged { offer } => {
                if let Some(offered) = self.offers.get_mut(offer) {
                    offered.bridged.get_or_insert(now.mono);
                }
            }
            Command::TalkEnded { offer } => self.talk_ended(now, *offer),
            Command::AgentReleased { offer } => {
                self.talk_ended(now, *offer);
                self.offers.remove(offer);
            }
            Command::SetStatus { .. }
            | Command::Switch { .. }
            | Command::Create { .. }
            | Command::SetBusy { .. }
            | Command::Hold { .. }
            | Command::SetReachable { .. }
            | Command::Drain
            | Command::Journal { .. } => self.past.fed.push((now, command.clone())),
            Command::AgentMissed { .. }
            | Command::Identified { .. }
            | Command::Recorded { order: Order::Promise { .. } | Order::Create { .. } }
            | Command::NotRecorded { .. }
            | Command::Transfer { .. }
            | Command::TransferEnded { .. }
            | Command::AgentLeft { .. }
            | Command::EndWrapUp { .. }
            | Command::Cancel { .. }
            | Command::Move { .. }
            | Command::Hasten { .. }
            | Command::Resolve { .. }
            | Command::Room { .. }
            | Command::Reload { .. } => {}
        }
    }

    fn dial_ended(&mut self, now: Now, request: RequestId, failed: (DialOutcome, Option<Said>)) {
        let of = |it: &&Offered| it.dialled.is_some() && it.request() == Some(request);
        if let Some(offered) = self.offers.values().find(of) {
            self.past.dialled(offered, now.mono, Some(failed), None);
        }
    }

    fn talk_ended(&mut self, now: Now, offer: OfferId) {
        let Some(offered) = self.offers.get_mut(&offer) else { return };
        let Some(since) = offered.bridged.take() else { return };
        let talked = now.mono.since(since);
        self.past.talks.push(talked);
        self.past.told.results.busy += talked;
        match &offered.work {
            Work::Live { call } => {
                if let Some(caller) = self.past.callers.get_mut(call) {
                    caller.served = Some(since.since(caller.came.mono));
                    caller.talked = Some(talked);
                }
            }
            Work::Callback { .. } => self.past.dialled(offered, since, None, Some(talked)),
        }
    }

    fn end(mut self) -> Past {
        let end = self.past.end;
        let talking: Vec<OfferId> = self.offers.keys().copied().collect();
        talking.into_iter().for_each(|offer| self.talk_ended(end, offer));
        let online = self.hours.until(end.mono);
        let mut past = self.past;
        let gave_up = |caller: &&Caller| matches!(caller.left, Some((_, CallEnd::Abandoned)));
        let count = past.callers.values().filter(gave_up).count();
        let waited = past.callers.values().map(|caller| {
            let left = caller.left.map(|(after, _)| after).or(caller.served);
            left.or(caller.asked.as_ref().map(|(after, _)| *after)).unwrap_or_default()
        });
        let waited: Duration = waited.sum();
        past.patience = u32::try_from(count).ok().and_then(|count| waited.checked_div(count));
        let busy = past.told.results.busy;
        past.told.results = Results { online, busy, ..Results::of_facts(&past.told.entries) };
        past
    }
}

impl Past {
    fn dialled(
        &mut self,
        offered: &Offered,
        until: Mono,
        failed: Option<(DialOutcome, Option<Said>)>,
        talked: Option<Duration>,
    ) {
        let Work::Callback { number, .. } = &offered.work else { return };
        let rang = offered.dialled.map_or(Duration::ZERO, |since| until.since(since));
        self.dials.entry(*number).or_default().push(Dial { rang, failed, talked });
    }
}

impl Offered {
    fn customer_first(&self) -> bool {
        match &self.work {
            Work::Callback { how, .. } => how.first == Party::Customer,
            Work::Live { .. } => false,
        }
    }

    fn request(&self) -> Option<model::RequestId> {
        match &self.work {
            Work::Callback { request, .. } => Some(*request),
            Work::Live { .. } => None,
        }
    }
}

impl Morning<'_> {
    /// The queue as it stood then.
    pub(super) fn queues(&self, settings: &Settings) -> Queues {
        let now = self.first.now();
        self.began.queues(settings.clone(), self.recovered, self.people, now)
    }
}
