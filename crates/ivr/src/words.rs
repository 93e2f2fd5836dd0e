//! What passes between a caller's script and whoever runs it.

use std::sync::Arc;
use std::time::Duration;

use model::{E164, Key};

use crate::Phrase;
use crate::flow::Asks;
use crate::wait::TOLD_WAIT_MIN;

/// A prompt that has not been reported as played by then is taken as played, so that a lost report
/// strands nobody. Longer than any prompt.
pub const PROMPT_TIME_MAX: Duration = Duration::from_secs(300);

/// Most keys that are kept while a promise is being made; later ones are dropped.
pub const TYPED_AHEAD_MAX: usize = 32;

/// The caller of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The number that the caller calls from, when it is an international number.
    pub own_number: Option<E164>,
    /// Whether a callback may be offered on this call at all.
    pub callbacks: bool,
    /// Whether the offer is spoken; where it is not, its key still works.
    pub offer_spoken: bool,
    /// What is said first.
    pub greeting: Phrase,
    /// What offers the callback.
    pub offer: Phrase,
    /// The sentence that binds us.
    pub promised: Phrase,
    /// Whether the other ways out of the queue are spoken of; where they are not, their keys work.
    pub exits_spoken: bool,
    /// Whom the operator's key calls; without one it is no key.
    pub operator: Option<Arc<str>>,
    /// The estimated wait is told while the caller waits.
    pub tells_wait: bool,
    /// The longest wait that is told as a number, in minutes.
    pub wait_told_max: u32,
    /// The place in the queue is told while the caller waits.
    pub tells_place: bool,
}

impl Caller {
    /// A caller to whom callbacks are offered in the usual words.
    pub fn new(own_number: Option<E164>) -> Caller {
        Caller {
            own_number,
            callbacks: true,
            offer_spoken: true,
            greeting: Phrase::Greeting,
            offer: Phrase::Offer,
            promised: Phrase::Promised,
            exits_spoken: true,
            operator: None,
            tells_wait: false,
            wait_told_max: TOLD_WAIT_MIN,
            tells_place: false,
        }
    }
}

/// What the script says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Play this, in place of whatever plays.
    Play {
        /// One after the other.
        phrases: Vec<Phrase>,
        /// Round and round, and resumed where it was. Such a play does not end by itself.
        repeat: bool,
    },
    /// Be silent. The end of the stopped prompt is not to be reported.
    Stop,
    /// Something that others must do.
    Ask(Ask),
}

/// What the script wants of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Say which number these keys mean: answered by
    /// [`crate::flow::FlowScript::handle_number`], before any other input.
    Read {
        /// What was typed: digits, and `*`.
        typed: Vec<Key>,
    },
    /// Make the promise to call this number back, and tell what came of it.
    Promise {
        /// The number.
        number: E164,
    },
    /// Record what the caller says from now on: a message. The caller has left the queue.
    Record {
        /// Whom to call back about it, when that is wanted.
        call_back: Option<E164>,
    },
    /// The message is over.
    RecordEnd {
        /// False: nothing was said, and nothing is to be kept.
        kept: bool,
    },
    /// Whether the caller's conversation is to be recorded, whatever a draw would say.
    Recording {
        /// It is.
        on: bool,
    },
    /// Whom the caller needs, and before whom the caller stands, once waiting.
    Asks(Asks),
    /// Put the caller through to somebody, who may not answer: then [`Reply::NotReached`] is told.
    /// Who waits in the queue does so until then.
    Transfer {
        /// Whom, as the operator wrote it.
        to: Arc<str>,
    },
    /// Have the caller wait for an agent from now on; who waits already goes on doing so.
    Wait,
    /// The conversation is over: end the call. The last output.
    HangUp,
}

/// What came of [`Ask::Promise`], or of [`Ask::Transfer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// The request is durable.
    Promised,
    /// A request for this number waits already and keeps its place.
    AlreadyWaiting,
    /// It could not be made.
    NotAvailable,
    /// Whoever the caller was to be put through to did not answer.
    NotReached,
    /// This number is not called; another may be.
    NotCalled,
}

/// Why typed keys lead to no callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoNumber {
    /// They are no number.
    NotANumber,
    /// They are a number that is not called.
    NotCalled,
}

impl NoNumber {
    /// What the caller hears.
    pub(crate) fn phrase(self) -> Phrase {
        match self {
            NoNumber::NotANumber => Phrase::BadNumber,
            NoNumber::NotCalled => Phrase::NumberRefused,
        }
    }
}
