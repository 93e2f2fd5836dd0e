//! How many keys the detector hears in hours of speech that holds none: `cargo xtask bench
//! false-keys`. espeak-ng reads the pages of `docs` aloud, in several languages and voices; what it
//! says goes through A-law at three levels.
#![allow(clippy::disallowed_types, reason = "it is no part of the engine")]
#![allow(clippy::disallowed_methods, reason = "the pages are files, and espeak-ng is a program")]
#![allow(clippy::disallowed_macros, reason = "it prints figures")]

use std::path::PathBuf;
use std::process::Command;

use audio::dtmf::{Detector, Tones};
use audio::{G711, Law};

/// Who reads: a language or a variant of it, and words a minute.
const VOICES: &[(&str, &str)] = &[
    ("en-us+m3", "150"),
    ("en-gb+f2", "180"),
    ("fr+f4", "160"),
    ("de+m7", "150"),
    ("es+f5", "190"),
    ("it+m1", "140"),
];
/// Peaks of what is said, as parts of full scale in thousandths.
const PEAKS: [i64; 3] = [800, 250, 60];
/// What a sample is made of on either side when the rate changes.
const SPAN: i64 = 24;
const RATE: usize = audio::RATE as usize;

fn main() {
    let docs = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs"));
    let pages = std::fs::read_dir(docs).expect("the pages are there");
    let mut pages: Vec<PathBuf> = pages.flatten().map(|page| page.path()).collect();
    pages.retain(|page| page.extension().is_some_and(|ending| ending == "md"));
    pages.sort();
    let (tones, g711) = (Tones::new(), G711::new());
    let (mut seconds, mut keys) = (0, Vec::new());
    for (voice, speed) in VOICES {
        let (mut of_voice, heard_before) = (0, keys.len());
        for page in &pages {
            let said = spoken(page, voice, speed);
            of_voice += said.len() / RATE;
            let loudest = said.iter().map(|sample| i64::from(sample.unsigned_abs())).max();
            for peak in PEAKS {
                let scale = peak * 32_767 / loudest.unwrap_or(0).max(1);
                let level = |sample: &i16| (i64::from(*sample) * scale / 1_000) as i16;
                let samples: Vec<i16> = said.iter().map(level).collect();
                let heard = g711.decode_all(Law::A, &g711.encode_all(Law::A, &samples));
                Detector::new().hear(&tones, &heard, |key| keys.push(key));
            }
        }
        let (hours, heard) = (of_voice as f64 / 3_600.0, keys.len() - heard_before);
        println!("{voice:10} {hours:5.2} hours at {} levels: {heard} keys", PEAKS.len());
        seconds += of_voice;
    }
    let hours = seconds as f64 / 3_600.0;
    println!("{hours:.1} hours of speech, {:.1} heard: {keys:?}", hours * PEAKS.len() as f64);
}

/// What a voice makes of a page, 8,000 samples a second.
fn spoken(page: &PathBuf, voice: &str, speed: &str) -> Vec<i16> {
    let espeak = Command::new("espeak-ng")
        .args(["-v", voice, "-s", speed, "--stdout", "-f"])
        .arg(page)
        .output()
        .expect("espeak-ng is installed: apt-get install espeak-ng");
    assert!(espeak.status.success(), "{}", String::from_utf8_lossy(&espeak.stderr));
    let wav = espeak.stdout;
    let rate = u32::from_le_bytes(wav[24..28].try_into().expect("four bytes")) as usize;
    let samples: Vec<f32> = wav[44..]
        .chunks_exact(2)
        .map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])))
        .collect();
    slower(&samples, rate)
}

/// The same sound at 8,000 samples a second, without what lies above 3,600 Hz.
fn slower(samples: &[f32], rate: usize) -> Vec<i16> {
    let width = 2.0 * 3_600.0 / rate as f32;
    let weight = |away: f32| {
        let window = 0.5 + 0.5 * (std::f32::consts::PI * away / (SPAN + 1) as f32).cos();
        let turn = std::f32::consts::PI * away * width;
        let wave = if turn.abs() < 1e-4 { 1.0 } else { turn.sin() / turn };
        width * wave * window
    };
    // Places between two samples, in 64ths: finer is not heard.
    let table: Vec<Vec<f32>> = (0..64)
        .map(|part| (-SPAN..=SPAN).map(|at| weight(at as f32 - part as f32 / 64.0)).collect())
        .collect();
    (0..samples.len() * RATE / rate)
        .map(|at| {
            let place = at * rate * 64 / RATE;
            let (whole, part) = ((place / 64) as i64, place % 64);
            let around = (-SPAN..=SPAN).zip(&table[part]);
            let sum: f32 = around
                .filter_map(|(away, weight)| {
                    let at = usize::try_from(whole + away).ok()?;
                    Some(samples.get(at)? * weight)
                })
                .sum();
            sum.clamp(-32_768.0, 32_767.0) as i16
        })
        .collect()
}
