//! The facts. Their JSON form is the journal's format: fields may be added, never renamed.

use std::fmt;

use model::{
    AgentName, AttemptId, CallId, E164, LanguageTag, LineName, OfferId, PersonId, QueueName,
    RecordingId, RequestId, Seq, TrunkName, Wall,
};
use serde::{Deserialize, Serialize};

use crate::{
    AgentStatus, Because, Held, Holder, Need, Part, SaidBy, Switch, Terms, Untaken, Withheld,
};

/// A fact with its place and time, as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Place in the ledger, from 1.
    pub seq: Seq,
    /// When it happened.
    pub at: Wall,
    /// What happened.
    pub fact: Fact,
}

/// What the engine hands to the journal: the entry, and the person it speaks of when that person
/// is new. Both are written in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The fact.
    pub entry: Entry,
    /// A person to add to the erasable table.
    pub person: Option<Person>,
}

/// One row of the erasable table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The id that facts use.
    pub id: PersonId,
    /// The number to dial.
    pub number: E164,
    /// The SIP Contact of the call that asked, kept only by a trunk that calls back to contacts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// The engine started for the `epoch`-th time on this journal.
    EngineStarted {
        /// From 1.
        epoch: u32,
    },
    /// A call reached a line and was answered.
    CallArrived {
        /// The call.
        call: CallId,
        /// The line it dialled.
        line: LineName,
        /// The queue of that line.
        queue: QueueName,
        /// What it asks of the agent.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        needs: Vec<Need>,
        /// Who stands before whom: higher is earlier.
        #[serde(default, skip_serializing_if = "crate::terms::is_zero")]
        priority: u8,
    },
    /// A caller who just arrived has an older place than that of this call: that of the own
    /// request, which waits until the call is over, and ends with it when it is answered.
    PlaceTaken {
        /// The call.
        call: CallId,
        /// Whose place it was.
        of: Holder,
        /// The place: the original arrival.
        arrived: Wall,
        /// The offer whose agent waited for this customer, who was being dialled, and has the call.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        offer: Option<OfferId>,
    },
    /// That call is over without an answer: the request has its place again.
    PlaceReturned {
        /// The request.
        request: RequestId,
        /// The call.
        call: CallId,
    },
    /// That call left the queue or ended.
    CallEnded {
        /// The call.
        call: CallId,
        /// How.
        end: CallEnd,
    },
    /// A customer asked to be called back. Durable before the confirmation is spoken.
    CallbackRequested {
        /// The request.
        request: RequestId,
        /// The call that asked, when a call did.
        call: Option<CallId>,
        /// The queue in which the place is kept.
        queue: QueueName,
        /// The line whose outbound number will be shown.
        line: LineName,
        /// Whom to call.
        person: PersonId,
        /// The place: the original arrival.
        arrived: Wall,
        /// When the request ends by itself.
        expires: Wall,
        /// The language of the prompts.
        language: LanguageTag,
        /// How it was asked for.
        #[serde(default, skip_serializing_if = "is_plain")]
        terms: Box<Terms>,
    },
    /// A request is to be dealt with at another time than before, and has given up its place.
    Moved {
        /// The request.
        request: RequestId,
        /// When.
        due: Wall,
        /// When it ends by itself.
        expires: Wall,
    },
    /// The time of a request has come: it takes the place of whoever arrives at this moment.
    CameDue {
        /// The request.
        request: RequestId,
        /// The place.
        arrived: Wall,
    },
    /// The next attempt of a request need not wait for its time: somebody said so by command, or
    /// new settings no longer keep it waiting.
    Hastened {
        /// The request.
        request: RequestId,
    },
    /// The turn of a request came, and its customer is not called before a time. It keeps its
    /// place. A restart looks again.
    Held {
        /// The request.
        request: RequestId,
        /// Until when.
        until: Wall,
        /// Why.
        why: Held,
    },
    /// A caller is offered no callback, from now on.
    OfferWithheld {
        /// The call.
        call: CallId,
        /// Why, with the numbers.
        why: Withheld,
    },
    /// Nothing stands against offering this caller a callback any more.
    OfferAllowed {
        /// The call.
        call: CallId,
    },
    /// A caller asked for a callback, and it was not taken.
    RequestUntaken {
        /// The call.
        call: CallId,
        /// Why.
        why: Untaken,
    },
    /// A request or a live call was offered to an agent.
    Offered {
        /// The offer.
        offer: OfferId,
        /// To whom.
        agent: AgentName,
        /// The request offered, or
        request: Option<RequestId>,
        /// the live call offered.
        call: Option<CallId>,
        /// Why this work, and who was passed over.
        #[serde(default, skip_serializing_if = "is_usual")]
        because: Box<Because>,
    },
    /// That offer ended.
    OfferEnded {
        /// The offer.
        offer: OfferId,
        /// How.
        end: OfferEnd,
    },
    /// We are about to dial a customer. Durable before the INVITE leaves.
    DialStarted {
        /// Which dial.
        attempt: AttemptId,
        /// The agent who accepted and waits.
        agent: AgentName,
        /// Through which trunk.
        trunk: TrunkName,
        /// The Call-ID that the INVITE will carry.
        sip_call_id: String,
    },
    /// That dial ended without a conversation.
    DialEnded {
        /// Which dial.
        attempt: AttemptId,
        /// How.
        outcome: DialOutcome,
        /// What the far end said, when it refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        said: Option<Said>,
        /// When the next attempt is due; absent when there is none.
        retry_at: Option<Wall>,
    },
    /// An agent did not answer, and that used up an attempt of the request.
    AttemptMissed {
        /// The request.
        request: RequestId,
        /// When the next attempt is due; absent when there is none.
        retry_at: Option<Wall>,
    },
    /// Customer and agent hear each other.
    Bridged {
        /// The agent.
        agent: AgentName,
        /// The dial that reached the customer, for a callback.
        attempt: Option<AttemptId>,
        /// The live call, when the customer waited on the line.
        call: Option<CallId>,
    },
    /// An agent handed a conversation on, and the other side talks with the customer.
    Transferred {
        /// Who handed it on.
        agent: AgentName,
        /// To which of our agents; absent when it is somebody outside.
        to: Option<AgentName>,
        /// The dial that reached the customer, for a callback.
        attempt: Option<AttemptId>,
        /// The live call, when the customer waited on the line.
        call: Option<CallId>,
    },
    /// The one terminal fact of a request.
    RequestClosed {
        /// The request.
        request: RequestId,
        /// How it ended.
        end: RequestEnd,
        /// The rule or event that ended it, in words, without personal data.
        why: String,
    },
    /// Whoever keeps tickets is to open one, or to find the one with this key.
    TicketWanted {
        /// The key: the request that it tells of.
        request: RequestId,
        /// The call that it tells of, when it does not tell of the request itself.
        call: Option<CallId>,
        /// What stands above it.
        subject: String,
        /// What stands in it, without personal data.
        text: String,
    },
    /// Whoever keeps tickets is to add this to the one of the request.
    TicketComment {
        /// The key.
        request: RequestId,
        /// Not to be shown to the customer.
        internal: bool,
        /// What it says, without personal data.
        text: String,
    },
    /// A conversation, or a message, is being recorded from now on.
    RecordingBegan {
        /// The recording.
        recording: RecordingId,
        /// The call that is recorded.
        call: CallId,
        /// The request, when the call is a callback.
        request: Option<RequestId>,
        /// The file's name in the directory of recordings.
        file: String,
    },
    /// That recording is over.
    RecordingEnded {
        /// The recording.
        recording: RecordingId,
        /// Whose call it was.
        call: CallId,
        /// The request, when the call is a callback.
        request: Option<RequestId>,
        /// How much of it is in the file, in milliseconds.
        millis: u64,
        /// How often sound went on later than where it had ended: packets that were lost, keys.
        gaps: u32,
        /// What ended it.
        end: RecordingEnd,
    },
    /// A conversation is not recorded, where recording is switched on.
    NotRecorded {
        /// The call.
        call: CallId,
        /// The request, when the call is a callback.
        request: Option<RequestId>,
        /// Why not.
        why: NotRecorded,
    },
    /// A call ended that was led by a flow, and never waited in the queue.
    CallLed {
        /// The call.
        call: CallId,
        /// The line that was called.
        line: LineName,
        /// How it ended; never `Answered` nor `Promised`.
        end: CallEnd,
    },
    /// A caller left a message.
    MessageLeft {
        /// Its recording.
        recording: RecordingId,
        /// The call.
        call: CallId,
        /// The line that was called.
        line: LineName,
        /// The file's name in the directory of recordings.
        file: String,
    },
    /// The customer does not want to be recorded: nothing of this call or request is.
    RecordingDeclined {
        /// The call in which that was said, when one was.
        call: Option<CallId>,
        /// The request to which it applies.
        request: Option<RequestId>,
    },
    /// A restart found this dial begun and not ended: it may or may not have reached the customer.
    FoundUncertain {
        /// The dial.
        attempt: AttemptId,
    },
    /// An uncertain dial was settled: the customer was not reached, and the request waits again.
    Settled {
        /// The dial.
        attempt: AttemptId,
        /// By whom.
        by: Settled,
    },
    /// An agent wants something else than before, or for another reason.
    StatusSet {
        /// Who.
        agent: AgentName,
        /// What the agent wants.
        status: AgentStatus,
        /// Why, in the words of whoever said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// By which way it was said.
        by: SaidBy,
    },
    /// An operator switched something off or on, for as long as nobody switches it back.
    Switched {
        /// What.
        switch: Switch,
        /// Of whom.
        of: Part,
        /// On from now on; else off.
        on: bool,
    },
    /// An agent's wrap-up was ended before its time.
    WrapUpEnded {
        /// Whose.
        agent: AgentName,
        /// By which way that was asked for.
        by: SaidBy,
    },
}

