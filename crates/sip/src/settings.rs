//! What the stack must be told. Built and checked by `config`.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use model::TrunkName;

/// Settings of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The address written into Via and Contact: where peers reach our UDP socket.
    pub local: SocketAddr,
    /// The User-Agent and Server header.
    pub user_agent: String,
    /// Who may open a dialog with us. A request outside a dialog from anybody else is not answered.
    pub peers: Vec<Peer>,
    /// Retransmission times.
    pub timers: Timers,
    /// Most INVITE sessions at once; a new INVITE beyond gets 503 with Retry-After.
    pub sessions_max: usize,
    /// Most transactions at once; a new request beyond gets 503 without state.
    pub transactions_max: usize,
    /// How long a session of ours may ring before it is cancelled, when [`crate::Invite`] says none.
    pub ring_max: Duration,
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
