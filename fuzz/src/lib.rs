//! What must hold whatever bytes come from the wire: no panic, no state for who proves nothing, and
//! nothing left in the end.
//!
//! Each target takes one input. `cargo fuzz run --features libfuzzer NAME` drives them with
//! coverage on a nightly compiler, `cargo xtask fuzz NAME SECONDS` by mutation of [`seeds`] on any.

pub mod seeds;

use std::net::SocketAddr;
use std::time::Duration;

use model::{Entropy, Mono, Now, TrunkName, Wall};
use rtp::srtp::{Incoming, MasterKey, Outgoing, Suite};
use sip::{Event, Hop, Listener, Output, Peer, Settings, Source, Stack, Timers};
use sip_msg::{Message, parse};

/// A target and its seeds.
pub type Target = (&'static str, fn(&[u8]), fn() -> Vec<Vec<u8>>);

/// Every target by its name.
pub const TARGETS: &[Target] = &[
    ("datagrams", datagrams, seeds::datagrams),
    ("descriptions", descriptions, seeds::descriptions),
    ("packets", packets, seeds::packets),
    ("protected", protected, seeds::packets),
    ("reports", reports, seeds::reports),
];

const US: ([u8; 4], u16) = ([192, 0, 2, 10], 5060);
const PEER: ([u8; 4], u16) = ([192, 0, 2, 1], 5060);
/// Datagrams that one datagram may bring about.
const ANSWERS_MAX: usize = 4;
/// Longer than any timer of a session that nobody speaks in.
const LONGEST: Duration = Duration::from_secs(3_600);

/// A message is read, printed and read again as the same; a stack that hears it answers in
/// proportion, and is empty when its timers have run out.
pub fn datagrams(bytes: &[u8]) {
    match parse(bytes) {
        Ok(message) => assert_eq!(parse(&printed(&message)).as_ref(), Ok(&reread(&message))),
        Err(error) => {
            let _ = error.response().map(|reply| parse(&reply.to_bytes()));
        }
    }
    let mut stack = Stack::new(settings(), Entropy::from_u64(1));
    let mut now = Now { mono: Mono::ZERO, wall: Wall::default() };
    stack.handle_datagram(now, Hop::first(SocketAddr::from(PEER)), bytes);
    let (sent, sessions) = drain(&mut stack);
    assert!(sent <= ANSWERS_MAX, "{sent} datagrams for one");
    for session in sessions {
        stack.accept(now, session, b"v=0\r\n".to_vec());
        stack.hang_up(now, session);
    }
    drain(&mut stack);
    while let Some(deadline) = stack.deadline() {
        assert!(deadline.at.since(Mono::ZERO) < LONGEST, "{deadline:?}");
        now.mono = deadline.at.max(now.mono);
        stack.handle_timeout(now);
        drain(&mut stack);
    }
    assert!(stack.is_empty(), "something is left");
}

/// What was read, as bytes.
fn printed(message: &Message) -> Vec<u8> {
    match message {
        Message::Request(request) => request.to_bytes(),
        Message::Response(response) => response.to_bytes(),
    }
}

/// The same message after it was printed and read once: printing makes its length explicit.
fn reread(message: &Message) -> Message {
    parse(&printed(message)).expect("what we print can be read")
}

fn settings() -> Settings {
    let network = [192, 0, 2, 0].into();
    let sources = vec![Source { network, prefix: 24, port: None }];
    Settings {
        listeners: vec![Listener::udp(SocketAddr::from(US))],
        user_agent: "Rappel".into(),
        peers: vec![Peer { name: TrunkName::from("trunk"), sources }],
        timers: Timers::default(),
        sessions_max: 10,
        transactions_max: 100,
        ring_max: Duration::from_secs(45),
        registrar: None,
        session_timer: sip::SessionTimer::default(),
        upstreams: Vec::new(),
        phones: Vec::new(),
        phones_call: true,
    }
}

/// Drains a stack: how many datagrams it sent, and the sessions that began.
fn drain(stack: &mut Stack) -> (usize, Vec<sip::SessionId>) {
    let (mut sent, mut begun) = (0, Vec::new());
    while let Some(output) = stack.poll() {
        match output {
            Output::Datagram { .. } => sent += 1,
            Output::Event { session, event: Event::Invited(_) } => begun.push(session),
            _ => {}
        }
    }
    (sent, begun)
}

/// A description is answered or refused under every policy; the answer can be answered.
pub fn descriptions(bytes: &[u8]) {
    let keys = |byte| sdp::Keys::draw(|key| key.fill(byte));
    let (ours, theirs) = (keys(1), keys(2));
    let policies = |keys| [sdp::Srtp::Off, sdp::Srtp::Offered(keys), sdp::Srtp::Required(keys)];
    for (srtp, mirrored) in policies(&ours).into_iter().zip(policies(&theirs)) {
        let speaks = sdp::Speaks::ALL;
        let local = |srtp| sdp::Local { address: US.into(), id: 1, version: 0, srtp, speaks };
        if let Ok(answered) = sdp::answer(bytes, &local(srtp)) {
            let back = sdp::answer(&answered.sdp, &local(mirrored)).expect("we wrote it");
            assert_eq!(back.stream.codec, answered.stream.codec);
            assert_eq!(back.stream.crypto.is_some(), answered.stream.crypto.is_some());
        }
        let _ = sdp::agree(&sdp::offer(&local(srtp)), bytes, srtp);
        let _ = sdp::agree(bytes, &sdp::offer(&local(srtp)), srtp);
    }
}

/// A packet is read, counted, and folded into keys.
pub fn packets(bytes: &[u8]) {
    let Ok(packet) = rtp::Packet::read(bytes) else { return };
    assert!(packet.payload.len() + rtp::HEADER_LENGTH <= bytes.len());
    let mut keys = rtp::KeyReceiver::new();
    let mut reception = rtp::Reception::new();
    for step in 0..3 {
        let now = Mono::from_nanos(step);
        keys.heard(now, &packet.header, packet.payload);
        reception.heard(now, &packet.header, step == 1);
    }
}

/// RTCP is read or refused; what was read does not make our own report longer than it may be.
pub fn reports(bytes: &[u8]) {
    use rtp::rtcp::{REPORT_BYTES_MAX, Reports, Sent};
    let now = Mono::from_nanos(5_000_000_000);
    let mut reports = Reports::new(Mono::ZERO, || 9);
    let _ = reports.heard(now, 9, bytes);
    if let Some(far) = reports.far() {
        assert!(far.round_trip.is_none_or(|way| way < Duration::from_secs(60)));
    }
    let (sender, mut reception) = (rtp::Sender::new(9, 1, 1), rtp::Reception::new());
    let mut packet = [0; REPORT_BYTES_MAX];
    let sent = Sent { packets: 1, octets: 160 };
    let stream = rtp::rtcp::Stream { sender: &sender, sent, reception: &mut reception };
    let length = reports.write(now, stream, true, 1, &mut packet);
    reports.heard(now, 8, &packet[..length]).expect("we wrote it");
}

/// Bytes that nobody protected are refused and leave nothing; what we protect comes back.
pub fn protected(bytes: &[u8]) {
    for suite in Suite::ALL {
        let key = MasterKey::new(suite, &vec![7; suite.master_length()]).expect("its length");
        let mut incoming = Incoming::new(&key);
        assert!(incoming.unprotect(&mut bytes.to_vec()).is_err());
        assert!(incoming.unprotect_rtcp(&mut bytes.to_vec()).is_err());
        assert_eq!(incoming.sources(), 0);
        let mut buffer = [bytes, &[0; rtp::srtp::GROWTH_BYTES_MAX]].concat();
        if let Ok(length) = Outgoing::new(&key).protect(&mut buffer, bytes.len()) {
            assert_eq!(incoming.unprotect(&mut buffer[..length]), Ok(bytes.len()));
            assert_eq!(buffer[..bytes.len()], *bytes);
        }
    }
}
