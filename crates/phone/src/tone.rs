//! Tones and how to recognise them.

/// The rate of every sample here.
pub(crate) const RATE: f64 = 8_000.0;
/// Loud enough for any codec, far from clipping.
const AMPLITUDE: f64 = 8_000.0;

/// The sample at place `at` of a sine wave of `hz`.
pub fn sine(hz: f64, at: u64) -> i16 {
    let turns = (hz * (at % 8_000_000) as f64 / RATE).fract();
    ((turns * std::f64::consts::TAU).sin() * AMPLITUDE) as i16
}

/// The sample at place `at` of the two tones of a key (ITU-T Q.23).
pub fn key(key: model::Key, at: u64) -> i16 {
    let place = "123A456B789C*0#D".find(key.as_char()).unwrap_or(0);
    let low = [697.0, 770.0, 852.0, 941.0][place / 4];
    let high = [1_209.0, 1_336.0, 1_477.0, 1_633.0][place % 4];
    sine(low, at) / 2 + sine(high, at) / 2
}

/// How much of the energy of `samples` lies at `hz`, from 0 to 1 (Goertzel). Silence gives 0.
pub fn goertzel(samples: &[i16], hz: f64) -> f64 {
    let energy: f64 = samples.iter().map(|&s| f64::from(s) * f64::from(s)).sum();
    let count = samples.len() as f64;
    if energy < count * 100.0 || samples.is_empty() {
        return 0.0;
    }
    let turn = 2.0 * (std::f64::consts::TAU * hz / RATE).cos();
    let (mut one, mut two) = (0.0, 0.0);
    for &sample in samples {
        let zero = f64::from(sample) + turn * one - two;
        two = one;
        one = zero;
    }
    let power = one * one + two * two - turn * one * two;
    (2.0 * power / (count * energy)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_told_from_its_neighbours_and_from_silence() {
        let tone: Vec<i16> = (0..4_000).map(|at| sine(440.0, at)).collect();
        assert!(goertzel(&tone, 440.0) > 0.95);
        assert!(goertzel(&tone, 480.0) < 0.05);
        assert_eq!(goertzel(&[0; 4_000], 440.0), 0.0);
        assert_eq!(goertzel(&[], 440.0), 0.0);
    }

    #[test]
    fn half_a_tone_is_half_the_energy() {
        let both: Vec<i16> =
            (0..8_000).map(|at| sine(440.0, at) / 2 + sine(1_000.0, at) / 2).collect();
        let strength = goertzel(&both, 440.0);
        assert!((0.4..0.6).contains(&strength), "{strength}");
    }
}
