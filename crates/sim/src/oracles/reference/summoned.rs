//! Customers who are dialled first: from the dial on they are nobody's to be offered but to those
//! who are rung for them, one after the other.

use std::time::Duration;

use ledger::OfferEnd;
use model::{Now, QueueName, RequestId};
use queue::{Party, QueueSettings};

use super::{Entry, FAILED_PAUSE_MIN, Reference, State, Who};

fn customer_first(queues: &[(QueueName, QueueSettings)], entry: &Entry) -> bool {
    let own = queues.iter().find(|(name, _)| *name == entry.queue);
    own.is_some_and(|(_, queue)| queue.dials.first == Party::Customer)
}

/// From the promise to the first dial.
const LINE_FREE: Duration = Duration::from_secs(10);

/// How a promised request waits: one whose customer is dialled first lets the customer hang up.
pub(super) fn first_state(now: Now, queues: &[(QueueName, QueueSettings)], entry: &Entry) -> State {
    if customer_first(queues, entry) { State::Due(now.mono + LINE_FREE) } else { State::Waiting }
}

/// A dial is handed over to the journal: before any agent has taken the customer, where the
/// customer is dialled first.
pub(super) fn dialled(
    entries: &mut [Entry],
    queues: &[(QueueName, QueueSettings)],
    request: RequestId,
) {
    for entry in entries.iter_mut().filter(|e| e.who == Who::Request(request)) {
        if customer_first(queues, entry) {
            entry.state = State::Taken;
            entry.summoned = true;
            entry.offer = entry.ringing.pop();
            entry.ringing.clear();
            entry.left.clear();
        }
    }
}

impl Reference {
    /// The customer is dialled, or waits for an agent to be rung.
    pub(super) fn is_summoned(&self, who: Who) -> bool {
        let summoned = |e: &Entry| e.who == who && e.state == State::Taken && e.summoned;
        matches!(who, Who::Request(_)) && self.entries.iter().any(summoned)
    }

    /// The agent who was held for the customer has answered, or is not rung any more.
    pub(super) fn summons_ended(&mut self, now: Now, at: usize, who: Who, end: OfferEnd) {
        let least = match end {
            OfferEnd::Accepted | OfferEnd::Withdrawn => return,
            OfferEnd::Declined | OfferEnd::NoAnswer => Duration::ZERO,
            OfferEnd::Failed => FAILED_PAUSE_MIN,
        };
        self.agents[at].work = None;
        self.rest(now, at, who, least.max(FAILED_PAUSE_MIN));
    }
}
