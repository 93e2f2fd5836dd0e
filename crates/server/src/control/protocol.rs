//! The words of the control socket: one JSON [`Request`] a line, one JSON [`Response`] a line.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ledger::{Origin, Part, Switch, Terms};
use model::{AgentName, CallId, LanguageTag, LineName, QueueName, RequestId, TrunkName, Wall};
use serde::{Deserialize, Serialize};

use super::Trouble;
use crate::reload::SettingsView;
use crate::views::{CallView, CallbackList, CallbackView, HistoryView};

/// Longest line of a request, the newline included.
pub const REQUEST_BYTES_MAX: usize = 4_096;
/// Longest line of a response.
pub const RESPONSE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Callers and requests of one queue in one answer; what is beyond is counted.
pub const QUEUE_ENTRIES_LISTED_MAX: usize = 1_000;

/// What may be asked, for instance `{"ask":"callback","id":17,"reveal":true}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// How the engine is.
    Status,
    /// The callback requests.
    Callbacks {
        /// Closed ones too.
        #[serde(default)]
        all: bool,
        /// Numbers in full.
        #[serde(default)]
        reveal: bool,
        /// Only those that were asked for by this way.
        #[serde(default)]
        origin: Option<Origin>,
    },
    /// What customers who have not called may ask for.
    Availability {
        /// On which line.
        #[serde(default)]
        line: Option<LineName>,
        /// Words of whoever asks; given back.
        #[serde(default)]
        tags: Vec<String>,
    },
    /// Call somebody back who has not called.
    Create {
        /// Whom, as `+33…` or `0033…`.
        number: String,
        /// The line whose number is shown.
        #[serde(default)]
        line: Option<LineName>,
        /// The language of the prompts.
        #[serde(default)]
        language: Option<LanguageTag>,
        /// On which terms.
        #[serde(default)]
        terms: Terms,
    },
    /// Deal with a request at another time.
    Move {
        /// Which.
        id: RequestId,
        /// When, UTC milliseconds.
        due: Wall,
    },
    /// Make the next attempt of a request now.
    Retry {
        /// Which.
        id: RequestId,
    },
    /// One request with its history.
    Callback {
        /// Which.
        id: RequestId,
        /// Its number in full.
        #[serde(default)]
        reveal: bool,
    },
    /// End a request.
    Cancel {
        /// Which.
        id: RequestId,
    },
    /// Settle an uncertain dial.
    Resolve {
        /// Which request.
        id: RequestId,
        /// Whether the customer was reached.
        reached: bool,
    },
    /// The calls of the live board.
    Calls,
    /// The customer of a call, or of a request, does not want to be recorded.
    DoNotRecord {
        /// Of which.
        of: LadderOf,
    },
    /// The ladder of a call, or of all calls of a request.
    Ladder {
        /// Which.
        of: LadderOf,
    },
    /// The queues, and who stands where in them.
    Queues,
    /// The agents.
    Agents,
    /// The trunks.
    Trunks,
    /// Set an agent's status.
    SetStatus {
        /// Who.
        agent: AgentName,
        /// The status.
        status: Presence,
        /// Why, in words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Let callbacks of a line or a queue be asked for, or dial them, or do so no more.
    Switch {
        /// What.
        switch: Switch,
        /// Of whom.
        of: Part,
        /// True for on.
        on: bool,
    },
    /// An agent is ready before the time of the wrap-up is over.
    Ready {
        /// Who.
        agent: AgentName,
    },
    /// An agent takes work from now on.
    Login {
        /// Who.
        agent: AgentName,
        /// At which telephone, for an agent who is asked for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<String>,
    },
    /// An agent takes what is being offered, or does not.
    AnswerOffer {
        /// Who.
        agent: AgentName,
        /// Whether it is taken.
        accepts: bool,
    },
    /// An agent serves somebody in another channel, or none any more.
    SetBusy {
        /// Who.
        agent: AgentName,
        /// Which channel.
        channel: Option<OtherChannel>,
    },
    /// Read the files of the prompts again.
    ReloadPrompts,
    /// Read the settings again and take them over, whole or not at all.
    Reload {
        /// From this file, in place of the one that was read at the start.
        #[serde(default)]
        file: Option<PathBuf>,
        /// Only say what it would do.
        #[serde(default)]
        only_look: bool,
    },
    /// Take no new call, let the present ones end, then stop.
    Drain {
        /// After so many seconds, hang up what is left.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cut_after: Option<u64>,
    },
}

/// What a ladder is drawn of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LadderOf {
    /// One call.
    Call(CallId),
    /// A request: the call that asked for it and its callbacks, on one time axis.
    Request(RequestId),
}

/// Where else an agent serves somebody, as [`queue::Channel`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherChannel {
    /// A conversation in writing.
    Chat,
    /// A letter that is being answered.
    Mail,
    /// Anything else.
    Other,
}

