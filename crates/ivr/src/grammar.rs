//! Numbers, lengths of time and times of day, put together from clips by the grammar of a language.
//!
//! A grammar knows the order and the form of the pieces, such as German's ones before tens and the
//! gender that French and Spanish ask for; what a piece sounds like is a prompt of that language,
//! of which [`pieces`] names those that no other language needs. A language without a grammar here
//! has its numbers spoken digit by digit, which every set of prompts can.

mod de;
mod en;
mod es;
mod fr;

use crate::Phrase;

/// The greatest number that is spoken as one; greater ones are spoken digit by digit.
pub const NUMBER_MAX: u32 = 999_999;

/// What a number agrees with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    /// It stands alone: a position.
    Alone,
    /// A masculine noun follows: Spanish minutes.
    Masculine,
    /// A feminine noun follows: French minutes, hours in most languages.
    Feminine,
}

/// The languages that have a grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tongue {
    English,
    French,
    German,
    Spanish,
}

impl Tongue {
    /// By a language tag such as `fr` or `fr-CA`.
    fn of(language: &str) -> Option<Tongue> {
        match language.split(['-', '_']).next()? {
            "en" => Some(Tongue::English),
            "fr" => Some(Tongue::French),
            "de" => Some(Tongue::German),
            "es" => Some(Tongue::Spanish),
            _ => None,
        }
    }
}

/// A piece by its clip.
fn piece(clip: &'static str) -> Phrase {
    Phrase::Piece(clip)
}

/// A number below ten, as every language has it: one is `digit-1`.
fn digit(n: u32) -> Phrase {
    Phrase::Digit(u8::try_from(n % 10).unwrap_or(0))
}

/// A number that has a clip of its own among those of minutes: 10 to 20, then 25 and each fifth to
/// 60.
fn count(n: u32) -> Phrase {
    Phrase::Count(u8::try_from(n).unwrap_or(0))
}

/// The pieces that only this language has, each of which wants a clip. Empty for a language without
/// a grammar.
pub fn pieces(language: &str) -> Vec<Phrase> {
    let own = match Tongue::of(language) {
        Some(Tongue::English) => en::PIECES,
        Some(Tongue::French) => fr::PIECES,
        Some(Tongue::German) => de::PIECES,
        Some(Tongue::Spanish) => es::PIECES,
        None => &[],
    };
    own.iter().copied().map(piece).collect()
}

/// The phrases as they are spoken in a language: numbers and times become pieces.
pub fn spell(language: &str, phrases: &[Phrase]) -> Vec<Phrase> {
    let tongue = Tongue::of(language);
    let spoken = phrases.iter().flat_map(|phrase| match phrase {
        Phrase::Number(n) => number(tongue, *n),
        Phrase::Duration(minutes) => duration(tongue, *minutes),
        Phrase::Clock(minutes) => clock(tongue, *minutes),
        other => vec![other.clone()],
    });
    spoken.collect()
}

/// A number that stands alone.
fn number(tongue: Option<Tongue>, n: u32) -> Vec<Phrase> {
    match tongue.filter(|_| n <= NUMBER_MAX) {
        Some(tongue) => formed(tongue, n, Form::Alone),
        None => by_digits(n),
    }
}

fn formed(tongue: Tongue, n: u32, form: Form) -> Vec<Phrase> {
    match tongue {
        Tongue::English => en::number(n),
        Tongue::French => fr::number(n, form),
        Tongue::German => de::number(n, form),
        Tongue::Spanish => es::number(n, form),
    }
}

/// A length of time: minutes below an hour, else hours and minutes.
fn duration(tongue: Option<Tongue>, minutes: u32) -> Vec<Phrase> {
    let Some(tongue) = tongue else {
        let mut spoken = by_digits(minutes);
        spoken.push(Phrase::WaitMinutes);
        return spoken;
    };
    let (hours, rest) = (minutes / 60, minutes % 60);
    let minute_form = match tongue {
        Tongue::Spanish => Form::Masculine,
        Tongue::English | Tongue::French | Tongue::German => Form::Feminine,
    };
    let mut spoken = match hours {
        0 => vec![],
        1 => vec![piece("hour-one")],
        _ => {
            let mut spoken = formed(tongue, hours, Form::Feminine);
            spoken.push(piece("hours"));
            spoken
        }
    };
    if rest > 0 || hours == 0 {
        if hours > 0 {
            spoken.push(piece("number-and"));
        }
        match rest {
            1 => spoken.push(piece("minute-one")),
            _ => {
                spoken.extend(formed(tongue, rest, minute_form));
                spoken.push(Phrase::WaitMinutes);
            }
        }
    }
    spoken
}

/// A time of day, with the word that "at" is: minutes from midnight.
fn clock(tongue: Option<Tongue>, minutes: u16) -> Vec<Phrase> {
    let (hour, minute) = (u32::from(minutes / 60 % 24), u32::from(minutes % 60));
    match tongue {
        Some(Tongue::English) => en::clock(hour, minute),
        Some(Tongue::French) => fr::clock(hour, minute),
        Some(Tongue::German) => de::clock(hour, minute),
        Some(Tongue::Spanish) => es::clock(hour, minute),
        None => [hour / 10, hour % 10, minute / 10, minute % 10].map(digit).to_vec(),
    }
}

fn by_digits(n: u32) -> Vec<Phrase> {
    let digits = n.to_string();
    digits.bytes().map(|byte| Phrase::Digit(byte - b'0')).collect()
}

#[cfg(test)]
mod tests;
