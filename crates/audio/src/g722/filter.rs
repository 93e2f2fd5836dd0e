//! The quadrature mirror filters that split 16,000 Hz into two bands and join them again.
//!
//! One filter of 24 taps serves both ways (table 11 of the Recommendation). It is symmetric, so
//! half of it is written down: the even taps are these, the odd ones the same backwards.

const TAPS: [i32; 12] = [3, -11, 12, 32, -210, 951, 3_876, -805, 362, -156, 53, -11];

/// The last 24 samples, as 12 pairs; the newest is the last.
type Pairs = [[i32; 2]; 12];

/// Splits (the transmit filter).
#[derive(Debug, Clone, Default)]
pub(super) struct Analysis(Pairs);

/// Joins (the receive filter).
#[derive(Debug, Clone, Default)]
pub(super) struct Synthesis(Pairs);

impl Analysis {
    /// The low and the high band of a pair of samples.
    pub(super) fn split(&mut self, pair: [i16; 2]) -> (i32, i32) {
        shift_in(&mut self.0, pair.map(i32::from));
        let (even, odd) = sums(&self.0);
        ((odd + even) >> 14, (odd - even) >> 14)
    }
}

impl Synthesis {
    /// The pair of samples of the two bands.
    pub(super) fn join(&mut self, low: i32, high: i32) -> [i16; 2] {
        shift_in(&mut self.0, [low + high, low - high]);
        let (even, odd) = sums(&self.0);
        [super::band::saturated(odd >> 11), super::band::saturated(even >> 11)]
    }
}

fn shift_in(pairs: &mut Pairs, newest: [i32; 2]) {
    pairs.rotate_left(1);
    pairs[11] = newest;
}

fn sums(pairs: &Pairs) -> (i32, i32) {
    let forwards = pairs.iter().zip(TAPS);
    let backwards = pairs.iter().zip(TAPS.iter().rev());
    (
        forwards.map(|(pair, tap)| pair[0] * tap).sum(),
        backwards.map(|(pair, tap)| pair[1] * tap).sum(),
    )
}
