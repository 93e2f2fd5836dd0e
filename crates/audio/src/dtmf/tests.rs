use proptest::prelude::*;

use super::*;
use crate::tone;

/// The keys heard in packets of 160 samples.
fn keys(samples: &[i16]) -> String {
    let (tones, mut detector) = (Tones::new(), Detector::new());
    let mut keys = String::new();
    for packet in samples.chunks(160) {
        detector.hear(&tones, packet, |key| keys.push(key));
    }
    keys
}

/// Presses of 60 ms with 60 ms between them.
fn pressed(keys: &str) -> Vec<i16> {
    let press = |key| [tone::key(key, 60, 8_000).expect("a key"), tone::silence(60)].concat();
    keys.chars().flat_map(press).collect()
}

/// Uniform noise within `peak`, the same each time.
fn noise(peak: i16, length: usize) -> impl Iterator<Item = i16> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    (0..length).map(move |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let range = 2 * i64::from(peak) + 1;
        ((state >> 16) as i64 % range - i64::from(peak)) as i16
    })
}

#[test]
fn each_press_of_each_key_is_heard_once() {
    assert_eq!(keys(&pressed("1234567890*#ABCD")), "1234567890*#ABCD");
    assert_eq!(keys(&pressed("0033612345678##11")), "0033612345678##11");
}

#[test]
fn a_key_held_for_long_is_one_key_and_two_keys_without_a_pause_are_two() {
    assert_eq!(keys(&tone::key('5', 10_000, 8_000).expect("a key")), "5");
    let glued = [tone::key('5', 60, 8_000), tone::key('6', 60, 8_000)].map(Option::unwrap);
    assert_eq!(keys(&glued.concat()), "56");
}

#[test]
fn loud_and_quiet_keys_are_heard_and_whispers_are_not() {
    for amplitude in [i16::MAX, 20_000, 1_000, 250] {
        assert_eq!(keys(&tone::key('8', 60, amplitude).expect("a key")), "8", "{amplitude}");
    }
    assert_eq!(keys(&tone::key('8', 60, 60).expect("a key")), "");
    let saturated: Vec<i16> =
        tone::key('8', 60, 20_000).expect("a key").iter().map(|s| s.saturating_mul(2)).collect();
    assert_eq!(keys(&saturated), "8", "clipped by a loud gateway");
}

#[test]
fn one_tone_alone_three_tones_noise_and_silence_are_no_keys() {
    for hz in (300..3_400).step_by(7) {
        assert_eq!(keys(&tone::sine(hz, 100, 10_000)), "", "{hz} Hz");
    }
    let mut three = tone::key('5', 200, 10_000).expect("a key");
    for (sample, more) in three.iter_mut().zip(tone::sine(2_100, 200, 8_000)) {
        *sample += more;
    }
    assert_eq!(keys(&three), "");
    assert_eq!(keys(&noise(10_000, 800_000).collect::<Vec<_>>()), "");
    assert_eq!(keys(&tone::silence(10_000)), "");
    assert_eq!(keys(&tone::ringback(10_000)), "");
}

#[test]
fn a_hole_in_a_key_is_not_its_end_and_a_key_is_not_made_of_two_pieces() {
    let tones = Tones::new();
    let heard = |pieces: &[&[i16]]| {
        let (mut detector, mut keys) = (Detector::new(), String::new());
        for piece in pieces {
            detector.hear(&tones, piece, |key| keys.push(key));
            detector.skip();
        }
        keys
    };
    let long = tone::key('9', 200, 8_000).expect("a key");
    assert_eq!(heard(&[&long[..480], &long[640..800], &long[1_120..]]), "9");
    let pause = tone::silence(60);
    assert_eq!(heard(&[&long[..480], &pause, &long[480..]]), "99", "and silence is one");
}

#[test]
fn the_levels_of_the_two_tones_may_differ_as_much_as_lines_make_them() {
    let twisted = |low: f64, high: f64| -> Vec<i16> {
        let (low_tone, high_tone) = (tone::sine(770, 60, 8_000), tone::sine(1_336, 60, 8_000));
        let both = low_tone.iter().zip(high_tone);
        both.map(|(l, h)| (f64::from(*l) * low + f64::from(h) * high) as i16).collect()
    };
    let db = |db: f64| 10_f64.powf(db / 20.0);
    assert_eq!(keys(&twisted(db(-9.0), 1.0)), "5");
    assert_eq!(keys(&twisted(db(-11.0), 1.0)), "");
    assert_eq!(keys(&twisted(1.0, db(-5.0))), "5");
    assert_eq!(keys(&twisted(1.0, db(-7.0))), "");
}

proptest! {
    #[test]
    fn any_samples_in_any_pieces_are_heard_alike(
        samples in proptest::collection::vec(any::<i16>(), 0..2_000),
        piece in 1_usize..700,
    ) {
        let tones = Tones::new();
        let (mut one, mut other) = (Detector::new(), Detector::new());
        one.hear(&tones, &samples, |_| {});
        for piece in samples.chunks(piece) {
            other.hear(&tones, piece, |_| {});
        }
        prop_assert_eq!(format!("{one:?}"), format!("{other:?}"));
    }
}
