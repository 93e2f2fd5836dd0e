//! When which delivery of one hook is tried: a pure machine, told the time.
//!
//! ```text
//!   taken (2xx)          -> done
//!   anything else        -> tried again by the table; at its end given up
//!   ... and the hook     -> pauses, longer with each failure in a row, or as Retry-After says
//!   gone (410)           -> given up, and nothing more is sent until the next start
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use model::{Seq, Wall};
use server::journal::{Pending, Receipt};

/// The longest pause of a hook between two tries.
pub const PAUSE_MAX: Duration = Duration::from_secs(300);
/// The longest that a receiver may ask us to wait.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(3_600);

/// How a try went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The receiver has it.
    Taken,
    /// It may have it or not; it is told again.
    Failed {
        /// How long the receiver asks us to wait.
        wait: Option<Duration>,
    },
    /// The receiver wants nothing more.
    Gone,
}

/// The deliveries of one hook.
#[derive(Debug)]
pub(crate) struct Schedule {
    hook: String,
    /// From one try of a delivery to its next.
    retries: Vec<Duration>,
    due: BTreeMap<(Wall, Seq), u32>,
    /// Failures since the last delivery that was taken.
    failures: usize,
    paused_until: Option<Wall>,
    gone: bool,
}

impl Schedule {
    pub(crate) fn new(hook: String, retries: Vec<Duration>) -> Schedule {
        let due = BTreeMap::new();
        Schedule { hook, retries, due, failures: 0, paused_until: None, gone: false }
    }

    /// One more is to be told.
    pub(crate) fn add(&mut self, pending: Pending) {
        self.due.insert((pending.due, pending.seq), pending.attempts);
    }

    /// The delivery to be tried now.
    pub(crate) fn take(&mut self, now: Wall) -> Option<Pending> {
        if self.wake_at()? > now {
            return None;
        }
        let ((due, seq), attempts) = self.due.pop_first()?;
        Some(Pending { seq, attempts, due })
    }

    /// When there is something to be tried; none while there is nothing.
    pub(crate) fn wake_at(&self) -> Option<Wall> {
        let ((first, _), _) = self.due.first_key_value().filter(|_| !self.gone)?;
        Some(self.paused_until.map_or(*first, |until| until.max(*first)))
    }

    /// A delivery that was taken out has been tried.
    pub(crate) fn tried(&mut self, now: Wall, pending: Pending, outcome: Outcome) -> Receipt {
        let again = match outcome {
            Outcome::Taken => {
                (self.failures, self.paused_until) = (0, None);
                None
            }
            Outcome::Gone => {
                self.gone = true;
                None
            }
            Outcome::Failed { wait } => {
                self.pause(now, wait);
                self.later(now, pending)
            }
        };
        if let Some(again) = again {
            self.add(again);
        }
        Receipt { hook: self.hook.clone(), seq: pending.seq, again }
    }

    /// A receiver that fails is not asked the next thing at once.
    fn pause(&mut self, now: Wall, wait: Option<Duration>) {
        let usual = self.retries.get(self.failures).copied().unwrap_or(PAUSE_MAX).min(PAUSE_MAX);
        let asked = wait.unwrap_or_default().min(RETRY_AFTER_MAX);
        self.failures += 1;
        self.paused_until = Some(now + usual.max(asked));
    }

    /// The next try of a delivery, if one is left.
    fn later(&self, now: Wall, pending: Pending) -> Option<Pending> {
        let wait = self.retries.get(usize::try_from(pending.attempts).unwrap_or(usize::MAX))?;
        Some(Pending { attempts: pending.attempts + 1, due: now + *wait, ..pending })
    }

    /// True once the receiver wants nothing more.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: i64) -> Wall {
        Wall::from_unix_millis(seconds * 1_000)
    }

    fn pending(seq: u64, due: i64) -> Pending {
        Pending { seq: Seq(seq), attempts: 0, due: at(due) }
    }

    fn schedule(retries: &[u64]) -> Schedule {
        let retries = retries.iter().copied().map(Duration::from_secs).collect();
        Schedule::new("crm".to_owned(), retries)
    }

    const FAILED: Outcome = Outcome::Failed { wait: None };

    #[test]
    fn a_delivery_is_tried_by_the_table_and_then_given_up() {
        let mut schedule = schedule(&[5, 300, 1_800]);
        schedule.add(pending(1, 0));
        let (mut now, mut tries) = (0, Vec::new());
        while let Some(wake) = schedule.wake_at() {
            now = wake.as_unix_millis() / 1_000;
            let taken = schedule.take(at(now)).expect("it is due");
            assert_eq!(schedule.take(at(now)), None, "there is only one");
            tries.push(now);
            let receipt = schedule.tried(at(now), taken, FAILED);
            assert_eq!(receipt.again.is_some(), tries.len() < 4);
        }
        assert_eq!((tries, now), (vec![0, 5, 305, 2_105], 2_105));
    }

    #[test]
    fn a_hook_that_fails_pauses_and_one_delivery_does_not_hold_up_the_others() {
        let mut schedule = schedule(&[5, 300]);
        (1..=3).for_each(|seq| schedule.add(pending(seq, 0)));
        let first = schedule.take(at(0)).expect("due");
        schedule.tried(at(0), first, FAILED);
        assert_eq!(schedule.take(at(4)), None, "the hook pauses");
        let second = schedule.take(at(5)).expect("due");
        assert_eq!(second.seq, Seq(2));
        let receipt = schedule.tried(at(5), second, Outcome::Taken);
        assert_eq!(receipt, Receipt { hook: "crm".into(), seq: Seq(2), again: None });
        assert_eq!(schedule.take(at(5)).map(|taken| taken.seq), Some(Seq(3)));
        assert_eq!(
            schedule.take(at(5)).map(|taken| (taken.seq, taken.attempts)),
            Some((Seq(1), 1))
        );
    }

    #[test]
    fn a_receiver_may_ask_for_patience_but_not_for_ever() {
        let mut schedule = schedule(&[5, 5]);
        (1..=2).for_each(|seq| schedule.add(pending(seq, 0)));
        let first = schedule.take(at(0)).expect("due");
        let wait = Some(Duration::from_secs(60));
        schedule.tried(at(0), first, Outcome::Failed { wait });
        assert_eq!(schedule.wake_at(), Some(at(60)));
        let second = schedule.take(at(60)).expect("due");
        schedule.tried(at(60), second, Outcome::Failed { wait: Some(Duration::MAX) });
        assert_eq!(schedule.wake_at(), Some(at(60) + RETRY_AFTER_MAX));
    }

    #[test]
    fn a_receiver_that_is_gone_is_told_nothing_more() {
        let mut schedule = schedule(&[5]);
        (1..=2).for_each(|seq| schedule.add(pending(seq, 0)));
        let first = schedule.take(at(0)).expect("due");
        schedule.tried(at(0), first, Outcome::Gone);
        assert!(schedule.is_gone());
        assert_eq!((schedule.wake_at(), schedule.take(at(9))), (None, None));
    }

    #[test]
    fn failures_in_a_row_pause_a_hook_for_five_minutes_at_most() {
        let mut schedule = schedule(&[5; 3]);
        (1..=9).for_each(|seq| schedule.add(pending(seq, 0)));
        let mut now = at(0);
        for _ in 0..5 {
            let taken = schedule.take(now).expect("due");
            schedule.tried(now, taken, FAILED);
            now = schedule.wake_at().expect("more are due");
        }
        assert_eq!(now, at(15) + PAUSE_MAX + PAUSE_MAX);
    }
}
