//! What operators switch off and on while the engine runs.

use std::fmt;

use model::{LineName, QueueName};
use serde::{Deserialize, Serialize};

/// What is switched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// Callbacks may be asked for.
    Registering,
    /// Those that were asked for are dialled.
    Processing,
}

/// Of whom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// One line.
    Line(LineName),
    /// One queue.
    Queue(QueueName),
    /// Every line and every queue.
    Engine,
}

/// Which of the three switches that a callback has was off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OffBy {
    /// That of its line.
    Line,
    /// That of its queue.
    Queue,
    /// That of the whole engine.
    Engine,
}

impl fmt::Display for OffBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OffBy::Line => "its line",
            OffBy::Queue => "its queue",
            OffBy::Engine => "the whole engine",
        })
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Line(line) => write!(f, "line {line}"),
            Part::Queue(queue) => write!(f, "queue {queue}"),
            Part::Engine => f.write_str("the whole engine"),
        }
    }
}
