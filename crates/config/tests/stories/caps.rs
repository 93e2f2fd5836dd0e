//! How much may be called in a day.

use std::time::Duration;

use expect_test::expect;
use queue::{Caps, Days, Most};

use crate::{BASE, rendered};

fn with(keys: &str) -> String {
    format!("{BASE}\n[caps]\n{keys}\n")
}

fn caps(text: &str) -> Caps {
    config::read("rappel.toml", text).expect("it is good").0.queue.caps
}

#[test]
fn a_day_has_caps_unless_the_file_takes_them_away() {
    let usual = caps(BASE);
    assert_eq!((usual.all.dials, usual.all.requests, usual.all.talk), (Some(10_000), None, None));
    assert_eq!(usual.per_country, Most::default());
    let hours_4 = Some(Duration::from_secs(4 * 3_600));
    let number = Most { requests: Some(10), dials: Some(10), talk: hours_4 };
    assert_eq!(usual.per_number, number);
    assert_eq!(usual.per_caller, Most { dials: Some(20), ..number });
    assert_eq!((usual.callers_per_number, usual.days), (Some(5), Days::default()));
    let own =
        caps(&with("dials = 0\ndials_per_country = 50\ntalk = \"100h\"\nzone = \"Asia/Tokyo\""));
    assert_eq!((own.all.dials, own.per_country.dials), (None, Some(50)));
    assert_eq!(own.all.talk, Some(Duration::from_secs(360_000)));
    assert_eq!(Some(own.days), Days::in_zone("Asia/Tokyo"));
}

#[test]
fn each_key_is_the_cap_that_it_names() {
    let keys = ["requests", "dials", "talk"];
    for (n, what) in keys.into_iter().enumerate() {
        for (m, of) in ["_per_number", "_per_caller", "_per_country", ""].into_iter().enumerate() {
            let value = if n == 2 { "\"77s\"" } else { "77" };
            let caps = caps(&with(&format!("{what}{of} = {value}")));
            let all = [caps.per_number, caps.per_caller, caps.per_country, caps.all];
            let is = [all[m].requests == Some(77), all[m].dials == Some(77)];
            let talk = all[m].talk == Some(Duration::from_secs(77));
            assert!([is[0], is[1], talk][n], "{what}{of}: {caps:?}");
        }
    }
}

#[test]
fn mistakes_are_named_where_they_stand() {
    expect![[r#"
        Error 28:9
          × `dials` is out of range
            ╭─[rappel.toml:28:9]
         28 │ dials = -1
            ·         ─┬
            ·          ╰── expected a whole number from 0 to 10000000
            ╰────
          help: without this key it is 10000
        Error 29:8
          × `talk` is a number, and a time has a unit
            ╭─[rappel.toml:29:8]
         29 │ talk = 3
            ·        ┬
            ·        ╰── expected a time from "0s" to "4166d16h"
            ╰────
          help: write it in quotes with its units: "0s" (ms, s, m, h, d)
        Error 30:8
          × `zone`: `Europe/Pariss` is no time zone
            ╭─[rappel.toml:30:8]
         30 │ zone = "Europe/Pariss"
            ·        ───────┬───────
            ·               ╰── expected a time zone, such as "Europe/Paris"
            ╰────
          help: write it as the tz database does: "Europe/Paris"
        Error 31:22
          × `callers_per_number` is out of range
            ╭─[rappel.toml:31:22]
         31 │ callers_per_number = 1001
            ·                      ──┬─
            ·                        ╰── expected a whole number from 0 to 1000
            ╰────
          help: without this key it is 5
        Error 32:1
          × [caps] has no key `per_number`
            ╭─[rappel.toml:32:1]
         32 │ per_number = 2
            · ─────┬────
            ·      ╰── expected a key of [caps]
            ╰────
          help: did you mean `talk_per_number`?
    "#]]
    .assert_eq(&rendered(&with(
        "dials = -1\ntalk = 3\nzone = \"Europe/Pariss\"\ncallers_per_number = 1001\nper_number = 2",
    )));
}
