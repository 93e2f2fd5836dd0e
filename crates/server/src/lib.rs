//! The real roof: driver loop, sockets, media threads, journal, live board.
//!
//! Everything that touches the world is here: the clock, the sockets, the threads, the files. It
//! decides nothing about calls. It carries inputs to the engine and outputs to where they belong.

pub mod agents;
mod board;
mod book;
pub mod checkup;
pub mod clock;
pub mod control;
mod desk;
mod dns;
mod driver;
pub mod journal;
mod kept;
pub mod ladder;
pub mod logging;
pub mod media;
mod notify;
mod os;
pub mod prompts;
pub mod recorder;
pub mod reel;
pub mod reload;
mod shared;
mod start;
mod tide;
mod trunks;
pub mod views;
mod wire;

pub use config::Bind;
pub use desk::Desk;
pub use driver::Told;
pub use notify::Notify;
pub use os::taken_ports;
pub use recorder::Recordings;
pub use start::{Roof, Running, StartError, serve};
pub use wire::{
    CONNECTIONS_MAX as SIP_CONNECTIONS_MAX, CONNECTIONS_PER_SOURCE_MAX, HANDSHAKES_MAX,
};
