//! SIP transactions, dialogs and INVITE sessions (RFC 3261), as one machine.
//!
//! The machine is told of datagrams, commands and time; it gives datagrams and [`Event`]s. Session
//! descriptions cross it as opaque bytes. It draws tags and branches from the generator that it is
//! given, and asks nobody for the time.

mod dialog;
mod event;
pub mod limits;
mod message;
mod session;
mod settings;
mod stack;
mod timer;
mod transaction;

pub use event::{Direction, Ended, Event, Invite, Invited, Output, SessionId, Wire};
pub use settings::{Peer, Settings, Source, Timers};
pub use stack::{Counters, Stack};
