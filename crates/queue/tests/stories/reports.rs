//! A callback that meets reports out of time, a declining agent, a journal that is down.

use expect_test::expect;

use crate::harness::{ann_alone, play, settings};

#[test]
fn a_retry_that_does_not_fit_before_the_expiry_is_not_made() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         wait 3400
         agent ann online
         accept 1
         written
         dial 1/1 no_answer",
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
        wait 3400
        agent ann online
            record   status_set ann online by command
            record   offered offer-1 ann cb-1
            offer    offer-1 ann desk cb-1 +336******01 via main
        accept 1
            record   offer_ended offer-1 accepted
            write    dial_started cb-1/1 ann carrier
        written
        dial 1/1 no_answer
            record   dial_ended cb-1/1 no_answer
            record   request_closed cb-1 no_answer
                because the customer did not answer; no time is left for the next attempt
            closed   cb-1 no_answer
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_agent_who_declines_a_callback_leaves_it_in_its_place_for_the_next() {
    let ladder = play(
        settings(),
        "agent ann away
         agent bob away
         arrive 1
         ask 1
         written
         agent ann online
         agent bob online
         decline 1
         released 1
         agents
         miss 2
         released 2
         list
         wait 60",
    );
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        agent bob away
            record   status_set bob away by command
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
        agent bob online
            record   status_set bob online by command
        decline 1
            record   offer_ended offer-1 declined
            record   offered offer-2 bob cb-1
            offer    offer-2 bob desk cb-1 +336******01 via main
        released 1
        agents
            ann Online Free
            bob Online Ringing
        miss 2
            record   offer_ended offer-2 no_answer
        released 2
        list
            desk 1 cb-1: waiting for an agent
                because the agent did not answer in time
        wait 60
            (an agent's pause from a work ends)
            record   offered offer-3 ann cb-1
            offer    offer-3 ann desk cb-1 +336******01 via main
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn when_the_journal_goes_down_callbacks_are_not_offered_and_callers_are() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         arrive 2
         agent ann online
         journal down
         released 1
         list
         miss 2
         released 2
         journal up",
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
        arrive 2
            record   call_arrived call-2 main/desk
        agent ann online
            record   status_set ann online by command
            record   offered offer-1 ann cb-1
            offer    offer-1 ann desk cb-1 +336******01 via main
        journal down
            record   offer_ended offer-1 withdrawn
            withdraw offer-1
        released 1
            record   offered offer-2 ann call-2, not cb-1: the journal is down
            offer    offer-2 ann desk call-2
        list
            desk 1 cb-1: waiting for an agent
                because the journal cannot be written, so nobody may be dialled
            desk 2 call-2
                because the oldest arrival, for the agent free for longest
        miss 2
            record   offer_ended offer-2 no_answer
        released 2
        journal up
            record   offered offer-3 ann cb-1
            offer    offer-3 ann desk cb-1 +336******01 via main
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn reports_of_a_dial_that_is_over_change_nothing() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         accept 1
         written
         dial 1/2 busy
         dial 9/1 busy
         dial 1/1 busy
         dial 1/1 failed
         bridged 1
         talked 1
         released 1
         released 1
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
        dial 1/2 busy
        dial 9/1 busy
        dial 1/1 busy
            record   dial_ended cb-1/1 busy retry at 10:05:00.000
        dial 1/1 failed
        bridged 1
        talked 1
        released 1
        released 1
        list
            desk 1 cb-1: waiting for the next attempt
                because the customer was busy
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_second_request_for_the_number_may_be_made_while_customer_and_agent_talk() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         agent ann online
         accept 1
         written
         arrive 2
         ask 2 +33610000001
         bridged 1
         ask 2 +33610000001
         written
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
        arrive 2
            record   call_arrived call-2 main/desk
        ask 2 +33610000001
            record   request_untaken call-2
                because cb-1 for the same number waits already, in place 1
            refused  call-2 AlreadyWaiting { request: RequestId(1), place: Some(1) }
        bridged 1
            record   bridged ann cb-1/1
        ask 2 +33610000001
            write    callback_requested cb-2 person-2 desk arrived 10:00:00.001 expires 11:00:00.000
        written
            record   call_ended call-2 promised
        list
            desk 0 cb-1: talking with ann
                because customer and agent hear each other
            desk 1 cb-2: waiting for an agent
                because promised; it keeps the place of the call
    "#]]
    .assert_eq(&ladder);
}
