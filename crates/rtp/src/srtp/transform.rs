//! Encryption and authentication of one protocol in one direction.
//!
//! Counter mode: RFC 3711 §4.1.1 and §4.2.1. Galois/counter mode: RFC 7714 §8 and §9. Tags are
//! compared in constant time by the crates that make them; a packet whose tag is wrong is left as
//! it came.

use aes::{Aes128, Aes128Enc, Aes256};
use aes_gcm::AesGcm;
use aes_gcm::aead::AeadInOut;
use aes_gcm::aead::consts::U12;
use ctr::CtrCore;
use ctr::cipher::{InnerIvInit, KeyInit, StreamCipher, StreamCipherCoreWrapper};
use ctr::flavors::Ctr128BE;
use hmac::{Hmac, Mac};
use sha1::Sha1;

use super::derivation::SessionKeys;
use super::{RTCP_CLEAR, RTCP_INDEX, Refused, Suite};

/// Bytes of a GCM tag.
const GCM_TAG: usize = 16;

/// Longest RTCP packet that travels authenticated but not encrypted under GCM.
const CLEAR_RTCP_BYTES_MAX: usize = crate::DATAGRAM_MAX;

/// The bit that says that an SRTCP packet is encrypted (RFC 3711 §3.4).
pub(super) const ENCRYPTED: u32 = 1 << 31;

pub(super) enum Transform {
    Counter(Counter),
    Gcm128(Gcm<Aes128>),
    Gcm256(Gcm<Aes256>),
}

impl Transform {
    pub(super) fn new(suite: Suite, keys: &SessionKeys) -> Transform {
        let salt = keys.salt;
        let short: &[u8; 16] = keys.cipher.first_chunk().expect("32 bytes begin with 16");
        match suite {
            Suite::AesCm128HmacSha1_80 | Suite::AesCm128HmacSha1_32 => {
                Transform::Counter(Counter {
                    cipher: Aes128Enc::new(short.into()),
                    auth: Hmac::new_from_slice(&keys.auth).expect("HMAC takes any key"),
                    salt,
                    rtp_tag: suite.rtp_tag(),
                    rtcp_tag: suite.rtcp_tag(),
                })
            }
            Suite::AeadAes128Gcm => {
                Transform::Gcm128(Gcm { cipher: AesGcm::new(short.into()), salt: gcm_salt(&salt) })
            }
            Suite::AeadAes256Gcm => Transform::Gcm256(Gcm {
                cipher: AesGcm::new((&keys.cipher).into()),
                salt: gcm_salt(&salt),
            }),
        }
    }

    /// Encrypts `packet[header..length]` and puts the tag behind it. `packet` has room for it.
    pub(super) fn seal_rtp(
        &self,
        ssrc: u32,
        index: u64,
        packet: &mut [u8],
        header: usize,
        length: usize,
    ) -> Result<usize, Refused> {
        match self {
            Transform::Counter(counter) => counter.seal_rtp(ssrc, index, packet, header, length),
            Transform::Gcm128(gcm) => gcm.seal(&rtp_nonce(ssrc, index), packet, header, length),
            Transform::Gcm256(gcm) => gcm.seal(&rtp_nonce(ssrc, index), packet, header, length),
        }
    }

    /// Checks the tag at the end of `packet` and decrypts what is between the header and the tag.
    /// The length without the tag.
    pub(super) fn open_rtp(
        &self,
        ssrc: u32,
        index: u64,
        packet: &mut [u8],
        header: usize,
    ) -> Result<usize, Refused> {
        match self {
            Transform::Counter(counter) => counter.open_rtp(ssrc, index, packet, header),
            Transform::Gcm128(gcm) => gcm.open(&rtp_nonce(ssrc, index), packet, header),
            Transform::Gcm256(gcm) => gcm.open(&rtp_nonce(ssrc, index), packet, header),
        }
    }

    /// As [`Transform::seal_rtp`], with the E bit and the index.
    pub(super) fn seal_rtcp(
        &self,
        ssrc: u32,
        index: u32,
        packet: &mut [u8],
        length: usize,
    ) -> Result<usize, Refused> {
        let word = (index | ENCRYPTED).to_be_bytes();
        let nonce = rtcp_nonce(ssrc, index);
        match self {
            Transform::Counter(counter) => {
                counter.crypt(ssrc, index.into(), &mut packet[RTCP_CLEAR..length]);
                let end = length + RTCP_INDEX;
                packet.get_mut(length..end).ok_or(Refused::Malformed)?.copy_from_slice(&word);
                counter.tag(packet, end, &[], counter.rtcp_tag)
            }
            Transform::Gcm128(gcm) => gcm.seal_rtcp(&nonce, word, packet, length),
            Transform::Gcm256(gcm) => gcm.seal_rtcp(&nonce, word, packet, length),
        }
    }

