//! Who may ask what.

use serde_json::json;

use crate::stand::{Stand, TOKENS};

#[test]
fn nobody_asks_without_a_token() {
    let stand = Stand::new();
    let refused = stand.anybody().get("/status");
    assert_eq!(refused.problem(), "401 unauthorized");
    assert_eq!(refused.header("www-authenticate"), Some("Bearer realm=\"rappel\""));
    let stranger = stand.anybody().with("Authorization", "Bearer 0123456789abcdefghijklmnop");
    assert_eq!(stranger.get("/status").problem(), "401 unauthorized");
    let basic = stand.anybody().with("Authorization", "Basic YTpi");
    assert_eq!(basic.post("/callbacks", &json!({})).problem(), "401 unauthorized");
    assert_eq!(stand.anybody().get("/nothing").problem(), "401 unauthorized");
    assert_eq!(stand.anybody().get("/livez").status, 200);
    assert_eq!(stand.anybody().get("/readyz").body, "ok\n");
    assert_eq!(stand.by("VIEWER").get("/status").expect(200)["calls"], 0);
}

#[test]
fn each_role_may_what_it_is_for() {
    let stand = Stand::new();
    let wish = json!({ "number": "+33612345678", "owner": "ben" });
    stand.by("SUPERVISOR").post("/callbacks", &wish).expect(201);
    let status = |role: &str, method: &str, path: &str| {
        let body = match method {
            "PUT" => json!({ "status": "away" }),
            _ => json!({ "number": "+3361234567" }),
        };
        let body = Some(&body).filter(|_| method != "GET" && method != "DELETE");
        stand.by(role).ask(method, path, body).status
    };
    let asked = [
        ("GET", "/availability"),
        ("GET", "/slots"),
        ("POST", "/callbacks"),
        ("GET", "/status"),
        ("GET", "/calls"),
        ("GET", "/queues"),
        ("GET", "/agents"),
        ("GET", "/callbacks"),
        ("GET", "/callbacks/cb-1"),
        ("GET", "/callbacks/cb-1?reveal=true"),
        ("GET", "/callbacks?reveal=true"),
        ("PUT", "/agents/ben/status"),
        ("GET", "/settings/plan"),
        ("POST", "/settings/reload"),
        ("POST", "/drain?"),
    ];
    let allowed = |role: &str| -> String {
        // Whoever may drain would end the story.
        let asked = asked.iter().filter(|(_, path)| role != "ADMIN" || *path != "/drain?");
        asked
            .map(|(method, path)| if status(role, method, path) == 403 { '-' } else { 'x' })
            .collect()
    };
    let may = ["SITE", "VIEWER", "AGENT", "SUPERVISOR", "ADMIN"].map(allowed);
    assert_eq!(
        may,
        [
            "xxx------------",
            "xx-xxxxxx------",
            "xxxxxxxxx------",
            "xxxxxxxxxxxx---",
            "xxxxxxxxxxxxxx"
        ]
    );
    for (method, path) in [
        ("PATCH", "/callbacks/cb-1"),
        ("POST", "/callbacks/cb-1/retry"),
        ("POST", "/callbacks/cb-1/resolve"),
        ("POST", "/callbacks/cb-1/do-not-record"),
        ("DELETE", "/callbacks/cb-1"),
    ] {
        let body = match path.rsplit('/').next() {
            Some("resolve") => json!({ "reached": true }),
            _ => json!({ "at": "2020-01-01T10:00Z" }),
        };
        let body = Some(&body).filter(|_| method != "DELETE");
        for role in ["SITE", "VIEWER", "AGENT"] {
            assert_eq!(
                stand.by(role).ask(method, path, body).status,
                403,
                "{role} {method} {path}"
            );
        }
        assert_ne!(stand.by("SUPERVISOR").ask(method, path, body).status, 403, "{method} {path}");
    }
}

#[test]
fn other_tokens_and_origins_count_at_once() {
    let stand = Stand::new();
    assert_eq!(stand.by("VIEWER").get("/status").status, 200);
    let token = |name: &str, secret: &str| config::Token {
        name: name.to_owned(),
        role: config::Role::Viewer,
        agent: None,
        secret: config::Hidden::new(secret.to_owned()),
    };
    let mut http = config::Http::open(stand.web.address());
    (http.open, http.tokens) = (false, vec![token("new", "a-token-of-a-later-hour-0000")]);
    http.origins = vec!["https://new.example".to_owned()];
    stand.web.keys().follow(&http);
    assert_eq!(stand.by("VIEWER").get("/status").problem(), "401 unauthorized");
    let new = stand.anybody().with("Authorization", "Bearer a-token-of-a-later-hour-0000");
    let page = new.with("Origin", "https://new.example").get("/status");
    assert_eq!((page.status, page.header("access-control-allow-origin").is_some()), (200, true));
}

#[test]
fn an_engine_without_a_file_says_that_it_reads_none_again() {
    let stand = Stand::new();
    let asked = stand.by("ADMIN").ask("POST", "/settings/reload", None);
    assert_eq!(asked.problem(), "409 not_available");
}

