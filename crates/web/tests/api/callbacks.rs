//! Callbacks: asked for, seen, moved, taken back.

use serde_json::{Value, json};

use crate::stand::Stand;

#[test]
fn a_callback_is_asked_for_seen_moved_and_taken_back() {
    let stand = Stand::new();
    let crm = stand.by("SUPERVISOR");
    let wish = json!({ "number": "+33612345678", "tags": ["order-7"], "origin": "chat" });
    let answer = crm.post("/callbacks", &wish);
    assert_eq!(answer.header("location"), Some("/callbacks/cb-1"));
    let promised = answer.expect(201);
    assert_eq!(promised, json!({ "id": "cb-1", "what": "cb-1 waits at place 1" }));

    let seen = crm.get("/callbacks/cb-1").expect(200);
    let shown = |key: &str| seen[key].as_str().unwrap_or_default().to_owned();
    assert_eq!(shown("number"), "+336******78", "masked unless asked for");
    assert_eq!((shown("state"), shown("origin")), ("waiting".into(), "chat".into()));
    assert_eq!((seen["place"].clone(), seen["tags"].clone()), (json!(1), json!(["order-7"])));
    assert_eq!(seen["history"][0]["fact"], "callback_requested");
    assert!(model::Wall::parse(&shown("requested")).is_some(), "{seen}");
    let revealed = crm.get("/callbacks/cb-1?reveal=true").expect(200);
    assert_eq!(revealed["number"], "+33612345678");

    let queues = crm.get("/queues").expect(200);
    assert_eq!(queues["queues"][0]["name"], "sales");
    assert_eq!(queues["queues"][0]["entries"][0]["callback"], "cb-1");
    assert_eq!(queues["queues"][0]["entries"][0]["place"], 1);

    let later = model::Wall::from_unix_millis(now_millis() + 3_600_000).to_string();
    crm.patch("/callbacks/cb-1", &json!({ "at": later })).expect(200);
    let moved = crm.get("/callbacks/cb-1").expect(200);
    assert_eq!(
        (moved["state"].as_str(), moved["due"].as_str()),
        (Some("scheduled"), Some(&*later))
    );
    crm.post("/callbacks/cb-1/retry", &json!({})).expect(200);
    assert_eq!(crm.get("/callbacks/cb-1").expect(200)["state"], "waiting");

    let done = crm.delete("/callbacks/cb-1").expect(200);
    assert_eq!(done["what"], "cb-1 is cancelled");
    let closed = crm.get("/callbacks/cb-1").expect(200);
    assert_eq!(
        (closed["state"].as_str(), closed["end"].as_str()),
        (Some("closed"), Some("cancelled"))
    );
    assert_eq!(crm.delete("/callbacks/cb-1").problem(), "404 unknown_request");
}

#[test]
fn who_asks_twice_with_the_same_key_asks_once() {
    let stand = Stand::new();
    let wish = |number: &str| json!({ "number": number });
    let crm = stand.by("SUPERVISOR").with("Idempotency-Key", "order-7");
    let first = crm.post("/callbacks", &wish("+33612345678")).expect(201);
    let again = crm.post("/callbacks", &wish("+33612345678")).expect(201);
    assert_eq!((&first["id"], &again["id"]), (&json!("cb-1"), &json!("cb-1")));
    assert_eq!(crm.post("/callbacks", &wish("+33612345679")).problem(), "422 key_taken");
    let other = stand.by("SITE").with("Idempotency-Key", "order-7");
    let of_another = other.post("/callbacks", &wish("+33612345679")).expect(201);
    assert_eq!(of_another["id"], "cb-2", "each token has keys of its own");
    let without = stand.by("SUPERVISOR").post("/callbacks", &wish("+33612345678"));
    assert_eq!(without.problem(), "409 already_waiting");
    let long = stand.by("SUPERVISOR").with("Idempotency-Key", &"x".repeat(97));
    assert_eq!(long.post("/callbacks", &wish("+33612345671")).problem(), "400 malformed");
}

