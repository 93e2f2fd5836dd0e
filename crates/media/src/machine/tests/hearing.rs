//! What a port hears, and from whom.

use std::time::Duration;

use rtp::{EventPayload, Header};

use super::stage::*;
use crate::{Codec, Command, Repeat, SILENCE_LIMIT, Stream};

fn from_stranger(stage: &mut Stage, payload_type: u8, sequence: u16, payload: &[u8]) {
    let header = Header { payload_type, marker: false, sequence, timestamp: 9, ssrc: 99 };
    let stranger = "127.0.0.66:4001".parse().expect("an address");
    stage.hear_from(ONE, stranger, &header, payload);
}

const KEY_ONE: EventPayload = EventPayload { event: 1, end: false, volume: 10, duration: 160 };

#[test]
fn each_press_is_one_key_whatever_its_packets() {
    let mut stage = Stage::with_one();
    for (key, began) in [('1', 800), ('1', 8_000), ('#', 16_000)] {
        for end in [false, false, true, true, true] {
            stage.hear_key(ONE, EVENTS_A, key, began, end);
        }
    }
    assert_eq!(stage.lines(), ["0 p1 key 1", "0 p1 key 1", "0 p1 key #"]);
    let counts = stage.media.port_counts(ONE).expect("it is open");
    assert_eq!((counts.received, counts.lost), (15, 0));
}

#[test]
fn an_event_of_another_payload_type_is_not_a_key() {
    let mut stage = Stage::with_one();
    stage.hear_key(ONE, EVENTS_MU, '1', 800, true);
    let none = Stream { event_payload_type: None, ..stream(ONE, Codec::Pcma) };
    stage.order(Command::Connect { port: ONE, stream: none });
    stage.hear_key(ONE, EVENTS_A, '1', 8_000, true);
    assert_eq!(stage.lines(), [""; 0]);
    assert_eq!(stage.media.counts().not_understood, 2);
}

#[test]
fn a_stranger_is_not_heard_and_presses_no_key() {
    let mut stage = Stage::with_two();
    stage.hear(ONE, 8, &[0xAA; 160]);
    stage.order(Command::Bridge { one: ONE, other: TWO, on_hold: None });
    for sequence in 0..1_000 {
        from_stranger(&mut stage, EVENTS_A, sequence, &KEY_ONE.to_bytes());
        from_stranger(&mut stage, 8, sequence, &[0xAA; 160]);
    }
    assert_eq!(stage.lines(), [""; 0]);
    assert_eq!(stage.media.counts().not_accepted, 2_000);
    assert_eq!(stage.media.port_counts(ONE).expect("it is open").received, 1);
}

#[test]
fn behind_an_address_translator_the_true_source_is_learned_and_answered() {
    let mut stage = Stage::with_one();
    stage.silence_is_written = true;
    stage.run_to(1);
    assert_eq!(stage.lines(), ["1 p1 > :4001 A s0 t0 M 160*d5"]);
    let true_source = "127.0.0.66:7777".parse().expect("an address");
    for sequence in 0..6 {
        stage.run_to(1 + 20 * u64::from(sequence));
        let header = Header { payload_type: 8, marker: false, sequence, timestamp: 9, ssrc: 99 };
        stage.hear_from(ONE, true_source, &header, &[0xAA; 160]);
    }
    let header =
        Header { payload_type: EVENTS_A, marker: false, sequence: 9, timestamp: 9, ssrc: 99 };
    stage.hear_from(ONE, true_source, &header, &KEY_ONE.to_bytes());
    stage.run_to(121);
    let lines = stage.lines();
    assert_eq!(
        lines[lines.len() - 3..],
        ["101 p1 > :7777 A s5 t800 160*d5", "101 p1 key 1", "121 p1 > :7777 A s6 t960 160*d5",]
    );
}

