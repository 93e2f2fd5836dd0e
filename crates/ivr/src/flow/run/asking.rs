//! Questions: a key, or a value of several.

use std::sync::Arc;

use model::{E164, Key, Mono};

use super::{Doing, FlowScript};
use crate::flow::{Asking, Step, ValueKind};
use crate::{Ask, NoNumber, Output, Phrase};

impl FlowScript {
    /// Which number was typed: the answer to [`Ask::Read`]. A flow that asks for a number may use
    /// it for something else than a callback: whether it is called is said when one is asked for.
    pub fn handle_number(&mut self, now: Mono, number: Result<E164, NoNumber>) {
        let Doing::Reading { asks } = self.doing else { return };
        let Some(Step::GetValue { into, wrong, bad, refused, .. }) = self.present() else { return };
        match number {
            Ok(number) => {
                let into = Arc::clone(into);
                self.write(&into, &number.reveal());
                self.answered(now);
            }
            Err(why) => {
                let (label, sorry) = match why {
                    NoNumber::NotANumber => (bad.clone(), wrong.clone()),
                    NoNumber::NotCalled => (refused.clone(), why.phrase()),
                };
                if let Some(label) = label {
                    return self.go(now, &label);
                }
                self.doing = Doing::Value { typed: Vec::new(), too_long: false, asks };
                self.ask_again(now, Some(sorry));
            }
        }
    }

    /// Asks, unless the answer has been typed already. What is to be said before is said in any
    /// case.
    pub(super) fn begin_question(&mut self, now: Mono, doing: Doing) {
        self.doing = doing;
        let place = self.place;
        let kept = std::mem::take(&mut self.typed_ahead);
        if kept.is_empty() || !self.before.is_empty() {
            self.ask(now, None);
        }
        for key in kept {
            self.handle_key(now, key);
        }
        let unheard = match &self.doing {
            Doing::Digit { .. } => true,
            Doing::Value { typed, .. } => typed.is_empty(),
            _ => false,
        };
        if unheard && self.place == place && self.is_unasked() {
            self.ask(now, None);
        }
    }

    /// True while the present question has not been spoken yet: keys that were typed ahead of it
    /// and mean nothing to it are forgotten.
    fn is_unasked(&self) -> bool {
        !self.speaking && self.deadline.is_none()
    }

    /// How the present question is asked.
    fn asking(&self) -> Option<&Asking> {
        self.present()?.asking()
    }

    /// Speaks the present question, after "sorry" where that is due.
    fn ask(&mut self, now: Mono, sorry: Option<Phrase>) {
        let mut said = std::mem::take(&mut self.before);
        said.extend(sorry);
        if let Some(asking) = self.asking() {
            said.extend(self.phrases(&asking.question));
        }
        if said.is_empty() {
            return self.wait_for_answer(now);
        }
        self.speak(now, said);
    }

    pub(super) fn wait_for_answer(&mut self, now: Mono) {
        match self.asking().and_then(|asking| asking.wait) {
            Some(own) => self.wait(now, own, "an answer"),
            None => self.wait(now, self.settings.choice_time, "choice time"),
        }
    }

    /// Asks once more, or gives up.
    pub(super) fn ask_again(&mut self, now: Mono, sorry: Option<Phrase>) {
        let Some(asking) = self.asking() else { return };
        let tries = asking.tries.unwrap_or(self.settings.asks_max);
        let otherwise = asking.otherwise.clone();
        let asks = match &mut self.doing {
            Doing::Digit { asks } => asks,
            Doing::Value { asks, typed, too_long } => {
                typed.clear();
                *too_long = false;
                asks
            }
            Doing::Nothing
            | Doing::Saying { .. }
            | Doing::Reading { .. }
            | Doing::Waiting
            | Doing::Promising
            | Doing::Promised { .. }
            | Doing::Inviting
            | Doing::Message
            | Doing::Transferring
            | Doing::Over => return,
        };
        if *asks < tries {
            *asks += 1;
            return self.ask(now, sorry);
        }
        self.deadline = None;
        self.go_or_on(now, otherwise);
    }

