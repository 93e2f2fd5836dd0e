//! A session description as lines of text, read without anybody's parser: enough to judge it.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// What the numbers of RFC 3551 §6 mean without an `a=rtpmap`; those that anybody here uses.
const STATIC: [(&str, &str); 5] = [
    ("0", "pcmu/8000"),
    ("8", "pcma/8000"),
    ("9", "g722/8000"),
    ("13", "cn/8000"),
    ("18", "g729/8000"),
];

/// One description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Described {
    pub(crate) text: String,
    /// The words of `o=`: user, session, version, network, family, address.
    pub(crate) origin: Vec<String>,
    pub(crate) times: Vec<String>,
    pub(crate) streams: Vec<Stream>,
}

/// One `m=` line and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stream {
    pub(crate) kind: String,
    pub(crate) port: u16,
    pub(crate) transport: String,
    pub(crate) formats: Vec<String>,
    maps: BTreeMap<String, String>,
    pub(crate) address: Option<IpAddr>,
    pub(crate) sends: bool,
    pub(crate) receives: bool,
}

impl Described {
    /// `None` for what has no `v=0` and no `m=` line.
    pub(crate) fn read(body: &[u8]) -> Option<Described> {
        let text = String::from_utf8_lossy(body).into_owned();
        let mut found = Described { origin: vec![], times: vec![], streams: vec![], text };
        let (mut address, mut way) = (None, (true, true));
        for line in found.text.lines() {
            let (name, value) = line.split_once('=')?;
            match (name, found.streams.last_mut()) {
                ("o", None) => found.origin = value.split(' ').map(str::to_owned).collect(),
                ("t", None) => found.times.push(value.to_owned()),
                ("c", None) => address = connection(value),
                ("c", Some(stream)) => stream.address = connection(value),
                ("a", None) => way = direction(value).unwrap_or(way),
                ("a", Some(stream)) => stream.attribute(value),
                ("m", _) => found.streams.push(Stream::read(value, address, way)?),
                _ => {}
            }
        }
        (found.text.starts_with("v=0") && !found.streams.is_empty()).then_some(found)
    }

    /// The version of the session; 0 when there is none to be read.
    pub(crate) fn version(&self) -> u64 {
        self.origin.get(2).and_then(|word| word.parse().ok()).unwrap_or(0)
    }

    /// Everything of the origin but its version, which stays through a session.
    pub(crate) fn session(&self) -> Vec<&str> {
        let others = self.origin.iter().enumerate().filter(|(at, _)| *at != 2);
        others.map(|(_, word)| word.as_str()).collect()
    }

    /// The text without its origin line: what a version stands for.
    pub(crate) fn content(&self) -> Vec<&str> {
        self.text.lines().filter(|line| !line.starts_with("o=")).collect()
    }
}

impl Stream {
    fn read(value: &str, address: Option<IpAddr>, (sends, receives): (bool, bool)) -> Option<Self> {
        let mut words = value.split_ascii_whitespace().map(str::to_owned);
        Some(Stream {
            kind: words.next()?,
            port: words.next()?.split('/').next()?.parse().ok()?,
            transport: words.next()?,
            formats: words.collect(),
            maps: BTreeMap::new(),
            address,
            sends,
            receives,
        })
    }

    fn attribute(&mut self, value: &str) {
        if let Some((sends, receives)) = direction(value) {
            (self.sends, self.receives) = (sends, receives);
        }
        let map = value.strip_prefix("rtpmap:").and_then(|rest| rest.split_once(' '));
        if let Some((format, codec)) = map {
            let codec = codec.trim().to_ascii_lowercase();
            let codec = codec.strip_suffix("/1").unwrap_or(&codec).to_owned();
            self.maps.insert(format.to_owned(), codec);
        }
    }

    /// What a format of this stream means: `pcma/8000`.
    pub(crate) fn codec(&self, format: &str) -> Option<&str> {
        let fixed = STATIC.iter().find(|(number, _)| *number == format).map(|(_, name)| *name);
        self.maps.get(format).map(String::as_str).or(fixed)
    }

    /// Where its packets are wanted; `None` when nowhere: refused, or the hold of RFC 2543.
    pub(crate) fn target(&self) -> Option<SocketAddr> {
        let address = self.address.filter(|address| !address.is_unspecified())?;
        (self.port != 0).then_some(SocketAddr::new(address, self.port))
    }
}

fn connection(value: &str) -> Option<IpAddr> {
    value.split_ascii_whitespace().nth(2)?.split('/').next()?.parse().ok()
}

/// Whether the writer sends and receives.
fn direction(value: &str) -> Option<(bool, bool)> {
    match value {
        "sendrecv" => Some((true, true)),
        "sendonly" => Some((true, false)),
        "recvonly" => Some((false, true)),
        "inactive" => Some((false, false)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_read_line_by_line() {
        let body = b"v=0\r\no=x 7 2 IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
            a=recvonly\r\nm=audio 4000 RTP/AVP 8 97\r\na=rtpmap:97 TELEPHONE-EVENT/8000/1\r\n\
            m=video 0 RTP/AVP 31\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\n";
        let read = Described::read(body).expect("it is one");
        assert_eq!((read.version(), read.session().len()), (2, 5));
        let [audio, video] = &read.streams[..] else { panic!("two streams") };
        assert_eq!(audio.target(), "192.0.2.1:4000".parse().ok());
        assert_eq!((audio.sends, audio.receives), (false, true));
        assert_eq!(audio.codec("97"), Some("telephone-event/8000"));
        assert_eq!(audio.codec("8"), Some("pcma/8000"));
        assert_eq!((video.target(), video.sends, video.receives), (None, false, false));
        assert_eq!(Described::read(b"v=0\r\nno description\r\n"), None);
    }
}
