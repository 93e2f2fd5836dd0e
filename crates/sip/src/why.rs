//! Why a call ends (the Reason header, RFC 3326; in answers, RFC 6432): what we say, and what a
//! peer says.

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

/// Why, as a peer says: the first value of its Reason headers that is of SIP or of Q.850. Our own
/// words, whatever the peer's are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A status, 0 to 999.
    Sip(u16),
    /// A cause of Q.850: 17 busy, 34 no circuit, …; 0 to 999 on the wire, 127 at most by right.
    Q850(u16),
}

impl Cause {
    pub(crate) fn of(headers: &Headers) -> Option<Cause> {
        headers.list(HEADER).find_map(|value| {
            let mut parts = value.split(';').map(str::trim);
            let cause = match parts.next()? {
                name if name.eq_ignore_ascii_case("SIP") => Cause::Sip,
                name if name.eq_ignore_ascii_case("Q.850") => Cause::Q850,
                _ => return None,
            };
            let mut pairs = parts.filter_map(|part| part.split_once('='));
            let (_, code) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("cause"))?;
            code.trim().parse().ok().filter(|code| *code < 1_000).map(cause)
        })
    }
}

/// The cause that a message names, as a ladder shows it behind the message: ` (Q.850 19)`. An
/// ordinary end is not worth a word.
pub(crate) fn shown(headers: &Headers) -> String {
    match Cause::of(headers) {
        None | Some(Cause::Q850(16)) => String::new(),
        Some(Cause::Sip(status)) => format!(" (SIP {status})"),
        Some(Cause::Q850(cause)) => format!(" (Q.850 {cause})"),
    }
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
