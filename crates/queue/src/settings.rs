//! What an operator decides about queues. Built and checked by `config`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use ledger::Need;
use model::{AgentName, E164, LineName, QueueName, TrunkName};

use crate::numbering::Region;
use crate::{
    CallingHours, Caps, Deferred, Hours, Immediate, Off, OfferPolicy, Retries, Screening, Slots,
};

/// Settings of all queues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Every queue by name.
    pub queues: BTreeMap<QueueName, QueueSettings>,
    /// Every line by name.
    pub lines: BTreeMap<LineName, LineSettings>,
    /// Every agent by name.
    pub agents: BTreeMap<AgentName, AgentSettings>,
    /// Most live callers and open requests together; beyond it an arrival or request is refused.
    pub entries_max: usize,
    /// The room of each limited trunk at the start, see [`crate::Command::Room`].
    pub rooms: BTreeMap<TrunkName, u32>,
    /// The numbers of our own lines, which are never called back.
    pub own_numbers: BTreeSet<E164>,
    /// How much may be called in a day.
    pub caps: Caps,
    /// What is switched off.
    pub off: Off,
    /// When callbacks are offered to the callers of a line, where that is not as in its queue.
    pub offers_of_lines: BTreeMap<LineName, OfferPolicy>,
}

/// Settings of one queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSettings {
    /// How long a request waits, from its making, before it ends by itself.
    pub request_ttl: Duration,
    /// How many times a customer is dialled for one request, the first time included; at least 1.
    /// A dial whose agent left before the customer was heard of does not count.
    pub attempts_total: u16,
    /// From the end of a failed attempt to the next.
    pub retry_delay: Duration,
    /// For how long a work is not offered again to an agent who declined or missed it.
    pub decline_pause: Duration,
    /// How many free agents are rung at once for a callback, at least 1: the first who accepts has
    /// it.
    pub callbacks_ring: u16,
    /// The same for a caller on the line.
    pub callers_ring: u16,
    /// A callback goes to the agent who handled its customer last, while that one is free.
    pub last_agent: bool,
    /// When callbacks are offered to its callers.
    pub offers: OfferPolicy,
    /// How long a call is taken to occupy an agent, wrap-up included, until enough were seen.
    pub handle_time: Option<Duration>,
    /// An agent who does not answer uses up an attempt.
    pub agent_no_answer_counts: bool,
    /// A request that every agent of the queue declined, or is not there to take, is over.
    pub ends_when_all_decline: bool,
    /// The subject of the tickets that tell of its requests; none, and there are no tickets.
    pub ticket_subject: Option<Arc<str>>,
    /// When it is open; always, when absent. While it is closed its callers are offered no
    /// callback.
    pub hours: Option<Arc<Hours>>,
    /// So long before it closes no callback is offered any more.
    pub closes_before: Duration,
    /// When customers who have not called may ask to be called back now.
    pub immediate: Immediate,
    /// When they may make an appointment.
    pub deferred: Deferred,
    /// The appointments.
    pub slots: Option<Slots>,
    /// How its callbacks are dialled.
    pub dials: Dialling,
    /// When its customers are called back, by their own clocks; at any time, when absent.
    pub calling_hours: Option<CallingHours>,
    /// The estimated wait is told to callers.
    pub tells_wait: bool,
    /// For how long the place of a caller who hung up is kept for the same caller; zero: not at
    /// all.
    pub place_kept_for: Duration,
    /// The longest wait that they are told as a number.
    pub wait_told_max: Duration,
    /// The place in the queue is told to callers.
    pub tells_place: bool,
    /// What becomes of a customer who has a place already.
    pub duplicates: Duplicates,
    /// After how long a report counts an open request as ended to which nothing has happened; it
    /// keeps its place. Never, when absent.
    pub report_close_after: Option<Duration>,
    /// An agent who leaves a message is offered nothing until its request has ended.
    pub message_blocks_agent: bool,
    /// A callback is a success when customer and agent talked at least so long.
    pub min_talk: Duration,
    /// From the end of a conversation that was shorter to the next attempt.
    pub short_talk_delay: Duration,
    /// What follows an attempt that failed, where it is not the usual.
    pub retries: Retries,
    /// What its works ask of agents, beside what their lines do.
    pub needs: Vec<Need>,
    /// A callback asks for the skills that its call asked for.
    pub keep_skills: bool,
    /// A callback has the priority that its call had.
    pub keep_priority: bool,
}

/// How callbacks are dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dialling {
    /// Who is called first. The other is held meanwhile: no customer is dialled without an agent.
    pub first: Party,
    /// An agent whose phone has answered has taken the callback: nobody is asked to accept it.
    pub progressive: bool,
}

