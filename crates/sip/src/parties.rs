//! Who calls whom, by the headers of an INVITE: the caller as named by From and by whoever asserts
//! it, the wish not to be named (RFC 3323, RFC 3325 §9.3), and the numbers that the call was sent
//! to before it came to us (RFC 5806, RFC 7315 §5.2).
//!
//! Nothing here decides whom to believe: that is the trunk's setting, and the engine's to apply.

use sip_msg::{Headers, Uri};

use crate::limits;

/// What an INVITE says of its parties. All of it is the peer's word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parties {
    /// The user part of the From URI (or the number of a `tel:` URI), unescaped.
    pub from: Option<String>,
    /// The same of P-Asserted-Identity (RFC 3325), when present and well-formed.
    pub asserted: Option<String>,
    /// The caller wants to stay unnamed: Privacy asks for it (`id` or `user`), or From is
    /// anonymous (RFC 3323 §4.1.1.3). What From says is then nobody's number.
    pub private: bool,
    /// The Contact URI, as written.
    pub contact: Option<String>,
    /// The user part of the To URI.
    pub to: Option<String>,
    /// The user part of P-Called-Party-ID (RFC 7315 §4.2).
    pub called_party: Option<String>,
    /// The users from whom the call was diverted, the first one dialled first: Diversion names them
    /// the other way round (RFC 5806 §5). At most [`limits::DIVERSIONS_MAX`], the latest left out.
    pub diverted: Vec<String>,
}

impl Parties {
    /// Reads the headers; what is malformed counts as absent.
    pub(crate) fn of(headers: &Headers) -> Parties {
        let from = headers.from().ok().flatten();
        let to = headers.to().ok().flatten();
        let contact = headers.contact().ok().flatten();
        let asserted = headers.asserted_identity().unwrap_or_default();
        let called = headers.called_party().ok().flatten();
        let mut diverted: Vec<String> = headers
            .diversions()
            .unwrap_or_default()
            .iter()
            .filter_map(|one| one.uri.number())
            .collect();
        diverted.reverse();
        diverted.truncate(limits::DIVERSIONS_MAX);
        let anonymous = from.as_ref().is_some_and(|from| is_anonymous(&from.uri));
        Parties {
            private: anonymous || wants_privacy(headers),
            from: from.and_then(|from| from.uri.number()),
            asserted: asserted.iter().find_map(|one| one.uri.number()),
            contact: contact.map(|contact| contact.uri.to_string()),
            to: to.and_then(|to| to.uri.number()),
            called_party: called.and_then(|called| called.uri.number()),
            diverted,
        }
    }
}

/// True when Privacy asks that the caller is not named. `header` and `session` hide the way and the
/// media, `none` asks for the opposite.
fn wants_privacy(headers: &Headers) -> bool {
    let values = headers.all("Privacy").flat_map(|text| text.split([';', ',']));
    values.map(str::trim).any(|wish| ["id", "user"].iter().any(|w| wish.eq_ignore_ascii_case(w)))
}

fn is_anonymous(uri: &Uri) -> bool {
    let user = uri.number().is_some_and(|user| user.eq_ignore_ascii_case("anonymous"));
    user || uri.host().is_some_and(|host| host.eq_ignore_ascii_case("anonymous.invalid"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parties(lines: &[&str]) -> Parties {
        let mut headers = Headers::new();
        for line in lines {
            let (name, value) = line.split_once(": ").expect("a header");
            headers.push(name, value);
        }
        Parties::of(&headers)
    }

    #[test]
    fn a_caller_is_private_by_privacy_or_by_an_anonymous_from() {
        let plain = "From: <sip:+331@carrier>;tag=a";
        let cases: [(&[&str], bool); 9] = [
            (&[plain], false),
            (&[plain, "Privacy: none"], false),
            (&[plain, "Privacy: header;session"], false),
            (&[plain, "Privacy: id"], true),
            (&[plain, "Privacy: header; ID;critical"], true),
            (&[plain, "Privacy: user"], true),
            (&["From: Anonymous <sip:c8oqz84zk7z@anonymous.invalid>;tag=a"], true),
            (&["From: \"Restricted\" <sip:anonymous@carrier>;tag=a"], true),
            (&["From: \"anonymous\" <sip:+331@carrier>;tag=a"], false),
        ];
        for (lines, private) in cases {
            assert_eq!(parties(lines).private, private, "{lines:?}");
        }
    }

    #[test]
    fn the_first_number_that_was_dialled_is_the_first_of_the_diverted() {
        let read = parties(&[
            "To: <sip:+331@carrier>",
            "Diversion: <sip:+333@pbx>;reason=unconditional;counter=1, \"a, b\" <tel:+332>",
            "Diversion: <sip:+331;npdi@pbx>;reason=user-busy",
            "P-Called-Party-ID: <sip:+334@carrier>",
        ]);
        assert_eq!(read.diverted, ["+331", "+332", "+333"]);
        assert_eq!(read.to.as_deref(), Some("+331"));
        assert_eq!(read.called_party.as_deref(), Some("+334"));
    }

    #[test]
    fn a_long_story_of_diversions_keeps_its_beginning() {
        let one = |n: usize| format!("<sip:{n}@pbx>");
        let story: Vec<String> = (0..2 * limits::DIVERSIONS_MAX).map(one).collect();
        let read = parties(&[&format!("Diversion: {}", story.join(", "))]);
        assert_eq!(read.diverted.len(), limits::DIVERSIONS_MAX);
        assert_eq!(read.diverted[0], (2 * limits::DIVERSIONS_MAX - 1).to_string());
        assert!(parties(&["Diversion: <sip:broken"]).diverted.is_empty());
    }
}
