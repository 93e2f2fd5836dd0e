//! The crash table of ADR 0002, row by row.

use expect_test::expect;

use crate::harness::{ann_alone, nobody, play};

#[test]
fn before_the_request_is_durable_there_is_no_request() {
    let ladder = play(
        nobody(),
        "arrive 1
         ask 1
         crash
         list",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        crash
            record   engine_started 2
        list
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_durable_request_waits_in_its_place_though_its_caller_heard_nothing() {
    let ladder = play(
        nobody(),
        "arrive 1
         ask 1
         crash durable
         list
         arrive 4294967297
         list",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        crash durable
            record   engine_started 2
        list
            desk 1 cb-1: waiting for an agent
                because found in the journal at the start
        arrive 4294967297
            record   call_arrived call-1.1 main/desk
        list
            desk 1 cb-1: waiting for an agent
                because found in the journal at the start
            desk 2 call-1.1
                because the caller arrived
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_offer_is_forgotten_and_made_again() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         crash",
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
        crash
            record   engine_started 2
            record   offered offer-2.1 ann cb-1
            offer    offer-2.1 ann desk cb-1 +336******01 via main
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_acceptance_without_a_durable_dial_dialled_nobody() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         accept 1
         crash
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
        crash
            record   engine_started 2
            record   offered offer-2.1 ann cb-1
            offer    offer-2.1 ann desk cb-1 +336******01 via main
        list
            desk 1 cb-1: offered to ann
                because the oldest arrival, for the agent free for longest
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_declined_offer_and_its_pause_are_forgotten() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         decline 1
         crash",
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
        decline 1
            record   offer_ended offer-1 declined
        crash
            record   engine_started 2
            record   offered offer-2.1 ann cb-1
            offer    offer-2.1 ann desk cb-1 +336******01 via main
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_durable_dial_is_uncertain_holds_up_nobody_and_is_never_dialled_by_itself() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         accept 1
         crash durable
         list
         arrive 4294967297
         crash
         list
         wait 3599",
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
        crash durable
            record   engine_started 2
            record   found_uncertain cb-1/1
        list
            desk 1 cb-1: uncertain: attempt 1 may have reached the customer
                because the engine stopped while the customer was being dialled
        arrive 4294967297
            record   call_arrived call-1.1 main/desk
            record   offered offer-2.1 ann call-1.1, not cb-1: in doubt
            offer    offer-2.1 ann desk call-1.1
        crash
            record   engine_started 3
        list
            desk 1 cb-1: uncertain: attempt 1 may have reached the customer
                because the engine stopped while the customer was being dialled
        wait 3599
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_dial_that_was_being_made_is_uncertain() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         accept 1
         written
         crash",
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
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_retry_keeps_its_due_time() {
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
         wait 100
         crash
         list
         wait 199
         wait 1",
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
        wait 100
        crash
            record   engine_started 2
        list
            desk 1 cb-1: waiting for the next attempt
                because found in the journal at the start
        wait 199
        wait 1
            (a request is due)
            record   offered offer-2.1 ann cb-1
            offer    offer-2.1 ann desk cb-1 +336******01 via main
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_retry_that_came_due_meanwhile_waits() {
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
         clock 400
         crash",
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
        clock 400
        crash
            record   engine_started 2
            record   offered offer-2.1 ann cb-1
            offer    offer-2.1 ann desk cb-1 +336******01 via main
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_request_that_was_hastened_after_a_failed_dial_waits_after_a_restart() {
    let script = "agent ann away\n arrive 1\n ask 1\n written\n agent ann online\n accept 1\n written\n \
                  dial 1/1 busy\n hasten 1\n crash durable\n list";
    let ladder = play(ann_alone(), script);
    assert!(!ladder.contains("request_closed"), "{ladder}");
    assert!(
        ladder.ends_with("because the oldest arrival, for the agent free for longest\n"),
        "{ladder}"
    );
}
