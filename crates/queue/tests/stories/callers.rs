//! Callers on the line.

use expect_test::expect;

use crate::harness::{ann_alone, nobody, play};

#[test]
fn a_caller_is_offered_bridged_and_counted_as_answered_once() {
    let ladder = play(
        ann_alone(),
        "arrive 1
         accept 1
         bridged 1
         leave 1
         talked 1
         released 1
         agents
         wait 10
         agents",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        accept 1
            record   offer_ended offer-1 accepted
        bridged 1
            record   bridged ann call-1
            record   call_ended call-1 answered
        leave 1
        talked 1
        released 1
        agents
            ann Online WrapUp
        wait 10
            (an agent's wrap-up ends)
        agents
            ann Online Free
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_promise_is_made_only_when_durable_and_takes_the_place_of_the_call() {
    let ladder = play(
        nobody(),
        "arrive 1
         arrive 2
         ask 1
         place 1
         place 2
         written
         list
         leave 1",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
        arrive 2
            record   call_arrived call-2 main/desk
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        place 1
            place Some(1)
        place 2
            place Some(2)
        written
            record   call_ended call-1 promised
        list
            desk 1 cb-1: waiting for an agent; promised; it keeps the place of the call
            desk 2 call-2: the caller arrived
        leave 1
    "#]]
    .assert_eq(&ladder);
}
