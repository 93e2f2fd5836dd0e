//! `--watch` shows an answer whenever it is another, and ends with whoever reads.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::engine::Engine;

#[test]
fn a_list_is_shown_again_when_it_has_changed_and_ends_with_its_reader() {
    let engine = Engine::serve();
    let mut watching = Command::new(env!("CARGO_BIN_EXE_rappel"))
        .args(["agent", "list", "--watch=1", "--json"])
        .current_dir(engine.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut shown = BufReader::new(watching.stdout.take().expect("piped"));
    let mut line = String::new();
    shown.read_line(&mut line).expect("a line");
    assert!(line.contains("\"online\""), "{line}");
    assert!(engine.run(&["agent", "status", "anna", "away"]).1);
    line.clear();
    shown.read_line(&mut line).expect("the same answer is not shown twice");
    assert!(line.contains("\"away\"") && !line.contains("\"online\""), "{line}");
    drop(shown);
    assert!(engine.run(&["agent", "status", "anna", "offline"]).1);
    assert!(watching.wait().expect("it ends").success());
}

#[test]
fn what_does_more_than_ask_is_not_done_again_and_again() {
    let engine = Engine::serve();
    let (said, good) = engine.run(&["reload", "--watch"]);
    assert!(!good && said.contains("there is nothing to watch in this command"), "{said}");
    let (said, good) = engine.run(&["agent", "list", "--watch=0"]);
    assert!(!good && said.contains("0 is not in 1..=3600"), "{said}");
}
