//! Persons follow their scripts.

use std::time::Duration;

use expect_test::expect;
use model::{Entropy, Key};
use phone::{
    Answering, CallHandle, CallTo, Outcome, Person, Phone, PhoneSettings, STEPS_MAX, Script, Sign,
    Step, Voice,
};

use crate::wire::{Wire, address, alice, bob};

const SECOND: Duration = Duration::from_secs(1);

fn wire(alice: PhoneSettings, bob: PhoneSettings) -> Wire<Person> {
    let root = Entropy::from_u64(2);
    let person = |settings, name| Person::new(Phone::new(settings, root.branch(name)));
    Wire::between(person(alice, "alice"), person(bob, "bob"))
}

fn call(wire: &mut Wire<Person>, script: Script) -> CallHandle {
    let to = CallTo::new("sip:bob@127.0.0.1:5080", address("127.0.0.1:5080"));
    wire.alice.call(wire.now, to, script).unwrap()
}

#[test]
fn an_agent_hears_the_announcement_accepts_talks_and_hangs_up() {
    // Alice plays the engine: a tone for two seconds, then silence.
    let mut wire = wire(alice(), PhoneSettings { answering: Answering::after_secs(1), ..bob() });
    let voice = Voice::Tone(700.0);
    wire.bob.when_called(Script::agent(SECOND, Key::from_event(1).unwrap(), voice, Some(SECOND)));
    let announce = Script::new([
        Step::Until(Sign::Answered),
        Step::Say(Voice::Tone(440.0)),
        Step::Until(Sign::Key(Key::from_event(1).unwrap())),
        Step::Say(Voice::Silence),
        Step::Until(Sign::Tone { hz: 700.0, length: Duration::from_millis(500) }),
    ]);
    let call = call(&mut wire, announce);
    wire.run(10_000);
    expect![[r#"
        0.010   bob Invited { call: CallHandle(0), dialled: Some("bob"), from: Some("alice") }
        0.020   alice Ringing { call: CallHandle(0), status: 180 }
        1.020   alice Answered { call: CallHandle(0) }
        1.030   bob Answered { call: CallHandle(0) }
        2.020   alice Key { call: CallHandle(0), key: Key(1) }
        3.280   alice Ended { call: CallHandle(0), how: ByPeer }
        3.290   bob Ended { call: CallHandle(0), how: ByUs }
    "#]]
    .assert_eq(&wire.events());
    assert_eq!(wire.alice.outcome(call), Some(Outcome::Done));
    assert_eq!(wire.bob.outcome(CallHandle(0)), Some(Outcome::Done));
    wire.all_gone();
}

#[test]
fn a_caller_presses_after_the_prompt_and_the_right_script_is_chosen_by_the_dialled_user() {
    let mut wire = wire(alice(), PhoneSettings { voice: Voice::Tone(440.0), ..bob() });
    wire.bob.when_called(Script::new([Step::HangUp]));
    wire.bob.when_called_as(
        "bob",
        Script::new([Step::Until(Sign::Key(Key::HASH)), Step::Wait(SECOND), Step::HangUp]),
    );
    let call = call(&mut wire, Script::caller(&[(SECOND, "2"), (SECOND, "0033612#")]));
    wire.run(10_000);
    assert_eq!(wire.alice.outcome(call), Some(Outcome::Done));
    assert_eq!(wire.bob.phone().diary().calls()[0].keys_text(), "20033612#");
    wire.all_gone();
}

#[test]
fn a_script_without_its_sign_hangs_up_in_the_end() {
    let mut wire = wire(alice(), bob());
    let script = Script { patience: 5 * SECOND, ..Script::caller(&[(SECOND, "2")]) };
    let call = call(&mut wire, script);
    wire.run(10_000);
    assert_eq!(wire.alice.outcome(call), Some(Outcome::Stuck { step: 1 }));
    wire.all_gone();
}

#[test]
fn a_call_that_ends_ends_its_script() {
    let mut wire = wire(alice(), PhoneSettings { answering: Answering::BUSY, ..bob() });
    let call = call(&mut wire, Script::caller(&[(SECOND, "2")]));
    wire.run(10_000);
    assert_eq!(wire.alice.outcome(call), Some(Outcome::CallEnded { step: 0 }));
    wire.all_gone();
}

#[test]
fn a_phone_may_be_answered_or_refused_by_hand() {
    let ended = |step| Outcome::CallEnded { step };
    for (step, of_alice, of_bob) in
        [(Step::Answer, Outcome::Done, Outcome::Done), (Step::Reject(603), ended(0), ended(2))]
    {
        let answering = Answering::NeverAnswer;
        let mut wire = wire(alice(), PhoneSettings { answering, ..bob() });
        wire.bob.when_called(Script::new([Step::Wait(SECOND), step, Step::Wait(3 * SECOND)]));
        let quiet = Sign::Quiet(Duration::from_millis(500));
        let call = call(&mut wire, Script::new([Step::Until(Sign::Answered), Step::Until(quiet)]));
        wire.run(5_000);
        assert_eq!(wire.alice.outcome(call), Some(of_alice));
        assert_eq!(wire.bob.outcome(CallHandle(0)), Some(of_bob));
        wire.alice.with_phone(wire.now, |phone| phone.hang_up(wire.now, call));
        wire.run(1_000);
        wire.all_gone();
    }
}

#[test]
fn a_script_is_no_longer_than_its_limit() {
    assert_eq!(Script::new(vec![Step::HangUp; STEPS_MAX + 1]).steps.len(), STEPS_MAX);
}
