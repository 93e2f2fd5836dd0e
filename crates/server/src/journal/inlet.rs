//! The way of records to the writer's thread: a bounded queue that wakes the thread only when
//! somebody waits for what it is to write.
//!
//! A channel would wake it for every arrival and every end of a call, of which each may wait
//! [`super::HISTORY_WAITS`] for company; what a wake-up costs is more than what it brings.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use ledger::Record;

use super::{BATCH_MAX, HISTORY_WAITS, RECORDS_QUEUED_MAX, Receipt, can_wait};

/// Receipts of webhooks on their way to the writer. One that finds no room is lost, and its
/// delivery is made again after the next start.
pub const RECEIPTS_QUEUED_MAX: usize = 10_000;

/// The end of the driver. Dropping it lets the thread write what waits, and end.
#[derive(Debug)]
pub(super) struct Inlet(Arc<Shared>);

/// The end of the thread. Once it is dropped, nothing is taken any more.
#[derive(Debug)]
pub(super) struct Outlet(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    records: VecDeque<Box<Record>>,
    receipts: VecDeque<Receipt>,
    /// One of them must not wait, or more wait than one transaction takes.
    urgent: bool,
    /// One end is gone.
    closed: bool,
}

/// What the thread finds.
pub(super) enum Gathered {
    /// Records, at most [`BATCH_MAX`], in order; and receipts.
    Batch(Vec<Record>, Vec<Receipt>),
    /// Nothing came in time.
    Nothing,
    /// Nothing will come any more.
    End,
}

pub(super) fn inlet() -> (Inlet, Outlet) {
    let shared = Arc::new(Shared::default());
    (Inlet(Arc::clone(&shared)), Outlet(shared))
}

/// The way of receipts to the writer's thread, for whoever makes deliveries.
#[derive(Debug, Clone)]
pub struct Receipts(Arc<Shared>);

impl Receipts {
    /// Says what became of a delivery.
    pub fn push(&self, receipt: Receipt) {
        let mut waiting = self.0.waiting();
        if waiting.closed || waiting.receipts.len() >= RECEIPTS_QUEUED_MAX {
            return;
        }
        let first = waiting.is_empty();
        waiting.receipts.push_back(receipt);
        drop(waiting);
        if first {
            self.0.news.notify_one();
        }
    }
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.records.is_empty() && self.receipts.is_empty()
    }
}

impl Inlet {
    pub(super) fn receipts(&self) -> Receipts {
        Receipts(Arc::clone(&self.0))
    }

    /// Gives the record back when there is no room, and when the thread has died.
    pub(super) fn push(&self, record: Box<Record>) -> Result<(), Box<Record>> {
        let mut waiting = self.0.waiting();
        if waiting.closed || waiting.records.len() >= RECORDS_QUEUED_MAX {
            return Err(record);
        }
        let first = waiting.is_empty();
        let must = !can_wait(&record.entry.fact) || waiting.records.len() + 1 >= BATCH_MAX;
        let wakes = first || (must && !waiting.urgent);
        waiting.urgent |= must;
        waiting.records.push_back(record);
        drop(waiting);
        if wakes {
            self.0.news.notify_one();
        }
        Ok(())
    }
}

impl Outlet {
    /// What is written together: all that waits and, while nobody waits for any of it, all that
    /// comes in [`HISTORY_WAITS`]. `patience` is how long the first record is waited for; without
    /// it, for ever.
    pub(super) fn gather(&self, patience: Option<Duration>) -> Gathered {
        let empty = |waiting: &mut Waiting| waiting.is_empty() && !waiting.closed;
        let waiting = self.0.waiting();
        let waiting = match patience {
            None => self.0.news.wait_while(waiting, empty).expect(NO_PANIC),
            Some(time) => self.0.news.wait_timeout_while(waiting, time, empty).expect(NO_PANIC).0,
        };
        if waiting.is_empty() {
            return if waiting.closed { Gathered::End } else { Gathered::Nothing };
        }
        let alone = |waiting: &mut Waiting| !waiting.urgent && !waiting.closed;
        let gathered = self.0.news.wait_timeout_while(waiting, HISTORY_WAITS, alone);
        let mut waiting = gathered.expect(NO_PANIC).0;
        let count = waiting.records.len().min(BATCH_MAX);
        let batch = waiting.records.drain(..count).map(|record| *record).collect();
        waiting.urgent = !waiting.records.is_empty();
        let receipts = waiting.receipts.drain(..).collect();
        Gathered::Batch(batch, receipts)
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().expect(NO_PANIC)
    }

    fn close(&self) {
        // A thread that panics drops its end: the lock may be poisoned only by a panic within.
        if let Ok(mut waiting) = self.waiting.lock() {
            waiting.closed = true;
        }
        self.news.notify_one();
    }
}

impl Drop for Inlet {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        self.0.close();
    }
}

const NO_PANIC: &str = "nobody panics while holding the queue";
