//! From asking to the promise.

use expect_test::expect;

use crate::harness::{ann_alone, nobody, play};

#[test]
fn a_promise_is_made_only_when_durable_and_takes_the_place_of_the_call() {
    let ladder = play(
        nobody(),
        "arrive 1
         arrive 2
         ask 1
         place 1
         place 2
         written
         list
         leave 1",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
        arrive 2
            record   call_arrived call-2 main/desk
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        place 1
            place Some(1)
        place 2
            place Some(2)
        written
            record   call_ended call-1 promised
        list
            desk 1 cb-1: waiting for an agent
                because promised; it keeps the place of the call
            desk 2 call-2
                because the caller arrived
        leave 1
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_request_that_could_not_be_written_leaves_all_as_before() {
    let ladder = play(
        nobody(),
        "arrive 1
         arrive 2
         ask 1
         not written
         list
         ask 1
         written
         list",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
        arrive 2
            record   call_arrived call-2 main/desk
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        not written
        list
            desk 1 call-1
                because the callback request could not be written
            desk 2 call-2
                because the caller arrived
        ask 1
            write    callback_requested cb-2 person-2 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   call_ended call-1 promised
        list
            desk 1 cb-2: waiting for an agent
                because promised; it keeps the place of the call
            desk 2 call-2
                because the caller arrived
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_caller_is_not_offered_while_the_request_is_written_and_is_afterwards() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         agent ann online
         not written",
    );
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        arrive 1
            record   call_arrived call-1 main/desk
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        agent ann online
            record   status_set ann online by command
        not written
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_caller_who_hangs_up_during_the_writing_has_the_request_once_durable() {
    let ladder = play(
        nobody(),
        "arrive 1
         ask 1
         leave 1
         leave 1
         written
         list",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        leave 1
        leave 1
        written
            record   call_ended call-1 promised
        list
            desk 1 cb-1: waiting for an agent
                because promised; it keeps the place of the call
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_caller_who_hangs_up_during_the_writing_is_abandoned_when_it_fails() {
    let ladder = play(
        nobody(),
        "arrive 1
         ask 1
         leave 1
         not written
         list",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        leave 1
        not written
            record   call_ended call-1 abandoned
        list
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_number_that_waits_already_is_told_its_place() {
    let ladder = play(
        nobody(),
        "arrive 1
         arrive 2
         arrive 3
         ask 2
         written
         ask 3 +33610000002
         list",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
        arrive 2
            record   call_arrived call-2 main/desk
        arrive 3
            record   call_arrived call-3 main/desk
        ask 2
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.001 expires 11:00:00.000
        written
            record   call_ended call-2 promised
        ask 3 +33610000002
            record   request_untaken call-3
                because cb-1 for the same number waits already, in place 2
            refused  call-3 AlreadyWaiting { request: RequestId(1), place: Some(2) }
        list
            desk 1 call-1
                because the caller arrived
            desk 2 cb-1: waiting for an agent
                because promised; it keeps the place of the call
            desk 3 call-3
                because the caller arrived
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_number_whose_request_is_being_written_is_answered_when_that_is_durable() {
    let ladder = play(
        nobody(),
        "arrive 1
         arrive 2
         ask 1 +33610000009
         ask 2 +33610000009
         ask 2 +33610000009
         list
         written
         list",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
        arrive 2
            record   call_arrived call-2 main/desk
        ask 1 +33610000009
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        ask 2 +33610000009
        ask 2 +33610000009
        list
            desk 1 call-1
                because the caller asked for a callback, which is being written
            desk 2 call-2
                because another request for the same number is being written
        written
            record   call_ended call-1 promised
            record   request_untaken call-2
                because cb-1 for the same number waits already, in place 1
            refused  call-2 AlreadyWaiting { request: RequestId(1), place: Some(1) }
        list
            desk 1 cb-1: waiting for an agent
                because promised; it keeps the place of the call
            desk 2 call-2
                because the caller arrived
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_number_whose_request_was_not_written_goes_to_the_next_who_asked() {
    let ladder = play(
        nobody(),
        "arrive 1
         arrive 2
         arrive 3
         ask 1 +33610000009
         ask 2 +33610000009
         ask 3 +33610000009
         leave 2
         not written
         written
         list",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
        arrive 2
            record   call_arrived call-2 main/desk
        arrive 3
            record   call_arrived call-3 main/desk
        ask 1 +33610000009
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        ask 2 +33610000009
        ask 3 +33610000009
        leave 2
            record   call_ended call-2 abandoned
        not written
            write    callback_requested cb-2 person-2 desk arrived 10:00:00.002 expires 11:00:00.000
        written
            record   call_ended call-3 promised
        list
            desk 1 call-1
                because the callback request could not be written
            desk 2 cb-2: waiting for an agent
                because promised; it keeps the place of the call
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn while_the_journal_is_down_nothing_is_promised() {
    let ladder = play(
        nobody(),
        "arrive 1
         journal down
         ask 1
         journal up
         ask 1
         written",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
        journal down
        ask 1
            record   request_untaken call-1
                because the journal could not be written, so nothing could be promised
            refused  call-1 JournalDown
        journal up
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   call_ended call-1 promised
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_number_that_waits_is_told_so_even_while_the_journal_is_down() {
    let ladder = play(
        nobody(),
        "arrive 1
         ask 1
         written
         arrive 2
         journal down
         ask 2 +33610000001",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   call_ended call-1 promised
        arrive 2
            record   call_arrived call-2 main/desk
        journal down
        ask 2 +33610000001
            record   request_untaken call-2
                because cb-1 for the same number waits already, in place 1
            refused  call-2 AlreadyWaiting { request: RequestId(1), place: Some(1) }
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn asking_while_an_agent_rings_takes_the_offer_back() {
    let ladder = play(
        ann_alone(),
        "arrive 1
         ask 1
         accept 1
         released 1
         written",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        ask 1
            record   offer_ended offer-1 withdrawn
            withdraw offer-1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        accept 1
        released 1
        written
            record   call_ended call-1 promised
            record   offered offer-2 ann cb-1
            offer    offer-2 ann desk cb-1 +336******01 via main
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn asking_when_an_agent_has_accepted_is_too_late() {
    let ladder = play(
        ann_alone(),
        "arrive 1
         accept 1
         ask 1
         bridged 1
         ask 1
         ask 7",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        accept 1
            record   offer_ended offer-1 accepted
        ask 1
            record   request_untaken call-1
                because an agent was answering the call already
            refused  call-1 NotWaiting
        bridged 1
            record   bridged ann call-1
            record   call_ended call-1 answered
        ask 1
            refused  call-1 NotWaiting
        ask 7
            refused  call-7 NotWaiting
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_second_asking_of_the_same_call_changes_nothing() {
    let ladder = play(
        nobody(),
        "arrive 1
         ask 1
         ask 1
         written",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        ask 1
        written
            record   call_ended call-1 promised
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn the_customer_of_an_uncertain_request_asks_again_and_takes_its_place() {
    let ladder = play(
        ann_alone(),
        "arrive 1
         ask 1
         written
         released 1
         accept 2
         written
         crash
         agent ann away
         arrive 2
         arrive 3
         ask 3 +33610000001
         list
         cancel 1
         reached 1
         written
         list
         place 2",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        ask 1
            record   offer_ended offer-1 withdrawn
            withdraw offer-1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   call_ended call-1 promised
        released 1
            record   offered offer-2 ann cb-1
            offer    offer-2 ann desk cb-1 +336******01 via main
        accept 2
            record   offer_ended offer-2 accepted
            write    dial_started cb-1/1 ann carrier
        written
        crash
            record   engine_started 2
            record   found_uncertain cb-1/1
        agent ann away
            record   status_set ann away by command
        arrive 2
            record   call_arrived call-2 main/desk
        arrive 3
            record   call_arrived call-3 main/desk
        ask 3 +33610000001
            write    callback_requested cb-2 person-2 desk arrived 10:00:00.000 expires 11:00:00.000
        list
            desk 1 cb-1: uncertain: attempt 1 may have reached the customer
                because the engine stopped while the customer was being dialled
            desk 2 call-2
                because the caller arrived
            desk 3 call-3
                because the caller asked for a callback, which is being written
        cancel 1
            rejected: cb-1 is uncertain, and its customer is asking again
        reached 1
            rejected: cb-1 is uncertain, and its customer is asking again
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
        place 2
            place Some(2)
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_uncertain_request_outlives_an_asking_that_could_not_be_written() {
    let ladder = play(
        ann_alone(),
        "arrive 1
         ask 1
         written
         released 1
         accept 2
         written
         crash
         agent ann away
         arrive 2
         ask 2 +33610000001
         wait 3600
         not written
         list",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        ask 1
            record   offer_ended offer-1 withdrawn
            withdraw offer-1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   call_ended call-1 promised
        released 1
            record   offered offer-2 ann cb-1
            offer    offer-2 ann desk cb-1 +336******01 via main
        accept 2
            record   offer_ended offer-2 accepted
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
        wait 3600
        not written
            record   request_closed cb-1 uncertain_expired
                because its time ran out before anybody said whether the customer was reached
            closed   cb-1 uncertain_expired
        list
            desk 1 call-2
                because the callback request could not be written
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn asking_on_another_queue_settles_the_uncertain_request_and_keeps_the_own_place() {
    let ladder = play(
        ann_alone(),
        "arrive 1
         ask 1
         written
         released 1
         accept 2
         written
         crash
         arrive 2 store
         arrive 3 store
         ask 3 +33610000001
         written
         list",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        ask 1
            record   offer_ended offer-1 withdrawn
            withdraw offer-1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   call_ended call-1 promised
        released 1
            record   offered offer-2 ann cb-1
            offer    offer-2 ann desk cb-1 +336******01 via main
        accept 2
            record   offer_ended offer-2 accepted
            write    dial_started cb-1/1 ann carrier
        written
        crash
            record   engine_started 2
            record   found_uncertain cb-1/1
        arrive 2 store
            record   call_arrived call-2 store/shop
        arrive 3 store
            record   call_arrived call-3 store/shop
        ask 3 +33610000001
            write    callback_requested cb-2 person-2 shop arrived 10:00:00.002 expires 11:00:00.000
        written
            record   request_closed cb-1 cancelled
                because the customer asked again; the new request stands for it
            closed   cb-1 cancelled
            record   call_ended call-3 promised
        list
            shop 1 call-2
                because the caller arrived
            shop 2 cb-2: waiting for an agent
                because promised; it keeps the place of the call
    "#]]
    .assert_eq(&ladder);
}
