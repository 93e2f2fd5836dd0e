//! Keys in session descriptions: `a=crypto` (RFC 4568).
//!
//! What is taken: one inline key for a suite that we speak, with any lifetime of at least
//! [`LIFETIME_MIN_EXPONENT`] and no key identifier. What is passed over, as if it were not there:
//! other suites, several keys, key identifiers (MKI), key derivation rates, forward error
//! correction, and every wish for less than encryption and authentication. When nothing is left,
//! the offer is refused.

use std::fmt;

use sdp_types::{Attribute, Media};

/// Most `a=crypto` lines of a media line that are looked at.
pub const CRYPTO_LINES_MAX: usize = 32;

/// Longest `a=crypto` value that is looked at, in bytes.
pub const CRYPTO_BYTES_MAX: usize = 512;

/// The least lifetime of a key that is taken, as a power of two: 2^20 packets are nearly six hours
/// of speech, longer than a call.
pub const LIFETIME_MIN_EXPONENT: u32 = 20;

/// The greatest lifetime that means something (RFC 3711 §9.2).
const LIFETIME_MAX_EXPONENT: u32 = 48;

/// Bytes of the longest master key with its salt.
pub const KEY_BYTES_MAX: usize = 44;

/// A way to encrypt and authenticate (RFC 4568 §6.2, RFC 7714 §14.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suite {
    /// `AES_CM_128_HMAC_SHA1_80`, which everybody must speak.
    AesCm128HmacSha1_80,
    /// `AES_CM_128_HMAC_SHA1_32`: taken when it is offered, never offered.
    AesCm128HmacSha1_32,
    /// `AEAD_AES_128_GCM`.
    AeadAes128Gcm,
    /// `AEAD_AES_256_GCM`.
    AeadAes256Gcm,
}

impl Suite {
    const ALL: [Suite; 4] = [
        Suite::AesCm128HmacSha1_80,
        Suite::AesCm128HmacSha1_32,
        Suite::AeadAes128Gcm,
        Suite::AeadAes256Gcm,
    ];

    /// What we offer, in this order: first what every far end speaks.
    const OFFERED: [Suite; 3] =
        [Suite::AesCm128HmacSha1_80, Suite::AeadAes256Gcm, Suite::AeadAes128Gcm];

    const fn name(self) -> &'static str {
        match self {
            Suite::AesCm128HmacSha1_80 => "AES_CM_128_HMAC_SHA1_80",
            Suite::AesCm128HmacSha1_32 => "AES_CM_128_HMAC_SHA1_32",
            Suite::AeadAes128Gcm => "AEAD_AES_128_GCM",
            Suite::AeadAes256Gcm => "AEAD_AES_256_GCM",
        }
    }

    /// Bytes of master key and salt together.
    const fn key_length(self) -> usize {
        match self {
            Suite::AesCm128HmacSha1_80 | Suite::AesCm128HmacSha1_32 => 30,
            Suite::AeadAes128Gcm => 28,
            Suite::AeadAes256Gcm => 44,
        }
    }
}

/// Master key and master salt of one direction. A secret: never shown, and wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    suite: Suite,
    bytes: [u8; KEY_BYTES_MAX],
}

impl Key {
    fn new(suite: Suite, fill: impl FnOnce(&mut [u8])) -> Key {
        let mut key = Key { suite, bytes: [0; KEY_BYTES_MAX] };
        fill(&mut key.bytes[..suite.key_length()]);
        key
    }

    /// The suite that it is for.
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// Key and salt, one after the other.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.suite.key_length()]
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.bytes.fill(0);
        std::hint::black_box(&self.bytes);
    }
}

impl fmt::Debug for Key {
    /// The suite only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a key for {}", self.suite.name())
    }
}

/// Our keys of one call, one for each suite: what we send is protected by one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys(Box<[Key; Suite::ALL.len()]>);

