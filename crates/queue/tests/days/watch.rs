//! The naive reference: who stands where, who is excused from being offered, what was dialled.

mod kept;

use std::collections::{BTreeMap, BTreeSet};

use ledger::{Fact, Holder, Part, Recovered, RequestEnd, RequestState, Switch};
use model::{AgentName, AttemptId, CallId, E164, LineName, Mono, Now, QueueName, RequestId, Wall};

/// Somebody who holds a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    Call(CallId),
    Request(RequestId),
    /// Nobody: it is kept for whoever hung up.
    Kept(CallId),
}

/// One place, in the order of arrivals.
#[derive(Debug, Clone)]
pub struct Place {
    pub id: u64,
    pub who: Who,
    pub queue: QueueName,
    /// Its priority, and how much French it asks for.
    pub asks: (u8, u8),
}

impl Place {
    /// Who is before whom: the smaller.
    pub fn order(&self) -> (u8, u64) {
        (u8::MAX - self.asks.0, self.id)
    }
}

/// A customer INVITE that left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invite {
    Live,
    Ended,
    /// A crash came before its end was durable.
    InDoubt,
    /// Somebody said that the customer was not reached.
    Settled,
}

/// What is known from outside.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    pub places: Vec<Place>,
    pub next_place: u64,
    /// Callers whose request is being written, or who wait behind such a one.
    pub asking: BTreeSet<CallId>,
    /// Of every request that was ever to be written: its caller, its number, its arrival.
    pub asked: BTreeMap<RequestId, (Option<CallId>, E164, Wall)>,
    /// Those that a command asked for and that are being written.
    pub writing: BTreeSet<RequestId>,
    /// The time for which each was asked for.
    pub times: BTreeMap<RequestId, Wall>,
    /// Those that stand outside until then.
    pub scheduled: BTreeMap<RequestId, Mono>,
    /// The queue of every request that was ever to be written.
    pub queues: BTreeMap<RequestId, QueueName>,
    /// And its line.
    pub lines: BTreeMap<RequestId, LineName>,
    pub promised: BTreeSet<RequestId>,
    /// What each asks for.
    pub asks: BTreeMap<RequestId, (u8, u8)>,
    /// Every place that a request that was promised ever had, by its arrival.
    pub kept: BTreeMap<(RequestId, Wall), Place>,
    /// The places of requests whose customer is on the line.
    pub taken: BTreeMap<RequestId, Place>,
    pub talking: BTreeSet<RequestId>,
    pub due: BTreeMap<RequestId, Mono>,
    pub uncertain: BTreeSet<RequestId>,
    pub pauses: Vec<(AgentName, u64, Mono)>,
    pub invites: BTreeMap<AttemptId, Invite>,
    pub call_ids: BTreeSet<String>,
    pub last_place: BTreeMap<Who, u32>,
    /// What commands have switched off.
    pub off: BTreeSet<(Switch, Part)>,
    /// Who has the place of the own request.
    pub taken_by: BTreeMap<RequestId, CallId>,
    pub hung_up: kept::Kept,
}

impl Watch {
    /// Of queues that keep places for so long.
    pub fn of(kept_for: std::time::Duration) -> Watch {
        let mut watch = Watch::default();
        watch.hung_up.time = kept_for;
        watch
    }

    pub fn arrive(&mut self, call: CallId, queue: QueueName, asks: (u8, u8)) {
        self.next_place += 1;
        self.places.push(Place { id: self.next_place, who: Who::Call(call), queue, asks });
    }

    pub fn leave(&mut self, who: Who) {
        self.places.retain(|place| place.who != who);
        self.last_place.remove(&who);
    }

    /// It waits for a time.
    pub fn is_due_later(&self, request: RequestId, now: Now) -> bool {
        self.due.get(&request).is_some_and(|due| *due > now.mono)
    }

    pub fn place_id(&self, who: Who) -> Option<u64> {
        self.places.iter().find(|place| place.who == who).map(|place| place.id)
    }

