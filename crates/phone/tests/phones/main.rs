//! Phones on a virtual wire.

mod any_bytes;
mod persons;
mod stories;
mod wire;
