//! Session descriptions and offer/answer for one audio stream of G.711 or G.722.
//!
//! What it is: the reading of an offer or answer as it comes in the field, the choice of codec,
//! address and direction, and the text that we send. Lines are read and written by `sdp-types`;
//! what makes that reader stumble without meaning anything is cleaned away first.
//!
//! What it is not: no ports are opened here, no packets counted and none encrypted; ICE, DTLS,
//! video and codecs other than PCMU, PCMA and G722 are refused, media line by media line, or as a
//! whole by [`Refusal`].
//!
//! Obeys RFC 3264 (offer/answer), RFC 8866 (lines), RFC 3551 §6 (static payload types), RFC 4733
//! §2.4.1 and §7.1.1 (telephone-event), RFC 3389 §4 (comfort noise), RFC 3605
//! (`a=rtcp`), RFC 4568 (keys), RFC 8643 (keys that
//! may be ignored).

mod again;
mod audio;
mod clean;
mod crypto;
mod write;

use std::net::{Ipv4Addr, SocketAddr};

use audio::Audio;
use sdp_types::Session;

pub use crypto::{
    CRYPTO_BYTES_MAX, CRYPTO_LINES_MAX, Crypto, KEY_BYTES_MAX, Key, Keys, LIFETIME_MIN_EXPONENT,
    Srtp, Suite,
};

/// Most media lines of a description that is answered; each costs a line of the answer.
pub const MEDIA_LINES_MAX: usize = 32;

/// Most bytes of a description that is read: what one datagram can carry.
pub const DESCRIPTION_BYTES_MAX: usize = 65_535;

/// The payload type of telephone-event in our own offers.
pub const EVENT_PAYLOAD_TYPE: u8 = 101;

/// A codec that we speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Codec {
    /// G.711 µ-law, static payload type 0.
    Pcmu,
    /// G.711 A-law, static payload type 8.
    Pcma,
    /// G.722 at 64 kbit/s, static payload type 9; its clock rate is 8,000 (RFC 3551 §4.5.2).
    G722,
}

impl Codec {
    /// Its name in descriptions.
    pub fn name(self) -> &'static str {
        match self {
            Codec::Pcmu => "PCMU",
            Codec::Pcma => "PCMA",
            Codec::G722 => "G722",
        }
    }

    /// Its static payload type (RFC 3551 §6).
    pub fn payload_type(self) -> u8 {
        match self {
            Codec::Pcmu => 0,
            Codec::Pcma => 8,
            Codec::G722 => 9,
        }
    }
}

/// What a stream may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speaks<'a> {
    /// The codecs, the most wanted first: our offers have them in this order, and our answers take
    /// the first that is offered. None means [`CODECS_OFFERED`] in offers; answers then take
    /// whichever G.711 the far end prefers, and G.722 where it has nothing else.
    pub codecs: &'a [Codec],
    /// Whether keys may come and go as telephone-event.
    pub events: bool,
}

impl Speaks<'_> {
    /// No wishes: every codec, and telephone-event.
    pub const ALL: Speaks<'static> = Speaks { codecs: &[], events: true };
}

/// What our offers have when nobody asked for anything else.
pub const CODECS_OFFERED: [Codec; 2] = [Codec::Pcma, Codec::Pcmu];

