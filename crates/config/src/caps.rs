//! `[caps]`: how much may be called in a day.

use std::time::Duration;

use queue::{CALLERS_MAX, Caps, Days, Most};
use toml::de::DeTable;

use crate::finding::Findings;
use crate::section::{self, Section};
use crate::value::Mistake;

/// The most that a count may be.
const COUNT_MAX: u64 = 10_000_000;

/// The most that conversations may last in a day.
const TALK_MAX: Duration = Duration::from_secs(100_000 * 3_600);

const HOURS_4: Duration = Duration::from_secs(4 * 3_600);

/// Reads `[caps]`; 0 means without a cap.
pub(crate) fn read<'a>(root: &'a DeTable<'a>, found: &mut Findings) -> Caps {
    let section = section::one(root, "caps", found);
    let mut most = |[requests, dials, talk]: [&str; 3], defaults: (u64, u64, Duration)| Most {
        requests: count(&section, requests, (defaults.0, COUNT_MAX), found),
        dials: count(&section, dials, (defaults.1, COUNT_MAX), found),
        talk: time(&section, talk, defaults.2, found),
    };
    let number = ["requests_per_number", "dials_per_number", "talk_per_number"];
    let caller = ["requests_per_caller", "dials_per_caller", "talk_per_caller"];
    let country = ["requests_per_country", "dials_per_country", "talk_per_country"];
    let none = Duration::ZERO;
    Caps {
        per_number: most(number, (10, 10, HOURS_4)),
        per_caller: most(caller, (10, 20, HOURS_4)),
        per_country: most(country, (0, 0, none)),
        all: most(["requests", "dials", "talk"], (0, 10_000, none)),
        callers_per_number: count(&section, "callers_per_number", (5, CALLERS_MAX.into()), found),
        days: days(&section, found),
    }
}

fn count(
    section: &Section<'_>,
    key: &str,
    (default, most): (u64, u64),
    found: &mut Findings,
) -> Option<u32> {
    let count = section.integer(key, 0..=most, default, found);
    u32::try_from(count).ok().filter(|count| *count > 0)
}

fn time(
    section: &Section<'_>,
    key: &str,
    default: Duration,
    found: &mut Findings,
) -> Option<Duration> {
    let talk = section.duration(key, Duration::ZERO..=TALK_MAX, default, found);
    (!talk.is_zero()).then_some(talk)
}

fn days(section: &Section<'_>, found: &mut Findings) -> Days {
    let days = section.parsed("zone", "a time zone, such as \"Europe/Paris\"", found, |text| {
        Days::in_zone(text).ok_or_else(|| {
            let problem = format!("`{}` is no time zone", section::shown(text));
            Mistake::new(problem, "write it as the tz database does: \"Europe/Paris\"")
        })
    });
    days.map(|at| at.value).unwrap_or_default()
}
