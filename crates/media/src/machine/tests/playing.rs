//! What a port sends.

use std::sync::Arc;

use audio::goertzel::strength;
use audio::{Law, tone};
use model::PortId;

use super::stage::*;
use crate::{Catalog, Codec, Command, Repeat, Stream};

#[test]
fn a_port_is_bound_then_connected_and_sends_silence_every_twenty_milliseconds() {
    let mut stage = Stage::new();
    stage.open(ONE);
    stage.run_to(100);
    assert_eq!(stage.lines(), ["0 p1 bind 127.0.0.1:10000", "0 p1 opened"]);
    stage.order(Command::Connect { port: ONE, stream: stream(ONE, Codec::Pcma) });
    stage.run_to(145);
    assert_eq!(
        stage.lines(),
        [
            "101 p1 > :4001 A s0 t0 M 160*d5",
            "121 p1 > :4001 A s1 t160 160*d5",
            "141 p1 > :4001 A s2 t320 160*d5",
        ]
    );
    stage.order(Command::Close { port: ONE });
    assert_eq!(stage.lines(), ["145 p1 release", "145 p1 closed sent 3 received 0"]);
    stage.close(&[]);
}

#[test]
fn clips_play_without_a_gap_and_their_end_follows_the_last_frame() {
    let mut stage = Stage::with_one();
    stage.run_to(10);
    stage.play(ONE, 7, &["short", "short", "short"], Repeat::Once);
    stage.run_to(200);
    assert_eq!(
        stage.lines(),
        [
            "21 p1 > :4001 A s1 t160 160*bb",
            "41 p1 > :4001 A s2 t320 160*bb",
            "61 p1 > :4001 A s3 t480 160*bb",
            "81 p1 > :4001 A s4 t640 160*bb",
            "101 p1 > :4001 A s5 t800 80*bb 80*d5",
            "101 p1 ended 7",
        ]
    );
    stage.close(&[ONE]);
}

#[test]
fn the_codec_of_the_port_is_the_codec_of_the_clip() {
    let mut stage = Stage::with_two();
    stage.play(TWO, 1, &["short"], Repeat::Once);
    stage.run_to(40);
    assert_eq!(
        stage.lines(),
        ["1 p2 > :4002 mu s0 t0 M 160*91", "21 p2 > :4002 mu s1 t160 80*91 80*ff", "21 p2 ended 1"]
    );
    stage.close(&[ONE, TWO]);
}

#[test]
fn a_new_play_replaces_the_old_one_whose_end_is_never_told() {
    let mut stage = Stage::with_one();
    stage.play(ONE, 1, &["greeting"], Repeat::Once);
    stage.run_to(30);
    stage.play(ONE, 2, &["short"], Repeat::Once);
    stage.run_to(5_000);
    assert_eq!(
        stage.lines(),
        [
            "1 p1 > :4001 A s0 t0 M 160*aa",
            "21 p1 > :4001 A s1 t160 160*aa",
            "41 p1 > :4001 A s2 t320 160*bb",
            "61 p1 > :4001 A s3 t480 80*bb 80*d5",
            "61 p1 ended 2",
        ]
    );
}

#[test]
fn music_goes_on_for_ever_and_resumes_where_a_prompt_interrupted_it() {
    let mut stage = Stage::with_one();
    stage.play(ONE, 1, &["music"], Repeat::Forever);
    stage.run_to(80);
    stage.play(ONE, 2, &["short"], Repeat::Once);
    stage.run_to(130);
    stage.play(ONE, 3, &["music"], Repeat::Forever);
    stage.run_to(170);
    assert_eq!(
        stage.lines(),
        [
            "1 p1 > :4001 A s0 t0 M 160*c1",
            "21 p1 > :4001 A s1 t160 160*c2",
            "41 p1 > :4001 A s2 t320 160*c3",
            "61 p1 > :4001 A s3 t480 160*c1",
            "81 p1 > :4001 A s4 t640 160*bb",
            "101 p1 > :4001 A s5 t800 80*bb 80*d5",
            "101 p1 ended 2",
            "141 p1 > :4001 A s7 t1120 160*c2",
            "161 p1 > :4001 A s8 t1280 160*c3",
        ]
    );
}

#[test]
fn a_key_at_any_moment_of_a_prompt_is_taken_and_stops_it_within_one_frame() {
    for pressed_at in 1..=1_001 {
        let mut stage = Stage::with_one();
        stage.play(ONE, 1, &["greeting"], Repeat::Once);
        stage.run_to(pressed_at);
        stage.lines();
        stage.hear_key(ONE, EVENTS_A, '2', 77, false);
        assert_eq!(stage.lines(), [format!("{pressed_at} p1 key 2")]);
        stage.order(Command::Stop { port: ONE });
        stage.run_to(pressed_at + 2_000);
        assert_eq!(stage.lines(), [""; 0], "nothing but silence after {pressed_at}");
        stage.close(&[ONE]);
    }
}

