//! The far end: a small SIP phone as a pure machine, for the simulator, the demo and socket tests.
//!
//! It reads and writes its SIP with rsip and shares no code with the engine's own message, stack,
//! RTP and audio crates: an engine that is tested only against its own parser agrees with itself.
//! What rsip cannot carry (IPv6 and `tel:` URIs, unknown methods, folded lines) is read and written
//! as literal text; the diary says which messages rsip refused or objected to.
//!
//! [`Phone`] has the five verbs of every machine: `handle_sip`, `handle_rtp`, `handle_timeout`,
//! `poll`, `deadline`. It calls, answers by its [`Answering`], sends one RTP frame per 20 ms,
//! presses keys by RFC 4733, and writes down what it saw and heard in its [`Diary`].
//!
//! A [`Person`] holds a phone and follows a [`Script`] in each call: callers, agents and customers.
//!
//! It registers, with digest authentication, when it is told to ([`Registrar`]).
//!
//! It is not a product: no authentication of calls, no TCP, no PRACK, no strict routing, no jitter
//! buffer, no adaptation to a bad network. It obeys RFC 3261 §9 (CANCEL), §10.2 (REGISTER), §12
//! (dialogs), §13 and §14 (INVITE and re-INVITE), §15 (BYE), §17 (retransmissions); RFC 3264 for
//! audio only; RFC 3550 §5.1; RFC 4733.

mod call;
mod desk;
mod diary;
mod g711;
mod heard;
mod line;
mod login;
mod person;
mod phone;
mod register;
mod script;
mod sdp;
mod settings;
mod srtp;
mod text;
mod tone;
mod transaction;
mod voicing;
mod wav;
mod wire;

pub use desk::{CallHandle, Ending, Output, PhoneEvent};
pub use diary::{
    CALLS_RECORDED_MAX, CallRecord, Diary, Entry, Fork, Heard, INVITES_MAX, Invites, MESSAGES_MAX,
    Side, Track, Way,
};
pub use line::{KEYS_QUEUED_MAX, KeyPress, Lost};
pub use person::Person;
pub use phone::{CALLS_MAX, PINGS_MAX, Phone, TooManyCalls};
pub use register::{RETRY, Registrar};
pub use script::{Outcome, STEPS_MAX, Script, Sign, Step};
pub use settings::{Answering, CallTo, Codec, Offer, PhoneSettings, Voice};
pub use tone::{goertzel, sine};
