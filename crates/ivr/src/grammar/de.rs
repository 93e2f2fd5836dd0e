//! German: "einundzwanzig", "hunderteins", "um fünfzehn Uhr fünfzehn".

use super::{Form, count, digit, piece};
use crate::Phrase;

/// What only German has. `number-and-3` is "dreiund", `number-1` is "ein".
pub(super) const PIECES: &[&str] = &[
    "number-1",
    "number-and-1",
    "number-and-2",
    "number-and-3",
    "number-and-4",
    "number-and-5",
    "number-and-6",
    "number-and-7",
    "number-and-8",
    "number-and-9",
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
    "clock-hour",
];

pub(super) fn number(n: u32, form: Form) -> Vec<Phrase> {
    let (thousands, rest) = (n / 1_000, n % 1_000);
    let mut spoken = Vec::new();
    if thousands > 1 {
        spoken.extend(below_thousand(thousands, Form::Masculine));
    }
    if thousands > 0 {
        spoken.push(piece("number-1000"));
    }
    if rest > 0 || thousands == 0 {
        spoken.extend(below_thousand(rest, form));
    }
    spoken
}

fn below_thousand(n: u32, form: Form) -> Vec<Phrase> {
    let (hundreds, rest) = (n / 100, n % 100);
    let mut spoken = Vec::new();
    if hundreds > 1 {
        spoken.push(digit(hundreds));
    }
    if hundreds > 0 {
        spoken.push(piece("number-100"));
    }
    if rest > 0 || hundreds == 0 {
        spoken.extend(below_hundred(rest, form));
    }
    spoken
}

/// The ones stand before the tens. Before a noun or "tausend" one is "ein".
fn below_hundred(n: u32, form: Form) -> Vec<Phrase> {
    match (n, form) {
        (1, Form::Masculine) => vec![piece("number-1")],
        (0..=9, _) => vec![digit(n)],
        (10..=20 | 25 | 35 | 45 | 55, _) => vec![count(n)],
        (_, _) => {
            let and = ANDS.get((n % 10) as usize).copied().flatten();
            let tens = match n / 10 {
                7 => piece("number-70"),
                8 => piece("number-80"),
                9 => piece("number-90"),
                tens => count(tens * 10),
            };
            and.map(piece).into_iter().chain([tens]).collect()
        }
    }
}

/// The ones before tens.
const ANDS: [Option<&str>; 10] = [
    None,
    Some("number-and-1"),
    Some("number-and-2"),
    Some("number-and-3"),
    Some("number-and-4"),
    Some("number-and-5"),
    Some("number-and-6"),
    Some("number-and-7"),
    Some("number-and-8"),
    Some("number-and-9"),
];

/// By twenty-four hours: "um ein Uhr", "um fünfzehn Uhr fünfzehn".
pub(super) fn clock(hour: u32, minute: u32) -> Vec<Phrase> {
    let mut spoken = vec![piece("clock-at")];
    spoken.extend(below_hundred(hour, Form::Masculine));
    spoken.push(piece("clock-hour"));
    if minute > 0 {
        spoken.extend(below_hundred(minute, Form::Alone));
    }
    spoken
}
