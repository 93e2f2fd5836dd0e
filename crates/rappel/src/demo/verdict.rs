//! What the far end's diaries say of the story. Nothing is asked of the engine; only its log is
//! read.

use std::time::Duration;

use phone::{CallRecord, Diary};

use super::story::{ADA, ADA_HUMS, OUTBOUND};

/// Samples louder than this, in the mean, are somebody speaking.
const SPEECH_RMS: f64 = 300.0;

/// Ada's side.
pub(super) struct Ada {
    pub(super) findings: Vec<(bool, String)>,
    pub(super) wav: Vec<u8>,
}

pub(super) fn ada(diary: &Diary) -> Ada {
    let (asked, back) = (diary.calls().first(), diary.calls().get(1));
    let invites = diary.invites().len();
    let from = back.and_then(|call| call.from.as_deref());
    let prompts = asked.is_some_and(|call| loudness(&heard(call)) > SPEECH_RMS / 3.0);
    let ben = back.is_some_and(|call| loudness(&heard(call)) > SPEECH_RMS / 3.0);
    let findings = vec![
        (prompts, "Ada heard prompts on her call".to_owned()),
        (invites == 1, format!("Ada was called back once ({invites} INVITE)")),
        (from == Some(OUTBOUND), format!("Ada saw {}", from.unwrap_or("nobody"))),
        (ben, "Ada heard Ben".to_owned()),
    ];
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for call in [asked, back].into_iter().flatten() {
        left.extend(heard(call));
        right.extend(said(call));
        let length = left.len().max(right.len());
        left.resize(length, 0);
        right.resize(length, 0);
    }
    Ada { findings, wav: audio::wav::write_stereo(&left, &right) }
}

pub(super) fn ben(diary: &Diary) -> Vec<(bool, String)> {
    let call = diary.calls().last();
    let ada = call.is_some_and(|call| hears_tone(call, ADA_HUMS));
    vec![(ada, format!("Ben heard Ada ({ADA_HUMS} Hz)"))]
}

/// The log of the engine's whole work, at INFO: it tells the story, and never whose number it was.
pub(super) fn log(log: &str) -> Vec<(bool, String)> {
    let digits = ADA.trim_start_matches('+');
    let story = ["is promised", "the customer is dialled", "both legs hear each other"];
    let told = story.iter().all(|sentence| log.contains(sentence));
    let whole = log.contains(digits) || log.contains(&digits[2..]);
    let plain = !log.contains('\u{1b}');
    vec![
        (told && !whole, "the engine's log tells the story without Ada's number".to_owned()),
        (plain, "the engine's log, which is a file, is plain text".to_owned()),
    ]
}

fn heard(call: &CallRecord) -> Vec<i16> {
    let ended = call.ended.map(|(at, _)| at.mono);
    let both = call.talk.zip(ended);
    both.map_or_else(Vec::new, |(from, to)| call.heard_between(from, to).to_vec())
}

fn said(call: &CallRecord) -> Vec<i16> {
    let ended = call.ended.map(|(at, _)| at.mono);
    let both = call.talk.zip(ended);
    both.map_or_else(Vec::new, |(from, to)| call.said_between(from, to).to_vec())
}

/// True when some fifth of a second of the call holds the tone: ten frames in a row, which even a
/// machine that is out of breath carries.
fn hears_tone(call: &CallRecord, hz: f64) -> bool {
    let (Some(mut from), Some((end, _))) = (call.talk, call.ended) else { return false };
    let window = Duration::from_millis(200);
    while from + window <= end.mono {
        if call.heard_tone(hz, from, from + window) {
            return true;
        }
        from = from + Duration::from_millis(50);
    }
    false
}

fn loudness(samples: &[i16]) -> f64 {
    if samples.is_empty() {
        return 0.0;
    }
    let power: f64 = samples.iter().map(|s| f64::from(*s) * f64::from(*s)).sum();
    (power / samples.len() as f64).sqrt()
}
