//! Which local RTP ports are free.
//!
//! RTP uses the even ports of the range (RFC 3550 §11), oldest first, so that a late packet of the
//! last call is unlikely to reach the next one. A port that could not be bound goes to the back.

use std::collections::VecDeque;
use std::net::SocketAddr;

use model::PortId;

use crate::MediaSettings;

/// The free list.
#[derive(Debug)]
pub(crate) struct Ports {
    settings: MediaSettings,
    free: VecDeque<u16>,
    next: u32,
}

impl Ports {
    pub(crate) fn new(settings: MediaSettings) -> Ports {
        let free = settings.ports.clone().filter(|port| port % 2 == 0).collect();
        Ports { settings, free, next: 1 }
    }

    /// The longest unused port, with a name that is never given twice.
    pub(crate) fn take(&mut self) -> Option<(PortId, SocketAddr)> {
        let number = self.free.pop_front()?;
        let id = PortId(self.next);
        self.next = self.next.wrapping_add(1);
        Some((id, SocketAddr::new(self.settings.address, number)))
    }

    /// Gives a port back.
    pub(crate) fn give(&mut self, local: SocketAddr) {
        debug_assert!(!self.free.contains(&local.port()), "a port is given back once");
        self.free.push_back(local.port());
    }

    /// How many are free.
    pub(crate) fn free(&self) -> usize {
        self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    #[test]
    fn even_ports_are_given_oldest_first_until_none_is_left() {
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let mut ports = Ports::new(MediaSettings { address, ports: 4001..=4006 });
        let taken: Vec<_> = std::iter::from_fn(|| ports.take()).collect();
        let numbers: Vec<_> = taken.iter().map(|(_, local)| local.port()).collect();
        assert_eq!(numbers, [4002, 4004, 4006]);
        ports.give(taken[1].1);
        ports.give(taken[0].1);
        assert_eq!(ports.take().map(|(_, local)| local.port()), Some(4004));
        assert_eq!(ports.free(), 1);
    }
}
