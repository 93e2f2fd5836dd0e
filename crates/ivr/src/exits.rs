//! The other ways out of the queue: a message, and the operator.
//!
//! ```text
//! greeting, music, menu ─ key ─▶ inviting ─ tone ─▶ message ─ hash, time ─▶ kept ─▶ over (HangUp)
//! greeting, music, menu ─ key ─▶ transferring ─ nobody answers ─▶ waiting, in the old place
//! ```
//! A queue that overflows leads there without a key, when the greeting has been heard. The caller
//! keeps the place in the queue up to the tone, and until the operator answers: an agent who is
//! free before gets the call.

use model::{Key, Mono};

use crate::caller::{Callbacks, Step};
use crate::{Ask, CallerScript, Exit, Output, Phrase};

impl CallerScript {
    /// Where the queue leads who would begin to wait now: to be said before each input.
    pub fn set_overflow(&mut self, exit: Option<Exit>) {
        self.overflow = exit;
    }

    /// Leads a caller who has just begun to wait where the queue wants it.
    pub(crate) fn follow_overflow(&mut self, now: Mono) {
        if let Some(exit) = self.overflow.filter(|exit| self.leads(*exit)) {
            self.leave_by(now, exit);
        }
    }

    /// True while something other than the keys of the queue is going on, which wants its own.
    pub(crate) fn is_leaving(&self) -> bool {
        matches!(self.step, Step::Inviting | Step::Message | Step::Kept | Step::Transferring)
    }

    /// Whether there is such a way.
    pub(crate) fn leads(&self, exit: Exit) -> bool {
        match exit {
            Exit::Message => true,
            Exit::Operator => self.operator.is_some(),
        }
    }

    /// The way that a key opens at this moment.
    pub(crate) fn exit_by(&self, key: Key) -> Option<Exit> {
        let here = matches!(self.step, Step::Greeting | Step::Waiting | Step::Menu { .. });
        let keys = self.settings.exits;
        let ways = [(keys.message, Exit::Message), (keys.operator, Exit::Operator)];
        let open = |(of, exit): &(Option<Key>, Exit)| *of == Some(key) && self.leads(*exit);
        ways.into_iter().find(open).map(|(_, exit)| exit).filter(|_| here)
    }

    /// What is said of these ways.
    pub(crate) fn exits(&self) -> Vec<Phrase> {
        let keys = self.settings.exits;
        let ways = [
            (keys.message, Exit::Message, Phrase::ExitMessage),
            (keys.operator, Exit::Operator, Phrase::ExitOperator),
        ];
        let mut phrases = Vec::new();
        for (key, exit, phrase) in ways {
            let digit = key.filter(|_| self.leads(exit)).and_then(Key::digit);
            if let Some(digit) = digit {
                phrases.extend([phrase, Phrase::Digit(digit)]);
            }
        }
        phrases
    }

    /// Whether anything is told or offered to who waits, now or later.
    pub(crate) fn announces(&self) -> bool {
        let exits = self.exits_spoken && !self.exits().is_empty();
        self.callbacks == Callbacks::Offered || exits || self.tells_wait
    }

    /// What is told and offered at this moment.
    pub(crate) fn announcement(&self) -> Vec<Phrase> {
        let mut phrases = self.wait_phrases();
        if self.callbacks == Callbacks::Offered && self.open {
            phrases.push(self.offer.clone());
        }
        if self.exits_spoken {
            phrases.extend(self.exits());
        }
        phrases
    }

    pub(crate) fn leave_by(&mut self, now: Mono, exit: Exit) {
        self.deadline = None;
        match (exit, self.operator.is_some()) {
            (Exit::Message, _) => {
                self.step = Step::Inviting;
                self.speak(now, vec![Phrase::Message, Phrase::Beep]);
            }
            (Exit::Operator, true) => {
                self.step = Step::Transferring;
                self.speak(now, vec![Phrase::Connecting]);
            }
            (Exit::Operator, false) => {}
        }
    }

    /// The tone was heard: the caller speaks.
    pub(crate) fn record(&mut self, now: Mono) {
        self.step = Step::Message;
        let call_back = self.own_number.filter(|_| self.settings.message_calls_back);
        self.outputs.push_back(Output::Ask(Ask::Record { call_back }));
        self.wait(now, self.settings.message_max, "the longest message");
    }

    pub(crate) fn message_over(&mut self, now: Mono) {
        self.step = Step::Kept;
        self.outputs.push_back(Output::Ask(Ask::RecordEnd { kept: true }));
        self.speak(now, vec![Phrase::MessageKept]);
    }

    /// Nothing has been said for as long as ends a message: see [`crate::Script::handle_quiet`].
    /// Who has said nothing at all leaves none.
    pub fn handle_quiet(&mut self, now: Mono, spoke: bool) {
        if !matches!(self.step, Step::Message) {
            return;
        }
        if spoke {
            return self.message_over(now);
        }
        self.deadline = None;
        self.step = Step::Over;
        self.outputs.push_back(Output::Ask(Ask::RecordEnd { kept: false }));
        self.outputs.push_back(Output::Ask(Ask::HangUp));
    }

    /// The caller hears what the operator's telephone does.
    pub(crate) fn ring_operator(&mut self) {
        let Some(to) = self.operator.clone() else { return };
        self.outputs.push_back(Output::Ask(Ask::Transfer { to }));
        let phrases = vec![Phrase::Ringback];
        self.outputs.push_back(Output::Play { phrases, repeat: true });
    }

    pub(crate) fn not_reached(&mut self, now: Mono) {
        if matches!(self.step, Step::Transferring) {
            self.back_to_queue(now, vec![]);
        }
    }
}
