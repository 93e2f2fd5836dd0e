//! Callbacks that are asked for without a call.

use std::time::Duration;

use expect_test::expect;
use model::QueueName;

use crate::harness::{ann_alone, nobody, play};

const NUMBER: &str = "+33611111111";

#[test]
fn a_request_by_command_has_the_place_of_the_moment_at_which_it_was_asked_for() {
    let ladder = play(
        nobody(),
        &format!(
            "arrive 1
             create 7 {NUMBER}
             arrive 2
             place 2
             list
             written
             list
             crash
             list"
        ),
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
        create 7 +33611111111
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.001 expires 11:00:00.000
        arrive 2
            record   call_arrived call-2 main/desk
        place 2
            place Some(3)
        list
            desk 1 call-1
                because the caller arrived
            desk 3 call-2
                because the caller arrived
        written
            created  7 cb-1
        list
            desk 1 call-1
                because the caller arrived
            desk 2 cb-1: waiting for an agent
                because asked for without a call
            desk 3 call-2
                because the caller arrived
        crash
            record   engine_started 2
        list
            desk 1 cb-1: waiting for an agent
                because found in the journal at the start
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn one_that_could_not_be_written_leaves_nothing() {
    let ladder = play(
        nobody(),
        &format!(
            "create 7 {NUMBER} key a
             arrive 1
             place 1
             not written
             place 1
             create 8 {NUMBER} key a
             written"
        ),
    );
    expect![[r#"
        create 7 +33611111111 key a
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        arrive 1
            record   call_arrived call-1 main/desk
        place 1
            place Some(2)
        not written
            refused  7 JournalDown
        place 1
            place Some(1)
        create 8 +33611111111 key a
            write    callback_requested cb-2 person-2 desk arrived 10:00:00.002 expires 11:00:00.000
        written
            created  8 cb-2
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn who_asks_again_with_the_same_key_asks_for_the_same_request() {
    let ladder = play(
        ann_alone(),
        &format!(
            "create 1 {NUMBER} key a
             create 2 {NUMBER} key a
             create 3 +33622222222 key a
             written
             create 4 {NUMBER} key a
             create 5 {NUMBER} key b
             create 6 {NUMBER}
             accept 1
             written
             bridged 1
             talked 1
             released 1
             create 7 {NUMBER} key a
             crash
             create 8 {NUMBER} key a
             wait 86400
             create 9 {NUMBER} key a"
        ),
    );
    expect![[r#"
        create 1 +33611111111 key a
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        create 2 +33611111111 key a
        create 3 +33622222222 key a
            refused  3 KeyTaken { request: RequestId(1) }
        written
            created  1 cb-1
            stands   2 cb-1
            record   offered offer-1 ann cb-1
            offer    offer-1 ann desk cb-1 +336******11 via main
        create 4 +33611111111 key a
            stands   4 cb-1
        create 5 +33611111111 key b
            refused  5 AlreadyWaiting { request: RequestId(1), place: Some(1) }
        create 6 +33611111111
            refused  6 AlreadyWaiting { request: RequestId(1), place: Some(1) }
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
        released 1
        create 7 +33611111111 key a
            stands   7 cb-1
        crash
            record   engine_started 2
        create 8 +33611111111 key a
            stands   8 cb-1
        wait 86400
        create 9 +33611111111 key a
            write    callback_requested cb-2 person-2 desk arrived 10:00:00.000 expires 11:00:00.000
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_caller_and_a_command_that_ask_for_one_number_get_one_request() {
    let ladder = play(
        nobody(),
        &format!(
            "arrive 1
             create 7 {NUMBER}
             ask 1 {NUMBER}
             written
             arrive 2
             ask 2 +33622222222
             create 8 +33622222222
             not written
             written"
        ),
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
        create 7 +33611111111
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.001 expires 11:00:00.000
        ask 1 +33611111111
        written
            created  7 cb-1
            record   request_untaken call-1
                because cb-1 for the same number waits already, in place 2
            refused  call-1 AlreadyWaiting { request: RequestId(1), place: Some(2) }
        arrive 2
            record   call_arrived call-2 main/desk
        ask 2 +33622222222
            write    callback_requested cb-2 person-2 desk arrived 10:00:00.002 expires 11:00:00.000
        create 8 +33622222222
        not written
            write    callback_requested cb-3 person-3 desk arrived 10:00:00.003 expires 11:00:00.000
        written
            created  8 cb-3
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn what_may_not_be_asked_for_is_said() {
    let ladder = play(
        nobody(),
        &format!(
            "create 1 {NUMBER} for nobody
             create 2 {NUMBER} at 40000000
             journal down
             create 3 {NUMBER}"
        ),
    );
    expect![[r#"
        create 1 +33611111111 for nobody
            rejected: no agent is called nobody
        create 2 +33611111111 at 40000000
            rejected: that is more than a year ahead
        journal down
        create 3 +33611111111
            refused  3 JournalDown
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_owned_request_is_for_its_owner_while_that_one_is_there() {
    let ladder = play(
        crate::harness::settings(),
        &format!(
            "create 1 {NUMBER} for ann
             agent ann away
             written
             agent ann offline
             decline 1
             agent ann away
             released 1
             agent ann online"
        ),
    );
    expect![[r#"
        create 1 +33611111111 for ann
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        agent ann away
            record   status_set ann away by command
        written
            created  1 cb-1
        agent ann offline
            record   status_set ann offline by command
            record   offered offer-1 bob cb-1
            offer    offer-1 bob desk cb-1 +336******11 via main
        decline 1
            record   offer_ended offer-1 declined
        agent ann away
            record   status_set ann away by command
        released 1
        agent ann online
            record   status_set ann online by command
            record   offered offer-2 ann cb-1
            offer    offer-2 ann desk cb-1 +336******11 via main
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn customers_who_have_not_called_are_bound_by_how_many_wait_and_how_long() {
    let mut settings = ann_alone();
    let desk = settings.queues.get_mut(&QueueName::from("desk")).expect("the desk");
    desk.offers.pending_max = Some(1);
    desk.offers.wait_max = Some(Duration::from_secs(300));
    desk.handle_time = Some(Duration::from_secs(200));
    let ladder = play(
        settings,
        "agent ann away
         create 1 +33610000001 web
         agent ann online
         create 2 +33610000002 web
         arrive 1
         arrive 2
         create 3 +33610000003 web
         leave 2
         create 4 +33610000004
         written
         create 5 +33610000005
         written
         create 6 +33610000006 web",
    );
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        create 1 +33610000001 web
            refused  1 Unavailable(WaitTooLong { most: 300s })
        agent ann online
            record   status_set ann online by command
        create 2 +33610000002 web
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1, not cb-1: being written
            offer    offer-1 ann desk call-1
        arrive 2
            record   call_arrived call-2 main/desk
        create 3 +33610000003 web
            refused  3 Unavailable(TooManyPending { most: 1 })
        leave 2
            record   call_ended call-2 abandoned
        create 4 +33610000004
            write    callback_requested cb-2 person-2 desk arrived 10:00:00.003 expires 11:00:00.000
        written
            created  2 cb-1
        create 5 +33610000005
            write    callback_requested cb-3 person-3 desk arrived 10:00:00.004 expires 11:00:00.000
        written
            created  4 cb-2
        create 6 +33610000006 web
            refused  6 Unavailable(TooManyPending { most: 1 })
    "#]]
    .assert_eq(&ladder);
}
