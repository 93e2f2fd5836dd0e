//! G.711 as the ITU-T software library G.191 computes it, step by step and written apart from the
//! engine's tables, compared on every one of the 65,536 samples and 256 codes.

use audio::{G711, Law};

/// A-law from 16 bits: one's complement, twelve bits of magnitude, segments by halving.
fn a_compressed(sample: i16) -> u8 {
    let mut size = if sample < 0 { !sample >> 4 } else { sample >> 4 };
    if size > 15 {
        let mut segment = 1;
        while size > 16 + 15 {
            size >>= 1;
            segment += 1;
        }
        size -= 16;
        size += segment << 4;
    }
    let sign = if sample >= 0 { 0x80 } else { 0 };
    (size as u8 | sign) ^ 0x55
}

fn a_expanded(code: u8) -> i16 {
    let bits = i16::from((code ^ 0x55) & 0x7F);
    let segment = bits >> 4;
    let mut mantissa = bits & 0x0F;
    if segment > 0 {
        mantissa += 16;
    }
    mantissa = (mantissa << 4) + 8;
    if segment > 1 {
        mantissa <<= segment - 1;
    }
    if code > 127 { mantissa } else { -mantissa }
}

/// µ-law from 16 bits: one's complement, fourteen bits, a bias of 33.
fn mu_compressed(sample: i16) -> u8 {
    let size = (if sample < 0 { !sample >> 2 } else { sample >> 2 }) + 33;
    let size = size.min(0x1FFF);
    let mut segment = 1;
    let mut rest = size >> 6;
    while rest != 0 {
        segment += 1;
        rest >>= 1;
    }
    let high = 8 - segment;
    let low = 0x0F - ((size >> segment) & 0x0F);
    let sign = if sample >= 0 { 0x80 } else { 0 };
    (high << 4 | low) as u8 | sign
}

fn mu_expanded(code: u8) -> i16 {
    let sign = if code < 0x80 { -1 } else { 1 };
    let bits = i16::from(!code);
    let exponent = bits >> 4 & 7;
    let step = 4 << (exponent + 1);
    sign * ((0x80 << exponent) + step * (bits & 0x0F) + step / 2 - 4 * 33)
}

#[test]
fn every_sample_has_the_code_of_g191_in_both_laws() {
    let g711 = G711::new();
    for sample in i16::MIN..=i16::MAX {
        assert_eq!(g711.encode(Law::A, sample), a_compressed(sample), "A-law of {sample}");
        assert_eq!(g711.encode(Law::Mu, sample), mu_compressed(sample), "µ-law of {sample}");
    }
}

#[test]
fn every_code_has_the_sample_of_g191_in_both_laws() {
    let g711 = G711::new();
    for code in 0..=u8::MAX {
        assert_eq!(g711.decode(Law::A, code), a_expanded(code), "A-law {code:#04x}");
        assert_eq!(g711.decode(Law::Mu, code), mu_expanded(code), "µ-law {code:#04x}");
    }
}
