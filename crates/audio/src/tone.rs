//! Tones made of sines: what a test caller hums, the ringing that a waiting agent hears, keys.
//!
//! Every tone swells and fades over [`RAMP_MS`], so that it does not click.

use std::f64::consts::TAU;

use crate::{RATE, SAMPLES_PER_MS};

/// How long a tone swells at its beginning and fades at its end, in milliseconds.
pub const RAMP_MS: usize = 4;

/// The longest tone, in milliseconds; a longer wish is cut to it.
pub const MS_MAX: usize = 600_000;

/// Hertz of the ringing tone of France and its neighbours.
const RINGBACK_HZ: u32 = 440;
const RINGBACK_ON_MS: usize = 1_500;
const RINGBACK_OFF_MS: usize = 3_500;

/// `ms` milliseconds of nothing.
pub fn silence(ms: usize) -> Vec<i16> {
    vec![0; ms.min(MS_MAX) * SAMPLES_PER_MS]
}

/// A sine of `hz` for `ms` milliseconds, with peaks of `amplitude`.
pub fn sine(hz: u32, ms: usize, amplitude: i16) -> Vec<i16> {
    render(&[hz], ms, amplitude)
}

/// Two sines together for `ms` milliseconds; their sum has peaks of `amplitude`.
pub fn dual(one_hz: u32, other_hz: u32, ms: usize, amplitude: i16) -> Vec<i16> {
    render(&[one_hz, other_hz], ms, amplitude)
}

/// One round of the ringing tone, tone then pause (5 s), to be played again and again.
pub fn ringback(amplitude: i16) -> Vec<i16> {
    let mut samples = sine(RINGBACK_HZ, RINGBACK_ON_MS, amplitude);
    samples.extend(silence(RINGBACK_OFF_MS));
    samples
}

/// The dual tone of a telephone key (ITU-T Q.23), or `None` when `key` is not one of `0`-`9`, `*`,
/// `#`, `A`-`D`.
pub fn key(key: char, ms: usize, amplitude: i16) -> Option<Vec<i16>> {
    const ROWS: [(&str, u32); 4] = [("123A", 697), ("456B", 770), ("789C", 852), ("*0#D", 941)];
    const COLUMNS: [u32; 4] = [1_209, 1_336, 1_477, 1_633];
    let wanted = key.to_ascii_uppercase();
    ROWS.iter().find_map(|(keys, row)| {
        let column = keys.chars().position(|c| c == wanted)?;
        Some(dual(*row, COLUMNS[column], ms, amplitude))
    })
}

fn render(frequencies: &[u32], ms: usize, amplitude: i16) -> Vec<i16> {
    let length = ms.min(MS_MAX) * SAMPLES_PER_MS;
    let ramp = (RAMP_MS * SAMPLES_PER_MS).min(length / 2).max(1);
    let share = f64::from(amplitude) / frequencies.len() as f64;
    let sample = |place: usize| {
        let sum: f64 = frequencies
            .iter()
            .map(|&hz| (TAU * f64::from(hz) * place as f64 / f64::from(RATE)).sin())
            .sum();
        let edge = (place + 1).min(length - place).min(ramp) as f64 / ramp as f64;
        // The sum stays within the amplitude, so the cast never saturates.
        (sum * share * edge).round() as i16
    };
    (0..length).map(sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goertzel::strength;

    #[test]
    fn a_tone_has_its_length_and_never_exceeds_its_amplitude() {
        let samples = sine(1_000, 250, 5_000);
        assert_eq!(samples.len(), 2_000);
        assert!(samples.iter().all(|s| s.abs() <= 5_000));
        let samples = dual(697, 1_209, 100, i16::MAX);
        assert!(samples.iter().all(|s| *s >= -i16::MAX));
    }

    #[test]
    fn a_tone_begins_and_ends_softly() {
        let samples = sine(1_000, 100, 20_000);
        assert!(samples[2].abs() < 3_000 && samples[797].abs() < 3_000);
    }

    #[test]
    fn ringback_is_heard_and_then_pauses() {
        let samples = ringback(8_000);
        assert_eq!(samples.len(), 40_000);
        assert!(strength(&samples[..8_000], 440) > 7_000.0);
        assert!(samples[12_000..].iter().all(|s| *s == 0));
    }

    #[test]
    fn a_key_is_its_row_and_its_column() {
        let five = key('5', 100, 10_000).expect("5 is a key");
        assert!(strength(&five, 770) > 4_000.0 && strength(&five, 1_336) > 4_000.0);
        assert!(strength(&five, 697) < 500.0);
        assert_eq!(key('d', 40, 10_000), key('D', 40, 10_000));
        assert_eq!(key('E', 100, 10_000), None);
    }

    #[test]
    fn a_wish_beyond_the_longest_tone_is_cut() {
        assert_eq!(silence(usize::MAX).len(), MS_MAX * SAMPLES_PER_MS);
        assert_eq!(sine(440, MS_MAX + 1, 10).len(), MS_MAX * SAMPLES_PER_MS);
        assert!(sine(440, 0, 10).is_empty());
    }
}
