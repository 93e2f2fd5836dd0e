//! What listening for keys in the voice costs for one frame of 20 ms, and what G.722 does:
//! `cargo xtask bench dtmf`. The cheapest batch counts, since whatever else runs can only add.
#![allow(clippy::disallowed_types, reason = "it measures the machine and is no part of it")]
#![allow(clippy::disallowed_macros, reason = "it prints figures")]

use std::hint::black_box;
use std::time::Instant;

use audio::dtmf::{Detector, Tones};
use audio::{g722, tone};

const BATCHES: usize = 200;
const FRAMES: usize = 500;
const FRAME: usize = 160;

fn main() {
    println!("{BATCHES} batches of {FRAMES} frames of 20 ms; ns per frame");
    let tones = Tones::new();
    let length = FRAMES * FRAME / 8;
    let key = tone::key('5', length, 8_000).expect("a key");
    let voice = tone::dual(220, 600, length, 8_000);
    for (name, samples) in
        [("voice", &voice), ("a key", &key), ("silence", &vec![0; FRAMES * FRAME])]
    {
        let mut detector = Detector::new();
        let cost = cheapest(samples, |frame| {
            detector.hear(&tones, frame, |key| {
                black_box(key);
            })
        });
        println!("{:24} {cost:8}", format!("detect in {name}"));
    }
    let (mut encoder, mut decoder) = (g722::Encoder::new(), g722::Decoder::new());
    let encode = cheapest(&voice, |frame| {
        frame.iter().for_each(|sample| {
            black_box(encoder.narrow(*sample));
        });
    });
    let decode = cheapest(&voice, |frame| {
        frame.iter().for_each(|sample| {
            black_box(decoder.narrow(*sample as u8));
        });
    });
    println!("{:24} {encode:8}\n{:24} {decode:8}", "encode G.722", "decode G.722");
}

fn cheapest(samples: &[i16], mut work: impl FnMut(&[i16])) -> u128 {
    let batch = |_| {
        let begun = Instant::now();
        samples.chunks(FRAME).for_each(|frame| work(black_box(frame)));
        begun.elapsed().as_nanos() / FRAMES as u128
    };
    (0..BATCHES).map(batch).min().unwrap_or(0)
}
