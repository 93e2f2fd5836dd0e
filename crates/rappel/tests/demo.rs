//! The demo is what a newcomer runs first: the whole story over real sockets, judged by the phones
//! themselves, and the same with the engine killed after its promise.

use std::process::{Command, Output};

fn demo(arguments: &[&str]) -> (Output, Vec<u8>) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let wav = directory.path().join("heard.wav");
    let output = Command::new(env!("CARGO_BIN_EXE_rappel"))
        .args(["demo", "--fast", "--wav"])
        .arg(&wav)
        .args(arguments)
        .current_dir(directory.path())
        .output()
        .expect("the program runs");
    (output, std::fs::read(&wav).unwrap_or_default())
}

fn told(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    format!("{said}\n{complained}")
}

/// What the demo itself found wrong, where a runner that shortens its output still shows it.
fn failures(story: &str) -> String {
    let lines = story.lines().map(str::trim);
    lines.filter(|line| line.starts_with("NO ") || line.starts_with("error")).collect()
}

#[test]
fn a_whole_callback_is_played_and_both_phones_heard_the_other() {
    let (output, wav) = demo(&[]);
    let story = told(&output);
    assert!(output.status.success(), "{}\n{story}", failures(&story));
    let sentences = [
        "Ada was called back once",
        "Ada heard Ben",
        "Ben heard Ada",
        "--INVITE",
        "yes the engine's log",
    ];
    for sentence in sentences {
        assert!(story.contains(sentence), "{sentence}: {story}");
    }
    assert!(!story.contains("NO "), "{story}");
    // Two channels of 16 bits at 8 kHz: ten seconds at least.
    assert!(wav.starts_with(b"RIFF") && wav.len() > 10 * 32_000, "{} bytes", wav.len());
}

#[test]
fn the_callback_survives_a_kill_after_the_promise() {
    let (output, _) = demo(&["--kill"]);
    let story = told(&output);
    assert!(output.status.success(), "{}\n{story}", failures(&story));
    let killed = story.find("SIGKILL").expect("the engine is killed");
    let after = &story[killed..];
    assert!(after.contains("waits in its place"), "{story}");
    assert!(after.contains("Ada was called back once"), "{story}");
}
