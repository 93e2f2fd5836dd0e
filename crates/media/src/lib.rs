//! Ports, prompt player and bridge, as one machine.
//!
//! A port is one local RTP address: what is played there, what is heard there, and with which other
//! port it is bridged. The machine is told of packets and of time; it gives packets and events. It
//! knows RTP and audio, and nothing of SIP or of the queue.
//!
//! What a port sends (RFC 3550, RFC 3551, RFC 4733):
//!
//! ```text
//!   connected, nothing to play   silence, one frame every 20 ms: it keeps address translators open
//!                                and jitter buffers steady
//!   playing                      the clips, sample after sample without a gap between clips
//!   bridged                      the packets of the other port as they come; in their place what
//!                                is ordered to be played, or the music of a hold
//!   on hold (`send` is false)    nothing; what plays goes on unheard, so that a script still ends
//! ```
//!
//! A stream with keys is SRTP both ways: what is not authentic is not heard, and does not count as
//! a sign of life. On a bridge each side has its own keys, or none.
//!
//! Keys that are to be pressed go before all of these, each as telephone-event or as tones.
//!
//! What it hears: packets of the negotiated source only (see [`rtp::Source`]). Keys are reported
//! once a press, from telephone-event or, where that was not agreed, from tones in the voice; while
//! two ports are bridged keys are carried to the other side and not reported: a far end that has
//! not agreed on telephone-event hears each as tones.
//! The end of a press that began before the bridge is not carried, for it was meant for us.
//!
//! From music to a voice, and back, without a gap: frames of our own go on until the other side is
//! first heard, and its packet takes the number and the time after the last of them.
//!
//! A port with a [`Tap`] also hands what it hears to a recording, coded as it came: whoever writes
//! the recording lays it on a [`Tape`].
//!
//! Frames keep a steady beat whatever the roof does: a late frame is sent at once; a machine that
//! wakes more than [`LATE_MAX`] late leaves frames out, shows it in the timestamp and counts them.
//! No part of a prompt is lost by that: it goes on where it was.

mod catalog;
mod command;
mod digits;
mod machine;
mod output;
mod own;
mod player;
mod port;
mod presser;
mod shield;
mod tap;
mod tape;
mod tones;
mod transcode;
mod wheel;

pub use audio::answerer::Answerer;
pub use audio::music;
pub use catalog::Catalog;
pub use command::{ClipId, Codec, Command, Event, FarEnd, PlayId, Quality, Repeat, Rtcp, Stream};
pub use digits::{BadDigits, DIGITS_MAX, Digits, KEY_FRAMES, Step};
pub use machine::{
    Counts, Guest, LEFT_LIMIT, Media, PORTS_MAX, PortCounts, SILENCE_LIMIT, SUPPRESSED_LIMIT,
};
pub use output::{OUTPUTS_MAX, Output, PacketBytes, Reading};
pub use own::HANDOVER_FRAMES;
pub use player::CLIPS_PER_PLAY_MAX;
pub use rtp::srtp::{MasterKey, Suite};
pub use shield::{FORMER_KEY_TIME, FORMER_KEYS_MAX, Secure};
pub use tap::{Heard, Side, Tap};
pub use tape::{AHEAD_MAX, HOLD, Tape, TapeCounts};
pub use wheel::LATE_MAX;

/// Milliseconds of one frame that we send.
pub const FRAME_MS: u64 = 20;

/// Samples, and bytes in each codec, of one frame that we send.
pub const FRAME_SAMPLES: usize = 160;