impl Fact {
    /// True for the facts that give a permission: nothing may be said or dialled before they are
    /// durable, and when they cannot be written they did not happen. All other facts are history:
    /// the journal keeps and retries them.
    pub fn permits(&self) -> bool {
        matches!(self, Fact::CallbackRequested { .. } | Fact::DialStarted { .. })
    }

    /// The request this fact speaks of, when it speaks of one.
    pub fn request(&self) -> Option<RequestId> {
        match self {
            Fact::CallbackRequested { request, .. }
            | Fact::RequestClosed { request, .. }
            | Fact::Moved { request, .. }
            | Fact::CameDue { request, .. }
            | Fact::Hastened { request }
            | Fact::Held { request, .. }
            | Fact::AttemptMissed { request, .. }
            | Fact::PlaceTaken { of: Holder::Request(request), .. }
            | Fact::PlaceReturned { request, .. }
            | Fact::TicketWanted { request, .. }
            | Fact::TicketComment { request, .. } => Some(*request),
            Fact::Offered { request, .. }
            | Fact::RecordingBegan { request, .. }
            | Fact::RecordingEnded { request, .. }
            | Fact::NotRecorded { request, .. }
            | Fact::RecordingDeclined { request, .. } => *request,
            Fact::DialStarted { attempt, .. }
            | Fact::DialEnded { attempt, .. }
            | Fact::FoundUncertain { attempt }
            | Fact::Settled { attempt, .. } => Some(attempt.request),
            Fact::Bridged { attempt, .. } | Fact::Transferred { attempt, .. } => {
                attempt.map(|attempt| attempt.request)
            }
            Fact::EngineStarted { .. }
            | Fact::CallArrived { .. }
            | Fact::PlaceTaken { of: Holder::Call(_), .. }
            | Fact::CallEnded { .. }
            | Fact::CallLed { .. }
            | Fact::MessageLeft { .. }
            | Fact::OfferWithheld { .. }
            | Fact::OfferAllowed { .. }
            | Fact::RequestUntaken { .. }
            | Fact::StatusSet { .. }
            | Fact::Switched { .. }
            | Fact::WrapUpEnded { .. }
            | Fact::OfferEnded { .. } => None,
        }
    }
}

