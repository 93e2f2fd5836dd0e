//! RTP, telephone-event and their bookkeeping.
//!
//! Plain values and counters for one stream each way: reading a packet, numbering what is sent,
//! counting what is heard, deciding whom to listen to, and folding the many packets of a key press
//! into one key. No sockets, no clock, no codec: RFC 3550 (RTP), RFC 3551 (the audio profile),
//! RFC 4733 (telephone-event), RFC 3711 and RFC 7714 (SRTP).

mod keys;
mod packet;
mod pressing;
mod reception;
mod relay;
pub mod rtcp;
mod sender;
mod source;
pub mod srtp;

pub use keys::{
    EventPayload, HISTORY, Heard, KEY_TIME_OUT, KeyReceiver, SEGMENTS_LOST_MAX, SOURCES_REMEMBERED,
    STALE_PACKETS,
};
pub use packet::{DATAGRAM_MAX, HEADER_LENGTH, Header, NotRtp, Packet};
pub use pressing::{ENDS, Pressing};
pub use reception::{Block, DROPOUT_MAX, MISORDER_MAX, Reception};
pub use relay::Relay;
pub use sender::Sender;
pub use source::{LEARN_AFTER, LEARN_STEP_MAX, LEARN_TIME, Source};

/// Units of an RTP timestamp in one second of telephone audio and of telephone-event.
pub const CLOCK_RATE: u32 = 8_000;

/// `elapsed` in timestamp units; wraps as timestamps do.
fn clock_units(elapsed: std::time::Duration) -> u32 {
    let nanos_per_unit = 1_000_000_000 / u128::from(CLOCK_RATE);
    // Timestamps are counted modulo 2^32, so the lower half is what is wanted.
    (elapsed.as_nanos() / nanos_per_unit) as u32
}

/// How far `sequence` is ahead of `of`: negative when it is behind. Sequence numbers wrap.
fn ahead(sequence: u16, of: u16) -> i32 {
    i32::from(sequence.wrapping_sub(of).cast_signed())
}
