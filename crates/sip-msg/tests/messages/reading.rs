//! What one datagram is read as.

use sip_msg::{Malformed, Message, Method, Request, Response, Uri, is_keep_alive, parse};

const INVITE: &str = "\
INVITE sip:+33123456789@192.0.2.1:5060;user=phone SIP/2.0\r
Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1;rport, SIP/2.0/UDP 192.0.2.8;branch=z9hG4bK0\r
v: SIP/2.0/UDP [2001:db8::9]:5070;branch=z9hG4bKz\r
From: \"Doe, \\\"Jo\\\" <sip:boss@bank.example>\" <sip:+33612345678@192.0.2.7>;tag=a1\r
t: <sip:+33123456789@192.0.2.1>\r
i: 77@192.0.2.7\r
CSeq: 1 INVITE\r
Max-Forwards: 70\r
Contact: <sip:caller@192.0.2.7>\r
Subject: a long\r
\x20 subject\r
c: application/sdp\r
Content-Length: 5\r
\r
v=0\r\n";

fn request(bytes: &[u8]) -> Request {
    match parse(bytes).expect("a request") {
        Message::Request(request) => request,
        Message::Response(_) => panic!("a response"),
    }
}

fn refused(text: &str) -> Malformed {
    parse(text.as_bytes()).expect_err("malformed")
}

#[test]
fn an_invite_is_read_into_its_views() {
    let invite = request(INVITE.as_bytes());
    assert_eq!(invite.method, Method::Invite);
    assert_eq!(invite.uri.user_unescaped().as_deref(), Some("+33123456789"));
    assert_eq!(invite.uri.port(), Some(5060));
    let vias = invite.headers.vias().unwrap();
    assert_eq!(vias.len(), 3);
    assert_eq!(vias[0].branch(), Some("z9hG4bK1"));
    assert!(vias[0].wants_rport() && vias[0].rport().is_none());
    assert_eq!((vias[2].host.as_str(), vias[2].port), ("2001:db8::9", Some(5070)));
    let cseq = invite.headers.cseq().unwrap().unwrap();
    assert_eq!((cseq.number, cseq.method), (1, Method::Invite));
    assert_eq!(invite.headers.call_id(), Some("77@192.0.2.7"));
    assert_eq!(invite.headers.max_forwards(), Ok(Some(70)));
    assert_eq!(invite.headers.get("s"), Some("a long subject"));
    assert_eq!(invite.headers.content_type().unwrap().as_deref(), Some("application/sdp"));
    assert_eq!(invite.headers.expires(), Ok(None));
    assert_eq!(invite.body, b"v=0\r\n");
}

#[test]
fn an_address_inside_a_quoted_name_is_only_a_name() {
    let from = request(INVITE.as_bytes()).headers.from().unwrap().unwrap();
    assert_eq!(from.uri.user_unescaped().as_deref(), Some("+33612345678"));
    assert_eq!(from.display.as_deref(), Some("Doe, \"Jo\" <sip:boss@bank.example>"));
    assert_eq!(from.tag(), Some("a1"));
}

#[test]
fn a_response_copies_what_identifies_the_transaction() {
    let invite = request(INVITE.as_bytes());
    let mut response = Response::to(&invite, 486);
    response.headers.add_to_tag("b2");
    let text = String::from_utf8(response.to_bytes()).unwrap();
    let expected = "\
SIP/2.0 486 Busy Here\r
Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1;rport, SIP/2.0/UDP 192.0.2.8;branch=z9hG4bK0\r
v: SIP/2.0/UDP [2001:db8::9]:5070;branch=z9hG4bKz\r
From: \"Doe, \\\"Jo\\\" <sip:boss@bank.example>\" <sip:+33612345678@192.0.2.7>;tag=a1\r
t: <sip:+33123456789@192.0.2.1>;tag=b2\r
i: 77@192.0.2.7\r
CSeq: 1 INVITE\r
Content-Length: 0\r
\r
";
    assert_eq!(text, expected);
}

#[test]
fn noting_the_source_changes_the_top_via_only() {
    let mut invite = request(INVITE.as_bytes());
    let mut via = invite.headers.top_via().unwrap().unwrap();
    via.note_source("198.51.100.4:1024".parse().unwrap());
    invite.headers.replace_top_via(&via);
    let first = invite.headers.get("Via").unwrap();
    assert_eq!(
        first,
        "SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1;rport=1024;received=198.51.100.4, \
         SIP/2.0/UDP 192.0.2.8;branch=z9hG4bK0"
    );
}

#[test]
fn a_body_shorter_than_announced_is_answered_with_400() {
    let error = refused(&INVITE.replace("Content-Length: 5", "Content-Length: 6"));
    assert_eq!((error.status, error.what), (400, "the body is shorter than Content-Length"));
    let reply = String::from_utf8(error.response().unwrap().to_bytes()).unwrap();
    assert!(reply.starts_with("SIP/2.0 400 Bad Request\r\nVia: SIP/2.0/UDP 192.0.2.7:5060;"));
    assert!(reply.contains("CSeq: 1 INVITE\r\n"));
}

#[test]
fn what_follows_the_announced_body_is_ignored() {
    let invite = request(&[INVITE.as_bytes(), b"garbage"].concat());
    assert_eq!(invite.body, b"v=0\r\n");
}

#[test]
fn without_content_length_the_body_is_the_rest() {
    let text = INVITE.replace("Content-Length: 5\r\n", "");
    let invite = request(&[text.as_bytes(), b"\x00\xFF"].concat());
    assert_eq!(invite.body, b"v=0\r\n\x00\xFF");
}

#[test]
fn another_version_is_answered_with_505() {
    let error = refused(&INVITE.replacen("SIP/2.0", "SIP/7.0", 1));
    assert_eq!(error.status, 505);
    assert_eq!(error.response().unwrap().headers.call_id(), Some("77@192.0.2.7"));
}

#[test]
fn keep_alives_and_noise_are_never_answered() {
    for noise in [&b""[..], b"\r\n\r\n", b"\0\0\0\0", b"\r\n", b"hello", b"GET / HTTP/1.1\r\n\r\n"]
    {
        let error = parse(noise).unwrap_err();
        assert_eq!((error.status, error.response()), (0, None));
    }
    assert!(is_keep_alive(b"\r\n\r\n") && !is_keep_alive(b"hello"));
}

#[test]
fn a_malformed_ack_is_never_answered() {
    let ack = INVITE.replace("INVITE", "ACK").replace("Call-ID", "X").replace("i: ", "X-i: ");
    assert_eq!(refused(&ack).status, 0);
}

#[test]
fn other_schemes_and_methods_are_read() {
    let text = INVITE
        .replace("sip:+33123456789@192.0.2.1:5060;user=phone", "urn:service:sos")
        .replace("INVITE", "NEWMETHOD");
    let odd = request(text.as_bytes());
    assert_eq!(odd.method, Method::Other("NEWMETHOD".to_owned()));
    assert_eq!(odd.uri, Uri::Other("urn:service:sos".to_owned()));
    let text = INVITE.replace("sip:+33123456789@192.0.2.1:5060;user=phone", "tel:+33-1;ext=2");
    assert_eq!(request(text.as_bytes()).uri.number().as_deref(), Some("+33-1"));
}
