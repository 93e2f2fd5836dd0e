//! One caller in a flow.
//!
//! **Keys.** A key is looked at in the step in which it arrives. When it means something there it
//! is obeyed at once, whatever plays. When it means nothing, it is ignored while a question is
//! asked and answered by "sorry" once the question waits for an answer. Because steps follow each
//! other in no time, keys typed ahead of a prompt land in the step that they are meant for. What
//! comes while something is said to its end, or while a promise is being made, is kept for the step
//! after it.
//!
//! **The promise.** [`Ask::Promise`] is answered by [`FlowScript::handle_reply`], within
//! [`Settings::promise_time`] or later. A request that is durable is said, to the end: in time by
//! the words of its step; late by those of the line, and then the call ends. A late one interrupts
//! whatever the caller hears by then: a request that exists is never kept from its customer. Any
//! other late reply changes nothing. The script never takes an ask back: who wants a late promise
//! cancelled instead of spoken does so in the queue and does not hand its reply to the script.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use model::{Deadline, E164, Key, Mono};

use super::leading::Frame;
use super::{
    CALLBACKS, CALLER_NUMBER, Flow, HASH_NUMBER, Limit, MESSAGE_NUMBER, OFFER_OPENS, Offers, PLACE,
    Part, Step, Test, VALUE_LENGTH_MAX, Value,
};
use crate::words::{PROMPT_TIME_MAX, TYPED_AHEAD_MAX};
use crate::{
    Ask, Caller, Exit, NUMBER_MAX, NoNumber, OfferOpens, Output, Phrase, Reply, Settings, spoken,
};

mod asking;
mod hold;
mod message;
mod promise;

use hold::Hold;

/// Most steps that follow each other without anything being said or asked. A checked flow has no
/// way round and so has fewer; so has the usual flow, which it may borrow from once on the way.
const STEPS_AT_ONCE_MAX: usize = 2 * super::STEPS_MAX + 2;

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
    /// The caller waits in the queue, and hears music or what is said there.
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
    /// All is over.
    Over,
}

/// Leads one caller through a flow, from the moment the caller hears us.
pub struct FlowScript {
    pub(super) settings: Arc<Settings>,
    pub(super) flow: Arc<Flow>,
    /// The flow whose offer, menu and exits the others borrow.
    pub(super) usual: Arc<Flow>,
    /// Where the caller goes back to from the usual flow.
    pub(super) frame: Option<Frame>,
    pub(super) caller: Caller,
    pub(super) place: usize,
    pub(super) doing: Doing,
    pub(super) values: BTreeMap<Arc<str>, Arc<str>>,
    /// What is to be said together with the next thing.
    pub(super) before: Vec<Phrase>,
    /// How the caller waits; kept while an exit is followed.
    hold: Option<Hold>,
    /// How the offer of a callback stands.
    offers: Offers,
    /// The caller has taken the offer, when it stood: what was offered is kept.
    pub(super) opened: bool,
    /// Where the queue leads who begins to wait.
    overflow: Option<Exit>,
    /// Whether a callback may be asked for at this moment.
    pub(super) open: bool,
    /// How long the caller will wait, in minutes.
    wait_now: Option<(u64, u64)>,
    /// Where the caller stands in the queue, from 1.
    place_now: Option<u32>,
    /// The request is durable: the caller has left the queue.
    pub(super) promised: bool,
    /// An ask is unanswered. It stays so after the step gave up waiting for the reply.
    asked: bool,
    /// A prompt plays whose end is to be reported.
    speaking: bool,
    pub(super) deadline: Option<Deadline>,
    pub(super) typed_ahead: VecDeque<Key>,
    pub(super) outputs: VecDeque<Output>,
}

