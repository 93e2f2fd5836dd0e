//! The dial of a callback's customer: from its durable fact to the answer, or to its outcome.

use std::sync::Arc;

use ivr::Phrase;
use ledger::{DialOutcome, Said};
use model::{AttemptId, Deadline, Now};
use queue::Command;
use sip::{Cause, Ended};

use super::{Customer, OfferRun, Stage, answerer};
use crate::dial::customer_dial;
use crate::leg::LegCore;
use crate::places::Places;
use crate::switchboard::{Owner, Switchboard};
use crate::{Leg, LegRole, Status};

impl OfferRun {
    /// The dial is durable: send the customer's INVITE, unless the agent has gone meanwhile.
    pub(crate) fn dial(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        attempt: AttemptId,
        sip_call_id: String,
    ) {
        if !matches!(self.stage, Stage::Writing) {
            let outcome = DialOutcome::AgentLeft;
            board.queues.handle(now, Command::DialEnded { attempt, outcome, said: None });
            self.written(board, now);
            return;
        }
        let owner = Owner::Customer(self.offer);
        let name = Leg { call: self.call, role: LegRole::Customer };
        self.stage = Stage::Dialling;
        match LegCore::open(board, now, owner, name) {
            Some(leg) => {
                self.customer = Some(Customer {
                    attempt,
                    sip_call_id,
                    leg,
                    places: Places::default(),
                    answerer: answerer::Judged::default(),
                })
            }
            None => self.not_reached(board, now, attempt, DialOutcome::Failed, None),
        }
    }

    /// The dial could not be written, and will not be made.
    pub(crate) fn not_written(&mut self, board: &mut Switchboard, now: Now) {
        if matches!(self.stage, Stage::Writing) {
            self.stage = Stage::Closing { writing: true };
        }
        self.written(board, now);
    }

    fn written(&mut self, board: &mut Switchboard, now: Now) {
        if let Stage::Closing { writing } = &mut self.stage {
            *writing = false;
            self.close(board, now);
        }
    }

    /// A trunk that takes so many calls a second makes the others wait a moment.
    pub(super) fn await_turn(&mut self, board: &mut Switchboard, now: Now) {
        let turn = match &self.trunk {
            Some(trunk) => board.channels.turn(now.mono, trunk),
            None => now.mono,
        };
        if turn <= now.mono {
            return self.call_customer(board, now);
        }
        let deadline = Deadline::new(turn, "the trunk takes one more call");
        board.timers.set(Owner::Customer(self.offer), Some(deadline));
    }

    pub(super) fn call_customer(&mut self, board: &mut Switchboard, now: Now) {
        let Some(customer) = self.customer.as_mut().filter(|c| !c.leg.is_alive()) else { return };
        let settings = Arc::clone(&board.settings);
        let ways = match &self.trunk {
            Some(trunk) => board.ways.ways(trunk),
            None => Vec::new(),
        };
        match customer_dial(&settings, &self.work, &customer.sip_call_id, &ways) {
            Some(dial) => {
                if ways.first().is_some_and(|way| way.hop == dial.next_hop) {
                    customer.places = Places::of(&ways);
                }
                board.show(Status::Dialling { attempt: customer.attempt });
                customer.leg.invite(board, now, dial);
            }
            None => self.customer_gone(board, now, Ended::Unreachable, None),
        }
    }

    pub(super) fn dial_ended(
        &self,
        board: &mut Switchboard,
        now: Now,
        attempt: AttemptId,
        outcome: DialOutcome,
        said: Option<Said>,
    ) {
        board.queues.handle(now, Command::DialEnded { attempt, outcome, said });
    }

    pub(super) fn not_reached(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        attempt: AttemptId,
        outcome: DialOutcome,
        said: Option<Said>,
    ) {
        self.dial_ended(board, now, attempt, outcome, said);
        self.stage = Stage::Sorry;
        let hears = self.agent_leg.is_alive();
        if !hears || !self.agent_leg.play(board, &self.language, &[Phrase::AgentNotReached], false)
        {
            self.close(board, now);
        }
    }

    /// The agent is gone, or must go, while the customer's phone rings: stop ringing it. The
    /// outcome is told when the stack says that the leg is gone.
    pub(super) fn give_up(&mut self, board: &mut Switchboard, now: Now) {
        self.stage = Stage::GivingUp;
        self.agent_leg.hang_up(board, now);
        let Some(customer) = &mut self.customer else { return };
        let attempt = customer.attempt;
        board.end_recording(now, self.call);
        if customer.leg.is_alive() {
            customer.leg.hang_up(board, now);
        } else {
            // The port is not open yet, or the trunk's turn not come: no INVITE has left.
            customer.leg.ended(board);
            self.dial_ended(board, now, attempt, DialOutcome::AgentLeft, None);
            self.close(board, now);
        }
    }
}

/// What the far end's refusal of a customer dial means for the request. Where its status leaves
/// open why, the cause of the telephone network behind it decides (RFC 6432; RFC 3398 §7.2.4.1 has
/// which status belongs to which cause).
pub(super) fn outcome_of(how: Ended, cause: Option<Cause>) -> DialOutcome {
    match (how, cause) {
        (Ended::Refused { status: 486 | 600 }, _) => DialOutcome::Busy,
        (Ended::Refused { status: 603 }, _) => DialOutcome::Declined,
        (Ended::Refused { .. }, Some(Cause::Q850(17) | Cause::Sip(486 | 600))) => DialOutcome::Busy,
        (Ended::Refused { status: 408 | 480 | 487 }, _) | (Ended::NoAnswer, _) => {
            DialOutcome::NoAnswer
        }
        (Ended::Refused { .. }, Some(Cause::Q850(18..=20))) => DialOutcome::NoAnswer,
        (
            Ended::Refused { .. }
            | Ended::Unreachable
            | Ended::Expired
            | Ended::ByPeer
            | Ended::ByUs
            | Ended::Cancelled,
            _,
        ) => DialOutcome::Failed,
    }
}

/// How the far end refused, for the record.
pub(super) fn said_by(how: Ended, cause: Option<Cause>) -> Option<Said> {
    let cause = match cause {
        Some(Cause::Q850(cause)) => Some(cause),
        Some(Cause::Sip(_)) | None => None,
    };
    match how {
        Ended::Refused { status } => Some(Said { status, cause }),
        Ended::NoAnswer
        | Ended::Unreachable
        | Ended::Expired
        | Ended::ByPeer
        | Ended::ByUs
        | Ended::Cancelled => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_of_the_network_behind_decides_where_the_status_leaves_it_open() {
        let refused = |status, cause| outcome_of(Ended::Refused { status }, cause);
        let network = |cause| Some(Cause::Q850(cause));
        for (status, cause, wanted) in [
            (486, None, DialOutcome::Busy),
            (486, network(34), DialOutcome::Busy),
            (480, None, DialOutcome::NoAnswer),
            (480, network(17), DialOutcome::Busy),
            (500, network(17), DialOutcome::Busy),
            (480, network(34), DialOutcome::NoAnswer),
            (500, network(19), DialOutcome::NoAnswer),
            (503, network(34), DialOutcome::Failed),
            (404, network(1), DialOutcome::Failed),
            (603, network(17), DialOutcome::Declined),
            (500, Some(Cause::Sip(486)), DialOutcome::Busy),
            (500, Some(Cause::Sip(200)), DialOutcome::Failed),
        ] {
            assert_eq!(refused(status, cause), wanted, "{status} {cause:?}");
        }
        assert_eq!(outcome_of(Ended::ByPeer, network(17)), DialOutcome::Failed);
    }
}
