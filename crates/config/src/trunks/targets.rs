//! Where a trunk takes our calls: `address`, or several `targets`; and how they are watched.

use std::net::SocketAddr;
use std::time::Duration;

use engine::{Probing, TrunkTarget};
use sip::locate::Target;
use sip::{ListenerId, Transport};

use crate::basics::Network;
use crate::finding::Findings;
use crate::listeners::TRANSPORTS;
use crate::section::{At, Section, shown};
use crate::value::{self, Mistake};

/// Most targets of one trunk.
pub const TARGETS_MAX: usize = 16;

const EXPECTED: &str = "an address or a host name, such as \"sip.carrier.example\"";

/// Every target that could be read, and the listener by which the first address is reached.
/// `transport` is that of targets that say none.
pub(crate) fn read(
    section: &Section<'_>,
    transport: Transport,
    network: &Network,
    found: &mut Findings,
) -> (Vec<At<TrunkTarget>>, Option<ListenerId>) {
    let targets = match section.texts("targets", found) {
        Some(list) => several(section, transport, list, found),
        None => address(section, transport, found).into_iter().collect(),
    };
    let mut listener = None;
    for at in &targets {
        let Some(address) = at.value.address() else { continue };
        let place = At { value: address, span: at.span.clone() };
        if address.ip().is_unspecified() {
            let problem = format!("`address` is {}, which is no address", address.ip());
            let expected = "an IP address and a port, such as \"203.0.113.7:5060\"";
            let hint = "write the address that your carrier or PBX gave you";
            found.error(&at.span, problem, expected, hint);
            continue;
        }
        let own = at.value.at.transport.unwrap_or(transport);
        listener = listener.or(network.listeners.by(section, own, &place, found));
    }
    (targets, listener)
}

fn several(
    section: &Section<'_>,
    transport: Transport,
    list: At<Vec<At<&str>>>,
    found: &mut Findings,
) -> Vec<At<TrunkTarget>> {
    if let Some(address) = section.get("address") {
        let hint = "put the address into `targets`, in the place of its turn";
        let problem = "this trunk has both `address` and `targets`";
        found.error(&address.span(), problem, "one of the two", hint);
    }
    if list.value.is_empty() {
        let hint = "the trunk's own address is enough: targets = [\"203.0.113.7:5060\"]";
        found.error(&list.span, "`targets` is empty: no call would go out", EXPECTED, hint);
    }
    if list.value.len() > TARGETS_MAX {
        let problem = format!("`targets` holds more than {TARGETS_MAX}");
        let hint = "a name with SRV records stands for any number of servers";
        found.error(&list.span, problem, EXPECTED, hint);
        return Vec::new();
    }
    let mut targets = Vec::new();
    for (turn, at) in list.value.into_iter().enumerate() {
        match target(at.value, transport, turn) {
            Ok(value) => targets.push(At { value, span: at.span }),
            Err(mistake) => {
                let problem = format!("`targets`: {}", mistake.problem);
                found.error(&at.span, problem, EXPECTED, mistake.hint);
            }
        }
    }
    targets
}

/// The one address of a trunk without `targets`.
fn address(
    section: &Section<'_>,
    transport: Transport,
    found: &mut Findings,
) -> Option<At<TrunkTarget>> {
    section.must_have("address", "\"203.0.113.7:5060\"", found);
    let expected = "an IP address and a port, such as \"203.0.113.7:5060\"";
    let at = section.parsed("address", expected, found, |text| {
        value::address_or_port(text, transport.default_port()).map_err(|mistake| {
            match mistake.problem.contains("not an IP") {
                true if is_name(text.split(':').next().unwrap_or(text)) => {
                    let hint = format!("for a name write targets = [\"{}\"]", shown(text.trim()));
                    Mistake { hint, ..mistake }
                }
                true | false => mistake,
            }
        })
    })?;
    let host = format!("{}{}", at.value, transport.uri_param());
    let named = Some(transport).filter(|transport| *transport != Transport::Udp);
    let target = TrunkTarget {
        host,
        at: Target::of_address(named, at.value),
        ..TrunkTarget::of_address(at.value)
    };
    Some(At { value: target, span: at.span })
}

