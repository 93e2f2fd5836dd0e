//! What happens to the customer's leg of a callback.

use std::sync::Arc;

use ivr::Phrase;
use ledger::{DialOutcome, Said};
use model::{AttemptId, Deadline, Key, Now};
use queue::Command;
use sip::{Cause, Ended};

use super::{OfferRun, Stage};
use crate::Status;
use crate::dial::customer_dial;
use crate::leg::{KeySource, Opening};
use crate::places::Places;
use crate::recordings::{Before, decline_key, notice};
use crate::switchboard::{Owner, Switchboard};

impl OfferRun {
    pub(crate) fn handle_customer_sip(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        event: sip::Event,
    ) {
        let Some(customer) = &mut self.customer else { return };
        if let Some(trunk) = &self.trunk {
            customer.places.note(board, now, trunk, &event);
        }
        match event {
            sip::Event::Accepted { sdp } => {
                let usable = customer.leg.answered(board, sdp.as_deref());
                self.customer_answered(board, now, usable);
            }
            sip::Event::Offered { sdp } => customer.leg.reoffered(board, now, sdp.as_deref()),
            sip::Event::Confirmed { sdp } => {
                customer.leg.answered(board, sdp.as_deref());
            }
            sip::Event::Refreshed { ours, sdp } => customer.leg.refreshed(board, &ours, &sdp),
            sip::Event::Referred(_) => customer.leg.refuse_refer(board, now, 403),
            sip::Event::Ended { how, cause } => self.customer_gone(board, now, how, cause),
            sip::Event::Key(key) => self.customer_pressed(board, now, key, KeySource::Info),
            sip::Event::Passed { .. }
            | sip::Event::Progress { .. }
            | sip::Event::Invited(_)
            | sip::Event::Reoffered { .. } => {}
        }
    }

    pub(crate) fn handle_customer_media(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        event: media::Event,
    ) {
        let dialling = matches!(self.stage, Stage::Dialling);
        let Some(customer) = &mut self.customer else { return };
        match event {
            media::Event::Opened { .. } if dialling && !customer.leg.is_alive() => {
                self.await_turn(board, now);
            }
            media::Event::OpenFailed { .. } => {
                if customer.leg.port_failed(board) == Opening::Failed {
                    self.customer_gone(board, now, Ended::Unreachable, None);
                }
            }
            media::Event::Pressed { .. } => self.customer_reached(board, now),
            media::Event::Judged { answerer, .. } => self.judged(board, now, answerer),
            media::Event::Silent { .. } => customer.leg.fell_silent(board, now),
            media::Event::Lost { .. } => customer.leg.hang_up(board, now),
            media::Event::Key { key, .. } => {
                self.customer_pressed(board, now, key, KeySource::Media);
            }
            media::Event::PlayEnded { play, .. } => {
                if customer.leg.play_ended(play) {
                    self.customer_heard(board, now);
                }
            }
            media::Event::Opened { .. } | media::Event::Closed { .. } => {}
        }
    }

