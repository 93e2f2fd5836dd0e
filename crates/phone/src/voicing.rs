//! From samples to the bytes of a codec and back, with what the codec remembers.
//!
//! G.711 is written here apart from the engine's. G.722 is the same code as the engine's, which is
//! checked bit for bit against another implementation; but the phone is a wide-band one: it sends
//! and hears both bands, where the engine has only the low one, so what the engine may say above
//! 4 kHz is heard here as noise.

use audio::g722;

use crate::{Codec, g711};

/// What the phone says.
#[derive(Debug, Clone, Default)]
pub struct Saying(g722::Encoder);

/// What it hears.
#[derive(Debug, Clone, Default)]
pub struct Hearing(g722::Decoder);

impl Saying {
    pub fn encode(&mut self, codec: Codec, samples: &[i16]) -> Vec<u8> {
        let samples = samples.iter();
        match codec {
            Codec::Pcmu => samples.map(|&sample| g711::encode_mu(sample)).collect(),
            Codec::Pcma => samples.map(|&sample| g711::encode_a(sample)).collect(),
            Codec::G722 => samples.map(|&sample| self.0.wide([sample; 2])).collect(),
        }
    }
}

impl Hearing {
    pub fn decode(&mut self, codec: Codec, bytes: &[u8]) -> Vec<i16> {
        let bytes = bytes.iter();
        match codec {
            Codec::Pcmu => bytes.map(|&byte| g711::decode_mu(byte)).collect(),
            Codec::Pcma => bytes.map(|&byte| g711::decode_a(byte)).collect(),
            Codec::G722 => bytes.map(|&byte| self.0.wide(byte)[0]).collect(),
        }
    }
}