    /// The promise of `request` is durable: it takes its caller's place, or the better one of the
    /// request that it replaces in the same queue.
    pub fn promise(&mut self, request: RequestId, now: Now) {
        self.promised.insert(request);
        let (call, number, arrived) = self.asked[&request];
        let Some(call) = call else { return self.promise_of_command(request, now) };
        self.asking.remove(&call);
        let Some(own) = self.places.iter().find(|place| place.who == Who::Call(call)) else {
            return;
        };
        let queue = own.queue.clone();
        let replaced = self.places.iter().position(|place| match place.who {
            Who::Request(old) => {
                self.asked[&old].1 == number
                    && self.uncertain.contains(&old)
                    && place.queue == queue
            }
            Who::Call(_) | Who::Kept(_) => false,
        });
        let own = self.places.iter().position(|place| place.who == Who::Call(call));
        let index = replaced.or(own).expect("found above");
        self.take(index, request, arrived);
        self.leave(Who::Call(call));
    }

    /// A request that is asked for, by a caller or by a command.
    pub fn asks(&mut self, request: RequestId, call: Option<CallId>, number: E164, at: Wall) {
        self.asked.insert(request, (call, number, at));
        self.times.remove(&request);
    }

    /// The request of a command is being written: it has its place from now on, unless it is to
    /// have that of another.
    pub fn hold(&mut self, request: RequestId, number: E164, queue: QueueName) {
        self.writing.insert(request);
        if self.replaced(number, &queue).is_none() {
            self.next_place += 1;
            let (id, who) = (self.next_place, Who::Request(request));
            let asks = self.asks[&request];
            self.places.push(Place { id, who, queue, asks });
        }
    }

    fn replaced(&self, number: E164, queue: &QueueName) -> Option<usize> {
        self.places.iter().position(|place| match place.who {
            Who::Request(old) => {
                self.asked[&old].1 == number
                    && self.uncertain.contains(&old)
                    && place.queue == *queue
            }
            Who::Call(_) | Who::Kept(_) => false,
        })
    }

    fn promise_of_command(&mut self, request: RequestId, now: Now) {
        self.writing.remove(&request);
        if let Some(due) = self.times.get(&request) {
            self.scheduled.insert(request, now.mono + due.since(now.wall));
            return;
        }
        let (_, number, arrived) = self.asked[&request];
        let own = self.places.iter().position(|place| place.who == Who::Request(request));
        let other = || {
            let queues: BTreeSet<QueueName> =
                self.places.iter().map(|place| place.queue.clone()).collect();
            queues.iter().find_map(|queue| self.replaced(number, queue))
        };
        let Some(index) = own.or_else(other) else { return };
        self.take(index, request, arrived);
    }

    /// The request has this place from now on.
    fn take(&mut self, index: usize, request: RequestId, arrived: Wall) {
        let place = &mut self.places[index];
        if self.asks[&request].0 > place.asks.0 {
            // It has the place of an older one, and a better priority.
            self.last_place.clear();
        }
        (place.who, place.asks) = (Who::Request(request), self.asks[&request]);
        self.kept.insert((request, arrived), place.clone());
    }

    /// A request of a command could not be written.
    pub fn was_not_written(&mut self, request: RequestId) {
        self.writing.remove(&request);
        self.times.remove(&request);
        self.leave(Who::Request(request));
    }

    /// After a crash only the open requests hold places: those they had.
    pub fn restart(&mut self, recovered: &Recovered, now: Now) {
        self.writing.clear();
        self.scheduled.clear();
        let mut places = Vec::new();
        for record in &recovered.open {
            if let RequestState::Scheduled { due } = record.state {
                self.scheduled.insert(record.request, now.mono + due.since(now.wall));
            } else {
                places.push(self.kept[&(record.request, record.arrived)].clone());
            }
        }
        self.places = places;
        self.places.sort_by_key(|place| (place.id, place.who));
        self.asking.clear();
        self.pauses.clear();
        self.last_place.clear();
        self.talking.clear();
        self.taken.clear();
        self.taken_by.clear();
        self.hung_up.forget();
        self.due.clear();
        self.off = recovered.off.clone();
    }

