//! Keys as tones in the voice (ITU-T Q.23, Q.24).
//!
//! A key is two tones together, one of four low ones and one of four high ones. Every
//! 6.4 ms the last 12.75 ms are looked at: how much of their energy lies at the strongest low and
//! the strongest high tone. Where that is nearly all, neither tone much louder than the other, and
//! each turns between the two halves of the block as far as its pitch says, the block is a hit.
//! Speech has such moments, but not four of them in a row.
//!
//! ```text
//! samples    |....51....|....51....|....51....|....51....|
//! blocks      \______102_______/
//!                        \______102_______/
//! hits        5          5          5         5 -> key 5
//! ```
//!
//! What is lost on its way is not silence: a block that would reach over a gap is not judged at
//! all, so that a key with a hole is still one key. Everything is computed in whole numbers, the
//! same on each machine.

/// Samples of one step.
pub const HOP: usize = 51;

/// Samples that are judged together: two steps.
pub const BLOCK: usize = 2 * HOP;

/// Blocks in a row that begin a key.
pub const HITS_TO_BEGIN: u8 = 4;

/// More of them tell no more about the pitch.
const HITS_COUNTED_MAX: u8 = 64;

/// Blocks in a row without the key that end it.
pub const MISSES_TO_END: u8 = 6;

const LOW_HZ: [u32; 4] = [697, 770, 852, 941];
const HIGH_HZ: [u32; 4] = [1_209, 1_336, 1_477, 1_633];
const KEYS: [[char; 4]; 4] =
    [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];

const TONES: usize = 8;

/// The amplitude of the tables: sums of a step stay within 32 bits whatever is heard.
const TABLE_PEAK: i32 = 1_023;

/// The quietest block that is judged: about −45 dBm0.
const ENERGY_MIN: i64 = BLOCK as i64 * 80 * 80;

/// How much of the energy must lie in the two tones, in thousandths: −1.2 dB.
const SHARE_PERMILLE: i64 = 759;

/// How much louder than the low tone the high one may be, in hundredths: 10 dB.
const HIGH_OVER_LOW_PERCENT: i64 = 1_000;

/// How much louder than the high tone the low one may be, in hundredths: 6 dB.
const LOW_OVER_HIGH_PERCENT: i64 = 398;

/// How far from its pitch a tone may be, in thousandths: between the 1.5 % that must be heard and
/// the 3.5 % that must not.
const PITCH_PERMILLE: f64 = 25.0;

/// Cosines and sines are whole numbers, times two to this power.
const UNIT_BITS: u32 = 14;
const UNIT: f64 = (1 << UNIT_BITS) as f64;

/// Sums are halved this often before they are squared.
const SCALE_BITS: u32 = 8;

/// The power of a tone that holds all the energy of a block, for each unit of energy, in
/// hundredths: `BLOCK / 2 * TABLE_PEAK² / 2^(2 * SCALE_BITS)`.
const POWER_PERCENT: i64 =
    BLOCK as i64 * 50 * (TABLE_PEAK as i64 * TABLE_PEAK as i64) / (1 << (2 * SCALE_BITS));

/// Sines and cosines of the eight tones. Filled once, then handed to every [`Detector`].
#[derive(Clone)]
pub struct Tones {
    /// For each sample of a step: eight cosines, then eight sines.
    waves: [[i16; 2 * TONES]; HOP],
    /// How far each tone turns in a step: cosine and sine, times 2^14.
    turns: [[i64; 2]; TONES],
    /// How far a tone may drift from that and still be the tone: a cosine, times 2^14.
    drifts: [i64; TONES],
}

/// One tone in the two steps of a block.
struct Pair {
    tone: usize,
    /// Its power in each.
    powers: [i64; 2],
    /// How far the second follows from the first, as its pitch says, and how far it does not.
    along: i64,
    across: i64,
}

