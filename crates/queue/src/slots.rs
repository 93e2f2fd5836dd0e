//! Appointments: when customers may be called back at a time that they choose.
//!
//! The openings of a timetable are cut into slots of one length; what is left at the end of an
//! opening is no slot. Each slot takes so many callbacks, spaced evenly: the k-th of N is k·slot/N
//! after the beginning, rounded down to the whole minute, so that 7 in an hour are made at 0, 8,
//! 17, 25, 34, 42 and 51 minutes past. There is never more than one a minute. A time that is taken
//! is free again when its request is moved or ends before it came.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ledger::Terms;
use model::{LineName, Now, QueueName, RequestId, Wall};

use crate::hours::Hours;
use crate::places::Queue;
use crate::queues::Queues;
use crate::{QueueSettings, Refusal, Rejected, Wish};

const MINUTE: Duration = Duration::from_secs(60);
/// Most slots in one answer.
pub const SLOTS_SHOWN_MAX: usize = 500;

/// When callbacks for now may be asked for by customers who have not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Immediate {
    /// At any time.
    #[default]
    Always,
    /// While an agent of the queue is free.
    Presence,
    /// While the queue is open, whoever is there.
    Hours,
    /// Never.
    Never,
}

/// When appointments may be made by customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Deferred {
    /// Never.
    #[default]
    Never,
    /// At any time.
    Always,
    /// While callbacks for now may not be asked for.
    WhenBusy,
    /// While the queue is open.
    Hours,
    /// At any time, for any time at which the queue is open: there are no slots.
    AnyTime,
}

/// The appointments of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slots {
    /// Within which openings.
    pub hours: Arc<Hours>,
    /// How long a slot is: whole minutes.
    pub length: Duration,
    /// How many callbacks a slot takes: at least 1, at most one a minute.
    pub callbacks: u16,
    /// How far ahead appointments may be made.
    pub ahead: Duration,
}

/// One slot that has times left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Its beginning, by which it is booked.
    pub begins: Wall,
    /// Its end.
    pub ends: Wall,
    /// How many callbacks it still takes.
    pub left: u16,
}

/// Why callbacks may not be asked for in some way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unavailable {
    /// The line has no number to call back from.
    NoCallbacks,
    /// The settings say: never.
    Never,
    /// The registering of callbacks is switched off.
    SwitchedOff,
    /// No agent of the queue is free.
    NobodyFree,
    /// The queue is closed until then; nothing when no opening is known.
    Closed {
        /// When it opens.
        until: Option<Wall>,
    },
    /// So many callbacks wait already that no more are taken for now.
    TooManyPending {
        /// As many may.
        most: u32,
    },
    /// The wait is longer than one may be promised.
    WaitTooLong {
        /// It may be.
        most: Duration,
    },
    /// Callbacks for now may be asked for.
    NotBusy,
    /// No slot has a time left.
    NoSlot,
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unavailable::NoCallbacks => f.write_str("the line has no number to call back from"),
            Unavailable::Never => f.write_str("the settings allow none"),
            Unavailable::SwitchedOff => f.write_str("registering is switched off"),
            Unavailable::NobodyFree => f.write_str("no agent is free"),
            Unavailable::Closed { until: Some(until) } => write!(f, "closed until {until}"),
            Unavailable::Closed { until: None } => f.write_str("closed"),
            Unavailable::TooManyPending { most } => {
                write!(f, "{most} callbacks wait already, and no more may")
            }
            Unavailable::WaitTooLong { most } => {
                write!(f, "the wait is longer than {} s", most.as_secs())
            }
            Unavailable::NotBusy => f.write_str("a callback for now may be asked for"),
            Unavailable::NoSlot => f.write_str("no slot has a time left"),
        }
    }
}

/// What customers who have not called may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Availability {
    /// A callback as soon as an agent is free.
    pub immediate: Result<(), Unavailable>,
    /// A callback at a time of their own.
    pub deferred: Result<(), Unavailable>,
}

impl Slots {
    /// The slots that begin on the days from `now` on, as far ahead as they are given away.
    fn all(&self, now: Wall) -> Vec<(Wall, Wall)> {
        let cut = |(begin, end): (Wall, Wall)| {
            let length = self.length;
            let count = end.since(begin).as_millis() / length.as_millis().max(1);
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            (0..count).map(move |n| (begin + length * n, begin + length * (n + 1)))
        };
        self.hours.spans(now..=now + self.ahead).into_iter().flat_map(cut).collect()
    }

    /// The times of a slot.
    pub fn times(&self, begins: Wall) -> Vec<Wall> {
        let minutes = self.length.as_secs() / MINUTE.as_secs();
        let nth = |n: u16| {
            let after = u64::from(n) * minutes / u64::from(self.callbacks.max(1));
            begins + Duration::from_secs(after * MINUTE.as_secs())
        };
        (0..self.callbacks).map(nth).collect()
    }
}

