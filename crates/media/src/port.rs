//! One port: its stream, its numbering, what it plays and what it hears.

use std::net::SocketAddr;

use model::{Mono, PortId};
use rtp::rtcp::{Reports, Sent};
use rtp::srtp::Refused;
use rtp::{DATAGRAM_MAX, Header, KeyReceiver, Reception, Relay, Sender, Source};

use crate::output::{Outputs, Reading, Written};
use crate::own::Own;
use crate::player::Player;
use crate::presser::Presser;
use crate::shield::Shield;
use crate::tap::Tapping;
use crate::tones::{Ear, Judgement, Pause};
use crate::transcode::Transcoder;
use crate::wheel::Seat;
use crate::{ClipId, Codec, FRAME_SAMPLES, Stream};

/// Samples of 10 ms: the lengths of packets are multiples of it.
const TEN_MS: usize = FRAME_SAMPLES / 2;

/// Comfort noise (RFC 3389): a sign of life, and nothing we play.
const COMFORT_NOISE: u8 = 13;

/// One port. It exists from `Open` on; it lives from the roof's "bound" on; it ends by `Close`.
#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) id: PortId,
    /// The roof has bound the socket.
    pub(crate) bound: bool,
    /// What offer and answer agreed, once they have, and whom to listen to by it.
    pub(crate) stream: Option<(Stream, Source)>,
    pub(crate) sender: Sender,
    pub(crate) player: Player,
    /// Presses keys, while there are any to press.
    pub(crate) presser: Option<Box<Presser>>,
    pub(crate) reception: Reception,
    pub(crate) keys: KeyReceiver,
    /// Listens for keys in the voice, where they are looked for.
    pub(crate) ear: Option<Box<Ear>>,
    /// Listens to who has answered, until that is known.
    pub(crate) judge: Option<Box<Judgement>>,
    /// Waits for the end of what is said, while that is wanted.
    pub(crate) pause: Option<Box<Pause>>,
    pub(crate) bridge: Option<Bridge>,
    /// The recording that hears what it hears.
    pub(crate) tap: Option<Tapping>,
    /// Its seat on the wheel, while it sends frames.
    pub(crate) seat: Option<Seat>,
    /// How the roof was told to read its socket.
    pub(crate) read: Reading,
    pub(crate) heard_at: Mono,
    /// The engine knows that it is silent.
    pub(crate) silent: bool,
    pub(crate) sent: Sent,
    /// Frames left out because the machine was woken too late.
    pub(crate) left_out: u64,
    /// RTCP, once the stream has begun.
    pub(crate) reports: Option<Reports>,
    /// Where RTCP of the far end's host came from last: it may be behind a translator.
    pub(crate) control_source: Option<SocketAddr>,
    /// The last packet was comfort noise: the far end says nothing while nobody speaks there.
    pub(crate) suppressed: bool,
    /// The far end has said good-bye in RTCP, and nothing came of it since.
    pub(crate) left: bool,
    /// The keys, once there were any; in use while the stream has some.
    shield: Option<Box<Shield>>,
    /// Packets that were not authentic.
    pub(crate) not_authentic: u64,
    /// Authentic packets that were heard before, or are too old to tell.
    pub(crate) replayed: u64,
}

/// The other side of a bridge, as one port sees it.
#[derive(Debug)]
pub(crate) struct Bridge {
    /// The other port, by index.
    pub(crate) other: u32,
    /// From the other's numbers to this port's.
    pub(crate) relay: Relay,
    /// From the other's codec to this port's.
    pub(crate) transcoder: Transcoder,
    /// The event heard here at present began on the bridge, so the other side hears it.
    pub(crate) carries_event: bool,
    /// What this side hears while the other holds.
    pub(crate) on_hold: Option<ClipId>,
    /// What it hears of us in place of the other.
    pub(crate) own: Own,
}

/// What a packet carries, by its payload type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carried {
    Audio(Codec),
    TelephoneEvent,
    ComfortNoise,
}

impl Port {
    pub(crate) fn new(id: PortId, sender: Sender) -> Port {
        Port {
            id,
            bound: false,
            stream: None,
            sender,
            player: Player::default(),
            presser: None,
            reception: Reception::new(),
            keys: KeyReceiver::new(),
            ear: None,
            judge: None,
            pause: None,
            bridge: None,
            tap: None,
            seat: None,
            read: Reading::OnArrival,
            heard_at: Mono::ZERO,
            silent: false,
            sent: Sent::default(),
            left_out: 0,
            reports: None,
            control_source: None,
            suppressed: false,
            left: false,
            shield: None,
            not_authentic: 0,
            replayed: 0,
        }
    }

    /// Offer and answer agreed, for the first time or anew.
    pub(crate) fn connect(&mut self, now: Mono, agreed: Stream) {
        if let Some(keys) = &agreed.secure {
            let keys = keys.as_ref().clone();
            match &mut self.shield {
                Some(shield) => shield.agree(now, keys),
                None => self.shield = Some(Box::new(Shield::new(keys))),
            }
        }
        match &mut self.stream {
            Some((stream, source)) => {
                source.negotiate(agreed.remote);
                *stream = agreed;
            }
            None => {
                let source = Source::new(agreed.remote);
                self.stream = Some((agreed, source));
            }
        }
        let tones = self.stream.as_ref().is_some_and(|(stream, _)| stream.tones);
        self.ear = self.ear.take().filter(|_| tones).or_else(|| tones.then(Box::default));
        self.heard_at = now;
        self.silent = false;
    }

    /// Whether its packets are SRTP.
    pub(crate) fn is_secure(&self) -> bool {
        self.stream.as_ref().is_some_and(|(stream, _)| stream.secure.is_some())
    }

