//! One hour with every RTP packet: lost, repeated, out of order. Keys count once, both ends of each
//! bridge hear each other, and every other rule holds too.

use std::time::Duration;

use sim::{Day, Weather};

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

#[test]
fn an_hour_of_bad_packets_keeps_every_rule_and_everybody_is_heard() {
    let mut day = Day::of_seed_in_packets(6);
    day.sip = Weather::FINE;
    day.limits = sim::Limits::default();
    let quiet = Day::default();
    (day.staff, day.policy, day.customers) = (quiet.staff, quiet.policy, quiet.customers);
    day.staff.agents = 2;
    day.arrivals = vec![60];
    day.staff.comes = (secs(300), secs(900));
    day.staff.handles = (secs(40), secs(150));
    day.customers.own_number_permille = 500;
    day.customers.patience = (secs(20), secs(200));
    let lived = day.run();
    assert!(lived.is_kept(), "{}", lived.story());
    let results = &lived.results;
    assert!(results.callback.served > 2 && results.line.served > 2, "{results}");
}
