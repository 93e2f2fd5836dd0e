//! What agents want, as facts name it, and who said so.

use serde::{Deserialize, Serialize};

/// Longest reason of a status, in bytes.
pub const REASON_BYTES_MAX: usize = 64;

/// What a person wants. (What the system does with the agent is the agent's state.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentStatus {
    /// Takes work.
    Online,
    /// Logged in, takes no work for the moment.
    Away,
    /// Takes what colleagues hand on, and nothing else.
    TransferOnly,
    /// Not there.
    Offline,
}

/// By which way somebody said what an agent wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaidBy {
    /// By a command: the API, or `rappel agent status`.
    Command,
    /// By a feature code, dialled from the agent's own phone.
    FeatureCode,
    /// By the engine, as its settings say.
    Engine,
}

/// True for a reason that is kept: a short text in one line.
pub fn is_reason(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= REASON_BYTES_MAX && !text.chars().any(char::is_control)
}
