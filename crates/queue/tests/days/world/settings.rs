//! The queues of a day.

use std::time::Duration;

use std::sync::Arc;

use ledger::Need;
use model::{AgentName, LineName, QueueName, TrunkName};
use queue::{
    AgentSettings, CallingHours, Caps, Deferred, Duplicates, Hours, LineSettings, Most,
    QueueSettings, Settings, Slots,
};

use super::{KEPT_FOR, PAUSE, RETRY, WRAP_UP};

/// Whom the line of the desk may prefer.
pub(super) const CID: &str = "cid";

/// What is not the same every day.
#[derive(Debug, Clone, Copy)]
pub struct Habits {
    /// How many agents the queues ring at once.
    pub rings: u16,
    /// The line of the desk prefers Cid.
    pub prefers: bool,
    /// A line of the desk stands before the other, and asks for French.
    pub asks: bool,
    /// A callback asks for what its call asked for, and stands as it stood.
    pub keeps: bool,
    /// A customer who calls in has the place of the own request.
    pub takes_over: bool,
    /// Few requests and dials are allowed in a day.
    pub capped: bool,
    /// Customers are called in the first four minutes of the day only.
    pub hours: bool,
    /// The line of the shop has no number to call back from.
    pub silent: bool,
    /// The place of who hung up is kept for a while.
    pub keeps_places: bool,
}

/// The most dials of one number in a day with caps, and of all.
pub(super) const DIALS: (u32, u32) = (2, 5);
/// The calling hours: the days begin at eleven in Paris.
pub(super) const HOURS: CallingHours = CallingHours { from: 11 * 60, to: 11 * 60 + 4 };

pub(super) const PLAIN: Habits = Habits {
    rings: 1,
    prefers: false,
    asks: false,
    keeps: true,
    takes_over: false,
    capped: false,
    hours: false,
    silent: false,
    keeps_places: false,
};

/// What the line `vip` asks for, where it asks for anything: its priority, and how much French.
const VIP: (u8, u8) = (7, 2);

/// How much French an agent has.
pub(super) fn french(agent: &AgentName) -> u8 {
    match agent.as_str() {
        "ann" => 1,
        "bob" => 2,
        _ => 0,
    }
}

/// What a line asks for.
pub(super) fn asked(habits: Habits, line: &str) -> (u8, u8) {
    if habits.asks && line == "vip" { VIP } else { (0, 0) }
}

/// On which line.
pub(super) fn line(choice: u16) -> &'static str {
    match choice % 6 {
        0 | 3 => "store",
        1 => "vip",
        _ => "main",
    }
}

pub(super) fn settings(habits: Habits) -> Settings {
    let Habits { rings, prefers, keeps, takes_over, capped, hours, silent, .. } = habits;
    let place_kept_for = if habits.keeps_places { KEPT_FOR } else { Duration::ZERO };
    let duplicates = if takes_over { Duplicates::TakeOver } else { Duplicates::Ignore };
    let policy = QueueSettings {
        callbacks_ring: rings,
        callers_ring: rings,
        request_ttl: Duration::from_secs(400),
        attempts_total: 2,
        retry_delay: RETRY,
        decline_pause: PAUSE,
        duplicates,
        calling_hours: hours.then_some(HOURS),
        deferred: Deferred::Always,
        slots: Some(slots()),
        place_kept_for,
        keep_skills: keeps,
        keep_priority: keeps,
        ..queue::QueueSettings::default()
    };
    let cid = |prefers: bool| prefers.then(|| AgentName::from(CID)).into_iter().collect();
    let routing = |name: &str, prefers: bool| {
        let (priority, level) = asked(habits, name);
        let need = Need { skill: "french".to_owned(), level };
        let needs = if level > 0 { vec![need] } else { Vec::new() };
        queue::Routing { preferred: cid(prefers), needs, priority }
    };
    let line = |name: &str, queue: &str, prefers: bool| LineSettings {
        queue: QueueName::from(queue),
        trunk: TrunkName::from("carrier"),
        calls_back: !(silent && name == "store"),
        has_fallback: false,
        callback_queue: None,
        routing: routing(name, prefers),
        screening: Default::default(),
        home: None,
    };
    let agent = |name: &str, queues: &[&str]| AgentSettings {
        skills: [("french".to_owned(), french(&AgentName::from(name)))].into(),
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
        lines: [("main", "desk", prefers), ("store", "shop", false), ("vip", "desk", prefers)]
            .map(|(name, queue, prefers)| (LineName::from(name), line(name, queue, prefers)))
            .into(),
        agents: [("ann", &["desk"][..]), ("bob", &["shop", "desk"]), ("cid", &["desk", "shop"])]
            .map(|(name, queues)| (AgentName::from(name), agent(name, queues)))
            .into(),
        entries_max: 12,
        rooms: [].into(),
        own_numbers: [].into(),
        caps: if capped { caps() } else { Caps::default() },
        off: Default::default(),
        offers_of_lines: Default::default(),
    }
}

fn caps() -> Caps {
    let dials = |dials: u32| Most { dials: Some(dials), ..Most::default() };
    let per_number = Most { requests: Some(4), ..dials(DIALS.0) };
    Caps { per_number, all: dials(DIALS.1), ..Caps::default() }
}

/// Two appointments in every two minutes.
fn slots() -> Slots {
    let mut hours = Hours::in_zone("Europe/Paris").expect("a zone");
    hours.open_weekly("Mon-Sun 00:00-24:00").expect("a week");
    let (length, ahead) = (Duration::from_secs(120), Duration::from_secs(600));
    Slots { hours: Arc::new(hours), length, callbacks: 2, ahead }
}
