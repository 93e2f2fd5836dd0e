//! Samples: G.711, G.722, WAV files, tones, and the strength of one tone in what was heard.
//!
//! Everything works on 16-bit samples at 8,000 a second, one channel: the narrow band of the
//! telephone. Music of an operator's own is brought to that, whatever it was; a prompt of another
//! rate is refused with the remedy, never played at the wrong speed.

pub mod answerer;
pub mod dtmf;
pub mod g711;
pub mod g722;
pub mod goertzel;
pub mod growing;
pub mod music;
pub mod tone;
pub mod wav;

pub use g711::{G711, Law};
pub use wav::WavProblem;

/// Samples in one second of telephone audio.
pub const RATE: u32 = 8_000;

/// Samples in one millisecond.
pub const SAMPLES_PER_MS: usize = 8;
