//! Whom an agent may hand a conversation on to.
//!
//! A REFER makes us call somebody at the line's cost, so that nothing is allowed but what the
//! settings name: other agents of ours, numbers that begin as `[transfer] numbers` says, phones in
//! `[transfer] networks`.

use std::net::SocketAddr;

use model::{AgentName, E164, LineName, OfferId};
use queue::Work;
use sip::{Hop, Invited, Referred};
use sip_msg::Uri;

use crate::dial::{agent_dial, number_dial, phone_dial, phones};
use crate::leg::{Dial, Phone};
use crate::switchboard::Switchboard;
use crate::ways::Way;
use crate::{Agent, Line, Settings};

/// Whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whom {
    /// Another agent of ours.
    Agent(AgentName),
    /// A telephone, through the trunk of this line.
    Number { line: LineName, number: E164 },
    /// A phone by its address.
    Phone { next_hop: Hop },
}

/// Whom the agent means, when that is allowed.
pub(crate) fn whom(
    board: &Switchboard,
    from: &AgentName,
    line: Option<&LineName>,
    referred: &Referred,
) -> Option<Whom> {
    let settings = &*board.settings;
    let uri = Uri::parse(&referred.target).ok()?;
    let next_hop = settings.sip.hop_to(&uri);
    if let Some(agent) = agent(board, next_hop, referred.number.as_deref()) {
        let allowed = settings.transfer.agents && agent != *from;
        return allowed.then_some(Whom::Agent(agent));
    }
    if let Some(next_hop) = next_hop
        && settings.transfer.networks.iter().any(|range| range.covers(next_hop.peer))
    {
        return Some(Whom::Phone { next_hop });
    }
    number(settings, line?, &uri, next_hop, referred.number.as_deref()?)
}

/// Who wants to take an agent's place, when that is allowed: as if the agent had sent us there.
pub(crate) fn caller(board: &Switchboard, from: &AgentName, invited: &Invited) -> Option<Whom> {
    let settings = &*board.settings;
    let source = invited.source;
    if let Some(agent) = agent_at(board, source.peer, invited.parties.from.as_deref()) {
        let allowed = settings.transfer.agents && agent != *from;
        return allowed.then_some(Whom::Agent(agent));
    }
    let covers = |range: &sip::Source| range.covers(source.peer);
    let allowed = settings.transfer.networks.iter().any(covers);
    allowed.then_some(Whom::Phone { next_hop: source })
}

/// The agent whose phone is there. Several agents may share an address, behind a PBX: then the user
/// must say which.
fn agent_at(board: &Switchboard, there: SocketAddr, user: Option<&str>) -> Option<AgentName> {
    let at = |agent: &&Agent| phones(board, agent).iter().any(|phone| is_at(board, phone, there));
    let mut here = board.settings.agents.iter().filter(at);
    let named = |agent: &&Agent| is_named(board, agent, user);
    let found = here.clone().find(named).or_else(|| here.next().filter(|_| here.next().is_none()));
    found.map(|agent| agent.name.clone())
}

/// Whether a phone is at an address: where we reach it, or where it says that it is, which differs
/// behind an address translator.
fn is_at(board: &Switchboard, phone: &Phone, there: SocketAddr) -> bool {
    let says = || board.settings.sip.hop_to(&Uri::parse(&phone.target).ok()?);
    phone.next_hop.peer == there || says().is_some_and(|hop| hop.peer == there)
}

/// Whether `user` is the user of one of the agent's phones.
fn is_named(board: &Switchboard, agent: &Agent, user: Option<&str>) -> bool {
    let own = |phone: &Phone| Uri::parse(&phone.target).ok().and_then(|uri| uri.number());
    user.is_some() && phones(board, agent).iter().any(|phone| own(phone).as_deref() == user)
}

/// The agent whom the URI names: by the address of the phone, or by name or user at an address of
/// ours.
fn agent(board: &Switchboard, next_hop: Option<Hop>, user: Option<&str>) -> Option<AgentName> {
    let there = next_hop.and_then(|hop| agent_at(board, hop.peer, user));
    if there.is_some() || !is_ours(&board.settings, next_hop) {
        return there;
    }
    let name = user?;
    let named = |agent: &&Agent| {
        agent.name.as_str().eq_ignore_ascii_case(name) || is_named(board, agent, user)
    };
    board.settings.agents.iter().find(named).map(|agent| agent.name.clone())
}

