//! The journal: facts made durable, one writer thread, one file.
//!
//! SQLite in WAL mode with `synchronous=FULL`: a record is answered with [`Answer::Recorded`] when
//! its transaction has been synced. Records that come together share one transaction (group
//! commit). A permission that cannot be written is refused at once; history is kept in order and
//! tried again every [`RETRY_EVERY`]. The journal decides nothing: it does not know what a fact
//! means beyond [`ledger::Fact::permits`].

mod store;
#[cfg(test)]
mod tests;
mod trouble;
mod writer;

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ledger::{Entry, Fact, Record};
use model::RequestId;

pub use store::{Found, OFFERS_OPEN_MAX, PAGE_FACTS};
pub use trouble::OpenError;
pub use writer::{Answer, BATCH_MAX, HISTORY_KEPT_FOR_REQUESTS, HISTORY_KEPT_MAX};

use store::Store;
use writer::Writer;

/// Records on their way to the writer thread.
pub const RECORDS_QUEUED_MAX: usize = 65_536;
/// From one attempt to write kept history to the next.
pub const RETRY_EVERY: Duration = Duration::from_secs(1);
/// How long the history of calls waits for company, so that it is not synced call by call.
pub const HISTORY_WAITS: Duration = Duration::from_millis(50);

/// The writer thread of an open journal. Dropping it loses nothing: the thread writes what it has
/// and ends; [`Journal::close`] waits for that.
#[derive(Debug)]
pub struct Journal {
    records: SyncSender<Box<Record>>,
    thread: JoinHandle<Unwritten>,
}

/// What a closed journal could not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unwritten {
    /// Entries of history that were kept to the end in vain.
    pub kept: usize,
    /// Entries for which there was no room to be kept.
    pub lost: u64,
}

impl Journal {
    /// Opens `path` for writing (and makes it when it is not there), reads all of it, and starts
    /// the writer thread, which calls `answers` for each [`Answer`].
    ///
    /// # Errors
    /// When it is in use, cannot be reached, or is not a journal of this version.
    pub fn open(
        path: &Path,
        answers: impl FnMut(Answer) + Send + 'static,
    ) -> Result<(Journal, Found), OpenError> {
        let store = Store::open(path)?;
        let found = store.found()?;
        let writer = Writer::new(store, Box::new(answers));
        let (records, waiting) = sync_channel(RECORDS_QUEUED_MAX);
        let thread = std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || run(&waiting, writer))
            .map_err(|e| OpenError::from_io(path, &e))?;
        Ok((Journal { records, thread }, found))
    }

    /// Hands a record to the writer. Never blocks.
    ///
    /// # Errors
    /// Gives the record back when [`RECORDS_QUEUED_MAX`] records wait already (the disk has been
    /// hanging for long), or when the thread has died. It will not be written.
    pub fn record(&self, record: Box<Record>) -> Result<(), Box<Record>> {
        self.records.try_send(record).map_err(|error| match error {
            TrySendError::Full(record) | TrySendError::Disconnected(record) => record,
        })
    }

    /// Writes what waits and ends the thread.
    pub fn close(self) -> Unwritten {
        drop(self.records);
        self.thread.join().unwrap_or_default()
    }
}

/// What the journal at `path` holds, while an engine writes to it or while none runs.
///
/// # Errors
/// When it is not there, cannot be reached, or is not a journal of this version.
pub fn read_only(path: &Path) -> Result<Found, OpenError> {
    Store::read_only(path)?.found()
}

/// The facts of one request, in order; at most [`PAGE_FACTS`].
///
/// # Errors
/// As [`read_only`].
pub fn history(path: &Path, request: RequestId) -> Result<Vec<Entry>, OpenError> {
    Store::read_only(path)?.history(request)
}

/// What is written with `first`: all that waits already and, while nobody waits for any of it, all
/// that comes in [`HISTORY_WAITS`].
fn gather(first: Record, records: &Receiver<Box<Record>>) -> Vec<Record> {
    let until = Instant::now() + HISTORY_WAITS;
    let mut can_wait = can_wait(&first.entry.fact);
    let mut batch = vec![first];
    while batch.len() < BATCH_MAX {
        let patience =
            if can_wait { until.saturating_duration_since(Instant::now()) } else { Duration::ZERO };
        // Nothing came in time, or nobody is left to send: what there is is written.
        let Ok(record) = records.recv_timeout(patience) else { break };
        can_wait = can_wait && self::can_wait(&record.entry.fact);
        batch.push(*record);
    }
    batch
}

/// The comings and goings of calls, of which a crash may lose the last [`HISTORY_WAITS`]: the calls
/// are lost with them. What speaks of a request is never kept waiting, nor is the number of the
/// start, which makes the ids of this run its own.
fn can_wait(fact: &Fact) -> bool {
    match fact {
        Fact::CallArrived { .. } | Fact::CallEnded { .. } => true,
        Fact::EngineStarted { .. }
        | Fact::CallbackRequested { .. }
        | Fact::Offered { .. }
        | Fact::OfferEnded { .. }
        | Fact::DialStarted { .. }
        | Fact::DialEnded { .. }
        | Fact::Bridged { .. }
        | Fact::Transferred { .. }
        | Fact::FoundUncertain { .. }
        | Fact::Settled { .. }
        | Fact::RequestClosed { .. } => false,
    }
}

fn run(records: &Receiver<Box<Record>>, mut writer: Writer) -> Unwritten {
    let mut retry_at = Instant::now();
    loop {
        let first = if writer.is_down() {
            records.recv_timeout(retry_at.saturating_duration_since(Instant::now()))
        } else {
            records.recv().map_err(|_| RecvTimeoutError::Disconnected)
        };
        match first {
            Ok(first) => {
                writer.write(gather(*first, records));
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if !writer.is_down() {
            retry_at = Instant::now() + RETRY_EVERY;
        } else if retry_at <= Instant::now() {
            writer.retry();
            retry_at = Instant::now() + RETRY_EVERY;
        }
    }
    writer.retry();
    let (kept, lost) = writer.unwritten();
    if kept > 0 || lost > 0 {
        tracing::error!("the journal ends without {} entries of history", kept as u64 + lost);
    }
    Unwritten { kept, lost }
}
