//! Places that are kept for callers who hung up.

use std::time::Duration;

use expect_test::expect;
use queue::{Duplicates, Settings};

use crate::harness::{ann_alone, play};

const ADA: &str = "+33612345678";
const BOB: &str = "+33698765432";

/// Ann alone, who is away at first; every queue keeps places for a minute.
fn keeping() -> Settings {
    let mut settings = ann_alone();
    for queue in settings.queues.values_mut() {
        queue.place_kept_for = Duration::from_secs(60);
    }
    settings
}

fn played(script: &str) -> String {
    play(keeping(), &format!("agent ann away\n{}", script.replace("ADA", ADA).replace("BOB", BOB)))
}

#[test]
fn who_calls_again_in_time_stands_where_the_first_call_stood() {
    let ladder = played(
        "arrive 1 from ADA
         arrive 2 from BOB
         leave 1
         place 2
         wait 59
         arrive 3 from ADA
         list
         agent ann online",
    );
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        arrive 1 from +33612345678
            record   call_arrived call-1 main/desk
        arrive 2 from +33698765432
            record   call_arrived call-2 main/desk
        leave 1
            record   call_ended call-1 abandoned
        place 2
            place Some(2)
        wait 59
        arrive 3 from +33612345678
            record   call_arrived call-3 main/desk
            record   place_taken call-3, that of call-1
        list
            desk 1 call-3
                because the caller hung up, called again, and has the place back
            desk 2 call-2
                because the caller arrived
        agent ann online
            record   status_set ann online by command
            record   offered offer-1 ann call-3
            offer    offer-1 ann desk call-3
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn who_calls_again_too_late_stands_behind_and_the_others_have_moved_up() {
    let ladder = played(
        "arrive 1 from ADA
         arrive 2 from BOB
         leave 1
         list
         wait 60
         arrive 3 from ADA
         list",
    );
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        arrive 1 from +33612345678
            record   call_arrived call-1 main/desk
        arrive 2 from +33698765432
            record   call_arrived call-2 main/desk
        leave 1
            record   call_ended call-1 abandoned
        list
            desk 2 call-2
                because the caller arrived
        wait 60
            (a place is kept no longer)
        arrive 3 from +33612345678
            record   call_arrived call-3 main/desk
        list
            desk 1 call-2
                because the caller arrived
            desk 2 call-3
                because the caller arrived
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_place_is_given_back_once() {
    let ladder = played(
        "arrive 1 from ADA
         arrive 2 from BOB
         leave 1
         arrive 3 from ADA
         arrive 4 from ADA
         leave 3
         arrive 5 from ADA
         list",
    );
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        arrive 1 from +33612345678
            record   call_arrived call-1 main/desk
        arrive 2 from +33698765432
            record   call_arrived call-2 main/desk
        leave 1
            record   call_ended call-1 abandoned
        arrive 3 from +33612345678
            record   call_arrived call-3 main/desk
            record   place_taken call-3, that of call-1
        arrive 4 from +33612345678
            record   call_arrived call-4 main/desk
        leave 3
            record   call_ended call-3 abandoned
        arrive 5 from +33612345678
            record   call_arrived call-5 main/desk
        list
            desk 1 call-2
                because the caller arrived
            desk 2 call-4
                because the caller arrived
            desk 3 call-5
                because the caller arrived
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn two_calls_of_one_customer_keep_the_older_place_alone() {
    let ladder = played(
        "arrive 1 from ADA
         arrive 2 from ADA
         arrive 3 from BOB
         leave 2
         leave 1
         list
         arrive 4 from ADA
         list
         arrive 5 from ADA
         list",
    );
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        arrive 1 from +33612345678
            record   call_arrived call-1 main/desk
        arrive 2 from +33612345678
            record   call_arrived call-2 main/desk
        arrive 3 from +33698765432
            record   call_arrived call-3 main/desk
        leave 2
            record   call_ended call-2 abandoned
        leave 1
            record   call_ended call-1 abandoned
        list
            desk 2 call-3
                because the caller arrived
        arrive 4 from +33612345678
            record   call_arrived call-4 main/desk
            record   place_taken call-4, that of call-1
        list
            desk 1 call-4
                because the caller hung up, called again, and has the place back
            desk 2 call-3
                because the caller arrived
        arrive 5 from +33612345678
            record   call_arrived call-5 main/desk
        list
            desk 1 call-4
                because the caller hung up, called again, and has the place back
            desk 2 call-3
                because the caller arrived
            desk 3 call-5
                because the caller arrived
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn nobody_else_has_it_back_and_nobody_who_was_served_or_promised_leaves_one() {
    let ladder = played(
        "arrive 1
         arrive 2 from ADA
         arrive 3 from BOB
         leave 1
         arrive 4
         ask 2
         written
         arrive 5 from ADA
         list
         agent ann online
         accept 1
         bridged 1
         talked 1
         released 1
         wait 10",
    );
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        arrive 1
            record   call_arrived call-1 main/desk
        arrive 2 from +33612345678
            record   call_arrived call-2 main/desk
        arrive 3 from +33698765432
            record   call_arrived call-3 main/desk
        leave 1
            record   call_ended call-1 abandoned
        arrive 4
            record   call_arrived call-4 main/desk
        ask 2
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.001 expires 11:00:00.000
        written
            record   call_ended call-2 promised
        arrive 5 from +33612345678
            record   call_arrived call-5 main/desk
        list
            desk 1 cb-1: waiting for an agent
                because promised; it keeps the place of the call
            desk 2 call-3
                because the caller arrived
            desk 3 call-4
                because the caller arrived
            desk 4 call-5
                because the caller arrived
        agent ann online
            record   status_set ann online by command
            record   offered offer-1 ann cb-1
            offer    offer-1 ann desk cb-1 +336******02 via main
        accept 1
            record   offer_ended offer-1 accepted
            write    dial_started cb-1/1 ann carrier
        bridged 1
        talked 1
        released 1
            record   offered offer-2 ann call-3
            offer    offer-2 ann desk call-3
        wait 10
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn the_request_of_who_came_back_has_the_first_calls_place_after_a_restart_too() {
    let ladder = played(
        "arrive 1 from ADA
         arrive 2 from BOB
         wait 5
         ask 2
         written
         leave 1
         arrive 3 from ADA
         ask 3
         written
         list
         crash
         list",
    );
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        arrive 1 from +33612345678
            record   call_arrived call-1 main/desk
        arrive 2 from +33698765432
            record   call_arrived call-2 main/desk
        wait 5
        ask 2
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.001 expires 11:00:05.000
        written
            record   call_ended call-2 promised
        leave 1
            record   call_ended call-1 abandoned
        arrive 3 from +33612345678
            record   call_arrived call-3 main/desk
            record   place_taken call-3, that of call-1
        ask 3
            write    callback_requested cb-2 person-2 desk arrived 10:00:00.000 expires 11:00:05.000
        written
            record   call_ended call-3 promised
        list
            desk 1 cb-2: waiting for an agent
                because promised; it keeps the place of the call
            desk 2 cb-1: waiting for an agent
                because promised; it keeps the place of the call
        crash
            record   engine_started 2
            record   offered offer-2.1 ann cb-2
            offer    offer-2.1 ann desk cb-2 +336******03 via main
        list
            desk 1 cb-2: offered to ann
                because the oldest arrival, for the agent free for longest
            desk 2 cb-1: waiting for an agent
                because found in the journal at the start
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_restart_forgets_whose_place_was_kept() {
    let ladder = played(
        "arrive 1 from ADA
         leave 1
         crash
         arrive 2 from BOB
         arrive 3 from ADA
         list",
    );
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        arrive 1 from +33612345678
            record   call_arrived call-1 main/desk
        leave 1
            record   call_ended call-1 abandoned
        crash
            record   engine_started 2
        arrive 2 from +33698765432
            record   call_arrived call-2 main/desk
            record   offered offer-2.1 ann call-2
            offer    offer-2.1 ann desk call-2
        arrive 3 from +33612345678
            record   call_arrived call-3 main/desk
        list
            desk 1 call-2
                because the oldest arrival, for the agent free for longest
            desk 2 call-3
                because the caller arrived
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn new_settings_that_keep_no_places_let_them_go() {
    let ladder = played(
        "arrive 1 from ADA
         arrive 2 from BOB
         leave 1
         restored
         reload
         list
         arrive 3 from ADA
         list",
    );
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        arrive 1 from +33612345678
            record   call_arrived call-1 main/desk
        arrive 2 from +33698765432
            record   call_arrived call-2 main/desk
        leave 1
            record   call_ended call-1 abandoned
        restored
        reload
            record   offered offer-1 bob call-2
            offer    offer-1 bob desk call-2
        list
            desk 1 call-2
                because the oldest arrival, for the agent free for longest
        arrive 3 from +33612345678
            record   call_arrived call-3 main/desk
        list
            desk 1 call-2
                because the oldest arrival, for the agent free for longest
            desk 2 call-3
                because the caller arrived
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn who_has_the_place_of_the_own_request_has_no_second_one() {
    let mut settings = keeping();
    for queue in settings.queues.values_mut() {
        queue.duplicates = Duplicates::TakeOver;
    }
    let script = format!(
        "agent ann away
         arrive 1 from {BOB}
         arrive 2 from {ADA}
         leave 2
         create 9 {ADA}
         written
         arrive 3 from {ADA}
         list
         leave 3
         arrive 4 from {ADA}
         list",
    );
    let ladder = play(settings, &script);
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        arrive 1 from +33698765432
            record   call_arrived call-1 main/desk
        arrive 2 from +33612345678
            record   call_arrived call-2 main/desk
        leave 2
            record   call_ended call-2 abandoned
        create 9 +33612345678
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.002 expires 11:00:00.000
        written
            created  9 cb-1
        arrive 3 from +33612345678
            record   call_arrived call-3 main/desk
            record   place_taken call-3, that of cb-1
        list
            desk 0 cb-1: taken over: call-3, of the same customer, has its place
                because its customer has called in, and has its place
            desk 1 call-1
                because the caller arrived
            desk 2 call-3
                because the caller arrived
        leave 3
            record   call_ended call-3 abandoned
            record   place_returned cb-1 call-3
        arrive 4 from +33612345678
            record   call_arrived call-4 main/desk
            record   place_taken call-4, that of cb-1
        list
            desk 0 cb-1: taken over: call-4, of the same customer, has its place
                because its customer has called in, and has its place
            desk 1 call-1
                because the caller arrived
            desk 2 call-4
                because the caller arrived
    "#]]
    .assert_eq(&ladder);
}