impl Queues {
    /// What customers who have not called may ask for on a line.
    ///
    /// # Errors
    /// When no line has this name.
    pub fn availability(&self, now: Now, line: &LineName) -> Result<Availability, Rejected> {
        let settings = self.settings.lines.get(line);
        let settings = settings.ok_or_else(|| Rejected::UnknownLine(line.clone()))?;
        if !settings.calls_back {
            let none = Err(Unavailable::NoCallbacks);
            return Ok(Availability { immediate: none, deferred: none });
        }
        if self.not_registered(line).is_some() {
            let none = Err(Unavailable::SwitchedOff);
            return Ok(Availability { immediate: none, deferred: none });
        }
        let queue = settings.requests_queue();
        let immediate = self.immediate(now, line, queue);
        Ok(Availability { immediate, deferred: self.deferred(now, queue, immediate.is_ok()) })
    }

    /// The slots of a line that have times left, the first ones first.
    ///
    /// # Errors
    /// When no line has this name.
    pub fn slots(&self, now: Now, line: &LineName) -> Result<Vec<Slot>, Rejected> {
        let settings = self.settings.lines.get(line);
        let settings = settings.ok_or_else(|| Rejected::UnknownLine(line.clone()))?;
        let name = settings.requests_queue();
        let Some(slots) = self.settings.queues.get(name).and_then(|it| it.slots.as_ref()) else {
            return Ok(Vec::new());
        };
        let view = |(begins, ends): (Wall, Wall)| {
            let free = self.free_times(now, name, slots, begins).count();
            let left = u16::try_from(free).unwrap_or(u16::MAX);
            (left > 0).then_some(Slot { begins, ends, left })
        };
        Ok(slots.all(now.wall).into_iter().filter_map(view).take(SLOTS_SHOWN_MAX).collect())
    }

    /// The time for which a callback is asked: that of the next booking of its slot, or its own.
    /// Customers who have not called are bound by what is available; agents and operators are not.
    pub(crate) fn time_of(&self, wish: &Wish) -> Result<Option<Wall>, Refusal> {
        let Some(line) = self.settings.lines.get(&wish.line) else { return Ok(wish.terms.due) };
        if self.not_registered(&wish.line).is_some() {
            return Err(Refusal::Unavailable(Unavailable::SwitchedOff));
        }
        let name = line.requests_queue();
        let slots = self.settings.queues.get(name).and_then(|queue| queue.slots.as_ref());
        let remote = wish.terms.origin.is_remote();
        let Some(begins) = wish.terms.slot else {
            return match wish.terms.due {
                None if remote => {
                    self.immediate(self.now, &wish.line, name).map_err(Refusal::Unavailable)?;
                    Ok(None)
                }
                // Where there are slots, customers choose one.
                Some(_) if remote && slots.is_some() => Err(Refusal::NoSuchSlot),
                Some(due) if remote => {
                    self.any_time(&wish.line, name, due).map_err(Refusal::Unavailable)?;
                    Ok(Some(due))
                }
                due => Ok(due),
            };
        };
        let slots = slots.ok_or(Refusal::NoSuchSlot)?;
        if !slots.all(self.now.wall).iter().any(|(begin, _)| *begin == begins) {
            return Err(Refusal::NoSuchSlot);
        }
        let time = self.free_times(self.now, name, slots, begins).next();
        let time = time.ok_or(Refusal::SlotFull)?;
        if remote {
            let immediate = self.immediate(self.now, &wish.line, name).is_ok();
            self.deferred(self.now, name, immediate).map_err(Refusal::Unavailable)?;
        }
        Ok(Some(time))
    }

    fn free_times(
        &self,
        now: Now,
        queue: &QueueName,
        slots: &Slots,
        begins: Wall,
    ) -> impl Iterator<Item = Wall> {
        let queue = self.names.find_queue(queue);
        let free = move |time: &Wall| {
            *time > now.wall && queue.is_some_and(|it| !self.booked.contains_key(&(it, *time)))
        };
        slots.times(begins).into_iter().filter(free)
    }

    fn immediate(&self, now: Now, line: &LineName, queue: &QueueName) -> Result<(), Unavailable> {
        let Some(settings) = self.settings.queues.get(queue) else { return Ok(()) };
        match settings.immediate {
            Immediate::Never => return Err(Unavailable::Never),
            Immediate::Always => {}
            Immediate::Hours => open(settings, now.wall)?,
            Immediate::Presence => {
                let queue = self.names.find_queue(queue);
                let serves = |(_, agent): (_, &crate::agents::Agent)| {
                    queue.is_some_and(|queue| agent.queues.contains(&queue))
                };
                if !self.agents.idle().any(serves) {
                    return Err(Unavailable::NobodyFree);
                }
            }
        }
        self.within_bounds(line, queue)
    }

    /// How many may wait, and how long, is the same for who calls and for who does not.
    fn within_bounds(&self, line: &LineName, queue: &QueueName) -> Result<(), Unavailable> {
        let Some(policy) = self.offers_on(line) else { return Ok(()) };
        let Some(queue) = self.names.find_queue(queue) else { return Ok(()) };
        if let Some(most) = policy.pending_max
            && self.pending_in(queue, most) >= most
        {
            return Err(Unavailable::TooManyPending { most });
        }
        if let Some(most) = policy.wait_max
            && self.waits_longer(queue, most)
        {
            return Err(Unavailable::WaitTooLong { most });
        }
        Ok(())
    }

