//! One band: its predictor and the size of its steps, which coder and decoder keep alike.
//!
//! Everything is the 16-bit arithmetic of the Recommendation, block by block (§3 and §6 of G.722),
//! so that two implementations stay bit for bit together. Values are held in `i32`; what the
//! Recommendation saturates is saturated here.

/// The predictor and the quantizer's scale of one band.
#[derive(Debug, Clone)]
pub(super) struct Band {
    /// The prediction of the next sample: `poles` of it from what was reconstructed, the rest from
    /// the differences.
    prediction: i32,
    zeros: i32,
    /// The last two reconstructed samples, newest first.
    reconstructed: [i32; 2],
    /// The last two partly reconstructed samples, newest first.
    partial: [i32; 2],
    a: [i32; 2],
    b: [i32; 6],
    /// The last six differences, newest first.
    differences: [i32; 6],
    /// The logarithm of the scale.
    log_scale: i32,
    /// What a difference is measured in.
    scale: i32,
}

impl Band {
    /// The low band at rest.
    pub(super) fn low() -> Band {
        Band::at_rest(32)
    }

    /// The high band at rest.
    pub(super) fn high() -> Band {
        Band::at_rest(8)
    }

    fn at_rest(scale: i32) -> Band {
        Band {
            prediction: 0,
            zeros: 0,
            reconstructed: [0; 2],
            partial: [0; 2],
            a: [0; 2],
            b: [0; 6],
            differences: [0; 6],
            log_scale: 0,
            scale,
        }
    }

    /// The quantizer's scale for the next sample (LOGSCL, SCALEL and their like).
    fn rescale(&mut self, weight: i32, log_max: i32, shift: i32) {
        self.log_scale = (((self.log_scale * 127) >> 7) + weight).clamp(0, log_max);
        let mantissa = INVERSE_LOG[((self.log_scale >> 6) & 31) as usize];
        let shift = shift - (self.log_scale >> 11);
        let scale = if shift < 0 { mantissa << -shift } else { mantissa >> shift };
        self.scale = scale << 2;
    }

    /// Learns from a difference and predicts the next sample (block 4).
    fn learn(&mut self, difference: i32) {
        let partial = sat(self.zeros + difference);
        let reconstructed = sat(self.prediction + difference);
        let a = self.adapted_poles(partial);
        self.adapt_zeros(difference);
        self.a = a;
        self.partial = [partial, self.partial[0]];
        self.reconstructed = [reconstructed, self.reconstructed[0]];
        self.differences.rotate_right(1);
        self.differences[0] = difference;
        let poles: i32 = (0..2).map(|i| share(self.a[i], sat(self.reconstructed[i] * 2))).sum();
        let zeros = self.b.iter().zip(self.differences);
        self.zeros = sat(zeros.map(|(b, difference)| share(*b, sat(difference * 2))).sum());
        self.prediction = sat(sat(poles) + self.zeros);
    }

    /// UPPOL2 and UPPOL1: the two poles, kept within what is stable.
    fn adapted_poles(&self, partial: i32) -> [i32; 2] {
        let same = |other: i32| (partial < 0) == (other < 0);
        let pull = sat(self.a[0] * 4);
        let pull = if same(self.partial[0]) { sat(-pull) } else { pull };
        let lean = if same(self.partial[1]) { 128 } else { -128 };
        let second = lean + (pull >> 7) + share(self.a[1], 32_512);
        let second = second.clamp(-12_288, 12_288);
        let lean = if same(self.partial[0]) { 192 } else { -192 };
        let first = sat(lean + share(self.a[0], 32_640));
        let limit = sat(15_360 - second);
        [first.clamp(-limit, limit), second]
    }

    /// UPZERO: the six zeros.
    fn adapt_zeros(&mut self, difference: i32) {
        let step = if difference == 0 { 0 } else { 128 };
        for (b, before) in self.b.iter_mut().zip(self.differences) {
            let lean = if (before < 0) == (difference < 0) { step } else { -step };
            *b = sat(lean + share(*b, 32_640));
        }
    }
}

/// The low band, six bits.
pub(super) mod low {
    use super::*;

    /// Codes a sample.
    pub(in super::super) fn encode(band: &mut Band, sample: i32) -> u8 {
        let difference = sat(sample - band.prediction);
        let size = if difference < 0 { -(difference + 1) } else { difference };
        let reached = |level: &&i32| size >= (**level * band.scale) >> 12;
        let levels = LEVELS.iter().take_while(reached).count() as u8;
        let code = match (difference < 0, levels) {
            (true, 0 | 1) => 63 - levels,
            (true, _) => 33 - levels,
            (false, _) => 61 - levels,
        };
        follow(band, code);
        code
    }

