//! How long a caller will wait, as far as can be said.
//!
//! The mean over the places ahead, each of which ends when an agent becomes free or when a live
//! caller there hangs up: `sum of 1 / (s / A + n / P)`, with `s` agents staffed, `A` the mean time
//! that a call takes an agent, `n` live callers still ahead, and `P` the mean time after which a
//! live caller gives up. A callback does not give up. Nobody staffed: for ever. Too little seen:
//! nothing is said.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{CallId, Mono, OfferId};

use crate::AgentStatus;
use crate::agents::{Agent, AgentNo};
use crate::calls::Caller;
use crate::places::{Entry, Queue};
use crate::queues::Queues;
use crate::skills::Needs;

/// So many conversations, or callers who gave up, are enough to speak of their mean.
const SEEN_MIN: u32 = 20;
/// One in so many of the newest is in the mean.
const WEIGHT: u32 = 16;
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
        let Some(caller) = self.calls.get(&call) else { return Estimate::Unknown };
        let staffed = self.staffed(caller.queue, caller.needs);
        if staffed == 0 {
            return Estimate::Endless;
        }
        let seen = self.estimates.queues.get(&caller.queue);
        let settings = self.settings.queues.get(self.names.queue_name(caller.queue));
        let assumed = settings.and_then(|queue| queue.handle_time);
        let handles = seen.and_then(|seen| seen.handles.known()).or(assumed);
        let Some(handles) = handles else { return Estimate::Unknown };
        let patience = seen.and_then(|seen| seen.patience.known());
        Estimate::Mean(self.mean_wait(caller, staffed, handles, patience))
    }

    fn mean_wait(
        &self,
        caller: &Caller,
        staffed: u32,
        handles: Duration,
        patience: Option<Duration>,
    ) -> Duration {
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
        let own = self.places.place(caller.queue, caller.rank);
        let ahead = usize::try_from(own).unwrap_or(usize::MAX).saturating_sub(1);
        for entry in self.places.entries(caller.queue).take(ahead.min(PLACES_MAX)) {
            live += u32::from(matches!(entry, Entry::Call(_)));
            wait = wait.saturating_add(place(live));
        }
        let beyond = u32::try_from(ahead.saturating_sub(PLACES_MAX)).unwrap_or(u32::MAX);
        wait.saturating_add(place(live).saturating_mul(beyond))
    }

    /// How many agents of a queue take work that asks for this, whatever they do now.
    fn staffed(&self, queue: Queue, needs: Needs) -> u32 {
        let serves = |(number, agent): &(AgentNo, &Agent)| {
            self.agents.fits(*number, needs)
                && agent.status == AgentStatus::Online
                && agent.reachable
                && agent.queues.contains(&queue)
        };
        u32::try_from(self.agents.iter().filter(serves).count()).unwrap_or(u32::MAX)
    }
}
