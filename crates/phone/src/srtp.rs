//! SRTP of the phone: AES_CM_128_HMAC_SHA1_80 with keys in the session description (RFC 3711,
//! RFC 4568), written anew and without a look at `rtp`, so that the two judge each other.
//!
//! The counter mode is done block by block here. A packet that is not authentic is not heard.

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use hmac::{Hmac, Mac};
use sha1::Sha1;

/// The suite, as descriptions name it.
pub const SUITE: &str = "AES_CM_128_HMAC_SHA1_80";

/// Master key and master salt.
pub type MasterKey = [u8; 30];

const TAG: usize = 10;

/// Both directions of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    keys: (MasterKey, MasterKey),
    said: Half,
    heard: Half,
}

/// One direction.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Half {
    cipher: [u8; 16],
    auth: [u8; 20],
    salt: [u8; 14],
    /// The rollovers and number of the newest packet.
    newest: Option<(u32, u16)>,
}

impl Guard {
    pub fn new(ours: MasterKey, theirs: MasterKey) -> Guard {
        Guard { keys: (ours, theirs), said: Half::new(&ours), heard: Half::new(&theirs) }
    }

    /// Whether it was made of these keys.
    pub fn is_of(&self, keys: (MasterKey, MasterKey)) -> bool {
        self.keys == keys
    }

    /// Protects a packet with a header of twelve bytes.
    pub fn protect(&mut self, packet: &mut Vec<u8>) {
        let (sequence, ssrc) = numbers(packet);
        let rollovers = self.said.rollovers(sequence);
        self.said.newest = Some((rollovers, sequence));
        self.said.crypt(ssrc, rollovers, sequence, &mut packet[12..]);
        let tag = self.said.tag(packet, rollovers);
        packet.extend(tag);
    }

    /// The packet in the clear; `None` when it is not authentic.
    pub fn unprotect(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        let (clear, tag) = packet.split_at(packet.len().checked_sub(TAG).filter(|n| *n >= 12)?);
        let (sequence, ssrc) = numbers(clear);
        let rollovers = self.heard.rollovers(sequence);
        if self.heard.tag(clear, rollovers) != tag {
            return None;
        }
        self.heard.newest = self.heard.newest.max(Some((rollovers, sequence)));
        let mut plain = clear.to_vec();
        self.heard.crypt(ssrc, rollovers, sequence, &mut plain[12..]);
        Some(plain)
    }
}

/// Sequence number and source.
fn numbers(packet: &[u8]) -> (u16, u32) {
    let word = |at: usize| u32::from_be_bytes([0, 1, 2, 3].map(|n| packet[at + n]));
    (u16::from_be_bytes([packet[2], packet[3]]), word(8))
}

impl Half {
    fn new(master: &MasterKey) -> Half {
        let mut half = Half { cipher: [0; 16], auth: [0; 20], salt: [0; 14], newest: None };
        for (label, key) in
            [&mut half.cipher[..], &mut half.auth, &mut half.salt].into_iter().enumerate()
        {
            let mut start = [0; 16];
            start[..14].copy_from_slice(&master[16..]);
            start[7] ^= label as u8;
            xor_keystream(&master[..16], start, key);
        }
        half
    }

    /// Which turn of the sequence numbers this one belongs to: the nearest (RFC 3711 §3.3.1).
    fn rollovers(&self, sequence: u16) -> u32 {
        let Some((rollovers, newest)) = self.newest else { return 0 };
        let ahead = i32::from(sequence) - i32::from(newest);
        match ahead {
            i32::MIN..-0x8000 => rollovers.wrapping_add(1),
            0x8001.. => rollovers.wrapping_sub(1),
            _ => rollovers,
        }
    }

    fn crypt(&self, ssrc: u32, rollovers: u32, sequence: u16, bytes: &mut [u8]) {
        let mut start = [0; 16];
        start[4..8].copy_from_slice(&ssrc.to_be_bytes());
        start[8..12].copy_from_slice(&rollovers.to_be_bytes());
        start[12..14].copy_from_slice(&sequence.to_be_bytes());
        for (byte, salt) in start.iter_mut().zip(self.salt) {
            *byte ^= salt;
        }
        xor_keystream(&self.cipher, start, bytes);
    }

    fn tag(&self, packet: &[u8], rollovers: u32) -> [u8; TAG] {
        let mut auth = Hmac::<Sha1>::new_from_slice(&self.auth).expect("HMAC takes any key");
        auth.update(packet);
        auth.update(&rollovers.to_be_bytes());
        let whole = auth.finalize().into_bytes();
        std::array::from_fn(|n| whole[n])
    }
}

