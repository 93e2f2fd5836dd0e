//! Whatever a peer sends and whatever the engine says at that moment, the stack does not panic,
//! does not answer out of proportion, ends every session once, and is empty in the end.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{Entropy, Mono, Now, Wall};
use proptest::prelude::*;
use sip::{Event, Hop, Output, SessionId, Stack};

use crate::far::{FarEnd, Fields, PEER};
use crate::script::{invitation, settings};

/// Datagrams that one datagram may bring about: an ACK and a BYE, or the answers to a request and
/// to what it ends.
const ANSWERS_MAX: usize = 3;

/// Calls in every state, and the messages that belong to them.
struct Scene {
    stack: Stack,
    far: FarEnd,
    now: Now,
    /// True while only whole messages come, so that ours are whole as well.
    whole: bool,
    /// Our last requests, to be answered.
    asked: Vec<String>,
    /// True for a session that has ended.
    sessions: BTreeMap<SessionId, bool>,
}

impl Scene {
    fn new() -> Scene {
        let now = Now { mono: Mono::ZERO, wall: Wall::default() };
        let stack = Stack::new(settings(), Entropy::from_u64(9));
        let (far, sessions) = (FarEnd::default(), BTreeMap::new());
        let mut scene = Scene { stack, far, now, whole: true, asked: Vec::new(), sessions };
        scene.give("INVITE sdp call=standing");
        scene.stack.accept(now, SessionId(1), b"v=0\r\n".to_vec());
        scene.drain();
        scene.give("ACK call=standing");
        scene.give("INVITE sdp call=ringing");
        scene.stack.ring(now, SessionId(2));
        scene.give("INVITE call=accepted");
        scene.stack.accept(now, SessionId(3), b"v=0\r\n".to_vec());
        scene.stack.invite(now, invitation(&Fields::read("call=calling"), &[]));
        scene.drain();
        let (source, bytes) =
            scene.far.message(&Fields::read("INVITE sdp call=reliable"), &["Require: 100rel"]);
        scene.stack.handle_datagram(now, source, &bytes);
        scene.stack.ring(now, SessionId(5));
        scene.drain();
        scene.give("183 sdp tag=b1");
        scene.whole = false;
        scene
    }

    fn give(&mut self, step: &str) -> usize {
        let (source, bytes) = self.far.message(&Fields::read(step), &[]);
        self.stack.handle_datagram(self.now, source, &bytes);
        self.drain()
    }

    /// Drains; gives the number of datagrams.
    fn drain(&mut self) -> usize {
        let mut count = 0;
        while let Some(output) = self.stack.poll() {
            match output {
                Output::Datagram { bytes, .. } => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    if !text.starts_with("SIP/2.0") && !text.starts_with("ACK") {
                        self.asked.push(text);
                    }
                    if self.whole {
                        self.far.heard(&bytes);
                    }
                    count += 1;
                }
                Output::Event { session, event } => {
                    let ends = matches!(event, Event::Ended { .. });
                    let before = self.sessions.insert(session, ends);
                    assert_ne!(before, Some(true), "{session:?} has ended, and then {event:?}");
                }
                Output::Wire(_)
                | Output::Registration(_)
                | Output::Upstream(_)
                | Output::Alive { .. } => {}
            }
        }
        count
    }

    fn template(&mut self, which: usize) -> Vec<u8> {
        const STEPS: &[&str] = &[
            "INVITE sdp call=new",
            "INVITE sdp call=standing",
            "UPDATE sdp call=standing",
            "INFO call=standing",
            "BYE call=standing",
            "CANCEL call=ringing",
            "BYE call=ringing",
            "ACK sdp call=accepted",
            "BYE call=calling tag=b1 cseq=5",
            "180 tag=b2",
            "200 sdp tag=b1",
            "200 sdp tag=b3",
            "486 tag=b1",
            "OPTIONS call=other to=none",
            "REPLY 200 sdp",
            "REPLY 491",
            "REPLY 183 sdp",
            "PRACK call=reliable",
            "INVITE sdp call=reliable2",
            "REPLY 481",
            "REPLY 100",
        ];
        let step = STEPS[which % STEPS.len()];
        if let Some(reply) = step.strip_prefix("REPLY ") {
            return self.reply(reply, which / STEPS.len());
        }
        let routes = ["Record-Route: <sip:192.0.2.50;lr>, <sip:192.0.2.51>"];
        let reliable = ["Require: 100rel", "RAck: ours"];
        let extra = if step.contains("reliable") {
            &reliable[..]
        } else if which.is_multiple_of(2) {
            &routes[..]
        } else {
            &[]
        };
        self.far.message(&Fields::read(step), extra).1
    }

    /// An answer to one of our last four requests.
    fn reply(&self, answer: &str, back: usize) -> Vec<u8> {
        let (status, body) = answer.split_once(' ').unwrap_or((answer, ""));
        let Some(request) = self.asked.iter().rev().nth(back % 4) else { return Vec::new() };
        let mut text = format!("SIP/2.0 {status} Far\r\n");
        for line in request.lines().take_while(|line| !line.is_empty()) {
            let names = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
            if names.iter().any(|name| line.starts_with(name)) {
                let untagged = line.starts_with("To:") && !line.contains(";tag=");
                text += &format!("{line}{}\r\n", if untagged { ";tag=b1" } else { "" });
            }
        }
        let body = if body.is_empty() { "" } else { "v=0\r\n" };
        if status == "183" {
            text += &format!("Require: 100rel\r\nRSeq: {}\r\n", 1 + back % 3);
        }
        text += &format!("Contact: <sip:bob@{PEER}>\r\nContent-Type: application/sdp\r\n");
        text += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        text.into_bytes()
    }

    /// A command of the engine, in whatever state its session is.
    fn command(&mut self, which: u8, session: u64) {
        let (now, id, sdp) = (self.now, SessionId(session), b"v=0\r\n".to_vec());
        match which % 10 {
            0 => self.stack.ring(now, id),
            1 => self.stack.accept(now, id, sdp),
            2 => self.stack.reject(now, id, u16::from(which) * 3, Some(1)),
            3 => self.stack.answer(now, id, sdp),
            4 => self.stack.refuse_offer(now, id, u16::from(which) * 3),
            5 => self.stack.hang_up(now, id),
            6 => self.stack.set_ready(which < 128),
            7 => self.stack.reoffer(now, id, sdp),
            8 => self.stack.probe(now, id),
            _ => {
                self.stack.invite(now, invitation(&Fields::read("call=another"), &[]));
            }
        }
    }

    /// Hangs up whatever stands, and lets every timer run out.
    fn rest(&mut self) {
        for session in 1..=40 {
            self.stack.hang_up(self.now, SessionId(session));
        }
        while let Some(deadline) = self.stack.deadline() {
            assert!(deadline.at.since(Mono::ZERO) < Duration::from_secs(900), "{deadline:?}");
            self.now.mono = deadline.at.max(self.now.mono);
            self.stack.handle_timeout(self.now);
            self.drain();
        }
        assert!(self.stack.is_empty(), "{:#?}", self.stack);
        assert!(self.sessions.values().all(|ended| *ended), "{:?}", self.sessions);
    }
}

