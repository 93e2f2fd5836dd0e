//! Two ports that hear each other.

use model::PortId;

use super::stage::*;
use crate::{Codec, Command, Reading, Repeat, Stream};

const BRIDGE: Command = Command::Bridge { one: ONE, other: TWO, on_hold: None };
const UNBRIDGE: Command = Command::Unbridge { port: TWO };

/// Ports one and two, bridged at 10 ms, each of which has sent two frames of silence at 30 ms.
fn bridged() -> Stage {
    let mut stage = Stage::with_two();
    stage.run_to(10);
    stage.order(BRIDGE);
    stage.run_to(30);
    assert_eq!(stage.lines(), [""; 0], "only silence is sent");
    stage
}

#[test]
fn each_hears_the_other_in_its_own_codec_and_payload_type() {
    let mut stage = bridged();
    stage.hear(ONE, 8, &[0xAA; 160]);
    stage.hear(TWO, 0, &[0x91; 160]);
    stage.run_to(50);
    stage.hear(ONE, 8, &[0xAA; 80]);
    stage.hear(TWO, 0, &[0x91; 240]);
    stage.hear(TWO, 0, &[0x91; 240]);
    assert_eq!(
        stage.lines(),
        [
            "30 p2 > :4002 mu s2 t320 M 160*80",
            "30 p1 > :4001 A s2 t320 M 160*bb",
            "50 p2 > :4002 mu s3 t480 80*80",
            "50 p1 > :4001 A s3 t480 240*bb",
            "50 p1 > :4001 A s4 t640 240*bb",
        ]
    );
    stage.close(&[ONE, TWO]);
}

#[test]
fn a_far_end_that_sends_the_other_law_is_converted_too() {
    let mut stage = bridged();
    stage.hear(ONE, 0, &[0x91; 160]);
    stage.hear(TWO, 8, &[0xBB; 160]);
    assert_eq!(
        stage.lines(),
        ["30 p2 > :4002 mu s2 t320 M 160*91", "30 p1 > :4001 A s2 t320 M 160*bb"]
    );
}

#[test]
fn loss_on_one_side_is_seen_as_loss_on_the_other() {
    let mut stage = bridged();
    stage.hear(ONE, 8, &[0xAA; 160]);
    let header = rtp::Header {
        payload_type: 8,
        marker: false,
        sequence: 103,
        timestamp: 5_480,
        ssrc: ONE.0,
    };
    stage.hear_from(ONE, far_end(ONE), &header, &[0xAA; 160]);
    assert_eq!(
        stage.lines(),
        ["30 p2 > :4002 mu s2 t320 M 160*80", "30 p2 > :4002 mu s5 t800 160*80"]
    );
    assert_eq!(stage.media.port_counts(ONE).expect("it is open").lost, 2);
}

#[test]
fn keys_are_carried_over_under_the_other_payload_type_and_not_reported() {
    let mut stage = bridged();
    stage.hear(ONE, 8, &[0xAA; 160]);
    stage.hear_key(ONE, EVENTS_A, '5', 5_160, false);
    stage.hear_key(ONE, EVENTS_A, '5', 5_160, true);
    stage.hear(ONE, 8, &[0xAA; 160]);
    assert_eq!(
        stage.lines(),
        [
            "30 p2 > :4002 mu s2 t320 M 160*80",
            "30 p2 > :4002 pt96 s3 t480 event 5",
            "30 p2 > :4002 pt96 s4 t480 event 5 end",
            "30 p2 > :4002 mu s5 t800 160*80",
        ]
    );
}

