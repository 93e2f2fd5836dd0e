//! How long a caller will wait, as far as can be said.
//!
//! The mean over the places ahead, each of which ends when an agent becomes free or when a live
//! caller there hangs up: `sum of 1 / (s / A + n / P)`, with `s` agents staffed, `A` the mean time
//! that a call takes an agent, `n` live callers still ahead, and `P` the mean time after which a
//! live caller gives up. A callback does not give up. Nobody staffed: for ever. Too little seen:
//! nothing is said.
//!
//! What is told is a range, from what half of those who wait so do not exceed to what four in five
//! do not. Each place ends by chance, so that the variance of the whole is the sum of the squares:
//! the upper end is 0.84 standard deviations above the mean, as for a normal distribution, and the
//! lower end a third of variance / mean below it, as for the gamma distribution of such a sum.
//! Measured over ten days as `tests/estimates.rs` draws them, 84 % of the waits end before the
//! upper end.
//!
//! Each estimate that is made when a caller arrives is compared with how long that caller waits
//! until an agent answers: [`Track`] says how good they are.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{CallId, LineName, Mono, OfferId, QueueName};

use crate::AgentStatus;
use crate::agents::{Agent, AgentNo};
use crate::places::{Entry, Queue};
use crate::queues::Queues;
use crate::settings::QueueSettings;
use crate::skills::Needs;

/// So many conversations, or callers who gave up, are enough to speak of their mean.
const SEEN_MIN: u32 = 20;
/// One in so many of the newest is in the mean.
const WEIGHT: u32 = 64;
/// Places that are added up one by one; those beyond are taken to last as long as the last of them.
const PLACES_MAX: usize = 1_000;

/// A wait, as far as can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Estimate {
    /// Too little has been seen.
    Unknown,
    /// So long, on the mean.
    Mean(Duration),
    /// No agent of the queue is there.
    Endless,
}

/// How long somebody will wait, in words for who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Half of those who wait so wait no longer.
    pub p50: Duration,
    /// Four in five wait no longer.
    pub p80: Duration,
}

impl Range {
    /// Both ends in whole minutes, rounded up, at least one.
    pub fn minutes(self) -> (u64, u64) {
        let up = |time: Duration| time.as_millis().div_ceil(60_000).max(1);
        let whole = |minutes: u128| u64::try_from(minutes).unwrap_or(u64::MAX);
        (whole(up(self.p50)), whole(up(self.p80)))
    }
}

/// How good the estimates of a queue were, since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Track {
    /// Callers to whom an estimate could be made on their arrival, and whom an agent answered.
    pub estimates: u64,
    /// Their mean absolute error, in milliseconds.
    pub error_millis: u64,
    /// By how much the estimates were too long on the mean, in milliseconds; negative: too short.
    pub bias_millis: i64,
    /// How many of a thousand waited no longer than the upper end of the range.
    pub kept_permille: u64,
}

/// Sums over estimates, in milliseconds.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    estimates: u64,
    error: u64,
    bias: i64,
    kept: u64,
}

/// What was seen, queue by queue.
#[derive(Debug, Default)]
pub(crate) struct Estimates {
    queues: BTreeMap<Queue, Seen>,
    /// When each conversation began; at most one for each agent.
    talks: BTreeMap<OfferId, Mono>,
}

#[derive(Debug, Default)]
struct Seen {
    handles: Mean,
    /// How long all callers waited on the line, for each who gave up.
    patience: Mean,
    /// Waiting since the last who gave up.
    waited: Duration,
    sums: Sums,
}

/// A wait, as it is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    mean: Duration,
    p80: Duration,
}

/// A mean of which the newest have the greatest share.
#[derive(Debug, Default)]
struct Mean {
    count: u32,
    value: Duration,
}

impl Mean {
    fn add(&mut self, value: Duration) {
        self.count = self.count.saturating_add(1);
        let share = self.count.min(WEIGHT);
        self.value = (self.value.saturating_mul(share - 1).saturating_add(value)) / share;
    }

    fn known(&self) -> Option<Duration> {
        (self.count >= SEEN_MIN).then_some(self.value)
    }
}

impl Estimates {
    pub(crate) fn talk_began(&mut self, offer: OfferId, now: Mono) {
        self.talks.insert(offer, now);
    }

