//! The journal's format: what was written by this version is read by every later one.

use ledger::{CallEnd, DialOutcome, Entry, Fact, OfferEnd, Person, RequestEnd, Said, Settled};
use model::{
    AgentName, AttemptId, CallId, E164, LanguageTag, LineName, OfferId, PersonId, QueueName,
    RequestId, Seq, TrunkName, Wall,
};
use proptest::prelude::*;

use crate::samples::every_fact;

/// Lines of a journal as they are on disks already: they may be added to, never changed.
const GOLDEN: &str = include_str!("golden.jsonl");

#[test]
fn every_fact_is_written_as_it_always_was() {
    let written: Vec<String> = every_fact().iter().map(Fact::encode).collect();
    assert_eq!(written.join("\n"), GOLDEN.trim_end());
}

#[test]
fn every_line_on_a_disk_is_read_as_the_fact_it_was() {
    let read: Vec<Fact> = GOLDEN.lines().map(|line| Fact::decode(line).expect("a fact")).collect();
    assert_eq!(read, every_fact());
}

#[test]
fn a_field_of_a_later_version_is_read_over() {
    let line = r#"{"fact":"engine_started","epoch":3,"version":"9.9"}"#;
    assert_eq!(Fact::decode(line).expect("a fact"), Fact::EngineStarted { epoch: 3 });
}

#[test]
fn what_is_not_a_fact_says_so() {
    let lines = [
        "",
        "{}",
        "null",
        r#"{"fact":"moon_landed"}"#,
        r#"{"fact":"engine_started"}"#,
        r#"{"fact":"engine_started","epoch":-1}"#,
        r#"{"fact":"call_ended","call":1,"end":"eaten"}"#,
        r#"{"fact":"engine_started","epoch":3"#,
    ];
    for line in lines {
        let problem = Fact::decode(line).expect_err(line);
        let text = problem.to_string();
        assert!(text.starts_with("not a fact that this version knows"), "{text}");
    }
}

#[test]
fn only_two_facts_give_a_permission() {
    let permissions: Vec<String> = every_fact()
        .iter()
        .filter(|fact| fact.permits())
        .map(|fact| fact.encode()[..29].to_owned())
        .collect();
    assert_eq!(
        permissions,
        [
            r#"{"fact":"callback_requested","#,
            r#"{"fact":"dial_started","attem"#,
            r#"{"fact":"callback_requested","#,
            r#"{"fact":"callback_requested","#,
        ]
    );
}

#[test]
fn words_are_those_of_the_journal() {
    assert_eq!(RequestEnd::DeclinedByCustomer.to_string(), "declined_by_customer");
    assert_eq!(DialOutcome::NoAnswer.to_string(), "no_answer");
    assert_eq!(OfferEnd::Withdrawn.to_string(), "withdrawn");
    assert_eq!(CallEnd::Promised.to_string(), "promised");
    assert_eq!(Settled::Command.to_string(), "command");
}

#[test]
fn facts_hold_no_number_of_a_person() {
    assert!(!GOLDEN.contains('+'), "a number begins with +");
}

#[test]
fn a_person_without_a_contact_has_no_contact_field() {
    let number = E164::parse("+33612345678").expect("a number");
    let person = Person { id: PersonId(9), number, contact: None };
    let text = serde_json::to_string(&person).expect("a person is text");
    assert_eq!(text, r#"{"id":9,"number":"+33612345678"}"#);
    assert_eq!(serde_json::from_str::<Person>(&text).expect("a person"), person);
}

fn name() -> impl Strategy<Value = String> {
    "\\PC{0,12}"
}

fn attempt() -> impl Strategy<Value = AttemptId> {
    (any::<u64>(), any::<u16>())
        .prop_map(|(request, number)| AttemptId { request: RequestId(request), number })
}

fn wall() -> impl Strategy<Value = Wall> {
    any::<i64>().prop_map(Wall::from_unix_millis)
}

fn requested() -> impl Strategy<Value = Fact> {
    let ids = (any::<u64>(), any::<Option<u64>>(), any::<u64>());
    (ids, name(), name(), name(), wall(), wall()).prop_map(
        |((request, call, person), queue, line, language, arrived, expires)| {
            Fact::CallbackRequested {
                request: RequestId(request),
                call: call.map(CallId),
                queue: QueueName::from(queue.as_str()),
                line: LineName::from(line.as_str()),
                person: PersonId(person),
                arrived,
                expires,
                language: LanguageTag::from(language.as_str()),
                terms: Box::default(),
            }
        },
    )
}

fn other() -> impl Strategy<Value = Fact> {
    let dial_started =
        (attempt(), name(), name(), name()).prop_map(|(attempt, agent, trunk, sip_call_id)| {
            Fact::DialStarted {
                attempt,
                agent: AgentName::from(agent.as_str()),
                trunk: TrunkName::from(trunk.as_str()),
                sip_call_id,
            }
        });
    let said = (any::<u16>(), any::<Option<u16>>());
    let said = prop::option::of(said.prop_map(|(status, cause)| Said { status, cause }));
    let ended = (attempt(), said, prop::option::of(wall()));
    let dial_ended = ended.prop_map(|(attempt, said, retry_at)| Fact::DialEnded {
        attempt,
        outcome: DialOutcome::Failed,
        said,
        retry_at,
    });
    let offered = (any::<u64>(), name(), any::<Option<u64>>(), any::<Option<u64>>()).prop_map(
        |(offer, agent, request, call)| Fact::Offered {
            offer: OfferId(offer),
            agent: AgentName::from(agent.as_str()),
            request: request.map(RequestId),
            call: call.map(CallId),
            because: Box::default(),
        },
    );
    let closed = (any::<u64>(), name()).prop_map(|(request, why)| Fact::RequestClosed {
        request: RequestId(request),
        end: RequestEnd::Expired,
        why,
    });
    prop_oneof![dial_started, dial_ended, offered, closed]
}

proptest! {
    #[test]
    fn any_fact_is_read_as_it_was_written(fact in prop_oneof![requested(), other()]) {
        let line = fact.encode();
        prop_assert!(!line.contains('\n'), "a fact is one line");
        prop_assert_eq!(Fact::decode(&line).expect("a fact"), fact);
    }

    #[test]
    fn an_entry_is_read_as_it_was_written(seq in any::<u64>(), at in wall(), fact in other()) {
        let entry = Entry { seq: Seq(seq), at, fact };
        let text = serde_json::to_string(&entry).expect("an entry is text");
        prop_assert_eq!(serde_json::from_str::<Entry>(&text).expect("an entry"), entry);
    }

    #[test]
    fn any_bytes_are_answered(text in "\\PC{0,200}") {
        let _ = Fact::decode(&text);
    }
}
