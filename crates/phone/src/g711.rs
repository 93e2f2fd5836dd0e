//! G.711 by its definition (ITU-T G.711), written apart from the engine's codec on purpose.

use crate::Codec;

/// One sample of what a byte means.
pub fn decode(codec: Codec, byte: u8) -> i16 {
    match codec {
        Codec::Pcmu => decode_mu(byte),
        Codec::Pcma => decode_a(byte),
    }
}

/// The byte nearest to a sample.
pub fn encode(codec: Codec, sample: i16) -> u8 {
    match codec {
        Codec::Pcmu => encode_mu(sample),
        Codec::Pcma => encode_a(sample),
    }
}

/// 14-bit magnitude plus 33, in 16-bit scale plus 132: the segments then are powers of two.
const MU_BIAS: i32 = 132;
const MU_CLIP: i32 = 32_635;

fn encode_mu(sample: i16) -> u8 {
    let magnitude = i32::from(sample).abs().min(MU_CLIP) + MU_BIAS;
    let segment = (31 - magnitude.leading_zeros()).saturating_sub(7);
    let step = (magnitude >> (segment + 3)) & 0x0f;
    let sign = if sample < 0 { 0x80 } else { 0 };
    !(sign | (segment << 4) as u8 | step as u8)
}

fn decode_mu(byte: u8) -> i16 {
    let bits = !byte;
    let segment = (bits >> 4) & 7;
    let magnitude = (((i32::from(bits & 0x0f) << 3) + MU_BIAS) << segment) - MU_BIAS;
    (if bits & 0x80 != 0 { -magnitude } else { magnitude }) as i16
}

fn encode_a(sample: i16) -> u8 {
    // 13 bits; negative values mirror around minus one half, as G.711 table 1a has no zero.
    let value = i32::from(sample) >> 3;
    let (sign, magnitude) = if value >= 0 { (0x80, value) } else { (0, -value - 1) };
    let (segment, step) = if magnitude < 32 {
        (0, magnitude >> 1)
    } else {
        let segment = 31 - magnitude.leading_zeros() - 4;
        (segment, (magnitude >> segment) & 0x0f)
    };
    (sign | (segment << 4) as u8 | step as u8) ^ 0x55
}

fn decode_a(byte: u8) -> i16 {
    let bits = byte ^ 0x55;
    let segment = (bits >> 4) & 7;
    let step = i32::from(bits & 0x0f) << 4;
    let magnitude = match segment {
        0 => step + 8,
        _ => (step + 0x108) << (segment - 1),
    };
    (if bits & 0x80 != 0 { magnitude } else { -magnitude }) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_the_code_of_the_sample_that_it_means() {
        for codec in [Codec::Pcmu, Codec::Pcma] {
            for byte in 0..=255u8 {
                let again = encode(codec, decode(codec, byte));
                // µ-law has two zeros.
                let same = again == byte || (codec == Codec::Pcmu && byte == 0x7f);
                assert!(same, "{codec:?} {byte:#04x} became {again:#04x}");
            }
        }
    }

    #[test]
    fn the_known_values_of_the_standard_hold() {
        assert_eq!(decode(Codec::Pcmu, 0xff), 0);
        assert_eq!(decode(Codec::Pcmu, 0x00), -32_124);
        assert_eq!(decode(Codec::Pcma, 0xd5), 8);
        assert_eq!(decode(Codec::Pcma, 0x2a), -32_256);
    }

    #[test]
    fn any_sample_comes_back_within_its_step() {
        for codec in [Codec::Pcmu, Codec::Pcma] {
            for sample in (i16::MIN..=i16::MAX).step_by(7) {
                let back = i32::from(decode(codec, encode(codec, sample)));
                let error = (back - i32::from(sample)).abs();
                assert!(error <= 16 + i32::from(sample).abs() / 24, "{codec:?} {sample} {back}");
            }
        }
    }
}
