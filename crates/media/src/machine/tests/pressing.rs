//! Keys that we press.

use audio::G711;
use audio::dtmf::{Detector, Tones};
use model::Key;

use super::stage::*;
use crate::{Codec, Command, DIGITS_MAX, Digits, Repeat, Step, Stream};

fn digits(text: &str) -> Digits {
    Digits::parse(text).expect("a dial string")
}

fn press(stage: &mut Stage, text: &str) {
    stage.order(Command::Press { port: ONE, digits: digits(text) });
}

#[test]
fn a_key_is_pressed_as_telephone_event_between_frames_of_silence() {
    let mut stage = Stage::with_one();
    stage.silence_is_written = true;
    press(&mut stage, "5");
    stage.run_to(221);
    assert_eq!(
        stage.lines(),
        [
            "1 p1 > :4001 pt101 s0 t0 M event 5",
            "21 p1 > :4001 pt101 s1 t0 event 5",
            "41 p1 > :4001 pt101 s2 t0 event 5",
            "61 p1 > :4001 pt101 s3 t0 event 5",
            "81 p1 > :4001 pt101 s4 t0 event 5 end",
            "101 p1 > :4001 pt101 s5 t0 event 5 end",
            "121 p1 > :4001 pt101 s6 t0 event 5 end",
            "141 p1 > :4001 A s7 t1120 160*d5",
            "161 p1 > :4001 A s8 t1280 160*d5",
            "181 p1 > :4001 A s9 t1440 160*d5",
            "201 p1 pressed",
            "201 p1 > :4001 A s10 t1600 160*d5",
            "221 p1 > :4001 A s11 t1760 160*d5",
        ]
    );
    stage.close(&[ONE]);
}

#[test]
fn keys_go_before_a_prompt_which_then_plays_whole() {
    let mut stage = Stage::with_one();
    stage.play(ONE, 1, &["short"], Repeat::Once);
    press(&mut stage, "w1,2");
    stage.run_to(10_000);
    let lines = stage.lines();
    let at = |needle: &str| {
        let line = lines.iter().find(|line| line.contains(needle)).expect("it is there");
        line.split(' ').next().and_then(|ms| ms.parse::<u64>().ok()).expect("a time")
    };
    // Half a second, a key and its rest, two seconds, a key and its rest.
    assert_eq!((at("event 1"), at("event 2"), at("160*bb")), (501, 2_701, 2_901));
    assert_eq!(lines.iter().filter(|line| line.contains("bb")).count(), 2);
    assert_eq!(at("pressed"), 2_901);
    assert!(lines.last().is_some_and(|line| line.ends_with("ended 1")), "{lines:?}");
}

#[test]
fn without_telephone_event_keys_are_tones_in_every_codec() {
    for codec in [Codec::Pcma, Codec::Pcmu, Codec::G722] {
        let mut stage = Stage::with_one();
        stage.silence_is_written = true;
        let agreed = Stream { event_payload_type: None, ..stream(ONE, codec) };
        stage.order(Command::Connect { port: ONE, stream: agreed });
        stage.payloads(ONE, 400);
        press(&mut stage, "159#w0");
        let (g711, tones) = (G711::new(), Tones::new());
        let (mut decoder, mut detector) = (audio::g722::Decoder::new(), Detector::new());
        let mut heard = String::new();
        for payload in stage.payloads(ONE, 3_000) {
            let mut samples = vec![0; payload.len()];
            codec.hear(&g711, &mut decoder, &payload, &mut samples);
            detector.hear(&tones, &samples, |key| heard.push(key));
        }
        assert_eq!(heard, "159#0", "{codec:?}");
    }
}

#[test]
fn on_a_bridge_keys_are_pressed_in_place_of_the_other_side() {
    let mut stage = Stage::with_one();
    stage.connect(TWO, Codec::Pcma);
    stage.order(Command::Bridge { one: ONE, other: TWO, on_hold: None });
    stage.run_to(100);
    stage.lines();
    press(&mut stage, "7");
    for _ in 0..20 {
        stage.hear(TWO, 8, &[0xBB; 160]);
        let now = stage.now_ms();
        stage.run_to(now + 20);
    }
    let lines = stage.lines();
    let to_one: Vec<&String> = lines.iter().filter(|line| line.contains("p1 > ")).collect();
    assert_eq!(to_one.iter().filter(|line| line.contains("event 7")).count(), 7);
    let first_voice = to_one.iter().position(|line| line.contains("160*bb")).expect("a voice");
    assert!(to_one[first_voice..].iter().all(|line| line.contains("160*bb")), "{to_one:?}");
    assert_eq!(to_one[first_voice..].len(), 9, "the voice follows at once");
    stage.close(&[ONE, TWO]);
}

#[test]
fn a_far_end_on_hold_hears_no_keys_and_nothing_waits_for_it() {
    let mut stage = Stage::with_one();
    let held = Stream { send: false, ..stream(ONE, Codec::Pcma) };
    stage.order(Command::Connect { port: ONE, stream: held });
    press(&mut stage, "1,,2");
    stage.run_to(100);
    assert_eq!(stage.lines(), ["1 p1 pressed"]);
}

#[test]
fn more_keys_than_the_limit_are_cut_and_counted() {
    let mut stage = Stage::with_one();
    let one = Step::Key(Key::HASH, 1);
    let steps = vec![one; DIGITS_MAX + 3];
    stage.order(Command::Press { port: ONE, digits: Digits::of(steps) });
    press(&mut stage, "1");
    assert_eq!(stage.media.counts().digits_cut, 4);
    stage.run_to(60_000);
    let lines = stage.lines();
    assert_eq!(lines.iter().filter(|line| line.contains(" M event")).count(), DIGITS_MAX);
    assert_eq!(lines.iter().filter(|line| line.ends_with("pressed")).count(), 1);
}