#[test]
fn what_cannot_be_meant_is_said_to_be_so() {
    let stand = Stand::new();
    let crm = stand.by("SUPERVISOR");
    let wish = |extra: Value| {
        let mut wish = json!({ "number": "+33612345678" });
        wish.as_object_mut().expect("an object").extend(extra.as_object().cloned().expect("one"));
        crm.post("/callbacks", &wish).problem()
    };
    assert_eq!(wish(json!({ "number": "0612345678" })), "422 bad_number");
    assert_eq!(wish(json!({ "line": "nowhere" })), "422 unknown_line");
    assert_eq!(wish(json!({ "owner": "nobody" })), "404 unknown_agent");
    assert_eq!(wish(json!({ "at": "tomorrow" })), "422 bad_terms");
    assert_eq!(wish(json!({ "at": "2020-01-01T10:00Z" })), "422 bad_terms");
    assert_eq!(wish(json!({ "slot": "2020-01-01T10:00Z" })), "422 no_such_slot");
    assert_eq!(wish(json!({ "tags": vec!["x"; 17] })), "422 bad_terms");
    assert_eq!(wish(json!({ "colour": "red" })), "400 malformed");
    assert_eq!(crm.post("/callbacks", &json!([])).problem(), "400 malformed");
    let kind = "Content-Type: text/plain\r\n";
    assert_eq!(crm.say("POST", "/callbacks", kind, "{}").problem(), "415 not_json");
    let kind = "Content-Type: application/json\r\n";
    assert_eq!(crm.say("POST", "/callbacks", kind, "{\"number").problem(), "400 malformed");
    let huge = " ".repeat(web::BODY_BYTES_MAX + 1);
    assert_eq!(crm.say("POST", "/callbacks", kind, &huge).problem(), "413 too_large");
    assert_eq!(crm.get("/callbacks/cb-9").problem(), "404 unknown_request");
    assert_eq!(crm.get("/callbacks/nine").problem(), "404 unknown");
    assert_eq!(crm.get("/callbacks?limit=0").problem(), "422 bad_terms");
    assert_eq!(crm.get("/callbacks?colour=red").problem(), "400 malformed");
    assert_eq!(
        crm.put("/agents/nobody/status", &json!({ "status": "away" })).problem(),
        "404 unknown_agent"
    );
    assert_eq!(
        crm.put("/agents/anna/status", &json!({ "status": "asleep" })).problem(),
        "400 malformed"
    );
    assert_eq!(
        crm.post("/callbacks/cb-1/resolve", &json!({ "reached": true })).problem(),
        "404 unknown_request"
    );
    assert_eq!(crm.get("/nothing").problem(), "404 unknown");
    assert_eq!(crm.delete("/status").problem(), "405 not_allowed");
    assert_eq!(stand.running.status().requests, 0, "nothing was asked for");
}

#[test]
fn callbacks_are_found_by_origin_owner_tag_and_queue_page_by_page() {
    let stand = Stand::new();
    let crm = stand.by("SUPERVISOR");
    for n in 0..5 {
        let (owner, tag) = if n % 2 == 0 { ("anna", "even") } else { ("ben", "odd") };
        let origin = if n == 4 { "web" } else { "agent" };
        let number = format!("+3361234567{n}");
        let wish = json!({ "number": number, "owner": owner, "tags": [tag], "origin": origin });
        crm.post("/callbacks", &wish).expect(201);
    }
    let ids = |path: &str| {
        let page = crm.get(path).expect(200);
        let list = page["callbacks"].as_array().cloned().expect("a list");
        let ids: Vec<String> =
            list.iter().map(|one| one["id"].as_str().unwrap_or_default().to_owned()).collect();
        (ids.join(" "), page["more"].clone(), page["next"].clone())
    };
    let whole = |ids: &str| (ids.to_owned(), json!(0), Value::Null);
    assert_eq!(ids("/callbacks?owner=anna"), whole("cb-1 cb-3 cb-5"));
    assert_eq!(ids("/callbacks?tag=odd"), whole("cb-2 cb-4"));
    assert_eq!(ids("/callbacks?origin=web"), whole("cb-5"));
    assert_eq!(ids("/callbacks?origin=agent&owner=anna"), whole("cb-1 cb-3"));
    assert_eq!(ids("/callbacks?queue=elsewhere"), whole(""));
    assert_eq!(ids("/callbacks?limit=2"), ("cb-1 cb-2".into(), json!(3), json!("cb-2")));
    assert_eq!(ids("/callbacks?limit=2&after=cb-2"), ("cb-3 cb-4".into(), json!(1), json!("cb-4")));
    assert_eq!(ids("/callbacks?limit=2&after=cb-4"), whole("cb-5"));
    crm.delete("/callbacks/cb-1").expect(200);
    assert_eq!(ids("/callbacks?owner=anna"), whole("cb-3 cb-5"));
    assert_eq!(ids("/callbacks?owner=anna&all=true"), whole("cb-1 cb-3 cb-5"));
}

#[test]
fn a_slot_is_booked_until_it_is_full() {
    let stand = Stand::new();
    let site = stand.by("SITE");
    let slots = site.get("/slots").expect(200);
    let slot = &slots["slots"][1];
    assert_eq!(slot["left"], 6);
    let wish = |n: u64| {
        let number = format!("+3361234567{n}");
        site.post("/callbacks", &json!({ "number": number, "slot": slot["begins"] }))
    };
    for n in 0..6 {
        wish(n).expect(201);
    }
    assert_eq!(wish(6).problem(), "409 slot_full");
    let left = site.get("/slots").expect(200)["slots"].as_array().cloned().expect("a list");
    assert!(left.iter().all(|other| other["begins"] != slot["begins"]), "it is not shown any more");
    let first = stand.by("VIEWER").get("/callbacks/cb-1").expect(200);
    assert_eq!((&first["due"], &first["origin"]), (&slot["begins"], &json!("web")));
}

pub fn now_millis() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(since.expect("after 1970").as_millis()).expect("not so late")
}
