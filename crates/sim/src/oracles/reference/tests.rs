//! What the naive queue notices.

use super::*;
use crate::lab;
use crate::oracles::forge;

fn agent(n: u8) -> AgentName {
    lab::agent_name(n)
}

fn at(secs: u64) -> Now {
    Now { mono: Mono::ZERO + Duration::from_secs(secs), ..Now::default() }
}

/// Two agents online since seconds 1 and 2, no caller yet.
fn reference() -> Reference {
    let mut reference = Reference::new(&lab::settings(2).queue);
    for n in [1, 2] {
        reference.begin_input();
        reference.shown(at(u64::from(n)), &agent(n), true, None);
    }
    reference
}

fn told(reference: &mut Reference) -> Vec<String> {
    reference.complaints().into_iter().map(|complaint| complaint.what).collect()
}

fn fact(reference: &mut Reference, now: Now, fact: &Fact) {
    reference.fact(now, Seq(1), fact, None);
}

#[test]
fn whoever_is_overtaken_is_noticed() {
    let mut reference = reference();
    reference.begin_input();
    for call in [1, 2] {
        fact(&mut reference, at(3), &forge::arrived(call));
    }
    fact(&mut reference, at(3), &forge::offered(1, "agent-1", 2));
    let wanted = [
        "agent-1 is offered Call(CallId(2)) and call-1 is passed over for no reason at all",
        "agent-1 is offered Call(CallId(2)) before Call(CallId(1))",
    ];
    assert_eq!(told(&mut reference), wanted);
}

#[test]
fn a_reason_that_is_not_so_is_noticed() {
    let mut reference = reference();
    reference.begin_input();
    for call in [1, 2] {
        fact(&mut reference, at(3), &forge::arrived(call));
    }
    fact(&mut reference, at(3), &forge::offered(1, "agent-1", 1));
    fact(&mut reference, at(9), &forge::offer_ended(1, OfferEnd::Declined));
    let mut offered = forge::offered(2, "agent-1", 2);
    let Fact::Offered { because, .. } = &mut offered else { unreachable!("it is an offer") };
    let who = ledger::Holder::Call(CallId(1));
    let why = ledger::PassedBy::Rests { until: at(9).wall };
    because.passed = vec![ledger::Passed { who, why }];
    fact(&mut reference, at(9), &offered);
    let told = told(&mut reference);
    assert!(told[0].contains("call-1 is passed over for Rests"), "{told:?}");
}

#[test]
fn an_agent_passed_over_or_left_idle_is_noticed() {
    let mut reference = reference();
    reference.begin_input();
    fact(&mut reference, at(3), &forge::arrived(1));
    fact(&mut reference, at(3), &forge::offered(1, "agent-2", 1));
    let wanted = "agent-2 is offered Call(CallId(1)) before agent-1, free longer";
    assert_eq!(told(&mut reference), [wanted]);
    fact(&mut reference, at(3), &forge::arrived(2));
    reference.shown(at(4), &agent(1), true, None);
    let wanted = "agent-1 is free and Call(CallId(2)) waits, yet nothing is offered";
    assert_eq!(told(&mut reference), [wanted]);
}

#[test]
fn a_declined_work_offered_again_too_early_is_noticed() {
    let mut reference = reference();
    reference.begin_input();
    fact(&mut reference, at(3), &forge::arrived(1));
    fact(&mut reference, at(3), &forge::offered(1, "agent-1", 1));
    fact(&mut reference, at(9), &forge::offer_ended(1, OfferEnd::Declined));
    assert_eq!(told(&mut reference), [""; 0]);
    fact(&mut reference, at(10), &forge::offered(2, "agent-1", 1));
    assert!(told(&mut reference)[0].starts_with("agent-1 may not be offered"));
}

#[test]
fn a_work_that_two_agents_have_or_that_nobody_joins_is_noticed() {
    let mut settings = lab::settings(2).queue;
    for queue in settings.queues.values_mut() {
        queue.callers_ring = 2;
    }
    let mut reference = Reference::new(&settings);
    reference.begin_input();
    reference.shown(at(1), &agent(1), true, None);
    reference.shown(at(1), &agent(2), true, None);
    reference.begin_input();
    fact(&mut reference, at(3), &forge::arrived(1));
    fact(&mut reference, at(3), &forge::offered(1, "agent-1", 1));
    reference.shown(at(4), &agent(2), true, None);
    let wanted = "agent-2 is free and Call(CallId(1)) waits, yet nothing is offered";
    assert_eq!(told(&mut reference), [wanted]);
    fact(&mut reference, at(4), &forge::offered(2, "agent-2", 1));
    fact(&mut reference, at(5), &forge::offer_ended(2, OfferEnd::Accepted));
    assert_eq!(told(&mut reference), [""; 0]);
    fact(&mut reference, at(5), &forge::offer_ended(1, OfferEnd::Accepted));
    assert_eq!(told(&mut reference), ["Call(CallId(1)) is accepted by agent-1 and was taken"]);
}

/// A request that was promised and is durable, with nobody online.
fn promised() -> Reference {
    let mut reference = Reference::new(&lab::settings(2).queue);
    reference.begin_input();
    fact(&mut reference, at(3), &forge::arrived(1));
    fact(&mut reference, at(4), &forge::requested(1, 1));
    reference.begin_input();
    reference.recorded(at(5), Seq(1));
    fact(&mut reference, at(5), &forge::ended(1, ledger::CallEnd::Promised));
    reference
}

#[test]
fn a_request_whose_line_calls_nobody_back_is_not_offered_until_it_does_again() {
    let mut reference = promised();
    let usual = lab::settings(2).queue;
    let mut silent = usual.clone();
    silent.lines.values_mut().for_each(|line| line.calls_back = false);
    reference.begin_input();
    reference.reload(&silent);
    reference.begin_input();
    reference.shown(at(6), &agent(1), true, None);
    assert_eq!(told(&mut reference), [""; 0]);
    reference.begin_input();
    reference.reload(&usual);
    reference.begin_input();
    reference.shown(at(8), &agent(1), true, None);
    let wanted = "agent-1 is free and Request(RequestId(1)) waits, yet nothing is offered";
    assert_eq!(told(&mut reference), [wanted]);
    reference.reload(&silent);
    let mut offered = forge::offered(1, "agent-1", 1);
    let Fact::Offered { request, call, .. } = &mut offered else { unreachable!("it is an offer") };
    (*request, *call) = (Some(RequestId(1)), None);
    fact(&mut reference, at(9), &offered);
    let found = told(&mut reference);
    assert_eq!(found, ["agent-1 may not be offered Request(RequestId(1)) (Waiting) now"]);
}

#[test]
fn an_agent_who_comes_by_a_reload_must_be_offered_work_and_one_who_goes_must_not() {
    let mut reference = Reference::new(&lab::settings(1).queue);
    reference.begin_input();
    fact(&mut reference, at(3), &forge::arrived(1));
    reference.begin_input();
    reference.reload(&lab::settings(2).queue);
    reference.shown(at(4), &agent(2), true, None);
    let wanted = "agent-2 is free and Call(CallId(1)) waits, yet nothing is offered";
    assert_eq!(told(&mut reference), [wanted]);
    reference.begin_input();
    reference.reload(&lab::settings(1).queue);
    fact(&mut reference, at(5), &forge::offered(1, "agent-2", 1));
    let wanted = "agent-2 may not be offered Call(CallId(1)) (Waiting) now";
    assert_eq!(told(&mut reference), [wanted]);
}
