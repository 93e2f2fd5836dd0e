//! Places that are kept for callers who hung up without having chosen anything.
//!
//! A queue may keep the place of a caller who hung up for some time: who calls again from the same
//! number, into the same queue, before that is over stands where the first call stood. The place is
//! nobody's meanwhile: no agent is offered it, nobody is counted as waiting there, and those behind
//! it stand where they stood, so that nobody's place goes backwards when the caller comes back.
//!
//! A customer has at most one such place in a queue, the oldest; and it is given back once: who has
//! it, and hangs up again, has lost it. A restart forgets these places, for no fact knows a number.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ledger::{CallEnd, Fact, Holder};
use model::{CallId, Deadline, E164, Mono, Wall};

use crate::calls::Caller;
use crate::places::{Entry, Queue, Rank};
use crate::queues::Queues;
use crate::reason::Reason;

/// Most places that are kept in all queues together: beyond it the one that would be kept for the
/// shortest time is let go.
pub const KEPT_PLACES_MAX: usize = 10_000;

/// The places that are kept.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    places: BTreeMap<(E164, Queue), Place>,
    ends: BTreeSet<(Mono, E164, Queue)>,
}

/// One of them.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// Whose it was.
    call: CallId,
    rank: Rank,
    arrived: Wall,
    priority: u8,
    until: Mono,
}

impl Kept {
    /// When the next place is let go.
    pub(crate) fn deadline(&self) -> Option<Deadline> {
        let first = self.ends.first();
        first.map(|(at, ..)| Deadline::new(*at, "a place is kept no longer"))
    }

    fn remove(&mut self, key: (E164, Queue)) -> Option<Place> {
        let place = self.places.remove(&key)?;
        self.ends.remove(&(place.until, key.0, key.1));
        Some(place)
    }
}

impl Queues {
    /// Gives up the place of a call that is over, or keeps it for the caller.
    pub(crate) fn give_place_up(&mut self, call: CallId, caller: &Caller, end: CallEnd) {
        if self.places.entry(caller.queue, caller.rank) != Some(Entry::Call(call)) {
            return;
        }
        let kept_for = self.kept_for(caller.queue);
        let own = !caller.given_back && self.taken.by(call).is_none();
        match caller.from {
            Some(number) if end == CallEnd::Abandoned && own && !kept_for.is_zero() => {
                self.keep_place(call, caller, number, kept_for);
            }
            Some(_) | None => self.places.leave(caller.queue, caller.rank),
        }
    }

    fn kept_for(&self, queue: Queue) -> Duration {
        let settings = self.settings.queues.get(self.names.queue_name(queue));
        settings.map(|queue| queue.place_kept_for).unwrap_or_default()
    }

    fn keep_place(&mut self, call: CallId, caller: &Caller, number: E164, kept_for: Duration) {
        let (key, rank) = ((number, caller.queue), caller.rank);
        if self.kept.places.get(&key).is_some_and(|older| older.rank < rank) {
            return self.places.leave(caller.queue, rank);
        }
        self.let_go(key);
        if self.kept.places.len() >= KEPT_PLACES_MAX
            && let Some((_, number, queue)) = self.kept.ends.first().copied()
        {
            self.let_go((number, queue));
        }
        let until = self.now.mono + kept_for;
        let Caller { arrived, priority, .. } = *caller;
        self.places.keep(caller.queue, rank);
        self.kept.places.insert(key, Place { call, rank, arrived, priority, until });
        self.kept.ends.insert((until, number, caller.queue));
    }

    /// A caller has arrived, who may have hung up a moment ago.
    pub(crate) fn look_for_kept_place(&mut self, call: CallId) {
        let Some(caller) = self.calls.get(&call) else { return };
        let (queue, number) = (caller.queue, caller.from);
        let Some(place) = number.and_then(|number| self.kept.remove((number, queue))) else {
            return;
        };
        self.places.let_go(queue, place.rank);
        let Place { call: before, rank, arrived, priority, .. } = place;
        let of = Holder::Call(before);
        self.record(Fact::PlaceTaken { call, of, arrived, offer: None });
        self.stand_at(call, rank, arrived, priority);
        if let Some(caller) = self.calls.get_mut(&call) {
            caller.given_back = true;
            caller.reason = Reason::CalledAgain;
        }
    }

    /// One entry, and never two: who has the place of the own request needs no other.
    pub(crate) fn let_go_place_of(&mut self, call: CallId) {
        let Some(caller) = self.calls.get(&call) else { return };
        if let Some(number) = caller.from {
            self.let_go((number, caller.queue));
        }
    }

    /// Lets go the places whose time is over.
    pub(crate) fn let_go_places(&mut self) {
        while let Some((until, number, queue)) = self.kept.ends.first().copied() {
            if until > self.now.mono {
                return;
            }
            self.let_go((number, queue));
        }
    }

    /// New settings: a queue that keeps no places any more, or is gone, keeps none.
    pub(crate) fn let_go_what_is_not_kept(&mut self) {
        let keys: Vec<(E164, Queue)> = self.kept.places.keys().copied().collect();
        for key in keys {
            if self.kept_for(key.1).is_zero() {
                self.let_go(key);
            }
        }
    }

    fn let_go(&mut self, key: (E164, Queue)) {
        if let Some(place) = self.kept.remove(key) {
            self.places.let_go(key.1, place.rank);
        }
    }
}
