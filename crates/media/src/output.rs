//! What a media machine gives to its roof.

use std::fmt;
use std::net::SocketAddr;
use std::ops::Deref;

use model::PortId;
use rtp::srtp::{GROWTH_BYTES_MAX, Outgoing, Refused};
use rtp::{HEADER_LENGTH, Header};

use crate::{Event, FRAME_SAMPLES};

/// An order to the roof, or an event for the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Bind a UDP socket to `local` for `port`, then say so by `handle_bound`.
    Bind {
        /// The port.
        port: PortId,
        /// The address to bind.
        local: SocketAddr,
    },
    /// Close the socket of `port`.
    Release {
        /// The port.
        port: PortId,
    },
    /// Send a packet from the socket of `port`.
    Packet {
        /// The port.
        port: PortId,
        /// Where it goes.
        to: SocketAddr,
        /// The datagram.
        bytes: PacketBytes,
    },
    /// Tell the engine.
    Event(Event),
}

/// A datagram. One of 20 ms, as we send and most phones do, is held in place; only a longer one
/// that is relayed takes memory of its own.
#[derive(Clone)]
pub struct PacketBytes(Storage);

/// Header, payload and protection of one frame.
const FRAME_BYTES: usize = HEADER_LENGTH + FRAME_SAMPLES + GROWTH_BYTES_MAX;

#[derive(Clone)]
enum Storage {
    Short { length: u8, bytes: [u8; FRAME_BYTES] },
    Long(Vec<u8>),
}

impl PacketBytes {
    /// A packet whose payload is `length` bytes, written by `fill`.
    pub(crate) fn with(
        header: &Header,
        length: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> PacketBytes {
        let total = HEADER_LENGTH + length;
        let mut packet = if total + GROWTH_BYTES_MAX <= FRAME_BYTES {
            // FRAME_BYTES is 192, so the length fits a byte.
            PacketBytes(Storage::Short { length: total as u8, bytes: [0; FRAME_BYTES] })
        } else {
            let mut bytes = Vec::with_capacity(total + GROWTH_BYTES_MAX);
            bytes.resize(total, 0);
            PacketBytes(Storage::Long(bytes))
        };
        let (head, payload) = packet.bytes_mut().split_at_mut(HEADER_LENGTH);
        head.copy_from_slice(&header.to_bytes());
        fill(payload);
        packet
    }

    /// Protects the packet. After a refusal it must not be sent.
    pub(crate) fn protect(&mut self, outgoing: &mut Outgoing) -> Result<(), Refused> {
        match &mut self.0 {
            Storage::Short { length, bytes } => {
                let end = outgoing.protect(bytes, usize::from(*length))?;
                *length = u8::try_from(end).expect("a short packet stays short");
            }
            Storage::Long(bytes) => {
                let length = bytes.len();
                bytes.resize(length + GROWTH_BYTES_MAX, 0);
                let end = outgoing.protect(bytes, length)?;
                bytes.truncate(end);
            }
        }
        Ok(())
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.0 {
            Storage::Short { length, bytes } => &mut bytes[..usize::from(*length)],
            Storage::Long(bytes) => bytes,
        }
    }
}

impl Deref for PacketBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Storage::Short { length, bytes } => &bytes[..usize::from(*length)],
            Storage::Long(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for PacketBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl PartialEq for PacketBytes {
    fn eq(&self, other: &PacketBytes) -> bool {
        **self == **other
    }
}

impl Eq for PacketBytes {}

impl fmt::Debug for PacketBytes {
    /// The length only: the payload is what somebody said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_short_and_long_hold_what_was_written() {
        let header = Header { payload_type: 8, marker: false, sequence: 1, timestamp: 2, ssrc: 3 };
        for length in [0, 4, 160, 161, 480] {
            let bytes = PacketBytes::with(&header, length, |payload| payload.fill(7));
            assert_eq!(bytes[..12], header.to_bytes());
            assert_eq!(bytes[12..], vec![7; length]);
            assert_eq!(format!("{bytes:?}"), format!("{} bytes", 12 + length));
        }
    }
}
