//! French: "vingt et un", "soixante et onze", "quatre-vingt-un", "à quinze heures quinze".

use super::{Form, count, digit, piece};
use crate::Phrase;

/// What only French has.
pub(super) const PIECES: &[&str] = &[
    "number-and",
    "number-80",
    "number-80-and",
    "number-100",
    "number-100s",
    "number-1000",
    "hour-one",
    "hours",
    "minute-one",
    "clock-at",
    "clock-noon",
    "clock-midnight",
];

pub(super) fn number(n: u32, form: Form) -> Vec<Phrase> {
    let (thousands, rest) = (n / 1_000, n % 1_000);
    let mut spoken = Vec::new();
    if thousands > 1 {
        // A number follows: "deux cent mille", "quatre-vingt mille", without the s.
        spoken.extend(below_thousand(thousands, Form::Masculine, true));
    }
    if thousands > 0 {
        spoken.push(piece("number-1000"));
    }
    if rest > 0 || thousands == 0 {
        spoken.extend(below_thousand(rest, form, false));
    }
    spoken
}

fn below_thousand(n: u32, form: Form, followed: bool) -> Vec<Phrase> {
    let (hundreds, rest) = (n / 100, n % 100);
    let mut spoken = Vec::new();
    if hundreds > 1 {
        spoken.push(digit(hundreds));
    }
    if hundreds > 0 {
        let plural = hundreds > 1 && rest == 0 && !followed;
        spoken.push(piece(if plural { "number-100s" } else { "number-100" }));
    }
    if rest > 0 || hundreds == 0 {
        spoken.extend(below_hundred(rest, form, followed));
    }
    spoken
}

fn below_hundred(n: u32, form: Form, followed: bool) -> Vec<Phrase> {
    match n {
        0..=16 => vec![small(n, form)],
        17..=20 | 25 | 35 | 45 | 55 => vec![count(n)],
        80 if !followed => vec![piece("number-80")],
        80 => vec![piece("number-80-and")],
        81..=99 => vec![piece("number-80-and"), small(n - 80, form)],
        _ => {
            let tens = if n >= 70 { 60 } else { n / 10 * 10 };
            match n - tens {
                0 => vec![count(tens)],
                rest @ (1 | 11) => vec![count(tens), piece("number-and"), small(rest, form)],
                rest => vec![count(tens), small(rest, form)],
            }
        }
    }
}

/// Below twenty. `count-1` is "une".
fn small(n: u32, form: Form) -> Phrase {
    match (n, form) {
        (1, Form::Feminine) => count(1),
        (0..=9, _) => digit(n),
        (_, _) => count(n),
    }
}

/// By twenty-four hours: "à midi", "à quinze heures", "à vingt et une heures trente".
pub(super) fn clock(hour: u32, minute: u32) -> Vec<Phrase> {
    let mut spoken = vec![piece("clock-at")];
    match hour {
        0 => spoken.push(piece("clock-midnight")),
        12 => spoken.push(piece("clock-noon")),
        1 => spoken.push(piece("hour-one")),
        _ => {
            spoken.extend(below_hundred(hour, Form::Feminine, false));
            spoken.push(piece("hours"));
        }
    }
    if minute > 0 {
        spoken.extend(below_hundred(minute, Form::Feminine, false));
    }
    spoken
}
