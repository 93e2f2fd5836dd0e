//! Opening hours: by the clock on the wall of a place, with days that differ.
//!
//! A day begins and ends when the clock of the time zone says so. On the day on which the clock
//! goes forward, what lies in the hour that does not exist is left out; on the day on which it goes
//! back, the hour that comes twice counts twice. This is the only room that knows time zones.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use model::Wall;

/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;
/// Most spans of one day, and most days that differ.
pub const SPANS_MAX: usize = 24;
/// See [`SPANS_MAX`].
pub const DATES_MAX: usize = 1_000;
/// Most days that are looked at for the next opening.
const DAYS_AHEAD: u32 = 400;
/// So long is long enough for whoever asks when an opening ends.
const OPEN_WITHOUT_END: Duration = Duration::from_secs(8 * 24 * 3_600);

/// Part of a day, in minutes since midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    from: u16,
    to: u16,
}

/// When a place is open. See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    zone: TimeZone,
    /// From Monday.
    week: [Vec<Part>; 7],
    /// Days that differ from the week; without any part they are closed.
    dates: BTreeMap<Date, Vec<Part>>,
}

/// Why something is no opening hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoHours {
    /// No time zone has this name.
    UnknownZone,
    /// It begins neither with a day of the week nor with a date.
    NoDay,
    /// It has no time of the form `09:00-18:00`, or one that ends before it begins.
    NoTime,
    /// The same day is named twice, or its times overlap.
    Twice,
    /// More than is kept.
    TooMany,
}

impl fmt::Display for NoHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoHours::UnknownZone => f.write_str("no time zone has this name"),
            NoHours::NoDay => f.write_str("this names no day"),
            NoHours::NoTime => f.write_str("this is no time of day, or it ends before it begins"),
            NoHours::Twice => f.write_str("this day has these hours twice"),
            NoHours::TooMany => write!(
                f,
                "more than {SPANS_MAX} times a day, or more than {DATES_MAX} days that differ"
            ),
        }
    }
}

impl std::error::Error for NoHours {}

impl Hours {
    /// Never open, by the clock of this place.
    ///
    /// # Errors
    /// When no time zone has this name, as `Europe/Paris`.
    pub fn in_zone(name: &str) -> Result<Hours, NoHours> {
        let zone = TimeZone::get(name).map_err(|_| NoHours::UnknownZone)?;
        Ok(Hours { zone, week: Default::default(), dates: BTreeMap::new() })
    }

