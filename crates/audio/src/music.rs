//! Music of an operator's own: a WAV file of any rate, width and number of channels, or an MP3.
//!
//! It is read once, before the first call: mixed to one channel, and brought to 8,000 samples a
//! second by a filter that lets nothing above 4 kHz fold back. `hound` reads WAV, `symphonia` MP3;
//! what an encoder put before and behind the sound is cut off where the file tells of it, so that
//! music which is played round and round has no gap.

use std::fmt;
use std::io::Cursor;

use hound::{SampleFormat, WavReader};
use symphonia::core::audio::SampleBuffer;
use symphonia::core::codecs::DecoderOptions;
use symphonia::core::errors::Error;
use symphonia::core::formats::FormatOptions;
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;
use symphonia::core::probe::Hint;

use crate::RATE;

/// The longest music, in seconds.
pub const MUSIC_SECONDS_MAX: u32 = 600;

/// The highest rate of a file, in samples a second.
pub const MUSIC_RATE_MAX: u32 = 192_000;

/// Zero crossings of the filter on each side of a sample.
const CROSSINGS: usize = 24;

/// What of the band is let through; the rest is where the filter falls.
const PASSED: f64 = 0.93;

/// Why a file cannot be played as music. `Display` is the reason and the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MusicProblem {
    /// The file is larger than it may be.
    TooLarge {
        /// Its size in bytes.
        bytes: u64,
        /// What it may be at most.
        most: u64,
    },
    /// It is neither a WAV nor an MP3 file.
    Unknown,
    /// It is damaged, or of a kind that is not read.
    Damaged {
        /// What is wrong, in a few words.
        what: String,
    },
    /// It has no sound.
    NoSound,
    /// It is longer than [`MUSIC_SECONDS_MAX`].
    TooLong,
}

impl fmt::Display for MusicProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MusicProblem::TooLarge { bytes, most } => {
                write!(f, "has {bytes} bytes, and {most} are allowed; make it shorter, or an MP3")
            }
            MusicProblem::Unknown => f.write_str("is neither a WAV nor an MP3 file"),
            MusicProblem::Damaged { what } => write!(f, "cannot be read ({what}); save it anew"),
            MusicProblem::NoSound => f.write_str("has no sound in it"),
            MusicProblem::TooLong => {
                write!(f, "is longer than {} minutes; cut it", MUSIC_SECONDS_MAX / 60)
            }
        }
    }
}

/// Reads music from a file of at most `most` bytes.
///
/// # Errors
/// Why it cannot be played.
pub fn read(bytes: &[u8], most: u64) -> Result<Vec<i16>, MusicProblem> {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if size > most {
        return Err(MusicProblem::TooLarge { bytes: size, most });
    }
    let sound = if bytes.starts_with(b"RIFF") { wav(bytes)? } else { mp3(bytes)? };
    let samples = sound.telephone();
    if samples.is_empty() { Err(MusicProblem::NoSound) } else { Ok(samples) }
}

/// One channel of sound.
struct Sound {
    rate: u32,
    samples: Vec<i16>,
}

/// Takes in the frames of a file, each of several channels.
struct Mixer {
    rate: u32,
    channels: usize,
    mixed: Vec<i16>,
    /// Of a frame that is not complete.
    sum: f32,
    count: usize,
}

impl Mixer {
    fn new(rate: u32, channels: usize) -> Result<Mixer, MusicProblem> {
        if !(1..=MUSIC_RATE_MAX).contains(&rate) || !(1..=32).contains(&channels) {
            let what = format!("{rate} samples a second, {channels} channels");
            return Err(MusicProblem::Damaged { what });
        }
        Ok(Mixer { rate, channels, mixed: Vec::new(), sum: 0.0, count: 0 })
    }

    /// One more sample, -1 to 1, of the next channel.
    fn take(&mut self, sample: f32) -> Result<(), MusicProblem> {
        self.sum += sample;
        self.count += 1;
        if self.count < self.channels {
            return Ok(());
        }
        if self.mixed.len() >= (self.rate as usize) * MUSIC_SECONDS_MAX as usize {
            return Err(MusicProblem::TooLong);
        }
        let mean = self.sum / self.channels as f32;
        self.mixed.push((mean * 32_767.0).clamp(-32_768.0, 32_767.0) as i16);
        (self.sum, self.count) = (0.0, 0);
        Ok(())
    }

    fn sound(self) -> Sound {
        Sound { rate: self.rate, samples: self.mixed }
    }
}

