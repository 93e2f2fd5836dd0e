//! What somebody's phone heard, in words: the far end's own record, told apart by tones.

use std::sync::Arc;
use std::time::Duration;

use media::Catalog;
use model::Mono;
use phone::CallRecord;
use sim::lab;

use crate::script::Greeting;

/// The pitch of each clip that is told apart, in hertz; people have theirs by [`voice_of`].
const CLIPS: [(&str, &str, f64); 5] = [
    ("common/music", "music", 1_750.0),
    ("common/ringback", "ringback", 2_150.0),
    ("en/whisper-agent", "whisper-agent", 2_550.0),
    ("en/whisper-customer", "whisper-customer", 2_950.0),
    ("en/missed-you", "missed-you", 3_350.0),
];
/// One step of the record.
const FRAME: Duration = Duration::from_millis(20);
/// What is shorter is a moment between two sounds.
const SHORTEST: u32 = 3;

/// The pitch of the n-th person's voice, in hertz.
pub fn voice_of(n: usize) -> f64 {
    400.0 + 300.0 * n as f64
}

/// The clips of the laboratory, those that are told apart as tones.
pub fn clips() -> Arc<Catalog> {
    let mut catalog = (*lab::clips()).clone();
    for (name, _, hz) in CLIPS {
        let turn = std::f64::consts::TAU * hz / 8_000.0;
        let secs = if name.starts_with("common/") { 15 } else { 2 };
        let samples: Vec<i16> =
            (0..secs * 8_000).map(|at| (f64::from(at) * turn).sin() * 8_000.0).map(whole).collect();
        catalog.add(name, &samples);
    }
    Arc::new(catalog)
}

/// What a phone says: hums in place of words, half a minute of it.
pub fn greeting(greeting: Greeting) -> Vec<i16> {
    let hum = |at: u32| {
        let turn = std::f64::consts::TAU * f64::from(at) / 8_000.0;
        let voice: f64 = [130.0, 520.0, 1_240.0, 2_300.0].iter().map(|hz| (turn * hz).sin()).sum();
        whole(voice * 1_500.0 * (1.0 + 0.5 * (turn * 4.0).sin()))
    };
    let tones = |at: u32, pitches: &[f64]| {
        let turn = std::f64::consts::TAU * f64::from(at) / 8_000.0;
        whole(pitches.iter().map(|hz| (turn * hz).sin()).sum::<f64>() * 4_000.0)
    };
    let sample = |at: u32| match greeting {
        Greeting::Shortly if (4_000..9_000).contains(&at) => hum(at),
        Greeting::AtLength if at % 12_000 < 9_600 => hum(at),
        Greeting::Busily if at % 8_000 < 4_000 => tones(at, &[425.0]),
        Greeting::BusilyInAmerica if at % 8_000 < 4_000 => tones(at, &[480.0, 620.0]),
        Greeting::DialTone => tones(at, &[350.0, 440.0]),
        Greeting::OutOfService => match at {
            0..3_040 => tones(at, &[985.2]),
            3_040..6_080 => tones(at, &[1_428.5]),
            6_080..9_120 => tones(at, &[1_776.7]),
            9_120..10_000 => 0,
            _ => hum(at),
        },
        Greeting::ThenBeeps => match at {
            0..44_000 if at % 12_000 < 9_600 => hum(at),
            48_000..51_200 => tones(at, &[1_000.0]),
            _ => 0,
        },
        Greeting::Shortly
        | Greeting::AtLength
        | Greeting::Busily
        | Greeting::BusilyInAmerica
        | Greeting::Silently => 0,
    };
    (0..30 * 8_000).map(sample).collect()
}

fn whole(sample: f64) -> i16 {
    sample as i16
}

/// One line: `music 10.0 to 22.0, agent-1 22.0 to 45.0`. Silence and hums are left out.
pub fn told(call: &CallRecord, people: &[&str]) -> String {
    let Some(talk) = call.talk else { return "nothing".to_owned() };
    let frames = u32::try_from(call.heard.samples().len() / 160).unwrap_or(u32::MAX);
    let mut spans: Vec<(Option<&str>, u32, u32)> = Vec::new();
    for frame in 0..frames {
        let from = talk + FRAME * frame;
        let what = sound(call, people, from);
        match spans.last_mut() {
            Some((last, _, end)) if *last == what => *end = frame + 1,
            Some(_) | None => spans.push((what, frame, frame + 1)),
        }
    }
    spans.retain(|(what, from, to)| what.is_some() && to - from >= SHORTEST);
    let secs = |frame: u32| {
        let tenths = (talk + FRAME * frame).since(Mono::ZERO).as_millis() / 100;
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    let mut told: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some((what, from, mut to)) = spans.get(at).copied() {
        // A frame in which one sound gives way to itself is no other sound.
        while spans.get(at + 1).is_some_and(|next| next.0 == what && next.1 <= to + SHORTEST) {
            at += 1;
            to = spans[at].2;
        }
        told.push(format!("{} {} to {}", what.unwrap_or_default(), secs(from), secs(to)));
        at += 1;
    }
    let keys = call.keys_text();
    if !keys.is_empty() {
        told.push(format!("keys {keys}"));
    }
    let tones = keys_in_the_voice(call);
    if !tones.is_empty() {
        told.push(format!("tones {tones}"));
    }
    if told.is_empty() { "nothing".to_owned() } else { told.join(", ") }
}

/// Keys that came as two tones at once (ITU-T Q.23), as an ear of its own hears them.
fn keys_in_the_voice(call: &CallRecord) -> String {
    const LOW: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
    const HIGH: [f64; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];
    let strongest = |samples: &[i16], pitches: [f64; 4]| {
        let share = |hz: &f64| share_of(samples, *hz);
        (0..4).find(|n| share(&pitches[*n]) > 0.35)
    };
    let frames = call.heard.samples().chunks_exact(160);
    let keys: Vec<Option<char>> = frames
        .map(|frame| {
            let (row, column) = (strongest(frame, LOW)?, strongest(frame, HIGH)?);
            "123A456B789C*0#D".chars().nth(row * 4 + column)
        })
        .collect();
    let long = keys.chunk_by(|one, other| one == other).filter(|run| run.len() >= 3);
    long.filter_map(|run| run[0]).collect()
}

/// How much of the energy lies at `hz`.
fn share_of(samples: &[i16], hz: f64) -> f64 {
    let turn = std::f64::consts::TAU * hz / 8_000.0;
    let (mut re, mut im, mut energy) = (0.0, 0.0, 1.0);
    for (at, sample) in samples.iter().enumerate() {
        let (sample, angle) = (f64::from(*sample), turn * at as f64);
        re += sample * angle.cos();
        im += sample * angle.sin();
        energy += sample * sample;
    }
    2.0 * (re * re + im * im) / (samples.len() as f64 * energy)
}

/// The one sound of a frame.
fn sound<'a>(call: &CallRecord, people: &[&'a str], from: Mono) -> Option<&'a str> {
    let heard = |hz: f64| call.heard_tone(hz, from, from + FRAME);
    let person = people.iter().enumerate().find(|(n, _)| heard(voice_of(*n)));
    let clip = CLIPS.iter().find(|(_, _, hz)| heard(*hz)).map(|(_, word, _)| *word);
    person.map(|(_, name)| *name).or(clip)
}
