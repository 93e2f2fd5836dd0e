//! The order of RFC 2782: by priority, and within one priority drawn by weight.

use std::net::SocketAddr;

use model::Entropy;

use super::Place;
use crate::Transport;

/// Which servers come before which: lower first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Rank {
    /// The turn of the service among those of the domain.
    pub(super) turn: usize,
    /// The priority of the SRV record.
    pub(super) priority: u16,
}

/// One server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) rank: Rank,
    pub(super) weight: u16,
    pub(super) transport: Transport,
    /// Its addresses, at least one.
    pub(super) addresses: Vec<SocketAddr>,
}

impl Choice {
    /// The one server of a target that needs no question.
    pub(super) fn only(transport: Transport, address: SocketAddr) -> Choice {
        Choice { rank: Rank::default(), weight: 0, transport, addresses: vec![address] }
    }
}

/// Every place, in the order in which it is to be tried this time.
pub(super) fn order(choices: Vec<Choice>, dice: &mut Entropy) -> Vec<Place> {
    let key = |choice: &Choice| (choice.rank, choice.weight);
    let mut places = Vec::new();
    for choice in draw(choices, key, dice) {
        let first = dice.below(choice.addresses.len() as u64);
        let mut addresses = choice.addresses;
        addresses.rotate_left(usize::try_from(first).unwrap_or(0));
        let transport = choice.transport;
        places.extend(addresses.into_iter().map(|address| Place { transport, address }));
    }
    places
}

/// Puts `items` into an order of RFC 2782: a lower rank first, and within one rank each time drawn
/// anew, with chances by weight. Those of weight 0 have a small chance.
pub fn draw<T, Rank: Ord + Copy>(
    mut items: Vec<T>,
    key: impl Fn(&T) -> (Rank, u16),
    dice: &mut Entropy,
) -> Vec<T> {
    // The sum runs from the small weights on: so one of weight 0 is drawn only by a 0.
    items.sort_by_key(&key);
    let mut drawn = Vec::new();
    while let Some((rank, _)) = items.first().map(&key) {
        let weights = items.iter().map(&key).take_while(|(other, _)| *other == rank);
        let total: u64 = weights.map(|(_, weight)| u64::from(weight)).sum();
        let number = dice.below(total + 1);
        let mut sum = 0;
        let at = items.iter().position(|item| {
            sum += u64::from(key(item).1);
            sum >= number
        });
        drawn.push(items.remove(at.unwrap_or(0)));
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(priority: u16, weight: u16, host: u8) -> Choice {
        let address = SocketAddr::from(([192, 0, 2, host], 5060));
        let rank = Rank { turn: 0, priority };
        Choice { rank, weight, ..Choice::only(Transport::Udp, address) }
    }

    fn firsts(choices: &[Choice]) -> [u32; 5] {
        let mut dice = Entropy::from_u64(7);
        let mut counts = [0; 5];
        for _ in 0..4_000 {
            let place = order(choices.to_vec(), &mut dice)[0];
            let std::net::IpAddr::V4(ip) = place.address.ip() else { panic!("IPv4") };
            counts[usize::from(ip.octets()[3])] += 1;
        }
        counts
    }

    #[test]
    fn weights_share_the_calls_and_zero_gets_few() {
        let counts = firsts(&[choice(10, 60, 1), choice(10, 20, 2), choice(10, 0, 3)]);
        assert!((2_800..3_200).contains(&counts[1]), "{counts:?}");
        assert!((800..1_200).contains(&counts[2]), "{counts:?}");
        assert!((1..150).contains(&counts[3]), "{counts:?}");
    }

    #[test]
    fn a_lower_priority_comes_first_whatever_the_weight() {
        let counts = firsts(&[choice(20, 65_535, 1), choice(10, 0, 2), choice(10, 0, 3)]);
        assert_eq!(counts[1], 0);
        assert!(counts[2] > 0);
    }

    #[test]
    fn every_place_is_tried_once() {
        let choices: Vec<Choice> = (1..5).map(|n| choice(10, u16::from(n), n)).collect();
        let mut dice = Entropy::from_u64(1);
        let mut places = order(choices, &mut dice);
        places.sort();
        places.dedup();
        assert_eq!(places.len(), 4);
    }
}
