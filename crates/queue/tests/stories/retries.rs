//! What follows an attempt, by how it ended.

use std::time::Duration;

use expect_test::expect;
use ledger::DialOutcome;
use model::QueueName;
use queue::{Again, Retries, Settings};

use crate::harness::{ann_alone, play};

fn by(retries: Retries) -> Settings {
    let mut settings = ann_alone();
    let desk = settings.queues.get_mut(&QueueName::from("desk")).expect("the desk");
    (desk.retries, desk.agent_no_answer_counts) = (retries, true);
    settings
}

/// What is written once the first dial has ended so.
fn ended(settings: Settings, outcome: DialOutcome) -> String {
    let outcome = serde_json::to_string(&outcome).expect("a word").replace('"', "");
    let script = format!(
        "create 1 +33611111111\n written\n accept 1\n written\n dial 1/1 {outcome}\n released 1"
    );
    let ladder = play(settings, &script);
    let told = ladder
        .lines()
        .filter(|line| ["dial_ended", "closed", "because"].iter().any(|word| line.contains(word)));
    told.map(|line| format!("{}\n", line.trim())).collect()
}

const RULES: Retries = Retries {
    busy: Some(Again::After(Duration::from_secs(60))),
    no_answer: Some(Again::After(Duration::from_secs(1_800))),
    failed: Some(Again::Never),
    machine: Some(Again::After(Duration::from_secs(2_400))),
    agent: Some(Duration::from_secs(10)),
};

#[test]
fn the_next_attempt_follows_as_the_rule_of_the_outcome_says() {
    use DialOutcome::{AgentLeft, Busy, Failed, Machine, NoAnswer};
    let all = [Busy, NoAnswer, Failed, Machine, AgentLeft];
    let told: String = all.map(|outcome| ended(by(RULES), outcome)).concat();
    expect![[r#"
        record   dial_ended cb-1/1 busy retry at 10:01:00.000
        record   dial_ended cb-1/1 no_answer retry at 10:30:00.000
        record   dial_ended cb-1/1 failed
        record   request_closed cb-1 failed
        because the call could not be completed at attempt 1 of 2; no other follows
        closed   cb-1 failed
        record   dial_ended cb-1/1 machine retry at 10:40:00.000
        record   dial_ended cb-1/1 agent_left retry at 10:00:10.000
    "#]]
    .assert_eq(&told);
    let usual: String = all.map(|outcome| ended(by(Retries::default()), outcome)).concat();
    expect![[r#"
        record   dial_ended cb-1/1 busy retry at 10:05:00.000
        record   dial_ended cb-1/1 no_answer retry at 10:05:00.000
        record   dial_ended cb-1/1 failed retry at 10:05:00.000
        record   dial_ended cb-1/1 machine retry at 10:05:00.000
        record   dial_ended cb-1/1 agent_left retry at 10:05:00.000
    "#]]
    .assert_eq(&usual);
}

#[test]
fn an_agent_who_does_not_answer_puts_the_next_attempt_off_as_the_rule_says() {
    let offers = |retries| {
        let mut settings = by(retries);
        let desk = settings.queues.get_mut(&QueueName::from("desk")).expect("the desk");
        desk.decline_pause = Duration::ZERO;
        let ladder =
            play(settings, "create 1 +33611111111\n written\n miss 1\n released 1\n wait 10");
        ladder.lines().filter(|line| line.contains("record   offered")).count()
    };
    assert_eq!((offers(RULES), offers(Retries::default())), (2, 1));
}
