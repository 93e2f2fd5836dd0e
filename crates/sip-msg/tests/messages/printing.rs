//! Messages that we make.

use sip_msg::{CSeq, Method, NameAddr, Params, Request, Response, SipUri, Uri, Via, parse};

use crate::case::{assert_stable, request, sip};

fn uri(text: &str) -> Uri {
    Uri::parse(text).unwrap()
}

#[test]
fn a_request_of_ours_is_written_field_by_field() {
    let mut invite = Request::new(Method::Invite, uri("sip:+33612345678@192.0.2.7;user=phone"));
    let via = Via::udp("192.0.2.1:5060".parse().unwrap(), "z9hG4bKabc");
    invite.headers.push("Via", via.to_string());
    invite.headers.push("Max-Forwards", "70");
    let mut from = NameAddr::new(uri("sip:+33123456789@192.0.2.1"));
    from.display = Some("Line \"one\"".to_owned());
    from.params.set("tag", Some("t1"));
    invite.headers.push("From", from.to_string());
    invite.headers.push("To", "<sip:+33612345678@192.0.2.7>");
    invite.headers.push("Call-ID", "cb-1");
    invite.headers.push("CSeq", CSeq { number: 1, method: Method::Invite }.to_string());
    invite.body = b"v=0\r\n".to_vec();
    let text = String::from_utf8(invite.to_bytes()).unwrap();
    let expected = "\
INVITE sip:+33612345678@192.0.2.7;user=phone SIP/2.0\r
Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bKabc\r
Max-Forwards: 70\r
From: \"Line \\\"one\\\"\" <sip:+33123456789@192.0.2.1>;tag=t1\r
To: <sip:+33612345678@192.0.2.7>\r
Call-ID: cb-1\r
CSeq: 1 INVITE\r
Content-Length: 5\r
\r
v=0\r
";
    assert_eq!(text, expected);
    assert_stable(&parse(text.as_bytes()).unwrap());
}

#[test]
fn a_wrong_content_length_is_never_printed() {
    let bytes = sip("INVITE sip:user@example.com SIP/2.0", "l: 2\n", b"ok and more");
    let mut invite = request(&bytes);
    invite.headers.push("Content-Length", "77");
    let text = String::from_utf8(invite.to_bytes()).unwrap();
    assert!(text.ends_with("\r\nContent-Length: 2\r\n\r\nok"), "{text}");
    assert!(!text.contains("Length: 77") && !text.contains("\nl:"), "{text}");
}

#[test]
fn a_line_end_in_a_value_cannot_begin_a_field() {
    let mut request = Request::new(Method::Options, uri("sip:192.0.2.1"));
    request.headers.push("X-Note\r\nEvil", "one\r\nEvil: two\nEvil: three");
    let mut name = NameAddr::new(uri("sip:192.0.2.1"));
    name.display = Some("a\r\nEvil: four".to_owned());
    request.headers.push("Contact", name.to_string());
    let text = String::from_utf8(request.to_bytes()).unwrap();
    assert!(text.lines().all(|line| !line.starts_with("Evil")), "{text}");
    let mut response = Response::to(&request, 200);
    response.reason = "OK\r\nEvil: five".to_owned();
    assert!(!String::from_utf8(response.to_bytes()).unwrap().contains("\nEvil"));
}

#[test]
fn fields_are_found_set_and_removed_by_either_name() {
    let mut invite = request(&sip(
        "INVITE sip:user@example.com SIP/2.0",
        "m: <sip:a@192.0.2.7>\nContact: <sip:b@192.0.2.7>\nSubject: x\n",
        b"",
    ));
    let headers = &mut invite.headers;
    assert_eq!(headers.all("contact").count(), 2);
    headers.set("Contact", "<sip:c@192.0.2.7>");
    assert_eq!(headers.all("M").collect::<Vec<_>>(), ["<sip:c@192.0.2.7>"]);
    assert_eq!(headers.iter().next(), Some(("Contact", "<sip:c@192.0.2.7>")));
    assert_eq!(headers.remove_first("s").as_deref(), Some("x"));
    headers.remove("Contact");
    assert_eq!(headers.contact(), Ok(None));
    headers.push_front("Route", "<sip:p@192.0.2.1;lr>");
    assert_eq!(headers.iter().next(), Some(("Route", "<sip:p@192.0.2.1;lr>")));
}

#[test]
fn a_to_tag_is_added_once() {
    let mut invite = request(&sip("INVITE sip:u@example.com SIP/2.0", "t: sip:u@e.com ;\n", b""));
    invite.headers.add_to_tag("one");
    invite.headers.add_to_tag("two");
    assert_eq!(invite.headers.get("To"), Some("sip:u@e.com;tag=one"));
    assert_eq!(invite.headers.to().unwrap().unwrap().tag(), Some("one"));
}

#[test]
fn a_response_has_the_phrase_of_its_status_or_class() {
    let options = request(&sip("OPTIONS sip:user@example.com SIP/2.0", "Timestamp: 5\n", b""));
    for (status, reason) in [(200, "OK"), (488, "Not Acceptable Here"), (499, "Request Failure")] {
        assert_eq!(Response::to(&options, status).reason, reason);
    }
    assert_eq!(Response::to(&options, 100).headers.get("Timestamp"), Some("5"));
    assert_eq!(Response::to(&options, 200).headers.get("Timestamp"), None);
}

#[test]
fn the_source_is_noted_when_it_differs_or_is_asked_for() {
    let noted = |via: &str, source: &str| {
        let bytes = sip("BYE sip:u@example.com SIP/2.0", &format!("Via: {via}\n"), b"");
        let mut via = request(&bytes).headers.top_via().unwrap().unwrap();
        via.note_source(source.parse().unwrap());
        via.params.to_string()
    };
    assert_eq!(noted("SIP/2.0/UDP 192.0.2.7;branch=b", "192.0.2.7:5060"), ";branch=b");
    assert_eq!(
        noted("SIP/2.0/UDP pbx.example;branch=b", "192.0.2.7:5060"),
        ";branch=b;received=192.0.2.7"
    );
    assert_eq!(
        noted("SIP/2.0/UDP 192.0.2.7;rport;branch=b", "192.0.2.7:1024"),
        ";rport=1024;branch=b;received=192.0.2.7"
    );
    assert_eq!(noted("SIP/2.0/UDP [2001:db8::1];branch=b", "[2001:db8::1]:5060"), ";branch=b");
}

#[test]
fn a_uri_of_ours_is_written_with_brackets_for_ipv6() {
    let mut own = SipUri::new(Some("+33123456789"), "2001:db8::1", Some(5060));
    let mut params = Params::new();
    params.set("transport", Some("udp"));
    own.params = params;
    assert_eq!(Uri::Sip(own).to_string(), "sip:+33123456789@[2001:db8::1]:5060;transport=udp");
}
