//! What the engine orders of whoever writes recordings, and what it is told.
//!
//! ```text
//!   engine                 media machine            whoever writes
//!   Begin ───────────────────────────────────────▶  makes the file: Began, or Ended with a reason
//!   Tap ─────────────────▶ pieces of sound ──────▶  lays them on a tape
//!   End, or Erase ───────────────────────────────▶  Ended
//! ```
//! Each `Begin` is answered by exactly one `Ended`, whatever happens, and by `Began` before it when
//! there was a file.

use std::time::Duration;

use ledger::RecordingEnd;
use model::{Mono, RecordingId};

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorder {
    /// Make a file.
    Begin(Box<Recording>),
    /// The recording is over at this moment.
    End {
        /// Which.
        recording: RecordingId,
        /// When.
        at: Mono,
    },
    /// The recording is over, and nothing may remain of it.
    Erase {
        /// Which.
        recording: RecordingId,
    },
}

/// A recording that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Its name for the taps.
    pub recording: RecordingId,
    /// The name of its file.
    pub file: String,
    /// The agent on the left and the customer on the right; else one channel.
    pub stereo: bool,
    /// At 16,000 samples a second, because somebody speaks G.722; else at 8,000.
    pub wide: bool,
    /// Its beginning, from which taps count.
    pub since: Mono,
    /// The longest that it may be.
    pub length_max: Duration,
}

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// There is a file.
    Began {
        /// Of which recording.
        recording: RecordingId,
    },
    /// There is no more to come.
    Ended {
        /// Which recording.
        recording: RecordingId,
        /// How much of it is in the file.
        length: Duration,
        /// How often sound went on later than where it had ended.
        gaps: u32,
        /// What ended it.
        end: RecordingEnd,
    },
}
