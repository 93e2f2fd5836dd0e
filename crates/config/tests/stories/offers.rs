//! Lines, offers and limits: what they mean, and mistakes in them.

use expect_test::expect;
use ivr::{OfferClock, OfferOpens};

use crate::{BASE, changed, mistake, rendered};

#[test]
fn the_times_and_the_key_of_the_offer_are_read() {
    let text = changed(
        "offer_every = \"45s\"",
        "offer_clock = \"waiting\"\noffer_opens = \"promise\"\nhash_is_own_number = true",
    );
    let (settings, _, _) = config::read("rappel.toml", &text).expect("it is good");
    assert_eq!(settings.ivr.offer_clock, OfferClock::Waiting);
    assert_eq!(settings.ivr.offer_opens, OfferOpens::Promise);
    assert!(settings.ivr.hash_is_own_number);
}

#[test]
fn a_clock_that_is_none() {
    mistake(
        "offer_every = \"45s\"",
        "offer_clock = \"wating\"",
        expect![[r#"
        Error 8:15
          × `offer_clock`: `wating` is not one of them
           ╭─[rappel.toml:8:15]
         8 │ offer_clock = "wating"
           ·               ────┬───
           ·                   ╰── expected one of "pauses", "waiting"
           ╰────
          help: did you mean "waiting"?
    "#]],
    );
}

#[test]
fn limits_that_cross() {
    let text = format!("{BASE}\n[limits]\nretry_delay_min = \"2m\"\nretry_delay_max = \"1m\"\n");
    expect![[r#"
        Error 28:19
          × `retry_delay_min` is above `retry_delay_max`
            ╭─[rappel.toml:28:19]
         28 │ retry_delay_min = "2m"
            ·                   ──┬─
            ·                     ╰── expected the smaller of the two
            ╰────
          help: exchange the two values
    "#]]
    .assert_eq(&rendered(&text));
}

#[test]
fn a_time_beyond_the_operators_own_limit() {
    let text = format!("{BASE}\n[limits]\nrequest_ttl_max = \"4h\"\n");
    expect![[r#"
        Error 16:15
          × `request_ttl` is too long
            ╭─[rappel.toml:16:15]
         16 │ request_ttl = "8h"
            ·               ──┬─
            ·                 ╰── expected a time from "1m" to "4h"
            ╰────
          help: write it in quotes with its units: "4h" (ms, s, m, h, d)
    "#]]
    .assert_eq(&rendered(&text));
}

#[test]
fn a_digital_line_with_callbacks() {
    mistake(
        "number = \"+33123456789\"\noutbound",
        "kind = \"digital\"\nnumber = \"+33123456789\"\noutbound",
        expect![[r#"
            Error 20:8
              × a digital line has callbacks
                ╭─[rappel.toml:20:8]
             20 │ kind = "digital"
                ·        ────┬────
                ·            ╰── expected `callbacks = false`
                ╰────
              help: its callers have no number to be called back on: write callbacks = false
        "#]],
    );
}

#[test]
fn a_line_dialled_under_several_numbers_has_no_dialled_number() {
    mistake(
        "number = \"+33123456789\"\noutbound_number = \"+33123456789\"",
        "numbers = [\"+33123456789\", \"+33123456700\"]\noutbound_number = \"dialled\"",
        expect![[r#"
            Error 21:19
              × `outbound_number`: this line is not dialled under one international number
                ╭─[rappel.toml:21:19]
             21 │ outbound_number = "dialled"
                ·                   ────┬────
                ·                       ╰── expected an international number, such as "+33123456789"
                ╰────
              help: write which number customers see, or make a line for each number
        "#]],
    );
}

#[test]
fn the_dialled_number_is_the_number_of_the_line() {
    let text = changed("outbound_number = \"+33123456789\"", "outbound_number = \"dialled\"");
    let (settings, _, _) = config::read("rappel.toml", &text).expect("it is good");
    let shown = settings.lines[0].outbound_number.map(|number| number.reveal());
    assert_eq!(shown.as_deref(), Some("+33123456789"));
}

#[test]
fn a_line_speaks_as_it_says_and_else_as_all() {
    let text = changed(
        "name = \"support\"\nnumber",
        "name = \"support\"\nmenu_language = \"en\"\noffer = \"ours\"\nconfirmation = \"yes\"\n\
         speak_offer = false\nnumber",
    );
    let text = format!("{text}\n[prompts]\nlanguage = \"fr\"\n");
    let (settings, _, _) = config::read("rappel.toml", &text).expect("it is good");
    let line = &settings.lines[0];
    assert_eq!(line.language.as_str(), "fr");
    assert_eq!(line.prompts.menu_language.as_ref().map(|it| it.as_str()), Some("en"));
    assert_eq!(line.prompts.offer.as_deref(), Some("ours"));
    assert_eq!(line.prompts.confirmation.as_deref(), Some("yes"));
    assert!(line.prompts.offer_unspoken);
}

#[test]
fn a_language_of_all_lines_without_prompts() {
    let text = format!("{BASE}\n[prompts]\nlanguage = \"nl\"\n");
    expect![[r#"
        Warning 28:12
          ⚠ there are no prompts in `nl`: English is spoken
            ╭─[rappel.toml:28:12]
         28 │ language = "nl"
            ·            ──┬─
            ·              ╰── expected a language, such as "en" or "fr"
            ╰────
          help: prompts come in en, fr, de, es; for others name your own with prompts.directory
    "#]]
    .assert_eq(&rendered(&text));
}

#[test]
fn a_queue_of_callbacks_that_is_nowhere() {
    mistake(
        "name = \"support\"\nnumber",
        "name = \"support\"\ncallback_queue = \"suport\"\nnumber",
        expect![[r#"
            Error 20:18
              × there is no queue `suport`
                ╭─[rappel.toml:20:18]
             20 │ callback_queue = "suport"
                ·                  ────┬───
                ·                      ╰── expected the name of a [[queue]]
                ╰────
              help: did you mean `support`?
        "#]],
    );
}
