//! Phones on a virtual wire.

mod any_bytes;
mod persons;
mod registers;
mod stories;
mod wire;
