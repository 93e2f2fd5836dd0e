//! Personal data on its way to a log.

use std::fmt;

/// Text that names a person. `Display` and `Debug` show the first four and last two characters at
/// most; the whole is had only by [`Redacted::reveal`], a word that a reviewer can search for.
#[derive(Clone, PartialEq, Eq)]
pub struct Redacted(String);

impl Redacted {
    /// Wraps personal text.
    pub fn new(text: impl Into<String>) -> Redacted {
        Redacted(text.into())
    }

    /// The whole text: for the wire and the erasable table, never for a log above DEBUG.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.0.chars().count();
        let (head, tail) = if length >= 9 { (4, 2) } else { (0, 0) };
        for (i, c) in self.0.chars().enumerate() {
            let shown = i < head || i >= length - tail;
            write!(f, "{}", if shown { c } else { '*' })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_shows_its_country_and_its_end_only() {
        assert_eq!(Redacted::new("+33612345678").to_string(), "+336******78");
        assert_eq!(Redacted::new("alice").to_string(), "*****");
        assert_eq!(format!("{:?}", Redacted::new("")), "");
    }
}
