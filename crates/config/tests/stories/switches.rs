//! What is switched off, and lines that offer callbacks otherwise than their queue.

use std::time::Duration;

use expect_test::expect;
use queue::{Overflow, Part, Switch};

use crate::{BASE, changed, mistake, rendered};

fn settings(text: &str) -> queue::Settings {
    let (settings, _, _) = config::read("rappel.toml", text).expect("it is good");
    settings.queue
}

#[test]
fn nothing_is_switched_off_by_a_file_that_does_not_say_so() {
    assert_eq!(settings(BASE).off, queue::Off::new());
}

#[test]
fn a_line_a_queue_and_the_whole_engine_are_switched_off_apart_from_each_other() {
    let text = changed("request_ttl = \"8h\"", "registering = false\nprocessing = true");
    let text = text.replace("\nnumber = ", "\nprocessing = false\nnumber = ");
    let text = format!("{text}\n[callbacks]\nregistering = false\n");
    let off = [
        (Switch::Registering, Part::Queue("support".into())),
        (Switch::Registering, Part::Engine),
        (Switch::Processing, Part::Line("support".into())),
    ];
    assert_eq!(settings(&text).off, off.into());
}

#[test]
fn a_switch_that_is_neither_true_nor_false() {
    mistake(
        "request_ttl = \"8h\"",
        "processing = \"off\"",
        expect![[r#"
        Error 16:14
          × `processing` is text
            ╭─[rappel.toml:16:14]
         16 │ processing = "off"
            ·              ──┬──
            ·                ╰── expected true or false
            ╰────
          help: write processing = false
    "#]],
    );
    let text = format!("{BASE}\n[callbacks]\nregistring = false\n");
    expect![[r#"
        Error 28:1
          × [callbacks] has no key `registring`
            ╭─[rappel.toml:28:1]
         28 │ registring = false
            · ─────┬────
            ·      ╰── expected a key of [callbacks]
            ╰────
          help: did you mean `registering`?
    "#]]
    .assert_eq(&rendered(&text));
}

#[test]
fn a_line_offers_callbacks_by_what_it_says_and_else_as_its_queue() {
    let text = changed("request_ttl = \"8h\"", "offer_beyond_place = 3\ncallbacks_max = 50");
    assert!(settings(&text).offers_of_lines.is_empty());
    let own = "[[line]]\nname = \"support\"\ncallbacks_max = 5\noffer_wait_max = \"1h\"\n\
               overflow = [{ when = \"waiting > 2\", do = \"callback\" }]";
    let text = text.replace("[[line]]\nname = \"support\"", own);
    let settings = settings(&text);
    let offers = &settings.offers_of_lines[&model::LineName::from("support")];
    assert_eq!(offers.beyond_place, 3);
    assert_eq!(offers.pending_max, Some(5));
    assert_eq!(offers.wait_max, Some(Duration::from_secs(3_600)));
    assert_eq!(offers.overflow, [Overflow::WaitingOver(2)]);
    let queue = &settings.queues[&model::QueueName::from("support")];
    assert_eq!((queue.offers.pending_max, queue.offers.wait_max), (Some(50), None));
}

#[test]
fn a_line_without_callbacks_that_says_when_it_offers_them() {
    mistake(
        "outbound_number = \"+33123456789\"",
        "callbacks = false\noffer_beyond_place = 3",
        expect![[r#"
            Warning 18:1
              ⚠ this line offers no callbacks, and says when it does
                ╭─[rappel.toml:18:1]
             18 │ [[line]]
                · ────┬───
                ·     ╰── expected `callbacks`
                ╰────
              help: leave out offer_… and callbacks_max, or give it an outbound_number
        "#]],
    );
}

#[test]
fn a_number_of_a_line_that_is_too_large() {
    mistake(
        "outbound_number",
        "offer_share = 101\noutbound_number",
        expect![[r#"
        Error 21:15
          × `offer_share` is out of range
            ╭─[rappel.toml:21:15]
         21 │ offer_share = 101
            ·               ─┬─
            ·                ╰── expected a whole number from 0 to 100
            ╰────
          help: without this key it is 100
    "#]],
    );
}
