//! An RTP packet (RFC 3550 §5.1), read without anybody's parser: enough to judge it.

/// The parts of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packet {
    /// No padding, no extension, no contributing sources.
    pub(crate) plain: bool,
    pub(crate) marker: bool,
    pub(crate) payload_type: u8,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    pub(crate) payload: Vec<u8>,
    /// The payload is encrypted: its length means something, its bytes nothing.
    pub(crate) veiled: bool,
}

/// Bytes of the tag of AES_CM_128_HMAC_SHA1_80, which the far ends of simulations speak.
const TAG: usize = 10;

impl Packet {
    /// `None` for what is no RTP of version 2. The payload is that of a plain packet.
    pub(crate) fn read(bytes: &[u8]) -> Option<Packet> {
        let (head, payload) = bytes.split_first_chunk::<12>()?;
        let [first, kind, s1, s0, t3, t2, t1, t0, c3, c2, c1, c0] = *head;
        (first >> 6 == 2).then(|| Packet {
            plain: first == 0x80,
            marker: kind & 0x80 != 0,
            payload_type: kind & 0x7f,
            sequence: u16::from_be_bytes([s1, s0]),
            timestamp: u32::from_be_bytes([t3, t2, t1, t0]),
            ssrc: u32::from_be_bytes([c3, c2, c1, c0]),
            payload: payload.to_vec(),
            veiled: false,
        })
    }

    /// As [`Packet::read`], of a stream that is SRTP when `secure`: the tag is no payload.
    pub(crate) fn read_as(secure: bool, bytes: &[u8]) -> Option<Packet> {
        let end = if secure { bytes.len().checked_sub(TAG)? } else { bytes.len() };
        Some(Packet { veiled: secure, ..Packet::read(&bytes[..end])? })
    }

    /// Of a telephone-event (RFC 4733 §2.3), in samples; 0 when it cannot be read.
    pub(crate) fn duration(&self) -> u16 {
        match self.payload.get(2..4) {
            Some(&[high, low]) if !self.veiled => u16::from_be_bytes([high, low]),
            _ => 0,
        }
    }
}

/// How far `new` is ahead of `old`, around the corner of sixteen bits.
pub(crate) fn ahead(new: u16, old: u16) -> i32 {
    i32::from(new.wrapping_sub(old) as i16)
}