    /// How long they talked, when it is known when that began.
    pub(crate) fn talk_ended(
        &mut self,
        offer: OfferId,
        queue: Queue,
        now: Mono,
        wrap_up: Duration,
    ) -> Option<Duration> {
        let talked = now.since(self.talks.remove(&offer)?);
        self.queues.entry(queue).or_default().handles.add(talked + wrap_up);
        Some(talked)
    }

    /// An agent answered somebody for whom a wait was estimated.
    pub(crate) fn answered(&mut self, queue: Queue, told: Told, waited: Duration) {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let sums = &mut self.queues.entry(queue).or_default().sums;
        let (mean, waited) = (millis(told.mean), millis(waited));
        sums.estimates += 1;
        sums.error = sums.error.saturating_add(mean.abs_diff(waited));
        let bias = i64::try_from(mean.abs_diff(waited)).unwrap_or(i64::MAX);
        sums.bias = sums.bias.saturating_add(if mean < waited { -bias } else { bias });
        sums.kept += u64::from(waited <= millis(told.p80));
    }

    pub(crate) fn left(&mut self, queue: Queue, waited: Duration, gave_up: bool) {
        let seen = self.queues.entry(queue).or_default();
        seen.waited = seen.waited.saturating_add(waited);
        if gave_up {
            seen.patience.add(std::mem::take(&mut seen.waited));
        }
    }
}

impl Queues {
    /// How long this caller will wait from now on.
    pub fn estimate(&self, call: CallId) -> Estimate {
        match self.wait_of(call) {
            Ok((mean, _)) => Estimate::Mean(mean),
            Err(why) => why,
        }
    }

    /// How long who comes now would wait.
    pub(crate) fn estimate_now(&self, queue: Queue) -> Estimate {
        match self.wait_at((queue, self.places.held_in(queue)), Needs::NONE) {
            Ok((mean, _)) => Estimate::Mean(mean),
            Err(why) => why,
        }
    }

    /// The range that this caller is told when it is time to tell; none where the queue tells none,
    /// while the wait is not known, and when it is endless.
    pub fn range_told(&self, call: CallId) -> Option<Range> {
        let queue = self.names.queue_name(self.calls.get(&call)?.queue);
        let tells = self.settings.queues.get(queue).is_some_and(|queue| queue.tells_wait);
        tells.then(|| self.range(call)).flatten()
    }

    /// The range of this caller's wait; none while the wait is not known, or endless.
    pub fn range(&self, call: CallId) -> Option<Range> {
        let (mean, variance) = self.wait_of(call).ok()?;
        Some(range(mean, variance))
    }

    /// The place that this caller is told when it is time to tell; none where the queue tells none.
    pub fn place_told(&self, call: CallId) -> Option<u32> {
        let queue = self.names.queue_name(self.calls.get(&call)?.queue);
        let tells = self.settings.queues.get(queue).is_some_and(|queue| queue.tells_place);
        tells.then(|| self.place(call)).flatten()
    }

    /// What the queue in which callers of this line wait is set to: what they are told there.
    pub fn queue_of_line(&self, line: &LineName) -> Option<&QueueSettings> {
        let queue = self.settings.lines.get(line).map(|line| &line.queue);
        queue.and_then(|queue| self.settings.queues.get(queue))
    }

    /// How good the estimates of a queue were, since the start.
    pub fn track(&self, queue: &QueueName) -> Track {
        let seen = self.names.find_queue(queue).and_then(|it| self.estimates.queues.get(&it));
        let Some(seen) = seen.filter(|seen| seen.sums.estimates > 0) else {
            return Track::default();
        };
        let Sums { estimates, error, bias, kept } = seen.sums;
        Track {
            estimates,
            error_millis: error / estimates,
            bias_millis: bias / i64::try_from(estimates).unwrap_or(i64::MAX),
            kept_permille: kept.saturating_mul(1_000) / estimates,
        }
    }

    /// What is estimated for somebody who has just arrived, to be compared with the wait itself.
    /// Who need not wait is told nothing.
    pub(crate) fn told(&self, call: CallId) -> Option<Told> {
        let (mean, variance) = self.wait_of(call).ok()?;
        Some(Told { mean, p80: range(mean, variance).p80 })
    }

