//! No key is lost, none is doubled, and every wait ends.

use std::time::Duration;

use crate::bench::{Bench, OWN, PHRASE, anonymous, caller};
use ivr::{Caller, Output, PROMPT_TIME_MAX, Reply, Settings};
use proptest::prelude::*;

const FRAME: Duration = Duration::from_millis(20);

/// A state with a prompt, how it is reached, a key that means something there, and the step that
/// the key leads to.
struct Slot {
    own_number: bool,
    /// Keys; `.` waits for one phrase, `!` is the reply that a request waits already.
    reached_by: &'static str,
    key: &'static str,
    leads_to: &'static str,
}

impl Slot {
    fn bench(&self) -> Bench {
        let mut bench = Bench::new(if self.own_number { caller() } else { anonymous() });
        for act in self.reached_by.chars() {
            match act {
                '.' => bench.wait(PHRASE),
                '!' => bench.reply(Reply::AlreadyWaiting),
                key => bench.keys(&key.to_string()),
            };
        }
        bench
    }
}

const fn slot(reached_by: &'static str, key: &'static str, leads_to: &'static str) -> Slot {
    Slot { own_number: true, reached_by, key, leads_to }
}

const fn anonymous_slot(
    reached_by: &'static str,
    key: &'static str,
    leads_to: &'static str,
) -> Slot {
    Slot { own_number: false, reached_by, key, leads_to }
}

/// Every state that has a prompt, with every kind of key that means something there.
const SLOTS: &[Slot] = &[
    // The greeting, the offer, "back to the queue", "a request waits already".
    slot("", "2", "menu"),
    slot(".", "2", "menu"),
    slot("23", "2", "menu"),
    slot("21!", "2", "menu"),
    // The menu, first and after a wrong key.
    slot("2", "1", "promising"),
    slot("2", "2", "entering a number"),
    slot("2", "3", "waiting"),
    slot("2.9", "1", "promising"),
    slot("2.9", "2", "entering a number"),
    slot("2.9", "3", "waiting"),
    anonymous_slot("2", "2", "entering a number"),
    anonymous_slot("2", "3", "waiting"),
    // The question for a number, first, after a wrong key and after a bad number.
    slot("22", "*", "entering a number"),
    slot("22", "0", "entering a number"),
    slot("22.#", "0", "entering a number"),
    slot("220612345678#", "9", "entering a number"),
    // The read-back.
    slot("220033155500100#", "1", "promising"),
    slot("220033155500100#", "2", "entering a number"),
];

#[test]
fn a_key_that_means_something_is_taken_once_in_every_frame_of_every_prompt() {
    for slot in SLOTS {
        let length = slot.bench().ends.expect("a prompt plays").since(slot.bench().now);
        let frames = u32::try_from(length.as_millis() / FRAME.as_millis()).unwrap();
        // The frame in which the prompt ends, and one beyond, count too.
        for frame in 0..=frames + 1 {
            let mut bench = slot.bench();
            bench.wait(FRAME * frame);
            let heard = bench.heard.len();
            bench.keys(slot.key);
            assert_eq!(bench.script.step(), slot.leads_to, "{}", bench.story());
            if frame < frames {
                let first = bench.heard.get(heard).map(|heard| &heard.output);
                let interrupted = matches!(first, Some(Output::Play { .. } | Output::Stop));
                assert!(interrupted, "at once: {}", bench.story());
            }
        }
    }
}

#[test]
fn a_key_that_means_nothing_interrupts_no_prompt() {
    for slot in SLOTS {
        let mut bench = slot.bench();
        let heard = bench.heard.len();
        let typing = bench.script.is_typing_number();
        bench.keys(if typing { "#ABCD" } else { "456789*0#ABCD" });
        assert_eq!(bench.heard.len(), heard, "{}", bench.story());
    }
}

/// An international number as typed, and as it is meant.
fn number() -> impl Strategy<Value = (String, String)> {
    ("00|\\*", "(33|49|1[2-9]|7[0-9]|351|971)", "[0-9]{5,11}").prop_map(
        |(prefix, country, rest)| (format!("{prefix}{country}{rest}"), format!("+{country}{rest}")),
    )
}

