//! Who called, and which line: what an INVITE says, by the rules of the trunk that it came from.

use model::E164;
use sip::{Invited, Parties};

use crate::{CallerIdentity, DialledFrom, Line, Settings, Trunk};

fn trunk_of<'a>(settings: &'a Settings, invited: &Invited) -> Option<&'a Trunk> {
    settings.trunks.iter().find(|trunk| Some(&trunk.name) == invited.peer.as_ref())
}

/// The line that was called, if any: by the header that the trunk names, and by the Request-URI
/// where that header is absent or names none of our lines. A line of one's own goes before the one
/// that takes every number.
pub(crate) fn find_line<'a>(settings: &'a Settings, invited: &Invited) -> Option<&'a Line> {
    let trunk = trunk_of(settings, invited)?;
    let mut dialled = dialled(trunk, &invited.parties, invited.dialled.as_deref());
    let any = |line: &&Line| line.numbers.iter().any(|number| number == "*");
    let exact = dialled.find_map(|user| line_of(settings, trunk, user));
    exact.or_else(|| settings.lines.iter().find(any))
}

/// The users that may name the line, the best one first.
fn dialled<'a>(
    trunk: &Trunk,
    parties: &'a Parties,
    request_uri: Option<&'a str>,
) -> impl Iterator<Item = &'a str> {
    let named: Vec<&str> = match trunk.dialled_from {
        DialledFrom::RequestUri => Vec::new(),
        DialledFrom::To => parties.to.as_deref().into_iter().collect(),
        DialledFrom::CalledParty => parties.called_party.as_deref().into_iter().collect(),
        DialledFrom::Diversion => parties.diverted.iter().map(String::as_str).collect(),
    };
    named.into_iter().chain(request_uri)
}

/// The line whose number `user` is, written as the trunk writes it or otherwise.
fn line_of<'a>(settings: &'a Settings, trunk: &Trunk, user: &str) -> Option<&'a Line> {
    let as_number = trunk.format.read(user).ok();
    let means = |number: &String| {
        number == user || (as_number.is_some() && E164::parse(number).ok() == as_number)
    };
    settings.lines.iter().find(|line| line.numbers.iter().any(means))
}

/// The caller's number by the trunk's rule of identity and format, when it is a number.
pub(crate) fn caller_number(settings: &Settings, invited: &Invited) -> Option<E164> {
    number_of(trunk_of(settings, invited)?, &invited.parties)
}

/// What a trusted trunk asserts is meant for us (RFC 3325 §7), also where the caller wants to stay
/// unnamed before others; From of such a caller is nobody's number.
fn number_of(trunk: &Trunk, parties: &Parties) -> Option<E164> {
    let from = parties.from.as_ref().filter(|_| !parties.private);
    let user = match trunk.identity {
        CallerIdentity::AssertedElseFrom => parties.asserted.as_ref().or(from),
        CallerIdentity::From => from,
    };
    trunk.format.read(user?).ok()
}

#[cfg(test)]
mod tests {
    use model::NumberFormat;

    use super::*;

    fn trunk(identity: CallerIdentity, dialled_from: DialledFrom) -> Trunk {
        let address = "198.51.100.7:5060".parse().expect("an address");
        Trunk { identity, dialled_from, ..Trunk::new("carrier".into(), address) }
    }

    fn user(text: &str) -> Option<String> {
        (!text.is_empty()).then(|| text.to_owned())
    }

    #[test]
    fn a_caller_is_whom_a_trusted_trunk_names_and_else_nobody_when_private() {
        use CallerIdentity::{AssertedElseFrom, From};
        let (ada, bob) = ("+33612345678", "+33698765432");
        // The trust, From, what is asserted, private or not, and whom we know.
        let table = [
            (From, ada, "", false, Some(ada)),
            (From, ada, bob, false, Some(ada)),
            (AssertedElseFrom, ada, bob, false, Some(bob)),
            (AssertedElseFrom, ada, "", false, Some(ada)),
            (AssertedElseFrom, "alice", "", false, None),
            (AssertedElseFrom, ada, "", true, None),
            (AssertedElseFrom, "anonymous", bob, true, Some(bob)),
            (From, ada, bob, true, None),
            (From, ada, "", true, None),
        ];
        for (identity, from, asserted, private, wanted) in table {
            let trunk = trunk(identity, DialledFrom::RequestUri);
            let (from, asserted) = (user(from), user(asserted));
            let parties = Parties { from, asserted, private, ..Parties::default() };
            let known = number_of(&trunk, &parties).map(|number| number.reveal());
            assert_eq!(known.as_deref(), wanted, "{identity:?} {parties:?}");
        }
    }

    #[test]
    fn the_dialled_number_is_looked_for_where_the_trunk_says() {
        let parties = Parties {
            to: user("+331"),
            called_party: user("+332"),
            diverted: vec!["+333".into(), "+334".into()],
            ..Parties::default()
        };
        let cases: [(DialledFrom, &[&str]); 4] = [
            (DialledFrom::RequestUri, &["+330"]),
            (DialledFrom::To, &["+331", "+330"]),
            (DialledFrom::CalledParty, &["+332", "+330"]),
            (DialledFrom::Diversion, &["+333", "+334", "+330"]),
        ];
        for (dialled_from, wanted) in cases {
            let trunk = trunk(CallerIdentity::From, dialled_from);
            let found: Vec<&str> = dialled(&trunk, &parties, Some("+330")).collect();
            assert_eq!(found, wanted);
            let none = Parties::default();
            assert_eq!(dialled(&trunk, &none, Some("+330")).collect::<Vec<_>>(), ["+330"]);
        }
    }

    #[test]
    fn numbers_are_read_in_the_format_of_the_trunk() {
        let trunk = Trunk {
            format: NumberFormat::DoubleZero,
            ..trunk(CallerIdentity::From, DialledFrom::RequestUri)
        };
        let parties = Parties { from: user("0033612345678"), ..Parties::default() };
        assert_eq!(number_of(&trunk, &parties), E164::parse("+33612345678").ok());
    }
}
