//! `"display" <uri>;params`: From, To, Contact, Route and their kin (RFC 3261 §20.10).

use std::fmt;

use crate::text::{find_unquoted, quote, trim, unquote};
use crate::{Malformed, Params, Uri};

/// An address with its display name and the parameters of the header field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameAddr {
    /// The display name, without quotes and escapes.
    pub display: Option<String>,
    /// The address.
    pub uri: Uri,
    /// The parameters of the header field, not those of the URI.
    pub params: Params,
}

impl NameAddr {
    /// `<uri>` alone.
    pub fn new(uri: Uri) -> NameAddr {
        NameAddr { display: None, uri, params: Params::new() }
    }

    /// The `tag` parameter, when it has a value.
    pub fn tag(&self) -> Option<&str> {
        self.params.get("tag").filter(|tag| !tag.is_empty())
    }

    /// Reads one value; `what` names the header field in the error.
    ///
    /// The address is what stands in the one pair of `<>` outside quoted strings. Everything that
    /// would leave a second candidate is malformed: text between a quoted name and its bracket, a
    /// second bracket, a name that is itself a URI.
    ///
    /// # Errors
    /// Anything that leaves the address in doubt.
    pub(crate) fn parse(text: &str, what: &'static str) -> Result<NameAddr, Malformed> {
        let bad = Malformed::field(what);
        let text = trim(text);
        let Some(open) = find_unquoted(text, |byte| byte == b'<') else {
            return NameAddr::parse_bare(text, what);
        };
        let display = display_name(trim(&text[..open])).ok_or(bad.clone())?;
        let (uri, after) = text[open + 1..].split_once('>').ok_or(bad.clone())?;
        let params = match trim(after) {
            "" => "",
            after => after.strip_prefix(';').ok_or(bad)?,
        };
        let uri = Uri::parse(trim(uri)).map_err(|_| Malformed::field(what))?;
        Ok(NameAddr { display, uri, params: Params::parse(params, what)? })
    }

    /// An address without brackets: its parameters belong to the header field, and it cannot have
    /// URI headers (RFC 3261 §20.10).
    fn parse_bare(text: &str, what: &'static str) -> Result<NameAddr, Malformed> {
        let (uri, params) = text.split_once(';').unwrap_or((text, ""));
        let uri = Uri::parse(trim(uri)).map_err(|_| Malformed::field(what))?;
        if uri.sip().is_some_and(|sip| sip.headers.is_some()) {
            return Err(Malformed::field(what));
        }
        Ok(NameAddr { display: None, uri, params: Params::parse(params, what)? })
    }
}

/// The name before `<`: a quoted string, or words with any punctuation that cannot be mistaken
/// for an address. The outer `None` is malformed.
fn display_name(text: &str) -> Option<Option<String>> {
    if text.is_empty() {
        return Some(None);
    }
    if text.starts_with('"') {
        let (name, after) = unquote(text)?;
        return trim(after).is_empty().then_some(Some(name));
    }
    let scheme = text.split(':').next().unwrap_or(text);
    let is_uri = ["sip", "sips", "tel"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    if text.contains(['"', ';', '>']) || (is_uri && text.contains(':')) {
        return None;
    }
    Some(Some(text.to_owned()))
}

impl fmt::Display for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(display) = &self.display {
            write!(f, "{} ", quote(display))?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}
