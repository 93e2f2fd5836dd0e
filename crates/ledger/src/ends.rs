//! Every word of the enums that say how something ended: for tests that walk them all.

use crate::{CallEnd, DialOutcome, NotRecorded, OfferEnd, RecordingEnd, RequestEnd, Settled};

impl CallEnd {
    /// Every one.
    pub const ALL: [CallEnd; 7] = [
        CallEnd::Answered,
        CallEnd::Abandoned,
        CallEnd::Promised,
        CallEnd::Refused,
        CallEnd::Message,
        CallEnd::Operator,
        CallEnd::Finished,
    ];
}

impl OfferEnd {
    /// Every one.
    pub const ALL: [OfferEnd; 5] = [
        OfferEnd::Accepted,
        OfferEnd::Declined,
        OfferEnd::NoAnswer,
        OfferEnd::Failed,
        OfferEnd::Withdrawn,
    ];
}

impl DialOutcome {
    /// Every one.
    pub const ALL: [DialOutcome; 11] = [
        DialOutcome::Busy,
        DialOutcome::NoAnswer,
        DialOutcome::Declined,
        DialOutcome::Failed,
        DialOutcome::AgentLeft,
        DialOutcome::Machine,
        DialOutcome::Unproved,
        DialOutcome::MessageLeft,
        DialOutcome::Later,
        DialOutcome::TooShort,
        DialOutcome::CalledIn,
    ];
}

impl RequestEnd {
    /// Every one.
    pub const ALL: [RequestEnd; 10] = [
        RequestEnd::Completed,
        RequestEnd::NoAnswer,
        RequestEnd::Busy,
        RequestEnd::Failed,
        RequestEnd::DeclinedByCustomer,
        RequestEnd::Cancelled,
        RequestEnd::Expired,
        RequestEnd::AllAgentsDeclined,
        RequestEnd::DuplicateIgnored,
        RequestEnd::UncertainExpired,
    ];
}

impl RecordingEnd {
    /// Every one.
    pub const ALL: [RecordingEnd; 5] = [
        RecordingEnd::Over,
        RecordingEnd::TooLong,
        RecordingEnd::DiskFull,
        RecordingEnd::Failed,
        RecordingEnd::Erased,
    ];
}

impl NotRecorded {
    /// Every one.
    pub const ALL: [NotRecorded; 4] =
        [NotRecorded::Ratio, NotRecorded::Declined, NotRecorded::DiskFull, NotRecorded::Failed];
}

impl Settled {
    /// Every one.
    pub const ALL: [Settled; 2] = [Settled::Command, Settled::Policy];
}
