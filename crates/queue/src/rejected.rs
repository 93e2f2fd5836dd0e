//! Why a command would not be carried out.

use std::fmt;

use ledger::{LEVEL_MAX, NEEDS_MAX, Part, REASON_BYTES_MAX, TAGS_MAX, WORD_BYTES_MAX};
use model::{AgentName, LineName, QueueName, RequestId};

use crate::{LISTS_MAX, Unfit};

/// Why a command would not be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejected {
    /// No open request has this id.
    UnknownRequest(RequestId),
    /// No agent has this name.
    UnknownAgent(AgentName),
    /// No queue has this name.
    UnknownQueue(QueueName),
    /// The settings switch it off, so that no command can switch it on.
    OffBySettings(Part),
    /// The agent is in no wrap-up.
    NoWrapUp(AgentName),
    /// The reason of a status is empty, too long, or has more than one line.
    BadReason,
    /// No line has this name.
    UnknownLine(LineName),
    /// The line has no number to call back from.
    NoCallbacks(LineName),
    /// The number is not called.
    Unfit(Unfit),
    /// More tags than are kept, or longer words.
    TooMuch,
    /// That time is past.
    InThePast,
    /// That time is further ahead than [`crate::AHEAD_MAX`].
    TooFarAhead,
    /// Settings with more new names than one run takes.
    TooManyNames,
    /// The request is not in a state in which this can be done.
    WrongState {
        /// Which request.
        request: RequestId,
        /// Its state, in words.
        state: String,
    },
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rejected::UnknownRequest(request) => write!(f, "no open request is called {request}"),
            Rejected::UnknownAgent(agent) => write!(f, "no agent is called {agent}"),
            Rejected::UnknownQueue(queue) => write!(f, "no queue is called {queue}"),
            Rejected::OffBySettings(of) => {
                write!(f, "the settings switch it off for {of}: change them, then `rappel reload`")
            }
            Rejected::NoWrapUp(agent) => write!(f, "{agent} is in no wrap-up"),
            Rejected::BadReason => {
                write!(f, "a reason is one line of at most {REASON_BYTES_MAX} bytes")
            }
            Rejected::UnknownLine(line) => write!(f, "no line is called {line}"),
            Rejected::NoCallbacks(line) => {
                write!(f, "the line {line} has no outbound_number to call back from")
            }
            Rejected::Unfit(why) => write!(f, "this number is not called: {why}"),
            Rejected::TooMuch => write!(
                f,
                "at most {TAGS_MAX} tags, and {WORD_BYTES_MAX} bytes in one line for each of them, \
                 for a script and for a key; at most {NEEDS_MAX} skills, of {LISTS_MAX} different \
                 lists at once; a priority of at most {LEVEL_MAX}"
            ),
            Rejected::InThePast => f.write_str("that time is past"),
            Rejected::TooFarAhead => f.write_str("that is more than a year ahead"),
            Rejected::TooManyNames => {
                f.write_str("so many names have come and gone since the start: start anew")
            }
            Rejected::WrongState { request, state } => write!(f, "{request} is {state}"),
        }
    }
}

impl std::error::Error for Rejected {}
