//! What the API says, shape by shape. Times are RFC 3339 in UTC, ids are as the commands write them
//! (`cb-17`). Fields may be added; none is renamed or taken away.

use ledger::{Attempt, Origin, RequestState};
use model::{LanguageTag, Wall};
use serde::{Deserialize, Serialize};
use server::control::{self, OtherChannel, Presence};
use server::views;
use utoipa::ToSchema;

/// How the engine is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Status {
    /// The version of the program.
    version: String,
    /// Seconds since its start.
    uptime_secs: u64,
    /// How often an engine has started on this journal.
    epoch: u32,
    /// True once it takes no new calls.
    draining: bool,
    /// Where SIP is spoken: `udp 203.0.113.5:5060`.
    listeners: Vec<String>,
    /// Why the journal cannot be written; absent when it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    journal_down: Option<String>,
    /// Live calls.
    calls: usize,
    /// Open callback requests.
    callbacks: usize,
    /// What commands have switched off: `registering of queue support`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    switched_off: Vec<String>,
}

impl From<control::StatusView> for Status {
    fn from(status: control::StatusView) -> Status {
        Status {
            version: status.version,
            uptime_secs: status.uptime_secs,
            epoch: status.epoch,
            draining: status.draining,
            listeners: status.listeners,
            journal_down: status.journal_down,
            calls: status.calls,
            callbacks: status.requests,
            switched_off: status.switched_off,
        }
    }
}

/// One callback request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Callback {
    /// `cb-17`.
    id: String,
    /// The queue in which it waits.
    queue: String,
    /// The line whose number the customer will see.
    line: String,
    /// The customer's number, masked unless `reveal` was asked for; absent when it was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    /// Since when the place is held.
    arrived: String,
    /// When it was asked for.
    requested: String,
    /// When it ends by itself.
    expires: String,
    /// `waiting`, `scheduled`, `dialling`, `talking`, `uncertain` or `closed`.
    state: State,
    /// When it is dealt with next, where that is not at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    /// How it ended: `completed`, `no_answer`, `busy`, `failed`, `declined_by_customer`,
    /// `cancelled`, `expired`, `all_agents_declined`, `duplicate_ignored` or `uncertain_expired`.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    /// Its place among callers and requests of its queue, 1 is the head.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<u32>,
    /// What it is doing, in words for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<String>,
    /// Why it stands as it does or ended as it did, in words for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// Every dial so far.
    attempts: Vec<Dial>,
    /// By what way it was asked for.
    origin: Way,
    /// The agent who is to make it.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// What the agent is to follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    script: Option<String>,
    /// Words of whoever asked.
    tags: Vec<String>,
    /// What it asks of the agent: `french>=2`.
    skills: Vec<String>,
    /// Before whom it stands: the higher, the earlier.
    priority: u8,
    /// The customer does not want the conversation recorded.
    unrecorded: bool,
}

/// Where a callback stands.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Waiting,
    Scheduled,
    Dialling,
    Talking,
    Uncertain,
    Closed,
}

/// One dial of a customer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Dial {
    /// From 1.
    number: u16,
    /// When.
    at: String,
    /// The agent who waited.
    agent: String,
    /// By which trunk.
    trunk: String,
    /// How it ended without a conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
}

/// By what way a callback was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    Call,
    Operator,
    Agent,
    Web,
    Mobile,
    Chat,
    Voicemail,
}

impl From<Origin> for Way {
    fn from(origin: Origin) -> Way {
        match origin {
            Origin::Call => Way::Call,
            Origin::Operator => Way::Operator,
            Origin::Agent => Way::Agent,
            Origin::Web => Way::Web,
            Origin::Mobile => Way::Mobile,
            Origin::Chat => Way::Chat,
            Origin::Voicemail => Way::Voicemail,
        }
    }
}

impl From<Way> for Origin {
    fn from(way: Way) -> Origin {
        match way {
            Way::Call => Origin::Call,
            Way::Operator => Origin::Operator,
            Way::Agent => Origin::Agent,
            Way::Web => Origin::Web,
            Way::Mobile => Origin::Mobile,
            Way::Chat => Origin::Chat,
            Way::Voicemail => Origin::Voicemail,
        }
    }
}

impl From<&Attempt> for Dial {
    fn from(attempt: &Attempt) -> Dial {
        Dial {
            number: attempt.attempt.number,
            at: attempt.at.to_string(),
            agent: attempt.agent.to_string(),
            trunk: attempt.trunk.to_string(),
            outcome: attempt.outcome.map(|outcome| outcome.to_string()),
        }
    }
}

