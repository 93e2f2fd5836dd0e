//! Who is offered work, and who is not.

use expect_test::expect;

use crate::harness::{ann_alone, play, settings};

#[test]
fn the_agent_free_for_longest_is_offered_first() {
    let ladder = play(
        settings(),
        "arrive 1
         accept 1
         bridged 1
         talked 1
         released 1
         wait 11
         arrive 2
         arrive 3",
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
        talked 1
        released 1
        wait 11
            (an agent's wrap-up ends)
        arrive 2
            record   call_arrived call-2 main/desk
            record   offered offer-2 bob call-2
            offer    offer-2 bob desk call-2
        arrive 3
            record   call_arrived call-3 main/desk
            record   offered offer-3 ann call-3
            offer    offer-3 ann desk call-3
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn one_agent_has_one_work() {
    let ladder = play(
        ann_alone(),
        "arrive 1
         arrive 2
         accept 1
         arrive 3",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        arrive 2
            record   call_arrived call-2 main/desk
        accept 1
            record   offer_ended offer-1 accepted
        arrive 3
            record   call_arrived call-3 main/desk
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_work_that_was_declined_goes_to_the_next_agent_at_once() {
    let ladder = play(
        settings(),
        "arrive 1
         decline 1
         released 1
         agents",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        decline 1
            record   offer_ended offer-1 declined
            record   offered offer-2 bob call-1
            offer    offer-2 bob desk call-1
        released 1
        agents
            ann Online Free
            bob Online Ringing
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_agent_who_declined_is_not_offered_the_same_work_for_a_while_but_the_next() {
    let ladder = play(
        ann_alone(),
        "arrive 1
         arrive 2
         decline 1
         place 1
         released 1
         decline 2
         released 2
         list
         wait 60",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        arrive 2
            record   call_arrived call-2 main/desk
        decline 1
            record   offer_ended offer-1 declined
        place 1
            place Some(1)
        released 1
            record   offered offer-2 ann call-2, not call-1: rests until 10:01:00.000
            offer    offer-2 ann desk call-2
        decline 2
            record   offer_ended offer-2 declined
        released 2
        list
            desk 1 call-1
                because the agent declined it
            desk 2 call-2
                because the agent declined it
        wait 60
            (an agent's pause from a work ends)
            record   offered offer-3 ann call-1
            offer    offer-3 ann desk call-1
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_missed_offer_and_an_unreachable_phone_pause_like_a_declined_one() {
    let ladder = play(
        ann_alone(),
        "arrive 1
         miss 1
         released 1
         wait 60
         fail 2
         released 2
         wait 60",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        miss 1
            record   offer_ended offer-1 no_answer
        released 1
        wait 60
            (an agent's pause from a work ends)
            record   offered offer-2 ann call-1
            offer    offer-2 ann desk call-1
        fail 2
            record   offer_ended offer-2 failed
        released 2
        wait 60
            (an agent's pause from a work ends)
            record   offered offer-3 ann call-1
            offer    offer-3 ann desk call-1
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_pause_goes_with_the_place_when_the_caller_becomes_a_request() {
    let ladder = play(
        ann_alone(),
        "arrive 1
         decline 1
         released 1
         ask 1
         written
         wait 60",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        decline 1
            record   offer_ended offer-1 declined
        released 1
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   call_ended call-1 promised
        wait 60
            (an agent's pause from a work ends)
            record   offered offer-2 ann cb-1
            offer    offer-2 ann desk cb-1 +336******01 via main
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_agent_is_not_free_before_the_leg_is_gone() {
    let ladder = play(
        ann_alone(),
        "arrive 1
         decline 1
         arrive 2
         agents
         released 1",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        decline 1
            record   offer_ended offer-1 declined
        arrive 2
            record   call_arrived call-2 main/desk
        agents
            ann Online Leaving
        released 1
            record   offered offer-2 ann call-2, not call-1: rests until 10:01:00.000
            offer    offer-2 ann desk call-2
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_agent_whose_leg_ends_without_a_word_was_unreachable() {
    let ladder = play(
        ann_alone(),
        "arrive 1
         released 1
         list
         agents",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        released 1
            record   offer_ended offer-1 failed
        list
            desk 1 call-1
                because the agent's phone could not be reached
        agents
            ann Online Free
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_agent_who_went_away_finishes_and_is_offered_nothing_more() {
    let ladder = play(
        ann_alone(),
        "arrive 1
         arrive 2
         agent ann away
         accept 1
         bridged 1
         talked 1
         released 1
         wait 30
         agents
         agent ann online",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        arrive 2
            record   call_arrived call-2 main/desk
        agent ann away
            record   status_set ann away by command
        accept 1
            record   offer_ended offer-1 accepted
        bridged 1
            record   bridged ann call-1
            record   call_ended call-1 answered
        talked 1
        released 1
        wait 30
            (an agent's wrap-up ends)
        agents
            ann Away Free
        agent ann online
            record   status_set ann online by command
            record   offered offer-2 ann call-2
            offer    offer-2 ann desk call-2
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_agent_who_comes_back_is_free_for_the_shortest() {
    let ladder = play(
        settings(),
        "agent ann away
         agent ann online
         arrive 1",
    );
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        agent ann online
            record   status_set ann online by command
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 bob call-1
            offer    offer-1 bob desk call-1
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn wrap_up_counts_from_the_end_of_the_conversation() {
    let ladder = play(
        ann_alone(),
        "arrive 1
         arrive 2
         accept 1
         bridged 1
         talked 1
         wait 6
         released 1
         agents
         wait 4",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        arrive 2
            record   call_arrived call-2 main/desk
        accept 1
            record   offer_ended offer-1 accepted
        bridged 1
            record   bridged ann call-1
            record   call_ended call-1 answered
        talked 1
        wait 6
        released 1
        agents
            ann Online WrapUp
        wait 4
            (an agent's wrap-up ends)
            record   offered offer-2 ann call-2
            offer    offer-2 ann desk call-2
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_leg_that_ends_without_the_end_of_the_conversation_ends_it() {
    let ladder = play(
        ann_alone(),
        "arrive 1
         accept 1
         bridged 1
         released 1
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
        released 1
        released 1
        agents
            ann Online WrapUp
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_agent_is_shown_with_what_it_does() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         agents
         accept 1
         agents
         written
         agents
         bridged 1
         agents
         talked 1
         agents
         released 1
         agents
         agent ann offline
         wait 10
         agents",
    );
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        arrive 1
            record   call_arrived call-1 main/desk
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   call_ended call-1 promised
        agent ann online
            record   status_set ann online by command
            record   offered offer-1 ann cb-1
            offer    offer-1 ann desk cb-1 +336******01 via main
        agents
            ann Online Ringing
        accept 1
            record   offer_ended offer-1 accepted
            write    dial_started cb-1/1 ann carrier
        agents
            ann Online Connecting
        written
        agents
            ann Online Connecting
        bridged 1
            record   bridged ann cb-1/1
        agents
            ann Online Talking
        talked 1
            record   request_closed cb-1 completed
                because customer and agent talked
            closed   cb-1 completed
        agents
            ann Online Leaving
        released 1
        agents
            ann Online WrapUp
        agent ann offline
            record   status_set ann offline by command
        wait 10
            (an agent's wrap-up ends)
        agents
            ann Offline Free
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_unknown_agent_is_told_apart() {
    let ladder = play(ann_alone(), "agent zoe online");
    expect![[r#"
        agent zoe online
            rejected: no agent is called zoe
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_agent_without_a_phone_is_offered_nothing_until_one_registers() {
    let ladder = play(
        ann_alone(),
        "phone ann gone
         arrive 1
         agent ann away
         phone ann registered
         agent ann online
         phone ann gone
         accept 1",
    );
    expect![[r#"
        phone ann gone
        arrive 1
            record   call_arrived call-1 main/desk
        agent ann away
            record   status_set ann away by command
        phone ann registered
        agent ann online
            record   status_set ann online by command
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        phone ann gone
        accept 1
            record   offer_ended offer-1 accepted
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_status_is_a_fact_when_it_says_something_new() {
    let ladder = play(
        settings(),
        "agent ann online
         agent ann away
         agent ann away
         agent ann away lunch
         agent ann away in training
         agent ann online",
    );
    expect![[r#"
        agent ann online
        agent ann away
            record   status_set ann away by command
        agent ann away
        agent ann away lunch
            record   status_set ann away (lunch) by feature_code
        agent ann away in training
            record   status_set ann away (in training) by feature_code
        agent ann online
            record   status_set ann online by command
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_agent_who_is_ready_is_offered_the_next_before_the_wrap_up_is_over() {
    let ladder = play(
        ann_alone(),
        "agent ann is ready
         arrive 1
         accept 1
         bridged 1
         talked 1
         released 1
         arrive 2
         agent ann is ready
         wait 60",
    );
    expect![[r#"
        agent ann is ready
            rejected: ann is in no wrap-up
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        accept 1
            record   offer_ended offer-1 accepted
        bridged 1
            record   bridged ann call-1
            record   call_ended call-1 answered
        talked 1
        released 1
        arrive 2
            record   call_arrived call-2 main/desk
        agent ann is ready
            record   wrap_up_ended ann by feature_code
            record   offered offer-2 ann call-2
            offer    offer-2 ann desk call-2
        wait 60
    "#]]
    .assert_eq(&ladder);
}
