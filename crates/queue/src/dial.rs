//! The dial of a customer: written first, then made, and ended exactly once.
//!
//! A dial that could not be written did not happen: its number is used again by the next one. An
//! attempt that ended is followed by another only when one is left and due before the request
//! expires; else the request ends with that outcome. When the network forbids a dial (403), which
//! it does to numbers that may not be shown, and the line has another number, that one is shown
//! from then on, and the next attempt is made at once.

use std::time::Duration;

use ledger::{DialOutcome, Fact, OfferEnd, RequestEnd, Said};
use model::{AttemptId, OfferId, RequestId};

use crate::names::Line;
use crate::offers::{FAILED_PAUSE_MIN, OfferStage};
use crate::queues::Queues;
use crate::reason::Reason;
use crate::requests::Stage;
use crate::retries::Again;
use crate::{Event, Order};

/// Characters of a Call-ID, five random bits each: 160 bits, more than RFC 3261 §8.1.1.4 asks of
/// "globally unique" and nobody guesses it.
const CALL_ID_CHARS: usize = 32;

impl Queues {
    /// An agent took a callback: its dial is written. When the time came, while the agent was rung,
    /// from which the customer is not called, the agent is let go.
    pub(crate) fn begin_dial(&mut self, id: OfferId, request: RequestId) {
        if let Some((until, why)) = self.not_now(request) {
            self.give_back(id, why);
            self.keep_waiting(request, until, why);
            return self.withdraw(id);
        }
        // Settings, or lists, may have changed while the agent was asked.
        if let Some(unfit) = self.unfit_now(request) {
            self.give_back(id, Reason::Accepted);
            self.close(request, RequestEnd::Failed, &format!("not dialled: {unfit}"));
            return self.withdraw(id);
        }
        self.count_dial(request);
        let waiting = &self.requests[&request];
        let attempt = AttemptId { request, number: waiting.attempts.saturating_add(1) };
        let line = self.settings.lines.get(self.names.line_name(waiting.line));
        let trunk = line.expect("only requests of configured lines are offered").trunk.clone();
        let offer = self.offers.get_mut(&id).expect("this offer was just accepted");
        offer.stage = OfferStage::Recording { attempt, gave_up: None };
        let agent = offer.name(&self.agents);
        let reason = if offer.held { Reason::AgentHeld } else { Reason::Accepted };
        self.set_stage(request, Stage::Recording(id), reason);
        let sip_call_id = self.call_ids.token(CALL_ID_CHARS);
        let fact = Fact::DialStarted { attempt, agent, trunk, sip_call_id: sip_call_id.clone() };
        let order = Order::Dial { offer: id, attempt, sip_call_id };
        self.say(Event::RecordThen { fact, person: None, order });
    }

    pub(crate) fn dial_written(&mut self, id: OfferId) {
        let Some(offer) = self.offers.get_mut(&id) else { return };
        let OfferStage::Recording { attempt, gave_up } = offer.stage else { return };
        offer.stage = OfferStage::Dialling { attempt };
        let agent = offer.agent;
        self.dial_counted(attempt.request);
        if let Some(request) = self.requests.get_mut(&attempt.request) {
            request.attempts = attempt.number;
            request.spent = request.spent.saturating_add(1);
        }
        self.note_agent(attempt.request, agent);
        self.set_stage(attempt.request, Stage::Dialling(id), Reason::DialWritten);
        if attempt.number == 1 {
            self.ticket_of_dial(attempt.request);
        }
        match gave_up {
            Some(outcome) => self.dial_ended(attempt, outcome, None),
            None => self.look_for_caller(attempt.request),
        }
    }

    pub(crate) fn dial_not_written(&mut self, id: OfferId) {
        let Some(offer) = self.offers.get(&id) else { return };
        let OfferStage::Recording { attempt, .. } = offer.stage else { return };
        // Held for the customer, the agent was not rung: without a rest nothing would pace this.
        if offer.held {
            self.pause(id, FAILED_PAUSE_MIN);
        }
        self.uncount_dial(attempt.request);
        self.give_back(id, Reason::DialNotWritten);
        self.withdraw(id);
    }

    pub(crate) fn dial_ended(
        &mut self,
        attempt: AttemptId,
        outcome: DialOutcome,
        said: Option<Said>,
    ) {
        let stage = self.requests.get(&attempt.request).map(|request| request.stage);
        let Some(Stage::Recording(id) | Stage::Dialling(id)) = stage else { return };
        let Some(offer) = self.offers.get_mut(&id) else { return };
        match &mut offer.stage {
            OfferStage::Recording { attempt: present, gave_up } if *present == attempt => {
                gave_up.get_or_insert(outcome);
                return;
            }
            OfferStage::Dialling { attempt: present } if *present == attempt => {}
            OfferStage::Recording { .. }
            | OfferStage::Dialling { .. }
            | OfferStage::Ringing
            | OfferStage::Connecting
            | OfferStage::Talking { .. }
            | OfferStage::Over { .. } => return,
        }
        offer.stage = OfferStage::Over { talked: None };
        let held = std::mem::take(&mut offer.held);
        if offer.released {
            self.offers.remove(&id);
        }
        if held {
            self.record(Fact::OfferEnded { offer: id, end: OfferEnd::Withdrawn });
        }
        self.after_attempt(attempt, outcome, said);
    }

