//! Whether a media thread still goes round, though nobody orders anything of it.
//!
//! The thread counts its rounds. The engine's thread wakes it every [`LOOK_EVERY`] and looks at the
//! next time whether it went round: with few calls the ring of orders would be full only after
//! hours of silent ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::HANG_MAX;

/// How often a thread is looked at.
pub const LOOK_EVERY: Duration = Duration::from_secs(2);

/// So many looks in a row at a thread that did not go round: it is gone. Looks are counted and not
/// time, for when the whole process was stopped, a thread has not had its turn since.
const LOOKS_IN_VAIN_MAX: u64 = HANG_MAX.as_secs() / LOOK_EVERY.as_secs();

/// What is known of one thread's rounds.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    rounds: Arc<AtomicU64>,
    seen: u64,
    in_vain: u64,
}

impl Pulse {
    /// What the thread counts with.
    pub(super) fn rounds(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.rounds)
    }

    /// The thread was woken at the last look: has it gone round since?
    pub(super) fn look(&mut self) {
        let rounds = self.rounds.load(Ordering::Relaxed);
        self.in_vain = if rounds == self.seen { self.in_vain + 1 } else { 0 };
        self.seen = rounds;
    }

    /// It was looked at in vain too often.
    pub(super) fn is_gone(&self) -> bool {
        self.in_vain > LOOKS_IN_VAIN_MAX
    }
}
