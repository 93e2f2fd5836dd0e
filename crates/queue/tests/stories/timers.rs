//! What time alone does.

use expect_test::expect;

use crate::harness::{ann_alone, nobody, play};

#[test]
fn a_request_that_waits_too_long_expires() {
    let ladder = play(
        nobody(),
        "arrive 1
         ask 1
         written
         wait 3599
         list
         wait 1
         list",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   call_ended call-1 promised
        wait 3599
        list
            desk 1 cb-1: waiting for an agent
                because promised; it keeps the place of the call
        wait 1
            (a request expires)
            record   request_closed cb-1 expired
                because its time ran out while it waited
            closed   cb-1 expired
        list
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_request_expires_while_an_agent_rings_and_the_offer_is_taken_back() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         wait 3590
         agent ann online
         wait 10
         accept 1
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
        wait 3590
        agent ann online
            record   status_set ann online by command
            record   offered offer-1 ann cb-1
            offer    offer-1 ann desk cb-1 +336******01 via main
        wait 10
            (a request expires)
            record   offer_ended offer-1 withdrawn
            withdraw offer-1
            record   request_closed cb-1 expired
                because its time ran out while an agent was being asked
            closed   cb-1 expired
        accept 1
        released 1
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_dial_that_began_in_time_is_finished_and_not_repeated() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         wait 3590
         agent ann online
         accept 1
         written
         wait 20
         dial 1/1 busy
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
        wait 3590
        agent ann online
            record   status_set ann online by command
            record   offered offer-1 ann cb-1
            offer    offer-1 ann desk cb-1 +336******01 via main
        accept 1
            record   offer_ended offer-1 accepted
            write    dial_started cb-1/1 ann carrier
        written
        wait 20
        dial 1/1 busy
            record   dial_ended cb-1/1 busy
            record   request_closed cb-1 busy
                because the customer was busy; no time is left for the next attempt
            closed   cb-1 busy
        released 1
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_conversation_outlives_the_expiry() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         wait 3590
         agent ann online
         accept 1
         written
         wait 20
         bridged 1
         wait 600
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
        wait 3590
        agent ann online
            record   status_set ann online by command
            record   offered offer-1 ann cb-1
            offer    offer-1 ann desk cb-1 +336******01 via main
        accept 1
            record   offer_ended offer-1 accepted
            write    dial_started cb-1/1 ann carrier
        written
        wait 20
        bridged 1
            record   bridged ann cb-1/1
        wait 600
        talked 1
            record   request_closed cb-1 completed
                because customer and agent talked
            closed   cb-1 completed
        released 1
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_request_that_comes_back_after_its_time_expires_at_once() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         wait 3590
         agent ann online
         accept 1
         wait 20
         not written",
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
        wait 3590
        agent ann online
            record   status_set ann online by command
            record   offered offer-1 ann cb-1
            offer    offer-1 ann desk cb-1 +336******01 via main
        accept 1
            record   offer_ended offer-1 accepted
            write    dial_started cb-1/1 ann carrier
        wait 20
        not written
            withdraw offer-1
            record   request_closed cb-1 expired
                because its time ran out while it waited
            closed   cb-1 expired
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_request_keeps_its_expiry_when_the_wall_clock_steps() {
    let ladder = play(
        nobody(),
        "arrive 1
         ask 1
         written
         clock 7200
         wait 10
         clock -14400
         wait 3589
         wait 1",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   call_ended call-1 promised
        clock 7200
        wait 10
        clock -14400
        wait 3589
        wait 1
            (a request expires)
            record   request_closed cb-1 expired
                because its time ran out while it waited
            closed   cb-1 expired
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_uncertain_request_expires_as_uncertain() {
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
         wait 3600",
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
        wait 3600
            (a request expires)
            record   request_closed cb-1 uncertain_expired
                because its time ran out before anybody said whether the customer was reached
            closed   cb-1 uncertain_expired
    "#]]
    .assert_eq(&ladder);
}
