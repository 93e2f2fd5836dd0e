//! The IPv6 messages of RFC 5118, by the names they have there. The texts are ours and shorter.

use std::net::{IpAddr, Ipv6Addr};

use crate::case::Verdict::{Answered, Refused};
use crate::case::{cases, request, sip};

const SDP6: &[u8] =
    b"v=0\r\no=a 1 1 IN IP6 2001:db8::20\r\ns=-\r\nc=IN IP6 2001:db8::20\r\nt=0 0\r\n\
    m=audio 6000 RTP/AVP 0\r\nm=audio 6002 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n";

fn register(uri: &str, fields: &str) -> Vec<u8> {
    sip(&format!("REGISTER {uri} SIP/2.0"), fields, b"")
}

cases! {
    ipv6_good_references_in_brackets: Answered(200), register("sip:[2001:db8::10]",
        "Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111\n\
         Contact: \"Caller\" <sip:caller@[2001:db8::1]>\n");
    ipv6_bad_no_brackets: Refused(400), register("sip:2001:db8::10",
        "Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111\n");
    port_ambiguous_a_port_inside_the_brackets_is_address: Answered(200),
        register("sip:[2001:db8::10:5070]", "");
    port_unambiguous_a_port_behind_the_brackets: Answered(200),
        register("sip:[2001:db8::10]:5070", "");
    via_received_param_with_delim: Answered(200), sip("BYE sip:[2001:db8::10] SIP/2.0",
        "Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111\n", b"");
    via_received_param_no_delim: Answered(200), sip("OPTIONS sip:[2001:db8::10] SIP/2.0",
        "Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3-111\n", b"");
    ipv6_in_sdp: Answered(200), sip("INVITE sip:user@[2001:db8::10] SIP/2.0",
        "Via: SIP/2.0/UDP [2001:db8::20];branch=z9hG4bKas3-111\n\
         Contact: \"Caller\" <sip:caller@[2001:db8::20]>\nContent-Type: application/sdp\n", SDP6);
    mult_ip_in_header_both_families: Answered(200), sip("BYE sip:user@host.example.net SIP/2.0",
        "Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111\n\
         Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144\n\
         Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200\n", b"");
    mult_ip_in_sdp_both_families: Answered(200), sip("INVITE sip:user@[2001:db8::10] SIP/2.0",
        "Contact: \"Caller\" <sip:caller@[2001:db8::9:1]>\nContent-Type: application/sdp\n", SDP6);
    ipv4_mapped_ipv6: Answered(200), sip("INVITE sip:user@example.com SIP/2.0",
        "Via: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19\n\
         Contact: \"T. desk phone\" <sip:ted@[::ffff:192.0.2.2]>\n", b"");
    ipv6_bug_abnf_3_colons_are_forgiven: Answered(200), sip(
        "OPTIONS sip:user@[2001:db8:::192.0.2.1] SIP/2.0",
        "To: sip:user@[2001:db8:::192.0.2.1]\n", b"");
    ipv6_correct_abnf_2_colons: Answered(200), sip(
        "OPTIONS sip:user@[2001:db8::192.0.2.1] SIP/2.0",
        "To: sip:user@[2001:db8::192.0.2.1]\n", b"");
}

fn v6(text: &str) -> Option<IpAddr> {
    text.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
}

fn address(host: Option<&str>) -> Option<IpAddr> {
    host.and_then(|host| host.parse().ok())
}

#[test]
fn all_twelve_are_here() {
    assert_eq!(all().len(), 12);
}

#[test]
fn addresses_and_ports_are_told_apart() {
    let good = request(&bytes("ipv6_good"));
    assert_eq!(address(good.uri.host()), v6("2001:db8::10"));
    assert_eq!(good.headers.top_via().unwrap().unwrap().host, "2001:db8::9:1");
    assert_eq!(address(good.headers.contact().unwrap().unwrap().uri.host()), v6("2001:db8::1"));
    let ambiguous = request(&bytes("port_ambiguous")).uri;
    assert_eq!((address(ambiguous.host()), ambiguous.port()), (v6("2001:db8::10:5070"), None));
    let clear = request(&bytes("port_unambiguous")).uri;
    assert_eq!((address(clear.host()), clear.port()), (v6("2001:db8::10"), Some(5070)));
    assert_eq!(clear.to_string(), "sip:[2001:db8::10]:5070");
}

#[test]
fn received_is_the_same_with_and_without_brackets() {
    for name in ["via_received_param_with", "via_received_param_no"] {
        let via = request(&bytes(name)).headers.top_via().unwrap().unwrap();
        assert_eq!(via.received(), Some("2001:db8::9:255"), "{name}");
    }
}

#[test]
fn both_families_stand_beside_each_other() {
    let vias = request(&bytes("mult_ip_in_header")).headers.vias().unwrap();
    assert_eq!((vias[0].host.as_str(), vias[0].port), ("2001:db8::9:1", Some(6050)));
    assert_eq!(vias[1].host, "192.0.2.1");
    assert_eq!(vias[2].received(), Some("192.0.2.200"));
    let mapped = request(&bytes("ipv4_mapped")).headers.top_via().unwrap().unwrap();
    assert_eq!((mapped.host.as_str(), mapped.port), ("::ffff:192.0.2.10", Some(19823)));
    assert!(request(&bytes("mult_ip_in_sdp")).body.ends_with(b"c=IN IP4 192.0.2.1\r\n"));
}

#[test]
fn three_colons_mean_the_same_address_as_two() {
    let three = request(&bytes("ipv6_bug_abnf_3"));
    let two = request(&bytes("ipv6_correct_abnf_2"));
    assert_eq!(three.uri, two.uri);
    assert_eq!(three.headers.to(), two.headers.to());
    assert_eq!(address(two.uri.host()), v6("2001:db8::c000:201"));
}
