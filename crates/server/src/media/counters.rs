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
}

impl MediaCounters {
    /// Adds what one machine has counted since `before`.
    pub(crate) fn add(&self, before: Counts, now: Counts) {
        let add = |counter: &AtomicU64, before: u64, now: u64| {
            counter.fetch_add(now.saturating_sub(before), Ordering::Relaxed);
        };
        add(&self.frames_skipped, before.frames_skipped, now.frames_skipped);
        add(&self.not_accepted, before.not_accepted, now.not_accepted);
        add(&self.not_understood, before.not_understood, now.not_understood);
        add(&self.not_relayed, before.not_relayed, now.not_relayed);
        add(
            &self.not_authentic,
            before.not_authentic + before.replayed,
            now.not_authentic + now.replayed,
        );
    }
}
