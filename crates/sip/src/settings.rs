//! What the stack must be told. Built and checked by `config`.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use model::TrunkName;
use sip_msg::Uri;

use crate::expiry::LEAST_SECS;
use crate::message;
use crate::{Hop, Listener, ListenerId, Transport};

use crate::{Account, Credentials};

/// Settings of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where we listen: at least one, at most 256.
    pub listeners: Vec<Listener>,
    /// The User-Agent and Server header.
    pub user_agent: String,
    /// Who may open a dialog with us. A request outside a dialog from anybody else is not answered.
    pub peers: Vec<Peer>,
    /// Who may register phones with us, and how; none when nobody does.
    pub registrar: Option<RegistrarSettings>,
    /// How long a session lives without a sign of life.
    pub session_timer: SessionTimer,
    /// The trunks that we register with.
    pub upstreams: Vec<Upstream>,
    /// Who beside the peers may take the place of somebody in a dialog of ours (RFC 3891): phones.
    pub phones: Vec<Source>,
    /// Agents' phones may call us: those that registered with their password, and those of
    /// `phones` from their addresses.
    pub phones_call: bool,
    /// Retransmission times.
    pub timers: Timers,
    /// Most INVITE sessions at once; a new INVITE beyond gets 503 with Retry-After.
    pub sessions_max: usize,
    /// Most transactions at once; a new request beyond gets 503 without state.
    pub transactions_max: usize,
    /// How long a session of ours may ring before it is cancelled, when [`crate::Invite`] says
    /// zero.
    pub ring_max: Duration,
}

/// How phones register with us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrarSettings {
    /// What we call ourselves when we ask for a password, and what passwords are hashed with;
    /// without quotes and backslashes.
    pub realm: String,
    /// Who may register. No two have one user name.
    pub accounts: Vec<Account>,
    /// A shorter registration is refused with 423.
    pub expires_min: Duration,
    /// A longer one is shortened to this.
    pub expires_max: Duration,
    /// How long a registration lasts that does not say.
    pub expires_default: Duration,
    /// True: a phone is called at the address from which its REGISTER came, whatever its Contact
    /// says. False: at its Contact, and at the source only when the Contact is a name.
    pub at_source: bool,
    /// How often a phone that is not called at its Contact gets a keep-alive; zero for never.
    pub keep_alive: Duration,
}

/// A trunk that we register with, as a phone does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// The trunk.
    pub trunk: TrunkName,
    /// The Request-URI of our REGISTER: `sip:carrier.example`.
    pub registrar: String,
    /// Where it goes; none until [`crate::Stack::set_registrar`] says it.
    pub next_hop: Option<Hop>,
    /// The From and To URI: `sip:user@carrier.example`.
    pub address_of_record: String,
    /// How long a registration is asked for.
    pub expires: Duration,
    /// What answers a 401 or 407.
    pub credentials: Option<Arc<Credentials>>,
}

/// A trunk as the stack sees it: its name and where its requests come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The trunk.
    pub name: TrunkName,
    /// Its addresses. The first peer with a matching source wins.
    pub sources: Vec<Source>,
}

/// An address range, optionally with a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The network.
    pub network: IpAddr,
    /// How many leading bits count: 32 or 128 for one host.
    pub prefix: u8,
    /// Only this port, when given.
    pub port: Option<u16>,
}

/// The life of a session that nobody refreshes (RFC 4028).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionTimer {
    /// What we ask for; zero asks for nothing, and only honours what a peer asks for.
    pub interval: Duration,
    /// A peer that asks for less is refused with 422; 90 s at least.
    pub least: Duration,
}

impl Default for SessionTimer {
    fn default() -> SessionTimer {
        SessionTimer { interval: Duration::from_secs(1_800), least: Duration::from_secs(90) }
    }
}

impl SessionTimer {
    /// True when we ask for nothing.
    pub(crate) fn is_off(&self) -> bool {
        self.interval.is_zero()
    }

    pub(crate) fn interval_secs(&self) -> u32 {
        let seconds = u32::try_from(self.interval.as_secs()).unwrap_or(u32::MAX);
        seconds.max(self.least_secs())
    }

    pub(crate) fn least_secs(&self) -> u32 {
        u32::try_from(self.least.as_secs()).unwrap_or(u32::MAX).max(LEAST_SECS)
    }
}

/// The base timers of RFC 3261 §17 (Table 4); A to K follow from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timers {
    /// Round-trip estimate, 500 ms.
    pub t1: Duration,
    /// Longest interval between retransmissions, 4 s.
    pub t2: Duration,
    /// How long a message may live in the network, 5 s.
    pub t4: Duration,
}

