//! What the commands say when something is in the way.

use std::process::{Command, Output};

fn rappel(arguments: &[&str]) -> Output {
    let directory = tempfile::tempdir().expect("a temporary directory");
    Command::new(env!("CARGO_BIN_EXE_rappel"))
        .args(arguments)
        .current_dir(directory.path())
        .env("XDG_RUNTIME_DIR", directory.path())
        .output()
        .expect("the program runs")
}

fn complaint(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_laboratory_does_not_leave_this_machine() {
    let said = complaint(&rappel(&["serve", "--listen", "192.0.2.1:5060"]));
    assert!(said.starts_with("error: the laboratory stays on this machine"), "{said}");
}

#[test]
fn a_list_without_engine_and_journal_says_only_that() {
    let said = complaint(&rappel(&["callback", "list"]));
    assert!(said.starts_with("error: there is no journal at"), "{said}");
}

#[test]
fn a_bad_id_is_answered_by_what_one_looks_like_and_where_to_find_it() {
    for (arguments, like, where_from) in [
        (&["explain", "callback", "request-1"][..], "cb-17", "rappel callback list"),
        (&["explain", "order", "cb-x", "cb-2"], "cb-17", "rappel callback list"),
        (&["explain", "order", "cb-1", "two"], "call-1.7", "rappel calls list"),
        (&["explain", "no-offer", "cb-1"], "call-1.7", "rappel calls list"),
        (&["callback", "show", "99999999999999999999"], "cb-17", "rappel callback list"),
        (&["callback", "cancel", "-"], "cb-17", "rappel callback list"),
        (&["calls", "ladder", "1.x"], "call-1.7", "rappel calls list"),
    ] {
        let said = complaint(&rappel(arguments));
        assert!(said.contains(like) && said.contains(where_from), "{arguments:?}: {said}");
        assert!(!said.contains("invalid digit") && !said.contains("too large"), "{said}");
    }
}

#[test]
fn a_reader_who_has_read_enough_is_no_fault() {
    let closed = || {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        writer
    };
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("bad.toml");
    std::fs::write(&file, "[sip]\nlisten = 5060\n").expect("written");
    let mut example = Command::new(env!("CARGO_BIN_EXE_rappel"));
    let status = example.args(["config", "example"]).stdout(closed()).status().expect("runs");
    assert_eq!(status.code(), Some(0));
    let mut check = Command::new(env!("CARGO_BIN_EXE_rappel"));
    let check = check.args(["config", "check"]).arg(&file).stdout(closed()).stderr(closed());
    assert_eq!(check.status().expect("runs").code(), Some(1), "wrong, and not a crash");
}

/// Each command is named to the shell and in the manual, because both are made from the commands.
#[test]
fn shells_and_the_manual_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = rappel(&["completions", shell]);
        let script = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(output.status.success() && script.contains("do-not-record"), "{shell}");
    }
    let page = String::from_utf8(rappel(&["man"]).stdout).expect("UTF-8");
    assert!(page.starts_with(".ie") && page.contains(".TH rappel 1"), "{page}");
    let into = tempfile::tempdir().expect("a directory");
    let path = into.path().display().to_string();
    assert!(rappel(&["man", "--into", &path]).status.success());
    for page in ["rappel.1", "rappel-callback.1", "rappel-callback-create.1"] {
        assert!(into.path().join(page).is_file(), "{page}");
    }
}

/// The script is taken by the shell itself.
#[test]
fn bash_completes_a_command() {
    let here = tempfile::tempdir().expect("a directory");
    let script = here.path().join("rappel.bash");
    std::fs::write(&script, rappel(&["completions", "bash"]).stdout).expect("written");
    let asks = "source rappel.bash; COMP_WORDS=(rappel callback re); COMP_CWORD=2; \
                _rappel rappel re callback; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let bash = Command::new("bash").args(["-c", asks]).current_dir(here.path()).output();
    let said = String::from_utf8(bash.expect("bash runs").stdout).expect("UTF-8");
    assert_eq!(said, "retry\nregistering\nresolve\n");
}
