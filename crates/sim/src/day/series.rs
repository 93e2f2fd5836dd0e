//! What a day looked like, minute by minute: for plots.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ledger::{CallEnd, Entry, Fact};
use model::{CallId, Mono, RequestId, Wall};
use queue::AgentStatus;

use super::Day;
use crate::world::World;

/// Most minutes of one day that are told; what is later is told with the last.
const MINUTES_MAX: usize = 7 * 24 * 60;

/// One minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Minute {
    /// Callers who wait on the line.
    pub callers: u32,
    /// Customers who wait to be called back.
    pub callbacks: u32,
    /// Agents who are online.
    pub online: u32,
    /// Agents whose phones are in calls.
    pub busy: u32,
}

/// One who was served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served {
    /// The arrival, from the start of the day.
    pub arrived: Duration,
    /// From the arrival until an agent and the customer heard each other.
    pub waited: Duration,
    /// By a callback, and not on the line.
    pub called_back: bool,
}

/// One who waited on the line and was answered, beside what was estimated on arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guessed {
    /// The mean that was estimated.
    pub mean: Duration,
    /// The range that would have been told.
    pub range: queue::Range,
    /// How long it was.
    pub waited: Duration,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Series {
    /// Every minute from the start of the day until nothing is left of it.
    pub minutes: Vec<Minute>,
    /// Everybody who was served, in the order of being served.
    pub served: Vec<Served>,
    /// Everybody who waited on the line, was answered, and of whose wait something could be said
    /// on arrival. Who is offered to an agent at once has not waited.
    pub guessed: Vec<Guessed>,
}

impl Series {
    /// How many of a hundred waited no longer than the half that the range begins with, and no
    /// longer than its end; none when nothing was estimated.
    pub fn kept_percent(&self) -> Option<[usize; 2]> {
        let kept = |end: fn(&Guessed) -> Duration| {
            let kept = self.guessed.iter().filter(|it| it.waited <= end(it)).count();
            (kept * 100 + self.guessed.len() / 2).checked_div(self.guessed.len())
        };
        Some([kept(|it| it.range.p50)?, kept(|it| it.range.p80)?])
    }

    pub(super) fn of(day: &Day, world: &World) -> Series {
        let mut walk = Walk::default();
        for entry in world.journal().durable() {
            walk.follow(day, entry);
            walk.guess(world, entry);
        }
        let mut minutes = walk.minutes;
        for (_, phone) in world.people().take(usize::from(day.staff.agents)) {
            for call in phone.diary().calls() {
                let (Some(begin), Some((end, _))) = (call.answered, call.ended) else { continue };
                span(&mut minutes, begin.mono, end.mono, |minute| minute.busy += 1);
            }
        }
        for shifts in world.shifts() {
            // A minute in which an agent comes back counts the agent once.
            let mut there = Vec::new();
            let mut since: Option<Mono> = None;
            for (at, status) in shifts {
                if let Some(begin) = since.take() {
                    span(&mut there, begin, at, |minute| minute.online = 1);
                }
                since = (status == AgentStatus::Online).then_some(at);
            }
            minutes.resize(minutes.len().max(there.len()), Minute::default());
            for (minute, there) in minutes.iter_mut().zip(there) {
                minute.online += there.online;
            }
        }
        Series { minutes, served: walk.served, guessed: walk.guessed }
    }
}

/// The facts of a day, as far as they were followed.
#[derive(Default)]
struct Walk {
    minutes: Vec<Minute>,
    callers: BTreeMap<CallId, Wall>,
    callbacks: BTreeSet<RequestId>,
    arrivals: BTreeMap<RequestId, Wall>,
    served: Vec<Served>,
    guessed: Vec<Guessed>,
    /// Who waits, and what was estimated.
    guesses: BTreeMap<CallId, (Wall, Duration, queue::Range)>,
}

impl Walk {
    fn guess(&mut self, world: &World, entry: &Entry) {
        match &entry.fact {
            Fact::CallArrived { call, .. } => {
                let guess = world.estimate(*call);
                self.guesses.extend(guess.map(|(mean, range)| (*call, (entry.at, mean, range))));
            }
            Fact::Offered { call: Some(call), .. } => {
                let at_once = |(came, ..): &(Wall, Duration, queue::Range)| *came == entry.at;
                if self.guesses.get(call).is_some_and(at_once) {
                    self.guesses.remove(call);
                }
            }
            Fact::CallEnded { call, end } => {
                let guess = self.guesses.remove(call).filter(|_| *end == CallEnd::Answered);
                self.guessed.extend(guess.map(|(came, mean, range)| Guessed {
                    mean,
                    range,
                    waited: entry.at.since(came),
                }));
            }
            _ => {}
        }
    }

    fn follow(&mut self, day: &Day, entry: &Entry) {
        let at = minute(entry.at.since(day.begins));
        let (callers, callbacks) = (self.callers.len(), self.callbacks.len());
        let small = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let (callers, callbacks) = (small(callers), small(callbacks));
        while self.minutes.len() <= at {
            self.minutes.push(Minute { callers, callbacks, ..Minute::default() });
        }
        match &entry.fact {
            Fact::EngineStarted { .. } => self.callers.clear(),
            Fact::CallArrived { call, .. } => {
                self.callers.insert(*call, entry.at);
            }
            Fact::CallEnded { call, .. } => {
                self.callers.remove(call);
            }
            Fact::CallbackRequested { request, arrived, terms, .. } => {
                if terms.due.is_none() {
                    self.callbacks.insert(*request);
                }
                self.arrivals.insert(*request, *arrived);
            }
            Fact::CameDue { request, arrived } => {
                self.callbacks.insert(*request);
                self.arrivals.insert(*request, *arrived);
            }
            Fact::RequestClosed { request, .. } => {
                self.callbacks.remove(request);
            }
            Fact::Bridged { attempt, call, .. } => {
                let request = attempt.map(|attempt| attempt.request);
                if let Some(request) = request {
                    self.callbacks.remove(&request);
                }
                let asked = request.and_then(|request| self.arrivals.get(&request));
                let came = call.and_then(|call| self.callers.get(&call));
                let called_back = request.is_some();
                self.served.extend(asked.or(came).map(|arrived| Served {
                    arrived: arrived.since(day.begins),
                    waited: entry.at.since(*arrived),
                    called_back,
                }));
            }
            _ => {}
        }
    }
}

fn minute(time: Duration) -> usize {
    usize::try_from(time.as_secs() / 60).unwrap_or(MINUTES_MAX).min(MINUTES_MAX - 1)
}

/// Tells every minute that begins between two moments.
fn span(minutes: &mut Vec<Minute>, from: Mono, until: Mono, tell: impl Fn(&mut Minute)) {
    let (from, until) = (minute(from.since(Mono::ZERO)), minute(until.since(Mono::ZERO)));
    if minutes.len() <= until {
        minutes.resize(until + 1, Minute::default());
    }
    minutes[from..=until].iter_mut().for_each(tell);
}
