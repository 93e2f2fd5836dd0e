//! The same messages read by rsip 0.4 and by us.
//!
//! Where both accept a message, what they read must agree, but for the named messages on which rsip
//! is wrong. The table of ADR 0001 is printed by
//! `cargo test -p sip-msg --test messages differential -- --nocapture`.

use std::panic::catch_unwind;

use proptest::prelude::*;
use rsip::headers::{ToTypedHeader, UntypedHeader};
use rsip::message::{HasHeaders, HeadersExt};
use sip_msg::{Message, Uri, parse};

use crate::case::{Case, Verdict, sip};
use crate::{dirty, rfc4475, rfc5118, rules};

/// What a stack acts on, named so that a difference can be told.
type Facts = Vec<(&'static str, String)>;

/// What rsip made of a message.
enum Rsip {
    Read(Facts),
    Refused,
    Panicked,
}

/// Messages that the RFCs let an element refuse or accept.
const EITHER: [&str; 8] = [
    "lwsstart",
    "trws",
    "escruri",
    "baddate",
    "regbadct",
    "badaspec",
    "baddn",
    "a_response_of_class",
];

fn ours(bytes: &[u8]) -> Option<Facts> {
    let message = parse(bytes).ok()?;
    let headers = message.headers();
    let (mut facts, body) = match &message {
        Message::Request(request) => {
            let target = format!("{} {:?}", user(&request.uri), request.uri.port());
            let method = request.method.to_string();
            (vec![("method", method), ("Request-URI", target)], &request.body)
        }
        Message::Response(response) => {
            (vec![("status", response.status.to_string())], &response.body)
        }
    };
    let (from, to) = (headers.from().ok()??, headers.to().ok()??);
    let (via, cseq) = (headers.top_via().ok()??, headers.cseq().ok()??);
    facts.extend(common(
        (&user(&from.uri), from.tag()),
        (&user(&to.uri), to.tag()),
        (&bracketed(&via.host), via.port, via.branch()),
        cseq.number,
        headers.call_id()?,
        body,
    ));
    Some(facts)
}

fn common(
    from: (&str, Option<&str>),
    to: (&str, Option<&str>),
    via: (&str, Option<u16>, Option<&str>),
    cseq: u32,
    call_id: &str,
    body: &[u8],
) -> Facts {
    vec![
        ("From", format!("{} {:?}", from.0, from.1)),
        ("To", format!("{} {:?}", to.0, to.1)),
        ("Via", format!("{} {:?} {:?}", via.0, via.1, via.2)),
        ("CSeq", cseq.to_string()),
        ("Call-ID", call_id.to_owned()),
        ("body", format!("{body:?}")),
    ]
}

/// `user@host`, as written.
fn user(uri: &Uri) -> String {
    match uri {
        Uri::Sip(sip) => format!("{:?}@{}", sip.user, bracketed(&sip.host)),
        Uri::Tel(_) | Uri::Other(_) => uri.to_string(),
    }
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

/// rsip with the checks that a careful caller would add: every field that identifies the
/// transaction is read in its typed form and must stand once, and CSeq must fit the method.
fn theirs(bytes: &[u8]) -> Rsip {
    let bytes = bytes.to_vec();
    match catch_unwind(move || rsip_facts(&bytes)) {
        Ok(Some(facts)) => Rsip::Read(facts),
        Ok(None) => Rsip::Refused,
        Err(_) => Rsip::Panicked,
    }
}

fn rsip_facts(bytes: &[u8]) -> Option<Facts> {
    let message = rsip::SipMessage::try_from(bytes).ok()?;
    let from = message.from_header().ok()?.typed().ok()?;
    let to = message.to_header().ok()?.typed().ok()?;
    let via = message.via_header().ok()?.typed().ok()?;
    let cseq = message.cseq_header().ok()?.typed().ok()?;
    let call_id = message.call_id_header().ok()?.value().to_owned();
    let mut facts = match &message {
        rsip::SipMessage::Request(request) if request.method != cseq.method => return None,
        rsip::SipMessage::Request(request) => {
            let target = format!("{} {:?}", rsip_user(&request.uri), rsip_port(&request.uri));
            vec![("method", request.method.to_string()), ("Request-URI", target)]
        }
        rsip::SipMessage::Response(response) => {
            vec![("status", response.status_code.code().to_string())]
        }
    };
    if !stand_once(message.headers()) {
        return None;
    }
    facts.extend(common(
        (&rsip_user(&from.uri), from.tag().map(|tag| tag.value())),
        (&rsip_user(&to.uri), to.tag().map(|tag| tag.value())),
        (
            &via.uri.host_with_port.host.to_string(),
            rsip_port(&via.uri),
            via.branch().map(|branch| branch.value()),
        ),
        cseq.seq,
        &call_id,
        message.body(),
    ));
    Some(facts)
}

fn stand_once(headers: &rsip::Headers) -> bool {
    let count = |wanted: fn(&rsip::Header) -> bool| {
        headers.iter().filter(|header| wanted(header)).count() == 1
    };
    count(|header| matches!(header, rsip::Header::From(_)))
        && count(|header| matches!(header, rsip::Header::To(_)))
        && count(|header| matches!(header, rsip::Header::CSeq(_)))
        && count(|header| matches!(header, rsip::Header::CallId(_)))
}

fn rsip_user(uri: &rsip::Uri) -> String {
    let user = uri.auth.as_ref().map(|auth| auth.user.clone()).filter(|user| !user.is_empty());
    format!("{:?}@{}", user, uri.host_with_port.host)
}

fn rsip_port(uri: &rsip::Uri) -> Option<u16> {
    uri.host_with_port.port.as_ref().map(|port| *port.value())
}

/// Whether rsip is right about a message, and in a few words why not.
fn judge(case: &Case) -> Result<(), String> {
    let accepted = matches!(case.verdict, Verdict::Answered(_) | Verdict::Reply(_));
    let either = EITHER.iter().any(|name| case.name.starts_with(name));
    match (theirs(&case.bytes), ours(&case.bytes)) {
        (Rsip::Panicked, _) => Err("panics".to_owned()),
        (Rsip::Refused, _) if accepted && !either => Err("refused".to_owned()),
        (Rsip::Refused, _) => Ok(()),
        (Rsip::Read(_), None) if either => Ok(()),
        (Rsip::Read(_), None) => Err("accepted".to_owned()),
        (Rsip::Read(theirs), Some(ours)) => differing(&theirs, &ours),
    }
}

fn differing(theirs: &Facts, ours: &Facts) -> Result<(), String> {
    let differing: Vec<&str> = theirs
        .iter()
        .zip(ours)
        .filter(|(theirs, ours)| theirs != ours)
        .map(|(theirs, _)| theirs.0)
        .collect();
    match differing.is_empty() {
        true => Ok(()),
        false => Err(format!("misread: {}", differing.join(", "))),
    }
}

fn sets() -> [(&'static str, Vec<Case>); 4] {
    [
        ("RFC 4475", rfc4475::all()),
        ("RFC 5118", rfc5118::all()),
        ("rules", rules::all()),
        ("dirty", dirty::all()),
    ]
}

/// The decision record, whose table is compared with what happens.
const ADR: &str = include_str!("../../../../docs/adr/0001-own-sip-parser.md");

#[test]
#[expect(clippy::disallowed_macros, reason = "the table is for whoever runs this by hand")]
fn the_table_of_adr_0001_is_true() {
    let (mut rows, mut totals) = (Vec::new(), Vec::new());
    for (set, cases) in sets() {
        let before = rows.len();
        for case in &cases {
            if let Err(why) = judge(case) {
                rows.push(format!("| {set} | {} | {why} |", case.name.replace('_', " ")));
            }
        }
        let right = cases.len() - (rows.len() - before);
        totals.push(format!("| {set} | {} | {right} |", cases.len()));
    }
    println!("\n{}\n\n{}", totals.join("\n"), rows.join("\n"));
    for row in totals.iter().chain(&rows) {
        assert!(ADR.lines().any(|line| line == row), "ADR 0001 has not this row: {row}");
    }
    let written = ADR
        .lines()
        .filter(|line| sets().iter().any(|(set, _)| line.starts_with(&format!("| {set} |"))));
    assert_eq!(written.count(), totals.len() + rows.len(), "ADR 0001 has rows too many");
}

#[test]
fn an_error_of_rsip_shows_the_message_and_ours_does_not() {
    let bytes = sip("INVITE sip:[::1 SIP/2.0", "Subject: a\n fold\n", b"");
    let theirs = rsip::SipMessage::try_from(&bytes[..]).unwrap_err().to_string();
    assert!(theirs.contains("caller@example.net"), "{theirs}");
    let ours = parse(&bytes).unwrap_err();
    assert!(!format!("{ours} {ours:?}").contains("caller"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn plain_messages_are_read_alike(
        user in "[a-z0-9+]{1,12}",
        host in "([a-z]{1,8}\\.){1,2}(org|net)|192\\.0\\.2\\.[1-9]",
        port in proptest::option::of(1024..65535_u16),
        name in "[A-Za-z0-9]{1,10}( [A-Za-z]{1,8})?",
        tag in "[A-Za-z0-9]{1,16}",
        number in 0..1_u32 << 31,
        body in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let bytes = format!(
            "INVITE sip:{user}@{host}{port} SIP/2.0\r\n\
             Via: SIP/2.0/UDP {host}{port};branch=z9hG4bK{tag}\r\n\
             From: \"{name}\" <sip:{user}@{host}>;tag={tag}\r\nTo: <sip:{user}@{host}>\r\n\
             Call-ID: {tag}@{host}\r\nCSeq: {number} INVITE\r\nMax-Forwards: 70\r\n\
             Content-Length: {}\r\n\r\n", body.len());
        let bytes = [bytes.as_bytes(), &body].concat();
        let Rsip::Read(theirs) = theirs(&bytes) else { panic!("rsip reads plain messages") };
        prop_assert_eq!(Some(theirs), ours(&bytes));
    }
}