#[test]
fn a_side_without_telephone_event_hears_each_key_as_tones_once() {
    let mut stage = bridged();
    let none = Stream { event_payload_type: None, ..stream(TWO, Codec::Pcmu) };
    stage.order(Command::Connect { port: TWO, stream: none });
    stage.hear(ONE, 8, &[0xAA; 160]);
    assert_eq!(stage.lines(), ["30 p2 > :4002 mu s2 t320 M 160*80"]);
    let (mut spoken, mut detector) = (String::new(), audio::dtmf::Detector::new());
    for (began, key) in [(5_160, '5'), (20_000, '#')] {
        for end in [false, false, true, true, true] {
            stage.hear_key(ONE, EVENTS_A, key, began, end);
        }
        let tones = stage.media.catalog.tones().clone();
        for payload in stage.payloads(TWO, stage.now_ms() + 400) {
            let decode = |code: &u8| stage.media.catalog.g711().decode(audio::Law::Mu, *code);
            let samples: Vec<i16> = payload.iter().map(decode).collect();
            detector.hear(&tones, &samples, |key| spoken.push(key));
        }
    }
    assert_eq!(spoken, "5#", "each once");
    let lines = stage.lines();
    assert!(lines.iter().all(|line| line.contains(" mu ")), "no events, nothing told: {lines:?}");
    // The voice is heard again after them.
    stage.hear(ONE, 8, &[0xAA; 160]);
    let lines = stage.lines();
    assert!(lines.iter().any(|line| line.ends_with("160*80")), "{lines:?}");
    // Who presses faster than tones can go loses what is too much, and nothing grows.
    for began in 0..crate::DIGITS_MAX as u32 + 10 {
        stage.hear_key(ONE, EVENTS_A, '1', 100_000 + began * 800, true);
    }
    assert!(stage.media.counts().digits_cut >= 9, "{}", stage.media.counts().digits_cut);
    stage.order(UNBRIDGE);
    stage.close(&[ONE, TWO]);
}

#[test]
fn a_key_that_came_by_signalling_is_heard_by_the_other_side_and_by_nobody_off_a_bridge() {
    let mut stage = bridged();
    let carry = Command::Carry { port: ONE, key: model::Key::from_char('5').expect("a key") };
    stage.order(carry.clone());
    stage.run_to(300);
    let lines = stage.lines();
    let events = lines.iter().filter(|line| line.contains("p2 > :4002 pt96")).count();
    let ends = lines.iter().filter(|line| line.ends_with("event 5 end")).count();
    assert_eq!((events > 3, ends), (true, 3), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("pressed") || line.contains("p1")), "{lines:?}");
    stage.hear(ONE, 8, &[0xAA; 160]);
    assert_eq!(stage.lines().len(), 1, "and then the voice is heard again");
    stage.order(UNBRIDGE);
    stage.lines();
    stage.order(carry);
    stage.run_to(600);
    assert_eq!(stage.lines(), [""; 0]);
}

#[test]
fn a_packet_is_divided_for_who_takes_no_such_long_ones() {
    let mut stage = Stage::with_two();
    let short = Stream { packet_ms_max: Some(20), ..stream(TWO, Codec::Pcmu) };
    stage.order(Command::Connect { port: TWO, stream: short });
    stage.run_to(10);
    stage.order(BRIDGE);
    stage.run_to(30);
    let sixty = [[0xAA; 160], [0xBB; 160], [0xCC; 160]].concat();
    let hear = |stage: &mut Stage, sequence: u16, kind, payload: &[u8]| {
        let timestamp = u32::from(sequence) * 480;
        let header =
            rtp::Header { payload_type: kind, marker: false, sequence, timestamp, ssrc: 1 };
        stage.hear_from(ONE, far_end(ONE), &header, payload);
        stage.lines()
    };
    let first = hear(&mut stage, 7, 8, &sixty);
    assert_eq!(
        first,
        [
            "30 p2 > :4002 mu s2 t320 M 160*80",
            "30 p2 > :4002 mu s3 t480 160*91",
            "30 p2 > :4002 mu s4 t640 160*df",
        ]
    );
    assert_eq!(hear(&mut stage, 7, 8, &sixty), [""; 0], "the same again has no place");
    let event = [5, 0x80, 1, 224];
    assert_eq!(hear(&mut stage, 8, EVENTS_A, &event), ["30 p2 > :4002 pt96 s5 t800 event 5 end"]);
    // One is lost: it is heard as loss.
    let after = hear(&mut stage, 10, 8, &sixty);
    assert_eq!(after[0], "30 p2 > :4002 mu s7 t1760 160*80");
    assert_eq!(hear(&mut stage, 9, 8, &sixty), [""; 0], "too late for a place of its own");
    assert_eq!(stage.media.counts().not_relayed, 2);
    // The other way nothing is longer than it may be, and nothing is divided.
    stage.hear(TWO, 0, &[0x91; 160]);
    assert!(stage.lines()[0].starts_with("30 p1 > :4001 A "));
    let hear_two = |stage: &mut Stage, payload: &[u8]| {
        stage.hear(TWO, 0, payload);
        stage.lines().len()
    };
    assert_eq!(hear_two(&mut stage, &[0x91; 480]), 1);
}

