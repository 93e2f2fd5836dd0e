//! The sentence of each word that the ledger uses for a decision: which rule it was, and what was
//! compared with what.

use crate::{
    CallEnd, Chosen, DialOutcome, Held, NotRecorded, OfferEnd, PassedBy, RecordingEnd, RequestEnd,
    Settled, Untaken, Withheld,
};

/// How a request ended: a whole sentence, with what can be done next.
pub fn request_end(end: RequestEnd) -> &'static str {
    match end {
        RequestEnd::Completed => {
            "Customer and agent talked, or a person said that the customer was reached: the \
             promise is kept."
        }
        RequestEnd::NoAnswer => {
            "The last attempt found nobody, and no attempt or no time was left for another \
             (attempts_total, retry_delay and request_ttl of the queue)."
        }
        RequestEnd::Busy => {
            "The last attempt found the customer busy, and no attempt or no time was left for \
             another (attempts_total, retry_delay and request_ttl of the queue)."
        }
        RequestEnd::Failed => {
            "The last attempt could not be carried out by the network, and no attempt or no time \
             was left for another; the status in brackets is what the carrier answered."
        }
        RequestEnd::DeclinedByCustomer => {
            "The customer refused the call: who says no is not called again."
        }
        RequestEnd::Cancelled => {
            "An operator took it back, the customer asked again and the new request stands for \
             it, or the person was erased."
        }
        RequestEnd::Expired => {
            "Its time ran out before an agent could take it (request_ttl of the queue)."
        }
        RequestEnd::AllAgentsDeclined => {
            "Every agent of the queue who was there declined it, and the queue is set to end it \
             then (ends_when_all_decline)."
        }
        RequestEnd::DuplicateIgnored => {
            "Another request for the same number waited already: one customer has one place."
        }
        RequestEnd::UncertainExpired => {
            "The engine stopped while the customer was being dialled, and nobody said before its \
             time ran out whether the customer was reached: it is never dialled a second time by \
             itself."
        }
    }
}

/// Why a customer is not called now: a whole sentence.
pub fn held(why: &Held) -> String {
    match why {
        Held::OutsideHours => {
            "At this time of the day customers of that country are not called (calling_hours of \
             the queue)."
                .to_owned()
        }
        Held::Capped { cap } => {
            format!("The cap `{cap}` of the day was reached (section caps of the settings).")
        }
    }
}

/// How a call left the queue: a whole sentence.
pub fn call_end(end: CallEnd) -> String {
    match end {
        CallEnd::Answered => "The call was answered by an agent.",
        CallEnd::Abandoned => "The caller hung up while waiting.",
        CallEnd::Promised => "The call ended with a promise: its place belongs to a request.",
        CallEnd::Message => "The caller left the queue for a message.",
        CallEnd::Operator => "Somebody outside the queue answered the caller: the operator.",
        CallEnd::Finished => "The flow came to its end, and the caller had waited for nobody.",
        CallEnd::Refused => {
            "We ended the call: no room in the queue, no port, or the line hung up on it."
        }
    }
    .to_owned()
}

/// How an offer to an agent ended.
pub fn offer_end(end: OfferEnd) -> &'static str {
    match end {
        OfferEnd::Accepted => "the agent took it",
        OfferEnd::Declined => {
            "the agent declined it by key 2, by 603 or by hanging up, and rests from it for \
             decline_pause"
        }
        OfferEnd::NoAnswer => {
            "the agent did not answer or did not choose within the ring time, and rests from it \
             for decline_pause"
        }
        OfferEnd::Failed => "the agent's phone could not be reached",
        OfferEnd::Withdrawn => {
            "the work went away: another agent had it, the caller hung up, it was cancelled, or \
             the journal could not be written"
        }
    }
}

/// How a customer dial ended.
pub fn dial_outcome(outcome: DialOutcome) -> &'static str {
    match outcome {
        DialOutcome::Busy => "the customer was busy (486, 600, or a busy tone)",
        DialOutcome::NoAnswer => "nobody answered within the ring time",
        DialOutcome::Declined => "the customer refused the call (603)",
        DialOutcome::Failed => "the network could not complete the call",
        DialOutcome::AgentLeft => {
            "the agent hung up before the customer answered, which uses no attempt up"
        }
        DialOutcome::Machine => "an answering machine took the call",
        DialOutcome::Unproved => {
            "the phone answered, and nobody pressed the key that proves a person"
        }
        DialOutcome::MessageLeft => "an answering machine took the call, and was left a message",
        DialOutcome::TooShort => {
            "customer and agent talked for less than min_talk, which is no success"
        }
        DialOutcome::Later => "the customer asked to be called later, which uses no attempt up",
        DialOutcome::CalledIn => {
            "the customer called in meanwhile and was let in by that call, which uses no attempt up"
        }
    }
}

/// By which rule this agent was offered this work.
pub fn chosen(rule: Chosen) -> &'static str {
    match rule {
        Chosen::Oldest => {
            "the agent free for longest gets the first in the order of priority and then of arrival"
        }
        Chosen::Wanted => {
            "it is for this agent before others: the line prefers the agent, or the agent handled \
             the customer last"
        }
        Chosen::Owner => "it is this agent's own",
        Chosen::RingsAlong => {
            "others are rung for it already, and this agent had nothing else to do"
        }
    }
}