/// How a call ended, as the queue sees it: each offered call ends in exactly one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallEnd {
    /// An agent talked with the caller.
    Answered,
    /// The caller hung up while waiting.
    Abandoned,
    /// The caller left a callback request in the queue.
    Promised,
    /// The caller left the queue for a message.
    Message,
    /// Somebody outside the queue answered the caller: the operator of the line, or whom a flow
    /// called.
    Operator,
    /// A flow came to its end, and the caller had not waited for anybody.
    Finished,
    /// We ended it: no line, no capacity, a failure of ours.
    Refused,
}

/// How an offer to an agent ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferEnd {
    /// The agent took it.
    Accepted,
    /// The agent refused it (603, key 2, or hung up instead of choosing).
    Declined,
    /// The agent did not answer or did not choose in time.
    NoAnswer,
    /// The agent's phone could not be reached.
    Failed,
    /// The work went away: the caller hung up, the request was cancelled.
    Withdrawn,
}

/// How a customer dial ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DialOutcome {
    /// 486, 600: the customer talks to somebody else.
    Busy,
    /// 408, 480, 487 after our ring time: nobody answered.
    NoAnswer,
    /// 603: the customer refused the call.
    Declined,
    /// Anything else: the network could not complete the call.
    Failed,
    /// The agent hung up before the customer answered.
    AgentLeft,
    /// An answering machine took the call.
    Machine,
    /// An answering machine took the call, and was left a message.
    MessageLeft,
    /// The phone answered and nobody pressed the key that a person was asked for: a machine,
    /// perhaps.
    Unproved,
    /// The customer answered, and asked to be called later.
    Later,
    /// Customer and agent talked, for less than the queue's least time.
    TooShort,
    /// The customer called us meanwhile, and was let in by that call: we rang off.
    CalledIn,
}

