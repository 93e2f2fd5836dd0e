//! The doctor says what is wrong, and what to do; `drain` ends an engine.

use std::fs;
use std::net::UdpSocket;

use crate::engine::Engine;

#[test]
fn a_healthy_engine_has_nothing_bad() {
    let engine = Engine::serve();
    let (said, good) = engine.run(&["doctor"]);
    assert!(good && said.contains("0 bad"), "{said}");
    for wanted in ["rappel.toml can be served", "runs as process", "every prompt can be played"] {
        assert!(said.contains(wanted), "{wanted} in {said}");
    }
    let (said, good) = engine.run(&["doctor", "--json"]);
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert!(good && said["good"] == true && said["signs"][1]["what"] == "engine", "{said}");
}

/// The text with another value of a key.
fn set(text: &str, key: &str, value: &str) -> String {
    let (before, rest) = text.split_once(&format!("{key} = \"")).expect("it is written");
    let (_, after) = rest.split_once('"').expect("the end of it");
    format!("{before}{key} = \"{value}\"{after}")
}

#[test]
fn what_is_bad_is_said_with_the_next_thing_to_do() {
    let mut engine = Engine::serve();
    engine.child.kill().expect("killed");
    engine.child.wait().expect("it ends");
    let taken = UdpSocket::bind("127.0.0.1:0").expect("binds");
    let here = taken.local_addr().expect("an address");
    let old = engine.text.clone();
    engine.text = set(&old, "[sip]\nlisten", &here.to_string());
    let by_address = "name = \"carrier\"\naddress";
    let text = set(&engine.text, by_address, "carrier.invalid");
    let by_name = "name = \"carrier\"\ntargets";
    engine.text =
        text.replace(by_address, by_name).replace("\"carrier.invalid\"", "[\"carrier.invalid\"]");
    engine.write("[dns]\nservers = [\"127.0.0.1:9\"]\n");
    let (said, good) = engine.run(&["doctor"]);
    assert!(!good, "{said}");
    for wanted in [
        "it does not run: `rappel serve` starts it",
        "Address already in use",
        "(`ss -lunp` names it)",
        "carrier.invalid leads nowhere",
        "2 bad",
    ] {
        assert!(said.contains(wanted), "{wanted} in {said}");
    }
    engine.write("[[trunk]]\nnam = 1\n");
    let (said, good) = engine.run(&["doctor"]);
    assert!(!good && said.contains("`rappel config check rappel.toml` says all of it"), "{said}");
    fs::remove_file(engine.path().join("rappel.toml")).expect("removed");
}

#[test]
fn a_drained_engine_without_calls_ends() {
    let mut engine = Engine::serve();
    let (said, good) = engine.run(&["drain", "--cut-after", "60"]);
    assert!(good && said.contains("no new call is taken"), "{said}");
    assert!(engine.child.wait().expect("it ends").success());
}
