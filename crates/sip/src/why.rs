//! Why a call ends (the Reason header, RFC 3326): what we say, and what a peer says, for ladders
//! and never for decisions.

use sip_msg::Headers;

use crate::Ended;

/// The header.
pub(crate) const HEADER: &str = "Reason";

/// What a phone hears whose call another phone has taken.
pub(crate) const ELSEWHERE: &str = "SIP;cause=200;text=\"Call completed elsewhere\"";

/// What our BYE or CANCEL says of a session that ends so: a cause of Q.850.
pub(crate) fn of(how: Ended) -> &'static str {
    match how {
        Ended::ByUs => "Q.850;cause=16;text=\"Normal call clearing\"",
        Ended::NoAnswer => "Q.850;cause=19;text=\"No answer from user\"",
        Ended::Unreachable | Ended::Expired => "Q.850;cause=102;text=\"Recovery on timer expiry\"",
        Ended::ByPeer | Ended::Cancelled | Ended::Refused { .. } => {
            "Q.850;cause=31;text=\"Normal, unspecified\""
        }
    }
}

/// The cause that a message names, as a ladder shows it behind the message: ` (Q.850 19)`. The
/// first that is of SIP or Q.850; our own words, whatever the peer's are. An ordinary end is not
/// worth a word.
pub(crate) fn shown(headers: &Headers) -> String {
    for value in headers.list(HEADER) {
        let mut parts = value.split(';').map(str::trim);
        let protocol = match parts.next() {
            Some(protocol) if protocol.eq_ignore_ascii_case("SIP") => "SIP",
            Some(protocol) if protocol.eq_ignore_ascii_case("Q.850") => "Q.850",
            Some(_) | None => continue,
        };
        let mut pairs = parts.filter_map(|part| part.split_once('='));
        let cause = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("cause"));
        let code = cause.and_then(|(_, code)| code.trim().parse::<u16>().ok());
        match (protocol, code.filter(|&code| code < 1_000)) {
            (_, None) => {}
            ("Q.850", Some(16)) => return String::new(),
            (_, Some(code)) => return format!(" ({protocol} {code})"),
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(value: &str) -> String {
        let mut headers = Headers::new();
        headers.push(HEADER, value);
        shown(&headers)
    }

    #[test]
    fn the_first_cause_that_we_know_is_shown() {
        assert_eq!(said("Q.850;cause=19;text=\"No answer; really\""), " (Q.850 19)");
        assert_eq!(said("Preemption;cause=1, sip ; cause = 486"), " (SIP 486)");
        assert_eq!(said(ELSEWHERE), " (SIP 200)");
        for nothing in ["Q.850;cause=16", "Q.850", "SIP;cause=alice", "SIP;cause=99999", ""] {
            assert_eq!(said(nothing), "", "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn nothing_of_a_peers_words_is_shown(value in ".{0,60}") {
            prop_assert!(said(&value).len() <= " (Q.850 999)".len());
        }
    }
}
