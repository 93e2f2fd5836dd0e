//! Bytes from the wire never panic, and what is read once is read the same again.

use proptest::prelude::*;
use sip_msg::{Message, parse};

use crate::case::assert_stable;
use crate::{dirty, rfc4475, rfc5118, rules};

/// Every message of this test set.
fn known() -> Vec<Vec<u8>> {
    let sets = [rfc4475::all(), rfc5118::all(), rules::all(), dirty::all()];
    sets.into_iter().flatten().map(|case| case.bytes).collect()
}

/// What breaks readers when it stands where it should not.
const SPLINTERS: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\"",
    b"\\",
    b"<",
    b">",
    b";",
    b",",
    b":",
    b"@",
    b"[",
    b"]",
    b" ",
    b"\t",
    b"=",
    b"?",
    b"%",
    b"%4",
    b"\xFF",
    b"\xC3",
    b"\r\n ",
    b"\r\n\r\n",
    b"tag=",
    b"sip:",
    b"tel:",
    b"SIP/2.0",
    b"Content-Length: 5\r\n",
    b"4294967296",
    b"-1",
    b":::",
    b"*",
];

#[derive(Debug, Clone)]
enum Change {
    Cut(usize, usize),
    Insert(usize, usize),
    Flip(usize, u8),
    Double(usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<usize>(), 0..40_usize).prop_map(|(at, length)| Change::Cut(at, length)),
        (any::<usize>(), 0..SPLINTERS.len()).prop_map(|(at, which)| Change::Insert(at, which)),
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Change::Flip(at, byte)),
        (any::<usize>(), 0..80_usize).prop_map(|(at, length)| Change::Double(at, length)),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let length = bytes.len();
        let place = |at: usize| at % (length + 1);
        match *change {
            Change::Cut(at, count) => {
                let at = place(at);
                bytes.drain(at..(at + count).min(length));
            }
            Change::Insert(at, which) => {
                bytes.splice(place(at)..place(at), SPLINTERS[which].iter().copied());
            }
            Change::Flip(at, byte) => {
                if let Some(old) = bytes.get_mut(place(at)) {
                    *old = byte;
                }
            }
            Change::Double(at, count) => {
                let at = place(at);
                let part = bytes[at..(at + count).min(length)].to_vec();
                bytes.splice(at..at, part);
            }
        }
    }
    bytes
}

fn mutation() -> impl Strategy<Value = Vec<u8>> {
    (proptest::sample::select(known()), proptest::collection::vec(change(), 0..6))
        .prop_map(|(bytes, changes)| changed(bytes, &changes))
}

/// Asks everything that can be asked.
fn ask_all(message: &Message) {
    let headers = message.headers();
    let _ = (headers.top_via(), headers.contact(), headers.record_routes(), headers.routes());
    let _ = (headers.asserted_identity(), headers.content_type(), headers.expires());
    let _ = (headers.contact_is_star(), headers.content_length(), headers.max_forwards());
    for via in headers.vias().unwrap_or_default() {
        let _ = (via.branch(), via.received(), via.rport(), via.has_magic_cookie());
    }
    if let Message::Request(request) = message {
        let _ = (request.uri.user_unescaped(), request.uri.number(), request.uri.is_lr());
        let mut reply = sip_msg::Response::to(request, 200);
        reply.headers.add_to_tag("x");
        assert_eq!(sip_msg::parse(&reply.to_bytes()), Ok(Message::Response(reply_as_read(reply))));
    }
}

/// A reply as its reader sees it: with the Content-Length that printing adds.
fn reply_as_read(mut reply: sip_msg::Response) -> sip_msg::Response {
    reply.headers.push("Content-Length", "0");
    reply
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn mutations_never_panic_and_what_is_read_is_stable(bytes in mutation()) {
        match parse(&bytes) {
            Ok(message) => {
                ask_all(&message);
                assert_stable(&message);
            }
            Err(error) => {
                if let Some(reply) = error.response() {
                    prop_assert!(error.status >= 400);
                    let _ = parse(&reply.to_bytes());
                }
            }
        }
    }

    #[test]
    fn noise_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes);
    }
}
