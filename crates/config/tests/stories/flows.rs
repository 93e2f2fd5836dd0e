//! Flows: what their steps mean, and mistakes in them.

use config::{Outside, Severity};
use expect_test::{Expect, expect};
use ivr::flow::{Step, Test, Value, ValueKind};

use crate::{BASE, changed, rendered};

/// The base file whose line has a flow of these steps.
fn with_steps(steps: &str) -> String {
    let line = changed("name = \"support\"\nnumber", "name = \"support\"\nflow = \"f\"\nnumber");
    format!("{line}\n[[flow]]\nname = \"f\"\nsteps = [\n{steps}\n]\n")
}

fn bad(steps: &str, expected: Expect) {
    expected.assert_eq(&rendered(&with_steps(steps)));
}

#[test]
fn every_kind_of_step_is_read() {
    let text = with_steps(
        r##"  { say = ["greeting", "our-notice"] },
  { label = "wait", queue = true, offer = false, exits = { "9" = "leave", "#" = "end" } },
  { label = "leave", get_digit = "choice", keys = "12*", say = "menu", wait = "4s", tries = 2 },
  { set = "phone", from = "caller.number" },
  { set = "kind", to = "own" },
  { if = "choice == 1", go = "call" },
  { if = "choice != 2", go = "wait" },
  { if = "not phone", go = "type" },
  { if = "callbacks", go = "type" },
  { label = "type", get_value = "phone", say = "enter-number", empty = "caller.number" },
  { get_value = "pin", kind = "digits", digits_min = 4, digits_max = 6, say = "menu", wrong = "no" },
  { say_digits = "phone" },
  { label = "call", callback = "phone", say = "promised", otherwise = "wait" },
  { go = "end" },
  { label = "end" },
  { hang_up = true },"##,
    );
    let (settings, _, warnings) = config::read("rappel.toml", &text).expect("a good file");
    assert_eq!(warnings, []);
    let flow = settings.lines[0].flow.as_ref().expect("the line has it");
    assert_eq!(flow.name(), "f");
    let steps: Vec<&Step> = flow.steps().iter().collect();
    assert_eq!(steps.len(), 16);
    assert!(
        matches!(steps[1], Step::Queue { exits, offer: false, say: None } if exits.keys.len() == 2)
    );
    let of = |test: &Test| (test.of.to_string(), test.is.as_deref().map(str::to_owned), test.not);
    let tests: Vec<_> = steps
        .iter()
        .filter_map(|step| match step {
            Step::If { test, .. } => Some(of(test)),
            _ => None,
        })
        .collect();
    let named = |name: &str, is: Option<&str>, not| (name.to_owned(), is.map(str::to_owned), not);
    assert_eq!(
        tests,
        [
            named("choice", Some("1"), false),
            named("choice", Some("2"), true),
            named("phone", None, true),
            named("callbacks", None, false),
        ]
    );
    assert!(matches!(steps[3], Step::Set { to: Value::Of(of), .. } if &**of == "caller.number"));
    let pin = ValueKind::Digits { least: 4, most: 6 };
    assert!(matches!(steps[10], Step::GetValue { kind, .. } if *kind == pin));
}

