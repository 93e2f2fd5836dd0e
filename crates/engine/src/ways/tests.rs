//! Stories of a trunk with several targets.

use sip::Listener;

use super::*;
use crate::Trunk as Settings;

const FIRST: &str = "198.51.100.1:5060";
const SECOND: &str = "198.51.100.2:5060";

fn at(secs: u64) -> Mono {
    Mono::ZERO + Duration::from_secs(secs)
}

fn hop(address: &str) -> Hop {
    Hop::first(address.parse().expect("an address"))
}

fn name() -> TrunkName {
    TrunkName::from("carrier")
}

/// A trunk of these targets, `HOST PRIORITY WEIGHT` each.
fn ways(targets: &[&str], probing: Option<Probing>) -> Ways {
    let target = |text: &&str| {
        let words: Vec<&str> = text.split(' ').collect();
        let host = words[0].to_owned();
        let at = match host.parse() {
            Ok(address) => locate::Target::of_address(None, address),
            Err(_) => {
                locate::Target { host: host.clone(), port: None, transport: None, secure: false }
            }
        };
        let number = |text: &str| text.parse().expect("a number");
        TrunkTarget { host, at, priority: number(words[1]), weight: number(words[2]) }
    };
    let mut trunk = Settings::new(name(), FIRST.parse().expect("an address"));
    trunk.targets = targets.iter().map(target).collect();
    trunk.probing = probing;
    let sip = sip::Settings {
        listeners: vec![Listener::udp("192.0.2.1:5060".parse().expect("an address"))],
        user_agent: String::new(),
        peers: Vec::new(),
        registrar: None,
        upstreams: Vec::new(),
        session_timer: sip::SessionTimer::default(),
        phones: Vec::new(),
        phones_call: false,
        timers: sip::Timers::default(),
        sessions_max: 1,
        transactions_max: 1,
        ring_max: Duration::ZERO,
    };
    Ways::new(&sip, &[trunk], Mono::ZERO, Entropy::from_u64(1))
}

fn order(ways: &mut Ways) -> Vec<String> {
    ways.ways(&name()).into_iter().map(|way| way.hop.peer.to_string()).collect()
}

fn two() -> Ways {
    ways(&["198.51.100.2:5060 1 1", "198.51.100.1:5060 0 1"], None)
}

#[test]
fn the_target_of_the_lower_priority_comes_first() {
    let mut ways = two();
    for _ in 0..20 {
        assert_eq!(order(&mut ways), [FIRST, SECOND]);
    }
}

#[test]
fn a_target_that_failed_is_tried_last_until_it_answers_options() {
    let mut ways = two();
    assert_eq!(ways.failed(at(0), &name(), hop(FIRST), None), Some(REST_MIN));
    assert_eq!(order(&mut ways), [SECOND, FIRST]);
    assert_eq!(ways.probes(at(14)), []);
    assert_eq!(ways.deadline().map(|deadline| deadline.at), Some(at(15)));
    let probes = ways.probes(at(15));
    assert_eq!(probes.len(), 1);
    assert_eq!(probes[0].way.hop, hop(FIRST));
    assert_eq!(ways.probes(at(16)), [], "it is being asked");
    assert_eq!(ways.probed(at(47), probes[0].token, false), None);
    assert_eq!(order(&mut ways), [SECOND, FIRST]);
    assert_eq!(ways.deadline().map(|deadline| deadline.at), Some(at(77)), "twice as long");
    let probes = ways.probes(at(77));
    assert!(ways.probed(at(78), probes[0].token, true).is_some_and(|found| found.alive));
    assert_eq!(order(&mut ways), [FIRST, SECOND]);
    assert_eq!(ways.deadline(), None);
}

#[test]
fn a_target_that_answers_a_call_is_fit_at_once() {
    let mut ways = two();
    ways.failed(at(0), &name(), hop(FIRST), None);
    assert!(ways.worked(&name(), hop(FIRST)));
    assert_eq!(order(&mut ways), [FIRST, SECOND]);
    assert!(!ways.worked(&name(), hop(FIRST)), "it is said once");
}

#[test]
fn the_only_place_of_a_trunk_does_not_rest() {
    let mut ways = ways(&["198.51.100.1:5060 0 1"], None);
    assert_eq!(ways.failed(at(0), &name(), hop(FIRST), None), None);
    assert_eq!(ways.deadline(), None);
}

