use proptest::prelude::*;

use super::*;
use crate::goertzel::strength;
use crate::tone;

const WIDE: &[u8] = include_bytes!("../../tests/g722/wide.s16");
const CODED: &[u8] = include_bytes!("../../tests/g722/coded.g722");
const DECODED: &[u8] = include_bytes!("../../tests/g722/decoded.s16");

fn samples(bytes: &[u8]) -> Vec<i16> {
    bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// Narrow samples there and back.
fn there_and_back(samples: &[i16]) -> Vec<i16> {
    let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new());
    samples.iter().map(|&sample| decoder.narrow(encoder.narrow(sample))).collect()
}

/// Signal to noise, in dB.
fn snr(signal: &[i16], heard: &[i16]) -> f64 {
    let power = |it: &mut dyn Iterator<Item = f64>| it.map(|x| x * x).sum::<f64>();
    let noise = power(&mut signal.iter().zip(heard).map(|(a, b)| f64::from(*a) - f64::from(*b)));
    10.0 * (power(&mut signal.iter().map(|a| f64::from(*a))) / noise.max(1.0)).log10()
}

#[test]
fn every_byte_is_the_one_that_ffmpeg_codes() {
    let mut encoder = Encoder::new();
    let wide = samples(WIDE);
    let coded: Vec<u8> =
        wide.chunks_exact(2).map(|pair| encoder.wide([pair[0], pair[1]])).collect();
    assert_eq!(coded.len(), CODED.len());
    let wrong = coded.iter().zip(CODED).position(|(ours, theirs)| ours != theirs);
    assert_eq!(wrong, None, "of {}", CODED.len());
}

#[test]
fn every_sample_is_the_one_that_ffmpeg_hears() {
    let mut decoder = Decoder::new();
    let heard: Vec<i16> = CODED.iter().flat_map(|&byte| decoder.wide(byte)).collect();
    let theirs = samples(DECODED);
    assert_eq!(heard.len(), theirs.len());
    let wrong = heard.iter().zip(&theirs).position(|(ours, theirs)| ours != theirs);
    assert_eq!(wrong, None, "of {}", theirs.len());
}

#[test]
fn telephone_audio_comes_back_better_than_by_g711() {
    let speech: Vec<i16> = samples(WIDE)[..8_000].iter().step_by(2).copied().collect();
    assert!(snr(&speech, &there_and_back(&speech)) > 30.0);
    for hz in [300, 1_000, 2_000, 3_000] {
        let tone = tone::sine(hz, 500, 8_000);
        let heard = there_and_back(&tone);
        let got = snr(&tone[800..], &heard[800..]);
        assert!(got > 32.0, "{hz} Hz: {got:.1} dB");
        assert!((strength(&heard[800..], hz) - 8_000.0).abs() < 80.0, "{hz} Hz");
    }
}

#[test]
fn wide_and_narrow_ends_hear_each_other_at_the_same_level() {
    let tone = tone::sine(700, 400, 8_000);
    let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new());
    let wide: Vec<i16> =
        tone.iter().flat_map(|&s| decoder.wide(encoder.narrow(s))).step_by(2).collect();
    assert!((strength(&wide[800..], 700) - 8_000.0).abs() < 200.0);
    let narrow: Vec<i16> = tone.iter().map(|&s| decoder.narrow(encoder.wide([s, s]))).collect();
    assert!((strength(&narrow[800..], 700) - 8_000.0).abs() < 300.0);
}

