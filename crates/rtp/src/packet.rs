//! One packet on the wire (RFC 3550 §5.1).
//!
//! Reading is done by `rtp-rs`. Its builder is not used: it panics on what it dislikes and leaves
//! padding unset. What we send has neither padding, nor extension, nor contributing sources, and is
//! twelve bytes and a payload.

use rtp_rs::{RtpReader, RtpReaderError};

/// Bytes of the header that we write.
pub const HEADER_LENGTH: usize = 12;

/// The largest datagram taken for RTP; an Ethernet frame holds no larger one.
pub const DATAGRAM_MAX: usize = 1_500;

/// The header fields of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Which codec, or telephone-event: 0 to 127.
    pub payload_type: u8,
    /// The first packet after a silence, or of an event.
    pub marker: bool,
    /// Counts packets; wraps.
    pub sequence: u16,
    /// The moment of the first sample, in samples; wraps.
    pub timestamp: u32,
    /// The source of this numbering.
    pub ssrc: u32,
}

impl Header {
    /// The header as twelve bytes.
    pub fn to_bytes(&self) -> [u8; HEADER_LENGTH] {
        let [s0, s1] = self.sequence.to_be_bytes();
        let [t0, t1, t2, t3] = self.timestamp.to_be_bytes();
        let [c0, c1, c2, c3] = self.ssrc.to_be_bytes();
        let kind = u8::from(self.marker) << 7 | self.payload_type & 0x7F;
        [0x80, kind, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3]
    }
}

/// A packet that was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Its header.
    pub header: Header,
    /// Its payload, without padding.
    pub payload: &'a [u8],
}

/// Why a datagram is not an RTP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotRtp {
    /// Shorter than its header.
    TooShort,
    /// Longer than [`DATAGRAM_MAX`].
    TooLong,
    /// Not version 2: STUN, or nothing we know.
    OtherVersion,
    /// Its padding is longer than the packet, or empty.
    BadPadding,
    /// An RTCP packet, by the range that RFC 5761 §4 keeps free of payload types.
    Rtcp,
}

impl<'a> Packet<'a> {
    /// Reads a datagram.
    ///
    /// # Errors
    /// Why it is not an RTP packet.
    pub fn read(datagram: &'a [u8]) -> Result<Packet<'a>, NotRtp> {
        if datagram.len() > DATAGRAM_MAX {
            return Err(NotRtp::TooLong);
        }
        let reader = RtpReader::new(datagram).map_err(|error| match error {
            RtpReaderError::BufferTooShort(_) | RtpReaderError::HeadersTruncated { .. } => {
                NotRtp::TooShort
            }
            RtpReaderError::UnsupportedVersion(_) => NotRtp::OtherVersion,
            RtpReaderError::PaddingLengthInvalid(_) => NotRtp::BadPadding,
        })?;
        if (192..=223).contains(&datagram[1]) {
            return Err(NotRtp::Rtcp);
        }
        let header = Header {
            payload_type: reader.payload_type(),
            marker: reader.mark(),
            sequence: reader.sequence_number().into(),
            timestamp: reader.timestamp(),
            ssrc: reader.ssrc(),
        };
        Ok(Packet { header, payload: reader.payload() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: Header = Header {
        payload_type: 101,
        marker: true,
        sequence: 0x0102,
        timestamp: 0x0304_0506,
        ssrc: 0x0708_090A,
    };

    #[test]
    fn the_header_is_written_as_the_rfc_draws_it() {
        assert_eq!(HEADER.to_bytes(), [0x80, 0xE5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        let plain = Header { marker: false, payload_type: 8, ..HEADER };
        assert_eq!(plain.to_bytes()[1], 8);
    }

    #[test]
    fn padding_extension_and_contributing_sources_are_not_payload() {
        // Padding, extension, one contributing source.
        let mut bytes = vec![0xB1, 8, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        bytes.extend([9, 9, 9, 9]);
        bytes.extend([0xBE, 0xDE, 0, 1, 7, 7, 7, 7]);
        bytes.extend(b"sound");
        bytes.extend([0, 0, 3]);
        assert_eq!(Packet::read(&bytes).expect("it is whole").payload, b"sound");
    }

    #[test]
    fn what_is_not_rtp_is_named() {
        let good = [&HEADER.to_bytes()[..], b"x"].concat();
        assert_eq!(Packet::read(&good[..11]), Err(NotRtp::TooShort));
        assert_eq!(Packet::read(b"\0\x01\0\0stun stun stun"), Err(NotRtp::OtherVersion));
        assert_eq!(Packet::read(&[0xA0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]), {
            Err(NotRtp::BadPadding)
        });
        assert_eq!(Packet::read(&[0x80, 200, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0]), Err(NotRtp::Rtcp));
        assert_eq!(Packet::read(&[&good[..], &[0; DATAGRAM_MAX]].concat()), Err(NotRtp::TooLong));
        assert!(Packet::read(&[&good[..], &[0; DATAGRAM_MAX - 13]].concat()).is_ok());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = Packet::read(&bytes);
        }

        #[test]
        fn what_is_written_is_read(
            payload_type in 0_u8..64,
            marker: bool,
            sequence: u16,
            timestamp: u32,
            ssrc: u32,
            payload in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let header = Header { payload_type, marker, sequence, timestamp, ssrc };
            let bytes = [&header.to_bytes()[..], &payload].concat();
            let packet = Packet::read(&bytes).expect("we wrote it");
            prop_assert_eq!(packet, Packet { header, payload: &payload });
        }
    }
}