#[test]
fn on_hold_nothing_is_sent_and_the_play_still_ends() {
    let mut stage = Stage::with_one();
    stage.silence_is_written = true;
    let held = Stream { send: false, ..stream(ONE, Codec::Pcma) };
    stage.run_to(10);
    stage.order(Command::Connect { port: ONE, stream: held });
    stage.play(ONE, 4, &["short"], Repeat::Once);
    stage.run_to(90);
    stage.order(Command::Connect { port: ONE, stream: stream(ONE, Codec::Pcma) });
    stage.run_to(130);
    assert_eq!(
        stage.lines(),
        [
            "1 p1 > :4001 A s0 t0 M 160*d5",
            "41 p1 ended 4",
            "101 p1 > :4001 A s1 t800 M 160*d5",
            "121 p1 > :4001 A s2 t960 160*d5",
        ]
    );
}

#[test]
fn an_address_of_zeroes_is_a_hold() {
    for remote in ["0.0.0.0:4001", "127.0.0.1:0", "[::]:9"] {
        let mut stage = Stage::with_one();
        stage.silence_is_written = true;
        let remote = remote.parse().expect("an address");
        let held = Stream { remote, ..stream(ONE, Codec::Pcma) };
        stage.order(Command::Connect { port: ONE, stream: held });
        stage.run_to(100);
        assert_eq!(stage.lines(), [""; 0]);
    }
}

#[test]
fn a_new_answer_may_change_codec_and_address_in_the_middle_of_a_clip() {
    let mut stage = Stage::with_one();
    stage.play(ONE, 1, &["greeting"], Repeat::Once);
    stage.run_to(30);
    stage.order(Command::Connect { port: ONE, stream: stream(TWO, Codec::Pcmu) });
    stage.run_to(50);
    assert_eq!(
        stage.lines(),
        [
            "1 p1 > :4001 A s0 t0 M 160*aa",
            "21 p1 > :4001 A s1 t160 160*aa",
            "41 p1 > :4002 mu s2 t320 160*80",
        ]
    );
}

#[test]
fn a_prompt_that_is_replaced_is_heard_to_its_end_and_the_new_one_from_the_next_play_on() {
    let mut stage = Stage::with_one();
    stage.play(ONE, 1, &["short"], Repeat::Once);
    stage.run_to(5);
    stage.lines();
    let mut new = Catalog::clone(&stage.media.catalog);
    let sound = vec![new.g711().decode(Law::A, 0xCC); 160];
    new.add("short", &sound);
    stage.media.replace_catalog(Arc::new(new));
    stage.run_to(45);
    stage.play(ONE, 2, &["short"], Repeat::Once);
    stage.run_to(65);
    assert_eq!(
        stage.lines(),
        [
            "21 p1 > :4001 A s1 t160 80*bb 80*d5",
            "21 p1 ended 1",
            "61 p1 > :4001 A s3 t480 160*cc",
            "61 p1 ended 2",
        ]
    );
}

#[test]
fn a_late_machine_sends_what_is_due_at_once() {
    let mut stage = Stage::with_one();
    stage.play(ONE, 1, &["music"], Repeat::Forever);
    stage.run_to(5);
    stage.lines();
    stage.sleep_to(81);
    assert_eq!(
        stage.lines(),
        [
            "81 p1 > :4001 A s1 t160 160*c2",
            "81 p1 > :4001 A s2 t320 160*c3",
            "81 p1 > :4001 A s3 t480 160*c1",
            "81 p1 > :4001 A s4 t640 160*c2",
        ]
    );
    assert_eq!(stage.media.counts().frames_skipped, 0);
    stage.run_to(101);
    assert_eq!(stage.lines(), ["101 p1 > :4001 A s5 t800 160*c3"]);
}

#[test]
fn a_very_late_machine_leaves_frames_out_but_no_part_of_the_clip() {
    let mut stage = Stage::with_one();
    stage.play(ONE, 1, &["music"], Repeat::Forever);
    stage.run_to(5);
    stage.lines();
    stage.sleep_to(82);
    assert_eq!(stage.lines(), ["82 p1 > :4001 A s1 t640 M 160*c2"]);
    assert_eq!(stage.media.counts().frames_skipped, 3);
    stage.sleep_to(10_000_082);
    stage.run_to(10_000_101);
    assert_eq!(
        stage.lines(),
        [
            "10000082 p1 > :4001 A s2 t80000640 M 160*c3",
            "10000101 p1 > :4001 A s3 t80000800 160*c1",
        ]
    );
}

