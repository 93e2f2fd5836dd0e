//! How a trunk writes numbers, in both directions.
//!
//! Reading is generous: whatever a format writes itself, `+` is understood as well, and an
//! international prefix wherever it cannot mean anything else.

use crate::{E164, NotE164};

/// How a trunk writes the numbers of callers and expects those we dial.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum NumberFormat {
    /// `+33612345678`; digits without `+` are read as the same.
    #[default]
    E164,
    /// `33612345678`: as [`NumberFormat::E164`], written without `+`.
    Digits,
    /// `0033612345678`.
    DoubleZero,
    /// National form of one country, `0612345678`; `+` and its international prefix are understood
    /// too.
    National {
        /// The country code, `33`.
        country_code: String,
        /// What precedes a national number and is dropped, `0`; may be empty.
        trunk_prefix: String,
        /// What precedes the numbers of other countries: `00` in most, `011` in North America.
        international_prefix: String,
    },
}

impl NumberFormat {
    /// The number that `user`, the user part of a SIP URI on such a trunk, means.
    ///
    /// # Errors
    /// When it means none: `alice`, `anonymous`, a short code.
    pub fn read(&self, user: &str) -> Result<E164, NotE164> {
        if user.starts_with('+') {
            return E164::parse(user);
        }
        match self {
            NumberFormat::E164 | NumberFormat::Digits if user.starts_with("00") => {
                E164::parse(user)
            }
            NumberFormat::E164 | NumberFormat::Digits => E164::parse(&format!("+{user}")),
            NumberFormat::DoubleZero => E164::parse(user),
            NumberFormat::National { country_code, trunk_prefix, international_prefix } => {
                if let Some(rest) = user.strip_prefix(international_prefix.as_str()) {
                    return E164::parse(&format!("+{rest}"));
                }
                let rest = user.strip_prefix(trunk_prefix.as_str()).unwrap_or(user);
                E164::parse(&format!("+{country_code}{rest}"))
            }
        }
    }

    /// How this trunk wants `number` written.
    pub fn write(&self, number: &E164) -> String {
        match self {
            NumberFormat::E164 => number.reveal(),
            NumberFormat::Digits => number.digits().to_owned(),
            NumberFormat::DoubleZero => format!("00{}", number.digits()),
            NumberFormat::National { country_code, trunk_prefix, international_prefix } => {
                match number.digits().strip_prefix(country_code.as_str()) {
                    Some(rest) => format!("{trunk_prefix}{rest}"),
                    None => format!("{international_prefix}{}", number.digits()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn national(
        country_code: &str,
        trunk_prefix: &str,
        international_prefix: &str,
    ) -> NumberFormat {
        NumberFormat::National {
            country_code: country_code.into(),
            trunk_prefix: trunk_prefix.into(),
            international_prefix: international_prefix.into(),
        }
    }

    #[test]
    fn a_trunk_reads_and_writes_in_its_own_format() {
        let france = national("33", "0", "00");
        let america = national("1", "", "011");
        let italy = national("39", "", "00");
        let (paris, york) = ("+33612345678", "+12025550123");
        // The format, the number, as it is written, and other ways in which it is read.
        let table: [(&NumberFormat, &str, &str, &[&str]); 10] = [
            (&NumberFormat::E164, paris, paris, &["33612345678", "0033612345678"]),
            (&NumberFormat::Digits, paris, "33612345678", &[paris, "0033612345678"]),
            (&NumberFormat::DoubleZero, paris, "0033612345678", &[paris]),
            (&france, paris, "0612345678", &[paris, "0033612345678", "612345678"]),
            (&france, york, "0012025550123", &[york]),
            (&america, york, "2025550123", &[york, "01112025550123"]),
            (&america, paris, "01133612345678", &[paris]),
            (&italy, "+390612345678", "0612345678", &["+390612345678", "00390612345678"]),
            (&italy, paris, "0033612345678", &[paris]),
            (&NumberFormat::E164, paris, paris, &["+33-6-12-34-56-78", "+33.612.345.678"]),
        ];
        for (format, number, written, others) in table {
            let number = E164::parse(number).expect("a test writes numbers");
            assert_eq!(format.write(&number), written, "{format:?}");
            for text in [&[written], others].concat() {
                assert_eq!(format.read(text), Ok(number), "{format:?} {text}");
            }
        }
    }

    #[test]
    fn what_a_trunk_does_not_write_is_no_number() {
        assert!(NumberFormat::E164.read("anonymous").is_err());
        assert!(NumberFormat::DoubleZero.read("0612345678").is_err());
        assert!(NumberFormat::DoubleZero.read("33612345678").is_err());
        assert!(national("33", "0", "00").read("15").is_err());
        assert!(national("1", "", "011").read("011").is_err());
    }

    proptest! {
        #[test]
        fn what_a_format_writes_it_reads_again(
            digits in "(33|1|39|49|351)[1-9][0-9]{7,9}",
            which in 0..5_usize,
        ) {
            let formats = [
                NumberFormat::E164,
                NumberFormat::Digits,
                NumberFormat::DoubleZero,
                national("33", "0", "00"),
                national("1", "1", "011"),
            ];
            let Ok(number) = E164::parse(&format!("+{digits}")) else { return Ok(()) };
            let written = formats[which].write(&number);
            prop_assert_eq!(formats[which].read(&written), Ok(number));
        }
    }
}
