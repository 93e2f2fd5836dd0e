//! The journal: facts made durable, one writer thread, one file.
//!
//! SQLite in WAL mode with `synchronous=FULL`: a record is answered with [`Answer::Recorded`] when
//! its transaction has been synced. Records that come together share one transaction (group
//! commit). A permission that cannot be written is refused at once; history is kept in order and
//! tried again every [`RETRY_EVERY`]. The journal decides nothing: it does not know what a fact
//! means beyond [`ledger::Fact::permits`].

mod inlet;
mod outbox;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod told;
mod trouble;
mod writer;

use std::collections::BTreeMap;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ledger::explain::Gather;
use ledger::{Entry, Fact, Holder, Person, Record};
use model::{PersonId, RequestId, Seq};

pub use inlet::{RECEIPTS_QUEUED_MAX, Receipts};
pub use outbox::{Hook, OUTBOX_MAX, OUTBOX_PAGE, Pending, Receipt};
pub use store::{Found, OFFERS_OPEN_MAX, PAGE_FACTS};
pub use trouble::OpenError;
pub use writer::{Answer, BATCH_MAX, HISTORY_KEPT_FOR_REQUESTS, HISTORY_KEPT_MAX};

use inlet::{Gathered, Inlet, Outlet};
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
    records: Inlet,
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
        Journal::open_with(path, Vec::new(), answers)
    }

    /// As [`Journal::open`], with an outbox for these hooks.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn open_with(
        path: &Path,
        hooks: Vec<Hook>,
        answers: impl FnMut(Answer) + Send + 'static,
    ) -> Result<(Journal, Found), OpenError> {
        let store = Store::open_with(path, hooks)?;
        let found = store.found()?;
        let writer = Writer::new(store, Box::new(answers));
        let (records, waiting) = inlet::inlet();
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
        self.records.push(record)
    }

    /// The way of receipts to the writer.
    pub fn receipts(&self) -> Receipts {
        self.records.receipts()
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

/// The facts behind a place of the ledger, in order; at most [`PAGE_FACTS`].
///
/// # Errors
/// As [`read_only`].
pub fn facts(path: &Path, after: Seq) -> Result<Vec<Entry>, OpenError> {
    Store::read_only(path)?.facts_after(after)
}

/// Every fact of the journal at `path`, in order, and everybody whose number it holds.
///
/// # Errors
/// As [`read_only`].
pub fn each(
    path: &Path,
    take: impl FnMut(&Entry),
) -> Result<BTreeMap<PersonId, Person>, OpenError> {
    let store = Store::read_only(path)?;
    store.each(take)?;
    store.people()
}

/// One fact; none when there is none in that place.
///
/// # Errors
/// As [`read_only`].
pub fn fact(path: &Path, seq: Seq) -> Result<Option<Entry>, OpenError> {
    Store::read_only(path)?.fact(seq)
}

/// What waits for a hook behind a place of the ledger, in order; at most [`OUTBOX_PAGE`].
///
/// # Errors
/// As [`read_only`].
pub fn pending(path: &Path, hook: &str, after: Seq) -> Result<Vec<Pending>, OpenError> {
    Store::read_only(path)?.pending(hook, after)
}

/// What the journal at `path` says of some who stood in the queue, in order; it may be written to
/// meanwhile.
///
/// # Errors
/// As [`read_only`].
pub fn about(path: &Path, of: &[Holder]) -> Result<Vec<Entry>, OpenError> {
    let store = Store::read_only(path)?;
    let mut gather = Gather::new(of);
    store.each(|entry| gather.look(entry))?;
    store.each(|entry| gather.take(entry))?;
    Ok(gather.entries())
}

/// The comings and goings of calls, of which a crash may lose the last [`HISTORY_WAITS`]: the calls
/// are lost with them. What speaks of a request is never kept waiting, nor is the number of the
/// start, which makes the ids of this run its own.
fn can_wait(fact: &Fact) -> bool {
    match fact {
        Fact::CallArrived { .. }
        | Fact::CallEnded { .. }
        | Fact::OfferWithheld { .. }
        | Fact::OfferAllowed { .. }
        | Fact::RequestUntaken { .. }
        | Fact::PlaceTaken { of: Holder::Call(_), .. }
        | Fact::CallLed { .. }
        | Fact::StatusSet { .. }
        | Fact::WrapUpEnded { .. }
        | Fact::RecordingBegan { request: None, .. }
        | Fact::RecordingEnded { request: None, .. }
        | Fact::NotRecorded { request: None, .. }
        | Fact::RecordingDeclined { request: None, .. } => true,
        Fact::EngineStarted { .. }
        | Fact::CallbackRequested { .. }
        | Fact::PlaceTaken { of: Holder::Request(_), .. }
        | Fact::PlaceReturned { .. }
        | Fact::Moved { .. }
        | Fact::CameDue { .. }
        | Fact::Hastened { .. }
        | Fact::Held { .. }
        | Fact::Offered { .. }
        | Fact::OfferEnded { .. }
        | Fact::DialStarted { .. }
        | Fact::DialEnded { .. }
        | Fact::Bridged { .. }
        | Fact::Transferred { .. }
        | Fact::AttemptMissed { .. }
        | Fact::TicketWanted { .. }
        | Fact::TicketComment { .. }
        | Fact::FoundUncertain { .. }
        | Fact::Settled { .. }
        | Fact::RecordingBegan { request: Some(_), .. }
        | Fact::RecordingEnded { request: Some(_), .. }
        | Fact::NotRecorded { request: Some(_), .. }
        | Fact::RecordingDeclined { request: Some(_), .. }
        | Fact::MessageLeft { .. }
        | Fact::Switched { .. }
        | Fact::RequestClosed { .. } => false,
    }
}

fn run(records: &Outlet, mut writer: Writer) -> Unwritten {
    let mut retry_at = Instant::now();
    loop {
        let until_retry = || retry_at.saturating_duration_since(Instant::now());
        match records.gather(writer.is_down().then(until_retry)) {
            Gathered::Batch(batch, receipts) => writer.write_with(batch, &receipts),
            Gathered::Nothing => {}
            Gathered::End => break,
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
