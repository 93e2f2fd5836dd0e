//! The index of everything that waits: one ordered set, so that the next deadline is its first.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::{Deadline, Mono};

use crate::settings::Timers;
use crate::transaction::{ClientId, ServerId};
use crate::{SessionId, limits};

/// The timers of RFC 3261 §17 and RFC 6026 by their letters. The letter `N` of a server
/// transaction is ours: RFC 4320 §4.1 wants a 100 when a non-INVITE request waits too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Letter {
    /// INVITE client: repeat the INVITE.
    A,
    /// INVITE client: give up.
    B,
    /// INVITE client: absorb repeated refusals.
    D,
    /// Non-INVITE client: repeat the request.
    E,
    /// Non-INVITE client: give up.
    F,
    /// INVITE server: repeat the refusal.
    G,
    /// INVITE server: give up on the ACK.
    H,
    /// INVITE server: absorb repeated ACKs.
    I,
    /// Non-INVITE server: answer repeated requests.
    J,
    /// Non-INVITE client: absorb repeated answers.
    K,
    /// INVITE server: absorb repeated INVITEs after our 2xx (RFC 6026 §7.1).
    L,
    /// INVITE client: acknowledge repeated and forked 2xx (RFC 6026 §7.2).
    M,
    /// Non-INVITE server: say 100 (RFC 4320 §4.1).
    N,
}

/// What a session waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wait {
    /// Our final answer to the first INVITE.
    Answer,
    /// The next 180 while it rings.
    RingAgain,
    /// The next copy of our 200.
    RepeatOk,
    /// The ACK of our 200.
    Ack,
    /// The far end picking up.
    RingMax,
    /// The final answer after our CANCEL.
    Cancelled,
    /// Our answer to a re-INVITE or UPDATE.
    Offer,
    /// The end of the pause before our refused offer is made again.
    OfferAgain,
    /// The next copy of a reliable 180.
    RepeatRing,
    /// The PRACK of a reliable 180.
    Prack,
    /// The time to refresh the session.
    Refresh,
    /// The peer's refreshing the session.
    Expiry,
}

impl Wait {
    const FIRST: Wait = Wait::Answer;
    const LAST: Wait = Wait::Expiry;
}

/// What the registrar waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Duty {
    /// The end of the first binding.
    Expire,
    /// The next keep-alive to phones behind address translators.
    KeepAlive,
}

/// The owner of a timer and which of its timers it is. An owner has each timer at most once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// A client transaction.
    Client(ClientId, Letter),
    /// A server transaction.
    Server(ServerId, Letter),
    /// A session.
    Session(SessionId, Wait),
    /// The registrar.
    Office(Duty),
    /// Our registration with a trunk, by its place.
    Upstream(usize),
}

impl Key {
    /// What the owner waits for, as a deadline names it.
    fn why(self) -> &'static str {
        match self {
            Key::Client(_, letter) | Key::Server(_, letter) => match letter {
                Letter::A => "timer A",
                Letter::B => "timer B",
                Letter::D => "timer D",
                Letter::E => "timer E",
                Letter::F => "timer F",
                Letter::G => "timer G",
                Letter::H => "timer H",
                Letter::I => "timer I",
                Letter::J => "timer J",
                Letter::K => "timer K",
                Letter::L => "timer L",
                Letter::M => "timer M",
                Letter::N => "100 to a request that waits",
            },
            Key::Session(_, wait) => match wait {
                Wait::Answer => "our answer to an INVITE",
                Wait::RingAgain => "the next 180",
                Wait::RepeatOk => "the next copy of a 200",
                Wait::Ack => "the ACK of a 200",
                Wait::RingMax => "ring time",
                Wait::Cancelled => "the final answer after a CANCEL",
                Wait::Offer => "our answer to an offer",
                Wait::OfferAgain => "our offer once more",
                Wait::RepeatRing => "the next copy of a 180",
                Wait::Prack => "the PRACK of a 180",
                Wait::Refresh => "a refresh of ours",
                Wait::Expiry => "a refresh of the peer",
            },
            Key::Upstream(_) => "the next REGISTER to a trunk",
            Key::Office(Duty::Expire) => "the end of a registration",
            Key::Office(Duty::KeepAlive) => "the next keep-alive to phones",
        }
    }
}

/// All timers of a stack.
#[derive(Debug, Default)]
pub(crate) struct TimerIndex {
    queue: BTreeSet<(Mono, Key)>,
    at: BTreeMap<Key, Mono>,
}

impl TimerIndex {
    /// Lets `key` fire at `at`, instead of when it was to fire before.
    pub(crate) fn set(&mut self, key: Key, at: Mono) {
        if let Some(before) = self.at.insert(key, at) {
            self.queue.remove(&(before, key));
        }
        self.queue.insert((at, key));
    }

