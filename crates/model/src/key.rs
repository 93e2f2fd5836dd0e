//! A telephone key.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the sixteen telephone keys: `0`-`9`, `*`, `#`, `A`-`D` (RFC 4733 §3.2, events 0 to 15).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "char", into = "char")]
pub struct Key(u8);

const KEYS: &[u8; 16] = b"0123456789*#ABCD";

impl Key {
    /// `#`.
    pub const HASH: Key = Key(11);
    /// `*`.
    pub const STAR: Key = Key(10);

    /// The key of an RFC 4733 event code; codes over 15 are not keys.
    pub const fn from_event(event: u8) -> Option<Key> {
        if event < 16 { Some(Key(event)) } else { None }
    }

    /// The RFC 4733 event code, 0 to 15.
    pub const fn event(self) -> u8 {
        self.0
    }

    /// The key of a character; lower-case `a`-`d` are accepted.
    pub fn from_char(c: char) -> Option<Key> {
        let wanted = c.to_ascii_uppercase();
        let event = KEYS.iter().position(|&k| char::from(k) == wanted)?;
        u8::try_from(event).ok().map(Key)
    }

    /// The character on the key.
    pub fn as_char(self) -> char {
        char::from(KEYS[usize::from(self.0)])
    }

    /// The decimal digit, when the key is one.
    pub const fn digit(self) -> Option<u8> {
        if self.0 < 10 { Some(self.0) } else { None }
    }
}

impl TryFrom<char> for Key {
    type Error = &'static str;

    fn try_from(c: char) -> Result<Key, Self::Error> {
        Key::from_char(c).ok_or("a telephone key is one of 0-9, *, #, A-D")
    }
}

impl From<Key> for char {
    fn from(key: Key) -> char {
        key.as_char()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_char())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.as_char())
    }
}
