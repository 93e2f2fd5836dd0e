//! The days of a time zone: each begins when its clock shows midnight, and may have 23 or 25 hours.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::Wall;

/// How long a day is taken for where no calendar reaches.
const USUAL: Duration = Duration::from_secs(24 * 3_600);

/// The days of a time zone; those of UTC unless another is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Days(TimeZone);

impl Default for Days {
    fn default() -> Days {
        Days(TimeZone::UTC)
    }
}

impl Days {
    /// Those of the zone of this name, as `Europe/Paris`, if there is one.
    pub fn in_zone(name: &str) -> Option<Days> {
        TimeZone::get(name).ok().map(Days)
    }

    /// When the day of this moment began, and when it ends.
    pub fn around(&self, at: Wall) -> (Wall, Wall) {
        let wall = |at: Timestamp| Wall::from_unix_millis(at.as_millisecond());
        let day = Timestamp::from_millisecond(at.as_unix_millis()).ok().and_then(|at| {
            let begins = at.to_zoned(self.0.clone()).start_of_day().ok()?;
            let ends = begins.tomorrow().ok()?.start_of_day().ok()?;
            Some((wall(begins.timestamp()), wall(ends.timestamp())))
        });
        day.unwrap_or((at, at + USUAL))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wall(text: &str) -> Wall {
        Wall::from_unix_millis(text.parse::<Timestamp>().expect("a time").as_millisecond())
    }

    #[test]
    fn a_day_begins_and_ends_by_the_clock_of_its_zone() {
        let cases = [
            ("UTC", "2026-11-21T23:59:59Z", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"),
            ("UTC", "2026-11-22T00:00:00Z", "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"),
            (
                "Europe/Paris",
                "2026-11-21T23:00:00Z",
                "2026-11-21T23:00:00Z",
                "2026-11-22T23:00:00Z",
            ),
            // The clocks go back: a day of 25 hours.
            (
                "Europe/Paris",
                "2026-10-25T12:00:00Z",
                "2026-10-24T22:00:00Z",
                "2026-10-25T23:00:00Z",
            ),
            // In Beirut they go forward at midnight: the day begins at 1 h.
            ("Asia/Beirut", "2026-03-29T12:00:00Z", "2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z"),
        ];
        for (zone, at, begins, ends) in cases {
            let days = Days::in_zone(zone).expect("a zone");
            assert_eq!(days.around(wall(at)), (wall(begins), wall(ends)), "{zone} {at}");
        }
        assert_eq!(Days::in_zone("Europe/Pariss"), None);
        assert_eq!(Days::default(), Days::in_zone("UTC").expect("a zone"));
    }

    #[test]
    fn a_moment_of_no_calendar_has_a_day_too() {
        let end = Wall::from_unix_millis(i64::MAX / 2);
        assert_eq!(Days::default().around(end), (end, end + USUAL));
    }
}
