//! What an operator is shown, the same from the running engine and from a journal at rest.
//! Numbers are masked unless the owner of the socket asks to see them.

use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use ledger::{Entry, Origin, Person, RequestRecord, RequestState, Terms};
use model::{AgentName, QueueName, RequestId, Wall};
use serde::{Deserialize, Serialize};

use crate::board::{Call, Kind, Voice};
use crate::journal::Found;
use crate::ladder::name;

/// Requests in one answer; what is beyond is counted.
pub const CALLBACKS_LISTED_MAX: usize = 10_000;

/// One callback request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackView {
    /// Its number; shown as `cb-17`.
    pub request: RequestId,
    /// The queue in which it waits.
    pub queue: String,
    /// The line whose number the customer will see.
    pub line: String,
    /// The customer's number, masked unless revealed; absent when it was erased.
    pub number: Option<String>,
    /// The place: the original arrival, UTC milliseconds.
    pub arrived: Wall,
    /// When it was asked for, UTC milliseconds.
    pub requested: Wall,
    /// When it ends by itself, UTC milliseconds.
    pub expires: Wall,
    /// Where it stands.
    #[serde(flatten)]
    pub state: RequestState,
    /// Every dial so far.
    pub attempts: Vec<ledger::Attempt>,
    /// How it was asked for.
    #[serde(default)]
    pub terms: Terms,
    /// Where it stands in the running engine; absent when it is closed or the engine is stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
}

/// Where an open request stands in the running engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Its place among callers and requests of its queue, 1 is the head; none while it is talking.
    pub place: Option<u32>,
    /// What it is doing, in words.
    pub stage: String,
    /// Why, in words.
    pub why: String,
}

/// A list of requests.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CallbackList {
    /// In the order of their places.
    pub callbacks: Vec<CallbackView>,
    /// How many more there are than are listed.
    pub more: usize,
}

/// One fact of a request's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryView {
    /// When, UTC milliseconds.
    pub at: Wall,
    /// What, as the journal calls it.
    pub what: String,
    /// The whole fact. It names persons by id only.
    pub fact: ledger::Fact,
}

/// One call of the live board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallView {
    /// Its id, as `calls ladder` wants it.
    pub call: model::CallId,
    /// The line that was called; absent for a callback.
    pub line: Option<String>,
    /// Who called, masked; absent for a callback.
    pub caller: Option<String>,
    /// The request that it made or that it carries out.
    pub request: Option<RequestId>,
    /// When it began, UTC milliseconds.
    pub began: Wall,
    /// When it ended, UTC milliseconds; absent while it lives.
    pub ended: Option<Wall>,
    /// How its caller left the queue.
    pub end: Option<ledger::CallEnd>,
    /// True once two legs heard each other.
    pub bridged: bool,
    /// The file that it is recorded into, or was; absent when it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<String>,
    /// What it is doing, in words; absent once it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The agent who is rung for it or talks; absent while there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// How the voices of its legs went that have ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub voices: Vec<VoiceView>,
    /// How many of its legs were ended because an order for their voice was lost in this machine.
    #[serde(default)]
    pub orders_lost: u32,
}

/// How the voice of one leg went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoiceView {
    /// Whose: `caller`, `agent`, `customer` or `target`.
    pub leg: String,
    /// Packets that we sent.
    pub sent: u64,
    /// Packets that we heard.
    pub heard: u64,
    /// Packets lost on their way to us.
    pub lost: u64,
    /// Interarrival jitter of what we heard, in milliseconds.
    pub jitter_ms: u64,
    /// Frames that were due and left out, because this machine was more than 60 ms late.
    pub left_out: u64,
    /// Packets lost on their way to the far end, as it says; absent when it sent no report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_there: Option<i32>,
    /// There and back, in milliseconds; absent when it could not be measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_trip_ms: Option<u64>,
}

/// The requests of a journal or of the running engine; with `all`, the closed ones too.
/// Only those of one origin, when one is named.
pub fn callbacks(found: &Found, all: bool, reveal: bool, origin: Option<Origin>) -> CallbackList {
    let mut records: Vec<&RequestRecord> = found
        .fold
        .requests
        .values()
        .map(AsRef::as_ref)
        .filter(|record| all || record.is_open())
        .filter(|record| origin.is_none_or(|origin| record.origin() == origin))
        .collect();
    records.sort_by_key(|record| (u8::MAX - record.priority(), record.arrived, record.request));
    let more = records.len().saturating_sub(CALLBACKS_LISTED_MAX);
    records.truncate(CALLBACKS_LISTED_MAX);
    let callbacks = records.into_iter().map(|record| callback(found, record, reveal)).collect();
    CallbackList { callbacks, more }
}

