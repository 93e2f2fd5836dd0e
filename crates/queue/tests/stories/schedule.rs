//! Requests with a time of their own.

use expect_test::expect;

use crate::harness::{ann_alone, nobody, play};

/// Two appointments each hour, all day and every day.
fn with_slots() -> queue::Settings {
    let mut hours = queue::Hours::in_zone("UTC").expect("a zone");
    hours.open_weekly("Mon-Sun 00:00-24:00").expect("hours");
    let slots = queue::Slots {
        hours: std::sync::Arc::new(hours),
        length: std::time::Duration::from_secs(3_600),
        callbacks: 2,
        ahead: std::time::Duration::from_secs(24 * 3_600),
    };
    let mut settings = nobody();
    for queue in settings.queues.values_mut() {
        queue.slots = Some(slots.clone());
    }
    settings
}

const NUMBER: &str = "+33611111111";

#[test]
fn a_request_with_a_time_stands_outside_until_then_and_behind_all_who_wait_then() {
    let ladder = play(
        nobody(),
        &format!(
            "create 1 {NUMBER} at 60
             written
             arrive 1
             place 1
             list
             wait 60
             arrive 2
             list"
        ),
    );
    expect![[r#"
        create 1 +33611111111 at 60
            write    callback_requested cb-1 person-1 desk arrived 10:01:00.000 expires 11:01:00.000
        written
            created  1 cb-1
        arrive 1
            record   call_arrived call-1 main/desk
        place 1
            place Some(1)
        list
            desk 0 cb-1: to be called back at 2026-11-21T10:01:00.000Z
                because it is to be dealt with at its time
            desk 1 call-1
                because the caller arrived
        wait 60
            (a request is due)
            record   came_due cb-1 arrived 10:01:00.000
        arrive 2
            record   call_arrived call-2 main/desk
        list
            desk 1 call-1
                because the caller arrived
            desk 2 cb-1: waiting for an agent
                because its time came
            desk 3 call-2
                because the caller arrived
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn its_time_to_live_counts_from_its_time_and_survives_a_crash() {
    let ladder = play(
        nobody(),
        &format!(
            "create 1 {NUMBER} at 7200
             create 2 +33622222222 at 3600
             written
             written
             wait 60
             crash
             list
             wait 3600
             crash losing 1
             list
             wait 10800"
        ),
    );
    expect![[r#"
        create 1 +33611111111 at 7200
            write    callback_requested cb-1 person-1 desk arrived 12:00:00.000 expires 13:00:00.000
        create 2 +33622222222 at 3600
            write    callback_requested cb-2 person-2 desk arrived 11:00:00.000 expires 12:00:00.000
        written
            created  1 cb-1
        written
            created  2 cb-2
        wait 60
        crash
            record   engine_started 2
        list
            desk 0 cb-1: to be called back at 2026-11-21T12:00:00.000Z
                because found in the journal at the start
            desk 0 cb-2: to be called back at 2026-11-21T11:00:00.000Z
                because found in the journal at the start
        wait 3600
            (a request is due)
            record   came_due cb-2 arrived 11:00:00.000
        crash losing 1
            record   engine_started 3
            record   came_due cb-2 arrived 11:01:00.000
        list
            desk 0 cb-1: to be called back at 2026-11-21T12:00:00.000Z
                because found in the journal at the start
            desk 1 cb-2: waiting for an agent
                because its time came
        wait 10800
            (a request expires)
            record   request_closed cb-2 expired
                because its time ran out while it waited
            closed   cb-2 expired
            record   came_due cb-1 arrived 12:00:00.000
            (a request expires)
            record   request_closed cb-1 expired
                because its time ran out while it waited
            closed   cb-1 expired
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn two_that_came_due_while_the_engine_was_down_stand_in_the_order_of_their_times() {
    let ladder = play(
        nobody(),
        &format!(
            "create 1 {NUMBER} at 90
             create 2 +33622222222 at 60
             arrive 3
             ask 3
             written
             written
             written
             clock 100
             crash
             list"
        ),
    );
    expect![[r#"
        create 1 +33611111111 at 90
            write    callback_requested cb-1 person-1 desk arrived 10:01:30.000 expires 11:01:30.000
        create 2 +33622222222 at 60
            write    callback_requested cb-2 person-2 desk arrived 10:01:00.000 expires 11:01:00.000
        arrive 3
            record   call_arrived call-3 main/desk
        ask 3
            write    callback_requested cb-3 person-3 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            created  1 cb-1
        written
            created  2 cb-2
        written
            record   call_ended call-3 promised
        clock 100
        crash
            record   engine_started 2
            record   came_due cb-2 arrived 10:01:40.000
            record   came_due cb-1 arrived 10:01:40.001
        list
            desk 1 cb-3: waiting for an agent
                because found in the journal at the start
            desk 2 cb-2: waiting for an agent
                because its time came
            desk 3 cb-1: waiting for an agent
                because its time came
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn who_cannot_wait_for_the_appointment_gets_a_request_in_its_stead() {
    let ladder = play(
        nobody(),
        &format!(
            "create 1 {NUMBER} at 600
             written
             create 2 {NUMBER} at 900
             arrive 1
             ask 1 {NUMBER}
             wait 700
             not written
             ask 1 {NUMBER}
             create 3 +33622222222 at 60
             written
             arrive 2
             ask 2 +33622222222
             written
             wait 100"
        ),
    );
    expect![[r#"
        create 1 +33611111111 at 600
            write    callback_requested cb-1 person-1 desk arrived 10:10:00.000 expires 11:10:00.000
        written
            created  1 cb-1
        create 2 +33611111111 at 900
            refused  2 AlreadyWaiting { request: RequestId(1), place: None }
        arrive 1
            record   call_arrived call-1 main/desk
        ask 1 +33611111111
            write    callback_requested cb-2 person-2 desk arrived 10:00:00.000 expires 11:00:00.000
        wait 700
        not written
            record   came_due cb-1 arrived 10:11:40.000
        ask 1 +33611111111
            record   request_untaken call-1
                because cb-1 for the same number waits already, in place 2
            refused  call-1 AlreadyWaiting { request: RequestId(1), place: Some(2) }
        create 3 +33622222222 at 60
            write    callback_requested cb-3 person-3 desk arrived 10:12:40.000 expires 11:12:40.000
        written
            created  3 cb-3
        arrive 2
            record   call_arrived call-2 main/desk
        ask 2 +33622222222
            write    callback_requested cb-4 person-4 desk arrived 10:11:40.001 expires 11:11:40.000
        written
            record   request_closed cb-3 cancelled
                because the customer asked again; the new request stands for it
            closed   cb-3 cancelled
            record   call_ended call-2 promised
        wait 100
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_request_is_moved_and_hastened_while_nobody_is_asked_about_it() {
    let ladder = play(
        ann_alone(),
        &format!(
            "agent ann away
             create 1 {NUMBER}
             written
             arrive 2
             move 1 600
             place 2
             list
             hasten 1
             list
             agent ann online
             accept 1
             bridged 1
             talked 1
             released 1
             wait 10
             accept 2
             move 1 600
             written
             dial 1/1 busy
             released 2
             hasten 1"
        ),
    );
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        create 1 +33611111111
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            created  1 cb-1
        arrive 2
            record   call_arrived call-2 main/desk
        move 1 600
            record   moved cb-1 to 10:10:00.000 expires 11:10:00.000
        place 2
            place Some(1)
        list
            desk 0 cb-1: to be called back at 2026-11-21T10:10:00.000Z
                because it was moved to another time
            desk 1 call-2
                because the caller arrived
        hasten 1
            record   moved cb-1 to 10:00:00.000 expires 11:00:00.000
            record   came_due cb-1 arrived 10:00:00.002
        list
            desk 1 call-2
                because the caller arrived
            desk 2 cb-1: waiting for an agent
                because its time came
        agent ann online
            record   status_set ann online by command
            record   offered offer-1 ann call-2
            offer    offer-1 ann desk call-2
        accept 1
            record   offer_ended offer-1 accepted
        bridged 1
            record   bridged ann call-2
            record   call_ended call-2 answered
        talked 1
        released 1
        wait 10
            (an agent's wrap-up ends)
            record   offered offer-2 ann cb-1
            offer    offer-2 ann desk cb-1 +336******11 via main
        accept 2
            record   offer_ended offer-2 accepted
            write    dial_started cb-1/1 ann carrier
        move 1 600
            rejected: cb-1 is accepted by ann, the dial is being written
        written
        dial 1/1 busy
            record   dial_ended cb-1/1 busy retry at 10:05:10.000
        released 2
        hasten 1
            record   hastened cb-1
            record   offered offer-3 ann cb-1
            offer    offer-3 ann desk cb-1 +336******11 via main
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn the_times_of_a_slot_are_given_once_and_kept_over_a_crash() {
    let ladder = play(
        with_slots(),
        &format!(
            "create 1 {NUMBER} slot 3600
             create 2 +33622222222 slot 3600
             create 3 +33633333333 slot 3600
             not written
             create 4 +33633333333 slot 3600
             written
             written
             crash
             create 5 +33644444444 slot 3600
             move 3 90
             create 6 +33644444444 slot 3600
             written
             cancel 2
             create 7 +33655555555 slot 3600
             create 8 +33666666666 slot 60"
        ),
    );
    expect![[r#"
        create 1 +33611111111 slot 3600
            write    callback_requested cb-1 person-1 desk arrived 11:00:00.000 expires 12:00:00.000
        create 2 +33622222222 slot 3600
            write    callback_requested cb-2 person-2 desk arrived 11:30:00.000 expires 12:30:00.000
        create 3 +33633333333 slot 3600
            refused  3 SlotFull
        not written
            refused  1 JournalDown
        create 4 +33633333333 slot 3600
            write    callback_requested cb-3 person-3 desk arrived 11:00:00.000 expires 12:00:00.000
        written
            created  2 cb-2
        written
            created  4 cb-3
        crash
            record   engine_started 2
        create 5 +33644444444 slot 3600
            refused  5 SlotFull
        move 3 90
            record   moved cb-3 to 10:01:30.000 expires 11:01:30.000
        create 6 +33644444444 slot 3600
            write    callback_requested cb-4 person-4 desk arrived 11:00:00.000 expires 12:00:00.000
        written
            created  6 cb-4
        cancel 2
            record   request_closed cb-2 cancelled
                because cancelled by command
            closed   cb-2 cancelled
        create 7 +33655555555 slot 3600
            write    callback_requested cb-5 person-5 desk arrived 11:30:00.000 expires 12:30:00.000
        create 8 +33666666666 slot 60
            refused  8 NoSuchSlot
    "#]]
    .assert_eq(&ladder);
}