/// The strongest tone of a block.
struct Sound {
    tone: usize,
    /// Its power, also a little beside its pitch.
    power: i64,
    /// How far it turned from one step to the next, beyond what its pitch says: cosine and sine,
    /// times 2^14.
    drift: [i64; 2],
}

/// A block that is a key.
struct Hit {
    low: Sound,
    high: Sound,
}

/// Listens to one stream.
#[derive(Debug, Clone, Default)]
pub struct Detector {
    /// The step under way.
    sums: Sums,
    filled: usize,
    /// The step before it, unless something was lost between them.
    before: Option<Sums>,
    /// The tones of the last blocks, how many in a row, and what they drifted all together.
    candidate: Option<(usize, usize)>,
    hits: u8,
    drifts: [[i64; 2]; 2],
    /// The key that is held, and how many blocks in a row were without it.
    held: Option<char>,
    misses: u8,
}

/// What one step sounds like.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    waves: [i32; 2 * TONES],
    energy: i64,
}

impl Tones {
    /// Computes the tables.
    pub fn new() -> Tones {
        let hz = |tone: usize| f64::from([LOW_HZ, HIGH_HZ].concat()[tone]);
        let angle = |tone, place: usize| {
            std::f64::consts::TAU * hz(tone) * place as f64 / f64::from(crate::RATE)
        };
        let peak = f64::from(TABLE_PEAK);
        let waves = std::array::from_fn(|place| {
            std::array::from_fn(|wave| {
                let angle = angle(wave % TONES, place);
                let value = if wave < TONES { angle.cos() } else { angle.sin() };
                (value * peak).round() as i16
            })
        });
        let turns = std::array::from_fn(|tone| {
            let angle = angle(tone, HOP);
            [angle.cos(), angle.sin()].map(|value| (value * UNIT).round() as i64)
        });
        let drifts = std::array::from_fn(|tone| {
            let drift = angle(tone, HOP) * PITCH_PERMILLE / 1_000.0;
            (drift.cos() * UNIT).round() as i64
        });
        Tones { waves, turns, drifts }
    }

    /// How a tone sounds in the two steps of a block.
    fn pair(&self, tone: usize, one: &Sums, other: &Sums) -> Pair {
        let scaled = |sums: &Sums, wave: usize| i64::from(sums.waves[wave] >> SCALE_BITS);
        let (re, im) = (scaled(one, tone), scaled(one, TONES + tone));
        let (next_re, next_im) = (scaled(other, tone), scaled(other, TONES + tone));
        let powers = [re * re + im * im, next_re * next_re + next_im * next_im];
        let [cos, sin] = self.turns[tone];
        // The second step's phases are counted from its own beginning.
        let turned_re = (next_re * cos - next_im * sin) >> UNIT_BITS;
        let turned_im = (next_re * sin + next_im * cos) >> UNIT_BITS;
        let along = re * turned_re + im * turned_im;
        let across = re * turned_im - im * turned_re;
        Pair { tone, powers, along, across }
    }

    /// The strongest of some tones through a block.
    fn strongest(&self, tones: std::ops::Range<usize>, one: &Sums, other: &Sums) -> Option<Sound> {
        let pairs = tones.map(|tone| self.pair(tone, one, other));
        Some(pairs.max_by_key(Pair::exact)?.sound())
    }

    /// The key that sounds through a block, whatever its exact pitch.
    fn hit(&self, one: &Sums, other: &Sums) -> Option<Hit> {
        let energy = one.energy + other.energy;
        if energy < ENERGY_MIN {
            return None;
        }
        let (low, high) = (self.strongest(0..4, one, other)?, self.strongest(4..8, one, other)?);
        let both = low.power + high.power;
        let nearly_all = both * 1_000 >= energy * POWER_PERCENT / 100 * SHARE_PERMILLE;
        let alike = high.power * 100 <= low.power * HIGH_OVER_LOW_PERCENT
            && low.power * 100 <= high.power * LOW_OVER_HIGH_PERCENT;
        (nearly_all && alike).then_some(Hit { low, high })
    }

