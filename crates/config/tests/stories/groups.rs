//! Groups of agents, and what agents and queues say of refusals and tickets.

use std::time::Duration;

use expect_test::expect;
use queue::Duplicates;

use crate::{BASE, changed, mistake, rendered};

/// The base file whose agent has these keys.
fn agent_with(keys: &str) -> String {
    changed("name = \"anna\"", &format!("name = \"anna\"\n{keys}"))
}

#[test]
fn an_agent_says_its_habits_and_else_its_group_does() {
    let group = "\n[[group]]\nname = \"experts\"\nwrap_up = \"1m\"\nauto_ready = false\n";
    let text = agent_with("group = \"experts\"\nauto_ready = true\ntakes_calls = false") + group;
    let (settings, _, _) = config::read("rappel.toml", &text).expect("it is good");
    let anna = settings.queue.agents.values().next().expect("an agent");
    assert_eq!(anna.wrap_up, Duration::from_secs(60), "by the group");
    assert!(anna.auto_ready, "by itself");
    assert!(!anna.priority && !anna.takes_calls);
}

#[test]
fn what_neither_an_agent_nor_its_group_says_the_account_does() {
    let rest = "\n[[group]]\nname = \"experts\"\nauto_ready = false\n\
                \n[account]\nwrap_up = \"1m\"\naway_after_missed = 3\nauto_ready = true\n";
    let text = agent_with("group = \"experts\"\naway_after_missed = 2") + rest;
    let (settings, _, _) = config::read("rappel.toml", &text).expect("it is good");
    let anna = settings.queue.agents.values().next().expect("an agent");
    assert_eq!(anna.wrap_up, Duration::from_secs(60), "by the account");
    assert!(!anna.auto_ready, "by the group");
    assert_eq!(anna.away_after_missed, 2, "by itself");
    let text = BASE.to_owned() + rest;
    let (settings, _, _) = config::read("rappel.toml", &text).expect("it is good");
    let anna = settings.queue.agents.values().next().expect("an agent");
    assert_eq!((anna.auto_ready, anna.away_after_missed), (true, 3), "without a group");
    let wrong = BASE.to_owned() + "\n[account]\naway_after_missed = 101\n";
    assert!(config::read("rappel.toml", &wrong).is_err());
}

#[test]
fn a_group_that_is_nowhere() {
    let text = agent_with("group = \"expert\"") + "\n[[group]]\nname = \"experts\"\n";
    expect![[r#"
        Error 25:9
          × there is no group `expert`
            ╭─[rappel.toml:25:9]
         25 │ group = "expert"
            ·         ────┬───
            ·             ╰── expected the name of a [[group]]
            ╰────
          help: did you mean `experts`?
    "#]]
    .assert_eq(&rendered(&text));
}

#[test]
fn a_subject_that_is_none() {
    mistake(
        "request_ttl = \"8h\"",
        "ticket_subject = \" \"",
        expect![[r#"
        Error 16:18
          × `ticket_subject`: this is no subject
            ╭─[rappel.toml:16:18]
         16 │ ticket_subject = " "
            ·                  ─┬─
            ·                   ╰── expected a few words
            ╰────
          help: it stands above every ticket: one line of at most 100 characters
    "#]],
    );
}

#[test]
fn a_script_that_cannot_stand_in_a_header() {
    mistake(
        "number = \"+33123456789\"\noutbound",
        "agent_script = \"Été\"\nnumber = \"+33123456789\"\noutbound",
        expect![[r#"
            Error 20:16
              × `agent_script`: this name cannot stand in a header
                ╭─[rappel.toml:20:16]
             20 │ agent_script = "Été"
                ·                ──┬──
                ·                  ╰── expected the name of a script
                ╰────
              help: it is sent to agents' phones in X-Script: ASCII, at most 100 characters
        "#]],
    );
}

#[test]
fn a_queue_says_what_refusals_and_duplicates_mean() {
    let keys = "agent_no_answer_counts = true\nends_when_all_decline = true\nticket_subject = \
                \"Callback\"\nduplicates = \"ticket\"";
    let text = BASE.replace("request_ttl = \"8h\"", keys);
    let (settings, _, _) = config::read("rappel.toml", &text).expect("it is good");
    let queue = settings.queue.queues.values().next().expect("a queue");
    assert!(
        queue.agent_no_answer_counts
            && queue.ends_when_all_decline
            && queue.duplicates == Duplicates::Ticket
    );
    assert_eq!(queue.ticket_subject.as_deref(), Some("Callback"));
}

#[test]
fn a_customer_who_calls_in_may_have_the_place_of_the_request() {
    let text = BASE.replace("request_ttl = \"8h\"", "duplicates = \"take_over\"");
    let (settings, _, _) = config::read("rappel.toml", &text).expect("it is good");
    let queue = settings.queue.queues.values().next().expect("a queue");
    assert_eq!(queue.duplicates, Duplicates::TakeOver);
    let wrong = BASE.replace("request_ttl = \"8h\"", "duplicates = \"takeover\"");
    assert!(rendered(&wrong).contains("take_over"), "{}", rendered(&wrong));
}