    /// Opens on days of the week: `Mon-Fri 09:00-12:00`, `Sat 09:00-12:00`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn open_weekly(&mut self, text: &str) -> Result<(), NoHours> {
        let (days, times) = text.trim().split_once(' ').ok_or(NoHours::NoTime)?;
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let (first, last) = (weekday(first)?, weekday(last)?);
        let part = part(times)?;
        let mut day = first;
        loop {
            add(&mut self.week[day], part)?;
            if day == last {
                return Ok(());
            }
            day = (day + 1) % 7;
        }
    }

    /// A day that differs: `2026-12-25` is closed, `2026-12-24 09:00-12:00` open then.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn except(&mut self, text: &str) -> Result<(), NoHours> {
        let text = text.trim();
        let (date, times) = match text.split_once(' ') {
            Some((date, times)) => (date, Some(times)),
            None => (text, None),
        };
        let date: Date = date.parse().map_err(|_| NoHours::NoDay)?;
        let is_new = !self.dates.contains_key(&date);
        if is_new && self.dates.len() >= DATES_MAX {
            return Err(NoHours::TooMany);
        }
        let part = times.map(part).transpose()?;
        let parts = self.dates.entry(date).or_default();
        match part {
            Some(part) if is_new || !parts.is_empty() => add(parts, part),
            None if is_new => Ok(()),
            Some(_) | None => Err(NoHours::Twice),
        }
    }

    /// Whether it is open at this moment.
    pub fn is_open(&self, at: Wall) -> bool {
        self.span(at).is_some()
    }

    /// When the present opening ends, whatever openings it is made of: the next one may begin as
    /// this one ends. Nothing while it is closed. What closes in no week is open at least so long.
    pub fn closes(&self, at: Wall) -> Option<Wall> {
        let (_, mut end) = self.span(at)?;
        while end.since(at) < OPEN_WITHOUT_END
            && let Some((_, next)) = self.span(end)
        {
            end = next;
        }
        Some(end)
    }

    /// When it opens next, or now; nothing when that is more than a year ahead.
    pub fn opens(&self, at: Wall) -> Option<Wall> {
        if self.is_open(at) {
            return Some(at);
        }
        let mut date = self.date(at)?;
        for _ in 0..DAYS_AHEAD {
            let next = self.spans_of(date).into_iter().find(|(begin, _)| *begin >= at);
            if let Some((begin, _)) = next {
                return Some(begin);
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    /// Every opening that begins on a day of this span of time, from the first on.
    pub fn spans(&self, days: RangeInclusive<Wall>) -> Vec<(Wall, Wall)> {
        let (Some(mut date), Some(last)) = (self.date(*days.start()), self.date(*days.end()))
        else {
            return Vec::new();
        };
        let mut spans = Vec::new();
        for _ in 0..DAYS_AHEAD {
            if date > last {
                break;
            }
            spans.extend(self.spans_of(date));
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        spans
    }

    /// The opening in which this moment lies.
    fn span(&self, at: Wall) -> Option<(Wall, Wall)> {
        let spans = self.spans_of(self.date(at)?);
        spans.into_iter().find(|(begin, end)| *begin <= at && at < *end)
    }

    fn date(&self, at: Wall) -> Option<Date> {
        let at = Timestamp::from_millisecond(at.as_unix_millis()).ok()?;
        Some(self.zone.to_datetime(at).date())
    }

    /// The openings of a day, none of them empty.
    fn spans_of(&self, date: Date) -> Vec<(Wall, Wall)> {
        let day = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default();
        let parts = self.dates.get(&date).unwrap_or(&self.week[day]);
        let span = |part: &Part| {
            let begin = self.moment(date, part.from, false)?;
            let end = self.moment(date, part.to, true)?;
            (begin < end).then_some((begin, end))
        };
        parts.iter().filter_map(span).collect()
    }

    /// When the clock says so many minutes after midnight. Of a time that comes twice the last is
    /// meant where something ends; a time that does not come is the moment at which it is left out.
    fn moment(&self, date: Date, minutes: u16, ends: bool) -> Option<Wall> {
        let time = match minutes {
            DAY_MINUTES => DateTime::from(date.tomorrow().ok()?),
            _ => {
                let (hour, minute) =
                    (i8::try_from(minutes / 60).ok()?, i8::try_from(minutes % 60).ok()?);
                date.at(hour, minute, 0, 0)
            }
        };
        let ambiguous = self.zone.to_ambiguous_timestamp(time);
        let moment = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => ambiguous.unambiguous().ok()?,
            AmbiguousOffset::Fold { .. } if ends => ambiguous.later().ok()?,
            AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok()?,
            AmbiguousOffset::Gap { .. } => {
                // It may be the moment of the change itself, and what is asked for is before.
                let after = ambiguous.later().ok()?.as_millisecond() + 1;
                let after = Timestamp::from_millisecond(after).ok()?;
                self.zone.preceding(after).next()?.timestamp()
            }
        };
        Some(Wall::from_unix_millis(moment.as_millisecond()))
    }

    /// The time of day at this moment, as people say it: `10:20`.
    pub fn clock(&self, at: Wall) -> String {
        match Timestamp::from_millisecond(at.as_unix_millis()) {
            Ok(at) => {
                let time = self.zone.to_datetime(at);
                format!("{:02}:{:02}", time.hour(), time.minute())
            }
            Err(_) => String::new(),
        }
    }
}

fn add(parts: &mut Vec<Part>, part: Part) -> Result<(), NoHours> {
    if parts.iter().any(|other| part.from < other.to && other.from < part.to) {
        return Err(NoHours::Twice);
    }
    if parts.len() >= SPANS_MAX {
        return Err(NoHours::TooMany);
    }
    parts.push(part);
    parts.sort();
    Ok(())
}

fn weekday(name: &str) -> Result<usize, NoHours> {
    const DAYS: [(Weekday, &str); 7] = [
        (Weekday::Monday, "mon"),
        (Weekday::Tuesday, "tue"),
        (Weekday::Wednesday, "wed"),
        (Weekday::Thursday, "thu"),
        (Weekday::Friday, "fri"),
        (Weekday::Saturday, "sat"),
        (Weekday::Sunday, "sun"),
    ];
    let name = name.trim().to_ascii_lowercase();
    let day = DAYS.iter().find(|(_, short)| *short == name).ok_or(NoHours::NoDay)?.0;
    usize::try_from(day.to_monday_zero_offset()).map_err(|_| NoHours::NoDay)
}

fn part(text: &str) -> Result<Part, NoHours> {
    let (from, to) = text.trim().split_once('-').ok_or(NoHours::NoTime)?;
    let part = Part { from: minutes(from)?, to: minutes(to)? };
    if part.from < part.to { Ok(part) } else { Err(NoHours::NoTime) }
}

/// `09:00` to `24:00`.
fn minutes(text: &str) -> Result<u16, NoHours> {
    let (hours, minutes) = text.trim().split_once(':').ok_or(NoHours::NoTime)?;
    let digits = |text: &str| match text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit()) {
        true => text.parse::<u16>().map_err(|_| NoHours::NoTime),
        false => Err(NoHours::NoTime),
    };
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    let total = hours * 60 + minutes;
    if minutes < 60 && total <= DAY_MINUTES { Ok(total) } else { Err(NoHours::NoTime) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hours(zone: &str, weekly: &[&str], dates: &[&str]) -> Hours {
        let mut hours = Hours::in_zone(zone).expect("a zone");
        weekly.iter().for_each(|text| hours.open_weekly(text).expect("hours"));
        dates.iter().for_each(|text| hours.except(text).expect("a day"));
        hours
    }

    fn at(text: &str) -> Wall {
        Wall::parse(text).expect("a moment")
    }

    #[test]
    fn a_week_with_lunch_holidays_and_a_short_christmas_eve() {
        let paris = hours(
            "Europe/Paris",
            &["Mon-Fri 09:00-12:00", "Mon-Fri 14:00-18:00", "Sat 09:00-12:00"],
            &["2026-12-25", "2026-12-24 09:00-12:00"],
        );
        for (moment, open) in [
            ("2026-11-23T08:59:59+01:00", false),
            ("2026-11-23T09:00+01:00", true),
            ("2026-11-23T12:00+01:00", false),
            ("2026-11-23T14:00+01:00", true),
            ("2026-11-28T11:59+01:00", true),
            ("2026-11-29T10:00+01:00", false),
            ("2026-07-06T09:00+02:00", true),
            ("2026-12-24T10:00+01:00", true),
            ("2026-12-24T15:00+01:00", false),
            ("2026-12-25T10:00+01:00", false),
        ] {
            assert_eq!(paris.is_open(at(moment)), open, "{moment}");
        }
        assert_eq!(paris.closes(at("2026-11-23T10:00+01:00")), Some(at("2026-11-23T12:00+01:00")));
        assert_eq!(paris.opens(at("2026-12-24T12:00+01:00")), Some(at("2026-12-26T09:00+01:00")));
        assert_eq!(paris.clock(at("2026-11-23T09:00Z")), "10:00");
    }

    #[test]
    fn openings_that_follow_one_another_close_once() {
        let always = hours("Europe/Paris", &["Mon-Sun 00:00-24:00"], &[]);
        let noon = at("2026-11-23T12:00+01:00");
        let closes = always.closes(noon).expect("open");
        assert!(closes.since(noon) >= OPEN_WITHOUT_END, "{closes}");
        let night = hours("Europe/Paris", &["Mon 22:00-24:00", "Tue 00:00-06:00"], &[]);
        let closes = night.closes(at("2026-11-23T23:50+01:00"));
        assert_eq!(closes, Some(at("2026-11-24T06:00+01:00")));
        let lunch = hours("Europe/Paris", &["Mon 09:00-12:00", "Mon 12:00-18:00"], &[]);
        assert_eq!(lunch.closes(at("2026-11-23T11:50+01:00")), Some(at("2026-11-23T18:00+01:00")));
        let apart = hours("Europe/Paris", &["Mon 09:00-12:00", "Mon 12:01-18:00"], &[]);
        assert_eq!(apart.closes(at("2026-11-23T11:50+01:00")), Some(at("2026-11-23T12:00+01:00")));
    }

    #[test]
    fn on_the_days_on_which_the_clock_changes_an_hour_is_left_out_or_comes_twice() {
        let night = hours("Europe/Paris", &["Mon-Sun 01:00-04:00"], &[]);
        let length = |day: &str| {
            let span = night.span(at(day)).expect("open");
            span.1.since(span.0).as_secs() / 3_600
        };
        assert_eq!(length("2026-03-28T01:30+01:00"), 3);
        assert_eq!(length("2026-03-29T01:30+01:00"), 2);
        assert_eq!(length("2026-10-25T01:30+02:00"), 4);
        let gap = hours("Europe/Paris", &["Sun 02:15-02:45"], &[]);
        assert!(gap.spans_of("2026-03-29".parse().expect("a date")).is_empty());
        let until = hours("Europe/Paris", &["Sun 01:00-02:30"], &[]);
        let closes = until.closes(at("2026-03-29T01:30+01:00"));
        assert_eq!(closes, Some(at("2026-03-29T03:00+02:00")), "the moment of the change");
        let two = hours("Europe/Paris", &["Sun 01:00-02:00"], &[]);
        let closes = two.closes(at("2026-03-29T01:30+01:00"));
        assert_eq!(closes, Some(at("2026-03-29T03:00+02:00")), "two o'clock is left out itself");
        let never_midnight = hours("America/Sao_Paulo", &["Sun 00:00-24:00"], &[]);
        let span = never_midnight.span(at("2018-11-04T12:00-02:00")).expect("open");
        assert_eq!(span.1.since(span.0).as_secs() / 3_600, 23);
    }

    #[test]
    fn what_is_no_hours_is_refused() {
        let mut hours = Hours::in_zone("Europe/Paris").expect("a zone");
        assert_eq!(Hours::in_zone("Europe/Pariss"), Err(NoHours::UnknownZone));
        for (text, why) in [
            ("Mon-Fri", NoHours::NoTime),
            ("Mon-Fri 9:00-18:00", NoHours::NoTime),
            ("Mon-Fri 18:00-09:00", NoHours::NoTime),
            ("Mon-Fri 09:00-24:01", NoHours::NoTime),
            ("Lun-Ven 09:00-18:00", NoHours::NoDay),
        ] {
            assert_eq!(hours.open_weekly(text), Err(why), "{text}");
        }
        hours.open_weekly("Fri-Mon 09:00-12:00").expect("over the end of the week");
        assert_eq!(hours.open_weekly("Sun 11:00-13:00"), Err(NoHours::Twice));
        hours.except("2026-12-25").expect("closed");
        assert_eq!(hours.except("2026-12-25 09:00-10:00"), Err(NoHours::Twice));
        assert_eq!(hours.except("2026-02-30"), Err(NoHours::NoDay));
        for n in 1..SPANS_MAX {
            hours.open_weekly(&format!("Mon 13:{n:02}-13:{:02}", n + 1)).expect("one more");
        }
        assert_eq!(hours.open_weekly("Mon 20:00-21:00"), Err(NoHours::TooMany));
        let mut date = "2030-01-01".parse::<Date>().expect("a date");
        while hours.dates.len() < DATES_MAX {
            hours.except(&date.to_string()).expect("one more");
            date = date.tomorrow().expect("a day");
        }
        assert_eq!(hours.except(&date.to_string()), Err(NoHours::TooMany));
    }

    proptest! {
        /// Whenever a time of day comes once, it is open when the clock on the wall says so.
        #[test]
        fn the_clock_on_the_wall_decides(
            minutes in 0_i64..(2 * 365 * 24 * 60),
            from in 0_u16..1_440,
            length in 1_u16..1_440,
            zone in prop::sample::select(vec!["Europe/Paris", "America/New_York", "Asia/Kolkata",
                "Australia/Lord_Howe", "UTC"]),
        ) {
            let to = (from + length).min(DAY_MINUTES);
            let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
            let text = format!("Mon-Sun {}-{}", clock(from), clock(to));
            let hours = hours(zone, &[&text], &[]);
            let at = Wall::from_unix_millis(1_767_225_600_000 + minutes * 60_000);
            let stamp = Timestamp::from_millisecond(at.as_unix_millis()).expect("a time");
            let clock = hours.zone.to_datetime(stamp);
            let once = matches!(
                hours.zone.to_ambiguous_timestamp(clock).offset(),
                AmbiguousOffset::Unambiguous { .. }
            );
            let now = u16::try_from(clock.hour()).expect("an hour") * 60
                + u16::try_from(clock.minute()).expect("a minute");
            if once {
                prop_assert_eq!(hours.is_open(at), from <= now && now < to);
            }
            if let Some(closes) = hours.closes(at) {
                let all_day = to == DAY_MINUTES && from == 0;
                prop_assert!(closes > at && (all_day || !hours.is_open(closes)));
            }
            if let Some(opens) = hours.opens(at) {
                prop_assert!(opens >= at && hours.is_open(opens));
            }
        }
    }
}
