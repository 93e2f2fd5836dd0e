//! Customers who call in while their request waits: one place, never two, and nobody is forgotten.

use expect_test::expect;
use model::QueueName;
use queue::{Duplicates, Settings};

use crate::harness::{ann_alone, play};

/// Ann alone at a desk where a customer who calls in has the place of the request.
fn take_over() -> Settings {
    let mut settings = ann_alone();
    let desk = settings.queues.get_mut(&QueueName::from("desk")).expect("the desk");
    desk.duplicates = Duplicates::TakeOver;
    settings
}

/// Call 1 is promised a callback to +33610000001; call 2 waits behind it.
const PROMISED: &str = "agent ann away\n arrive 1\n ask 1\n written\n arrive 2\n";

fn after_promise(script: &str) -> String {
    let whole = play(take_over(), &format!("{PROMISED}{script}"));
    let (_, told) = whole.split_once("arrive 2\n").expect("it begins so");
    told.lines().skip(1).map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_customer_who_calls_in_has_the_place_of_the_request() {
    expect![[r#"
        arrive 3 from +33610000001
            record   call_arrived call-3 main/desk
            record   place_taken call-3, that of cb-1
        list
            desk 0 cb-1: taken over: call-3, of the same customer, has its place
                because its customer has called in, and has its place
            desk 1 call-3
                because the caller arrived
            desk 2 call-2
                because the caller arrived
        place 2
            place Some(2)
        agent ann online
            record   status_set ann online by command
            record   offered offer-1 ann call-3
            offer    offer-1 ann desk call-3
        accept 1
            record   offer_ended offer-1 accepted
        bridged 1
            record   bridged ann call-3
            record   call_ended call-3 answered
            record   request_closed cb-1 completed
                because its customer called in and talked with an agent
            closed   cb-1 completed
        list
            desk 1 call-2
                because the caller arrived
    "#]].assert_eq(&after_promise(
        "arrive 3 from +33610000001\n list\n place 2\n agent ann online\n accept 1\n bridged 1\n list",
    ));
}

#[test]
fn a_customer_who_hangs_up_unanswered_is_not_forgotten() {
    expect![[r#"
        arrive 3 from +33610000001
            record   call_arrived call-3 main/desk
            record   place_taken call-3, that of cb-1
        leave 3
            record   call_ended call-3 abandoned
            record   place_returned cb-1 call-3
        list
            desk 1 cb-1: waiting for an agent
                because its customer has called in, and hung up unanswered
            desk 2 call-2
                because the caller arrived
        agent ann online
            record   status_set ann online by command
            record   offered offer-1 ann cb-1
            offer    offer-1 ann desk cb-1 +336******01 via main
    "#]]
    .assert_eq(&after_promise("arrive 3 from +33610000001\n leave 3\n list\n agent ann online"));
}

#[test]
fn a_customer_who_asks_again_has_one_request_in_the_same_place() {
    expect![[r#"
        arrive 3 from +33610000001
            record   call_arrived call-3 main/desk
            record   place_taken call-3, that of cb-1
        ask 3 +33610000001
            write    callback_requested cb-2 person-2 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   request_closed cb-1 cancelled
                because the customer asked again; the new request stands for it
            closed   cb-1 cancelled
            record   call_ended call-3 promised
        list
            desk 1 cb-2: waiting for an agent
                because promised; it keeps the place of the call
            desk 2 call-2
                because the caller arrived
        agent ann online
            record   status_set ann online by command
            record   offered offer-1 ann cb-2
            offer    offer-1 ann desk cb-2 +336******01 via main
    "#]]
    .assert_eq(&after_promise(
        "arrive 3 from +33610000001\n ask 3 +33610000001\n written\n list\n agent ann online",
    ));
}

#[test]
fn who_asks_for_another_number_has_one_request_too() {
    expect![[r#"
        arrive 3 from +33610000001
            record   call_arrived call-3 main/desk
            record   place_taken call-3, that of cb-1
        ask 3 +33610000009
            write    callback_requested cb-2 person-2 desk arrived 10:00:00.000 expires 11:00:00.000
        not written
        list
            desk 0 cb-1: taken over: call-3, of the same customer, has its place
                because its customer has called in, and has its place
            desk 1 call-3
                because the callback request could not be written
            desk 2 call-2
                because the caller arrived
        ask 3 +33610000009
            write    callback_requested cb-3 person-3 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   request_closed cb-1 cancelled
                because the customer asked again; the new request stands for it
            closed   cb-1 cancelled
            record   call_ended call-3 promised
        list
            desk 1 cb-3: waiting for an agent
                because promised; it keeps the place of the call
            desk 2 call-2
                because the caller arrived
    "#]]
    .assert_eq(&after_promise(
        "arrive 3 from +33610000001\n ask 3 +33610000009\n not written\n list\n \
         ask 3 +33610000009\n written\n list",
    ));
}

#[test]
fn a_customer_who_calls_while_being_dialled_has_the_agent_who_waits() {
    expect![[r#"
        agent ann online
            record   status_set ann online by command
            record   offered offer-1 ann cb-1
            offer    offer-1 ann desk cb-1 +336******01 via main
        accept 1
            record   offer_ended offer-1 accepted
            write    dial_started cb-1/1 ann carrier
        written
        arrive 3 from +33610000001
            record   call_arrived call-3 main/desk
            record   dial_ended cb-1/1 called_in retry at 10:00:40.000
            record   place_taken call-3, that of cb-1
            instead  call-3 for offer-1
        bridged 1
            record   bridged ann call-3
            record   call_ended call-3 answered
            record   request_closed cb-1 completed
                because its customer called in and talked with an agent
            closed   cb-1 completed
        list
            desk 1 call-2
                because the caller arrived
    "#]]
    .assert_eq(&after_promise(
        "agent ann online\n accept 1\n written\n arrive 3 from +33610000001\n bridged 1\n list",
    ));
}

#[test]
fn who_called_while_being_dialled_and_hung_up_is_dialled_again_when_the_leg_is_gone() {
    expect![[r#"
        agent ann online
            record   status_set ann online by command
            record   offered offer-1 ann cb-1
            offer    offer-1 ann desk cb-1 +336******01 via main
        accept 1
            record   offer_ended offer-1 accepted
            write    dial_started cb-1/1 ann carrier
        written
        arrive 3 from +33610000001
            record   call_arrived call-3 main/desk
            record   dial_ended cb-1/1 called_in retry at 10:00:40.000
            record   place_taken call-3, that of cb-1
            instead  call-3 for offer-1
        leave 3
            withdraw offer-1
            record   call_ended call-3 abandoned
            record   place_returned cb-1 call-3
        dial 1/1 failed
        released 1
            record   offered offer-2 ann call-2, not cb-1: due later, 10:00:40.000
            offer    offer-2 ann desk call-2
        list
            desk 1 cb-1: waiting for the next attempt
                because its customer has called in, and hung up unanswered
            desk 2 call-2
                because the oldest arrival, for the agent free for longest
        wait 60
            (a request is due)
    "#]]
    .assert_eq(&after_promise(
        "agent ann online\n accept 1\n written\n arrive 3 from +33610000001\n leave 3\n \
         dial 1/1 failed\n released 1\n list\n wait 60",
    ));
}

#[test]
fn a_dial_that_is_being_written_is_looked_at_again_once_it_is_written() {
    expect![[r#"
        agent ann online
            record   status_set ann online by command
            record   offered offer-1 ann cb-1
            offer    offer-1 ann desk cb-1 +336******01 via main
        accept 1
            record   offer_ended offer-1 accepted
            write    dial_started cb-1/1 ann carrier
        arrive 3 from +33610000001
            record   call_arrived call-3 main/desk
        list
            desk 1 cb-1: accepted by ann, the dial is being written
                because the agent took it
            desk 2 call-2
                because the caller arrived
            desk 3 call-3
                because the caller arrived
        written
            record   dial_ended cb-1/1 called_in retry at 10:00:40.000
            record   place_taken call-3, that of cb-1
            instead  call-3 for offer-1
        bridged 1
            record   bridged ann call-3
            record   call_ended call-3 answered
            record   request_closed cb-1 completed
                because its customer called in and talked with an agent
            closed   cb-1 completed
    "#]]
    .assert_eq(&after_promise(
        "agent ann online\n accept 1\n arrive 3 from +33610000001\n list\n written\n bridged 1",
    ));
}

#[test]
fn a_request_that_is_offered_is_no_longer_rung_for_when_its_customer_calls() {
    expect![[r#"
        agent ann online
            record   status_set ann online by command
            record   offered offer-1 ann cb-1
            offer    offer-1 ann desk cb-1 +336******01 via main
        arrive 3 from +33610000001
            record   call_arrived call-3 main/desk
            record   offer_ended offer-1 withdrawn
            withdraw offer-1
            record   place_taken call-3, that of cb-1
        released 1
            record   offered offer-2 ann call-3
            offer    offer-2 ann desk call-3
        list
            desk 0 cb-1: taken over: call-3, of the same customer, has its place
                because its customer has called in, and has its place
            desk 1 call-3
                because the oldest arrival, for the agent free for longest
            desk 2 call-2
                because the caller arrived
    "#]]
    .assert_eq(&after_promise("agent ann online\n arrive 3 from +33610000001\n released 1\n list"));
}

#[test]
fn a_restart_loses_the_call_and_not_the_request() {
    expect![[r#"
        arrive 3 from +33610000001
            record   call_arrived call-3 main/desk
            record   place_taken call-3, that of cb-1
        crash
            record   engine_started 2
            record   offered offer-2.1 ann cb-1
            offer    offer-2.1 ann desk cb-1 +336******01 via main
        list
            desk 1 cb-1: offered to ann
                because the oldest arrival, for the agent free for longest
    "#]]
    .assert_eq(&after_promise("arrive 3 from +33610000001\n crash\n list"));
}

#[test]
fn an_operator_may_take_the_request_back_while_its_customer_waits() {
    expect![[r#"
        arrive 3 from +33610000001
            record   call_arrived call-3 main/desk
            record   place_taken call-3, that of cb-1
        move 1 600
            rejected: cb-1 is taken over: call-3, of the same customer, has its place
        hasten 1
            rejected: cb-1 is taken over: call-3, of the same customer, has its place
        cancel 1
            record   request_closed cb-1 cancelled
                because cancelled by command
            closed   cb-1 cancelled
        list
            desk 1 call-3
                because the caller arrived
            desk 2 call-2
                because the caller arrived
        leave 3
            record   call_ended call-3 abandoned
        list
            desk 1 call-2
                because the caller arrived
    "#]]
    .assert_eq(&after_promise(
        "arrive 3 from +33610000001\n move 1 600\n hasten 1\n cancel 1\n list\n leave 3\n list",
    ));
}

#[test]
fn a_request_does_not_end_while_its_customer_waits_on_the_line() {
    expect![[r#"
        arrive 3 from +33610000001
            record   call_arrived call-3 main/desk
            record   place_taken call-3, that of cb-1
        wait 3700
        list
            desk 0 cb-1: taken over: call-3, of the same customer, has its place
                because its customer has called in, and has its place
            desk 1 call-3
                because the caller arrived
            desk 2 call-2
                because the caller arrived
        leave 3
            record   call_ended call-3 abandoned
            record   place_returned cb-1 call-3
            record   request_closed cb-1 expired
                because its time ran out while it waited
            closed   cb-1 expired
        list
            desk 1 call-2
                because the caller arrived
    "#]]
    .assert_eq(&after_promise("arrive 3 from +33610000001\n wait 3700\n list\n leave 3\n list"));
}

#[test]
fn a_second_call_of_the_customer_and_a_withheld_number_have_their_own_places() {
    expect![[r#"
        arrive 3 from +33610000001
            record   call_arrived call-3 main/desk
            record   place_taken call-3, that of cb-1
        arrive 4 from +33610000001
            record   call_arrived call-4 main/desk
        arrive 5
            record   call_arrived call-5 main/desk
        list
            desk 0 cb-1: taken over: call-3, of the same customer, has its place
                because its customer has called in, and has its place
            desk 1 call-3
                because the caller arrived
            desk 2 call-2
                because the caller arrived
            desk 3 call-4
                because the caller arrived
            desk 4 call-5
                because the caller arrived
        ask 4 +33610000001
            record   request_untaken call-4
                because cb-1 for the same number waits already, in place 1
            refused  call-4 AlreadyWaiting { request: RequestId(1), place: Some(1) }
    "#]]
    .assert_eq(&after_promise(
        "arrive 3 from +33610000001\n arrive 4 from +33610000001\n arrive 5\n list\n \
         ask 4 +33610000001",
    ));
}
