//! International numbers (ITU-T E.164): the hard rule of the engine.
//!
//! `+`, then 7 to 15 digits that begin with an assigned country code. Whether the numbering plan of
//! that country knows the number is a softer question, and not asked here: its tables age.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Key, Redacted};

/// Fewest digits after the `+`.
pub const DIGITS_MIN: usize = 7;
/// Most digits after the `+` (E.164 §6.2.1).
pub const DIGITS_MAX: usize = 15;

/// An international number. `Debug` and `Display` are masked; [`E164::reveal`] is the whole.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct E164 {
    /// ASCII digits, zero-padded.
    digits: [u8; DIGITS_MAX],
    length: u8,
}

/// Why some text is not an international number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotE164 {
    /// Nothing was given.
    Empty,
    /// It begins neither with `+` nor with `00` (nor with `*` where keys are typed).
    NoInternationalPrefix,
    /// It holds something that is not a digit.
    NotADigit,
    /// Fewer than seven digits.
    TooShort,
    /// More than fifteen digits.
    TooLong,
    /// No country has this code.
    UnknownCountryCode,
}

impl fmt::Display for NotE164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NotE164::Empty => "no number was given",
            NotE164::NoInternationalPrefix => "an international number begins with + or 00",
            NotE164::NotADigit => "after the prefix a number holds only digits",
            NotE164::TooShort => "an international number has at least 7 digits",
            NotE164::TooLong => "an international number has at most 15 digits",
            NotE164::UnknownCountryCode => "no country has this country code",
        })
    }
}

impl std::error::Error for NotE164 {}

impl E164 {
    /// Reads `+33…` or `0033…`; spaces, dots, hyphens and parentheses between digits are ignored.
    ///
    /// # Errors
    /// The first rule that the text breaks.
    pub fn parse(text: &str) -> Result<E164, NotE164> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NotE164::Empty);
        }
        let rest = text
            .strip_prefix('+')
            .or_else(|| text.strip_prefix("00"))
            .ok_or(NotE164::NoInternationalPrefix)?;
        E164::from_digits(rest.chars().filter(|c| !matches!(c, ' ' | '.' | '-' | '(' | ')')))
    }

    /// Reads typed keys: `00…` or `*…` stand for `+`.
    ///
    /// # Errors
    /// The first rule that the keys break.
    pub fn from_keys(keys: &[Key]) -> Result<E164, NotE164> {
        let typed: String = keys.iter().map(|key| key.as_char()).collect();
        match typed.strip_prefix('*') {
            Some(rest) => E164::from_digits(rest.chars()),
            None => E164::parse(&typed),
        }
    }

    fn from_digits(chars: impl Iterator<Item = char>) -> Result<E164, NotE164> {
        let mut digits = [0; DIGITS_MAX];
        let mut length = 0;
        for c in chars {
            if !c.is_ascii_digit() {
                return Err(NotE164::NotADigit);
            }
            let place = digits.get_mut(length).ok_or(NotE164::TooLong)?;
            *place = c as u8;
            length += 1;
        }
        if length == 0 {
            return Err(NotE164::Empty);
        }
        if length < DIGITS_MIN {
            return Err(NotE164::TooShort);
        }
        let length = u8::try_from(length).expect("at most fifteen digits");
        let number = E164 { digits, length };
        if country_code_length(number.digits()).is_none() {
            return Err(NotE164::UnknownCountryCode);
        }
        Ok(number)
    }

    /// The digits without `+`.
    pub fn digits(&self) -> &str {
        let digits = &self.digits[..usize::from(self.length)];
        std::str::from_utf8(digits).expect("only ASCII digits are stored")
    }

    /// The country code, one to three digits.
    pub fn country_code(&self) -> &str {
        let length = country_code_length(self.digits()).expect("checked when it was made");
        &self.digits()[..length]
    }

    /// The whole number with its `+`: for the wire, the prompts and the erasable table.
    pub fn reveal(&self) -> String {
        format!("+{}", self.digits())
    }

    /// The number for a log.
    pub fn redacted(&self) -> Redacted {
        Redacted::new(self.reveal())
    }
}

impl fmt::Display for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.redacted().fmt(f)
    }
}

impl fmt::Debug for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "E164({self})")
    }
}

impl TryFrom<String> for E164 {
    type Error = NotE164;

    fn try_from(text: String) -> Result<E164, NotE164> {
        E164::parse(&text)
    }
}