#[test]
fn the_byte_of_silence_is_nothing_at_rest_and_ends_any_sound_softly() {
    let mut decoder = Decoder::new();
    assert!((0..8_000).all(|_| decoder.narrow(SILENCE) == 0));
    let mut decoder = Decoder::new();
    assert!((0..8_000).all(|_| decoder.wide(SILENCE).iter().all(|s| s.abs() <= 1)));
    for hz in [200, 440, 1_900, 3_300] {
        let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new());
        for sample in tone::sine(hz, 130, 20_000).into_iter().take(1_000) {
            decoder.narrow(encoder.narrow(sample));
        }
        let after: Vec<i16> = (0..8_000).map(|_| decoder.narrow(SILENCE)).collect();
        assert!(after.iter().all(|s| s.abs() < 20_000), "{hz} Hz: no crack");
        // 10 ms later, what is left is 55 dB below full scale.
        assert!(after[80..].iter().all(|s| s.abs() < 60), "{hz} Hz: {:?}", &after[80..90]);
    }
}

#[test]
fn a_decoder_that_begins_in_the_middle_finds_its_way() {
    let tone = tone::sine(440, 400, 8_000);
    let mut encoder = Encoder::new();
    let coded: Vec<u8> = tone.iter().map(|&sample| encoder.narrow(sample)).collect();
    let mut decoder = Decoder::new();
    let late: Vec<i16> = coded[800..].iter().map(|&byte| decoder.narrow(byte)).collect();
    assert!(late.iter().all(|s| s.abs() < 12_000), "no crack: {:?}", late.iter().max());
    assert!(snr(&tone[1_600..], &late[800..]) > 20.0);
}

proptest! {
    #[test]
    fn any_bytes_are_heard_and_any_samples_are_coded(
        bytes in proptest::collection::vec(any::<u8>(), 0..2_000),
        sound in proptest::collection::vec(any::<[i16; 2]>(), 0..2_000),
    ) {
        let (mut one, mut other) = (Decoder::new(), Decoder::new());
        for &byte in &bytes {
            one.wide(byte);
            other.narrow(byte);
        }
        let mut encoder = Encoder::new();
        for &pair in &sound {
            one.wide(encoder.wide(pair));
        }
    }
}
#[test]
fn what_follows_a_cut_and_a_moment_of_silence_is_heard_without_a_crack() {
    for hz in [200, 440, 1_000, 1_900, 3_000] {
        let tone = tone::sine(hz, 500, 8_000);
        let mut encoder = Encoder::new();
        let mut decoder = Decoder::new();
        for &sample in &tone[..2_007] {
            decoder.narrow(encoder.narrow(sample));
        }
        for _ in 0..480 {
            decoder.narrow(SILENCE);
        }
        let mut encoder = Encoder::after_silence();
        let next = tone::sine(hz, 300, 8_000);
        let heard: Vec<i16> = next.iter().map(|&s| decoder.narrow(encoder.narrow(s))).collect();
        let peak = heard.iter().map(|s| s.unsigned_abs()).max();
        assert!(peak < Some(12_000), "{hz} Hz: {peak:?} of 8,000");
        assert!((strength(&heard[1_200..], hz) - 8_000.0).abs() < 200.0, "{hz} Hz");
    }
}

#[test]
fn silence_leads_to_one_state_and_stays_there() {
    let shown = |encoder: &Encoder| format!("{:?} {:?}", encoder.low, encoder.high);
    let settled = Encoder::after_silence();
    let mut later = settled.clone();
    for _ in 0..SETTLED {
        low::decode(&mut later.low, SILENCE & 0x3F);
        high::decode(&mut later.high, SILENCE >> 6);
    }
    assert_eq!(shown(&later), shown(&settled));
    assert_ne!(shown(&settled), shown(&Encoder::new()));
}

#[test]
fn a_narrow_voice_is_made_wide_with_its_pitch_and_level() {
    let mut widener = Widener::default();
    let wide: Vec<i16> =
        tone::sine(1_000, 200, 8_000).into_iter().flat_map(|s| widener.widen(s)).collect();
    assert_eq!(wide.len(), 3_200);
    // At twice the rate the tone has half the pitch of one that is taken for telephone audio.
    let level = strength(&wide[200..], 500);
    assert!((level - 8_000.0).abs() < 200.0, "{level}");
    assert!(strength(&wide[200..], 3_500) < 60.0, "no image above 4 kHz");
}