/// `203.0.113.7:5060`, `sip.carrier.example;transport=udp;priority=1;weight=60`. Without a priority
/// the targets are tried in the order of the list.
fn target(text: &str, usual: Transport, turn: usize) -> Result<TrunkTarget, Mistake> {
    let mut parts = text.trim().split(';');
    let place = parts.next().unwrap_or_default().trim();
    if place.starts_with("sip:") || place.starts_with("sips:") {
        let hint = "write the address or the name only, without sip:";
        return Err(Mistake::new("this is a URI", hint));
    }
    let usual = Some(usual).filter(|transport| *transport != Transport::Udp);
    let (mut transport, mut weight) = (usual, 1);
    let mut priority = u16::try_from(turn).unwrap_or(u16::MAX);
    for part in parts {
        let (name, number) = part.split_once('=').unwrap_or((part, ""));
        let bad = || {
            let problem = format!("`{}` is not understood", shown(part));
            Mistake::new(problem, "a target may have ;transport=, ;priority= and ;weight=")
        };
        match name.trim() {
            "transport" => transport = Some(transport_of(number).ok_or_else(bad)?),
            "priority" => priority = number.trim().parse().map_err(|_| bad())?,
            "weight" => weight = number.trim().parse().map_err(|_| bad())?,
            _ => return Err(bad()),
        }
    }
    let suffix = transport.map(Transport::uri_param).unwrap_or_default();
    let (host, at) = if is_name(place.rsplit_once(':').map_or(place, |(host, _)| host)) {
        named(place, transport)?
    } else {
        let port = transport.unwrap_or(Transport::Udp).default_port();
        let address: SocketAddr = value::address_or_port(place, port)?;
        (address.to_string(), Target::of_address(transport, address))
    };
    Ok(TrunkTarget { host: format!("{host}{suffix}"), at, priority, weight })
}

fn transport_of(word: &str) -> Option<Transport> {
    TRANSPORTS.iter().find(|(name, _)| word.trim() == *name).map(|(_, transport)| *transport)
}

/// A host name, with or without a port. With a port nothing but its addresses is asked for
/// (RFC 3263 §4.2).
fn named(place: &str, transport: Option<Transport>) -> Result<(String, Target), Mistake> {
    let (host, port) = match place.rsplit_once(':') {
        None => (place, None),
        Some((host, port)) => match port.parse::<u16>() {
            Ok(port) if port > 0 => (host, Some(port)),
            Ok(_) | Err(_) => {
                let problem = format!("`{}` has no valid port", shown(place));
                return Err(Mistake::new(problem, "a port is a number from 1 to 65535"));
            }
        },
    };
    let at = Target { host: host.to_ascii_lowercase(), port, transport, secure: false };
    Ok((place.to_ascii_lowercase(), at))
}

/// True for what can only be a host name: a letter in its last part.
fn is_name(host: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let last = host.rsplit('.').next().unwrap_or_default();
    host.chars().all(plain) && last.chars().any(|c| c.is_ascii_alphabetic())
}

/// `probe_every` and `probe_unanswered`.
pub(crate) fn probing(section: &Section<'_>, found: &mut Findings) -> Option<Probing> {
    let (off, most) = (Duration::ZERO, Duration::from_secs(3_600));
    let every = section.duration("probe_every", off..=most, off, found);
    let unanswered = section.integer("probe_unanswered", 1..=10, 2, found);
    if every.is_zero()
        && let Some(key) = section.get("probe_unanswered")
    {
        let problem = "`probe_unanswered` has no effect: nobody is asked";
        found.warning(&key.span(), problem, "`probe_every` beside it", "add probe_every = \"30s\"");
    }
    if !every.is_zero() && every < Duration::from_secs(1) {
        let span = section.get("probe_every").map(|key| key.span()).unwrap_or_default();
        let hint = "\"30s\" is plenty; \"0s\" asks nobody";
        found.error(&span, "`probe_every` is too short", "a second or more, or \"0s\"", hint);
    }
    let unanswered_max = u32::try_from(unanswered).unwrap_or(2);
    (!every.is_zero()).then_some(Probing { every, unanswered_max })
}
