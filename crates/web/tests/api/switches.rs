//! What operators switch off and on.

use serde_json::json;

use crate::stand::Stand;

#[test]
fn registering_and_processing_are_switched_off_and_on_apart_from_each_other() {
    let stand = Stand::new();
    let crm = stand.by("SUPERVISOR");
    let turn = |path: &str, on: bool| crm.put(path, &json!({ "on": on }));
    let off = turn("/queues/sales/registering", false).expect(200);
    assert_eq!(off["what"], "registering is off for queue sales");
    let wish = json!({ "number": "+33612345678" });
    assert_eq!(crm.post("/callbacks", &wish).problem(), "409 not_available");
    let status = crm.get("/status").expect(200);
    assert_eq!(status["switched_off"], json!(["registering of queue sales"]));
    turn("/queues/sales/registering", true).expect(200);

    turn("/switches/processing", false).expect(200);
    crm.post("/callbacks", &wish).expect(201);
    let kept = crm.get("/callbacks/cb-1").expect(200);
    assert_eq!(kept["state"], "waiting");
    let why = kept["why"].as_str().unwrap_or_default();
    assert_eq!(why, "the processing of callbacks is switched off for the whole engine");
    turn("/switches/processing", true).expect(200);

    assert_eq!(turn("/queues/nowhere/processing", false).problem(), "422 bad_terms");
    assert_eq!(turn("/lines/nowhere/processing", false).problem(), "422 unknown_line");
    assert_eq!(turn("/switches/laughing", false).problem(), "404 unknown");
    for role in ["SITE", "VIEWER", "AGENT"] {
        let said = stand.by(role).put("/switches/processing", &json!({ "on": false }));
        assert_eq!(said.status, 403, "{role}");
    }
}