/// What offer and answer say together, seen from our side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    /// Where our RTP goes. Its address is unspecified (`0.0.0.0`) in the old form of hold; then
    /// `send` is false.
    pub remote: SocketAddr,
    /// Where our RTCP goes: `a=rtcp`, or else the next port.
    pub rtcp: SocketAddr,
    /// RTCP goes and comes by the ports of RTP: the far end offered it (RFC 5761).
    pub rtcp_mux: bool,
    /// The codec, both ways.
    pub codec: Codec,
    /// Its payload type, as the far end numbers it.
    pub payload_type: u8,
    /// The payload type of telephone-event, as the far end numbers it; absent when not agreed.
    pub event_payload_type: Option<u8>,
    /// The payload type of comfort noise (RFC 3389), where the far end has one that is not 13.
    pub comfort_noise: Option<u8>,
    /// The longest packet that goes to the far end, in milliseconds from 10 on: its `maxptime`, or
    /// its `ptime` where that is less and not under 20; absent where it says neither.
    pub packet_ms_max: Option<u16>,
    /// False while the far end asked us not to send.
    pub send: bool,
    /// False while the far end does not send.
    pub receive: bool,
    /// The keys of SRTP; absent when the stream is not protected.
    pub crypto: Option<Box<Crypto>>,
}

/// An answer and what it agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The answer, for the body of the response.
    pub sdp: Vec<u8>,
    /// What it agreed.
    pub stream: Agreed,
}

/// Why there is no agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The text is not a session description.
    Malformed,
    /// There are more media lines than [`MEDIA_LINES_MAX`], or bytes than
    /// [`DESCRIPTION_BYTES_MAX`].
    TooLarge,
    /// No media line is audio, or every one has port 0.
    NoAudio,
    /// Audio is offered only over a transport that we do not speak, or by our settings not here.
    NoCommonTransport,
    /// SRTP is required here, and no keys are offered.
    Unprotected,
    /// SRTP is offered, and none of its keys can be taken.
    NoCommonKeys,
    /// Audio is offered only in codecs that we do not speak.
    NoCommonCodec,
    /// The audio has no address that we can send to: a host name, a multicast group, the other
    /// address family, or none.
    NoAddress,
}

impl Refusal {
    /// The status of the response that refuses an offer (RFC 3261 §13.3.1.3, §21.4.26).
    pub fn status(self) -> u16 {
        match self {
            Refusal::Malformed => 400,
            Refusal::TooLarge
            | Refusal::NoAudio
            | Refusal::NoCommonTransport
            | Refusal::Unprotected
            | Refusal::NoCommonKeys
            | Refusal::NoCommonCodec
            | Refusal::NoAddress => 488,
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Refusal::Malformed => "the session description is malformed",
            Refusal::TooLarge => "the session description is too large",
            Refusal::NoAudio => "no audio is offered",
            Refusal::NoCommonTransport => "audio is offered only over a transport not spoken here",
            Refusal::Unprotected => "SRTP is required here and is not offered",
            Refusal::NoCommonKeys => "SRTP is offered in no suite that is spoken here",
            Refusal::NoCommonCodec => "no codec is offered that is spoken here",
            Refusal::NoAddress => "the audio has no address that can be sent to",
        })
    }
}

impl std::error::Error for Refusal {}

/// Who we are in a description: where we receive RTP, and the session's name and version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Local<'a> {
    /// Where we receive RTP.
    pub address: SocketAddr,
    /// Names the session in our `o=` line for as long as the dialog lives.
    pub id: u64,
    /// Counts our descriptions in this dialog: one more than the last whenever the text differs
    /// from it (RFC 3264 §8).
    pub version: u64,
    /// Whether the stream is to be protected; the keys stay for as long as the dialog lives.
    pub srtp: Srtp<'a>,
    /// What the stream may carry; the same for as long as the dialog lives.
    pub speaks: Speaks<'a>,
}

/// Answers an offer.
///
/// # Errors
/// There is nothing to agree on.
pub fn answer(offer: &[u8], local: &Local<'_>) -> Result<Answered, Refusal> {
    let offer = read(offer)?;
    let (at, audio) = choose(&offer, local, None)?;
    let mut answer = write::session(local);
    answer.times = offer.times.clone();
    for (line, media) in offer.medias.iter().enumerate() {
        answer.medias.push(match line == at {
            true => write::accepted(media, local.address, &audio),
            false => write::refused(media),
        });
    }
    Ok(Answered { sdp: write::print(&answer), stream: audio.agreed() })
}

