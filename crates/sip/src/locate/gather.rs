//! The procedure of RFC 3263 §4.1 and §4.2: which questions a target leads to, and what their
//! answers say. Whole and pure: it is run anew after each answer and asks what it still lacks.

use std::net::{IpAddr, SocketAddr};

use super::{Means, Question, Record, Target};
use crate::Transport;
use crate::locate::order::{Choice, Rank};

/// NAPTR records of one name that are followed.
const SERVICES_MAX: usize = 8;

/// Gives the records of a question; none while it is not answered.
type Ask<'a> = dyn FnMut(Question) -> Option<Vec<Record>> + 'a;

/// Everywhere that the target may be, as far as the answers tell.
pub(super) fn gather(target: &Target, means: &Means, ask: &mut Ask<'_>) -> Vec<Choice> {
    // §4.1: without a transport, an address or a port settles it: UDP, or TLS for sips.
    let plain = if target.secure { Transport::Tls } else { Transport::Udp };
    if let Some(ip) = target.literal() {
        let transport = target.transport.unwrap_or(plain);
        let port = target.port.unwrap_or(transport.default_port());
        return vec![Choice::only(transport, SocketAddr::new(ip, port))];
    }
    if let Some(port) = target.port {
        return hosts(target.transport.unwrap_or(plain), &target.host, port, means, ask);
    }
    if let Some(transport) = target.transport {
        let services = vec![(transport, service_name(transport, &target.host))];
        return services_or_host(target, services, transport, means, ask);
    }
    let Some(naptr) = ask(Question::Naptr(target.host.clone())) else { return Vec::new() };
    let mut services = named_services(&naptr, target.secure, means);
    if services.is_empty() {
        let tried = [Transport::Udp, Transport::Tcp, Transport::Tls];
        let fits = |transport: &Transport| allowed(*transport, target.secure, means);
        let name = |transport| (transport, service_name(transport, &target.host));
        services = tried.into_iter().filter(fits).map(name).collect();
    }
    services_or_host(target, services, plain, means, ask)
}

fn allowed(transport: Transport, secure: bool, means: &Means) -> bool {
    means.has(transport) && (!secure || transport == Transport::Tls)
}

/// `_sip._udp.example.com` (RFC 3263 §4.1).
fn service_name(transport: Transport, host: &str) -> String {
    match transport {
        Transport::Udp => format!("_sip._udp.{host}"),
        Transport::Tcp => format!("_sip._tcp.{host}"),
        Transport::Tls => format!("_sips._tcp.{host}"),
    }
}

/// The services that we can speak, in the order of the domain's owner.
fn named_services(naptr: &[Record], secure: bool, means: &Means) -> Vec<(Transport, String)> {
    let mut services: Vec<(u16, u16, Transport, String)> = naptr
        .iter()
        .filter_map(|record| {
            let Record::Naptr { order, preference, flags, service, replacement } = record else {
                return None;
            };
            let transport = match service.to_ascii_uppercase().as_str() {
                "SIP+D2U" => Transport::Udp,
                "SIP+D2T" => Transport::Tcp,
                "SIPS+D2T" => Transport::Tls,
                _ => return None,
            };
            let fits = flags.eq_ignore_ascii_case("s") && allowed(transport, secure, means);
            fits.then(|| (*order, *preference, transport, clean(replacement)))
        })
        .collect();
    services.sort();
    services.truncate(SERVICES_MAX);
    services.into_iter().map(|(_, _, transport, name)| (transport, name)).collect()
}

/// The servers of these services, those of an earlier one first; the host itself when it is known
/// that none of them is there.
fn services_or_host(
    target: &Target,
    services: Vec<(Transport, String)>,
    plain: Transport,
    means: &Means,
    ask: &mut Ask<'_>,
) -> Vec<Choice> {
    let mut choices = Vec::new();
    let mut none_is_there = true;
    for (turn, (transport, name)) in services.into_iter().enumerate() {
        let Some(records) = ask(Question::Srv(name)) else {
            none_is_there = false;
            continue;
        };
        for record in records {
            let Record::Srv { priority, weight, port, target } = record else { continue };
            none_is_there = false;
            let host = clean(&target);
            // "." says that the service is decidedly not available (RFC 2782).
            if host.is_empty() || port == 0 {
                continue;
            }
            let rank = Rank { turn, priority };
            for choice in hosts(transport, &host, port, means, ask) {
                choices.push(Choice { rank, weight, ..choice });
            }
        }
    }
    match none_is_there {
        true => hosts(plain, &target.host, plain.default_port(), means, ask),
        false => choices,
    }
}

/// The addresses of a host, as one choice.
fn hosts(
    transport: Transport,
    host: &str,
    port: u16,
    means: &Means,
    ask: &mut Ask<'_>,
) -> Vec<Choice> {
    if let Ok(ip) = host.parse() {
        return vec![Choice::only(transport, SocketAddr::new(ip, port))];
    }
    let mut addresses: Vec<IpAddr> = Vec::new();
    let mut add = |records: Option<Vec<Record>>| {
        let records = records.into_iter().flatten();
        addresses.extend(records.filter_map(|record| match record {
            Record::Address(ip) => Some(ip),
            Record::Naptr { .. } | Record::Srv { .. } => None,
        }));
    };
    if means.v4.contains(&transport) {
        add(ask(Question::A(host.to_owned())));
    }
    if means.v6.contains(&transport) {
        add(ask(Question::Aaaa(host.to_owned())));
    }
    if addresses.is_empty() {
        return Vec::new();
    }
    let addresses = addresses.into_iter().map(|ip| SocketAddr::new(ip, port)).collect();
    vec![Choice { rank: Rank::default(), weight: 0, transport, addresses }]
}

/// A name of the DNS as questions write it: lower case, no dot at its end.
fn clean(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}
