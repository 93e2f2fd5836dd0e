//! What the media threads count, for whoever shows it.

use std::sync::atomic::{AtomicU64, Ordering};

use media::Counts;

/// What went wrong in the media threads without stopping them, all of them together.
#[derive(Debug, Default)]
pub struct MediaCounters {
    /// Events that found the engine's ring full and had to wait.
    pub events_delayed: AtomicU64,
    /// Keys and silences that were dropped because too many events waited.
    pub events_lost: AtomicU64,
    /// Orders that found a thread's ring full and had to wait.
    pub orders_delayed: AtomicU64,
    /// Orders that found no room at all: their legs were ended.
    pub orders_lost: AtomicU64,
    /// Packets that the kernel did not take.
    pub sends_failed: AtomicU64,
    /// Packets longer than [`super::shard::PACKET_BYTES_MAX`].
    pub oversized: AtomicU64,
    /// Frames left out because a thread woke more than 60 ms late.
    pub frames_skipped: AtomicU64,
    /// Packets from another source than the negotiated one.
    pub not_accepted: AtomicU64,
    /// Datagrams that are not RTP, or not of an agreed payload type.
    pub not_understood: AtomicU64,
    /// SRTP packets that are not authentic, or were heard before.
    pub not_authentic: AtomicU64,
    /// Pieces of sound that found no room on their way to a recording, and became silence there.
    pub pieces_lost: AtomicU64,
    /// Packets of a bridge that did not go on.
    pub not_relayed: AtomicU64,
    /// Packets that SRTP did not let go out.
    pub not_protected: AtomicU64,
    /// Packets and keys dropped because too many outputs of a machine waited.
    pub outputs_dropped: AtomicU64,
    /// Ports that were refused because a thread has too many.
    pub ports_refused: AtomicU64,
    /// Clips left out of plays that were too long.
    pub clips_cut: AtomicU64,
    /// Keys that were not pressed because too many waited.
    pub digits_cut: AtomicU64,
}

impl MediaCounters {
    /// Adds what one machine has counted since `before`.
    pub(crate) fn add(&self, before: Counts, now: Counts) {
        let Counts {
            frames_skipped,
            not_understood,
            not_accepted,
            not_relayed,
            not_authentic,
            replayed,
            not_protected,
            outputs_dropped,
            ports_refused,
            clips_cut,
            digits_cut,
        } = now;
        let add = |counter: &AtomicU64, before: u64, now: u64| {
            counter.fetch_add(now.saturating_sub(before), Ordering::Relaxed);
        };
        add(&self.frames_skipped, before.frames_skipped, frames_skipped);
        add(&self.not_accepted, before.not_accepted, not_accepted);
        add(&self.not_understood, before.not_understood, not_understood);
        add(&self.not_relayed, before.not_relayed, not_relayed);
        add(&self.not_authentic, before.not_authentic + before.replayed, not_authentic + replayed);
        add(&self.not_protected, before.not_protected, not_protected);
        add(&self.outputs_dropped, before.outputs_dropped, outputs_dropped);
        add(&self.ports_refused, before.ports_refused, ports_refused);
        add(&self.clips_cut, before.clips_cut, clips_cut);
        add(&self.digits_cut, before.digits_cut, digits_cut);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_a_machine_counts_is_counted_for_all() {
        let counters = MediaCounters::default();
        let before = Counts { frames_skipped: 1, digits_cut: 3, ..Counts::default() };
        let now = Counts {
            frames_skipped: 2,
            not_understood: 2,
            not_accepted: 3,
            not_relayed: 4,
            not_authentic: 5,
            replayed: 6,
            not_protected: 7,
            outputs_dropped: 8,
            ports_refused: 9,
            clips_cut: 10,
            digits_cut: 14,
        };
        counters.add(before, now);
        counters.add(now, now);
        let counted = [
            &counters.frames_skipped,
            &counters.not_understood,
            &counters.not_accepted,
            &counters.not_relayed,
            &counters.not_authentic,
            &counters.not_protected,
            &counters.outputs_dropped,
            &counters.ports_refused,
            &counters.clips_cut,
            &counters.digits_cut,
        ];
        let counted = counted.map(|counter| counter.load(Ordering::Relaxed));
        assert_eq!(counted, [1, 2, 3, 4, 11, 7, 8, 9, 10, 11]);
    }
}
