//! Callers on the line.

use expect_test::expect;

use crate::harness::{ann_alone, nobody, play, settings};

#[test]
fn a_caller_is_offered_bridged_and_counted_as_answered_once() {
    let ladder = play(
        ann_alone(),
        "arrive 1
         accept 1
         bridged 1
         leave 1
         talked 1
         released 1
         agents
         wait 10
         agents",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        accept 1
            record   offer_ended offer-1 accepted
        bridged 1
            record   bridged ann call-1
            record   call_ended call-1 answered
        leave 1
        talked 1
        released 1
        agents
            ann Online WrapUp
        wait 10
            (an agent's wrap-up ends)
        agents
            ann Online Free
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_caller_who_hangs_up_while_waiting_is_abandoned() {
    let ladder = play(
        nobody(),
        "arrive 1
         arrive 2
         place 2
         leave 1
         place 2
         leave 1",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
        arrive 2
            record   call_arrived call-2 main/desk
        place 2
            place Some(2)
        leave 1
            record   call_ended call-1 abandoned
        place 2
            place Some(1)
        leave 1
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_caller_who_hangs_up_while_an_agent_rings_takes_the_offer_back() {
    let ladder = play(
        ann_alone(),
        "arrive 1
         leave 1
         agents
         accept 1
         released 1
         agents",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        leave 1
            record   offer_ended offer-1 withdrawn
            withdraw offer-1
            record   call_ended call-1 abandoned
        agents
            ann Online Leaving
        accept 1
        released 1
        agents
            ann Online Free
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_caller_who_hangs_up_while_being_connected_frees_the_agent_without_wrap_up() {
    let ladder = play(
        ann_alone(),
        "arrive 1
         accept 1
         leave 1
         bridged 1
         released 1
         agents",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        accept 1
            record   offer_ended offer-1 accepted
        leave 1
            withdraw offer-1
            record   call_ended call-1 abandoned
        bridged 1
        released 1
        agents
            ann Online Free
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_agent_leg_that_ends_before_the_bridge_returns_the_caller_to_the_place() {
    let ladder = play(
        ann_alone(),
        "arrive 1
         accept 1
         arrive 2
         place 1
         released 1
         list",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        accept 1
            record   offer_ended offer-1 accepted
        arrive 2
            record   call_arrived call-2 main/desk
        place 1
            place Some(1)
        released 1
            record   offered offer-2 ann call-2, not call-1: rests until 10:01:00.000
            offer    offer-2 ann desk call-2
        list
            desk 1 call-1
                because the agent's leg ended before the bridge
            desk 2 call-2
                because the oldest arrival, for the agent free for longest
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_wall_clock_that_steps_back_reorders_nobody() {
    let ladder = play(
        nobody(),
        "arrive 1
         clock -3600
         arrive 2
         clock 10
         arrive 3
         place 1
         place 2
         place 3
         ask 2
         written",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
        clock -3600
        arrive 2
            record   call_arrived call-2 main/desk
        clock 10
        arrive 3
            record   call_arrived call-3 main/desk
        place 1
            place Some(1)
        place 2
            place Some(2)
        place 3
            place Some(3)
        ask 2
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.001 expires 10:00:10.000
        written
            record   call_ended call-2 promised
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn the_oldest_arrival_of_all_queues_of_the_agent_is_offered_first() {
    let ladder = play(
        settings(),
        "agent ann offline
         agent bob away
         arrive 1 store
         arrive 2 main
         arrive 3 store
         agent bob online
         accept 1
         bridged 1
         talked 1
         released 1
         wait 10",
    );
    expect![[r#"
        agent ann offline
            record   status_set ann offline by command
        agent bob away
            record   status_set bob away by command
        arrive 1 store
            record   call_arrived call-1 store/shop
        arrive 2 main
            record   call_arrived call-2 main/desk
        arrive 3 store
            record   call_arrived call-3 store/shop
        agent bob online
            record   status_set bob online by command
            record   offered offer-1 bob call-1
            offer    offer-1 bob shop call-1
        accept 1
            record   offer_ended offer-1 accepted
        bridged 1
            record   bridged bob call-1
            record   call_ended call-1 answered
        talked 1
        released 1
        wait 10
            (an agent's wrap-up ends)
            record   offered offer-2 bob call-2
            offer    offer-2 bob desk call-2
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_agent_is_offered_nothing_from_the_queues_of_others() {
    let ladder = play(
        ann_alone(),
        "arrive 1 store
         arrive 2 main",
    );
    expect![[r#"
        arrive 1 store
            record   call_arrived call-1 store/shop
        arrive 2 main
            record   call_arrived call-2 main/desk
            record   offered offer-1 ann call-2
            offer    offer-1 ann desk call-2
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_caller_of_an_unknown_line_is_not_taken_in() {
    let ladder = play(ann_alone(), "arrive 1 nowhere");
    expect![[r#"
        arrive 1 nowhere
            rejected: no line is called nowhere
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_arrival_twice_is_one_arrival() {
    let ladder = play(
        nobody(),
        "arrive 1
         arrive 1
         list",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
        arrive 1
        list
            desk 1 call-1
                because the caller arrived
    "#]]
    .assert_eq(&ladder);
}
