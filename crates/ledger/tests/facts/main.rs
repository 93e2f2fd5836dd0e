//! The journal's format, and what follows from the facts.

mod crash_table;
mod format;
mod samples;
