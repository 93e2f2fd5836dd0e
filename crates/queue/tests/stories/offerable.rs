//! Whom a callback is offered, and how long a caller is told to wait.

use std::time::Duration;

use expect_test::expect;
use model::QueueName;
use queue::{OfferPolicy, Overflow, Settings};

use crate::harness::{ann_alone, play};

fn desk(change: impl FnOnce(&mut queue::QueueSettings)) -> Settings {
    let mut settings = ann_alone();
    change(settings.queues.get_mut(&QueueName::from("desk")).expect("the desk"));
    settings
}

fn said(ladder: &str) -> String {
    let lines =
        ladder.lines().filter(|line| line.contains("estimate") || line.contains("offerable"));
    lines.map(|line| format!("{}\n", line.trim())).collect()
}

#[test]
fn nothing_is_said_of_a_wait_before_enough_was_seen() {
    let mut script = String::from("arrive 900\nestimate 900\n");
    for call in 1..=20 {
        script.push_str(&format!("arrive {call}\n"));
    }
    // Ann takes them in their order, each for 50 seconds and 10 of wrap-up.
    script.push_str("accept 900\nbridged 900\n");
    let ladder = play(ann_alone(), &script);
    assert!(said(&ladder).starts_with("estimate 900\nestimate Unknown"), "{ladder}");
}