    /// Stops `key`; nothing happens when it does not run.
    pub(crate) fn stop(&mut self, key: Key) {
        if let Some(at) = self.at.remove(&key) {
            self.queue.remove(&(at, key));
        }
    }

    /// True while `key` runs.
    pub(crate) fn is_set(&self, key: Key) -> bool {
        self.at.contains_key(&key)
    }

    /// Stops every timer of a client transaction.
    pub(crate) fn stop_client(&mut self, id: ClientId) {
        self.stop_range(Key::Client(id, Letter::A), Key::Client(id, Letter::N));
    }

    /// Stops every timer of a server transaction.
    pub(crate) fn stop_server(&mut self, id: ServerId) {
        self.stop_range(Key::Server(id, Letter::A), Key::Server(id, Letter::N));
    }

    /// Stops every timer of a session.
    pub(crate) fn stop_session(&mut self, id: SessionId) {
        self.stop_range(Key::Session(id, Wait::FIRST), Key::Session(id, Wait::LAST));
    }

    /// The next timer that is due at `now`, taken out of the index.
    pub(crate) fn pop_due(&mut self, now: Mono) -> Option<Key> {
        let &(at, key) = self.queue.first()?;
        if at > now {
            return None;
        }
        self.queue.pop_first();
        self.at.remove(&key);
        Some(key)
    }

    /// When the next timer fires.
    pub(crate) fn deadline(&self) -> Option<Deadline> {
        self.queue.first().map(|&(at, key)| Deadline::new(at, key.why()))
    }

    /// How many timers run.
    pub(crate) fn len(&self) -> usize {
        self.at.len()
    }

    fn stop_range(&mut self, first: Key, last: Key) {
        let running: Vec<Key> = self.at.range(first..=last).map(|(&key, _)| key).collect();
        for key in running {
            self.stop(key);
        }
    }
}

/// What a transaction needs to set its timers.
pub(crate) struct Clock<'a> {
    /// The index.
    pub(crate) timers: &'a mut TimerIndex,
    /// The present.
    pub(crate) now: Mono,
    /// T1, T2, T4.
    pub(crate) base: Timers,
}

impl Clock<'_> {
    /// Lets `key` fire after `wait`.
    pub(crate) fn after(&mut self, key: Key, wait: Duration) {
        self.timers.set(key, self.now + wait);
    }
}

impl Timers {
    /// 64 times T1: timers B, D, F, H, J, L and M.
    pub(crate) fn patience(&self) -> Duration {
        self.t1 * 64
    }

    /// The interval after `interval` for timers E and G and for the copies of a 200.
    pub(crate) fn doubled(&self, interval: Duration) -> Duration {
        (interval * 2).min(self.t2)
    }

    /// How long timer E of a peer takes to reach T2 (RFC 4320 §4.1): 3.5 s with the usual times.
    pub(crate) fn until_t2(&self) -> Duration {
        let (mut total, mut interval) = (Duration::ZERO, self.t1);
        while interval < self.t2 && total < limits::OFFER_MAX {
            total += interval;
            interval = self.doubled(interval.max(Duration::from_millis(1)));
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> Mono {
        Mono::from_nanos(nanos)
    }

    #[test]
    fn a_timer_that_is_set_again_fires_once_and_later() {
        let mut timers = TimerIndex::default();
        let key = Key::Client(ClientId(1), Letter::A);
        timers.set(key, at(5));
        timers.set(key, at(9));
        assert_eq!(timers.deadline(), Some(Deadline::new(at(9), "timer A")));
        assert_eq!(timers.pop_due(at(8)), None);
        assert_eq!(timers.pop_due(at(9)), Some(key));
        assert_eq!((timers.len(), timers.deadline()), (0, None));
    }

    #[test]
    fn stopping_an_owner_leaves_the_others_running() {
        let mut timers = TimerIndex::default();
        for id in 1..=3 {
            timers.set(Key::Server(ServerId(id), Letter::G), at(id));
            timers.set(Key::Server(ServerId(id), Letter::N), at(id));
        }
        timers.set(Key::Session(SessionId(2), Wait::Answer), at(1));
        timers.set(Key::Session(SessionId(2), Wait::Offer), at(1));
        timers.stop_server(ServerId(2));
        assert_eq!(timers.len(), 6);
        timers.stop_session(SessionId(2));
        assert_eq!(timers.len(), 4);
        assert_eq!(timers.pop_due(at(9)), Some(Key::Server(ServerId(1), Letter::G)));
    }

    #[test]
    fn timer_e_reaches_t2_after_three_and_a_half_seconds() {
        assert_eq!(Timers::default().until_t2(), Duration::from_millis(3_500));
    }
}
