//! The few calls into the C library that no safe crate offers.
//!
//! Everything else in this workspace forbids `unsafe`. What is here is small, has a safe face, and
//! says at each block why it is sound. See ADR 0010.

mod arrival;
mod counting;
mod heap;
mod time;

pub use arrival::{Received, receive, stamp_arrivals};
pub use counting::Counting;
pub use heap::give_back_memory;
pub use time::clock_is_synchronized;
