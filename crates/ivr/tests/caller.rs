//! Stories of one caller: what is heard and pressed, second by second.

mod bench;

use std::time::Duration;

use bench::{Bench, OWN, anonymous, caller};
use expect_test::{Expect, expect};
use ivr::{Caller, PROMPT_TIME_MAX, Phrase, REENTRIES_MAX, Reply, Settings, TYPED_AHEAD_MAX};
use model::{Key, Mono};

fn check(bench: &Bench, story: Expect) {
    story.assert_eq(bench.story());
}

#[test]
fn the_caller_waits_with_music_and_hears_the_offer_now_and_then() {
    let mut bench = Bench::new(caller());
    bench.seconds(100);
    check(
        &bench,
        expect![[r#"

          0.00 greeting
          1.00 offer
          2.00 music ...
         47.00 (next offer)
         47.00 offer
         48.00 music ...
         93.00 (next offer)
         93.00 offer
         94.00 music ...
    "#]],
    );
}

#[test]
fn the_first_offer_comes_after_its_own_time() {
    let settings = Settings { offer_after: Duration::from_secs(20), ..Settings::default() };
    let mut bench = Bench::with(settings, caller());
    bench.seconds(70);
    check(
        &bench,
        expect![[r#"

          0.00 greeting
          1.00 music ...
         21.00 (first offer)
         21.00 offer
         22.00 music ...
         67.00 (next offer)
         67.00 offer
         68.00 music ...
    "#]],
    );
}

#[test]
fn without_callbacks_nothing_is_offered_and_the_key_means_nothing() {
    let mut bench = Bench::new(Caller { callbacks: false, ..caller() });
    bench.keys("2").seconds(60).keys("2123#").seconds(3_600);
    check(
        &bench,
        expect![[r#"

          0.00 greeting
          0.00         key 2
          1.00 music ...
         60.00         key 2
         60.00         key 1
         60.00         key 2
         60.00         key 3
         60.00         key #
    "#]],
    );
    assert_eq!(bench.script.deadline(), None);
}

#[test]
fn a_line_may_have_a_greeting_of_its_own() {
    let greeting = Phrase::Named("welcome-shop".into());
    let mut bench = Bench::new(Caller { greeting, ..caller() });
    bench.seconds(2);
    check(
        &bench,
        expect![[r#"

          0.00 welcome-shop
          1.00 offer
          2.00 music ...
    "#]],
    );
}

#[test]
fn two_then_one_during_the_greeting_asks_for_the_promise_at_once() {
    let mut bench = Bench::new(caller());
    bench.keys("21").reply(Reply::Promised).seconds(10);
    check(
        &bench,
        expect![[r#"

          0.00 greeting
          0.00         key 2
          0.00 menu
          0.00         key 1
          0.00 (silent)
          0.00 PROMISE +33612345678?
          0.00         reply Promised
          0.00 promised
          1.00 HANG UP
    "#]],
    );
}

#[test]
fn the_offer_key_works_in_the_music() {
    let mut bench = Bench::new(caller());
    bench.seconds(30).keys("2").seconds(2).keys("1").seconds(1).reply(Reply::Promised).seconds(5);
    check(
        &bench,
        expect![[r#"

          0.00 greeting
          1.00 offer
          2.00 music ...
         30.00         key 2
         30.00 menu
         32.00         key 1
         32.00 PROMISE +33612345678?
         33.00         reply Promised
         33.00 promised
         34.00 HANG UP
    "#]],
    );
}

#[test]
fn the_confirmation_is_spoken_to_its_end_whatever_is_pressed() {
    let mut bench = Bench::new(caller());
    bench.keys("21").reply(Reply::Promised).keys("23*#1").seconds(3).keys("2").seconds(60);
    check(
        &bench,
        expect![[r#"

          0.00 greeting
          0.00         key 2
          0.00 menu
          0.00         key 1
          0.00 (silent)
          0.00 PROMISE +33612345678?
          0.00         reply Promised
          0.00 promised
          0.00         key 2
          0.00         key 3
          0.00         key *
          0.00         key #
          0.00         key 1
          1.00 HANG UP
          3.00         key 2
    "#]],
    );
    assert_eq!(bench.script.deadline(), None);
}

#[test]
fn another_number_is_typed_read_back_and_confirmed() {
    let mut bench = Bench::new(caller());
    bench.seconds(5).keys("2").seconds(2).keys("2").seconds(2).keys("0033155500100#");
    bench.seconds(20).keys("1").reply(Reply::Promised).seconds(5);
    check(
        &bench,
        expect![[r#"

          0.00 greeting
          1.00 offer
          2.00 music ...
          5.00         key 2
          5.00 menu
          7.00         key 2
          7.00 enter-number
          9.00         key 0
          9.00         key 0
          9.00         key 3
          9.00         key 3
          9.00         key 1
          9.00         key 5
          9.00         key 5
          9.00         key 5
          9.00         key 0
          9.00         key 0
          9.00         key 1
          9.00         key 0
          9.00         key 0
          9.00         key #
          9.00 read-back plus digit-3 digit-3 digit-1 digit-5 digit-5 digit-5 digit-0 digit-0 digit-1 digit-0 digit-0 confirm
         29.00 (choice time)
         29.00 read-back plus digit-3 digit-3 digit-1 digit-5 digit-5 digit-5 digit-0 digit-0 digit-1 digit-0 digit-0 confirm
         29.00         key 1
         29.00 (silent)
         29.00 PROMISE +33155500100?
         29.00         reply Promised
         29.00 promised
         30.00 HANG UP
    "#]],
    );
}

#[test]
fn the_inter_digit_time_ends_a_number_and_a_late_hash_disturbs_nothing() {
    let mut bench = Bench::new(caller());
    bench.keys("22*331555").seconds(3).keys("00100").seconds(6).keys("#").seconds(12).keys("1");
    check(
        &bench,
        expect![[r#"

          0.00 greeting
          0.00         key 2
          0.00 menu
          0.00         key 2
          0.00 enter-number
          0.00         key *
          0.00 (silent)
          0.00         key 3
          0.00         key 3
          0.00         key 1
          0.00         key 5
          0.00         key 5
          0.00         key 5
          3.00         key 0
          3.00         key 0
          3.00         key 1
          3.00         key 0
          3.00         key 0
          7.00 (inter-digit time)
          7.00 read-back plus digit-3 digit-3 digit-1 digit-5 digit-5 digit-5 digit-0 digit-0 digit-1 digit-0 digit-0 confirm
          9.00         key #
         21.00         key 1
         21.00 PROMISE +33155500100?
    "#]],
    );
}

#[test]
fn two_at_the_confirmation_types_the_number_again() {
    let mut bench = Bench::new(caller());
    bench.keys("220033155500100#").seconds(3).keys("2").seconds(1).keys("0033155500199#1");
    check(
        &bench,
        expect![[r#"

          0.00 greeting
          0.00         key 2
          0.00 menu
          0.00         key 2
          0.00 enter-number
          0.00         key 0
          0.00 (silent)
          0.00         key 0
          0.00         key 3
          0.00         key 3
          0.00         key 1
          0.00         key 5
          0.00         key 5
          0.00         key 5
          0.00         key 0
          0.00         key 0
          0.00         key 1
          0.00         key 0
          0.00         key 0
          0.00         key #
          0.00 read-back plus digit-3 digit-3 digit-1 digit-5 digit-5 digit-5 digit-0 digit-0 digit-1 digit-0 digit-0 confirm
          3.00         key 2
          3.00 enter-number
          4.00         key 0
          4.00         key 0
          4.00         key 3
          4.00         key 3
          4.00         key 1
          4.00         key 5
          4.00         key 5
          4.00         key 5
          4.00         key 0
          4.00         key 0
          4.00         key 1
          4.00         key 9
          4.00         key 9
          4.00         key #
          4.00 read-back plus digit-3 digit-3 digit-1 digit-5 digit-5 digit-5 digit-0 digit-0 digit-1 digit-9 digit-9 confirm
          4.00         key 1
          4.00 (silent)
          4.00 PROMISE +33155500199?
    "#]],
    );
}

#[test]
fn a_bad_number_is_named_and_three_return_to_the_queue() {
    let mut bench = Bench::new(caller());
    bench.keys("220612345678#").seconds(2).keys("0021012345678#").seconds(1).keys("00331#");
    bench.seconds(4);
    check(
        &bench,
        expect![[r#"

          0.00 greeting
          0.00         key 2
          0.00 menu
          0.00         key 2
          0.00 enter-number
          0.00         key 0
          0.00 (silent)
          0.00         key 6
          0.00         key 1
          0.00         key 2
          0.00         key 3
          0.00         key 4
          0.00         key 5
          0.00         key 6
          0.00         key 7
          0.00         key 8
          0.00         key #
          0.00 bad-number enter-number
          2.00         key 0
          2.00         key 0
          2.00         key 2
          2.00         key 1
          2.00         key 0
          2.00         key 1
          2.00         key 2
          2.00         key 3
          2.00         key 4
          2.00         key 5
          2.00         key 6
          2.00         key 7
          2.00         key 8
          2.00         key #
          2.00 bad-number enter-number
          3.00         key 0
          3.00 (silent)
          3.00         key 0
          3.00         key 3
          3.00         key 3
          3.00         key 1
          3.00         key #
          3.00 bad-number back-to-queue
          5.00 music ...
    "#]],
    );
}

#[test]
fn a_star_that_is_not_first_makes_the_number_bad() {
    let mut bench = Bench::new(caller());
    bench.keys("220033*155500100#").seconds(1);
    check(
        &bench,
        expect![[r#"

          0.00 greeting
          0.00         key 2
          0.00 menu
          0.00         key 2
          0.00 enter-number
          0.00         key 0
          0.00 (silent)
          0.00         key 0
          0.00         key 3
          0.00         key 3
          0.00         key *
          0.00         key 1
          0.00         key 5
          0.00         key 5
          0.00         key 5
          0.00         key 0
          0.00         key 0
          0.00         key 1
          0.00         key 0
          0.00         key 0
          0.00         key #
          0.00 bad-number enter-number
    "#]],
    );
}

#[test]
fn retyping_is_no_bad_entry_but_has_an_end() {
    let mut bench = Bench::new(caller());
    bench.keys("22");
    for _ in 0..REENTRIES_MAX {
        bench.keys("0033155500100#2");
        assert_eq!(bench.script.step(), "entering a number");
    }
    bench.keys("0033155500100#2");
    assert_eq!(bench.script.step(), "waiting");
    assert_eq!(bench.promises(), [""; 0]);
}

#[test]
fn bad_entries_are_counted_across_retyping() {
    let mut bench = Bench::new(caller());
    bench.keys("22007#0033155500100#2007#0033155500100#2007#");
    assert_eq!(bench.script.step(), "waiting");
}

#[test]
fn more_digits_than_the_limit_are_one_bad_number() {
    let mut bench = Bench::new(caller());
    let most = usize::from(Settings::default().digits_max);
    bench.keys("22").keys(&"0033155500100".repeat(2)[..most]).keys("0033155500100#");
    assert_eq!(bench.script.step(), "entering a number");
    assert!(bench.story().ends_with(" bad-number enter-number\n"), "{}", bench.story());
}

#[test]
fn the_digit_limit_itself_is_kept() {
    let settings = Settings { digits_max: 13, ..Settings::default() };
    let mut good = Bench::with(settings.clone(), caller());
    good.keys("220033155500100#1");
    assert_eq!(good.promises(), ["+33155500100"]);
    let mut bad = Bench::with(settings, caller());
    bad.keys("2200331555001001#1");
    assert_eq!(bad.promises(), [""; 0]);
}

#[test]
fn a_caller_who_leans_on_a_key_does_not_hold_the_step_for_ever() {
    let mut bench = Bench::new(caller());
    bench.keys("22");
    for _ in 0..2_000 {
        bench.keys("0").wait(Duration::from_millis(300));
    }
    bench.seconds(60);
    assert_eq!(bench.script.step(), "waiting");
}

#[test]
fn three_returns_to_the_music() {
    let mut bench = Bench::new(caller());
    bench.seconds(3).keys("23").seconds(60);
    check(
        &bench,
        expect![[r#"

          0.00 greeting
          1.00 offer
          2.00 music ...
          3.00         key 2
          3.00 menu
          3.00         key 3
          3.00 back-to-queue
          4.00 music ...
         49.00 (next offer)
         49.00 offer
         50.00 music ...
    "#]],
    );
}

#[test]
fn a_silent_caller_is_asked_again_and_returns_to_the_queue() {
    let mut bench = Bench::new(caller());
    bench.keys("2").seconds(30);
    check(
        &bench,
        expect![[r#"

          0.00 greeting
          0.00         key 2
          0.00 menu
          7.00 (choice time)
          7.00 menu
         14.00 (choice time)
         14.00 menu
         21.00 (choice time)
         21.00 back-to-queue
         22.00 music ...
    "#]],
    );
}

#[test]
fn a_silent_caller_who_should_type_is_asked_again_and_returns_to_the_queue() {
    let mut bench = Bench::new(caller());
    bench.keys("22").seconds(30);
    check(
        &bench,
        expect![[r#"

          0.00 greeting
          0.00         key 2
          0.00 menu
          0.00         key 2
          0.00 enter-number
          7.00 (choice time)
          7.00 enter-number
         14.00 (choice time)
         14.00 enter-number
         21.00 (choice time)
         21.00 back-to-queue
         22.00 music ...
    "#]],
    );
}

#[test]
fn a_silent_caller_at_the_confirmation_returns_to_the_queue_without_a_promise() {
    let mut bench = Bench::new(caller());
    bench.keys("220033155500100#").seconds(100);
    check(
        &bench,
        expect![[r#"

          0.00 greeting
          0.00         key 2
          0.00 menu
          0.00         key 2
          0.00 enter-number
          0.00         key 0
          0.00 (silent)
          0.00         key 0
          0.00         key 3
          0.00         key 3
          0.00         key 1
          0.00         key 5
          0.00         key 5
          0.00         key 5
          0.00         key 0
          0.00         key 0
          0.00         key 1
          0.00         key 0
          0.00         key 0
          0.00         key #
          0.00 read-back plus digit-3 digit-3 digit-1 digit-5 digit-5 digit-5 digit-0 digit-0 digit-1 digit-0 digit-0 confirm
         20.00 (choice time)
         20.00 read-back plus digit-3 digit-3 digit-1 digit-5 digit-5 digit-5 digit-0 digit-0 digit-1 digit-0 digit-0 confirm
         40.00 (choice time)
         40.00 read-back plus digit-3 digit-3 digit-1 digit-5 digit-5 digit-5 digit-0 digit-0 digit-1 digit-0 digit-0 confirm
         60.00 (choice time)
         60.00 back-to-queue
         61.00 music ...
    "#]],
    );
    assert_eq!(bench.promises(), [""; 0]);
}

#[test]
fn a_wrong_key_is_ignored_during_the_menu_and_answered_after_it() {
    let mut bench = Bench::new(caller());
    bench.keys("2789*#A").seconds(2).keys("9").seconds(1).keys("8").seconds(2).keys("9");
    bench.seconds(3).keys("7").seconds(1);
    check(
        &bench,
        expect![[r#"

          0.00 greeting
          0.00         key 2
          0.00 menu
          0.00         key 7
          0.00         key 8
          0.00         key 9
          0.00         key *
          0.00         key #
          0.00         key A
          2.00         key 9
          2.00 wrong-key menu
          3.00         key 8
          5.00         key 9
          5.00 wrong-key menu
          8.00         key 7
          8.00 back-to-queue
          9.00 music ...
    "#]],
    );
}

#[test]
fn a_lone_hash_is_ignored_during_the_prompt_and_answered_after_it() {
    let mut bench = Bench::new(caller());
    bench.keys("22#").seconds(2).keys("#").keys("0033155500100#1");
    check(
        &bench,
        expect![[r#"

          0.00 greeting
          0.00         key 2
          0.00 menu
          0.00         key 2
          0.00 enter-number
          0.00         key #
          2.00         key #
          2.00 wrong-key enter-number
          2.00         key 0
          2.00 (silent)
          2.00         key 0
          2.00         key 3
          2.00         key 3
          2.00         key 1
          2.00         key 5
          2.00         key 5
          2.00         key 5
          2.00         key 0
          2.00         key 0
          2.00         key 1
          2.00         key 0
          2.00         key 0
          2.00         key #
          2.00 read-back plus digit-3 digit-3 digit-1 digit-5 digit-5 digit-5 digit-0 digit-0 digit-1 digit-0 digit-0 confirm
          2.00         key 1
          2.00 (silent)
          2.00 PROMISE +33155500100?
    "#]],
    );
}

#[test]
fn a_caller_without_a_number_of_its_own_must_type_one() {
    let mut bench = Bench::new(anonymous());
    bench.keys("2").keys("1").seconds(2).keys("1").keys("2").keys("*33155500100#1");
    check(
        &bench,
        expect![[r#"

          0.00 greeting
          0.00         key 2
          0.00 menu-without-own-number
          0.00         key 1
          2.00         key 1
          2.00 wrong-key menu-without-own-number
          2.00         key 2
          2.00 enter-number
          2.00         key *
          2.00 (silent)
          2.00         key 3
          2.00         key 3
          2.00         key 1
          2.00         key 5
          2.00         key 5
          2.00         key 5
          2.00         key 0
          2.00         key 0
          2.00         key 1
          2.00         key 0
          2.00         key 0
          2.00         key #
          2.00 read-back plus digit-3 digit-3 digit-1 digit-5 digit-5 digit-5 digit-0 digit-0 digit-1 digit-0 digit-0 confirm
          2.00         key 1
          2.00 (silent)
          2.00 PROMISE +33155500100?
    "#]],
    );
}

#[test]
fn another_offer_key_works_in_its_place() {
    let settings = Settings { offer_key: Key::STAR, ..Settings::default() };
    let mut bench = Bench::with(settings, caller());
    bench.keys("2").keys("*").keys("1");
    assert_eq!(bench.promises(), [OWN]);
}

#[test]
fn an_unavailable_promise_is_said_and_callbacks_are_off_from_then_on() {
    let mut bench = Bench::new(caller());
    bench.keys("21").seconds(1).reply(Reply::NotAvailable).keys("2").seconds(500).keys("2");
    check(
        &bench,
        expect![[r#"

          0.00 greeting
          0.00         key 2
          0.00 menu
          0.00         key 1
          0.00 (silent)
          0.00 PROMISE +33612345678?
          1.00         reply NotAvailable
          1.00 not-available
          1.00         key 2
          2.00 music ...
        501.00         key 2
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

          0.00 greeting
          0.00         key 2
          0.00 menu
          0.00         key 1
          0.00 (silent)
          0.00 PROMISE +33612345678?
          5.00 (promise time)
          5.00 not-available
          6.00 music ...
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

          0.00 greeting
          0.00         key 2
          0.00 menu
          0.00         key 1
          0.00 (silent)
          0.00 PROMISE +33612345678?
          5.00 (promise time)
          5.00 not-available
          6.00 music ...
          7.00         reply Promised
          7.00 promised
          8.00 HANG UP
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

          0.00 greeting
          0.00         reply Promised
          0.00         key 2
          0.00 menu
          0.00         reply NotAvailable
          0.00         key 1
          0.00 (silent)
          0.00 PROMISE +33612345678?
          0.00         reply Promised
          0.00 promised
          1.00 HANG UP
          1.00         reply Promised
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

          0.00 greeting
          0.00         key 2
          0.00 menu
          0.00         key 1
          0.00 (silent)
          0.00 PROMISE +33612345678?
          0.00         reply AlreadyWaiting
          0.00 already-waiting
          1.00 music ...
        200.00         key 2
        200.00 menu
        200.00         key 2
        200.00 enter-number
        200.00         key *
        200.00 (silent)
        200.00         key 3
        200.00         key 3
        200.00         key 1
        200.00         key 5
        200.00         key 5
        200.00         key 5
        200.00         key 0
        200.00         key 0
        200.00         key 1
        200.00         key 0
        200.00         key 0
        200.00         key #
        200.00 read-back plus digit-3 digit-3 digit-1 digit-5 digit-5 digit-5 digit-0 digit-0 digit-1 digit-0 digit-0 confirm
        200.00         key 1
        200.00 (silent)
        200.00 PROMISE +33155500100?
        200.00         reply Promised
        200.00 promised
        201.00 HANG UP
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
fn a_prompt_whose_end_is_never_reported_ends_by_its_limit() {
    let mut bench = Bench::new(caller());
    bench.ends = None;
    bench.wait(PROMPT_TIME_MAX);
    assert_eq!(bench.script.step(), "waiting");
    bench.keys("21").reply(Reply::Promised);
    bench.ends = None;
    bench.wait(PROMPT_TIME_MAX);
    assert_eq!(bench.script.step(), "over");
}

#[test]
fn a_time_out_that_comes_too_early_or_twice_is_harmless() {
    let mut bench = Bench::new(caller());
    bench.keys("2").seconds(1);
    bench.script.handle_timeout(bench.now);
    bench.script.handle_played(bench.now);
    bench.script.handle_timeout(Mono::ZERO);
    assert_eq!(bench.script.poll(), None);
}

#[test]
fn keys_are_a_number_only_while_one_is_typed() {
    let mut bench = Bench::new(caller());
    assert!(!bench.script.is_typing_number());
    bench.keys("22");
    assert!(bench.script.is_typing_number());
    bench.keys("0033155500100");
    assert!(bench.script.is_typing_number());
    bench.keys("#");
    assert!(!bench.script.is_typing_number());
}
