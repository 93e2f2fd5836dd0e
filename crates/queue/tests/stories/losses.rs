//! What a restart finds when the last facts were lost, and what else it may find.

use std::time::Duration;

use expect_test::expect;
use queue::Party;

use crate::harness::{ann_alone, nobody, play};

#[test]
fn a_conversation_that_was_cut_is_completed() {
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
        written
        bridged 1
            record   bridged ann cb-1/1
        crash
            record   engine_started 2
            record   request_closed cb-1 completed
                because connected; the engine stopped during the conversation
            closed   cb-1 completed
        list
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_closed_request_stays_closed() {
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
         talked 1
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
        written
        bridged 1
            record   bridged ann cb-1/1
        talked 1
            record   request_closed cb-1 completed
                because customer and agent talked
            closed   cb-1 completed
        crash
            record   engine_started 2
        list
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_request_that_expired_meanwhile_ends_at_the_start_and_is_not_offered() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         clock 3600
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
        clock 3600
        crash
            record   engine_started 2
            record   request_closed cb-1 expired
                because its time ran out while it waited
            closed   cb-1 expired
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_request_whose_person_was_erased_is_closed() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         erase 1
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
        erase 1
        crash
            record   engine_started 2
            record   request_closed cb-1 cancelled
                because the person was erased
            closed   cb-1 cancelled
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn recovered_requests_stand_in_order_of_arrival_before_later_callers_whatever_the_clock() {
    let ladder = play(
        nobody(),
        "arrive 1
         arrive 2
         clock -60
         arrive 3
         ask 3
         written
         ask 1
         written
         ask 2
         written
         clock -3600
         crash
         arrive 4294967297
         ask 4294967297 +33610000008
         written
         list
         crash
         list",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
        arrive 2
            record   call_arrived call-2 main/desk
        clock -60
        arrive 3
            record   call_arrived call-3 main/desk
        ask 3
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.002 expires 10:59:00.000
        written
            record   call_ended call-3 promised
        ask 1
            write    callback_requested cb-2 person-2 desk arrived 10:00:00.000 expires 10:59:00.000
        written
            record   call_ended call-1 promised
        ask 2
            write    callback_requested cb-3 person-3 desk arrived 10:00:00.001 expires 10:59:00.000
        written
            record   call_ended call-2 promised
        clock -3600
        crash
            record   engine_started 2
        arrive 4294967297
            record   call_arrived call-1.1 main/desk
        ask 4294967297 +33610000008
            write    callback_requested cb-4 person-4 desk arrived 10:00:00.003 expires 09:59:00.000
        written
            record   call_ended call-1.1 promised
        list
            desk 1 cb-2: waiting for an agent
                because found in the journal at the start
            desk 2 cb-3: waiting for an agent
                because found in the journal at the start
            desk 3 cb-1: waiting for an agent
                because found in the journal at the start
            desk 4 cb-4: waiting for an agent
                because promised; it keeps the place of the call
        crash
            record   engine_started 3
        list
            desk 1 cb-2: waiting for an agent
                because found in the journal at the start
            desk 2 cb-3: waiting for an agent
                because found in the journal at the start
            desk 3 cb-1: waiting for an agent
                because found in the journal at the start
            desk 4 cb-4: waiting for an agent
                because found in the journal at the start
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_settled_request_that_waits_still_waits_after_a_crash() {
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
         not reached 1
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
        written
        crash
            record   engine_started 2
            record   found_uncertain cb-1/1
        agent ann away
            record   status_set ann away by command
        not reached 1
            record   settled cb-1/1 by command
        crash
            record   engine_started 3
            record   offered offer-3.1 ann cb-1
            offer    offer-3.1 ann desk cb-1 +336******01 via main
        list
            desk 1 cb-1: offered to ann
                because the oldest arrival, for the agent free for longest
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_dial_whose_terminal_fact_was_lost_is_closed_with_its_outcome() {
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
         crash losing 1
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
        dial 1/1 declined
            record   dial_ended cb-1/1 declined
            record   request_closed cb-1 declined_by_customer
                because the customer refused the call
            closed   cb-1 declined_by_customer
        crash losing 1
            record   engine_started 2
            record   request_closed cb-1 declined_by_customer
                because the customer refused the call at attempt 1; closed at a restart
            closed   cb-1 declined_by_customer
        list
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_dial_whose_end_was_lost_is_uncertain() {
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
         crash losing 2",
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
        crash losing 2
            record   engine_started 2
            record   found_uncertain cb-1/1
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_conversation_whose_bridge_was_lost_is_uncertain() {
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
         crash losing 1",
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
        crash losing 1
            record   engine_started 2
            record   found_uncertain cb-1/1
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_asking_again_that_was_cut_before_the_old_request_ended_leaves_the_new_one() {
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
         ask 2 +33610000001
         written
         crash losing 2
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
        crash
            record   engine_started 2
            record   found_uncertain cb-1/1
        agent ann away
            record   status_set ann away by command
        arrive 2
            record   call_arrived call-2 main/desk
        ask 2 +33610000001
            write    callback_requested cb-2 person-2 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   request_closed cb-1 cancelled
                because the customer asked again; the new request stands for it
            closed   cb-1 cancelled
            record   call_ended call-2 promised
        crash losing 2
            record   engine_started 3
            record   request_closed cb-1 cancelled
                because the customer asked again; the new request stands for it
            closed   cb-1 cancelled
            record   offered offer-3.1 ann cb-2
            offer    offer-3.1 ann desk cb-2 +336******01 via main
        list
            desk 1 cb-2: offered to ann
                because the oldest arrival, for the agent free for longest
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_request_whose_line_is_gone_is_kept_and_not_offered_until_the_line_is_back() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         without line main
         crash
         list
         cancel 7
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
        without line main
        crash
            record   engine_started 2
        list
            desk 1 cb-1: kept, but its line is not configured to call back
                because found in the journal, but its line is not set up to call back
        cancel 7
            rejected: no open request is called cb-7
        wait 3600
            (a request expires)
            record   request_closed cb-1 expired
                because its time ran out; its line is not configured any more
            closed   cb-1 expired
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_uncertain_request_whose_line_is_gone_is_settled_and_kept() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         accept 1
         written
         without line main
         crash
         not reached 1
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
        without line main
        crash
            record   engine_started 2
            record   found_uncertain cb-1/1
        not reached 1
            record   settled cb-1/1 by command
        list
            desk 1 cb-1: kept, but its line is not configured to call back
                because settled: the customer was not reached
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_third_start_numbers_requests_and_offers_on() {
    let ladder = play(
        ann_alone(),
        "arrive 1
         crash
         arrive 4294967297
         ask 4294967297 +33610000001
         written
         crash",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        crash
            record   engine_started 2
        arrive 4294967297
            record   call_arrived call-1.1 main/desk
            record   offered offer-2.1 ann call-1.1
            offer    offer-2.1 ann desk call-1.1
        ask 4294967297 +33610000001
            record   offer_ended offer-2.1 withdrawn
            withdraw offer-2.1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   call_ended call-1.1 promised
        crash
            record   engine_started 3
            record   offered offer-3.1 ann cb-1
            offer    offer-3.1 ann desk cb-1 +336******01 via main
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_agent_held_for_a_customer_rests_when_the_dial_cannot_be_written() {
    let mut settings = ann_alone();
    for queue in settings.queues.values_mut() {
        queue.dials.first = Party::Customer;
        queue.decline_pause = Duration::ZERO;
    }
    let ladder = play(
        settings,
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         wait 10
         not written
         released 1
         wait 2",
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
        wait 10
            (a request is due)
            record   offered offer-1 ann cb-1
            offer    offer-1 ann desk cb-1 +336******01 via main
            write    dial_started cb-1/1 ann carrier
        not written
            record   offer_ended offer-1 withdrawn
            withdraw offer-1
        released 1
        wait 2
            (an agent's pause from a work ends)
            record   offered offer-2 ann cb-1
            offer    offer-2 ann desk cb-1 +336******01 via main
            write    dial_started cb-1/1 ann carrier
    "#]]
    .assert_eq(&ladder);
}
