//! Whatever a peer sends, the stack does not panic, does not answer out of proportion, and is empty
//! in the end.

use std::time::Duration;

use model::{Entropy, Mono, Now, Wall};
use proptest::prelude::*;
use sip::{Output, SessionId, Stack};

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
}

impl Scene {
    fn new() -> Scene {
        let now = Now { mono: Mono::ZERO, wall: Wall::default() };
        let stack = Stack::new(settings(), Entropy::from_u64(9));
        let mut scene = Scene { stack, far: FarEnd::default(), now, whole: true };
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
            if let Output::Datagram { bytes, .. } = output {
                if self.whole {
                    self.far.heard(&bytes);
                }
                count += 1;
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
        ];
        self.far.message(&Fields::read(STEPS[which % STEPS.len()]), &[]).1
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
        let source = PEER.parse().expect("an address");
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
        let source = PEER.parse().expect("an address");
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
}
