//! What an operator wants to know of a day: waits, abandonment, callbacks, occupancy.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use ledger::{CallEnd, Entry, Fact, RequestEnd};
use model::{CallId, Mono, RequestId, Wall};
use queue::AgentStatus;

use super::Day;
use crate::world::World;

/// How long some waited: their number, mean, median and the time within which four of five were
/// served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waits {
    /// How many were served.
    pub served: usize,
    /// The mean.
    pub mean: Duration,
    /// Half of them waited no longer.
    pub p50: Duration,
    /// Four of five waited no longer.
    pub p80: Duration,
}

impl Waits {
    fn of(mut waits: Vec<Duration>) -> Waits {
        waits.sort_unstable();
        let served = waits.len();
        let rank = |share: usize| {
            let at = (served * share).div_ceil(100).saturating_sub(1);
            waits.get(at).copied().unwrap_or_default()
        };
        let total: Duration = waits.iter().sum();
        let mean = total / u32::try_from(served.max(1)).unwrap_or(u32::MAX);
        Waits { served, mean, p50: rank(50), p80: rank(80) }
    }
}

/// See the module. `Display` is a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Results {
    /// Calls that reached a line and were answered.
    pub arrived: u64,
    /// How those calls ended.
    pub ends: BTreeMap<CallEnd, u64>,
    /// Cut by a crash of the engine.
    pub cut: u64,
    /// Waits of callers who stayed on the line, until an agent.
    pub line: Waits,
    /// Waits of customers who were called back, from their arrival.
    pub callback: Waits,
    /// Callbacks promised.
    pub asked: u64,
    /// How the promises ended.
    pub closed: BTreeMap<RequestEnd, u64>,
    /// Found in doubt by a restart.
    pub uncertain: u64,
    /// Customer dials.
    pub dials: u64,
    /// Conversations handed on.
    pub transfers: u64,
    /// How long all agents were online, by their shifts.
    pub online: Duration,
    /// How long all agents' phones were in calls.
    pub busy: Duration,
}

impl Results {
    /// Counts what is in the journal and in the agents' diaries.
    pub(super) fn of(day: &Day, world: &World) -> Results {
        let mut results = Results::of_facts(world.journal().durable());
        results.count_agents(day, world);
        results
    }

    /// Counts what facts say, which is everything but the agents' hours.
    pub(crate) fn of_facts(entries: &[Entry]) -> Results {
        let mut results = Results::default();
        let mut arrivals: BTreeMap<CallId, Wall> = BTreeMap::new();
        let mut requests: BTreeMap<RequestId, Wall> = BTreeMap::new();
        let (mut line, mut callback) = (Vec::new(), Vec::new());
        for entry in entries {
            match &entry.fact {
                Fact::CallArrived { call, .. } => {
                    results.arrived += 1;
                    arrivals.insert(*call, entry.at);
                }
                Fact::CallEnded { call, end } => {
                    *results.ends.entry(*end).or_default() += 1;
                    arrivals.remove(call);
                }
                Fact::CallbackRequested { request, arrived, .. } => {
                    results.asked += 1;
                    requests.insert(*request, *arrived);
                }
                Fact::RequestClosed { end, .. } => *results.closed.entry(*end).or_default() += 1,
                Fact::DialStarted { .. } => results.dials += 1,
                Fact::FoundUncertain { .. } => results.uncertain += 1,
                Fact::Bridged { call, attempt, .. } => {
                    let came = call.and_then(|call| arrivals.get(&call));
                    line.extend(came.map(|came| entry.at.since(*came)));
                    let asked = attempt.and_then(|attempt| requests.get(&attempt.request));
                    callback.extend(asked.map(|asked| entry.at.since(*asked)));
                }
                Fact::EngineStarted { .. } => {
                    results.cut += arrivals.len() as u64;
                    arrivals.clear();
                }
                Fact::Transferred { .. } => results.transfers += 1,
                Fact::Offered { .. } | Fact::OfferEnded { .. } => {}
                Fact::OfferWithheld { .. } | Fact::OfferAllowed { .. } => {}
                Fact::RequestUntaken { .. } => {}
                Fact::DialEnded { .. } | Fact::Settled { .. } | Fact::AttemptMissed { .. } => {}
                Fact::TicketWanted { .. } | Fact::TicketComment { .. } => {}
                Fact::Moved { .. } | Fact::CameDue { .. } | Fact::Hastened { .. } => {}
                Fact::Held { .. } | Fact::PlaceTaken { .. } | Fact::PlaceReturned { .. } => {}
                Fact::RecordingBegan { .. }
                | Fact::MessageLeft { .. }
                | Fact::CallLed { .. }
                | Fact::StatusSet { .. }
                | Fact::Switched { .. }
                | Fact::WrapUpEnded { .. }
                | Fact::RecordingEnded { .. }
                | Fact::NotRecorded { .. }
                | Fact::RecordingDeclined { .. } => {}
            }
        }
        results.line = Waits::of(line);
        results.callback = Waits::of(callback);
        results
    }

