//! The music of the queue and the ringback tone, made by the project itself.
//!
//! Sixteen seconds of plucked notes over four chords. Every note rings on over the end of the loop
//! into its beginning, so the loop has no seam. Only additions, multiplications and square roots
//! are used, which are exact to the bit everywhere: the committed files can be compared with what
//! this module makes.

use std::path::Path;

use anyhow::Result;

use crate::wav::{self, RATE};

/// Length of the loop of music.
const MUSIC_SECS: usize = 16;
/// Level of the music under the speech, which has -21 LUFS: -30 dBFS.
const MUSIC_RMS: f64 = 0.0316;
/// Length of one note; it falls to nothing over that time.
const NOTE_SECS: usize = 3;
/// Eighths at 120 to the minute.
const EIGHTH: usize = RATE / 4;

/// European ringback (ITU-T E.180): here 440 Hz, 1.5 s on and 3.5 s off, as in France.
const RINGBACK_HZ: f64 = 440.0;
const RINGBACK_ON: usize = RATE * 3 / 2;
const RINGBACK_ALL: usize = RATE * 5;
/// Level of the tone, -20 dBFS peak.
const RINGBACK_PEAK: f64 = 0.1;
/// Rise and fall of the tone, 10 ms, so that it does not click.
const RINGBACK_EDGE: usize = RATE / 100;

/// The tone after which a message is recorded: 1,000 Hz, 400 ms, as loud as the ringback tone.
const BEEP_HZ: f64 = 1_000.0;
const BEEP_ON: usize = RATE * 2 / 5;

/// Frequencies of the twelve semitones from C4.
const OCTAVE: [f64; 12] = [
    261.6256, 277.1826, 293.6648, 311.1270, 329.6276, 349.2282, 369.9944, 391.9954, 415.3047,
    440.0, 466.1638, 493.8833,
];

/// Semitones over C4 of the broken chords, one row for each bar: C, A minor, F, G.
const CHORDS: [[i32; 8]; 4] = [
    [0, 4, 7, 11, 12, 11, 7, 4],
    [-3, 0, 4, 7, 9, 7, 4, 0],
    [-7, 0, 5, 9, 12, 9, 5, 0],
    [-5, 2, 7, 9, 11, 14, 11, 7],
];

/// The tune: eighth of the loop, semitones over C4.
const TUNE: [(usize, i32); 14] = [
    (0, 19),
    (3, 16),
    (6, 14),
    (8, 16),
    (11, 12),
    (14, 14),
    (16, 12),
    (18, 14),
    (20, 16),
    (22, 21),
    (24, 19),
    (27, 14),
    (29, 16),
    (31, 14),
];

/// Writes `music.wav`, `ringback.wav` and `beep.wav` into `folder`.
pub fn write(folder: &Path) -> Result<()> {
    wav::write(&folder.join("music.wav"), &music())?;
    wav::write(&folder.join("ringback.wav"), &ringback())?;
    wav::write(&folder.join("beep.wav"), &beep())
}

/// One loop of music.
pub fn music() -> Vec<i16> {
    let mut dry = vec![0.0; MUSIC_SECS * RATE];
    // Each bar is played twice: 4 bars of 8 eighths are 8 s.
    for (bar, chord) in CHORDS.iter().enumerate() {
        for again in 0..2 {
            for (eighth, semitone) in chord.iter().enumerate() {
                let start = ((bar * 2 + again) * 8 + eighth) * EIGHTH;
                pluck(&mut dry, start, *semitone, if eighth == 0 { 1.0 } else { 0.6 });
            }
        }
    }
    for (at, semitone) in TUNE {
        pluck(&mut dry, at * 2 * EIGHTH, semitone, 0.9);
    }
    let echo = RATE * 3 / 8;
    let wet: Vec<f64> =
        (0..dry.len()).map(|n| dry[n] + 0.3 * dry[(n + dry.len() - echo) % dry.len()]).collect();
    let power = wet.iter().map(|s| s * s).sum::<f64>() / wet.len() as f64;
    let gain = MUSIC_RMS / power.sqrt();
    wet.iter().map(|s| sample(s * gain)).collect()
}