/// Our offer: our codecs and telephone-event 101, both directions.
pub fn offer(local: &Local<'_>) -> Vec<u8> {
    let mut session = write::session(local);
    session.medias.push(write::offered(local));
    write::print(&session)
}

/// Our offer within a dialog that has been described: `ours` is our last description, `theirs` the
/// far end's. The lines stay in their places (RFC 3264 §8), ours with its profile, its keys and the
/// payload types that the far end knows; it offers again what a new call would be offered (RFC 3261
/// §14.2), and first what runs.
pub fn offer_again(local: &Local<'_>, ours: &[u8], theirs: &[u8]) -> Vec<u8> {
    let Ok(last) = read(ours) else { return offer(local) };
    let Some(at) = again::voice(&last) else { return offer(local) };
    let theirs = read(theirs).ok();
    let known = theirs.as_ref().and_then(|theirs| theirs.medias.get(at));
    let mut session = write::session(local);
    session.times = last.times.clone();
    for (line, media) in last.medias.iter().enumerate() {
        session.medias.push(match line == at {
            true => again::offered(local, media, known),
            false => write::refused(media),
        });
    }
    write::print(&session)
}

/// Reads the answer to an offer of ours.
///
/// A payload type that the answer does not explain means what it meant in the offer. A codec that
/// the offer did not have is not agreed. `srtp` is as it was for the offer.
///
/// # Errors
/// The answer refuses the stream, or is malformed.
pub fn agree(offer: &[u8], answer: &[u8], srtp: Srtp<'_>) -> Result<Agreed, Refusal> {
    let offer = read(offer)?;
    let answer = read(answer)?;
    let offered = again::voice(&offer).map(|at| &offer.medias[at]).ok_or(Refusal::NoAudio)?;
    // Our offers have one address; the family that is preferred among several does not matter.
    let any = Ipv4Addr::UNSPECIFIED.into();
    let address = audio::address(&offer, offered, any).ok_or(Refusal::NoAddress)?;
    let local = Local { address, id: 0, version: 0, srtp, speaks: Speaks::ALL };
    let (_, audio) = choose(&answer, &local, Some((&offer, offered)))?;
    Ok(audio.agreed())
}

fn read(bytes: &[u8]) -> Result<Session, Refusal> {
    if bytes.len() > DESCRIPTION_BYTES_MAX {
        return Err(Refusal::TooLarge);
    }
    let session = Session::parse(&clean::clean(bytes)).map_err(|_| Refusal::Malformed)?;
    match session.medias.len() {
        0..=MEDIA_LINES_MAX => Ok(session),
        _ => Err(Refusal::TooLarge),
    }
}

/// The first audio line that can be agreed on, or the first with keys when both kinds are offered.
/// When none can, the refusal of the one that came furthest.
fn choose(
    session: &Session,
    local: &Local<'_>,
    ours: Option<(&Session, &sdp_types::Media)>,
) -> Result<(usize, Audio), Refusal> {
    let mut refusal = Refusal::NoAudio;
    let mut plain = None;
    for (line, media) in session.medias.iter().enumerate() {
        match audio::read(session, media, local, ours) {
            Ok(audio) if local.srtp == Srtp::Off || audio.is_protected() => {
                return Ok((line, audio));
            }
            Ok(audio) => plain = plain.or(Some((line, audio))),
            Err(next) => refusal = furthest(refusal, next),
        }
    }
    plain.ok_or(refusal)
}

fn furthest(one: Refusal, other: Refusal) -> Refusal {
    let rank = |refusal| match refusal {
        Refusal::Malformed | Refusal::TooLarge | Refusal::NoAudio => 0,
        Refusal::NoCommonTransport => 1,
        Refusal::Unprotected => 2,
        Refusal::NoCommonKeys => 3,
        Refusal::NoCommonCodec => 4,
        Refusal::NoAddress => 5,
    };
    if rank(other) > rank(one) { other } else { one }
}
