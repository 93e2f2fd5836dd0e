//! `events tail` shows what is added while it runs.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::engine::Engine;

#[test]
fn what_is_added_is_shown_and_a_reader_who_leaves_ends_it() {
    let engine = Engine::serve();
    let mut tailing = Command::new(env!("CARGO_BIN_EXE_rappel"))
        .args(["events", "tail", "--since", "0", "--json"])
        .current_dir(engine.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut shown = BufReader::new(tailing.stdout.take().expect("piped"));
    let mut next = || {
        let mut line = String::new();
        shown.read_line(&mut line).expect("a line");
        serde_json::from_str::<serde_json::Value>(&line).expect("an event")
    };
    assert_eq!(next()["type"], "rappel.engine_started");
    let (said, good) = engine.run(&["callback", "create", "+33612345678"]);
    assert!(good, "{said}");
    let mut event = next();
    while event["type"] != "rappel.callback_requested" {
        event = next();
    }
    assert_eq!((&event["subject"], &event["specversion"]), (&"cb-1".into(), &"1.0".into()));
    drop(shown);
    assert!(engine.run(&["callback", "cancel", "cb-1"]).1);
    assert!(tailing.wait().expect("it ends").success());
}

#[test]
fn the_last_facts_are_shown_in_words() {
    let engine = Engine::serve();
    let (said, good) = engine.run(&["events", "tail", "--count", "1"]);
    assert!(good && said.contains("engine_started") && said.contains("{\"epoch\":1}"), "{said}");
}
