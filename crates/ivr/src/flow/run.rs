//! One caller in a flow.
//!
//! Keys follow the rule of all scripts: a key that means something in the present step is obeyed at
//! once; one that comes while something is said to its end, or while a promise is being made, is
//! kept for the question that follows. In the queue the keys of the exits are looked at first, then
//! those of the built-in menu.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use model::{Deadline, E164, Key, Mono};

use super::{
    Asking, CALLBACKS, CALLER_NUMBER, Flow, Step, Test, VALUE_LENGTH_MAX, Value, ValueKind,
};
use crate::caller::{PROMPT_TIME_MAX, TYPED_AHEAD_MAX};
use crate::{Ask, Caller, CallerScript, Exit, NoNumber, Output, Phrase, Reply, Settings, spoken};

mod message;

/// Most steps that follow each other without anything being said or asked. A checked flow has no
/// way round and so has fewer.
const STEPS_AT_ONCE_MAX: usize = super::STEPS_MAX + 1;

/// What is going on.
pub(super) enum Doing {
    /// A step begins that has said and asked nothing yet.
    Nothing,
    /// Something is said to its end; then comes that step.
    Saying { next: usize },
    /// A key is awaited.
    Digit { asks: u8 },
    /// A value is typed.
    Value { typed: Vec<Key>, too_long: bool, asks: u8 },
    /// Which number was typed is awaited.
    Reading { asks: u8 },
    /// The caller waits in the queue.
    Waiting,
    /// The reply to an ask is awaited.
    Promising,
    /// The sentence that binds us is spoken.
    Promised {
        /// Nothing follows it.
        last: bool,
    },
    /// The caller is asked for a message, up to the tone.
    Inviting,
    /// The caller speaks.
    Message,
    /// Somebody's answer is awaited.
    Transferring,
    /// The built-in menu offers a callback.
    Offering,
    /// All is over.
    Over,
}

/// Who asked for a promise.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    /// A step of the flow.
    Step,
    /// The menu of the queue.
    Menu,
    /// The menu of an `offer` step.
    Offer,
}

/// Leads one caller through a flow, from the moment the caller hears us.
pub struct FlowScript {
    pub(super) settings: Arc<Settings>,
    flow: Arc<Flow>,
    pub(super) caller: Caller,
    pub(super) place: usize,
    pub(super) doing: Doing,
    values: BTreeMap<Arc<str>, Arc<str>>,
    /// The caller in the queue, kept while an exit is followed.
    pub(super) queue: Option<CallerScript>,
    /// The built-in menu, while a step offers a callback by it.
    pub(super) menu: Option<CallerScript>,
    /// Where the queue leads who begins to wait.
    overflow: Option<Exit>,
    /// Whether a callback may be asked for at this moment.
    pub(super) open: bool,
    /// How long the caller will wait, in minutes.
    pub(super) wait_now: Option<(u64, u64)>,
    /// The request is durable: the caller has left the queue.
    pub(super) promised: bool,
    /// Who asked for the promise whose reply is to come.
    pub(super) asked: Option<Asker>,
    speaking: bool,
    pub(super) deadline: Option<Deadline>,
    pub(super) typed_ahead: VecDeque<Key>,
    pub(super) outputs: VecDeque<Output>,
}

impl FlowScript {
    /// Begins with the first step.
    pub fn new(
        settings: impl Into<Arc<Settings>>,
        flow: Arc<Flow>,
        caller: Caller,
        line: &str,
        language: &str,
        now: Mono,
    ) -> FlowScript {
        let number = caller.own_number.map(|number| number.reveal()).unwrap_or_default();
        let known = [(CALLER_NUMBER, number.as_str()), ("line", line), ("language", language)];
        let mut script = FlowScript {
            settings: settings.into(),
            flow,
            caller,
            place: 0,
            doing: Doing::Nothing,
            values: known.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
            queue: None,
            menu: None,
            overflow: None,
            open: true,
            wait_now: None,
            promised: false,
            asked: None,
            speaking: false,
            deadline: None,
            typed_ahead: VecDeque::new(),
            outputs: VecDeque::new(),
        };
        script.run(now);
        script
    }

    /// As [`CallerScript::set_open`].
    pub fn set_open(&mut self, open: bool) {
        self.open = open;
    }

    /// As [`CallerScript::set_wait`].
    pub fn set_wait(&mut self, minutes: Option<(u64, u64)>) {
        self.wait_now = minutes;
    }

    /// As [`CallerScript::set_overflow`].
    pub fn set_overflow(&mut self, exit: Option<Exit>) {
        self.overflow = exit;
    }

