//! What a recording says about the sound that it should hold: level, noise, gaps and clicks.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::wav::RATE;

/// Samples of one look: 20 ms.
const FRAME: usize = RATE / 50;
/// Samples by which a clip is found in a recording.
const KNOWN: usize = RATE / 4;
/// The quietest frame of a clip that can be missed, as a mean of squares.
const LOUD: f64 = 300.0 * 300.0;
/// A gap is a frame with less than this part of the energy that it should have.
const MISSING: f64 = 0.1;
/// What a sample may be off by, as a part of the loudest ones around it, before it is a click:
/// A-law is off by a thirtieth, G.722 by more in a sudden sound, and beside its place more still.
const CLICK: f64 = 0.5;

/// How a clip, or a tone, was heard.
#[derive(Debug, Clone, Copy)]
pub struct Heard {
    /// Where it begins in the recording, in samples.
    pub at: usize,
    /// Its level beside what was sent, in dB.
    pub level: f64,
    /// What was heard beside it, in dB below it.
    pub noise: f64,
    /// Frames of 20 ms that are missing.
    pub gaps: usize,
    /// Samples that stand out.
    pub clicks: usize,
    /// How much of it was heard, in seconds.
    pub seconds: f64,
}

impl Heard {
    /// Whether a caller would call it good, with so many dB between it and the noise.
    pub fn is_good(&self, noise: f64) -> bool {
        self.level.abs() < 0.5 && self.noise > noise && self.gaps == 0 && self.clicks == 0
    }
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Heard { at: _, level, noise, gaps, clicks, seconds } = self;
        write!(f, "{seconds:.1} s | {level:+.1} dB | {noise:.0} dB | {gaps} | {clicks}")
    }
}

/// The samples of a WAV file at 8,000 a second; of one at 16,000, every other, once from the first
/// and once from the second on. A file whose writer was ended counts as far as it goes.
pub fn read(path: &Path) -> Result<Vec<Vec<i16>>> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let (rate, sound) =
        sound(&bytes).with_context(|| format!("{} is no WAV file of one voice", path.display()))?;
    let step = rate / RATE;
    ensure!(step > 0 && step * RATE == rate, "{} has {rate} samples a second", path.display());
    let samples = sound.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
    Ok((0..step).map(|first| samples.clone().skip(first).step_by(step).collect()).collect())
}

/// Rate and bytes of sound.
fn sound(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let half = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let (mut at, mut rate) = (12, None);
    loop {
        let (name, length) = (bytes.get(at..at + 4)?, word(at + 4)? as usize);
        let inside = at + 8;
        match name {
            b"fmt " if half(inside + 2)? == 1 => rate = Some(word(inside + 4)? as usize),
            b"data" => {
                let rest = bytes.get(inside..)?;
                let length = if length == 0 { rest.len() } else { length.min(rest.len()) };
                return Some((rate?, &rest[..length]));
            }
            _ => {}
        }
        at = inside + length + length % 2;
    }
}

/// How a clip was heard that begins between two places of a recording, as far as the recording, or
/// the first `seconds` of the clip, go; its first 20 ms are left out.
pub fn clip(
    recording: &[i16],
    clip: &[i16],
    places: (usize, usize),
    seconds: usize,
) -> Result<Heard> {
    let known = loudest(&clip[..clip.len().min(2 * RATE)]);
    let like = |at: &usize| {
        let heard = recording.get(at + known..at + known + KNOWN)?;
        let sent = &clip[known..known + KNOWN];
        let both = product(heard, sent);
        Some(both * both.abs() / product(heard, heard).max(1.0))
    };
    let at = (places.0..places.1)
        .filter_map(|at| Some((at, like(&at)?)))
        .max_by(|one, other| one.1.total_cmp(&other.1))
        .context("the recording ends before it")?
        .0;
    let length = clip.len().min(recording.len() - at).min(seconds * RATE);
    // In G.722 a clip begins with 10 ms of silence, for nobody knows what was heard before.
    let (heard, sent) = (&recording[at + FRAME..at + length], &clip[FRAME..length]);
    let gain = product(heard, sent) / product(sent, sent).max(1.0);
    let expected: Vec<f64> = sent.iter().map(|sample| f64::from(*sample) * gain).collect();
    Ok(compare(at, gain, heard, &expected))
}

