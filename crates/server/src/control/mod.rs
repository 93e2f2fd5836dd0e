//! The control socket: how the CLI speaks to the running engine.
//!
//! A unix socket that only its owner may open (0600), one JSON object a line each way. Questions
//! are answered from the live board and the book without touching the engine; commands go to the
//! driver and wait for the engine's reply.

mod client;
mod protocol;
mod socket;
mod trouble;

pub use client::{ANSWER_TIME, AskError, ask};
pub use protocol::{
    AgentView, AvailabilityView, Counters, LadderOf, OtherChannel, PhoneView, Presence,
    QUEUE_ENTRIES_LISTED_MAX, QueueEntry, QueueView, REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX,
    Request, Response, SlotView, StatusView, TargetView, TrunkView, WaitView,
};
pub(crate) use socket::{
    Asked, ControlSocket, answer, ask as ask_driver, serve as serve_control, stopping,
};
pub use socket::{CONNECTIONS_MAX, IDLE_TIME};
pub use trouble::Trouble;
