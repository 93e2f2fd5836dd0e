//! Flows: what an operator has callers hear and press, as a list of steps.
//!
//! A flow is made of [`Step`]s, some with a label to jump to. [`Flow::new`] takes none that could
//! strand a caller: every label that is jumped to exists, every variable that is read is set
//! somewhere, and no loop goes round without asking the caller anything or having the caller wait.
//! [`FlowScript`] leads one caller through it.

mod check;
mod leading;
mod run;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use model::Key;

use crate::Phrase;

pub use check::Flaw;
pub use run::FlowScript;

/// Most steps of a flow.
pub const STEPS_MAX: usize = 500;

/// Most characters of a value that a flow writes down.
pub const VALUE_LENGTH_MAX: usize = 64;

/// What is known of every caller: such a variable can be read, and not set.
pub const KNOWN: [&str; 4] = [CALLER_NUMBER, CALLBACKS, "language", "line"];

/// The international number that the caller calls from; empty without one.
pub(crate) const CALLER_NUMBER: &str = "caller.number";
/// "yes" while a callback may be asked for.
pub(crate) const CALLBACKS: &str = "callbacks";

/// A checked list of steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    name: Arc<str>,
    steps: Vec<Step>,
    labels: BTreeMap<Arc<str>, usize>,
}

/// A step, and how others jump to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    /// Its label.
    pub label: Option<Arc<str>>,
    /// What is done.
    pub step: Step,
}