#[test]
fn a_probe_that_cannot_be_sent_is_sent_later() {
    let mut ways = two();
    ways.failed(at(0), &name(), hop(FIRST), None);
    let probes = ways.probes(at(15));
    ways.not_asked(at(15), probes[0].token);
    assert_eq!(ways.deadline().map(|deadline| deadline.at), Some(at(30)));
}

#[test]
fn a_rest_has_its_limits_whatever_the_target_says() {
    let mut ways = two();
    assert_eq!(ways.failed(at(0), &name(), hop(FIRST), Some(0)), Some(REST_MIN));
    let minute = Duration::from_secs(60);
    assert_eq!(ways.failed(at(0), &name(), hop(FIRST), Some(60)), Some(minute));
    assert_eq!(ways.failed(at(0), &name(), hop(FIRST), Some(86_400)), Some(REST_MAX));
    for _ in 0..40 {
        ways.failed(at(0), &name(), hop(FIRST), None);
    }
    assert_eq!(ways.failed(at(0), &name(), hop(FIRST), None), Some(REST_MAX));
}

#[test]
fn where_every_target_rests_the_one_that_rests_least_is_tried() {
    let mut ways = two();
    ways.failed(at(0), &name(), hop(FIRST), Some(100));
    ways.failed(at(0), &name(), hop(SECOND), Some(50));
    assert_eq!(order(&mut ways), [SECOND, FIRST]);
    assert!(ways.is_open(&name()), "a refusal does not close a trunk");
}

#[test]
fn a_trunk_is_closed_while_no_target_answers_options() {
    let every = Duration::from_secs(30);
    let probing = Probing { every, unanswered_max: 2 };
    let mut ways = ways(&["198.51.100.1:5060 0 1", "198.51.100.2:5060 1 1"], Some(probing));
    let probes = ways.probes(at(0));
    assert_eq!(probes.len(), 2);
    assert_eq!(ways.probes(at(1)).len(), 0);
    assert_eq!(ways.deadline().map(|deadline| deadline.at), Some(at(30)));
    assert_eq!(ways.probes(at(30)).len(), 0, "the first ones are not answered yet");
    assert_eq!(ways.probed(at(32), probes[0].token, false), None);
    assert_eq!(ways.probed(at(32), probes[0].token, false), None, "one answer each");
    assert_eq!(ways.found(&name(), hop(FIRST), false), Some(false));
    assert_eq!(ways.found(&name(), hop(FIRST), false), None, "it is said once");
    assert_eq!(order(&mut ways), [SECOND, FIRST]);
    assert!(ways.is_open(&name()));
    ways.found(&name(), hop(SECOND), false);
    ways.found(&name(), hop(SECOND), false);
    assert!(!ways.is_open(&name()));
    assert_eq!(ways.found(&name(), hop(SECOND), true), Some(true));
    assert!(ways.is_open(&name()));
    assert_eq!(ways.view(at(1), &name())[0].1, TargetState::Dead);
}

#[test]
fn a_name_has_no_way_until_the_dns_answers() {
    let mut ways = ways(&["sip.carrier.example 0 1"], None);
    assert!(!ways.is_open(&name()));
    let mut asked = 0;
    while let Some(question) = ways.question() {
        asked += 1;
        let ttl = Duration::from_secs(60);
        let answer = match question {
            Question::A(_) => {
                let ip = "198.51.100.9".parse().expect("an address");
                Answer::Found { records: vec![locate::Record::Address(ip)], ttl }
            }
            Question::Naptr(_) | Question::Srv(_) | Question::Aaaa(_) => Answer::Nothing { ttl },
        };
        ways.answered(at(0), &question, answer);
    }
    assert_eq!(asked, 3, "NAPTR, SRV and A");
    assert!(ways.is_open(&name()));
    let found = ways.ways(&name());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].host, "sip.carrier.example");
    assert_eq!(found[0].hop, hop("198.51.100.9:5060"));
}

#[test]
fn the_state_of_more_places_than_the_limit_is_not_kept() {
    let mut ways = two();
    for n in 0..2 * PLACES_MAX {
        let port = u16::try_from(n + 1).expect("a port");
        let mut hop = hop(FIRST);
        hop.peer.set_port(port);
        ways.failed(at(0), &name(), hop, None);
    }
    assert_eq!(ways.health.len(), PLACES_MAX);
}