/// How the far end of a dial refused it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The status of its answer, 300 to 699.
    pub status: u16,
    /// The cause of Q.850 that the answer names: what the telephone network behind it said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<u16>,
}

impl fmt::Display for Said {
    /// `503, cause 34`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        self.cause.map_or(Ok(()), |cause| write!(f, ", cause {cause}"))
    }
}

/// The one terminal state of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestEnd {
    /// Customer and agent talked.
    Completed,
    /// The customer did not answer, and no attempt is left.
    NoAnswer,
    /// The customer was busy, and no attempt is left.
    Busy,
    /// The network could not complete the call, and no attempt is left.
    Failed,
    /// The customer refused the call.
    DeclinedByCustomer,
    /// Cancelled by command or by the customer.
    Cancelled,
    /// Its time ran out.
    Expired,
    /// Every agent who could take it declined it, where the policy ends it then.
    AllAgentsDeclined,
    /// A second request for a number that already waits.
    DuplicateIgnored,
    /// Uncertain until its time ran out.
    UncertainExpired,
}

/// What ended a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingEnd {
    /// What it records is over.
    Over,
    /// It has the longest length that is allowed.
    TooLong,
    /// The disk is full: the file ends where it was full.
    DiskFull,
    /// The file could not be written any further, for another reason.
    Failed,
    /// The customer did not want it: the file was erased.
    Erased,
}

/// Why a conversation is not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotRecorded {
    /// It is not among the share of conversations that are.
    Ratio,
    /// The customer does not want it.
    Declined,
    /// The disk has too little room left.
    DiskFull,
    /// The file could not be made.
    Failed,
}

/// Who settled an uncertain dial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// An operator, by `rappel callback resolve`.
    Command,
    /// The opt-in policy.
    Policy,
}

macro_rules! snake_display {
    ($($name:ty),+) => {$(
        impl fmt::Display for $name {
            /// The word that the journal and the reports use.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let word = serde_json::to_value(self).map_err(|_| fmt::Error)?;
                f.write_str(word.as_str().ok_or(fmt::Error)?)
            }
        }
    )+};
}
snake_display!(
    CallEnd,
    OfferEnd,
    DialOutcome,
    RequestEnd,
    Settled,
    RecordingEnd,
    NotRecorded,
    AgentStatus,
    SaidBy,
    Switch
);

fn is_usual(because: &Because) -> bool {
    because.is_plain()
}

fn is_plain(terms: &Terms) -> bool {
    terms.is_plain()
}

/// A journal line that is not a fact of this version.
#[derive(Debug)]
pub struct NotAFact(serde_json::Error);

impl fmt::Display for NotAFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a fact that this version knows: {}", self.0)
    }
}

impl std::error::Error for NotAFact {}

impl Fact {
    /// The journal's form: one JSON object.
    pub fn encode(&self) -> String {
        serde_json::to_string(self).expect("facts hold only strings and numbers")
    }

    /// Reads the journal's form.
    ///
    /// # Errors
    /// When the text was not written by [`Fact::encode`] of this or an earlier version.
    pub fn decode(text: &str) -> Result<Fact, NotAFact> {
        serde_json::from_str(text).map_err(NotAFact)
    }
}
