//! `[[hours]]`: when somebody is there; and what a queue makes of it: when callbacks are offered,
//! and which appointments there are.

use std::sync::Arc;
use std::time::Duration;

use queue::{Deferred, Hours, Immediate, NoHours, QueueSettings, Slots};
use toml::de::DeTable;

use crate::basics::choice;
use crate::finding::Findings;
use crate::names::Names;
use crate::section::{self, At, Section};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

const IMMEDIATE: [(&str, Immediate); 4] = [
    ("always", Immediate::Always),
    ("presence", Immediate::Presence),
    ("hours", Immediate::Hours),
    ("never", Immediate::Never),
];

const DEFERRED: [(&str, Deferred); 5] = [
    ("never", Deferred::Never),
    ("always", Deferred::Always),
    ("when_busy", Deferred::WhenBusy),
    ("hours", Deferred::Hours),
    ("any_time", Deferred::AnyTime),
];

const WEEKLY: &str = "\"Mon-Fri 09:00-18:00\"";
const EXCEPT: &str = "\"2026-12-25\", or \"2026-12-24 09:00-12:00\"";

/// Every timetable.
pub(crate) struct Timetables {
    names: Names,
    list: Vec<(Option<String>, Option<Arc<Hours>>)>,
}

impl Timetables {
    /// Reads every timetable.
    pub(crate) fn read<'a>(root: &'a DeTable<'a>, found: &mut Findings) -> Timetables {
        let sections = section::many(root, "hours", found);
        let names = Names::of("hours", &sections, found);
        let read = |(place, section): (usize, &Section<'_>)| {
            (names.at(place).map(str::to_owned), hours(section, found).map(Arc::new))
        };
        let list = sections.iter().enumerate().map(read).collect();
        Timetables { names, list }
    }

    fn under(&self, section: &Section<'_>, key: &str, found: &mut Findings) -> Option<Arc<Hours>> {
        section.get(key)?;
        let name = self.names.reference(section, key, found)?;
        let found = self.list.iter().find(|(known, _)| known.as_ref() == Some(&name))?;
        found.1.clone()
    }

    /// What a queue says of its hours and appointments.
    pub(crate) fn apply(
        &self,
        section: &Section<'_>,
        queue: &mut QueueSettings,
        found: &mut Findings,
    ) {
        let hours = self.under(section, "hours", found);
        let most = Duration::from_secs(DAY);
        queue.closes_before =
            section.duration("closes_before", Duration::ZERO..=most, Duration::ZERO, found);
        queue.immediate = choice(section, "immediate", &IMMEDIATE, Immediate::Always, found);
        queue.deferred = choice(section, "deferred", &DEFERRED, Deferred::Never, found);
        let of_slots = self.under(section, "slot_hours", found).or_else(|| hours.clone());
        queue.slots = slots(section, of_slots, found);
        for (key, needed) in [
            ("closes_before", !queue.closes_before.is_zero()),
            ("immediate", queue.immediate == Immediate::Hours),
            ("deferred", queue.deferred == Deferred::Hours),
        ] {
            if needed && section.get("hours").is_none() {
                must_have_hours(section, key, found);
            }
        }
        if !matches!(queue.deferred, Deferred::Never | Deferred::AnyTime)
            && section.get("slot_callbacks").is_none()
        {
            section.must_have("slot_callbacks", "6", found);
        }
        queue.hours = hours;
    }
}

/// A key that means nothing without hours.
fn must_have_hours(section: &Section<'_>, key: &str, found: &mut Findings) {
    let Some(value) = section.get(key) else { return };
    let problem = format!("`{key}` speaks of opening hours, and this queue has none");
    let hint = "add hours = \"…\", the name of a [[hours]]";
    found.error(&value.span(), problem, "`hours` beside it", hint);
}

fn slots(section: &Section<'_>, hours: Option<Arc<Hours>>, found: &mut Findings) -> Option<Slots> {
    let range = Duration::from_secs(5 * MINUTE)..=Duration::from_secs(DAY);
    let length = section.duration("slot", range, Duration::from_secs(HOUR), found);
    let ahead = Duration::from_secs(DAY)..=Duration::from_secs(90 * DAY);
    let ahead = section.duration("slot_ahead", ahead, Duration::from_secs(14 * DAY), found);
    if let Some(value) = section.get("slot").filter(|_| !length.as_secs().is_multiple_of(MINUTE)) {
        let hint = "appointments are made for whole minutes";
        found.error(&value.span(), "`slot` is not in whole minutes", "\"1h\"", hint);
    }
    let minutes = length.as_secs() / MINUTE;
    let hint = "there is at most one callback a minute";
    let callbacks = section.whole_number("slot_callbacks", 1..=minutes, hint, found)?;
    let Some(hours) = hours else {
        if section.get("hours").is_none() && section.get("slot_hours").is_none() {
            must_have_hours(section, "slot_callbacks", found);
        }
        return None;
    };
    let callbacks = u16::try_from(callbacks).expect("a day has 1440 minutes");
    Some(Slots { hours, length, callbacks, ahead })
}

fn hours(section: &Section<'_>, found: &mut Findings) -> Option<Hours> {
    section.must_have("zone", "\"Europe/Paris\"", found);
    section.must_have("weekly", WEEKLY, found);
    let zone = section.text("zone", found)?;
    let mut hours = match Hours::in_zone(zone.value) {
        Ok(hours) => hours,
        Err(why) => {
            let hint = "write it as the tz database does, with its capitals";
            found.error(&zone.span, format!("`zone`: {why}"), "\"Europe/Paris\"", hint);
            return None;
        }
    };
    let weekly = |text: &str| hours.open_weekly(text);
    each(section, "weekly", WEEKLY, found, weekly);
    let except = |text: &str| hours.except(text);
    each(section, "exceptions", EXCEPT, found, except);
    Some(hours)
}

fn each(
    section: &Section<'_>,
    key: &str,
    expected: &str,
    found: &mut Findings,
    mut take: impl FnMut(&str) -> Result<(), NoHours>,
) {
    let texts: Vec<At<&str>> = section.texts(key, found).map_or_else(Vec::new, |at| at.value);
    for text in texts {
        if let Err(why) = take(text.value) {
            let hint = match why {
                NoHours::NoDay if key == "weekly" => "days are Mon Tue Wed Thu Fri Sat Sun",
                NoHours::NoDay => "a date is written 2026-12-25",
                NoHours::NoTime => "times are 00:00 to 24:00, one after the other",
                NoHours::Twice => "name each time once; a closed day has no times",
                NoHours::TooMany | NoHours::UnknownZone => "leave some out",
            };
            found.error(&text.span, format!("`{key}`: {why}"), expected, hint);
        }
    }
}
