//! How strong one frequency is in what was heard (Goertzel's algorithm).
//!
//! Used at the far end and in tests, to tell who is heard: each party of a test call hums its own
//! tone. It decides nothing in the engine, so floating point is welcome.

use crate::RATE;

/// The amplitude of a sine of `hz` in `samples`, in sample units: a pure sine of amplitude 8,000
/// gives about 8,000, another frequency gives nearly nothing. No samples give 0.
///
/// Two frequencies are told apart when `samples` lasts at least a few times one second divided by
/// their distance in Hz: 100 ms for 50 Hz.
pub fn strength(samples: &[i16], hz: u32) -> f64 {
    if samples.is_empty() {
        return 0.0;
    }
    let step = std::f64::consts::TAU * f64::from(hz) / f64::from(RATE);
    let factor = 2.0 * step.cos();
    let (mut last, mut before) = (0.0, 0.0);
    for &sample in samples {
        let next = f64::from(sample) + factor * last - before;
        before = last;
        last = next;
    }
    let power = last * last + before * before - factor * last * before;
    2.0 * power.max(0.0).sqrt() / samples.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{G711, Law, tone};

    #[test]
    fn a_hummed_tone_is_found_at_its_own_pitch_only() {
        let heard = tone::sine(440, 200, 8_000);
        assert!((strength(&heard, 440) - 8_000.0).abs() < 300.0, "{}", strength(&heard, 440));
        assert!(strength(&heard, 700) < 300.0, "{}", strength(&heard, 700));
    }

    #[test]
    fn two_voices_are_both_found_after_g711() {
        let g711 = G711::new();
        let heard = tone::dual(440, 900, 200, 8_000);
        let heard = g711.decode_all(Law::A, &g711.encode_all(Law::A, &heard));
        assert!(strength(&heard, 440) > 3_500.0);
        assert!(strength(&heard, 900) > 3_500.0);
        assert!(strength(&heard, 1_300) < 300.0);
    }

    #[test]
    fn silence_and_nothing_at_all_are_not_heard() {
        assert!(strength(&[0; 800], 440) < 1.0);
        assert!(strength(&[], 440) < 1.0);
    }
}