    /// The caller has a place in the queue from now on: it is led on where the queue overflows.
    pub fn handle_arrival(&mut self, now: Mono) {
        let exit = self.overflow;
        self.in_queue(|queue| {
            queue.set_overflow(exit);
            queue.follow_overflow(now);
        });
    }

    /// The caller pressed a key.
    pub fn handle_key(&mut self, now: Mono, key: Key) {
        match &mut self.doing {
            Doing::Saying { .. } | Doing::Promising | Doing::Reading { .. } => {
                if self.typed_ahead.len() < TYPED_AHEAD_MAX {
                    self.typed_ahead.push_back(key);
                }
            }
            Doing::Digit { .. } => self.handle_answer(now, key),
            Doing::Value { .. } => self.handle_value_key(now, key),
            Doing::Waiting => self.handle_queue_key(now, key),
            Doing::Message if key == Key::HASH => self.message_over(now),
            Doing::Offering => self.in_menu(now, |menu| menu.handle_key(now, key)),
            Doing::Nothing
            | Doing::Promised { .. }
            | Doing::Inviting
            | Doing::Message
            | Doing::Transferring
            | Doing::Over => {}
        }
    }

    /// What was last played came to its end. Not to be told of a play that another replaced.
    pub fn handle_played(&mut self, now: Mono) {
        if matches!(self.doing, Doing::Waiting) {
            return self.in_queue(|queue| queue.handle_played(now));
        }
        if matches!(self.doing, Doing::Offering) {
            return self.in_menu(now, |menu| menu.handle_played(now));
        }
        if !std::mem::take(&mut self.speaking) {
            return;
        }
        self.deadline = None;
        match self.doing {
            Doing::Saying { next } => self.go_to(now, next),
            Doing::Digit { .. } | Doing::Value { .. } => self.wait_for_answer(now),
            Doing::Promised { last: true } => self.hang_up(),
            Doing::Promised { last: false } => self.go_on(now),
            Doing::Inviting => self.record(now),
            Doing::Nothing
            | Doing::Reading { .. }
            | Doing::Waiting
            | Doing::Promising
            | Doing::Message
            | Doing::Transferring
            | Doing::Offering
            | Doing::Over => {}
        }
    }

    /// A deadline came; too early is harmless.
    pub fn handle_timeout(&mut self, now: Mono) {
        if matches!(self.doing, Doing::Waiting) {
            return self.in_queue(|queue| queue.handle_timeout(now));
        }
        if matches!(self.doing, Doing::Offering) {
            return self.in_menu(now, |menu| menu.handle_timeout(now));
        }
        if self.deadline.is_none_or(|deadline| now < deadline.at) {
            return;
        }
        if self.speaking {
            return self.handle_played(now);
        }
        self.deadline = None;
        match &self.doing {
            Doing::Digit { .. } => self.ask_again(now, None),
            Doing::Value { typed, .. } if typed.is_empty() => self.ask_again(now, None),
            Doing::Value { .. } => self.finish_value(now),
            Doing::Promising => self.not_promised(now, Phrase::NotAvailable),
            Doing::Message => self.message_over(now),
            Doing::Reading { .. } => self.handle_number(now, Err(NoNumber::NotANumber)),
            Doing::Nothing
            | Doing::Saying { .. }
            | Doing::Waiting
            | Doing::Promised { .. }
            | Doing::Inviting
            | Doing::Transferring
            | Doing::Offering
            | Doing::Over => {}
        }
    }

    /// What came of the last [`Ask::Promise`]. One that comes late is said all the same when it
    /// binds us, and ends the call; else it changes nothing.
    pub fn handle_reply(&mut self, now: Mono, reply: Reply) {
        if reply == Reply::NotReached {
            return self.not_reached(now);
        }
        let Some(asker) = self.asked.take() else { return };
        match (&self.doing, reply) {
            (Doing::Waiting, _) if asker == Asker::Menu => {
                self.in_queue(|queue| queue.handle_reply(now, reply));
            }
            (Doing::Offering, _) if asker == Asker::Offer => {
                self.in_menu(now, |menu| menu.handle_reply(now, reply));
            }
            (Doing::Promising, Reply::Promised) => {
                let own = match self.present() {
                    Some(Step::Callback { say, .. }) => say.clone(),
                    Some(_) | None => None,
                };
                self.promise_spoken(now, own, false);
            }
            (Doing::Promising, Reply::AlreadyWaiting) => {
                self.not_promised(now, Phrase::AlreadyWaiting);
            }
            (Doing::Promising, Reply::NotAvailable) => self.not_promised(now, Phrase::NotAvailable),
            (Doing::Promising, Reply::NotCalled) => self.not_promised(now, Phrase::NumberRefused),
            (Doing::Over, _) => {}
            (_, Reply::Promised) => self.promise_spoken(now, None, true),
            (
                _,
                Reply::AlreadyWaiting | Reply::NotAvailable | Reply::NotCalled | Reply::NotReached,
            ) => {}
        }
    }