    /// What is on already is not switched on, and so for off.
    fn switched(&mut self, key: (Switch, Part), on: bool) {
        let changed = if on { self.off.remove(&key) } else { self.off.insert(key.clone()) };
        assert!(changed, "{} of {} was so already", key.0, key.1);
    }

    /// Whether it is switched off for the callbacks of this queue.
    pub fn is_off(&self, switch: Switch, queue: &QueueName) -> bool {
        let off = |of: Part| self.off.contains(&(switch, of));
        off(Part::Engine) || off(Part::Queue(queue.clone()))
    }

    /// Follows what the queue says happened.
    pub fn fact(&mut self, fact: &Fact, now: Now, retry_delay: std::time::Duration) {
        match fact {
            Fact::DialEnded { attempt, retry_at: Some(at), .. } => {
                self.due.insert(attempt.request, now.mono + at.since(now.wall));
            }
            Fact::PlaceTaken { call, of: Holder::Request(request), .. } => {
                self.taken_over(*call, *request);
            }
            Fact::PlaceReturned { request, .. } => {
                self.taken_by.remove(request);
                self.places.extend(self.taken.remove(request));
            }
            Fact::AttemptMissed { request, retry_at: Some(_) } => {
                self.due.insert(*request, now.mono + retry_delay);
            }
            Fact::FoundUncertain { attempt } => {
                self.uncertain.insert(attempt.request);
            }
            Fact::Settled { attempt, .. } => {
                self.settled(attempt.request);
            }
            Fact::Switched { switch, of, on } => self.switched((*switch, of.clone()), *on),
            Fact::Bridged { attempt: Some(attempt), .. } => {
                self.leave(Who::Request(attempt.request));
                self.talking.insert(attempt.request);
            }
            Fact::CameDue { request, arrived } => self.came_due(*request, *arrived),
            Fact::Moved { request, due, .. } => {
                self.leave(Who::Request(*request));
                self.due.remove(request);
                self.scheduled.insert(*request, now.mono + due.since(now.wall));
            }
            Fact::Hastened { request } => {
                self.due.remove(request);
            }
            Fact::Held { request, until, .. } => {
                self.due.insert(*request, now.mono + until.since(now.wall));
            }
            Fact::RequestClosed { request, end, .. } => {
                self.closed(*request, *end);
            }
            Fact::CallEnded { call, end } => self.call_ended(*call, *end, now.mono),
            Fact::PlaceTaken { call, of: Holder::Call(before), .. } => {
                self.had_back(*call, *before, now.mono);
            }
            Fact::EngineStarted { .. }
            | Fact::CallArrived { .. }
            | Fact::CallbackRequested { .. }
            | Fact::Offered { .. }
            | Fact::OfferEnded { .. }
            | Fact::OfferWithheld { .. }
            | Fact::OfferAllowed { .. }
            | Fact::RequestUntaken { .. }
            | Fact::DialStarted { .. }
            | Fact::DialEnded { retry_at: None, .. }
            | Fact::AttemptMissed { retry_at: None, .. }
            | Fact::TicketWanted { .. }
            | Fact::TicketComment { .. }
            | Fact::RecordingBegan { .. }
            | Fact::RecordingEnded { .. }
            | Fact::NotRecorded { .. }
            | Fact::RecordingDeclined { .. }
            | Fact::MessageLeft { .. }
            | Fact::CallLed { .. }
            | Fact::StatusSet { .. }
            | Fact::WrapUpEnded { .. }
            | Fact::Bridged { attempt: None, .. }
            | Fact::Transferred { .. } => {}
        }
    }

    /// A request has a place from now on.
    fn came_due(&mut self, request: RequestId, arrived: Wall) {
        self.scheduled.remove(&request);
        self.next_place += 1;
        let (id, who) = (self.next_place, Who::Request(request));
        let queue = self.queues[&request].clone();
        let place = Place { id, who, queue, asks: self.asks[&request] };
        self.places.push(place.clone());
        self.kept.insert((request, arrived), place);
    }

