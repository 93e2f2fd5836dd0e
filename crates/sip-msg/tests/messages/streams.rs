//! Messages on a stream: any split of the same bytes gives the same frames, and every limit ends
//! the stream.

use proptest::prelude::*;
use sip_msg::{
    Broken, Frame, Framer, MESSAGE_BYTES_MAX, START_LINE_BYTES_MAX, STREAM_HEAD_BYTES_MAX, parse,
};

fn message(method: &str, length: &str, body: &str) -> Vec<u8> {
    format!(
        "{method} sip:100@192.0.2.1 SIP/2.0\r\n\
         Via: SIP/2.0/TCP 192.0.2.10:5060;branch=z9hG4bK1\r\n\
         From: <sip:a@192.0.2.10>;tag=1\r\nTo: <sip:100@192.0.2.1>\r\n\
         Call-ID: one\r\nCSeq: 1 {method}\r\n{length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Every frame of `pieces`, and what broke the stream.
fn frames(pieces: &[&[u8]]) -> (Vec<Frame>, Option<Broken>) {
    let (mut framer, mut told) = (Framer::new(), Vec::new());
    for piece in pieces {
        framer.push(piece);
        while let Some(next) = framer.poll() {
            match next {
                Ok(frame) => told.push(frame),
                Err(broken) => return (told, Some(broken)),
            }
        }
    }
    (told, None)
}

fn broken(bytes: &[u8]) -> Option<Broken> {
    frames(&[bytes]).1
}

#[test]
fn messages_and_pings_come_out_one_by_one() {
    let ok = b"SIP/2.0 200 OK\r\nCSeq: 1 OPTIONS\r\nl : 0\r\n\r\n".to_vec();
    let invite = message("INVITE", "Content-Length: 5", "v=0\r\n");
    let bare = b"OPTIONS sip:x SIP/2.0\nContent-Length:\n 2\n\nhi".to_vec();
    let stream = [b"\r\n".to_vec(), invite.clone(), b"\r\n\r\n".to_vec(), ok.clone(), bare.clone()];
    let (told, broken) = frames(&[&stream.concat()]);
    let wanted = [Frame::Message(invite), Frame::Ping, Frame::Message(ok), Frame::Message(bare)];
    assert_eq!((told.as_slice(), broken), (&wanted[..], None));
}

#[test]
fn a_lone_line_end_is_no_ping_and_four_are_two() {
    assert_eq!(frames(&[b"\r\n"]), (vec![], None));
    let invite = message("INVITE", "Content-Length: 0", "");
    let (told, _) = frames(&[b"\r\n", &invite, b"\r\n", &invite, b"\r\n\r\n\r", b"\n\r\n"]);
    let whole = Frame::Message(invite);
    assert_eq!(told, [whole.clone(), whole, Frame::Ping, Frame::Ping]);
}

#[test]
fn a_message_is_amid_until_its_last_byte() {
    let invite = message("INVITE", "Content-Length: 5", "v=0\r\n");
    let mut framer = Framer::new();
    framer.push(b"\r\n\r");
    assert_eq!((framer.poll(), framer.is_amid()), (None, false));
    framer.push(b"\n");
    assert_eq!((framer.poll(), framer.is_amid()), (Some(Ok(Frame::Ping)), false));
    framer.push(&invite[..1]);
    assert_eq!((framer.poll(), framer.is_amid()), (None, true));
    framer.push(&invite[1..]);
    assert!(framer.poll().is_some_and(|frame| frame.is_ok()));
    assert_eq!((framer.poll(), framer.is_amid()), (None, false));
}

#[test]
fn what_nobody_can_measure_breaks_the_stream() {
    for length in ["Max-Forwards: 70", "Content-Length: x", "Content-Length: 1\r\nl: 2", "l: -1"] {
        assert_eq!(broken(&message("INVITE", length, "v")), Some(Broken::NoLength), "{length}");
    }
    for other in
        [&b"GET / HTTP/1.1\r\n"[..], b"\x16\x03\x01\x02", b"\0", b" INVITE", b"SSH-2.0\r\n"]
    {
        assert_eq!(broken(other), Some(Broken::NotSip), "{other:?}");
    }
    assert_eq!(broken(&message("INVITE", "l: 4294967295", "")), Some(Broken::BodyTooLong));
    assert_eq!(broken(&message("INVITE", "l: 99999999999999", "")), Some(Broken::BodyTooLong));
}

#[test]
fn every_limit_of_a_stream_is_reached() {
    let start = vec![b'A'; START_LINE_BYTES_MAX];
    assert_eq!(broken(&start), None);
    assert_eq!(broken(&[&start[..], b"\r"].concat()), None);
    for more in [&b"AA"[..], b"AA SIP/2.0\r\n"] {
        assert_eq!(broken(&[&start[..], more].concat()), Some(Broken::HeadTooLong));
    }
    let endless = [&b"INVITE sip:x SIP/2.0\r\n"[..], &b"X: y\r\n".repeat(5_457)].concat();
    assert!(endless.len() <= STREAM_HEAD_BYTES_MAX);
    assert_eq!(broken(&endless), None);
    let endless = [&endless[..], &b"X: y\r\n"[..]].concat();
    assert!(endless.len() > STREAM_HEAD_BYTES_MAX);
    assert_eq!(broken(&endless), Some(Broken::HeadTooLong));
    let head = message("INVITE", "Content-Length: 60000", "");
    let length = MESSAGE_BYTES_MAX - head.len();
    let most = message("INVITE", &format!("Content-Length: {length}"), &"x".repeat(length));
    assert_eq!(most.len(), MESSAGE_BYTES_MAX);
    assert_eq!(frames(&[&most]).0, [Frame::Message(most)]);
    let more = message("INVITE", &format!("Content-Length: {}", length + 1), "");
    assert_eq!(broken(&more), Some(Broken::BodyTooLong));
}

#[test]
fn nothing_comes_after_the_break() {
    let mut framer = Framer::new();
    framer.push(b"\0");
    assert_eq!(framer.poll(), Some(Err(Broken::NotSip)));
    framer.push(&message("INVITE", "Content-Length: 0", ""));
    assert_eq!((framer.poll(), framer.is_amid()), (None, false));
}

fn part() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => "[ -~\r\n]{0,80}".prop_map(|body| {
            message("INVITE", &format!("Content-Length: {}", body.len()), &body)
        }),
        1 => Just(b"SIP/2.0 200 OK\nl:0\n\n".to_vec()),
        2 => Just(b"\r\n".to_vec()),
        1 => Just(b"\n".to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..30),
    ]
}

