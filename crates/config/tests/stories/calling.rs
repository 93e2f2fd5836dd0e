//! When customers are called.

use expect_test::expect;

use crate::{BASE, rendered};

fn with(hours: &str) -> String {
    BASE.replace("[[queue]]", &format!("[[queue]]\ncalling_hours = \"{hours}\""))
}

#[test]
fn customers_are_called_at_any_time_unless_it_is_said() {
    let hours = |text: &str| {
        let (settings, ..) = config::read("rappel.toml", text).expect("it is good");
        let queue = settings.queue.queues.into_values().next().expect("a queue");
        queue.calling_hours.map(|hours| (hours.from, hours.to))
    };
    assert_eq!(hours(BASE), None);
    assert_eq!(hours(&with("")), None);
    assert_eq!(hours(&with("08:00-20:30")), Some((480, 1_230)));
    assert_eq!(hours(&with("00:00-24:00")), Some((0, 1_440)));
}

#[test]
fn mistakes_are_named_where_they_stand() {
    for hours in ["20:00-08:00", "8-20", "08:60-20:00", "08:00-25:00"] {
        assert!(config::read("rappel.toml", &with(hours)).is_err(), "{hours}");
    }
    expect![[r#"
        Error 15:17
          × `calling_hours`: the hours end before they begin
            ╭─[rappel.toml:15:17]
         15 │ calling_hours = "20:00-08:00"
            ·                 ──────┬──────
            ·                       ╰── expected two times of the day, such as "08:00-20:00"
            ╰────
          help: the night between two days cannot be within calling hours
    "#]]
    .assert_eq(&rendered(&with("20:00-08:00")));
}