/// How a message is damaged: bytes replaced, a piece repeated, a piece cut out.
fn damage(bytes: &mut Vec<u8>, cuts: &[(u16, u16, u8, u8)]) {
    for &(at, length, byte, kind) in cuts {
        if bytes.is_empty() {
            return;
        }
        let at = usize::from(at) % bytes.len();
        let end = (at + usize::from(length) % 40).min(bytes.len());
        match kind % 4 {
            0 => bytes[at] = byte,
            1 => drop(bytes.drain(at..end)),
            2 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => bytes.insert(at, byte),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(datagrams in proptest::collection::vec(
        proptest::collection::vec(any::<u8>(), 0..200), 1..20,
    )) {
        let mut scene = Scene::new();
        let source = Hop::first(PEER.parse().expect("an address"));
        for bytes in &datagrams {
            scene.stack.handle_datagram(scene.now, source, bytes);
            prop_assert!(scene.drain() <= ANSWERS_MAX);
        }
        scene.rest();
    }

    #[test]
    fn damaged_messages_never_panic_and_leave_nothing(messages in proptest::collection::vec(
        (0_usize..14, proptest::collection::vec(any::<(u16, u16, u8, u8)>(), 0..4), 0_u64..5_000),
        1..20,
    )) {
        let mut scene = Scene::new();
        let source = Hop::first(PEER.parse().expect("an address"));
        for (which, cuts, millis) in &messages {
            let mut bytes = scene.template(*which);
            damage(&mut bytes, cuts);
            scene.stack.handle_datagram(scene.now, source, &bytes);
            prop_assert!(scene.drain() <= ANSWERS_MAX);
            scene.now.mono = scene.now.mono + Duration::from_millis(*millis);
            scene.stack.handle_timeout(scene.now);
            scene.drain();
        }
        scene.rest();
    }

    #[test]
    fn messages_and_commands_in_any_order_end_every_session_once(
        steps in proptest::collection::vec(any::<(bool, u8, u8, u16)>(), 1..60),
    ) {
        let mut scene = Scene::new();
        let source = Hop::first(PEER.parse().expect("an address"));
        for &(is_message, which, session, millis) in &steps {
            if is_message {
                let bytes = scene.template(usize::from(which));
                scene.stack.handle_datagram(scene.now, source, &bytes);
            } else {
                scene.command(which, u64::from(session % 12));
            }
            scene.drain();
            scene.now.mono = scene.now.mono + Duration::from_millis(u64::from(millis) / 8);
            scene.stack.handle_timeout(scene.now);
            scene.drain();
        }
        scene.rest();
    }
}
