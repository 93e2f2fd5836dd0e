//! Every decision has its explanation: no word of the ledger is left without a sentence.

use std::collections::BTreeSet;

use ledger::explain::{self, Gather};
use ledger::{
    CallEnd, DialOutcome, Entry, Fact, Holder, NotRecorded, OfferEnd, RecordingEnd, RequestEnd,
    Settled,
};
use model::{AttemptId, CallId, OfferId, RequestId, Seq};

use crate::samples::{REQUEST, every_fact, requested, wall};

/// At least so many characters are a sentence; and no two words have the same one.
fn are_sentences(said: &[String]) {
    for sentence in said {
        assert!(sentence.len() > 20 && sentence.contains(' '), "{sentence:?} explains nothing");
    }
    let different: BTreeSet<&String> = said.iter().collect();
    assert_eq!(different.len(), said.len(), "two words with one explanation: {said:?}");
}

#[test]
fn every_end_has_a_sentence_of_its_own() {
    let owned = |said: &str| said.to_owned();
    are_sentences(&RequestEnd::ALL.map(|end| owned(explain::request_end(end))));
    are_sentences(&CallEnd::ALL.map(explain::call_end));
    are_sentences(&OfferEnd::ALL.map(|end| format!("an offer: {}", explain::offer_end(end))));
    are_sentences(&DialOutcome::ALL.map(|end| owned(explain::dial_outcome(end))));
    are_sentences(&NotRecorded::ALL.map(|why| owned(explain::not_recorded(why))));
    are_sentences(&RecordingEnd::ALL.map(|end| owned(explain::recording_end(end))));
    are_sentences(&Settled::ALL.map(|by| owned(explain::settled(by))));
}

/// One of every fact, as a ledger.
fn ledger() -> Vec<Entry> {
    let facts = every_fact().into_iter().enumerate();
    facts.map(|(at, fact)| Entry { seq: Seq(at as u64 + 1), at: wall(at as i64), fact }).collect()
}

fn gathered(of: Holder, entries: &[Entry]) -> Vec<Entry> {
    let mut gather = Gather::new(&[of]);
    entries.iter().for_each(|entry| gather.look(entry));
    entries.iter().for_each(|entry| gather.take(entry));
    gather.entries()
}

#[test]
fn every_fact_of_a_request_and_of_its_call_is_told_with_its_rule() {
    let entries = gathered(Holder::Request(REQUEST), &ledger());
    let told = explain::callback(&entries, REQUEST).expect("a request");
    for step in &told.steps {
        assert!(!step.what.is_empty() && !step.why.is_empty(), "{step:?}");
    }
    // What was switched once it was over is not its story.
    let beside =
        |it: &&Entry| matches!(it.fact, Fact::EngineStarted { .. } | Fact::Switched { .. });
    let beside = entries.iter().filter(beside).count();
    assert_eq!(told.steps.len(), entries.len() - beside, "a fact that is not told");
}

#[test]
fn reasons_of_every_kind_are_told_with_their_numbers() {
    let entries = gathered(Holder::Call(CallId(4_294_967_297)), &ledger());
    let told = explain::no_offer(&entries, CallId(4_294_967_297)).expect("a call");
    let all: String =
        told.steps.iter().map(|step| format!("{}: {}\n", step.what, step.why)).collect();
    for said in [
        "3 waited, and more than 5 must",
        "the estimated wait was 40 s, and it must be more than 120 s",
        "cb-17 for the same number waits already, in place 2",
        "the next one is not due before 2026-11-21T10:05:00.000Z",
        "it was kept for bob, who was free too",
        "bob is to make it, and nobody else",
        "is not asked again before 2026-11-21T10:01:00.000Z",
        "the trunk carrier carried no more calls",
        "70 more stood before",
        "it asks for french>=2, and this agent has 1",
        "with priority 5; it asks for french>=2",
    ] {
        assert!(all.contains(said), "{said} is not in\n{all}");
    }
}

fn arrived(call: u64) -> Fact {
    let (line, queue) = ("main".into(), "desk".into());
    Fact::CallArrived { call: CallId(call), line, queue, needs: Vec::new(), priority: 0 }
}

fn offered(offer: u64, request: Option<RequestId>, call: Option<u64>) -> Fact {
    Fact::Offered {
        offer: OfferId(offer),
        agent: "ann".into(),
        request,
        call: call.map(CallId),
        because: Box::default(),
    }
}

fn at(times: &[(i64, Fact)]) -> Vec<Entry> {
    let entry = |(seq, (secs, fact)): (usize, &(i64, Fact))| Entry {
        seq: Seq(seq as u64 + 1),
        at: wall(*secs),
        fact: fact.clone(),
    };
    times.iter().enumerate().map(entry).collect()
}

