//! Shared words: time, typed ids, names, keys, E.164 numbers and seeded randomness.
//!
//! Everything here is a plain value. Nothing asks the clock, the network or the dice: the present
//! ([`Now`]) and the generator ([`Entropy`]) are made by a roof and handed down.

mod e164;
mod entropy;
mod ids;
mod key;
mod moment;
mod number_format;
mod redacted;
mod time;

pub use e164::{E164, NotE164};
pub use entropy::Entropy;
pub use ids::{
    AgentName, AttemptId, CallId, LanguageTag, LineName, OfferId, PersonId, PortId, QueueName,
    RecordingId, RequestId, Seq, TrunkName,
};
pub use key::Key;
pub use number_format::NumberFormat;
pub use redacted::Redacted;
pub use time::{Deadline, Mono, Now, Wall};
