//! Stories of the locator against a zone in text.

use std::fmt::Write as _;

use expect_test::expect;

use super::*;

/// `NAME TYPE DATA…`, one record a line; a name without a line does not exist.
const ZONE: &str = "
    example.com NAPTR 50 50 s SIPS+D2T _sips._tcp.example.com
    example.com NAPTR 90 50 s SIP+D2T _sip._tcp.example.com
    example.com NAPTR 100 50 s SIP+D2U _sip._udp.example.com
    _sips._tcp.example.com SRV 0 1 5061 server1.example.com
    _sip._tcp.example.com SRV 0 1 5060 server1.example.com
    _sip._udp.example.com SRV 10 1 5060 server2.example.com
    _sip._udp.example.com SRV 0 1 5060 Server1.Example.com.
    server1.example.com A 192.0.2.1
    server1.example.com AAAA 2001:db8::1
    server2.example.com A 192.0.2.2
    _sip._udp.srv.example SRV 0 0 5080 host.srv.example
    host.srv.example A 192.0.2.3
    bare.example A 192.0.2.4
    closed.example A 192.0.2.5
    _sip._udp.closed.example SRV 0 0 0 .
    many.example A 192.0.2.6
    many.example A 192.0.2.7
";

fn zone(question: &Question) -> Answer {
    let (name, kind) = match question {
        Question::Naptr(name) => (name, "NAPTR"),
        Question::Srv(name) => (name, "SRV"),
        Question::A(name) => (name, "A"),
        Question::Aaaa(name) => (name, "AAAA"),
    };
    let number = |text: &str| text.parse().expect("a number");
    let records: Vec<Record> = ZONE
        .lines()
        .filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            if words.get(..2) != Some(&[name.as_str(), kind][..]) {
                return None;
            }
            Some(match words[2..] {
                [order, preference, flags, service, replacement] => Record::Naptr {
                    order: number(order),
                    preference: number(preference),
                    flags: flags.into(),
                    service: service.into(),
                    replacement: replacement.into(),
                },
                [priority, weight, port, target] => Record::Srv {
                    priority: number(priority),
                    weight: number(weight),
                    port: number(port),
                    target: target.into(),
                },
                [address] => Record::Address(address.parse().expect("an address")),
                _ => return None,
            })
        })
        .collect();
    match records.is_empty() {
        true => Answer::Nothing { ttl: Duration::from_secs(60) },
        false => Answer::Found { records, ttl: Duration::from_secs(600) },
    }
}

fn target(uri: &str) -> Target {
    Target::of_uri(&Uri::parse(uri).expect("a URI")).expect("a target")
}

fn at(secs: u64) -> Mono {
    Mono::ZERO + Duration::from_secs(secs)
}

fn all() -> Means {
    let v4 = vec![Transport::Udp, Transport::Tcp, Transport::Tls];
    Means { v6: v4.clone(), v4 }
}

fn udp() -> Means {
    Means { v4: vec![Transport::Udp], v6: Vec::new() }
}

/// What is asked for a target, round by round, and where it is.
fn story(means: Means, uri: &str) -> String {
    let mut locator = Locator::new(means);
    let mut text = format!("{uri}\n");
    locator.follow(at(0), target(uri));
    while let Some(question) = locator.poll() {
        writeln!(text, "  {question:?}").expect("text");
        locator.handle_answer(at(0), &question, zone(&question));
    }
    for place in locator.places(&target(uri), &mut Entropy::from_u64(1)) {
        writeln!(text, "  -> {} {}", place.transport.token(), place.address).expect("text");
    }
    text
}

