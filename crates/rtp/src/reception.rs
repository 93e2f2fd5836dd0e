//! What was heard: received, lost and jitter (RFC 3550 §6.4.1 and appendices A.1, A.3, A.8).

use model::Mono;

use crate::{Header, ahead, clock_units};

/// A sequence number further ahead than this is a new beginning, not loss (RFC 3550 A.1).
pub const DROPOUT_MAX: i32 = 3_000;

/// A sequence number further behind than this is a new beginning, not reordering (RFC 3550 A.1).
pub const MISORDER_MAX: i32 = 100;

/// Counters of what one port hears.
#[derive(Debug, Clone, Default)]
pub struct Reception {
    received: u64,
    /// What was expected of the sources before the present one.
    expected_before: u64,
    present: Option<Present>,
    /// What was expected and received of the present source when the last report was made.
    reported: (u64, u64),
    /// The jitter in sixteenths of a timestamp unit, as A.8 keeps it.
    jitter_16: u32,
}

/// A reception report block (RFC 3550 §6.4.1), without the times of the last sender report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Whose packets.
    pub ssrc: u32,
    /// Of those due since the last report, how many 256ths are missing.
    pub fraction: u8,
    /// How many are missing altogether; negative with duplicates.
    pub lost: i32,
    /// The highest sequence number, with its rollovers above 16 bits.
    pub highest: u32,
    /// The interarrival jitter, in timestamp units.
    pub jitter: u32,
}

/// The source that is heard at present.
#[derive(Debug, Clone)]
struct Present {
    ssrc: u32,
    newest: u16,
    /// The first sequence number.
    first: u16,
    /// From the first to the newest packet, both counted.
    expected: u64,
    received: u64,
    /// Arrival less timestamp of the last audio packet.
    transit: Option<u32>,
}

impl Reception {
    /// Nothing heard.
    pub fn new() -> Reception {
        Reception::default()
    }

    /// A packet came at `now`. Jitter is measured over packets whose timestamps follow the clock:
    /// `paced` is false for telephone-event.
    pub fn heard(&mut self, now: Mono, header: &Header, paced: bool) {
        self.received += 1;
        let known = self.present.take();
        let mut present = match known {
            Some(present) if present.goes_on_with(header) => present,
            earlier => {
                self.expected_before += earlier.map_or(0, |present| present.expected);
                self.reported = (0, 0);
                Present {
                    ssrc: header.ssrc,
                    newest: header.sequence,
                    first: header.sequence,
                    expected: 1,
                    received: 0,
                    transit: None,
                }
            }
        };
        present.received += 1;
        let step = ahead(header.sequence, present.newest);
        if step > 0 {
            present.expected += u64::from(step.unsigned_abs());
            present.newest = header.sequence;
        }
        if paced {
            let arrival = clock_units(now.since(Mono::ZERO));
            let transit = arrival.wrapping_sub(header.timestamp);
            if let Some(before) = present.transit.replace(transit) {
                let difference = transit.wrapping_sub(before).cast_signed().unsigned_abs();
                let decay = (self.jitter_16 + 8) >> 4;
                self.jitter_16 = self.jitter_16.saturating_add(difference).saturating_sub(decay);
            }
        }
        self.present = Some(present);
    }

    /// A packet came whose payload type means nothing here, such as one that keeps a translator
    /// open (RFC 6263 §4.6): of the source heard at present it takes a number, and is not lost.
    pub fn passed(&mut self, now: Mono, header: &Header) {
        if self.present.as_ref().is_some_and(|present| present.ssrc == header.ssrc) {
            self.heard(now, header, false);
        }
    }

