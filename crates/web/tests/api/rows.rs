//! The rows that are screens in the originals, over HTTP: what `sim` tells at the seam of commands
//! and facts, told here by those who have only a browser.

use serde_json::{Value, json};

use crate::adapter::declines;
use crate::callbacks::now_millis;
use crate::client::Client;
use crate::hooks::{Mock, hook};
use crate::stand::{Stand, TOKENS};

fn wish(stand: &Stand, role: &str, wish: Value) -> String {
    let promised = stand.by(role).post("/callbacks", &wish).expect(201);
    promised["id"].as_str().expect("an id").to_owned()
}

fn in_an_hour() -> String {
    model::Wall::from_unix_millis(now_millis() + 3_600_000).to_string()
}

fn ids(client: &Client, path: &str) -> Vec<String> {
    let page = client.get(path).expect(200);
    let list = page["callbacks"].as_array().cloned().expect("a list");
    list.iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn z25_when_all_agents_decline_one_ticket_is_told() {
    let mock = Mock::new(&[]);
    let facts = "facts = [\"ticket_wanted\", \"request_closed\"]\n";
    let stand = Stand::with(&hook(mock.at(), facts));
    wish(&stand, "SITE", json!({ "number": "+33612345678" }));
    stand.by("AGENT").put("/agents/anna/status", &json!({ "status": "online" })).expect(200);
    declines(&stand.agent, stand.running.sip());
    let mut told = [mock.next().event(), mock.next().event()];
    told.sort_by_key(|event| event["type"].to_string());
    let [closed, ticket] = told;
    assert_eq!(closed["data"]["end"], "all_agents_declined");
    assert_eq!(
        (&ticket["type"], &ticket["subject"]),
        (&json!("rappel.ticket_wanted"), &json!("cb-1"))
    );
    assert_eq!(ticket["data"]["subject"], "Rappel");
}

#[test]
fn d13_callbacks_are_asked_for_from_web_mobile_voice_and_chat_with_and_without_a_time() {
    let stand = Stand::new();
    let origins = ["web", "mobile", "operator", "chat"];
    let slots = stand.by("SITE").get("/slots").expect(200);
    for (n, origin) in origins.iter().enumerate() {
        let now = json!({ "number": format!("+3361234567{n}"), "origin": origin });
        wish(&stand, "SUPERVISOR", now);
        let number = format!("+3361234568{n}");
        // Customers choose among the slots, who works here does not.
        let (key, time) = match *origin {
            "operator" => ("at", json!(in_an_hour())),
            _ => ("slot", slots["slots"][1]["begins"].clone()),
        };
        wish(&stand, "SUPERVISOR", json!({ "number": number, "origin": origin, key: time }));
    }
    let viewer = stand.by("VIEWER");
    for origin in origins {
        let [now, later] = &ids(&viewer, &format!("/callbacks?origin={origin}"))[..] else {
            panic!("two by {origin}")
        };
        let state =
            |id: &String| viewer.get(&format!("/callbacks/{id}")).expect(200)["state"].clone();
        assert_eq!((state(now), state(later)), (json!("waiting"), json!("scheduled")), "{origin}");
    }
}

#[test]
fn g10_callbacks_made_by_agents_are_listed_and_managed() {
    let stand = Stand::new();
    wish(&stand, "SITE", json!({ "number": "+33612345670" }));
    wish(&stand, "AGENT", json!({ "number": "+33612345671", "at": in_an_hour() }));
    wish(&stand, "AGENT", json!({ "number": "+33612345672", "at": in_an_hour() }));
    let crm = stand.by("SUPERVISOR");
    let of_agents = "/callbacks?origin=agent";
    assert_eq!(ids(&crm, of_agents), ["cb-2", "cb-3"]);
    let later = model::Wall::from_unix_millis(now_millis() + 7_200_000).to_string();
    crm.patch("/callbacks/cb-2", &json!({ "at": later })).expect(200);
    assert_eq!(crm.get("/callbacks/cb-2").expect(200)["due"], later);
    crm.delete("/callbacks/cb-3").expect(200);
    assert_eq!(ids(&crm, of_agents), ["cb-2"]);
}

#[test]
fn g11_an_agent_makes_a_callback_for_later() {
    let stand = Stand::new();
    let id = wish(&stand, "AGENT", json!({ "number": "+33612345678", "at": in_an_hour() }));
    let seen = stand.by("AGENT").get(&format!("/callbacks/{id}")).expect(200);
    assert_eq!((&seen["owner"], &seen["state"]), (&json!("anna"), &json!("scheduled")));
}

#[test]
fn i01_a_visitor_asks_with_one_click() {
    let site = "origins = [\"https://shop.example\"]\nrequests_per_minute = 4\n";
    let stand = Stand::with(&format!("{site}{TOKENS}"));
    let page = stand.by("SITE").with("Origin", "https://shop.example");
    let click = |number: &str| page.post("/callbacks", &json!({ "number": number }));
    let answer = click("+33612345678");
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://shop.example"));
    assert_eq!(answer.expect(201)["id"], "cb-1");
    assert_eq!(click("+33612345678").problem(), "409 already_waiting");
    assert_eq!(click("+33612345679").problem(), "429 too_often", "a button is no machine gun");
}

#[test]
fn i10_it_is_shown_who_takes_calls_and_at_which_number() {
    let stand = Stand::new();
    let agents = stand.by("VIEWER").get("/agents").expect(200);
    let shown = |n: usize, key: &str| agents["agents"][n][key].clone();
    assert_eq!((shown(0, "name"), shown(0, "takes_calls")), (json!("anna"), json!(true)));
    let phone = shown(0, "phone");
    let address = stand.agent.local_addr().expect("an address").to_string();
    assert!(phone.as_str().is_some_and(|phone| phone.contains(&address)), "{phone}");
}

#[test]
fn i28_i33_an_agent_who_pauses_or_chats_is_not_available() {
    let stand = Stand::new();
    let (anna, viewer) = (stand.by("AGENT"), stand.by("VIEWER"));
    let state = || viewer.get("/agents").expect(200)["agents"][0].clone();
    anna.put("/agents/anna/status", &json!({ "status": "online" })).expect(200);
    anna.put("/agents/anna/busy", &json!({ "channel": "chat" })).expect(200);
    assert_eq!(
        (&state()["status"], &state()["state"]),
        (&json!("online"), &json!("busy with chat"))
    );
    anna.put("/agents/anna/busy", &json!({ "channel": null })).expect(200);
    assert_eq!(state()["state"], "free");
    anna.put("/agents/anna/status", &json!({ "status": "away" })).expect(200);
    assert_eq!(state()["status"], "away");
}

#[test]
fn i34_i35_availability_feeds_any_button_and_knows_its_tags() {
    let stand = Stand::new();
    let site = stand.by("SITE");
    let answer = site.get("/availability?tag=page-7&tag=mobile&line=main").expect(200);
    assert_eq!((&answer["immediate"], &answer["deferred"]), (&json!(true), &json!(true)));
    assert_eq!(answer["tags"], json!(["page-7", "mobile"]));
    assert_eq!(site.get("/availability?line=nowhere").problem(), "422 unknown_line");
    assert_eq!(site.get("/availability?colour=red").problem(), "400 malformed");
}
