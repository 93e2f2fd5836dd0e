//! From one codec to another, in one direction of a bridge.
//!
//! The two laws are exchanged code by code, by the Recommendation's own table. G.722 depends on
//! what came before: it needs a decoder, an encoder or both, which live as long as the bridge.
//! Every codec has one byte for each unit of the timestamp, so nothing else of a packet changes.

use audio::{G711, Law, g722};

use crate::player::HUSH_FRAMES;
use crate::{Codec, FRAME_SAMPLES};

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

#[derive(Debug)]
struct Wide {
    heard: g722::Decoder,
    said: g722::Encoder,
    /// Samples of silence that still go before the first sound.
    hush: usize,
}

impl Default for Wide {
    fn default() -> Wide {
        Wide {
            heard: g722::Decoder::new(),
            said: g722::Encoder::after_silence(),
            hush: HUSH_SAMPLES,
        }
    }
}

/// How long G.722 is silent when a bridge begins: what was played before was cut off, and what the
/// decoder has learned of it would make the first word a crack.
const HUSH_SAMPLES: usize = HUSH_FRAMES as usize * FRAME_SAMPLES;

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
                let wide = self.wide.get_or_insert_default();
                let hushed = payload.len().min(wide.hush);
                wide.hush -= hushed;
                let (before, sound) = payload.split_at_mut(hushed);
                before.fill(g722::SILENCE);
                for byte in sound {
                    *byte = wide.said.narrow(g711.decode(law, *byte));
                }
            }
            (Coding::Companded(from), Coding::Companded(to)) => g711.convert(from, to, payload),
        }
    }
}

impl Codec {
    /// Decodes a piece of a payload into as many samples.
    pub(crate) fn hear(
        self,
        g711: &G711,
        decoder: &mut g722::Decoder,
        piece: &[u8],
        samples: &mut [i16],
    ) {
        let coding = self.coding();
        for (sample, byte) in samples.iter_mut().zip(piece) {
            *sample = match coding {
                Coding::Wide => decoder.narrow(*byte),
                Coding::Companded(law) => g711.decode(law, *byte),
            };
        }
    }

    /// Codes samples of G.711; those of G.722 depend on what came before and are not coded here.
    pub(crate) fn say(self, g711: &G711, samples: &[i16], frame: &mut [u8]) {
        if let Coding::Companded(law) = self.coding() {
            for (byte, sample) in frame.iter_mut().zip(samples) {
                *byte = g711.encode(law, *sample);
            }
        }
    }

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
    fn the_first_word_of_a_bridge_is_no_crack_after_a_prompt_that_was_cut_off() {
        let g711 = G711::new();
        for hz in [200, 700, 2_000] {
            let mut decoder = g722::Decoder::new();
            for byte in coded(&g711, Codec::G722, &tone::sine(hz, 300, 8_000)[..1_607]) {
                decoder.narrow(byte);
            }
            let mut transcoder = Transcoder::default();
            let mut bytes = coded(&g711, Codec::Pcma, &tone::sine(440, 400, 8_000));
            for packet in bytes.chunks_mut(160) {
                transcoder.convert(&g711, Codec::Pcma, Codec::G722, packet);
            }
            let heard: Vec<i16> = bytes.iter().map(|byte| decoder.narrow(*byte)).collect();
            let peak = heard.iter().map(|s| s.unsigned_abs()).max();
            assert!(peak < Some(13_000), "{hz} Hz: {peak:?} of 8,000");
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