#[test]
fn packets_of_every_length_keep_within_every_limit() {
    for most in [10, 20, 30, 33, 40, 60, 150] {
        for ms in [10, 20, 30, 40, 60, 100, 150] {
            let mut stage = Stage::with_two();
            let short = Stream { packet_ms_max: Some(most), ..stream(TWO, Codec::Pcma) };
            stage.order(Command::Connect { port: TWO, stream: short });
            stage.order(BRIDGE);
            stage.payloads(TWO, 200);
            stage.hear(ONE, 8, &vec![0xAA; ms * 8]);
            let sent = stage.payloads(TWO, 200);
            assert!(sent.concat() == vec![0xAA; ms * 8], "{ms} ms within {most}");
            let longest = sent.iter().map(Vec::len).max().unwrap_or_default();
            assert!(longest <= usize::from(most) * 8, "{longest} bytes: {ms} ms within {most}");
        }
    }
}

#[test]
fn what_we_say_ourselves_keeps_within_ten_milliseconds_too() {
    let mut stage = Stage::with_one();
    let short = Stream { packet_ms_max: Some(10), ..stream(ONE, Codec::Pcma) };
    stage.order(Command::Connect { port: ONE, stream: short });
    stage.play(ONE, 1, &["short"], Repeat::Once);
    stage.run_to(40);
    let lines = stage.lines();
    let sound: Vec<&String> = lines.iter().filter(|line| line.contains("80*")).collect();
    assert_eq!(sound.len(), 4, "{lines:?}");
    assert_eq!(sound[0], "1 p1 > :4001 A s0 t0 M 80*bb");
    assert_eq!(sound[1], "1 p1 > :4001 A s1 t80 80*bb");
    assert!(lines.iter().any(|line| line.ends_with("p1 ended 1")), "{lines:?}");
}

#[test]
fn the_end_of_a_key_pressed_before_the_bridge_is_not_carried() {
    let mut stage = Stage::with_two();
    stage.hear_key(ONE, EVENTS_A, '1', 800, false);
    stage.order(BRIDGE);
    stage.hear_key(ONE, EVENTS_A, '1', 800, true);
    stage.hear_key(ONE, EVENTS_A, '2', 8_000, true);
    assert_eq!(stage.lines(), ["0 p1 key 1", "0 p2 > :4002 pt96 s0 t0 M event 2 end"]);
}

#[test]
fn the_end_of_a_key_pressed_on_the_bridge_is_not_reported_after_it() {
    let mut stage = bridged();
    stage.hear_key(ONE, EVENTS_A, '1', 800, false);
    stage.order(UNBRIDGE);
    stage.lines();
    stage.hear_key(ONE, EVENTS_A, '1', 800, true);
    assert_eq!(stage.lines(), [""; 0]);
    stage.hear_key(ONE, EVENTS_A, '1', 8_000, true);
    assert_eq!(stage.lines(), ["30 p1 key 1"]);
}

#[test]
fn after_the_bridge_both_ports_go_on_with_frames_of_their_own() {
    let mut stage = bridged();
    stage.silence_is_written = true;
    stage.hear(ONE, 8, &[0xAA; 160]);
    stage.run_to(50);
    stage.order(UNBRIDGE);
    stage.hear(ONE, 8, &[0xAA; 160]);
    stage.play(TWO, 9, &["short"], Repeat::Once);
    stage.run_to(81);
    assert_eq!(
        stage.lines(),
        [
            "30 p2 > :4002 mu s2 t320 M 160*80",
            "41 p1 > :4001 A s2 t320 160*d5",
            "61 p1 > :4001 A s3 t480 160*d5",
            "61 p2 > :4002 mu s3 t480 M 160*91",
            "81 p1 > :4001 A s4 t640 160*d5",
            "81 p2 > :4002 mu s4 t640 80*91 80*ff",
            "81 p2 ended 9",
        ]
    );
    stage.close(&[ONE, TWO]);
}

