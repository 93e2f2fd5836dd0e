//! Several agents who ring for one work: the first who accepts has it.

use expect_test::expect;
use model::QueueName;
use queue::Settings;

use crate::harness::{play, settings};

fn ringing(most: u16) -> Settings {
    let mut settings = settings();
    let desk = settings.queues.get_mut(&QueueName::from("desk")).expect("the desk");
    (desk.callbacks_ring, desk.callers_ring) = (most, most);
    settings
}

/// What is said of offers and dials.
fn told(ladder: &str) -> String {
    let words = ["offer", "withdraw", "dial", "missed", "closed", "cb-1  "];
    let wanted = |line: &&str| words.iter().any(|word| line.contains(word));
    ladder.lines().filter(wanted).map(|line| format!("{}\n", line.trim())).collect()
}

const PROMISED: &str = "agent ann away\n agent bob away\n arrive 1\n ask 1\n written\n \
                        agent ann online\n agent bob online\n";

#[test]
fn the_first_who_accepts_has_the_callback_and_the_others_stop_ringing() {
    let script = format!("{PROMISED} list\n accept 2\n accept 1\n written");
    expect![[r#"
        record   offered offer-1 ann cb-1
        offer    offer-1 ann desk cb-1 +336******01 via main
        record   offered offer-2 bob cb-1
        offer    offer-2 bob desk cb-1 +336******01 via main
        desk 1 cb-1: offered to ann and 1 more
        record   offer_ended offer-2 accepted
        record   offer_ended offer-1 withdrawn
        withdraw offer-1, another agent has the work
        write    dial_started cb-1/1 bob carrier
    "#]]
    .assert_eq(&told(&play(ringing(20), &script)));
}

#[test]
fn who_declines_rings_no_more_and_the_others_do() {
    let script = format!("{PROMISED} decline 1\n released 1\n wait 5\n accept 2\n written");
    expect![[r#"
        record   offered offer-1 ann cb-1
        offer    offer-1 ann desk cb-1 +336******01 via main
        record   offered offer-2 bob cb-1
        offer    offer-2 bob desk cb-1 +336******01 via main
        record   offer_ended offer-1 declined
        record   offer_ended offer-2 accepted
        write    dial_started cb-1/1 bob carrier
    "#]]
    .assert_eq(&told(&play(ringing(20), &script)));
}

#[test]
fn an_agent_who_becomes_free_rings_along_and_a_limit_keeps_the_others_out() {
    let free = "agent bob away\n arrive 1\n agent bob online";
    expect![[r#"
        record   offered offer-1 ann call-1
        offer    offer-1 ann desk call-1
        record   offered offer-2 bob call-1
        offer    offer-2 bob desk call-1
    "#]]
    .assert_eq(&told(&play(ringing(2), free)));
    expect![[r#"
        record   offered offer-1 ann call-1
        offer    offer-1 ann desk call-1
    "#]]
    .assert_eq(&told(&play(ringing(1), free)));
}

#[test]
fn a_work_of_ones_own_goes_before_one_for_which_others_ring() {
    let script = "arrive 1\n decline 2\n released 2\n arrive 2\n accept 3\n arrive 3";
    expect![[r#"
        record   offered offer-1 ann call-1
        offer    offer-1 ann desk call-1
        record   offered offer-2 bob call-1
        offer    offer-2 bob desk call-1
        record   offer_ended offer-2 declined
        record   offered offer-3 bob call-2
        offer    offer-3 bob desk call-2
        record   offer_ended offer-3 accepted
    "#]]
    .assert_eq(&told(&play(ringing(20), script)));
}

#[test]
fn a_caller_who_leaves_stops_every_phone() {
    expect![[r#"
        record   offered offer-1 ann call-1
        offer    offer-1 ann desk call-1
        record   offered offer-2 bob call-1
        offer    offer-2 bob desk call-1
        record   offer_ended offer-1 withdrawn
        withdraw offer-1
        record   offer_ended offer-2 withdrawn
        withdraw offer-2
    "#]]
    .assert_eq(&told(&play(ringing(20), "arrive 1\n leave 1")));
}

#[test]
fn an_attempt_is_used_up_only_when_nobody_answered() {
    let mut settings = ringing(20);
    let desk = settings.queues.get_mut(&QueueName::from("desk")).expect("the desk");
    desk.agent_no_answer_counts = true;
    desk.decline_pause = std::time::Duration::ZERO;
    let script = format!("{PROMISED} miss 1\n released 1\n miss 2\n released 2");
    expect![[r#"
        record   offered offer-1 ann cb-1
        offer    offer-1 ann desk cb-1 +336******01 via main
        record   offered offer-2 bob cb-1
        offer    offer-2 bob desk cb-1 +336******01 via main
        record   offer_ended offer-1 no_answer
        record   offer_ended offer-2 no_answer
        record   attempt_missed cb-1, another follows
    "#]]
    .assert_eq(&told(&play(settings, &script)));
}

#[test]
fn all_who_ring_for_one_callback_take_one_channel_of_its_trunk() {
    let script = "room 1\n agent ann away\n agent bob away\n arrive 1\n ask 1\n written\n arrive 2\n \
                  ask 2\n written\n agent ann online\n agent bob online\n decline 1\n released 1";
    expect![[r#"
        record   offered offer-1 ann cb-1
        offer    offer-1 ann desk cb-1 +336******01 via main
        record   offered offer-2 bob cb-1
        offer    offer-2 bob desk cb-1 +336******01 via main
        record   offer_ended offer-1 declined
    "#]]
    .assert_eq(&told(&play(ringing(20), script)));
}
