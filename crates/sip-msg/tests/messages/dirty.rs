//! Messages that break a rule and are met every day. Nothing is lost by reading them.

use crate::case::Verdict::{Answered, Reply};
use crate::case::{cases, request, response, sip};

fn invite(fields: &str) -> Vec<u8> {
    sip("INVITE sip:user@example.com SIP/2.0", fields, b"")
}

cases! {
    parentheses_in_an_unquoted_name: Answered(200),
        invite("From: Jane Doe (Sales) <sip:caller@example.net>;tag=77\n");
    an_at_sign_in_an_unquoted_name: Answered(200),
        invite("From: jane@work <sip:caller@example.net>;tag=77\n");
    letters_beyond_ascii_in_an_unquoted_name: Answered(200),
        invite("From: Zoë Müller <sip:caller@example.net>;tag=77\n");
    latin_1_in_a_name: Answered(200),
        latin1(&invite("From: \"Zo@ M@\" <sip:z@example.net>;tag=77\n"));
    a_trailing_semicolon: Answered(200), invite(
        "From: <sip:caller@example.net>;tag=77;\nContact: <sip:caller@192.0.2.7;ob;>;\n\
         Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKs;\n");
    a_trailing_comma: Answered(200), invite("Route: <sip:proxy.example.com;lr>,\n");
    a_hash_in_the_user_part: Answered(200),
        sip("INVITE sip:*31#0612345678@example.com SIP/2.0", "", b"");
    an_underscore_in_a_host: Answered(200),
        sip("INVITE sip:user@my_pbx.example.com SIP/2.0", "", b"");
    an_empty_user: Answered(200), invite("From: \"Anonymous\" <sip:@example.net>;tag=77\n");
    an_empty_port: Answered(200), sip("INVITE sip:user@example.com: SIP/2.0", "", b"");
    bare_lf_line_ends: Answered(200), String::from_utf8(invite("Contact: <sip:a@192.0.2.7>\n"))
        .unwrap().replace("\r\n", "\n").into_bytes();
    a_space_before_the_colon: Answered(200), invite("Contact : <sip:caller@192.0.2.7>\n");
    no_space_after_the_colon: Answered(200), invite("Contact:<sip:caller@192.0.2.7>\n");
    no_content_length: Answered(200), {
        let body = b"v=0\r\n";
        let text = sip("INVITE sip:user@example.com SIP/2.0", "", body);
        String::from_utf8(text).unwrap().replace("content-length: 5\r\n", "").into_bytes()
    };
    the_same_length_twice: Answered(200), invite("Content-Length: 0\nl: 0\n");
    no_empty_line_at_the_end: Answered(200), {
        let mut text = invite("");
        text.truncate(text.len() - 2);
        text
    };
    no_reason_and_no_space: Reply(200), sip("SIP/2.0 200", "", b"");
    a_lower_case_version: Answered(200), sip("INVITE sip:user@example.com sip/2.0", "", b"");
    no_max_forwards: Answered(200), String::from_utf8(invite("")).unwrap()
        .replace("max-forwards: 70\r\n", "").into_bytes();
    unescaped_at_sign_in_a_uri_header: Answered(200), invite(
        "Refer-To: <sip:b@example.com?Replaces=abc@192.0.2.7>\n\
         Contact: <sip:b@example.com?Replaces=abc@192.0.2.7>\n");
}

/// Each `@` in the display name becomes an `é` of Latin-1.
fn latin1(text: &[u8]) -> Vec<u8> {
    let start = text.windows(6).position(|part| part == b"From: ").unwrap();
    let end = start + text[start..].iter().position(|byte| *byte == b'<').unwrap();
    let mut text = text.to_vec();
    text[start..end].iter_mut().filter(|byte| **byte == b'@').for_each(|byte| *byte = 0xE9);
    text
}

#[test]
fn dirty_names_are_kept_and_the_caller_is_known() {
    for (name, display) in [
        ("parentheses", "Jane Doe (Sales)"),
        ("an_at_sign", "jane@work"),
        ("letters_beyond", "Zoë Müller"),
        ("latin_1", "Zoé Mé"),
    ] {
        let from = request(&bytes(name)).headers.from().unwrap().unwrap();
        assert_eq!(from.display.as_deref(), Some(display));
        assert_eq!(from.uri.host(), Some("example.net"));
        assert_eq!(from.tag(), Some("77"));
    }
}

#[test]
fn latin_1_goes_back_as_it_came() {
    let invite = request(&bytes("latin_1"));
    let reply = sip_msg::Response::to(&invite, 200).to_bytes();
    let line = b"\r\nFrom: \"Zo\xE9 M\xE9\" <sip:z@example.net>;tag=77\r\n";
    assert!(reply.windows(line.len()).any(|part| part == line));
}

#[test]
fn empty_parameters_mean_nothing() {
    let headers = request(&bytes("a_trailing_semicolon")).headers;
    assert_eq!(headers.from().unwrap().unwrap().tag(), Some("77"));
    assert_eq!(headers.top_via().unwrap().unwrap().branch(), Some("z9hG4bKs"));
    let contact = headers.contact().unwrap().unwrap();
    assert!(contact.params.is_empty() && contact.uri.sip().unwrap().params.has("ob"));
    assert_eq!(request(&bytes("a_trailing_comma")).headers.routes().unwrap().len(), 1);
}

#[test]
fn dirty_uris_keep_their_number() {
    let hash = request(&bytes("a_hash")).uri;
    assert_eq!(hash.user_unescaped().as_deref(), Some("*31#0612345678"));
    assert_eq!(request(&bytes("an_empty_port")).uri.port(), None);
    let withheld = request(&bytes("an_empty_user")).headers.from().unwrap().unwrap().uri;
    assert_eq!((withheld.user_unescaped(), withheld.host()), (None, Some("example.net")));
    let contact = request(&bytes("unescaped_at")).headers.contact().unwrap().unwrap();
    assert_eq!(contact.uri.host(), Some("example.com"));
}

#[test]
fn dirty_framing_keeps_the_body() {
    assert_eq!(request(&bytes("no_content_length")).body, b"v=0\r\n");
    assert!(request(&bytes("bare_lf")).headers.contact().unwrap().is_some());
    assert_eq!(response(&bytes("no_reason")).reason, "");
}
