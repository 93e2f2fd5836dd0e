//! The numbering of what we send: one source, sequence numbers without gaps, a timestamp that
//! follows the clock (RFC 3550 §5.1).

use model::Mono;

use crate::{Header, clock_units};

/// The numbering of one port's packets, whatever they carry.
#[derive(Debug, Clone)]
pub struct Sender {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    /// The next packet begins a talkspurt (RFC 3551 §4.1).
    marker: bool,
    /// The last packet: when it was sent and its timestamp.
    last: Option<(Mono, u32)>,
}

impl Sender {
    /// A source with random first numbers (RFC 3550 §5.1), chosen by the caller.
    pub fn new(ssrc: u32, sequence: u16, timestamp: u32) -> Sender {
        Sender { ssrc, sequence, timestamp, marker: true, last: None }
    }

    /// The source of the numbering.
    pub fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// The header of the next packet, which lasts `samples`.
    pub fn next(&mut self, now: Mono, payload_type: u8, samples: u32) -> Header {
        let header = Header {
            payload_type,
            marker: self.marker,
            sequence: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
        };
        self.note(now, &header, samples);
        header
    }

    /// `samples` pass without a packet; the next one begins a talkspurt.
    pub fn skip(&mut self, samples: u32) {
        self.timestamp = self.timestamp.wrapping_add(samples);
        self.marker = true;
    }

    /// Sending begins anew after something else: the timestamp catches up with the clock, never
    /// goes back, and the next packet begins a talkspurt.
    pub fn resume(&mut self, now: Mono) {
        self.marker = true;
        let Some((at, timestamp)) = self.last else { return };
        let by_clock = timestamp.wrapping_add(clock_units(now.since(at)));
        if by_clock.wrapping_sub(self.timestamp).cast_signed() > 0 {
            self.timestamp = by_clock;
        }
    }

    /// The timestamp of what is sampled at `now`, for a sender report (RFC 3550 §6.4.1).
    pub(crate) fn timestamp_at(&self, now: Mono) -> u32 {
        let Some((at, timestamp)) = self.last else { return self.timestamp };
        timestamp.wrapping_add(clock_units(now.since(at)))
    }

    /// The number of the next packet.
    pub(crate) fn sequence(&self) -> u16 {
        self.sequence
    }

    /// The timestamp of the next packet.
    pub(crate) fn timestamp(&self) -> u32 {
        self.timestamp
    }

    /// A packet with this header goes out and lasts `samples`: what follows is numbered after it.
    pub(crate) fn note(&mut self, now: Mono, header: &Header, samples: u32) {
        self.sequence = header.sequence.wrapping_add(1);
        self.timestamp = header.timestamp.wrapping_add(samples);
        self.marker = false;
        self.last = Some((now, header.timestamp));
    }

    /// Whether the next packet begins a talkspurt.
    pub(crate) fn marker(&self) -> bool {
        self.marker
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Mono {
        Mono::from_nanos(ms * 1_000_000)
    }

    fn line(header: Header) -> String {
        let mark = if header.marker { " marker" } else { "" };
        format!("{} {}{mark}", header.sequence, header.timestamp)
    }

    #[test]
    fn numbers_wrap_and_only_the_first_packet_is_marked() {
        let mut sender = Sender::new(7, 65_535, u32::MAX - 159);
        assert_eq!(line(sender.next(at(0), 8, 160)), "65535 4294967136 marker");
        assert_eq!(line(sender.next(at(20), 8, 160)), "0 0");
        assert_eq!(line(sender.next(at(40), 8, 160)), "1 160");
    }

    #[test]
    fn skipped_time_shows_in_the_timestamp_and_not_in_the_sequence() {
        let mut sender = Sender::new(7, 1, 0);
        sender.next(at(0), 8, 160);
        sender.skip(320);
        assert_eq!(line(sender.next(at(60), 8, 160)), "2 480 marker");
    }

    #[test]
    fn a_resumed_sender_follows_the_clock_and_never_goes_back() {
        let mut sender = Sender::new(7, 1, 0);
        sender.next(at(0), 8, 160);
        sender.resume(at(5));
        assert_eq!(line(sender.next(at(5), 8, 160)), "2 160 marker");
        sender.resume(at(1_005));
        assert_eq!(line(sender.next(at(1_005), 8, 160)), "3 8160 marker");
    }
}
