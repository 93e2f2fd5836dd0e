//! The queue as stories: commands in, facts and events out, in text.
//!
//! A story is a script of one command a line (see `harness`); what is expected is the ladder of
//! everything the queue said. `UPDATE_EXPECT=1` rewrites the ladders: read the difference.

mod agents;
mod callbacks;
mod callers;
mod calling;
mod harness;
mod kept;
mod losses;
mod offerable;
mod operators;
mod promises;
mod refused;
mod reloads;
mod remote;
mod reports;
mod restarts;
mod retries;
mod rings;
mod schedule;
mod screening;
mod skills;
mod switches;
mod taken;
mod talk;
mod timers;
mod transfers;
mod wanted;
mod wishes;
