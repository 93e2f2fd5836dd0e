//! The ways out of the queue: their keys, the operator of a line, the steps of a flow.

use engine::Destination;
use expect_test::{Expect, expect};
use ivr::flow::Step;
use model::Key;

use crate::{BASE, changed, mistake, rendered};

const NUMBER: &str = "name = \"support\"\nnumber";

fn with_keys(file: &str, said: &str) -> String {
    let every = "offer_every = \"45s\"";
    file.replace(every, &format!("{every}\n{said}"))
}

/// The base file whose `[ivr]` has these keys.
fn keys(said: &str, expected: Expect) {
    expected.assert_eq(&rendered(&with_keys(BASE, said)));
}

#[test]
fn the_keys_and_whom_they_call_are_read() {
    let line = changed(NUMBER, "name = \"support\"\noperator = \"sip:desk@192.0.2.9\"\nnumber");
    let text = with_keys(&line, "message_key = \"8\"\noperator_key = 0");
    let (settings, roof, warnings) = config::read("rappel.toml", &text).expect("a good file");
    assert_eq!(warnings, []);
    assert_eq!(settings.ivr.exits.message, Key::from_char('8'));
    assert_eq!(settings.ivr.exits.operator, Key::from_char('0'));
    let operator = settings.lines[0].operator.clone().expect("there is one");
    let Some(Destination::Phone { uri, hop }) = settings.destinations.get(&operator) else {
        panic!("{:?}", settings.destinations);
    };
    assert_eq!(
        (uri.as_str(), hop.peer.to_string()),
        ("sip:desk@192.0.2.9", "192.0.2.9:5060".into())
    );
    assert!(roof.recordings.is_some(), "messages are files");
}

