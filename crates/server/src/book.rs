//! What is durable, kept in memory beside the engine: callback requests and the people they call.
//!
//! The driver applies each record when the journal has said `Recorded`. The control socket answers
//! from here, and [`crate::journal::read_only`] gives the same when the engine is stopped.

use std::collections::{BTreeMap, VecDeque};

use ledger::{Record, RequestRecord};
use model::{PersonId, RequestId, Seq};

use crate::journal::Found;

/// Closed requests that are kept; older ones are in the journal only.
pub const CLOSED_KEPT_MAX: usize = 10_000;

/// The durable requests, and the records on their way to the disk.
#[derive(Debug, Default)]
pub struct Book {
    found: Found,
    /// In the order of their places; answered by `Recorded` or `NotRecorded`.
    pending: BTreeMap<Seq, Record>,
    closed: VecDeque<RequestId>,
}

impl Book {
    /// What the journal held at the start.
    pub fn new(mut found: Found) -> Book {
        let closed: Vec<RequestId> =
            found.fold.requests.values().filter(|r| !r.is_open()).map(|r| r.request).collect();
        let surplus = closed.len().saturating_sub(CLOSED_KEPT_MAX);
        for request in &closed[..surplus] {
            forget(&mut found, *request);
        }
        let closed = closed[surplus..].iter().copied().collect();
        Book { found, pending: BTreeMap::new(), closed }
    }

    /// A record was handed to the journal.
    pub fn handed(&mut self, record: &Record) {
        // Only what changes a request is kept, so that calls without one cost nothing here.
        if record.entry.fact.request().is_some() {
            self.pending.insert(record.entry.seq, record.clone());
        }
    }

    /// Everything up to `seq` is durable.
    pub fn recorded(&mut self, seq: Seq) {
        while let Some(first) = self.pending.first_entry().filter(|first| *first.key() <= seq) {
            let Record { entry, person } = first.remove();
            self.found.fold.apply(&entry);
            self.found.people.extend(person.map(|person| (person.id, person)));
            if let Some(request) = entry.fact.request() {
                self.keep_closed(request);
            }
        }
    }

    /// The record in this place will not be written.
    pub fn not_recorded(&mut self, seq: Seq) {
        self.pending.remove(&seq);
    }

    /// Requests and people.
    pub fn found(&self) -> &Found {
        &self.found
    }

    /// One request.
    pub fn request(&self, request: RequestId) -> Option<&RequestRecord> {
        self.found.fold.requests.get(&request)
    }

    /// How many requests are open.
    pub fn open(&self) -> usize {
        self.found.fold.requests.len() - self.closed.len()
    }

    fn keep_closed(&mut self, request: RequestId) {
        let closed = self.request(request).is_some_and(|record| !record.is_open());
        if !closed || self.closed.contains(&request) {
            return;
        }
        self.closed.push_back(request);
        if self.closed.len() > CLOSED_KEPT_MAX {
            let oldest = self.closed.pop_front();
            oldest.into_iter().for_each(|oldest| forget(&mut self.found, oldest));
        }
    }
}

fn forget(found: &mut Found, request: RequestId) {
    let Some(record) = found.fold.requests.remove(&request) else { return };
    let person: PersonId = record.person;
    if !found.fold.requests.values().any(|other| other.person == person) {
        found.people.remove(&person);
    }
}