/// One period of the ringback tone.
pub fn ringback() -> Vec<i16> {
    tone(RINGBACK_HZ, RINGBACK_ON, RINGBACK_ALL)
}

/// The tone before a message.
pub fn beep() -> Vec<i16> {
    tone(BEEP_HZ, BEEP_ON, BEEP_ON)
}

/// A tone that lasts `on` of `all` samples.
fn tone(hz: f64, on: usize, all: usize) -> Vec<i16> {
    (0..all)
        .map(|n| {
            let edge = n.min(on.saturating_sub(n)).min(RINGBACK_EDGE);
            let level = RINGBACK_PEAK * edge as f64 / RINGBACK_EDGE as f64;
            sample(level * sine(n as f64 * hz / RATE as f64))
        })
        .collect()
}

/// Adds one plucked note: a few harmonics, the higher ones the softer and shorter.
fn pluck(into: &mut [f64], start: usize, semitone: i32, level: f64) {
    let octave = semitone.div_euclid(12);
    let mut hz = OCTAVE[semitone.rem_euclid(12) as usize];
    hz = if octave < 0 { hz / f64::from(1 << -octave) } else { hz * f64::from(1 << octave) };
    let length = NOTE_SECS * RATE;
    for (harmonic, strength, fall) in [(1.0, 1.0, 0.99985), (2.0, 0.35, 0.9997), (3.0, 0.1, 0.9995)]
    {
        let mut loudness = level * strength;
        for n in 0..length {
            let attack = (n as f64 / 40.0).min(1.0);
            let end = 1.0 - n as f64 / length as f64;
            let wave = sine(n as f64 * hz * harmonic / RATE as f64);
            let at = (start + n) % into.len();
            into[at] += loudness * attack * end * wave;
            loudness *= fall;
        }
    }
}

/// The sine of so many turns, within 0.1 %: two parabolas and their correction.
pub fn sine(turns: f64) -> f64 {
    let half_turns = (turns - turns.floor()) * 2.0 - 1.0;
    let arch = -4.0 * half_turns * (1.0 - half_turns.abs());
    0.775 * arch + 0.225 * arch * arch.abs()
}

fn sample(value: f64) -> i16 {
    (value * 32767.0).round().clamp(-32767.0, 32767.0) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed(name: &str) -> Vec<u8> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../prompts/common");
        std::fs::read(folder.join(name)).expect("the file is committed")
    }

    #[test]
    fn the_committed_music_is_what_this_module_makes() {
        assert!(wav::bytes(&music()) == committed("music.wav"), "run `cargo xtask music`");
        assert!(wav::bytes(&ringback()) == committed("ringback.wav"), "run `cargo xtask music`");
        assert!(wav::bytes(&beep()) == committed("beep.wav"), "run `cargo xtask music`");
    }

    #[test]
    fn the_loop_of_music_has_no_seam() {
        let music = music();
        let steps = music.windows(2).map(|w| (i32::from(w[0]) - i32::from(w[1])).abs());
        let largest = steps.max().expect("music is long");
        let seam = i32::from(music[music.len() - 1]) - i32::from(music[0]);
        assert!(seam.abs() <= largest, "the seam steps by {seam}, the music by {largest} at most");
    }

    #[test]
    fn music_stays_far_below_the_limit_of_peaks() {
        let peak = music().iter().map(|s| s.unsigned_abs()).max().expect("music is long");
        assert!((2_000..16_000).contains(&peak), "peak {peak}");
    }

    #[test]
    fn clips_are_whole_frames_of_20_ms() {
        assert_eq!(music().len() % 160, 0);
        assert_eq!(ringback().len() % 160, 0);
    }
}
