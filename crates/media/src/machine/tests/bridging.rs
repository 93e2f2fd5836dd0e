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
fn a_side_without_telephone_event_gets_none() {
    let mut stage = bridged();
    let none = Stream { event_payload_type: None, ..stream(TWO, Codec::Pcmu) };
    stage.order(Command::Connect { port: TWO, stream: none });
    stage.hear_key(ONE, EVENTS_A, '5', 5_160, false);
    assert_eq!(stage.lines(), [""; 0]);
    assert_eq!(stage.media.counts().not_relayed, 1);
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
