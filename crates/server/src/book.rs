//! What is durable, kept in memory beside the engine: callback requests and the people they call.
//!
//! The driver applies each record when the journal has said `Recorded`. The control socket answers
//! from here, and [`crate::journal::read_only`] gives the same when the engine is stopped.

use std::collections::{BTreeMap, VecDeque};

use ledger::{Fact, Record, RequestRecord};
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
    /// How many of the requests that are kept name each person, so that forgetting a request
    /// walks over no other.
    named: BTreeMap<PersonId, u32>,
}

impl Book {
    /// What the journal held at the start.
    pub fn new(found: Found) -> Book {
        let requests = found.fold.requests.values();
        let closed: VecDeque<RequestId> =
            requests.filter(|request| !request.is_open()).map(|request| request.request).collect();
        let mut named = BTreeMap::new();
        for request in found.fold.requests.values() {
            *named.entry(request.person).or_default() += 1;
        }
        let mut book = Book { found, pending: BTreeMap::new(), closed, named };
        book.forget_surplus();
        book
    }

    /// A record was handed to the journal.
    pub fn handed(&mut self, record: &Record) {
        // Only what changes a request is kept, and what is switched, so that calls without one cost
        // nothing here.
        let switched = matches!(record.entry.fact, Fact::Switched { .. });
        if switched || record.entry.fact.request().is_some() {
            self.pending.insert(record.entry.seq, record.clone());
        }
    }

    /// Everything up to `seq` is durable.
    pub fn recorded(&mut self, seq: Seq) {
        while let Some(first) = self.pending.first_entry().filter(|first| *first.key() <= seq) {
            let Record { entry, person } = first.remove();
            self.found.fold.apply(&entry);
            if let Fact::CallbackRequested { person, .. } = entry.fact {
                *self.named.entry(person).or_default() += 1;
            }
            self.found.people.extend(person.map(|person| (person.id, person)));
            if let Fact::RequestClosed { request, .. } = entry.fact {
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

    /// What is switched off by command, in words.
    pub fn switched_off(&self) -> Vec<String> {
        let words = |(switch, of): &(ledger::Switch, ledger::Part)| format!("{switch} of {of}");
        self.found.fold.off().map(words).collect()
    }

    /// One request.
    pub fn request(&self, request: RequestId) -> Option<&RequestRecord> {
        self.found.fold.requests.get(&request).map(AsRef::as_ref)
    }

    /// How many requests are open.
    pub fn open(&self) -> usize {
        self.found.fold.requests.len() - self.closed.len()
    }

    fn keep_closed(&mut self, request: RequestId) {
        if self.request(request).is_none() {
            return;
        }
        self.closed.push_back(request);
        self.forget_surplus();
    }

    /// Forgets the oldest closed requests beyond the limit, with the people whom no other names.
    fn forget_surplus(&mut self) {
        while self.closed.len() > CLOSED_KEPT_MAX {
            let Some(oldest) = self.closed.pop_front() else { return };
            let Some(record) = self.found.fold.requests.remove(&oldest) else { continue };
            let Some(names) = self.named.get_mut(&record.person) else { continue };
            *names = names.saturating_sub(1);
            if *names == 0 {
                self.named.remove(&record.person);
                self.found.people.remove(&record.person);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ledger::{Entry, Person, RequestEnd};
    use model::{E164, Wall};

    use super::*;
    use crate::views;

    fn record(seq: u64, fact: Fact) -> Record {
        Record { entry: Entry { seq: Seq(seq), at: Wall::default(), fact }, person: None }
    }

    fn requested(seq: u64, request: u64) -> Record {
        let (line, language) = ("main".into(), "en".into());
        let fact = Fact::CallbackRequested {
            request: RequestId(request),
            call: None,
            queue: "sales".into(),
            line,
            person: PersonId(request),
            arrived: Wall::from_unix_millis(1_000_000 - request as i64),
            expires: Wall::default(),
            language,
            terms: Box::default(),
        };
        let number = E164::parse("+33612345678").expect("a number");
        let person = Person { id: PersonId(request), number, contact: None };
        Record { person: Some(person), ..record(seq, fact) }
    }

    fn closed(seq: u64, request: u64) -> Record {
        let (request, why) = (RequestId(request), String::new());
        record(seq, Fact::RequestClosed { request, end: RequestEnd::Cancelled, why })
    }

    #[test]
    fn only_what_is_durable_is_in_the_book() {
        let mut book = Book::default();
        [requested(1, 1), requested(2, 2), requested(3, 3)].iter().for_each(|r| book.handed(r));
        assert_eq!(book.open(), 0);
        book.not_recorded(Seq(1));
        book.recorded(Seq(2));
        assert_eq!((book.open(), book.found().people.len()), (1, 1));
        assert!(book.request(RequestId(2)).is_some());
    }

    #[test]
    fn the_oldest_closed_requests_are_forgotten_with_their_people() {
        let mut book = Book::default();
        let most = CLOSED_KEPT_MAX as u64;
        for n in 1..=most + 2 {
            book.handed(&requested(2 * n, n));
            book.handed(&closed(2 * n + 1, n));
            book.recorded(Seq(2 * n + 1));
        }
        book.handed(&requested(3 * most, 3 * most));
        book.recorded(Seq(3 * most));
        assert_eq!(book.found().fold.requests.len(), CLOSED_KEPT_MAX + 1);
        assert_eq!(book.found().people.len(), CLOSED_KEPT_MAX + 1);
        assert_eq!(book.open(), 1);
        assert!(book.request(RequestId(2)).is_none() && book.request(RequestId(3)).is_some());
        let restarted = Book::new(book.found().clone());
        assert_eq!(restarted.open(), 1);
    }

    #[test]
    fn a_person_stays_as_long_as_one_request_names_them() {
        let mut book = Book::default();
        let most = CLOSED_KEPT_MAX as u64;
        let asked_twice = |seq, request| {
            let mut record = requested(seq, request);
            if let Fact::CallbackRequested { person, .. } = &mut record.entry.fact {
                *person = PersonId(1);
            }
            record.person = record.person.map(|person| Person { id: PersonId(1), ..person });
            record
        };
        book.handed(&asked_twice(1, 1));
        book.handed(&closed(2, 1));
        book.handed(&asked_twice(3, 2));
        for n in 3..=most + 2 {
            book.handed(&requested(2 * n, n));
            book.handed(&closed(2 * n + 1, n));
        }
        book.recorded(Seq(2 * most + 5));
        assert!(book.request(RequestId(1)).is_none());
        let person = |book: &Book| book.found().people.contains_key(&PersonId(1));
        assert!(person(&book), "their second request is open");
        book.handed(&closed(2 * most + 6, 2));
        for n in most + 3..=2 * most + 3 {
            book.handed(&requested(2 * n + 1, n));
            book.handed(&closed(2 * n + 2, n));
        }
        book.recorded(Seq(4 * most + 8));
        assert!(!person(&book), "nothing that is kept names them");
    }

    #[test]
    fn a_list_is_in_the_order_of_places_and_counts_what_it_leaves_out() {
        let mut book = Book::default();
        let most = views::CALLBACKS_LISTED_MAX as u64;
        for n in 1..=most + 5 {
            book.handed(&requested(n, n));
        }
        book.recorded(Seq(most + 5));
        let list = views::callbacks(book.found(), false, false, None);
        assert_eq!((list.callbacks.len() as u64, list.more), (most, 5));
        assert_eq!(list.callbacks[0].request, RequestId(most + 5), "the oldest arrival is first");
        assert_eq!(list.callbacks[0].number.as_deref(), Some("+336******78"));
    }
}