impl FlowScript {
    /// Begins with the first step of `flow`. The usual flow is the one that others borrow from; it
    /// may be the same.
    pub fn new(
        settings: impl Into<Arc<Settings>>,
        (flow, usual): (Arc<Flow>, Arc<Flow>),
        caller: Caller,
        line: &str,
        language: &str,
        now: Mono,
    ) -> FlowScript {
        let settings = settings.into();
        let values = known(&settings, &caller, line, language);
        let mut script = FlowScript {
            settings,
            flow,
            usual,
            frame: None,
            offers: if caller.offer_spoken { Offers::Spoken } else { Offers::Unspoken },
            caller,
            place: 0,
            doing: Doing::Nothing,
            values,
            before: Vec::new(),
            hold: None,
            opened: false,
            overflow: None,
            open: true,
            wait_now: None,
            place_now: None,
            promised: false,
            asked: false,
            speaking: false,
            deadline: None,
            typed_ahead: VecDeque::new(),
            outputs: VecDeque::new(),
        };
        script.run(now);
        script
    }

    /// Whether a callback may be asked for from now on: to be said before each input. While it may
    /// not, none is offered.
    pub fn set_open(&mut self, open: bool) {
        self.open = open;
    }

    /// How long the caller will wait, in minutes: half of those who wait so wait no longer than the
    /// first, four in five no longer than the second. None while it is not known, or endless. To be
    /// said before each input; it is told only to a [`Caller`] who is to hear it.
    pub fn set_wait(&mut self, minutes: Option<(u64, u64)>) {
        self.wait_now = minutes;
    }

    /// Where the caller stands in the queue, 1 is the head: to be said before each input. It is
    /// told only to a [`Caller`] who is to hear it.
    pub fn set_place(&mut self, place: Option<u32>) {
        self.place_now = place;
    }

    /// Where the queue leads who would begin to wait now: to be said before each input.
    pub fn set_overflow(&mut self, exit: Option<Exit>) {
        self.overflow = exit;
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
            Doing::Waiting => {
                self.leave_by_key(now, key);
            }
            Doing::Message if key == Key::HASH => self.message_over(now),
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
        if !std::mem::take(&mut self.speaking) {
            return;
        }
        self.deadline = None;
        match self.doing {
            Doing::Saying { next } => self.go_to(now, next),
            Doing::Digit { .. } | Doing::Value { .. } => self.wait_for_answer(now),
            Doing::Waiting => self.heard_in_queue(now),
            Doing::Promised { last: true } => self.hang_up(),
            Doing::Promised { last: false } => self.go_on(now),
            Doing::Inviting => self.record(now),
            Doing::Nothing
            | Doing::Reading { .. }
            | Doing::Promising
            | Doing::Message
            | Doing::Transferring
            | Doing::Over => {}
        }
    }

