//! Every named limit is reached once.

use std::collections::BTreeMap;
use std::time::Duration;

use ledger::{CallEnd, Fact, Fold, OfferEnd};
use model::{
    AgentName, CallId, E164, Entropy, LanguageTag, LineName, Mono, Now, QueueName, TrunkName, Wall,
};
use queue::{
    AgentSettings, AgentStatus, CallingHours, Command, Event, KEPT_PLACES_MAX, LineSettings, Order,
    QueueSettings, Queues, Refusal, Settings,
};

fn settings(agents: bool, entries_max: usize) -> Settings {
    let desk = QueueSettings {
        request_ttl: Duration::from_secs(3_600),
        attempts_total: 1,
        retry_delay: Duration::from_secs(300),
        decline_pause: Duration::from_secs(60),
        ..queue::QueueSettings::default()
    };
    let main = LineSettings {
        queue: QueueName::from("desk"),
        trunk: TrunkName::from("carrier"),
        calls_back: true,
        has_fallback: false,
        callback_queue: None,
        routing: queue::Routing::default(),
        screening: Default::default(),
        home: None,
    };
    let ann = AgentSettings {
        queues: vec![QueueName::from("desk")],
        wrap_up: Duration::ZERO,
        online_at_start: agents,
        reachable_at_start: true,
        ..queue::AgentSettings::default()
    };
    Settings {
        queues: [(QueueName::from("desk"), desk)].into(),
        lines: [(LineName::from("main"), main)].into(),
        agents: [(AgentName::from("ann"), ann)].into(),
        entries_max,
        rooms: [].into(),
        own_numbers: [].into(),
        caps: Default::default(),
        off: Default::default(),
        offers_of_lines: Default::default(),
    }
}

fn at(secs: u64) -> Now {
    let mono = Mono::from_nanos(secs * 1_000_000_000);
    Now { mono, wall: Wall::from_unix_millis(1_795_255_200_000) + Duration::from_secs(secs) }
}

fn queues(settings: Settings) -> Queues {
    let recovered = Fold::default().recovered();
    Queues::new(settings, &recovered, &BTreeMap::new(), Entropy::from_u64(1), at(0))
}

fn events(queues: &mut Queues) -> Vec<Event> {
    std::iter::from_fn(|| queues.poll()).collect()
}

fn arrive(queues: &mut Queues, call: u64) {
    let line = LineName::from("main");
    queues.handle(at(0), Command::Arrive { call: CallId(call), line, asks: Default::default() });
}

fn ask(queues: &mut Queues, call: u64, number: u64) {
    let number = E164::parse(&format!("+336{number:08}")).expect("a French mobile number");
    let language = LanguageTag::from("en");
    let command =
        Command::Request { call: CallId(call), number, caller: None, contact: None, language };
    queues.handle(at(0), command);
}

/// Tells that everything which waits for the journal is durable.
fn write_all(queues: &mut Queues) {
    for event in events(queues) {
        if let Event::RecordThen { order, .. } = event {
            queues.handle(at(0), Command::Recorded { order });
        }
    }
}

#[test]
fn beyond_the_most_entries_an_arrival_is_refused_and_counted() {
    let mut queues = queues(settings(false, 3));
    for call in 1..=3 {
        arrive(&mut queues, call);
    }
    ask(&mut queues, 1, 1);
    write_all(&mut queues);
    events(&mut queues);
    arrive(&mut queues, 4);
    let said = events(&mut queues);
    let call = CallId(4);
    assert_eq!(
        said[1..],
        [
            Event::Record { fact: Fact::CallEnded { call, end: CallEnd::Refused } },
            Event::Full { call },
        ]
    );
    queues.handle(at(0), Command::Leave { call: CallId(2), end: CallEnd::Abandoned });
    arrive(&mut queues, 5);
    assert_eq!(queues.place(CallId(5)), Some(3));
}

#[test]
fn beyond_eight_callers_who_ask_for_one_number_being_written_the_next_is_refused() {
    let mut queues = queues(settings(false, 100));
    for call in 0..=9 {
        arrive(&mut queues, call);
        ask(&mut queues, call, 1);
    }
    let refused: Vec<Event> = events(&mut queues)
        .into_iter()
        .filter(|event| matches!(event, Event::Refused { .. }))
        .collect();
    assert_eq!(refused, [Event::Refused { call: CallId(9), why: Refusal::Full }]);
}

#[test]
fn an_agent_whose_phone_fails_at_once_does_not_run_through_the_whole_queue() {
    let mut queues = queues(settings(true, 100));
    for call in 0..50 {
        arrive(&mut queues, call);
    }
    let mut offers = 0;
    while let Some(event) = queues.poll() {
        if let Event::Offer { offer, .. } = event {
            offers += 1;
            queues.handle(at(1), Command::OfferEnded { offer, end: OfferEnd::Failed });
            queues.handle(at(1), Command::AgentReleased { offer });
        }
    }
    assert_eq!(offers, 32);
    let deadline = queues.deadline().expect("the first pause ends");
    assert_eq!(deadline.at, at(61).mono);
    queues.handle_timeout(at(61));
    assert!(events(&mut queues).iter().any(|event| matches!(event, Event::Offer { .. })));
}

