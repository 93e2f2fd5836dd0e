//! A real engine keeps what its queue is told, dies, starts again; `rappel replay` runs it again.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// A configuration on free ports, whose agent and trunk answer nothing.
fn configure(directory: &Path) -> String {
    let free = || UdpSocket::bind("127.0.0.1:0").expect("binds");
    let (sip, trunk, agent) = (free(), free(), free());
    let at = |socket: &UdpSocket| socket.local_addr().expect("an address").to_string();
    let text = config::MINIMAL
        .replace("[media]", &format!("[sip]\nlisten = \"{}\"\n[media]", at(&sip)))
        .replace("address = \"203.0.113.5\"", "address = \"127.0.0.1\"")
        .replace("198.51.100.7:5060", &at(&trunk))
        .replace("192.0.2.5:5060", &at(&agent));
    let text = format!("{text}\nonline = false\n[journal]\nreel = true\n");
    fs::write(directory.join("rappel.toml"), &text).expect("written");
    text
}

fn rappel(directory: &Path, arguments: &[&str]) -> (String, bool) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rappel"));
    let output = command.args(arguments).current_dir(directory).output().expect("it runs");
    let said = [output.stdout, output.stderr].concat();
    (String::from_utf8_lossy(&said).into_owned(), output.status.success())
}

fn done(directory: &Path, arguments: &[&str]) {
    let (said, good) = rappel(directory, arguments);
    assert!(good, "{arguments:?}: {said}");
}

fn serve(directory: &Path) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rappel"))
        .arg("serve")
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let mut line = String::new();
    let mut said = BufReader::new(child.stdout.take().expect("piped"));
    said.read_line(&mut line).expect("it says that it serves");
    assert!(line.starts_with("rappel serves"), "{line}");
    child
}

fn ends(mut engine: Child, by: Signal) {
    let pid = i32::try_from(engine.id()).ok().and_then(Pid::from_raw);
    kill_process(pid.expect("a process"), by).expect("it is there");
    engine.wait().expect("it ends");
}

/// Waits until the first reel holds this: it is written a moment after it was decided.
fn until_kept(directory: &Path, wanted: &str) {
    let holds = || {
        let reel = fs::read(directory.join("rappel.journal.reel-1")).unwrap_or_default();
        String::from_utf8_lossy(&reel).contains(wanted)
    };
    while !holds() {
        std::thread::yield_now();
    }
}

/// Two runs of an engine: the first is killed, the second stops in good order.
fn two_runs(directory: &Path) -> String {
    let text = configure(directory);
    let engine = serve(directory);
    done(directory, &["callback", "create", "+33612345678"]);
    done(directory, &["callback", "create", "+33612345679"]);
    until_kept(directory, "33612345679");
    ends(engine, Signal::KILL);
    let engine = serve(directory);
    done(directory, &["callback", "cancel", "cb-1"]);
    done(directory, &["callback", "create", "+33612345670"]);
    ends(engine, Signal::TERM);
    text
}

#[test]
fn what_an_engine_decided_is_decided_again_to_the_byte_across_a_crash() {
    let directory = tempfile::tempdir().expect("a directory");
    two_runs(directory.path());
    let (said, good) = rappel(directory.path(), &["replay"]);
    assert!(good, "{said}");
    let runs: Vec<&str> = said.lines().filter(|line| line.starts_with("start ")).collect();
    assert_eq!(runs.len(), 2, "{said}");
    assert!(runs.iter().all(|run| run.ends_with("facts the same, byte for byte")), "{said}");
    assert!(!said.contains("+336") && !said.contains("are not those"), "{said}");
    let (said, good) = rappel(directory.path(), &["--json", "replay", "--start", "2"]);
    assert!(good && said.contains("\"same\":true") && said.contains("\"start\":2"), "{said}");
    let (said, good) = rappel(directory.path(), &["replay", "--start", "7"]);
    assert!(!good && said.contains("no reel 7 is beside rappel.journal"), "{said}");
}

#[test]
fn a_setting_that_was_another_is_told_by_the_first_fact_that_it_changes() {
    let directory = tempfile::tempdir().expect("a directory");
    let text = two_runs(directory.path());
    let text = text.replace("[[line]]", "request_ttl = \"3h\"\n[[line]]");
    fs::write(directory.path().join("rappel.toml"), text).expect("written");
    let (said, good) = rappel(directory.path(), &["replay"]);
    assert!(!good && said.contains("facts the same, then they DIFFER"), "{said}");
    let [journal, replay] = ["journal  ", "this time"].map(|side| {
        let line = said.lines().find(|line| line.trim_start().starts_with(side));
        line.unwrap_or_else(|| panic!("no {side} in {said}")).to_owned()
    });
    assert!(journal.contains("cb-1: ") && replay.contains("cb-1: "), "{said}");
    assert!(said.contains("the settings are not those with which the engine started"), "{said}");
}

#[test]
fn what_another_configuration_would_have_made_of_it_stands_beside_what_was() {
    let directory = tempfile::tempdir().expect("a directory");
    let text = two_runs(directory.path());
    let other = text.replace("online = false", "online = true");
    fs::write(directory.path().join("other.toml"), other).expect("written");
    let compare = ["replay", "--start", "2", "--compare", "other.toml"];
    let (said, good) = rappel(directory.path(), &compare);
    assert!(good && said.contains("as it was") && said.contains("other.toml"), "{said}");
    let row = said.lines().find(|line| line.starts_with("callbacks asked for"));
    let row = row.expect("a row").split_whitespace().skip(3).collect::<Vec<_>>();
    assert_eq!(row, ["1", "1", "1"], "{said}");
    let (said, good) = rappel(directory.path(), &[&["--json"][..], &compare].concat());
    assert!(good && said.contains("\"lived again\":{"), "{said}");
    assert!(said.contains("\"other_settings\":false") && said.contains("\"cut\":null"), "{said}");
    fs::write(directory.path().join("rappel.toml"), text.replace("false", "true"))
        .expect("written");
    let (said, good) = rappel(directory.path(), &compare);
    assert!(good && said.contains("what was is not what the first column says"), "{said}");
    let (said, good) = rappel(directory.path(), &["replay", "--compare", "none.toml"]);
    assert!(!good && said.contains("none.toml"), "{said}");
}

#[test]
fn without_a_reel_the_key_that_keeps_one_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    configure(directory.path());
    let (said, good) = rappel(directory.path(), &["replay"]);
    assert!(!good && said.contains("`reel = true` in [journal]"), "{said}");
}
