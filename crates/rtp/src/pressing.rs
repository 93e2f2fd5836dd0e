//! The sender of telephone-event (RFC 4733 §2.5.1): one key, many packets.
//!
//! ```text
//!   key 5 for 60 ms, a packet every 20 ms, after audio up to t=800
//!   s=10 t=800 M duration 160
//!   s=11 t=800   duration 320
//!   s=12 t=800 E duration 480      the end, three times (§2.5.1.4)
//!   s=13 t=800 E duration 480
//!   s=14 t=800 E duration 480
//!   s=15 t=1600  audio again: the clock went on
//! ```
//! A key that is held for longer than a duration can say (8.19 s) goes on in a further segment,
//! which begins where the one before ended and bears no marker (§2.5.1.3).

use model::{Key, Mono};

use crate::{EventPayload, Header, Sender};

/// How often the end of a key is sent.
pub const ENDS: u8 = 3;

/// The level of a key, in dBm0 below 0.
const VOLUME: u8 = 10;

/// The longest duration of a segment, in timestamp units.
const SEGMENT_MAX: u32 = 0xFFFF;

/// One key being pressed.
#[derive(Debug, Clone)]
pub struct Pressing {
    key: Key,
    /// Timestamp units that the key is held.
    held: u32,
    /// Units passed since it began.
    passed: u32,
    /// Units in the segments before this one.
    earlier: u32,
    /// The timestamp of this segment, once its first packet has gone.
    began: Option<u32>,
    ends_left: u8,
}

impl Pressing {
    /// A key that is held for so many timestamp units, at least one.
    pub fn new(key: Key, held: u32) -> Pressing {
        Pressing { key, held: held.max(1), passed: 0, earlier: 0, began: None, ends_left: ENDS }
    }

    /// Whether every packet has gone.
    pub fn is_over(&self) -> bool {
        self.ends_left == 0
    }

    /// The next packet, `samples` after the one before. After the last one it is the last again.
    pub fn next(
        &mut self,
        sender: &mut Sender,
        now: Mono,
        payload_type: u8,
        samples: u32,
    ) -> (Header, EventPayload) {
        let header = sender.next(now, payload_type, samples);
        let marker = self.began.is_none();
        let timestamp = *self.began.get_or_insert(header.timestamp);
        self.passed = self.passed.saturating_add(samples).min(self.held);
        let duration = self.passed - self.earlier;
        let end = self.passed == self.held && duration <= SEGMENT_MAX;
        if end {
            self.ends_left = self.ends_left.saturating_sub(1);
        } else if duration >= SEGMENT_MAX {
            self.earlier += SEGMENT_MAX;
            self.began = Some(timestamp.wrapping_add(SEGMENT_MAX));
        }
        // Capped to what fits.
        let duration = duration.min(SEGMENT_MAX) as u16;
        let event = EventPayload { event: self.key.event(), end, volume: VOLUME, duration };
        (Header { marker, timestamp, ..header }, event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Heard, KeyReceiver};

    fn key(c: char) -> Key {
        Key::from_char(c).expect("a key")
    }

    /// All packets of a key, 20 ms apart, after one of audio.
    fn packets(held: u32) -> (Vec<(Header, EventPayload)>, Sender) {
        let mut sender = Sender::new(7, 9, 640);
        sender.next(Mono::ZERO, 8, 160);
        let mut pressing = Pressing::new(key('5'), held);
        let mut all = Vec::new();
        while !pressing.is_over() {
            let now = Mono::from_nanos((all.len() as u64 + 1) * 20_000_000);
            all.push(pressing.next(&mut sender, now, 101, 160));
        }
        (all, sender)
    }

    #[test]
    fn a_key_keeps_its_timestamp_and_ends_three_times() {
        let (all, mut sender) = packets(480);
        let lines: Vec<String> = all
            .iter()
            .map(|(header, event)| {
                let mark = if header.marker { " M" } else { "" };
                let end = if event.end { " E" } else { "" };
                format!("{} {}{mark}{end} {}", header.sequence, header.timestamp, event.duration)
            })
            .collect();
        assert_eq!(
            lines,
            ["10 800 M 160", "11 800 320", "12 800 E 480", "13 800 E 480", "14 800 E 480"]
        );
        assert_eq!(sender.next(Mono::from_nanos(120_000_000), 8, 160).timestamp, 1_600);
    }

    #[test]
    fn a_long_key_is_sent_in_segments_and_heard_as_one_press() {
        // 20 s: two whole segments and a part of a third.
        let (all, _) = packets(160_000);
        let mut segments: Vec<u32> = all.iter().map(|(header, _)| header.timestamp).collect();
        segments.dedup();
        assert_eq!(segments, [800, 800 + 0xFFFF, 800 + 2 * 0xFFFF]);
        for (header, event) in &all {
            assert_eq!(header.marker, header.sequence == 10);
            assert_eq!(event.end, u32::from(event.duration) == 160_000 - 2 * 0xFFFF, "{event:?}");
        }
        let full = all.iter().filter(|(_, event)| event.duration == u16::MAX).count();
        assert_eq!(full, 2, "each segment but the last says its whole length");
        assert_eq!(all.iter().filter(|(_, event)| event.end).count(), usize::from(ENDS));
        let mut receiver = KeyReceiver::new();
        let heard = all.iter().enumerate().map(|(n, (header, event))| {
            let now = Mono::from_nanos(n as u64 * 20_000_000);
            receiver.heard(now, header, &event.to_bytes())
        });
        assert_eq!(heard.filter(|heard| *heard == Heard::Pressed(key('5'))).count(), 1);
    }

    #[test]
    fn a_key_that_ends_just_beyond_a_segment_ends_in_the_next() {
        let (all, _) = packets(0xFFFF + 30);
        let (header, event) = all.last().expect("it has packets");
        assert_eq!((header.timestamp, event.duration, event.end), (800 + 0xFFFF, 30, true));
    }
}
