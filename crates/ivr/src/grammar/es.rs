//! Spanish: "veintiuno", "treinta y un minutos", "veintiuna horas", "a las tres y cuarto de la
//! tarde".

use super::{Form, count, digit, piece};
use crate::Phrase;

/// What only Spanish has. `number-1` is "un", `number-1-f` "una".
pub(super) const PIECES: &[&str] = &[
    "number-1",
    "number-1-f",
    "number-21",
    "number-21-m",
    "number-21-f",
    "number-22",
    "number-23",
    "number-24",
    "number-26",
    "number-27",
    "number-28",
    "number-29",
    "number-70",
    "number-80",
    "number-90",
    "number-100",
    "number-100-and",
    "number-200",
    "number-300",
    "number-400",
    "number-500",
    "number-600",
    "number-700",
    "number-800",
    "number-900",
    "number-1000",
    "number-and",
    "hour-one",
    "hours",
    "minute-one",
    "clock-at",
    "clock-at-one",
    "clock-quarter",
    "clock-half",
    "clock-small-hours",
    "clock-morning",
    "clock-noon",
    "clock-afternoon",
    "clock-night",
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

/// The hundreds stand in the masculine: what we count in the feminine, hours, are fewer.
fn below_thousand(n: u32, form: Form) -> Vec<Phrase> {
    let (hundreds, rest) = (n / 100, n % 100);
    let mut spoken = Vec::new();
    match (HUNDREDS.get(hundreds as usize).copied().flatten(), hundreds) {
        (_, 1) if rest == 0 => spoken.push(piece("number-100")),
        (Some(hundreds), _) => spoken.push(piece(hundreds)),
        (None, _) => {}
    }
    if rest > 0 || hundreds == 0 {
        spoken.extend(below_hundred(rest, form));
    }
    spoken
}

const HUNDREDS: [Option<&str>; 10] = [
    None,
    Some("number-100-and"),
    Some("number-200"),
    Some("number-300"),
    Some("number-400"),
    Some("number-500"),
    Some("number-600"),
    Some("number-700"),
    Some("number-800"),
    Some("number-900"),
];

fn below_hundred(n: u32, form: Form) -> Vec<Phrase> {
    match n {
        0..=9 => vec![one_to_nine(n, form)],
        10..=20 | 25 | 35 | 45 | 55 => vec![count(n)],
        21 => vec![piece(match form {
            Form::Alone => "number-21",
            Form::Masculine => "number-21-m",
            Form::Feminine => "number-21-f",
        })],
        22..=29 => vec![piece(TWENTIES[(n - 22) as usize])],
        _ => {
            let tens = match n / 10 {
                7 => piece("number-70"),
                8 => piece("number-80"),
                9 => piece("number-90"),
                tens => count(tens * 10),
            };
            match n % 10 {
                0 => vec![tens],
                ones => vec![tens, piece("number-and"), one_to_nine(ones, form)],
            }
        }
    }
}

/// Twenty-two to twenty-nine; twenty-five has a clip among those of minutes.
const TWENTIES: [&str; 8] = [
    "number-22",
    "number-23",
    "number-24",
    "count-25",
    "number-26",
    "number-27",
    "number-28",
    "number-29",
];

fn one_to_nine(n: u32, form: Form) -> Phrase {
    match (n, form) {
        (1, Form::Masculine) => piece("number-1"),
        (1, Form::Feminine) => piece("number-1-f"),
        (_, _) => digit(n),
    }
}

/// By twelve hours and the part of the day: "a las tres y cuarto de la tarde".
pub(super) fn clock(hour: u32, minute: u32) -> Vec<Phrase> {
    let twelve = if hour.is_multiple_of(12) { 12 } else { hour % 12 };
    let mut spoken = vec![piece(if twelve == 1 { "clock-at-one" } else { "clock-at" })];
    spoken.extend(below_hundred(twelve, Form::Feminine));
    match minute {
        0 => {}
        15 => spoken.extend([piece("number-and"), piece("clock-quarter")]),
        30 => spoken.extend([piece("number-and"), piece("clock-half")]),
        _ => {
            spoken.push(piece("number-and"));
            spoken.extend(below_hundred(minute, Form::Alone));
        }
    }
    let part = match hour {
        0 if minute == 0 => "clock-night",
        0..=5 => "clock-small-hours",
        6..=11 => "clock-morning",
        12 => "clock-noon",
        13..=20 => "clock-afternoon",
        _ => "clock-night",
    };
    spoken.push(piece(part));
    spoken
}