    /// Decodes a sample, with all six bits.
    pub(in super::super) fn decode(band: &mut Band, code: u8) -> i32 {
        let fine = share(band.scale, STEPS_OF_SIX_BITS[usize::from(code)]);
        let heard = (band.prediction + fine).clamp(-16_384, 16_383);
        follow(band, code);
        heard
    }

    /// The predictor sees four of the six bits, so that a decoder that is given fewer keeps up.
    fn follow(band: &mut Band, code: u8) {
        let coarse = usize::from(code >> 2);
        let difference = share(band.scale, STEPS_OF_FOUR_BITS[coarse]);
        band.rescale(LOW_WEIGHTS[coarse], 18_432, 8);
        band.learn(difference);
    }
}

/// The high band, two bits.
pub(super) mod high {
    use super::*;

    /// Codes a sample.
    pub(in super::super) fn encode(band: &mut Band, sample: i32) -> u8 {
        let difference = sat(sample - band.prediction);
        let size = if difference < 0 { -(difference + 1) } else { difference };
        let large = size >= (564 * band.scale) >> 12;
        let code = match (difference < 0, large) {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (false, false) => 3,
        };
        follow(band, code);
        code
    }

    /// Decodes a sample.
    pub(in super::super) fn decode(band: &mut Band, code: u8) -> i32 {
        let prediction = band.prediction;
        let difference = follow(band, code);
        (prediction + difference).clamp(-16_384, 16_383)
    }

    fn follow(band: &mut Band, code: u8) -> i32 {
        let code = usize::from(code);
        let difference = share(band.scale, STEPS_OF_TWO_BITS[code]);
        band.rescale(HIGH_WEIGHTS[code], 22_528, 10);
        band.learn(difference);
        difference
    }
}

/// A product of two 16-bit fractions.
fn share(one: i32, other: i32) -> i32 {
    (one * other) >> 15
}

/// Kept within 16 bits.
fn sat(value: i32) -> i32 {
    value.clamp(i16::MIN.into(), i16::MAX.into())
}

/// The nearest 16-bit sample.
pub(super) fn saturated(value: i32) -> i16 {
    // It is within the range after the clamp.
    sat(value) as i16
}

/// Where one step of the low band ends and the next begins (table 14), in units of the scale.
const LEVELS: [i32; 29] = [
    35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1_023,
    1_121, 1_219, 1_339, 1_458, 1_612, 1_765, 1_980, 2_195, 2_557, 2_919,
];

/// What the six bits of the low band stand for (table 16).
const STEPS_OF_SIX_BITS: [i32; 64] = [
    -136, -136, -136, -136, -24_808, -21_904, -19_008, -16_704, -14_984, -13_512, -12_280, -11_192,
    -10_232, -9_360, -8_576, -7_856, -7_192, -6_576, -6_000, -5_456, -4_944, -4_464, -4_008,
    -3_576, -3_168, -2_776, -2_400, -2_032, -1_688, -1_360, -1_040, -728, 24_808, 21_904, 19_008,
    16_704, 14_984, 13_512, 12_280, 11_192, 10_232, 9_360, 8_576, 7_856, 7_192, 6_576, 6_000,
    5_456, 4_944, 4_464, 4_008, 3_576, 3_168, 2_776, 2_400, 2_032, 1_688, 1_360, 1_040, 728, 432,
    136, -432, -136,
];

/// What their upper four stand for.
const STEPS_OF_FOUR_BITS: [i32; 16] = [
    0, -20_456, -12_896, -8_968, -6_288, -4_240, -2_584, -1_200, 20_456, 12_896, 8_968, 6_288,
    4_240, 2_584, 1_200, 0,
];

/// What the two bits of the high band stand for (table 18).
const STEPS_OF_TWO_BITS: [i32; 4] = [-7_408, -1_616, 7_408, 1_616];

/// How the low band's scale grows or shrinks after each of the sixteen coarse steps.
const LOW_WEIGHTS: [i32; 16] =
    [-60, 3_042, 1_198, 538, 334, 172, 58, -30, 3_042, 1_198, 538, 334, 172, 58, -30, -60];

/// The same for the high band.
const HIGH_WEIGHTS: [i32; 4] = [798, -214, 798, -214];

/// From the logarithm of a scale to the scale (table 13): 2,048 times 2^(i/32).
const INVERSE_LOG: [i32; 32] = [
    2_048, 2_093, 2_139, 2_186, 2_233, 2_282, 2_332, 2_383, 2_435, 2_489, 2_543, 2_599, 2_656,
    2_714, 2_774, 2_834, 2_896, 2_960, 3_025, 3_091, 3_158, 3_228, 3_298, 3_371, 3_444, 3_520,
    3_597, 3_676, 3_756, 3_838, 3_922, 4_008,
];
