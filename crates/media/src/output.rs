//! What a media machine gives to its roof, and the queue in which it waits.
//!
//! The bytes of all packets that wait stand one after the other in one buffer: once it has grown to
//! what one turn of the roof needs, nothing is allocated for a packet any more, however long it is.

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::ops::{Deref, Range};

use model::{PortId, RecordingId};
use rtp::srtp::{GROWTH_BYTES_MAX, Outgoing, Refused};
use rtp::{HEADER_LENGTH, Header};

use crate::{Codec, Event, Heard, Side};

/// The most outputs that wait to be polled. Beyond it packets and keys are dropped and counted; the
/// other events, of which there are few, are kept.
pub const OUTPUTS_MAX: usize = 65_536;

/// Outputs for which there is room from the beginning: what some thousand ports give in a turn.
const OUTPUTS_AT_ONCE: usize = 512;

/// The same in bytes of packets.
const BYTES_AT_ONCE: usize = 64 * 1024;

/// An order to the roof, or an event for the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output<'a> {
    /// Bind a UDP socket to `local` for `port`, then say so by `handle_bound`.
    Bind {
        /// The port.
        port: PortId,
        /// The address to bind.
        local: SocketAddr,
    },
    /// Read the socket of `port` so from now on. A new port is read on arrival.
    Read {
        /// The port.
        port: PortId,
        /// When.
        when: Reading,
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
        bytes: PacketBytes<'a>,
    },
    /// Send an RTCP packet from the port after that of `port`.
    Control {
        /// The port.
        port: PortId,
        /// Where it goes.
        to: SocketAddr,
        /// The datagram.
        bytes: PacketBytes<'a>,
    },
    /// Hand a piece of sound to the recording that it is for.
    Heard(Heard<'a>),
    /// Tell the engine.
    Event(Event),
}

/// When the socket of a port is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// As soon as something has come: somebody else waits for it, or it comes rarely.
    OnArrival,
    /// With each packet that the port sends: it sends one every 20 ms, and nobody needs what has
    /// come any sooner. It saves a wake-up for each packet that is heard.
    WithEachFrame,
}

/// A datagram.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PacketBytes<'a>(&'a [u8]);

impl Deref for PacketBytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0
    }
}

impl AsRef<[u8]> for PacketBytes<'_> {
    fn as_ref(&self) -> &[u8] {
        self.0
    }
}

impl fmt::Debug for PacketBytes<'_> {
    /// The length only: the payload is what somebody said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

/// What waits to be polled.
#[derive(Debug)]
pub(crate) struct Outputs {
    queue: VecDeque<Queued>,
    /// The packets that wait, and those that were polled since it was empty.
    bytes: Vec<u8>,
    /// Packets and keys dropped because of [`OUTPUTS_MAX`].
    pub(crate) dropped: u64,
}

#[derive(Debug)]
enum Queued {
    Bind { port: PortId, local: SocketAddr },
    Read { port: PortId, when: Reading },
    Release { port: PortId },
    Packet { port: PortId, to: SocketAddr, bytes: Range<u32> },
    Control { port: PortId, to: SocketAddr, bytes: Range<u32> },
    Heard { recording: RecordingId, side: Side, codec: Codec, at: u64, bytes: Range<u32> },
    Event(Event),
}

/// A packet that was written and is not queued yet.
#[derive(Debug)]
pub(crate) struct Written(Range<usize>);

impl Written {
    pub(crate) fn length(&self) -> usize {
        self.0.len()
    }
}

impl Outputs {
    pub(crate) fn new() -> Outputs {
        Outputs {
            queue: VecDeque::with_capacity(OUTPUTS_AT_ONCE),
            bytes: Vec::with_capacity(BYTES_AT_ONCE),
            dropped: 0,
        }
    }

