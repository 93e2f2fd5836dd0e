//! What a start makes of journals that this version does not write itself.

use std::collections::BTreeMap;
use std::time::Duration;

use ledger::{Entry, Fact, Fold, Person, RequestEnd};
use model::{AgentName, E164, Entropy, LanguageTag, LineName, Mono, Now, PersonId, QueueName};
use model::{RequestId, Seq, TrunkName, Wall};
use queue::{AgentSettings, Event, LineSettings, QueueSettings, Queues, Settings};

fn settings() -> Settings {
    settings_of(true)
}

fn settings_of(calls_back: bool) -> Settings {
    let desk = QueueSettings {
        request_ttl: Duration::from_secs(3_600),
        attempts_total: 1,
        retry_delay: Duration::from_secs(300),
        decline_pause: Duration::from_secs(60),
        ..queue::QueueSettings::default()
    };
    let (queue, trunk) = (QueueName::from("desk"), TrunkName::from("carrier"));
    let main = LineSettings {
        queue,
        trunk,
        calls_back,
        has_fallback: false,
        callback_queue: None,
        routing: queue::Routing::default(),
        screening: Default::default(),
        home: None,
    };
    Settings {
        queues: [(QueueName::from("desk"), desk)].into(),
        lines: [(LineName::from("main"), main)].into(),
        agents: BTreeMap::new(),
        entries_max: 10,
        rooms: [].into(),
        own_numbers: [].into(),
        caps: Default::default(),
        off: Default::default(),
        offers_of_lines: Default::default(),
    }
}

fn now() -> Now {
    Now { mono: Mono::ZERO, wall: Wall::from_unix_millis(1_795_255_200_000) }
}

fn requested(request: u64, arrived: Wall) -> Fact {
    Fact::CallbackRequested {
        request: RequestId(request),
        call: None,
        queue: QueueName::from("desk"),
        line: LineName::from("main"),
        person: PersonId(request),
        arrived,
        expires: arrived + Duration::from_secs(3_600),
        language: LanguageTag::from("en"),
        terms: Box::default(),
    }
}

fn person(id: u64, number: &str) -> (PersonId, Person) {
    let number = E164::parse(number).expect("a number");
    (PersonId(id), Person { id: PersonId(id), number, contact: None })
}

fn start(facts: &[Fact], people: &BTreeMap<PersonId, Person>) -> (Queues, Vec<Event>) {
    start_with(settings(), facts, people)
}

fn start_with(
    settings: Settings,
    facts: &[Fact],
    people: &BTreeMap<PersonId, Person>,
) -> (Queues, Vec<Event>) {
    let mut fold = Fold::default();
    for (fact, seq) in facts.iter().zip(1..) {
        fold.apply(&Entry { seq: Seq(seq), at: now().wall, fact: fact.clone() });
    }
    let recovered = fold.recovered();
    let mut queues = Queues::new(settings, &recovered, people, Entropy::from_u64(1), now());
    let said = std::iter::from_fn(|| queues.poll()).collect();
    (queues, said)
}

#[test]
fn of_two_requests_for_one_number_the_earlier_stays_and_the_later_ends() {
    let later = now().wall + Duration::from_secs(1);
    let facts = [requested(1, later), requested(2, now().wall)];
    let people = [person(1, "+33610000001"), person(2, "+33610000001")].into();
    let (queues, said) = start(&facts, &people);
    let open: Vec<RequestId> = queues.requests().map(|view| view.request).collect();
    assert_eq!(open, [RequestId(2)]);
    let end = RequestEnd::DuplicateIgnored;
    assert!(said.contains(&Event::Closed { request: RequestId(1), end }));
}

#[test]
fn requests_of_the_same_millisecond_stand_by_their_ids() {
    let facts = [requested(2, now().wall), requested(1, now().wall)];
    let people = [person(1, "+33610000001"), person(2, "+33610000002")].into();
    let (queues, _) = start(&facts, &people);
    let open: Vec<(Option<u32>, RequestId)> =
        queues.requests().map(|view| (view.place, view.request)).collect();
    assert_eq!(open, [(Some(1), RequestId(1)), (Some(2), RequestId(2))]);
}

#[test]
fn the_first_event_of_a_run_is_its_start() {
    let (_, said) = start(&[Fact::EngineStarted { epoch: 6 }], &BTreeMap::new());
    assert_eq!(said, [Event::Record { fact: Fact::EngineStarted { epoch: 7 } }]);
}

#[test]
fn a_promise_of_a_line_that_lost_its_outbound_number_is_kept_and_offered_to_nobody() {
    let facts = [requested(1, now().wall)];
    let people = [person(1, "+33610000001")].into();
    for (calls_back, offered) in [(true, 1), (false, 0)] {
        let mut settings = settings_of(calls_back);
        let anna = AgentSettings {
            queues: vec![QueueName::from("desk")],
            wrap_up: Duration::ZERO,
            online_at_start: true,
            reachable_at_start: true,
            ..queue::AgentSettings::default()
        };
        settings.agents.insert(AgentName::from("anna"), anna);
        let (queues, said) = start_with(settings, &facts, &people);
        let offers = said.iter().filter(|event| matches!(event, Event::Offer { .. })).count();
        assert_eq!(offers, offered);
        assert_eq!(queues.requests().count(), 1, "the promise stands");
    }
}
