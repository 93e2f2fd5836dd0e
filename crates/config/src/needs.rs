//! What the network around the engine must let through: every address and port that the settings
//! use, in words, for whoever keeps the firewall.

use std::net::SocketAddr;

use engine::{AgentPhone, Settings, Srtp};
use sip::{Source, Transport};

use crate::Roof;

fn word(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "UDP",
        Transport::Tcp => "TCP",
        Transport::Tls => "TCP (TLS)",
    }
}

/// One line for each place that must be reached, from us or by us.
pub fn needs(settings: &Settings, roof: &Roof) -> Vec<String> {
    let mut needs = Vec::new();
    for (listener, bind) in settings.sip.listeners.iter().zip(&roof.listeners) {
        let by = word(listener.transport);
        needs.push(format!(
            "SIP, in and out: {} by {by}{}",
            bind.address,
            as_seen(bind.address, listener.local)
        ));
    }
    let media = &settings.media;
    let (first, last) = (media.ports.start(), media.ports.end());
    let srtp = settings
        .agents
        .iter()
        .map(|agent| agent.srtp)
        .chain(settings.trunks.iter().map(|trunk| trunk.srtp));
    let kind = if srtp.into_iter().any(|srtp| srtp != Srtp::Off) {
        "RTP, SRTP and RTCP"
    } else {
        "RTP and RTCP"
    };
    needs.push(format!("{kind}, in and out: {} ports {first} to {last} by UDP", media.address));
    for trunk in &settings.trunks {
        for target in &trunk.targets {
            let by = target.at.transport.map(word);
            let by = by.map_or("UDP, or what its name says".to_owned(), str::to_owned);
            let by = if target.address().is_some() && target.at.transport.is_none() {
                "UDP".to_owned()
            } else {
                by
            };
            needs.push(format!("trunk {}, out: {} by {by}", trunk.name, target.host));
            if target.address().is_none() {
                needs.push(format!("DNS, out: NAPTR, SRV and A records of {}", target.host));
            }
        }
    }
    for peer in &settings.sip.peers {
        for source in &peer.sources {
            needs.push(format!("trunk {}, in: its calls from {}", peer.name, range(source)));
        }
    }
    for agent in &settings.agents {
        match &agent.phone {
            AgentPhone::Fixed { uri, address, listener } => {
                let by = word(settings.sip.listener(*listener).transport);
                needs.push(format!("agent {}, out: {uri} at {address} by {by}", agent.name));
            }
            AgentPhone::Telephone { trunk, .. } => {
                needs.push(format!("agent {}, by telephone: through trunk {trunk}", agent.name));
            }
            AgentPhone::Registered => needs.push(format!(
                "agent {}, in: registers at any SIP address above; its calls go where it registers",
                agent.name
            )),
        }
    }
    needs
}

fn range(source: &Source) -> String {
    let Source { network, prefix, port } = source;
    match port {
        Some(port) => format!("{network}/{prefix}, port {port}"),
        None => format!("{network}/{prefix}"),
    }
}

fn as_seen(bound: SocketAddr, told: SocketAddr) -> String {
    if bound == told { String::new() } else { format!(", reached by others at {told}") }
}
