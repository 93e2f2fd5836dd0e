//! Customers who have not called, and the times that they may choose where there are no slots.

use std::sync::Arc;

use ledger::{Fold, Origin, Terms};
use model::{E164, Entropy, LanguageTag, LineName, Mono, Now, QueueName, Wall};
use queue::{Command, Deferred, Event, Hours, QueueSettings, Queues, Refusal, Wish};

use crate::harness::nobody;

/// What is said to a customer on the web who chooses a time, on Monday at ten.
fn asked_for(time: &str, change: impl FnOnce(&mut QueueSettings)) -> String {
    let wall = |text: &str| Wall::parse(text).expect("a moment");
    let mut settings = nobody();
    change(settings.queues.get_mut(&QueueName::from("desk")).expect("the desk"));
    let now = Now { mono: Mono::from_nanos(0), wall: wall("2026-11-23T10:00+01:00") };
    let recovered = Fold::default().recovered();
    let entropy = Entropy::from_u64(1);
    let mut queues = Queues::new(settings, &recovered, &Default::default(), entropy, now);
    let wish = Wish {
        line: LineName::from("main"),
        number: E164::parse("+33612345678").expect("a number"),
        language: LanguageTag::from("en"),
        terms: Terms { origin: Origin::Web, due: Some(wall(time)), ..Terms::default() },
    };
    queues.handle(now, Command::Create { ticket: 1, wish: Box::new(wish) });
    let said = std::iter::from_fn(|| queues.poll()).find_map(|event| match event {
        Event::NotCreated { why: Refusal::Unavailable(why), .. } => Some(why.to_string()),
        Event::RecordThen { .. } => Some("promised".to_owned()),
        _ => None,
    });
    said.expect("an answer")
}

const AT_TWO: &str = "2026-11-23T14:00+01:00";
const AT_NIGHT: &str = "2026-11-24T03:00+01:00";

#[test]
fn nobody_chooses_a_time_where_none_may_be_chosen() {
    assert_eq!(asked_for(AT_TWO, |_| {}), "the settings allow none");
    let any_time = |queue: &mut QueueSettings| queue.deferred = Deferred::AnyTime;
    assert_eq!(asked_for(AT_TWO, any_time), "promised");
    let by_slots = |queue: &mut QueueSettings| queue.deferred = Deferred::Always;
    assert_eq!(asked_for(AT_TWO, by_slots), "the settings allow none");
}

#[test]
fn nobody_is_called_at_a_time_at_which_the_queue_is_closed() {
    let by_day = |queue: &mut QueueSettings| {
        let mut hours = Hours::in_zone("Europe/Paris").expect("a zone");
        hours.open_weekly("Mon-Sun 09:00-18:00").expect("hours");
        (queue.deferred, queue.hours) = (Deferred::AnyTime, Some(Arc::new(hours)));
    };
    assert_eq!(asked_for(AT_TWO, by_day), "promised");
    assert_eq!(asked_for(AT_NIGHT, by_day), "closed until 2026-11-24T08:00:00.000Z");
}
