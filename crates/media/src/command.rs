//! What the engine tells a media machine, and what the machine tells the engine.

use std::net::SocketAddr;
use std::time::Duration;

use audio::answerer::Answerer;
use model::{Key, PortId};

use crate::{Digits, Secure, Tap};

/// A clip of the catalogue: one prompt, digit or piece of music, encoded once for every caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClipId(pub u32);

/// One `Play` of one port, so that its end is not taken for the end of an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlayId(pub u32);

/// An audio codec that we encode and decode ourselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Codec {
    /// G.711 µ-law, static payload type 0.
    Pcmu,
    /// G.711 A-law, static payload type 8.
    Pcma,
    /// G.722 at 64 kbit/s, static payload type 9. Like G.711 it has one byte for each unit of the
    /// timestamp (RFC 3551 §4.5.2), so places in clips mean the same in all three.
    G722,
}

/// What offer and answer agreed for one port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Where our packets go.
    pub remote: SocketAddr,
    /// Where RTCP goes.
    pub rtcp: Rtcp,
    /// The codec, both ways.
    pub codec: Codec,
    /// Its payload type on the wire.
    pub payload_type: u8,
    /// The payload type of telephone-event (RFC 4733), when agreed.
    pub event_payload_type: Option<u8>,
    /// The payload type of comfort noise (RFC 3389), where it is not 13.
    pub comfort_noise: Option<u8>,
    /// The longest packet that the far end takes, in milliseconds from 10 on; absent when it takes
    /// any.
    pub packet_ms_max: Option<u16>,
    /// Whether keys are looked for in the voice itself.
    pub tones: bool,
    /// False while the far end asked us not to send (`sendonly`, `inactive`).
    pub send: bool,
    /// False while the far end does not send (`recvonly`, `inactive`).
    pub receive: bool,
    /// The keys of SRTP; absent on a plain stream.
    pub secure: Option<Box<Secure>>,
}

/// Where a stream's RTCP goes, and comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rtcp {
    /// Between ports of its own: ours is the one after that of RTP, theirs is this.
    To(SocketAddr),
    /// Between the ports of RTP (RFC 5761).
    WithRtp,
}

/// How the stream of a port went, both ways (RFC 3550 §6.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quality {
    /// Packets lost on their way to us.
    pub lost: u64,
    /// Interarrival jitter of what we heard, at the end.
    pub jitter: Duration,
    /// Frames that were due and left out, because we woke more than [`crate::LATE_MAX`] late.
    pub left_out: u64,
    /// What the far end last told of what it heard from us; nothing when it sent no report.
    pub far: Option<FarEnd>,
}

/// What the far end told of our stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FarEnd {
    /// Packets lost on their way to it; negative when some came twice.
    pub lost: i32,
    /// Its interarrival jitter.
    pub jitter: Duration,
    /// There and back; nothing when it could not be measured.
    pub round_trip: Option<Duration>,
}

/// Whether a play begins again at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Played once; its end is an event.
    Once,
    /// Played round and round until stopped; started again later on the same port it resumes where
    /// it was. Never ends by itself.
    Forever,
}

/// An order of the engine. Orders for a port that is not open are ignored: the port closed while
/// the order was under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Bind `local`. Answered by [`Event::Opened`] or [`Event::OpenFailed`].
    Open {
        /// The port's name from now on.
        port: PortId,
        /// The address to bind.
        local: SocketAddr,
    },
    /// Offer and answer agreed, or agreed anew.
    Connect {
        /// The port.
        port: PortId,
        /// What was agreed.
        stream: Stream,
    },
    /// Play `clips` one after the other, without a gap, in place of whatever plays, and on a bridge
    /// in place of the other side, which is heard again at their end.
    Play {
        /// The port.
        port: PortId,
        /// The name of this play.
        play: PlayId,
        /// What to play, in order.
        clips: Vec<ClipId>,
        /// Once or for ever.
        repeat: Repeat,
    },
    /// Be silent from the next frame on. The stopped play gives no `PlayEnded`.
    Stop {
        /// The port.
        port: PortId,
    },
    /// The far end of a port pressed a key by another way than its media: whoever is bridged with
    /// it hears the key. Off a bridge it means nothing.
    Carry {
        /// The port.
        port: PortId,
        /// Which.
        key: Key,
    },
    /// Press keys, after those that are still to be pressed and before whatever plays. Answered by
    /// [`Event::Pressed`] when all are.
    Press {
        /// The port.
        port: PortId,
        /// The keys.
        digits: Digits,
    },
    /// Listen from now on to who has answered a call of ours. Answered by [`Event::Judged`], unless
    /// nothing is heard at all.
    Judge {
        /// The port.
        port: PortId,
    },
    /// Tell when nothing has been said at the port for so long, from now on; once. Answered by
    /// [`Event::Quiet`], unless the port closes or is bridged before.
    AwaitQuiet {
        /// The port.
        port: PortId,
        /// How long.
        quiet: Duration,
    },
    /// Relay packets between two ports, both ways. What plays at either goes on until the other
    /// side is first heard, for [`crate::HANDOVER_FRAMES`] at most, and gives no `PlayEnded`.
    Bridge {
        /// One port.
        one: PortId,
        /// The other.
        other: PortId,
        /// What a side hears again and again while the other one holds; none: what that one sends.
        on_hold: Option<ClipId>,
    },
    /// End the relay of `port` with whomever it is bridged.
    Unbridge {
        /// Either of the two ports.
        port: PortId,
    },
    /// Hand what the port hears to a recording from now on, in place of an earlier one; or no more.
    Tap {
        /// The port.
        port: PortId,
        /// To which recording.
        tap: Option<Tap>,
    },
    /// Release the port and its address. Answered by [`Event::Closed`].
    Close {
        /// The port.
        port: PortId,
    },
}

/// What a media machine reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The port is bound and may be named in an answer.
    Opened {
        /// The port.
        port: PortId,
    },
    /// The address could not be bound; the port does not exist.
    OpenFailed {
        /// The port.
        port: PortId,
    },
    /// The far end pressed a key. Exactly one event per key press.
    Key {
        /// The port.
        port: PortId,
        /// The key.
        key: Key,
    },
    /// A play of [`Repeat::Once`] came to its end; its last frame has been sent.
    PlayEnded {
        /// The port.
        port: PortId,
        /// Which play.
        play: PlayId,
    },
    /// Every key of [`Command::Press`] has been pressed.
    Pressed {
        /// The port.
        port: PortId,
    },
    /// It is known, as far as it can be, who has answered.
    Judged {
        /// The port.
        port: PortId,
        /// Who.
        answerer: Answerer,
    },
    /// Nothing has been said for as long as [`Command::AwaitQuiet`] says.
    Quiet {
        /// The port.
        port: PortId,
        /// Whether anything was said before.
        spoke: bool,
    },
    /// No packet has come for the silence limit, though the far end should send.
    Silent {
        /// The port.
        port: PortId,
    },
    /// The roof could not carry out an order for the port: what it does is not what was wanted, and
    /// its leg is to be ended.
    Lost {
        /// The port.
        port: PortId,
    },
    /// The port is released.
    Closed {
        /// The port.
        port: PortId,
        /// Packets sent.
        sent: u64,
        /// Packets received and accepted.
        received: u64,
        /// How they went.
        quality: Quality,
    },
}