#[test]
fn nothing_is_heard_before_the_answer_or_while_the_far_end_does_not_send() {
    let mut stage = Stage::new();
    stage.open(ONE);
    stage.lines();
    stage.hear_key(ONE, EVENTS_A, '1', 800, true);
    let deaf = Stream { receive: false, ..stream(ONE, Codec::Pcma) };
    stage.order(Command::Connect { port: ONE, stream: deaf });
    stage.hear_key(ONE, EVENTS_A, '1', 800, true);
    assert_eq!(stage.lines(), [""; 0]);
    stage.order(Command::Connect { port: ONE, stream: stream(ONE, Codec::Pcma) });
    stage.hear_key(ONE, EVENTS_A, '1', 800, true);
    assert_eq!(stage.lines(), ["0 p1 key 1"]);
}

#[test]
fn packets_that_keep_a_translator_open_are_signs_of_life_and_no_loss() {
    let mut stage = Stage::with_one();
    stage.hear(ONE, 8, &[0xAA; 160]);
    for second in (10..200).step_by(10) {
        stage.run_to(second * 1_000);
        stage.hear(ONE, 20, &[]);
    }
    assert_eq!(stage.lines(), [""; 0]);
    let counts = stage.media.port_counts(ONE).expect("it is open");
    assert_eq!((counts.received, counts.lost, counts.jitter), (20, 0, 0));
    assert_eq!(stage.media.counts().not_understood, 19, "and nobody knows what they carry");
    // Of another source, and from another host, they mean nothing.
    from_stranger(&mut stage, 20, 500, &[]);
    let other = Header { payload_type: 20, marker: false, sequence: 9, timestamp: 0, ssrc: 5 };
    stage.hear_from(ONE, far_end(ONE), &other, &[]);
    assert_eq!(stage.media.port_counts(ONE).expect("it is open").received, 20);
    stage.run_to(1_000_000);
    assert_eq!(stage.lines(), ["220000 p1 silent"]);
}

#[test]
fn comfort_noise_of_any_number_is_silence_and_a_sign_of_life() {
    let mut stage = Stage::with_two();
    let cisco = Stream { comfort_noise: Some(19), ..stream(ONE, Codec::Pcma) };
    stage.order(Command::Connect { port: ONE, stream: cisco });
    stage.order(Command::Bridge { one: ONE, other: TWO, on_hold: None });
    stage.run_to(100);
    stage.lines();
    stage.hear(ONE, 8, &[0xAA; 160]);
    stage.hear(ONE, 19, &[40]);
    stage.hear(ONE, 8, &[0xAA; 160]);
    let heard = stage.lines();
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert_eq!(stage.media.counts().not_understood, 0);
    assert_eq!(stage.media.port_counts(ONE).expect("it is open").lost, 0);
    stage.hear(ONE, 19, &[40]);
    stage.run_to(200_000);
    assert!(!stage.lines().iter().any(|line| line.contains("p1 silent")), "it said why");
}

#[test]
fn what_is_not_rtp_is_counted_and_ignored() {
    let mut stage = Stage::with_one();
    for bytes in [&b""[..], b"hello", &[0x80; 11], &[0; 64], &[0xFF; 2_000]] {
        stage.media.handle_packet(at(0), ONE, far_end(ONE), bytes);
    }
    assert_eq!(stage.lines(), [""; 0]);
    assert_eq!(stage.media.counts().not_understood, 5);
}

#[test]
fn a_far_end_that_is_silent_too_long_is_told_once_each_time() {
    let limit = u64::try_from(SILENCE_LIMIT.as_millis()).expect("it is short");
    let mut stage = Stage::with_one();
    stage.run_to(10_000);
    stage.hear(ONE, 8, &[0xAA; 160]);
    stage.run_to(9_999 + limit);
    assert_eq!(stage.lines(), [""; 0]);
    stage.run_to(1_000_000);
    assert_eq!(stage.lines(), [format!("{} p1 silent", 10_000 + limit)]);
    stage.hear(ONE, 8, &[0xAA; 160]);
    stage.run_to(2_000_000);
    assert_eq!(stage.lines(), [format!("{} p1 silent", 1_000_000 + limit)]);
    stage.close(&[ONE]);
}

