//! What becomes of each record: written, refused, or kept until the disk can take it.
//!
//! ```text
//!   up    write ok      -> Recorded(last)
//!   up    write fails   -> Down, NotRecorded(each permission), history is kept      => down
//!   down  new record    -> NotRecorded(permission) at once, history is kept
//!   down  retry ok      -> Recorded(last kept), Up                                  => up
//!   down  retry fails   -> Down again when the reason is another one
//! ```

use std::collections::VecDeque;

use ledger::Record;
use model::Seq;

use super::Receipt;
use super::store::{Store, Trouble};

/// Most records in one transaction.
pub const BATCH_MAX: usize = 1_000;
/// History kept in memory while the disk cannot take it.
pub const HISTORY_KEPT_MAX: usize = 100_000;
/// The last part of it is left to the facts of requests: while the journal is down no request is
/// made, so that the open ones cannot fill it, and none of their history is lost.
pub const HISTORY_KEPT_FOR_REQUESTS: usize = 20_000;

/// What the journal tells the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Every record up to this place is durable, except those refused before.
    Recorded(Seq),
    /// This permission was not written and will not be.
    NotRecorded(Seq),
    /// Nothing can be written; history is kept and tried again.
    Down {
        /// Why, with the remedy.
        why: String,
    },
    /// All kept history is durable, and new records are taken.
    Up,
}

/// A store and what waits for it.
pub struct Writer {
    pub(super) store: Store,
    answers: Box<dyn FnMut(Answer) + Send>,
    kept: VecDeque<Record>,
    down: Option<Trouble>,
    lost: u64,
}

impl Writer {
    /// A writer that is up.
    pub fn new(store: Store, answers: Box<dyn FnMut(Answer) + Send>) -> Writer {
        Writer { store, answers, kept: VecDeque::new(), down: None, lost: 0 }
    }

    /// True while nothing can be written.
    pub fn is_down(&self) -> bool {
        self.down.is_some()
    }

    /// How much history waits, and how much found no room to wait.
    pub fn unwritten(&self) -> (usize, u64) {
        (self.kept.len(), self.lost)
    }

    /// Takes new records, in the order of their places.
    #[cfg(test)]
    pub fn write(&mut self, batch: Vec<Record>) {
        self.write_with(batch, &[]);
    }

    /// The same with what became of deliveries. While nothing can be written that is forgotten, and
    /// told again after the next start.
    pub fn write_with(&mut self, batch: Vec<Record>, receipts: &[Receipt]) {
        if self.is_down() {
            return self.refuse(batch);
        }
        let last = batch.last().map(|record| record.entry.seq);
        match self.store.append_with(batch.iter(), receipts) {
            Ok(()) => {
                if let Some(last) = last {
                    (self.answers)(Answer::Recorded(last));
                }
            }
            Err(trouble) => {
                self.go_down(trouble);
                self.refuse(batch);
            }
        }
    }

    /// Tries again what is kept; to be called every so often while [`Writer::is_down`].
    pub fn retry(&mut self) {
        if !self.is_down() {
            return;
        }
        while !self.kept.is_empty() {
            let count = self.kept.len().min(BATCH_MAX);
            let last = self.kept[count - 1].entry.seq;
            if let Err(trouble) = self.store.append(self.kept.iter().take(count)) {
                return self.go_down(trouble);
            }
            self.kept.drain(..count);
            (self.answers)(Answer::Recorded(last));
        }
        match self.store.probe() {
            Ok(()) => {
                self.down = None;
                tracing::warn!("the journal is written again");
                (self.answers)(Answer::Up);
            }
            Err(trouble) => self.go_down(trouble),
        }
    }

    fn go_down(&mut self, trouble: Trouble) {
        if self.down.as_ref() == Some(&trouble) {
            return;
        }
        tracing::error!("{}; until then no callback is promised and nobody is dialled", trouble.0);
        (self.answers)(Answer::Down { why: trouble.0.clone() });
        self.down = Some(trouble);
    }

    fn refuse(&mut self, batch: Vec<Record>) {
        for record in batch {
            if record.entry.fact.permits() {
                (self.answers)(Answer::NotRecorded(record.entry.seq));
            } else {
                self.keep(record);
            }
        }
    }

    fn keep(&mut self, record: Record) {
        let of_a_request = record.entry.fact.request().is_some();
        let room = if of_a_request {
            HISTORY_KEPT_MAX
        } else {
            HISTORY_KEPT_MAX - HISTORY_KEPT_FOR_REQUESTS
        };
        if self.kept.len() < room {
            return self.kept.push_back(record);
        }
        if self.lost == 0 {
            tracing::error!(
                "history is being lost: {HISTORY_KEPT_MAX} entries wait for the journal's disk"
            );
        }
        self.lost += 1;
    }
}
