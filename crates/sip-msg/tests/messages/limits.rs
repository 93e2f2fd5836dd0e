//! Every limit, at it and one beyond.

use sip_msg::{
    COMMAS_MAX, HEADER_BYTES_MAX, HEADERS_MAX, MESSAGE_BYTES_MAX, Malformed, START_LINE_BYTES_MAX,
    parse,
};

use crate::case::{request, sip};

fn invite(fields: &str, body: &[u8]) -> Vec<u8> {
    sip("INVITE sip:user@example.com SIP/2.0", fields, body)
}

/// Refused with a reply that names the transaction.
fn refused(bytes: &[u8]) -> Malformed {
    let error = parse(bytes).expect_err("beyond the limit");
    let reply = error.response().expect("an answer");
    assert_eq!(reply.headers.call_id(), Some("call-1@192.0.2.7"));
    error
}

#[test]
fn a_message_may_fill_a_datagram_and_no_more() {
    let head = invite("Content-Length: 70000\n", b"").len();
    let body = vec![b'x'; MESSAGE_BYTES_MAX - head];
    let length = format!("Content-Length: {:5}\n", body.len());
    let full = invite(&length, &body);
    assert_eq!(full.len(), MESSAGE_BYTES_MAX);
    assert_eq!(request(&full).body.len(), body.len());
    assert_eq!(refused(&[&full[..], b"x"].concat()).status, 513);
}

#[test]
fn header_fields_are_counted() {
    let needed = request(&invite("", b"")).headers.len();
    let full = "X: y\n".repeat(HEADERS_MAX - needed);
    assert_eq!(request(&invite(&full, b"")).headers.len(), HEADERS_MAX);
    let needed = "Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1\nCall-ID: call-1@192.0.2.7\n";
    let beyond = invite(&format!("{needed}{}", "X: y\n".repeat(HEADERS_MAX)), b"");
    assert_eq!(refused(&beyond).status, 513);
}

#[test]
fn the_values_of_all_lists_are_counted_together() {
    let of_a_field = COMMAS_MAX / 2;
    let route = format!("{}<sip:h;lr>", "<sip:h;lr>,".repeat(of_a_field));
    let lists = |more: &str| format!("Record-Route: {route}\nRecord-Route: {route}{more}\n");
    let full = request(&invite(&lists(""), b""));
    assert_eq!(full.headers.record_routes().unwrap().len(), 2 * of_a_field + 2);
    let needed = "Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1\nCall-ID: call-1@192.0.2.7\n";
    let beyond = invite(&format!("{needed}{}", lists(",<sip:h;lr>")), b"");
    assert_eq!(refused(&beyond).status, 513);
    // Other fields than lists have commas as well: they count alike.
    let words = "a,".repeat(COMMAS_MAX + 1);
    assert_eq!(refused(&invite(&format!("{needed}Subject: {words}\n"), b"")).status, 513);
}

#[test]
fn a_header_field_is_measured_with_its_folds() {
    let half = "y".repeat(HEADER_BYTES_MAX / 2 - 1);
    let full = request(&invite(&format!("X: {half}y\n {half}\n"), b""));
    assert_eq!(full.headers.get("X").unwrap().len(), HEADER_BYTES_MAX);
    assert_eq!(refused(&invite(&format!("X: {half}y\n {half}y\n"), b"")).status, 513);
    let single = "y".repeat(HEADER_BYTES_MAX);
    assert!(parse(&invite(&format!("X: {single}\n"), b"")).is_ok());
    assert_eq!(refused(&invite(&format!("X: {single}y\n"), b"")).status, 513);
}

#[test]
fn the_request_line_is_measured() {
    let line = |user: usize| format!("INVITE sip:{}@example.com SIP/2.0", "u".repeat(user));
    let user = START_LINE_BYTES_MAX - line(0).len();
    assert!(parse(&sip(&line(user), "", b"")).is_ok());
    assert_eq!(refused(&sip(&line(user + 1), "", b"")).status, 414);
}

#[test]
fn the_status_line_is_measured() {
    let line = |reason: usize| format!("SIP/2.0 200 {}", "r".repeat(reason));
    let reason = START_LINE_BYTES_MAX - line(0).len();
    assert!(parse(&sip(&line(reason), "", b"")).is_ok());
    assert_eq!(parse(&sip(&line(reason + 1), "", b"")).unwrap_err().status, 0);
}

#[test]
fn an_error_shows_nothing_of_the_message() {
    let error = refused(&invite("Content-Length: 9\nSubject: secret\n", b""));
    let shown = format!("{error} {error:?} {:?}", error.reply);
    assert!(!shown.contains("secret") && !shown.contains("192.0.2.7"), "{shown}");
}