    /// The E bit and index of a packet that is long enough; nothing about it is checked yet.
    pub(super) fn rtcp_word(&self, packet: &[u8]) -> Result<u32, Refused> {
        let tag = match self {
            Transform::Counter(counter) => counter.rtcp_tag,
            Transform::Gcm128(_) | Transform::Gcm256(_) => GCM_TAG,
        };
        if packet.len() < RTCP_CLEAR + RTCP_INDEX + tag {
            return Err(Refused::Malformed);
        }
        let end = match self {
            Transform::Counter(_) => packet.len() - tag,
            Transform::Gcm128(_) | Transform::Gcm256(_) => packet.len(),
        };
        let word: &[u8; RTCP_INDEX] = packet[..end].last_chunk().ok_or(Refused::Malformed)?;
        Ok(u32::from_be_bytes(*word))
    }

    /// As [`Transform::open_rtp`]; `word` is from [`Transform::rtcp_word`].
    pub(super) fn open_rtcp(
        &self,
        ssrc: u32,
        word: u32,
        packet: &mut [u8],
    ) -> Result<usize, Refused> {
        let index = word & !ENCRYPTED;
        let nonce = rtcp_nonce(ssrc, index);
        match self {
            Transform::Counter(counter) => {
                let end = counter.check(packet, &[], counter.rtcp_tag)? - RTCP_INDEX;
                if word & ENCRYPTED != 0 {
                    counter.crypt(ssrc, index.into(), &mut packet[RTCP_CLEAR..end]);
                }
                Ok(end)
            }
            Transform::Gcm128(gcm) => gcm.open_rtcp(&nonce, word, packet),
            Transform::Gcm256(gcm) => gcm.open_rtcp(&nonce, word, packet),
        }
    }
}

/// AES in counter mode with HMAC-SHA1.
pub(super) struct Counter {
    pub(super) cipher: Aes128Enc,
    auth: Hmac<Sha1>,
    pub(super) salt: [u8; 14],
    rtp_tag: usize,
    rtcp_tag: usize,
}

impl Counter {
    fn seal_rtp(
        &self,
        ssrc: u32,
        index: u64,
        packet: &mut [u8],
        header: usize,
        length: usize,
    ) -> Result<usize, Refused> {
        self.crypt(ssrc, index, &mut packet[header..length]);
        self.tag(packet, length, &rollovers(index), self.rtp_tag)
    }

    fn open_rtp(
        &self,
        ssrc: u32,
        index: u64,
        packet: &mut [u8],
        header: usize,
    ) -> Result<usize, Refused> {
        let end = self.check(packet, &rollovers(index), self.rtp_tag)?;
        let payload = packet.get_mut(header..end).ok_or(Refused::Malformed)?;
        self.crypt(ssrc, index, payload);
        Ok(end)
    }

    /// Encrypts or decrypts.
    pub(super) fn crypt(&self, ssrc: u32, index: u64, bytes: &mut [u8]) {
        let mut start = [0; 16];
        start[..14].copy_from_slice(&self.salt);
        xor(&mut start[4..8], &ssrc.to_be_bytes());
        xor(&mut start[8..14], &index.to_be_bytes()[2..]);
        let core = CtrCore::<_, Ctr128BE>::inner_iv_init(&self.cipher, &start.into());
        StreamCipherCoreWrapper::from_core(core).apply_keystream(bytes);
    }

    /// Puts the tag over `packet[..length]` and `more` behind the packet.
    fn tag(
        &self,
        packet: &mut [u8],
        length: usize,
        more: &[u8],
        tag: usize,
    ) -> Result<usize, Refused> {
        let mut auth = self.auth.clone();
        auth.update(&packet[..length]);
        auth.update(more);
        let made = auth.finalize().into_bytes();
        let end = length + tag;
        packet.get_mut(length..end).ok_or(Refused::Malformed)?.copy_from_slice(&made[..tag]);
        Ok(end)
    }

    /// The length without the tag, when the tag is right.
    fn check(&self, packet: &[u8], more: &[u8], tag: usize) -> Result<usize, Refused> {
        let end = packet.len().checked_sub(tag).ok_or(Refused::Malformed)?;
        let mut auth = self.auth.clone();
        auth.update(&packet[..end]);
        auth.update(more);
        auth.verify_truncated_left(&packet[end..]).map_err(|_| Refused::NotAuthentic)?;
        Ok(end)
    }
}

/// AES in Galois/counter mode.
pub(super) struct Gcm<Aes> {
    cipher: AesGcm<Aes, U12>,
    salt: [u8; 12],
}

