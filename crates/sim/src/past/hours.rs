//! How long agents were online.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{AgentName, Mono};
use queue::{AgentStatus, Command, Settings};

/// Counts by what agents say, from the settings on. Agents whom these do not name do not count.
pub(super) struct Hours {
    /// Since when each is online; none for who is not.
    since: BTreeMap<AgentName, Option<Mono>>,
    so_far: Duration,
}

impl Hours {
    /// The agents of these settings, at the first moment.
    pub(super) fn of(settings: &Settings, begins: Mono) -> Hours {
        let agents = settings.agents.iter();
        let since = agents.map(|(name, it)| (name.clone(), it.online_at_start.then_some(begins)));
        Hours { since: since.collect(), so_far: Duration::ZERO }
    }

    /// The queue is told this.
    pub(super) fn see(&mut self, now: Mono, command: &Command) {
        let Command::SetStatus { agent, status, .. } = command else { return };
        let Some(since) = self.since.get_mut(agent) else { return };
        let online = (*status == AgentStatus::Online).then_some(now);
        self.so_far += std::mem::replace(since, online).map_or(Duration::ZERO, |at| now.since(at));
    }

    /// All together, up to this moment.
    pub(super) fn until(&self, end: Mono) -> Duration {
        let online = self.since.values().flatten().map(|since| end.since(*since));
        self.so_far + online.sum::<Duration>()
    }
}
