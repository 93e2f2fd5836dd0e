//! Mistakes in lines.

use expect_test::expect;

use crate::{BASE, changed, mistake, rendered};

const NUMBER: &str = "\nnumber = \"+33123456789\"";

fn with(line: &str) -> String {
    format!("{NUMBER}\n{line}")
}

#[test]
fn a_line_without_an_outbound_number() {
    mistake(
        "outbound_number = \"+33123456789\"",
        "",
        expect![[r#"
        Warning 18:1
          ⚠ callbacks are never offered on line `support`
            ╭─[rappel.toml:18:1]
         18 │ [[line]]
            · ────┬───
            ·     ╰── expected `outbound_number` below
            ╰────
          help: add outbound_number, the number that customers see, or callbacks = false
    "#]],
    );
}

#[test]
fn a_line_that_says_itself_that_it_has_no_callbacks() {
    mistake("outbound_number = \"+33123456789\"", "callbacks = false", expect![[""]]);
}

#[test]
fn an_outbound_number_in_national_form() {
    mistake(
        "outbound_number = \"+33",
        "outbound_number = \"0",
        expect![[r#"
        Error 21:19
          × `outbound_number`: `0123456789` is not an international number
            ╭─[rappel.toml:21:19]
         21 │ outbound_number = "0123456789"
            ·                   ──────┬─────
            ·                         ╰── expected an international number, such as "+33123456789"
            ╰────
          help: an international number begins with + or 00
    "#]],
    );
}

#[test]
fn an_outbound_number_without_quotes() {
    mistake(
        "outbound_number = \"+33123456789\"",
        "outbound_number = 33123456789",
        expect![[r#"
        Error 21:19
          × `outbound_number` is a number
            ╭─[rappel.toml:21:19]
         21 │ outbound_number = 33123456789
            ·                   ─────┬─────
            ·                        ╰── expected text in quotes
            ╰────
          help: a phone number stands in quotes: "+33123456789"
    "#]],
    );
}

#[test]
fn a_line_without_a_number() {
    mistake(
        NUMBER,
        "",
        expect![[r#"
        Error 18:1
          × this [[line]] has no `number`
            ╭─[rappel.toml:18:1]
         18 │ [[line]]
            · ────┬───
            ·     ╰── expected `number` below
            ╰────
          help: add number = "+33123456789"
    "#]],
    );
}

#[test]
fn a_line_with_both_number_and_numbers() {
    mistake(
        NUMBER,
        &with("numbers = [\"100\"]"),
        expect![[r#"
        Error 20:10
          × this line has both `number` and `numbers`
            ╭─[rappel.toml:20:10]
         20 │ number = "+33123456789"
            ·          ───────┬──────
            ·                 ╰── expected one of the two
            ╰────
          help: put all of them into `numbers`
    "#]],
    );
}

#[test]
fn several_numbers_under_number() {
    mistake(
        NUMBER,
        "\nnumber = [\"+33123456789\", \"+33123456780\"]",
        expect![[r#"
        Error 20:10
          × `number` is a list
            ╭─[rappel.toml:20:10]
         20 │ number = ["+33123456789", "+33123456780"]
            ·          ────────────────┬───────────────
            ·                          ╰── expected one number in quotes
            ╰────
          help: for several numbers the key is `numbers`
    "#]],
    );
}

#[test]
fn a_line_whose_list_of_numbers_is_empty() {
    mistake(
        NUMBER,
        "\nnumbers = []",
        expect![[r#"
        Error 20:11
          × `numbers` is empty: nobody can call
            ╭─[rappel.toml:20:11]
         20 │ numbers = []
            ·           ─┬
            ·            ╰── expected at least one number
            ╰────
          help: "*" stands for every number that no other line has
    "#]],
    );
}

#[test]
fn a_number_that_is_too_long() {
    mistake(
        NUMBER,
        "\nnumber = \"+331234567890123456\"",
        expect![[r#"
        Error 20:10
          × `+331234567890123456` is not an international number
            ╭─[rappel.toml:20:10]
         20 │ number = "+331234567890123456"
            ·          ──────────┬──────────
            ·                    ╰── expected a number as it is dialled, such as "+33123456789"
            ╰────
          help: an international number has at most 15 digits
    "#]],
    );
}

#[test]
fn a_number_with_its_sip_uri() {
    mistake(
        NUMBER,
        "\nnumber = \"sip:+33123456789@203.0.113.5\"",
        expect![[r#"
        Error 20:10
          × `sip:+33123456789@203.0.113.5` cannot be dialled
            ╭─[rappel.toml:20:10]
         20 │ number = "sip:+33123456789@203.0.113.5"
            ·          ───────────────┬──────────────
            ·                         ╰── expected a number as it is dialled, such as "+33123456789"
            ╰────
          help: write the number, or the name before the @, without sip:
    "#]],
    );
}

#[test]
fn a_number_without_quotes() {
    mistake(
        NUMBER,
        "\nnumber = 33123456789",
        expect![[r#"
        Error 20:10
          × `number` is a number
            ╭─[rappel.toml:20:10]
         20 │ number = 33123456789
            ·          ─────┬─────
            ·               ╰── expected text in quotes
            ╰────
          help: a phone number stands in quotes: "+33123456789"
    "#]],
    );
}

#[test]
fn a_number_that_two_lines_claim_in_two_ways() {
    let second = "[[line]]\nname = \"sales\"\nnumbers = [\"100\", \"0033 1 23 45 67 89\"]\n\
                  outbound_number = \"+33123456789\"\n\n[[agent]]";
    expect![[r#"
        Error 25:19
          × `0033 1 23 45 67 89` is claimed in line 20 already
            ╭─[rappel.toml:25:19]
         25 │ numbers = ["100", "0033 1 23 45 67 89"]
            ·                   ──────────┬─────────
            ·                             ╰── expected a number of its own
            ╰────
          help: a number belongs to one line: take it out of one of the two
    "#]]
    .assert_eq(&rendered(&BASE.replace("[[agent]]", second)));
}

#[test]
fn a_national_number_that_two_lines_claim() {
    let second = "[[line]]\nname = \"sales\"\nnumber = \"01 23 45 67 89\"\n\
                  outbound_number = \"+33123456789\"\n\n[[agent]]";
    let text = BASE
        .replace("[[agent]]", second)
        .replace("[[queue]]", "number_format = \"national:33:0\"\n\n[[queue]]");
    expect![[r#"
        Error 27:10
          × `01 23 45 67 89` is claimed in line 22 already
            ╭─[rappel.toml:27:10]
         27 │ number = "01 23 45 67 89"
            ·          ────────┬───────
            ·                  ╰── expected a number of its own
            ╰────
          help: a number belongs to one line: take it out of one of the two
    "#]]
    .assert_eq(&rendered(&text));
}

#[test]
fn two_lines_that_take_every_number() {
    let second = "[[line]]\nname = \"sales\"\nnumbers = [\"*\"]\n\
                  outbound_number = \"+33123456789\"\n\n[[agent]]";
    let text = changed(NUMBER, "\nnumber = \"*\"").replace("[[agent]]", second);
    expect![[r#"
        Error 25:12
          × `*` is claimed in line 20 already
            ╭─[rappel.toml:25:12]
         25 │ numbers = ["*"]
            ·            ─┬─
            ·             ╰── expected a number of its own
            ╰────
          help: only one line can take every number that is left
    "#]]
    .assert_eq(&rendered(&text));
}

#[test]
fn more_numbers_than_a_line_may_have() {
    let many = |count: usize| {
        let numbers: Vec<String> = (0..count).map(|n| format!("\"{n}\"")).collect();
        changed(NUMBER, &format!("\nnumbers = [\n{}]", numbers.join(",")))
    };
    assert_eq!(rendered(&many(config::NUMBERS_MAX)), "");
    expect![[r#"
        Error 20:11
          × this line has more than 1000 numbers
            ╭─[rappel.toml:20:11]
         20 │ numbers = [
            ·           ┬
            ·           ╰── expected fewer numbers
            ╰────
          help: spread them over several lines
    "#]]
    .assert_eq(&rendered(&many(config::NUMBERS_MAX + 1)));
}

#[test]
fn a_language_without_prompts() {
    mistake(
        NUMBER,
        &with("language = \"nl\""),
        expect![[r#"
            Error 21:12
              × there are no prompts in `nl`
                ╭─[rappel.toml:21:12]
             21 │ language = "nl"
                ·            ──┬─
                ·              ╰── expected a language, such as "en" or "fr"
                ╰────
              help: prompts come in en, fr, de, es; for others name your own with prompts.directory
        "#]],
    );
}

#[test]
fn a_language_that_is_no_directory() {
    mistake(
        NUMBER,
        &with("language = \"../fr\""),
        expect![[r#"
        Error 21:12
          × `language`: `../fr` is not a language
            ╭─[rappel.toml:21:12]
         21 │ language = "../fr"
            ·            ───┬───
            ·               ╰── expected a language, such as "en" or "fr"
            ╰────
          help: it is the name of a directory of prompts: small letters, two or more
    "#]],
    );
}

#[test]
fn a_greeting_with_its_ending() {
    mistake(
        NUMBER,
        &with("greeting = \"prompts/hello.wav\""),
        expect![[r#"
        Error 21:12
          × `greeting`: the name stands without its ending
            ╭─[rappel.toml:21:12]
         21 │ greeting = "prompts/hello.wav"
            ·            ─────────┬─────────
            ·                     ╰── expected the name of a prompt file, without .wav
            ╰────
          help: write "hello"
    "#]],
    );
}

#[test]
fn a_greeting_that_is_a_path() {
    mistake(
        NUMBER,
        &with("greeting = \"../hello\""),
        expect![[r#"
        Error 21:12
          × `greeting`: `../hello` is not a file name
            ╭─[rappel.toml:21:12]
         21 │ greeting = "../hello"
            ·            ─────┬────
            ·                 ╰── expected the name of a prompt file, without .wav
            ╰────
          help: put the file into prompts.directory, below the line's language
    "#]],
    );
}

#[test]
fn an_unknown_trunk_with_the_nearest_name() {
    mistake(
        NUMBER,
        &with("trunk = \"carier\""),
        expect![[r#"
        Error 21:9
          × there is no trunk `carier`
            ╭─[rappel.toml:21:9]
         21 │ trunk = "carier"
            ·         ────┬───
            ·             ╰── expected the name of a [[trunk]]
            ╰────
          help: did you mean `carrier`?
    "#]],
    );
}

#[test]
fn an_unknown_queue_that_is_like_none() {
    mistake(
        NUMBER,
        &with("queue = \"kitchen\""),
        expect![[r#"
        Error 21:9
          × there is no queue `kitchen`
            ╭─[rappel.toml:21:9]
         21 │ queue = "kitchen"
            ·         ────┬────
            ·             ╰── expected the name of a [[queue]]
            ╰────
          help: there is support
    "#]],
    );
}

#[test]
fn a_line_that_must_say_which_trunk() {
    let second = "[[trunk]]\nname = \"pbx\"\naddress = \"192.0.2.9\"\n\n[[queue]]";
    expect![[r#"
        Error 22:1
          × this [[line]] names no trunk, and there are several
            ╭─[rappel.toml:22:1]
         22 │ [[line]]
            · ────┬───
            ·     ╰── expected `trunk` below
            ╰────
          help: add trunk = "…", one of carrier, pbx
    "#]]
    .assert_eq(&rendered(&BASE.replace("[[queue]]", second)));
}

#[test]
fn a_line_without_a_number_to_withhold() {
    mistake(
        "\noutbound_number = \"+33123456789\"",
        "\nwithhold_number = true\ncallbacks = false",
        expect![[r#"
            Warning 21:19
              ⚠ this line has no number to withhold
                ╭─[rappel.toml:21:19]
             21 │ withhold_number = true
                ·                   ──┬─
                ·                     ╰── expected `outbound_number` beside it
                ╰────
              help: the trunk must learn which number calls: add outbound_number
        "#]],
    );
}
