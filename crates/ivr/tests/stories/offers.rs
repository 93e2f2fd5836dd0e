//! When the offer is spoken, what its key leads to, and what happens while none may be asked for.

use std::time::Duration;

use crate::bench::{Bench, OWN, anonymous, caller};
use expect_test::expect;
use ivr::{Caller, OfferClock, OfferKey, OfferOpens, Phrase, Reply, Settings};

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
