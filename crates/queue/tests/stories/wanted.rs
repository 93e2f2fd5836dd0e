//! Works that are for somebody before all others.

use expect_test::expect;
use model::{LineName, QueueName};
use queue::Settings;

use crate::harness::{play, settings};

fn last_agent() -> Settings {
    let mut settings = settings();
    settings.queues.get_mut(&QueueName::from("desk")).expect("the desk").last_agent = true;
    settings
}

fn preferring(names: &[&str]) -> Settings {
    let mut settings = last_agent();
    let main = settings.lines.get_mut(&LineName::from("main")).expect("the line");
    main.routing.preferred = names.iter().map(|name| (*name).into()).collect();
    settings
}

/// Who is offered what.
fn told(ladder: &str) -> String {
    let wanted = |line: &&str| line.contains("record   offered") || line.contains("desk 1");
    ladder.lines().filter(wanted).map(|line| format!("{}\n", line.trim())).collect()
}

/// Bob is dialled for, the customer is busy, and Ann is free for longer when the retry is due.
const BOB_FIRST: &str = "agent ann away\n agent bob away\n arrive 1\n ask 1\n written\n \
                         agent bob online\n accept 1\n written\n agent ann online\n \
                         dial 1/1 busy\n released 1\n";

#[test]
fn the_last_agent_gets_it_though_another_is_free_longer() {
    let script = format!("{BOB_FIRST} wait 300\n list");
    expect![[r#"
        record   offered offer-1 bob cb-1
        record   offered offer-2 bob cb-1
        desk 1 cb-1: offered to bob
    "#]]
    .assert_eq(&told(&play(last_agent(), &script)));
    expect![[r#"
        record   offered offer-1 bob cb-1
        record   offered offer-2 ann cb-1
        desk 1 cb-1: offered to ann
    "#]]
    .assert_eq(&told(&play(settings(), &script)));
}

#[test]
fn when_the_last_agent_is_not_there_or_declines_it_is_the_next_ones() {
    let away = format!("{BOB_FIRST} agent bob away\n wait 300");
    expect![[r#"
        record   offered offer-1 bob cb-1
        record   offered offer-2 ann cb-1
    "#]]
    .assert_eq(&told(&play(last_agent(), &away)));
    let declines = format!("{BOB_FIRST} wait 300\n decline 2");
    expect![[r#"
        record   offered offer-1 bob cb-1
        record   offered offer-2 bob cb-1
        record   offered offer-3 ann cb-1
    "#]]
    .assert_eq(&told(&play(last_agent(), &declines)));
}

#[test]
fn a_restart_knows_the_last_agent_of_an_open_request() {
    let script = format!("{BOB_FIRST} crash durable\n wait 300");
    expect![[r#"
        record   offered offer-1 bob cb-1
        record   offered offer-2.1 bob cb-1
    "#]]
    .assert_eq(&told(&play(last_agent(), &script)));
}

#[test]
fn the_preferred_go_before_the_last_agent_and_the_first_of_them_before_the_others() {
    let script = format!("{BOB_FIRST} wait 300");
    expect![[r#"
        record   offered offer-1 bob cb-1
        record   offered offer-2 ann cb-1
    "#]]
    .assert_eq(&told(&play(preferring(&["ann"]), &script)));
    expect![[r#"
        record   offered offer-1 bob call-1
        record   offered offer-2 ann call-2
    "#]]
    .assert_eq(&told(&play(preferring(&["bob", "ann"]), "arrive 1\n arrive 2")));
}

#[test]
fn what_is_kept_for_an_agent_who_gets_an_older_work_is_anybodys() {
    let promised = "agent ann away\n agent bob away\n arrive 1 store\n ask 1\n written\n \
                    arrive 2\n ask 2\n written\n";
    let free = "journal down\n agent ann online\n agent bob online\n journal up";
    let script = format!("{promised} {free}");
    expect![[r#"
        record   offered offer-1 bob cb-1
        record   offered offer-2 ann cb-2
    "#]]
    .assert_eq(&told(&play(preferring(&["bob"]), &script)));
}

#[test]
fn who_has_talked_with_an_agent_as_a_caller_is_called_back_by_that_agent() {
    let script = "agent ann away\n arrive 1 from +33610000001\n accept 1\n bridged 1\n talked 1\n released 1\n \
                  agent ann online\n wait 10\n create 3 +33610000001\n written\n list";
    expect![[r#"
        record   offered offer-1 bob call-1
        record   offered offer-2 bob cb-1
        desk 1 cb-1: offered to bob
    "#]]
    .assert_eq(&told(&play(last_agent(), script)));
    expect![[r#"
        record   offered offer-1 bob call-1
        record   offered offer-2 ann cb-1
        desk 1 cb-1: offered to ann
    "#]]
    .assert_eq(&told(&play(settings(), script)));
}
