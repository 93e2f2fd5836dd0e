//! What a flow is made of.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use model::Key;

use crate::Phrase;

/// One thing that a flow does. After it comes the next one, unless it says otherwise; after the
/// last the call is ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing: a place to jump to.
    Mark,
    /// Says something.
    Say {
        /// One after the other.
        parts: Vec<Part>,
        /// It is said together with what is said next, and a key that means something there
        /// interrupts both. Else it is said to its end, and what is typed meanwhile answers the
        /// next question.
        joined: bool,
    },
    /// Asks for one key.
    GetDigit {
        /// The variable that it is written to.
        into: Arc<str>,
        /// The keys that answer.
        keys: Vec<Key>,
        /// Keys that lead elsewhere, looked at before those that answer.
        exits: Exits,
        /// How it is asked.
        asking: Asking,
    },
    /// Asks for several keys, until a hash or a pause.
    GetValue {
        /// The variable that they are written to.
        into: Arc<str>,
        /// Which are right.
        kind: ValueKind,
        /// What a hash alone means.
        empty: Option<Empty>,
        /// What is said of wrong ones, when they do not lead elsewhere.
        wrong: Phrase,
        /// Where wrong ones lead, in place of being asked for again.
        bad: Option<Arc<str>>,
        /// Where a number leads that is not called.
        refused: Option<Arc<str>>,
        /// How it is asked.
        asking: Asking,
    },
    /// Says a value digit by digit.
    SayDigits {
        /// The variable.
        of: Arc<str>,
    },
    /// Writes a value down.
    Set {
        /// The variable.
        into: Arc<str>,
        /// What is written.
        to: Value,
    },
    /// Adds one to a variable, and jumps once it has come so far.
    Count {
        /// The variable; what is no number counts as none.
        into: Arc<str>,
        /// How far.
        to: Limit,
        /// Where to.
        go: Arc<str>,
    },
    /// Jumps when a test holds.
    If {
        /// The test.
        test: Test,
        /// Where to.
        go: Arc<str>,
    },
    /// Jumps.
    Go {
        /// Where to.
        to: Arc<str>,
    },
    /// Has the caller wait for an agent, in the queue of the line. A caller who was there before
    /// has kept the place. An agent who is free takes the caller here, and at any other step.
    Queue {
        /// Keys that lead out of the music.
        exits: Exits,
        /// The offer of a callback is spoken, with the other ways out; those that the step does not
        /// name are the usual flow's.
        offer: bool,
        /// What is said in place of the offer, at its times.
        say: Option<Phrase>,
    },
    /// How the offer of a callback stands from now on, on this call.
    Offers(Offers),
    /// Promises a callback: what was promised is durable before it is said. What follows is said
    /// to a caller who has left the queue.
    Callback {
        /// The variable with the number.
        number: Arc<str>,
        /// The sentence that binds us; the line's when absent.
        say: Option<Phrase>,
        /// Where a caller goes who is not promised one.
        refusals: Refusals,
    },
    /// Has the caller leave a message after a tone, and leave the queue for it. It ends with hash,
    /// after its longest time, or when the caller hangs up.
    Message {
        /// What is said before the tone, in place of the usual.
        say: Option<Phrase>,
        /// The variable with the number that is to be called back about it; nobody when absent.
        call_back: Option<Arc<str>>,
    },
    /// Puts the caller through to somebody. Who waits in the queue does so until that one answers.
    Transfer {
        /// Whom, as the operator wrote it; the operator of the line when absent.
        to: Option<Arc<str>>,
        /// Where a caller goes whom nobody answers; the next step when absent.
        otherwise: Option<Arc<str>>,
    },
    /// Offers a callback by the usual menu, where one may be asked for. Who takes it hears the
    /// promise, and the call ends; for who does not, the next step follows.
    Offer,
    /// Whether the caller's conversation is recorded, whatever the draw would say.
    Record(bool),
    /// Says whom the caller needs, and who stands behind, from the time that the caller waits.
    Asks(Asks),
    /// Ends the call.
    HangUp,
}

/// A piece of what is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A prompt.
    Clip(Phrase),
    /// The value of a variable, digit by digit.
    Digits(Arc<str>),
    /// The value of a variable as one number.
    Number(Arc<str>),
    /// The value of a variable as a time of day.
    Time(Arc<str>),
    /// The keys of the step that lead to a message and to the operator.
    Exits,
}

/// Keys that lead out of a step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exits {
    /// By the key.
    pub keys: BTreeMap<Key, Arc<str>>,
    /// By what the key is for: [`crate::Settings`] says which one it is. A queue that overflows
    /// leads there too.
    pub named: BTreeMap<Way, Arc<str>>,
}