impl Keys {
    /// Keys of random bytes, which `fill` writes. They must be of the quality of keys.
    pub fn draw(mut fill: impl FnMut(&mut [u8])) -> Keys {
        Keys(Box::new(Suite::ALL.map(|suite| Key::new(suite, &mut fill))))
    }

    fn of(&self, suite: Suite) -> &Key {
        self.0.iter().find(|key| key.suite == suite).expect("there is one for each suite")
    }
}

/// Whether a stream is to be protected, and our keys for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Srtp<'a> {
    /// Never: keys in an offer are ignored, and RTP/SAVP is refused.
    Off,
    /// If the far end can: we offer keys on RTP/AVP, as RFC 8643 says, and take what comes.
    Offered(&'a Keys),
    /// Always: we offer RTP/SAVP, and what comes without keys is refused.
    Required(&'a Keys),
}

impl<'a> Srtp<'a> {
    pub(crate) fn keys(self) -> Option<&'a Keys> {
        match self {
            Srtp::Off => None,
            Srtp::Offered(keys) | Srtp::Required(keys) => Some(keys),
        }
    }
}

/// The keys that were agreed, one for each direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crypto {
    /// What protects our packets.
    pub ours: Key,
    /// What protects theirs, of the same suite.
    pub theirs: Key,
    /// By which number the offer called it.
    pub(crate) tag: u32,
}

/// The first line of `media` that we can take. An answer to an offer of ours must name a tag and
/// its suite as they were offered.
pub(crate) fn choose(media: &Media, keys: &Keys, offer: Option<&Media>) -> Option<Box<Crypto>> {
    lines(media).find_map(|(tag, theirs)| {
        let is_offered = |offer: &Media| {
            lines(offer).any(|(ours, key)| (ours, key.suite) == (tag, theirs.suite))
        };
        if !offer.is_none_or(is_offered) {
            return None;
        }
        let ours = keys.of(theirs.suite).clone();
        // A far end that gives us our own key back would share its keystream with us.
        (ours != theirs).then(|| Box::new(Crypto { ours, theirs, tag }))
    })
}

/// Tags and keys of the lines of `media` that we can take.
fn lines(media: &Media) -> impl Iterator<Item = (u32, Key)> {
    let lines = media.attributes.iter().filter(|line| line.attribute.trim() == "crypto");
    lines.take(CRYPTO_LINES_MAX).filter_map(read)
}

/// Tag and suite of the key in our answer `media`, or of the first one in our offer.
pub(crate) fn running(media: &Media) -> Option<(u32, Suite)> {
    lines(media).next().map(|(tag, key)| (tag, key.suite))
}

/// The value of the line of an answer.
pub(crate) fn answered(crypto: &Crypto) -> String {
    line(crypto.tag, &crypto.ours)
}

/// The values of the lines of an offer.
pub(crate) fn offered(keys: &Keys) -> impl Iterator<Item = String> {
    offered_again(keys, None)
}

/// The values of the lines of a further offer: first the suite that runs, under its tag.
pub(crate) fn offered_again(
    keys: &Keys,
    running: Option<(u32, Suite)>,
) -> impl Iterator<Item = String> {
    let others = Suite::OFFERED.into_iter();
    let others = others.filter(move |suite| running.is_none_or(|(_, runs)| runs != *suite));
    let tags = (1..).filter(move |tag| running.is_none_or(|(taken, _)| taken != *tag));
    let all = running.into_iter().chain(tags.zip(others));
    all.map(|(tag, suite)| line(tag, keys.of(suite)))
}

fn line(tag: u32, key: &Key) -> String {
    format!("{tag} {} inline:{}", key.suite.name(), base64(key.bytes()))
}

