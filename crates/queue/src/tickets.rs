//! What is to be told to whoever keeps tickets: facts for an outbox. Nothing waits for them.
//!
//! The key of a ticket is the request: all that is told of one request belongs to one ticket.

use ledger::{Fact, RequestEnd};
use model::{CallId, E164, RequestId};

use crate::Duplicates;
use crate::queues::Queues;

/// Above the ticket of a caller whose request was ignored.
const IGNORED: &str = "Callback request ignored: the customer is already in the queue";

impl Queues {
    /// An agent calls the customer of this request back, for the first time.
    pub(crate) fn ticket_of_dial(&mut self, id: RequestId) {
        self.want_ticket(id, "an agent calls the customer back");
    }

    /// A request is about to end.
    pub(crate) fn ticket_of_end(&mut self, id: RequestId, end: RequestEnd) {
        match end {
            RequestEnd::Expired => {
                self.want_ticket(id, "its time ran out: nobody called the customer back");
            }
            RequestEnd::AllAgentsDeclined => {
                self.want_ticket(id, "every agent declined it: nobody called the customer back");
            }
            RequestEnd::Completed
            | RequestEnd::NoAnswer
            | RequestEnd::Busy
            | RequestEnd::Failed
            | RequestEnd::DeclinedByCustomer
            | RequestEnd::Cancelled
            | RequestEnd::DuplicateIgnored
            | RequestEnd::UncertainExpired => {}
        }
    }

    fn want_ticket(&mut self, request: RequestId, text: &str) {
        let Some(subject) = self.ticket_subject(request) else { return };
        let text = text.to_owned();
        self.record(Fact::TicketWanted { request, call: None, subject, text });
    }

    /// What an agent's colleagues are to know of a request that has a ticket.
    pub(crate) fn comment(&mut self, request: RequestId, text: &str) {
        if self.ticket_subject(request).is_some() {
            let text = text.to_owned();
            self.record(Fact::TicketComment { request, internal: true, text });
        }
    }

    /// Somebody asked for a number that waits already.
    pub(crate) fn ticket_of_duplicate(&mut self, call: Option<CallId>, number: E164) {
        let Some(request) = self.numbers.get(&number).copied() else { return };
        let queue = self.requests.get(&request).map(|request| request.queue);
        let settings = queue.and_then(|it| self.settings.queues.get(self.names.queue_name(it)));
        if settings.is_some_and(|queue| queue.duplicates == Duplicates::Ticket) {
            let subject = IGNORED.to_owned();
            let text = "the earlier request keeps its place".to_owned();
            self.record(Fact::TicketWanted { request, call, subject, text });
        }
    }

    fn ticket_subject(&self, id: RequestId) -> Option<String> {
        let queue = self.requests.get(&id)?.queue;
        let settings = self.settings.queues.get(self.names.queue_name(queue))?;
        settings.ticket_subject.as_deref().map(str::to_owned)
    }
}
