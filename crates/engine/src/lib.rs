//! Where SIP, media, script and queue meet: calls, legs, bridges.
//!
//! One closed enum goes in ([`Input`]), one comes out ([`Output`]); [`Engine::handle`] one input,
//! drain [`Engine::poll`] to `None`, then read [`Engine::deadline`]. The engine never fails on what
//! the wire says, and never touches the world.

mod caller;
mod dial;
mod engine;
mod io;
mod leg;
mod offer;
mod operator;
mod ports;
mod protection;
mod records;
mod settings;
mod switchboard;
mod timers;

pub use engine::{Engine, Start};
pub use io::{Command, Leg, LegRole};
pub use io::{CommandError, Done, Input, JournalState, Output, Status};
pub use operator::CallView;
pub use settings::{
    Agent, Answering, CallbackTarget, CallerIdentity, Line, MediaSettings, Settings, Srtp, Timings,
    Trunk,
};