impl From<views::CallbackView> for Callback {
    fn from(view: views::CallbackView) -> Callback {
        let (state, due, closed) = match view.state {
            RequestState::Waiting { due } => (State::Waiting, due, None),
            RequestState::Scheduled { due } => (State::Scheduled, Some(due), None),
            RequestState::Dialling { .. } => (State::Dialling, None, None),
            RequestState::Talking { .. } => (State::Talking, None, None),
            RequestState::Uncertain { .. } => (State::Uncertain, None, None),
            RequestState::Closed { end, why, at } => (State::Closed, None, Some((end, why, at))),
        };
        let (end, closed_why, ended) = match closed {
            Some((end, why, at)) => (Some(end.to_string()), Some(why), Some(at.to_string())),
            None => (None, None, None),
        };
        let (place, stage, why) = match view.standing {
            Some(standing) => (standing.place, Some(standing.stage), Some(standing.why)),
            None => (None, None, closed_why),
        };
        Callback {
            id: view.request.to_string(),
            queue: view.queue,
            line: view.line,
            number: view.number,
            arrived: view.arrived.to_string(),
            requested: view.requested.to_string(),
            expires: view.expires.to_string(),
            state,
            due: due.map(|due: Wall| due.to_string()),
            end,
            ended,
            place,
            stage,
            why,
            attempts: view.attempts.iter().map(Dial::from).collect(),
            origin: view.terms.origin.into(),
            owner: view.terms.owner.map(|owner| owner.to_string()),
            script: view.terms.script,
            tags: view.terms.tags,
            skills: view.terms.needs.iter().map(ToString::to_string).collect(),
            priority: view.terms.priority,
            unrecorded: view.terms.unrecorded,
        }
    }
}

/// A page of callbacks, by their ids.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Callbacks {
    pub(crate) callbacks: Vec<Callback>,
    /// How many more there are behind these.
    pub(crate) more: usize,
    /// Ask for the next page with `after=` this; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// One callback and what happened to it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallbackHistory {
    #[serde(flatten)]
    pub(crate) callback: Callback,
    /// Its facts, in order.
    pub(crate) history: Vec<Happened>,
}

/// One fact of a callback.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Happened {
    at: String,
    /// The fact's name: `callback_requested`, `offered`, …
    fact: String,
}

impl From<views::HistoryView> for Happened {
    fn from(view: views::HistoryView) -> Happened {
        Happened { at: view.at.to_string(), fact: view.what }
    }
}

/// Somebody is to be called back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// Whom to call: `+33612345678` or `0033612345678`.
    pub(crate) number: String,
    /// The line whose number is shown; needed when several lines call back.
    #[serde(default)]
    pub(crate) line: Option<String>,
    /// The language of the prompts; the line's when absent.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(crate) language: Option<LanguageTag>,
    /// Not before this time (RFC 3339): an appointment.
    #[serde(default)]
    pub(crate) at: Option<String>,
    /// The beginning of a slot of `GET /slots`: the next free time in it.
    #[serde(default)]
    pub(crate) slot: Option<String>,
    /// The agent who is to make it.
    #[serde(default)]
    pub(crate) owner: Option<String>,
    /// What that agent is to follow, in place of the line's script.
    #[serde(default)]
    pub(crate) script: Option<String>,
    /// Words to find it by, at most 16. No names and no numbers: they are kept for ever.
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    /// By what way the customer asked. A token of a site says `web`, that of an agent `agent`, any
    /// other `operator`, unless this says more.
    #[serde(default)]
    pub(crate) origin: Option<Way>,
    /// What the agent must have: `french>=2`, or `french` for any level; at most 8. Without any it
    /// is what the line and its queue ask for.
    #[serde(default)]
    pub(crate) skills: Vec<String>,
    /// Before whom it stands, from 1 to 100; that of the line when 0.
    #[serde(default)]
    pub(crate) priority: u8,
    /// The customer does not want the conversation recorded.
    #[serde(default)]
    pub(crate) unrecorded: bool,
}

/// A callback was asked for, and is on the disk.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Promised {
    /// Its id: `cb-17`.
    pub(crate) id: String,
    /// What happened, in words for people.
    pub(crate) what: String,
}

/// Something was done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Done {
    /// What happened, in words for people.
    pub(crate) what: String,
}

/// Another time for a callback.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Moved {
    /// The new time (RFC 3339). The callback gives up its place.
    pub(crate) at: String,
}

/// How an uncertain dial is settled.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settled {
    /// Whether the customer was reached. False: the callback waits again, in its old place.
    pub(crate) reached: bool,
}

/// One call.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Call {
    /// `call-4294967297`.
    id: String,
    /// The line that was called; absent for a callback.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<String>,
    /// Who called, masked; absent for a callback.
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<String>,
    /// The callback that it asked for, or that it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    callback: Option<String>,
    /// When it began.
    began: String,
    /// When it ended; absent while it lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    /// How its caller left the queue: `answered`, `abandoned`, `promised`, `message` or `refused`.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<String>,
    /// True once two sides heard each other.
    bridged: bool,
    /// What it is doing, in words for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<String>,
    /// The agent who is rung for it or talks.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
}

impl From<views::CallView> for Call {
    fn from(view: views::CallView) -> Call {
        Call {
            id: view.call.to_string(),
            line: view.line,
            caller: view.caller,
            callback: view.request.map(|request| request.to_string()),
            began: view.began.to_string(),
            ended: view.ended.map(|ended| ended.to_string()),
            end: view.end.map(|end| end.to_string()),
            bridged: view.bridged,
            stage: view.stage,
            agent: view.agent,
        }
    }
}

