//! The word of each fact: the journal's own, which lists, ladders and events use too.

use crate::Fact;

impl Fact {
    /// Every word.
    pub const WORDS: [&'static str; 34] = [
        "engine_started",
        "call_arrived",
        "place_taken",
        "place_returned",
        "call_ended",
        "callback_requested",
        "moved",
        "came_due",
        "hastened",
        "held",
        "offer_withheld",
        "offer_allowed",
        "request_untaken",
        "offered",
        "offer_ended",
        "dial_started",
        "dial_ended",
        "attempt_missed",
        "bridged",
        "transferred",
        "request_closed",
        "ticket_wanted",
        "ticket_comment",
        "recording_began",
        "recording_ended",
        "not_recorded",
        "call_led",
        "message_left",
        "recording_declined",
        "found_uncertain",
        "settled",
        "status_set",
        "switched",
        "wrap_up_ended",
    ];

    /// The word of this fact.
    pub fn word(&self) -> &'static str {
        match self {
            Fact::EngineStarted { .. } => "engine_started",
            Fact::CallArrived { .. } => "call_arrived",
            Fact::PlaceTaken { .. } => "place_taken",
            Fact::PlaceReturned { .. } => "place_returned",
            Fact::CallEnded { .. } => "call_ended",
            Fact::CallbackRequested { .. } => "callback_requested",
            Fact::Moved { .. } => "moved",
            Fact::CameDue { .. } => "came_due",
            Fact::Hastened { .. } => "hastened",
            Fact::Held { .. } => "held",
            Fact::OfferWithheld { .. } => "offer_withheld",
            Fact::OfferAllowed { .. } => "offer_allowed",
            Fact::RequestUntaken { .. } => "request_untaken",
            Fact::Offered { .. } => "offered",
            Fact::OfferEnded { .. } => "offer_ended",
            Fact::DialStarted { .. } => "dial_started",
            Fact::DialEnded { .. } => "dial_ended",
            Fact::Bridged { .. } => "bridged",
            Fact::Transferred { .. } => "transferred",
            Fact::RequestClosed { .. } => "request_closed",
            Fact::AttemptMissed { .. } => "attempt_missed",
            Fact::TicketWanted { .. } => "ticket_wanted",
            Fact::TicketComment { .. } => "ticket_comment",
            Fact::FoundUncertain { .. } => "found_uncertain",
            Fact::Settled { .. } => "settled",
            Fact::StatusSet { .. } => "status_set",
            Fact::Switched { .. } => "switched",
            Fact::WrapUpEnded { .. } => "wrap_up_ended",
            Fact::CallLed { .. } => "call_led",
            Fact::MessageLeft { .. } => "message_left",
            Fact::RecordingBegan { .. } => "recording_began",
            Fact::RecordingEnded { .. } => "recording_ended",
            Fact::NotRecorded { .. } => "not_recorded",
            Fact::RecordingDeclined { .. } => "recording_declined",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_the_journal() {
        let why = Fact::decode("{\"fact\":\"?\"}").expect_err("no fact").to_string();
        let listed: Vec<&str> = why.split('`').skip(3).step_by(2).collect();
        assert_eq!(listed, Fact::WORDS);
        let closed = "{\"fact\":\"request_closed\",\"request\":1,\"end\":\"expired\",\"why\":\"\"}";
        assert_eq!(Fact::decode(closed).expect("a fact").word(), "request_closed");
    }
}
