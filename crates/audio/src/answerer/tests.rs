//! Greetings made for the purpose, the tones of networks, and every bundled prompt as a machine.

use super::*;
use crate::{G711, Law, tone};

/// Something like a voice: a hum with overtones that swells four times a second, and breath.
fn voice(ms: usize) -> Vec<i16> {
    let mut noise = 1_u32;
    (0..ms * 8)
        .map(|at| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let time = at as f64 / 8_000.0;
            let turn = std::f64::consts::TAU * time;
            let hum: f64 = [(120.0, 1.0), (480.0, 0.8), (1_130.0, 0.5), (2_350.0, 0.3)]
                .iter()
                .map(|(hz, share)| (turn * hz).sin() * share)
                .sum();
            let swell = 0.6 + 0.4 * (turn * 4.0).sin();
            let breath = f64::from(noise >> 20) / 4_096.0 - 0.5;
            ((hum * swell + breath * 0.4) * 2_500.0) as i16
        })
        .collect()
}

fn pitch(hz: u32, ms: usize) -> Vec<i16> {
    tone::sine(hz, ms, 6_000)
}

/// What is decided of these sounds after A-law, and after how many milliseconds. Silence follows.
fn judged(parts: &[Vec<i16>]) -> (Option<Answerer>, usize) {
    let g711 = G711::new();
    let mut samples = parts.concat();
    samples.extend(tone::silence(6_000));
    let samples = g711.decode_all(Law::A, &g711.encode_all(Law::A, &samples));
    let mut judge = Judge::new();
    for (packet, samples) in samples.chunks(160).enumerate() {
        if let Some(answerer) = judge.hear(samples) {
            return (Some(answerer), (packet + 1) * 20);
        }
    }
    (None, 0)
}

fn who(parts: &[Vec<i16>]) -> Option<Answerer> {
    judged(parts).0
}

#[test]
fn a_short_greeting_and_a_pause_is_somebody() {
    for (before, length) in [(0, 300), (500, 600), (1_500, 1_200), (200, 1_500)] {
        let (answerer, ms) = judged(&[tone::silence(before), voice(length)]);
        assert_eq!(answerer, Some(Answerer::Human), "{length} ms");
        assert!(ms <= before + length + 840, "said after {ms} ms");
    }
    let hello = [voice(400), tone::silence(300), voice(500)];
    assert_eq!(who(&hello), Some(Answerer::Human), "two words");
}

#[test]
fn a_greeting_that_goes_on_is_a_machine() {
    assert_eq!(who(&[voice(6_000)]), Some(Answerer::Machine));
    let sentences: Vec<Vec<i16>> = (0..5).flat_map(|_| [voice(900), tone::silence(350)]).collect();
    let (answerer, ms) = judged(&sentences);
    assert_eq!(answerer, Some(Answerer::Machine));
    assert!(ms <= 4_000, "{ms}");
}

#[test]
fn what_lies_between_and_who_says_nothing_cannot_be_told() {
    assert_eq!(who(&[voice(2_200)]), Some(Answerer::NotSure));
    assert_eq!(judged(&[]), (Some(Answerer::NotSure), 2_500));
    let noise: Vec<i16> = voice(6_000).iter().map(|sample| sample / 40).collect();
    assert_eq!(who(&[noise]), Some(Answerer::NotSure), "a quiet room is quiet");
}

#[test]
fn a_beep_is_a_machine_that_waits() {
    for hz in [440, 660, 1_000, 1_400, 2_000] {
        for ms in [160, 400, 600] {
            let beep = [tone::silence(400), pitch(hz, ms)];
            assert_eq!(who(&beep), Some(Answerer::Machine), "{hz} Hz for {ms} ms");
        }
    }
    assert_eq!(who(&[voice(900), tone::silence(200), pitch(1_000, 400)]), Some(Answerer::Machine));
}

