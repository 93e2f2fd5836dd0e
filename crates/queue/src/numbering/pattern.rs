//! The patterns of the table: digits, `\d`, classes, groups, `|`, `?`, `{n}` and `{n,m}`.
//!
//! A pattern is not compiled: it is read once from left to right, and what it leads from is the set
//! of all places of the number that were reached so far, one bit each. So a match costs as much as
//! the pattern is long, whatever the number.

/// A set of places in a number: bit `n` is the place before digit `n`.
type Places = u32;

/// Whether the whole of `digits` is what the pattern says.
pub(super) fn matches(pattern: &str, digits: &str) -> bool {
    ends(pattern, digits) & (1 << digits.len().min(31)) != 0
}

/// Whether `digits` begins with what the pattern says.
pub(super) fn begins(pattern: &str, digits: &str) -> bool {
    ends(pattern, digits) != 0
}

/// The longest beginning of `digits` that is what the pattern says, unless it is empty.
pub(super) fn longest_beginning(pattern: &str, digits: &str) -> Option<usize> {
    let ends = ends(pattern, digits) & !1;
    (ends != 0).then(|| 31 - ends.leading_zeros() as usize)
}

/// Where what the pattern says may end, when it begins with the first digit.
fn ends(pattern: &str, digits: &str) -> Places {
    let mut digit_at = [0; 10];
    for (place, byte) in digits.bytes().take(30).enumerate() {
        if byte.is_ascii_digit() {
            digit_at[usize::from(byte - b'0')] |= 1 << place;
        }
    }
    Reader { pattern: pattern.as_bytes(), at: 0, digit_at }.either(1)
}

struct Reader<'a> {
    pattern: &'a [u8],
    at: usize,
    /// The places of each digit.
    digit_at: [Places; 10],
}

impl Reader<'_> {
    fn next(&self) -> Option<u8> {
        self.pattern.get(self.at).copied()
    }

    /// Takes `byte` if it comes next.
    fn takes(&mut self, byte: u8) -> bool {
        let comes = self.next() == Some(byte);
        self.at += usize::from(comes);
        comes
    }

    /// One of several, up to the end of the group.
    fn either(&mut self, from: Places) -> Places {
        let mut reached = self.sequence(from);
        while self.takes(b'|') {
            reached |= self.sequence(from);
        }
        reached
    }

    fn sequence(&mut self, from: Places) -> Places {
        let mut reached = from;
        while let Some(byte) = self.next() {
            if matches!(byte, b'|' | b')') {
                break;
            }
            reached = self.repeated(reached);
        }
        reached
    }

    /// An atom as often as what follows it says.
    fn repeated(&mut self, from: Places) -> Places {
        let begin = self.at;
        let once = self.atom(from);
        if self.takes(b'?') {
            return from | once;
        }
        if !self.takes(b'{') {
            return once;
        }
        let least = self.number();
        let most = if self.takes(b',') { self.number() } else { least };
        self.takes(b'}');
        let end = self.at;
        let (mut reached, mut allowed) = (once, if least == 0 { from } else { 0 });
        for count in 1..=most {
            if count >= least {
                allowed |= reached;
            }
            self.at = begin;
            reached = self.atom(reached);
        }
        self.at = end;
        allowed
    }

    fn number(&mut self) -> u32 {
        let mut number: u32 = 0;
        while let Some(digit) = self.next().filter(u8::is_ascii_digit) {
            number = number.saturating_mul(10).saturating_add(u32::from(digit - b'0'));
            self.at += 1;
        }
        // No number is longer.
        number.min(31)
    }

    fn atom(&mut self, from: Places) -> Places {
        let Some(byte) = self.next() else { return 0 };
        self.at += 1;
        match byte {
            b'(' => {
                let plain = self.takes(b'?') && self.takes(b':');
                debug_assert!(plain, "the table has no groups that are referred to");
                let reached = self.either(from);
                self.takes(b')');
                reached
            }
            b'[' => self.class(from),
            b'\\' => {
                self.at += 1;
                self.step(from, 0..=9)
            }
            digit @ b'0'..=b'9' => self.step(from, digit - b'0'..=digit - b'0'),
            _ => 0,
        }
    }

    /// `[0-24-9]`.
    fn class(&mut self, from: Places) -> Places {
        let mut reached = 0;
        while let Some(low) = self.next().filter(u8::is_ascii_digit) {
            self.at += 1;
            let high = if self.takes(b'-') { self.next() } else { None };
            self.at += usize::from(high.is_some());
            let high = high.filter(u8::is_ascii_digit).unwrap_or(low);
            reached |= self.step(from, low - b'0'..=high - b'0');
        }
        self.takes(b']');
        reached
    }

    /// Over one of these digits.
    fn step(&self, from: Places, digits: std::ops::RangeInclusive<u8>) -> Places {
        let there = digits.fold(0, |there, digit| there | self.digit_at[usize::from(digit)]);
        (from & there) << 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_stands_in_the_table_is_understood() {
        let cases = [
            ("1", "1", true),
            ("1", "12", false),
            ("[1-9]\\d{8}", "612345678", true),
            ("[1-9]\\d{8}", "012345678", false),
            ("80\\d{6}(?:\\d{2})?", "80123456", true),
            ("80\\d{6}(?:\\d{2})?", "801234567", false),
            ("80\\d{6}(?:\\d{2})?", "8012345678", true),
            ("\\d{2,4}5", "125", true),
            ("\\d{2,4}5", "15", false),
            ("1(?:2|3[04-6])|77", "136", true),
            ("1(?:2|3[04-6])|77", "133", false),
            ("1(?:2|3[04-6])|77", "77", true),
            ("(?:1\\d){2}3", "10193", true),
            ("0{0,1}1", "1", true),
        ];
        for (pattern, digits, wanted) in cases {
            assert_eq!(matches(pattern, digits), wanted, "{pattern} {digits}");
        }
    }

    #[test]
    fn a_beginning_is_the_longest_one() {
        assert_eq!(longest_beginning("00(?:1\\d)?", "001233"), Some(4));
        assert_eq!(longest_beginning("00(?:1\\d)?", "0033"), Some(2));
        assert_eq!(longest_beginning("011", "0033"), None);
        assert!(begins("787|939", "7871234567") && !begins("787|939", "7771234567"));
    }

    proptest! {
        #[test]
        fn no_pattern_and_no_digits_are_too_strange(
            pattern in "[0-9\\\\d\\[\\]{},?|()-]{0,24}",
            digits in "[0-9a]{0,40}",
        ) {
            let plain = pattern.replace('(', "(?:");
            let _ = (matches(&plain, &digits), longest_beginning(&plain, &digits));
        }

        #[test]
        fn a_class_is_its_digits(digits in "[0-9]{1,15}") {
            let (first, length) = (&digits[..1], digits.len());
            prop_assert_eq!(matches("[0-24-9]", first), first != "3");
            let all = format!("\\d{{{length}}}");
            prop_assert!(matches(&all, &digits), "{}", all);
        }
    }
}