impl From<OtherChannel> for queue::Channel {
    fn from(channel: OtherChannel) -> queue::Channel {
        match channel {
            OtherChannel::Chat => queue::Channel::Chat,
            OtherChannel::Mail => queue::Channel::Mail,
            OtherChannel::Other => queue::Channel::Other,
        }
    }
}

/// What a person wants, as [`queue::AgentStatus`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Takes work.
    Online,
    /// Logged in, takes no work for the moment.
    Away,
    /// Takes what colleagues hand on, and nothing else.
    TransferOnly,
    /// Not there.
    Offline,
}

impl From<Presence> for queue::AgentStatus {
    fn from(presence: Presence) -> queue::AgentStatus {
        match presence {
            Presence::Online => queue::AgentStatus::Online,
            Presence::Away => queue::AgentStatus::Away,
            Presence::TransferOnly => queue::AgentStatus::TransferOnly,
            Presence::Offline => queue::AgentStatus::Offline,
        }
    }
}

impl From<queue::AgentStatus> for Presence {
    fn from(status: queue::AgentStatus) -> Presence {
        match status {
            queue::AgentStatus::Online => Presence::Online,
            queue::AgentStatus::Away => Presence::Away,
            queue::AgentStatus::TransferOnly => Presence::TransferOnly,
            queue::AgentStatus::Offline => Presence::Offline,
        }
    }
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Response {
    /// To [`Request::Status`].
    Status(StatusView),
    /// To [`Request::Callbacks`].
    Callbacks(CallbackList),
    /// To [`Request::Callback`].
    Callback {
        /// The request.
        callback: CallbackView,
        /// Its facts, in order.
        history: Vec<HistoryView>,
    },
    /// To [`Request::Calls`].
    Calls {
        /// Oldest first.
        calls: Vec<CallView>,
    },
    /// To [`Request::Ladder`].
    Ladder {
        /// The drawing.
        text: String,
    },
    /// To [`Request::Queues`].
    Queues {
        /// By name.
        queues: Vec<QueueView>,
    },
    /// To [`Request::Agents`].
    Agents {
        /// In the order of the configuration.
        agents: Vec<AgentView>,
    },
    /// To [`Request::Trunks`].
    Trunks {
        /// In the order of the configuration.
        trunks: Vec<TrunkView>,
    },
    /// To [`Request::Availability`].
    Availability(AvailabilityView),
    /// To [`Request::Reload`].
    Settings(SettingsView),
    /// A command was carried out.
    Done {
        /// What happened, in words.
        what: String,
        /// The request that was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<RequestId>,
    },
    /// It was not, or was not understood.
    Error {
        /// Why, with the next thing to do.
        error: String,
        /// The same, for programs.
        #[serde(default)]
        trouble: Trouble,
    },
}

impl Response {
    /// What was asked for was not done.
    pub fn error(trouble: Trouble, error: impl Into<String>) -> Response {
        Response::Error { error: error.into(), trouble }
    }
}

/// One queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueView {
    /// The name.
    pub queue: QueueName,
    /// Who stands in it, the head first.
    pub entries: Vec<QueueEntry>,
    /// How many more there are than are listed.
    pub more: usize,
    /// How long who arrives now would wait, and how good such estimates were.
    #[serde(default)]
    pub wait: WaitView,
}

/// The wait of a queue, as it is estimated.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WaitView {
    /// In minutes: half of those who arrive now wait no longer than the first, four in five no
    /// longer than the second. Absent while too little was seen, or nobody is there.
    pub minutes: Option<(u64, u64)>,
    /// Why they are absent, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untold: Option<String>,
    /// Callers to whom an estimate could be made on their arrival, and whom an agent answered,
    /// since the start. What follows is about them.
    pub estimates: u64,
    /// Their mean absolute error, in milliseconds.
    pub error_millis: u64,
    /// By how much the estimates were too long on the mean, in milliseconds; negative: too short.
    pub bias_millis: i64,
    /// How many of a thousand waited no longer than the upper end of the range.
    pub kept_permille: u64,
}

/// A caller on the line, or a request, in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueEntry {
    /// 1 is the head.
    pub place: u32,
    /// The caller's call, or
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallId>,
    /// the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// The line.
    pub line: LineName,
    /// Since when the place is held, UTC milliseconds.
    pub arrived: Wall,
    /// What it is doing, in words.
    pub stage: String,
    /// Why, in words.
    pub why: String,
}

/// What customers who have not called may ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvailabilityView {
    /// A callback as soon as an agent is free.
    pub immediate: bool,
    /// A callback at a time of their own.
    pub deferred: bool,
    /// Why not, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
    /// The slots that have times left, the first ones first.
    pub slots: Vec<SlotView>,
    /// The words of whoever asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// One slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotView {
    /// Its beginning, by which it is booked, UTC milliseconds.
    pub begins: Wall,
    /// Its end, UTC milliseconds.
    pub ends: Wall,
    /// How many callbacks it still takes.
    pub left: u16,
}

