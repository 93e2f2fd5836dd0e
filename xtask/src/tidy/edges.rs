//! Which crate may know which: the floors of docs/architecture.md, compared with the manifests.
//!
//! The table is the decision; the manifests follow. A new arrow, or a third-party crate in a
//! second place, needs an ADR and then a line here.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Finding;

/// One crate: what it stands on.
struct Crate {
    name: &'static str,
    floor: u8,
    /// Which of our crates it may know.
    knows: &'static [&'static str],
    /// Third-party crates that it owns, or shares with those that list it too.
    owns: &'static [&'static str],
    /// What only its tests may use besides [`DEV_ANYWHERE`].
    dev: &'static [&'static str],
}

/// Third-party crates that tests of every crate may use.
const DEV_ANYWHERE: &[&str] = &["expect-test", "proptest", "tempfile"];

/// Knows every crate of ours: the binary, where the two roofs meet.
const KNOWS_ALL: &str = "rappel";

#[rustfmt::skip]
const CRATES: &[Crate] = &[
    Crate { name: "model", floor: 1, knows: &[],
        owns: &["rand_chacha", "rand_core", "serde"], dev: &[] },
    Crate { name: "foreign", floor: 1, knows: &[], owns: &["libc"], dev: &[] },
    Crate { name: "sip-msg", floor: 1, knows: &[], owns: &[], dev: &["rsip"] },
    Crate { name: "sdp", floor: 1, knows: &[], owns: &["sdp-types"], dev: &[] },
    Crate { name: "audio", floor: 1, knows: &[],
        owns: &["audio-codec-algorithms", "hound", "symphonia"], dev: &[] },
    Crate { name: "sip", floor: 2, knows: &["model", "sip-msg"],
        owns: &["md-5", "sha2"], dev: &[] },
    Crate { name: "rtp", floor: 2, knows: &["model"],
        owns: &["aes", "aes-gcm", "ctr", "hmac", "rtcp-types", "rtp-rs", "sha1"], dev: &[] },
    Crate { name: "ivr", floor: 2, knows: &["model"], owns: &[], dev: &["config"] },
    Crate { name: "ledger", floor: 2, knows: &["model"],
        owns: &["serde", "serde_json"], dev: &[] },
    Crate { name: "phone", floor: 3, knows: &["audio", "model"],
        owns: &["aes", "hmac", "rsip", "sha1"], dev: &[] },
    Crate { name: "queue", floor: 3, knows: &["ledger", "model"],
        owns: &["jiff", "serde", "serde_json"], dev: &[] },
    Crate { name: "media", floor: 3, knows: &["audio", "model", "rtp"], owns: &[], dev: &[] },
    Crate { name: "engine", floor: 4,
        knows: &["ivr", "ledger", "media", "model", "queue", "sdp", "sip", "sip-msg"],
        owns: &[], dev: &[] },
    Crate { name: "config", floor: 4, knows: &["engine", "ivr", "ledger", "model", "queue", "sip"],
        owns: &["miette", "serde", "toml"], dev: &[] },
    Crate { name: "server", floor: 5,
        knows: &["audio", "config", "engine", "foreign", "ivr", "ledger", "media", "model", "queue",
            "sip"],
        owns: &["dashmap", "hickory-resolver", "rcgen", "rtrb", "rusqlite", "rustix", "rustls",
            "serde", "serde_json", "socket2", "thiserror", "tokio", "tokio-rustls", "tracing",
            "tracing-subscriber"],
        dev: &[] },
    Crate { name: "web", floor: 6, knows: &["config", "ledger", "model", "server"],
        owns: &["axum", "base64", "futures-core", "hmac", "prometheus-client", "serde",
            "serde_json", "sha2", "tokio", "tracing", "ureq", "utoipa"],
        dev: &["media"] },
    Crate { name: "sim", floor: 5,
        knows: &["config", "engine", "ivr", "ledger", "media", "model", "phone", "queue", "sip"],
        owns: &[], dev: &["serde_json"] },
    Crate { name: "rappel", floor: 7, knows: &[],
        owns: &["anyhow", "clap", "clap_complete", "clap_mangen", "indicatif", "rustix", "serde",
            "serde_json", "tempfile", "tokio"],
        dev: &[] },
    Crate { name: "xtask", floor: 7, knows: &[],
        owns: &["anyhow", "serde", "serde_json", "socket2", "toml"], dev: &[] },
];

/// One dependency of a manifest.
struct Edge {
    from: String,
    manifest: String,
    to: String,
    ours: bool,
    dev: bool,
}

/// Compares the manifests of the repository at `root` with the table.
pub fn check(root: &Path) -> Result<Vec<Finding>> {
    let output = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root)
        .output()
        .context("starting cargo metadata")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let edges = edges(root, &serde_json::from_slice(&output.stdout)?)?;
    let findings = edges.iter().filter_map(|edge| {
        let what = judge(edge)?;
        let text = std::fs::read_to_string(root.join(&edge.manifest)).unwrap_or_default();
        Some(Finding { file: edge.manifest.clone(), line: line_of(&text, &edge.to), what })
    });
    Ok(findings.collect())
}

