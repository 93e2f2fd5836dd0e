//! Ports, prompt player and bridge, as one machine.
//!
//! A port is one local RTP address: what is played there, what is heard there, and with which other
//! port it is bridged. The machine is told of packets and of time; it gives packets and events. It
//! knows RTP and audio, and nothing of SIP or of the queue.

mod command;

pub use command::{ClipId, Codec, Command, Event, PlayId, Repeat, Stream};
