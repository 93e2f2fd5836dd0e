//! G.722 at 64 kbit/s (ITU-T G.722, mode 1): seven kilohertz of sound in the bytes of G.711.
//!
//! A pair of 16,000 Hz samples is split by a quadrature mirror filter into two bands of 8,000 Hz
//! each. Each band is coded as its difference from a prediction: six bits for the low one, two for
//! the high one, one byte for both. What a byte stands for depends on all bytes before it, so a
//! stream is coded and decoded from its beginning, by one [`Encoder`] and one [`Decoder`]; a
//! decoder that begins in the middle, or loses bytes, finds its way within a few milliseconds.
//!
//! In RTP one byte is one unit of the timestamp, though it holds two samples: the clock rate of
//! G.722 is 8,000 by an error that nobody may mend (RFC 3551 §4.5.2). So 20 ms are 160 bytes, as
//! they are in G.711.
//!
//! Telephone audio has 8,000 samples a second. It is the low band already: [`Encoder::narrow`] and
//! [`Decoder::narrow`] leave the filter out, which costs half and delays nothing.

mod band;
mod filter;

use band::{Band, high, low};
use filter::{Analysis, Synthesis};

/// Silence, without an encoder: a byte that stands for no difference in the low band, so that a
/// decoder, whatever it heard before, comes to rest. (An encoder of zeros does not give it: the
/// differences that it has for nothing are small, and never none.)
pub const SILENCE: u8 = 0xFC;

/// After so many bytes of silence no state changes any more.
const SETTLED: usize = 8_000;

/// Samples to bytes.
#[derive(Debug, Clone)]
pub struct Encoder {
    low: Band,
    high: Band,
    filter: Analysis,
}

/// Bytes to samples.
#[derive(Debug, Clone)]
pub struct Decoder {
    low: Band,
    high: Band,
    filter: Synthesis,
}

impl Encoder {
    /// An encoder at rest.
    pub fn new() -> Encoder {
        Encoder { low: Band::low(), high: Band::high(), filter: Analysis::default() }
    }

    /// The byte of two samples at 16,000 Hz.
    pub fn wide(&mut self, pair: [i16; 2]) -> u8 {
        let (low, high) = self.filter.split(pair);
        self.code(low, high)
    }

    /// The byte of one sample at 8,000 Hz; nothing sounds above 4 kHz.
    pub fn narrow(&mut self, sample: i16) -> u8 {
        self.code(i32::from(sample) >> 1, 0)
    }

    /// An encoder whose decoder has long heard [`SILENCE`], which leaves it in another state than
    /// its first.
    pub fn after_silence() -> Encoder {
        let mut encoder = Encoder::new();
        for _ in 0..SETTLED {
            low::decode(&mut encoder.low, SILENCE & 0x3F);
            high::decode(&mut encoder.high, SILENCE >> 6);
        }
        encoder
    }

    fn code(&mut self, low_sample: i32, high_sample: i32) -> u8 {
        let low_code = low::encode(&mut self.low, low_sample);
        let high_code = high::encode(&mut self.high, high_sample);
        (high_code << 6) | low_code
    }
}

impl Decoder {
    /// A decoder at rest.
    pub fn new() -> Decoder {
        Decoder { low: Band::low(), high: Band::high(), filter: Synthesis::default() }
    }

    /// The two samples at 16,000 Hz of a byte.
    pub fn wide(&mut self, byte: u8) -> [i16; 2] {
        let low = low::decode(&mut self.low, byte & 0x3F);
        let high = high::decode(&mut self.high, byte >> 6);
        self.filter.join(low, high)
    }

    /// What a byte holds below 4 kHz, as one sample at 8,000 Hz.
    pub fn narrow(&mut self, byte: u8) -> i16 {
        band::saturated(low::decode(&mut self.low, byte & 0x3F) << 1)
    }
}

/// Telephone audio to 16,000 Hz: every sample becomes two, through the filter that joins the bands
/// of a decoder, with nothing in the high one. So both sides of a recording sound alike, whichever
/// of them spoke G.722.
#[derive(Debug, Clone, Default)]
pub struct Widener(Synthesis);

impl Widener {
    /// The two samples at 16,000 Hz of one at 8,000 Hz; they come eleven samples late.
    pub fn widen(&mut self, sample: i16) -> [i16; 2] {
        self.0.join(i32::from(sample) >> 1, 0)
    }
}

impl Default for Encoder {
    fn default() -> Encoder {
        Encoder::new()
    }
}

impl Default for Decoder {
    fn default() -> Decoder {
        Decoder::new()
    }
}

#[cfg(test)]
mod tests;