    pub(crate) fn poll(&mut self) -> Option<Output<'_>> {
        let Some(queued) = self.queue.pop_front() else {
            self.bytes.clear();
            return None;
        };
        Some(match queued {
            Queued::Bind { port, local } => Output::Bind { port, local },
            Queued::Read { port, when } => Output::Read { port, when },
            Queued::Release { port } => Output::Release { port },
            Queued::Event(event) => Output::Event(event),
            Queued::Packet { port, to, bytes: Range { start, end } } => {
                let bytes = PacketBytes(&self.bytes[start as usize..end as usize]);
                Output::Packet { port, to, bytes }
            }
            Queued::Control { port, to, bytes: Range { start, end } } => {
                let bytes = PacketBytes(&self.bytes[start as usize..end as usize]);
                Output::Control { port, to, bytes }
            }
            Queued::Heard { recording, side, codec, at, bytes: Range { start, end } } => {
                let bytes = &self.bytes[start as usize..end as usize];
                Output::Heard(Heard { recording, side, codec, at, bytes })
            }
        })
    }

    pub(crate) fn bind(&mut self, port: PortId, local: SocketAddr) {
        self.queue.push_back(Queued::Bind { port, local });
    }

    pub(crate) fn read(&mut self, port: PortId, when: Reading) {
        self.queue.push_back(Queued::Read { port, when });
    }

    pub(crate) fn release(&mut self, port: PortId) {
        self.queue.push_back(Queued::Release { port });
    }

    /// An event that must not be lost.
    pub(crate) fn event(&mut self, event: Event) {
        self.queue.push_back(Queued::Event(event));
    }

    /// An event of which there may be many: dropped when nobody polls.
    pub(crate) fn event_if_room(&mut self, event: Event) {
        if self.has_room() {
            self.event(event);
        }
    }

    /// False, and counted, when nobody polls: what is about to be queued is dropped.
    pub(crate) fn has_room(&mut self) -> bool {
        let has_room = self.queue.len() < OUTPUTS_MAX;
        self.dropped += u64::from(!has_room);
        has_room
    }

    /// Writes a packet whose payload is `length` bytes, written by `fill`. It waits for
    /// [`Outputs::packet`].
    pub(crate) fn write(
        &mut self,
        header: &Header,
        length: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> Written {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&header.to_bytes());
        self.bytes.resize(start + HEADER_LENGTH + length, 0);
        fill(&mut self.bytes[start + HEADER_LENGTH..]);
        Written(start..self.bytes.len())
    }

    /// Protects a packet that was just written. After a refusal it must not be sent.
    pub(crate) fn protect(
        &mut self,
        packet: &mut Written,
        outgoing: &mut Outgoing,
    ) -> Result<(), Refused> {
        let Written(Range { start, end }) = *packet;
        self.bytes.resize(end + GROWTH_BYTES_MAX, 0);
        let length = outgoing.protect(&mut self.bytes[start..], end - start)?;
        self.bytes.truncate(start + length);
        *packet = Written(start..start + length);
        Ok(())
    }

    /// Writes an RTCP packet. It waits for [`Outputs::packet`] or [`Outputs::control`].
    pub(crate) fn write_control(&mut self, packet: &[u8]) -> Written {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(packet);
        Written(start..self.bytes.len())
    }

    /// As [`Outputs::protect`], for an RTCP packet.
    pub(crate) fn protect_control(
        &mut self,
        packet: &mut Written,
        outgoing: &mut Outgoing,
    ) -> Result<(), Refused> {
        let Written(Range { start, end }) = *packet;
        self.bytes.resize(end + GROWTH_BYTES_MAX, 0);
        let length = outgoing.protect_rtcp(&mut self.bytes[start..], end - start)?;
        self.bytes.truncate(start + length);
        *packet = Written(start..start + length);
        Ok(())
    }

    /// Queues a piece of sound for a recording.
    pub(crate) fn heard(&mut self, heard: Heard<'_>) {
        let Heard { recording, side, codec, at, bytes } = heard;
        let place = |at| u32::try_from(at).expect("the packets that wait are few");
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        let bytes = place(start)..place(self.bytes.len());
        self.queue.push_back(Queued::Heard { recording, side, codec, at, bytes });
    }

    /// Queues an RTCP packet that was written.
    pub(crate) fn control(&mut self, port: PortId, to: SocketAddr, packet: Written) {
        let place = |at| u32::try_from(at).expect("the packets that wait are few");
        let bytes = place(packet.0.start)..place(packet.0.end);
        self.queue.push_back(Queued::Control { port, to, bytes });
    }

    /// Queues a packet that was written.
    pub(crate) fn packet(&mut self, port: PortId, to: SocketAddr, packet: Written) {
        let place = |at| u32::try_from(at).expect("the packets that wait are few");
        let bytes = place(packet.0.start)..place(packet.0.end);
        self.queue.push_back(Queued::Packet { port, to, bytes });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_short_and_long_hold_what_was_written() {
        let header = Header { payload_type: 8, marker: false, sequence: 1, timestamp: 2, ssrc: 3 };
        let (port, to) = (PortId(1), SocketAddr::from(([127, 0, 0, 1], 4_000)));
        let mut outputs = Outputs::new();
        let lengths = [0, 4, 160, 161, 480, 1_400];
        for length in lengths {
            let written = outputs.write(&header, length, |payload| payload.fill(7));
            outputs.packet(port, to, written);
        }
        for length in lengths {
            let Some(Output::Packet { bytes, .. }) = outputs.poll() else { panic!("a packet") };
            assert_eq!(bytes[..12], header.to_bytes());
            assert_eq!(bytes[12..], vec![7; length]);
            assert_eq!(format!("{bytes:?}"), format!("{} bytes", 12 + length));
        }
        assert_eq!(outputs.poll(), None);
        assert!(outputs.bytes.is_empty());
    }
}
