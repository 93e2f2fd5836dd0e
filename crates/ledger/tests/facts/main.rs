//! The journal's format, and what follows from the facts.

mod crash_table;
mod explained;
mod format;
mod samples;