#[test]
fn a_far_end_that_should_not_send_is_never_too_silent() {
    let mut stage = Stage::with_one();
    let held = Stream { receive: false, ..stream(ONE, Codec::Pcma) };
    stage.order(Command::Connect { port: ONE, stream: held });
    stage.run_to(1_000_000);
    assert_eq!(stage.lines(), [""; 0]);
    stage.order(Command::Connect { port: ONE, stream: stream(ONE, Codec::Pcma) });
    stage.run_to(2_000_000);
    assert_eq!(stage.lines(), ["1030000 p1 silent"]);
}

#[test]
fn a_machine_that_slept_has_not_listened_and_calls_nobody_silent_yet() {
    let mut stage = Stage::with_one();
    stage.sleep_to(1_000_000);
    stage.hear(ONE, 8, &[0xAA; 160]);
    stage.run_to(1_029_999);
    assert_eq!(stage.lines(), [""; 0]);
    stage.sleep_to(2_000_000);
    stage.run_to(2_010_000);
    assert_eq!(stage.lines(), ["2001000 p1 silent"]);
}

#[test]
fn keys_are_taken_during_music_and_silence_alike() {
    let mut stage = Stage::with_one();
    stage.hear_key(ONE, EVENTS_A, '7', 100, true);
    stage.play(ONE, 1, &["music"], Repeat::Forever);
    stage.hear_key(ONE, EVENTS_A, '8', 2_000, true);
    assert_eq!(stage.lines(), ["0 p1 key 7", "0 p1 key 8"]);
}

/// A stage whose port one looks for keys in the voice.
fn listening(codec: Codec) -> Stage {
    let mut stage = Stage::of(&[]);
    stage.connect(ONE, codec);
    let stream = Stream { event_payload_type: None, tones: true, ..stream(ONE, codec) };
    stage.order(Command::Connect { port: ONE, stream });
    stage
}

/// Presses in the voice, 60 ms and 60 ms of pause each, as payloads of 20 ms.
fn spoken_keys(codec: Codec, keys: &str) -> Vec<Vec<u8>> {
    let press = |key| {
        let tone = audio::tone::key(key, 60, 8_000).expect("a key");
        [tone, audio::tone::silence(60)].concat()
    };
    let samples: Vec<i16> = keys.chars().flat_map(press).collect();
    let (g711, mut wide) = (audio::G711::new(), audio::g722::Encoder::new());
    let code = |&sample: &i16| match codec {
        Codec::Pcma => g711.encode(audio::Law::A, sample),
        Codec::Pcmu => g711.encode(audio::Law::Mu, sample),
        Codec::G722 => wide.narrow(sample),
    };
    let bytes: Vec<u8> = samples.iter().map(code).collect();
    bytes.chunks(160).map(<[u8]>::to_vec).collect()
}

#[test]
fn keys_in_the_voice_are_heard_in_each_codec_where_they_are_looked_for() {
    for (codec, payload_type) in [(Codec::Pcma, 8), (Codec::Pcmu, 0), (Codec::G722, 9)] {
        let mut stage = listening(codec);
        for payload in spoken_keys(codec, "2#") {
            stage.hear(ONE, payload_type, &payload);
        }
        assert_eq!(stage.lines(), ["0 p1 key 2", "0 p1 key #"], "{codec:?}");
        let stream = Stream { tones: false, ..stream(ONE, codec) };
        stage.order(Command::Connect { port: ONE, stream });
        for payload in spoken_keys(codec, "2#") {
            stage.hear(ONE, payload_type, &payload);
        }
        assert_eq!(stage.lines(), [""; 0], "{codec:?}: not looked for");
    }
}

