//! Mutation on a stable compiler: `mutate TARGET SECONDS [SEED]`.
//!
//! Inputs are seeds, changed some times over, and now and then two of them joined. What is new is
//! not known without coverage, so that long runs count more than clever ones. The same seed gives
//! the same inputs in the same order.

use std::panic::catch_unwind;
use std::time::{Duration, Instant};

use model::Entropy;
use rappel_fuzz::{TARGETS, Target};

/// Longest input: a little more than what is taken from a socket.
const INPUT_BYTES_MAX: usize = 70_000;
/// After so many runs memory should have reached its level.
const EARLY_RUNS: u64 = 10_000;
/// Most inputs shown that failed.
const SHOWN_MAX: u64 = 5;

/// What breaks readers when it stands where it should not.
const SPLINTERS: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r\n\r\n",
    b"\r\n ",
    b"\0",
    b"\"",
    b"\\",
    b"<",
    b">",
    b";",
    b",",
    b":",
    b"@",
    b"[",
    b"]",
    b"=",
    b"%4",
    b"\xFF",
    b"\xC3",
    b"tag=",
    b"sip:",
    b"tel:",
    b"SIP/2.0",
    b"z9hG4bK",
    b"Content-Length: 5\r\n",
    b"4294967296",
    b"18446744073709551616",
    b"-1",
    b"*",
    b"m=audio ",
    b"a=crypto:1 ",
    b"inline:",
    b"|2^",
    b"|1:4",
    b"a=rtpmap:",
    b"RTP/SAVP",
    b"\x80",
    b"\xBE\xDE\xFF\xFF",
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let name = arguments.first().map_or("", String::as_str);
    let chosen: Vec<&Target> =
        TARGETS.iter().filter(|(known, _, _)| *known == name || name == "all").collect();
    if chosen.is_empty() {
        let names: Vec<&str> = TARGETS.iter().map(|(name, _, _)| *name).collect();
        eprintln!("mutate TARGET SECONDS [SEED]; targets: all, {}", names.join(", "));
        std::process::exit(2);
    }
    let number = |at: usize, default| {
        arguments.get(at).and_then(|number| number.parse().ok()).unwrap_or(default)
    };
    std::panic::set_hook(Box::new(|_| {}));
    let mut panics = 0;
    for target in chosen {
        panics += run(target, Duration::from_secs(number(1, 10)), number(2, 1));
    }
    std::process::exit(i32::from(panics > 0));
}

/// Tries one target for this long; how often it panicked.
fn run((name, target, seeds): &Target, length: Duration, seed: u64) -> u64 {
    let mut dice = Entropy::from_u64(seed);
    let seeds = seeds();
    let begin = Instant::now();
    let memory_before = resident();
    let mut memory_early = memory_before;
    let (mut runs, mut panics, mut slowest) = (0_u64, 0_u64, Duration::ZERO);
    while begin.elapsed() < length {
        let input = mutated(&seeds, &mut dice);
        let started = Instant::now();
        let failed = catch_unwind(|| target(&input)).is_err();
        slowest = slowest.max(started.elapsed());
        runs += 1;
        if runs == EARLY_RUNS {
            memory_early = resident();
        }
        if failed {
            panics += 1;
            if panics <= SHOWN_MAX {
                println!("panic at run {runs}: {}", input.escape_ascii());
            }
        }
    }
    let each = runs / length.as_secs().max(1);
    println!("{name}: {runs} runs, {each} a second, {panics} panics, slowest {slowest:?}");
    let memory_late = resident();
    println!(
        "    resident kB: {memory_before} before, {memory_early} early, {memory_late} at the end"
    );
    panics
}

fn mutated(seeds: &[Vec<u8>], dice: &mut Entropy) -> Vec<u8> {
    let pick = |dice: &mut Entropy| seeds[dice.below(seeds.len() as u64) as usize].clone();
    let mut input = pick(dice);
    if dice.chance(50) {
        let other = pick(dice);
        let (at, from) = (place(&input, dice), place(&other, dice));
        input.truncate(at);
        input.extend(&other[from..]);
    }
    for _ in 0..=dice.below(6) {
        change(&mut input, dice);
    }
    if dice.chance(2) {
        // Rarely much of the same: what is quadratic shows here.
        let part = input.clone();
        while input.len() + part.len() <= INPUT_BYTES_MAX && !part.is_empty() {
            input.extend(&part);
        }
    }
    input.truncate(INPUT_BYTES_MAX);
    input
}

fn place(bytes: &[u8], dice: &mut Entropy) -> usize {
    dice.below(bytes.len() as u64 + 1) as usize
}

fn change(bytes: &mut Vec<u8>, dice: &mut Entropy) {
    let at = place(bytes, dice);
    let end = (at + dice.below(40) as usize).min(bytes.len());
    match dice.below(6) {
        0 => drop(bytes.drain(at..end)),
        1 => {
            let part = bytes[at..end].to_vec();
            bytes.splice(at..at, part);
        }
        2 => {
            let splinter = SPLINTERS[dice.below(SPLINTERS.len() as u64) as usize];
            bytes.splice(at..at, splinter.iter().copied());
        }
        3 => bytes.truncate(at),
        4 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << dice.below(8);
            }
        }
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = dice.next_u32() as u8;
            }
        }
    }
}

/// Resident memory of this process in kB, as Linux says; 0 elsewhere.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}