    /// What a report says of the source heard at present; the next one's fraction counts from now
    /// on.
    pub fn report(&mut self) -> Option<Block> {
        let present = self.present.as_ref()?;
        let Present { ssrc, first, expected, received, .. } = *present;
        let (before, had) = std::mem::replace(&mut self.reported, (expected, received));
        let (expected_now, received_now) = (expected - before, received - had);
        let missed = expected_now.saturating_sub(received_now);
        let fraction = (missed * 256).checked_div(expected_now).unwrap_or(0).min(255);
        Some(Block {
            ssrc,
            fraction: fraction as u8,
            lost: i32::try_from(expected.cast_signed() - received.cast_signed())
                .unwrap_or(i32::MAX),
            // The number of the first, and how many came after it: the rollovers are in it.
            highest: (u64::from(first) + expected - 1) as u32,
            jitter: self.jitter(),
        })
    }

    /// Packets received.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Packets lost; duplicates make it smaller, as in the RFC, but never negative.
    pub fn lost(&self) -> u64 {
        let expected = self.present.as_ref().map_or(0, |present| present.expected);
        (self.expected_before + expected).saturating_sub(self.received)
    }

    /// The interarrival jitter, in timestamp units of an eighth of a millisecond.
    pub fn jitter(&self) -> u32 {
        self.jitter_16 >> 4
    }
}

impl Present {
    fn goes_on_with(&self, header: &Header) -> bool {
        let step = ahead(header.sequence, self.newest);
        header.ssrc == self.ssrc && (-MISORDER_MAX..=DROPOUT_MAX).contains(&step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(reception: &mut Reception, ms: u64, ssrc: u32, sequence: u16, timestamp: u32) {
        let header = Header { payload_type: 8, marker: false, sequence, timestamp, ssrc };
        reception.heard(Mono::from_nanos(ms * 1_000_000), &header, true);
    }

    fn hear_all(packets: &[(u64, u32, u16, u32)]) -> Reception {
        let mut reception = Reception::new();
        for &(ms, ssrc, sequence, timestamp) in packets {
            hear(&mut reception, ms, ssrc, sequence, timestamp);
        }
        reception
    }

    #[test]
    fn a_gap_is_loss_also_across_the_wrap() {
        let heard = hear_all(&[(0, 1, 65_534, 0), (20, 1, 65_535, 160), (80, 1, 2, 640)]);
        assert_eq!((heard.received(), heard.lost()), (3, 2));
    }

    #[test]
    fn a_late_packet_fills_its_gap() {
        let heard = hear_all(&[(0, 1, 1, 0), (40, 1, 3, 320), (45, 1, 2, 160)]);
        assert_eq!((heard.received(), heard.lost()), (3, 0));
    }

    #[test]
    fn a_new_source_or_a_far_jump_is_not_loss() {
        let heard =
            hear_all(&[(0, 1, 1, 0), (20, 2, 9_000, 0), (40, 2, 20_000, 0), (60, 2, 20_002, 0)]);
        assert_eq!((heard.received(), heard.lost()), (4, 1));
    }

    #[test]
    fn a_steady_stream_has_no_jitter_and_an_unsteady_one_has() {
        let mut steady = Reception::new();
        let mut unsteady = Reception::new();
        for step in 0..200_u16 {
            let (ms, timestamp) = (u64::from(step) * 20, u32::from(step) * 160);
            hear(&mut steady, ms, 1, step, timestamp);
            hear(&mut unsteady, ms + u64::from(step % 2) * 10, 1, step, timestamp);
        }
        assert_eq!(steady.jitter(), 0);
        // Every difference is 10 ms, which is 80 units; the mean settles there.
        assert!((78..=82).contains(&unsteady.jitter()), "{}", unsteady.jitter());
    }

    #[test]
    fn the_timestamps_of_keys_are_not_jitter() {
        let mut heard = Reception::new();
        for step in 0..10_u16 {
            let header =
                Header { payload_type: 101, marker: false, sequence: step, timestamp: 0, ssrc: 1 };
            heard.heard(Mono::from_nanos(u64::from(step) * 50_000_000), &header, false);
        }
        assert_eq!((heard.received(), heard.lost(), heard.jitter()), (10, 0, 0));
    }
}
