//! The configuration of a running engine is changed, by command and by signal.

use std::fs;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use rustix::process::Signal;

use crate::engine::{Engine, PATIENCE};

const BEN: &str = "[[agent]]\nname = \"ben\"\nuri = \"sip:ben@127.0.0.1:5099\"\n";

#[test]
fn an_agent_is_added_while_the_engine_runs() {
    let engine = Engine::serve();
    engine.write(BEN);
    let (said, good) = engine.run(&["config", "plan"]);
    assert!(good && said.contains("[[agent]] ben: uri: "), "{said}");
    assert!(!engine.run(&["agent", "list"]).0.contains("ben"), "a plan changes nothing");
    let (said, good) = engine.run(&["reload"]);
    assert!(good && said.contains("the settings are in force"), "{said}");
    assert!(engine.run(&["agent", "list"]).0.contains("ben"));
    let (said, good) = engine.run(&["reload"]);
    assert!(good && said.contains("no key is written otherwise"), "{said}");
}

#[test]
fn a_file_with_mistakes_changes_nothing_and_all_are_said() {
    let engine = Engine::serve();
    engine.write(&format!("{BEN}\n[log]\nlevle = \"warn\"\n[ivr]\nasks_max = 0\n"));
    let (said, good) = engine.run(&["reload"]);
    assert!(!good && said.contains("2 mistakes: nothing was changed"), "{said}");
    assert!(said.contains("did you mean `level`?") && said.contains("rappel.toml:"), "{said}");
    assert!(!engine.run(&["agent", "list"]).0.contains("ben"));
}

#[test]
fn a_key_that_needs_a_start_is_named_and_nothing_is_changed() {
    let engine = Engine::serve();
    engine.write(&format!("{BEN}\n[journal]\npath = \"other.journal\"\n"));
    let (said, good) = engine.run(&["reload"]);
    assert!(!good && said.contains("needs a start:\n  [journal] path: "), "{said}");
    assert!(!engine.run(&["agent", "list"]).0.contains("ben"));
    assert!(!engine.path().join("other.journal").exists());
    let (said, _) = engine.run(&["--json", "config", "plan"]);
    let value: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(value["good"], false);
    assert!(value["needs_start"][0].as_str().is_some_and(|key| key.starts_with("[journal] path")));
}

#[test]
fn a_signal_reloads_what_stands_in_files_beside_the_main_one() {
    let engine = Engine::serve();
    fs::create_dir(engine.path().join("conf.d")).expect("made");
    fs::write(engine.path().join("conf.d/ben.toml"), BEN).expect("written");
    engine.hang_up();
    engine.logs("the settings are in force");
    assert!(engine.run(&["agent", "list"]).0.contains("ben"));
    fs::write(engine.path().join("conf.d/ben.toml"), "[[agent]]\nname = 5\n").expect("written");
    engine.hang_up();
    engine.logs("conf.d/ben.toml:2:");
    assert!(engine.run(&["agent", "list"]).0.contains("ben"), "nothing was changed");
}

#[test]
fn systemd_is_told_from_the_start_to_the_end() {
    let name = format!("rappel-reload-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).expect("a name");
    let socket = UnixDatagram::bind_addr(&address).expect("binds");
    socket.set_read_timeout(Some(PATIENCE)).expect("set");
    let mut engine = Engine::told_to(&format!("@{name}"));
    // The watchdog is told in between, again and again.
    let hears = |wanted: &str| {
        let mut bytes = [0; 256];
        loop {
            let length = socket.recv(&mut bytes).expect("it is told");
            let said = String::from_utf8_lossy(&bytes[..length]).into_owned();
            if said.starts_with(wanted) {
                return said;
            }
            assert_eq!(said, "WATCHDOG=1", "{wanted} is next");
        }
    };
    let said = hears("READY=1\n");
    assert!(said.contains("STATUS=serving SIP on 127.0.0.1:"), "{said}");
    hears("WATCHDOG=1");
    hears("WATCHDOG=1");
    engine.write(BEN);
    engine.hang_up();
    hears("RELOADING=1\n");
    hears("READY=1\n");
    engine.signal(Signal::TERM);
    hears("STOPPING=1\n");
    assert!(engine.child.wait().expect("it ends").success());
}

#[test]
fn the_values_that_count_are_shown_with_where_they_come_from() {
    let engine = Engine::serve();
    fs::create_dir(engine.path().join("conf.d")).expect("made");
    fs::write(engine.path().join("conf.d/log.toml"), "[log]\nlevel = \"warn\"\n").expect("written");
    let (said, good) = engine.run(&["config", "show"]);
    assert!(good, "{said}");
    let line = |key: &str| said.lines().find(|line| line.starts_with(key)).unwrap_or_default();
    assert!(line("[log] level").ends_with("conf.d/log.toml:2"), "{said}");
    assert!(line("[journal] path").ends_with("default"), "{said}");
    assert!(line("[[queue]] support: attempts").ends_with("default"), "{said}");
}
