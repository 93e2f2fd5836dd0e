//! The other roof: virtual clock, simulated network, people, and the oracles that judge.
//!
//! The whole engine stands inside, bytes in and bytes out, with its own media machine; the far end
//! is `phone`, which shares no message code with it. It does not know `server`.

mod carrier;
pub mod conformance;
mod cues;
mod day;
mod journal;
pub mod lab;
mod ladder;
mod net;
mod oracle;
pub mod oracles;
pub mod past;
mod people;
mod person;
mod shelf;
mod soak;
mod trace;
mod world;

pub use carrier::Trouble;
pub use cues::Cues;
pub use day::{
    Answers, Change, Customers, Day, Guessed, Limits, Lived, Minute, Policy, Results, Series,
    Served, Span, Staff, Waits,
};
pub use journal::{Disk, Journal};
pub use ladder::ladder;
pub use net::{Datagram, Net, UNDER_WAY_MAX, Weather};
pub use oracle::{About, Oracle, Seen, VERDICTS_MAX, Verdict};
pub use people::{AgentHabits, AgentPerson, CustomerHabits, CustomerPerson, Wish};
pub use person::{Hands, Person};
pub use shelf::Shelf;
pub use soak::{Soaked, run_seed, soak};
pub use trace::{LINES_MAX, Trace};
pub use world::{CrashAt, Event, Grain, Mischief, Moment, Operation, World, WorldSettings};
