//! A-law and µ-law (ITU-T G.711), both ways and across, by tables.
//!
//! The tables are filled once from `audio-codec-algorithms` and handed down: coding a sample is one
//! look-up. The conversion across is the Recommendation's own (tables 3 and 4), which keeps what a
//! decoding and new encoding would lose.

use audio_codec_algorithms::{
    convert_alaw_to_ulaw, convert_ulaw_to_alaw, decode_alaw, decode_ulaw, encode_alaw, encode_ulaw,
};

/// Which of the two companding laws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Law {
    /// A-law: Europe and most of the world; RTP payload type 8.
    A,
    /// µ-law: North America and Japan; RTP payload type 0.
    Mu,
}

impl Law {
    /// The byte of silence (the code of sample 0).
    pub const fn silence(self) -> u8 {
        match self {
            Law::A => 0xD5,
            Law::Mu => 0xFF,
        }
    }
}

/// The tables of both laws.
#[derive(Clone)]
pub struct G711 {
    a_codes: Vec<u8>,
    mu_codes: Vec<u8>,
    a_samples: [i16; 256],
    mu_samples: [i16; 256],
    a_to_mu: [u8; 256],
    mu_to_a: [u8; 256],
}

impl G711 {
    /// Fills the tables (about 130 kB; a millisecond).
    pub fn new() -> G711 {
        let mut tables = G711 {
            a_codes: (0..=u16::MAX).map(|bits| encode_alaw(bits.cast_signed())).collect(),
            mu_codes: (0..=u16::MAX).map(|bits| encode_ulaw(bits.cast_signed())).collect(),
            a_samples: [0; 256],
            mu_samples: [0; 256],
            a_to_mu: [0; 256],
            mu_to_a: [0; 256],
        };
        for code in 0..=u8::MAX {
            let place = usize::from(code);
            tables.a_samples[place] = decode_alaw(code);
            tables.mu_samples[place] = decode_ulaw(code);
            tables.a_to_mu[place] = convert_alaw_to_ulaw(code);
            tables.mu_to_a[place] = convert_ulaw_to_alaw(code);
        }
        tables
    }

    /// The code of one sample.
    pub fn encode(&self, law: Law, sample: i16) -> u8 {
        let place = usize::from(sample.cast_unsigned());
        match law {
            Law::A => self.a_codes[place],
            Law::Mu => self.mu_codes[place],
        }
    }

    /// The sample of one code.
    pub fn decode(&self, law: Law, code: u8) -> i16 {
        match law {
            Law::A => self.a_samples[usize::from(code)],
            Law::Mu => self.mu_samples[usize::from(code)],
        }
    }

    /// The codes of many samples.
    pub fn encode_all(&self, law: Law, samples: &[i16]) -> Vec<u8> {
        samples.iter().map(|&sample| self.encode(law, sample)).collect()
    }

    /// The samples of many codes.
    pub fn decode_all(&self, law: Law, codes: &[u8]) -> Vec<i16> {
        codes.iter().map(|&code| self.decode(law, code)).collect()
    }

    /// Rewrites codes of law `from` as codes of law `to`, in place. The same law changes nothing.
    pub fn convert(&self, from: Law, to: Law, codes: &mut [u8]) {
        let table = match (from, to) {
            (Law::A, Law::Mu) => &self.a_to_mu,
            (Law::Mu, Law::A) => &self.mu_to_a,
            (Law::A, Law::A) | (Law::Mu, Law::Mu) => return,
        };
        for code in codes {
            *code = table[usize::from(*code)];
        }
    }
}

impl Default for G711 {
    fn default() -> G711 {
        G711::new()
    }
}

impl std::fmt::Debug for G711 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("G711 { tables }")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_codes_of_the_recommendation_are_met() {
        let g711 = G711::new();
        assert_eq!(g711.encode(Law::A, 0), 0xD5);
        assert_eq!(g711.encode(Law::Mu, 0), 0xFF);
        assert_eq!(g711.encode(Law::A, i16::MAX), 0xAA);
        assert_eq!(g711.encode(Law::A, i16::MIN), 0x2A);
        assert_eq!(g711.encode(Law::Mu, i16::MAX), 0x80);
        assert_eq!(g711.encode(Law::Mu, i16::MIN), 0x00);
        assert_eq!(g711.decode(Law::A, 0xD5), 8);
        assert_eq!(g711.decode(Law::Mu, 0xFF), 0);
    }

    #[test]
    fn every_code_survives_decoding_and_encoding() {
        let g711 = G711::new();
        for code in 0..=u8::MAX {
            assert_eq!(g711.encode(Law::A, g711.decode(Law::A, code)), code);
            let again = g711.encode(Law::Mu, g711.decode(Law::Mu, code));
            // µ-law has two zeros; the negative one comes back as the positive one.
            assert_eq!(again, if code == 0x7F { 0xFF } else { code });
        }
    }

    #[test]
    fn every_sample_comes_back_within_half_a_step() {
        let g711 = G711::new();
        for sample in i16::MIN..=i16::MAX {
            for law in [Law::A, Law::Mu] {
                let heard = i32::from(g711.decode(law, g711.encode(law, sample)));
                let error = (heard - i32::from(sample)).abs();
                let allowed = 16 + i32::from(sample).abs() / 16;
                assert!(error <= allowed, "{law:?} {sample} became {heard}");
            }
        }
    }

    #[test]
    fn crossing_to_the_other_law_keeps_the_sound_and_the_sign() {
        let g711 = G711::new();
        for code in 0..=u8::MAX {
            for (from, to) in [(Law::A, Law::Mu), (Law::Mu, Law::A)] {
                let mut codes = [code];
                g711.convert(from, to, &mut codes);
                let before = i32::from(g711.decode(from, code));
                let after = i32::from(g711.decode(to, codes[0]));
                let allowed = 16 + before.abs() / 12;
                assert!((before - after).abs() <= allowed, "{from:?} {code}: {before}, {after}");
            }
        }
    }

    #[test]
    fn the_same_law_changes_nothing() {
        let g711 = G711::new();
        let mut codes = *b"any bytes";
        g711.convert(Law::A, Law::A, &mut codes);
        g711.convert(Law::Mu, Law::Mu, &mut codes);
        assert_eq!(&codes, b"any bytes");
    }

    #[test]
    fn silence_is_the_code_of_nothing() {
        let g711 = G711::new();
        for law in [Law::A, Law::Mu] {
            assert_eq!(g711.encode(law, 0), law.silence());
        }
    }
}
