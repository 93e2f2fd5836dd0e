//! What follows an attempt that failed.

use std::time::Duration;

use expect_test::expect;
use queue::{Again, Retries};

use crate::{BASE, mistake};

fn read(keys: &str) -> Retries {
    let text = BASE.replace("request_ttl = \"8h\"", &format!("request_ttl = \"8h\"\n{keys}"));
    let (settings, _, _) = config::read("rappel.toml", &text).expect("it is good");
    settings.queue.queues.values().next().expect("a queue").retries
}

#[test]
fn each_outcome_may_have_a_rule_of_its_own() {
    assert_eq!(read(""), Retries::default());
    let keys = "retry_busy = \"1m\"\nretry_failed = \"never\"\nretry_agent = \"20s\"";
    let rules = Retries {
        busy: Some(Again::After(Duration::from_secs(60))),
        failed: Some(Again::Never),
        agent: Some(Duration::from_secs(20)),
        ..Retries::default()
    };
    assert_eq!(read(keys), rules);
    assert_eq!(read("retry_delay = \"1m\"\nretry_busy = \"1m\""), Retries::default());
}

#[test]
fn an_agent_who_leaves_never_costs_the_customer_the_callback() {
    let keys = "request_ttl = \"8h\"\nretry_agent = \"never\"";
    mistake(
        "request_ttl = \"8h\"",
        keys,
        expect![[r#"
        Error 17:15
          × `retry_agent` is not a time
            ╭─[rappel.toml:17:15]
         17 │ retry_agent = "never"
            ·               ───┬───
            ·                  ╰── expected a time from "10s" to "1d"
            ╰────
          help: write it in quotes with its units: "5m" (ms, s, m, h, d)
    "#]],
    );
}
