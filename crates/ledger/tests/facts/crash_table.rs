//! The fold, row by row of the crash table: after this last durable fact, the request stands so.

use ledger::{DialOutcome, Entry, Fact, Fold, OfferEnd, Recovered, RequestEnd, RequestState};
use ledger::{RequestRecord, Settled};
use model::{AgentName, CallId, LineName, OfferId, PersonId, QueueName, RequestId, Seq};

use crate::samples::{
    REQUEST, attempt, bridged, closed, dial_ended, dial_started, every_fact, offer_ended, offered,
    requested, wall,
};

fn fold(facts: &[Fact]) -> Fold {
    let mut fold = Fold::default();
    for (fact, place) in facts.iter().zip(1..) {
        let at = wall(i64::try_from(place).expect("a small number"));
        fold.apply(&Entry { seq: Seq(place), at, fact: fact.clone() });
    }
    fold
}

fn recovered(facts: &[Fact]) -> Recovered {
    fold(facts).recovered()
}

/// The one open request.
fn only(facts: &[Fact]) -> RequestRecord {
    let mut open = recovered(facts).open;
    assert_eq!(open.len(), 1, "one request is open");
    open.remove(0).as_ref().clone()
}

#[test]
fn none() {
    let facts = [Fact::CallArrived {
        call: CallId(1),
        line: LineName::from("main"),
        queue: QueueName::from("desk"),
        needs: Vec::new(),
        priority: 0,
    }];
    assert_eq!(recovered(&facts).open, []);
}

#[test]
fn callback_requested() {
    let record = only(&[requested()]);
    assert_eq!(record.state, RequestState::Waiting { due: None });
    assert_eq!(record.arrived, wall(0));
    assert_eq!(record.requested, wall(1));
    assert_eq!(record.expires, wall(3_600));
    assert_eq!(record.person, PersonId(9));
    assert_eq!((record.attempts, record.offers), (vec![], vec![]));
}

#[test]
fn offered_is_forgotten_but_counted() {
    let record = only(&[requested(), offered()]);
    assert_eq!(record.state, RequestState::Waiting { due: None });
    assert_eq!(record.offers, [OfferId(3)]);
}

#[test]
fn offer_ended_accepted_declined_or_missed() {
    for end in [OfferEnd::Accepted, OfferEnd::Declined, OfferEnd::NoAnswer] {
        let record = only(&[requested(), offered(), offer_ended(end)]);
        assert_eq!(record.state, RequestState::Waiting { due: None });
        assert_eq!(record.attempts, []);
    }
}

#[test]
fn dial_started_is_a_dial_that_may_have_left() {
    let record = only(&[requested(), dial_started(1)]);
    assert_eq!(record.state, RequestState::Dialling { attempt: attempt(1) });
    let dial = &record.attempts[0];
    assert_eq!((dial.attempt, dial.at, dial.outcome), (attempt(1), wall(2), None));
    assert_eq!((dial.sip_call_id.as_str(), &dial.agent), ("call-id-1", &AgentName::from("ann")));
}

#[test]
fn dial_ended_with_a_retry() {
    let ended = dial_ended(1, DialOutcome::Busy, Some(wall(300)));
    let record = only(&[requested(), dial_started(1), ended]);
    assert_eq!(record.state, RequestState::Waiting { due: Some(wall(300)) });
    assert_eq!(record.attempts[0].outcome, Some(DialOutcome::Busy));
}

#[test]
fn dial_ended_without_a_retry_shows_the_outcome_with_which_to_close() {
    let ended = dial_ended(1, DialOutcome::Declined, None);
    let record = only(&[requested(), dial_started(1), ended]);
    assert_eq!(record.state, RequestState::Waiting { due: None });
    assert_eq!(record.attempts[0].outcome, Some(DialOutcome::Declined));
}

#[test]
fn bridged_was_a_conversation() {
    let record = only(&[requested(), dial_started(1), bridged(1)]);
    assert_eq!(record.state, RequestState::Talking { attempt: attempt(1) });
}

#[test]
fn transferred_is_the_same_conversation() {
    let handed_on = Fact::Transferred {
        agent: AgentName::from("ann"),
        to: None,
        attempt: Some(attempt(1)),
        call: None,
    };
    let record = only(&[requested(), dial_started(1), bridged(1), handed_on]);
    assert_eq!(record.state, RequestState::Talking { attempt: attempt(1) });
}

#[test]
fn request_closed_stays_closed() {
    let facts = [requested(), dial_started(1), bridged(1), closed(RequestEnd::Completed)];
    assert_eq!(recovered(&facts).open, []);
    let state = &fold(&facts).requests[&REQUEST].state;
    let why = "a \"why\" with quotes".to_owned();
    assert_eq!(*state, RequestState::Closed { end: RequestEnd::Completed, why, at: wall(4) });
}

#[test]
fn found_uncertain_stays_uncertain_over_further_starts() {
    let started = Fact::EngineStarted { epoch: 2 };
    let found = Fact::FoundUncertain { attempt: attempt(1) };
    let again = Fact::EngineStarted { epoch: 3 };
    let record = only(&[requested(), dial_started(1), started, found, again]);
    assert_eq!(record.state, RequestState::Uncertain { attempt: attempt(1) });
}

#[test]
fn settled_waits_and_is_not_taken_for_a_lost_close() {
    let found = Fact::FoundUncertain { attempt: attempt(2) };
    let settled = Fact::Settled { attempt: attempt(2), by: Settled::Command };
    let ended = dial_ended(1, DialOutcome::Busy, Some(wall(300)));
    let record = only(&[requested(), dial_started(1), ended, dial_started(2), found, settled]);
    assert_eq!(record.state, RequestState::Waiting { due: None });
    assert_eq!(record.attempts[1].outcome, None);
}

#[test]
fn the_next_numbers_follow_the_highest_that_were_written() {
    let empty = recovered(&[]);
    assert_eq!((empty.next_request, empty.next_person, empty.next_seq, empty.epoch), (1, 1, 1, 1));
    let facts = [Fact::EngineStarted { epoch: 4 }, requested(), closed(RequestEnd::Expired)];
    let after = recovered(&facts);
    assert_eq!((after.next_request, after.next_person), (18, 10));
    assert_eq!((after.next_seq, after.epoch), (4, 5));
}

#[test]
fn facts_of_a_request_that_was_never_written_are_read_over() {
    let facts: Vec<Fact> = every_fact()
        .into_iter()
        .filter(|fact| !matches!(fact, Fact::CallbackRequested { .. }))
        .collect();
    assert_eq!(recovered(&facts).open, []);
    assert_eq!(fold(&facts).requests.len(), 0);
}

#[test]
fn requests_do_not_mix() {
    let mut second = requested();
    if let Fact::CallbackRequested { request, .. } = &mut second {
        *request = RequestId(18);
    }
    let open = recovered(&[requested(), second, dial_started(1)]).open;
    assert_eq!(open[0].state, RequestState::Dialling { attempt: attempt(1) });
    assert_eq!(open[1].state, RequestState::Waiting { due: None });
}

#[test]
fn recording_declined_holds_for_the_request_over_every_start() {
    let declined = Fact::RecordingDeclined { call: None, request: Some(REQUEST) };
    let record = only(&[requested(), declined, Fact::EngineStarted { epoch: 2 }]);
    assert!(record.unrecorded);
    assert_eq!(record.state, RequestState::Waiting { due: None });
}
