//! No bytes from the wire panic a phone, in any state of a call.

use crate::wire::{Wire, address, alice, bob};
use phone::{Answering, CALLS_MAX, CallTo, PhoneSettings, TooManyCalls};
use proptest::collection::vec;
use proptest::prelude::*;

/// The messages of a whole call, as alice and bob sent them.
fn messages() -> Vec<String> {
    let mut wire =
        Wire::new(alice(), PhoneSettings { answering: Answering::after_secs(1), ..bob() });
    let call = wire.call();
    wire.run(2_000);
    wire.alice.hold(wire.now, call);
    wire.run(500);
    wire.alice.hang_up(wire.now, call);
    wire.run(500);
    wire.alice.diary().messages().iter().map(|entry| entry.text.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn garbage_is_survived(bytes in vec(any::<u8>(), 0..200)) {
        let mut wire = Wire::new(alice(), bob());
        wire.call();
        wire.run(100);
        let peer = address("127.0.0.1:5080");
        wire.alice.handle_sip(wire.now, peer, &bytes);
        wire.alice.handle_rtp(wire.now, address("127.0.0.1:4080"), &bytes);
        wire.run(100);
    }

    #[test]
    fn mutated_messages_in_any_order_are_survived(
        plan in vec((0usize..12, 0usize..700, any::<u8>(), 0u64..2_000), 0..24)
    ) {
        let messages = messages();
        let mut wire = Wire::new(alice(), bob());
        wire.call();
        for (which, at, byte, wait) in plan {
            let Some(message) = messages.get(which) else { continue };
            let mut bytes = message.clone().into_bytes();
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            let now = wire.now;
            wire.alice.handle_sip(now, address("127.0.0.1:5080"), &bytes);
            wire.bob.handle_sip(now, address("127.0.0.1:5070"), &bytes);
            wire.run(wait);
        }
        wire.run(200_000);
    }
}

#[test]
fn a_phone_with_all_its_calls_refuses_the_next() {
    let mut wire = Wire::new(alice(), PhoneSettings { answering: Answering::Ignore, ..bob() });
    let to = || CallTo::new("sip:bob@127.0.0.1:5080", address("127.0.0.1:5080"));
    for _ in 0..CALLS_MAX {
        wire.alice.call(wire.now, to()).unwrap();
        while wire.alice.poll().is_some() {}
    }
    assert_eq!(wire.alice.call(wire.now, to()), Err(TooManyCalls));
}
