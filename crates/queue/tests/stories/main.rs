//! The queue as stories: commands in, facts and events out, in text.
//!
//! A story is a script of one command a line (see `harness`); what is expected is the ladder of
//! everything the queue said. `UPDATE_EXPECT=1` rewrites the ladders: read the difference.

mod callers;
mod harness;
