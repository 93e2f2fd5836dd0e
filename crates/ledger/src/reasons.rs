//! Why the queue decided as it did: who was passed over, who was not offered a callback, whose wish
//! was not taken. With the numbers that decided, so that nobody has to guess them afterwards.

use std::fmt;

use model::{AgentName, CallId, RequestId, TrunkName, Wall};
use serde::{Deserialize, Serialize};

use crate::{Need, OffBy};

/// Most of those passed over whom one fact names; beyond it they are counted.
pub const PASSED_MAX: usize = 8;

/// One who stands in the queue, or did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// A caller on the line.
    Call(CallId),
    /// A callback request.
    Request(RequestId),
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Holder::Call(call) => call.fmt(f),
            Holder::Request(request) => request.fmt(f),
        }
    }
}

/// Why this work was offered to this agent, and not another one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Because {
    /// By which rule.
    #[serde(default)]
    pub rule: Chosen,
    /// Who stood before it and was passed over, the first one first; at most [`PASSED_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed: Vec<Passed>,
    /// How many more stood before it and are not named: some of them were being served.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub beyond: u32,
}

impl Because {
    /// The oldest arrival, and nobody was passed over.
    pub fn is_plain(&self) -> bool {
        *self == Because::default()
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The rule by which an agent was offered a work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chosen {
    /// The agent free for longest got the first in the order that it may be offered.
    #[default]
    Oldest,
    /// It is for this agent before all others: the line prefers the agent, or the agent handled
    /// the customer last.
    Wanted,
    /// It is this agent's own.
    Owner,
    /// Others are rung for it already, and nothing was left for this agent alone.
    RingsAlong,
}

/// One who was passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// Who.
    #[serde(flatten)]
    pub who: Holder,
    /// Why.
    #[serde(flatten)]
    pub why: PassedBy,
}

/// Why somebody who stands before another was passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum PassedBy {
    /// The next attempt is not due before then.
    DueLater {
        /// When.
        at: Wall,
    },
    /// A dial is in doubt: somebody has to say whether the customer was reached.
    InDoubt,
    /// The caller asked for a callback, which is being written.
    BeingWritten,
    /// Its line or queue is not set up to call back any more.
    LineGone,
    /// It asks for a skill that the agent does not have, or has too little of.
    LacksSkill {
        /// What it asks for.
        need: Need,
        /// What the agent has; 0 for nothing.
        has: u8,
    },
    /// It is kept for an agent who was free too.
    KeptFor {
        /// Who.
        agent: AgentName,
    },
    /// Another agent is to make it.
    OwnedBy {
        /// Who.
        agent: AgentName,
    },
    /// The agent declined or missed it, and is not asked again before then.
    Rests {
        /// Until when.
        until: Wall,
    },
    /// The trunk carries no more calls.
    NoChannel {
        /// Which.
        trunk: TrunkName,
    },
    /// The journal cannot be written, so that nobody may be dialled.
    JournalDown,
    /// The processing of callbacks is switched off.
    ProcessingOff {
        /// Of its line, or of its queue.
        by: OffBy,
    },
    /// The engine is to stop, and begins no callback any more.
    Draining,
}

/// Why a caller was not offered a callback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum Withheld {
    /// Callbacks are switched off for the line.
    SwitchedOff,
    /// The registering of callbacks is switched off.
    RegisteringOff {
        /// Of its line, or of its queue.
        by: OffBy,
    },
    /// The line has no number to call back from.
    NoOutboundNumber,
    /// No agent of the queue was online or away.
    NobodyThere,
    /// The queue was closed, or about to close.
    Closed,
    /// The caller stood near the head of the queue, and would be answered soon.
    NearHead {
        /// The place, 1 is the head.
        place: u32,
        /// It must be more than that.
        over: u32,
    },
    /// Too many callbacks were promised already.
    TooManyPending {
        /// How many waited.
        pending: u32,
        /// As many may.
        most: u32,
    },
    /// The estimated wait was too long to promise a callback today.
    WaitTooLong {
        /// It was, in seconds; absent when it was endless.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wait_secs: Option<u64>,
        /// It may be, in seconds.
        most_secs: u64,
    },
    /// There were agents enough for those who waited.
    EnoughAgents {
        /// So many waited.
        waiting: u32,
        /// So many agents took work.
        agents: u32,
        /// More than so many would have had to wait for each.
        over: u32,
    },
    /// Callbacks are offered to a share of the callers, and this one is not in it.
    NotInShare {
        /// The share.
        percent: u8,
    },
    /// No condition of overflow held.
    NoOverflow {
        /// How many waited, this caller included.
        waiting: u32,
        /// More than so many must wait.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waiting_over: Option<u32>,
        /// The estimated wait, in seconds; absent when it was not known, or endless.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wait_secs: Option<u64>,
        /// It must be more than so many seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wait_over_secs: Option<u64>,
    },
}

/// Why the customer of a request whose turn came is not called now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum Held {
    /// Customers are not called at this time of their day.
    OutsideHours,
    /// A cap of the day was reached.
    Capped {
        /// Its key in the settings.
        cap: String,
    },
}

/// Why a caller's wish to be called back was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum Untaken {
    /// A request for this number waited already.
    AlreadyWaiting {
        /// Which.
        request: RequestId,
        /// Its place, 1 is the head; absent while it waited for its time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<u32>,
    },
    /// The journal could not be written, so that nothing could be promised.
    JournalDown,
    /// The queue was at its limit, or too many asked for the same number at once.
    Full,
    /// An agent was answering the call already.
    NotWaiting,
    /// What was asked for is not to be had, in words.
    NotToBeHad {
        /// Why.
        why: String,
    },
}