    /// Whether a tone that drifted so much, over several blocks, is the tone.
    fn is_on_pitch(&self, tone: usize, [re, im]: [i64; 2]) -> bool {
        re << UNIT_BITS >= (re * re + im * im).isqrt() * self.drifts[tone]
    }
}

impl Pair {
    /// Its power at its very pitch: tells it from its neighbours.
    fn exact(&self) -> i64 {
        self.powers[0] + self.powers[1] + 2 * self.along
    }

    /// Roots and quotients are dear: only the strongest tone is worth them.
    fn sound(self) -> Sound {
        let [one, other] = self.powers;
        let sizes = one.isqrt() * other.isqrt();
        let drift = [self.along, self.across].map(|product| (product << UNIT_BITS) / sizes.max(1));
        Sound { tone: self.tone, power: one + other + 2 * sizes, drift }
    }
}

impl Default for Tones {
    fn default() -> Tones {
        Tones::new()
    }
}

impl std::fmt::Debug for Tones {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tones { tables }")
    }
}

impl Detector {
    /// Nothing heard.
    pub fn new() -> Detector {
        Detector::default()
    }

    /// The samples that follow; each key that begins in them is told once.
    pub fn hear(&mut self, tones: &Tones, samples: &[i16], mut pressed: impl FnMut(char)) {
        let mut rest = samples;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(HOP - self.filled));
            self.sums.add(&tones.waves[self.filled..], now);
            self.filled += now.len();
            rest = later;
            if self.filled == HOP {
                let step = std::mem::take(&mut self.sums);
                self.filled = 0;
                if let Some(before) = self.before.replace(step)
                    && let Some(key) = self.judge(tones, tones.hit(&before, &step))
                {
                    pressed(key);
                }
            }
        }
    }

    /// Something is missing before what follows.
    pub fn skip(&mut self) {
        self.sums = Sums::default();
        self.filled = 0;
        self.before = None;
    }

    /// Counts a block; the key that begins with it.
    fn judge(&mut self, tones: &Tones, hit: Option<Hit>) -> Option<char> {
        let pair = hit.as_ref().map(|hit| (hit.low.tone, hit.high.tone));
        if pair != self.candidate {
            (self.candidate, self.hits, self.drifts) = (pair, 0, Default::default());
        }
        let key = hit.and_then(|Hit { low, high }| {
            // Neighbouring tones lean on each other's pitch, to either side in turn: one block
            // alone does not tell it.
            if self.hits < HITS_COUNTED_MAX {
                self.hits += 1;
                for (sum, drift) in self.drifts.iter_mut().zip([low.drift, high.drift]) {
                    *sum = [sum[0] + drift[0], sum[1] + drift[1]];
                }
            }
            let on_pitch = tones.is_on_pitch(low.tone, self.drifts[0])
                && tones.is_on_pitch(high.tone, self.drifts[1]);
            (on_pitch && self.hits >= HITS_TO_BEGIN).then_some(KEYS[low.tone][high.tone - 4])
        });
        let sounds = pair.map(|(low, high)| KEYS[low][high - 4]);
        if self.held.is_some() && self.held != sounds {
            self.misses += 1;
            if self.misses >= MISSES_TO_END {
                self.held = None;
            }
        } else {
            self.misses = 0;
        }
        let begins = key.filter(|_| self.held != key);
        if begins.is_some() {
            (self.held, self.misses) = (begins, 0);
        }
        begins
    }
}

impl Sums {
    fn add(&mut self, waves: &[[i16; 2 * TONES]], samples: &[i16]) {
        for (sample, waves) in samples.iter().zip(waves) {
            let sample = i32::from(*sample);
            for (sum, wave) in self.waves.iter_mut().zip(waves) {
                *sum += sample * i32::from(*wave);
            }
            self.energy += i64::from(sample * sample);
        }
    }
}

#[cfg(test)]
mod tests;
