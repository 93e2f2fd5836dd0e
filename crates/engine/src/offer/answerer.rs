//! Who has answered a callback, where that is asked: somebody, a machine or the network.
//!
//! SIP says most of it: a busy number is refused before it is answered. Where the network answers
//! all the same, and speaks or sends a tone, the voice is listened to before anybody is joined.

use std::time::Duration;

use ledger::DialOutcome;
use media::Answerer;
use model::{Deadline, Now, OfferId};

use super::path::Step;
use super::{Customer, OfferRun, Stage};
use crate::OfMachine;
use crate::switchboard::{Owner, Switchboard};

/// How long a verdict is waited for, ringing in the voice not counted: a far end that sends no
/// packets at all is never judged.
const VERDICT_MAX: Duration = Duration::from_secs(30);

/// How far it is known who has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Judged {
    /// Nobody has, or nobody asked.
    #[default]
    NotYet,
    /// It is listened to.
    Listening,
    /// By somebody, as far as we know.
    ByPerson,
    /// By nobody: the attempt ends so.
    InVain(DialOutcome),
}

impl Judged {
    /// How the attempt ends by what was heard.
    pub(super) fn outcome(self) -> Option<DialOutcome> {
        match self {
            Judged::InVain(outcome) => Some(outcome),
            Judged::NotYet | Judged::Listening | Judged::ByPerson => None,
        }
    }
}

impl OfferRun {
    /// Begins to listen to who has answered, where that is asked and not known yet.
    pub(super) fn begins_to_judge(&mut self, board: &mut Switchboard, now: Now) -> bool {
        let Some(customer) = &mut self.customer else { return false };
        customer.is_to_be_judged(board, now, self.offer)
    }
}

impl Customer {
    /// Whether it is still to be found out who has answered. Begins to listen.
    fn is_to_be_judged(&mut self, board: &mut Switchboard, now: Now, offer: OfferId) -> bool {
        match (board.settings.bridge.answering_machine, self.answerer) {
            (OfMachine::Ignored, _) | (OfMachine::HungUpOn, Judged::ByPerson) => return false,
            (OfMachine::HungUpOn, Judged::Listening | Judged::InVain(_)) => return true,
            (OfMachine::HungUpOn, Judged::NotYet) => {}
        }
        let Some(port) = self.leg.port() else { return false };
        self.answerer = Judged::Listening;
        board.judge(port);
        let deadline = Deadline::new(now.mono + VERDICT_MAX, "who has answered");
        board.timers.set(Owner::Customer(offer), Some(deadline));
        true
    }
}

impl OfferRun {
    /// It is known who has answered.
    pub(super) fn judged(&mut self, board: &mut Switchboard, now: Now, answerer: Answerer) {
        let listening = |customer: &&mut Customer| customer.answerer == Judged::Listening;
        let Some(customer) = self.customer.as_mut().filter(listening) else { return };
        board.timers.set(Owner::Customer(self.offer), None);
        customer.answerer = match answerer {
            Answerer::Human | Answerer::NotSure => Judged::ByPerson,
            Answerer::Machine => Judged::InVain(DialOutcome::Machine),
            Answerer::Busy => Judged::InVain(DialOutcome::Busy),
            Answerer::OutOfService => Judged::InVain(DialOutcome::Failed),
        };
        if customer.answerer == Judged::ByPerson {
            if matches!(self.stage, Stage::Dialling) {
                self.go_on(board, now, Step::Proof);
            }
        } else if matches!(self.stage, Stage::Dialling) {
            customer.leg.hang_up(board, now);
        }
    }

    /// Nothing was heard for so long: whoever answered is taken for somebody.
    pub(super) fn not_judged(&mut self, board: &mut Switchboard, now: Now) {
        self.judged(board, now, Answerer::NotSure);
    }
}
