//! Stories of one caller: what is heard and pressed, second by second.

use std::time::Duration;

use crate::bench::{Bench, OWN, anonymous, caller};
use expect_test::{Expect, expect};
use ivr::{Caller, OfferKey, PROMPT_TIME_MAX, Phrase, Reply, Settings};
use model::{Key, Mono};

/// How often the bundled flow has a number typed again.
const REENTRIES_MAX: u8 = 5;

pub fn check(bench: &Bench, story: Expect) {
    story.assert_eq(bench.story());
}

#[test]
fn the_caller_waits_with_music_and_hears_the_offer_now_and_then() {
    let mut bench = Bench::new(caller());
    bench.seconds(100);
    check(
        &bench,
        expect![[r#"

        0:00.00 greeting
        0:01.00 offer
        0:02.00 music ...
        0:47.00 (next offer)
        0:47.00 offer
        0:48.00 music ...
        1:33.00 (next offer)
        1:33.00 offer
        1:34.00 music ...
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

        0:00.00 greeting
        0:01.00 music ...
        0:21.00 (first offer)
        0:21.00 offer
        0:22.00 music ...
        1:07.00 (next offer)
        1:07.00 offer
        1:08.00 music ...
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

        0:00.00 greeting
        0:00.00         key 2
        0:01.00 music ...
        1:00.00         key 2123#
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

        0:00.00 welcome-shop
        0:01.00 offer
        0:02.00 music ...
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

        0:00.00 greeting
        0:00.00         key 2
        0:00.00 menu
        0:00.00         key 1
        0:00.00 (silent)
        0:00.00 PROMISE +33612345678?
        0:00.00         reply Promised
        0:00.00 promised
        0:01.00 HANG UP
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

        0:00.00 greeting
        0:01.00 offer
        0:02.00 music ...
        0:30.00         key 2
        0:30.00 menu
        0:32.00         key 1
        0:32.00 PROMISE +33612345678?
        0:33.00         reply Promised
        0:33.00 promised
        0:34.00 HANG UP
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

        0:00.00 greeting
        0:00.00         key 2
        0:00.00 menu
        0:00.00         key 1
        0:00.00 (silent)
        0:00.00 PROMISE +33612345678?
        0:00.00         reply Promised
        0:00.00 promised
        0:00.00         key 23*#1
        0:01.00 HANG UP
        0:03.00         key 2
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

        0:00.00 greeting
        0:01.00 offer
        0:02.00 music ...
        0:05.00         key 2
        0:05.00 menu
        0:07.00         key 2
        0:07.00 enter-number
        0:09.00         key 0033155500100#
        0:09.00 read-back plus 3 3 1 5 5 5 0 0 1 0 0 confirm
        0:29.00 (choice time)
        0:29.00 read-back plus 3 3 1 5 5 5 0 0 1 0 0 confirm
        0:29.00         key 1
        0:29.00 (silent)
        0:29.00 PROMISE +33155500100?
        0:29.00         reply Promised
        0:29.00 promised
        0:30.00 HANG UP
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

        0:00.00 greeting
        0:00.00         key 2
        0:00.00 menu
        0:00.00         key 2
        0:00.00 enter-number
        0:00.00         key *
        0:00.00 (silent)
        0:00.00         key 331555
        0:03.00         key 00100
        0:07.00 (inter-digit time)
        0:07.00 read-back plus 3 3 1 5 5 5 0 0 1 0 0 confirm
        0:09.00         key #
        0:21.00         key 1
        0:21.00 PROMISE +33155500100?
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

        0:00.00 greeting
        0:00.00         key 2
        0:00.00 menu
        0:00.00         key 2
        0:00.00 enter-number
        0:00.00         key 0
        0:00.00 (silent)
        0:00.00         key 033155500100#
        0:00.00 read-back plus 3 3 1 5 5 5 0 0 1 0 0 confirm
        0:03.00         key 2
        0:03.00 enter-number
        0:04.00         key 0033155500199#
        0:04.00 read-back plus 3 3 1 5 5 5 0 0 1 9 9 confirm
        0:04.00         key 1
        0:04.00 (silent)
        0:04.00 PROMISE +33155500199?
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

        0:00.00 greeting
        0:00.00         key 2
        0:00.00 menu
        0:00.00         key 2
        0:00.00 enter-number
        0:00.00         key 0
        0:00.00 (silent)
        0:00.00         key 612345678#
        0:00.00 bad-number enter-number
        0:02.00         key 0021012345678#
        0:02.00 bad-number enter-number
        0:03.00         key 0
        0:03.00 (silent)
        0:03.00         key 0331#
        0:03.00 bad-number back-to-queue
        0:05.00 music ...
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

        0:00.00 greeting
        0:00.00         key 2
        0:00.00 menu
        0:00.00         key 2
        0:00.00 enter-number
        0:00.00         key 0
        0:00.00 (silent)
        0:00.00         key 033*155500100#
        0:00.00 bad-number enter-number
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

        0:00.00 greeting
        0:01.00 offer
        0:02.00 music ...
        0:03.00         key 2
        0:03.00 menu
        0:03.00         key 3
        0:03.00 back-to-queue
        0:04.00 music ...
        0:49.00 (next offer)
        0:49.00 offer
        0:50.00 music ...
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

        0:00.00 greeting
        0:00.00         key 2
        0:00.00 menu
        0:07.00 (choice time)
        0:07.00 menu
        0:14.00 (choice time)
        0:14.00 menu
        0:21.00 (choice time)
        0:21.00 back-to-queue
        0:22.00 music ...
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

        0:00.00 greeting
        0:00.00         key 2
        0:00.00 menu
        0:00.00         key 2
        0:00.00 enter-number
        0:07.00 (choice time)
        0:07.00 enter-number
        0:14.00 (choice time)
        0:14.00 enter-number
        0:21.00 (choice time)
        0:21.00 back-to-queue
        0:22.00 music ...
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

        0:00.00 greeting
        0:00.00         key 2
        0:00.00 menu
        0:00.00         key 2
        0:00.00 enter-number
        0:00.00         key 0
        0:00.00 (silent)
        0:00.00         key 033155500100#
        0:00.00 read-back plus 3 3 1 5 5 5 0 0 1 0 0 confirm
        0:20.00 (choice time)
        0:20.00 read-back plus 3 3 1 5 5 5 0 0 1 0 0 confirm
        0:40.00 (choice time)
        0:40.00 read-back plus 3 3 1 5 5 5 0 0 1 0 0 confirm
        1:00.00 (choice time)
        1:00.00 back-to-queue
        1:01.00 music ...
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

        0:00.00 greeting
        0:00.00         key 2
        0:00.00 menu
        0:00.00         key 789*#A
        0:02.00         key 9
        0:02.00 wrong-key menu
        0:03.00         key 8
        0:05.00         key 9
        0:05.00 wrong-key menu
        0:08.00         key 7
        0:08.00 back-to-queue
        0:09.00 music ...
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

        0:00.00 greeting
        0:00.00         key 2
        0:00.00 menu
        0:00.00         key 2
        0:00.00 enter-number
        0:00.00         key #
        0:02.00         key #
        0:02.00 wrong-key enter-number
        0:02.00         key 0
        0:02.00 (silent)
        0:02.00         key 033155500100#
        0:02.00 read-back plus 3 3 1 5 5 5 0 0 1 0 0 confirm
        0:02.00         key 1
        0:02.00 (silent)
        0:02.00 PROMISE +33155500100?
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

        0:00.00 greeting
        0:00.00         key 2
        0:00.00 menu-without-own-number
        0:00.00         key 1
        0:02.00         key 1
        0:02.00 wrong-key menu-without-own-number
        0:02.00         key 2
        0:02.00 enter-number
        0:02.00         key *
        0:02.00 (silent)
        0:02.00         key 33155500100#
        0:02.00 read-back plus 3 3 1 5 5 5 0 0 1 0 0 confirm
        0:02.00         key 1
        0:02.00 (silent)
        0:02.00 PROMISE +33155500100?
    "#]],
    );
}

#[test]
fn another_offer_key_works_in_its_place() {
    let settings = Settings { offer_key: OfferKey::One(Key::STAR), ..Settings::default() };
    let mut bench = Bench::with(settings, caller());
    bench.keys("2").keys("*").keys("1");
    assert_eq!(bench.promises(), [OWN]);
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
