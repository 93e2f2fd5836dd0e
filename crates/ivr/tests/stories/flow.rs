//! Stories of callers in flows, and what makes a flow a bad one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::bench::{Bench, OWN, anonymous, caller};
use crate::caller::check;
use expect_test::expect;
use ivr::flow::{
    Asking, Asks, Empty, Exits, Flaw, Flow, Labelled, Limit, Offers, Part, Refusals, STEPS_MAX,
    Step, Test, Value, ValueKind, Way,
};
use ivr::{Output, Phrase, Reply};
use model::Key;
use proptest::prelude::*;

fn clip(name: &str) -> Phrase {
    Phrase::Named(name.into())
}

fn say(name: &str) -> Step {
    Step::say([clip(name)])
}

fn asking(question: &str, otherwise: Option<&str>) -> Asking {
    Asking {
        question: vec![Part::Clip(clip(question))],
        wait: Some(Duration::from_secs(6)),
        tries: Some(2),
        otherwise: otherwise.map(Arc::from),
    }
}

fn digit(into: &str, keys: &str, question: &str, otherwise: Option<&str>) -> Step {
    let keys = keys.chars().map(|c| Key::from_char(c).expect("a key")).collect();
    let (into, exits) = (into.into(), Exits::default());
    Step::GetDigit { into, keys, exits, asking: asking(question, otherwise) }
}

fn number(into: &str, question: &str, otherwise: Option<&str>) -> Step {
    Step::GetValue {
        into: into.into(),
        kind: ValueKind::Number,
        empty: Some(Empty { of: "caller.number".into(), go: None }),
        wrong: Phrase::BadNumber,
        bad: None,
        refused: None,
        asking: asking(question, otherwise),
    }
}

fn equals(of: &str, is: &str, go: &str) -> Step {
    let test = Test { of: of.into(), is: Some(is.into()), not: false };
    Step::If { test, go: go.into() }
}

fn go(to: &str) -> Step {
    Step::Go { to: to.into() }
}

fn queue(exits: &[(char, &str)]) -> Step {
    let exit =
        |(key, label): &(char, &str)| (Key::from_char(*key).expect("a key"), (*label).into());
    let (offer, keys) = (exits.is_empty(), exits.iter().map(exit).collect());
    Step::Queue { exits: Exits { keys, ..Exits::default() }, offer, say: None }
}

fn call_back(number: &str, otherwise: Option<&str>) -> Step {
    let refusals = Refusals { otherwise: otherwise.map(Arc::from), ..Refusals::default() };
    Step::Callback { number: number.into(), say: None, refusals }
}

fn steps(steps: Vec<(&str, Step)>) -> Vec<Labelled> {
    let labelled = |(label, step): (&str, Step)| Labelled {
        label: (!label.is_empty()).then(|| label.into()),
        step,
    };
    steps.into_iter().map(labelled).collect()
}

fn flow(list: Vec<(&str, Step)>) -> Flow {
    Flow::new("test", steps(list)).expect("a good flow")
}

/// The way out of the queue that 8x8 describes: say, get digit, get value, read back, confirm.
fn way_out() -> Flow {
    flow(vec![
        ("wait", queue(&[('9', "leave")])),
        ("leave", digit("choice", "12", "this-number-or-another", Some("wait"))),
        ("", Step::Set { into: "customer.phone".into(), to: Value::Of("caller.number".into()) }),
        ("", equals("choice", "1", "call")),
        ("type", number("customer.phone", "type-your-number", Some("wait"))),
        ("", Step::SayDigits { of: "customer.phone".into() }),
        ("", digit("right", "12", "right-or-again", Some("wait"))),
        ("", equals("right", "2", "type")),
        ("call", call_back("customer.phone", Some("wait"))),
        ("", say("goodbye")),
    ])
}

