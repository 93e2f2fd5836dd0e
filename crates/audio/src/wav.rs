//! WAV files: prompts are read, recordings are written.
//!
//! A prompt is 8,000 Hz, one channel, 16-bit PCM, and nothing else. A file that is something else
//! is refused with what it is and with the command that converts it: played as it stands it would
//! be heard at the wrong speed, or as noise.
//!
//! `hound` reads the samples, but it trusts the header: it takes a size that was never written for
//! silence, stumbles over a chunk of odd length, accepts a rate of 0, and names none of this in
//! words an operator can use. So the chunks are walked and judged here first, and `hound` is shown
//! the two that matter.

use std::fmt;
use std::io::{Cursor, Read};

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

use crate::RATE;

/// The largest prompt file, in bytes: about ten minutes.
pub const PROMPT_BYTES_MAX: usize = 10_000_000;

/// The longest recording written, in samples of one channel: one hour. What is longer is cut.
pub const WRITTEN_SAMPLES_MAX: usize = 3_600 * RATE as usize;

/// A size this large in a header was written by a program that could not go back and fill it in.
const SIZE_OF_A_PIPE: u32 = 0x7FFF_0000;

const PCM: u16 = 0x0001;
const FLOAT: u16 = 0x0003;
const A_LAW: u16 = 0x0006;
const MU_LAW: u16 = 0x0007;
const EXTENSIBLE: u16 = 0xFFFE;

/// Why a file cannot be played as a prompt. `Display` is the reason and the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WavProblem {
    /// The file has no bytes.
    Empty,
    /// The file is larger than [`PROMPT_BYTES_MAX`].
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// It does not begin as a WAV file does.
    NotWav,
    /// It has no format chunk before its sound, or one that is too short to be read.
    NoFormat,
    /// It is a WAV file of another format.
    OtherFormat(Format),
    /// Its header says 0 samples a second.
    RateZero,
    /// It has no sound.
    NoSound,
    /// The header holds no true size: the program that wrote it could not go back, as in a pipe,
    /// or was stopped.
    SizeNeverWritten,
    /// The file ends before its sound does.
    Truncated {
        /// Bytes of sound that the header promises.
        promised: u32,
        /// Bytes of sound that are there.
        found: usize,
    },
    /// The sound ends in the middle of a sample.
    HalfSample,
    /// The header contradicts itself.
    Contradiction {
        /// What about, in a few words.
        what: String,
    },
}

/// What the header of a WAV file says about its sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// How a sample is coded.
    pub encoding: Encoding,
    /// Samples a second.
    pub rate: u32,
    /// How many channels.
    pub channels: u16,
    /// Bits of one sample.
    pub bits: u16,
}

/// How a sample is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Whole numbers.
    Pcm,
    /// Floating point.
    Float,
    /// G.711 A-law.
    ALaw,
    /// G.711 µ-law.
    MuLaw,
    /// Something else, by its format tag.
    Other(u16),
}

/// Reads a prompt.
///
/// # Errors
/// What the file is instead, with the remedy.
pub fn read_prompt(bytes: &[u8]) -> Result<Vec<i16>, WavProblem> {
    let chunks = Chunks::of(bytes)?;
    let format = read_format(chunks.format)?;
    if format.rate == 0 {
        return Err(WavProblem::RateZero);
    }
    if format != PROMPT_FORMAT {
        return Err(WavProblem::OtherFormat(format));
    }
    check_size(chunks.promised, chunks.sound.len())?;
    let tidy = RIFF
        .chain(chunk_header(b"fmt ", chunks.format.len()))
        .chain(chunks.format)
        .chain(chunk_header(b"data", chunks.sound.len()))
        .chain(chunks.sound);
    let reader = WavReader::new(tidy).map_err(contradiction)?;
    if reader.spec() != SPEC_MONO {
        return Err(WavProblem::Contradiction { what: "its bits a sample".to_owned() });
    }
    reader.into_samples::<i16>().collect::<Result<_, _>>().map_err(contradiction)
}

/// A WAV file of one channel.
pub fn write_mono(samples: &[i16]) -> Vec<u8> {
    write(SPEC_MONO, samples.iter().copied(), WRITTEN_SAMPLES_MAX)
}

/// A WAV file of two channels; the shorter one is followed by silence.
pub fn write_stereo(left: &[i16], right: &[i16]) -> Vec<u8> {
    let length = left.len().max(right.len());
    let sample = |side: &[i16], place: usize| side.get(place).copied().unwrap_or(0);
    let both = (0..length).flat_map(|place| [sample(left, place), sample(right, place)]);
    write(WavSpec { channels: 2, ..SPEC_MONO }, both, 2 * WRITTEN_SAMPLES_MAX)
}

const PROMPT_FORMAT: Format = Format { encoding: Encoding::Pcm, rate: RATE, channels: 1, bits: 16 };

const SPEC_MONO: WavSpec = WavSpec {
    channels: 1,
    sample_rate: RATE,
    bits_per_sample: 16,
    sample_format: SampleFormat::Int,
};

/// The size field is one that nobody reads.
const RIFF: &[u8] = b"RIFF\0\0\0\0WAVE";

fn write(spec: WavSpec, samples: impl Iterator<Item = i16>, limit: usize) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut file, spec).expect("memory takes a header");
    for sample in samples.take(limit) {
        writer.write_sample(sample).expect("memory takes a sample");
    }
    writer.finalize().expect("memory takes the sizes");
    file.into_inner()
}

/// The two chunks that matter.
struct Chunks<'a> {
    format: &'a [u8],
    /// The size of the sound in the header.
    promised: u32,
    /// What is there of it.
    sound: &'a [u8],
}

