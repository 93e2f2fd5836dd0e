//! Figures over requests: how many wait, how many there were, and how long customers waited.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{QueueName, Wall};
use serde::Serialize;

use crate::{RequestEnd, RequestRecord, RequestState};

/// The figures of one queue, or of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Figures {
    /// Requests ever made.
    pub requested: u64,
    /// Those that wait in the queue now: for an agent, for the time of a retry, or to be settled.
    pub waiting: u64,
    /// Those with a time of their own that has not come.
    pub scheduled: u64,
    /// Those whose customer is being dialled, or talks.
    pub under_way: u64,
    /// Those that are open, and that a report counts as ended: nothing happened to them for long.
    pub lapsed: u64,
    /// Those that ended with a conversation.
    pub completed: u64,
    /// Those whose time ran out.
    pub expired: u64,
    /// Those that ended otherwise.
    pub ended_otherwise: u64,
    /// Customers who were reached: talking now, or done.
    pub reached: u64,
    /// How long those waited all together, from the arrival (for an appointment, from its time) to
    /// the dial that reached them.
    #[serde(skip)]
    pub waited: Duration,
}

impl Figures {
    /// The figures of each queue that has had a request, at this moment. `closes_after` says after
    /// how long an open request lapses.
    pub fn by_queue<'a>(
        records: impl IntoIterator<Item = &'a RequestRecord>,
        now: Wall,
        closes_after: impl Fn(&QueueName) -> Option<Duration>,
    ) -> BTreeMap<QueueName, Figures> {
        let mut queues: BTreeMap<QueueName, Figures> = BTreeMap::new();
        for record in records {
            let figures = queues.entry(record.queue.clone()).or_default();
            if record.is_lapsed(now, closes_after(&record.queue)) {
                figures.requested += 1;
                figures.lapsed += 1;
            } else {
                figures.count(record);
            }
        }
        queues
    }

    /// These and those.
    #[must_use]
    pub fn and(self, other: &Figures) -> Figures {
        Figures {
            requested: self.requested + other.requested,
            waiting: self.waiting + other.waiting,
            scheduled: self.scheduled + other.scheduled,
            under_way: self.under_way + other.under_way,
            lapsed: self.lapsed + other.lapsed,
            completed: self.completed + other.completed,
            expired: self.expired + other.expired,
            ended_otherwise: self.ended_otherwise + other.ended_otherwise,
            reached: self.reached + other.reached,
            waited: self.waited + other.waited,
        }
    }

    /// How long a customer who was reached waited on average; none without one.
    pub fn mean_wait(&self) -> Option<Duration> {
        let reached = u32::try_from(self.reached).ok().filter(|reached| *reached > 0)?;
        Some(self.waited / reached)
    }

    fn count(&mut self, record: &RequestRecord) {
        self.requested += 1;
        let reached = match &record.state {
            RequestState::Waiting { .. } | RequestState::Uncertain { .. } => {
                self.waiting += 1;
                false
            }
            RequestState::Scheduled { .. } => {
                self.scheduled += 1;
                false
            }
            RequestState::Dialling { .. } => {
                self.under_way += 1;
                false
            }
            RequestState::Talking { .. } => {
                self.under_way += 1;
                true
            }
            RequestState::Closed { end, .. } => self.closed(*end),
        };
        if let Some(dial) = record.attempts.last().filter(|_| reached) {
            self.reached += 1;
            self.waited += dial.at.since(record.arrived);
        }
    }

    fn closed(&mut self, end: RequestEnd) -> bool {
        match end {
            RequestEnd::Completed => self.completed += 1,
            RequestEnd::Expired | RequestEnd::UncertainExpired => self.expired += 1,
            RequestEnd::NoAnswer
            | RequestEnd::Busy
            | RequestEnd::Failed
            | RequestEnd::DeclinedByCustomer
            | RequestEnd::Cancelled
            | RequestEnd::AllAgentsDeclined
            | RequestEnd::DuplicateIgnored => self.ended_otherwise += 1,
        }
        end == RequestEnd::Completed
    }
}
