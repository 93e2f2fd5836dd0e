//! A callback is a success when customer and agent talked long enough.

use std::time::Duration;

use expect_test::expect;
use model::QueueName;
use queue::Settings;

use crate::harness::{ann_alone, play};

/// Twenty seconds, two attempts, a minute from one to the next.
fn at_least_20_s() -> Settings {
    let mut settings = ann_alone();
    let desk = settings.queues.get_mut(&QueueName::from("desk")).expect("the desk");
    desk.min_talk = Duration::from_secs(20);
    desk.short_talk_delay = Duration::from_secs(60);
    desk.attempts_total = 2;
    settings
}

/// What is written from the first talk on.
fn told(script: &str) -> String {
    let first = "agent ann away\n arrive 1\n ask 1\n written\n agent ann online\n accept 1\n \
                 written\n bridged 1";
    let ladder = play(at_least_20_s(), &format!("{first}\n{script}"));
    let (_, told) = ladder.split_once("bridged 1\n").expect("they talk");
    told.to_owned()
}

#[test]
fn who_talked_long_enough_was_called_back() {
    expect![[r#"
            record   bridged ann cb-1/1
        wait 20
        talked 1
            record   request_closed cb-1 completed
                because customer and agent talked
            closed   cb-1 completed
        released 1
        list
    "#]]
    .assert_eq(&told("wait 20\n talked 1\n released 1\n list"));
}

#[test]
fn who_talked_for_too_short_a_time_is_called_again_behind_all_who_wait() {
    expect![[r#"
            record   bridged ann cb-1/1
        wait 19
        arrive 2
            record   call_arrived call-2 main/desk
        talked 1
            record   dial_ended cb-1/1 too_short retry at 10:01:19.000
        released 1
        list
            desk 0 cb-1: to be called back at 2026-11-21T10:01:19.000Z
                because customer and agent talked for too short a time
            desk 1 call-2
                because the caller arrived
        wait 60
            (an agent's wrap-up ends)
            record   offered offer-2 ann call-2
            offer    offer-2 ann desk call-2
            (a request is due)
            record   came_due cb-1 arrived 10:01:19.000
        list
            desk 1 call-2
                because the oldest arrival, for the agent free for longest
            desk 2 cb-1: waiting for an agent
                because its time came
    "#]]
    .assert_eq(&told("wait 19\n arrive 2\n talked 1\n released 1\n list\n wait 60\n list"));
}

#[test]
fn without_an_attempt_left_it_has_failed() {
    expect![[r#"
            record   bridged ann cb-1/1
        wait 5
        talked 1
            record   dial_ended cb-1/1 too_short retry at 10:01:05.000
        released 1
        wait 60
            (an agent's wrap-up ends)
            (a request is due)
            record   came_due cb-1 arrived 10:01:05.000
            record   offered offer-2 ann cb-1
            offer    offer-2 ann desk cb-1 +336******01 via main
        accept 2
            record   offer_ended offer-2 accepted
            write    dial_started cb-1/2 ann carrier
        written
        bridged 2
            record   bridged ann cb-1/2
        talked 2
            record   dial_ended cb-1/2 too_short
            record   request_closed cb-1 failed
                because customer and agent talked for too short a time at attempt 2 of 2
            closed   cb-1 failed
        released 2
        list
    "#]]
    .assert_eq(&told(
        "wait 5\n talked 1\n released 1\n wait 60\n accept 2\n written\n bridged 2\n talked 2\n \
         released 2\n list",
    ));
}

#[test]
fn a_restart_keeps_the_time_of_the_next_attempt() {
    expect![[r#"
            record   bridged ann cb-1/1
        wait 5
        talked 1
            record   dial_ended cb-1/1 too_short retry at 10:01:05.000
        released 1
        crash durable
            record   engine_started 2
        list
            desk 0 cb-1: to be called back at 2026-11-21T10:01:05.000Z
                because found in the journal at the start
        wait 60
            (a request is due)
            record   came_due cb-1 arrived 10:01:05.000
            record   offered offer-2.1 ann cb-1
            offer    offer-2.1 ann desk cb-1 +336******01 via main
        list
            desk 1 cb-1: offered to ann
                because the oldest arrival, for the agent free for longest
    "#]]
    .assert_eq(&told("wait 5\n talked 1\n released 1\n crash durable\n list\n wait 60\n list"));
}

#[test]
fn who_asks_again_while_talking_is_not_called_twice() {
    expect![[r#"
            record   bridged ann cb-1/1
        arrive 2
            record   call_arrived call-2 main/desk
        ask 2 +33610000001
            write    callback_requested cb-2 person-2 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   call_ended call-2 promised
        talked 1
            record   request_closed cb-1 completed
                because customer and agent talked
            closed   cb-1 completed
        released 1
        list
            desk 1 cb-2: waiting for an agent
                because promised; it keeps the place of the call
    "#]]
    .assert_eq(&told("arrive 2\n ask 2 +33610000001\n written\n talked 1\n released 1\n list"));
}
