//! From one codec to another, in one direction of a bridge.
//!
//! The two laws are exchanged code by code, by the Recommendation's own table. G.722 depends on
//! what came before: it needs a decoder, an encoder or both, which live as long as the bridge.
//! Every codec has one byte for each unit of the timestamp, so nothing else of a packet changes.

use audio::{G711, Law, g722};

use crate::Codec;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Transcoder {
    /// None until G.722 is heard or said on one side only: most bridges never need it.
    wide: Option<Box<Wide>>,
}

enum Coding {
    Companded(Law),
    Wide,
}

#[derive(Debug, Default)]
struct Wide {
    heard: g722::Decoder,
    said: g722::Encoder,
}

impl Transcoder {
    /// Rewrites a payload in place.
    pub(crate) fn convert(&mut self, g711: &G711, from: Codec, to: Codec, payload: &mut [u8]) {
        match (from.coding(), to.coding()) {
            (Coding::Wide, Coding::Wide) => {}
            (Coding::Wide, Coding::Companded(law)) => {
                let heard = &mut self.wide.get_or_insert_default().heard;
                for byte in payload {
                    *byte = g711.encode(law, heard.narrow(*byte));
                }
            }
            (Coding::Companded(law), Coding::Wide) => {
                let said = &mut self.wide.get_or_insert_default().said;
                for byte in payload {
                    *byte = said.narrow(g711.decode(law, *byte));
                }
            }
            (Coding::Companded(from), Coding::Companded(to)) => g711.convert(from, to, payload),
        }
    }
}

impl Codec {
    /// The byte of silence.
    pub(crate) const fn silence(self) -> u8 {
        match self {
            Codec::Pcmu => Law::Mu.silence(),
            Codec::Pcma => Law::A.silence(),
            Codec::G722 => g722::SILENCE,
        }
    }

    /// How it is coded.
    const fn coding(self) -> Coding {
        match self {
            Codec::Pcmu => Coding::Companded(Law::Mu),
            Codec::Pcma => Coding::Companded(Law::A),
            Codec::G722 => Coding::Wide,
        }
    }
}

#[cfg(test)]
mod tests {
    use audio::goertzel::strength;
    use audio::tone;

    use super::*;

    const CODECS: [Codec; 3] = [Codec::Pcma, Codec::Pcmu, Codec::G722];

    fn coded(g711: &G711, codec: Codec, samples: &[i16]) -> Vec<u8> {
        let mut wide = g722::Encoder::new();
        let code = |sample| match codec.coding() {
            Coding::Wide => wide.narrow(sample),
            Coding::Companded(law) => g711.encode(law, sample),
        };
        samples.iter().copied().map(code).collect()
    }

    fn heard(g711: &G711, codec: Codec, bytes: &[u8]) -> Vec<i16> {
        let mut wide = g722::Decoder::new();
        let hear = |byte| match codec.coding() {
            Coding::Wide => wide.narrow(byte),
            Coding::Companded(law) => g711.decode(law, byte),
        };
        bytes.iter().copied().map(hear).collect()
    }

    #[test]
    fn a_voice_keeps_its_pitch_and_level_from_any_codec_to_any_other() {
        let g711 = G711::new();
        let voice = tone::sine(440, 400, 8_000);
        for from in CODECS {
            for to in CODECS {
                let mut transcoder = Transcoder::default();
                let mut bytes = coded(&g711, from, &voice);
                for packet in bytes.chunks_mut(160) {
                    transcoder.convert(&g711, from, to, packet);
                }
                let heard = heard(&g711, to, &bytes);
                let level = strength(&heard[800..], 440);
                assert!((level - 8_000.0).abs() < 200.0, "{from:?} to {to:?}: {level}");
                assert!(strength(&heard[800..], 1_000) < 60.0, "{from:?} to {to:?}");
            }
        }
    }

    #[test]
    fn silence_stays_silence() {
        let g711 = G711::new();
        for from in CODECS {
            for to in CODECS {
                let mut bytes = vec![from.silence(); 8_000];
                Transcoder::default().convert(&g711, from, to, &mut bytes);
                // The smallest code of A-law is 8.
                let heard = heard(&g711, to, &bytes);
                assert!(heard.iter().all(|s| s.abs() <= 16), "{from:?} to {to:?}");
            }
        }
    }
}
