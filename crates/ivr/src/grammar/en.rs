//! English: "one hundred and twenty-one", "at three fifteen p.m.".

use super::{count, digit, piece};
use crate::Phrase;

/// What only English has.
pub(super) const PIECES: &[&str] = &[
    "number-70",
    "number-80",
    "number-90",
    "number-100",
    "number-1000",
    "number-and",
    "hour-one",
    "hours",
    "minute-one",
    "clock-at",
    "clock-oh",
    "clock-sharp",
    "clock-am",
    "clock-pm",
    "clock-noon",
    "clock-midnight",
];

pub(super) fn number(n: u32) -> Vec<Phrase> {
    let (thousands, rest) = (n / 1_000, n % 1_000);
    let mut spoken = Vec::new();
    if thousands > 0 {
        spoken.extend(below_thousand(thousands));
        spoken.push(piece("number-1000"));
    }
    if thousands > 0 && (1..100).contains(&rest) {
        spoken.push(piece("number-and"));
    }
    if rest > 0 || thousands == 0 {
        spoken.extend(below_thousand(rest));
    }
    spoken
}

fn below_thousand(n: u32) -> Vec<Phrase> {
    let (hundreds, rest) = (n / 100, n % 100);
    let mut spoken = Vec::new();
    if hundreds > 0 {
        spoken.extend([digit(hundreds), piece("number-100")]);
    }
    if hundreds > 0 && rest > 0 {
        spoken.push(piece("number-and"));
    }
    if rest > 0 || hundreds == 0 {
        spoken.extend(below_hundred(rest));
    }
    spoken
}

fn below_hundred(n: u32) -> Vec<Phrase> {
    match n {
        0..=9 => vec![digit(n)],
        10..=20 | 25 | 35 | 45 | 55 => vec![count(n)],
        _ => {
            let tens = match n / 10 {
                7 => piece("number-70"),
                8 => piece("number-80"),
                9 => piece("number-90"),
                tens => count(tens * 10),
            };
            std::iter::once(tens).chain((!n.is_multiple_of(10)).then(|| digit(n))).collect()
        }
    }
}

/// By twelve hours: "at noon", "at three p.m.", "at three oh five p.m.".
pub(super) fn clock(hour: u32, minute: u32) -> Vec<Phrase> {
    match (hour, minute) {
        (0, 0) => return vec![piece("clock-at"), piece("clock-midnight")],
        (12, 0) => return vec![piece("clock-at"), piece("clock-noon")],
        _ => {}
    }
    let mut spoken = vec![piece("clock-at")];
    spoken.extend(below_hundred(if hour.is_multiple_of(12) { 12 } else { hour % 12 }));
    match minute {
        0 => spoken.push(piece("clock-sharp")),
        1..=9 => spoken.extend([piece("clock-oh"), digit(minute)]),
        _ => spoken.extend(below_hundred(minute)),
    }
    spoken.push(piece(if hour < 12 { "clock-am" } else { "clock-pm" }));
    spoken
}