    /// Who is offered to an agent on arrival has not waited: there was nothing to estimate.
    pub(crate) fn forget_told(&mut self, call: CallId) {
        let now = self.now.mono;
        if let Some(caller) = self.calls.get_mut(&call).filter(|caller| caller.since == now) {
            caller.told = None;
        }
    }

    /// The mean wait of this caller from now on, and its variance in square milliseconds.
    fn wait_of(&self, call: CallId) -> Result<(Duration, u128), Estimate> {
        let Some(caller) = self.calls.get(&call) else { return Err(Estimate::Unknown) };
        let ahead = self.places.standing_before(caller.queue, caller.rank);
        self.wait_at((caller.queue, ahead), caller.needs)
    }

    /// The range that would be told to who arrives now.
    ///
    /// # Errors
    /// Why none is: too little was seen, or nobody is there and the wait endless.
    pub fn range_now(&self, queue: &QueueName) -> Result<Range, Estimate> {
        let queue = self.names.find_queue(queue).ok_or(Estimate::Unknown)?;
        let (mean, variance) = self.wait_at((queue, self.places.held_in(queue)), Needs::NONE)?;
        Ok(range(mean, variance))
    }

    /// The mean wait behind so many, and its variance in square milliseconds.
    fn wait_at(
        &self,
        (queue, ahead): (Queue, u32),
        needs: Needs,
    ) -> Result<(Duration, u128), Estimate> {
        let staffed = self.staffed(queue, needs);
        if staffed == 0 {
            return Err(Estimate::Endless);
        }
        let seen = self.estimates.queues.get(&queue);
        let settings = self.settings.queues.get(self.names.queue_name(queue));
        let assumed = settings.and_then(|queue| queue.handle_time);
        let handles = seen.and_then(|seen| seen.handles.known()).or(assumed);
        let Some(handles) = handles else { return Err(Estimate::Unknown) };
        let patience = seen.and_then(|seen| seen.patience.known());
        Ok(self.wait_behind((queue, ahead), staffed, handles, patience))
    }

    fn wait_behind(
        &self,
        (queue, ahead): (Queue, u32),
        staffed: u32,
        handles: Duration,
        patience: Option<Duration>,
    ) -> (Duration, u128) {
        let place = |live: u32| match patience {
            Some(patience) if !handles.is_zero() => {
                let (a, p) = (handles.as_millis(), patience.as_millis().max(1));
                let millis = a * p / (u128::from(staffed) * p + u128::from(live) * a).max(1);
                Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
            }
            Some(_) | None => handles / staffed,
        };
        // The caller's own turn, then one for each who stands ahead.
        let mut live = 0;
        let mut wait = place(live);
        let squared = |time: Duration| time.as_millis().saturating_mul(time.as_millis());
        let mut variance = squared(wait);
        let ahead = usize::try_from(ahead).unwrap_or(usize::MAX);
        for entry in self.places.entries(queue).take(ahead.min(PLACES_MAX)) {
            live += u32::from(matches!(entry, Entry::Call(_)));
            wait = wait.saturating_add(place(live));
            variance = variance.saturating_add(squared(place(live)));
        }
        let beyond = u32::try_from(ahead.saturating_sub(PLACES_MAX)).unwrap_or(u32::MAX);
        let rest = squared(place(live)).saturating_mul(u128::from(beyond));
        (wait.saturating_add(place(live).saturating_mul(beyond)), variance.saturating_add(rest))
    }

    /// How many agents of a queue take work that asks for this, whatever they do now.
    pub(crate) fn staffed(&self, queue: Queue, needs: Needs) -> u32 {
        let serves = |(number, agent): &(AgentNo, &Agent)| {
            self.agents.fits(*number, needs)
                && agent.status == AgentStatus::Online
                && agent.reachable
                && agent.queues.contains(&queue)
        };
        u32::try_from(self.agents.iter().filter(serves).count()).unwrap_or(u32::MAX)
    }
}

/// The range that is told of a wait of this mean and variance.
fn range(mean: Duration, variance: u128) -> Range {
    let millis = |millis: u128| Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX));
    let deviation = variance.isqrt();
    let p80 = mean.saturating_add(millis(deviation.saturating_mul(84) / 100));
    let below = variance / mean.as_millis().saturating_mul(3).max(1);
    Range { p50: mean.saturating_sub(millis(below)), p80 }
}
