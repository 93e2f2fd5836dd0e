//! What an oracle sees, and what it says.

use engine::Output;
use ledger::Fact;
use model::Now;
use phone::PhoneEvent;

use crate::world::World;

/// Something that an oracle may judge.
#[derive(Debug)]
pub enum Seen<'a> {
    /// The engine gave this.
    Output(&'a Output),
    /// This fact reached the disk.
    Durable(&'a Fact),
    /// A phone told its person of this: the far end's own record.
    Phone {
        /// Whose phone.
        id: usize,
        /// What.
        event: &'a PhoneEvent,
    },
    /// The engine died.
    Crash,
    /// The engine started.
    Restart,
}

/// A rule of the promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Which oracle says so.
    pub oracle: &'static str,
    /// What it saw, in one sentence.
    pub what: String,
}

/// One rule, watched over a whole run.
pub trait Oracle {
    /// Takes in one more thing.
    fn see(&mut self, now: Now, seen: &Seen<'_>);
    /// What was broken, judged once at the end.
    fn verdicts(&mut self, world: &World) -> Vec<Verdict>;
}