    /// A key that does not answer.
    fn wrong_key(&mut self, now: Mono) {
        if !self.speaking && !self.is_unasked() {
            self.ask_again(now, Some(Phrase::WrongKey));
        }
    }

    pub(super) fn handle_answer(&mut self, now: Mono, key: Key) {
        if self.leave_by_key(now, key) {
            return;
        }
        let Some(Step::GetDigit { into, keys, .. }) = self.present() else { return };
        if keys.contains(&key) {
            let into = Arc::clone(into);
            self.write(&into, &key.as_char().to_string());
            self.answered(now);
        } else {
            self.wrong_key(now);
        }
    }

    pub(super) fn handle_value_key(&mut self, now: Mono, key: Key) {
        let Some(Step::GetValue { kind, .. }) = self.present() else { return };
        let kind = *kind;
        let most = match kind {
            ValueKind::Number => usize::from(self.settings.digits_max),
            ValueKind::Digits { most, .. } => usize::from(most),
        };
        let Doing::Value { typed, too_long, .. } = &mut self.doing else { return };
        let first = typed.is_empty() && !*too_long;
        if key == Key::HASH {
            return if first { self.handle_lone_hash(now) } else { self.finish_value(now) };
        }
        let means_something =
            key.digit().is_some() || kind == ValueKind::Number && key == Key::STAR;
        if !means_something {
            // A to D are on no customer's phone.
            return if first {
                self.wrong_key(now)
            };
        }
        if typed.len() >= most {
            // The deadline stays: who types without end does not hold the step without end.
            *too_long = true;
            return;
        }
        typed.push(key);
        let complete = matches!(kind, ValueKind::Digits { .. }) && typed.len() == most;
        self.silence();
        if complete {
            return self.finish_value(now);
        }
        self.wait(now, self.settings.inter_digit, "inter-digit time");
    }

    /// A hash before anything was typed. It may be the tail of an earlier value, which a pause
    /// ended already.
    fn handle_lone_hash(&mut self, now: Mono) {
        let Some(Step::GetValue { empty, into, .. }) = self.present() else { return };
        let Some(empty) = empty.clone() else { return self.wrong_key(now) };
        let value = self.value(&empty.of);
        if value.is_empty() {
            return self.wrong_key(now);
        }
        let into = Arc::clone(into);
        self.write(&into, &value);
        self.silence();
        self.deadline = None;
        self.go_or_on(now, empty.go);
    }

    pub(super) fn finish_value(&mut self, now: Mono) {
        let Some(Step::GetValue { kind, into, wrong, bad, .. }) = self.present() else { return };
        let Doing::Value { typed, too_long, asks } = &self.doing else { return };
        let value = match kind {
            _ if *too_long => None,
            ValueKind::Number => {
                let (typed, asks) = (typed.clone(), *asks);
                self.doing = Doing::Reading { asks };
                self.outputs.push_back(Output::Ask(Ask::Read { typed }));
                return self.wait(now, self.settings.promise_time, "whose number it is");
            }
            ValueKind::Digits { least, .. } if typed.len() < usize::from(*least) => None,
            ValueKind::Digits { .. } => {
                Some(typed.iter().map(|key| key.as_char()).collect::<String>())
            }
        };
        let (into, wrong, bad) = (Arc::clone(into), wrong.clone(), bad.clone());
        match (value, bad) {
            (Some(value), _) => {
                self.write(&into, &value);
                self.answered(now);
            }
            (None, Some(label)) => self.go(now, &label),
            (None, None) => self.ask_again(now, Some(wrong)),
        }
    }

    fn answered(&mut self, now: Mono) {
        self.silence();
        self.deadline = None;
        self.go_on(now);
    }
}
