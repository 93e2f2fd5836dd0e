//! Commands beside an engine that runs: real processes, real sockets.

mod doctor;
mod engine;
mod events;
mod play;
mod reload;
mod watch;
