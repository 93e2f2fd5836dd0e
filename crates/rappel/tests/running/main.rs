//! Commands beside an engine that runs: real processes, real sockets.

mod doctor;
mod engine;
mod reload;
mod watch;
