//! Suites and master keys.

use std::fmt;

/// A way to encrypt and authenticate (RFC 4568 §6.2, RFC 7714 §14.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suite {
    /// AES-128 in counter mode, HMAC-SHA1 cut to 80 bits.
    AesCm128HmacSha1_80,
    /// AES-128 in counter mode, HMAC-SHA1 cut to 32 bits for RTP and to 80 for RTCP.
    AesCm128HmacSha1_32,
    /// AES-128 in Galois/counter mode, tags of 128 bits.
    AeadAes128Gcm,
    /// AES-256 in Galois/counter mode, tags of 128 bits.
    AeadAes256Gcm,
}

impl Suite {
    /// Every suite.
    pub const ALL: [Suite; 4] = [
        Suite::AesCm128HmacSha1_80,
        Suite::AesCm128HmacSha1_32,
        Suite::AeadAes128Gcm,
        Suite::AeadAes256Gcm,
    ];

    /// Bytes of the master key without salt; the session key is as long.
    pub const fn key_length(self) -> usize {
        match self {
            Suite::AesCm128HmacSha1_80 | Suite::AesCm128HmacSha1_32 | Suite::AeadAes128Gcm => 16,
            Suite::AeadAes256Gcm => 32,
        }
    }

    /// Bytes of the master salt; the session salt is as long.
    pub const fn salt_length(self) -> usize {
        match self {
            Suite::AesCm128HmacSha1_80 | Suite::AesCm128HmacSha1_32 => 14,
            Suite::AeadAes128Gcm | Suite::AeadAes256Gcm => 12,
        }
    }

    /// Bytes of key and salt, as they are exchanged.
    pub const fn master_length(self) -> usize {
        self.key_length() + self.salt_length()
    }

    /// Bytes of the tag of an RTP packet.
    pub const fn rtp_tag(self) -> usize {
        match self {
            Suite::AesCm128HmacSha1_80 => 10,
            Suite::AesCm128HmacSha1_32 => 4,
            Suite::AeadAes128Gcm | Suite::AeadAes256Gcm => 16,
        }
    }

    /// Bytes of the tag of an RTCP packet.
    pub const fn rtcp_tag(self) -> usize {
        match self {
            Suite::AesCm128HmacSha1_80 | Suite::AesCm128HmacSha1_32 => 10,
            Suite::AeadAes128Gcm | Suite::AeadAes256Gcm => 16,
        }
    }
}

/// Bytes of the longest master key with its salt.
pub const MASTER_BYTES_MAX: usize = 44;

/// Master key and master salt of one direction. A secret: it is never shown, and wiped when it is
/// dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey {
    suite: Suite,
    bytes: [u8; MASTER_BYTES_MAX],
}

impl MasterKey {
    /// Key and salt, one after the other; `None` when they are not as long as the suite says.
    pub fn new(suite: Suite, key_and_salt: &[u8]) -> Option<MasterKey> {
        if key_and_salt.len() != suite.master_length() {
            return None;
        }
        let mut bytes = [0; MASTER_BYTES_MAX];
        bytes[..key_and_salt.len()].copy_from_slice(key_and_salt);
        Some(MasterKey { suite, bytes })
    }

    /// The suite that it is for.
    pub fn suite(&self) -> Suite {
        self.suite
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.bytes[..self.suite.key_length()]
    }

    pub(super) fn salt(&self) -> &[u8] {
        &self.bytes[self.suite.key_length()..self.suite.master_length()]
    }
}

impl Drop for MasterKey {
    fn drop(&mut self) {
        wipe(&mut self.bytes);
    }
}

impl fmt::Debug for MasterKey {
    /// The suite only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a key of {:?}", self.suite)
    }
}

/// Overwrites a secret. The black box keeps the compiler from leaving it out.
pub(super) fn wipe(bytes: &mut [u8]) {
    bytes.fill(0);
    std::hint::black_box(bytes);
}
