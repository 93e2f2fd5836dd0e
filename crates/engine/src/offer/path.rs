//! From the customer's answer to the conversation, step by step.
//!
//! ```text
//! customer's 200, keys pressed ─▶ who answered? ─▶ press 1 ─▶ recording is told of ─▶ talk
//!                                   (answerer)     (proof)
//! ```
//! What nobody asked for is passed over. Each step that takes time goes on with the next one when
//! it has ended well; when it has not, the attempt ends where that step says.

use ivr::Phrase;
use model::Now;

use super::{OfferRun, Stage};
use crate::recordings::{Before, notice};
use crate::switchboard::Switchboard;

/// What stands between the customer's answer and the conversation, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// Who has answered is listened for.
    Judge,
    /// Whoever has answered is asked to press 1.
    Proof,
    /// The customer is told of the recording.
    Notice,
}

impl OfferRun {
    /// The customer has answered, and what leads there is pressed.
    pub(super) fn customer_reached(&mut self, board: &mut Switchboard, now: Now) {
        if matches!(self.stage, Stage::Dialling) {
            self.go_on(board, now, Step::Judge);
        }
    }

    /// Goes on with `step`, or with the first after it that somebody asked for.
    pub(super) fn go_on(&mut self, board: &mut Switchboard, now: Now, step: Step) {
        if step <= Step::Judge && self.begins_to_judge(board, now) {
            return;
        }
        if step <= Step::Proof && self.begins_to_prove(board, now) {
            return;
        }
        if step <= Step::Notice && self.begins_to_tell(board, now) {
            return;
        }
        self.connect(board, now);
    }

    /// The customer is told of the recording, where one begins that is to be told of.
    fn begins_to_tell(&mut self, board: &mut Switchboard, now: Now) -> bool {
        let Some(request) = self.customer.as_ref().map(|it| it.attempt.request) else {
            return false;
        };
        match board.before_talk(now, self.call, Some(request)) {
            Before::Join => false,
            Before::Tell => {
                self.stage = Stage::Telling;
                let told = notice(&board.settings);
                self.tell(board, &told)
            }
        }
    }

    /// Says something to the customer before the conversation. False when it cannot be said: it is
    /// then left out.
    pub(super) fn tell(&mut self, board: &mut Switchboard, phrases: &[Phrase]) -> bool {
        let Some(customer) = &mut self.customer else { return false };
        customer.leg.play(board, &self.language, phrases, false)
    }
}