/// One thing that a flow does. After it comes the next one, unless it says otherwise; after the
/// last the call is ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing: a place to jump to.
    Mark,
    /// Says something, to its end. What is typed meanwhile answers the next question.
    Say(Vec<Phrase>),
    /// Asks for one key.
    GetDigit {
        /// The variable that it is written to.
        into: Arc<str>,
        /// The keys that answer.
        keys: Vec<Key>,
        /// How it is asked.
        asking: Asking,
    },
    /// Asks for several keys, until a hash or a pause.
    GetValue {
        /// The variable that they are written to.
        into: Arc<str>,
        /// Which are right.
        kind: ValueKind,
        /// The variable whose value a hash alone stands for.
        empty: Option<Arc<str>>,
        /// What is said of wrong ones.
        wrong: Phrase,
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
    /// has kept the place.
    Queue {
        /// Keys that lead out of the music.
        exits: BTreeMap<Key, Arc<str>>,
        /// The offer of a callback is spoken, and its key opens the menu.
        offer: bool,
        /// What is said in place of the offer, at its times.
        say: Option<Phrase>,
    },
    /// Promises a callback. What follows is said to a caller who has left the queue.
    Callback {
        /// The variable with the number.
        number: Arc<str>,
        /// The sentence that binds us; the line's when absent.
        say: Option<Phrase>,
        /// Where a caller goes who is not promised one.
        otherwise: Option<Arc<str>>,
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
        /// Whom, as the operator wrote it.
        to: Arc<str>,
        /// Where a caller goes whom nobody answers; the next step when absent.
        otherwise: Option<Arc<str>>,
    },
    /// Offers a callback by the built-in menu, where one may be asked for. Who takes it hears the
    /// promise, and the call ends; for who does not, the next step follows.
    Offer,
    /// Whether the caller's conversation is recorded, whatever the draw would say.
    Record(bool),
    /// Says whom the caller needs, and who stands behind, from the time that the caller waits.
    Asks(Asks),
    /// Ends the call.
    HangUp,
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
    pub question: Vec<Phrase>,
    /// How long an answer is waited for, from the end of the question.
    pub wait: Duration,
    /// How often it is asked.
    pub tries: u8,
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

impl Flow {
    /// Takes the steps in.
    ///
    /// # Errors
    /// Everything that is wrong with them, in their order.
    pub fn new(name: &str, steps: Vec<Labelled>) -> Result<Flow, Vec<Flaw>> {
        let flaws = check::flaws(&steps);
        if !flaws.is_empty() {
            return Err(flaws);
        }
        let named = |(place, step): (usize, &Labelled)| Some((step.label.clone()?, place));
        let labels = steps.iter().enumerate().filter_map(named).collect();
        let steps = steps.into_iter().map(|labelled| labelled.step).collect();
        Ok(Flow { name: name.into(), steps, labels })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The steps that no caller can come to, by their places from 0.
    pub fn unreachable(&self) -> Vec<usize> {
        check::unreachable(&self.steps, &self.labels)
    }

    /// Every phrase that its steps name.
    pub fn phrases(&self) -> impl Iterator<Item = &Phrase> {
        self.steps.iter().flat_map(Step::phrases)
    }

    /// The step with this label: a checked flow jumps to no other.
    pub(crate) fn place(&self, label: &str) -> usize {
        self.labels.get(label).copied().unwrap_or(self.steps.len())
    }

    pub(crate) fn step(&self, place: usize) -> Option<&Step> {
        self.steps.get(place)
    }
}

impl Step {
    /// Whether the caller is asked for something here, or waits for somebody.
    pub fn is_input(&self) -> bool {
        match self {
            Step::GetDigit { .. }
            | Step::GetValue { .. }
            | Step::Queue { .. }
            | Step::Message { .. } => true,
            Step::Mark
            | Step::Say(_)
            | Step::SayDigits { .. }
            | Step::Set { .. }
            | Step::If { .. }
            | Step::Go { .. }
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
            Step::GetDigit { asking, .. } | Step::GetValue { asking, .. } => {
                asking.otherwise.iter().collect()
            }
            Step::Callback { otherwise, .. } | Step::Transfer { otherwise, .. } => {
                otherwise.iter().collect()
            }
            Step::If { go, .. } => vec![go],
            Step::Go { to } => vec![to],
            Step::Queue { exits, .. } => exits.values().collect(),
            Step::Mark
            | Step::Say(_)
            | Step::SayDigits { .. }
            | Step::Set { .. }
            | Step::Message { .. }
            | Step::Offer
            | Step::Record(_)
            | Step::Asks(_)
            | Step::HangUp => vec![],
        }
    }

    /// Whether the next step may follow it.
    pub(crate) fn falls_through(&self) -> bool {
        match self {
            // From the queue only an exit, an agent or the built-in menu leads on.
            Step::Go { .. } | Step::HangUp | Step::Queue { .. } => false,
            Step::Mark
            | Step::Say(_)
            | Step::GetDigit { .. }
            | Step::GetValue { .. }
            | Step::SayDigits { .. }
            | Step::Set { .. }
            | Step::If { .. }
            | Step::Message { .. }
            | Step::Transfer { .. }
            | Step::Offer
            | Step::Record(_)
            | Step::Asks(_)
            | Step::Callback { .. } => true,
        }
    }

    /// The variable that it writes.
    pub(crate) fn writes(&self) -> Option<&Arc<str>> {
        match self {
            Step::GetDigit { into, .. } | Step::GetValue { into, .. } | Step::Set { into, .. } => {
                Some(into)
            }
            Step::Mark
            | Step::Say(_)
            | Step::SayDigits { .. }
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

    /// The variables that it reads.
    pub(crate) fn reads(&self) -> Option<&Arc<str>> {
        match self {
            Step::SayDigits { of } => Some(of),
            Step::Set { to: Value::Of(of), .. } => Some(of),
            Step::If { test, .. } => Some(&test.of),
            Step::Callback { number, .. } => Some(number),
            Step::GetValue { empty, .. } => empty.as_ref(),
            Step::Message { call_back, .. } => call_back.as_ref(),
            Step::Mark
            | Step::Say(_)
            | Step::GetDigit { .. }
            | Step::Set { to: Value::Text(_), .. }
            | Step::Go { .. }
            | Step::Queue { .. }
            | Step::Transfer { .. }
            | Step::Offer
            | Step::Record(_)
            | Step::Asks(_)
            | Step::HangUp => None,
        }
    }

    fn phrases(&self) -> Vec<&Phrase> {
        match self {
            Step::Say(phrases) => phrases.iter().collect(),
            Step::GetDigit { asking, .. } => asking.question.iter().collect(),
            Step::GetValue { asking, wrong, .. } => asking.question.iter().chain([wrong]).collect(),
            Step::Queue { say, .. } | Step::Callback { say, .. } | Step::Message { say, .. } => {
                say.iter().collect()
            }
            Step::Mark
            | Step::SayDigits { .. }
            | Step::Set { .. }
            | Step::If { .. }
            | Step::Go { .. }
            | Step::Transfer { .. }
            | Step::Offer
            | Step::Record(_)
            | Step::Asks(_)
            | Step::HangUp => vec![],
        }
    }
}
