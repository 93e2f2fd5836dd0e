//! What follows from the facts: each request's state now, and what a restart must know.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use model::{
    AgentName, AttemptId, CallId, LanguageTag, LineName, OfferId, PersonId, QueueName, RequestId,
    Seq, TrunkName, Wall,
};
use serde::{Deserialize, Serialize};

use crate::{DialOutcome, Entry, Fact, Origin, Part, RequestEnd, Switch, Terms};

/// For how long who asks with the key of a request asks for that request.
pub const KEY_TIME: Duration = Duration::from_secs(24 * 3_600);

/// How far back a starting engine is told of what is over: more than the longest day, of 25 hours.
pub const RECENT_TIME: Duration = Duration::from_secs(26 * 3_600);

/// Where a request stands, by the facts alone. (`offered` is not among them: an offer that a crash
/// cut short returns to its place.)
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum RequestState {
    /// In its place in the queue; a retry not before `due`.
    Waiting {
        /// When the next attempt may begin, after a failed one.
        due: Option<Wall>,
    },
    /// Outside the queue until its time.
    Scheduled {
        /// When.
        due: Wall,
    },
    /// A customer dial is journalled and has not ended.
    Dialling {
        /// Which.
        attempt: AttemptId,
    },
    /// Customer and agent are talking.
    Talking {
        /// The dial that connected them.
        attempt: AttemptId,
    },
    /// A restart found the dial begun and not ended.
    Uncertain {
        /// Which.
        attempt: AttemptId,
    },
    /// The one terminal fact was written.
    Closed {
        /// How it ended.
        end: RequestEnd,
        /// Why, in words.
        why: String,
        /// When.
        at: Wall,
    },
}

/// One customer dial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Which.
    pub attempt: AttemptId,
    /// When it was journalled.
    pub at: Wall,
    /// The agent who waited.
    pub agent: AgentName,
    /// The trunk.
    pub trunk: TrunkName,
    /// The Call-ID of its INVITE.
    pub sip_call_id: String,
    /// How it ended; absent while it lives, when it connected, and when it is uncertain.
    pub outcome: Option<DialOutcome>,
}

/// Everything the facts say of one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRecord {
    /// The request.
    pub request: RequestId,
    /// The call that asked.
    pub call: Option<CallId>,
    /// Its queue.
    pub queue: QueueName,
    /// Its line.
    pub line: LineName,
    /// Whom to call.
    pub person: PersonId,
    /// The place: the original arrival.
    pub arrived: Wall,
    /// When it was asked for.
    pub requested: Wall,
    /// When it ends by itself.
    pub expires: Wall,
    /// The language of the prompts.
    pub language: LanguageTag,
    /// Where it stands.
    pub state: RequestState,
    /// Every dial so far.
    pub attempts: Vec<Attempt>,
    /// Every offer so far.
    pub offers: Vec<OfferId>,
    /// Attempts that were used up by agents who did not answer.
    #[serde(default)]
    pub missed: u16,
    /// How it was asked for; absent when by a call: a million requests keep no empty terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Box<Terms>>,
    /// The customer does not want to be recorded.
    #[serde(default)]
    pub unrecorded: bool,
    /// When something happened to it for the first time after it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<Wall>,
    /// The network forbade the last dial (403): the number that it showed, perhaps.
    #[serde(default)]
    pub forbidden: bool,
}

/// The running fold. Feed it every entry in order.
#[derive(Debug, Clone, Default)]
pub struct Fold {
    /// What operators have switched off: at most two entries for each line and each queue.
    off: BTreeSet<(Switch, Part)>,
    /// Open and closed requests by id; shared, so that a restart copies none of a million.
    pub requests: BTreeMap<RequestId, Arc<RequestRecord>>,
    /// The last place written.
    pub last_seq: Option<Seq>,
    /// How often the engine has started.
    pub epoch: u32,
    /// When that was.
    last_at: Option<Wall>,
    names: Names,
}

/// Every name once: each fact brings its own copies, and a million requests keep none of them.
#[derive(Debug, Clone, Default)]
struct Names {
    queues: BTreeSet<QueueName>,
    lines: BTreeSet<LineName>,
    languages: BTreeSet<LanguageTag>,
}

/// The copy of `name` that everybody shares.
fn shared<Name: Ord + Clone>(names: &mut BTreeSet<Name>, name: &Name) -> Name {
    if let Some(known) = names.get(name) {
        return known.clone();
    }
    names.insert(name.clone());
    name.clone()
}

