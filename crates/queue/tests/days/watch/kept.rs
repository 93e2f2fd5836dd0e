//! Places of callers who hung up: kept for the same number, in the same queue, for a time; given
//! back once; one for each customer.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ledger::CallEnd;
use model::{CallId, E164, Mono, QueueName};

use super::{Place, Watch, Who};

/// What is known of callers beside their places.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// For how long; zero: not at all.
    pub time: Duration,
    from: BTreeMap<CallId, E164>,
    /// Who has the place of an earlier call.
    had_back: BTreeSet<CallId>,
    until: BTreeMap<(E164, QueueName), (CallId, Mono)>,
}

impl Kept {
    pub fn arrives(&mut self, call: CallId, from: Option<E164>) {
        self.from.extend(from.map(|from| (call, from)));
    }

    /// Nobody's place is kept any more.
    pub fn forget(&mut self) {
        *self = Kept { time: self.time, ..Kept::default() };
    }
}

impl Watch {
    /// A call is over: its place is given up, or kept.
    pub fn call_ended(&mut self, call: CallId, end: CallEnd, now: Mono) {
        self.asking.remove(&call);
        let number = self.hung_up.from.remove(&call);
        let once = !self.hung_up.had_back.remove(&call);
        let place = self.places.iter().find(|place| place.who == Who::Call(call)).cloned();
        let own = !self.taken_by.values().any(|it| *it == call);
        let keeps = end == CallEnd::Abandoned && !self.hung_up.time.is_zero() && once && own;
        let (Some(number), Some(place), true) = (number, place, keeps) else {
            return self.leave(Who::Call(call));
        };
        let key = (number, place.queue.clone());
        let until = now + self.hung_up.time;
        let older = self.hung_up.until.get(&key).and_then(|(older, _)| self.kept_place(*older));
        match older {
            Some(older) if older.order() < place.order() => self.leave(Who::Call(call)),
            Some(Place { who, .. }) => {
                self.leave(who);
                self.keep(key, call, until);
            }
            None => self.keep(key, call, until),
        }
    }

    fn keep(&mut self, key: (E164, QueueName), call: CallId, until: Mono) {
        self.hung_up.until.insert(key, (call, until));
        for place in self.places.iter_mut().filter(|place| place.who == Who::Call(call)) {
            place.who = Who::Kept(call);
        }
        self.last_place.remove(&Who::Call(call));
    }

    fn kept_place(&self, call: CallId) -> Option<Place> {
        self.places.iter().find(|place| place.who == Who::Kept(call)).cloned()
    }

    /// A caller has the place of an earlier call.
    pub fn had_back(&mut self, call: CallId, before: CallId, now: Mono) {
        let number = self.hung_up.from[&call];
        let own = self.places.iter().find(|place| place.who == Who::Call(call)).cloned();
        let own = own.expect("who arrives has a place");
        let (kept, until) = self
            .hung_up
            .until
            .remove(&(number, own.queue.clone()))
            .expect("only the same number has the place back, in the same queue");
        assert!(kept == before && until > now, "{call} has the place of {before}");
        self.leave(Who::Call(call));
        let old = self.places.iter_mut().find(|place| place.who == Who::Kept(before));
        let old = old.expect("it was kept");
        old.who = Who::Call(call);
        if own.asks.0 > old.asks.0 {
            self.last_place.clear();
        }
        old.asks = (own.asks.0.max(old.asks.0), own.asks.1);
        self.hung_up.had_back.insert(call);
    }

    /// Who has the place of the own request needs no other.
    pub fn gives_up_what_is_kept(&mut self, call: CallId, queue: &QueueName) {
        let number = self.hung_up.from[&call];
        if let Some((before, _)) = self.hung_up.until.remove(&(number, queue.clone())) {
            self.leave(Who::Kept(before));
        }
    }

    /// Whoever arrived has what was kept.
    pub fn nothing_is_kept_for(&self, call: CallId) {
        let Some(number) = self.hung_up.from.get(&call) else { return };
        let place = self.places.iter().find(|place| place.who == Who::Call(call));
        let Some(place) = place else { return };
        let key = (*number, place.queue.clone());
        assert!(!self.hung_up.until.contains_key(&key), "{call} has not its place back");
    }

    /// Time passes.
    pub fn let_go(&mut self, now: Mono) {
        let over = self.hung_up.until.extract_if(.., |_, (_, until)| *until <= now);
        let over: Vec<CallId> = over.map(|(_, (call, _))| call).collect();
        over.into_iter().for_each(|call| self.leave(Who::Kept(call)));
    }
}