#[test]
fn a_lost_or_late_packet_in_a_key_of_the_voice_makes_no_second_key() {
    let long = audio::tone::key('7', 400, 8_000).expect("a key");
    let coded = audio::G711::new().encode_all(audio::Law::A, &long);
    let packets: Vec<&[u8]> = coded.chunks(160).collect();
    let order = [0, 1, 2, 4, 3, 5, 6, 9, 10, 14, 15, 15, 16, 17, 18, 19];
    let mut stage = listening(Codec::Pcma);
    for n in order {
        let (sequence, timestamp) = (100 + n as u16, 5_000 + 160 * n as u32);
        let header = Header { payload_type: 8, marker: false, sequence, timestamp, ssrc: 1 };
        stage.hear_from(ONE, far_end(ONE), &header, packets[n]);
    }
    assert_eq!(stage.lines(), ["0 p1 key 7"]);
    // The same key after a hold is another press.
    for n in 0..10_u16 {
        let (sequence, timestamp) = (200 + n, 90_000 + 160 * u32::from(n));
        let header = Header { payload_type: 8, marker: false, sequence, timestamp, ssrc: 1 };
        stage.hear_from(ONE, far_end(ONE), &header, packets[usize::from(n)]);
    }
    assert_eq!(stage.lines(), ["0 p1 key 7"]);
}

#[test]
fn on_a_bridge_keys_in_the_voice_are_voice() {
    let mut stage = listening(Codec::Pcma);
    stage.connect(TWO, Codec::Pcma);
    stage.order(Command::Bridge { one: ONE, other: TWO, on_hold: None });
    for payload in spoken_keys(Codec::Pcma, "2") {
        stage.hear(ONE, 8, &payload);
    }
    assert!(stage.lines().iter().all(|line| line.contains("p2 > :4002 A")));
}

/// The far end sends frames of one code from `from` to `to`, in milliseconds.
fn sends(stage: &mut Stage, code: u8, from: u64, to: u64) {
    for ms in (from..to).step_by(20) {
        stage.run_to(ms);
        stage.hear(ONE, 8, &[code; 160]);
    }
    stage.run_to(to);
}

fn quiets(stage: &mut Stage) -> Vec<String> {
    stage.lines().into_iter().filter(|line| line.contains("quiet")).collect()
}

#[test]
fn who_stops_speaking_is_told_once_whether_silence_or_nothing_is_sent() {
    let (loud, silent) = (0xAA, 0xD5);
    for sent_on in [true, false] {
        let mut stage = Stage::with_one();
        let quiet = Duration::from_secs(2);
        stage.order(Command::AwaitQuiet { port: ONE, quiet });
        sends(&mut stage, silent, 0, 1_000);
        sends(&mut stage, loud, 1_000, 1_500);
        sends(&mut stage, silent, 1_500, 3_200);
        assert!(quiets(&mut stage).is_empty(), "a pause of 1.7 s");
        sends(&mut stage, loud, 3_200, 3_500);
        if sent_on {
            sends(&mut stage, silent, 3_500, 9_000);
        } else {
            stage.run_to(9_000);
        }
        // The last loud packet came at 3,480, and frames go out at 1 ms and each 20 after it.
        assert_eq!(quiets(&mut stage), ["5481 p1 quiet, having spoken"]);
        stage.close(&[ONE]);
    }
}

#[test]
fn who_says_nothing_is_told_so_and_a_click_of_the_line_is_no_word() {
    let mut stage = Stage::with_one();
    let quiet = Duration::from_secs(2);
    stage.order(Command::AwaitQuiet { port: ONE, quiet });
    sends(&mut stage, 0xD5, 0, 1_000);
    sends(&mut stage, 0xAA, 1_000, 1_060);
    stage.run_to(9_000);
    assert_eq!(quiets(&mut stage), ["3041 p1 quiet, not a word"]);
    stage.order(Command::AwaitQuiet { port: ONE, quiet });
    stage.close(&[ONE]);
}
