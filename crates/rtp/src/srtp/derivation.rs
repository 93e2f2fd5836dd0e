//! Session keys from a master key (RFC 3711 §4.3.1, §4.3.3; RFC 7714 §11).
//!
//! Every session key is a piece of the AES counter-mode keystream under the master key, beginning
//! at the salt with a label in it. The key derivation rate is zero: keys are derived once.

use aes::{Aes128Enc, Aes256Enc};
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher};

use super::master::{MasterKey, wipe};

/// Bytes of the HMAC-SHA1 session key (RFC 3711 §5.2).
pub(super) const AUTH_KEY_BYTES: usize = 20;

/// Which of the two protocols of a stream keys are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Rtp,
    Rtcp,
}

/// The keys of one direction and protocol, as long as the suite needs them.
pub(super) struct SessionKeys {
    pub(super) cipher: [u8; 32],
    pub(super) auth: [u8; AUTH_KEY_BYTES],
    pub(super) salt: [u8; 14],
}

impl SessionKeys {
    pub(super) fn derive(master: &MasterKey, usage: Use) -> SessionKeys {
        let first = match usage {
            Use::Rtp => 0,
            Use::Rtcp => 3,
        };
        let suite = master.suite();
        let mut keys = SessionKeys { cipher: [0; 32], auth: [0; AUTH_KEY_BYTES], salt: [0; 14] };
        derive(master, first, &mut keys.cipher[..suite.key_length()]);
        derive(master, first + 1, &mut keys.auth);
        derive(master, first + 2, &mut keys.salt[..suite.salt_length()]);
        keys
    }
}

impl Drop for SessionKeys {
    fn drop(&mut self) {
        wipe(&mut self.cipher);
        wipe(&mut self.auth);
        wipe(&mut self.salt);
    }
}

/// Fills `key`, which is zero, with what `label` names.
pub(super) fn derive(master: &MasterKey, label: u8, key: &mut [u8]) {
    // A salt of 96 bits is followed by zeros (RFC 7714 §11).
    let mut start = [0; 16];
    start[..master.salt().len()].copy_from_slice(master.salt());
    start[7] ^= label;
    if let Ok(short) = <&[u8; 16]>::try_from(master.key()) {
        Ctr128BE::<Aes128Enc>::new(short.into(), &start.into()).apply_keystream(key);
    } else if let Ok(long) = <&[u8; 32]>::try_from(master.key()) {
        Ctr128BE::<Aes256Enc>::new(long.into(), &start.into()).apply_keystream(key);
    }
}
