//! Who has answered a callback, where that is asked: somebody, a machine or the network.
//!
//! SIP says most of it: a busy number is refused before it is answered. Where the network answers
//! all the same, and speaks or sends a tone, the voice is listened to before anybody is joined.
//!
//! ```text
//! Listening ─ a machine ─▶ Greeting ─ its greeting and its beep are over ─▶ Leaving ─▶ BYE
//!     └─ somebody ─▶ joined       └─ no end of it, or nothing to leave ─▶ BYE
//! ```
//! The agent hears ringing meanwhile.

use std::time::Duration;

use ivr::Phrase;
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

/// A machine that has said nothing for so long, after its beep or without one, listens.
const LISTENS_AFTER: Duration = Duration::from_millis(1_500);

/// How long its greeting may last.
const GREETING_MAX: Duration = Duration::from_secs(60);

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
    /// By a machine, whose greeting is waited for.
    Greeting,
    /// By a machine, which is being told something.
    Leaving,
    /// By nobody: the attempt ends so.
    InVain(DialOutcome),
}

impl Judged {
    /// How the attempt ends by what was heard.
    pub(super) fn outcome(self) -> Option<DialOutcome> {
        match self {
            Judged::InVain(outcome) => Some(outcome),
            Judged::Greeting | Judged::Leaving => Some(DialOutcome::Machine),
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
            (OfMachine::Ignored, _) | (_, Judged::ByPerson) => return false,
            (OfMachine::HungUpOn | OfMachine::Told, Judged::NotYet) => {}
            (
                OfMachine::HungUpOn | OfMachine::Told,
                Judged::Listening | Judged::Greeting | Judged::Leaving | Judged::InVain(_),
            ) => return true,
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
        if self.customer.as_mut().filter(listening).is_none() {
            return;
        }
        board.timers.set(Owner::Customer(self.offer), None);
        let dialling = matches!(self.stage, Stage::Dialling);
        let told = board.settings.bridge.answering_machine == OfMachine::Told;
        if answerer == Answerer::Machine && dialling && told && self.awaits_greeting(board, now) {
            return;
        }
        let Some(customer) = &mut self.customer else { return };
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

    /// Waits for the end of a machine's greeting, where there is something to leave on it.
    fn awaits_greeting(&mut self, board: &mut Switchboard, now: Now) -> bool {
        let message = self.machine_message(board);
        let Some(customer) = self.customer.as_mut().filter(|_| message.is_some()) else {
            return false;
        };
        let Some(port) = customer.leg.port() else { return false };
        customer.answerer = Judged::Greeting;
        board.await_quiet(port, LISTENS_AFTER);
        let deadline = Deadline::new(now.mono + GREETING_MAX, "the end of a machine's greeting");
        board.timers.set(Owner::Customer(self.offer), Some(deadline));
        true
    }

    /// A machine has said what it has to say.
    pub(super) fn machine_listens(&mut self, board: &mut Switchboard, now: Now) {
        let message = self.machine_message(board);
        let greeting = |customer: &&mut Customer| customer.answerer == Judged::Greeting;
        let Some(customer) = self.customer.as_mut().filter(greeting) else { return };
        board.timers.set(Owner::Customer(self.offer), None);
        let phrases: Vec<Phrase> = message.into_iter().map(Phrase::Named).collect();
        if customer.leg.play(board, &self.language, &phrases, false) {
            customer.answerer = Judged::Leaving;
        } else {
            customer.leg.hang_up(board, now);
        }
    }

    /// The message is left.
    pub(super) fn machine_was_told(&mut self, board: &mut Switchboard, now: Now) {
        let leaving = |customer: &&mut Customer| customer.answerer == Judged::Leaving;
        if let Some(customer) = self.customer.as_mut().filter(leaving) {
            customer.answerer = Judged::InVain(DialOutcome::MessageLeft);
            customer.leg.hang_up(board, now);
        }
    }

    /// Nothing was heard for so long: whoever answered is taken for somebody. A greeting without
    /// end is hung up on.
    pub(super) fn not_judged(&mut self, board: &mut Switchboard, now: Now) {
        let greeting = |customer: &&mut Customer| customer.answerer == Judged::Greeting;
        match self.customer.as_mut().filter(greeting) {
            Some(customer) => customer.leg.hang_up(board, now),
            None => self.judged(board, now, Answerer::NotSure),
        }
    }
}