/// How the engine is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusView {
    /// The version of the program.
    pub version: String,
    /// Its process id.
    pub process: u32,
    /// Seconds since its start.
    pub uptime_secs: u64,
    /// How often an engine has started on this journal.
    pub epoch: u32,
    /// True once it takes no new calls.
    pub draining: bool,
    /// Where SIP is spoken first.
    pub sip: String,
    /// Where SIP is spoken: `udp 203.0.113.5:5060`, one entry for each listener.
    pub listeners: Vec<String>,
    /// The journal's file.
    pub journal: String,
    /// Why it cannot be written; absent when it can.
    pub journal_down: Option<String>,
    /// Live calls.
    pub calls: usize,
    /// Open callback requests.
    pub requests: usize,
    /// The trunks that we register with, and how that stands, in words.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub trunks: BTreeMap<String, String>,
    /// What operators have switched off: `processing of queue support`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub switched_off: Vec<String>,
    /// What went wrong without stopping anything.
    pub counters: Counters,
}

/// What went wrong without stopping anything. All zero in a healthy engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counters {
    /// SIP datagrams that the kernel did not take.
    pub sip_sends_failed: u64,
    /// RTP packets that the kernel did not take.
    pub rtp_sends_failed: u64,
    /// RTP packets that were too long.
    pub rtp_oversized: u64,
    /// Frames left out because a media thread woke more than 60 ms late: what callers heard had a
    /// gap. The machine has too much to do.
    #[serde(default)]
    pub rtp_frames_skipped: u64,
    /// RTP packets from another source than the negotiated one.
    #[serde(default)]
    pub rtp_not_accepted: u64,
    /// Datagrams at media ports that are not RTP, or not of an agreed payload type.
    #[serde(default)]
    pub rtp_not_understood: u64,
    /// SRTP packets that are forged, altered, or were heard before.
    #[serde(default)]
    pub rtp_not_authentic: u64,
    /// RTP packets that did not go on to the other side of a bridge.
    #[serde(default)]
    pub rtp_not_relayed: u64,
    /// RTP packets that SRTP did not let go out: their number was used before.
    #[serde(default)]
    pub rtp_not_protected: u64,
    /// RTP packets and keys that found no room on their way out of a media thread's machine.
    #[serde(default)]
    pub rtp_outputs_dropped: u64,
    /// Ports that were refused because a media thread had too many.
    #[serde(default)]
    pub media_ports_refused: u64,
    /// Clips left out of plays that were too long.
    #[serde(default)]
    pub media_clips_cut: u64,
    /// Keys that were not pressed because too many waited.
    #[serde(default)]
    pub media_digits_cut: u64,
    /// Pieces of sound that found no room on their way to a recording: it is silent there.
    #[serde(default)]
    pub recording_pieces_lost: u64,
    /// Events of the media threads that had to wait for room.
    #[serde(default)]
    pub media_events_delayed: u64,
    /// Keys and silences that found no room at all.
    pub media_events_lost: u64,
    /// Orders to the media threads that had to wait for room.
    #[serde(default)]
    pub media_orders_delayed: u64,
    /// Orders that found no room at all: their legs were ended.
    pub media_orders_lost: u64,
    /// History that found no room on its way to the journal.
    pub history_lost: u64,
    /// Caps of the day that were reached, each of them once a day for each number.
    #[serde(default)]
    pub caps_reached: u64,
}

/// One trunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrunkView {
    /// The name.
    pub trunk: TrunkName,
    /// Calls of callers over it.
    pub callers: u32,
    /// Callbacks over it, from the offer to an agent on.
    pub callbacks: u32,
    /// Most calls at once; absent when there is no limit.
    pub calls_max: Option<u32>,
    /// False when no callback is offered because no target lives.
    pub open: bool,
    /// Where it takes calls. Empty while the DNS has not answered.
    pub targets: Vec<TargetView>,
}

/// One place of a trunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetView {
    /// The target as the configuration names it.
    pub target: String,
    /// Its address.
    pub address: String,
    /// How it is, in words.
    pub state: String,
}

/// One agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentView {
    /// The name.
    pub agent: AgentName,
    /// What the agent wants.
    pub status: Presence,
    /// Why, in the words of whoever said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What the engine does with the agent now, in words.
    pub state: String,
    /// Whether the agent is ever offered work.
    #[serde(default)]
    pub takes_calls: bool,
    /// The phone that is rung, when it is always the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The phones that are registered now; absent for an agent whose phone has a fixed address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phones: Option<Vec<PhoneView>>,
}

/// One registered phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneView {
    /// Where it is called, without the last part of its address.
    pub at: String,
    /// Seconds until it is forgotten unless it registers again.
    pub secs_left: u64,
}
