//! What happens to the customer's leg of a callback.

use ivr::Phrase;
use ledger::DialOutcome;
use model::{Key, Now};
use sip::{Cause, Ended};

use super::dialling::{outcome_of, said_by};
use super::{OfferRun, Stage};
use crate::Status;
use crate::leg::{KeySource, Opening};
use crate::recordings::decline_key;
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
            sip::Event::Key(key) => {
                customer.leg.carry_key(board, key);
                self.customer_pressed(board, now, key, KeySource::Info);
            }
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
                if customer.leg.port_failed(board, now) == Opening::Failed {
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
            media::Event::Quiet { .. } => self.machine_listens(board, now),
            media::Event::Opened { .. } | media::Event::Closed { .. } => {}
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
            if !self.tell(board, &[Phrase::RecordingDeclined]) {
                self.connect(board, now);
            }
        }
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
            // Whoever answered did not wait for the agent.
            Stage::Summoning(_) => {
                self.dial_ended(board, now, attempt, DialOutcome::Failed, None);
                self.close(board, now);
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
            | Stage::Identifying(_)
            | Stage::Joining
            | Stage::Announcing(_)
            | Stage::Writing
            | Stage::Sorry => {}
        }
    }
}
