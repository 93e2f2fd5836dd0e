//! G.711 by its definition (ITU-T G.711), written apart from the engine's codec on purpose.

/// 14-bit magnitude plus 33, in 16-bit scale plus 132: the segments then are powers of two.
const MU_BIAS: i32 = 132;
const MU_CLIP: i32 = 32_635;

/// The byte of µ-law nearest to a sample.
pub fn encode_mu(sample: i16) -> u8 {
    let magnitude = i32::from(sample).abs().min(MU_CLIP) + MU_BIAS;
    let segment = (31 - magnitude.leading_zeros()).saturating_sub(7);
    let step = (magnitude >> (segment + 3)) & 0x0f;
    let sign = if sample < 0 { 0x80 } else { 0 };
    !(sign | (segment << 4) as u8 | step as u8)
}

/// One sample of what a byte of µ-law means.
pub fn decode_mu(byte: u8) -> i16 {
    let bits = !byte;
    let segment = (bits >> 4) & 7;
    let magnitude = (((i32::from(bits & 0x0f) << 3) + MU_BIAS) << segment) - MU_BIAS;
    (if bits & 0x80 != 0 { -magnitude } else { magnitude }) as i16
}

/// The byte of A-law nearest to a sample.
pub fn encode_a(sample: i16) -> u8 {
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

/// One sample of what a byte of A-law means.
pub fn decode_a(byte: u8) -> i16 {
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

    /// Name, encoding and decoding.
    type Law = (&'static str, fn(i16) -> u8, fn(u8) -> i16);

    const LAWS: [Law; 2] = [("mu", encode_mu, decode_mu), ("A", encode_a, decode_a)];

    #[test]
    fn every_byte_is_the_code_of_the_sample_that_it_means() {
        for (law, encode, decode) in LAWS {
            for byte in 0..=255u8 {
                let again = encode(decode(byte));
                // µ-law has two zeros.
                let same = again == byte || (law == "mu" && byte == 0x7f);
                assert!(same, "{law} {byte:#04x} became {again:#04x}");
            }
        }
    }

    #[test]
    fn the_known_values_of_the_standard_hold() {
        assert_eq!(decode_mu(0xff), 0);
        assert_eq!(decode_mu(0x00), -32_124);
        assert_eq!(decode_a(0xd5), 8);
        assert_eq!(decode_a(0x2a), -32_256);
    }

    #[test]
    fn any_sample_comes_back_within_its_step() {
        for (law, encode, decode) in LAWS {
            for sample in (i16::MIN..=i16::MAX).step_by(7) {
                let back = i32::from(decode(encode(sample)));
                let error = (back - i32::from(sample)).abs();
                assert!(error <= 16 + i32::from(sample).abs() / 24, "{law} {sample} {back}");
            }
        }
    }
}