    /// A caller has the place of the own request, with the higher priority of the two.
    fn taken_over(&mut self, call: CallId, request: RequestId) {
        let own = self.places.iter().find(|place| place.who == Who::Call(call)).cloned();
        let own = own.expect("who arrives has a place");
        self.leave(Who::Call(call));
        let old = self.places.iter_mut().find(|place| place.who == Who::Request(request));
        let old = old.expect("only a request that holds a place is taken over");
        self.taken.insert(request, old.clone());
        self.taken_by.insert(request, call);
        old.who = Who::Call(call);
        if own.asks.0 > old.asks.0 {
            self.last_place.clear();
        }
        old.asks = (own.asks.0.max(old.asks.0), own.asks.1);
        self.last_place.remove(&Who::Request(request));
        self.gives_up_what_is_kept(call, &own.queue);
    }

    /// A request has reached its end.
    fn closed(&mut self, request: RequestId, end: RequestEnd) {
        self.scheduled.remove(&request);
        if end == RequestEnd::Completed {
            self.talking.remove(&request);
        }
        self.leave(Who::Request(request));
        self.taken.remove(&request);
        self.taken_by.remove(&request);
        self.uncertain.remove(&request);
        self.due.remove(&request);
    }

    /// It is known what became of a dial in doubt.
    fn settled(&mut self, request: RequestId) {
        self.uncertain.remove(&request);
        for (attempt, invite) in &mut self.invites {
            if attempt.request == request && *invite == Invite::InDoubt {
                *invite = Invite::Settled;
            }
        }
    }

    /// The customer's INVITE leaves: never while another lives or is in doubt, never twice.
    pub fn invite(&mut self, attempt: AttemptId, sip_call_id: &str) {
        let same = |other: &&AttemptId| other.request == attempt.request;
        for other in self.invites.keys().filter(same) {
            let state = self.invites[other];
            assert!(
                matches!(state, Invite::Ended | Invite::Settled),
                "{attempt} is dialled while {other} is {state:?}"
            );
        }
        assert!(self.invites.insert(attempt, Invite::Live).is_none(), "{attempt} dialled twice");
        assert!(self.call_ids.insert(sip_call_id.to_owned()), "a Call-ID came twice");
    }

    pub fn invite_ended(&mut self, attempt: AttemptId) {
        if let Some(invite) = self.invites.get_mut(&attempt) {
            *invite = Invite::Ended;
        }
    }

    pub fn is_paused(&self, agent: &AgentName, place: u64, now: Mono) -> bool {
        self.pauses.iter().any(|(who, what, until)| who == agent && *what == place && *until > now)
    }

    /// Places never go backwards but for those who stand before, and stand as the queue says.
    pub fn compare_places(&mut self, queue: &QueueName, shown: &[(u32, Who)]) {
        // A place that is held for what is being written is counted, and not shown.
        let is_shown = |who: &Who| match who {
            Who::Request(id) => !self.writing.contains(id),
            Who::Call(_) => true,
            Who::Kept(_) => false,
        };
        let held = self.places.iter().filter(|place| place.queue == *queue);
        let mut held: Vec<&Place> = held.collect();
        held.sort_by_key(|place| place.order());
        // Of those who came before: who came later may stand before by priority.
        let ahead = |place: &Place| {
            let is = |other: &&&Place| other.order() < place.order() && other.id < place.id;
            u32::try_from(held.iter().filter(is).count()).expect("few")
        };
        let ahead: Vec<(u32, Who)> = held.iter().map(|place| (ahead(place), place.who)).collect();
        let expected: Vec<(u32, Who)> = (1..)
            .zip(held)
            .map(|(n, place)| (n, place.who))
            .filter(|(_, who)| is_shown(who))
            .collect();
        assert_eq!(shown, expected, "the order of {queue}");
        for (place, who) in ahead {
            let before = self.last_place.insert(who, place);
            assert!(before.is_none_or(|before| place <= before), "{who:?} went backwards");
        }
    }
}
