//! What is heard between two who are joined.

use config::read;
use engine::{Meanwhile, OfMachine};
use expect_test::expect;

use crate::{BASE, mistake};

#[test]
fn hold_music_and_what_is_heard_until_the_other_answers_are_set() {
    let (usual, _, _) = read("rappel.toml", BASE).expect("it is right");
    assert!(usual.bridge.hold_music);
    assert_eq!(usual.bridge.until_answered, Meanwhile::Ringback);
    let text = format!(
        "{BASE}\n[bridge]\nhold_music = false\nuntil_answered = \"music\"\n\
                        answering_machine = \"hang_up\"\n"
    );
    let (set, _, _) = read("rappel.toml", &text).expect("it is right");
    assert!(!set.bridge.hold_music);
    assert_eq!(set.bridge.until_answered, Meanwhile::Music);
    assert_eq!(usual.bridge.answering_machine, OfMachine::Ignored);
    assert_eq!(set.bridge.answering_machine, OfMachine::HungUpOn);
}

#[test]
fn a_line_leaves_a_message_on_machines() {
    let text = BASE.replace("[[agent]]", "machine_message = \"missed-you\"\n\n[[agent]]");
    let text = format!("{text}\n[bridge]\nanswering_machine = \"leave\"\n");
    let (settings, _, _) = read("rappel.toml", &text).expect("it is right");
    assert_eq!(settings.bridge.answering_machine, OfMachine::Told);
    assert_eq!(settings.lines[0].prompts.machine_message.as_deref(), Some("missed-you"));
}

#[test]
fn a_line_whispers_to_each_side() {
    let whispers = "whisper_agent = \"about\"\nwhisper_customer = \"quality\"\n\n[[agent]]";
    let text = BASE.replace("[[agent]]", whispers);
    let (settings, _, _) = read("rappel.toml", &text).expect("it is right");
    let prompts = &settings.lines[0].prompts;
    assert_eq!(prompts.whisper_agent.as_deref(), Some("about"));
    assert_eq!(prompts.whisper_customer.as_deref(), Some("quality"));
}

#[test]
fn a_sound_that_nobody_knows() {
    mistake(
        "[[trunk]]",
        "[bridge]\nuntil_answered = \"jazz\"\n\n[[trunk]]",
        expect![[r#"
            Error 11:18
              × `until_answered`: `jazz` is not one of them
                ╭─[rappel.toml:11:18]
             11 │ until_answered = "jazz"
                ·                  ───┬──
                ·                     ╰── expected one of "ringback", "music"
                ╰────
              help: without this key it is "ringback"
        "#]],
    );
}

#[test]
fn a_whisper_with_its_ending() {
    mistake(
        "\nnumber = \"+33123456789\"",
        "\nnumber = \"+33123456789\"\nwhisper_agent = \"about.wav\"",
        expect![[r#"
            Error 21:17
              × `whisper_agent`: the name stands without its ending
                ╭─[rappel.toml:21:17]
             21 │ whisper_agent = "about.wav"
                ·                 ─────┬─────
                ·                      ╰── expected the name of a prompt file, without .wav
                ╰────
              help: write "about"
        "#]],
    );
}
