//! A-law and µ-law, coded and decoded sample by sample (ITU-T G.711).
//!
//! Written from the standard and on its own: the far ends of the scenarios share no codec with the
//! engine, so that a table that is wrong on both sides is not right twice.

/// Which of the two laws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Law {
    /// PCMA, payload type 8.
    A,
    /// PCMU, payload type 0.
    Mu,
}

impl Law {
    /// The static payload type (RFC 3551 §6).
    pub fn payload_type(self) -> u8 {
        match self {
            Law::A => 8,
            Law::Mu => 0,
        }
    }

    /// The law of a static payload type.
    pub fn of(payload_type: u8) -> Option<Law> {
        match payload_type {
            8 => Some(Law::A),
            0 => Some(Law::Mu),
            _ => None,
        }
    }

    /// One code decoded.
    pub fn decode(self, code: u8) -> i16 {
        match self {
            Law::A => decode_a(code),
            Law::Mu => decode_mu(code),
        }
    }
}

/// Codes samples of one law: for each the code whose decoded value is nearest.
#[derive(Debug)]
pub struct Coder {
    /// Every code with its value, in the order of values.
    steps: Vec<(i32, u8)>,
}

impl Coder {
    /// A coder of this law.
    pub fn new(law: Law) -> Coder {
        let mut steps: Vec<(i32, u8)> =
            (0..=255).map(|code| (i32::from(law.decode(code)), code)).collect();
        steps.sort_unstable();
        Coder { steps }
    }

    /// One sample coded.
    pub fn encode(&self, sample: i16) -> u8 {
        let sample = i32::from(sample);
        let above = self.steps.partition_point(|(value, _)| *value < sample);
        let near = &self.steps[above.saturating_sub(1)..(above + 1).min(self.steps.len())];
        let nearest = near.iter().min_by_key(|(value, _)| (value - sample).abs());
        nearest.expect("there are steps").1
    }
}

fn decode_a(code: u8) -> i16 {
    let code = code ^ 0x55;
    let step = i16::from(code & 0x0F);
    let magnitude = match (code >> 4) & 7 {
        0 => (step << 4) + 8,
        segment => ((step << 4) + 0x108) << (segment - 1),
    };
    if code & 0x80 == 0 { -magnitude } else { magnitude }
}

fn decode_mu(code: u8) -> i16 {
    let code = !code;
    let step = i16::from(code & 0x0F);
    let magnitude = (((step << 3) + 0x84) << ((code >> 4) & 7)) - 0x84;
    if code & 0x80 == 0 { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_the_standard() {
        assert_eq!(Law::A.decode(0xD5), 8);
        assert_eq!(Law::A.decode(0xAA), 32_256);
        assert_eq!(Law::A.decode(0x2A), -32_256);
        assert_eq!(Law::Mu.decode(0xFF), 0);
        assert_eq!(Law::Mu.decode(0x80), 32_124);
        assert_eq!(Law::Mu.decode(0x00), -32_124);
    }

    #[test]
    fn what_lies_between_two_codes_is_taken_to_the_nearer() {
        let coder = Coder::new(Law::A);
        assert_eq!(Law::A.decode(coder.encode(1)), 8);
        assert_eq!(Law::A.decode(coder.encode(17)), 24);
        assert_eq!(Law::A.decode(coder.encode(i16::MAX)), 32_256);
        assert_eq!(Law::A.decode(coder.encode(i16::MIN)), -32_256);
    }

    #[test]
    fn every_code_comes_back() {
        for law in [Law::A, Law::Mu] {
            let coder = Coder::new(law);
            for code in 0..=255 {
                assert_eq!(law.decode(coder.encode(law.decode(code))), law.decode(code));
            }
        }
    }
}
