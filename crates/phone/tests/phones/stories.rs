//! Two phones call each other: every story is a ladder as one of them wrote it down.

use std::time::Duration;

use crate::wire::{Wire, address, alice, bob};
use expect_test::expect;
use model::Key;
use phone::{Answering, CallTo, Codec, Ending, KeyPress, Lost, Offer, PhoneSettings, Voice};

#[test]
fn a_call_rings_is_answered_and_is_hung_up_by_the_caller() {
    let answering = Answering::after_secs(2);
    let mut wire = Wire::new(alice(), PhoneSettings { answering, ..bob() });
    let call = wire.call();
    wire.run(5_000);
    wire.alice.hang_up(wire.now, call);
    wire.run(1_000);
    expect![[r#"
        0.000    alice --> 127.0.0.1:5080  INVITE sip:bob@127.0.0.1:5080 +sdp
        0.020    alice <-- 127.0.0.1:5080  180 Ringing (INVITE)
        2.020    alice <-- 127.0.0.1:5080  200 OK (INVITE) +sdp
        2.020    alice --> 127.0.0.1:5080  ACK sip:bob@127.0.0.1:5080
        5.000    alice --> 127.0.0.1:5080  BYE sip:bob@127.0.0.1:5080
        5.020    alice <-- 127.0.0.1:5080  200 OK (BYE)
    "#]]
    .assert_eq(&wire.alice.diary().ladder());
    expect![[r#"
        0.010   bob Invited { call: CallHandle(0), dialled: Some("bob"), from: Some("alice") }
        0.020   alice Ringing { call: CallHandle(0), status: 180 }
        2.020   alice Answered { call: CallHandle(0) }
        2.030   bob Answered { call: CallHandle(0) }
        5.010   bob Ended { call: CallHandle(0), how: ByPeer }
        5.020   alice Ended { call: CallHandle(0), how: ByUs }
    "#]]
    .assert_eq(&wire.events());
    wire.all_gone();
}

#[test]
fn the_callee_may_hang_up_too() {
    let mut wire = Wire::new(alice(), bob());
    wire.call();
    wire.run(1_000);
    let call = wire.bob.calls().next().unwrap();
    wire.bob.hang_up(wire.now, call);
    wire.run(1_000);
    expect![[r#"
        0.010    bob <-- 127.0.0.1:5070  INVITE sip:bob@127.0.0.1:5080 +sdp
        0.010    bob --> 127.0.0.1:5070  200 OK (INVITE) +sdp
        0.030    bob <-- 127.0.0.1:5070  ACK sip:bob@127.0.0.1:5080
        1.000    bob --> 127.0.0.1:5070  BYE sip:alice@127.0.0.1:5070
        1.020    bob <-- 127.0.0.1:5070  200 OK (BYE)
    "#]]
    .assert_eq(&wire.bob.diary().ladder());
    assert_eq!(wire.alice.diary().calls()[0].ended.unwrap().1, Ending::ByPeer);
    wire.all_gone();
}

#[test]
fn each_hears_the_tone_of_the_other_and_only_that() {
    let settings = PhoneSettings { voice: Voice::Tone(440.0), ..alice() };
    let codecs = vec![Codec::Pcmu];
    let other = PhoneSettings { voice: Voice::Tone(1_000.0), codecs, ..bob() };
    let mut wire = Wire::new(settings, other);
    let call = wire.call();
    wire.run(100);
    let (from, call_of_bob) = (wire.now.mono, wire.bob.calls().next().unwrap());
    wire.run(1_000);
    let to = wire.now.mono;
    wire.alice.speak(wire.now, call, Voice::Silence);
    wire.run(100);
    let (quiet_from, _) = (wire.now.mono, wire.run(1_000));
    let heard_by_alice = wire.alice.diary().call(call).unwrap();
    let heard_by_bob = wire.bob.diary().call(call_of_bob).unwrap();
    assert!(heard_by_alice.heard_tone(1_000.0, from, to));
    assert!(!heard_by_alice.heard_tone(440.0, from, to));
    assert!(heard_by_bob.heard_tone(440.0, from, to));
    assert!(!heard_by_bob.heard_tone(440.0, quiet_from, wire.now.mono));
    assert_eq!(heard_by_alice.heard_between(from, to).len(), 8_000);
    let wav = heard_by_alice.to_stereo_wav();
    assert_eq!(&wav[..4], b"RIFF");
    assert!(wav.len() > 2 * 2 * 8_000 * 2);
}

#[test]
fn every_key_is_heard_once_whatever_happens_to_its_packets() {
    let mut wire = Wire::new(alice(), bob());
    let call = wire.call();
    wire.run(100);
    assert!(wire.alice.press_all(wire.now, call, "0033"));
    let plain = KeyPress::new(Key::HASH);
    for lost in [
        Lost { first: true, marker: false, ends: 0 },
        Lost { first: false, marker: true, ends: 2 },
        Lost { first: true, marker: true, ends: 3 },
    ] {
        assert!(wire.alice.press(wire.now, call, KeyPress { lost, ..plain }));
        assert!(wire.alice.press(wire.now, call, KeyPress { lost, reordered: true, ..plain }));
    }
    assert!(wire.alice.is_pressing(call));
    wire.run(4_000);
    assert!(!wire.alice.is_pressing(call));
    assert_eq!(wire.bob.diary().calls()[0].keys_text(), "0033######");
    assert_eq!(wire.alice.diary().calls()[0].keys_pressed.len(), 10);
}

#[test]
fn keys_beyond_the_queue_are_not_taken() {
    let mut wire = Wire::new(alice(), bob());
    let call = wire.call();
    assert!(!wire.alice.press_all(wire.now, call, "1"), "no line before the answer");
    wire.run(100);
    let many = "1".repeat(phone::KEYS_QUEUED_MAX);
    assert!(wire.alice.press_all(wire.now, call, &many));
    assert!(!wire.alice.press_all(wire.now, call, "2"));
}

#[test]
fn where_no_events_were_agreed_keys_sound_in_the_voice() {
    let mut deaf = Wire::new(alice(), PhoneSettings { events: None, ..bob() });
    let call = deaf.call();
    deaf.run(100);
    assert!(deaf.alice.press_all(deaf.now, call, "1"));
    deaf.run(1_000);
    assert_eq!(deaf.alice.diary().calls()[0].keys_pressed.len(), 1);
    assert_eq!(deaf.bob.diary().calls()[0].keys_text(), "", "no event told of it");
}

#[test]
fn a_mute_phone_sends_its_keys_and_nothing_else() {
    let mut wire = Wire::new(PhoneSettings { voice: Voice::Mute, ..alice() }, bob());
    let call = wire.call();
    wire.run(1_000);
    wire.alice.press_all(wire.now, call, "12");
    wire.run(1_000);
    let record = &wire.alice.diary().calls()[0];
    assert_eq!(record.packets_sent, 2 * (5 + 3));
    assert_eq!(wire.bob.diary().calls()[0].keys_text(), "12");
}

#[test]
fn a_busy_phone_and_a_declining_phone_say_so() {
    for (answering, status) in [(Answering::BUSY, 486), (Answering::DECLINE, 603)] {
        let mut wire = Wire::new(alice(), PhoneSettings { answering, ..bob() });
        let call = wire.call();
        wire.run(1_000);
        let ended = wire.alice.diary().call(call).unwrap().ended.unwrap().1;
        assert_eq!(ended, Ending::Refused(status));
        if status == 486 {
            expect![[r#"
                0.000    alice --> 127.0.0.1:5080  INVITE sip:bob@127.0.0.1:5080 +sdp
                0.020    alice <-- 127.0.0.1:5080  486 Busy Here (INVITE)
                0.020    alice --> 127.0.0.1:5080  ACK sip:bob@127.0.0.1:5080
            "#]]
            .assert_eq(&wire.alice.diary().ladder());
        }
        wire.all_gone();
    }
}

#[test]
fn a_caller_gives_up_by_cancel() {
    let answering = Answering::NeverAnswer;
    let mut wire = Wire::new(alice(), PhoneSettings { answering, ..bob() });
    let call = wire.call();
    wire.run(3_000);
    wire.alice.hang_up(wire.now, call);
    wire.run(1_000);
    expect![[r#"
        0.010    bob <-- 127.0.0.1:5070  INVITE sip:bob@127.0.0.1:5080 +sdp
        0.010    bob --> 127.0.0.1:5070  180 Ringing (INVITE)
        3.010    bob <-- 127.0.0.1:5070  CANCEL sip:bob@127.0.0.1:5080
        3.010    bob --> 127.0.0.1:5070  200 OK (CANCEL)
        3.010    bob --> 127.0.0.1:5070  487 Request Terminated (INVITE)
        3.030    bob <-- 127.0.0.1:5070  ACK sip:bob@127.0.0.1:5080
    "#]]
    .assert_eq(&wire.bob.diary().ladder());
    assert_eq!(wire.alice.diary().calls()[0].ended.unwrap().1, Ending::ByUs);
    assert_eq!(wire.bob.diary().calls()[0].ended.unwrap().1, Ending::Cancelled);
    wire.all_gone();
}

#[test]
fn a_cancel_waits_for_a_provisional_answer_and_yields_to_a_200() {
    let mut wire = Wire::new(alice(), bob());
    let call = wire.call();
    wire.alice.cancel(wire.now, call);
    wire.run(1_000);
    expect![[r#"
        0.000    alice --> 127.0.0.1:5080  INVITE sip:bob@127.0.0.1:5080 +sdp
        0.020    alice <-- 127.0.0.1:5080  200 OK (INVITE) +sdp
        0.020    alice --> 127.0.0.1:5080  ACK sip:bob@127.0.0.1:5080
        0.020    alice --> 127.0.0.1:5080  BYE sip:bob@127.0.0.1:5080
        0.040    alice <-- 127.0.0.1:5080  200 OK (BYE)
    "#]]
    .assert_eq(&wire.alice.diary().ladder());
    wire.all_gone();
}

#[test]
fn lost_messages_are_sent_again_and_one_dial_stays_one_dial() {
    let mut wire = Wire::new(alice(), bob());
    wire.lose("INVITE", 2);
    wire.lose("SIP/2.0 200", 1);
    wire.lose("ACK", 1);
    wire.lose("BYE", 1);
    let call = wire.call();
    wire.run(10_000);
    wire.alice.hang_up(wire.now, call);
    wire.run(5_000);
    expect![[r#"
        0.000    alice --> 127.0.0.1:5080  INVITE sip:bob@127.0.0.1:5080 +sdp
        0.500    alice --> 127.0.0.1:5080  INVITE sip:bob@127.0.0.1:5080 +sdp (again)
        1.500    alice --> 127.0.0.1:5080  INVITE sip:bob@127.0.0.1:5080 +sdp (again)
        2.020    alice <-- 127.0.0.1:5080  200 OK (INVITE) +sdp
        2.020    alice --> 127.0.0.1:5080  ACK sip:bob@127.0.0.1:5080
        3.020    alice <-- 127.0.0.1:5080  200 OK (INVITE) +sdp (again)
        3.020    alice --> 127.0.0.1:5080  ACK sip:bob@127.0.0.1:5080 (again)
        10.000   alice --> 127.0.0.1:5080  BYE sip:bob@127.0.0.1:5080
        10.500   alice --> 127.0.0.1:5080  BYE sip:bob@127.0.0.1:5080 (again)
        10.520   alice <-- 127.0.0.1:5080  200 OK (BYE)
    "#]]
    .assert_eq(&wire.alice.diary().ladder());
    let invites = wire.bob.diary().invites().values().next().unwrap();
    assert_eq!((invites.transactions, invites.datagrams), (1, 1));
    assert_eq!(wire.bob.diary().dialled("bob").len(), 1);
    wire.all_gone();
}

#[test]
fn nobody_at_the_other_end_is_unreachable_after_32_seconds() {
    let answering = Answering::Ignore;
    let mut wire = Wire::new(alice(), PhoneSettings { answering, ..bob() });
    wire.call();
    wire.alice.ping(wire.now, "sip:127.0.0.1:5080", address("127.0.0.1:5080"));
    wire.run(40_000);
    expect![[r#"
        32.000  alice Ended { call: CallHandle(0), how: Unreachable }
        32.000  alice Pong { status: None }
    "#]]
    .assert_eq(&wire.events());
    let invites = wire.bob.diary().invites().values().next().unwrap();
    assert_eq!((invites.transactions, invites.datagrams), (1, 7));
    wire.all_gone();
}

#[test]
fn a_200_that_nobody_acknowledges_ends_in_bye() {
    let mut wire = Wire::new(alice(), bob());
    wire.lose("ACK", 99);
    wire.call();
    wire.run(40_000);
    assert_eq!(wire.bob.diary().calls()[0].ended.unwrap().1, Ending::Unreachable);
    assert_eq!(wire.alice.diary().calls()[0].ended.unwrap().1, Ending::ByPeer);
    wire.all_gone();
}

#[test]
fn hold_and_resume_are_re_invites() {
    let mut wire = Wire::new(alice(), PhoneSettings { voice: Voice::Tone(440.0), ..bob() });
    let call = wire.call();
    wire.run(500);
    wire.alice.hold(wire.now, call);
    wire.run(500);
    let (from, _) = (wire.now.mono, wire.run(500));
    let to = wire.now.mono;
    wire.alice.resume(wire.now, call);
    wire.run(500);
    expect![[r#"
        0.010   bob Invited { call: CallHandle(0), dialled: Some("bob"), from: Some("alice") }
        0.020   alice Answered { call: CallHandle(0) }
        0.030   bob Answered { call: CallHandle(0) }
        0.510   bob HeldByPeer { call: CallHandle(0), held: true }
        0.520   alice Reinvited { call: CallHandle(0), status: 200 }
        1.510   bob HeldByPeer { call: CallHandle(0), held: false }
        1.520   alice Reinvited { call: CallHandle(0), status: 200 }
    "#]]
    .assert_eq(&wire.events());
    let record = wire.alice.diary().call(call).unwrap();
    assert!(!record.heard_tone(440.0, from, to));
    let after = to + Duration::from_millis(100);
    assert!(record.heard_tone(440.0, after, wire.now.mono));
    assert_eq!(wire.bob.diary().invites().len(), 1);
}

#[test]
fn an_offer_without_a_common_codec_is_refused_with_488() {
    let mut wire = Wire::new(alice(), bob());
    let to = CallTo::new("sip:bob@127.0.0.1:5080", address("127.0.0.1:5080"));
    let call = wire.call_to(CallTo { offer: Offer::BadCodec, ..to });
    wire.run(1_000);
    let ended = wire.alice.diary().call(call).unwrap().ended.unwrap().1;
    assert_eq!(ended, Ending::Refused(488));
    wire.all_gone();
}

#[test]
fn a_late_offer_is_answered_in_the_ack() {
    let mut wire = Wire::new(alice(), PhoneSettings { voice: Voice::Tone(440.0), ..bob() });
    let to = CallTo::new("sip:bob@127.0.0.1:5080", address("127.0.0.1:5080"));
    let call = wire.call_to(CallTo { offer: Offer::Late, ..to });
    wire.run(2_000);
    expect![[r#"
        0.000    alice --> 127.0.0.1:5080  INVITE sip:bob@127.0.0.1:5080
        0.020    alice <-- 127.0.0.1:5080  200 OK (INVITE) +sdp
        0.020    alice --> 127.0.0.1:5080  ACK sip:bob@127.0.0.1:5080 +sdp
    "#]]
    .assert_eq(&wire.alice.diary().ladder());
    let record = wire.alice.diary().call(call).unwrap();
    assert!(record.heard_tone(440.0, model::Mono::ZERO, wire.now.mono));
}

#[test]
fn identity_headers_and_literal_uris_reach_the_other_diary() {
    let mut wire = Wire::new(alice(), bob());
    wire.bob.set_answering_of("+33123456789", Answering::status(404));
    wire.call_to(CallTo {
        from: Some("sip:+33612345678@127.0.0.1".into()),
        display: Some("Alice \"x\"".into()),
        asserted: Some("tel:+33612345678".into()),
        headers: vec![("X-Callback".into(), "yes".into())],
        call_id: Some("attempt-1".into()),
        ..CallTo::new("tel:+33123456789", address("127.0.0.1:5080"))
    });
    wire.run(1_000);
    let entry = &wire.bob.diary().messages()[0];
    expect![[r#"
        INVITE tel:+33123456789 SIP/2.0
        attempt-1 Some("+33612345678") Some("+33123456789") Some("+33612345678")
        [("X-Callback", "yes")] ["message"]
    "#]]
    .assert_eq(&format!(
        "{}\n{} {:?} {:?} {:?}\n{:?} {:?}\n",
        entry.start,
        entry.call_id,
        entry.from,
        entry.to,
        entry.asserted,
        entry.extra,
        entry.objections
    ));
    assert_eq!(wire.bob.diary().dialled("+33123456789"), ["attempt-1"]);
    let ended = wire.alice.diary().calls()[0].ended.unwrap().1;
    assert_eq!(ended, Ending::Refused(404));
    wire.all_gone();
}

#[test]
fn ipv6_which_rsip_cannot_read_works_as_literal_text() {
    let (sip, rtp) = (address("[::1]:5070"), address("[::1]:4070"));
    let settings = PhoneSettings { sip, rtp, voice: Voice::Tone(440.0), ..alice() };
    let (sip, rtp) = (address("[::1]:5080"), address("[::1]:4080"));
    let mut wire = Wire::new(settings, PhoneSettings { sip, rtp, ..bob() });
    let call = wire.call_to(CallTo::new("sip:bob@[::1]:5080", sip));
    wire.run(1_000);
    wire.alice.press_all(wire.now, call, "7");
    wire.run(500);
    wire.alice.hang_up(wire.now, call);
    wire.run(500);
    let record = &wire.bob.diary().calls()[0];
    assert!(record.heard_tone(440.0, model::Mono::ZERO, wire.now.mono));
    assert_eq!((record.keys_text().as_str(), record.ended.unwrap().1), ("7", Ending::ByPeer));
    assert!(!wire.bob.diary().objections().is_empty());
    wire.all_gone();
}

#[test]
fn what_a_phone_writes_on_ipv4_leaves_rsip_nothing_to_object() {
    let mut wire = Wire::new(alice(), bob());
    let call = wire.call();
    wire.run(500);
    wire.alice.hold(wire.now, call);
    wire.run(500);
    wire.alice.hang_up(wire.now, call);
    wire.run(500);
    assert_eq!(wire.alice.diary().objections(), []);
    assert_eq!(wire.bob.diary().objections(), []);
}

#[test]
fn byes_that_cross_end_the_call_on_both_sides() {
    let mut wire = Wire::new(alice(), bob());
    let call = wire.call();
    wire.run(500);
    let other = wire.bob.calls().next().unwrap();
    wire.alice.hang_up(wire.now, call);
    wire.bob.hang_up(wire.now, other);
    wire.run(500);
    expect![[r#"
        0.000    alice --> 127.0.0.1:5080  INVITE sip:bob@127.0.0.1:5080 +sdp
        0.020    alice <-- 127.0.0.1:5080  200 OK (INVITE) +sdp
        0.020    alice --> 127.0.0.1:5080  ACK sip:bob@127.0.0.1:5080
        0.500    alice --> 127.0.0.1:5080  BYE sip:bob@127.0.0.1:5080
        0.510    alice <-- 127.0.0.1:5080  BYE sip:alice@127.0.0.1:5070
        0.510    alice --> 127.0.0.1:5080  200 OK (BYE)
        0.520    alice <-- 127.0.0.1:5080  200 OK (BYE)
    "#]]
    .assert_eq(&wire.alice.diary().ladder());
    wire.all_gone();
}

#[test]
fn re_invites_that_cross_are_both_refused_with_491_and_made_again_one_after_the_other() {
    let mut wire = Wire::new(alice(), PhoneSettings { voice: Voice::Tone(440.0), ..bob() });
    let call = wire.call();
    wire.run(500);
    let other = wire.bob.calls().next().unwrap();
    wire.alice.hold(wire.now, call);
    wire.bob.hold(wire.now, other);
    wire.run(5_000);
    expect![[r#"
        0.000    alice --> 127.0.0.1:5080  INVITE sip:bob@127.0.0.1:5080 +sdp
        0.020    alice <-- 127.0.0.1:5080  200 OK (INVITE) +sdp
        0.020    alice --> 127.0.0.1:5080  ACK sip:bob@127.0.0.1:5080
        0.500    alice --> 127.0.0.1:5080  INVITE sip:bob@127.0.0.1:5080 +sdp
        0.510    alice <-- 127.0.0.1:5080  INVITE sip:alice@127.0.0.1:5070 +sdp
        0.510    alice --> 127.0.0.1:5080  491 Request Pending (INVITE)
        0.520    alice <-- 127.0.0.1:5080  491 Request Pending (INVITE)
        0.520    alice --> 127.0.0.1:5080  ACK sip:bob@127.0.0.1:5080
        0.530    alice <-- 127.0.0.1:5080  ACK sip:alice@127.0.0.1:5070
        1.760    alice <-- 127.0.0.1:5080  INVITE sip:alice@127.0.0.1:5070 +sdp
        1.760    alice --> 127.0.0.1:5080  200 OK (INVITE) +sdp
        1.780    alice <-- 127.0.0.1:5080  ACK sip:alice@127.0.0.1:5070
        4.320    alice --> 127.0.0.1:5080  INVITE sip:bob@127.0.0.1:5080 +sdp
        4.340    alice <-- 127.0.0.1:5080  200 OK (INVITE) +sdp
        4.340    alice --> 127.0.0.1:5080  ACK sip:bob@127.0.0.1:5080
    "#]]
    .assert_eq(&wire.alice.diary().ladder());
    // Bob, who did not make the Call-ID, came first. Now both hold; who resumes is heard.
    wire.alice.resume(wire.now, call);
    wire.run(100);
    wire.bob.resume(wire.now, other);
    wire.run(100);
    let from = wire.now.mono;
    wire.run(400);
    assert!(wire.alice.diary().call(call).unwrap().heard_tone(440.0, from, wire.now.mono));
    wire.alice.hang_up(wire.now, call);
    wire.run(500);
    wire.all_gone();
}

#[test]
fn a_phone_that_answers_twice_notes_whether_the_second_200_was_acknowledged_and_ended() {
    let answering = Answering::Fork { ring_for: Duration::ZERO };
    let mut wire = Wire::new(alice(), PhoneSettings { answering, ..bob() });
    let call = wire.call();
    wire.run(100);
    let texts: Vec<String> =
        wire.alice.diary().messages().iter().map(|entry| entry.text.clone()).collect();
    let tag = |text: &str| {
        let to = text.lines().find(|line| line.starts_with("To:")).unwrap();
        to.split_once(";tag=").unwrap().1.to_owned()
    };
    let accepted: Vec<&String> =
        texts.iter().filter(|text| text.starts_with("SIP/2.0 200")).collect();
    let (first, second) = (tag(accepted[0]), tag(accepted[1]));
    assert_ne!(first, second);
    let fork = |wire: &Wire| wire.bob.diary().calls()[0].fork.unwrap();
    assert!(!fork(&wire).acknowledged && !fork(&wire).ended);
    let ack = texts.iter().find(|text| text.starts_with("ACK")).unwrap();
    let of_fork = ack.replace(&first, &second);
    wire.bob.handle_sip(wire.now, address("127.0.0.1:5070"), of_fork.as_bytes());
    assert!(fork(&wire).acknowledged && !fork(&wire).ended);
    let bye = of_fork.replace("ACK", "BYE");
    wire.bob.handle_sip(wire.now, address("127.0.0.1:5070"), bye.as_bytes());
    assert!(fork(&wire).ended);
    assert_eq!(wire.bob.calls().count(), 1, "the first dialog goes on");
    wire.alice.hang_up(wire.now, call);
    wire.run(500);
    wire.all_gone();
}

#[test]
fn options_is_answered() {
    let mut wire = Wire::new(alice(), bob());
    wire.alice.ping(wire.now, "sip:127.0.0.1:5080", address("127.0.0.1:5080"));
    wire.run(1_000);
    assert_eq!(wire.events, ["0.020   alice Pong { status: Some(200) }"]);
    wire.all_gone();
}

#[test]
fn many_calls_at_once_do_not_mix() {
    let mut wire = Wire::new(alice(), PhoneSettings { record_max: Duration::ZERO, ..bob() });
    let calls: Vec<_> = (0..20).map(|_| wire.call()).collect();
    wire.run(1_000);
    assert_eq!(wire.bob.calls().count(), 20);
    for call in calls {
        wire.alice.hang_up(wire.now, call);
    }
    wire.run(1_000);
    assert_eq!(wire.bob.diary().calls()[0].heard.samples().len(), 0);
    assert_eq!(wire.bob.diary().invites().len(), 20);
    wire.all_gone();
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let story = || {
        let mut wire = Wire::new(alice(), bob());
        let call = wire.call();
        wire.run(1_000);
        wire.alice.hang_up(wire.now, call);
        wire.run(1_000);
        let texts = wire.alice.diary().messages().iter().map(|entry| entry.text.clone());
        texts.collect::<String>()
    };
    assert_eq!(story(), story());
}

#[test]
fn an_older_200_that_comes_again_gets_its_own_ack_again() {
    let mut wire = Wire::new(alice(), bob());
    let call = wire.call();
    wire.run(100);
    let first = wire.alice.diary().messages().iter().find(|entry| entry.start.contains("200 OK"));
    let first = first.unwrap().text.clone();
    wire.alice.hold(wire.now, call);
    wire.run(100);
    let acks = |wire: &Wire| {
        let sent = wire.alice.diary().messages().iter().filter(|e| e.start.starts_with("ACK"));
        sent.map(|entry| entry.cseq.clone()).collect::<Vec<_>>()
    };
    assert_eq!(acks(&wire), ["1 ACK", "2 ACK"]);
    wire.alice.handle_sip(wire.now, address("127.0.0.1:5080"), first.as_bytes());
    assert_eq!(acks(&wire), ["1 ACK", "2 ACK", "1 ACK"]);
}
