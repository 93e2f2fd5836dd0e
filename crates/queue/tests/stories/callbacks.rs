//! The callback: accepted, written, dialled, ended once.

use expect_test::expect;

use crate::harness::{ann_alone, play, settings};

#[test]
fn a_request_is_offered_accepted_dialled_and_completed() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         accept 1
         list
         written
         list
         bridged 1
         list
         talked 1
         released 1
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
        accept 1
            record   offer_ended offer-1 accepted
            write    dial_started cb-1/1 ann carrier
        list
            desk 1 cb-1: accepted by ann, the dial is being written
                because the agent took it
        written
        list
            desk 1 cb-1: dialling, attempt 1, for ann
                because the dial is durable
        bridged 1
            record   bridged ann cb-1/1
        list
            desk 0 cb-1: talking with ann
                because customer and agent hear each other
        talked 1
            record   request_closed cb-1 completed
                because customer and agent talked
            closed   cb-1 completed
        released 1
        agents
            ann Online WrapUp
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_request_in_front_is_called_before_a_later_caller() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         arrive 2
         ask 1
         written
         agent ann online",
    );
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        arrive 1
            record   call_arrived call-1 main/desk
        arrive 2
            record   call_arrived call-2 main/desk
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   call_ended call-1 promised
        agent ann online
            record   status_set ann online by command
            record   offered offer-1 ann cb-1
            offer    offer-1 ann desk cb-1 +336******01 via main
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_busy_customer_is_tried_again_when_due_before_those_behind() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         accept 1
         written
         dial 1/1 busy
         arrive 2
         released 1
         list
         leave 2
         released 2
         arrive 3
         agent ann away
         miss 3
         released 3
         wait 300
         agent ann online
         accept 4
         written
         dial 1/2 busy
         dial 1/2 busy",
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
        accept 1
            record   offer_ended offer-1 accepted
            write    dial_started cb-1/1 ann carrier
        written
        dial 1/1 busy
            record   dial_ended cb-1/1 busy retry at 10:05:00.000
        arrive 2
            record   call_arrived call-2 main/desk
        released 1
            record   offered offer-2 ann call-2, not cb-1: due later, 10:05:00.000
            offer    offer-2 ann desk call-2
        list
            desk 1 cb-1: waiting for the next attempt
                because the customer was busy
            desk 2 call-2
                because the oldest arrival, for the agent free for longest
        leave 2
            record   offer_ended offer-2 withdrawn
            withdraw offer-2
            record   call_ended call-2 abandoned
        released 2
        arrive 3
            record   call_arrived call-3 main/desk
            record   offered offer-3 ann call-3, not cb-1: due later, 10:05:00.000
            offer    offer-3 ann desk call-3
        agent ann away
            record   status_set ann away by command
        miss 3
            record   offer_ended offer-3 no_answer
        released 3
        wait 300
            (an agent's pause from a work ends)
            (a request is due)
        agent ann online
            record   status_set ann online by command
            record   offered offer-4 ann cb-1
            offer    offer-4 ann desk cb-1 +336******01 via main
        accept 4
            record   offer_ended offer-4 accepted
            write    dial_started cb-1/2 ann carrier
        written
        dial 1/2 busy
            record   dial_ended cb-1/2 busy
            record   request_closed cb-1 busy
                because the customer was busy at attempt 2 of 2
            closed   cb-1 busy
        dial 1/2 busy
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_dial_that_ends_no_answer_is_repeated_and_then_final() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         accept 1
         written
         dial 1/1 no_answer
         released 1
         wait 300
         accept 2
         written
         dial 1/2 no_answer
         released 2
         list",
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
        accept 1
            record   offer_ended offer-1 accepted
            write    dial_started cb-1/1 ann carrier
        written
        dial 1/1 no_answer
            record   dial_ended cb-1/1 no_answer retry at 10:05:00.000
        released 1
        wait 300
            (a request is due)
            record   offered offer-2 ann cb-1
            offer    offer-2 ann desk cb-1 +336******01 via main
        accept 2
            record   offer_ended offer-2 accepted
            write    dial_started cb-1/2 ann carrier
        written
        dial 1/2 no_answer
            record   dial_ended cb-1/2 no_answer
            record   request_closed cb-1 no_answer
                because the customer did not answer at attempt 2 of 2
            closed   cb-1 no_answer
        released 2
        list
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_dial_that_ends_failed_is_repeated_and_then_final() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         accept 1
         written
         dial 1/1 failed
         released 1
         wait 300
         accept 2
         written
         dial 1/2 failed 503 34
         released 2
         list",
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
        accept 1
            record   offer_ended offer-1 accepted
            write    dial_started cb-1/1 ann carrier
        written
        dial 1/1 failed
            record   dial_ended cb-1/1 failed retry at 10:05:00.000
        released 1
        wait 300
            (a request is due)
            record   offered offer-2 ann cb-1
            offer    offer-2 ann desk cb-1 +336******01 via main
        accept 2
            record   offer_ended offer-2 accepted
            write    dial_started cb-1/2 ann carrier
        written
        dial 1/2 failed 503 34
            record   dial_ended cb-1/2 failed (503, cause 34)
            record   request_closed cb-1 failed
                because the call could not be completed (503, cause 34) at attempt 2 of 2
            closed   cb-1 failed
        released 2
        list
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_agent_who_leaves_uses_up_no_attempt_of_the_customer() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         accept 1
         written
         dial 1/1 agent_left
         released 1
         wait 300
         accept 2
         written
         dial 1/2 busy
         released 2
         crash durable
         agent ann online
         wait 300
         accept 2.1
         written
         dial 1/3 agent_left
         released 2.1
         wait 300
         accept 2.2
         written
         dial 1/4 no_answer
         released 2.2
         list",
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
        accept 1
            record   offer_ended offer-1 accepted
            write    dial_started cb-1/1 ann carrier
        written
        dial 1/1 agent_left
            record   dial_ended cb-1/1 agent_left retry at 10:05:00.000
        released 1
        wait 300
            (a request is due)
            record   offered offer-2 ann cb-1
            offer    offer-2 ann desk cb-1 +336******01 via main
        accept 2
            record   offer_ended offer-2 accepted
            write    dial_started cb-1/2 ann carrier
        written
        dial 1/2 busy
            record   dial_ended cb-1/2 busy retry at 10:10:00.000
        released 2
        crash durable
            record   engine_started 2
        agent ann online
        wait 300
            (a request is due)
            record   offered offer-2.1 ann cb-1
            offer    offer-2.1 ann desk cb-1 +336******01 via main
        accept 2.1
            record   offer_ended offer-2.1 accepted
            write    dial_started cb-1/3 ann carrier
        written
        dial 1/3 agent_left
            record   dial_ended cb-1/3 agent_left retry at 10:15:00.000
        released 2.1
        wait 300
            (a request is due)
            record   offered offer-2.2 ann cb-1
            offer    offer-2.2 ann desk cb-1 +336******01 via main
        accept 2.2
            record   offer_ended offer-2.2 accepted
            write    dial_started cb-1/4 ann carrier
        written
        dial 1/4 no_answer
            record   dial_ended cb-1/4 no_answer
            record   request_closed cb-1 no_answer
                because the customer did not answer at attempt 2 of 2
            closed   cb-1 no_answer
        released 2.2
        list
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_customer_who_refuses_the_call_is_not_dialled_again() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         accept 1
         written
         dial 1/1 declined
         released 1
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
        accept 1
            record   offer_ended offer-1 accepted
            write    dial_started cb-1/1 ann carrier
        written
        dial 1/1 declined
            record   dial_ended cb-1/1 declined
            record   request_closed cb-1 declined_by_customer
                because the customer refused the call
            closed   cb-1 declined_by_customer
        released 1
        agents
            ann Online Free
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_dial_that_could_not_be_written_did_not_happen_and_its_number_is_used_again() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         accept 1
         not written
         list
         released 1
         accept 2
         written",
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
        accept 1
            record   offer_ended offer-1 accepted
            write    dial_started cb-1/1 ann carrier
        not written
            withdraw offer-1
        list
            desk 1 cb-1: waiting for an agent
                because the dial could not be written, so nobody was dialled
        released 1
            record   offered offer-2 ann cb-1
            offer    offer-2 ann desk cb-1 +336******01 via main
        accept 2
            record   offer_ended offer-2 accepted
            write    dial_started cb-1/1 ann carrier
        written
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_agent_who_hangs_up_before_the_dial_is_durable_dials_nobody() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         accept 1
         dial 1/1 agent_left
         written
         released 1
         list",
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
        accept 1
            record   offer_ended offer-1 accepted
            write    dial_started cb-1/1 ann carrier
        dial 1/1 agent_left
        written
            (the order stands no more)
            record   dial_ended cb-1/1 agent_left retry at 10:05:00.000
        released 1
        list
            desk 1 cb-1: waiting for the next attempt
                because the agent hung up before the customer answered
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_agent_who_hangs_up_before_a_dial_that_is_never_written_costs_no_attempt() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         accept 1
         dial 1/1 agent_left
         not written
         released 1
         list",
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
        accept 1
            record   offer_ended offer-1 accepted
            write    dial_started cb-1/1 ann carrier
        dial 1/1 agent_left
        not written
            withdraw offer-1
        released 1
            record   offered offer-2 ann cb-1
            offer    offer-2 ann desk cb-1 +336******01 via main
        list
            desk 1 cb-1: offered to ann
                because the oldest arrival, for the agent free for longest
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_trunk_without_room_makes_callbacks_wait_in_their_places() {
    let ladder = play(
        settings(),
        "agent ann away
         agent bob away
         room 1
         arrive 1
         ask 1
         written
         arrive 2
         ask 2
         written
         arrive 3
         agent ann online
         agent bob online
         list
         agents
         accept 1
         written
         dial 1/1 busy
         released 1
         room 0
         crash
         room 1",
    );
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        agent bob away
            record   status_set bob away by command
        room 1
        arrive 1
            record   call_arrived call-1 main/desk
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   call_ended call-1 promised
        arrive 2
            record   call_arrived call-2 main/desk
        ask 2
            write    callback_requested cb-2 person-2 desk arrived 10:00:00.001 expires 11:00:00.000
        written
            record   call_ended call-2 promised
        arrive 3
            record   call_arrived call-3 main/desk
        agent ann online
            record   status_set ann online by command
            record   offered offer-1 ann cb-1
            offer    offer-1 ann desk cb-1 +336******01 via main
        agent bob online
            record   status_set bob online by command
            record   offered offer-2 bob call-3, not cb-2: no channel of carrier
            offer    offer-2 bob desk call-3
        list
            desk 1 cb-1: offered to ann
                because the oldest arrival, for the agent free for longest
            desk 2 cb-2: waiting for an agent
                because promised; it keeps the place of the call
            desk 3 call-3
                because the oldest arrival, for the agent free for longest
        agents
            ann Online Ringing
            bob Online Ringing
        accept 1
            record   offer_ended offer-1 accepted
            write    dial_started cb-1/1 ann carrier
        written
        dial 1/1 busy
            record   dial_ended cb-1/1 busy retry at 10:05:00.000
        released 1
            record   offered offer-3 ann cb-2, not cb-1: due later, 10:05:00.000
            offer    offer-3 ann desk cb-2 +336******02 via main
        room 0
        crash
            record   engine_started 2
        room 1
            record   offered offer-2.1 ann cb-2, not cb-1: due later, 10:05:00.000
            offer    offer-2.1 ann desk cb-2 +336******02 via main
    "#]]
    .assert_eq(&ladder);
}
