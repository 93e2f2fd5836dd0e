//! When customers may be called: by the clocks of their own country.
//!
//! The time zone of a number is that of its country. Where a country has several, nobody knows in
//! which of them the customer is, and it must be allowed in all of them. The numbers of no country
//! (satellites, international services) have no zone: they may be called at any time.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ledger::{Fact, Held};
use model::{E164, RequestId, Wall};

use crate::numbering;
use crate::queues::Queues;
use crate::reason::Reason;
use crate::requests::Stage;

/// Days that are looked ahead for a moment at which all of a country may be called.
const DAYS_MAX: i64 = 3;

/// When the country's clocks never agree within that time, it is looked at again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(3_600);

/// The part of each day in which customers may be called, by their own clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallingHours {
    /// Minutes after midnight.
    pub from: u16,
    /// Minutes after midnight, later than `from`, at most 1,440: no more from then on.
    pub to: u16,
}

impl CallingHours {
    /// When this number may be called next, if it may not be called now.
    pub fn closed_until(self, number: &E164, now: Wall) -> Option<Wall> {
        let zones: Vec<TimeZone> = numbering::region(number)
            .into_iter()
            .flat_map(|region| region.zones())
            .filter_map(|name| TimeZone::get(name).ok())
            .collect();
        if self.is_open(&zones, now) {
            return None;
        }
        // Everywhere open begins when some zone opens.
        let opens = |zone: &TimeZone| self.openings(zone, now).collect::<Vec<_>>();
        let mut openings: Vec<Wall> = zones.iter().flat_map(opens).collect();
        openings.sort_unstable();
        let first = openings.into_iter().find(|at| *at > now && self.is_open(&zones, *at));
        Some(first.unwrap_or(now + LOOK_AGAIN))
    }

    fn is_open(self, zones: &[TimeZone], at: Wall) -> bool {
        let Ok(at) = Timestamp::from_millisecond(at.as_unix_millis()) else { return false };
        zones.iter().all(|zone| {
            let time = zone.to_datetime(at).time();
            let minute = i32::from(time.hour()) * 60 + i32::from(time.minute());
            (i32::from(self.from)..i32::from(self.to)).contains(&minute)
        })
    }

    /// The next moments at which the clock of a zone shows `from`.
    fn openings(self, zone: &TimeZone, now: Wall) -> impl Iterator<Item = Wall> {
        let today = Timestamp::from_millisecond(now.as_unix_millis())
            .map(|now| zone.to_datetime(now).date())
            .unwrap_or_default();
        let (hour, minute) = (self.from / 60, self.from % 60);
        (0..=DAYS_MAX).filter_map(move |day| {
            let date = today.checked_add(jiff::Span::new().days(day)).ok()?;
            let at = date.at(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0);
            let at = zone.to_ambiguous_timestamp(at).compatible().ok()?;
            Some(Wall::from_unix_millis(at.as_millisecond()))
        })
    }
}

impl Queues {
    /// Until when the customer of a request is not called, and why, if not now.
    pub(crate) fn not_now(&mut self, id: RequestId) -> Option<(Wall, Reason)> {
        let hours = self.settings_of(id).and_then(|queue| queue.calling_hours);
        let request = self.requests.get(&id)?;
        let closed = hours.and_then(|it| it.closed_until(&request.number, self.now.wall));
        closed.map(|until| (until, Reason::OutsideHours)).or_else(|| self.capped(id))
    }

    /// New settings may let those be called now whom the old ones kept waiting: a cap was raised,
    /// or the hours are others. Whom a cap still stops waits as before.
    pub(crate) fn release_held(&mut self) {
        let held = self.requests.iter().filter(|(_, request)| {
            let held = matches!(request.reason, Reason::Capped(_) | Reason::OutsideHours);
            held && matches!(request.stage, Stage::Due(_))
        });
        let held: Vec<RequestId> = held.map(|(id, _)| *id).collect();
        for id in held {
            let served = self.waiting_stage(id) == Stage::Waiting;
            if served && self.not_now(id).is_none() {
                self.record(Fact::Hastened { request: id });
                self.set_stage(id, Stage::Waiting, Reason::LetGo);
            }
        }
    }

    /// Has a request wait, in its place, until its customer may be called.
    pub(crate) fn keep_waiting(&mut self, id: RequestId, until: Wall, reason: Reason) {
        let why = match reason {
            Reason::Capped(cap) => Held::Capped { cap: cap.as_str().to_owned() },
            _ => Held::OutsideHours,
        };
        self.record(Fact::Held { request: id, until, why });
        let until = self.mono_of(until);
        self.set_stage(id, Stage::Due(until), reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The moment of a text such as `2026-11-21T10:00Z`.
    fn wall(text: &str) -> Wall {
        Wall::from_unix_millis(text.parse::<Timestamp>().expect("a time").as_millisecond())
    }

    #[test]
    fn a_customer_is_called_by_the_clocks_of_the_own_country() {
        let hours = CallingHours { from: 8 * 60, to: 20 * 60 };
        let cases = [
            // Paris is an hour ahead of UTC in winter, two in summer.
            ("+33612345678", "2026-11-21T06:59:59Z", Some("2026-11-21T07:00:00Z")),
            ("+33612345678", "2026-11-21T07:00:00Z", None),
            ("+33612345678", "2026-11-21T18:59:59Z", None),
            ("+33612345678", "2026-11-21T19:00:00Z", Some("2026-11-22T07:00:00Z")),
            ("+33612345678", "2026-07-21T06:00:00Z", None),
            // The night in which the clocks go forward.
            ("+33612345678", "2026-03-28T22:00:00Z", Some("2026-03-29T06:00:00Z")),
            ("+81312345678", "2026-11-21T12:00:00Z", Some("2026-11-21T23:00:00Z")),
            // From Hawaii, where it is 8 h at 18 h UTC, to the east coast, where 20 h is 1 h UTC.
            ("+12025550123", "2026-11-21T15:00:00Z", Some("2026-11-21T18:00:00Z")),
            ("+12025550123", "2026-11-21T20:00:00Z", None),
            ("+12025550123", "2026-11-22T01:00:00Z", Some("2026-11-22T18:00:00Z")),
            // Canada has no Hawaii.
            ("+14165550123", "2026-11-21T16:30:00Z", None),
            ("+881612345678", "2026-11-21T03:00:00Z", None),
        ];
        for (number, now, until) in cases {
            let number = E164::parse(number).expect("a number");
            assert_eq!(hours.closed_until(&number, wall(now)), until.map(wall), "{number:?} {now}");
        }
    }

    #[test]
    fn a_country_whose_clocks_never_agree_is_looked_at_again() {
        let hours = CallingHours { from: 12 * 60, to: 13 * 60 };
        let number = E164::parse("+12025550123").expect("a number");
        let now = wall("2026-11-21T15:00:00Z");
        assert_eq!(hours.closed_until(&number, now), Some(now + LOOK_AGAIN));
    }
}
