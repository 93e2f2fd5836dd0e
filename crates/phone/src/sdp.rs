//! Session descriptions of the phone: one audio stream of G.711 or G.722, and telephone-event
//! (RFC 4566, RFC 3264).

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use crate::Codec;
use crate::srtp::{self, MasterKey};

/// Which way media flows, seen from whoever wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

impl Direction {
    fn as_str(self) -> &'static str {
        match self {
            Direction::SendRecv => "sendrecv",
            Direction::SendOnly => "sendonly",
            Direction::RecvOnly => "recvonly",
            Direction::Inactive => "inactive",
        }
    }

    fn read(word: &str) -> Option<Direction> {
        [Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive]
            .into_iter()
            .find(|direction| direction.as_str() == word)
    }

    pub fn sends(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::SendOnly)
    }

    pub fn receives(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::RecvOnly)
    }

    /// The answer to an offer of this direction by a phone that wants `own` (RFC 3264 §6.1).
    pub fn answered_by(self, own: Direction) -> Direction {
        match (self.receives() && own.sends(), self.sends() && own.receives()) {
            (true, true) => Direction::SendRecv,
            (true, false) => Direction::SendOnly,
            (false, true) => Direction::RecvOnly,
            (false, false) => Direction::Inactive,
        }
    }
}

/// What the phone writes.
pub struct Description<'a> {
    pub local: SocketAddr,
    pub id: u64,
    pub version: u64,
    pub codecs: &'a [Codec],
    pub events: Option<u8>,
    pub direction: Direction,
    /// Our key, and the number that it has in the offer.
    pub crypto: Option<(u32, MasterKey)>,
    /// RTP/SAVP in place of RTP/AVP.
    pub secure: bool,
}

pub fn payload_type(codec: Codec) -> u8 {
    match codec {
        Codec::Pcmu => 0,
        Codec::Pcma => 8,
        Codec::G722 => 9,
    }
}

/// Offer or answer.
pub fn write(description: &Description) -> Vec<u8> {
    let mut formats = String::new();
    let mut maps = String::new();
    for &codec in description.codecs {
        let (payload, name) = (payload_type(codec), rtpmap_name(codec));
        let _ = write!(formats, " {payload}");
        let _ = write!(maps, "a=rtpmap:{payload} {name}/8000\r\n");
    }
    if let Some(payload) = description.events {
        let _ = write!(formats, " {payload}");
        let _ = write!(maps, "a=rtpmap:{payload} telephone-event/8000\r\n");
        let _ = write!(maps, "a=fmtp:{payload} 0-15\r\n");
    }
    session(description, &formats, &maps)
}

/// An offer of G.729 only.
pub fn write_bad(description: &Description) -> Vec<u8> {
    session(description, " 18", "a=rtpmap:18 G729/8000\r\n")
}

/// As [`write`], with a line of video before that of the voice.
pub fn write_after_video(description: &Description) -> Vec<u8> {
    let port = description.local.port().saturating_add(2);
    let text = String::from_utf8_lossy(&write(description)).into_owned();
    let video = format!("m=video {port} RTP/AVP 31\r\na=sendrecv\r\nm=audio ");
    text.replacen("m=audio ", &video, 1).into()
}

fn rtpmap_name(codec: Codec) -> &'static str {
    match codec {
        Codec::Pcmu => "PCMU",
        Codec::Pcma => "PCMA",
        Codec::G722 => "G722",
    }
}

fn session(description: &Description, formats: &str, maps: &str) -> Vec<u8> {
    let Description { local, id, version, direction, crypto, secure, .. } = description;
    let proto = if *secure { "RTP/SAVP" } else { "RTP/AVP" };
    let crypto = crypto.map_or(String::new(), |(tag, key)| {
        format!("a=crypto:{tag} {} inline:{}\r\n", srtp::SUITE, srtp::to_text(&key))
    });
    let family = if local.is_ipv4() { "IP4" } else { "IP6" };
    let (ip, port, way) = (local.ip(), local.port(), direction.as_str());
    format!(
        "v=0\r\no=phone {id} {version} IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\n\
         t=0 0\r\nm=audio {port} {proto}{formats}\r\n{maps}{crypto}a=ptime:20\r\na={way}\r\n"
    )
    .into_bytes()
}

/// What the peer wrote, as far as the phone cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    pub remote: SocketAddr,
    /// Codecs we know with their payload types, in the peer's order.
    pub codecs: Vec<(Codec, u8)>,
    pub events: Option<u8>,
    pub direction: Direction,
    /// RTP/SAVP.
    pub secure: bool,
    /// The first key of our suite, with its number.
    pub crypto: Option<(u32, MasterKey)>,
}

/// Reads the first audio stream. `None` when there is none that the phone can use.
pub fn read(body: &[u8]) -> Option<Described> {
    let text = String::from_utf8_lossy(body);
    let mut session_ip = None;
    let mut direction = Direction::SendRecv;
    let mut audio: Option<Audio> = None;
    for line in text.lines() {
        let Some((kind, value)) = line.trim_end().split_once('=') else { continue };
        match (kind, &mut audio) {
            ("m", Some(_)) => break,
            ("m", None) => audio = Audio::read(value),
            ("c", None) => session_ip = connection(value),
            ("c", Some(audio)) => audio.ip = connection(value),
            ("a", None) => direction = Direction::read(value).unwrap_or(direction),
            ("a", Some(audio)) => audio.attribute(value),
            _ => {}
        }
    }
    let audio = audio?;
    let ip = audio.ip.or(session_ip)?;
    if audio.port == 0 {
        return None;
    }
    Some(Described {
        remote: SocketAddr::new(ip, audio.port),
        codecs: audio.codecs(),
        events: audio.events,
        direction: audio.direction.unwrap_or(direction),
        secure: audio.secure,
        crypto: audio.crypto,
    })
}