/// What a starting engine is told.
#[derive(Debug, Clone, Default)]
pub struct Recovered {
    /// The requests without a terminal fact, by id.
    pub open: Vec<Arc<RequestRecord>>,
    /// The closed ones that were asked for with a key less than [`KEY_TIME`] before the last fact.
    pub keyed: Vec<Arc<RequestRecord>>,
    /// The closed ones that were asked for, or dialled, less than [`RECENT_TIME`] before the last
    /// fact.
    pub recent: Vec<Arc<RequestRecord>>,
    /// What operators have switched off.
    pub off: BTreeSet<(Switch, Part)>,
    /// The first free request number.
    pub next_request: u64,
    /// The first free person number.
    pub next_person: u64,
    /// The first free place in the ledger.
    pub next_seq: u64,
    /// This start's number, from 1.
    pub epoch: u32,
}

impl Fold {
    /// Takes in one more entry.
    pub fn apply(&mut self, entry: &Entry) {
        self.last_seq = Some(entry.seq);
        self.last_at = Some(entry.at);
        match &entry.fact {
            Fact::EngineStarted { epoch } => self.epoch = *epoch,
            Fact::Switched { switch, of, on: true } => {
                self.off.remove(&(*switch, of.clone()));
            }
            Fact::Switched { switch, of, on: false } => {
                self.off.insert((*switch, of.clone()));
            }
            Fact::CallbackRequested { request, .. } => {
                let record = RequestRecord::new(entry, &mut self.names);
                self.requests.extend(record.map(|record| (*request, Arc::new(record))));
            }
            other => {
                let record = other.request().and_then(|id| self.requests.get_mut(&id));
                if let Some(record) = record {
                    Arc::make_mut(record).apply(entry);
                }
            }
        }
    }

    /// What operators have switched off.
    pub fn off(&self) -> impl Iterator<Item = &(Switch, Part)> {
        self.off.iter()
    }

    /// What a starting engine is told.
    pub fn recovered(&self) -> Recovered {
        let people = self.requests.values().map(|r| r.person.0).max().unwrap_or(0);
        let requests = self.requests.keys().next_back().map_or(0, |id| id.0);
        let fresh = |record: &&Arc<RequestRecord>| {
            let age = self.last_at.map(|last| last.since(record.requested));
            record.key().is_some() && age.is_none_or(|age| age < KEY_TIME)
        };
        let closed = self.requests.values().filter(|record| !record.is_open());
        let recent = |record: &&Arc<RequestRecord>| {
            let last = record.attempts.last().map_or(record.requested, |dial| dial.at);
            self.last_at.is_none_or(|now| now.since(last.max(record.requested)) < RECENT_TIME)
        };
        Recovered {
            keyed: closed.clone().filter(fresh).cloned().collect(),
            recent: closed.filter(recent).cloned().collect(),
            open: self.requests.values().filter(|r| r.is_open()).cloned().collect(),
            off: self.off.clone(),
            next_request: requests + 1,
            next_person: people + 1,
            next_seq: self.last_seq.map_or(0, |seq| seq.0) + 1,
            epoch: self.epoch + 1,
        }
    }
}

impl RequestRecord {
    fn new(entry: &Entry, names: &mut Names) -> Option<RequestRecord> {
        let Fact::CallbackRequested {
            request,
            call,
            queue,
            line,
            person,
            arrived,
            expires,
            language,
            terms,
        } = &entry.fact
        else {
            return None;
        };
        Some(RequestRecord {
            request: *request,
            call: *call,
            queue: shared(&mut names.queues, queue),
            line: shared(&mut names.lines, line),
            person: *person,
            arrived: *arrived,
            requested: entry.at,
            expires: *expires,
            language: shared(&mut names.languages, language),
            state: match terms.due {
                Some(due) => RequestState::Scheduled { due },
                None => RequestState::Waiting { due: None },
            },
            attempts: Vec::new(),
            offers: Vec::new(),
            missed: 0,
            terms: (!terms.is_plain()).then(|| terms.clone()),
            unrecorded: false,
            updated: None,
            forbidden: false,
        })
    }

    /// The key that it was asked for with.
    pub fn key(&self) -> Option<&str> {
        self.terms.as_ref()?.key.as_deref()
    }

    /// Who stands before whom: higher is earlier.
    pub fn priority(&self) -> u8 {
        self.terms.as_ref().map_or(0, |terms| terms.priority)
    }

    /// Whether a report counts it as ended though it is open: it has no time of its own, and
    /// nothing happened to it for so long after it was asked for. It can be called back all the
    /// same.
    pub fn is_lapsed(&self, now: Wall, after: Option<Duration>) -> bool {
        let Some(end) = after.map(|after| self.requested + after) else { return false };
        let timed = self.terms.as_ref().is_some_and(|terms| terms.due.is_some());
        self.is_open() && !timed && now >= end && self.updated.is_none_or(|at| at >= end)
    }