#[test]
fn keys_that_are_taken_or_none() {
    keys(
        "message_key = \"2\"\noperator_key = \"#\"",
        expect![[r##"
        Error 9:15
          × `message_key` is no key for that
           ╭─[rappel.toml:9:15]
         9 │ message_key = "2"
           ·               ─┬─
           ·                ╰── expected "0", or "4" to "9"
           ╰────
          help: the menu has 1, 2 and 3; the key is spoken, so that it must be a digit
        Error 10:16
          × `operator_key` is no key for that
            ╭─[rappel.toml:10:16]
         10 │ operator_key = "#"
            ·                ─┬─
            ·                 ╰── expected "0", or "4" to "9"
            ╰────
          help: the menu has 1, 2 and 3; the key is spoken, so that it must be a digit
        Warning 10:16
          ⚠ no line has an operator
            ╭─[rappel.toml:10:16]
         10 │ operator_key = "#"
            ·                ─┬─
            ·                 ╰── expected a line with an `operator`
            ╰────
          help: add operator = "+33123456789" to a [[line]]
    "##]],
    );
    keys(
        "message_key = \"9\"\noperator_key = 9\noffer_key = \"5\"",
        expect![[r#"
        Error 10:16
          × `message_key` and `operator_key` are the same
            ╭─[rappel.toml:10:16]
         10 │ operator_key = 9
            ·                ┬
            ·                ╰── expected a key of its own
            ╰────
          help: choose another
        Warning 10:16
          ⚠ no line has an operator
            ╭─[rappel.toml:10:16]
         10 │ operator_key = 9
            ·                ┬
            ·                ╰── expected a line with an `operator`
            ╰────
          help: add operator = "+33123456789" to a [[line]]
    "#]],
    );
    keys(
        "offer_key = \"8\"\nmessage_key = 8",
        expect![[r#"
        Error 10:15
          × `message_key` is the `offer_key`
            ╭─[rappel.toml:10:15]
         10 │ message_key = 8
            ·               ┬
            ·               ╰── expected "0", or "4" to "9"
            ╰────
          help: the menu has 1, 2 and 3; the key is spoken, so that it must be a digit
    "#]],
    );
}

#[test]
fn a_key_that_calls_nobody() {
    keys(
        "operator_key = 0",
        expect![[r#"
        Warning 9:16
          ⚠ no line has an operator
           ╭─[rappel.toml:9:16]
         9 │ operator_key = 0
           ·                ┬
           ·                ╰── expected a line with an `operator`
           ╰────
          help: add operator = "+33123456789" to a [[line]]
    "#]],
    );
}

#[test]
fn a_key_that_declines_the_recording_leads_nowhere_else() {
    keys(
        "message_key = 9\n[recording]\nenabled = true\ndecline_key = \"9\"",
        expect![[r#"
        Error 12:15
          × `decline_key` leads out of the queue
            ╭─[rappel.toml:12:15]
         12 │ decline_key = "9"
            ·               ─┬─
            ·                ╰── expected a key of its own
            ╰────
          help: choose another, or ivr.offer_key
    "#]],
    );
    keys("message_key = 9\n[recording]\nenabled = true", expect![[r#""#]]);
}

#[test]
fn an_operator_who_cannot_be_called() {
    for (operator, said) in [
        (
            "sip:desk@example.org",
            expect![[r#"
            Error 20:12
              × `example.org` is not an IP address
                ╭─[rappel.toml:20:12]
             20 │ operator = "sip:desk@example.org"
                ·            ───────────┬──────────
                ·                       ╰── expected an agent, "+33123456789", or "sip:desk@192.0.2.5:5060"
                ╰────
              help: names are looked up in the `targets` of a trunk only: write the IP address of example.org
        "#]],
        ),
        (
            "+33",
            expect![[r#"
            Error 20:12
              × `+33` is not an international number
                ╭─[rappel.toml:20:12]
             20 │ operator = "+33"
                ·            ──┬──
                ·              ╰── expected an agent, "+33123456789", or "sip:desk@192.0.2.5:5060"
                ╰────
              help: an international number has at least 7 digits
        "#]],
        ),
        (
            "anan",
            expect![[r#"
            Error 20:12
              × there is no agent `anan`
                ╭─[rappel.toml:20:12]
             20 │ operator = "anan"
                ·            ───┬──
                ·               ╰── expected the name of a [[agent]]
                ╰────
              help: did you mean `anna`?
        "#]],
        ),
    ] {
        let wrong = format!("name = \"support\"\noperator = \"{operator}\"\nnumber");
        mistake(NUMBER, &wrong, said);
    }
}

fn with_steps(steps: &str) -> String {
    let line = changed(NUMBER, "name = \"support\"\nflow = \"f\"\nnumber");
    format!("{line}\n[[flow]]\nname = \"f\"\nsteps = [\n{steps}\n]\n")
}

#[test]
fn steps_that_offer_record_and_put_through_are_read() {
    let steps = "  { record = true },\n  { offer = true },\n  { transfer = \"+33123456780\", otherwise \
                 = \"wait\" },\n  { label = \"wait\", queue = true },";
    let text = format!("{}\n[recording]\nenabled = true\n", with_steps(steps));
    let (settings, _, warnings) = config::read("rappel.toml", &text).expect("a good file");
    assert_eq!(warnings, []);
    let flow = settings.lines[0].flow.clone().expect("it has a flow");
    let [Step::Record(true), Step::Offer, Step::Transfer { to: Some(to), otherwise: Some(_) }, _] =
        flow.steps()
    else {
        panic!("{:?}", flow.steps());
    };
    assert!(matches!(settings.destinations.get(to), Some(Destination::Number(_))));
}

#[test]
fn a_step_that_records_where_nothing_is() {
    let text =
        with_steps("  { record = false },\n  { transfer = \"nobody\" },\n  { queue = true },");
    expect![[r#"
        Error 32:16
          × there is no agent `nobody`
            ╭─[rappel.toml:32:16]
         32 │   { transfer = "nobody" },
            ·                ────┬───
            ·                    ╰── expected the name of a [[agent]]
            ╰────
          help: there is anna
    "#]]
    .assert_eq(&rendered(&text));
    let text = with_steps("  { record = false },\n  { queue = true },");
    expect![[r#"
        Error 31:14
          × conversations are not recorded, whatever this step says
            ╭─[rappel.toml:31:14]
         31 │   { record = false },
            ·              ──┬──
            ·                ╰── expected recording that is switched on
            ╰────
          help: add [recording] with enabled = true, and ratio = 0 to record no others
    "#]]
    .assert_eq(&rendered(&text));
    let text = with_steps("  { label = \"a\", transfer = \"anna\", otherwise = \"a\" },");
    expect![[r#"
        Error 31:3
          × from here the flow comes back to here without asking the caller anything
            ╭─[rappel.toml:31:3]
         31 │   { label = "a", transfer = "anna", otherwise = "a" },
            ·   ─────────────────────────┬─────────────────────────
            ·                            ╰── expected a loop that asks
            ╰────
          help: put a get_digit, get_value or queue step into the loop
    "#]]
    .assert_eq(&rendered(&text));
}

#[test]
fn a_toll_free_number_is_warned_of_unless_another_stands_in_for_it() {
    let toll_free = BASE.replace(
        "outbound_number = \"+33123456789\"",
        "outbound_number = \"+33805123456\"\nfallback_number = \"+33123456789\"",
    );
    assert_eq!(rendered(&toll_free), "");
    let (settings, _, _) = config::read("rappel.toml", &toll_free).expect("a good file");
    let other = settings.lines[0].fallback_number.map(|number| number.reveal());
    assert_eq!(other.as_deref(), Some("+33123456789"));
    assert!(settings.queue.lines.values().all(|line| line.has_fallback));
    let alone = toll_free.replace("\nfallback_number = \"+33123456789\"", "");
    expect![[r#"
        Warning 21:19
          ⚠ this is a toll-free number: some carriers refuse calls that show one
            ╭─[rappel.toml:21:19]
         21 │ outbound_number = "+33805123456"
            ·                   ───────┬──────
            ·                          ╰── expected a number that every network takes
            ╰────
          help: ask the carrier; or add fallback_number, which is shown after a refusal
    "#]]
    .assert_eq(&rendered(&alone));
    for (other, said) in [
        (
            "+33805123456",
            expect![[r#"
            Warning 22:19
              ⚠ this is the `outbound_number` itself
                ╭─[rappel.toml:22:19]
             22 │ fallback_number = "+33805123456"
                ·                   ───────┬──────
                ·                          ╰── expected a number of your own that every network takes
                ╰────
              help: it is shown when the network forbids `outbound_number` (403)
        "#]],
        ),
        (
            "+33805000000",
            expect![[r#"
            Warning 22:19
              ⚠ this is a toll-free number, too
                ╭─[rappel.toml:22:19]
             22 │ fallback_number = "+33805000000"
                ·                   ───────┬──────
                ·                          ╰── expected a number of your own that every network takes
                ╰────
              help: it is shown when the network forbids `outbound_number` (403)
        "#]],
        ),
        (
            "0123",
            expect![[r#"
            Warning 21:19
              ⚠ this is a toll-free number: some carriers refuse calls that show one
                ╭─[rappel.toml:21:19]
             21 │ outbound_number = "+33805123456"
                ·                   ───────┬──────
                ·                          ╰── expected a number that every network takes
                ╰────
              help: ask the carrier; or add fallback_number, which is shown after a refusal
            Error 22:19
              × `fallback_number`: `0123` is not an international number
                ╭─[rappel.toml:22:19]
             22 │ fallback_number = "0123"
                ·                   ───┬──
                ·                      ╰── expected an international number, such as "+33123456789"
                ╰────
              help: an international number begins with + or 00
        "#]],
        ),
    ] {
        let other = format!("fallback_number = \"{other}\"");
        let text = toll_free.replace("fallback_number = \"+33123456789\"", &other);
        said.assert_eq(&rendered(&text));
    }
}

#[test]
fn music_that_cannot_be_played_is_found_where_it_is_named() {
    let text = format!("{BASE}\n[bridge]\nmusic = \"hold.mp3\"\nmusic_max_bytes = 200000\n");
    let outside = |answer: Result<(), String>| {
        move |file: &std::path::Path, most: u64| {
            assert_eq!((file.to_str(), most), (Some("hold.mp3"), 200_000));
            answer.clone()
        }
    };
    let read = |answer| {
        let music = outside(answer);
        let secrets = &|_: config::SecretPlace<'_>| Err("none".to_owned());
        let outside = config::Outside {
            secrets,
            prompts: &|_, _, _| Ok(()),
            music: &music,
            lists: &|_| Ok(String::new()),
        };
        config::read_in("rappel.toml", &text, &outside)
    };
    let (_, roof, _) = read(Ok(())).expect("a good file");
    let music = roof.music.expect("it has music");
    assert_eq!((music.file.to_str(), music.bytes_max), (Some("hold.mp3"), 200_000));
    let findings = read(Err("has 200001 bytes".into())).expect_err("too large");
    let at: Vec<_> = findings.iter().map(|it| (it.problem.as_str(), it.line, it.column)).collect();
    assert_eq!(at, [("hold.mp3 has 200001 bytes", 28, 9)]);
}