    fn count_agents(&mut self, day: &Day, world: &World) {
        for (_, phone) in world.people().take(usize::from(day.staff.agents)) {
            for call in phone.diary().calls() {
                let (Some(begin), Some((end, _))) = (call.answered, call.ended) else { continue };
                self.busy += end.mono.since(begin.mono);
            }
        }
        for shifts in world.shifts() {
            let mut since: Option<Mono> = None;
            for (at, status) in shifts {
                if let Some(begin) = since.take() {
                    self.online += at.since(begin);
                }
                since = (status == AgentStatus::Online).then_some(at);
            }
        }
    }

    /// Percent, rounded, of `part` in `whole`.
    fn percent(part: u128, whole: u128) -> u128 {
        (part * 100 + whole / 2).checked_div(whole).unwrap_or(0)
    }
}

impl fmt::Display for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rows().iter().try_for_each(|(name, value)| writeln!(f, "{name:<34}{value:>10}"))
    }
}

impl Results {
    /// Each row of the table: what it is of, and its value.
    pub fn rows(&self) -> Vec<(String, String)> {
        let ended = |end| self.ends.get(&end).copied().unwrap_or(0);
        let mut rows = Vec::new();
        let mut row = |name: &str, value: String| rows.push((name.to_owned(), value));
        row("calls answered by the line", self.arrived.to_string());
        row("  talked with an agent", ended(CallEnd::Answered).to_string());
        let abandoned = ended(CallEnd::Abandoned);
        row("  abandoned", abandoned.to_string());
        let share = Results::percent(abandoned.into(), self.arrived.into());
        row("  abandoned, percent", share.to_string());
        row("  promised a callback", ended(CallEnd::Promised).to_string());
        for (end, name) in [(CallEnd::Message, "left a message"), (CallEnd::Operator, "operator")] {
            if ended(end) > 0 {
                row(&format!("  {name}"), ended(end).to_string());
            }
        }
        row("  refused", ended(CallEnd::Refused).to_string());
        row("  cut by a crash", self.cut.to_string());
        for (who, waits) in [("on the line", self.line), ("for the callback", self.callback)] {
            row(&format!("wait {who}, mean"), seconds(waits.mean));
            row(&format!("wait {who}, P50"), seconds(waits.p50));
            row(&format!("wait {who}, P80"), seconds(waits.p80));
        }
        row("callbacks asked for", self.asked.to_string());
        let kept = self.closed.get(&RequestEnd::Completed).copied().unwrap_or(0);
        row("callbacks kept", kept.to_string());
        for (end, count) in self.closed.iter().filter(|(end, _)| **end != RequestEnd::Completed) {
            row(&format!("callbacks {}", end.to_string().replace('_', " ")), count.to_string());
        }
        row("found uncertain by a restart", self.uncertain.to_string());
        row("customer dials", self.dials.to_string());
        if self.transfers > 0 {
            row("handed on", self.transfers.to_string());
        }
        let share = Results::percent(self.busy.as_millis(), self.online.as_millis());
        row("occupancy of agents, percent", share.to_string());
        rows
    }
}

fn seconds(time: Duration) -> String {
    format!("{} s", (time.as_millis() + 500) / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_of_five_waited_no_longer_than_p80() {
        let waits = Waits::of((1..=10).map(Duration::from_secs).collect());
        let wanted = (10, 5_500, 5, 8);
        let found =
            (waits.served, waits.mean.as_millis(), waits.p50.as_secs(), waits.p80.as_secs());
        assert_eq!(found, wanted);
        assert_eq!(Waits::of(Vec::new()), Waits::default());
    }
}
