//! One audio line of the far end: what it can do, where it is, and which way it flows.

use std::net::{IpAddr, SocketAddr};

use sdp_types::{Attribute, Connection, Media, Session};

use crate::crypto::{self, Crypto};
use crate::{Agreed, Codec, Local, Refusal, Srtp};

/// An audio line that can be agreed on.
#[derive(Debug, Clone)]
pub(crate) struct Audio {
    pub(crate) codec: Codec,
    pub(crate) payload_type: u8,
    pub(crate) event_payload_type: Option<u8>,
    comfort_noise: Option<u8>,
    packet_ms_max: Option<u16>,
    /// As the far end's text says, from its own side.
    pub(crate) direction: Direction,
    pub(crate) crypto: Option<Box<Crypto>>,
    remote: SocketAddr,
    rtcp: SocketAddr,
    pub(crate) rtcp_mux: bool,
}

/// Which way media flows, from the side of whoever writes it (RFC 3264 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Direction {
    pub(crate) sends: bool,
    pub(crate) receives: bool,
}

/// What a payload type stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Codec(Codec),
    Event,
    Unknown,
}

impl Format {
    /// The codec, when it is one that we speak.
    pub(crate) fn codec(self) -> Option<Codec> {
        match self {
            Format::Codec(codec) => Some(codec),
            Format::Event | Format::Unknown => None,
        }
    }
}

/// Milliseconds of each packet that is not carried over from somebody else.
const FRAME_MS: u16 = 20;

/// The shortest limit for packets that is kept, in milliseconds.
const PACKET_MS_MIN: u16 = 10;

/// How many payload types there are (RFC 3550 §5.1).
const PAYLOAD_TYPES: usize = 128;

/// Reads `media`. `ours` is our offer, when `media` answers it.
pub(crate) fn read(
    session: &Session,
    media: &Media,
    local: &Local<'_>,
    ours: Option<(&Session, &Media)>,
) -> Result<Audio, Refusal> {
    if media.media != "audio" || media.port == 0 {
        return Err(Refusal::NoAudio);
    }
    let offered = ours.map(|(_, offer)| offer);
    let crypto = protection(media, local.srtp, offered)?;
    let formats = formats(media, offered);
    let (payload_type, codec) = match offered {
        Some(offer) => answered_codec(&formats, offer),
        None => preferred(&formats, local.speaks.codecs),
    }
    .ok_or(Refusal::NoCommonCodec)?;
    let event = formats.iter().find(|(_, format)| *format == Format::Event);
    let event = event.filter(|_| local.speaks.events && may_answer(offered, Format::Event));
    let local = local.address;
    let remote = address(session, media, local.ip()).ok_or(Refusal::NoAddress)?;
    let mut direction = direction(session, media);
    if remote.ip().is_unspecified() {
        // Hold as RFC 2543 wrote it (RFC 3264 §8.4).
        direction.receives = false;
    } else if remote.is_ipv4() != local.is_ipv4() || !is_unicast(remote.ip()) {
        return Err(Refusal::NoAddress);
    }
    Ok(Audio {
        codec,
        payload_type,
        event_payload_type: event.map(|(number, _)| *number),
        comfort_noise: comfort_noise(media),
        packet_ms_max: longest_packet(media),
        direction: direction.limited_by(ours),
        crypto,
        remote,
        rtcp: rtcp(media, remote),
        // In an answer it counts where the offer had it (RFC 5761 §5.1.1).
        rtcp_mux: has(&media.attributes, "rtcp-mux")
            && offered.is_none_or(|offer| has(&offer.attributes, "rtcp-mux")),
    })
}

/// The codecs of a media line, in its order.
fn codecs(formats: &[(u8, Format)]) -> impl Iterator<Item = (u8, Codec)> + Clone {
    formats.iter().filter_map(|(number, format)| Some((*number, format.codec()?)))
}

/// The codec that an answer to `offer` chose: the first, unless the offer did not have it.
fn answered_codec(formats: &[(u8, Format)], offer: &Media) -> Option<(u8, Codec)> {
    codecs(formats).find(|(_, codec)| may_answer(Some(offer), Format::Codec(*codec)))
}

/// The codec of our answer: see [`crate::Speaks::codecs`].
fn preferred(formats: &[(u8, Format)], wanted: &[Codec]) -> Option<(u8, Codec)> {
    let mut offered = codecs(formats);
    if wanted.is_empty() {
        let narrow = offered.clone().find(|(_, codec)| *codec != Codec::G722);
        return narrow.or_else(|| offered.next());
    }
    wanted.iter().find_map(|codec| offered.clone().find(|(_, other)| other == codec))
}

