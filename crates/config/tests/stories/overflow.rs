//! Conditions of overflow: what they mean, and mistakes in them.

use std::time::Duration;

use expect_test::expect;
use queue::{Elsewhere, Lead, OfferPolicy, Overflow};

use crate::{BASE, mistake};

/// The base file whose queue has this key.
fn queue_with(key: &str) -> String {
    BASE.replace("request_ttl = \"8h\"", &format!("request_ttl = \"8h\"\n{key}"))
}

fn bad(key: &str, said: expect_test::Expect) {
    mistake("request_ttl = \"8h\"", &format!("request_ttl = \"8h\"\n{key}"), said);
}

#[test]
fn conditions_are_read() {
    let text = queue_with(
        "offer_needs_agent = true\nhandle_time = \"4m\"\noverflow = [{ when = \"waiting > 5\", do = \
         \"callback\" }, { when = \"wait > 2m\", do = \"callback\" }, \
         { when = \"closed\", do = \"voicemail\" }]",
    );
    let (settings, _, _) = config::read("rappel.toml", &text).expect("it is good");
    let queue = settings.queue.queues.values().next().expect("a queue");
    let overflow = vec![Overflow::WaitingOver(5), Overflow::WaitOver(Duration::from_secs(120))];
    let leads = vec![Lead { when: Overflow::Closed, to: Elsewhere::Message }];
    assert_eq!(
        queue.offers,
        OfferPolicy { needs_agent: true, overflow, leads, ..OfferPolicy::default() }
    );
    assert_eq!(queue.handle_time, Some(Duration::from_secs(240)));
}

#[test]
fn a_condition_that_is_none() {
    bad(
        "overflow = [{ when = \"waiting over 5\", do = \"callback\" }]",
        expect![[r#"
            Error 17:22
              × `waiting over 5` is no condition
                ╭─[rappel.toml:17:22]
             17 │ overflow = [{ when = "waiting over 5", do = "callback" }]
                ·                      ────────┬───────
                ·                              ╰── expected "waiting > 5", "wait > 2m" or "closed"
                ╰────
              help: `waiting` is how many wait, `wait` how long this caller will
        "#]],
    );
}

#[test]
fn a_closed_queue_offers_no_callback() {
    bad(
        "overflow = [{ when = \"closed\", do = \"callback\" }]",
        expect![[r#"
        Error 17:22
          × a queue that is closed offers no callback
            ╭─[rappel.toml:17:22]
         17 │ overflow = [{ when = "closed", do = "callback" }]
            ·                      ────┬───
            ·                          ╰── expected do = "voicemail", or do = "operator"
            ╰────
          help: see `hours` and `closes_before`
    "#]],
    );
}

#[test]
fn a_condition_without_when_or_do() {
    bad(
        "overflow = [{ do = \"callback\" }]",
        expect![[r#"
        Error 17:13
          × this condition does not say when
            ╭─[rappel.toml:17:13]
         17 │ overflow = [{ do = "callback" }]
            ·             ─────────┬─────────
            ·                      ╰── expected `when` in quotes
            ╰────
          help: add when = "waiting > 5" or when = "wait > 2m"
    "#]],
    );
    bad(
        "overflow = [{ when = \"waiting > 5\" }]",
        expect![[r#"
        Error 17:13
          × this condition does not say what to do
            ╭─[rappel.toml:17:13]
         17 │ overflow = [{ when = "waiting > 5" }]
            ·             ────────────┬───────────
            ·                         ╰── expected `do`
            ╰────
          help: add do = "callback"
    "#]],
    );
}

#[test]
fn an_action_that_nobody_knows() {
    bad(
        "overflow = [{ when = \"waiting > 5\", do = \"dance\" }]",
        expect![[r#"
            Error 17:42
              × an overflowing queue cannot do `dance`
                ╭─[rappel.toml:17:42]
             17 │ overflow = [{ when = "waiting > 5", do = "dance" }]
                ·                                          ───┬───
                ·                                             ╰── expected "callback", "voicemail" or "operator"
                ╰────
              help: write do = "callback"
        "#]],
    );
}

#[test]
fn an_overflow_that_is_no_list() {
    bad(
        "overflow = \"waiting > 5\"",
        expect![[r#"
        Error 17:12
          × `overflow` is no list
            ╭─[rappel.toml:17:12]
         17 │ overflow = "waiting > 5"
            ·            ──────┬──────
            ·                  ╰── expected a list of conditions, such as [{ when = "waiting > 5", do = "callback" }]
            ╰────
          help: put it in brackets, even when there is only one
    "#]],
    );
    bad(
        "overflow = [5]",
        expect![[r#"
        Error 17:13
          × this is no condition
            ╭─[rappel.toml:17:13]
         17 │ overflow = [5]
            ·             ┬
            ·             ╰── expected a list of conditions, such as [{ when = "waiting > 5", do = "callback" }]
            ╰────
          help: write { when = "waiting > 5", do = "callback" }
    "#]],
    );
}

#[test]
fn more_conditions_than_are_kept() {
    let one = "{ when = \"waiting > 5\", do = \"callback\" }";
    let text = queue_with(&format!("overflow = [{}]", vec![one; 17].join(", ")));
    let found = config::read("rappel.toml", &text).expect_err("too many");
    assert_eq!(
        found[0].problem,
        format!("this queue has more than {} conditions", config::CONDITIONS_MAX)
    );
}

#[test]
fn callbacks_are_offered_by_place_share_wait_and_how_many_wait_already() {
    let keys = "offer_beyond_place = 2\ncallbacks_max = 50\noffer_wait_max = \"1h\"\noffer_share = 30\n\
         offer_calls_per_agent = 3";
    let offers = |keys: &str| {
        let text = crate::BASE.replace("[[queue]]", &format!("[[queue]]\n{keys}"));
        let (settings, ..) = config::read("rappel.toml", &text).expect("it is good");
        settings.queue.queues.into_values().next().expect("a queue").offers
    };
    let policy = OfferPolicy {
        beyond_place: 2,
        pending_max: Some(50),
        wait_max: Some(std::time::Duration::from_secs(3_600)),
        share: Some(30),
        calls_per_agent: Some(3),
        ..OfferPolicy::default()
    };
    assert_eq!(offers(keys), policy);
    let usual =
        "offer_beyond_place = 0\ncallbacks_max = 0\noffer_wait_max = \"0s\"\noffer_share = 100";
    assert_eq!(offers(usual), OfferPolicy::default());
    for wrong in ["offer_share = 101", "offer_share = -1", "callbacks_max = 100001"] {
        let text = crate::BASE.replace("[[queue]]", &format!("[[queue]]\n{wrong}"));
        assert!(config::read("rappel.toml", &text).is_err(), "{wrong}");
    }
}
