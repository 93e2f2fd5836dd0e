//! Which local RTP ports are free.
//!
//! RTP uses the even ports of the range, RTCP the odd one after each (RFC 3550 §11), oldest first.
//! A port rests for [`QUARANTINE`] after its call: what the far end of that call still sends, or
//! the network still holds, comes to nobody and not to the next call. One that could not be bound
//! rests as well, for whoever has it will have it for a while.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use model::{Mono, Now, PortId};

use crate::MediaSettings;

/// How long a port rests before another call has it. It is given back when the BYE was answered,
/// or given up after 32 s: what comes later was on its way, or comes from a phone that is slow to
/// stop.
pub(crate) const QUARANTINE: Duration = Duration::from_secs(5);

/// The ports of RTP in a range: the even ones whose next one, for RTCP, is in the range too.
pub fn rtp_ports(ports: &RangeInclusive<u16>) -> impl Iterator<Item = u16> {
    let end = *ports.end();
    ports.clone().filter(move |port| port % 2 == 0 && *port < end)
}

/// The free list.
#[derive(Debug)]
pub(crate) struct Ports {
    settings: MediaSettings,
    /// In the order in which they have rested.
    free: VecDeque<Resting>,
    next: u32,
}

#[derive(Debug)]
struct Resting {
    port: u16,
    until: Mono,
}

impl Ports {
    pub(crate) fn new(settings: MediaSettings) -> Ports {
        let free = rtp_ports(&settings.ports).map(|port| Resting { port, until: Mono::ZERO });
        let free = free.collect();
        Ports { settings, free, next: 1 }
    }

    /// The longest unused port, with a name that is never given twice; `None` when all are taken or
    /// rest.
    pub(crate) fn take(&mut self, now: Now) -> Option<(PortId, SocketAddr)> {
        let rested = self.free.pop_front_if(|port| port.until <= now.mono)?;
        let id = PortId(self.next);
        self.next = self.next.wrapping_add(1);
        Some((id, SocketAddr::new(self.settings.address, rested.port)))
    }

    /// Gives a port back.
    pub(crate) fn give(&mut self, now: Now, local: SocketAddr) {
        let port = local.port();
        debug_assert!(self.free.iter().all(|free| free.port != port), "a port is given back once");
        self.free.push_back(Resting { port, until: now.mono + QUARANTINE });
    }

    /// How many can be taken now.
    pub(crate) fn rested(&self, now: Now) -> usize {
        self.free.partition_point(|port| port.until <= now.mono)
    }

    /// How many no call has, those that rest among them.
    pub(crate) fn free(&self) -> usize {
        self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    fn ports() -> Ports {
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Ports::new(MediaSettings { address, ports: 4001..=4007 })
    }

    fn at(time: Duration) -> Now {
        Now { mono: Mono::ZERO + time, ..Now::default() }
    }

    fn number(taken: Option<(PortId, SocketAddr)>) -> Option<u16> {
        taken.map(|(_, local)| local.port())
    }

    #[test]
    fn even_ports_are_given_oldest_first_until_none_is_left() {
        let (mut ports, now) = (ports(), Now::default());
        let taken: Vec<_> = std::iter::from_fn(|| ports.take(now)).collect();
        let numbers: Vec<_> = taken.iter().map(|(_, local)| local.port()).collect();
        assert_eq!(numbers, [4002, 4004, 4006]);
        ports.give(now, taken[1].1);
        ports.give(now, taken[0].1);
        assert_eq!(number(ports.take(at(QUARANTINE))), Some(4004));
        assert_eq!(ports.free(), 1);
    }

    #[test]
    fn a_port_without_the_next_one_in_the_range_is_not_given() {
        let given = |range| rtp_ports(&range).collect::<Vec<_>>();
        assert_eq!(given(10_000..=10_004), [10_000, 10_002]);
        assert_eq!(given(10_001..=10_005), [10_002, 10_004]);
        assert_eq!(given(65_532..=65_535), [65_532, 65_534]);
        for none in [10_000..=10_000, 10_001..=10_002] {
            assert!(given(none).is_empty());
        }
    }

    #[test]
    fn a_port_rests_after_its_call() {
        let mut ports = ports();
        let taken: Vec<_> = std::iter::from_fn(|| ports.take(at(Duration::ZERO))).collect();
        let (ended, moment) = (Duration::from_secs(60), Duration::from_nanos(1));
        ports.give(at(ended), taken[2].1);
        ports.give(at(ended + moment), taken[0].1);
        for early in [ended, ended + QUARANTINE - moment] {
            assert_eq!((number(ports.take(at(early))), ports.rested(at(early))), (None, 0));
        }
        let now = at(ended + QUARANTINE);
        assert_eq!((ports.rested(now), ports.free()), (1, 2));
        assert_eq!([ports.take(now), ports.take(now)].map(number), [Some(4006), None]);
    }
}