impl Exits {
    /// Where they lead.
    pub fn labels(&self) -> impl Iterator<Item = &Arc<str>> {
        self.keys.values().chain(self.named.values())
    }
}

/// What a key is for that leads out of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// A callback.
    Offer,
    /// A message.
    Message,
    /// The operator of the line.
    Operator,
}

/// How the offer of a callback stands on a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offers {
    /// It is spoken and its key works.
    Spoken,
    /// The key works.
    Unspoken,
    /// Neither: none may be asked for.
    Off,
}

/// Where a caller goes who is not promised a callback. Without a label of its own each is said,
/// and leads to `otherwise`; without that, to the next step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refusals {
    /// A request for the number waits already.
    pub already: Option<Arc<str>>,
    /// The number is not called.
    pub refused: Option<Arc<str>>,
    /// It could not be made, or not in time.
    pub unavailable: Option<Arc<str>>,
    /// The others.
    pub otherwise: Option<Arc<str>>,
}

/// What a hash alone means, in place of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Empty {
    /// The variable whose value it stands for; nothing while that is empty.
    pub of: Arc<str>,
    /// Where it leads; the next step when absent.
    pub go: Option<Arc<str>>,
}

/// How far something is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// So far.
    To(u8),
    /// To [`crate::Settings::entries_max`].
    Entries,
}

/// What a caller asks for, beside what the line and its queue do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asks {
    /// Skills of the agent, each with its least level.
    pub skills: Vec<(Arc<str>, u8)>,
    /// The priority, in place of the line's.
    pub priority: Option<u8>,
}

/// How a question is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// The question; a key that answers interrupts it. May be empty.
    pub question: Vec<Part>,
    /// How long an answer is waited for, from the end of the question;
    /// [`crate::Settings::choice_time`] when absent.
    pub wait: Option<Duration>,
    /// How often it is asked; [`crate::Settings::asks_max`] when absent.
    pub tries: Option<u8>,
    /// Where a caller goes who does not answer; the next step when absent. The variable is empty
    /// then.
    pub otherwise: Option<Arc<str>>,
}

/// Which values are right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// An international number, typed with 00 or a star for the plus.
    Number,
    /// So many digits.
    Digits {
        /// At least.
        least: u8,
        /// At most; with the last of them the value is complete.
        most: u8,
    },
}

/// What is written to a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// This text.
    Text(Arc<str>),
    /// The value of another variable.
    Of(Arc<str>),
}

/// A question about a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// The variable.
    pub of: Arc<str>,
    /// What it is compared with: this text, or "not empty".
    pub is: Option<Arc<str>>,
    /// The opposite is asked.
    pub not: bool,
}

impl Step {
    /// Says these prompts, to their end.
    pub fn say(phrases: impl IntoIterator<Item = Phrase>) -> Step {
        Step::Say { parts: phrases.into_iter().map(Part::Clip).collect(), joined: false }
    }

    /// Whether the caller is asked for something here, or waits for somebody.
    pub fn is_input(&self) -> bool {
        match self {
            Step::GetDigit { .. }
            | Step::GetValue { .. }
            | Step::Queue { .. }
            | Step::Message { .. } => true,
            Step::Mark
            | Step::Say { .. }
            | Step::SayDigits { .. }
            | Step::Set { .. }
            | Step::Count { .. }
            | Step::If { .. }
            | Step::Go { .. }
            | Step::Offers(_)
            | Step::Callback { .. }
            // Nobody may answer, or nothing be offered, in no time.
            | Step::Transfer { .. }
            | Step::Offer
            | Step::Record(_)
            | Step::Asks(_)
            | Step::HangUp => false,
        }
    }

    /// Where it may jump to.
    pub fn jumps(&self) -> Vec<&Arc<str>> {
        match self {
            Step::GetDigit { exits, asking, .. } => {
                exits.labels().chain(&asking.otherwise).collect()
            }
            Step::GetValue { empty, bad, refused, asking, .. } => {
                let empty = empty.as_ref().and_then(|empty| empty.go.as_ref());
                let elsewhere = empty.into_iter().chain(bad).chain(refused);
                elsewhere.chain(&asking.otherwise).collect()
            }
            Step::Callback { refusals, .. } => {
                let Refusals { already, refused, unavailable, otherwise } = refusals;
                already.iter().chain(refused).chain(unavailable).chain(otherwise).collect()
            }
            Step::Transfer { otherwise, .. } => otherwise.iter().collect(),
            Step::If { go, .. } | Step::Count { go, .. } => vec![go],
            Step::Go { to } => vec![to],
            Step::Queue { exits, .. } => exits.labels().collect(),
            Step::Mark
            | Step::Say { .. }
            | Step::SayDigits { .. }
            | Step::Set { .. }
            | Step::Offers(_)
            | Step::Message { .. }
            | Step::Offer
            | Step::Record(_)
            | Step::Asks(_)
            | Step::HangUp => vec![],
        }
    }

