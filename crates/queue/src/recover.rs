//! What a restart concludes from the facts: the crash table of ADR 0002, row by row.
//!
//! Recovered requests stand in the order of their arrivals, before everybody who arrives later.
//! Nothing is dialled here, and nothing is offered that may have reached its customer.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{
    Attempt, DialOutcome, Fact, Person, Recovered, RequestEnd, RequestRecord, RequestState,
};
use model::{AttemptId, PersonId, RequestId};

use crate::Event;
use crate::dial::{end_of, uses_nothing_up};
use crate::places::{Entry, Rank};
use crate::promise::ASKED_AGAIN;
use crate::queues::Queues;
use crate::reason::Reason;
use crate::requests::{Request, Stage};

impl Queues {
    pub(crate) fn recover(&mut self, recovered: &Recovered, people: &BTreeMap<PersonId, Person>) {
        let mut open: Vec<&RequestRecord> = recovered.open.iter().map(AsRef::as_ref).collect();
        open.sort_by_key(|record| (record.arrived, record.request));
        let scheduled =
            |record: &&RequestRecord| matches!(record.state, RequestState::Scheduled { .. });
        let (later, placed): (Vec<_>, Vec<_>) = open.into_iter().partition(scheduled);
        // The engine stopped between the promise of a new request and the end of the one that it
        // stands for.
        let replaced: BTreeSet<RequestId> =
            recovered.open.iter().filter_map(|record| record.terms.as_ref()?.replaces).collect();
        // Who came due while the engine was down stands behind all who had a place.
        for record in placed.into_iter().chain(later) {
            if replaced.contains(&record.request) {
                self.close_recovered(record, RequestEnd::Cancelled, ASKED_AGAIN);
            } else {
                self.recover_one(record, people);
            }
        }
        for record in recovered.open.iter().chain(&recovered.keyed) {
            let key = record.key().zip(people.get(&record.person));
            if let Some((key, person)) = key {
                self.keys.remember(self.now.mono, key, record.request, person.number);
            }
        }
    }

    fn recover_one(&mut self, record: &RequestRecord, people: &BTreeMap<PersonId, Person>) {
        let Some(person) = people.get(&record.person) else {
            let why = "the person was erased";
            return self.close_recovered(record, RequestEnd::Cancelled, why);
        };
        match &record.state {
            RequestState::Talking { .. } => {
                let why = "connected; the engine stopped during the conversation";
                self.close_recovered(record, RequestEnd::Completed, why);
            }
            RequestState::Closed { .. } => {}
            RequestState::Dialling { attempt } => {
                self.record(Fact::FoundUncertain { attempt: *attempt });
                self.put_back(record, person, Stage::Uncertain, Reason::DialInDoubt);
            }
            RequestState::Uncertain { .. } => {
                self.put_back(record, person, Stage::Uncertain, Reason::DialInDoubt);
            }
            RequestState::Waiting { due: Some(due) } => {
                let at = self.mono_of(*due);
                let stage = if at > self.now.mono { Stage::Due(at) } else { Stage::Waiting };
                self.put_back(record, person, stage, Reason::Recovered);
            }
            RequestState::Scheduled { due } => {
                let stage = Stage::Scheduled(self.mono_of(*due));
                self.put_back(record, person, stage, Reason::Recovered);
                let terms = record.terms.as_ref().filter(|terms| terms.due == Some(*due));
                if let (Some(terms), Some(request)) = (terms, self.requests.get(&record.request)) {
                    self.take_time(request.queue, terms, record.request);
                }
                if *due <= self.now.wall && self.requests.contains_key(&record.request) {
                    self.come_due(record.request);
                }
            }
            RequestState::Waiting { due: None } => match lost_close(record) {
                Some((attempt, outcome)) => {
                    let (end, what) = end_of(outcome);
                    let number = attempt.number;
                    let why = format!("{what} at attempt {number}; closed at a restart");
                    self.close_recovered(record, end, &why);
                }
                None => self.put_back(record, person, Stage::Waiting, Reason::Recovered),
            },
        }
    }

    fn put_back(&mut self, record: &RequestRecord, person: &Person, stage: Stage, why: Reason) {
        if let Some(other) = self.numbers.get(&person.number).copied() {
            // The engine stopped between a new request's promise and the end of the uncertain one
            // that it replaces.
            if self.requests[&other].stage == Stage::Uncertain {
                self.close(other, RequestEnd::Cancelled, ASKED_AGAIN);
            } else {
                let why = "another request for this number waits";
                return self.close_recovered(record, RequestEnd::DuplicateIgnored, why);
            }
        }
        let line = self.names.line(&record.line);
        let queue = self.names.queue(&record.queue);
        let id = record.request;
        let rank = match stage {
            Stage::Scheduled(_) => Rank::NONE,
            _ => {
                self.last_arrived = self.last_arrived.max(Some(record.arrived));
                self.places.join(queue, Entry::Request(id), record.priority())
            }
        };
        let served = self.is_served(&record.line, &record.queue);
        let (stage, reason) = match stage {
            Stage::Uncertain | Stage::Scheduled(_) => (stage, why),
            _ if !served => (Stage::Stranded, Reason::LineGone),
            Stage::Waiting
            | Stage::Due(_)
            | Stage::Offered
            | Stage::Recording(_)
            | Stage::Dialling(_)
            | Stage::Talking(_)
            | Stage::TakenOver(_)
            | Stage::Stranded => (stage, why),
        };
        let request = Request {
            number: person.number,
            contact: person.contact.clone().map(String::into_boxed_str),
            person: record.person,
            arrived: record.arrived,
            requested: record.requested,
            expires: record.expires,
            expires_at: self.mono_of(record.expires),
            rank,
            queue,
            line,
            language: self.names.language(&record.language),
            attempts: record.attempts.last().map_or(0, |dial| dial.attempt.number),
            spent: spent(record),
            reason,
            asked_again: false,
            forbidden: record.forbidden && self.has_fallback(line),
            stage,
            more: record.terms.clone().and_then(|terms| self.more(*terms, None)),
        };
        self.recover_agent(person.number, record.attempts.last().map(|dial| &dial.agent));
        self.insert_request(id, request);
    }

    fn close_recovered(&mut self, record: &RequestRecord, end: RequestEnd, why: &str) {
        let request = record.request;
        self.record(Fact::RequestClosed { request, end, why: why.to_owned() });
        self.say(Event::Closed { request, end });
    }
}

/// The dials that count against the customer's attempts.
fn spent(record: &RequestRecord) -> u16 {
    let counts = |dial: &&Attempt| !dial.outcome.is_some_and(uses_nothing_up);
    let dials = u16::try_from(record.attempts.iter().filter(counts).count()).unwrap_or(u16::MAX);
    dials.saturating_add(record.missed)
}

/// The last dial, when it ended without a retry: the request was over, and only its terminal fact
/// is missing.
fn lost_close(record: &RequestRecord) -> Option<(AttemptId, DialOutcome)> {
    let last = record.attempts.last()?;
    Some((last.attempt, last.outcome?))
}