#[test]
fn tones_of_the_network_are_told_from_beeps() {
    let busy: Vec<Vec<i16>> = (0..5).flat_map(|_| [pitch(425, 500), tone::silence(500)]).collect();
    assert_eq!(who(&busy), Some(Answerer::Busy));
    let congested: Vec<Vec<i16>> =
        (0..8).flat_map(|_| [pitch(425, 250), tone::silence(250)]).collect();
    assert_eq!(who(&congested), Some(Answerer::Busy));
    let sit = [pitch(950, 330), pitch(1_400, 330), pitch(1_800, 330), tone::silence(200)];
    assert_eq!(who(&sit), Some(Answerer::OutOfService));
}

#[test]
fn who_answers_after_it_rang_in_the_voice_is_judged_from_then_on() {
    let rings = [pitch(440, 1_500), tone::silence(3_500), pitch(440, 1_500), tone::silence(1_000)];
    let hello: Vec<Vec<i16>> = rings.iter().cloned().chain([voice(600)]).collect();
    assert_eq!(who(&hello), Some(Answerer::Human));
    let machine: Vec<Vec<i16>> = rings.into_iter().chain([voice(5_000)]).collect();
    assert_eq!(who(&machine), Some(Answerer::Machine));
}

/// Two pitches at once, the second one louder by so many hundredths.
fn two(one: u32, other: u32, louder_percent: i32, ms: usize) -> Vec<i16> {
    let (low, high) = (tone::sine(one, ms, 2_500), tone::sine(other, ms, 2_500));
    let louder = |sample: i16| i32::from(sample) * louder_percent / 100;
    let sum = |(low, high): (i16, i16)| i16::try_from(i32::from(low) + louder(high));
    low.into_iter().zip(high).map(|pair| sum(pair).expect("quiet enough")).collect()
}

#[test]
fn the_two_pitches_of_american_networks_are_told_from_beeps() {
    for louder in [60, 80, 100, 125, 160] {
        for (on, name) in [(500, "busy"), (250, "all lines busy")] {
            let tone = || [two(480, 620, louder, on), tone::silence(on)];
            let tones: Vec<Vec<i16>> = (0..6).flat_map(|_| tone()).collect();
            assert_eq!(who(&tones), Some(Answerer::Busy), "{name}, {louder} %");
        }
        let rings = || [two(440, 480, louder, 2_000), tone::silence(4_000)];
        let hello: Vec<Vec<i16>> = (0..3).flat_map(|_| rings()).chain([voice(600)]).collect();
        assert_eq!(who(&hello), Some(Answerer::Human), "after it rang, {louder} %");
        let (answerer, ms) = judged(&[two(350, 440, louder, 10_000)]);
        assert_eq!(answerer, Some(Answerer::OutOfService), "a dial tone, {louder} %");
        assert!(ms <= 3_100, "{ms} ms");
    }
}

#[test]
fn the_double_ring_of_britain_is_no_beep() {
    let ring = || [two(400, 450, 100, 400), tone::silence(200)];
    let rings = || ring().into_iter().chain(ring()).chain([tone::silence(1_800)]);
    let hello: Vec<Vec<i16>> = (0..3).flat_map(|_| rings()).chain([voice(600)]).collect();
    assert_eq!(who(&hello), Some(Answerer::Human));
    let machine: Vec<Vec<i16>> = (0..2).flat_map(|_| rings()).chain([voice(5_000)]).collect();
    assert_eq!(who(&machine), Some(Answerer::Machine));
}

#[test]
fn the_three_tones_are_told_in_each_of_their_forms() {
    // Low and high pitches, short and long tones, as the networks of America combine them.
    for (first, second) in [(914, 1_371), (985, 1_371), (985, 1_429), (914, 1_429)] {
        for (one, other) in [(276, 276), (276, 380), (380, 276), (380, 380)] {
            let tones = [pitch(first, one), pitch(second, other), pitch(1_777, 380)];
            let announced: Vec<Vec<i16>> =
                tones.into_iter().chain([tone::silence(100), voice(4_000)]).collect();
            assert_eq!(who(&announced), Some(Answerer::OutOfService), "{first} {second}");
        }
    }
    assert_eq!(who(&[pitch(425, 10_000)]), Some(Answerer::OutOfService), "a dial tone");
}
