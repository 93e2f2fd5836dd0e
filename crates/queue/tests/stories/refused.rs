//! Agents who do not take a callback, who are first, who are not ready; and what tickets tell.

use expect_test::expect;
use model::{AgentName, QueueName};
use queue::Settings;

use crate::harness::{ann_alone, play, settings};

fn desk(mut settings: Settings, change: impl FnOnce(&mut queue::QueueSettings)) -> Settings {
    change(settings.queues.get_mut(&QueueName::from("desk")).expect("the desk"));
    settings
}

fn agent(
    mut settings: Settings,
    name: &str,
    change: impl FnOnce(&mut queue::AgentSettings),
) -> Settings {
    change(settings.agents.get_mut(&AgentName::from(name)).expect("an agent"));
    settings
}

/// The facts that matter here.
fn told(ladder: &str) -> String {
    let words = ["missed", "ticket", "closed", "offered", "ann ", "bob "];
    let wanted = |line: &&str| {
        let fact = line.contains("record") && words.iter().any(|word| line.contains(word));
        fact || line.starts_with("    ann ") || line.starts_with("    bob ")
    };
    ladder.lines().filter(wanted).map(|line| format!("{}\n", line.trim())).collect()
}

const PROMISED: &str = "agent ann away\n agent bob away\n arrive 1\n ask 1\n written\n";

