//! Rules of RFC 3261 that a peer leans on every day, one message each; and the many ways to write
//! somebody else's address where a careless reader looks for the caller's.

use sip_msg::Uri;

use crate::case::Verdict::{Answered, Dropped, Refused, Reply, Unanswerable};
use crate::case::{cases, request, sip};

fn invite(fields: &str) -> Vec<u8> {
    sip("INVITE sip:user@example.com SIP/2.0", fields, b"")
}

/// An INVITE whose field of this name has another.
fn without(name: &str) -> Vec<u8> {
    String::from_utf8(invite("")).unwrap().replace(name, "x:").into_bytes()
}

fn to(uri: &str) -> Vec<u8> {
    sip(&format!("INVITE {uri} SIP/2.0"), "", b"")
}

cases! {
    plain_invite: Answered(200), invite("Contact: <sip:caller@192.0.2.7>\n");
    plain_response: Reply(180),
        sip("SIP/2.0 180 Ringing", "To: <sip:user@example.com>;tag=9\n", b"");
    compact_names: Answered(200), invite(
        "v: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKc\nf: <sip:caller@example.net>;tag=77\n\
         t: <sip:user@example.com>\ni: compact@192.0.2.7\nm: <sip:caller@192.0.2.7>\nl: 0\n");
    a_folded_from: Answered(200), invite("From: <sip:caller@example.net>\n ;tag=77\n");
    a_fold_with_a_tab: Answered(200), invite("Subject: one\n\ttwo\n");
    vias_in_one_field: Answered(200), invite(
        "Via: SIP/2.0/UDP 192.0.2.8;branch=z9hG4bKa,SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKb\n");
    a_comma_in_a_quoted_name_does_not_separate: Answered(200), invite(
        "Contact: \"Doe, Jane\" <sip:jane@192.0.2.7>, <sip:other,one@192.0.2.8>\n");
    a_quoted_name_with_escapes: Answered(200),
        invite("From: \"a \\\"b\\\" \\\\ c\" <sip:caller@example.net>;tag=77\n");
    a_dotted_user: Answered(200), to("sip:first.last@example.com");
    a_user_with_parameters: Answered(200), to("sip:+33123456789;npdi=yes@example.com;user=phone");
    a_tel_uri: Answered(200), to("tel:+33-1-23-45-67-89;phone-context=example.com");
    a_tel_uri_in_from: Answered(200), invite("From: <tel:+33612345678>;tag=77\n");
    an_urn: Answered(416), to("urn:service:sos");
    a_sips_uri: Answered(200), to("sips:user@example.com");
    an_ipv4_uri_with_a_port: Answered(200), to("sip:user@192.0.2.1:5062;transport=udp");
    an_ipv6_uri: Answered(200), to("sip:user@[2001:db8::1]:5062");
    an_unknown_method: Answered(405), sip("FROBNICATE sip:user@example.com SIP/2.0", "", b"");
    a_lower_case_method_is_another: Answered(405),
        sip("invite sip:user@example.com SIP/2.0", "", b"");
    a_body_that_is_no_text: Answered(200),
        sip("INVITE sip:user@example.com SIP/2.0", "", b"\0\x01\xFE\xFF\r\n\r\nSIP/2.0 200 OK\r\n");
    bytes_after_the_body: Answered(200),
        sip("INVITE sip:user@example.com SIP/2.0", "Content-Length: 2\n", b"okmore than announced");
    a_body_cut_short: Refused(400),
        sip("INVITE sip:user@example.com SIP/2.0", "Content-Length: 3\n", b"ok");
    a_length_that_is_no_number: Refused(400), invite("Content-Length: zero\n");
    empty_lines_before_the_start: Answered(200), [b"\r\n\r\n", &invite("")[..]].concat();
    no_via: Unanswerable(400), without("via:");
    no_cseq: Refused(400), without("cseq:");
    a_line_that_is_no_field: Refused(400), invite("this is no field\n");
    a_fold_before_the_first_field: Refused(400), invite(" folded: yes\n");
    a_field_name_with_a_space: Refused(400), invite("Two Words: yes\n");
    a_cseq_of_two_to_the_31: Refused(400), invite("CSeq: 2147483648 INVITE\n");
    a_port_beyond_65535: Refused(400), to("sip:user@example.com:65536");
    no_scheme: Refused(400), to("user@example.com");
    a_password_without_a_user: Refused(400), to("sip::secret@example.com");
    max_forwards_beyond_255: Refused(400), invite("Max-Forwards: 256\n");
    a_via_of_another_protocol_version: Unanswerable(400),
        invite("Via: SIP/3.0/UDP 192.0.2.7;branch=z9hG4bK3\n");
    a_parameter_of_two_words: Refused(400),
        invite("From: <sip:caller@example.net>;two words=1;tag=77\n");
    a_parameter_whose_quote_never_closes: Refused(400),
        invite("From: <sip:caller@example.net>;tag=77;x=\"y\n");
    a_response_without_a_status: Dropped, sip("SIP/2.0 OK", "", b"");
    a_response_of_class_seven: Dropped, sip("SIP/2.0 700 What", "", b"");
    an_ack_with_a_bad_cseq: Dropped,
        sip("ACK sip:user@example.com SIP/2.0", "CSeq: one ACK\n", b"");
    another_protocol: Dropped, b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n".to_vec();
    a_keep_alive: Dropped, b"\r\n\r\n".to_vec();

    forged_brackets_in_a_quoted_name: Answered(200),
        invite("From: \"<sip:boss@bank.example>\" <sip:caller@example.net>;tag=77\n");
    forged_an_escaped_quote_before_brackets: Answered(200),
        invite("From: \"a\\\" <sip:boss@bank.example>;b=\" <sip:caller@example.net>;tag=77\n");
    forged_a_second_quoted_name: Refused(400),
        invite("From: \"a\" \"<sip:boss@bank.example>\" <sip:caller@example.net>;tag=77\n");
    forged_a_name_that_never_closes: Refused(400),
        invite("From: \"a <sip:boss@bank.example> <sip:caller@example.net>;tag=77\n");
    forged_an_escape_at_the_end_of_a_name: Refused(400),
        invite("From: \"a\\\" <sip:caller@example.net>;tag=77\n");
    forged_two_addresses: Refused(400),
        invite("From: <sip:caller@example.net> <sip:boss@bank.example>;tag=77\n");
    forged_text_behind_the_brackets: Refused(400),
        invite("From: <sip:caller@example.net>@bank.example;tag=77\n");
    forged_an_address_as_the_name: Refused(400),
        invite("From: sip:boss@bank.example <sip:caller@example.net>;tag=77\n");
    forged_an_address_with_parameters_as_the_name: Refused(400),
        invite("From: boss;x <sip:caller@example.net>;tag=77\n");
    forged_a_quote_inside_an_unquoted_name: Refused(400),
        invite("From: a \"<sip:boss@bank.example>\" <sip:caller@example.net>;tag=77\n");
    forged_brackets_in_a_parameter: Answered(200),
        invite("From: <sip:caller@example.net>;tag=77;x=\"<sip:boss@bank.example>\"\n");
    forged_a_fold_that_looks_like_a_field: Answered(200),
        invite("Subject: x\n From: <sip:boss@bank.example>;tag=66\n");
    forged_a_bare_cr_before_a_field: Answered(200),
        invite("Subject: x\rFrom: <sip:boss@bank.example>;tag=66\n");
    forged_a_second_from: Refused(400), invite(
        "From: <sip:caller@example.net>;tag=77\nf: <sip:boss@bank.example>;tag=66\n");
    forged_a_comma_in_an_asserted_name: Answered(200), invite(
        "P-Asserted-Identity: \"a, <sip:boss@bank.example>, b\" <sip:caller@example.net>\n");
}