    /// By what way it was asked for.
    pub fn origin(&self) -> Origin {
        self.terms.as_ref().map_or(Origin::Call, |terms| terms.origin)
    }

    /// True until the terminal fact.
    pub fn is_open(&self) -> bool {
        !matches!(self.state, RequestState::Closed { .. })
    }

    /// The first fact about it, other than one that only keeps it waiting.
    fn update(&mut self, entry: &Entry) {
        if !matches!(entry.fact, Fact::Held { .. }) {
            self.updated.get_or_insert(entry.at);
        }
    }

    fn apply(&mut self, entry: &Entry) {
        self.update(entry);
        match &entry.fact {
            Fact::Offered { offer, .. } => self.offers.push(*offer),
            Fact::DialStarted { attempt, agent, trunk, sip_call_id } => {
                self.state = RequestState::Dialling { attempt: *attempt };
                self.attempts.push(Attempt {
                    attempt: *attempt,
                    at: entry.at,
                    agent: agent.clone(),
                    trunk: trunk.clone(),
                    sip_call_id: sip_call_id.clone(),
                    outcome: None,
                });
            }
            Fact::DialEnded { attempt, outcome, said, retry_at } => {
                self.forbidden |= said.is_some_and(|said| said.status == 403);
                self.dial_ended(*attempt, *outcome, *retry_at);
            }
            Fact::AttemptMissed { retry_at, .. } => {
                self.missed = self.missed.saturating_add(1);
                self.state = RequestState::Waiting { due: *retry_at };
            }
            Fact::Bridged { attempt: Some(attempt), .. } => {
                self.state = RequestState::Talking { attempt: *attempt };
            }
            Fact::FoundUncertain { attempt } => {
                self.state = RequestState::Uncertain { attempt: *attempt };
            }
            Fact::Settled { .. } => self.state = RequestState::Waiting { due: None },
            Fact::Hastened { .. } => self.state = self.waits_from(entry.at),
            Fact::Moved { due, expires, .. } => {
                self.expires = *expires;
                self.state = RequestState::Scheduled { due: *due };
            }
            Fact::CameDue { arrived, .. } => {
                self.arrived = *arrived;
                self.state = self.waits_from(entry.at);
            }
            Fact::RequestClosed { end, why, .. } => {
                self.state = RequestState::Closed { end: *end, why: why.clone(), at: entry.at };
            }
            Fact::RecordingDeclined { .. } => self.unrecorded = true,
            Fact::EngineStarted { .. }
            | Fact::StatusSet { .. }
            | Fact::Switched { .. }
            | Fact::WrapUpEnded { .. }
            | Fact::RecordingBegan { .. }
            | Fact::RecordingEnded { .. }
            | Fact::NotRecorded { .. }
            | Fact::MessageLeft { .. }
            | Fact::CallLed { .. }
            | Fact::CallArrived { .. }
            | Fact::PlaceTaken { .. }
            | Fact::PlaceReturned { .. }
            | Fact::CallEnded { .. }
            | Fact::OfferWithheld { .. }
            | Fact::OfferAllowed { .. }
            | Fact::RequestUntaken { .. }
            | Fact::CallbackRequested { .. }
            | Fact::OfferEnded { .. }
            | Fact::TicketWanted { .. }
            | Fact::TicketComment { .. }
            | Fact::Held { .. }
            | Fact::Bridged { attempt: None, .. }
            // The customer talks, with whomever.
            | Fact::Transferred { .. } => {}
        }
    }

    /// It waits for another attempt from now on: after an attempt that failed, none to follow means
    /// that it is over.
    fn waits_from(&self, now: Wall) -> RequestState {
        let failed = self.attempts.last().is_some_and(|dial| dial.outcome.is_some());
        RequestState::Waiting { due: failed.then_some(now) }
    }

    fn dial_ended(&mut self, attempt: AttemptId, outcome: DialOutcome, retry_at: Option<Wall>) {
        if let Some(dial) = self.attempts.iter_mut().find(|it| it.attempt == attempt) {
            dial.outcome = Some(outcome);
        }
        self.state = match (outcome, retry_at) {
            // Who has talked has given the place up, and gets one when the time comes.
            (DialOutcome::TooShort, Some(due)) => RequestState::Scheduled { due },
            _ => RequestState::Waiting { due: retry_at },
        };
    }
}
