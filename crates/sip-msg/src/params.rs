//! `;name=value` lists, of header fields and of URIs.

use std::fmt;

use crate::Malformed;
use crate::text::{find_unquoted, split, trim};

/// Parameters in their order. Names are compared without case; values are kept as written, a
/// quoted string with its quotes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, Option<String>)>);

impl Params {
    /// No parameters.
    pub fn new() -> Params {
        Params::default()
    }

    /// The value of the first parameter of this name; empty when it has none (`;lr`).
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value.as_deref().unwrap_or(""))
    }

    /// True when the parameter is there, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Replaces the first parameter of this name in its place, or appends it.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        let value = value.map(str::to_owned);
        match self.0.iter_mut().find(|(key, _)| key.eq_ignore_ascii_case(name)) {
            Some(param) => param.1 = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Removes every parameter of this name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    }

    /// Names and values in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_deref()))
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads `a=1;b;c="x;y"`, without the leading semicolon. Empty ones are skipped: a trailing
    /// `;` is common and means nothing.
    pub(crate) fn parse(text: &str, what: &'static str) -> Result<Params, Malformed> {
        let mut params = Params::new();
        for part in split(text, b';', false).filter(|part| !part.is_empty()) {
            let equals = find_unquoted(part, |byte| byte == b'=');
            let (name, value) = match equals {
                Some(at) => (trim(&part[..at]), Some(trim(&part[at + 1..]))),
                None => (part, None),
            };
            if name.is_empty() || name.contains([' ', '\t', '"', '<', '>', ',']) {
                return Err(Malformed::field(what));
            }
            if value.is_some_and(|value| !is_value(value)) {
                return Err(Malformed::field(what));
            }
            params.0.push((name.to_owned(), value.map(str::to_owned)));
        }
        Ok(params)
    }
}

/// One quoted string that closes, or text without quotes.
fn is_value(value: &str) -> bool {
    match value.starts_with('"') {
        true => crate::text::unquote(value).is_some_and(|(_, rest)| rest.is_empty()),
        false => !value.contains('"'),
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.0 {
            match value {
                Some(value) => write!(f, ";{name}={value}")?,
                None => write!(f, ";{name}")?,
            }
        }
        Ok(())
    }
}