#[test]
fn of_a_request_it_is_told_what_was_switched_before_it_and_while_it_waited() {
    use ledger::{Part, Switch};
    let turned = |of: Part, on| Fact::Switched { switch: Switch::Processing, of, on };
    let entries = at(&[
        (0, turned(Part::Queue("desk".into()), false)),
        (10, turned(Part::Engine, false)),
        (20, turned(Part::Engine, true)),
        (25, turned(Part::Line("store".into()), false)),
        (30, requested()),
        (90, turned(Part::Queue("desk".into()), true)),
    ]);
    let entries = gathered(Holder::Request(REQUEST), &entries);
    let told = explain::callback(&entries, REQUEST).expect("a request");
    let steps: Vec<&str> = told.steps.iter().map(|step| step.what.as_str()).collect();
    assert_eq!(
        steps,
        [
            "processing was switched off for queue desk",
            "cb-17 was promised, by call",
            "processing was switched on for queue desk",
        ]
    );
}

#[test]
fn of_two_it_is_told_who_stands_first_and_why_the_other_was_served_first() {
    let attempt = AttemptId { request: REQUEST, number: 1 };
    let retry_at = Some(wall(400));
    let outcome = DialOutcome::Busy;
    let entries = at(&[
        (0, requested()),
        (30, arrived(7)),
        (40, offered(1, Some(REQUEST), None)),
        (45, Fact::OfferEnded { offer: OfferId(1), end: OfferEnd::Accepted }),
        (100, Fact::DialEnded { attempt, outcome, said: None, retry_at }),
        (120, offered(2, None, Some(7))),
    ]);
    let told = explain::order(&entries, Holder::Call(CallId(7)), Holder::Request(REQUEST));
    let told = told.expect("both are there");
    assert_eq!(
        told.because,
        "cb-17 stands before call-7 in desk: it arrived at 2026-11-21T10:00:00.000Z, 30 s before \
         2026-11-21T10:00:30.000Z. call-7 was offered to an agent first, at \
         2026-11-21T10:02:00.000Z: the next attempt of cb-17 was not due before \
         2026-11-21T10:06:40.000Z."
    );
    let unknown = explain::order(&entries, Holder::Call(CallId(8)), Holder::Request(REQUEST));
    assert_eq!(unknown, None);
}

#[test]
fn of_two_it_is_told_that_one_has_a_higher_priority() {
    let (line, queue) = ("main".into(), "desk".into());
    let call = CallId(7);
    let urgent = Fact::CallArrived { call, line, queue, needs: Vec::new(), priority: 9 };
    let entries = at(&[(0, requested()), (30, urgent)]);
    let told = explain::order(&entries, Holder::Request(REQUEST), Holder::Call(CallId(7)));
    assert_eq!(
        told.expect("both are there").because,
        "call-7 stands before cb-17 in desk: its priority is 9, that of cb-17 is 0. call-7 arrived \
         at 2026-11-21T10:00:30.000Z, cb-17 at 2026-11-21T10:00:00.000Z. None of them was offered \
         to an agent before the other."
    );
}

#[test]
fn of_two_it_is_told_that_one_has_the_place_of_an_earlier_call() {
    let (of, call) = (Holder::Call(CallId(6)), CallId(9));
    let taken = Fact::PlaceTaken { call, of, arrived: wall(0), offer: None };
    let gone = Fact::CallEnded { call: CallId(6), end: CallEnd::Abandoned };
    let facts = [(0, arrived(6)), (30, gone), (60, arrived(7)), (90, arrived(9)), (90, taken)];
    let told = explain::order(&at(&facts), Holder::Call(CallId(7)), Holder::Call(call));
    let told = told.expect("both are there");
    assert!(told.because.starts_with("call-9 stands before call-7"), "{}", told.because);
    assert!(told.because.contains("call-9 has the place of call-6"), "{}", told.because);
    let why = "place_kept_for of the queue keeps it: that of the arrival at \
               2026-11-21T10:00:00.000Z";
    assert!(told.steps.iter().any(|step| step.why == why), "{:?}", told.steps);
}

#[test]
fn of_two_it_is_told_that_one_has_the_place_of_its_own_request() {
    let (of, call) = (Holder::Request(REQUEST), CallId(9));
    let taken = Fact::PlaceTaken { call, of, arrived: wall(0), offer: None };
    let facts = [(0, requested()), (60, arrived(7)), (90, arrived(9)), (90, taken)];
    let told = explain::order(&at(&facts), Holder::Call(CallId(7)), Holder::Call(call));
    let because = told.expect("both are there").because;
    assert!(because.starts_with("call-9 stands before call-7"), "{because}");
    assert!(because.contains("call-9 has the place of cb-17"), "{because}");
}