#[test]
fn a_label_that_nobody_has() {
    bad(
        "  { label = \"wait\", queue = true, exits = { \"9\" = \"wiat\" } },",
        expect![[r#"
            Error 31:3
              × no step of this flow has the label `wiat`
                ╭─[rappel.toml:31:3]
             31 │   { label = "wait", queue = true, exits = { "9" = "wiat" } },
                ·   ─────────────────────────────┬────────────────────────────
                ·                                ╰── expected the label of a step
                ╰────
              help: did you mean `wait`?
        "#]],
    );
}

#[test]
fn a_label_given_twice_and_a_variable_that_nothing_sets() {
    bad(
        "  { label = \"a\", say = \"menu\" },\n  { label = \"a\", if = \"choise\", go = \"a\" },\n  { \
         queue = true },",
        expect![[r#"
            Error 31:3
              × from here the flow comes back to here without asking the caller anything
                ╭─[rappel.toml:31:3]
             31 │   { label = "a", say = "menu" },
                ·   ──────────────┬──────────────
                ·                 ╰── expected a loop that asks
                ╰────
              help: put a get_digit, get_value or queue step into the loop
            Error 32:3
              × `a` is the label of the step in line 31
                ╭─[rappel.toml:32:3]
             32 │   { label = "a", if = "choise", go = "a" },
                ·   ────────────────────┬───────────────────
                ·                       ╰── expected a label of its own
                ╰────
              help: give this step another label
            Error 32:3
              × nothing in this flow sets `choise`
                ╭─[rappel.toml:32:3]
             32 │   { label = "a", if = "choise", go = "a" },
                ·   ────────────────────┬───────────────────
                ·                       ╰── expected a variable that a step before sets
                ╰────
              help: known of every caller are caller.number, callbacks, hash.number, language, line,
                    message.number, offer.opens, place
        "#]],
    );
}

#[test]
fn a_loop_that_never_asks() {
    bad(
        "  { label = \"again\", say = \"menu\" },\n  { go = \"again\" },",
        expect![[r#"
            Error 31:3
              × from here the flow comes back to here without asking the caller anything
                ╭─[rappel.toml:31:3]
             31 │   { label = "again", say = "menu" },
                ·   ────────────────┬────────────────
                ·                   ╰── expected a loop that asks
                ╰────
              help: put a get_digit, get_value or queue step into the loop
        "#]],
    );
}

#[test]
fn a_step_that_is_none_and_keys_that_it_has_not() {
    bad(
        "  { play = \"menu\" },\n  { say = \"menu\", tries = 3 },\n  \"menu\",",
        expect![[r#"
            Error 31:3
              × this step does nothing that Rappel knows
                ╭─[rappel.toml:31:3]
             31 │   { play = "menu" },
                ·   ────────┬────────
                ·           ╰── expected a step
                ╰────
              help: a step has one of get_digit, get_value, say_digits, set, count, if, queue, offers,
                    callback, message, transfer, operator, record, skills, priority, hang_up, go, say, offer
            Error 32:19
              × { say = … } has no key `tries`
                ╭─[rappel.toml:32:19]
             32 │   { say = "menu", tries = 3 },
                ·                   ──┬──
                ·                     ╰── expected a key of { say = … }
                ╰────
              help: its keys are label, say, joined
            Error 33:3
              × this is no step
                ╭─[rappel.toml:33:3]
             33 │   "menu",
                ·   ───┬──
                ·      ╰── expected a step in braces
                ╰────
              help: each step stands in braces: { say = "greeting" }
        "#]],
    );
}

#[test]
fn keys_times_tests_and_exits_that_are_none() {
    bad(
        "  { get_digit = \"x\", keys = \"1,2\", say = \"menu\", wait = \"5m\" },\n  { if = \"1 == 1\", \
         go = \"x\" },\n  { queue = true, exits = { \"10\" = \"x\" } },\n  { queue = false },\n  { get_value \
         = \"x\", say = \"menu\", digits_min = 4 },\n  { set = \"x\" },",
        expect![[r#"
            Error 31:29
              × `keys`: `1,2` are no keys
                ╭─[rappel.toml:31:29]
             31 │   { get_digit = "x", keys = "1,2", say = "menu", wait = "5m" },
                ·                             ──┬──
                ·                               ╰── expected the keys that answer, such as "123"
                ╰────
              help: telephones have the keys 0 to 9, * and #: write them one after the other
            Error 31:57
              × `wait` is too long
                ╭─[rappel.toml:31:57]
             31 │   { get_digit = "x", keys = "1,2", say = "menu", wait = "5m" },
                ·                                                         ──┬─
                ·                                                           ╰── expected a time from "1s" to "1m"
                ╰────
              help: write it in quotes with its units: "6s" (ms, s, m, h, d)
            Error 32:10
              × `if`: `1 == 1` is no test
                ╭─[rappel.toml:32:10]
             32 │   { if = "1 == 1", go = "x" },
                ·          ────┬───
                ·              ╰── expected "choice == 1", "choice != 1", "choice" or "not choice"
                ╰────
              help: the left side is the name of a variable, the right side a text
            Error 33:29
              × `10` is no key of a telephone
                ╭─[rappel.toml:33:29]
             33 │   { queue = true, exits = { "10" = "x" } },
                ·                             ──┬─
                ·                               ╰── expected one of 0 to 9, * and #, or offer, message, operator
                ╰────
              help: write exits = { "9" = "a-label" }
            Error 34:13
              × `queue` is false
                ╭─[rappel.toml:34:13]
             34 │   { queue = false },
                ·             ──┬──
                ·               ╰── expected queue = true
                ╰────
              help: take the step out
            Error 35:49
              × `digits_min` has no meaning for telephone numbers
                ╭─[rappel.toml:35:49]
             35 │   { get_value = "x", say = "menu", digits_min = 4 },
                ·                                                 ┬
                ·                                                 ╰── expected `kind = "digits"` beside it
                ╰────
              help: add kind = "digits", or take it out
            Error 36:3
              × this step sets no value
                ╭─[rappel.toml:36:3]
             36 │   { set = "x" },
                ·   ──────┬──────
                ·         ╰── expected `to` or `from`
                ╰────
              help: add to = "a text", or from = "another.variable"
        "#]],
    );
}

#[test]
fn a_step_that_no_caller_comes_to_is_warned_of() {
    bad(
        "  { queue = true },\n  { say = \"menu\" },",
        expect![[r#"
            Warning 32:3
              ⚠ no caller comes to this step
                ╭─[rappel.toml:32:3]
             32 │   { say = "menu" },
                ·   ────────┬───────
                ·           ╰── expected a step that a caller can come to
                ╰────
              help: take it out, or give it a label and jump to it
        "#]],
    );
}

#[test]
fn a_line_with_a_flow_that_there_is_not() {
    let text = changed("name = \"support\"\nnumber", "name = \"support\"\nflow = \"f\"\nnumber");
    expect![[r#"
        Error 20:8
          × there is no flow `f`
            ╭─[rappel.toml:20:8]
         20 │ flow = "f"
            ·        ─┬─
            ·         ╰── expected the name of a [[flow]]
            ╰────
          help: add a line [[flow]] with this name
    "#]]
    .assert_eq(&rendered(&text));
}

#[test]
fn a_flow_without_steps_and_one_without_a_list() {
    let text = format!("{BASE}\n[[flow]]\nname = \"f\"\n[[flow]]\nname = \"g\"\nsteps = 1\n");
    expect![[r#"
        Error 27:1
          × this [[flow]] has no `steps`
            ╭─[rappel.toml:27:1]
         27 │ [[flow]]
            · ────┬───
            ·     ╰── expected `steps` below
            ╰────
          help: add steps = [{ say = "greeting" }, { queue = true }]
        Error 31:9
          × `steps` is no list
            ╭─[rappel.toml:31:9]
         31 │ steps = 1
            ·         ┬
            ·         ╰── expected a list of steps
            ╰────
          help: write steps = [ { say = "greeting" }, { queue = true } ]
    "#]]
    .assert_eq(&rendered(&text));
}

#[test]
fn where_flows_may_promise_nothing_a_callback_step_is_refused() {
    let steps = with_steps("  { callback = \"caller.number\" },\n  { queue = true },");
    assert_eq!(rendered(&steps), "");
    let refused = steps.replace("[ivr]", "[ivr]\ncallback_steps = false");
    expect![[r#"
        Error 32:3
          × a flow may not promise callbacks here
            ╭─[rappel.toml:32:3]
         32 │   { callback = "caller.number" },
            ·   ───────────────┬──────────────
            ·                  ╰── expected a step that does not call back
            ╰────
          help: let callers ask in the queue, or set callback_steps = true under [ivr]
    "#]]
    .assert_eq(&rendered(&refused));
}

#[test]
fn a_prompt_that_is_missing_is_found_where_the_flow_names_it() {
    let text = with_steps("  { say = [\"greeting\", \"our-notice\"] },\n  { queue = true },");
    let outside = Outside {
        secrets: &|_| Err("none".into()),
        music: &|_, _| Ok(()),
        prompts: &|_, language, file| {
            if (language, file) == ("en", "our-notice") { Err("is missing".into()) } else { Ok(()) }
        },
        lists: &|_| Err("none".into()),
    };
    let findings =
        config::read_in("rappel.toml", &text, &outside).expect_err("a prompt is missing");
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].severity, Severity::Error);
    expect![[r#"
        Error
          × the prompt en/our-notice.wav is missing
            ╭─[rappel.toml:31:24]
         31 │   { say = ["greeting", "our-notice"] },
            ·                        ──────┬─────
            ·                              ╰── expected a prompt that can be played
            ╰────
          help: name the folder of your prompts: [prompts] directory = "…"
    "#]]
    .assert_eq(&format!("Error\n{}", findings[0].render()));
}

#[test]
fn what_the_bundled_flow_prints_may_be_put_into_the_file_and_is_the_same_there() {
    let text = format!("{BASE}\n{}", config::USUAL_FLOW);
    let (settings, _, warnings) = config::read("rappel.toml", &text).expect("a good file");
    assert_eq!(warnings, []);
    assert_eq!(settings.flow, config::usual_flow());
    let (bundled, ..) = config::read("rappel.toml", BASE).expect("a good file");
    assert_eq!(bundled.flow, settings.flow);
    assert_eq!(settings.flow.name(), config::USUAL_NAME);
    assert_eq!(settings.flow.unreachable(), [] as [usize; 0]);
}

#[test]
fn a_changed_copy_leads_every_line_without_a_flow_and_its_messages_need_a_directory() {
    let changed = config::USUAL_FLOW.replace(
        r#""wait", queue = true, exits = {"#,
        r#""wait", queue = true, exits = { "5" = "message","#,
    );
    let text = format!("{BASE}\n{changed}");
    let (settings, roof, _) = config::read("rappel.toml", &text).expect("a good file");
    assert!(settings.lines[0].flow.is_none());
    assert_ne!(settings.flow, config::usual_flow());
    assert!(roof.recordings.is_some(), "callers leave messages");
    let (_, roof, _) = config::read("rappel.toml", BASE).expect("a good file");
    assert_eq!(roof.recordings, None, "no key of the bundled one leads to a message");
}

/// A flow of the name that others borrow from.
fn own_queue(steps: &str) -> String {
    format!("{BASE}\n[[flow]]\nname = \"queue\"\nsteps = [\n{steps}\n]\n")
}

#[test]
fn the_flow_that_others_borrow_from_says_where_the_offer_leads_and_borrows_nothing() {
    expect![[r#"
        Error 30:3
          × the flow `queue` is what others borrow the offer from, and borrows none
            ╭─[rappel.toml:30:3]
         30 │   { queue = true },
            ·   ────────┬───────
            ·           ╰── expected a queue step with exits = { offer = "a-label" }
            ╰────
          help: `rappel flow show` prints the bundled one; or give this flow another name
    "#]]
    .assert_eq(&rendered(&own_queue("  { queue = true },")));
    expect![[r#"
        Error 29:9
          × the flow `queue` does not say where the offer leads
            ╭─[rappel.toml:29:9]
         29 │ steps = [
            ·         ┬
            ·         ╰── expected a queue step with exits = { offer = "a-label" }
            ╰────
          help: `rappel flow show` prints the bundled one; or give this flow another name
    "#]]
    .assert_eq(&rendered(&own_queue("  { queue = true, offer = false },")));
}

#[test]
fn the_steps_of_the_bundled_flow_have_mistakes_of_their_own() {
    bad(
        "  { queue = true, exits = { ofer = \"end\" } },\n  { label = \"end\", say = [{ digit = \"x\" }, 3] },",
        expect![[r#"
            Error 31:29
              × `ofer` is no key of a telephone
                ╭─[rappel.toml:31:29]
             31 │   { queue = true, exits = { ofer = "end" } },
                ·                             ──┬─
                ·                               ╰── expected one of 0 to 9, * and #, or offer, message, operator
                ╰────
              help: write exits = { "9" = "a-label" }
            Error 32:27
              × nothing like this can be said
                ╭─[rappel.toml:32:27]
             32 │   { label = "end", say = [{ digit = "x" }, 3] },
                ·                           ───────┬───────
                ·                                  ╰── expected digits, number, time or exits
                ╰────
              help: write { digits = "phone" }, or { exits = true }
            Error 32:44
              × this is nothing to be said
                ╭─[rappel.toml:32:44]
             32 │   { label = "end", say = [{ digit = "x" }, 3] },
                ·                                            ┬
                ·                                            ╰── expected a prompt in quotes
                ╰────
              help: write say = ["read-back", { digits = "phone" }]
        "#]],
    );
    bad(
        "  { count = \"n\", to = \"often\", go = \"end\" },\n  { offers = \"never\" },\n  { label = \"end\", \
         say = [\"menu\", { digits = \"phone\" }] },",
        expect![[r#"
            Error 31:23
              × `to` is text
                ╭─[rappel.toml:31:23]
             31 │   { count = "n", to = "often", go = "end" },
                ·                       ───┬───
                ·                          ╰── expected a whole number from 1 to 100
                ╰────
              help: write to = followed by a whole number from 1 to 100
            Error 32:14
              × `offers`: `never` is not one of them
                ╭─[rappel.toml:32:14]
             32 │   { offers = "never" },
                ·              ───┬───
                ·                 ╰── expected one of "spoken", "unspoken", "off"
                ╰────
              help: without this key it is "off"
        "#]],
    );
}