/// Counter mode from `start` on; its last two bytes count.
fn xor_keystream(key: &[u8], start: [u8; 16], bytes: &mut [u8]) {
    let cipher = Aes128::new_from_slice(key).expect("sixteen bytes");
    for (count, chunk) in (0_u16..).zip(bytes.chunks_mut(16)) {
        let mut block = start;
        block[14..].copy_from_slice(&count.to_be_bytes());
        let mut block = block.into();
        cipher.encrypt_block(&mut block);
        for (byte, stream) in chunk.iter_mut().zip(block) {
            *byte ^= stream;
        }
    }
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Forty letters of base64.
pub fn to_text(key: &MasterKey) -> String {
    let bits = |at: usize| (0..6).fold(0, |n, bit| n << 1 | bit_of(key, at * 6 + bit));
    (0..40).map(|at| char::from(DIGITS[bits(at)])).collect()
}

fn bit_of(key: &MasterKey, at: usize) -> usize {
    usize::from(key[at / 8] >> (7 - at % 8) & 1)
}

/// A key from its text; `None` when it is not one of this suite.
pub fn from_text(text: &str) -> Option<MasterKey> {
    let mut key = [0; 30];
    if text.len() != 40 {
        return None;
    }
    for (at, letter) in text.bytes().enumerate() {
        let value = DIGITS.iter().position(|digit| *digit == letter)?;
        for bit in 0..6 {
            let place = at * 6 + bit;
            key[place / 8] |= ((value >> (5 - bit) & 1) as u8) << (7 - place % 8);
        }
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The packet that libsrtp makes under the master key of RFC 3711 appendix B.3.
    #[test]
    fn a_packet_is_what_libsrtp_makes_of_it() {
        let master: MasterKey = [
            0xE1, 0xF9, 0x7A, 0x0D, 0x3E, 0x01, 0x8B, 0xE0, 0xD6, 0x4F, 0xA3, 0x2C, 0x06, 0xDE,
            0x41, 0x39, 0x0E, 0xC6, 0x75, 0xAD, 0x49, 0x8A, 0xFE, 0xEB, 0xB6, 0x96, 0x0B, 0x3A,
            0xAB, 0xE6,
        ];
        let header = [0x80, 0x0F, 0x12, 0x34, 0xDE, 0xCA, 0xFB, 0xAD, 0xCA, 0xFE, 0xBA, 0xBE];
        let plain = [&header[..], &[0xAB; 16]].concat();
        let mut guard = Guard::new(master, master);
        let mut packet = plain.clone();
        guard.protect(&mut packet);
        assert_eq!(
            packet[12..],
            [
                0x4E, 0x55, 0xDC, 0x4C, 0xE7, 0x99, 0x78, 0xD8, 0x8C, 0xA4, 0xD2, 0x15, 0x94, 0x9D,
                0x24, 0x02, 0xB7, 0x8D, 0x6A, 0xCC, 0x99, 0xEA, 0x17, 0x9B, 0x8D, 0xBB,
            ]
        );
        assert_eq!(guard.unprotect(&packet), Some(plain));
        packet[13] ^= 1;
        assert_eq!(guard.unprotect(&packet), None);
        assert_eq!(guard.unprotect(&packet[..21]), None);
    }

    #[test]
    fn numbers_roll_over_both_ways() {
        let mut guard = Guard::new([1; 30], [1; 30]);
        let packet = |sequence: u16| {
            let [high, low] = sequence.to_be_bytes();
            vec![0x80, 8, high, low, 0, 0, 0, 0, 0, 0, 0, 9, 7]
        };
        let mut sent: Vec<Vec<u8>> = [65_534, 65_535, 0, 1].map(packet).into();
        sent.iter_mut().for_each(|packet| guard.protect(packet));
        sent.swap(1, 2);
        for (bytes, sequence) in sent.iter().zip([65_534, 0, 65_535, 1]) {
            assert_eq!(guard.unprotect(bytes), Some(packet(sequence)));
        }
    }

    #[test]
    fn keys_come_back_from_their_text() {
        let key: MasterKey = std::array::from_fn(|n| (n as u8).wrapping_mul(9));
        assert_eq!(from_text(&to_text(&key)), Some(key));
        assert_eq!(
            to_text(b"YS___semctl () {\t220;}\n}\nunles"),
            "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
        );
        assert_eq!(from_text("short"), None);
    }
}
