//! Waiting callers, callback requests, agents, and the plan that joins them.
//!
//! The queue is spoken to only by [`Command`]s and speaks only by [`Event`]s, all of them plain
//! values: it knows neither SIP nor media, and may live in another process. It decides; the engine
//! carries out and reports back.

mod command;
mod settings;

pub use command::{AgentStatus, Command, Event, Order, Refusal, Work};
pub use settings::{AgentSettings, LineSettings, QueueSettings, Settings};