fn pieces<'a>(stream: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (stream.len() + 1)).collect();
    cuts.extend([0, stream.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| &stream[pair[0]..pair[1]]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_of_a_stream_gives_the_same_frames(
        parts in proptest::collection::vec(part(), 0..8),
        cuts in proptest::collection::vec(any::<usize>(), 0..40),
    ) {
        let stream = parts.concat();
        let whole = frames(&[&stream]);
        prop_assert_eq!(&frames(&pieces(&stream, &cuts)), &whole);
        let single: Vec<&[u8]> = stream.chunks(1).collect();
        prop_assert_eq!(&frames(&single), &whole);
    }

    #[test]
    fn whole_messages_come_out_as_they_went_in(
        bodies in proptest::collection::vec("[ -~\r\n]{0,80}", 1..8),
        cuts in proptest::collection::vec(any::<usize>(), 0..40),
    ) {
        let messages: Vec<Vec<u8>> = bodies
            .iter()
            .map(|body| message("INVITE", &format!("Content-Length: {}", body.len()), body))
            .collect();
        let stream = messages.concat();
        let (told, broken) = frames(&pieces(&stream, &cuts));
        let wanted: Vec<Frame> = messages.iter().cloned().map(Frame::Message).collect();
        prop_assert_eq!((told, broken), (wanted, None));
        prop_assert!(messages.iter().all(|message| parse(message).is_ok()));
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        frames(&[&bytes]);
    }
}