/// Why one who stands before another was passed over.
pub fn passed_by(why: &PassedBy) -> String {
    match why {
        PassedBy::DueLater { at } => {
            format!("its last attempt failed, and the next one is not due before {at}")
        }
        PassedBy::InDoubt => "a dial is in doubt, and a person has to settle it first".to_owned(),
        PassedBy::BeingWritten => "the wish to be called back was being written".to_owned(),
        PassedBy::LineGone => "its line or queue is not set up to call back any more".to_owned(),
        PassedBy::LacksSkill { need, has: 0 } => {
            format!("it asks for {need}, which this agent does not have")
        }
        PassedBy::LacksSkill { need, has } => {
            format!("it asks for {need}, and this agent has {has}")
        }
        PassedBy::KeptFor { agent } => format!("it was kept for {agent}, who was free too"),
        PassedBy::OwnedBy { agent } => format!("{agent} is to make it, and nobody else"),
        PassedBy::Rests { until } => {
            format!("this agent had declined or missed it, and is not asked again before {until}")
        }
        PassedBy::NoChannel { trunk } => format!("the trunk {trunk} carried no more calls"),
        PassedBy::JournalDown => {
            "the journal could not be written, so that nobody could be dialled".to_owned()
        }
        PassedBy::ProcessingOff { by } => {
            format!("the processing of callbacks was switched off for {by}")
        }
        PassedBy::Draining => "the engine was stopping, and began no callback".to_owned(),
    }
}

/// Why a caller was offered no callback.
pub fn withheld(why: &Withheld) -> String {
    match why {
        Withheld::SwitchedOff => "Callbacks are switched off for the line (callbacks)".to_owned(),
        Withheld::RegisteringOff { by } => {
            format!("The registering of callbacks was switched off for {by} (registering)")
        }
        Withheld::NoOutboundNumber => {
            "The line has no number to call back from (outbound_number)".to_owned()
        }
        Withheld::NobodyThere => {
            "No agent of the queue was online or away, and the queue offers callbacks only while \
             one is (offer_needs_agent)"
                .to_owned()
        }
        Withheld::Closed => "The queue was closed, or about to close (hours)".to_owned(),
        Withheld::NearHead { place, over } => format!(
            "The caller was in place {place}, and callbacks are offered beyond place {over} \
             (offer_beyond_place)"
        ),
        Withheld::TooManyPending { pending, most } => {
            format!("{pending} callbacks waited already, and {most} may (callbacks_max)")
        }
        Withheld::WaitTooLong { wait_secs, most_secs } => {
            let wait = wait_secs.map_or("endless".to_owned(), |wait| format!("{wait} s"));
            format!(
                "The estimated wait was {wait}, and callbacks are offered up to {most_secs} s \
                 (offer_wait_max)"
            )
        }
        Withheld::EnoughAgents { waiting, agents, over } => format!(
            "{waiting} waited for {agents} agents who took work, and callbacks are offered while more \
             than {over} wait for each (offer_calls_per_agent)"
        ),
        Withheld::NotInShare { percent } => {
            format!("Callbacks are offered to {percent} % of the callers (offer_share)")
        }
        Withheld::NoOverflow { waiting, waiting_over, wait_secs, wait_over_secs } => {
            let mut said = Vec::new();
            if let Some(limit) = waiting_over {
                said.push(format!("{waiting} waited, and more than {limit} must"));
            }
            if let Some(limit) = wait_over_secs {
                let wait = wait_secs.map_or_else(
                    || "the estimated wait was not known".to_owned(),
                    |wait| format!("the estimated wait was {wait} s"),
                );
                said.push(format!("{wait}, and it must be more than {limit} s"));
            }
            format!("The queue did not overflow: {}", said.join("; "))
        }
    }
}

/// Why a caller's wish was not taken.
pub fn untaken(why: &Untaken) -> String {
    match why {
        Untaken::AlreadyWaiting { request, place: Some(place) } => {
            format!("{request} for the same number waits already, in place {place}")
        }
        Untaken::AlreadyWaiting { request, place: None } => {
            format!("{request} for the same number is made for a time of its own")
        }
        Untaken::JournalDown => {
            "the journal could not be written, so nothing could be promised".to_owned()
        }
        Untaken::Full => "the queue was at its limit".to_owned(),
        Untaken::NotWaiting => "an agent was answering the call already".to_owned(),
        Untaken::NotToBeHad { why } => why.clone(),
    }
}

/// Why a conversation was not recorded.
pub fn not_recorded(why: NotRecorded) -> &'static str {
    match why {
        NotRecorded::Ratio => "it is not in the share of conversations that are recorded",
        NotRecorded::Declined => "the customer does not want it",
        NotRecorded::DiskFull => "the disk has too little room left",
        NotRecorded::Failed => "the file could not be made",
    }
}

/// What ended a recording.
pub fn recording_end(end: RecordingEnd) -> &'static str {
    match end {
        RecordingEnd::Over => "what it records is over",
        RecordingEnd::TooLong => "it has the longest length that is allowed",
        RecordingEnd::DiskFull => "the disk was full, and the file ends there",
        RecordingEnd::Failed => "the file could not be written any further",
        RecordingEnd::Erased => "the customer did not want it, and the file was erased",
    }
}

/// Who settled a dial in doubt.
pub fn settled(by: Settled) -> &'static str {
    match by {
        Settled::Command => "an operator said that the customer was not reached",
        Settled::Policy => "the policy says that such a customer was not reached",
    }
}
