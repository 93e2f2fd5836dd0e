//! One hour with every RTP packet: lost, repeated, out of order. Keys count once, both ends of each
//! bridge hear each other, and every other rule holds too.

use std::time::Duration;

use engine::Srtp;
use sim::{Day, Mischief, Weather};

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// An hour with few people, in packets that are lost, repeated and out of order.
fn hour(seed: u64) -> Day {
    let mut day = Day::of_seed_in_packets(seed);
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
    day.staff.holds_permille = 300;
    day.mischief = Mischief { crossings_permille: 20, keys_permille: 400, rebinds_permille: 300 };
    day
}

fn keeps_every_rule(day: &Day) {
    let lived = day.run();
    assert!(lived.is_kept(), "{}", lived.story());
    let results = &lived.results;
    assert!(results.callback.served > 2 && results.line.served > 2, "{results}");
}

#[test]
fn an_hour_of_bad_packets_keeps_every_rule_and_everybody_is_heard() {
    keeps_every_rule(&hour(6));
}

#[test]
fn customers_over_srtp_and_agents_without_hear_each_other() {
    let mut day = hour(6);
    day.policy.srtp = (Srtp::Required, Srtp::Offered);
    keeps_every_rule(&day);
}

#[test]
fn customers_without_srtp_and_agents_over_it_hear_each_other() {
    let mut day = hour(6);
    day.policy.srtp = (Srtp::Offered, Srtp::Required);
    keeps_every_rule(&day);
}

#[test]
fn customers_in_g722_and_agents_in_g711_hear_each_other() {
    let mut day = hour(6);
    day.policy.wide = (true, false);
    keeps_every_rule(&day);
}

#[test]
fn everybody_in_g722_hears_everybody() {
    let mut day = hour(6);
    day.policy.wide = (true, true);
    keeps_every_rule(&day);
}