/// What becomes of a further wish, or call, of a customer whose request waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Duplicates {
    /// A further request is not taken: the first one stands.
    #[default]
    Ignore,
    /// The same, and a ticket tells of it.
    Ticket,
    /// A customer who calls in has the place of the request, which waits for the end of the call.
    /// A further request by another way is not taken.
    TakeOver,
}

/// One of the two who are to talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Party {
    /// The agent.
    #[default]
    Agent,
    /// The customer.
    Customer,
}

impl Default for QueueSettings {
    /// One dial, within eight hours.
    fn default() -> QueueSettings {
        QueueSettings {
            request_ttl: Duration::from_secs(8 * 3_600),
            attempts_total: 1,
            retry_delay: Duration::from_secs(300),
            decline_pause: Duration::from_secs(60),
            callbacks_ring: 1,
            callers_ring: 1,
            last_agent: false,
            offers: OfferPolicy::default(),
            handle_time: None,
            agent_no_answer_counts: false,
            ends_when_all_decline: false,
            ticket_subject: None,
            hours: None,
            closes_before: Duration::ZERO,
            immediate: Immediate::default(),
            deferred: Deferred::default(),
            slots: None,
            dials: Dialling::default(),
            calling_hours: None,
            tells_wait: false,
            place_kept_for: Duration::ZERO,
            wait_told_max: Duration::from_secs(3_600),
            tells_place: false,
            duplicates: Duplicates::Ignore,
            report_close_after: None,
            message_blocks_agent: false,
            min_talk: Duration::ZERO,
            short_talk_delay: Duration::from_secs(300),
            retries: Retries::default(),
            needs: Vec::new(),
            keep_skills: true,
            keep_priority: true,
        }
    }
}

/// What the queue must know of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineSettings {
    /// Where its callers wait.
    pub queue: QueueName,
    /// The trunk of its callbacks.
    pub trunk: TrunkName,
    /// It has an outbound number to call back from. Without one no request is offered; one that
    /// was promised when there was a number keeps its place until there is one again.
    pub calls_back: bool,
    /// It has another number to show where the network forbids the first (403).
    pub has_fallback: bool,
    /// Where its requests wait, in the place of their calls, when that is not the same queue.
    pub callback_queue: Option<QueueName>,
    /// Who is to take its calls and callbacks.
    pub routing: Routing,
    /// Which numbers it calls back.
    pub screening: Arc<Screening>,
    /// Where its callers are at home: how a number is read that has no country code.
    pub home: Option<Region>,
}

/// Who is to take the works of a line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Routing {
    /// These before all others, while one of them is free; the first one first. With any of them
    /// the last agent of a callback does not matter, unless it was asked for at a time of its own.
    pub preferred: Vec<AgentName>,
    /// What its works ask of agents.
    pub needs: Vec<Need>,
    /// Its works stand before those of a lower priority, whenever they came; up to
    /// [`ledger::LEVEL_MAX`].
    pub priority: u8,
}

impl LineSettings {
    /// Where the requests of this line wait.
    pub fn requests_queue(&self) -> &QueueName {
        self.callback_queue.as_ref().unwrap_or(&self.queue)
    }
}

/// Settings of one agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentSettings {
    /// The queues the agent serves.
    pub queues: Vec<QueueName>,
    /// From the end of a conversation to the next offer.
    pub wrap_up: Duration,
    /// The status at the engine's start.
    pub online_at_start: bool,
    /// Whether the agent can be rung from the engine's start on; false for an agent whose phone
    /// must register first.
    pub reachable_at_start: bool,
    /// May be offered work at all, whatever the status.
    pub takes_calls: bool,
    /// Is offered work before others who are free, however long they are.
    pub priority: bool,
    /// Is offered work while serving somebody in another channel too.
    pub concurrent: bool,
    /// Takes work again by itself after a conversation; else the agent is away until a new status.
    pub auto_ready: bool,
    /// After so many offers in a row that the agent did not answer, the agent is away until a new
    /// status; never, when zero.
    pub away_after_missed: u16,
    /// The numbers that the agent calls from: who calls from one of them is the agent.
    pub calls_from: Vec<E164>,
    /// What the agent can do, and how well.
    pub skills: BTreeMap<String, u8>,
}

impl Default for AgentSettings {
    /// Serves no queue yet, and is there from the start.
    fn default() -> AgentSettings {
        AgentSettings {
            queues: Vec::new(),
            wrap_up: Duration::from_secs(20),
            online_at_start: true,
            reachable_at_start: true,
            takes_calls: true,
            priority: false,
            concurrent: false,
            auto_ready: true,
            away_after_missed: 0,
            calls_from: Vec::new(),
            skills: BTreeMap::new(),
        }
    }
}