impl<Aes> Gcm<Aes>
where
    AesGcm<Aes, U12>: AeadInOut<NonceSize = U12, TagSize = aes_gcm::aead::consts::U16>,
{
    fn nonce(&self, plain: &[u8; 12]) -> [u8; 12] {
        let mut nonce = self.salt;
        xor(&mut nonce, plain);
        nonce
    }

    fn seal(
        &self,
        nonce: &[u8; 12],
        packet: &mut [u8],
        header: usize,
        length: usize,
    ) -> Result<usize, Refused> {
        let end = length + GCM_TAG;
        let packet = packet.get_mut(..end).ok_or(Refused::Malformed)?;
        let (clear, rest) = packet.split_at_mut(header);
        let (payload, tag) = rest.split_at_mut(length - header);
        let nonce = self.nonce(nonce).into();
        let made = self.cipher.encrypt_inout_detached(&nonce, clear, payload.into());
        tag.copy_from_slice(&made.map_err(|_| Refused::Malformed)?);
        Ok(end)
    }

    fn open(&self, nonce: &[u8; 12], packet: &mut [u8], header: usize) -> Result<usize, Refused> {
        let end = packet.len().checked_sub(GCM_TAG).ok_or(Refused::Malformed)?;
        let (clear, rest) = packet.split_at_mut(header);
        let payload = end.checked_sub(header).ok_or(Refused::Malformed)?;
        let (payload, tag) = rest.split_at_mut(payload);
        self.open_detached(nonce, clear, payload, tag)?;
        Ok(end)
    }

    fn open_detached(
        &self,
        nonce: &[u8; 12],
        clear: &[u8],
        payload: &mut [u8],
        tag: &[u8],
    ) -> Result<(), Refused> {
        let tag: &[u8; GCM_TAG] = tag.try_into().map_err(|_| Refused::Malformed)?;
        let nonce = self.nonce(nonce).into();
        let opened = self.cipher.decrypt_inout_detached(&nonce, clear, payload.into(), tag.into());
        opened.map_err(|_| Refused::NotAuthentic)
    }

    fn seal_rtcp(
        &self,
        nonce: &[u8; 12],
        word: [u8; RTCP_INDEX],
        packet: &mut [u8],
        length: usize,
    ) -> Result<usize, Refused> {
        let end = length + GCM_TAG + RTCP_INDEX;
        let packet = packet.get_mut(..end).ok_or(Refused::Malformed)?;
        let clear = associated(packet, word);
        let (payload, rest) = packet[RTCP_CLEAR..].split_at_mut(length - RTCP_CLEAR);
        let nonce = self.nonce(nonce).into();
        let made = self.cipher.encrypt_inout_detached(&nonce, &clear, payload.into());
        rest[..GCM_TAG].copy_from_slice(&made.map_err(|_| Refused::Malformed)?);
        rest[GCM_TAG..].copy_from_slice(&word);
        Ok(end)
    }

    fn open_rtcp(&self, nonce: &[u8; 12], word: u32, packet: &mut [u8]) -> Result<usize, Refused> {
        let end = packet.len() - RTCP_INDEX - GCM_TAG;
        let bytes = word.to_be_bytes();
        if word & ENCRYPTED != 0 {
            let clear = associated(packet, bytes);
            let (payload, rest) = packet[RTCP_CLEAR..].split_at_mut(end - RTCP_CLEAR);
            self.open_detached(nonce, &clear, payload, &rest[..GCM_TAG])?;
            return Ok(end);
        }
        // Not encrypted: all of it is associated data, the index last (RFC 7714 §9.3).
        let mut clear = [0; CLEAR_RTCP_BYTES_MAX + RTCP_INDEX];
        let whole = clear.get_mut(..end + RTCP_INDEX).ok_or(Refused::Malformed)?;
        whole[..end].copy_from_slice(&packet[..end]);
        whole[end..].copy_from_slice(&bytes);
        self.open_detached(nonce, whole, &mut [], &packet[end..end + GCM_TAG])?;
        Ok(end)
    }
}

/// The associated data of an encrypted SRTCP packet (RFC 7714 §9.2).
fn associated(packet: &[u8], word: [u8; RTCP_INDEX]) -> [u8; RTCP_CLEAR + RTCP_INDEX] {
    let mut clear = [0; RTCP_CLEAR + RTCP_INDEX];
    clear[..RTCP_CLEAR].copy_from_slice(&packet[..RTCP_CLEAR]);
    clear[RTCP_CLEAR..].copy_from_slice(&word);
    clear
}

fn gcm_salt(salt: &[u8; 14]) -> [u8; 12] {
    *salt.first_chunk().expect("14 bytes begin with 12")
}

/// The rollover counter that belongs to an index.
fn rollovers(index: u64) -> [u8; 4] {
    // The index has 48 bits.
    ((index >> 16) as u32).to_be_bytes()
}

/// RFC 7714 §8.1, before the salt.
fn rtp_nonce(ssrc: u32, index: u64) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[2..6].copy_from_slice(&ssrc.to_be_bytes());
    nonce[6..].copy_from_slice(&index.to_be_bytes()[2..]);
    nonce
}

/// RFC 7714 §9.1, before the salt.
fn rtcp_nonce(ssrc: u32, index: u32) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[2..6].copy_from_slice(&ssrc.to_be_bytes());
    nonce[8..].copy_from_slice(&index.to_be_bytes());
    nonce
}

fn xor(bytes: &mut [u8], with: &[u8]) {
    for (byte, other) in bytes.iter_mut().zip(with) {
        *byte ^= other;
    }
}