impl From<E164> for String {
    fn from(number: E164) -> String {
        number.reveal()
    }
}

/// How many leading digits are an assigned country code (ITU-T list of E.164 country codes).
fn country_code_length(digits: &str) -> Option<usize> {
    let bytes = digits.as_bytes();
    let digit = |i: usize| bytes.get(i).map(|b| b - b'0');
    let (first, second, third) = (digit(0)?, digit(1)?, digit(2)?);
    let two = first * 10 + second;
    let third_in = |list: &[u8]| list.contains(&third).then_some(3);
    match two {
        10..=19 | 70..=79 => Some(1),
        20
        | 27
        | 30..=34
        | 36
        | 39
        | 40
        | 41
        | 43..=49
        | 51..=58
        | 60..=66
        | 81
        | 82
        | 84
        | 86
        | 90..=95
        | 98 => Some(2),
        22 | 23 | 24 | 26 | 35 | 50 | 59 => Some(3),
        21 => third_in(&[1, 2, 3, 6, 8]),
        25 => third_in(&[0, 1, 2, 3, 4, 5, 6, 7, 8]),
        29 => third_in(&[0, 1, 7, 8, 9]),
        37 => third_in(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        38 => third_in(&[0, 1, 2, 3, 5, 6, 7, 9]),
        42 => third_in(&[0, 1, 3]),
        67 => third_in(&[0, 2, 3, 4, 5, 6, 7, 8, 9]),
        68 => third_in(&[0, 1, 2, 3, 5, 6, 7, 8, 9]),
        69 => third_in(&[0, 1, 2]),
        80 => third_in(&[0, 8]),
        85 => third_in(&[0, 2, 3, 5, 6]),
        87 => third_in(&[0, 8]),
        88 => third_in(&[0, 1, 2, 3, 6, 8]),
        96 => third_in(&[0, 1, 2, 3, 4, 5, 6, 7, 8]),
        97 => third_in(&[0, 1, 2, 3, 4, 5, 6, 7, 9]),
        99 => third_in(&[2, 3, 4, 5, 6, 8]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(typed: &str) -> Vec<Key> {
        typed.chars().map(|c| Key::from_char(c).expect("a key")).collect()
    }

    #[test]
    fn the_three_ways_to_type_a_number_mean_the_same() {
        let wanted = E164::parse("+33612345678").unwrap();
        assert_eq!(E164::from_keys(&keys("0033612345678")), Ok(wanted));
        assert_eq!(E164::from_keys(&keys("*33612345678")), Ok(wanted));
        assert_eq!(E164::parse("+33 6 12-34.56(78)"), Ok(wanted));
        assert_eq!(wanted.country_code(), "33");
    }

    #[test]
    fn what_is_not_a_number_says_why() {
        let cases = [
            ("", NotE164::Empty),
            ("+", NotE164::Empty),
            ("0612345678", NotE164::NoInternationalPrefix),
            ("alice", NotE164::NoInternationalPrefix),
            ("+33alice", NotE164::NotADigit),
            ("00#123456", NotE164::NotADigit),
            ("+336123", NotE164::TooShort),
            ("+3361234567890123", NotE164::TooLong),
            ("+2101234567", NotE164::UnknownCountryCode),
            ("+0612345678", NotE164::UnknownCountryCode),
        ];
        for (text, why) in cases {
            assert_eq!(E164::parse(text), Err(why), "{text}");
        }
        assert_eq!(E164::from_keys(&keys("0612345678")), Err(NotE164::NoInternationalPrefix));
    }

    #[test]
    fn logs_see_a_masked_number() {
        let number = E164::parse("+33612345678").unwrap();
        assert_eq!(format!("{number} {number:?}"), "+336******78 E164(+336******78)");
    }

    proptest! {
        #[test]
        fn any_text_is_answered_and_what_is_accepted_is_well_formed(text in ".{0,24}") {
            if let Ok(number) = E164::parse(&text) {
                prop_assert!((DIGITS_MIN..=DIGITS_MAX).contains(&number.digits().len()));
                prop_assert_eq!(E164::parse(&number.reveal()), Ok(number));
            }
        }

        #[test]
        fn digits_without_an_international_prefix_are_never_accepted(
            typed in "[1-9][0-9]{0,20}|0[1-9][0-9]{0,19}"
        ) {
            prop_assert_eq!(E164::parse(&typed), Err(NotE164::NoInternationalPrefix));
        }
    }
}
