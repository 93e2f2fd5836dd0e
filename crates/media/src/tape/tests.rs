//! Where sound lies on a tape, and what is read off.

use std::time::Duration;

use audio::goertzel::strength;
use audio::{G711, Law, g722, tone};
use proptest::prelude::*;

use super::*;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// The samples of each channel of what a file holds behind its header.
fn channels(bytes: &[u8], count: usize) -> Vec<Vec<i16>> {
    let samples: Vec<i16> =
        bytes.chunks(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    (0..count).map(|n| samples.iter().skip(n).step_by(count).copied().collect()).collect()
}

#[test]
fn the_agent_is_on_the_left_the_customer_on_the_right_and_gaps_are_silent() {
    let g711 = G711::new();
    let loud = [g711.encode(Law::A, 8_000); 160];
    let soft = [g711.encode(Law::Mu, 500); 160];
    let mut tape = Tape::new(true, false);
    tape.lay(&g711, Side::Left, Codec::Pcma, 0, &loud);
    tape.lay(&g711, Side::Right, Codec::Pcmu, 160, &soft);
    tape.lay(&g711, Side::Left, Codec::Pcma, 480, &loud);
    let mut out = Vec::new();
    tape.finish(ms(100), &mut out);
    let both = channels(&out, 2);
    let runs = |samples: &[i16]| {
        let runs = samples.chunk_by(|one, other| one == other);
        runs.map(|run| (run.len(), run[0] != 0)).collect::<Vec<_>>()
    };
    let (yes, no) = (true, false);
    assert_eq!(runs(&both[0]), [(160, yes), (320, no), (160, yes), (160, no)]);
    assert_eq!(runs(&both[1]), [(160, no), (160, yes), (480, no)]);
    assert_eq!(tape.counts(), TapeCounts { gaps: 1, lost: 0 });
    assert_eq!((tape.length(), out.len()), (ms(100), 800 * 4));
}

#[test]
fn what_is_new_is_kept_back_and_what_comes_too_late_is_lost() {
    let g711 = G711::new();
    let mut tape = Tape::new(false, false);
    let mut out = Vec::new();
    tape.lay(&g711, Side::Alone, Codec::Pcma, 8_000, &[0xAA; 160]);
    tape.take(ms(1_200), &mut out);
    assert!(out.is_empty(), "nothing is older than the hold");
    tape.lay(&g711, Side::Alone, Codec::Pcma, 7_840, &[0xAA; 160]);
    tape.take(ms(2_220), &mut out);
    assert_eq!((out.len(), tape.length()), (8_160 * 2, ms(1_020)));
    assert!(out[7_840 * 2..].iter().any(|byte| *byte != 0), "what came out of order is there");
    tape.lay(&g711, Side::Alone, Codec::Pcma, 8_000, &[0xAA; 160]);
    assert_eq!(tape.counts(), TapeCounts { gaps: 0, lost: 1 });
    let far = units(AHEAD_MAX) + 8_160;
    tape.lay(&g711, Side::Alone, Codec::Pcma, far, &[0xAA; 160]);
    assert_eq!(tape.counts().lost, 2);
    tape.lay(&g711, Side::Alone, Codec::Pcma, far - 160, &[0xAA; 160]);
    assert_eq!(tape.counts(), TapeCounts { gaps: 1, lost: 2 });
}

#[test]
fn every_voice_keeps_its_pitch_and_level_at_either_rate() {
    let g711 = G711::new();
    let voice = tone::sine(440, 400, 8_000);
    let mut encoder = g722::Encoder::new();
    let wide: Vec<u8> = voice.iter().map(|sample| encoder.narrow(*sample)).collect();
    for is_wide in [false, true] {
        let mut tape = Tape::new(true, is_wide);
        tape.lay(&g711, Side::Left, Codec::G722, 0, &wide);
        let narrow = g711.encode_all(Law::A, &voice);
        tape.lay(&g711, Side::Right, Codec::Pcma, 0, &narrow);
        let mut out = Vec::new();
        tape.finish(ms(400), &mut out);
        assert_eq!(out.len(), 3_200 * 4 * if is_wide { 2 } else { 1 });
        for heard in channels(&out, 2) {
            // At twice the rate a tone looks as if it had half the pitch.
            let level = strength(&heard[800..], if is_wide { 220 } else { 440 });
            assert!((level - 8_000.0).abs() < 250.0, "{level}");
        }
    }
}

#[test]
fn a_recording_ends_where_the_sizes_of_its_header_end() {
    let mut tape = Tape::new(true, true);
    tape.base = growing::SOUND_BYTES_MAX / 8 - 10;
    let before = tape.base;
    let mut out = Vec::new();
    tape.finish(Duration::from_secs(1_000_000), &mut out);
    assert_eq!((out.len(), tape.base), (80, before + 10));
}

proptest! {
    #[test]
    fn whatever_is_laid_the_file_is_as_long_as_the_recording(
        pieces in proptest::collection::vec(
            (0_u64..200_000, 0_usize..200, 0_u8..3, any::<bool>()), 0..60),
        stereo in any::<bool>(),
        wide in any::<bool>(),
        steps in 1_u64..5,
    ) {
        let g711 = G711::new();
        let mut tape = Tape::new(stereo, wide);
        let mut out = Vec::new();
        for (step, (at, length, codec, right)) in (0..).zip(pieces) {
            let codec = [Codec::Pcma, Codec::Pcmu, Codec::G722][usize::from(codec)];
            let side = if right { Side::Right } else { Side::Left };
            tape.lay(&g711, side, codec, at, &vec![0x5A; length]);
            tape.take(ms(step * steps * 100), &mut out);
            prop_assert!(tape.window.len() <= units(AHEAD_MAX) as usize * 4);
        }
        tape.finish(ms(30_000), &mut out);
        prop_assert_eq!(tape.length(), ms(30_000));
        prop_assert_eq!(out.len() as u64, 240_000 * tape.bytes_per_unit());
    }
}
