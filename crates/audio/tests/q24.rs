//! The detector of keys in the voice against the conditions of ITU-T Q.24: how many of thousands of
//! keys on bad lines are heard, and that what lies outside is not.
#![allow(clippy::disallowed_methods, reason = "the bundled prompts are files")]

use audio::dtmf::{Detector, Tones};
use audio::{G711, Law};

const KEYS: &[u8; 16] = b"123A456B789C*0#D";
const LOW: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
const HIGH: [f64; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// From 0 to 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// Normally distributed, of variance 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

/// How a key is sent and what the line does to it.
#[derive(Clone, Copy)]
struct Line {
    on_ms: usize,
    off_ms: usize,
    /// The high tone over the low one.
    twist_db: f64,
    /// By how much each tone is off its frequency.
    off_low: f64,
    off_high: f64,
    snr_db: f64,
    /// The level of both tones together, as an amplitude.
    level: f64,
}

const GOOD: Line = Line {
    on_ms: 40,
    off_ms: 40,
    twist_db: 0.0,
    off_low: 0.0,
    off_high: 0.0,
    snr_db: 60.0,
    level: 6_000.0,
};

/// A press and the pause after it, with the noise of the line in both, through A-law.
fn press(dice: &mut Dice, g711: &G711, key: usize, line: &Line) -> Vec<i16> {
    let (low, high) = (LOW[key / 4] * (1.0 + line.off_low), HIGH[key % 4] * (1.0 + line.off_high));
    let ratio = 10_f64.powf(line.twist_db / 20.0);
    let low_level = line.level / (1.0 + ratio * ratio).sqrt();
    let noise = line.level / 2_f64.sqrt() / 10_f64.powf(line.snr_db / 20.0);
    let (one, other) = (dice.unit(), dice.unit());
    let on = line.on_ms * 8;
    let samples: Vec<i16> = (0..on + line.off_ms * 8)
        .map(|place| {
            let seconds = place as f64 / 8_000.0;
            let wave = |hz: f64, phase: f64| (std::f64::consts::TAU * (hz * seconds + phase)).sin();
            let tone = low_level * wave(low, one) + low_level * ratio * wave(high, other);
            let sound = if place < on { tone } else { 0.0 };
            (sound + noise * dice.normal()).clamp(-32_768.0, 32_767.0) as i16
        })
        .collect();
    g711.decode_all(Law::A, &g711.encode_all(Law::A, &samples))
}

/// What is heard of `count` presses, each of them told apart: once right, wrong, or doubled.
fn heard(count: usize, draw: impl Fn(&mut Dice) -> Line) -> (usize, usize) {
    let (tones, g711) = (Tones::new(), G711::new());
    let (mut dice, mut detector) = (Dice(88_172_645_463_325_252), Detector::new());
    let (mut right, mut false_ones) = (0, 0);
    detector.hear(&tones, &[0; 800], |_| {});
    for _ in 0..count {
        let line = draw(&mut dice);
        let key = dice.below(16);
        let mut keys = Vec::new();
        let shift = dice.below(51);
        detector.hear(&tones, &vec![0; shift], |_| {});
        detector.hear(&tones, &press(&mut dice, &g711, key, &line), |key| keys.push(key));
        let wanted = char::from(KEYS[key]);
        right += usize::from(keys.contains(&wanted));
        false_ones += keys.iter().filter(|key| **key != wanted).count();
        false_ones += keys.iter().filter(|key| **key == wanted).count().saturating_sub(1);
    }
    (right, false_ones)
}

#[test]
fn ninety_nine_of_a_hundred_keys_are_heard_on_the_worst_line_of_q24() {
    let worst = |dice: &mut Dice| {
        let sign = |dice: &mut Dice| if dice.next() & 1 == 0 { 0.015 } else { -0.015 };
        let twist_db = if dice.next() & 1 == 0 { 8.0 } else { -4.0 };
        let (off_low, off_high) = (sign(dice), sign(dice));
        Line { twist_db, off_low, off_high, snr_db: 15.0, ..GOOD }
    };
    let (right, false_ones) = heard(4_000, worst);
    assert!(right >= 3_960, "{right} of 4,000");
    assert_eq!(false_ones, 0);
}

#[test]
fn keys_anywhere_within_the_limits_are_heard() {
    let any = |dice: &mut Dice| Line {
        twist_db: dice.unit() * 12.0 - 4.0,
        off_low: dice.unit() * 0.03 - 0.015,
        off_high: dice.unit() * 0.03 - 0.015,
        snr_db: 15.0 + dice.unit() * 30.0,
        level: 400.0 * 10_f64.powf(dice.unit() * 1.6),
        ..GOOD
    };
    let (right, false_ones) = heard(4_000, any);
    assert!(right >= 3_960, "{right} of 4,000");
    assert_eq!(false_ones, 0);
}

#[test]
fn tones_off_by_three_and_a_half_percent_are_no_keys() {
    for (off_low, off_high) in [
        (0.035, 0.035),
        (-0.035, -0.035),
        (0.035, -0.035),
        (-0.035, 0.035),
        (0.035, 0.0),
        (0.0, 0.035),
        (-0.035, 0.0),
        (0.0, -0.035),
    ] {
        let (right, false_ones) =
            heard(400, |_| Line { on_ms: 100, off_low, off_high, snr_db: 40.0, ..GOOD });
        assert_eq!((right, false_ones), (0, 0), "{off_low} {off_high}");
    }
}

#[test]
fn under_five_percent_of_loss_no_key_is_doubled() {
    let (tones, g711) = (Tones::new(), G711::new());
    let (mut dice, mut detector) = (Dice(1_234_567_890_123), Detector::new());
    let line = Line { on_ms: 100, off_ms: 100, snr_db: 30.0, ..GOOD };
    let (mut once, mut doubled) = (0, 0);
    for _ in 0..4_000 {
        let key = dice.below(16);
        let mut count = 0;
        for packet in press(&mut dice, &g711, key, &line).chunks(160) {
            if dice.below(100) < 5 {
                detector.skip();
            } else {
                detector.hear(&tones, packet, |_| count += 1);
            }
        }
        once += usize::from(count == 1);
        doubled += usize::from(count > 1);
    }
    assert_eq!(doubled, 0);
    assert!(once >= 3_900, "{once} of 4,000");
}

/// What is heard as keys in `samples`.
fn keys_in(samples: &[i16]) -> String {
    let (tones, mut detector, mut keys) = (Tones::new(), Detector::new(), String::new());
    detector.hear(&tones, samples, |key| keys.push(key));
    keys
}

#[test]
fn music_holds_no_keys() {
    let mut dice = Dice(99);
    // Ten minutes of chords: three notes of a scale, each with two overtones.
    for _ in 0..3_000 {
        let root = 55.0 * 2_f64.powf(dice.below(48) as f64 / 12.0);
        let partials: Vec<(f64, f64)> = [root, root * 1.26, root * 1.498]
            .iter()
            .flat_map(|hz| [(*hz, 3_000.0), (hz * 2.0, 1_500.0), (hz * 3.0, 1_000.0)])
            .filter(|(hz, _)| *hz < 3_600.0)
            .collect();
        let chord: Vec<i16> = (0..1_600)
            .map(|place| {
                let turns = std::f64::consts::TAU * f64::from(place) / 8_000.0;
                partials.iter().map(|(hz, level)| (hz * turns).sin() * level).sum::<f64>() as i16
            })
            .collect();
        assert_eq!(keys_in(&chord), "", "{root} Hz");
    }
}

#[test]
fn the_bundled_prompts_hold_no_keys() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../prompts");
    let mut files = 0;
    for folder in ["en", "fr", "de", "es", "common"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("the prompts are here") {
            let path = entry.expect("a file").path();
            if path.extension().is_none_or(|ending| ending != "wav") {
                continue;
            }
            let bytes = std::fs::read(&path).expect("it can be read");
            let samples = audio::wav::read_prompt(&bytes).expect("it can be played");
            assert_eq!(keys_in(&samples), "", "{}", path.display());
            files += 1;
        }
    }
    assert!(files > 50, "{files} prompts");
}
