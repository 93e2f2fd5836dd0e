//! The simulated network: datagrams that arrive late, twice, out of order or not at all.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use model::{Entropy, Mono};

/// How one kind of traffic fares. All shares are in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weather {
    /// The shortest way across.
    pub delay: Duration,
    /// Added at random, evenly; more than the spacing of packets reorders them.
    pub jitter: Duration,
    /// Datagrams lost.
    pub loss_permille: u32,
    /// Datagrams that arrive twice.
    pub twice_permille: u32,
}

impl Weather {
    /// A quiet local network.
    pub const FINE: Weather = Weather {
        delay: Duration::from_millis(1),
        jitter: Duration::ZERO,
        loss_permille: 0,
        twice_permille: 0,
    };

    /// What the targets call bad: 300 ms, jitter that reorders, three in ten lost.
    pub const STORM: Weather = Weather {
        delay: Duration::from_millis(300),
        jitter: Duration::from_millis(200),
        loss_permille: 300,
        twice_permille: 50,
    };
}

/// Datagrams under way at once; more are lost, as in a full router.
pub const UNDER_WAY_MAX: usize = 100_000;

/// One datagram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datagram {
    /// The sender.
    pub from: SocketAddr,
    /// The receiver.
    pub to: SocketAddr,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Everything under way, by arrival. Ties keep the order of sending.
#[derive(Debug)]
pub struct Net {
    weather: Weather,
    entropy: Entropy,
    under_way: BTreeMap<(Mono, u64), Datagram>,
    sent: u64,
}

impl Net {
    /// A network with this weather.
    pub fn new(weather: Weather, entropy: Entropy) -> Net {
        Net { weather, entropy, under_way: BTreeMap::new(), sent: 0 }
    }

    /// Sends; the weather decides what becomes of it.
    pub fn send(&mut self, now: Mono, datagram: Datagram) {
        let copies = 1 + u8::from(self.entropy.chance(self.weather.twice_permille));
        for _ in 0..copies {
            let lost = self.entropy.chance(self.weather.loss_permille);
            let jitter = u64::try_from(self.weather.jitter.as_nanos()).unwrap_or(u64::MAX);
            let late = Duration::from_nanos(self.entropy.below(jitter.saturating_add(1)));
            if lost || self.under_way.len() >= UNDER_WAY_MAX {
                continue;
            }
            self.sent += 1;
            let at = now + self.weather.delay + late;
            self.under_way.insert((at, self.sent), datagram.clone());
        }
    }

    /// From now on the weather is this. What is under way arrives as it would have.
    pub fn set_weather(&mut self, weather: Weather) {
        self.weather = weather;
    }

    /// When the next datagram arrives.
    pub fn next_at(&self) -> Option<Mono> {
        self.under_way.first_key_value().map(|((at, _), _)| *at)
    }

    /// The next datagram that has arrived by now.
    pub fn arrived(&mut self, now: Mono) -> Option<Datagram> {
        let entry = self.under_way.first_entry()?;
        (entry.key().0 <= now).then(|| entry.remove())
    }

    /// True when nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.under_way.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fate(weather: Weather, count: u8) -> Vec<u8> {
        let mut net = Net::new(weather, Entropy::from_u64(1));
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        for n in 0..count {
            let at = Mono::from_nanos(u64::from(n) * 1_000_000);
            net.send(at, Datagram { from: address, to: address, bytes: vec![n] });
        }
        let end = Mono::from_nanos(u64::MAX);
        std::iter::from_fn(|| net.arrived(end)).map(|datagram| datagram.bytes[0]).collect()
    }

    #[test]
    fn fine_weather_delivers_everything_in_order() {
        assert_eq!(fate(Weather::FINE, 50), (0..50).collect::<Vec<u8>>());
    }

    #[test]
    fn a_storm_loses_repeats_and_reorders() {
        let arrived = fate(Weather::STORM, 200);
        let mut sorted = arrived.clone();
        sorted.sort_unstable();
        assert_ne!(arrived, sorted, "some overtook others");
        sorted.dedup();
        assert!(sorted.len() < 180, "some were lost");
        assert!(sorted.len() < arrived.len(), "some came twice");
    }
}
