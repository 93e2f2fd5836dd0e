//! The other roof: virtual clock, simulated network, people, and the oracles that judge.
//!
//! The whole engine stands inside, bytes in and bytes out, with its own media machine; the far end
//! is `phone`, which shares no message code with it. It does not know `server`.

mod carrier;
mod cues;
mod journal;
pub mod lab;
mod net;
mod oracle;
pub mod oracles;
mod people;
mod person;
mod trace;
mod world;

pub use cues::Cues;
pub use journal::{Disk, Journal};
pub use net::{Datagram, Net, UNDER_WAY_MAX, Weather};
pub use oracle::{About, Oracle, Seen, VERDICTS_MAX, Verdict};
pub use people::{AgentHabits, AgentPerson, CustomerHabits, CustomerPerson, Wish};
pub use person::{Hands, Person};
pub use trace::{LINES_MAX, Trace};
pub use world::{CrashAt, Event, Grain, Moment, World, WorldSettings};