    /// Which number was typed: the answer to [`Ask::Read`]. A flow that asks for a number may use
    /// it for something else than a callback: whether it is called is said when one is asked for.
    pub fn handle_number(&mut self, now: Mono, number: Result<E164, NoNumber>) {
        if matches!(self.doing, Doing::Waiting) {
            return self.in_queue(|queue| queue.handle_number(now, number));
        }
        if matches!(self.doing, Doing::Offering) {
            return self.in_menu(now, |menu| menu.handle_number(now, number));
        }
        let Doing::Reading { asks } = self.doing else { return };
        let Some(Step::GetValue { into, wrong, .. }) = self.present() else { return };
        let (into, wrong) = (Arc::clone(into), wrong.clone());
        match number {
            Ok(number) => {
                self.write(&into, &number.reveal());
                self.answered(now);
            }
            Err(why) => {
                self.doing = Doing::Value { typed: Vec::new(), too_long: false, asks };
                let refused = why == NoNumber::NotCalled;
                self.ask_again(now, Some(if refused { why.phrase() } else { wrong }));
            }
        }
    }

    /// The next output, until there is none.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When the script wants [`FlowScript::handle_timeout`].
    pub fn deadline(&self) -> Option<Deadline> {
        match (&self.doing, &self.queue, &self.menu) {
            (Doing::Waiting, Some(script), _) | (Doing::Offering, _, Some(script)) => {
                script.deadline()
            }
            _ => self.deadline,
        }
    }

    /// True while keys are digits of a number, which logs must not show.
    pub fn is_typing_number(&self) -> bool {
        match (&self.doing, &self.queue, &self.menu) {
            (Doing::Value { .. }, ..) => true,
            (Doing::Waiting, Some(script), _) | (Doing::Offering, _, Some(script)) => {
                script.is_typing_number()
            }
            _ => false,
        }
    }