#[test]
fn an_agent_who_does_not_answer_may_use_up_an_attempt() {
    let settings = desk(ann_alone(), |desk| desk.agent_no_answer_counts = true);
    let script = "agent ann away\n arrive 1\n ask 1\n written\n agent ann online\n miss 1\n released 1\n wait 300\n \
                  miss 2\n released 2\n wait 600";
    expect![[r#"
        record   status_set ann away by command
        record   status_set ann online by command
        record   offered offer-1 ann cb-1
        record   attempt_missed cb-1, another follows
        record   offered offer-2 ann cb-1
        record   attempt_missed cb-1
        record   request_closed cb-1 no_answer
    "#]]
    .assert_eq(&told(&play(settings, script)));
}

#[test]
fn a_used_up_attempt_is_known_after_a_restart() {
    let settings = desk(ann_alone(), |desk| desk.agent_no_answer_counts = true);
    let script = "agent ann away\n arrive 1\n ask 1\n written\n agent ann online\n miss 1\n released 1\n crash durable\n \
                  wait 300\n miss 2.1\n wait 10";
    expect![[r#"
        record   status_set ann away by command
        record   status_set ann online by command
        record   offered offer-1 ann cb-1
        record   attempt_missed cb-1, another follows
        record   offered offer-2.1 ann cb-1
        record   attempt_missed cb-1
        record   request_closed cb-1 no_answer
    "#]]
    .assert_eq(&told(&play(settings, script)));
}

#[test]
fn a_request_that_everybody_declined_may_be_over() {
    let settings = desk(settings(), |desk| {
        desk.ends_when_all_decline = true;
        desk.ticket_subject = Some("Callback".into());
    });
    let script = format!(
        "{PROMISED} agent ann online\n decline 1\n released 1\n wait 600\n agent bob online\n decline 2"
    );
    expect![[r#"
        record   status_set ann away by command
        record   status_set bob away by command
        record   status_set ann online by command
        record   offered offer-1 ann cb-1
        record   status_set bob online by command
        record   offered offer-2 bob cb-1
        record   ticket_wanted cb-1: every agent declined it
        record   request_closed cb-1 all_agents_declined
    "#]]
    .assert_eq(&told(&play(settings.clone(), &script)));
    let leaves =
        format!("{PROMISED} agent ann online\n decline 1\n released 1\n agent bob transfer-only");
    expect![[r#"
        record   status_set ann away by command
        record   status_set bob away by command
        record   status_set ann online by command
        record   offered offer-1 ann cb-1
        record   status_set bob transfer_only by command
        record   ticket_wanted cb-1: every agent declined it
        record   request_closed cb-1 all_agents_declined
    "#]]
    .assert_eq(&told(&play(settings, &leaves)));
}

#[test]
fn tickets_tell_of_dials_of_what_failed_and_of_duplicates() {
    let settings = desk(ann_alone(), |desk| {
        desk.ticket_subject = Some("Callback".into());
        desk.duplicates = queue::Duplicates::Ticket;
    });
    let script = "agent ann away\n arrive 1\n ask 1\n written\n arrive 2\n ask 2 +33610000001\n agent ann online\n \
                  agent ann away\n leave 2\n agent ann online\n accept 1\n written\n dial 1/1 no_answer";
    let ladder = play(settings, script);
    let tickets = ladder.lines().filter(|line| line.contains("ticket"));
    let tickets: String = tickets.map(|line| format!("{}\n", line.trim())).collect();
    expect![[r#"
        record   ticket_wanted cb-1 call-2: the earlier request keeps its place
        record   ticket_wanted cb-1: an agent calls the customer back
        record   ticket_comment cb-1: the customer did not answer
    "#]]
    .assert_eq(&tickets);
}

#[test]
fn an_agent_with_priority_is_first_and_one_without_calls_never() {
    let flagged = agent(settings(), "bob", |bob| bob.priority = true);
    expect![[r#"
        record   offered offer-1 bob call-1
        record   offered offer-2 ann call-2
    "#]]
    .assert_eq(&told(&play(flagged, "arrive 1\n arrive 2")));
    let kept = agent(settings(), "ann", |ann| ann.takes_calls = false);
    expect![[r#"
        record   offered offer-1 bob call-1
    "#]]
    .assert_eq(&told(&play(kept, "arrive 1\n arrive 2")));
}

#[test]
fn an_agent_who_is_not_ready_by_itself_is_away_after_a_talk() {
    let settings = agent(ann_alone(), "ann", |ann| ann.auto_ready = false);
    let script = "arrive 1\n accept 1\n bridged 1\n talked 1\n released 1\n agents\n wait 60\n arrive 2\n agents\n \
                  agent ann online\n agents";
    expect![[r#"
        record   offered offer-1 ann call-1
        record   bridged ann call-1
        record   status_set ann away by engine
        ann Away Free
        ann Away Free
        record   status_set ann online by command
        record   offered offer-2 ann call-2
        ann Online Ringing
    "#]]
    .assert_eq(&told(&play(settings, script)));
}

#[test]
fn what_an_agent_said_during_the_talk_stands_after_it() {
    let settings = agent(ann_alone(), "ann", |ann| ann.auto_ready = false);
    let script =
        "arrive 1\n accept 1\n bridged 1\n agent ann offline\n talked 1\n released 1\n agents";
    expect![[r#"
        record   offered offer-1 ann call-1
        record   bridged ann call-1
        record   status_set ann offline by command
        ann Offline Free
    "#]]
    .assert_eq(&told(&play(settings, script)));
}

#[test]
fn a_callback_of_an_agent_who_goes_away_by_itself_is_not_offered_twice() {
    let settings = agent(settings(), "ann", |ann| ann.auto_ready = false);
    let script = "arrive 1\n accept 1\n bridged 1\n arrive 2\n accept 2\n bridged 2\n \
                  agent ann offline\n create 1 +33612345678 for ann\n written\n \
                  talked 1\n released 1\n agents\n talked 2\n released 2\n wait 10\n accept 3\n written\n \
                  agent ann online\n agents";
    expect![[r#"
        record   offered offer-1 ann call-1
        record   bridged ann call-1
        record   offered offer-2 bob call-2
        record   bridged bob call-2
        record   status_set ann offline by command
        ann Offline Free
        bob Online Talking
        record   offered offer-3 bob cb-1
        record   status_set ann online by command
        ann Online Free
        bob Online Connecting
    "#]]
    .assert_eq(&told(&play(settings, script)));
}

#[test]
fn a_callback_whose_owner_does_not_serve_the_queue_is_for_everybody() {
    let settings = agent(settings(), "ann", |ann| ann.queues = vec![QueueName::from("shop")]);
    let script = "create 1 +33612345678 for ann\n written";
    expect![[r#"
        record   offered offer-1 bob cb-1
    "#]]
    .assert_eq(&told(&play(settings, script)));
}

#[test]
fn a_callback_is_kept_for_its_owner_as_long_as_a_reload_lets_the_owner_serve_it() {
    let script = "agent bob away\n agent ann away\n create 1 +33612345678 for ann\n written\n agent bob online\n agents\n \
                  with agent ann shop\n reload";
    expect![[r#"
        record   status_set bob away by command
        record   status_set ann away by command
        record   status_set bob online by command
        ann Away Free
        bob Online Free
        record   offered offer-1 bob cb-1
    "#]]
    .assert_eq(&told(&play(settings(), script)));
}

#[test]
fn who_leaves_too_many_calls_in_a_row_unanswered_is_away_until_somebody_says_otherwise() {
    let mut settings = ann_alone();
    let ann = settings.agents.get_mut(&AgentName::from("ann")).expect("ann");
    ann.away_after_missed = 2;
    for queue in settings.queues.values_mut() {
        queue.decline_pause = std::time::Duration::ZERO;
    }
    let ladder = play(
        settings,
        "arrive 1
         miss 1
         released 1
         decline 2
         released 2
         miss 3
         released 3
         miss 4
         released 4
         agents
         list
         agent ann online
         miss 5
         released 5
         fail 6
         released 6
         agents",
    );
    expect![[r#"
        arrive 1
            record   call_arrived call-1 main/desk
            record   offered offer-1 ann call-1
            offer    offer-1 ann desk call-1
        miss 1
            record   offer_ended offer-1 no_answer
        released 1
            record   offered offer-2 ann call-1
            offer    offer-2 ann desk call-1
        decline 2
            record   offer_ended offer-2 declined
        released 2
            record   offered offer-3 ann call-1
            offer    offer-3 ann desk call-1
        miss 3
            record   offer_ended offer-3 no_answer
        released 3
            record   offered offer-4 ann call-1
            offer    offer-4 ann desk call-1
        miss 4
            record   offer_ended offer-4 no_answer
            record   status_set ann away (missed 2 calls in a row) by engine
        released 4
        agents
            ann Away Free
        list
            desk 1 call-1
                because the agent did not answer in time
        agent ann online
            record   status_set ann online by command
            record   offered offer-5 ann call-1
            offer    offer-5 ann desk call-1
        miss 5
            record   offer_ended offer-5 no_answer
        released 5
            record   offered offer-6 ann call-1
            offer    offer-6 ann desk call-1
        fail 6
            record   offer_ended offer-6 failed
        released 6
        agents
            ann Online Free
    "#]]
    .assert_eq(&ladder);
}