#[test]
fn a_play_that_the_bridge_replaced_never_ends_also_after_it() {
    let mut stage = Stage::with_two();
    stage.play(ONE, 1, &["short"], Repeat::Once);
    stage.order(BRIDGE);
    stage.order(UNBRIDGE);
    stage.run_to(1_000);
    assert_eq!(stage.lines(), [""; 0]);
}

#[test]
fn a_play_ordered_on_the_bridge_is_heard_there_and_ends() {
    let mut stage = Stage::with_two();
    stage.order(BRIDGE);
    stage.run_to(1_000);
    stage.play(ONE, 2, &["short"], Repeat::Once);
    stage.run_to(2_000);
    let played = stage.lines();
    assert_eq!(played.len(), 3, "{played:?}");
    assert_eq!(played[2], "1021 p1 ended 2");
}

#[test]
fn closing_one_side_frees_the_other() {
    let mut stage = bridged();
    stage.order(Command::Close { port: ONE });
    assert_eq!(stage.lines(), ["30 p1 release", "30 p1 closed sent 2 received 0"]);
    stage.hear(TWO, 0, &[0x91; 160]);
    stage.silence_is_written = true;
    stage.run_to(42);
    assert_eq!(stage.lines(), ["41 p2 > :4002 mu s2 t320 160*ff"]);
    stage.close(&[TWO]);
}

#[test]
fn a_new_bridge_ends_the_old_ones() {
    const THREE: PortId = PortId(3);
    let mut stage = bridged();
    stage.connect(THREE, Codec::Pcma);
    stage.order(Command::Bridge { one: THREE, other: ONE, on_hold: None });
    stage.hear(THREE, 8, &[0xAA; 160]);
    stage.hear(TWO, 0, &[0x91; 160]);
    assert_eq!(stage.lines(), ["30 p1 > :4001 A s2 t320 M 160*aa"]);
    stage.order(Command::Bridge { one: ONE, other: ONE, on_hold: None });
    stage.hear(ONE, 8, &[0xBB; 160]);
    assert_eq!(stage.lines(), ["30 p3 > :4003 A s0 t0 M 160*bb"]);
    stage.close(&[ONE, TWO, THREE]);
}

#[test]
fn a_held_side_is_sent_nothing_and_then_goes_on_without_a_gap() {
    let mut stage = bridged();
    stage.hear(ONE, 8, &[0xAA; 160]);
    let held = Stream { send: false, ..stream(TWO, Codec::Pcmu) };
    stage.order(Command::Connect { port: TWO, stream: held });
    for _ in 0..50 {
        stage.hear(ONE, 8, &[0xAA; 160]);
    }
    stage.run_to(1_030);
    stage.order(Command::Connect { port: TWO, stream: stream(TWO, Codec::Pcmu) });
    stage.hear(ONE, 8, &[0xAA; 160]);
    assert_eq!(
        stage.lines(),
        ["30 p2 > :4002 mu s2 t320 M 160*80", "1030 p2 > :4002 mu s3 t8320 M 160*80"]
    );
}

#[test]
fn a_packet_of_no_agreed_type_is_not_heard_as_loss() {
    let mut stage = bridged();
    stage.hear(ONE, 8, &[0xAA; 160]);
    stage.hear(ONE, 77, &[1, 2, 3]);
    stage.hear(ONE, 8, &[0xAA; 160]);
    assert_eq!(
        stage.lines(),
        ["30 p2 > :4002 mu s2 t320 M 160*80", "30 p2 > :4002 mu s3 t640 160*80"]
    );
    assert_eq!(stage.media.counts().not_understood, 1);
}

#[test]
fn comfort_noise_is_left_out_and_not_heard_as_lost() {
    let mut stage = bridged();
    stage.hear(ONE, 8, &[0xAA; 160]);
    stage.hear(ONE, 13, &[40]);
    stage.hear(ONE, 8, &[]);
    stage.hear(ONE, 8, &[0xAA; 160]);
    assert_eq!(
        stage.lines(),
        ["30 p2 > :4002 mu s2 t320 M 160*80", "30 p2 > :4002 mu s3 t800 160*80"]
    );
    assert_eq!(stage.media.counts().not_relayed, 2);
}

