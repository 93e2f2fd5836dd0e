//! Conversations that are handed on.

use expect_test::expect;

use crate::harness::{ann_alone, play, settings};

#[test]
fn whoever_takes_over_has_the_work_and_whoever_hands_on_rests() {
    let ladder = play(
        settings(),
        "arrive 1
         accept 1
         bridged 1
         transfer 1 bob
         agents
         taken over 1
         agents
         left 1
         agents
         wait 11
         arrive 2
         talked 1
         released 1
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
        transfer 1 bob
            ring     the other for offer-1
        agents
            ann Online Talking
            bob Online Ringing
        taken over 1
            record   transferred ann to bob call-1
        agents
            ann Online Leaving
            bob Online Talking
        left 1
        agents
            ann Online WrapUp
            bob Online Talking
        wait 11
            (an agent's wrap-up ends)
        arrive 2
            record   call_arrived call-2 main/desk
            record   offered offer-2 ann call-2
            offer    offer-2 ann desk call-2
        talked 1
        released 1
        agents
            ann Online Ringing
            bob Online WrapUp
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_request_is_completed_once_when_the_last_conversation_is_over() {
    let ladder = play(
        settings(),
        "arrive 1
         ask 1
         written
         released 1
         accept 2
         written
         bridged 2
         transfer 2 ann
         list
         left 2
         taken over 2
         list
         transfer 2 bob
         talked 2
         not taken over 2
         released 2
         agents",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        ask 1
            record   offer_ended offer-1 withdrawn
            withdraw offer-1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   call_ended call-1 promised
            record   offered offer-2 bob cb-1
            offer    offer-2 bob desk cb-1 +336******01 via main
        released 1
        accept 2
            record   offer_ended offer-2 accepted
            write    dial_started cb-1/1 bob carrier
        written
        bridged 2
            record   bridged bob cb-1/1
        transfer 2 ann
            ring     the other for offer-2
        list
            desk 0 cb-1: talking with bob
                because customer and agent hear each other
        left 2
        taken over 2
            record   transferred bob to ann cb-1/1
        list
            desk 0 cb-1: talking with ann
                because customer and agent hear each other
        transfer 2 bob
            refuse   to hand offer-2 on
        talked 2
            record   request_closed cb-1 completed
                because customer and agent talked
            closed   cb-1 completed
        not taken over 2
        released 2
        agents
            ann Online WrapUp
            bob Online WrapUp
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn nobody_who_has_work_rests_or_is_not_there_is_asked() {
    let ladder = play(
        settings(),
        "arrive 1
         arrive 2
         accept 1
         accept 2
         transfer 1 bob
         bridged 1
         bridged 2
         transfer 1 bob
         transfer 1 ann
         transfer 1 carol
         talked 2
         released 2
         transfer 1 bob
         wait 11
         agent bob offline
         transfer 1 bob
         agent bob away
         transfer 1 bob
         transfer 1 outside
         not taken over 1
         transfer 1 outside
         agents",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        arrive 2
            record   call_arrived call-2 main/desk
            record   offered offer-2 bob call-2
            offer    offer-2 bob desk call-2
        accept 1
            record   offer_ended offer-1 accepted
        accept 2
            record   offer_ended offer-2 accepted
        transfer 1 bob
            refuse   to hand offer-1 on
        bridged 1
            record   bridged ann call-1
            record   call_ended call-1 answered
        bridged 2
            record   bridged bob call-2
            record   call_ended call-2 answered
        transfer 1 bob
            refuse   to hand offer-1 on
        transfer 1 ann
            refuse   to hand offer-1 on
        transfer 1 carol
            refuse   to hand offer-1 on
        talked 2
        released 2
        transfer 1 bob
            refuse   to hand offer-1 on
        wait 11
            (an agent's wrap-up ends)
        agent bob offline
            record   status_set bob offline by command
        transfer 1 bob
            refuse   to hand offer-1 on
        agent bob away
            record   status_set bob away by command
        transfer 1 bob
            ring     the other for offer-1
        transfer 1 outside
            refuse   to hand offer-1 on
        not taken over 1
        transfer 1 outside
            ring     the other for offer-1
        agents
            ann Online Talking
            bob Away Free
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_conversation_with_somebody_outside_leaves_its_agent_free() {
    let ladder = play(
        ann_alone(),
        "arrive 1
         accept 1
         bridged 1
         arrive 2
         transfer 1 outside
         taken over 1
         left 1
         transfer 1 outside
         wait 11
         accept 2
         bridged 2
         talked 1
         released 1
         talked 2
         released 2
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
        arrive 2
            record   call_arrived call-2 main/desk
        transfer 1 outside
            ring     the other for offer-1
        taken over 1
            record   transferred ann to somebody outside call-1
        left 1
        transfer 1 outside
            refuse   to hand offer-1 on
        wait 11
            (an agent's wrap-up ends)
            record   offered offer-2 ann call-2
            offer    offer-2 ann desk call-2
        accept 2
            record   offer_ended offer-2 accepted
        bridged 2
            record   bridged ann call-2
            record   call_ended call-2 answered
        talked 1
        released 1
        talked 2
        released 2
        agents
            ann Online WrapUp
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_agent_who_hangs_up_before_the_other_side_answers_rests_from_then_on() {
    let ladder = play(
        settings(),
        "arrive 1
         accept 1
         bridged 1
         transfer 1 bob
         left 1
         wait 11
         agents
         not taken over 1
         talked 1
         released 1
         agents
         left 1
         taken over 1",
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
        transfer 1 bob
            ring     the other for offer-1
        left 1
        wait 11
            (an agent's wrap-up ends)
        agents
            ann Online Free
            bob Online Ringing
        not taken over 1
        talked 1
        released 1
        agents
            ann Online Free
            bob Online Free
        left 1
        taken over 1
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_crash_while_a_callback_is_handed_on_completes_it() {
    let ladder = play(
        settings(),
        "arrive 1
         ask 1
         written
         released 1
         accept 2
         written
         bridged 2
         transfer 2 ann
         taken over 2
         crash
         agents",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        ask 1
            record   offer_ended offer-1 withdrawn
            withdraw offer-1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   call_ended call-1 promised
            record   offered offer-2 bob cb-1
            offer    offer-2 bob desk cb-1 +336******01 via main
        released 1
        accept 2
            record   offer_ended offer-2 accepted
            write    dial_started cb-1/1 bob carrier
        written
        bridged 2
            record   bridged bob cb-1/1
        transfer 2 ann
            ring     the other for offer-2
        taken over 2
            record   transferred bob to ann cb-1/1
        crash
            record   engine_started 2
            record   request_closed cb-1 completed
                because connected; the engine stopped during the conversation
            closed   cb-1 completed
        agents
            ann Online Free
            bob Online Free
    "#]]
    .assert_eq(&ladder);
}
