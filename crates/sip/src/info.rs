//! What an INFO says (RFC 6086 in its "legacy usage"): a key, in one of the two body types that
//! gateways and phones send.
//!
//! ```text
//! application/dtmf-relay    Signal=5 and, on a line of its own, Duration=160
//! application/dtmf          5, or Signal=5
//! ```
//!
//! No RFC defines the two. A signal is a key's character or its RFC 4733 event code (10 is `*`, 11
//! is `#`); the flash hook (16 or `!`) is no key and is accepted without one. The duration does not
//! matter here and is not read.

use model::Key;
use sip_msg::Request;

use crate::message;

/// The body types that we read in INFO, as Accept lists them.
pub(crate) const ACCEPT: &str = "application/dtmf-relay, application/dtmf";

/// The event code of a flash hook (RFC 4733 §7).
const FLASH: u8 = 16;

/// What to do with an INFO.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Info {
    /// A key: 200.
    Key(Key),
    /// Nothing that concerns us: 200.
    Nothing,
    /// A body of digits that says none: 400.
    Malformed,
    /// A body that we do not read: 415 (RFC 3261 §8.2.3).
    Foreign,
    /// An Info Package, and we take none: 469 (RFC 6086 §4.2.2).
    Package,
}

impl Info {
    /// Reads an INFO.
    pub(crate) fn of(request: &Request) -> Info {
        if request.headers.get("Info-Package").is_some() {
            return Info::Package;
        }
        if request.body.is_empty() {
            return Info::Nothing;
        }
        let kind = message::content_type(&request.headers);
        let signal = match kind {
            Some(kind) if kind.eq_ignore_ascii_case("application/dtmf-relay") => {
                signal_line(&request.body)
            }
            Some(kind) if kind.eq_ignore_ascii_case("application/dtmf") => {
                signal_line(&request.body).or_else(|| text(&request.body))
            }
            Some(_) | None if message::is_foreign_body(request) => return Info::Foreign,
            Some(_) | None => return Info::Nothing,
        };
        signal.map_or(Info::Malformed, meaning)
    }
}

fn text(body: &[u8]) -> Option<&str> {
    std::str::from_utf8(body).ok().map(str::trim)
}

/// The value of the first line `Signal=`, whatever its case and the spaces in it.
fn signal_line(body: &[u8]) -> Option<&str> {
    text(body)?.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        name.trim().eq_ignore_ascii_case("signal").then(|| value.trim())
    })
}

fn meaning(signal: &str) -> Info {
    let mut characters = signal.chars();
    let key = match (characters.next(), characters.next()) {
        (Some('!'), None) => return Info::Nothing,
        (Some(one), None) => Key::from_char(one),
        (Some(_), Some(_)) if signal.bytes().all(|byte| byte.is_ascii_digit()) => {
            match signal.parse() {
                Ok(FLASH) => return Info::Nothing,
                Ok(event) => Key::from_event(event),
                Err(_) => None,
            }
        }
        (Some(_), Some(_)) | (None, _) => None,
    };
    key.map_or(Info::Malformed, Info::Key)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(kind: &str, body: &[u8]) -> Info {
        let uri = sip_msg::Uri::parse("sip:us@192.0.2.1").expect("a test writes URIs");
        let mut request = Request::new(sip_msg::Method::Info, uri);
        request.headers.push("Content-Type", kind);
        request.body = body.to_vec();
        Info::of(&request)
    }

    fn key(c: char) -> Info {
        Info::Key(Key::from_char(c).expect("a test presses keys"))
    }

    #[test]
    fn both_body_types_say_a_key_by_its_character_or_its_event_code() {
        let relay = "application/dtmf-relay";
        assert_eq!(read(relay, b"Signal=5\r\nDuration=160\r\n"), key('5'));
        assert_eq!(read(relay, b"Signal= #\nDuration= 250"), key('#'));
        assert_eq!(read("Application/DTMF-Relay;x=y", b"duration=1\r\nSIGNAL = 10\r\n"), key('*'));
        assert_eq!(read(relay, b"Signal=11"), key('#'));
        assert_eq!(read(relay, b"Signal=d"), key('D'));
        assert_eq!(read("application/dtmf", b"5"), key('5'));
        assert_eq!(read("application/dtmf", b" 12\r\n"), key('A'));
        assert_eq!(read("application/dtmf", b"Signal=7\r\nDuration=100"), key('7'));
    }

    #[test]
    fn a_flash_hook_is_accepted_and_is_no_key() {
        assert_eq!(read("application/dtmf-relay", b"Signal=16"), Info::Nothing);
        assert_eq!(read("application/dtmf", b"!"), Info::Nothing);
    }

    #[test]
    fn a_body_of_digits_that_says_no_key_is_malformed() {
        for body in ["Signal=", "Signal=17", "Signal=x", "Signal=999999", "Signal=-1", "5", "="] {
            assert_eq!(read("application/dtmf-relay", body.as_bytes()), Info::Malformed, "{body}");
        }
        for body in ["hello", "5 5", "Signal=", "+5", "\u{665}\u{665}"] {
            assert_eq!(read("application/dtmf", body.as_bytes()), Info::Malformed, "{body}");
        }
        assert_eq!(read("application/dtmf", b"\xff"), Info::Malformed);
    }

    proptest! {
        #[test]
        fn any_body_has_a_meaning(body in prop::collection::vec(any::<u8>(), 0..64)) {
            for kind in ["application/dtmf-relay", "application/dtmf"] {
                let info = read(kind, &body);
                prop_assert!(!matches!(info, Info::Foreign | Info::Package));
            }
        }
    }
}