    /// A conversation that lasted so long is over. One that was too short to be a success is an
    /// attempt that failed, with a delay of its own; the place was given up when it began.
    pub(crate) fn talked(&mut self, attempt: AttemptId, talked: Duration) {
        let enough = match self.settings_of(attempt.request) {
            Some(settings) => talked >= settings.min_talk,
            None => true,
        };
        let Some(request) = self.requests.get(&attempt.request).filter(|_| !enough) else {
            return self.complete(attempt.request);
        };
        // The customer may have called again while talking: that request stands.
        let number = &request.number;
        if self.numbers.contains_key(number) || self.asking.contains_key(number) {
            return self.complete(attempt.request);
        }
        self.numbers.insert(request.number, attempt.request);
        self.after_attempt(attempt, DialOutcome::TooShort, None);
    }

    /// Another attempt, or the end. An agent who leaves while the customer's phone rings uses up
    /// nothing: the customer has refused nothing yet, and is called again.
    fn after_attempt(&mut self, attempt: AttemptId, outcome: DialOutcome, said: Option<Said>) {
        let (_, what) = end_of(outcome);
        self.comment(attempt.request, &format!("an agent tried to call the customer back: {what}"));
        let Some(request) = self.requests.get_mut(&attempt.request) else { return };
        if uses_nothing_up(outcome) {
            request.spent = request.spent.saturating_sub(1);
        }
        let (spent, line) = (request.spent, request.line);
        let forbidden = said.is_some_and(|said| said.status == 403) && !request.forbidden;
        let other_number = forbidden && self.has_fallback(line);
        let Some(request) = self.requests.get_mut(&attempt.request) else { return };
        request.forbidden |= other_number;
        let settings = self.settings.queues.get(self.names.queue_name(request.queue));
        let settings = settings.expect("only requests of configured queues are dialled");
        let again = match settings.again(outcome) {
            _ if other_number => Again::After(Duration::ZERO),
            again => again,
        };
        let (more, delay) = match again {
            Again::Never => (false, Duration::ZERO),
            Again::After(delay) => (true, delay),
        };
        let due = self.now.mono + delay;
        let total = settings.attempts_total;
        let wanted = more
            && match outcome {
                DialOutcome::Declined => false,
                DialOutcome::AgentLeft | DialOutcome::Later | DialOutcome::CalledIn => true,
                DialOutcome::Busy
                | DialOutcome::NoAnswer
                | DialOutcome::Machine
                | DialOutcome::MessageLeft
                | DialOutcome::Failed
                | DialOutcome::Unproved
                | DialOutcome::TooShort => spent < total,
            };
        if wanted && due < request.expires_at {
            let retry_at = Some(self.now.wall + delay);
            self.record(Fact::DialEnded { attempt, outcome, said, retry_at });
            let reason = Reason::AttemptEnded(outcome);
            let stage = match outcome {
                DialOutcome::TooShort => Stage::Scheduled(due),
                _ => Stage::Due(due),
            };
            return self.set_stage(attempt.request, stage, reason);
        }
        self.record(Fact::DialEnded { attempt, outcome, said, retry_at: None });
        let (end, what) = end_of(outcome);
        let what = said.map_or(what.to_owned(), |said| format!("{what} ({said})"));
        let why = if outcome == DialOutcome::Declined {
            what
        } else if wanted {
            format!("{what}; no time is left for the next attempt")
        } else if !more {
            format!("{what} at attempt {spent} of {total}; no other follows")
        } else if spent <= total {
            format!("{what} at attempt {spent} of {total}")
        } else {
            // One more than planned: the one in doubt was settled as not reached.
            format!("{what} at attempt {spent}")
        };
        self.close(attempt.request, end, &why);
    }

    /// Whether a line has another number to show.
    pub(crate) fn has_fallback(&self, line: Line) -> bool {
        let settings = self.settings.lines.get(self.names.line_name(line));
        settings.is_some_and(|line| line.has_fallback)
    }

    /// Customer and agent have talked.
    pub(crate) fn complete(&mut self, request: RequestId) {
        self.close(request, RequestEnd::Completed, "customer and agent talked");
    }
}

/// A dial that does not count against the customer's attempts: its agent left, or the customer
/// asked for another.
pub(crate) fn uses_nothing_up(outcome: DialOutcome) -> bool {
    match outcome {
        DialOutcome::AgentLeft | DialOutcome::Later | DialOutcome::CalledIn => true,
        DialOutcome::Busy
        | DialOutcome::NoAnswer
        | DialOutcome::Declined
        | DialOutcome::Failed
        | DialOutcome::Machine
        | DialOutcome::MessageLeft
        | DialOutcome::Unproved
        | DialOutcome::TooShort => false,
    }
}

/// How a request ends whose last attempt ended so, and the sentence for it.
pub(crate) fn end_of(outcome: DialOutcome) -> (RequestEnd, &'static str) {
    match outcome {
        DialOutcome::Busy => (RequestEnd::Busy, "the customer was busy"),
        DialOutcome::NoAnswer => (RequestEnd::NoAnswer, "the customer did not answer"),
        DialOutcome::Machine => (RequestEnd::NoAnswer, "an answering machine took the call"),
        DialOutcome::MessageLeft => {
            (RequestEnd::NoAnswer, "an answering machine was left a message")
        }
        DialOutcome::Declined => (RequestEnd::DeclinedByCustomer, "the customer refused the call"),
        DialOutcome::Failed => (RequestEnd::Failed, "the call could not be completed"),
        DialOutcome::Unproved => (RequestEnd::NoAnswer, "the phone answered, and nobody pressed 1"),
        DialOutcome::TooShort => {
            (RequestEnd::Failed, "customer and agent talked for too short a time")
        }
        DialOutcome::Later => (RequestEnd::Expired, "the customer asked to be called later"),
        DialOutcome::CalledIn => (RequestEnd::Expired, "the customer called in meanwhile"),
        DialOutcome::AgentLeft => {
            (RequestEnd::Failed, "the agent hung up before the customer answered")
        }
    }
}
