//! The real roof: driver loop, sockets, media threads, journal, live board.
//!
//! Everything that touches the world is here: the clock, the sockets, the threads, the files. It
//! decides nothing about calls. It carries inputs to the engine and outputs to where they belong.

pub mod clock;
pub mod journal;
pub mod prompts;