#[test]
fn a_thousand_ports_are_fifty_packets_every_millisecond() {
    let mut stage = Stage::new();
    for port in 0..1_000 {
        stage.connect(PortId(port), Codec::Pcma);
    }
    stage.run_to(20);
    stage.lines();
    for ms in 21..=40 {
        stage.run_to(ms);
        assert_eq!(stage.lines().len(), 50, "at {ms} ms");
    }
}

#[test]
fn ports_that_leave_disturb_no_others() {
    let mut stage = Stage::new();
    let all: Vec<PortId> = (0..200).map(PortId).collect();
    for &port in &all {
        stage.connect(port, Codec::Pcma);
    }
    let (leave, stay): (Vec<PortId>, Vec<PortId>) = all.iter().partition(|port| port.0 % 7 < 3);
    for &port in &leave {
        stage.order(Command::Close { port });
    }
    stage.run_to(20);
    stage.lines();
    stage.run_to(40);
    let mut served: Vec<u32> = stage
        .lines()
        .iter()
        .map(|line| line.split(' ').nth(1).expect("a port")[1..].parse().expect("a number"))
        .collect();
    served.sort_unstable();
    assert_eq!(served, stay.iter().map(|port| port.0).collect::<Vec<_>>());
    stage.close(&stay);
}

#[test]
fn sequence_numbers_and_timestamps_go_on_through_an_hour() {
    let mut stage = Stage::with_one();
    stage.play(ONE, 1, &["music"], Repeat::Forever);
    stage.run_to(3_600_000);
    let lines = stage.lines();
    let packets: Vec<&String> = lines.iter().filter(|line| line.contains('>')).collect();
    assert_eq!(packets.len(), 180_000);
    for (count, line) in packets.iter().enumerate() {
        let start = format!("{} p1 > :4001 A s{} t{}", 1 + 20 * count, count % 65_536, 160 * count);
        assert!(line.starts_with(&start), "{line} is not {start}");
    }
}

#[test]
fn a_prompt_in_g722_is_heard_as_it_is_and_neither_stop_nor_change_cracks() {
    let sound = tone::sine(500, 1_000, 8_000);
    // Prompts end with a moment of silence.
    let word = [tone::sine(700, 100, 8_000), tone::silence(30)].concat();
    let mut stage = Stage::of(&[("tone", &sound), ("word", &word)]);
    stage.connect(ONE, Codec::G722);
    let mut decoder = audio::g722::Decoder::new();
    let mut heard_to = |stage: &mut Stage, ms| -> Vec<i16> {
        let bytes = stage.payloads(ONE, ms).concat();
        bytes.into_iter().map(|byte| decoder.narrow(byte)).collect()
    };
    stage.play(ONE, 1, &["tone"], Repeat::Once);
    let heard = heard_to(&mut stage, 500);
    assert!((strength(&heard[800..3_200], 500) - 8_000.0).abs() < 100.0);
    stage.order(Command::Stop { port: ONE });
    let after = heard_to(&mut stage, 600);
    assert!(after[160..].iter().all(|s| s.abs() < 60), "silence after one frame");
    // Cut in the middle, and followed by clips of one another.
    stage.play(ONE, 2, &["tone"], Repeat::Once);
    heard_to(&mut stage, 715);
    stage.play(ONE, 3, &["word", "word", "tone"], Repeat::Once);
    let heard = heard_to(&mut stage, 1_215);
    assert!(
        heard.iter().all(|s| s.abs() < 16_000),
        "no crack: {:?}",
        heard.iter().map(|s| s.unsigned_abs()).max()
    );
    assert!((strength(&heard[2_900..3_900], 500) - 8_000.0).abs() < 250.0);
}

#[test]
fn a_prompt_goes_on_where_it_was_when_the_codec_changes() {
    let sound = tone::sine(500, 1_000, 8_000);
    let mut stage = Stage::of(&[("tone", &sound)]);
    stage.connect(ONE, Codec::Pcma);
    stage.play(ONE, 1, &["tone"], Repeat::Once);
    let first = stage.payloads(ONE, 200);
    stage.order(Command::Connect { port: ONE, stream: stream(ONE, Codec::G722) });
    let second = stage.payloads(ONE, 1_100);
    assert_eq!(first.len() + second.len(), 55, "50 frames of prompt, then silence");
    assert_eq!(second[50 - first.len()], [audio::g722::SILENCE; 160]);
    assert_ne!(second[49 - first.len()], [audio::g722::SILENCE; 160]);
}