impl Default for Timers {
    fn default() -> Timers {
        Timers {
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
        }
    }
}

impl Settings {
    /// The listener of that number; the first one when there is none.
    ///
    /// # Panics
    /// When there is no listener at all.
    pub fn listener(&self, id: ListenerId) -> &Listener {
        let first = self.listeners.first().expect("a stack has at least one listener");
        self.listeners.get(usize::from(id.0)).unwrap_or(first)
    }

    /// The way to `peer` by the first listener of this transport and of the peer's family.
    pub fn hop(&self, transport: Transport, peer: SocketAddr) -> Option<Hop> {
        let fits = |listener: &Listener| {
            listener.transport == transport && listener.local.is_ipv4() == peer.is_ipv4()
        };
        let place = self.listeners.iter().position(fits)?;
        Some(Hop { listener: ListenerId(u8::try_from(place).ok()?), peer })
    }

    /// The way to the address in `uri`. It is followed by the listener `near` when that one fits,
    /// else by the first that does. A URI that names no transport is reached as `near` is: whoever
    /// came to us by a stream hears us there (RFC 5923 §3), though RFC 3263 §4.1 would take UDP.
    pub fn hop_of(&self, uri: &Uri, near: ListenerId) -> Option<Hop> {
        let here = self.listener(near);
        let transport = Transport::of_uri(uri).ok()?.unwrap_or(here.transport);
        let peer = message::address_of(uri, transport)?;
        if here.transport == transport && here.local.is_ipv4() == peer.is_ipv4() {
            return Some(Hop { listener: near, peer });
        }
        self.hop(transport, peer)
    }

    /// The way to the address in `uri` by the first listener that fits; none when the host is a
    /// name.
    pub fn hop_to(&self, uri: &Uri) -> Option<Hop> {
        self.hop_of(uri, ListenerId(0))
    }

    /// True when `source` is a phone that may take calls over.
    pub(crate) fn is_phone(&self, source: SocketAddr) -> bool {
        self.phones.iter().any(|range| range.covers(source))
    }

    /// The first peer that `source` may be.
    pub fn peer_of(&self, source: SocketAddr) -> Option<&Peer> {
        self.peers.iter().find(|peer| peer.sources.iter().any(|range| range.covers(source)))
    }
}

impl Source {
    /// True when `source` is in the range. An IPv4 address written as IPv6 (`::ffff:a.b.c.d`) is
    /// taken as IPv4; a prefix longer than the address counts as the whole address.
    pub fn covers(&self, source: SocketAddr) -> bool {
        if self.port.is_some_and(|port| port != source.port()) {
            return false;
        }
        match (self.network.to_canonical(), source.ip().to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(host)) => {
                let ignored = 32 - u32::from(self.prefix.min(32));
                let differing = u32::from(network) ^ u32::from(host);
                u64::from(differing) >> ignored == 0
            }
            (IpAddr::V6(network), IpAddr::V6(host)) => {
                let ignored = 128 - u32::from(self.prefix.min(128));
                let differing = u128::from(network) ^ u128::from(host);
                differing.checked_shr(ignored).unwrap_or(0) == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(network: &str, prefix: u8, port: Option<u16>, source: &str) -> bool {
        let network = network.parse().expect("a test writes addresses");
        let range = Source { network, prefix, port };
        range.covers(source.parse().expect("a test writes addresses"))
    }

    #[test]
    fn a_range_covers_its_leading_bits_and_its_port() {
        assert!(covers("192.0.2.0", 24, None, "192.0.2.200:5060"));
        assert!(!covers("192.0.2.0", 24, None, "192.0.3.1:5060"));
        assert!(covers("192.0.2.7", 32, Some(5080), "192.0.2.7:5080"));
        assert!(!covers("192.0.2.7", 32, Some(5080), "192.0.2.7:5060"));
        assert!(!covers("192.0.2.7", 32, None, "192.0.2.6:5060"));
        assert!(covers("0.0.0.0", 0, None, "203.0.113.9:1"));
        assert!(covers("2001:db8::", 32, None, "[2001:db8:1::5]:5060"));
        assert!(!covers("2001:db8::", 32, None, "[2001:db9::5]:5060"));
        assert!(covers("::", 0, None, "[2001:db9::5]:5060"));
        assert!(!covers("::", 0, None, "192.0.2.1:5060"));
        assert!(covers("192.0.2.1", 32, None, "[::ffff:192.0.2.1]:5060"));
    }
}