#[test]
fn more_requests_than_one_input_handles_expire_one_batch_after_the_other() {
    let mut queues = queues(settings(false, 5_000));
    for call in 0..2_500 {
        arrive(&mut queues, call);
        ask(&mut queues, call, call);
    }
    write_all(&mut queues);
    events(&mut queues);
    let online = queue::AgentStatus::Online;
    let agent = AgentName::from("ann");
    let mut batches = Vec::new();
    while queues.deadline().is_some() {
        if batches.is_empty() {
            let command = Command::SetStatus {
                agent: agent.clone(),
                status: online,
                reason: None,
                by: queue::SaidBy::Command,
            };
            queues.handle(at(3_600), command);
        } else {
            queues.handle_timeout(at(3_600));
        }
        let said = events(&mut queues);
        assert!(!said.iter().any(|event| matches!(event, Event::Offer { .. })));
        let closed = said.iter().filter(|event| matches!(event, Event::Closed { .. }));
        batches.push(closed.count());
    }
    assert_eq!(batches.iter().sum::<usize>(), 2_500);
    assert!(batches.len() > 1, "{batches:?}");
    assert!(queues.is_empty());
}

#[test]
fn a_promise_stands_until_it_is_made() {
    let mut queues = queues(settings(false, 10));
    arrive(&mut queues, 1);
    ask(&mut queues, 1, 1);
    let order = events(&mut queues).into_iter().find_map(|event| match event {
        Event::RecordThen { order, .. } => Some(order),
        _ => None,
    });
    let order: Order = order.expect("a promise to write");
    assert!(queues.stands(&order));
    queues.handle(at(0), Command::Recorded { order: order.clone() });
    assert!(!queues.stands(&order));
}

#[test]
fn however_many_customers_may_not_be_called_now_whoever_comes_after_them_is_offered() {
    let mut settings = settings(false, 10_000);
    for queue in settings.queues.values_mut() {
        // It is eleven in Paris.
        queue.calling_hours = Some(CallingHours { from: 12 * 60, to: 13 * 60 });
    }
    let mut queues = queues(settings);
    for call in 0..1_500 {
        arrive(&mut queues, call);
        ask(&mut queues, call, call);
    }
    write_all(&mut queues);
    arrive(&mut queues, 5_000);
    let (agent, status) = (AgentName::from("ann"), AgentStatus::Online);
    let by = queue::SaidBy::Command;
    queues.handle(at(1), Command::SetStatus { agent, status, reason: None, by });
    let offers = |queues: &mut Queues| {
        let said = events(queues).into_iter();
        said.filter(|event| matches!(event, Event::Offer { .. })).count()
    };
    assert_eq!(offers(&mut queues), 0, "a thousand plans are made for one input");
    assert_eq!(queues.deadline().map(|deadline| deadline.at), Some(at(1).mono));
    queues.handle_timeout(at(1));
    assert_eq!(offers(&mut queues), 1);
    assert!(queues.deadline().is_some_and(|deadline| deadline.at > at(1).mono));
}

#[test]
fn beyond_the_most_places_that_are_kept_the_first_to_end_is_let_go() {
    let mut settings = settings(false, 10);
    let desk = settings.queues.get_mut(&QueueName::from("desk")).expect("the desk");
    desk.place_kept_for = Duration::from_secs(60);
    let mut queues = queues(settings);
    let most = KEPT_PLACES_MAX as u64;
    let come = |queues: &mut Queues, call: u64, number: u64| {
        let from = E164::parse(&format!("+336{number:08}")).ok();
        let asks = queue::Asks { from, ..Default::default() };
        let line = LineName::from("main");
        queues.handle(at(0), Command::Arrive { call: CallId(call), line, asks });
    };
    for call in 0..=most {
        come(&mut queues, call, call);
        queues.handle(at(0), Command::Leave { call: CallId(call), end: CallEnd::Abandoned });
    }
    events(&mut queues);
    // One of those that end at once is gone, the others are all there.
    come(&mut queues, most + 1, most + 1);
    assert_eq!(queues.place(CallId(most + 1)), Some(KEPT_PLACES_MAX as u32 + 1));
    come(&mut queues, most + 2, 0);
    come(&mut queues, most + 3, most);
    let back = |said: &[Event]| {
        let taken = |it: &&Event| matches!(it, Event::Record { fact: Fact::PlaceTaken { .. } });
        said.iter().filter(taken).count()
    };
    assert_eq!(back(&events(&mut queues)), 1);
}