/// How a tone of `hz` with peaks of `amplitude` was heard between two places.
pub fn tone(recording: &[i16], hz: f64, amplitude: f64, places: (usize, usize)) -> Heard {
    let heard = &recording[places.0.min(recording.len())..places.1.min(recording.len())];
    let turn = std::f64::consts::TAU * hz / RATE as f64;
    let wave = |at: usize| (turn * at as f64).sin_cos();
    let (re, im) = heard.iter().enumerate().fold((0.0, 0.0), |(re, im), (at, sample)| {
        let (sin, cos) = wave(at);
        (re + f64::from(*sample) * cos, im + f64::from(*sample) * sin)
    });
    let (re, im) = (2.0 * re / heard.len().max(1) as f64, 2.0 * im / heard.len().max(1) as f64);
    let expected: Vec<f64> = (0..heard.len())
        .map(|at| {
            let (sin, cos) = wave(at);
            re * cos + im * sin
        })
        .collect();
    compare(places.0, (re * re + im * im).sqrt() / amplitude, heard, &expected)
}

/// The first frame from `from` on in which nearly all of the sound is a tone of `hz`.
pub fn begins(recording: &[i16], hz: f64, from: usize) -> Option<usize> {
    let is_tone = |at: &usize| {
        let frame = &recording[*at..at + FRAME];
        let energy = product(frame, frame);
        let turn = std::f64::consts::TAU * hz / RATE as f64;
        let (re, im) = frame.iter().enumerate().fold((0.0, 0.0), |(re, im), (at, sample)| {
            let (sin, cos) = (turn * at as f64).sin_cos();
            (re + f64::from(*sample) * cos, im + f64::from(*sample) * sin)
        });
        energy > LOUD * FRAME as f64 && 2.0 * (re * re + im * im) > 0.9 * energy * FRAME as f64
    };
    (from..recording.len().saturating_sub(FRAME)).step_by(FRAME / 4).find(is_tone)
}

/// The peaks of a tone of `hz` between two places.
pub fn peak(recording: &[i16], hz: f64, places: (usize, usize)) -> f64 {
    let level = tone(recording, hz, 1.0, places).level;
    10.0_f64.powf(level / 20.0)
}

/// The longest time without sound between two places, in milliseconds.
pub fn longest_quiet(recording: &[i16], places: (usize, usize)) -> usize {
    let part = &recording[places.0.min(recording.len())..places.1.min(recording.len())];
    let quiet = part.chunk_by(|one, other| (one.abs() < 64) == (other.abs() < 64));
    let quiet = quiet.filter(|run| run[0].abs() < 64).map(<[i16]>::len);
    quiet.max().unwrap_or(0) * 1_000 / RATE
}

fn compare(at: usize, gain: f64, heard: &[i16], expected: &[f64]) -> Heard {
    let energy = |samples: &[f64]| samples.iter().map(|sample| sample * sample).sum::<f64>();
    let off: Vec<f64> =
        heard.iter().zip(expected).map(|(heard, sent)| f64::from(*heard) - sent).collect();
    let (mut gaps, mut clicks) = (0, 0);
    for (frame, (sent, off)) in
        expected.chunks_exact(FRAME).zip(off.chunks_exact(FRAME)).enumerate()
    {
        let heard = &heard[frame * FRAME..(frame + 1) * FRAME];
        let should = energy(sent);
        let missing = should > LOUD * FRAME as f64 && product(heard, heard) < should * MISSING;
        gaps += usize::from(missing);
        let loudest = sent.iter().fold(600.0_f64, |most, sample| most.max(sample.abs()));
        clicks += off.iter().filter(|off| off.abs() > loudest * CLICK).count();
    }
    let noise = energy(expected).max(1.0) / energy(&off).max(1.0);
    Heard {
        at,
        level: 20.0 * gain.max(1e-9).log10(),
        noise: 10.0 * noise.log10(),
        gaps,
        clicks,
        seconds: heard.len() as f64 / RATE as f64,
    }
}