#[test]
fn the_wait_is_the_sum_over_the_places_ahead() {
    let settings = desk(|desk| desk.handle_time = Some(Duration::from_secs(120)));
    let ladder = play(
        settings,
        "arrive 1\n accept 1\n bridged 1\n arrive 2\n estimate 2\n arrive 3\n estimate 3",
    );
    expect![[r#"
        estimate 2
        estimate Mean(120s)
        estimate 3
        estimate Mean(240s)
    "#]]
    .assert_eq(&said(&ladder));
}

#[test]
fn a_queue_without_agents_has_no_end_of_waiting() {
    let settings = desk(|desk| desk.handle_time = Some(Duration::from_secs(120)));
    let ladder = play(settings, "agent ann offline\n arrive 1\n estimate 1");
    expect![[r#"
        estimate 1
        estimate Endless
    "#]]
    .assert_eq(&said(&ladder));
}

#[test]
fn conversations_that_were_seen_take_the_place_of_what_was_assumed() {
    let settings = desk(|desk| desk.handle_time = Some(Duration::from_secs(1_000)));
    let mut script = String::new();
    for n in 1..=20 {
        script.push_str(&format!(
            "arrive {n}\n accept {n}\n bridged {n}\n wait 50\n talked {n}\n released {n}\n wait 10\n"
        ));
    }
    script.push_str("arrive 90\n accept 21\n bridged 21\n arrive 91\n estimate 91\n");
    expect![[r#"
        estimate 91
        estimate Mean(60s)
    "#]]
    .assert_eq(&said(&play(settings, &script)));
}

#[test]
fn callers_who_give_up_shorten_the_wait_of_those_behind() {
    let settings = desk(|desk| desk.handle_time = Some(Duration::from_secs(120)));
    let mut script = String::from("arrive 1\n accept 1\n bridged 1\n");
    for n in 100..120 {
        script.push_str(&format!("arrive {n}\n wait 60\n leave {n}\n"));
    }
    script.push_str("arrive 2\n estimate 2\n arrive 3\n estimate 3\n");
    expect![[r#"
        estimate 2
        estimate Mean(120s)
        estimate 3
        estimate Mean(160s)
    "#]]
    .assert_eq(&said(&play(settings, &script)));
}

#[test]
fn callbacks_may_need_an_agent_who_is_there() {
    let policy = OfferPolicy { needs_agent: true, ..OfferPolicy::default() };
    let settings = desk(|desk| desk.offers = policy);
    let script = "agent ann offline\n arrive 1\n offerable 1\n agent ann away\n offerable 1";
    expect![[r#"
        offerable 1
        offerable: no agent of the queue is online or away
        offerable 1
        offerable: yes
    "#]]
    .assert_eq(&said(&play(settings, script)));
}

#[test]
fn callbacks_may_need_a_queue_that_overflows() {
    let overflow = vec![Overflow::WaitingOver(1), Overflow::WaitOver(Duration::from_secs(130))];
    let policy = OfferPolicy { needs_agent: false, overflow, ..OfferPolicy::default() };
    let settings = desk(|desk| {
        desk.offers = policy;
        desk.handle_time = Some(Duration::from_secs(120));
    });
    let script = "arrive 1\n accept 1\n bridged 1\n arrive 2\n offerable 2\n arrive 3\n offerable 2\n leave 3\n \
                  offerable 2\n agent ann away\n offerable 2";
    expect![[r#"
        offerable 2
        offerable: the queue does not overflow: 1 wait, and the estimate is 120 s
        offerable 2
        offerable: yes
        offerable 2
        offerable: the queue does not overflow: 1 wait, and the estimate is 120 s
        offerable 2
        offerable: yes
    "#]]
    .assert_eq(&said(&play(settings, script)));
}

#[test]
fn who_stands_near_the_head_is_offered_no_callback() {
    let settings = desk(|desk| desk.offers.beyond_place = 1);
    let ladder = play(settings, "agent ann away\n arrive 1\n arrive 2\n offerable 1\n offerable 2");
    expect![[r#"
        offerable 1
        offerable: place 1 is not beyond place 1
        offerable 2
        offerable: yes
    "#]]
    .assert_eq(&said(&ladder));
}

#[test]
fn no_more_callbacks_are_offered_than_may_wait() {
    let settings = desk(|desk| desk.offers.pending_max = Some(1));
    let script =
        "agent ann away\n arrive 1\n offerable 1\n ask 1\n written\n arrive 2\n offerable 2
        cancel 1\n offerable 2";
    expect![[r#"
        offerable 1
        offerable: yes
        offerable 2
        offerable: callbacks that wait: 1, and 1 may
        offerable 2
        offerable: yes
    "#]]
    .assert_eq(&said(&play(settings, script)));
}

#[test]
fn who_would_wait_too_long_is_offered_no_callback() {
    let settings = desk(|desk| {
        desk.handle_time = Some(Duration::from_secs(120));
        desk.offers.wait_max = Some(Duration::from_secs(240));
    });
    let script = "arrive 1\n accept 1\n bridged 1\n arrive 2\n arrive 3\n arrive 4\n offerable 3
        offerable 4\n agent ann offline\n offerable 2";
    expect![[r#"
        offerable 3
        offerable: yes
        offerable 4
        offerable: the wait is longer than 240 s
        offerable 2
        offerable: the wait is longer than 240 s
    "#]]
    .assert_eq(&said(&play(settings, script)));
}

#[test]
fn a_share_of_the_callers_is_offered_callbacks() {
    let settings = desk(|desk| desk.offers.share = Some(30));
    let calls: Vec<String> =
        (1..=50).map(|call| format!("arrive {call}\n offerable {call}\n leave {call}")).collect();
    let ladder = play(settings, &format!("agent ann away\n{}", calls.join("\n")));
    let refused = ladder.lines().filter(|line| line.contains("not among the 30 %")).count();
    assert_eq!(refused, 35, "{ladder}");
}

#[test]
fn callbacks_are_offered_while_more_than_so_many_wait_for_each_agent_who_takes_work() {
    let mut settings = crate::harness::settings();
    let desk = settings.queues.get_mut(&QueueName::from("desk")).expect("the desk");
    desk.offers = OfferPolicy { calls_per_agent: Some(2), ..OfferPolicy::default() };
    let ladder = play(
        settings,
        "arrive 1
         accept 1
         bridged 1
         arrive 2
         accept 2
         bridged 2
         arrive 3
         arrive 4
         arrive 5
         arrive 6
         offerable 6
         arrive 7
         offerable 7
         leave 7
         offerable 6
         agent bob away
         offerable 6
         phone ann gone
         offerable 3",
    );
    expect![[r#"
        offerable 6
        offerable: 4 wait for 2 agents, and over 2 for each must
        offerable 7
        offerable: yes
        offerable 6
        offerable: 4 wait for 2 agents, and over 2 for each must
        offerable 6
        offerable: yes
        offerable 3
        offerable: yes
    "#]]
    .assert_eq(&said(&ladder));
}