    /// Whether the next step may follow it.
    pub(crate) fn falls_through(&self) -> bool {
        // From the queue only an exit, an agent or the usual menu leads on.
        !matches!(self, Step::Go { .. } | Step::HangUp | Step::Queue { .. })
    }

    /// Whether what was to be said with the next thing is said to its end before it: it says
    /// nothing itself, or nothing that may be interrupted.
    pub(crate) fn lets_finish(&self) -> bool {
        matches!(self, Step::Callback { .. } | Step::Transfer { .. } | Step::HangUp)
    }

    /// The variable that it writes.
    pub(crate) fn writes(&self) -> Option<&Arc<str>> {
        match self {
            Step::GetDigit { into, .. }
            | Step::GetValue { into, .. }
            | Step::Count { into, .. }
            | Step::Set { into, .. } => Some(into),
            Step::Mark
            | Step::Say { .. }
            | Step::SayDigits { .. }
            | Step::If { .. }
            | Step::Go { .. }
            | Step::Queue { .. }
            | Step::Offers(_)
            | Step::Callback { .. }
            | Step::Message { .. }
            | Step::Transfer { .. }
            | Step::Offer
            | Step::Record(_)
            | Step::Asks(_)
            | Step::HangUp => None,
        }
    }

    /// The variables that it reads.
    pub(crate) fn reads(&self) -> Vec<&Arc<str>> {
        let said = self.parts().iter().filter_map(|part| match part {
            Part::Digits(of) | Part::Number(of) | Part::Time(of) => Some(of),
            Part::Clip(_) | Part::Exits => None,
        });
        let own = match self {
            Step::SayDigits { of } => Some(of),
            Step::Set { to: Value::Of(of), .. } => Some(of),
            Step::If { test, .. } => Some(&test.of),
            Step::Callback { number, .. } => Some(number),
            Step::GetValue { empty, .. } => empty.as_ref().map(|empty| &empty.of),
            Step::Message { call_back, .. } => call_back.as_ref(),
            Step::Mark
            | Step::Say { .. }
            | Step::GetDigit { .. }
            | Step::Set { to: Value::Text(_), .. }
            | Step::Count { .. }
            | Step::Go { .. }
            | Step::Queue { .. }
            | Step::Offers(_)
            | Step::Transfer { .. }
            | Step::Offer
            | Step::Record(_)
            | Step::Asks(_)
            | Step::HangUp => None,
        };
        said.chain(own).collect()
    }

    /// How it asks, when it asks.
    pub(crate) fn asking(&self) -> Option<&Asking> {
        match self {
            Step::GetDigit { asking, .. } | Step::GetValue { asking, .. } => Some(asking),
            Step::Mark
            | Step::Say { .. }
            | Step::SayDigits { .. }
            | Step::Set { .. }
            | Step::Count { .. }
            | Step::If { .. }
            | Step::Go { .. }
            | Step::Queue { .. }
            | Step::Offers(_)
            | Step::Callback { .. }
            | Step::Message { .. }
            | Step::Transfer { .. }
            | Step::Offer
            | Step::Record(_)
            | Step::Asks(_)
            | Step::HangUp => None,
        }
    }

    fn parts(&self) -> &[Part] {
        match (self, self.asking()) {
            (Step::Say { parts, .. }, _) => parts,
            (_, Some(asking)) => &asking.question,
            (_, None) => &[],
        }
    }

    pub(super) fn phrases(&self) -> Vec<&Phrase> {
        let own = match self {
            Step::GetValue { wrong, .. } => Some(wrong),
            Step::Queue { say, .. } | Step::Callback { say, .. } | Step::Message { say, .. } => {
                say.as_ref()
            }
            Step::Mark
            | Step::Say { .. }
            | Step::GetDigit { .. }
            | Step::SayDigits { .. }
            | Step::Set { .. }
            | Step::Count { .. }
            | Step::If { .. }
            | Step::Go { .. }
            | Step::Offers(_)
            | Step::Transfer { .. }
            | Step::Offer
            | Step::Record(_)
            | Step::Asks(_)
            | Step::HangUp => None,
        };
        let said = self.parts().iter().filter_map(|part| match part {
            Part::Clip(phrase) => Some(phrase),
            Part::Digits(_) | Part::Number(_) | Part::Time(_) | Part::Exits => None,
        });
        said.chain(own).collect()
    }
}