proptest! {
    #[test]
    fn a_number_typed_in_any_rhythm_is_the_number_that_is_called(
        (typed, meant) in number(),
        before in prop::collection::vec(0u64..2_500, 2),
        gaps in prop::collection::vec(0u64..3_999, 20),
        hash in any::<bool>(),
        confirm in 0u64..30_000,
    ) {
        let mut bench = Bench::new(caller());
        for wait in before {
            bench.wait(Duration::from_millis(wait)).keys("2");
        }
        for (key, gap) in typed.chars().zip(gaps) {
            bench.wait(Duration::from_millis(gap)).keys(&key.to_string());
        }
        if hash {
            bench.keys("#");
        } else {
            bench.wait(Settings::default().inter_digit);
        }
        bench.wait(Duration::from_millis(confirm)).keys("1");
        prop_assert_eq!(bench.promises(), [meant], "{}", bench.story());
    }

    #[test]
    fn every_digit_that_was_typed_is_read_back(
        (typed, meant) in number(),
        retyped in number(),
    ) {
        let mut bench = Bench::new(caller());
        bench.keys("22").keys(&typed).keys("#2").keys(&retyped.0).keys("#");
        let Some(Output::Play { phrases, .. }) = bench.heard.last().map(|h| h.output.clone())
        else { panic!("a read-back") };
        let spoken: String = phrases.iter().filter_map(|phrase| match phrase {
            ivr::Phrase::Plus => Some('+'),
            ivr::Phrase::Digit(digit) => Some(char::from(b'0' + digit)),
            _ => None,
        }).collect();
        prop_assert_eq!(&spoken, &retyped.1);
        prop_assert!(bench.story().contains("read-back"), "{}", meant);
    }

    #[test]
    fn whatever_is_pressed_and_replied_every_wait_ends(
        acts in prop::collection::vec((0u64..8_000, "[0-9*#A-D]|[123]|[RAN]"), 0..40),
        own in any::<bool>(),
        callbacks in any::<bool>(),
    ) {
        let who = if own { caller() } else { anonymous() };
        let mut bench = Bench::new(Caller { callbacks, ..who });
        for (wait, act) in acts {
            bench.wait(Duration::from_millis(wait));
            match act.as_str() {
                "R" => bench.reply(Reply::Promised),
                "A" => bench.reply(Reply::AlreadyWaiting),
                "N" => bench.reply(Reply::NotAvailable),
                key => bench.keys(key),
            };
            if let Some(deadline) = bench.script.deadline() {
                prop_assert!(deadline.at.since(bench.now) <= PROMPT_TIME_MAX);
            }
        }
        // Entries, questions and re-entries are all bounded: an hour outlasts every one of them.
        bench.seconds(3_600);
        prop_assert!(["waiting", "over"].contains(&bench.script.step()), "{}", bench.story());
        let hang_ups = bench.story().matches("HANG UP").count();
        prop_assert_eq!(hang_ups, usize::from(bench.script.step() == "over"));
        prop_assert_eq!(hang_ups, bench.story().matches(" promised\n").count());
        if !callbacks {
            prop_assert_eq!(bench.promises(), [""; 0]);
        }
    }

    #[test]
    fn keys_typed_at_once_and_keys_typed_slowly_do_the_same(
        keys in "2(1|22|3)?[0-9]{0,3}",
        gap in 0u64..900,
    ) {
        let mut fast = Bench::new(caller());
        fast.keys(&keys);
        let mut slow = Bench::new(caller());
        for key in keys.chars() {
            slow.keys(&key.to_string()).wait(Duration::from_millis(gap));
        }
        prop_assert_eq!(fast.script.step(), slow.script.step(), "{}", slow.story());
        prop_assert_eq!(fast.promises(), slow.promises());
    }
}

#[test]
fn the_bench_calls_from_the_number_that_the_stories_name() {
    assert_eq!(caller().own_number.unwrap().reveal(), OWN);
}
