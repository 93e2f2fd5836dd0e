//! What a Prometheus scrapes.

use std::collections::BTreeSet;

use serde_json::json;

use crate::stand::{Stand, TOKENS};

/// The names that the page explains.
fn explained() -> BTreeSet<String> {
    let page = include_str!("../../../../docs/metrics.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split('`').next()).map(str::to_owned).collect()
}

/// The names of the samples of a scrape.
fn scraped(text: &str) -> BTreeSet<String> {
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples.filter_map(|line| line.split(['{', ' ']).next()).map(str::to_owned).collect()
}

#[test]
fn every_metric_is_explained_and_no_other() {
    let stand = Stand::with(&format!("requests_per_minute = 1000000\n{TOKENS}"));
    let crm = stand.by("SUPERVISOR");
    // Facts are counted by who follows them: once they are told, they are counted soon.
    crm.post("/callbacks", &json!({ "number": "+33612345678" })).expect(201);
    crm.delete("/callbacks/cb-1").expect(200);
    let closed = "rappel_facts_total{fact=\"request_closed\",how=\"cancelled\"} 1";
    let text = loop {
        let answer = stand.by("ADMIN").get("/metrics");
        assert_eq!(answer.status, 200, "{answer:?}");
        let kind = answer.header("content-type").unwrap_or_default().to_owned();
        assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
        if answer.body.contains(closed) {
            break answer.body;
        }
        std::thread::yield_now();
    };
    assert_eq!(scraped(&text), explained());
    for sample in [
        "rappel_up 1",
        "rappel_calls 0",
        "rappel_queue_entries{queue=\"sales\",kind=\"callback\"} 0",
        "rappel_agents{status=\"offline\"} 2",
        "rappel_facts_total{fact=\"callback_requested\",how=\"\"} 1",
    ] {
        assert!(text.lines().any(|line| line == sample), "{sample} in\n{text}");
    }
    assert!(!text.contains("12345678"), "nothing of a person is in it");
    assert!(text.ends_with("# EOF\n"));
    assert_eq!(stand.by("SITE").get("/metrics").problem(), "403 forbidden");
    assert_eq!(stand.anybody().get("/metrics").problem(), "401 unauthorized");
}
