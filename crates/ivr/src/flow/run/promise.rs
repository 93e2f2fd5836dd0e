//! A callback that is promised, or is not.

use std::sync::Arc;

use model::{E164, Mono};

use super::{Doing, FlowScript};
use crate::flow::{CALLBACKS, Step};
use crate::{Ask, Output, Phrase, Reply};

impl FlowScript {
    /// What came of the last [`Ask::Promise`] or [`Ask::Transfer`]. One that comes late is said all
    /// the same when it binds us, and ends the call; else it changes nothing.
    pub fn handle_reply(&mut self, now: Mono, reply: Reply) {
        if reply == Reply::NotReached {
            return self.not_reached(now);
        }
        if !std::mem::take(&mut self.asked) {
            return;
        }
        match (&self.doing, reply) {
            (Doing::Over, _) => {}
            (Doing::Promising, Reply::Promised) => {
                let own = match self.present() {
                    Some(Step::Callback { say, .. }) => say.clone(),
                    Some(_) | None => None,
                };
                self.promise_spoken(now, own, false);
            }
            (_, Reply::Promised) => self.promise_spoken(now, None, true),
            (Doing::Promising, _) => self.not_promised(now, reply),
            (_, Reply::AlreadyWaiting | Reply::NotAvailable | Reply::NotCalled) => {}
            (_, Reply::NotReached) => {}
        }
    }

    /// Asks for the promise. Without a number, or where none may be asked for, it is not made.
    pub(super) fn call_back(&mut self, now: Mono, number: &str) {
        if self.promised {
            return self.hang_up();
        }
        self.silence();
        let may = self.opened || !self.value(CALLBACKS).is_empty();
        let may = may && !self.asked;
        let Some(number) = E164::parse(number).ok().filter(|_| may) else {
            return self.not_promised(now, Reply::NotAvailable);
        };
        self.doing = Doing::Promising;
        self.asked = true;
        self.outputs.push_back(Output::Ask(Ask::Promise { number }));
        self.wait(now, self.settings.promise_time, "promise time");
    }

    fn promise_spoken(&mut self, now: Mono, own: Option<Phrase>, last: bool) {
        self.typed_ahead.clear();
        self.before.clear();
        self.promised = true;
        self.doing = Doing::Promised { last };
        let sentence = own.unwrap_or_else(|| self.caller.promised.clone());
        self.speak(now, vec![sentence]);
    }

    /// Goes where the step says of this refusal, or says why and goes where it says of all.
    pub(super) fn not_promised(&mut self, now: Mono, why: Reply) {
        let refusals = match self.present() {
            Some(Step::Callback { refusals, .. }) => refusals.clone(),
            Some(_) | None => Default::default(),
        };
        let (label, said) = match why {
            Reply::AlreadyWaiting => (refusals.already, Phrase::AlreadyWaiting),
            Reply::NotCalled => (refusals.refused, Phrase::NumberRefused),
            Reply::NotAvailable | Reply::Promised | Reply::NotReached => {
                (refusals.unavailable, Phrase::NotAvailable)
            }
        };
        if let Some(label) = label {
            return self.go(now, &label);
        }
        let otherwise = refusals.otherwise.as_ref();
        let next = otherwise.map_or(self.place + 1, |label: &Arc<str>| self.flow.place(label));
        self.doing = Doing::Saying { next };
        self.speak(now, vec![said]);
    }
}