#[test]
fn a_caller_leaves_the_queue_by_a_key_types_a_number_and_is_promised() {
    let mut bench = Bench::in_flow(way_out(), caller());
    bench.seconds(5).keys("9").seconds(2).keys("2").seconds(2).keys("0033699887766#");
    bench.seconds(14).keys("1").reply(Reply::Promised).seconds(5);
    check(
        &bench,
        expect![[r#"

            0:00.00 WAIT
            0:00.00 music ...
            0:05.00         key 9
            0:05.00 this-number-or-another
            0:07.00         key 2
            0:07.00 type-your-number
            0:09.00         key 0033699887766#
            0:09.00 plus 3 3 6 9 9 8 8 7 7 6 6
            0:21.00 right-or-again
            0:23.00         key 1
            0:23.00 PROMISE +33699887766?
            0:23.00         reply Promised
            0:23.00 promised
            0:24.00 goodbye
            0:25.00 HANG UP
        "#]],
    );
    assert_eq!(bench.promises(), ["+33699887766"]);
}

#[test]
fn keys_typed_ahead_answer_every_question_on_the_way() {
    let mut bench = Bench::in_flow(way_out(), caller());
    bench.keys("920033699887766#").seconds(30);
    check(
        &bench,
        expect![[r#"

            0:00.00 WAIT
            0:00.00 music ...
            0:00.00         key 9
            0:00.00 this-number-or-another
            0:00.00         key 2
            0:00.00 type-your-number
            0:00.00         key 0
            0:00.00 (silent)
            0:00.00         key 033699887766#
            0:00.00 plus 3 3 6 9 9 8 8 7 7 6 6
            0:12.00 right-or-again
            0:19.00 (an answer)
            0:19.00 right-or-again
            0:26.00 (an answer)
            0:26.00 WAIT
            0:26.00 music ...
        "#]],
    );
}

#[test]
fn what_is_typed_while_something_is_said_answers_the_next_question() {
    let said = flow(vec![
        ("", say("notice")),
        ("", digit("choice", "12", "question", None)),
        ("", Step::SayDigits { of: "choice".into() }),
        ("", queue(&[])),
    ]);
    let mut bench = Bench::in_flow(said, caller());
    bench.keys("52").seconds(4);
    check(
        &bench,
        expect![[r#"

            0:00.00 notice
            0:00.00         key 52
            0:01.00 2
            0:02.00 WAIT
            0:02.00 offer
            0:03.00 music ...
        "#]],
    );
}

#[test]
fn a_hash_alone_stands_for_the_number_that_calls() {
    let mut bench = Bench::in_flow(way_out(), caller());
    bench.keys("92#").seconds(20).keys("1").reply(Reply::Promised);
    assert_eq!(bench.promises(), [OWN]);
    let mut without = Bench::in_flow(way_out(), anonymous());
    without.keys("92#").seconds(60);
    assert_eq!(without.promises(), [] as [&str; 0]);
}

#[test]
fn who_says_nothing_and_who_types_nonsense_goes_where_the_question_says() {
    let mut silent = Bench::in_flow(way_out(), caller());
    silent.keys("9").seconds(30);
    check(
        &silent,
        expect![[r#"

            0:00.00 WAIT
            0:00.00 music ...
            0:00.00         key 9
            0:00.00 this-number-or-another
            0:07.00 (an answer)
            0:07.00 this-number-or-another
            0:14.00 (an answer)
            0:14.00 WAIT
            0:14.00 music ...
        "#]],
    );
    let mut wrong = Bench::in_flow(way_out(), caller());
    wrong.keys("92").seconds(1).keys("061#").seconds(3).keys("12#").seconds(5);
    check(
        &wrong,
        expect![[r#"

            0:00.00 WAIT
            0:00.00 music ...
            0:00.00         key 9
            0:00.00 this-number-or-another
            0:00.00         key 2
            0:00.00 type-your-number
            0:01.00         key 061#
            0:01.00 bad-number type-your-number
            0:04.00         key 12#
            0:04.00 WAIT
            0:04.00 music ...
        "#]],
    );
}

#[test]
fn a_promise_that_is_not_made_is_said_and_the_step_says_where_to_go() {
    for (reply, said) in [
        (Reply::AlreadyWaiting, "already-waiting"),
        (Reply::NotAvailable, "not-available"),
        (Reply::NotCalled, "number-refused"),
    ] {
        let mut bench = Bench::in_flow(way_out(), caller());
        bench.keys("91").seconds(1).reply(reply).seconds(2);
        let story = bench.story().to_owned();
        assert!(story.contains(said), "{story}");
        assert!(story.contains("music ..."), "{story}");
        assert!(!story.contains("HANG UP"), "{story}");
    }
}

#[test]
fn a_promise_that_comes_too_late_is_said_all_the_same() {
    let mut bench = Bench::in_flow(way_out(), caller());
    bench.keys("91").seconds(12).reply(Reply::Promised).seconds(2);
    check(
        &bench,
        expect![[r#"

            0:00.00 WAIT
            0:00.00 music ...
            0:00.00         key 9
            0:00.00 this-number-or-another
            0:00.00         key 1
            0:00.00 (silent)
            0:00.00 PROMISE +33612345678?
            0:05.00 (promise time)
            0:05.00 not-available
            0:06.00 WAIT
            0:06.00 music ...
            0:12.00         reply Promised
            0:12.00 promised
            0:13.00 HANG UP
        "#]],
    );
}

#[test]
fn while_no_callback_may_be_asked_for_none_is() {
    let mut bench = Bench::in_flow(way_out(), caller());
    bench.script.set_open(false);
    bench.keys("91").seconds(3);
    assert_eq!(bench.promises(), [] as [&str; 0]);
    assert!(bench.story().contains("not-available"), "{}", bench.story());
}

#[test]
fn the_built_in_offer_and_its_menu_work_in_the_queue_of_a_flow() {
    let plain = flow(vec![("", say("hello")), ("", queue(&[]))]);
    let mut bench = Bench::in_flow(plain, caller());
    bench.seconds(3).keys("2").seconds(2).keys("1").reply(Reply::Promised).seconds(3);
    check(
        &bench,
        expect![[r#"

            0:00.00 hello
            0:01.00 WAIT
            0:01.00 offer
            0:02.00 music ...
            0:03.00         key 2
            0:03.00 menu
            0:05.00         key 1
            0:05.00 PROMISE +33612345678?
            0:05.00         reply Promised
            0:05.00 promised
            0:06.00 HANG UP
        "#]],
    );
}

#[test]
fn an_announcement_of_the_flows_own_comes_at_the_times_of_the_offer() {
    let keys = BTreeMap::from([(Key::from_char('9').unwrap(), "out".into())]);
    let exits = Exits { keys, ..Exits::default() };
    let waits = Step::Queue { exits, offer: true, say: Some(clip("press-9")) };
    let announced = flow(vec![("", waits), ("out", say("goodbye"))]);
    let mut bench = Bench::in_flow(announced, caller());
    bench.seconds(50).keys("2").seconds(1).keys("9").seconds(2);
    check(
        &bench,
        expect![[r#"

            0:00.00 WAIT
            0:00.00 press-9
            0:01.00 music ...
            0:46.00 (next offer)
            0:46.00 press-9
            0:47.00 music ...
            0:50.00         key 2
            0:51.00         key 9
            0:51.00 goodbye
            0:52.00 HANG UP
        "#]],
    );
}

#[test]
fn digits_are_taken_in_number_and_complete_with_the_last() {
    let pin = Step::GetValue {
        into: "pin".into(),
        kind: ValueKind::Digits { least: 2, most: 4 },
        empty: None,
        wrong: Phrase::WrongKey,
        bad: None,
        refused: None,
        asking: asking("pin", Some("sorry")),
    };
    let pins = flow(vec![
        ("", pin),
        ("", equals("pin", "1234", "in")),
        ("sorry", Step::HangUp),
        ("in", queue(&[])),
    ]);
    let story = |keys: &str| {
        let mut bench = Bench::in_flow(pins.clone(), caller());
        bench.keys(keys).seconds(40);
        bench.story().to_owned()
    };
    assert!(story("1234").contains("WAIT"), "{}", story("1234"));
    assert!(story("12#").ends_with("HANG UP\n"), "{}", story("12#"));
    assert!(story("1#").contains("wrong-key pin"), "{}", story("1#"));
}

#[test]
fn what_could_strand_a_caller_is_no_flow() {
    let flaws = |list| Flow::new("test", steps(list)).expect_err("a bad flow");
    assert_eq!(flaws(vec![]), [Flaw::Empty]);
    assert_eq!(
        flaws(vec![("", go("nowhere")), ("", queue(&[('1', "gone")]))]),
        [
            Flaw::UnknownLabel { step: 0, label: "nowhere".into() },
            Flaw::UnknownLabel { step: 1, label: "gone".into() },
        ]
    );
    assert_eq!(
        flaws(vec![("a", say("x")), ("a", say("y"))]),
        [Flaw::LabelTwice { step: 1, label: "a".into(), first: 0 }]
    );
    assert_eq!(
        flaws(vec![("", equals("choise", "1", "end")), ("end", Step::HangUp)]),
        [Flaw::UnknownVariable { step: 0, name: "choise".into() }]
    );
    let set = Step::Set { into: "caller.number".into(), to: Value::Text("1".into()) };
    assert_eq!(flaws(vec![("", set)]), [Flaw::ReadOnly { step: 0, name: "caller.number".into() }]);
    assert_eq!(
        flaws(vec![("", say("a")), ("again", say("b")), ("", go("again"))]),
        [Flaw::LoopWithoutInput { step: 1 }]
    );
    let most = vec![("", say("x")); STEPS_MAX + 1];
    assert_eq!(flaws(most.clone()), [Flaw::TooMany { step: STEPS_MAX }]);
    assert!(Flow::new("test", steps(most[1..].to_vec())).is_ok());
}

fn urgent() -> Step {
    Step::Asks(Asks { skills: vec![("french".into(), 2)], priority: Some(9) })
}

#[test]
fn what_is_asked_for_is_said_before_the_caller_waits() {
    let good = vec![("", say("a")), ("", urgent()), ("", queue(&[]))];
    let mut bench = Bench::in_flow(flow(good), caller());
    bench.seconds(9);
    let story = bench.story();
    let (asks, wait) = (story.find("ASKS FOR"), story.find("WAIT"));
    assert!(asks.is_some() && asks < wait, "{story}");
    let late = vec![("", queue(&[('9', "out")])), ("out", say("a")), ("", urgent())];
    let flaws = |list| Flow::new("test", steps(list)).expect_err("flawed");
    assert_eq!(flaws(late), [Flaw::AsksTooLate { step: 2 }]);
    let again = vec![("again", urgent()), ("", queue(&[('9', "again")]))];
    assert_eq!(flaws(again), [Flaw::AsksTooLate { step: 0 }]);
}

#[test]
fn a_loop_that_asks_is_none_without_input() {
    let asks = vec![("again", digit("key", "12", "question", None)), ("", go("again"))];
    assert!(Flow::new("test", steps(asks)).is_ok());
}

#[test]
fn steps_that_nobody_comes_to_are_told() {
    let idle = flow(vec![("", go("end")), ("", say("never")), ("end", Step::HangUp)]);
    assert_eq!(idle.unreachable(), [1]);
}

/// A queue whose offer leads to a step of the flow's own.
fn joined_queue(to: &str) -> Step {
    let named = BTreeMap::from([(Way::Offer, to.into()), (Way::Message, to.into())]);
    Step::Queue { exits: Exits { named, ..Exits::default() }, offer: true, say: None }
}

/// A callback each of whose refusals leads somewhere.
fn refused(to: &str) -> Step {
    let to = || Some(to.into());
    let refusals = Refusals { already: to(), refused: to(), unavailable: to(), otherwise: None };
    Step::Callback { number: "x".into(), say: None, refusals }
}

const LABELS: [&str; 4] = ["a", "b", "c", "d"];

fn any_step() -> impl Strategy<Value = Step> {
    let label = || prop::sample::select(LABELS.as_slice());
    prop_oneof![
        Just(say("notice")),
        Just(Step::Mark),
        label().prop_map(|to| digit("x", "123", "question", Some(to))),
        label().prop_map(|to| number("x", "number", Some(to))),
        Just(number("x", "number", None)),
        Just(Step::SayDigits { of: "x".into() }),
        Just(Step::Set { into: "x".into(), to: Value::Of("caller.number".into()) }),
        label().prop_map(|to| equals("x", "1", to)),
        label().prop_map(go),
        label().prop_map(|to| queue(&[('1', to)])),
        Just(queue(&[])),
        label().prop_map(joined_queue),
        Just(Step::Say { parts: vec![Part::Clip(clip("first")), Part::Exits], joined: true }),
        label().prop_map(|to| Step::Count { into: "x".into(), to: Limit::To(2), go: to.into() }),
        prop::sample::select(vec![Offers::Off, Offers::Unspoken]).prop_map(Step::Offers),
        label().prop_map(refused),
        label().prop_map(|to| call_back("x", Some(to))),
        label()
            .prop_map(|to| Step::Transfer { to: Some("desk".into()), otherwise: Some(to.into()) }),
        Just(Step::Offer),
        Just(Step::Record(true)),
        Just(Step::HangUp),
    ]
}

#[derive(Debug, Clone)]
enum Act {
    Key(char),
    Wait(u64),
    Reply(Reply),
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => prop::sample::select("0123456789*#".chars().collect::<Vec<_>>()).prop_map(Act::Key),
        3 => (0_u64..20).prop_map(Act::Wait),
        1 => prop::sample::select(vec![
            Reply::Promised, Reply::AlreadyWaiting, Reply::NotAvailable, Reply::NotReached,
            Reply::NotCalled
        ]).prop_map(Act::Reply),
    ]
}

proptest! {
    /// Whatever the flow and whatever the caller does: something is played or awaited, or the call
    /// has ended, once; and a promise that was made is always spoken.
    #[test]
    fn nobody_is_ever_stranded(
        list in prop::collection::vec(any_step(), 4..20),
        acts in prop::collection::vec(any_act(), 0..60),
    ) {
        let mut list: Vec<(&str, Step)> = list.into_iter().map(|step| ("", step)).collect();
        for (place, label) in LABELS.iter().enumerate() {
            list[place].0 = label;
        }
        list.push(("", Step::Set { into: "x".into(), to: Value::Text("1".into()) }));
        let flow = match Flow::new("any", steps(list)) {
            Ok(flow) => flow,
            Err(flaws) => {
                let loops = |flaw: &Flaw| matches!(flaw, Flaw::LoopWithoutInput { .. });
                prop_assert!(flaws.iter().all(loops), "{flaws:?}");
                return Ok(());
            }
        };
        let mut bench = Bench::in_flow(flow, caller());
        let mut answered = 0;
        for act in acts {
            match act {
                Act::Key(key) => drop(bench.keys(&key.to_string())),
                Act::Wait(seconds) => drop(bench.seconds(seconds)),
                Act::Reply(reply) => {
                    let asked = bench.promises().len() > answered;
                    let over = bench.story().contains("HANG UP");
                    let before = bench.heard.len();
                    bench.reply(reply);
                    if reply != Reply::NotReached {
                        answered = bench.promises().len();
                    }
                    let spoken = bench.heard[before..].iter().any(|heard| {
                        matches!(&heard.output, Output::Play { phrases, .. }
                            if phrases.contains(&Phrase::Promised))
                    });
                    prop_assert_eq!(
                        spoken, asked && !over && reply == Reply::Promised, "{}", bench.story()
                    );
                }
            }
            let story = bench.story();
            let ended = story.matches("HANG UP").count();
            prop_assert!(ended <= 1, "{story}");
            let awaited = bench.script.deadline().is_some()
                || bench.ends.is_some()
                || story.contains("WAIT")
                || story.contains("PUT THROUGH");
            prop_assert!(ended == 1 || awaited, "{story}");
        }
    }
}

/// A message from the queue, in the flow's own words.
fn messages() -> Flow {
    let message = Step::Message { say: None, call_back: Some("caller.number".into()) };
    flow(vec![("wait", queue(&[('5', "message")])), ("message", message), ("", say("goodbye"))])
}

#[test]
fn a_message_ends_with_hash_or_after_its_longest_time_and_other_keys_are_part_of_it() {
    let mut bench = Bench::in_flow(messages(), caller());
    bench.seconds(5).keys("5").seconds(1).keys("#").seconds(9).keys("7").seconds(1).keys("#");
    bench.seconds(5);
    check(
        &bench,
        expect![[r#"

        0:00.00 WAIT
        0:00.00 music ...
        0:05.00         key 5
        0:05.00 message beep
        0:06.00         key #
        0:07.00 RECORD, then call +33612345678
        0:15.00         key 7
        0:16.00         key #
        0:16.00 RECORDED
        0:16.00 message-kept
        0:17.00 goodbye
        0:18.00 HANG UP
    "#]],
    );
    let mut bench = Bench::in_flow(messages(), anonymous());
    bench.seconds(5).keys("5").seconds(200);
    check(
        &bench,
        expect![[r#"

        0:00.00 WAIT
        0:00.00 music ...
        0:05.00         key 5
        0:05.00 message beep
        0:07.00 RECORD
        3:07.00 (the longest message)
        3:07.00 RECORDED
        3:07.00 message-kept
        3:08.00 goodbye
        3:09.00 HANG UP
    "#]],
    );
}

#[test]
fn a_message_ends_when_nothing_more_is_said_and_without_a_word_there_is_none() {
    let mut bench = Bench::in_flow(messages(), caller());
    bench.quiet(true).seconds(5).keys("5").seconds(20).quiet(true).quiet(true).seconds(5);
    check(
        &bench,
        expect![[r#"

        0:00.00 WAIT
        0:00.00 music ...
        0:00.00         quiet
        0:05.00         key 5
        0:05.00 message beep
        0:07.00 RECORD, then call +33612345678
        0:25.00         quiet
        0:25.00 RECORDED
        0:25.00 message-kept
        0:25.00         quiet
        0:26.00 goodbye
        0:27.00 HANG UP
    "#]],
    );
    let mut bench = Bench::in_flow(messages(), caller());
    bench.seconds(5).keys("5").seconds(8).quiet(false).seconds(5);
    check(
        &bench,
        expect![[r#"

        0:00.00 WAIT
        0:00.00 music ...
        0:05.00         key 5
        0:05.00 message beep
        0:07.00 RECORD, then call +33612345678
        0:13.00         quiet
        0:13.00 NOTHING RECORDED
        0:13.00 goodbye
        0:14.00 HANG UP
    "#]],
    );
}