    /// Whether a customer may choose a time freely, where there are no slots: while the queue is
    /// open, when it has hours.
    fn any_time(&self, line: &LineName, queue: &QueueName, due: Wall) -> Result<(), Unavailable> {
        let immediate = self.immediate(self.now, line, queue).is_ok();
        self.deferred(self.now, queue, immediate)?;
        let hours = self.settings.queues.get(queue).and_then(|queue| queue.hours.as_ref());
        match hours.filter(|hours| !hours.is_open(due)) {
            Some(hours) => Err(Unavailable::Closed { until: hours.opens(due) }),
            None => Ok(()),
        }
    }

    fn deferred(&self, now: Now, queue: &QueueName, immediate: bool) -> Result<(), Unavailable> {
        let Some(settings) = self.settings.queues.get(queue) else { return Ok(()) };
        match settings.deferred {
            Deferred::Never => return Err(Unavailable::Never),
            Deferred::Always => {}
            Deferred::WhenBusy if immediate => return Err(Unavailable::NotBusy),
            Deferred::WhenBusy => {}
            Deferred::Hours => open(settings, now.wall)?,
            Deferred::AnyTime if settings.slots.is_none() => return Ok(()),
            Deferred::AnyTime => {}
        }
        let Some(slots) = &settings.slots else { return Err(Unavailable::Never) };
        let left = |(begins, _): &(Wall, Wall)| {
            self.free_times(now, queue, slots, *begins).next().is_some()
        };
        let any = slots.all(now.wall).iter().any(left);
        if any { Ok(()) } else { Err(Unavailable::NoSlot) }
    }

    /// The time of a slot is taken.
    pub(crate) fn take_time(&mut self, queue: Queue, terms: &Terms, request: RequestId) {
        if let (Some(due), Some(_)) = (terms.due, terms.slot) {
            self.booked.insert((queue, due), request);
        }
    }

    /// The time of a slot is free again, if this request has it.
    pub(crate) fn free_time(&mut self, queue: Queue, due: Option<Wall>, request: RequestId) {
        let Some(due) = due else { return };
        if self.booked.get(&(queue, due)) == Some(&request) {
            self.booked.remove(&(queue, due));
        }
    }
}

/// Whether a queue is open long enough for one more callback.
pub(crate) fn open(settings: &QueueSettings, now: Wall) -> Result<(), Unavailable> {
    let Some(hours) = &settings.hours else { return Ok(()) };
    let margin = settings.closes_before;
    match hours.closes(now) {
        Some(closes) if closes.since(now) > margin => Ok(()),
        Some(closes) => Err(Unavailable::Closed { until: hours.opens(closes) }),
        None => Err(Unavailable::Closed { until: hours.opens(now) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(callbacks: u16, minutes: u64) -> Slots {
        let mut hours = Hours::in_zone("Europe/Paris").expect("a zone");
        hours.open_weekly("Mon-Sun 09:00-11:30").expect("hours");
        let length = MINUTE * u32::try_from(minutes).expect("few");
        let ahead = Duration::from_secs(24 * 3_600);
        Slots { hours: Arc::new(hours), length, callbacks, ahead }
    }

    fn minutes(slots: &Slots) -> Vec<u64> {
        let begins = Wall::from_unix_millis(0);
        slots.times(begins).iter().map(|time| time.since(begins).as_secs() / 60).collect()
    }

    #[test]
    fn times_are_spaced_evenly_in_whole_minutes() {
        assert_eq!(minutes(&slots(6, 60)), [0, 10, 20, 30, 40, 50]);
        assert_eq!(minutes(&slots(7, 60)), [0, 8, 17, 25, 34, 42, 51]);
        assert_eq!(minutes(&slots(60, 60)), (0..60).collect::<Vec<_>>());
        assert_eq!(minutes(&slots(1, 15)), [0]);
    }

    #[test]
    fn there_is_never_more_than_one_a_minute() {
        for length in 5..=240 {
            for callbacks in 1..=length.min(240) {
                let times = minutes(&slots(u16::try_from(callbacks).expect("few"), length));
                assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{callbacks} in {length}");
                assert!(times.last().is_some_and(|last| *last < length));
            }
        }
    }

    #[test]
    fn an_opening_is_cut_and_what_is_left_is_no_slot() {
        let now = Wall::parse("2026-11-23T09:30+01:00").expect("a moment");
        let begins: Vec<String> = slots(6, 60)
            .all(now)
            .iter()
            .map(|(begin, _)| begin.to_string()[..16].to_owned())
            .collect();
        let wanted =
            ["2026-11-23T08:00", "2026-11-23T09:00", "2026-11-24T08:00", "2026-11-24T09:00"];
        assert_eq!(begins, wanted);
    }
}
