//! What comes by RTP: samples placed by timestamp, keys counted once.

use std::collections::VecDeque;

use model::{Key, Mono};

use crate::Codec;
use crate::diary::{CallRecord, place_of};
use crate::voicing::Hearing;

/// How far a timestamp may lie from the packet's arrival before the stream is taken to have begun
/// anew, in samples (one second).
const RESYNC_SAMPLES: i64 = 8_000;
/// How many events back a late packet is still known.
const EVENTS_REMEMBERED: usize = 16;

/// The fixed header and payload of an RTP packet (RFC 3550 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    pub payload_type: u8,
    pub timestamp: u32,
    pub ssrc: u32,
    pub payload: &'a [u8],
}

/// Reads a packet; `None` for anything else.
pub fn read(bytes: &[u8]) -> Option<Packet<'_>> {
    let (header, _) = bytes.split_first_chunk::<12>()?;
    if header[0] >> 6 != 2 {
        return None;
    }
    let mut start = 12 + 4 * usize::from(header[0] & 0x0f);
    if header[0] & 0x10 != 0 {
        let extension = bytes.get(start..start + 4)?;
        start += 4 + 4 * usize::from(u16::from_be_bytes([extension[2], extension[3]]));
    }
    let mut payload = bytes.get(start..)?;
    if header[0] & 0x20 != 0 {
        let padding = usize::from(*payload.last()?);
        payload = payload.get(..payload.len().checked_sub(padding)?)?;
    }
    Some(Packet {
        payload_type: header[1] & 0x7f,
        timestamp: u32::from_be_bytes([header[4], header[5], header[6], header[7]]),
        ssrc: u32::from_be_bytes([header[8], header[9], header[10], header[11]]),
        payload,
    })
}

/// The listening half of a call.
#[derive(Debug, Clone, Default)]
pub struct Ear {
    anchor: Option<Anchor>,
    events: VecDeque<(u32, u32)>,
    hearing: Hearing,
}

/// Timestamp `timestamp` of stream `ssrc` is place `place` of the track.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    ssrc: u32,
    timestamp: u32,
    place: i64,
}

impl Ear {
    /// Writes audio into the record.
    pub fn voice(&mut self, at: Mono, packet: &Packet, codec: Codec, record: &mut CallRecord) {
        let Some(talk) = record.talk else { return };
        let arrival = i64::try_from(place_of(talk, at)).unwrap_or(i64::MAX / 2);
        let place = self.place(packet, arrival);
        let samples = self.hearing.decode(codec, packet.payload);
        record.note_heard(at, usize::try_from(place).unwrap_or(0), &samples);
    }

    fn place(&mut self, packet: &Packet, arrival: i64) -> i64 {
        let known = self.anchor.filter(|anchor| anchor.ssrc == packet.ssrc).map(|anchor| {
            let distance = packet.timestamp.wrapping_sub(anchor.timestamp) as i32;
            anchor.place + i64::from(distance)
        });
        let near = known.filter(|place| (place - arrival).abs() <= RESYNC_SAMPLES && *place >= 0);
        let place = near.unwrap_or(arrival);
        if near.is_none() {
            let (ssrc, timestamp) = (packet.ssrc, packet.timestamp);
            self.anchor = Some(Anchor { ssrc, timestamp, place });
        }
        place
    }

    /// The key of a telephone-event packet, the first time that its event is seen. Packets of one
    /// press share their timestamp (RFC 4733 §2.2.1), whichever of them arrives first.
    pub fn event(&mut self, packet: &Packet) -> Option<Key> {
        let key = Key::from_event(*packet.payload.first()?)?;
        let event = (packet.ssrc, packet.timestamp);
        if packet.payload.len() < 4 || self.events.contains(&event) {
            return None;
        }
        if self.events.len() >= EVENTS_REMEMBERED {
            self.events.pop_front();
        }
        self.events.push_back(event);
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn extensions_sources_and_padding_are_not_payload() {
        let mut bytes = vec![0xb1, 0x88, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 9, 9, 9];
        bytes.extend([0xbe, 0xde, 0, 1, 8, 8, 8, 8, 42, 43, 0, 2]);
        let packet = read(&bytes).unwrap();
        assert_eq!((packet.payload_type, packet.timestamp, packet.ssrc), (8, 2, 3));
        assert_eq!(packet.payload, [42, 43]);
    }

    #[test]
    fn only_the_last_events_are_remembered() {
        let mut ear = Ear::default();
        let packet = |timestamp| Packet { payload_type: 101, timestamp, ssrc: 1, payload: &[1; 4] };
        let count = EVENTS_REMEMBERED as u32 + 1;
        assert!((0..count).all(|timestamp| ear.event(&packet(timestamp)).is_some()));
        assert_eq!(ear.event(&packet(count - 1)), None);
        assert_eq!(ear.events.len(), EVENTS_REMEMBERED);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Some(packet) = read(&bytes) {
                let _ = Ear::default().event(&packet);
            }
        }
    }
}
