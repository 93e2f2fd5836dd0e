//! Why an entry stands where it stands: kept with every state, shown to operators.

use std::fmt;

use ledger::{DialOutcome, OffBy};

use crate::Cap;

/// Why an entry is in its present state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The caller arrived.
    Arrived,
    /// The caller asked for a callback, which is being written.
    Asking,
    /// The caller asked for a number that another caller is just leaving.
    AskingBehind,
    /// The request could not be written.
    NotWritten,
    /// The promise became durable.
    Promised,
    /// It was found in the journal at the start.
    Recovered,
    /// It was found in the journal, and its line or queue is not in the settings.
    LineGone,
    /// New settings know its line and its queue again.
    LineBack,
    /// New settings do not know its line or its queue.
    LineRemoved,
    /// A dial was found begun and not ended.
    DialInDoubt,
    /// The agent free for longest got the oldest arrival.
    OldestArrival,
    /// The agent for whom it is before others was free.
    Wanted,
    /// The agent took it.
    Accepted,
    /// The customer is dialled first, and the agent is held for that.
    AgentHeld,
    /// The agent declined it.
    AgentDeclined,
    /// The agent did not answer or choose in time.
    AgentMissed,
    /// The agent's phone could not be reached.
    AgentUnreachable,
    /// The agent's leg ended before the bridge.
    AgentLegLost,
    /// The journal can not be written, so nobody may be dialled.
    JournalDown,
    /// The dial is durable.
    DialWritten,
    /// The dial could not be written, so nobody was dialled.
    DialNotWritten,
    /// The last attempt ended so.
    AttemptEnded(DialOutcome),
    /// No agent answered, and that used up an attempt.
    AgentNoAnswerCounted,
    /// Asked for by command.
    Asked,
    /// The processing of callbacks is switched off.
    ProcessingOff(OffBy),
    /// It is to be dealt with at its time.
    Scheduled,
    /// It was moved to another time.
    Moved,
    /// Its time came.
    CameDue,
    /// An operator wants the next attempt now.
    Hastened,
    /// The customer is not called at this time of the day.
    OutsideHours,
    /// No more may be dialled today.
    Capped(Cap),
    /// New settings let its customer be called now.
    LetGo,
    /// Its customer is on the line, and has its place.
    TakenOver,
    /// The caller hung up, has called again, and has the first call's place.
    CalledAgain,
    /// It has its place again: the customer's call ended without an answer.
    PlaceReturned,
    /// The time of the next attempt came.
    RetryDue,
    /// An uncertain dial was settled: the customer was not reached.
    SettledNotReached,
    /// Customer and agent hear each other.
    Bridged,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Arrived => "the caller arrived",
            Reason::Asking => "the caller asked for a callback, which is being written",
            Reason::AskingBehind => "another request for the same number is being written",
            Reason::NotWritten => "the callback request could not be written",
            Reason::Promised => "promised; it keeps the place of the call",
            Reason::Recovered => "found in the journal at the start",
            Reason::LineGone => "found in the journal, but its line is not set up to call back",
            Reason::LineBack => "its line is set up to call back again",
            Reason::LineRemoved => "new settings do not let its line call back",
            Reason::DialInDoubt => "the engine stopped while the customer was being dialled",
            Reason::OldestArrival => "the oldest arrival, for the agent free for longest",
            Reason::Wanted => "for an agent whom its line prefers, or who handled it last",
            Reason::Accepted => "the agent took it",
            Reason::AgentHeld => "an agent is held for it; the customer is dialled first",
            Reason::AgentDeclined => "the agent declined it",
            Reason::AgentMissed => "the agent did not answer in time",
            Reason::AgentUnreachable => "the agent's phone could not be reached",
            Reason::AgentLegLost => "the agent's leg ended before the bridge",
            Reason::JournalDown => "the journal cannot be written, so nobody may be dialled",
            Reason::DialWritten => "the dial is durable",
            Reason::DialNotWritten => "the dial could not be written, so nobody was dialled",
            Reason::AttemptEnded(DialOutcome::Busy) => "the customer was busy",
            Reason::AttemptEnded(DialOutcome::NoAnswer) => "the customer did not answer",
            Reason::AttemptEnded(DialOutcome::Machine) => "an answering machine took the call",
            Reason::AttemptEnded(DialOutcome::MessageLeft) => {
                "an answering machine was left a message"
            }
            Reason::AttemptEnded(DialOutcome::Declined) => "the customer refused the call",
            Reason::AttemptEnded(DialOutcome::Failed) => "the call could not be completed",
            Reason::AttemptEnded(DialOutcome::AgentLeft) => {
                "the agent hung up before the customer answered"
            }
            Reason::AttemptEnded(DialOutcome::Unproved) => {
                "the phone answered, and nobody pressed 1"
            }
            Reason::AttemptEnded(DialOutcome::TooShort) => {
                "customer and agent talked for too short a time"
            }
            Reason::AttemptEnded(DialOutcome::Later) => "the customer asked to be called later",
            Reason::AttemptEnded(DialOutcome::CalledIn) => "the customer called in meanwhile",
            Reason::AgentNoAnswerCounted => {
                "the agent did not answer in time, which used up an attempt"
            }
            Reason::ProcessingOff(by) => {
                return write!(f, "the processing of callbacks is switched off for {by}");
            }
            Reason::Asked => "asked for without a call",
            Reason::Scheduled => "it is to be dealt with at its time",
            Reason::Moved => "it was moved to another time",
            Reason::CameDue => "its time came",
            Reason::Hastened => "the next attempt was asked for at once",
            Reason::OutsideHours => "its customer is not called at this time of the day",
            Reason::Capped(cap) => return cap.fmt(f),
            Reason::TakenOver => "its customer has called in, and has its place",
            Reason::CalledAgain => "the caller hung up, called again, and has the place back",
            Reason::PlaceReturned => "its customer has called in, and hung up unanswered",
            Reason::LetGo => "new settings let its customer be called now",
            Reason::RetryDue => "the time of the next attempt came",
            Reason::SettledNotReached => "settled: the customer was not reached",
            Reason::Bridged => "customer and agent hear each other",
        })
    }
}
