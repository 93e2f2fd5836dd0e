//! Commands of operators.

use expect_test::expect;

use crate::harness::{ann_alone, nobody, play};

#[test]
fn a_waiting_request_is_cancelled_and_those_behind_move_up() {
    let ladder = play(
        nobody(),
        "arrive 1
         arrive 2
         ask 1
         written
         place 2
         cancel 1
         place 2
         cancel 1",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
        arrive 2
            record   call_arrived call-2 main/desk
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   call_ended call-1 promised
        place 2
            place Some(2)
        cancel 1
            record   request_closed cb-1 cancelled
                because cancelled by command
            closed   cb-1 cancelled
        place 2
            place Some(1)
        cancel 1
            rejected: no open request is called cb-1
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn cancelling_an_offered_request_takes_the_offer_back() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         cancel 1
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
        cancel 1
            record   offer_ended offer-1 withdrawn
            withdraw offer-1
            record   request_closed cb-1 cancelled
                because cancelled by command
            closed   cb-1 cancelled
        released 1
        agents
            ann Online Free
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn cancelling_during_the_writing_of_the_dial_means_that_nobody_is_dialled() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         accept 1
         cancel 1
         written
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
        cancel 1
            record   request_closed cb-1 cancelled
                because cancelled by command
            closed   cb-1 cancelled
            withdraw offer-1
        written
            (the order stands no more)
        released 1
        agents
            ann Online Free
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn cancelling_while_the_customer_rings_closes_it_once() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         accept 1
         written
         cancel 1
         dial 1/1 failed
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
        cancel 1
            record   request_closed cb-1 cancelled
                because cancelled by command
            closed   cb-1 cancelled
            withdraw offer-1
        dial 1/1 failed
        released 1
        agents
            ann Online Free
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_customer_who_answered_just_before_the_cancel_arrived_is_not_completed_twice() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         accept 1
         written
         cancel 1
         bridged 1
         talked 1
         released 1",
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
        cancel 1
            record   request_closed cb-1 cancelled
                because cancelled by command
            closed   cb-1 cancelled
            withdraw offer-1
        bridged 1
        talked 1
        released 1
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_conversation_cannot_be_cancelled() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         accept 1
         written
         bridged 1
         cancel 1
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
        bridged 1
            record   bridged ann cb-1/1
        cancel 1
            rejected: cb-1 is talking with ann
        list
            desk 0 cb-1: talking with ann
                because customer and agent hear each other
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_request_that_waits_for_its_retry_can_be_cancelled() {
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
         released 1
         cancel 1
         wait 300",
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
        released 1
        cancel 1
            record   request_closed cb-1 cancelled
                because cancelled by command
            closed   cb-1 cancelled
        wait 300
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_uncertain_request_settled_as_reached_is_completed() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         accept 1
         written
         crash
         reached 1
         reached 1",
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
        crash
            record   engine_started 2
            record   found_uncertain cb-1/1
        reached 1
            record   request_closed cb-1 completed
                because settled by command: the customer was reached
            closed   cb-1 completed
        reached 1
            rejected: no open request is called cb-1
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_uncertain_request_settled_as_not_reached_waits_again_in_its_old_place() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         accept 1
         written
         crash
         agent ann away
         arrive 2
         not reached 1
         list
         agent ann online
         accept 2.1
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
        written
        crash
            record   engine_started 2
            record   found_uncertain cb-1/1
        agent ann away
            record   status_set ann away by command
        arrive 2
            record   call_arrived call-2 main/desk
        not reached 1
            record   settled cb-1/1 by command
        list
            desk 1 cb-1: waiting for an agent
                because settled: the customer was not reached
            desk 2 call-2
                because the caller arrived
        agent ann online
            record   status_set ann online by command
            record   offered offer-2.1 ann cb-1
            offer    offer-2.1 ann desk cb-1 +336******01 via main
        accept 2.1
            record   offer_ended offer-2.1 accepted
            write    dial_started cb-1/2 ann carrier
        written
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn only_an_uncertain_request_can_be_settled() {
    let ladder = play(
        nobody(),
        "arrive 1
         ask 1
         written
         reached 1
         not reached 1
         not reached 7",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   call_ended call-1 promised
        reached 1
            rejected: cb-1 is waiting for an agent
        not reached 1
            rejected: cb-1 is waiting for an agent
        not reached 7
            rejected: no open request is called cb-7
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_uncertain_request_can_be_cancelled() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         accept 1
         written
         crash
         cancel 1",
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
        crash
            record   engine_started 2
            record   found_uncertain cb-1/1
        cancel 1
            record   request_closed cb-1 cancelled
                because cancelled by command
            closed   cb-1 cancelled
    "#]]
    .assert_eq(&ladder);
}
