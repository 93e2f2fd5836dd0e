//! Phones on a virtual wire.

mod any_bytes;
mod stories;
mod wire;
