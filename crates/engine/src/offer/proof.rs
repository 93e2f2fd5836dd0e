//! Whether a person answered: the customer is asked to press 1, and an agent hears only who did.
//!
//! ```text
//! customer's 200 ─▶ Proving ─ 1 ─▶ bridged
//!                      ├─ 2, 3, or no key ─▶ Dismissing: BYE, and the outcome when it is answered
//!                      └─ the customer hangs up ─▶ the outcome at once
//! ```

use ivr::{CustomerOutput, CustomerScript};
use ledger::DialOutcome;
use model::{Key, Now};

use super::path::Step;
use super::{OfferRun, Stage};
use crate::Status;
use crate::switchboard::{Owner, Switchboard};

/// How often the question is asked: an agent waits meanwhile.
const ASKS: u8 = 2;

impl OfferRun {
    /// Asks whoever answered to press 1, where the line wants that.
    pub(super) fn begins_to_prove(&mut self, board: &mut Switchboard, now: Now) -> bool {
        if !self.wants_proof(board) {
            return false;
        }
        let script = CustomerScript::new(board.settings.ivr.choice_time, ASKS);
        self.stage = Stage::Proving(Box::new(script));
        self.follow_customer(board, now);
        true
    }

    /// The customers of this callback must show that they are there.
    fn wants_proof(&self, board: &Switchboard) -> bool {
        let named = |line: &&crate::Line| Some(&line.name) == self.line.as_ref();
        board.settings.lines.iter().find(named).is_some_and(|line| line.human_proof)
    }

    pub(super) fn proof_key(&mut self, board: &mut Switchboard, now: Now, key: Key) {
        if let (Stage::Proving(script), Some(customer)) = (&mut self.stage, &self.customer) {
            script.handle_key(key);
            board.show(Status::Pressed { leg: customer.leg.name(), key });
            self.follow_customer(board, now);
        }
    }

    pub(super) fn customer_heard(&mut self, board: &mut Switchboard, now: Now) {
        if let Stage::Proving(script) = &mut self.stage {
            script.handle_played(now.mono);
            self.follow_customer(board, now);
        } else if matches!(self.stage, Stage::Telling) {
            self.connect(board, now);
        } else if matches!(self.stage, Stage::Dialling) {
            self.machine_was_told(board, now);
        }
    }

    pub(super) fn proof_timeout(&mut self, board: &mut Switchboard, now: Now) {
        if let Stage::Proving(script) = &mut self.stage {
            script.handle_timeout(now.mono);
            self.follow_customer(board, now);
        }
    }

    fn follow_customer(&mut self, board: &mut Switchboard, now: Now) {
        loop {
            let (Stage::Proving(script), Some(customer)) = (&mut self.stage, &mut self.customer)
            else {
                return;
            };
            match script.poll() {
                Some(CustomerOutput::Play { phrases }) => {
                    if !customer.leg.play(board, &self.language, &phrases, false) {
                        script.handle_played(now.mono);
                    }
                }
                Some(CustomerOutput::Here) => {
                    customer.leg.stop_playing(board);
                    board.timers.set(Owner::Customer(self.offer), None);
                    return self.go_on(board, now, Step::Notice);
                }
                Some(CustomerOutput::Later) => return self.dismiss(board, now, DialOutcome::Later),
                Some(CustomerOutput::Cancel) => {
                    return self.dismiss(board, now, DialOutcome::Declined);
                }
                Some(CustomerOutput::Nobody) => {
                    return self.dismiss(board, now, DialOutcome::Unproved);
                }
                None => {
                    let deadline = script.deadline();
                    return board.timers.set(Owner::Customer(self.offer), deadline);
                }
            }
        }
    }

    /// No conversation comes of it: the customer is let go, and the dial ended when that leg has.
    pub(super) fn dismiss(&mut self, board: &mut Switchboard, now: Now, outcome: DialOutcome) {
        self.stage = Stage::Dismissing(outcome);
        board.timers.set(Owner::Customer(self.offer), None);
        if let Some(customer) = &mut self.customer {
            customer.leg.hang_up(board, now);
        }
    }
}
