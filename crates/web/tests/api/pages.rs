//! The description of the API, and the API.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::stand::Stand;

/// The paths of the router, as its source has them.
fn routed() -> BTreeSet<String> {
    let source = include_str!("../../src/api/mod.rs");
    let behind = source.split(".route(").skip(1);
    let path = |text: &str| text.split('"').nth(1).map(str::to_owned);
    behind.filter_map(path).collect()
}

#[test]
fn the_description_names_every_path_and_no_other() {
    let document: Value = serde_json::from_str(&web::document()).expect("JSON");
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    let paths = document["paths"].as_object().expect("paths");
    let mut described: BTreeSet<String> = paths.keys().cloned().collect();
    described.insert("/openapi.json".to_owned());
    assert_eq!(described, routed());
    let stand = Stand::new();
    let served = stand.anybody().get("/openapi.json").expect(200);
    assert_eq!(served, document);
    for (path, methods) in paths {
        let at = path.replace("{id}", "cb-1").replace("{name}", "anna");
        for (method, described) in methods.as_object().expect("methods") {
            let answer = stand.anybody().ask(&method.to_uppercase(), &at, None);
            let wanted = if described["security"].is_null() { 200 } else { 401 };
            assert_eq!(answer.status, wanted, "{method} {path}");
        }
    }
}