    /// Makes a packet of a secure stream readable, in `room`.
    pub(crate) fn unprotect<'a>(
        &mut self,
        now: Mono,
        bytes: &[u8],
        room: &'a mut [u8; DATAGRAM_MAX],
    ) -> Result<&'a [u8], Refused> {
        let Some(shield) = &mut self.shield else { return Err(Refused::NotAuthentic) };
        let packet = room.get_mut(..bytes.len()).ok_or(Refused::Malformed)?;
        packet.copy_from_slice(bytes);
        let length = shield.unprotect(now, packet)?;
        Ok(&packet[..length])
    }

    /// Protects a packet that is to go out, when the stream is secure. After a refusal it must not
    /// be sent.
    pub(crate) fn protect(
        &mut self,
        outputs: &mut Outputs,
        packet: &mut Written,
    ) -> Result<(), Refused> {
        match &mut self.shield {
            Some(shield) if self.stream.as_ref().is_some_and(|(s, _)| s.secure.is_some()) => {
                outputs.protect(packet, &mut shield.outgoing)
            }
            _ => Ok(()),
        }
    }

    /// As [`Port::unprotect`], for an RTCP packet.
    pub(crate) fn unprotect_control<'a>(
        &mut self,
        now: Mono,
        bytes: &[u8],
        room: &'a mut [u8; DATAGRAM_MAX],
    ) -> Result<&'a [u8], Refused> {
        let Some(shield) = &mut self.shield else { return Err(Refused::NotAuthentic) };
        let packet = room.get_mut(..bytes.len()).ok_or(Refused::Malformed)?;
        packet.copy_from_slice(bytes);
        let length = shield.unprotect_control(now, packet)?;
        Ok(&packet[..length])
    }

    /// As [`Port::protect`], for an RTCP packet.
    pub(crate) fn protect_control(
        &mut self,
        outputs: &mut Outputs,
        packet: &mut Written,
    ) -> Result<(), Refused> {
        match &mut self.shield {
            Some(shield) if self.stream.as_ref().is_some_and(|(s, _)| s.secure.is_some()) => {
                outputs.protect_control(packet, &mut shield.outgoing)
            }
            _ => Ok(()),
        }
    }

    /// Whether it should send frames of its own.
    pub(crate) fn wants_seat(&self) -> bool {
        let waits = self.bridge.is_none() || self.own() != Own::Nothing;
        self.bound && self.stream.is_some() && waits
    }

    /// How its socket is to be read: with each frame while it sends some and nobody waits for what
    /// has come.
    pub(crate) fn reading(&self) -> Reading {
        let sends =
            self.stream.as_ref().is_some_and(|(stream, to)| stream.reaches(to.destination()));
        let alone = self.bridge.is_none();
        if self.seat.is_some() && sends && alone {
            Reading::WithEachFrame
        } else {
            Reading::OnArrival
        }
    }

    /// Whether packets are due from the far end.
    pub(crate) fn listens(&self) -> bool {
        self.bound && self.stream.as_ref().is_some_and(|(stream, _)| stream.receive)
    }
}

impl Stream {
    /// Whether packets may go to `to`: the far end wants them, and has an address (0.0.0.0 was the
    /// hold of RFC 2543).
    pub(crate) fn reaches(&self, to: SocketAddr) -> bool {
        self.send && !to.ip().is_unspecified() && to.port() != 0
    }

    /// What a packet of `payload_type` carries; `None` when nothing was agreed about it. The
    /// static types are understood even when only another was agreed: they cannot mean anything
    /// else, and some far ends answer with one and send the other.
    pub(crate) fn carried(&self, payload_type: u8) -> Option<Carried> {
        if Some(payload_type) == self.event_payload_type {
            return Some(Carried::TelephoneEvent);
        }
        if payload_type == self.payload_type {
            return Some(Carried::Audio(self.codec));
        }
        if Some(payload_type) == self.comfort_noise {
            return Some(Carried::ComfortNoise);
        }
        match payload_type {
            0 => Some(Carried::Audio(Codec::Pcmu)),
            8 => Some(Carried::Audio(Codec::Pcma)),
            9 => Some(Carried::Audio(Codec::G722)),
            COMFORT_NOISE => Some(Carried::ComfortNoise),
            _ => None,
        }
    }

    /// How long the packets are, in samples, in which so many go to the far end.
    pub(crate) fn packet_of(&self, samples: usize) -> usize {
        let Some(ms) = self.packet_ms_max else { return samples };
        let most = usize::from(ms / 10).max(1) * TEN_MS;
        let packets = samples.div_ceil(most).max(1);
        samples.div_ceil(packets).next_multiple_of(TEN_MS)
    }

    /// The payload type under which `carried` goes to this stream's far end, if it takes it.
    pub(crate) fn payload_type_for(&self, carried: Carried) -> Option<u8> {
        match carried {
            Carried::Audio(_) => Some(self.payload_type),
            Carried::TelephoneEvent => self.event_payload_type,
            Carried::ComfortNoise => None,
        }
    }
}

/// How many samples a packet lasts.
pub(crate) fn samples_of(carried: Carried, payload: &[u8]) -> u32 {
    match carried {
        // One byte a sample; a datagram is far shorter than u32.
        Carried::Audio(_) => payload.len() as u32,
        Carried::TelephoneEvent => {
            rtp::EventPayload::read(payload).map_or(0, |event| event.duration.into())
        }
        Carried::ComfortNoise => 0,
    }
}

/// A packet accepted at one port of a bridge, for the other.
pub(crate) struct Relayed<'a> {
    pub(crate) header: Header,
    pub(crate) carried: Carried,
    pub(crate) payload: &'a [u8],
}