fn is_ours(settings: &Settings, next_hop: Option<Hop>) -> bool {
    let local = |peer| settings.sip.listeners.iter().any(|listener| listener.local == peer);
    next_hop.is_some_and(|hop| local(hop.peer))
}

/// The number, read as the trunk of the line writes numbers: at our own address, at the trunk's, or
/// as `tel:`.
fn number(
    settings: &Settings,
    line: &LineName,
    uri: &Uri,
    next_hop: Option<Hop>,
    user: &str,
) -> Option<Whom> {
    let line: &Line = settings.lines.iter().find(|setting| setting.name == *line)?;
    let trunk = settings.trunks.iter().find(|trunk| trunk.name == line.trunk)?;
    let at_trunk = next_hop
        .is_some_and(|hop| trunk.targets.iter().any(|target| target.address() == Some(hop.peer)));
    let telephone = matches!(uri, Uri::Tel(_)) || at_trunk || is_ours(settings, next_hop);
    let number = trunk.format.read(user).ok().filter(|_| telephone)?;
    let digits = number.reveal();
    let allowed = settings.transfer.numbers.iter().any(|prefix| digits.starts_with(&**prefix));
    allowed.then(|| Whom::Number { line: line.name.clone(), number })
}

/// The INVITE to them; to a telephone by the first of `ways`. None when the line has no number to
/// show, the agent no phone, and the trunk no way.
pub(crate) fn dial(
    board: &mut Switchboard,
    whom: &Whom,
    ways: &[Way],
    (offer, work, line): (OfferId, &Work, Option<&LineName>),
    referred: &Referred,
) -> Option<Dial> {
    let mut dial = match whom {
        Whom::Agent(agent) => {
            let dial = agent_dial(board, offer, agent, work, line)?;
            if referred.replaces.is_some() { to_one_phone(board, dial, referred) } else { dial }
        }
        Whom::Number { line, number } => {
            let mut dial = number_dial(board, offer, line, number, ways)?;
            if let Some(digits) = post_dial(&referred.target) {
                dial.speech.digits = digits;
            }
            dial
        }
        Whom::Phone { next_hop } => phone_dial(board, offer, &referred.target, *next_hop, work),
    };
    if let Some(replaces) = &referred.replaces {
        dial.headers.push(("Replaces".to_owned(), replaces.clone()));
        dial.headers.push(("Require".to_owned(), "replaces".to_owned()));
    }
    if let Some(by) = &referred.by {
        dial.headers.push(("Referred-By".to_owned(), by.clone()));
    }
    Some(dial)
}

/// What the URI of a telephone wants pressed after the answer: its `postd` (RFC 2806 §2.2, which
/// RFC 3966 left out and phones still write), also in the user part of a SIP URI.
fn post_dial(uri: &str) -> Option<media::Digits> {
    let (_, after) = uri.split_once(";postd=")?;
    let text = after.split([';', '@', '?', '>']).next()?.replace("%23", "#");
    media::Digits::parse(&text).ok().filter(|digits| !digits.is_empty())
}

/// An attended transfer must reach the very phone that has the dialog, at the URI by which it is
/// known there.
fn to_one_phone(board: &Switchboard, mut dial: Dial, referred: &Referred) -> Dial {
    let there = Uri::parse(&referred.target).ok().and_then(|uri| board.settings.sip.hop_to(&uri));
    let Dial { target, next_hop, at_source, .. } = dial.clone();
    let first = Phone { target, next_hop, at_source };
    let mut all = std::iter::once(first).chain(std::mem::take(&mut dial.others));
    let meant = |phone: &Phone| there.is_some_and(|there| is_at(board, phone, there.peer));
    if let Some(phone) = all.find(meant) {
        dial.target = if phone.at_source { phone.target } else { referred.target.clone() };
        (dial.next_hop, dial.at_source) = (phone.next_hop, phone.at_source);
    }
    dial
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_number_wants_pressed_stands_in_its_postd() {
        let digits = |text| media::Digits::parse(text).ok();
        for (uri, wanted) in [
            ("tel:+33123456789;postd=pp22", digits("pp22")),
            ("sip:+33123456789;postd=12%23@192.0.2.1;user=phone", digits("12#")),
            ("sip:+33123456789@192.0.2.1", None),
            ("tel:+33123456789;postd=", None),
            ("tel:+33123456789;postd=call-me", None),
        ] {
            assert_eq!(post_dial(uri), wanted, "{uri}");
        }
    }
}
