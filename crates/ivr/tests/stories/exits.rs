//! The other ways out of the queue: a message, and somebody who answers in its place.

use std::sync::Arc;

use expect_test::expect;
use ivr::flow::{Flow, Labelled, Step};
use ivr::{Caller, Exit, ExitKeys, Phrase, Reply, Settings};
use model::Key;

use crate::bench::{Bench, caller};

fn settings() -> Settings {
    let exits = ExitKeys { message: Key::from_char('8'), operator: Key::from_char('0') };
    Settings { exits, ..Settings::default() }
}

fn with_operator() -> Caller {
    Caller { operator: Some("desk".into()), ..caller() }
}

#[test]
fn the_exits_are_spoken_with_the_offer_and_the_menu_and_work_from_the_greeting_on() {
    let mut bench = Bench::with(settings(), with_operator());
    bench.seconds(8).keys("2").seconds(2).keys("8").seconds(9).keys("5").seconds(1).keys("#");
    bench.seconds(3);
    expect![[r#"

        0:00.00 greeting
        0:01.00 offer exit-message 8 exit-operator 0
        0:06.00 music ...
        0:08.00         key 2
        0:08.00 menu exit-message 8 exit-operator 0
        0:10.00         key 8
        0:10.00 message beep
        0:12.00 RECORD, then call +33612345678
        0:19.00         key 5
        0:20.00         key #
        0:20.00 RECORDED
        0:20.00 message-kept
        0:21.00 HANG UP
    "#]]
    .assert_eq(bench.story());
    let mut bench = Bench::with(settings(), with_operator());
    bench.keys("0").seconds(3);
    bench.reply(Reply::NotReached).seconds(2);
    expect![[r#"

        0:00.00 greeting
        0:00.00         key 0
        0:00.00 connecting
        0:01.00 PUT THROUGH to desk
        0:01.00 ringback ...
        0:03.00         reply NotReached
        0:03.00 back-to-queue
        0:04.00 music ...
    "#]]
    .assert_eq(bench.story());
}

#[test]
fn without_an_operator_its_key_is_none() {
    let mut bench = Bench::with(settings(), caller());
    bench.keys("0").seconds(3);
    expect![[r#"

        0:00.00 greeting
        0:00.00         key 0
        0:01.00 offer exit-message 8
    "#]]
    .assert_eq(bench.story());
}

#[test]
fn exits_are_offered_where_callbacks_are_not() {
    let mut bench = Bench::with(settings(), Caller { callbacks: false, ..with_operator() });
    bench.seconds(50);
    expect![[r#"

        0:00.00 greeting
        0:01.00 exit-message 8 exit-operator 0
        0:05.00 music ...
        0:50.00 (next offer)
        0:50.00 exit-message 8 exit-operator 0
    "#]]
    .assert_eq(bench.story());
}

#[test]
fn a_queue_that_overflows_leads_on_after_the_greeting() {
    let mut bench = Bench::with(settings(), with_operator());
    bench.script.set_overflow(Some(Exit::Message));
    bench.seconds(4).keys("#").seconds(2);
    expect![[r#"

        0:00.00 greeting
        0:01.00 message beep
        0:03.00 RECORD, then call +33612345678
        0:04.00         key #
        0:04.00 RECORDED
        0:04.00 message-kept
        0:05.00 HANG UP
    "#]]
    .assert_eq(bench.story());
    let mut bench = Bench::with(settings(), caller());
    bench.script.set_overflow(Some(Exit::Operator));
    bench.seconds(2);
    expect![[r#"

        0:00.00 greeting
        0:01.00 offer exit-message 8
    "#]]
    .assert_eq(bench.story());
}

fn flow(steps: Vec<(&str, Step)>) -> Flow {
    let labelled = |(label, step): (&str, Step)| {
        let label = (!label.is_empty()).then(|| Arc::from(label));
        Labelled { label, step }
    };
    Flow::new("own", steps.into_iter().map(labelled).collect()).expect("a good flow")
}

fn say(name: &str) -> Step {
    Step::say([Phrase::Named(name.into())])
}

#[test]
fn a_flow_puts_through_and_goes_elsewhere_when_nobody_answers() {
    let through = Step::Transfer { to: Some("desk".into()), otherwise: Some("sorry".into()) };
    let steps = vec![("", through), ("", say("never")), ("sorry", say("sorry"))];
    let mut bench = Bench::in_flow(flow(steps), caller());
    bench.seconds(20).keys("1");
    bench.reply(Reply::NotReached).seconds(2);
    expect![[r#"

        0:00.00 PUT THROUGH to desk
        0:00.00 ringback ...
        0:20.00         key 1
        0:20.00         reply NotReached
        0:20.00 sorry
        0:21.00 HANG UP
    "#]]
    .assert_eq(bench.story());
}

#[test]
fn a_flow_offers_a_callback_by_the_menu_and_goes_on_with_who_wants_none() {
    let steps = vec![("", Step::Record(false)), ("", Step::Offer), ("", say("goodbye"))];
    let mut bench = Bench::in_flow(flow(steps.clone()), caller());
    bench.seconds(3).keys("3").seconds(3);
    expect![[r#"

        0:00.00 NOT TO BE RECORDED
        0:00.00 menu
        0:03.00         key 3
        0:03.00 goodbye
        0:04.00 HANG UP
    "#]]
    .assert_eq(bench.story());
    let mut bench = Bench::in_flow(flow(steps.clone()), caller());
    bench.keys("1");
    bench.reply(Reply::Promised).seconds(3);
    expect![[r#"

        0:00.00 NOT TO BE RECORDED
        0:00.00 menu
        0:00.00         key 1
        0:00.00 (silent)
        0:00.00 PROMISE +33612345678?
        0:00.00         reply Promised
        0:00.00 promised
        0:01.00 HANG UP
    "#]]
    .assert_eq(bench.story());
    let mut bench = Bench::in_flow(flow(steps), Caller { callbacks: false, ..caller() });
    bench.seconds(2);
    expect![[r#"

        0:00.00 NOT TO BE RECORDED
        0:00.00 goodbye
        0:01.00 HANG UP
    "#]]
    .assert_eq(bench.story());
}
