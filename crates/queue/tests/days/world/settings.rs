//! The queues of a day.

use std::time::Duration;

use model::{AgentName, LineName, QueueName, TrunkName};
use queue::{AgentSettings, LineSettings, QueueSettings, Settings};

use super::{PAUSE, RETRY, WRAP_UP};

/// Whom the line of the desk may prefer.
pub(super) const CID: &str = "cid";

/// What is not the same every day.
#[derive(Debug, Clone, Copy)]
pub struct Habits {
    /// How many agents the queues ring at once.
    pub rings: u16,
    /// The line of the desk prefers Cid.
    pub prefers: bool,
}

pub(super) const PLAIN: Habits = Habits { rings: 1, prefers: false };

pub(super) fn settings(Habits { rings, prefers }: Habits) -> Settings {
    let policy = QueueSettings {
        callbacks_ring: rings,
        callers_ring: rings,
        request_ttl: Duration::from_secs(400),
        attempts_total: 2,
        retry_delay: RETRY,
        decline_pause: PAUSE,
        ..queue::QueueSettings::default()
    };
    let cid = |prefers: bool| prefers.then(|| AgentName::from(CID)).into_iter().collect();
    let line = |queue: &str, prefers: bool| LineSettings {
        queue: QueueName::from(queue),
        trunk: TrunkName::from("carrier"),
        calls_back: true,
        has_fallback: false,
        callback_queue: None,
        routing: queue::Routing { preferred: cid(prefers) },
        screening: Default::default(),
        home: None,
    };
    let agent = |queues: &[&str]| AgentSettings {
        queues: queues.iter().map(|queue| QueueName::from(*queue)).collect(),
        wrap_up: WRAP_UP,
        online_at_start: true,
        reachable_at_start: true,
        ..queue::AgentSettings::default()
    };
    Settings {
        queues: [("desk", policy.clone()), ("shop", policy)]
            .map(|(name, queue)| (QueueName::from(name), queue))
            .into(),
        lines: [("main", line("desk", prefers)), ("store", line("shop", false))]
            .map(|(name, line)| (LineName::from(name), line))
            .into(),
        agents: [
            ("ann", agent(&["desk"])),
            ("bob", agent(&["shop", "desk"])),
            ("cid", agent(&["desk", "shop"])),
        ]
        .map(|(name, agent)| (AgentName::from(name), agent))
        .into(),
        entries_max: 12,
        rooms: [].into(),
        own_numbers: [].into(),
    }
}
