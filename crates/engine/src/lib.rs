//! Where SIP, media, script and queue meet: calls, legs, bridges.
//!
//! One closed enum goes in ([`Input`]), one comes out ([`Output`]); [`Engine::handle`] one input,
//! drain [`Engine::poll`] to `None`, then read [`Engine::deadline`]. The engine never fails on what
//! the wire says, and never touches the world.

mod caller;
mod channels;
mod dial;
mod engine;
mod feature;
mod forks;
mod io;
mod leg;
mod numbers;
mod offer;
mod operator;
mod parties;
mod phones;
mod places;
mod ports;
mod protection;
mod recorder;
mod recordings;
mod records;
mod reload;
mod screening;
mod settings;
mod switchboard;
mod telephones;
mod timers;
mod trunk;
mod trunks;
mod ways;
mod wishes;

pub use engine::{Engine, Start, queue_settings};
pub use feature::{Feature, FeatureCodes, REASONS_MAX};
pub use io::{Command, Leg, LegRole};
pub use io::{CommandError, Done, Input, JournalState, Output, Status};
pub use media::{BadDigits, DIGITS_MAX, Digits};
pub use numbers::{Explained, explain_number};
pub use operator::CallView;
pub use ports::rtp_ports;
pub use queue::Foresight;
pub use recorder::{Recorded, Recorder, Recording};
pub use recordings::RecordingSettings;
pub use reload::words as words_of_foresight;
pub use sdp::Codec;
pub use settings::{
    Acd, Agent, AgentPhone, Answering, Bridging, Destination, KeyWay, Line, LinePrompts, Meanwhile,
    MediaSettings, OfMachine, Settings, Speech, Srtp, Timings, Transfers,
};
pub use trunk::{
    CALLS_PER_SECOND_MAX, CallbackTarget, CallerIdentity, DialledFrom, Dials, Probing, ShownIn,
    Shows, Trunk, TrunkLimits, TrunkTarget, UriForm,
};
pub use trunks::{TargetChange, TargetView, TrunkView};
pub use ways::{TargetState, means};
pub use wishes::Wish;
