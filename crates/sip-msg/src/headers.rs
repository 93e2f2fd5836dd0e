//! Header fields in their order, as written (RFC 3261 §7.3).

use crate::text::{is_token_byte, split, trim};

/// The header fields of a message. Names are compared without case, and a compact name is the same
/// as its long one; what is printed is what was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<Header>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Header {
    name: String,
    value: String,
    /// The value came as Latin-1 and goes back as Latin-1.
    latin1: bool,
}

impl Headers {
    /// No header fields.
    pub fn new() -> Headers {
        Headers::default()
    }

    /// The value of the first field of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The values of all fields of this name, in their order; lists are not split.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let long = long_name(name);
        self.0.iter().filter(move |header| header.is(long)).map(|header| header.value.as_str())
    }

    /// The elements of a comma-separated field, over all fields of this name. A comma inside a
    /// quoted string or `<>` does not separate. Empty elements are skipped.
    pub fn list<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.all(name).flat_map(|value| split(value, b',', true)).filter(|part| !part.is_empty())
    }

    /// Appends a field.
    pub fn push(&mut self, name: &str, value: impl AsRef<str>) {
        self.0.push(Header::new(name, value.as_ref()));
    }

    /// Puts a field before all others.
    pub fn push_front(&mut self, name: &str, value: impl AsRef<str>) {
        self.0.insert(0, Header::new(name, value.as_ref()));
    }

    /// Replaces the first field of this name in its place and removes the others, or appends it.
    pub fn set(&mut self, name: &str, value: impl AsRef<str>) {
        let new = Header::new(name, value.as_ref());
        let long = long_name(name);
        match self.0.iter().position(|header| header.is(long)) {
            Some(first) => {
                self.remove(name);
                self.0.insert(first, new);
            }
            None => self.0.push(new),
        }
    }

    /// Removes all fields of this name.
    pub fn remove(&mut self, name: &str) {
        let long = long_name(name);
        self.0.retain(|header| !header.is(long));
    }

    /// Removes the first field of this name and gives its value.
    pub fn remove_first(&mut self, name: &str) -> Option<String> {
        let long = long_name(name);
        let at = self.0.iter().position(|header| header.is(long))?;
        Some(self.0.remove(at).value)
    }

    /// Appends every field of this name that `other` has.
    pub fn copy(&mut self, name: &str, other: &Headers) {
        let long = long_name(name);
        self.0.extend(other.0.iter().filter(|header| header.is(long)).cloned());
    }

    /// Names and values, as written.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|header| (header.name.as_str(), header.value.as_str()))
    }

    /// How many fields.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Replaces the first element of the Via list and leaves the rest as written.
    pub fn replace_top_via(&mut self, via: &crate::Via) {
        let Some(header) = self.0.iter_mut().find(|header| header.is("Via")) else {
            self.push_front("Via", via.to_string());
            return;
        };
        let mut parts = split(&header.value, b',', true).filter(|part| !part.is_empty());
        parts.next();
        let rest: Vec<&str> = parts.collect();
        let mut value = via.to_string();
        for part in rest {
            value.push_str(", ");
            value.push_str(part);
        }
        header.value = value;
    }

    /// Adds a tag to To unless it has one (RFC 3261 §8.2.6.2). The rest stays as written.
    pub fn add_to_tag(&mut self, tag: &str) {
        if matches!(self.to(), Ok(Some(to)) if to.params.has("tag")) {
            return;
        }
        if let Some(header) = self.0.iter_mut().find(|header| header.is("To")) {
            let kept = header.value.trim_end_matches([' ', '\t', ';']).len();
            header.value.truncate(kept);
            header.value.push_str(";tag=");
            header.value.push_str(tag);
        }
    }

    /// A field read from the wire: UTF-8, or else Latin-1.
    pub(crate) fn push_bytes(&mut self, name: &str, value: Vec<u8>) {
        let (value, latin1) = match String::from_utf8(value) {
            Ok(value) => (value, false),
            Err(error) => (error.into_bytes().into_iter().map(char::from).collect(), true),
        };
        self.0.push(Header { name: name.to_owned(), value, latin1 });
    }

    /// Prints all fields but Content-Length.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        for header in self.0.iter().filter(|header| !header.is("Content-Length")) {
            out.extend_from_slice(header.name.as_bytes());
            out.extend_from_slice(b": ");
            match header.latin1 {
                true => out.extend(header.value.chars().map(latin1_byte)),
                false => out.extend_from_slice(header.value.as_bytes()),
            }
            out.extend_from_slice(b"\r\n");
        }
    }
}

impl Header {
    /// A field of ours. A line end in it would begin a field that nobody asked for: it becomes a
    /// space, and a name keeps only its token characters.
    fn new(name: &str, value: &str) -> Header {
        let name = name.chars().filter(|c| c.is_ascii() && is_token_byte(*c as u8)).collect();
        let value = trim(value).replace(['\r', '\n'], " ");
        Header { name, value, latin1: false }
    }

    /// `long` must be a long name.
    fn is(&self, long: &str) -> bool {
        long_name(&self.name).eq_ignore_ascii_case(long)
    }
}

/// A character of a Latin-1 value. What was edited in since and does not fit is a question mark.
fn latin1_byte(c: char) -> u8 {
    u8::try_from(u32::from(c)).unwrap_or(b'?')
}

/// The long form of a compact name (RFC 3261 §7.3.3 and the IANA registry); other names as given.
pub(crate) fn long_name(name: &str) -> &str {
    let [letter] = name.as_bytes() else { return name };
    match letter.to_ascii_lowercase() {
        b'a' => "Accept-Contact",
        b'b' => "Referred-By",
        b'c' => "Content-Type",
        b'd' => "Request-Disposition",
        b'e' => "Content-Encoding",
        b'f' => "From",
        b'i' => "Call-ID",
        b'j' => "Reject-Contact",
        b'k' => "Supported",
        b'l' => "Content-Length",
        b'm' => "Contact",
        b'n' => "Identity-Info",
        b'o' => "Event",
        b'r' => "Refer-To",
        b's' => "Subject",
        b't' => "To",
        b'u' => "Allow-Events",
        b'v' => "Via",
        b'x' => "Session-Expires",
        b'y' => "Identity",
        _ => name,
    }
}