#[test]
fn whoever_is_named_in_quotes_the_caller_is_the_one_in_brackets() {
    for case in all() {
        if !case.name.starts_with("forged") || !matches!(case.verdict, Answered(_)) {
            continue;
        }
        let headers = request(&case.bytes).headers;
        let from = headers.from().unwrap().unwrap();
        assert_eq!(from.uri.host(), Some("example.net"), "{}", case.name);
        assert_eq!(from.tag(), Some("77"), "{}", case.name);
        for asserted in headers.asserted_identity().unwrap() {
            assert_eq!(asserted.uri.host(), Some("example.net"), "{}", case.name);
        }
    }
}

#[test]
fn a_bare_cr_is_a_space_and_begins_no_field() {
    let subject = request(&bytes("forged_a_bare_cr")).headers;
    assert_eq!(subject.get("Subject"), Some("x From: <sip:boss@bank.example>;tag=66"));
}

#[test]
fn a_quote_inside_brackets_hides_nothing_behind_them() {
    let headers = request(&invite("X: <sip:a\"b@example.com>, <sip:c@example.com>\n")).headers;
    assert_eq!(headers.list("X").count(), 2);
}

#[test]
fn lists_are_split_at_their_commas_only() {
    let contacts = request(&bytes("a_comma_in")).headers.contacts().unwrap();
    assert_eq!(contacts[0].display.as_deref(), Some("Doe, Jane"));
    assert_eq!(contacts[1].uri.user_unescaped().as_deref(), Some("other,one"));
    assert_eq!(contacts.len(), 2);
    assert_eq!(request(&bytes("vias_in_one")).headers.vias().unwrap().len(), 2);
}

#[test]
fn numbers_are_found_in_every_kind_of_uri() {
    let number = |name| request(&bytes(name)).uri.number();
    assert_eq!(number("a_dotted_user").as_deref(), Some("first.last"));
    assert_eq!(number("a_user_with_parameters").as_deref(), Some("+33123456789"));
    assert_eq!(number("a_tel_uri").as_deref(), Some("+33-1-23-45-67-89"));
    assert_eq!(number("an_urn"), None);
    let from = request(&bytes("a_tel_uri_in_from")).headers.from().unwrap().unwrap();
    assert_eq!(from.uri.user_unescaped().as_deref(), Some("+33612345678"));
    let Uri::Tel(tel) = request(&bytes("a_tel_uri")).uri else { panic!("a tel URI") };
    assert_eq!(tel.params.get("phone-context"), Some("example.com"));
}

#[test]
fn a_body_is_its_length_and_its_bytes() {
    assert_eq!(
        request(&bytes("a_body_that_is_no_text")).body,
        b"\0\x01\xFE\xFF\r\n\r\nSIP/2.0 200 OK\r\n"
    );
    assert_eq!(request(&bytes("bytes_after")).body, b"ok");
}
