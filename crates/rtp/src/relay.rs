//! Carrying one source's packets into another numbering (the translator of RFC 3550 §7.2).
//!
//! Each side of a bridge hears one source only, ours, with its own sequence and timestamps. The
//! relay shifts the far end's numbers into ours, so that loss and reordering on the way to us stay
//! visible to the one who listens. It never repeats a number that we have used ourselves.
//!
//! ```text
//!   heard   s=700 t=9000   s=701 t=9160   (702 lost)   s=703 t=9480
//!   sent    s=41  t=2000   s=42  t=2160                s=44  t=2480
//! ```

use model::Mono;

use crate::{DROPOUT_MAX, Header, MISORDER_MAX, Sender, ahead};

/// One direction of a bridge.
#[derive(Debug, Clone, Default)]
pub struct Relay {
    shift: Option<Shift>,
}

/// From the numbers of one source to ours.
#[derive(Debug, Clone)]
struct Shift {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    /// The newest sequence number heard.
    newest: u16,
    /// How many numbers lie between the first and the newest: what is older than the first would
    /// repeat numbers that were used before the bridge.
    span: u32,
    /// The newest packet went on as several: its number is not that of one of them.
    divided: bool,
}

impl Relay {
    /// Nothing carried yet.
    pub fn new() -> Relay {
        Relay::default()
    }

    /// The header under which `heard` goes on, with `payload_type`; it lasts `samples`. `None` when
    /// it is too old to be placed.
    ///
    /// A new source, or a jump further than the network makes, is joined to what was sent before as
    /// a new talkspurt.
    pub fn carry(
        &mut self,
        sender: &mut Sender,
        now: Mono,
        heard: &Header,
        payload_type: u8,
        samples: u32,
    ) -> Option<Header> {
        let known = self.shift.take().filter(|shift| shift.fits(heard));
        let shift = self.shift.insert(known.unwrap_or_else(|| Shift::join(sender, now, heard)));
        let step = ahead(heard.sequence, shift.newest);
        if step < 0 && step.unsigned_abs() > shift.span || step == 0 && shift.divided {
            return None;
        }
        let newest = step > 0 || sender.sequence() == heard.sequence.wrapping_add(shift.sequence);
        let header = Header {
            payload_type,
            marker: heard.marker || newest && sender.marker(),
            sequence: heard.sequence.wrapping_add(shift.sequence),
            timestamp: heard.timestamp.wrapping_add(shift.timestamp),
            ssrc: sender.ssrc(),
        };
        if newest {
            shift.newest = heard.sequence;
            shift.span = shift.span.saturating_add(step.unsigned_abs());
            shift.divided = false;
            sender.note(now, &header, samples);
        }
        Some(header)
    }
}

impl Relay {
    /// What was heard last goes on as one packet more than it was: the header of the one after
    /// `before`, `gone` samples later. It lasts `samples`. What was heard before it can no longer
    /// be placed.
    pub fn divide(
        &mut self,
        sender: &mut Sender,
        now: Mono,
        before: &Header,
        gone: u32,
        samples: u32,
    ) -> Header {
        if let Some(shift) = &mut self.shift {
            shift.sequence = shift.sequence.wrapping_add(1);
            shift.span = 0;
            shift.divided = true;
        }
        let header = Header {
            marker: false,
            sequence: before.sequence.wrapping_add(1),
            timestamp: before.timestamp.wrapping_add(gone),
            ..*before
        };
        sender.note(now, &header, samples);
        header
    }

    /// A packet that was heard does not go on, by our choice: the next one takes its number, so
    /// that nobody hears it as lost. What is later than it can no longer be placed.
    pub fn leave_out(&mut self, heard: &Header) {
        let Some(shift) = self.shift.as_mut().filter(|shift| shift.fits(heard)) else { return };
        if ahead(heard.sequence, shift.newest) > 0 {
            shift.newest = heard.sequence;
            shift.sequence = shift.sequence.wrapping_sub(1);
            shift.span = 0;
        }
    }
}

impl Shift {
    fn join(sender: &mut Sender, now: Mono, heard: &Header) -> Shift {
        sender.resume(now);
        Shift {
            ssrc: heard.ssrc,
            sequence: sender.sequence().wrapping_sub(heard.sequence),
            timestamp: sender.timestamp().wrapping_sub(heard.timestamp),
            newest: heard.sequence,
            span: 0,
            divided: false,
        }
    }