impl<'a> Chunks<'a> {
    fn of(bytes: &'a [u8]) -> Result<Chunks<'a>, WavProblem> {
        if bytes.is_empty() {
            return Err(WavProblem::Empty);
        }
        if bytes.len() > PROMPT_BYTES_MAX {
            return Err(WavProblem::TooLarge { bytes: bytes.len() });
        }
        if bytes.len() < 12 || &bytes[..4] != b"RIFF" || &bytes[8..12] != b"WAVE" {
            return Err(WavProblem::NotWav);
        }
        let mut rest = &bytes[12..];
        let mut format = None;
        while let Some((header, body)) = rest.split_at_checked(8) {
            let size = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
            let length = usize::try_from(size).unwrap_or(usize::MAX).min(body.len());
            match &header[..4] {
                b"fmt " => format = Some(&body[..length]),
                b"data" => {
                    let format = format.ok_or(WavProblem::NoFormat)?;
                    let sound = sound_of(size, length, body);
                    return Ok(Chunks { format, promised: size, sound });
                }
                _ => {}
            }
            // A chunk of odd length is followed by a byte of padding.
            rest = body.get(length + length % 2..).unwrap_or_default();
        }
        Err(if format.is_some() { WavProblem::NoSound } else { WavProblem::NoFormat })
    }
}

/// The bytes of sound; when the header claims none, whatever follows it.
fn sound_of(size: u32, length: usize, body: &[u8]) -> &[u8] {
    if size == 0 { body } else { &body[..length] }
}

fn check_size(promised: u32, found: usize) -> Result<(), WavProblem> {
    if found == 0 {
        return Err(WavProblem::NoSound);
    }
    if promised == 0 || promised >= SIZE_OF_A_PIPE {
        return Err(WavProblem::SizeNeverWritten);
    }
    if usize::try_from(promised).is_ok_and(|promised| found < promised) {
        return Err(WavProblem::Truncated { promised, found });
    }
    if found % 2 == 1 {
        return Err(WavProblem::HalfSample);
    }
    Ok(())
}

fn read_format(chunk: &[u8]) -> Result<Format, WavProblem> {
    if chunk.len() < 16 {
        return Err(WavProblem::NoFormat);
    }
    let short = |at: usize| u16::from_le_bytes([chunk[at], chunk[at + 1]]);
    // An extensible header names its true format in the first bytes of a GUID.
    let tag = match short(0) {
        EXTENSIBLE if chunk.len() >= 26 => short(24),
        tag => tag,
    };
    let encoding = match tag {
        PCM => Encoding::Pcm,
        FLOAT => Encoding::Float,
        A_LAW => Encoding::ALaw,
        MU_LAW => Encoding::MuLaw,
        other => Encoding::Other(other),
    };
    let rate = u32::from_le_bytes([chunk[4], chunk[5], chunk[6], chunk[7]]);
    Ok(Format { encoding, rate, channels: short(2), bits: short(14) })
}

fn chunk_header(name: &[u8; 4], length: usize) -> Cursor<Vec<u8>> {
    let length = u32::try_from(length).expect("a prompt is at most ten million bytes");
    Cursor::new([name.as_slice(), &length.to_le_bytes()].concat())
}

fn contradiction(error: hound::Error) -> WavProblem {
    WavProblem::Contradiction { what: error.to_string() }
}

const CONVERT: &str = "convert with: sox IN -r 8000 -c 1 -e signed-integer -b 16 OUT";

impl fmt::Display for WavProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WavProblem::Empty => write!(f, "is empty; copy or export it again"),
            WavProblem::TooLarge { bytes } => write!(
                f,
                "is {bytes} bytes; a prompt has at most {PROMPT_BYTES_MAX} (ten minutes): \
                 cut with: sox IN OUT trim 0 600"
            ),
            WavProblem::NotWav => write!(f, "is not a WAV file; {CONVERT}"),
            WavProblem::NoFormat => {
                write!(f, "has no readable format chunk; export it again as WAV")
            }
            WavProblem::OtherFormat(format) => {
                write!(f, "is {format}; needs {PROMPT_FORMAT}: {CONVERT}")
            }
            WavProblem::RateZero => write!(
                f,
                "says 0 samples a second; needs {RATE}: export it again, or if it is known to be \
                 {RATE} Hz: sox -r 8000 IN -c 1 -b 16 OUT"
            ),
            WavProblem::NoSound => write!(f, "has no sound; record or export it again"),
            WavProblem::SizeNeverWritten => write!(
                f,
                "has no true size in its header (written through a pipe, or the recorder was \
                 stopped): repair with: sox --ignore-length IN OUT"
            ),
            WavProblem::Truncated { promised, found } => write!(
                f,
                "is cut off: {found} of {promised} bytes of sound are there; copy or export it \
                 again, or keep what is there with: sox --ignore-length IN OUT"
            ),
            WavProblem::HalfSample => {
                write!(f, "ends in the middle of a sample; copy or export it again")
            }
            WavProblem::Contradiction { what } => {
                write!(f, "has a header that contradicts itself ({what}); {CONVERT}")
            }
        }
    }
}

impl std::error::Error for WavProblem {}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} Hz ", self.rate)?;
        match self.channels {
            1 => f.write_str("mono ")?,
            2 => f.write_str("stereo ")?,
            channels => write!(f, "{channels}-channel ")?,
        }
        match self.encoding {
            Encoding::Pcm => write!(f, "{}-bit PCM", self.bits),
            Encoding::Float => write!(f, "{}-bit floating point", self.bits),
            Encoding::ALaw => f.write_str("A-law"),
            Encoding::MuLaw => f.write_str("µ-law"),
            Encoding::Other(tag) => write!(f, "of format tag 0x{tag:04X}"),
        }
    }
}

#[cfg(test)]
mod tests;
