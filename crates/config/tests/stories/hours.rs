//! Opening hours and appointments: what they mean, and mistakes in them.

use std::time::Duration;

use expect_test::expect;
use queue::{Deferred, Immediate};

use crate::{BASE, mistake};

const OFFICE: &str = "[[hours]]\nname = \"office\"\nzone = \"Europe/Paris\"\nweekly = [\"Mon-Fri \
                      09:00-18:00\"]\nexceptions = [\"2026-12-25\"]\n\n[[queue]]";

fn bad(key: &str, said: expect_test::Expect) {
    mistake("request_ttl = \"8h\"", &format!("request_ttl = \"8h\"\n{key}"), said);
}

#[test]
fn hours_and_appointments_are_read() {
    let keys = "request_ttl = \"8h\"\nhours = \"office\"\ncloses_before = \"15m\"\nimmediate = \
                \"presence\"\ndeferred = \"when_busy\"\nslot_callbacks = 6";
    let text = BASE.replace("[[queue]]", OFFICE).replace("request_ttl = \"8h\"", keys);
    let (settings, _, _) = config::read("rappel.toml", &text).expect("it is good");
    let queue = settings.queue.queues.values().next().expect("a queue");
    let hours = queue.hours.as_ref().expect("hours");
    let at = |text: &str| model::Wall::parse(text).expect("a moment");
    assert!(hours.is_open(at("2026-12-24T17:59+01:00")));
    assert!(!hours.is_open(at("2026-12-25T12:00+01:00")));
    assert_eq!(queue.closes_before, Duration::from_secs(900));
    assert_eq!((queue.immediate, queue.deferred), (Immediate::Presence, Deferred::WhenBusy));
    let slots = queue.slots.as_ref().expect("slots");
    assert_eq!((slots.length, slots.callbacks), (Duration::from_secs(3_600), 6));
}

#[test]
fn a_zone_that_is_none() {
    mistake(
        "[[queue]]",
        &OFFICE.replace("Paris", "Pariss"),
        expect![[r#"
        Error 16:8
          × `zone`: no time zone has this name
            ╭─[rappel.toml:16:8]
         16 │ zone = "Europe/Pariss"
            ·        ───────┬───────
            ·               ╰── expected "Europe/Paris"
            ╰────
          help: write it as the tz database does, with its capitals
    "#]],
    );
}

#[test]
fn a_week_and_days_that_are_none() {
    let week = OFFICE.replace("Mon-Fri", "Lun-Ven");
    mistake(
        "[[queue]]",
        &week,
        expect![[r#"
        Error 17:11
          × `weekly`: this names no day
            ╭─[rappel.toml:17:11]
         17 │ weekly = ["Lun-Ven 09:00-18:00"]
            ·           ──────────┬──────────
            ·                     ╰── expected "Mon-Fri 09:00-18:00"
            ╰────
          help: days are Mon Tue Wed Thu Fri Sat Sun
    "#]],
    );
    let day = OFFICE.replace("\"2026-12-25\"", "\"2026-12-25 18:00-09:00\"");
    mistake(
        "[[queue]]",
        &day,
        expect![[r#"
        Error 18:15
          × `exceptions`: this is no time of day, or it ends before it begins
            ╭─[rappel.toml:18:15]
         18 │ exceptions = ["2026-12-25 18:00-09:00"]
            ·               ────────────┬───────────
            ·                           ╰── expected "2026-12-25", or "2026-12-24 09:00-12:00"
            ╰────
          help: times are 00:00 to 24:00, one after the other
    "#]],
    );
}

#[test]
fn hours_that_nobody_has() {
    bad(
        "hours = \"office\"",
        expect![[r#"
        Error 17:9
          × there is no hours `office`
            ╭─[rappel.toml:17:9]
         17 │ hours = "office"
            ·         ────┬───
            ·             ╰── expected the name of a [[hours]]
            ╰────
          help: add a line [[hours]] with this name
    "#]],
    );
    bad(
        "immediate = \"hours\"",
        expect![[r#"
        Error 17:13
          × `immediate` speaks of opening hours, and this queue has none
            ╭─[rappel.toml:17:13]
         17 │ immediate = "hours"
            ·             ───┬───
            ·                ╰── expected `hours` beside it
            ╰────
          help: add hours = "…", the name of a [[hours]]
    "#]],
    );
}

#[test]
fn more_appointments_than_minutes() {
    bad(
        "slot_callbacks = 61",
        expect![[r#"
        Error 17:18
          × `slot_callbacks` is out of range
            ╭─[rappel.toml:17:18]
         17 │ slot_callbacks = 61
            ·                  ─┬
            ·                   ╰── expected a whole number from 1 to 60
            ╰────
          help: there is at most one callback a minute
    "#]],
    );
    bad(
        "slot = \"90s\"",
        expect![[r#"
        Error 17:8
          × `slot` is too short
            ╭─[rappel.toml:17:8]
         17 │ slot = "90s"
            ·        ──┬──
            ·          ╰── expected a time from "5m" to "1d"
            ╰────
          help: write it in quotes with its units: "1h" (ms, s, m, h, d)
    "#]],
    );
    bad(
        "deferred = \"always\"",
        expect![[r#"
        Error 14:1
          × this [[queue]] has no `slot_callbacks`
            ╭─[rappel.toml:14:1]
         14 │ [[queue]]
            · ────┬────
            ·     ╰── expected `slot_callbacks` below
            ╰────
          help: add slot_callbacks = 6
    "#]],
    );
}
