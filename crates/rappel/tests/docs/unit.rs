//! The unit for systemd says what the binary and the guide say.

use std::process::Command;

use crate::pages::{page, repository};

fn unit() -> String {
    std::fs::read_to_string(repository().join("packaging/rappel.service")).expect("the unit")
}

fn directive(name: &str) -> String {
    let unit = unit();
    let found = unit.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    found.unwrap_or_else(|| panic!("{name} is in the unit")).to_owned()
}

#[test]
fn the_guide_shows_the_unit_as_it_is() {
    let guide = page("docs/operator-guide.md");
    assert!(guide.blocks().into_iter().any(|block| block.text == unit()));
}

#[test]
fn the_commands_of_the_unit_are_understood() {
    for name in ["ExecStart", "ExecStartPre"] {
        let line = directive(name);
        let (program, arguments) = line.split_once(' ').expect("arguments");
        assert_eq!(program, "/usr/local/bin/rappel");
        let mut command = Command::new(env!("CARGO_BIN_EXE_rappel"));
        let output = command.args(arguments.split(' ')).arg("--help").output().expect("runs");
        assert!(output.status.success(), "{name}: {output:?}");
    }
}

#[test]
fn the_directories_of_the_unit_hold_what_the_guide_puts_there() {
    assert_eq!(directive("WorkingDirectory"), format!("/var/lib/{}", directive("StateDirectory")));
    let guide = std::fs::read_to_string(repository().join("docs/operator-guide.md"));
    let guide = guide.expect("the guide");
    let journal = format!("/var/lib/{}/rappel.journal", directive("StateDirectory"));
    let socket = format!("/run/{}/rappel.sock", directive("RuntimeDirectory"));
    assert!(guide.contains(&format!("path = \"{journal}\"")), "{journal}");
    assert!(guide.contains(&format!("socket = \"{socket}\"")), "{socket}");
    assert_eq!(directive("ConfigurationDirectory"), "rappel");
    assert!(directive("ExecStart").ends_with("/etc/rappel/rappel.toml"));
}

#[test]
fn the_unit_is_told_by_notify_and_gives_up_rights() {
    assert_eq!(directive("Type"), "notify");
    let seconds: u64 = directive("WatchdogSec").parse().expect("seconds");
    assert!((10..=60).contains(&seconds));
    for name in ["NoNewPrivileges", "MemoryDenyWriteExecute", "PrivateDevices", "ProtectHome"] {
        assert_eq!(directive(name), "yes", "{name}");
    }
    assert_eq!(directive("ProtectSystem"), "strict");
    assert_eq!(directive("CapabilityBoundingSet"), "");
    // A directive that is written twice counts in ways that few remember.
    let unit = unit();
    let names = unit.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name);
    let mut names: Vec<&str> = names.filter(|name| !name.starts_with('#')).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}