    /// A trunk that takes so many calls a second makes the others wait a moment.
    fn await_turn(&mut self, board: &mut Switchboard, now: Now) {
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

    pub(super) fn customer_answered(&mut self, board: &mut Switchboard, now: Now, usable: bool) {
        if !matches!(self.stage, Stage::Dialling) {
            return;
        }
        let Some(customer) = &mut self.customer else { return };
        if !usable {
            customer.leg.hang_up(board, now);
        } else if !customer.leg.presses(board) {
            self.customer_reached(board, now);
        }
    }

    /// The customer has answered, and what leads there is pressed.
    pub(super) fn customer_reached(&mut self, board: &mut Switchboard, now: Now) {
        let dialled = self.customer.as_mut().filter(|_| matches!(self.stage, Stage::Dialling));
        let Some(customer) = dialled else { return };
        if customer.is_to_be_judged(board, now, self.offer) {
            return;
        }
        if self.wants_proof(board) {
            return self.ask_customer(board, now);
        }
        self.customer_is_there(board, now);
    }

    /// A person is there, as far as the line asks for it.
    pub(super) fn customer_is_there(&mut self, board: &mut Switchboard, now: Now) {
        let Some(request) = self.customer.as_ref().map(|it| it.attempt.request) else { return };
        match board.before_talk(now, self.call, Some(request)) {
            Before::Join => self.talk(board, now),
            Before::Tell => {
                self.stage = Stage::Telling;
                let told = notice(&board.settings);
                self.tell(board, now, &told);
            }
        }
    }

    /// Says something to the customer before the conversation; what cannot be said is left out.
    fn tell(&mut self, board: &mut Switchboard, now: Now, phrases: &[Phrase]) {
        let Some(customer) = &mut self.customer else { return };
        if !customer.leg.play(board, &self.language, phrases, false) {
            self.talk(board, now);
        }
    }

    fn customer_pressed(&mut self, board: &mut Switchboard, now: Now, key: Key, source: KeySource) {
        let Some(customer) = &mut self.customer else { return };
        if !customer.leg.takes_key(source) {
            return;
        }
        if matches!(self.stage, Stage::Proving(_)) {
            return self.proof_key(board, now, key);
        }
        let counts = matches!(self.stage, Stage::Telling);
        if counts && decline_key(&board.settings) == Some(key) {
            let request = customer.attempt.request;
            board.show(Status::Pressed { leg: customer.leg.name(), key });
            board.decline_recording(now, self.call, Some(request));
            self.tell(board, now, &[Phrase::RecordingDeclined]);
        }
    }

    /// The customer and the agent hear each other.
    pub(super) fn talk(&mut self, board: &mut Switchboard, now: Now) {
        let Some(customer) = &mut self.customer else { return };
        let ports = self.agent_leg.port().zip(customer.leg.port());
        let Some((agent, port)) = ports else { return customer.leg.hang_up(board, now) };
        self.agent_leg.is_joined();
        board.bridge(self.call, agent, port);
        board.record_talk(now, self.call, agent, port);
        self.stage = Stage::Talking;
        self.whisper_to_agent(board);
        self.whisper_to_customer(board);
        board.queues.handle(now, Command::Bridged { offer: self.offer });
    }

    pub(super) fn customer_gone(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        how: Ended,
        cause: Option<Cause>,
    ) {
        let Some(customer) = &mut self.customer else { return };
        let attempt = customer.attempt;
        customer.leg.ended(board);
        match self.stage {
            Stage::GivingUp => {
                self.dial_ended(board, now, attempt, DialOutcome::AgentLeft, None);
                self.close(board, now);
            }
            Stage::Proving(_) => {
                board.timers.set(Owner::Customer(self.offer), None);
                self.not_reached(board, now, attempt, DialOutcome::Unproved, None);
            }
            Stage::Dismissing(outcome) => self.not_reached(board, now, attempt, outcome, None),
            Stage::Dialling => {
                let outcome = customer.answerer.outcome();
                let outcome = outcome.unwrap_or_else(|| outcome_of(how, cause));
                self.not_reached(board, now, attempt, outcome, said_by(how, cause));
            }
            // The customer heard that the conversation is recorded, and hung up.
            Stage::Telling => self.not_reached(board, now, attempt, DialOutcome::Declined, None),
            Stage::Talking => self.talk_ended(board, now),
            Stage::Closing { .. } => self.maybe_released(board, now),
            Stage::Ringing
            | Stage::Joining
            | Stage::Announcing(_)
            | Stage::Writing
            | Stage::Sorry => {}
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
        if !self.agent_leg.play(board, &self.language, &[Phrase::AgentNotReached], false) {
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
fn outcome_of(how: Ended, cause: Option<Cause>) -> DialOutcome {
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
fn said_by(how: Ended, cause: Option<Cause>) -> Option<Said> {
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