/// What is wrong with an edge.
fn judge(edge: &Edge) -> Option<String> {
    let (from, to) = (&edge.from, &edge.to);
    let Some(rule) = CRATES.iter().find(|rule| rule.name == from) else {
        return Some(format!("{from} has no floor; give it one in xtask/src/tidy/edges.rs"));
    };
    let has = |list: &[&str]| list.contains(&to.as_str());
    if edge.ours {
        let allowed = has(rule.knows) || rule.name == KNOWS_ALL || edge.dev && has(rule.dev);
        let floor = CRATES.iter().find(|rule| rule.name == to).map_or(0, |rule| rule.floor);
        return (!allowed).then(|| {
            format!(
                "{from} (floor {}) must not know {to} (floor {floor}); arrows point down, and a new \
                 one is a decision",
                rule.floor
            )
        });
    }
    let owners: Vec<&str> =
        CRATES.iter().filter(|rule| rule.owns.contains(&to.as_str())).map(|r| r.name).collect();
    if has(rule.owns) || edge.dev && (has(rule.dev) || has(DEV_ANYWHERE)) {
        return None;
    }
    Some(if owners.is_empty() {
        format!("{to} has no owner; a new third-party crate needs an ADR and a line in the table")
    } else {
        format!(
            "{from} must not use {to}; only {} may, so that it can be replaced",
            owners.join(", ")
        )
    })
}

fn edges(root: &Path, metadata: &Value) -> Result<Vec<Edge>> {
    let mut edges = Vec::new();
    for package in metadata["packages"].as_array().context("metadata without packages")? {
        let manifest = Path::new(package["manifest_path"].as_str().context("no manifest path")?);
        let root = root.canonicalize()?;
        let manifest = manifest.strip_prefix(&root).unwrap_or(manifest);
        for dependency in package["dependencies"].as_array().context("no dependencies")? {
            edges.push(Edge {
                from: package["name"].as_str().context("no name")?.to_owned(),
                manifest: manifest.to_string_lossy().into_owned(),
                to: dependency["name"].as_str().context("no name")?.to_owned(),
                ours: dependency["source"].is_null(),
                dev: dependency["kind"] == "dev",
            });
        }
    }
    Ok(edges)
}

fn line_of(manifest: &str, name: &str) -> usize {
    let named =
        |line: &str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', ' ', '=']));
    manifest.lines().position(named).map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The one arrow between two crates of the same floor: settings belong to the engine, and
    /// `config` builds them.
    const SAME_FLOOR: (&str, &str) = ("config", "engine");

    fn judge_of(from: &str, to: &str, ours: bool, dev: bool) -> Option<String> {
        let manifest = format!("crates/{from}/Cargo.toml");
        judge(&Edge { from: from.into(), manifest, to: to.into(), ours, dev })
    }

    fn forbidden(from: &str, to: &str) -> bool {
        judge_of(from, to, true, false).is_some_and(|what| what.contains("must not know"))
    }

    #[test]
    fn every_arrow_of_the_table_points_down_a_floor() {
        let floor = |name: &str| CRATES.iter().find(|c| c.name == name).expect("in table").floor;
        for from in CRATES {
            for to in from.knows {
                let down = floor(to) < from.floor || (from.name, *to) == SAME_FLOOR;
                assert!(down, "{} -> {to}", from.name);
            }
        }
    }

    #[test]
    fn an_arrow_that_points_up_is_found() {
        assert!(forbidden("queue", "engine"));
        assert!(forbidden("sip", "queue"));
        assert!(forbidden("sdp", "sip"));
        assert!(forbidden("model", "ledger"));
    }

    #[test]
    fn the_two_roofs_do_not_know_each_other_and_the_binary_knows_both() {
        assert!(forbidden("server", "sim"));
        assert!(forbidden("sim", "server"));
        assert_eq!(judge_of("rappel", "server", true, false), None);
        assert_eq!(judge_of("rappel", "sim", true, false), None);
    }

    #[test]
    fn the_far_end_shares_no_parser_with_the_engine() {
        assert!(forbidden("phone", "sip-msg"));
        assert!(forbidden("phone", "sip"));
    }

    #[test]
    fn config_builds_the_settings_of_the_engine_and_not_the_reverse() {
        assert_eq!(judge_of("config", "engine", true, false), None);
        assert!(forbidden("engine", "config"));
    }

    #[test]
    fn a_third_party_crate_outside_its_owner_is_found() {
        let what = judge_of("sip", "tokio", false, false).expect("not allowed");
        assert!(what.starts_with("sip must not use tokio; only server, web, rappel may"), "{what}");
        assert_eq!(judge_of("server", "tokio", false, false), None);
    }

    #[test]
    fn a_crate_for_tests_is_found_in_the_shipped_part() {
        assert_eq!(judge_of("sip", "proptest", false, true), None);
        assert!(judge_of("sip", "proptest", false, false).is_some());
        assert_eq!(judge_of("sip-msg", "rsip", false, true), None);
        assert!(judge_of("sip-msg", "rsip", false, false).is_some());
    }

    #[test]
    fn an_unknown_crate_is_found() {
        assert!(judge_of("newcomer", "model", true, false).is_some_and(|w| w.contains("no floor")));
        assert!(
            judge_of("server", "left-pad", false, false).is_some_and(|w| w.contains("no owner"))
        );
    }

    #[test]
    fn the_line_of_a_dependency_is_named() {
        let manifest = "[dependencies]\nsip-msg.workspace = true\nsip.workspace = true\n";
        assert_eq!(line_of(manifest, "sip"), 3);
    }
}