/// Tag and key of a line that we can take.
fn read(line: &Attribute) -> Option<(u32, Key)> {
    let value = line.value.as_deref().filter(|value| value.len() <= CRYPTO_BYTES_MAX)?;
    let mut words = value.split_ascii_whitespace();
    let tag = words.next().filter(|tag| tag.len() <= 9 && is_number(tag))?.parse().ok()?;
    let name = words.next()?;
    let suite = Suite::ALL.into_iter().find(|suite| suite.name().eq_ignore_ascii_case(name))?;
    let inline = words.next()?;
    if !words.all(is_harmless) {
        return None;
    }
    let (method, info) = inline.split_once(':')?;
    if !method.eq_ignore_ascii_case("inline") {
        return None;
    }
    let mut parts = info.split('|');
    let text = parts.next()?;
    // After the key a lifetime may come; an identifier, which has a colon, is more than we speak.
    if !parts.next().is_none_or(is_long_life) || parts.next().is_some() {
        return None;
    }
    let mut right = false;
    let key = Key::new(suite, |bytes| right = unbase64(text, bytes).is_some());
    right.then_some((tag, key))
}

/// Whether a session parameter (RFC 4568 §6.3) leaves everything as we do it: a hint about the
/// replay window, a derivation rate of never, or an unknown one that calls itself optional.
fn is_harmless(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    match name.to_ascii_uppercase().as_str() {
        "WSH" => is_number(value),
        "KDR" => value == "0",
        name => name.starts_with('-'),
    }
}

fn is_long_life(text: &str) -> bool {
    let least = 1_u64 << LIFETIME_MIN_EXPONENT;
    match text.strip_prefix("2^") {
        Some(exponent) => exponent.parse().is_ok_and(|exponent: u32| {
            is_number(text.trim_start_matches("2^"))
                && (LIFETIME_MIN_EXPONENT..=LIFETIME_MAX_EXPONENT).contains(&exponent)
        }),
        None => {
            is_number(text)
                && text.parse().is_ok_and(|packets: u64| {
                    (least..=1 << LIFETIME_MAX_EXPONENT).contains(&packets)
                })
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// RFC 4648 §4, with padding.
fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte));
        let group = group << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = (group >> (18 - 6 * place) & 63) as usize;
            text.push(if place <= chunk.len() { char::from(ALPHABET[digit]) } else { '=' });
        }
    }
    text
}

/// Fills `bytes` exactly. Padding may be left out, as some far ends do.
fn unbase64(text: &str, bytes: &mut [u8]) -> Option<()> {
    let padding = text.len() - text.trim_end_matches('=').len();
    let digits = text.trim_end_matches('=').as_bytes();
    if padding > 2 || digits.len() != (bytes.len() * 8).div_ceil(6) {
        return None;
    }
    let (mut bits, mut held, mut place) = (0_u32, 0, 0);
    for digit in digits {
        let value = ALPHABET.iter().position(|known| known == digit)?;
        bits = bits << 6 | value as u32 & 63;
        held += 6;
        if held >= 8 {
            held -= 8;
            // The lowest eight of the bits that are held.
            *bytes.get_mut(place)? = (bits >> held) as u8;
            place += 1;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back_from_their_text() {
        for length in [28, 30, 44] {
            let bytes: Vec<u8> = (0..length).map(|n| n * 5 + 3).collect();
            let text = base64(&bytes);
            assert_eq!(text.len() % 4, 0);
            for text in [text.as_str(), text.trim_end_matches('=')] {
                let mut back = vec![0; bytes.len()];
                assert_eq!(unbase64(text, &mut back), Some(()));
                assert_eq!(back, bytes);
            }
            assert_eq!(unbase64(&text[1..], &mut vec![0; bytes.len()]), None);
            assert_eq!(unbase64(&text.replace(&text[..1], "!"), &mut vec![0; bytes.len()]), None);
        }
        assert_eq!(base64(b"any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
    }

    #[test]
    fn keys_are_never_shown() {
        let keys = Keys::draw(|bytes| bytes.fill(0x41));
        let shown = format!("{keys:?} {:?}", Srtp::Required(&keys));
        assert!(
            !shown.contains("65") && !shown.contains("QUFB") && !shown.contains("41"),
            "{shown}"
        );
    }
}
