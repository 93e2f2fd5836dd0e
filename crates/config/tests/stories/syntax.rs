//! What is no TOML, no section and no key.

use expect_test::expect;

use crate::{BASE, mistake, rendered};

#[test]
fn text_without_quotes() {
    mistake(
        r#"name = "carrier""#,
        "name = carrier",
        expect![[r#"
        Error 11:8
          × `carrier` stands without quotes
            ╭─[rappel.toml:11:8]
         11 │ name = carrier
            ·        ───┬───
            ·           ╰── expected text in quotes
            ╰────
          help: write "carrier"
    "#]],
    );
}

#[test]
fn a_quote_that_is_not_closed() {
    mistake(
        r#"listen = "0.0.0.0:5060""#,
        r#"listen = "0.0.0.0:5060"#,
        expect![[r#"
        Error 2:22
          × this text is not closed, or holds a stray backslash
           ╭─[rappel.toml:2:22]
         2 │ listen = "0.0.0.0:5060
           ·                      ┬
           ·                      ╰── expected `"` at its end
           ╰────
          help: text begins and ends with ", in one line; a backslash is written \\
    "#]],
    );
}

#[test]
fn the_quotes_of_a_word_processor() {
    mistake(
        r#"name = "carrier""#,
        "name = “carrier”",
        expect![[r#"
        Error 11:8
          × these are a word processor's quotes
            ╭─[rappel.toml:11:8]
         11 │ name = “carrier”
            ·        ────┬────
            ·            ╰── expected "straight" quotes
            ╰────
          help: write "carrier"
    "#]],
    );
}

#[test]
fn a_colon_in_place_of_the_equals_sign() {
    mistake(
        r#"address = "203.0.113.5""#,
        r#"address: "203.0.113.5""#,
        expect![[r#"
        Error 5:8
          × a colon stands between key and value
           ╭─[rappel.toml:5:8]
         5 │ address: "203.0.113.5"
           ·        ┬
           ·        ╰── expected `=`
           ╰────
          help: write key = value
    "#]],
    );
}

#[test]
fn a_key_that_stands_twice() {
    mistake(
        "[ivr]",
        "[ivr]\noffer_every = \"30s\"",
        expect![[r#"
        Error 9:1
          × this stands twice
           ╭─[rappel.toml:9:1]
         9 │ offer_every = "45s"
           · ─────┬─────
           ·      ╰── expected each key and each section once
           ╰────
          help: take one out; several trunks, lines, queues and agents have [[…]] each
    "#]],
    );
}

#[test]
fn a_bracket_that_is_missing() {
    mistake(
        "[media]",
        "[media",
        expect![[r#"
        Error 4:6
          × the bracket is not closed
           ╭─[rappel.toml:4:6]
         4 │ [media
           ·      ┬
           ·      ╰── expected `]`
           ╰────
          help: write [sip], or [[trunk]] where there may be several
    "#]],
    );
}

#[test]
fn several_mistakes_of_syntax_and_of_meaning_are_said_together() {
    let text = BASE.replace("[media]", "[media").replace("45s", "fast").replace("8h", "8 hours");
    expect![[r#"
        Error 4:6
          × the bracket is not closed
           ╭─[rappel.toml:4:6]
         4 │ [media
           ·      ┬
           ·      ╰── expected `]`
           ╰────
          help: write [sip], or [[trunk]] where there may be several
        Error 8:15
          × `offer_every` is not a time
           ╭─[rappel.toml:8:15]
         8 │ offer_every = "fast"
           ·               ───┬──
           ·                  ╰── expected a time from "5s" to "1h"
           ╰────
          help: write it in quotes with its units: "45s" (ms, s, m, h, d)
        Error 16:15
          × `request_ttl` is not a time
            ╭─[rappel.toml:16:15]
         16 │ request_ttl = "8 hours"
            ·               ────┬────
            ·                   ╰── expected a time from "1m" to "90d"
            ╰────
          help: write it in quotes with its units: "8h" (ms, s, m, h, d)
    "#]]
    .assert_eq(&rendered(&text));
}

#[test]
fn an_unknown_key_with_its_nearest_name() {
    mistake(
        "listen =",
        "lisen =",
        expect![[r#"
        Error 2:1
          × [sip] has no key `lisen`
           ╭─[rappel.toml:2:1]
         2 │ lisen = "0.0.0.0:5060"
           · ──┬──
           ·   ╰── expected a key of [sip]
           ╰────
          help: did you mean `listen`?
    "#]],
    );
}

#[test]
fn an_unknown_key_that_belongs_elsewhere() {
    mistake(
        "[ivr]",
        "[ivr]\noutbound_number = \"+33123456789\"",
        expect![[r#"
        Error 8:1
          × [ivr] has no key `outbound_number`
           ╭─[rappel.toml:8:1]
         8 │ outbound_number = "+33123456789"
           · ───────┬───────
           ·        ╰── expected a key of [ivr]
           ╰────
          help: `outbound_number` belongs under [[line]]
    "#]],
    );
}

#[test]
fn an_unknown_key_that_is_like_none() {
    mistake(
        "[ivr]",
        "[ivr]\nbeverage = \"tea\"",
        expect![[r#"
            Error 8:1
              × [ivr] has no key `beverage`
               ╭─[rappel.toml:8:1]
             8 │ beverage = "tea"
               · ────┬───
               ·     ╰── expected a key of [ivr]
               ╰────
              help: its keys are offer_key, offer_after, offer_every, offer_clock, offer_opens,
                    hash_is_own_number, choice_time, asks_max, inter_digit, entries_max, digits_max,
                    promise_time, message_max, message_min, message_silence, message_key, message_callback,
                    operator_key, callback_steps
        "#]],
    );
}

#[test]
fn an_unknown_section_with_its_nearest_name() {
    mistake(
        "[ivr]",
        "[ivrs]",
        expect![[r#"
        Error 7:2
          × there is no section `ivrs`
           ╭─[rappel.toml:7:2]
         7 │ [ivrs]
           ·  ──┬─
           ·    ╰── expected a section that Rappel knows
           ╰────
          help: did you mean [ivr]?
    "#]],
    );
}

#[test]
fn an_unknown_section_that_is_like_none() {
    mistake(
        "[ivr]\noffer_every = \"45s\"",
        "[kitchen]",
        expect![[r#"
            Error 7:2
              × there is no section `kitchen`
               ╭─[rappel.toml:7:2]
             7 │ [kitchen]
               ·  ───┬───
               ·     ╰── expected a section that Rappel knows
               ╰────
              help: the sections are [sip], [[listener]], [media], [dns], [registrar], [journal], [control],
                    [http], [[token]], [[webhook]], [prompts], [log], [ivr], [timings], [transfer],
                    [feature_codes], [screening], [caps], [bridge], [recording], [callbacks], [limits],
                    [[trunk]], [[line]], [[queue]], [[hours]], [[flow]], [account], [[group]], [[agent]]
        "#]],
    );
}

#[test]
fn a_key_before_any_section() {
    mistake(
        "[sip]\n",
        "",
        expect![[r#"
            Error 1:1
              × there is no section `listen`
               ╭─[rappel.toml:1:1]
             1 │ listen = "0.0.0.0:5060"
               · ───┬──
               ·    ╰── expected a section that Rappel knows
               ╰────
              help: did you mean [[listener]]?
        "#]],
    );
}

#[test]
fn double_brackets_where_a_section_stands_once() {
    mistake(
        "[media]",
        "[[media]]",
        expect![[r#"
        Error 4:3
          × `media` stands here as a list
           ╭─[rappel.toml:4:3]
         4 │ [[media]]
           ·   ──┬──
           ·     ╰── expected one section
           ╰────
          help: write [media] with single brackets, and only once
    "#]],
    );
}

#[test]
fn single_brackets_where_there_may_be_several() {
    mistake(
        "[[trunk]]",
        "[trunk]",
        expect![[r#"
        Error 10:2
          × `trunk` stands here as a single section
            ╭─[rappel.toml:10:2]
         10 │ [trunk]
            ·  ──┬──
            ·    ╰── expected [[trunk]]
            ╰────
          help: write [[trunk]] with double brackets: there may be several
    "#]],
    );
}

#[test]
fn a_value_where_a_section_should_stand() {
    mistake(
        "[ivr]\noffer_every = \"45s\"",
        "[control]\nsocket = 3\n[log.level]",
        expect![[r#"
        Error 8:10
          × `socket` is a number
           ╭─[rappel.toml:8:10]
         8 │ socket = 3
           ·          ┬
           ·          ╰── expected text in quotes
           ╰────
          help: put it in quotes: "3"
        Error 9:1
          × `level` is a section
           ╭─[rappel.toml:9:1]
         9 │ [log.level]
           · ─────┬─────
           ·      ╰── expected text in quotes
           ╰────
          help: write [log], and below it level = …
    "#]],
    );
}

#[test]
fn an_empty_file_misses_everything_that_must_be() {
    expect![[r#"
        Error 1:1
          × the file has no [media]
           ╭─[rappel.toml:1:1]
           ╰────
          help: add a line [media], and below it address = "203.0.113.5"
        Error 1:1
          × the file has no [[trunk]]: calls come from nowhere
           ╭─[rappel.toml:1:1]
           ╰────
          help: add [[trunk]] and below it name = "carrier", address = "203.0.113.7:5060"
        Error 1:1
          × the file has no [[line]]: nobody can call
           ╭─[rappel.toml:1:1]
           ╰────
          help: add [[line]] and below it name, number, outbound_number
        Error 1:1
          × the file has no [[queue]]: callers cannot wait
           ╭─[rappel.toml:1:1]
           ╰────
          help: add [[queue]] and below it name = "support"
        Error 1:1
          × the file has no [[agent]]: nobody answers
           ╭─[rappel.toml:1:1]
           ╰────
          help: add [[agent]] and below it name, uri
    "#]]
    .assert_eq(&rendered(""));
}

#[test]
fn a_column_counts_characters_and_not_bytes() {
    let address = "address = \"198.51.100.7:5060\"";
    let sources = format!("{address}\nsources = [\"éé\", \"198.51.100.7/24\"]");
    mistake(
        address,
        &sources,
        expect![[r#"
        Error 13:12
          × `sources`: `éé` is not an IP address
            ╭─[rappel.toml:13:12]
         13 │ sources = ["éé", "198.51.100.7/24"]
            ·            ──┬─
            ·              ╰── expected networks or addresses, such as ["203.0.113.0/24"]
            ╰────
          help: an address is four numbers from 0 to 255, such as 203.0.113.7
        Error 13:18
          × `sources`: `198.51.100.7/24` is a host within its network
            ╭─[rappel.toml:13:18]
         13 │ sources = ["éé", "198.51.100.7/24"]
            ·                  ────────┬────────
            ·                          ╰── expected networks or addresses, such as ["203.0.113.0/24"]
            ╰────
          help: write 198.51.100.0/24 for the network, or 198.51.100.7 for the host
    "#]],
    );
}

#[test]
fn a_file_with_the_line_ends_of_another_system() {
    let text = BASE.replace('\n', "\r\n").replace("45s", "45");
    expect![[r#"
        Error 8:15
          × `offer_every` is not a time
           ╭─[rappel.toml:8:15]
         8 │ offer_every = "45"
           ·               ──┬─
           ·                 ╰── expected a time from "5s" to "1h"
           ╰────
          help: write it in quotes with its units: "45s" (ms, s, m, h, d)
    "#]]
    .assert_eq(&rendered(&text));
}

#[test]
fn a_list_where_one_value_should_stand() {
    mistake(
        "\"203.0.113.5\"",
        "[\"203.0.113.5\"]",
        expect![[r#"
        Error 5:11
          × `address` is a list
           ╭─[rappel.toml:5:11]
         5 │ address = ["203.0.113.5"]
           ·           ───────┬───────
           ·                  ╰── expected text in quotes
           ╰────
          help: write one value for `address`, without brackets
    "#]],
    );
}
