//! From music to a voice and back on a bridge: holds, whispers, and what no listener may notice.

use super::stage::*;
use crate::{ClipId, Codec, Command, HANDOVER_FRAMES, Repeat, Stream};

/// The clip `music` of the stage.
const MUSIC: ClipId = ClipId(2);
const BRIDGE: Command = Command::Bridge { one: ONE, other: TWO, on_hold: Some(MUSIC) };

/// One way of a call as its listener counts it: sequence numbers and timestamps step by one frame,
/// and no frame comes more than a frame early or late.
struct Listener {
    frames: u32,
    last: Option<(u64, i64, i64)>,
}

impl Listener {
    /// Judges the packets of port one among these lines, and gives what was in them.
    fn hears(&mut self, lines: &[String]) -> Vec<String> {
        let mut contents = Vec::new();
        for line in lines.iter().filter(|line| line.contains(" p1 > ")) {
            let words: Vec<&str> = line.split(' ').collect();
            let number = |letter| {
                let word = words.iter().skip(4).find(|word| word.starts_with(letter));
                word.and_then(|word| word[1..].parse::<i64>().ok()).expect("a number")
            };
            let (ms, sequence, timestamp) =
                (words[0].parse::<u64>().expect("a time"), number('s'), number('t'));
            if let Some((before, last_sequence, last_timestamp)) = self.last {
                assert_eq!(sequence, last_sequence + 1, "{line}");
                assert_eq!(timestamp, last_timestamp + 160, "{line}");
                assert!(ms.abs_diff(before) <= 40, "{before} to {line}");
            }
            self.last = Some((ms, sequence, timestamp));
            self.frames += 1;
            contents.push((*words.last().expect("there is a payload")).to_owned());
        }
        contents
    }
}

/// The far end of port two speaks `packets` times, every 20 ms from now.
fn speaks(stage: &mut Stage, packets: u64) {
    for _ in 0..packets {
        stage.hear(TWO, 8, &[0xBB; 160]);
        let now = stage.now_ms();
        stage.run_to(now + 20);
    }
}

fn holds(stage: &mut Stage, holds: bool) {
    let stream = Stream { send: !holds, ..stream(TWO, Codec::Pcma) };
    stage.order(Command::Connect { port: TWO, stream });
}

fn both_in_a_law() -> Stage {
    let mut stage = Stage::with_one();
    stage.connect(TWO, Codec::Pcma);
    stage.silence_is_written = true;
    stage
}

#[test]
fn a_voice_follows_music_without_a_missing_frame_and_without_one_too_many() {
    for phase in 0..20 {
        let mut stage = both_in_a_law();
        let mut listener = Listener { frames: 0, last: None };
        stage.play(ONE, 1, &["music"], Repeat::Forever);
        stage.run_to(400 + phase);
        listener.hears(&stage.lines());
        stage.order(BRIDGE);
        // The other side's packets have a beat of their own.
        stage.run_to(400 + phase + 13);
        speaks(&mut stage, 20);
        listener.hears(&stage.lines());
        // From 1 ms on to 813 ms and the phase: 41 frames, or the one whose time has just come.
        let spent = 813 + phase;
        let due = u32::try_from(spent / 20).expect("it is small");
        assert!((due..=due + 1).contains(&listener.frames), "{phase}: {}", listener.frames);
        stage.close(&[ONE, TWO]);
    }
}

#[test]
fn music_goes_on_for_three_frames_where_nobody_speaks() {
    let mut stage = both_in_a_law();
    stage.play(ONE, 1, &["music"], Repeat::Forever);
    stage.run_to(10);
    stage.lines();
    stage.order(BRIDGE);
    stage.run_to(500);
    let music = stage.lines().into_iter().filter(|line| line.contains("160*c")).count();
    assert_eq!(music, usize::from(HANDOVER_FRAMES));
    stage.hear(TWO, 8, &[0xBB; 160]);
    assert_eq!(stage.lines().len(), 1, "who speaks late is heard all the same");
}

