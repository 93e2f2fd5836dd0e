//! The small grammar that header fields share: tokens, quoted strings, lists (RFC 3261 §25.1).

/// True for one or more token characters.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// `token` of RFC 3261 §25.1.
pub(crate) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte)
}

/// Linear white space, once folding is undone.
pub(crate) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// Removes linear white space at both ends.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// The parts of `text` between separators that stand outside quoted strings and, when asked,
/// outside `<>`. Trimmed. An unterminated quote or bracket reaches to the
/// end, so that nothing inside it can be taken for a further element.
pub(crate) fn split(text: &str, separator: u8, brackets: bool) -> Split<'_> {
    Split { rest: Some(text), separator, brackets }
}

/// See [`split`].
pub(crate) struct Split<'a> {
    rest: Option<&'a str>,
    separator: u8,
    brackets: bool,
}

impl<'a> Iterator for Split<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest?;
        let separator = self.separator;
        let mut bracketed = false;
        let brackets = self.brackets;
        let found = find_unquoted(rest, |byte| {
            if brackets && (byte == b'<' || byte == b'>') {
                bracketed = byte == b'<';
            }
            byte == separator && !bracketed
        });
        let (part, after) = match found {
            Some(at) => (&rest[..at], Some(&rest[at + 1..])),
            None => (rest, None),
        };
        self.rest = after;
        Some(trim(part))
    }
}

/// Where the first byte that `is_end` accepts stands outside quoted strings. `is_end` must accept
/// ASCII only, and sees every unquoted byte before it. Inside `<>` a quote is not special: a URI
/// has no quoted strings, and a stray one must not hide the end of the address.
pub(crate) fn find_unquoted(text: &str, mut is_end: impl FnMut(u8) -> bool) -> Option<usize> {
    let (mut quoted, mut escaped, mut bracketed) = (false, false, false);
    for (at, byte) in text.bytes().enumerate() {
        if quoted {
            if escaped {
                escaped = false;
            } else if byte == b'\\' {
                escaped = true;
            } else if byte == b'"' {
                quoted = false;
            }
            continue;
        }
        match byte {
            b'"' if !bracketed => quoted = true,
            b'<' => bracketed = true,
            b'>' => bracketed = false,
            _ => {}
        }
        if is_end(byte) {
            return Some(at);
        }
    }
    None
}

/// Splits `text`, which begins with `"`, into the inside of its quoted string, unescaped, and what
/// follows the closing quote. `None` when it never closes.
pub(crate) fn unquote(text: &str) -> Option<(String, &str)> {
    let mut inside = String::new();
    let mut chars = text.strip_prefix('"')?.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((inside, &text[at + 2..])),
            '\\' => inside.push(chars.next()?.1),
            other => inside.push(other),
        }
    }
    None
}

/// Writes `text` as a quoted string, control characters escaped. A line end has no escape and would
/// end the header field; it becomes a space.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '\r' | '\n' => quoted.push(' '),
            '"' | '\\' | '\0'..='\x1F' | '\x7F' => quoted.extend(['\\', c]),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// Digits only, at least one. A number beyond `u32` is `u32::MAX`.
pub(crate) fn digits(text: &str) -> Option<u32> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(u32::MAX))
}

/// Undoes `%41`; what is not a valid escape stays as written. Bytes that are not UTF-8 are read
/// as Latin-1.
pub(crate) fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = bytes.get(at + 1).zip(bytes.get(at + 2));
        let value = pair.and_then(|(high, low)| Some(hex(*high)? << 4 | hex(*low)?));
        match value {
            Some(value) if bytes[at] == b'%' => {
                plain.push(value);
                at += 3;
            }
            _ => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(plain)
        .unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}