struct Audio {
    port: u16,
    formats: Vec<u8>,
    maps: Vec<(u8, Codec)>,
    events: Option<u8>,
    ip: Option<IpAddr>,
    direction: Option<Direction>,
    secure: bool,
    crypto: Option<(u32, MasterKey)>,
}

impl Audio {
    fn read(value: &str) -> Option<Audio> {
        let mut words = value.split_ascii_whitespace();
        if words.next() != Some("audio") {
            return None;
        }
        let port = words.next()?.split('/').next()?.parse().ok()?;
        let secure = words.next()?.contains("SAVP");
        let formats = words.filter_map(|word| word.parse().ok()).take(32).collect();
        let maps = Vec::new();
        let (events, ip, direction, crypto) = (None, None, None, None);
        Some(Audio { port, formats, maps, events, ip, direction, secure, crypto })
    }

    fn attribute(&mut self, value: &str) {
        if let Some(direction) = Direction::read(value) {
            self.direction = Some(direction);
        }
        if let Some(crypto) = value.strip_prefix("crypto:") {
            self.crypto = self.crypto.or(key_of(crypto));
        }
        let Some((payload, name)) =
            value.strip_prefix("rtpmap:").and_then(|rest| rest.split_once(' '))
        else {
            return;
        };
        let Some(payload) = payload.parse().ok().filter(|p| self.formats.contains(p)) else {
            return;
        };
        match name.trim().to_ascii_lowercase().as_str() {
            "telephone-event/8000" => self.events = Some(payload),
            "pcmu/8000" | "pcmu/8000/1" => self.maps.push((payload, Codec::Pcmu)),
            "pcma/8000" | "pcma/8000/1" => self.maps.push((payload, Codec::Pcma)),
            "g722/8000" | "g722/8000/1" => self.maps.push((payload, Codec::G722)),
            _ => {}
        }
    }

    fn codecs(&self) -> Vec<(Codec, u8)> {
        let known = |payload: u8| match payload {
            0 => Some(Codec::Pcmu),
            8 => Some(Codec::Pcma),
            9 => Some(Codec::G722),
            other => self.maps.iter().find(|(p, _)| *p == other).map(|(_, codec)| *codec),
        };
        self.formats.iter().filter_map(|&p| known(p).map(|codec| (codec, p))).collect()
    }
}

/// Number and key of an `a=crypto` of our suite.
fn key_of(crypto: &str) -> Option<(u32, MasterKey)> {
    let mut words = crypto.split_ascii_whitespace();
    let tag = words.next()?.parse().ok()?;
    words.next().filter(|suite| *suite == srtp::SUITE)?;
    let key = words.next()?.strip_prefix("inline:")?.split('|').next()?;
    Some((tag, srtp::from_text(key)?))
}

fn connection(value: &str) -> Option<IpAddr> {
    value.split_ascii_whitespace().nth(2)?.split('/').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_the_phone_writes_it_reads() {
        let local: SocketAddr = "127.0.0.1:4000".parse().unwrap();
        let body = write(&Description {
            local,
            id: 1,
            version: 2,
            codecs: &[Codec::Pcma, Codec::Pcmu],
            events: Some(97),
            direction: Direction::SendOnly,
            crypto: Some((3, [5; 30])),
            secure: true,
        });
        let read = read(&body).unwrap();
        assert_eq!(read.remote, local);
        assert_eq!(read.codecs, [(Codec::Pcma, 8), (Codec::Pcmu, 0)]);
        assert_eq!((read.events, read.direction), (Some(97), Direction::SendOnly));
        assert_eq!((read.secure, read.crypto), (true, Some((3, [5; 30]))));
    }

    #[test]
    fn a_stream_of_its_own_address_and_a_refused_stream_are_told_apart() {
        let own = b"v=0\nc=IN IP4 10.0.0.1\nm=audio 9 RTP/AVP 0\nc=IN IP4 10.0.0.2\na=inactive\n";
        let described = read(own).unwrap();
        assert_eq!(described.remote, "10.0.0.2:9".parse().unwrap());
        assert_eq!(described.direction, Direction::Inactive);
        assert_eq!(read(b"v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 0 RTP/AVP 0\r\n"), None);
        assert_eq!(read(b"v=0\r\nm=audio 9 RTP/AVP 0\r\n"), None);
    }

    #[test]
    fn hold_is_answered_by_its_mirror() {
        let both = Direction::SendRecv;
        assert_eq!(Direction::SendOnly.answered_by(both), Direction::RecvOnly);
        assert_eq!(Direction::RecvOnly.answered_by(both), Direction::SendOnly);
        assert_eq!(Direction::Inactive.answered_by(both), Direction::Inactive);
        assert_eq!(both.answered_by(Direction::SendOnly), Direction::SendOnly);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "([vmca]=[ -~]{0,30}\r?\n){0,8}") {
            let _ = read(text.as_bytes());
        }
    }
}
