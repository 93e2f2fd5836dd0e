//! When the offer is spoken, what its key leads to, and what happens while none may be asked for.

use std::time::Duration;

use crate::bench::{Bench, OWN, anonymous, caller};
use expect_test::expect;
use ivr::flow::{Flow, Labelled, Step};
use ivr::{Caller, OfferClock, OfferKey, OfferOpens, Phrase, Reply, Settings};
use model::Key;

fn times() -> Settings {
    Settings {
        offer_after: Duration::from_secs(30),
        offer_every: Duration::from_secs(120),
        ..Settings::default()
    }
}

#[test]
fn offers_by_the_clock_of_waiting_begin_at_their_times() {
    let settings = Settings { offer_clock: OfferClock::Waiting, ..times() };
    let mut bench = Bench::with(settings, caller());
    bench.seconds(270);
    expect![[r#"

        0:00.00 greeting
        0:01.00 music ...
        0:30.00 (first offer)
        0:30.00 offer
        0:31.00 music ...
        2:30.00 (next offer)
        2:30.00 offer
        2:31.00 music ...
        4:30.00 (next offer)
        4:30.00 offer
    "#]]
    .assert_eq(bench.story());
}

#[test]
fn an_offer_that_falls_into_the_menu_follows_it() {
    let settings = Settings { offer_clock: OfferClock::Waiting, ..times() };
    let mut bench = Bench::with(settings, caller());
    bench.seconds(29).keys("2").seconds(10).keys("3").seconds(3);
    expect![[r#"

        0:00.00 greeting
        0:01.00 music ...
        0:29.00         key 2
        0:29.00 menu
        0:36.00 (choice time)
        0:36.00 menu
        0:39.00         key 3
        0:39.00 back-to-queue
        0:40.00 offer
        0:41.00 music ...
    "#]]
    .assert_eq(bench.story());
}

#[test]
fn the_key_itself_may_be_the_choice() {
    let settings = Settings { offer_opens: OfferOpens::Promise, ..Settings::default() };
    let mut bench = Bench::with(settings.clone(), caller());
    bench.keys("2");
    assert_eq!(bench.promises(), [OWN]);
    let mut bench = Bench::with(settings, anonymous());
    bench.keys("2");
    assert_eq!(bench.script.step(), "menu", "who has no number is asked for one");
}

#[test]
fn any_key_may_ask_for_a_callback() {
    let settings = Settings { offer_key: OfferKey::Any, ..Settings::default() };
    let mut bench = Bench::with(settings, caller());
    bench.keys("7");
    assert_eq!(bench.script.step(), "menu");
}

#[test]
fn a_lone_hash_may_stand_for_the_callers_own_number() {
    let settings = Settings { hash_is_own_number: true, ..Settings::default() };
    let mut bench = Bench::with(settings.clone(), caller());
    bench.keys("22#");
    assert_eq!(bench.promises(), [OWN]);
    let mut bench = Bench::with(settings, anonymous());
    bench.keys("22#");
    assert_eq!(bench.script.step(), "entering a number");
    let mut bench = Bench::new(caller());
    bench.keys("22#");
    assert_eq!(bench.script.step(), "entering a number", "unless it is set so, it means nothing");
}

#[test]
fn while_no_callback_may_be_asked_for_none_is_offered() {
    let mut bench = Bench::with(times(), caller());
    bench.script.set_open(false);
    bench.seconds(200).keys("2").seconds(2);
    bench.script.set_open(true);
    bench.seconds(130).keys("21").reply(Reply::Promised);
    expect![[r#"

        0:00.00 greeting
        0:01.00 music ...
        0:31.00 (first offer)
        2:31.00 (next offer)
        3:20.00         key 2
        3:20.00 not-available
        3:21.00 music ...
        5:21.00 (next offer)
        5:21.00 offer
        5:22.00 music ...
        5:32.00         key 2
        5:32.00 menu
        5:32.00         key 1
        5:32.00 (silent)
        5:32.00 PROMISE +33612345678?
        5:32.00         reply Promised
        5:32.00 promised
    "#]]
    .assert_eq(bench.story());
}

#[test]
fn an_offer_that_is_not_spoken_has_a_key_that_works() {
    let mut bench = Bench::new(Caller { offer_spoken: false, ..caller() });
    bench.seconds(200).keys("21");
    assert_eq!(bench.promises(), [OWN]);
    assert!(!bench.story().contains("offer"), "{}", bench.story());
}

#[test]
fn an_operator_may_have_other_words_for_the_offer_and_the_promise() {
    let named = |name: &str| Phrase::Named(name.into());
    let words = Caller { offer: named("ours"), promised: named("yes"), ..caller() };
    let mut bench = Bench::new(words);
    bench.seconds(3).keys("21").reply(Reply::Promised).seconds(2);
    expect![[r#"

        0:00.00 greeting
        0:01.00 ours
        0:02.00 music ...
        0:03.00         key 2
        0:03.00 menu
        0:03.00         key 1
        0:03.00 (silent)
        0:03.00 PROMISE +33612345678?
        0:03.00         reply Promised
        0:03.00 yes
        0:04.00 HANG UP
    "#]]
    .assert_eq(bench.story());
}

fn told() -> Caller {
    Caller { callbacks: false, tells_wait: true, ..caller() }
}

#[test]
fn the_wait_is_told_while_it_is_known_and_never_a_longer_one_than_before() {
    let mut bench = Bench::with(times(), told());
    // Not known at first; then it falls, rises, and falls below what was told.
    bench.seconds(60).wait_is(Some((6, 9))).seconds(120).wait_is(Some((5, 8))).seconds(120);
    bench.wait_is(Some((5, 9))).seconds(120).wait_is(None).seconds(120);
    bench.wait_is(Some((1, 1))).seconds(120);
    expect![[r#"

        0:00.00 greeting
        0:01.00 music ...
        0:31.00 (first offer)
        1:00.00         wait Some((6, 9))
        2:31.00 (next offer)
        2:31.00 wait-about count-6 wait-to count-9 wait-minutes
        2:36.00 music ...
        3:00.00         wait Some((5, 8))
        4:36.00 (next offer)
        4:36.00 wait-about count-5 wait-to count-8 wait-minutes
        4:41.00 music ...
        5:00.00         wait Some((5, 9))
        6:41.00 (next offer)
        7:00.00         wait None
        8:41.00 (next offer)
        9:00.00         wait Some((1, 1))
        10:41.00 (next offer)
        10:41.00 wait-one
        10:42.00 music ...
    "#]]
    .assert_eq(bench.story());
}

#[test]
fn the_wait_is_told_before_the_offer() {
    let mut bench = Bench::with(times(), Caller { callbacks: true, ..told() });
    bench.wait_is(Some((25, 62))).seconds(40);
    expect![[r#"

        0:00.00 greeting
        0:00.00         wait Some((25, 62))
        0:01.00 music ...
        0:31.00 (first offer)
        0:31.00 wait-long offer
        0:33.00 music ...
    "#]]
    .assert_eq(bench.story());
}

#[test]
fn a_caller_of_a_flow_is_told_the_wait_in_the_queue() {
    let queue = Step::Queue { exits: Default::default(), offer: false, say: None };
    let flow = Flow::new("day", vec![Labelled { label: None, step: queue }]).expect("a flow");
    let mut bench = Bench::in_flow(flow, told());
    bench.wait_is(Some((2, 3))).seconds(100);
    expect![[r#"

        0:00.00 WAIT
        0:00.00 music ...
        0:00.00         wait Some((2, 3))
        0:45.00 (first offer)
        0:45.00 wait-about count-2 wait-to count-3 wait-minutes
        0:50.00 music ...
        1:35.00 (next offer)
        1:35.00 wait-about count-2 wait-to count-3 wait-minutes
        1:40.00 music ...
    "#]]
    .assert_eq(bench.story());
}

#[test]
fn the_place_is_told_and_never_a_worse_one_than_before() {
    let told = Caller { callbacks: false, tells_place: true, ..caller() };
    let mut bench = Bench::with(times(), told);
    for place in [21, 22, 2, 1] {
        bench.script.set_place(Some(place));
        bench.seconds(120);
    }
    expect![[r#"

        0:00.00 greeting
        0:01.00 music ...
        0:31.00 (first offer)
        0:31.00 position number
        0:33.00 music ...
        2:33.00 (next offer)
        4:33.00 (next offer)
        4:33.00 position number
        4:35.00 music ...
        6:35.00 (next offer)
        6:35.00 position-first
        6:36.00 music ...
    "#]]
    .assert_eq(bench.story());
}

#[test]
fn the_offer_names_the_key_that_is_for_it_unless_the_line_has_words_of_its_own() {
    let said = |key: OfferKey, own: Option<&str>| {
        let settings = Settings { offer_key: key, ..Settings::default() };
        let offer = own.map_or(Phrase::Offer, |own| Phrase::Named(own.into()));
        let mut bench = Bench::with(settings, Caller { offer, ..caller() });
        bench.seconds(2);
        let second = bench.story().lines().find(|line| line.contains("0:01"));
        second.unwrap_or_default().trim().to_owned()
    };
    let one = |key: char| OfferKey::One(Key::from_char(key).expect("a key"));
    let all = [one('2'), one('1'), one('0'), one('*'), one('#'), OfferKey::Any];
    let told = all.map(|key| said(key, None));
    expect![[r#"
        0:01.00 offer
        0:01.00 offer-press 1
        0:01.00 offer-press 0
        0:01.00 offer-star
        0:01.00 offer-hash
        0:01.00 offer-any"#]]
    .assert_eq(&told.join("\n"));
    expect!["0:01.00 own-offer"].assert_eq(&said(one('1'), Some("own-offer")));
}