#[test]
fn who_is_held_hears_music_and_then_the_other_again() {
    let mut stage = both_in_a_law();
    let mut listener = Listener { frames: 0, last: None };
    stage.order(BRIDGE);
    stage.run_to(4);
    speaks(&mut stage, 10);
    assert_eq!(listener.hears(&stage.lines()).last().map(String::as_str), Some("160*bb"));
    holds(&mut stage, true);
    let held = stage.now_ms();
    // What the holding side sends meanwhile is not heard, and does not disturb.
    speaks(&mut stage, 50);
    let contents = listener.hears(&stage.lines());
    assert!((49..=51).contains(&contents.len()), "{}", contents.len());
    assert!(contents.iter().all(|content| content.starts_with("160*c")), "{contents:?}");
    holds(&mut stage, false);
    speaks(&mut stage, 10);
    let contents = listener.hears(&stage.lines());
    let music = contents.iter().take_while(|content| content.starts_with("160*c")).count();
    assert!(music <= 1, "the voice is heard at once: {contents:?}");
    assert!(contents[music..].iter().all(|content| content == "160*bb"), "{contents:?}");
    assert!(stage.now_ms() > held);
    stage.close(&[ONE, TWO]);
}

#[test]
fn the_music_of_a_second_hold_goes_on_where_it_was() {
    let mut stage = both_in_a_law();
    stage.order(BRIDGE);
    let mut heard = Vec::new();
    for _ in 0..2 {
        holds(&mut stage, true);
        let now = stage.now_ms();
        stage.run_to(now + 20);
        holds(&mut stage, false);
        stage.hear(TWO, 8, &[0xBB; 160]);
        let music = stage.lines().into_iter().filter(|line| line.contains("160*c"));
        heard.extend(music.map(|line| line[line.len() - 2..].to_owned()));
    }
    assert_eq!(heard, ["c1", "c2"]);
}

#[test]
fn without_music_who_is_held_hears_what_the_other_side_sends() {
    let mut stage = both_in_a_law();
    stage.order(Command::Bridge { one: ONE, other: TWO, on_hold: None });
    stage.run_to(100);
    stage.lines();
    holds(&mut stage, true);
    speaks(&mut stage, 2);
    let lines = stage.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines.iter().all(|line| line.ends_with("160*bb")), "{lines:?}");
}

#[test]
fn while_both_hold_nobody_hears_anything() {
    let mut stage = both_in_a_law();
    stage.order(BRIDGE);
    stage.run_to(100);
    for port in [ONE, TWO] {
        let stream = Stream { send: false, ..stream(port, Codec::Pcma) };
        stage.order(Command::Connect { port, stream });
    }
    stage.lines();
    stage.run_to(1_000);
    assert_eq!(stage.lines(), [""; 0]);
    stage.close(&[ONE, TWO]);
}

#[test]
fn a_whisper_is_heard_by_one_side_only_and_the_other_is_heard_meanwhile() {
    let mut stage = both_in_a_law();
    let mut listener = Listener { frames: 0, last: None };
    stage.order(BRIDGE);
    stage.run_to(4);
    stage.play(ONE, 7, &["greeting"], Repeat::Once);
    for _ in 0..60 {
        stage.hear(TWO, 8, &[0xBB; 160]);
        stage.hear(ONE, 8, &[0xAA; 160]);
        let now = stage.now_ms();
        stage.run_to(now + 20);
    }
    let lines = stage.lines();
    let carried = lines.iter().filter(|line| line.contains(" p2 > ") && line.ends_with("160*aa"));
    let carried = carried.count();
    assert_eq!(carried, 60, "who hears a whisper is heard from the first word on");
    assert_eq!(lines.iter().filter(|line| line.contains("p1 ended 7")).count(), 1);
    let contents = listener.hears(&lines);
    let whisper = contents.iter().filter(|content| *content == "160*aa").count();
    let voice = contents.iter().filter(|content| *content == "160*bb").count();
    assert_eq!(whisper, 50);
    assert!((9..=10).contains(&voice), "the voice follows at once: {voice}");
    stage.close(&[ONE, TWO]);
}

#[test]
fn a_whisper_goes_before_the_music_of_a_hold_and_may_be_stopped() {
    let mut stage = both_in_a_law();
    stage.order(BRIDGE);
    stage.play(ONE, 7, &["greeting"], Repeat::Once);
    holds(&mut stage, true);
    stage.run_to(200);
    assert!(stage.lines().iter().all(|line| line.ends_with("160*aa")));
    stage.order(Command::Stop { port: ONE });
    stage.run_to(400);
    let lines = stage.lines();
    assert_eq!(lines.len(), 10);
    assert!(lines.iter().all(|line| line.contains("160*c")), "{lines:?}");
    stage.order(Command::Unbridge { port: ONE });
    stage.run_to(420);
    assert!(stage.lines().iter().all(|line| !line.contains("160*c")));
    stage.close(&[ONE, TWO]);
}