#[test]
fn an_agent_acts_for_one_agent() {
    let stand = Stand::new();
    let anna = stand.by("AGENT");
    anna.put("/agents/anna/status", &json!({ "status": "away" })).expect(200);
    anna.put("/agents/anna/busy", &json!({ "channel": "chat" })).expect(200);
    let agents = stand.by("VIEWER").get("/agents").expect(200);
    assert_eq!(
        (&agents["agents"][0]["name"], &agents["agents"][0]["status"]),
        (&json!("anna"), &json!("away"))
    );
    assert_eq!(agents["agents"][0]["state"], "busy with chat");
    anna.put("/agents/anna/busy", &json!({ "channel": null })).expect(200);
    let others = anna.put("/agents/ben/status", &json!({ "status": "away" }));
    assert_eq!(others.problem(), "403 forbidden");
    let mine = anna.post("/callbacks", &json!({ "number": "+33612345678" })).expect(201);
    let seen = anna.get("/callbacks/cb-1").expect(200);
    assert_eq!(
        (&mine["id"], &seen["owner"], &seen["origin"]),
        (&json!("cb-1"), &json!("anna"), &json!("agent"))
    );
    anna.delete("/callbacks/cb-1").expect(200);
    let of_ben = json!({ "number": "+33612345679", "owner": "ben" });
    stand.by("SUPERVISOR").post("/callbacks", &of_ben).expect(201);
    assert_eq!(anna.delete("/callbacks/cb-2").problem(), "403 forbidden");
}

#[test]
fn a_site_says_nothing_of_how_it_is_done() {
    let stand = Stand::new();
    let site = stand.by("SITE");
    let with = |key: &str, value: &str| {
        site.post("/callbacks", &json!({ "number": "+33612345678", key: value }))
    };
    assert_eq!(with("owner", "anna").problem(), "403 forbidden");
    assert_eq!(with("origin", "operator").problem(), "403 forbidden");
    with("origin", "mobile").expect(201);
}

#[test]
fn pages_of_named_sites_may_ask_from_a_browser() {
    let stand = Stand::with(&format!("origins = [\"https://shop.example\"]\n{TOKENS}"));
    let page = |origin: &str| stand.by("SITE").with("Origin", origin);
    let answer = page("https://shop.example").get("/availability");
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://shop.example"));
    assert_eq!((answer.status, answer.header("vary")), (200, Some("Origin")));
    let other = page("https://elsewhere.example").get("/availability");
    assert_eq!(other.header("access-control-allow-origin"), None, "the browser hides the answer");
    let may = |origin: &str| {
        stand.anybody().with("Origin", origin).with("Access-Control-Request-Method", "POST").ask(
            "OPTIONS",
            "/callbacks",
            None,
        )
    };
    let asked = may("https://shop.example");
    assert_eq!(
        (asked.status, asked.header("access-control-allow-origin")),
        (204, Some("https://shop.example"))
    );
    let headers = asked.header("access-control-allow-headers").unwrap_or_default();
    assert!(headers.contains("Authorization") && headers.contains("Idempotency-Key"), "{headers}");
    let refused = may("https://elsewhere.example");
    assert_eq!(refused.header("access-control-allow-origin"), None);
    assert_eq!(refused.header("access-control-allow-methods"), None);
    let problem = stand.anybody().with("Origin", "https://shop.example").get("/status");
    assert_eq!(problem.problem(), "401 unauthorized");
    assert!(problem.header("access-control-allow-origin").is_some(), "the page may read why");
}

#[test]
fn in_the_laboratory_programs_need_no_token_and_pages_may_not_ask() {
    let stand = Stand::open();
    let wish = json!({ "number": "+33612345678" });
    stand.anybody().post("/callbacks", &wish).expect(201);
    let page = stand.anybody().with("Origin", "https://elsewhere.example");
    assert_eq!(page.ask("POST", "/callbacks/cb-1/retry", None).problem(), "403 forbidden");
    assert_eq!(page.ask("POST", "/drain", None).problem(), "403 forbidden");
    let rebound = stand.anybody().host("elsewhere.example:8080");
    assert_eq!(rebound.get("/callbacks").problem(), "403 forbidden");
    assert_eq!(stand.anybody().host("localhost:8080").get("/callbacks").status, 200);
    assert_eq!(stand.anybody().host("[::1]:8080").get("/callbacks").status, 200);
}

#[test]
fn an_engine_that_drains_is_not_ready_and_one_that_is_gone_says_so() {
    let stand = Stand::new();
    // A callback keeps nothing under way: the engine ends at once.
    let answer = stand.by("ADMIN").ask("POST", "/drain", None);
    assert_eq!(answer.status, 202, "{answer:?}");
    let Stand { web, running, .. } = stand;
    running.wait().expect("ends well");
    let gone = crate::client::Client::new(web.address());
    assert_eq!(gone.get("/readyz").status, 503);
    assert_eq!(gone.get("/livez").status, 200);
    let token = format!("Bearer {}", crate::stand::token("SUPERVISOR"));
    let asked = gone.with("Authorization", &token).get("/queues");
    assert_eq!(asked.problem(), "503 stopping");
    assert_eq!(asked.header("retry-after"), Some("5"));
}