/// Live calls and the last ones, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Calls {
    pub(crate) calls: Vec<Call>,
}

/// One queue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Queue {
    /// The name.
    name: String,
    /// Who stands in it, the head first.
    entries: Vec<Entry>,
    /// How many more there are than are listed.
    more: usize,
}

/// A caller on the line, or a callback, in its place.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Entry {
    /// 1 is the head.
    place: u32,
    /// The caller's call, or
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<String>,
    /// the callback.
    #[serde(skip_serializing_if = "Option::is_none")]
    callback: Option<String>,
    /// The line.
    line: String,
    /// Since when the place is held.
    arrived: String,
    /// What it is doing, in words for people.
    stage: String,
    /// Why, in words for people.
    why: String,
}

impl From<control::QueueView> for Queue {
    fn from(view: control::QueueView) -> Queue {
        let entry = |entry: control::QueueEntry| Entry {
            place: entry.place,
            call: entry.call.map(|call| call.to_string()),
            callback: entry.request.map(|request| request.to_string()),
            line: entry.line.to_string(),
            arrived: entry.arrived.to_string(),
            stage: entry.stage,
            why: entry.why,
        };
        let name = view.queue.to_string();
        Queue { name, entries: view.entries.into_iter().map(entry).collect(), more: view.more }
    }
}

/// Every queue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Queues {
    pub(crate) queues: Vec<Queue>,
}

/// One agent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Agent {
    /// The name.
    name: String,
    /// What the agent wants.
    status: Wanted,
    /// Why, in the words of whoever said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What the engine does with the agent now, in words for people.
    state: String,
    /// Whether the agent is ever offered work.
    takes_calls: bool,
    /// The phone that is rung, when it is always the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    /// How many phones are registered; absent for an agent whose phone has a fixed address.
    #[serde(skip_serializing_if = "Option::is_none")]
    phones: Option<usize>,
}

impl From<control::AgentView> for Agent {
    fn from(view: control::AgentView) -> Agent {
        Agent {
            name: view.agent.to_string(),
            status: view.status.into(),
            reason: view.why,
            state: view.state,
            takes_calls: view.takes_calls,
            phone: view.phone,
            phones: view.phones.map(|phones| phones.len()),
        }
    }
}

/// Every agent, by name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Agents {
    pub(crate) agents: Vec<Agent>,
}

/// What an agent wants.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wanted {
    /// Takes work.
    Online,
    /// Takes no work for the moment.
    Away,
    /// Takes what colleagues hand on, and nothing else.
    TransferOnly,
    /// Not there.
    Offline,
}

impl From<Presence> for Wanted {
    fn from(presence: Presence) -> Wanted {
        match presence {
            Presence::Online => Wanted::Online,
            Presence::Away => Wanted::Away,
            Presence::TransferOnly => Wanted::TransferOnly,
            Presence::Offline => Wanted::Offline,
        }
    }
}

impl From<Wanted> for Presence {
    fn from(wanted: Wanted) -> Presence {
        match wanted {
            Wanted::Online => Presence::Online,
            Wanted::Away => Presence::Away,
            Wanted::TransferOnly => Presence::TransferOnly,
            Wanted::Offline => Presence::Offline,
        }
    }
}

/// A new status of an agent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewStatus {
    pub(crate) status: Wanted,
    /// Why, in one line: `lunch`.
    pub(crate) reason: Option<String>,
}

/// Where else an agent serves somebody.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Channel {
    Chat,
    Mail,
    Other,
}

impl From<Channel> for OtherChannel {
    fn from(channel: Channel) -> OtherChannel {
        match channel {
            Channel::Chat => OtherChannel::Chat,
            Channel::Mail => OtherChannel::Mail,
            Channel::Other => OtherChannel::Other,
        }
    }
}

/// An agent serves somebody elsewhere, or nobody any more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Busy {
    /// Where; `null` for nowhere.
    pub(crate) channel: Option<Channel>,
}

/// What customers who have not called may ask for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Availability {
    /// A callback as soon as an agent is free.
    immediate: bool,
    /// A callback at a time of their own.
    deferred: bool,
    /// Why not, in words for people.
    why: Vec<String>,
    /// The words of whoever asked.
    tags: Vec<String>,
}

/// The slots in which appointments may be made, the first ones first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Slots {
    slots: Vec<Slot>,
}

/// One slot.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Slot {
    /// Its beginning, by which it is booked.
    begins: String,
    /// Its end.
    ends: String,
    /// How many callbacks it still takes.
    left: u16,
}

impl From<control::AvailabilityView> for Availability {
    fn from(view: control::AvailabilityView) -> Availability {
        let control::AvailabilityView { immediate, deferred, why, tags, .. } = view;
        Availability { immediate, deferred, why, tags }
    }
}

impl From<control::AvailabilityView> for Slots {
    fn from(view: control::AvailabilityView) -> Slots {
        let slot = |slot: control::SlotView| Slot {
            begins: slot.begins.to_string(),
            ends: slot.ends.to_string(),
            left: slot.left,
        };
        Slots { slots: view.slots.into_iter().map(slot).collect() }
    }
}