    fn fits(&self, heard: &Header) -> bool {
        let step = ahead(heard.sequence, self.newest);
        heard.ssrc == self.ssrc && (-MISORDER_MAX..=DROPOUT_MAX).contains(&step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Carries packets `(ssrc, sequence, timestamp)` 20 ms apart and shows what goes on.
    fn carried(packets: &[(u32, u16, u32)]) -> Vec<String> {
        let mut sender = Sender::new(7, 40, 1_840);
        sender.next(Mono::ZERO, 8, 160);
        let mut relay = Relay::new();
        let mut lines = Vec::new();
        for (step, &(ssrc, sequence, timestamp)) in (1..).zip(packets) {
            let now = Mono::from_nanos(step * 20_000_000);
            let heard = Header { payload_type: 0, marker: false, sequence, timestamp, ssrc };
            lines.push(match relay.carry(&mut sender, now, &heard, 8, 160) {
                Some(header) => {
                    assert_eq!((header.ssrc, header.payload_type), (7, 8));
                    let mark = if header.marker { " marker" } else { "" };
                    format!("{} {}{mark}", header.sequence, header.timestamp)
                }
                None => "not carried".to_owned(),
            });
        }
        let own = sender.next(Mono::from_nanos(1_000_000_000), 8, 160);
        lines.push(format!("own {} {}", own.sequence, own.timestamp));
        lines
    }

    #[test]
    fn packets_in_order_go_on_under_our_numbers() {
        let lines = carried(&[(1, 700, 9_000), (1, 701, 9_160), (1, 702, 9_320)]);
        assert_eq!(lines, ["41 2000 marker", "42 2160", "43 2320", "own 44 2480"]);
    }

    #[test]
    fn loss_and_reordering_stay_visible() {
        let lines = carried(&[(1, 65_535, 0), (1, 2, 480), (1, 0, 160), (1, 2, 480)]);
        assert_eq!(lines, ["41 2000 marker", "44 2480", "42 2160", "44 2480", "own 45 2640"]);
        let lines = carried(&[(1, 8, 0), (1, 10, 320), (1, 9, 160)]);
        assert_eq!(lines, ["41 2000 marker", "43 2320", "42 2160", "own 44 2480"]);
    }

    #[test]
    fn what_we_leave_out_is_not_heard_as_lost() {
        let mut sender = Sender::new(7, 41, 0);
        let mut relay = Relay::new();
        let heard = |sequence: u16| Header {
            payload_type: 8,
            marker: false,
            sequence,
            timestamp: u32::from(sequence) * 160,
            ssrc: 1,
        };
        let mut carry = |relay: &mut Relay, sequence| {
            let header = relay.carry(&mut sender, Mono::ZERO, &heard(sequence), 8, 160)?;
            Some((header.sequence, header.timestamp))
        };
        relay.leave_out(&heard(699));
        assert_eq!(carry(&mut relay, 700), Some((41, 0)));
        relay.leave_out(&heard(701));
        relay.leave_out(&heard(701));
        assert_eq!(carry(&mut relay, 702), Some((42, 320)));
        assert_eq!(carry(&mut relay, 700), None, "late, and its number is taken");
        relay.leave_out(&heard(704));
        assert_eq!(carry(&mut relay, 705), Some((44, 800)), "703 was lost");
    }

    #[test]
    fn what_is_older_than_the_bridge_is_not_carried() {
        let lines = carried(&[(1, 700, 9_000), (1, 699, 8_840), (1, 701, 9_160)]);
        assert_eq!(lines, ["41 2000 marker", "not carried", "42 2160", "own 43 2320"]);
    }

    #[test]
    fn a_new_source_goes_on_without_a_gap() {
        for first in [5, 705] {
            let lines = carried(&[(1, 700, 9_000), (2, first, 77), (2, first + 1, 237)]);
            assert_eq!(lines, ["41 2000 marker", "42 2160 marker", "43 2320", "own 44 2480"]);
        }
    }

    #[test]
    fn a_jump_beyond_the_limit_is_joined_and_not_passed_on() {
        let near = 700 + u16::try_from(DROPOUT_MAX).unwrap();
        let lines = carried(&[(1, 700, 9_000), (1, near, 9_160)]);
        assert_eq!(lines[1], format!("{} 2160", 41 + DROPOUT_MAX));
        let lines = carried(&[(1, 700, 9_000), (1, near + 1, 9_160)]);
        assert_eq!(lines[1], "42 2160 marker");
        let lines = carried(&[(1, 700, 9_000), (1, 700 - 101, 9_160)]);
        assert_eq!(lines[1], "42 2160 marker");
    }
}
