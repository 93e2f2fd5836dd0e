//! Which conversations are recorded.

use std::time::Duration;

use expect_test::expect;

use crate::{BASE, rendered};

fn with(keys: &str) -> String {
    format!("{BASE}\n[recording]\n{keys}\n")
}

#[test]
fn nothing_is_recorded_unless_it_is_said() {
    for text in [BASE.to_owned(), with("ratio = 70"), with("enabled = false")] {
        let (settings, roof, _) = config::read("rappel.toml", &text).expect("it is good");
        assert_eq!((settings.recording, roof.recordings), (None, None));
    }
}

#[test]
fn a_flow_that_takes_messages_needs_a_place_for_them() {
    let flow =
        "[[flow]]\nname = \"f\"\nsteps = [{ message = true, call_back = \"caller.number\" }]";
    let line = BASE.replace("outbound_number", "flow = \"f\"\noutbound_number");
    let (settings, roof, _) =
        config::read("rappel.toml", &format!("{line}\n{flow}\n")).expect("it is good");
    assert_eq!(settings.recording, None, "conversations are not recorded");
    assert!(roof.recordings.is_some());
    let step = &settings.lines[0].flow.as_ref().expect("it has one").steps()[0];
    assert!(matches!(step, ivr::flow::Step::Message { call_back: Some(_), say: None }));
}

#[test]
fn what_is_not_said_is_careful() {
    let (settings, roof, _) =
        config::read("rappel.toml", &with("enabled = true")).expect("it is good");
    let recording = settings.recording.expect("on");
    assert_eq!((recording.ratio_percent, recording.announced), (100, true));
    assert_eq!(recording.decline_key, model::Key::from_char('9'));
    assert_eq!(recording.length_max, Duration::from_secs(7_200));
    let roof = roof.recordings.expect("on");
    assert_eq!((roof.directory.to_str(), roof.free_min), (Some("recordings"), 1_000_000_000));
}

#[test]
fn a_customer_may_be_given_no_key() {
    let text = with("enabled = true\ndecline_key = \"\"\nannounced = false\nratio = 0");
    let (settings, ..) = config::read("rappel.toml", &text).expect("it is good");
    let recording = settings.recording.expect("on");
    assert_eq!((recording.decline_key, recording.announced), (None, false));
    assert_eq!(recording.ratio_percent, 0);
}

#[test]
fn mistakes_are_found_also_while_it_is_off() {
    let keys = "ratio = 101\nannounced = \"no\"\ndecline_key = \"2\"\nlength_max = \"13h\"\n\
                directory = \"\"\nfree_min_mb = -1\nsecret = 1";
    expect![[r#"
        Error 28:9
          × `ratio` is out of range
            ╭─[rappel.toml:28:9]
         28 │ ratio = 101
            ·         ─┬─
            ·          ╰── expected a whole number from 0 to 100
            ╰────
          help: without this key it is 100
        Error 29:13
          × `announced` is text
            ╭─[rappel.toml:29:13]
         29 │ announced = "no"
            ·             ──┬─
            ·               ╰── expected true or false
            ╰────
          help: write announced = false
        Error 30:15
          × `decline_key` is the key that asks for a callback
            ╭─[rappel.toml:30:15]
         30 │ decline_key = "2"
            ·               ─┬─
            ·                ╰── expected a key of its own
            ╰────
          help: choose another, or ivr.offer_key
        Error 31:14
          × `length_max` is too long
            ╭─[rappel.toml:31:14]
         31 │ length_max = "13h"
            ·              ──┬──
            ·                ╰── expected a time from "1m" to "12h"
            ╰────
          help: write it in quotes with its units: "2h" (ms, s, m, h, d)
        Error 32:13
          × `directory`: the path is empty
            ╭─[rappel.toml:32:13]
         32 │ directory = ""
            ·             ─┬
            ·              ╰── expected the path of a directory
            ╰────
          help: without this key it is "recordings"
        Error 33:15
          × `free_min_mb` is out of range
            ╭─[rappel.toml:33:15]
         33 │ free_min_mb = -1
            ·               ─┬
            ·                ╰── expected a whole number from 0 to 10000000
            ╰────
          help: without this key it is 1000
        Error 34:1
          × [recording] has no key `secret`
            ╭─[rappel.toml:34:1]
         34 │ secret = 1
            · ───┬──
            ·    ╰── expected a key of [recording]
            ╰────
          help: its keys are enabled, directory, ratio, announced, decline_key, length_max, free_min_mb
    "#]].assert_eq(&rendered(&with(keys)));
    expect![[r##"
        Error 28:15
          × `decline_key`: this is no digit
            ╭─[rappel.toml:28:15]
         28 │ decline_key = "#"
            ·               ─┬─
            ·                ╰── expected one digit, "0" to "9", or "" for none
            ╰────
          help: customers hear which key it is
    "##]]
    .assert_eq(&rendered(&with("decline_key = \"#\"")));
}