    /// The present step in a few words, for the live board.
    pub fn step(&self) -> &'static str {
        match (&self.doing, &self.queue) {
            (Doing::Waiting, Some(queue)) => queue.step(),
            (Doing::Waiting, None) => "waiting",
            (Doing::Nothing | Doing::Saying { .. }, _) => "listening",
            (Doing::Digit { .. }, _) => "choosing",
            (Doing::Value { .. } | Doing::Reading { .. }, _) => "entering a number",
            (Doing::Promising, _) => "promising",
            (Doing::Promised { .. }, _) => "promised",
            (Doing::Inviting | Doing::Message, _) => "leaving a message",
            (Doing::Transferring, _) => "being put through",
            (Doing::Offering, _) => "menu",
            (Doing::Over, _) => "over",
        }
    }

    pub(super) fn present(&self) -> Option<&Step> {
        self.flow.step(self.place)
    }

    pub(super) fn value(&self, name: &str) -> Arc<str> {
        if name == CALLBACKS {
            let may = self.caller.callbacks && self.open && !self.promised;
            return if may { "yes".into() } else { "".into() };
        }
        self.values.get(name).cloned().unwrap_or_default()
    }

    fn write(&mut self, name: &Arc<str>, value: &str) {
        let short: String = value.chars().take(VALUE_LENGTH_MAX).collect();
        self.values.insert(Arc::clone(name), short.into());
    }

    /// On to the next step.
    pub(super) fn go_on(&mut self, now: Mono) {
        self.go_to(now, self.place + 1);
    }

    pub(super) fn go(&mut self, now: Mono, label: &str) {
        self.go_to(now, self.flow.place(label));
    }

    fn go_to(&mut self, now: Mono, place: usize) {
        self.place = place;
        self.run(now);
    }

    /// Does what the steps say, up to one that takes time.
    fn run(&mut self, now: Mono) {
        self.doing = Doing::Nothing;
        self.deadline = None;
        for _ in 0..STEPS_AT_ONCE_MAX {
            let flow = Arc::clone(&self.flow);
            let Some(step) = flow.step(self.place) else { return self.hang_up() };
            match step {
                Step::Mark => self.place += 1,
                Step::Set { into, to } => {
                    let value = match to {
                        Value::Text(text) => Arc::clone(text),
                        Value::Of(name) => self.value(name),
                    };
                    self.write(into, &value);
                    self.place += 1;
                }
                Step::If { test, go } if self.holds(test) => self.place = flow.place(go),
                Step::If { .. } => self.place += 1,
                Step::Go { to } => self.place = flow.place(to),
                Step::SayDigits { of } => {
                    let phrases = digits(&self.value(of));
                    if phrases.is_empty() {
                        self.place += 1;
                        continue;
                    }
                    return self.say(now, phrases);
                }
                Step::Say(phrases) => return self.say(now, phrases.clone()),
                Step::GetDigit { into, .. } => {
                    self.write(into, "");
                    return self.begin_question(now, Doing::Digit { asks: 1 });
                }
                Step::GetValue { into, .. } => {
                    self.write(into, "");
                    let nothing = Doing::Value { typed: Vec::new(), too_long: false, asks: 1 };
                    return self.begin_question(now, nothing);
                }
                Step::Queue { offer, say, .. } => return self.wait_in_queue(now, *offer, say),
                Step::Callback { number, .. } => return self.call_back(now, &self.value(number)),
                Step::Message { say, .. } => return self.invite(now, say.clone()),
                Step::Transfer { to, .. } => return self.put_through(to),
                Step::Offer if self.value(CALLBACKS).is_empty() => self.place += 1,
                Step::Offer => return self.offer(now),
                Step::Record(on) => {
                    self.outputs.push_back(Output::Ask(Ask::Recording { on: *on }));
                    self.place += 1;
                }
                Step::Asks(asks) => {
                    self.outputs.push_back(Output::Ask(Ask::Asks(asks.clone())));
                    self.place += 1;
                }
                Step::HangUp => return self.hang_up(),
            }
        }
        self.hang_up();
    }

    fn holds(&self, test: &Test) -> bool {
        let value = self.value(&test.of);
        let is = match &test.is {
            Some(text) => value == *text,
            None => !value.is_empty(),
        };
        is != test.not
    }

    pub(super) fn say(&mut self, now: Mono, phrases: Vec<Phrase>) {
        self.doing = Doing::Saying { next: self.place + 1 };
        self.speak(now, phrases);
    }

    /// Asks, unless the answer has been typed already.
    fn begin_question(&mut self, now: Mono, doing: Doing) {
        self.doing = doing;
        let place = self.place;
        let kept = std::mem::take(&mut self.typed_ahead);
        if kept.is_empty() {
            return self.ask(now, vec![]);
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
            self.ask(now, vec![]);
        }
    }

    /// True while the present question has not been spoken yet: keys that were typed ahead of it
    /// and mean nothing to it are forgotten.
    fn is_unasked(&self) -> bool {
        !self.speaking && self.deadline.is_none()
    }

    /// How the present question is asked.
    fn asking(&self) -> Option<&Asking> {
        match self.present()? {
            Step::GetDigit { asking, .. } | Step::GetValue { asking, .. } => Some(asking),
            Step::Mark
            | Step::Say(_)
            | Step::SayDigits { .. }
            | Step::Set { .. }
            | Step::If { .. }
            | Step::Go { .. }
            | Step::Queue { .. }
            | Step::Callback { .. }
            | Step::Message { .. }
            | Step::Transfer { .. }
            | Step::Offer
            | Step::Record(_)
            | Step::Asks(_)
            | Step::HangUp => None,
        }
    }

    /// Speaks the present question, after `before`.
    fn ask(&mut self, now: Mono, mut before: Vec<Phrase>) {
        before.extend(self.asking().map(|asking| asking.question.clone()).unwrap_or_default());
        if before.is_empty() {
            return self.wait_for_answer(now);
        }
        self.speak(now, before);
    }

    fn wait_for_answer(&mut self, now: Mono) {
        let wait = self.asking().map_or(Duration::ZERO, |asking| asking.wait);
        self.wait(now, wait, "an answer");
    }

    /// Asks once more, or gives up.
    fn ask_again(&mut self, now: Mono, sorry: Option<Phrase>) {
        let (tries, otherwise) = match self.asking() {
            Some(asking) => (asking.tries, asking.otherwise.clone()),
            None => (0, None),
        };
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
            | Doing::Offering
            | Doing::Over => return,
        };
        if *asks < tries {
            *asks += 1;
            return self.ask(now, sorry.into_iter().collect());
        }
        self.deadline = None;
        match otherwise {
            Some(label) => self.go(now, &label),
            None => self.go_on(now),
        }
    }

    /// A key that does not answer.
    fn wrong_key(&mut self, now: Mono) {
        if !self.speaking && !self.is_unasked() {
            self.ask_again(now, Some(Phrase::WrongKey));
        }
    }

    fn handle_answer(&mut self, now: Mono, key: Key) {
        let Some(Step::GetDigit { into, keys, .. }) = self.present() else { return };
        if keys.contains(&key) {
            let into = Arc::clone(into);
            self.write(&into, &key.as_char().to_string());
            self.answered(now);
        } else {
            self.wrong_key(now);
        }
    }

    fn handle_value_key(&mut self, now: Mono, key: Key) {
        let Some(Step::GetValue { kind, empty, into, .. }) = self.present() else { return };
        let (kind, into) = (*kind, Arc::clone(into));
        let stands_for = empty.as_ref().map(|name| self.value(name)).filter(|v| !v.is_empty());
        let most = match kind {
            ValueKind::Number => usize::from(self.settings.digits_max),
            ValueKind::Digits { most, .. } => usize::from(most),
        };
        let Doing::Value { typed, too_long, .. } = &mut self.doing else { return };
        if key == Key::HASH {
            if !typed.is_empty() || *too_long {
                return self.finish_value(now);
            }
            if let Some(value) = stands_for {
                self.write(&into, &value);
                return self.answered(now);
            }
            return self.wrong_key(now);
        }
        let means_something =
            key.digit().is_some() || kind == ValueKind::Number && key == Key::STAR;
        if !means_something {
            return;
        }
        if typed.len() < most {
            typed.push(key);
        } else {
            *too_long = true;
        }
        let complete = matches!(kind, ValueKind::Digits { .. }) && typed.len() == most;
        self.silence();
        if complete {
            return self.finish_value(now);
        }
        self.wait(now, self.settings.inter_digit, "inter-digit time");
    }

    fn finish_value(&mut self, now: Mono) {
        let Some(Step::GetValue { kind, into, wrong, .. }) = self.present() else { return };
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
        let (into, wrong) = (Arc::clone(into), wrong.clone());
        match value {
            Some(value) => {
                self.write(&into, &value);
                self.answered(now);
            }
            None => self.ask_again(now, Some(wrong)),
        }
    }

    fn answered(&mut self, now: Mono) {
        self.silence();
        self.deadline = None;
        self.go_on(now);
    }

    /// Asks for the promise. Without a number, or where none may be asked for, it is not made.
    fn call_back(&mut self, now: Mono, number: &str) {
        if self.promised {
            return self.hang_up();
        }
        self.silence();
        let may = !self.value(CALLBACKS).is_empty() && self.asked.is_none();
        let Some(number) = E164::parse(number).ok().filter(|_| may) else {
            return self.not_promised(now, Phrase::NotAvailable);
        };
        self.doing = Doing::Promising;
        self.asked = Some(Asker::Step);
        self.outputs.push_back(Output::Ask(Ask::Promise { number }));
        self.wait(now, self.settings.promise_time, "promise time");
    }

    fn promise_spoken(&mut self, now: Mono, own: Option<Phrase>, last: bool) {
        self.typed_ahead.clear();
        self.promised = true;
        self.doing = Doing::Promised { last };
        let sentence = own.unwrap_or_else(|| self.caller.promised.clone());
        self.speak(now, vec![sentence]);
    }

    /// Says why there is no promise, and goes where the step says.
    fn not_promised(&mut self, now: Mono, why: Phrase) {
        let otherwise = match self.present() {
            Some(Step::Callback { otherwise, .. }) => otherwise.clone(),
            Some(_) | None => None,
        };
        let next = otherwise.map_or(self.place + 1, |label| self.flow.place(&label));
        self.doing = Doing::Saying { next };
        self.speak(now, vec![why]);
    }

    pub(super) fn hang_up(&mut self) {
        self.doing = Doing::Over;
        self.deadline = None;
        self.outputs.push_back(Output::Ask(Ask::HangUp));
    }

    pub(super) fn speak(&mut self, now: Mono, phrases: Vec<Phrase>) {
        self.outputs.push_back(Output::Play { phrases, repeat: false });
        self.speaking = true;
        self.wait(now, PROMPT_TIME_MAX, "end of a prompt");
    }

    pub(super) fn silence(&mut self) {
        if std::mem::take(&mut self.speaking) {
            self.outputs.push_back(Output::Stop);
        }
    }

    pub(super) fn wait(&mut self, now: Mono, time: Duration, why: &'static str) {
        self.deadline = Some(Deadline::new(now + time, why));
    }
}

/// A value as it is spoken.
fn digits(value: &str) -> Vec<Phrase> {
    if let Ok(number) = E164::parse(value) {
        return spoken(&number);
    }
    let digits = value.bytes().filter(u8::is_ascii_digit);
    digits.map(|byte| Phrase::Digit(byte - b'0')).collect()
}