#[test]
fn a_socket_is_read_with_the_frames_while_there_are_some_and_else_on_arrival() {
    let mut stage = Stage::with_two();
    let read = |stage: &Stage| [ONE, TWO].map(|port| stage.read.get(&port).copied());
    let (frame, arrival) = (Some(Reading::WithEachFrame), Some(Reading::OnArrival));
    assert_eq!(read(&stage), [frame, frame]);
    stage.order(Command::Bridge { one: ONE, other: TWO, on_hold: None });
    assert_eq!(read(&stage), [arrival, arrival]);
    stage.order(Command::Unbridge { port: TWO });
    assert_eq!(read(&stage), [frame, frame]);
    let stream = Stream { send: false, ..stream(ONE, Codec::Pcma) };
    stage.order(Command::Connect { port: ONE, stream });
    assert_eq!(read(&stage), [arrival, frame], "on hold no frame is sent");
}

#[test]
fn a_voice_in_g722_is_heard_in_g711_and_back() {
    let voice = audio::tone::sine(440, 500, 8_000);
    let g711 = audio::G711::new();
    let mut wide = audio::g722::Encoder::new();
    let mut stage = Stage::of(&[]);
    stage.connect(ONE, Codec::G722);
    stage.connect(TWO, Codec::Pcma);
    stage.order(BRIDGE);
    let mut from_one = Vec::new();
    let mut from_two = Vec::new();
    for (n, frame) in voice.chunks(160).enumerate() {
        let coded: Vec<u8> = frame.iter().map(|&sample| wide.narrow(sample)).collect();
        stage.hear(ONE, 9, &coded);
        from_one.extend(stage.payloads(TWO, n as u64 * 20 + 1));
        stage.hear(TWO, 8, &g711.encode_all(audio::Law::A, frame));
        from_two.extend(stage.payloads(ONE, n as u64 * 20 + 2));
    }
    let mut decoder = audio::g722::Decoder::new();
    let at_two = g711.decode_all(audio::Law::A, &from_one.concat());
    let at_one: Vec<i16> = from_two.concat().into_iter().map(|b| decoder.narrow(b)).collect();
    for heard in [at_one, at_two] {
        assert_eq!(heard.len(), voice.len());
        let level = audio::goertzel::strength(&heard[800..], 440);
        assert!((level - 8_000.0).abs() < 150.0, "{level}");
    }
    stage.close(&[ONE, TWO]);
}

#[test]
fn a_port_that_changes_machines_goes_on_where_it_was() {
    let mut stage = Stage::with_two();
    stage.play(TWO, 1, &["greeting"], Repeat::Once);
    stage.run_to(42);
    let before = stage.lines();
    assert!(before.last().is_some_and(|line| line.contains("mu s2 t320")), "{before:?}");
    stage.pass_on(TWO);
    assert_eq!(stage.media.ports(), 2);
    stage.run_to(62);
    let after = stage.lines();
    assert!(after.first().is_some_and(|line| line.contains("mu s3 t480 M")), "{after:?}");
    assert!(after[0].contains("160*") && !after[0].contains("ff"), "it plays on: {after:?}");
    stage.order(Command::Bridge { one: ONE, other: TWO, on_hold: None });
    stage.hear(ONE, 8, &[0xAA; 160]);
    let heard = stage.lines();
    assert!(heard.last().is_some_and(|line| line.contains("p2 > :4002 mu")), "{heard:?}");
    stage.close(&[ONE, TWO]);
}

#[test]
fn g722_on_both_sides_is_relayed_untouched() {
    let mut stage = Stage::of(&[]);
    stage.connect(ONE, Codec::G722);
    stage.connect(TWO, Codec::G722);
    stage.order(BRIDGE);
    stage.hear(ONE, 9, &[0x5A; 160]);
    assert_eq!(stage.lines(), ["0 p2 > :4002 g722 s0 t0 M 160*5a"]);
}
