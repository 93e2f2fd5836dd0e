//! Skills and priorities: one order for callers and callbacks, by priority and then by arrival.

use expect_test::expect;
use ledger::Need;
use model::{AgentName, LineName, QueueName};
use queue::Settings;

use crate::harness::{play, settings};

/// The line `main` asks for French; both lines lead to the desk, and `store` stands before.
fn french() -> Settings {
    let mut settings = settings();
    let main = settings.lines.get_mut(&LineName::from("main")).expect("the line");
    main.routing.needs = vec![Need::parse("french>=2").expect("a need")];
    let store = settings.lines.get_mut(&LineName::from("store")).expect("the line");
    store.queue = QueueName::from("desk");
    for (agent, level) in [("ann", 1), ("bob", 2)] {
        let agent = settings.agents.get_mut(&AgentName::from(agent)).expect("an agent");
        agent.skills = [("french".to_owned(), level)].into();
    }
    settings
}

fn vip() -> Settings {
    let mut settings = settings();
    let store = settings.lines.get_mut(&LineName::from("store")).expect("the line");
    store.queue = QueueName::from("desk");
    store.routing.priority = 9;
    settings
}

fn dropping(mut settings: Settings) -> Settings {
    let desk = settings.queues.get_mut(&QueueName::from("desk")).expect("the desk");
    (desk.keep_skills, desk.keep_priority) = (false, false);
    settings
}

/// Who is offered what, and who stands where.
fn told(ladder: &str) -> String {
    let wanted = |line: &&str| line.contains("record   offered") || line.contains("desk ");
    let lines = ladder.lines().filter(wanted).filter(|line| !line.contains("offer    "));
    lines
        .filter(|line| !line.contains("callback_requested"))
        .map(|line| format!("{}\n", line.trim()))
        .collect()
}

const NOBODY: &str = "agent ann away\n agent bob away\n";

#[test]
fn an_agent_who_lacks_the_skill_takes_whoever_is_behind() {
    let script =
        format!("{NOBODY} arrive 1\n arrive 2 store\n agent ann online\n agent bob online");
    expect![[r#"
        record   offered offer-1 ann call-2, not call-1: needs french>=2, has 1
        record   offered offer-2 bob call-1
    "#]]
    .assert_eq(&told(&play(french(), &script)));
}

#[test]
fn a_callback_asks_for_what_its_call_asked_for_or_not() {
    let script = format!("{NOBODY} arrive 1\n ask 1\n written\n agent ann online\n list");
    expect![[r#"
        desk 1 cb-1: waiting for an agent
    "#]]
    .assert_eq(&told(&play(french(), &script)));
    expect![[r#"
        record   offered offer-1 ann cb-1
        desk 1 cb-1: offered to ann
    "#]]
    .assert_eq(&told(&play(dropping(french()), &script)));
}

#[test]
fn a_higher_priority_stands_before_all_who_came_first() {
    let script = format!(
        "{NOBODY} arrive 1\n ask 1\n written\n arrive 2\n arrive 3 store\n list\n agent ann online"
    );
    expect![[r#"
        desk 1 call-3
        desk 2 cb-1: waiting for an agent
        desk 3 call-2
        record   offered offer-1 ann call-3
    "#]]
    .assert_eq(&told(&play(vip(), &script)));
}

#[test]
fn a_callback_that_does_not_keep_the_priority_stands_by_its_arrival() {
    let script = format!("{NOBODY} arrive 1\n arrive 2 store\n arrive 3\n ask 2\n written\n list");
    expect![[r#"
        desk 1 cb-1: waiting for an agent
        desk 2 call-1
        desk 3 call-3
    "#]]
    .assert_eq(&told(&play(vip(), &script)));
    expect![[r#"
        desk 1 call-1
        desk 2 cb-1: waiting for an agent
        desk 3 call-3
    "#]]
    .assert_eq(&told(&play(dropping(vip()), &script)));
}

#[test]
fn a_restart_keeps_skills_and_priorities() {
    let script = format!(
        "{NOBODY} arrive 1\n ask 1\n written\n arrive 2 store\n ask 2\n written\n crash durable\n list"
    );
    expect![[r#"
        record   offered offer-2.1 ann cb-2
        record   offered offer-2.2 bob cb-1
        desk 1 cb-2: offered to ann
        desk 2 cb-1: offered to bob
    "#]]
    .assert_eq(&told(&play(vip(), &script)));
    let script =
        format!("{NOBODY} arrive 1\n ask 1\n written\n crash durable\n agent bob away\n list");
    expect![[r#"
        record   offered offer-2.1 bob cb-1
        desk 1 cb-1: offered to bob
    "#]]
    .assert_eq(&told(&play(french(), &script)));
}

#[test]
fn whoever_rings_along_has_the_skill_too() {
    let mut settings = french();
    settings.queues.get_mut(&QueueName::from("desk")).expect("the desk").callers_ring = 2;
    let script =
        format!("{NOBODY} agent bob online\n agent ann online\n arrive 1\n arrive 2 store");
    expect![[r#"
        record   offered offer-1 bob call-1
        record   offered offer-2 ann call-2
    "#]]
    .assert_eq(&told(&play(settings, &script)));
}