fn wav(bytes: &[u8]) -> Result<Sound, MusicProblem> {
    let damaged = |error: hound::Error| MusicProblem::Damaged { what: error.to_string() };
    let mut reader = WavReader::new(bytes).map_err(damaged)?;
    let spec = reader.spec();
    let mut mixer = Mixer::new(spec.sample_rate, usize::from(spec.channels))?;
    match spec.sample_format {
        SampleFormat::Float => {
            for sample in reader.samples::<f32>() {
                let sample = sample.map_err(damaged)?;
                mixer.take(if sample.is_finite() { sample } else { 0.0 })?;
            }
        }
        SampleFormat::Int => {
            let full = 2_f32.powi(i32::from(spec.bits_per_sample.clamp(1, 32)) - 1);
            for sample in reader.samples::<i32>() {
                mixer.take(sample.map_err(damaged)? as f32 / full)?;
            }
        }
    }
    Ok(mixer.sound())
}

fn mp3(bytes: &[u8]) -> Result<Sound, MusicProblem> {
    let damaged = |error: Error| MusicProblem::Damaged { what: error.to_string() };
    let source = Box::new(Cursor::new(bytes.to_vec()));
    let stream = MediaSourceStream::new(source, Default::default());
    let mut hint = Hint::new();
    hint.with_extension("mp3");
    let options = FormatOptions { enable_gapless: true, ..FormatOptions::default() };
    let probe = symphonia::default::get_probe();
    let probed = probe.format(&hint, stream, &options, &MetadataOptions::default());
    let mut format = probed.map_err(|_| MusicProblem::Unknown)?.format;
    let track = format.default_track().ok_or(MusicProblem::Unknown)?;
    let codecs = symphonia::default::get_codecs();
    let mut decoder =
        codecs.make(&track.codec_params, &DecoderOptions::default()).map_err(damaged)?;
    let mut mixer: Option<Mixer> = None;
    loop {
        // The end of the file is told as an error of its source.
        let packet = match format.next_packet() {
            Ok(packet) => packet,
            Err(Error::IoError(_) | Error::ResetRequired) => break,
            Err(error) => return Err(damaged(error)),
        };
        match decoder.decode(&packet) {
            Ok(decoded) => {
                let spec = *decoded.spec();
                let channels = spec.channels.count();
                let mut buffer = SampleBuffer::<f32>::new(decoded.capacity() as u64, spec);
                buffer.copy_interleaved_ref(decoded);
                if mixer.as_ref().is_some_and(|m| (m.rate, m.channels) != (spec.rate, channels)) {
                    let what = "its rate changes in the middle".to_owned();
                    return Err(MusicProblem::Damaged { what });
                }
                if mixer.is_none() {
                    mixer = Some(Mixer::new(spec.rate, channels)?);
                }
                for sample in buffer.samples() {
                    if let Some(mixer) = &mut mixer {
                        mixer.take(*sample)?;
                    }
                }
            }
            // A damaged frame is a click, not the end of the music.
            Err(Error::DecodeError(_)) => {}
            Err(error) => return Err(damaged(error)),
        }
    }
    mixer.map(Mixer::sound).ok_or(MusicProblem::NoSound)
}

impl Sound {
    /// At the rate of the telephone.
    fn telephone(self) -> Vec<i16> {
        if self.rate == RATE {
            return self.samples;
        }
        let (from, to) = (u64::from(self.rate), u64::from(RATE));
        let phases = to / common_divisor(from, to);
        let filters: Vec<Vec<f32>> =
            (0..phases).map(|phase| filter(self.rate, phase as f64 / phases as f64)).collect();
        let count = self.samples.len() as u64 * to / from;
        let sample = |n: u64| {
            let (whole, part) = (n * from / to, n * from % to);
            let filter = &filters[(part * phases / to) as usize];
            let first = whole as i64 - (filter.len() as i64 / 2 - 1);
            let heard = filter.iter().zip(first..).map(|(weight, place)| {
                let sample = usize::try_from(place).ok().and_then(|at| self.samples.get(at));
                weight * f32::from(sample.copied().unwrap_or(0))
            });
            heard.sum::<f32>().clamp(-32_768.0, 32_767.0) as i16
        };
        (0..count).map(sample).collect()
    }
}

/// The weights of the samples around a moment that lies `part` of a sample after one of them.
fn filter(rate: u32, part: f64) -> Vec<f32> {
    let narrow = f64::from(RATE.min(rate)) / f64::from(rate);
    let half = (CROSSINGS as f64 / narrow).ceil() as i64;
    let weight = |place: i64| {
        let at = place as f64 - part;
        let window = (std::f64::consts::FRAC_PI_2 * at / half as f64).cos().max(0.0).powi(2);
        let x = std::f64::consts::PI * at * narrow * PASSED;
        let sinc = if x.abs() < 1e-9 { 1.0 } else { x.sin() / x };
        sinc * window
    };
    let weights: Vec<f64> = (1 - half..=half).map(weight).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| (weight / sum) as f32).collect()
}

fn common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}