    /// A deadline came; too early is harmless.
    pub fn handle_timeout(&mut self, now: Mono) {
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
            Doing::Waiting => self.speak_offer(now),
            Doing::Promising => self.not_promised(now, Reply::NotAvailable),
            Doing::Message => self.message_over(now),
            Doing::Reading { .. } => self.handle_number(now, Err(NoNumber::NotANumber)),
            Doing::Nothing
            | Doing::Saying { .. }
            | Doing::Promised { .. }
            | Doing::Inviting
            | Doing::Transferring
            | Doing::Over => {}
        }
    }

    /// The next output, until there is none.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When the script wants [`FlowScript::handle_timeout`]. Absent when nothing of ours is
    /// awaited: music plays and no offer is to come, or the script is over.
    pub fn deadline(&self) -> Option<Deadline> {
        self.deadline
    }

    /// True while keys are digits of a number, which logs must not show.
    pub fn is_typing_number(&self) -> bool {
        matches!(self.doing, Doing::Value { .. })
    }

    /// The present step in a few words, for the live board.
    pub fn step(&self) -> &'static str {
        match self.doing {
            Doing::Waiting if self.begins_with_words() => "greeting",
            Doing::Waiting => "waiting",
            Doing::Nothing | Doing::Saying { .. } => "listening",
            Doing::Digit { .. } => "menu",
            Doing::Value { .. } | Doing::Reading { .. } => "entering a number",
            Doing::Promising => "promising",
            Doing::Promised { .. } => "promised",
            Doing::Inviting | Doing::Message => "leaving a message",
            Doing::Transferring => "being put through",
            Doing::Over => "over",
        }
    }

    pub(super) fn present(&self) -> Option<&Step> {
        self.flow.step(self.place)
    }

    pub(super) fn value(&self, name: &str) -> Arc<str> {
        if name == CALLBACKS {
            let off = self.offers == Offers::Off;
            let may = self.caller.callbacks && self.open && !self.promised && !off;
            return if may { "yes".into() } else { "".into() };
        }
        if name == PLACE {
            return self.place_now.map(|place| place.to_string()).unwrap_or_default().into();
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

    /// To a label, or to the next step without one.
    pub(super) fn go_or_on(&mut self, now: Mono, label: Option<Arc<str>>) {
        match label {
            Some(label) => self.go(now, &label),
            None => self.go_on(now),
        }
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
            let step = flow.step(self.place);
            if !self.before.is_empty() && step.is_none_or(Step::lets_finish) {
                let said = std::mem::take(&mut self.before);
                self.doing = Doing::Saying { next: self.place };
                return self.speak(now, said);
            }
            let Some(step) = step else { return self.hang_up() };
            if self.begins(now, step) {
                return;
            }
        }
        self.hang_up();
    }

    /// Begins with a step: true when it takes time, or leads on by itself.
    fn begins(&mut self, now: Mono, step: &Step) -> bool {
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
            Step::Count { into, to, go } => self.count(into, *to, go),
            Step::If { test, go } if self.holds(test) => self.place = self.flow.place(go),
            Step::If { .. } => self.place += 1,
            Step::Go { to } => self.place = self.flow.place(to),
            Step::Say { parts, joined: true } => {
                let said = self.phrases(parts);
                self.before.extend(said);
                self.place += 1;
            }
            Step::Say { parts, joined: false } => {
                let said = self.phrases(parts);
                return self.say(now, said);
            }
            Step::SayDigits { of } => {
                let said = digits(&self.value(of));
                return self.say(now, said);
            }
            Step::GetDigit { into, .. } => {
                self.write(into, "");
                self.begin_question(now, Doing::Digit { asks: 1 });
                return true;
            }
            Step::GetValue { into, .. } => {
                self.write(into, "");
                let nothing = Doing::Value { typed: Vec::new(), too_long: false, asks: 1 };
                self.begin_question(now, nothing);
                return true;
            }
            Step::Queue { .. } => return self.wait_in_queue(now),
            Step::Offers(offers) => {
                self.offers = *offers;
                self.place += 1;
            }
            Step::Callback { number, .. } => {
                let number = self.value(number);
                self.call_back(now, &number);
                return true;
            }
            Step::Message { say, .. } => {
                self.invite(now, say.clone());
                return true;
            }
            Step::Transfer { to, otherwise } => return self.put_through(to, otherwise),
            Step::Offer => self.offer(),
            Step::Record(on) => {
                self.outputs.push_back(Output::Ask(Ask::Recording { on: *on }));
                self.place += 1;
            }
            Step::Asks(asks) => {
                self.outputs.push_back(Output::Ask(Ask::Asks(asks.clone())));
                self.place += 1;
            }
            Step::HangUp => {
                self.hang_up();
                return true;
            }
        }
        false
    }

    fn holds(&self, test: &Test) -> bool {
        let value = self.value(&test.of);
        let is = match &test.is {
            Some(text) => value == *text,
            None => !value.is_empty(),
        };
        is != test.not
    }

    fn count(&mut self, into: &Arc<str>, to: Limit, go: &str) {
        let to = match to {
            Limit::To(times) => times,
            Limit::Entries => self.settings.entries_max,
        };
        let so_far: u8 = self.value(into).parse().unwrap_or(0);
        let counted = so_far.saturating_add(1);
        self.write(into, &counted.to_string());
        self.place = if counted >= to { self.flow.place(go) } else { self.place + 1 };
    }

    /// What is said, in the words of this moment.
    fn phrases(&self, parts: &[Part]) -> Vec<Phrase> {
        let said = parts.iter().flat_map(|part| match part {
            Part::Clip(Phrase::Greeting) => vec![self.caller.greeting.clone()],
            Part::Clip(phrase) => vec![phrase.clone()],
            Part::Digits(of) => digits(&self.value(of)),
            Part::Number(of) => number(&self.value(of)),
            Part::Time(of) => time(&self.value(of)),
            Part::Exits => self.exit_phrases(),
        });
        said.collect()
    }

    /// Says something to its end, then goes on; false where there is nothing to be said.
    pub(super) fn say(&mut self, now: Mono, phrases: Vec<Phrase>) -> bool {
        let mut said = std::mem::take(&mut self.before);
        said.extend(phrases);
        if said.is_empty() {
            self.place += 1;
            return false;
        }
        self.doing = Doing::Saying { next: self.place + 1 };
        self.speak(now, said);
        true
    }

    pub(super) fn hang_up(&mut self) {
        self.doing = Doing::Over;
        self.deadline = None;
        self.outputs.push_back(Output::Ask(Ask::HangUp));
    }

    pub(super) fn speak(&mut self, now: Mono, phrases: Vec<Phrase>) {
        self.play(phrases, false);
        self.speaking = true;
        self.wait(now, PROMPT_TIME_MAX, "end of a prompt");
    }

    /// Plays something in place of whatever plays: what was to be silent before need not be.
    pub(super) fn play(&mut self, phrases: Vec<Phrase>, repeat: bool) {
        self.outputs.retain(|output| *output != Output::Stop);
        self.outputs.push_back(Output::Play { phrases, repeat });
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

/// What is known of a caller from the beginning.
fn known(
    settings: &Settings,
    caller: &Caller,
    line: &str,
    language: &str,
) -> BTreeMap<Arc<str>, Arc<str>> {
    let number = caller.own_number.map(|number| number.reveal()).unwrap_or_default();
    let where_set = |set: bool| if set { number.as_str() } else { "" };
    let opens = match settings.offer_opens {
        OfferOpens::Menu => "menu",
        OfferOpens::Promise => "promise",
    };
    let known = [
        (CALLER_NUMBER, number.as_str()),
        (HASH_NUMBER, where_set(settings.hash_is_own_number)),
        (MESSAGE_NUMBER, where_set(settings.message_calls_back)),
        (OFFER_OPENS, opens),
        ("line", line),
        ("language", language),
    ];
    known.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// A value as it is spoken.
fn digits(value: &str) -> Vec<Phrase> {
    if let Ok(number) = E164::parse(value) {
        return spoken(&number);
    }
    let digits = value.bytes().filter(u8::is_ascii_digit);
    digits.map(|byte| Phrase::Digit(byte - b'0')).collect()
}

/// A value as one number; digit by digit where it is none, or too great.
fn number(value: &str) -> Vec<Phrase> {
    let whole = Some(value).filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()));
    match whole.and_then(|value| value.parse().ok()).filter(|number| *number <= NUMBER_MAX) {
        Some(number) => vec![Phrase::Number(number)],
        None => digits(value),
    }
}

/// A value as a time of day: `15:05`, or `1505` as it is typed; digit by digit where it is none.
fn time(value: &str) -> Vec<Phrase> {
    let typed = value.split_at_checked(value.len().saturating_sub(2));
    let parts = value.split_once(':').or(typed);
    let is_short = |text: &str| text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit());
    let number = |text: &str| text.parse::<u16>().ok().filter(|_| is_short(text));
    match parts.and_then(|(hour, minute)| Some((number(hour)?, number(minute)?))) {
        Some((hour @ 0..24, minute @ 0..60)) => vec![Phrase::Clock(hour * 60 + minute)],
        Some(_) | None => digits(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written_and_typed() {
        for (value, minutes) in [("15:05", 905), ("9:00", 540), ("0930", 570), ("930", 570)] {
            assert_eq!(time(value), [Phrase::Clock(minutes)], "{value}");
        }
        for value in ["24:00", "1260", "5", "+1:+2", "12345", "é", ""] {
            assert_eq!(time(value), digits(value), "{value}");
        }
        assert_eq!(number("207"), [Phrase::Number(207)]);
        assert_eq!(number("1000000"), digits("1000000"));
        assert_eq!(number("+33155500100"), digits("+33155500100"));
    }
}
