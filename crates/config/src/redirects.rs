//! `follow_redirects` and `redirect_networks`: where an INVITE of ours may be sent on to by a 3xx.

use std::net::SocketAddr;
use std::sync::Arc;

use sip::Source;

use crate::finding::Findings;
use crate::section::{At, Section};
use crate::value;

/// Most networks of one agent.
pub const REDIRECT_NETWORKS_MAX: usize = 16;

/// One host, at any port.
pub(crate) fn host(address: SocketAddr) -> Source {
    let network = address.ip();
    Source { network, prefix: value::bits_of(&network), port: None }
}

/// Where a trunk may send our INVITEs: its own addresses and sources, or nowhere.
pub(crate) fn of_trunk(
    section: &Section<'_>,
    addresses: &[SocketAddr],
    sources: &[At<Source>],
    found: &mut Findings,
) -> Arc<[Source]> {
    if section.boolean("follow_redirects", found).is_some_and(|follow| !follow.value) {
        return [].into();
    }
    let own = addresses.iter().map(|address| host(*address));
    own.chain(sources.iter().map(|source| source.value)).collect()
}

/// Where an agent's phone may send them: its own host and the networks that the file adds.
pub(crate) fn of_agent(
    section: &Section<'_>,
    address: Option<SocketAddr>,
    found: &mut Findings,
) -> Arc<[Source]> {
    let follow = section.boolean("follow_redirects", found);
    let networks = networks(section, found);
    if follow.is_some_and(|follow| !follow.value) {
        if let Some(key) = section.get("redirect_networks") {
            let problem = "`redirect_networks` has no effect: no redirection is followed";
            let hint = "leave out one of the two keys";
            found.warning(&key.span(), problem, "follow_redirects = true", hint);
        }
        return [].into();
    }
    address.map(host).into_iter().chain(networks).collect()
}

fn networks(section: &Section<'_>, found: &mut Findings) -> Vec<Source> {
    let Some(list) = section.texts("redirect_networks", found) else { return Vec::new() };
    let expected = "networks or addresses, such as [\"192.0.2.0/24\"]";
    if list.value.len() > REDIRECT_NETWORKS_MAX {
        let problem = format!("`redirect_networks` holds more than {REDIRECT_NETWORKS_MAX}");
        found.error(&list.span, problem, expected, "join neighbouring hosts to networks");
        return Vec::new();
    }
    let mut networks = Vec::new();
    for at in list.value {
        match value::source(at.value) {
            Ok(network) if network.prefix == 0 => {
                let problem = "an agent's phone could send our calls to anybody in the world";
                let hint = "name the networks of your own phones";
                found.error(&at.span, problem, expected, hint);
            }
            Ok(network) => networks.push(network),
            Err(mistake) => {
                let problem = format!("`redirect_networks`: {}", mistake.problem);
                found.error(&at.span, problem, expected, mistake.hint);
            }
        }
    }
    networks
}