#[test]
fn a_name_leads_by_naptr_and_srv_to_addresses() {
    let text = story(all(), "sip:example.com") + &story(udp(), "sip:ann@EXAMPLE.com");
    expect![[r#"
        sip:example.com
          Naptr("example.com")
          Srv("_sip._tcp.example.com")
          Srv("_sip._udp.example.com")
          Srv("_sips._tcp.example.com")
          A("server1.example.com")
          Aaaa("server1.example.com")
          A("server2.example.com")
          Aaaa("server2.example.com")
          -> TLS 192.0.2.1:5061
          -> TLS [2001:db8::1]:5061
          -> TCP 192.0.2.1:5060
          -> TCP [2001:db8::1]:5060
          -> UDP 192.0.2.1:5060
          -> UDP [2001:db8::1]:5060
          -> UDP 192.0.2.2:5060
        sip:ann@EXAMPLE.com
          Naptr("example.com")
          Srv("_sip._udp.example.com")
          A("server1.example.com")
          A("server2.example.com")
          -> UDP 192.0.2.1:5060
          -> UDP 192.0.2.2:5060
    "#]]
    .assert_eq(&text);
}

#[test]
fn what_the_uri_says_is_not_asked() {
    let uris = [
        "sip:192.0.2.9",
        "sip:192.0.2.9:5070;transport=tcp",
        "sips:[2001:db8::9]",
        "sip:bare.example:5070",
        "sip:srv.example;transport=udp",
        "sips:example.com",
    ];
    let text: String = uris.iter().map(|uri| story(all(), uri)).collect();
    expect![[r#"
        sip:192.0.2.9
          -> UDP 192.0.2.9:5060
        sip:192.0.2.9:5070;transport=tcp
          -> TCP 192.0.2.9:5070
        sips:[2001:db8::9]
          -> TLS [2001:db8::9]:5061
        sip:bare.example:5070
          A("bare.example")
          Aaaa("bare.example")
          -> UDP 192.0.2.4:5070
        sip:srv.example;transport=udp
          Srv("_sip._udp.srv.example")
          A("host.srv.example")
          Aaaa("host.srv.example")
          -> UDP 192.0.2.3:5080
        sips:example.com
          Srv("_sips._tcp.example.com")
          A("server1.example.com")
          Aaaa("server1.example.com")
          -> TLS 192.0.2.1:5061
          -> TLS [2001:db8::1]:5061
    "#]]
    .assert_eq(&text);
}

#[test]
fn a_name_without_services_is_a_host() {
    let uris = ["sip:srv.example", "sip:bare.example", "sip:closed.example", "sip:nowhere.example"];
    let text: String = uris.iter().map(|uri| story(udp(), uri)).collect();
    expect![[r#"
        sip:srv.example
          Naptr("srv.example")
          Srv("_sip._udp.srv.example")
          A("host.srv.example")
          -> UDP 192.0.2.3:5080
        sip:bare.example
          Naptr("bare.example")
          Srv("_sip._udp.bare.example")
          A("bare.example")
          -> UDP 192.0.2.4:5060
        sip:closed.example
          Naptr("closed.example")
          Srv("_sip._udp.closed.example")
        sip:nowhere.example
          Naptr("nowhere.example")
          Srv("_sip._udp.nowhere.example")
          A("nowhere.example")
    "#]]
    .assert_eq(&text);
}

#[test]
fn several_addresses_of_a_host_take_turns() {
    let mut locator = Locator::new(udp());
    let many = target("sip:many.example");
    locator.follow(at(0), many.clone());
    while let Some(question) = locator.poll() {
        locator.handle_answer(at(0), &question, zone(&question));
    }
    let mut dice = Entropy::from_u64(3);
    let firsts: BTreeSet<Place> = (0..50).map(|_| locator.places(&many, &mut dice)[0]).collect();
    assert_eq!(firsts.len(), 2);
}

fn bare() -> (Locator, Target) {
    let mut locator = Locator::new(udp());
    let bare = target("sip:bare.example:5060");
    locator.follow(at(0), bare.clone());
    (locator, bare)
}

fn found(secs: u64) -> Answer {
    let records = vec![Record::Address("192.0.2.4".parse().expect("an address"))];
    Answer::Found { records, ttl: Duration::from_secs(secs) }
}

#[test]
fn an_answer_is_asked_for_again_when_it_grows_old() {
    let (mut locator, bare) = bare();
    let question = locator.poll().expect("one question");
    assert!(locator.is_looking(&bare));
    locator.handle_answer(at(1), &question, found(60));
    assert!(!locator.is_looking(&bare));
    assert_eq!(locator.deadline().map(|deadline| deadline.at), Some(at(61)));
    locator.handle_timeout(at(60));
    assert_eq!(locator.poll(), None);
    locator.handle_timeout(at(61));
    assert_eq!(locator.poll(), Some(question.clone()));
    assert_eq!(locator.poll(), None, "it is asked once");
    // Two hours without the DNS: what it said last holds.
    locator.handle_answer(at(62), &question, Answer::Failed);
    locator.handle_timeout(at(7_200));
    assert_eq!(locator.places(&bare, &mut Entropy::from_u64(1)).len(), 1);
    // After a day it does not.
    for secs in (7_200..100_000).step_by(5_000) {
        locator.handle_timeout(at(secs));
        locator.handle_timeout(at(secs + 10));
    }
    assert_eq!(locator.places(&bare, &mut Entropy::from_u64(1)), []);
}

#[test]
fn times_to_live_have_their_limits() {
    let cases = [
        (found(0), TTL_MIN),
        (found(10_000_000), TTL_MAX),
        (Answer::Nothing { ttl: Duration::from_secs(86_400) }, NEGATIVE_TTL_MAX),
        (Answer::Failed, RETRY),
    ];
    for (answer, wanted) in cases {
        let (mut locator, _) = bare();
        let question = locator.poll().expect("one question");
        locator.handle_answer(at(0), &question, answer);
        assert_eq!(locator.deadline().map(|deadline| deadline.at), Some(Mono::ZERO + wanted));
    }
}

#[test]
fn a_question_that_is_never_answered_is_asked_again() {
    let (mut locator, bare) = bare();
    let question = locator.poll().expect("one question");
    let due = locator.deadline().expect("an answer is awaited").at;
    assert_eq!(due, Mono::ZERO + ANSWER_MAX);
    locator.handle_timeout(due);
    assert_eq!(locator.poll(), None);
    locator.handle_timeout(due + RETRY);
    assert_eq!(locator.poll(), Some(question.clone()));
    locator.handle_answer(due + RETRY, &question, found(60));
    assert_eq!(locator.places(&bare, &mut Entropy::from_u64(1)).len(), 1);
}

#[test]
fn more_records_answers_and_places_than_the_limits_are_left_out() {
    let (mut locator, bare) = bare();
    let question = locator.poll().expect("one question");
    let records: Vec<Record> =
        (0..200).map(|n| Record::Address(IpAddr::from([192, 0, 2, n]))).collect();
    let ttl = Duration::from_secs(60);
    locator.handle_answer(at(0), &question, Answer::Found { records, ttl });
    assert_eq!(locator.places(&bare, &mut Entropy::from_u64(1)).len(), PLACES_MAX);
    for n in 0..2 * ANSWERS_MAX {
        let transport = None;
        let host = format!("h{n}.example");
        locator.targets.insert(Target { host, port: Some(5060), transport, secure: false });
    }
    locator.refresh(at(1));
    assert_eq!(locator.known.len(), ANSWERS_MAX);
}

#[test]
fn records_of_another_kind_are_no_answer() {
    let (mut locator, bare) = bare();
    let question = locator.poll().expect("one question");
    let v6 = Record::Address("2001:db8::1".parse().expect("an address"));
    let ttl = Duration::from_secs(60);
    locator.handle_answer(at(0), &question, Answer::Found { records: vec![v6], ttl });
    assert_eq!(locator.places(&bare, &mut Entropy::from_u64(1)), []);
    locator.handle_answer(at(0), &Question::A("other.example".into()), found(60));
    assert_eq!(locator.known.len(), 1);
}