/// Which part of the requests is wanted: those behind one of them, by their ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Closed ones too.
    pub all: bool,
    /// Numbers in full.
    pub reveal: bool,
    /// Only those of one origin.
    pub origin: Option<Origin>,
    /// Only those that this agent is to make.
    pub owner: Option<AgentName>,
    /// Only those with this word.
    pub tag: Option<String>,
    /// Only those of this queue.
    pub queue: Option<QueueName>,
    /// Only those behind this one.
    pub after: Option<RequestId>,
    /// At most so many, and no more than [`CALLBACKS_LISTED_MAX`].
    pub limit: usize,
}

impl Page {
    fn wants(&self, record: &RequestRecord) -> bool {
        let terms = record.terms.as_deref();
        let owner = terms.and_then(|terms| terms.owner.as_ref());
        let tags = terms.map_or(&[] as &[String], |terms| &terms.tags);
        (self.all || record.is_open())
            && self.origin.is_none_or(|origin| record.origin() == origin)
            && self.owner.as_ref().is_none_or(|wanted| owner == Some(wanted))
            && self.tag.as_ref().is_none_or(|wanted| tags.contains(wanted))
            && self.queue.as_ref().is_none_or(|wanted| record.queue == *wanted)
    }
}

/// A page of requests, in the order of their ids.
pub fn page(found: &Found, page: &Page) -> CallbackList {
    let from = page.after.map_or(Bound::Unbounded, Bound::Excluded);
    let behind = found.fold.requests.range((from, Bound::Unbounded));
    let mut wanted = behind.map(|(_, record)| record).filter(|record| page.wants(record));
    let limit = page.limit.min(CALLBACKS_LISTED_MAX);
    let view = |record: &Arc<RequestRecord>| callback(found, record, page.reveal);
    let callbacks = wanted.by_ref().take(limit).map(view).collect();
    CallbackList { callbacks, more: wanted.count() }
}

/// One request.
pub fn callback(found: &Found, record: &RequestRecord, reveal: bool) -> CallbackView {
    let number = |person: &Person| {
        if reveal { person.number.reveal() } else { person.number.to_string() }
    };
    CallbackView {
        request: record.request,
        queue: record.queue.to_string(),
        line: record.line.to_string(),
        number: found.people.get(&record.person).map(number),
        arrived: record.arrived,
        requested: record.requested,
        expires: record.expires,
        state: record.state.clone(),
        attempts: record.attempts.clone(),
        terms: record.terms.as_deref().cloned().unwrap_or_default(),
        standing: None,
    }
}

/// A request that is known from its own facts only. Who it was for is not looked up.
pub fn from_history(entries: &[Entry], request: RequestId) -> Option<CallbackView> {
    let mut found = Found::default();
    entries.iter().for_each(|entry| found.fold.apply(entry));
    let record = found.fold.requests.get(&request)?;
    Some(callback(&found, record, false))
}

/// A request's history.
pub fn history(entries: Vec<Entry>) -> Vec<HistoryView> {
    let view =
        |Entry { at, fact, .. }: Entry| HistoryView { at, what: fact.word().to_owned(), fact };
    entries.into_iter().map(view).collect()
}

fn voice(voice: &Voice) -> VoiceView {
    let Voice { role, sent, received, went } = *voice;
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    VoiceView {
        leg: name(role).to_owned(),
        sent,
        heard: received,
        lost: went.lost,
        jitter_ms: millis(went.jitter),
        left_out: went.left_out,
        lost_there: went.far.map(|far| far.lost),
        round_trip_ms: went.far.and_then(|far| far.round_trip).map(millis),
    }
}

/// One call.
pub fn call(call: &Call) -> CallView {
    let (line, caller) = match &call.kind {
        Kind::Inbound { line, caller } => (Some(line.to_string()), Some(caller.to_string())),
        Kind::Callback => (None, None),
    };
    CallView {
        call: call.call,
        line,
        caller,
        request: call.request,
        began: call.began,
        ended: call.ended,
        end: call.end,
        bridged: call.bridged,
        recording: call.recording.clone(),
        stage: None,
        agent: None,
        voices: call.voices.iter().map(voice).collect(),
        orders_lost: call.orders_lost,
    }
}