/// The keys of a media line, as far as `srtp` wants them; none on a line without. Keys count on
/// RTP/AVP too: a far end may offer them without insisting (RFC 8643 §3).
fn protection(
    media: &Media,
    srtp: Srtp<'_>,
    offered: Option<&Media>,
) -> Result<Option<Box<Crypto>>, Refusal> {
    let must = match media.proto.as_str() {
        "RTP/AVP" | "RTP/AVPF" => false,
        "RTP/SAVP" | "RTP/SAVPF" => true,
        _ => return Err(Refusal::NoCommonTransport),
    };
    let crypto = srtp.keys().and_then(|keys| crypto::choose(media, keys, offered));
    match (srtp, must) {
        (Srtp::Off, true) => Err(Refusal::NoCommonTransport),
        (Srtp::Offered(_) | Srtp::Required(_), true) if crypto.is_none() => {
            Err(Refusal::NoCommonKeys)
        }
        (Srtp::Required(_), false) if crypto.is_none() => Err(Refusal::Unprotected),
        (Srtp::Off | Srtp::Offered(_) | Srtp::Required(_), _) => Ok(crypto),
    }
}

impl Audio {
    pub(crate) fn is_protected(&self) -> bool {
        self.crypto.is_some()
    }

    pub(crate) fn agreed(&self) -> Agreed {
        Agreed {
            remote: self.remote,
            rtcp: self.rtcp,
            rtcp_mux: self.rtcp_mux,
            codec: self.codec,
            payload_type: self.payload_type,
            event_payload_type: self.event_payload_type,
            comfort_noise: self.comfort_noise,
            packet_ms_max: self.packet_ms_max,
            send: self.direction.receives,
            receive: self.direction.sends,
            crypto: self.crypto.clone(),
        }
    }
}

impl Direction {
    /// The same flow seen from the other side.
    pub(crate) fn reversed(self) -> Direction {
        Direction { sends: self.receives, receives: self.sends }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match (self.sends, self.receives) {
            (true, true) => "sendrecv",
            (true, false) => "sendonly",
            (false, true) => "recvonly",
            (false, false) => "inactive",
        }
    }

    /// An answer cannot open what the offer closed (RFC 3264 §6.1).
    fn limited_by(self, ours: Option<(&Session, &Media)>) -> Direction {
        let Some((session, media)) = ours else { return self };
        let allowed = direction(session, media).reversed();
        Direction {
            sends: self.sends && allowed.sends,
            receives: self.receives && allowed.receives,
        }
    }
}

/// The address of a media line: its own `c=`, or else that of the session. Of several, the first
/// of our own family, or else the first.
pub(crate) fn address(session: &Session, media: &Media, family: IpAddr) -> Option<SocketAddr> {
    let of_session = session.connection.iter().filter(|_| media.connections.is_empty());
    let addresses = || media.connections.iter().chain(of_session.clone()).filter_map(ip);
    let same = addresses().find(|ip| ip.is_ipv4() == family.is_ipv4());
    same.or_else(|| addresses().next()).map(|ip| SocketAddr::new(ip, media.port))
}

/// The address of a `c=` line, without the time to live and count of a multicast group.
fn ip(connection: &Connection) -> Option<IpAddr> {
    let text = connection.connection_address.split('/').next()?;
    text.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn is_unicast(ip: IpAddr) -> bool {
    !ip.is_multicast() && ip != IpAddr::from([255, 255, 255, 255])
}

/// `a=rtcp:53020` or `a=rtcp:53020 IN IP4 126.16.64.4` (RFC 3605 §2.1); else the next port.
fn rtcp(media: &Media, remote: SocketAddr) -> SocketAddr {
    let next = SocketAddr::new(remote.ip(), remote.port().checked_add(1).unwrap_or(remote.port()));
    let Some(value) = attribute(&media.attributes, "rtcp") else { return next };
    let mut words = value.split_ascii_whitespace();
    let port = words.next().and_then(|port| port.parse().ok()).filter(|port| *port != 0);
    let Some(port) = port else { return next };
    let ip = words.nth(2).and_then(|ip| ip.parse().ok()).filter(|ip| is_unicast(*ip));
    SocketAddr::new(ip.unwrap_or(remote.ip()), port)
}

fn has(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute.attribute.trim() == name)
}

