//! Moments as people write them: `2026-11-23T10:00Z`, `2026-11-23 11:00:30+01:00`.

use crate::Wall;

const DAY_MILLIS: i64 = 86_400_000;

impl Wall {
    /// Reads a date, a time of day and an offset from UTC (RFC 3339; the seconds may be left out,
    /// and so may their fraction). Nothing when it is not one, or no such day exists.
    pub fn parse(text: &str) -> Option<Wall> {
        let text = text.trim();
        let (date, rest) = text.split_at_checked(10)?;
        let rest = rest.strip_prefix(['T', 't', ' '])?;
        let split = rest.find(['Z', 'z', '+', '-'])?;
        let (time, offset) = rest.split_at(split);
        let millis = days(date)? * DAY_MILLIS + time_of_day(time)? - offset_of(offset)?;
        Some(Wall::from_unix_millis(millis))
    }
}

/// Days since 1970-01-01 (Howard Hinnant's algorithm).
fn days(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let (year, month, day) = (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, parts.next()?);
    let day = digits(day, 2)?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => return None,
    };
    if parts.next().is_some() || !(1..=length).contains(&day) {
        return None;
    }
    let shifted = if month > 2 { year } else { year - 1 };
    let from_march = (month + 9) % 12;
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    let leaps = shifted / 4 - shifted / 100 + shifted / 400;
    Some(shifted * 365 + leaps + day_of_year - 719_468)
}

/// Milliseconds since midnight.
fn time_of_day(time: &str) -> Option<i64> {
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = time.split(':');
    let hours = digits(parts.next()?, 2).filter(|hours| *hours < 24)?;
    let minutes = digits(parts.next()?, 2).filter(|minutes| *minutes < 60)?;
    let seconds = match parts.next() {
        Some(seconds) => digits(seconds, 2).filter(|seconds| *seconds < 60)?,
        None => 0,
    };
    // More digits than milliseconds have are cut off.
    let millis = digits(&format!("{:0<3}", fraction.get(..3).unwrap_or(fraction)), 3)?;
    let fits = parts.next().is_none() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some((hours * 3_600 + minutes * 60 + seconds) * 1_000 + millis)
}

/// Milliseconds east of UTC.
fn offset_of(offset: &str) -> Option<i64> {
    if offset.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let hours = digits(hours, 2).filter(|hours| *hours < 24)?;
    let minutes = digits(minutes, 2).filter(|minutes| *minutes < 60)?;
    Some(sign * (hours * 60 + minutes) * 60_000)
}

/// A number of exactly so many digits.
fn digits(text: &str, count: usize) -> Option<i64> {
    let plain = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_back() {
        let mut millis = -62_135_596_800_000;
        while millis < 253_402_300_800_000 {
            let wall = Wall::from_unix_millis(millis);
            assert_eq!(Wall::parse(&wall.to_string()), Some(wall), "{wall}");
            millis += 8_765_432_123;
        }
    }

    #[test]
    fn people_leave_out_seconds_and_name_their_offset() {
        let ten = Wall::parse("2026-11-23T10:00:00.000Z");
        assert!(ten.is_some());
        for text in ["2026-11-23T10:00Z", "2026-11-23 11:00+01:00", " 2026-11-23t05:30:00-04:30 "] {
            assert_eq!(Wall::parse(text), ten, "{text}");
        }
        assert_eq!(Wall::parse("2026-11-23T10:00:00.5004Z"), Wall::parse("2026-11-23T10:00:00.5Z"));
    }

    #[test]
    fn what_is_no_moment_is_not_read() {
        for text in [
            "",
            "tomorrow",
            "2026-11-23",
            "2026-11-23T10:00",
            "2026-11-31T10:00Z",
            "2027-02-29T10:00Z",
            "2026-13-01T10:00Z",
            "2026-11-23T24:00Z",
            "2026-11-23T10:60Z",
            "2026-11-23T10Z",
            "2026-11-23T10:00:00:00Z",
            "2026-11-23T10:00+1",
            "2026-11-23T10:00:00.Z x",
            "２026-11-23T10:00Z",
            "+026-11-23T10:00Z",
        ] {
            assert_eq!(Wall::parse(text), None, "{text}");
        }
    }
}
