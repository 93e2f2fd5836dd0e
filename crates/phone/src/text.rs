//! Reading header values as literal text, where rsip's typed views are missing or wrong.
//!
//! Small and lenient: the phone wants to know who called and where to send, and never refuses a
//! message because of a header that it does not need.

use std::net::SocketAddr;

/// The URI of a `name-addr` or `addr-spec` value (RFC 3261 §20.10).
pub fn uri_of(value: &str) -> &str {
    let rest = after_display(value);
    match rest.split_once('<') {
        Some((_, inner)) => inner.split('>').next().unwrap_or(inner).trim(),
        None => rest.split([';', ',']).next().unwrap_or(rest).trim(),
    }
}

/// The value of a header parameter: `tag` of From and To, `branch` of Via.
pub fn param_of<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    let rest = after_display(value);
    let params = rest.split_once('>').map_or(rest, |(_, params)| params);
    params.split(';').skip(1).find_map(|param| {
        let (key, text) = param.split_once('=').unwrap_or((param, ""));
        key.trim().eq_ignore_ascii_case(name).then(|| text.trim())
    })
}

/// What follows a quoted display name, so that nothing inside the quotes is taken for a URI.
fn after_display(value: &str) -> &str {
    let trimmed = value.trim_start();
    if !trimmed.starts_with('"') {
        return trimmed;
    }
    let mut escaped = false;
    for (at, c) in trimmed.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return &trimmed[at + 1..],
            _ => {}
        }
    }
    ""
}

/// The first of a comma-separated list: the top Via of a line that holds several.
pub fn first_of(value: &str) -> &str {
    let mut quoted = false;
    for (at, c) in value.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => return &value[..at],
            _ => {}
        }
    }
    value
}

/// Each of a comma-separated list of routes.
pub fn list_of(value: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut rest = value;
    while !rest.trim().is_empty() {
        let item = first_of(rest);
        items.push(item.trim().to_owned());
        rest = rest.get(item.len() + 1..).unwrap_or("");
    }
    items
}

/// The user part of a SIP URI or the number of a `tel:` URI, with `%hh` undone.
pub fn user_of(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once(':')?;
    let user = if scheme.eq_ignore_ascii_case("tel") {
        rest.split(';').next()?
    } else {
        let (user, _) = rest.split_once('@')?;
        user.split([':', ';']).next()?
    };
    Some(unescape(user))
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match (first, hex.and_then(|two| u8::from_str_radix(two, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The address of a SIP URI whose host is a number; port 5060 when it has none. `None` for names:
/// the phone has no resolver and uses the next hop it was told.
pub fn address_of(uri: &str) -> Option<SocketAddr> {
    let (_, rest) = uri.split_once(':')?;
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let host = host.split([';', '?', '>']).next()?.trim();
    host.parse().ok().or_else(|| {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        Some(SocketAddr::new(bare.parse().ok()?, 5060))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_quoted_name_cannot_forge_the_uri() {
        let value = r#""x \" <sip:evil@h>" <sip:good@127.0.0.1:5062;lr>;tag=a"#;
        assert_eq!(uri_of(value), "sip:good@127.0.0.1:5062;lr");
        assert_eq!(param_of(value, "tag"), Some("a"));
        assert_eq!(user_of(uri_of(value)).as_deref(), Some("good"));
        assert_eq!(address_of(uri_of(value)), Some("127.0.0.1:5062".parse().unwrap()));
    }

    #[test]
    fn the_shapes_of_uris_that_rsip_refuses_are_read() {
        assert_eq!(user_of("tel:+33612345678;phone-context=x").as_deref(), Some("+33612345678"));
        assert_eq!(user_of("sip:first.last@host").as_deref(), Some("first.last"));
        assert_eq!(user_of("sip:%2B33:secret@host").as_deref(), Some("+33"));
        assert_eq!(address_of("sip:a@[::1]:5070"), Some("[::1]:5070".parse().unwrap()));
        assert_eq!(address_of("sip:a@[::1];lr"), Some("[::1]:5060".parse().unwrap()));
        assert_eq!(address_of("sip:a@example.com"), None);
        assert_eq!(param_of("SIP/2.0/UDP h;rport;branch=z9hG4bKx", "branch"), Some("z9hG4bKx"));
        assert_eq!(list_of("<sip:a;lr>, <sip:b;lr>"), ["<sip:a;lr>", "<sip:b;lr>"]);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,60}") {
            let uri = uri_of(&text);
            let _ = (user_of(uri), address_of(uri), param_of(&text, "tag"));
            let _ = (list_of(&text), first_of(&text));
        }

        #[test]
        fn no_text_of_the_right_characters_panics(text in r#"[",<>;:@%\\a0é]{0,40}"#) {
            let uri = uri_of(&text);
            let _ = (user_of(uri), address_of(uri), param_of(&text, "tag"), list_of(&text));
        }
    }
}