/// The direction of a media line: its own, or else that of the session, or else both ways.
fn direction(session: &Session, media: &Media) -> Direction {
    let of = |attributes: &[Attribute]| {
        attributes.iter().find_map(|attribute| {
            let (sends, receives) = match attribute.attribute.trim() {
                "sendrecv" => (true, true),
                "sendonly" => (true, false),
                "recvonly" => (false, true),
                "inactive" => (false, false),
                _ => return None,
            };
            Some(Direction { sends, receives })
        })
    };
    of(&media.attributes)
        .or_else(|| of(&session.attributes))
        .unwrap_or(Direction { sends: true, receives: true })
}

fn attribute<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a str> {
    attributes
        .iter()
        .find(|attribute| attribute.attribute.trim() == name)
        .and_then(|attribute| attribute.value.as_deref())
}

/// The payload types of a media line in their order, with what they stand for: its own `rtpmap`, or
/// that of our offer, or the static table.
pub(crate) fn formats(media: &Media, offered: Option<&Media>) -> Vec<(u8, Format)> {
    let mut table = [None; PAYLOAD_TYPES];
    for codec in [Codec::Pcmu, Codec::Pcma, Codec::G722] {
        table[usize::from(codec.payload_type())] = Some(Format::Codec(codec));
    }
    for media in offered.into_iter().chain([media]) {
        for (number, format) in media.attributes.iter().filter_map(rtpmap) {
            table[usize::from(number)] = Some(format);
        }
    }
    let numbers = media.fmt.split_ascii_whitespace().filter_map(|number| number.parse().ok());
    numbers
        .filter(|number| usize::from(*number) < PAYLOAD_TYPES)
        .map(|number: u8| (number, table[usize::from(number)].unwrap_or(Format::Unknown)))
        .collect()
}

/// What the line says of the length of packets: see [`Agreed::packet_ms_max`].
fn longest_packet(media: &Media) -> Option<u16> {
    let time = |name| {
        let value = attribute(&media.attributes, name)?.trim();
        value.parse().ok().filter(|ms: &u16| *ms > 0)
    };
    // RFC 8866 §6.4: the one is a limit, the other a wish.
    let wish = time("ptime").map(|ms| ms.max(FRAME_MS));
    let limit = time("maxptime").map(|ms| ms.max(PACKET_MS_MIN));
    wish.into_iter().chain(limit).min()
}

/// The number that the line gives to comfort noise of our clock rate.
fn comfort_noise(media: &Media) -> Option<u8> {
    let is_noise = |value: &str| {
        let (number, name) = value.trim().split_once(' ')?;
        let number = number.parse().ok().filter(|number| usize::from(*number) < PAYLOAD_TYPES)?;
        name.trim().to_ascii_uppercase().starts_with("CN/8000").then_some(number)
    };
    let maps = media.attributes.iter().filter(|line| line.attribute.trim() == "rtpmap");
    maps.filter_map(|line| is_noise(line.value.as_deref()?)).find(|number| *number != 13)
}

/// `rtpmap:8 PCMA/8000/1`, also as `rtpmap: 8 PCMA/8000` and in any case. A mapping that cannot be
/// read is none.
fn rtpmap(attribute: &Attribute) -> Option<(u8, Format)> {
    if attribute.attribute.trim() != "rtpmap" {
        return None;
    }
    let mut words = attribute.value.as_deref()?.split_ascii_whitespace();
    let number: u8 = words.next()?.parse().ok()?;
    let mut encoding = words.next()?.split('/');
    let (name, rate) = (encoding.next()?, encoding.next()?);
    let usable = rate == "8000" && matches!(encoding.next(), None | Some("" | "1"));
    let format = match name.to_ascii_uppercase().as_str() {
        "PCMU" if usable => Format::Codec(Codec::Pcmu),
        "PCMA" if usable => Format::Codec(Codec::Pcma),
        "G722" if usable => Format::Codec(Codec::G722),
        "TELEPHONE-EVENT" if usable => Format::Event,
        _ => Format::Unknown,
    };
    (usize::from(number) < PAYLOAD_TYPES).then_some((number, format))
}

/// True unless `format` answers an offer that did not have it.
fn may_answer(offered: Option<&Media>, format: Format) -> bool {
    offered.is_none_or(|offer| formats(offer, None).iter().any(|(_, other)| *other == format))
}
