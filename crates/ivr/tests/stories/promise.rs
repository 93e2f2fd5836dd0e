//! Stories of the promise: made, refused, known already, and late.

use expect_test::expect;
use ivr::{Reply, TYPED_AHEAD_MAX};

use crate::bench::{Bench, OWN, caller};
use crate::caller::check;

#[test]
fn an_unavailable_promise_is_said_and_callbacks_are_off_from_then_on() {
    let mut bench = Bench::new(caller());
    bench.keys("21").seconds(1).reply(Reply::NotAvailable).keys("2").seconds(500).keys("2");
    check(
        &bench,
        expect![[r#"

        0:00.00 greeting
        0:00.00         key 2
        0:00.00 menu
        0:00.00         key 1
        0:00.00 (silent)
        0:00.00 PROMISE +33612345678?
        0:01.00         reply NotAvailable
        0:01.00 not-available
        0:01.00         key 2
        0:02.00 music ...
        8:21.00         key 2
    "#]],
    );
}

#[test]
fn a_promise_that_is_not_made_in_time_is_not_available() {
    let mut bench = Bench::new(caller());
    bench.keys("21").seconds(60);
    check(
        &bench,
        expect![[r#"

        0:00.00 greeting
        0:00.00         key 2
        0:00.00 menu
        0:00.00         key 1
        0:00.00 (silent)
        0:00.00 PROMISE +33612345678?
        0:05.00 (promise time)
        0:05.00 not-available
        0:06.00 music ...
    "#]],
    );
}

#[test]
fn a_promise_that_is_made_late_is_spoken_all_the_same() {
    let mut bench = Bench::new(caller());
    bench.keys("21").seconds(7).reply(Reply::Promised).seconds(5);
    check(
        &bench,
        expect![[r#"

        0:00.00 greeting
        0:00.00         key 2
        0:00.00 menu
        0:00.00         key 1
        0:00.00 (silent)
        0:00.00 PROMISE +33612345678?
        0:05.00 (promise time)
        0:05.00 not-available
        0:06.00 music ...
        0:07.00         reply Promised
        0:07.00 promised
        0:08.00 HANG UP
    "#]],
    );
}

#[test]
fn other_late_replies_change_nothing() {
    for reply in [Reply::AlreadyWaiting, Reply::NotAvailable] {
        let mut bench = Bench::new(caller());
        bench.keys("21").seconds(7);
        let before = bench.heard.clone();
        bench.reply(reply).reply(Reply::Promised).seconds(100);
        assert_eq!(bench.heard, before, "one ask, one reply");
    }
}

#[test]
fn a_reply_that_nobody_asked_for_is_ignored() {
    let mut bench = Bench::new(caller());
    bench.reply(Reply::Promised).keys("2").reply(Reply::NotAvailable).keys("1");
    bench.reply(Reply::Promised).seconds(1).reply(Reply::Promised);
    check(
        &bench,
        expect![[r#"

        0:00.00 greeting
        0:00.00         reply Promised
        0:00.00         key 2
        0:00.00 menu
        0:00.00         reply NotAvailable
        0:00.00         key 1
        0:00.00 (silent)
        0:00.00 PROMISE +33612345678?
        0:00.00         reply Promised
        0:00.00 promised
        0:01.00 HANG UP
        0:01.00         reply Promised
    "#]],
    );
}

#[test]
fn who_waits_already_is_told_so_waits_on_and_may_still_name_another_number() {
    let mut bench = Bench::new(caller());
    bench.keys("21").reply(Reply::AlreadyWaiting).seconds(200).keys("22*33155500100#1");
    bench.reply(Reply::Promised).seconds(1);
    check(
        &bench,
        expect![[r#"

        0:00.00 greeting
        0:00.00         key 2
        0:00.00 menu
        0:00.00         key 1
        0:00.00 (silent)
        0:00.00 PROMISE +33612345678?
        0:00.00         reply AlreadyWaiting
        0:00.00 already-waiting
        0:01.00 music ...
        3:20.00         key 2
        3:20.00 menu
        3:20.00         key 2
        3:20.00 enter-number
        3:20.00         key *
        3:20.00 (silent)
        3:20.00         key 33155500100#
        3:20.00 read-back plus 3 3 1 5 5 5 0 0 1 0 0 confirm
        3:20.00         key 1
        3:20.00 (silent)
        3:20.00 PROMISE +33155500100?
        3:20.00         reply Promised
        3:20.00 promised
        3:21.00 HANG UP
    "#]],
    );
}

#[test]
fn keys_typed_while_the_promise_is_made_are_kept_for_the_step_after_it() {
    let mut bench = Bench::new(caller());
    bench.keys("21").keys("22*33155500100#1").reply(Reply::AlreadyWaiting);
    assert_eq!(bench.promises(), [OWN, "+33155500100"]);
}

#[test]
fn keys_typed_ahead_have_a_limit() {
    for (meaningless, step) in [(TYPED_AHEAD_MAX - 1, "menu"), (TYPED_AHEAD_MAX, "waiting")] {
        let mut bench = Bench::new(caller());
        bench.keys("21").keys(&"9".repeat(meaningless)).keys("2").reply(Reply::AlreadyWaiting);
        assert_eq!(bench.script.step(), step);
    }
}

#[test]
fn who_types_a_number_that_is_not_called_hears_that_and_types_another() {
    let mut bench = Bench::new(caller());
    bench.keys("22").seconds(2).keys("0033891123456#").seconds(3);
    bench.keys("0033155500100#").seconds(20).keys("1");
    check(
        &bench,
        expect![[r#"

        0:00.00 greeting
        0:00.00         key 2
        0:00.00 menu
        0:00.00         key 2
        0:00.00 enter-number
        0:02.00         key 0033891123456#
        0:02.00 number-refused enter-number
        0:05.00         key 0033155500100#
        0:05.00 read-back plus 3 3 1 5 5 5 0 0 1 0 0 confirm
        0:25.00 (choice time)
        0:25.00 read-back plus 3 3 1 5 5 5 0 0 1 0 0 confirm
        0:25.00         key 1
        0:25.00 (silent)
        0:25.00 PROMISE +33155500100?
    "#]],
    );
}

#[test]
fn a_number_that_is_not_called_any_more_when_it_is_promised_is_typed_again() {
    let mut bench = Bench::new(caller());
    bench.keys("21").reply(Reply::NotCalled).seconds(3).keys("0033155500100#").seconds(20);
    check(
        &bench,
        expect![[r#"

        0:00.00 greeting
        0:00.00         key 2
        0:00.00 menu
        0:00.00         key 1
        0:00.00 (silent)
        0:00.00 PROMISE +33612345678?
        0:00.00         reply NotCalled
        0:00.00 number-refused enter-number
        0:03.00         key 0033155500100#
        0:03.00 read-back plus 3 3 1 5 5 5 0 0 1 0 0 confirm
        0:23.00 (choice time)
        0:23.00 read-back plus 3 3 1 5 5 5 0 0 1 0 0 confirm
    "#]],
    );
}
