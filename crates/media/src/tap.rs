//! A tap: a port that hands what it hears to a recording.
//!
//! ```text
//!   heard   t=9000 t=9160  (9320 lost)  t=9480   ssrc changes  t=50
//!   place     2400   2560                 2880                 3104   by the time of arrival
//! ```
//! Places are counted in units of the timestamp from the beginning of the recording. The first
//! packet of a source lies where it came; the others lie where their timestamps say, so that the
//! unsteadiness of the network is not heard, and what was lost is a gap of its own length. A source
//! that begins to count anew lies where it comes; one whose packets were only held up on their way
//! goes on where it was, or left and right would drift apart for the rest.

use model::{Mono, RecordingId};
use rtp::Header;

use crate::Codec;
use crate::output::Outputs;
use crate::port::Port;

/// How far timestamps may lead a packet away from the time at which it came, in units of the
/// timestamp: 900 ms. A source that goes further, and stays there, has begun to count anew.
const DRIFT_MAX: i64 = 7_200;

/// So long it stays, in units of the timestamp: a second.
const ANEW_AFTER: i64 = 8_000;

/// Nanoseconds of one unit of the timestamp.
const UNIT_NANOS: u64 = 1_000_000_000 / rtp::CLOCK_RATE as u64;

/// To which recording a port hands what it hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tap {
    /// The recording.
    pub recording: RecordingId,
    /// Where in it the port stands.
    pub side: Side,
    /// The beginning of the recording.
    pub since: Mono,
}

/// Where a port stands in a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The left channel of a conversation, while the port is bridged.
    Left,
    /// The right channel of a conversation, while the port is bridged.
    Right,
    /// The only channel of a message, whatever the port does.
    Alone,
}

/// A piece of sound for a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard<'a> {
    /// The recording.
    pub recording: RecordingId,
    /// From which side.
    pub side: Side,
    /// How the bytes are coded; one byte is one unit of the timestamp.
    pub codec: Codec,
    /// Where it begins, in units of the timestamp from the beginning of the recording.
    pub at: u64,
    /// The payload.
    pub bytes: &'a [u8],
}

/// The tap of one port.
#[derive(Debug)]
pub(crate) struct Tapping {
    tap: Tap,
    source: Option<Source>,
    /// The same source, as it counts when it has begun anew, and since when it seems so.
    anew: Option<(Source, i64)>,
}

/// One source, as it counts: at which place the timestamp lies.
#[derive(Debug)]
struct Source {
    ssrc: u32,
    timestamp: u32,
    at: i64,
}

impl Tapping {
    pub(crate) fn new(tap: Tap) -> Tapping {
        Tapping { tap, source: None, anew: None }
    }

    /// Where a packet lies; `None` when it is older than the recording.
    fn place(&mut self, came: Mono, header: &Header) -> Option<u64> {
        let arrival = units(came, self.tap.since);
        let known = self.source.as_ref().is_some_and(|source| source.ssrc == header.ssrc);
        let follows = |source: &Source| source.place(arrival, header);
        let source = |at| Source { ssrc: header.ssrc, timestamp: header.timestamp, at };
        let at = if let Some(at) = self.source.as_ref().and_then(follows) {
            (self.source, self.anew) = (Some(source(at)), None);
            at
        } else if !known {
            (self.source, self.anew) = (Some(source(arrival)), None);
            arrival
        } else {
            let anew = self.anew.as_ref().and_then(|(anew, since)| Some((follows(anew)?, *since)));
            let (at, since) = anew.unwrap_or((arrival, arrival));
            if arrival - since >= ANEW_AFTER {
                (self.source, self.anew) = (Some(source(at)), None);
            } else {
                self.anew = Some((source(at), since));
            }
            at
        };
        u64::try_from(at).ok()
    }
}

impl Source {
    /// Where a packet lies by its timestamp; `None` when that is too far from where it came.
    fn place(&self, arrival: i64, header: &Header) -> Option<i64> {
        if self.ssrc != header.ssrc {
            return None;
        }
        let ahead = header.timestamp.wrapping_sub(self.timestamp).cast_signed();
        Some(self.at + i64::from(ahead)).filter(|at| (at - arrival).abs() <= DRIFT_MAX)
    }
}

