//! Tables that must agree with the code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::pages::{files, page, repository};

/// The cells of every row of a page's tables.
fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines()
        .filter_map(|line| line.trim().strip_prefix('|')?.strip_suffix('|'))
        .filter(|line| !line.starts_with("---"))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect()
}

/// What stands in backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Names of test functions and of ladders.
fn tests_of_the_repository() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let sources = ["crates", "xtask/src"].map(|folder| files(&repository().join(folder), ".rs"));
    for path in sources.into_iter().flatten() {
        let text = fs::read_to_string(&path).expect("a source can be read");
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            if !line.trim_start().starts_with("#[test]") {
                continue;
            }
            let function = lines.find_map(|line| line.trim_start().strip_prefix("fn "));
            names.extend(function.and_then(|rest| rest.split('(').next()).map(str::to_owned));
        }
    }
    for path in files(&repository().join("crates"), ".ladder") {
        names.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
    }
    names
}

#[test]
fn every_test_that_the_table_of_rfcs_names_exists() {
    let (page, known) = (page("docs/rfc.md"), tests_of_the_repository());
    let rows = rows(&page.text);
    let named: Vec<&str> =
        rows.iter().filter_map(|row| Some(quoted(row.get(2)?))).flatten().collect();
    assert!(named.len() > 80, "the table is read: {}", named.len());
    let unknown: Vec<&&str> = named.iter().filter(|name| !known.contains(**name)).collect();
    assert!(unknown.is_empty(), "docs/rfc.md names tests that are not there: {unknown:#?}");
}

#[test]
fn every_rule_of_the_media_plane_has_a_test_that_exists() {
    let (page, known) = (page("docs/media-rules.md"), tests_of_the_repository());
    let rows: Vec<Vec<&str>> =
        rows(&page.text).into_iter().filter(|row| row[0] != "rule").collect();
    assert!(rows.len() > 40, "the tables are read: {}", rows.len());
    for row in rows {
        assert_eq!(row.len(), 2, "{row:?}");
        let named = quoted(row[1]);
        assert!(!named.is_empty(), "a rule without a test: {}", row[0]);
        let unknown: Vec<&&str> = named.iter().filter(|name| !known.contains(**name)).collect();
        assert!(unknown.is_empty(), "`{}` names tests that are not there: {unknown:?}", row[0]);
    }
}

#[test]
fn every_row_of_the_table_of_rfcs_has_four_cells_and_a_test_or_a_gap() {
    let page = page("docs/rfc.md");
    for row in rows(&page.text) {
        assert_eq!(row.len(), 4, "{row:?}");
        assert!(!row[2].is_empty() || !row[3].is_empty(), "neither test nor gap: {row:?}");
    }
}

/// Section and key of the commented example, with the default where the line is commented out.
fn keys_of_the_example() -> BTreeMap<(String, String), Option<String>> {
    let mut keys = BTreeMap::new();
    let mut section = String::new();
    for line in config::EXAMPLE.lines() {
        let bare = line.strip_prefix("# ").unwrap_or(line);
        if bare.starts_with('[') {
            section = bare.trim_matches(['[', ']']).to_owned();
        } else if let Some((key, rest)) = bare.split_once(" = ")
            && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        {
            let value = rest.split("  #").next().unwrap_or(rest).trim().to_owned();
            let default = line.starts_with("# ").then_some(value);
            keys.entry((section.clone(), key.to_owned())).or_insert(default);
        }
    }
    keys
}

/// Keys whose line in the example is a suggestion, not the default.
const SUGGESTED: &[&str] = &[
    "greeting",
    "menu_language",
    "offer",
    "confirmation",
    "whisper_agent",
    "whisper_customer",
    "machine_message",
    "callback_queue",
    "overflow",
    "ticket_subject",
    "agent_script",
    "group",
    "handle_time",
    "hours",
    "slot_callbacks",
    "slot_hours",
    "zone",
    "weekly",
    "exceptions",
    "trunk",
    "queue",
    "queues",
    "directory",
    "username",
    "realm",
    "password_file",
    "name",
    "address",
    "advertise",
    "listener",
    "domain",
    "dial_prefix",
    "calls_max",
    "calls_per_second",
    "targets",
    "servers",
    "threads",
    "certificate",
    "key",
    "client_ca",
    "tls_ca",
    "tls_name",
    "register",
    "user",
    "flow",
    "steps",
    "listen",
    "role",
    "agent",
    "token_file",
    "url",
    "secret_file",
    "calls_from",
    "identifier",
    "number",
    "music",
    "message_key",
    "operator_key",
    "operator",
    "fallback_number",
    "acd_number",
    "acd_trunk",
    "report_close_after",
];

#[test]
fn the_guide_names_every_key_with_its_default() {
    let page = page("docs/operator-guide.md");
    let rows = rows(&page.text);
    let keys = keys_of_the_example();
    assert!(keys.len() > 40, "the example is read: {}", keys.len());
    let mut wrong = Vec::new();
    for ((section, key), default) in keys {
        let names = [format!("`{key}`"), format!("`{section}.{key}`")];
        let mut of_key = rows.iter().filter(|row| names.iter().any(|name| row[0] == name));
        let right = |row: &Vec<&str>| match &default {
            Some(value) if !SUGGESTED.contains(&&*key) => row[1] == format!("`{value}`"),
            Some(_) | None => true,
        };
        if !of_key.any(right) {
            wrong.push(format!("[{section}] {key}, default {default:?}"));
        }
    }
    assert!(wrong.is_empty(), "docs/operator-guide.md: {wrong:#?}");
}