/// Where the loudest quarter of a second of a clip begins.
fn loudest(clip: &[i16]) -> usize {
    let places = (0..clip.len().saturating_sub(KNOWN)).step_by(FRAME);
    let energy = |at: &usize| product(&clip[*at..at + KNOWN], &clip[*at..at + KNOWN]);
    places.max_by(|one, other| energy(one).total_cmp(&energy(other))).unwrap_or(0)
}

fn product(one: &[i16], other: &[i16]) -> f64 {
    one.iter().zip(other).map(|(one, other)| f64::from(*one) * f64::from(*other)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Something like a sentence: it begins at once and is never twice the same.
    fn sentence() -> Vec<i16> {
        let sample = |at: usize| {
            let time = at as f64 / RATE as f64;
            let pitch = 300.0 + 200.0 * (time * 3.0).sin();
            ((time * pitch * std::f64::consts::TAU).sin() * 6_000.0) as i16
        };
        (0..3 * RATE).map(sample).collect()
    }

    fn recorded(clip: &[i16]) -> Vec<i16> {
        [vec![0; 1_234], clip.to_vec(), vec![0; 400]].concat()
    }

    #[test]
    fn a_clip_is_found_where_it_begins_and_measured() {
        let quieter: Vec<i16> = sentence().iter().map(|sample| sample / 2).collect();
        let heard = clip(&recorded(&quieter), &sentence(), (0, 4_000), 60).expect("found");
        assert_eq!((heard.at, heard.gaps, heard.clicks), (1_234, 0, 0));
        assert!((-6.1..-5.9).contains(&heard.level) && heard.noise > 50.0, "{heard}");
        assert!(!heard.is_good(30.0), "half as loud");
    }

    #[test]
    fn a_frame_that_is_missing_is_a_gap_and_a_wrong_sample_is_a_click() {
        let mut recording = recorded(&sentence());
        recording[1_234 + 8_000..1_234 + 8_160].fill(0);
        let heard = clip(&recording, &sentence(), (0, 4_000), 60).expect("found");
        assert!((1..=2).contains(&heard.gaps) && heard.clicks > 0, "{heard}");
        let mut recording = recorded(&sentence());
        recording[1_234 + 9_000] = 30_000;
        let heard = clip(&recording, &sentence(), (0, 4_000), 60).expect("found");
        assert_eq!((heard.gaps, heard.clicks), (0, 1));
    }

    #[test]
    fn a_tone_is_measured_between_its_ends() {
        let turn = std::f64::consts::TAU * 440.0 / RATE as f64;
        let hum: Vec<i16> =
            (0..RATE).map(|at| ((turn * at as f64).sin() * 5_000.0) as i16).collect();
        let mut recording = recorded(&hum);
        let at = begins(&recording, 440.0, 0).expect("it sounds");
        assert!((1_100..1_400).contains(&at), "{at}");
        let places = (at + FRAME, at + RATE - 4 * FRAME);
        let heard = tone(&recording, 440.0, 5_000.0, places);
        assert!(heard.is_good(40.0), "{heard}");
        assert_eq!(begins(&recording, 700.0, 0), None);
        recording[5_000..5_320].fill(0);
        let heard = tone(&recording, 440.0, 5_000.0, places);
        assert!(heard.gaps >= 1 && heard.clicks > 0, "{heard}");
        assert_eq!(longest_quiet(&recording, places), 40);
    }
}