impl Port {
    /// Hands a packet of sound that was accepted to the recording of this port, when there is one.
    pub(crate) fn record(
        &mut self,
        outputs: &mut Outputs,
        came: Mono,
        header: &Header,
        codec: Codec,
        bytes: &[u8],
    ) {
        let is_bridged = self.bridge.is_some();
        let Some(tapping) = &mut self.tap else { return };
        let Tap { recording, side, since: _ } = tapping.tap;
        let counts = match side {
            Side::Left | Side::Right => is_bridged,
            Side::Alone => true,
        };
        if !counts || bytes.is_empty() {
            return;
        }
        if let Some(at) = tapping.place(came, header)
            && outputs.has_room()
        {
            outputs.heard(Heard { recording, side, codec, at, bytes });
        }
    }
}

/// The time since the beginning, in units of the timestamp.
fn units(at: Mono, since: Mono) -> i64 {
    let nanos = at.since(since).as_nanos() / u128::from(UNIT_NANOS);
    i64::try_from(nanos).unwrap_or(i64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places of packets `(ms of arrival, ssrc, timestamp)`.
    fn places(packets: &[(u64, u32, u32)]) -> Vec<Option<u64>> {
        let at = |ms: u64| Mono::from_nanos(ms * 1_000_000);
        let tap = Tap { recording: RecordingId(1), side: Side::Left, since: at(1_000) };
        let mut tapping = Tapping::new(tap);
        let place = |&(ms, ssrc, timestamp): &(u64, u32, u32)| {
            let header = Header { payload_type: 8, marker: false, sequence: 0, timestamp, ssrc };
            tapping.place(at(ms), &header)
        };
        packets.iter().map(place).collect()
    }

    #[test]
    fn the_first_packet_lies_where_it_came_and_the_others_where_they_say() {
        let late_and_early = [(1_100, 7, 9_000), (1_139, 7, 9_160), (1_140, 7, 9_320)];
        assert_eq!(places(&late_and_early), [Some(800), Some(960), Some(1_120)]);
        let lost_and_swapped = [(1_000, 7, u32::MAX - 159), (1_060, 7, 320), (1_061, 7, 160)];
        assert_eq!(places(&lost_and_swapped), [Some(0), Some(480), Some(320)]);
    }

    #[test]
    fn a_source_that_counts_anew_lies_where_it_comes() {
        assert_eq!(places(&[(1_000, 7, 0), (1_500, 8, 160)]), [Some(0), Some(4_000)]);
        assert_eq!(places(&[(1_000, 7, 0), (1_020, 7, 90_000)]), [Some(0), Some(160)]);
        assert_eq!(places(&[(1_000, 7, 0), (1_900, 7, 0)]), [Some(0), Some(0)], "900 ms late");
        assert_eq!(places(&[(1_000, 7, 0), (1_901, 7, 0)]), [Some(0), Some(7_208)]);
    }

    #[test]
    fn packets_that_were_held_up_do_not_move_those_after_them() {
        // From 20 ms on everything waits for 1.2 s, and comes at once; then it is steady again.
        let held = (1..=60).map(|n| (2_220, 7, n * 160));
        let steady = (61..=70).map(|n| (1_000 + u64::from(n) * 20 + 20, 7, n * 160));
        let packets: Vec<(u64, u32, u32)> =
            [(1_000, 7, 0)].into_iter().chain(held).chain(steady).collect();
        let places = places(&packets);
        let by_timestamp = |n: usize| Some(n as u64 * 160);
        // Those that are more than 900 ms late lie where they came, one after the other.
        assert_eq!(places[1..=2], [Some(9_760), Some(9_920)]);
        assert!((17..=70).all(|n| places[n] == by_timestamp(n)), "{places:?}");
    }

    #[test]
    fn a_source_that_counts_anew_for_a_second_goes_on_so() {
        let far = 1_000_000;
        let anew = (0..60).map(|n: u32| (1_020 + u64::from(n) * 20, 7, far + n * 160));
        // Held up by half a second, which is as far from its former count as ever.
        let late = [(2_720, 7, far + 60 * 160)];
        let packets: Vec<(u64, u32, u32)> =
            [(1_000, 7, 0)].into_iter().chain(anew).chain(late).collect();
        let places = places(&packets);
        let expected: Vec<Option<u64>> = (0..=60).map(|n| Some(160 + n * 160)).collect();
        assert_eq!(places[1..], expected);
    }

    #[test]
    fn what_is_older_than_the_recording_is_not_part_of_it() {
        assert_eq!(places(&[(1_000, 7, 160), (1_001, 7, 0)]), [Some(0), None]);
        assert_eq!(places(&[(900, 7, 160)]), [Some(0)], "a packet that came before the order");
    }
}
