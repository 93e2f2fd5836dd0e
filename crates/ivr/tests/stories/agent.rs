//! Stories of one agent who is asked about a callback.

use std::fmt::Write as _;
use std::time::Duration;

use expect_test::{Expect, expect};
use ivr::{AgentOutput, AgentScript, Phrase};

use model::{E164, Key, Mono};
use proptest::prelude::*;

use crate::bench::words;

const CHOICE_TIME: Duration = Duration::from_secs(40);

fn script(asks_max: u8) -> AgentScript {
    AgentScript::new(E164::parse("+3315550").ok(), CHOICE_TIME, asks_max, Mono::ZERO)
}

/// Plays the story to its end: each announcement sounds ten seconds; keys come at their moments.
fn play(mut script: AgentScript, keys: &[(u64, char)]) -> (String, Vec<AgentOutput>) {
    let (mut story, mut outputs) = (String::from("\n"), vec![]);
    let (mut now, mut ends) = (Mono::ZERO, None);
    let mut keys = keys.iter().copied().peekable();
    loop {
        while let Some(output) = script.poll() {
            let line = match &output {
                AgentOutput::Play { phrases } => {
                    ends = Some(now + Duration::from_secs(10));
                    words(phrases)
                }
                AgentOutput::Accept | AgentOutput::Decline | AgentOutput::NoAnswer => {
                    format!("{output:?}")
                }
            };
            writeln!(story, "{:05.2} {line}", now.since(Mono::ZERO).as_secs_f64()).unwrap();
            outputs.push(output);
        }
        let key_at = keys.peek().map(|&(at, _)| Mono::ZERO + Duration::from_millis(at));
        let deadline = script.deadline().map(|deadline| deadline.at);
        let Some(next) = [key_at, ends, deadline].into_iter().flatten().min() else {
            return (story, outputs);
        };
        now = next;
        if key_at == Some(next) {
            let (_, key) = keys.next().unwrap();
            script.handle_key(now, Key::from_char(key).unwrap());
        } else if ends == Some(next) {
            ends = None;
            script.handle_played(now);
        } else {
            script.handle_timeout(now);
        }
    }
}

fn check(asks_max: u8, keys: &[(u64, char)], story: Expect) {
    story.assert_eq(&play(script(asks_max), keys).0);
}

#[test]
fn one_accepts_in_the_middle_of_the_announcement() {
    check(
        3,
        &[(3_000, '1')],
        expect![[r#"

        00.00 agent-callback plus 3 3 1 5 5 5 0 agent-choice
        03.00 Accept
    "#]],
    );
}

#[test]
fn two_declines_and_what_follows_means_nothing() {
    check(
        3,
        &[(500, '2'), (600, '1'), (700, '2')],
        expect![[r#"

        00.00 agent-callback plus 3 3 1 5 5 5 0 agent-choice
        00.50 Decline
    "#]],
    );
}

#[test]
fn other_keys_are_ignored() {
    check(
        3,
        &[(500, '9'), (600, '*'), (700, '#'), (11_000, '0'), (11_500, '1')],
        expect![[r#"

        00.00 agent-callback plus 3 3 1 5 5 5 0 agent-choice
        11.50 Accept
    "#]],
    );
}

#[test]
fn the_announcement_is_repeated_within_the_choice_time() {
    check(
        9,
        &[],
        expect![[r#"

        00.00 agent-callback plus 3 3 1 5 5 5 0 agent-choice
        12.00 agent-callback plus 3 3 1 5 5 5 0 agent-choice
        24.00 agent-callback plus 3 3 1 5 5 5 0 agent-choice
        36.00 agent-callback plus 3 3 1 5 5 5 0 agent-choice
        40.00 NoAnswer
    "#]],
    );
}

#[test]
fn the_announcement_is_repeated_no_more_than_its_limit() {
    check(
        2,
        &[],
        expect![[r#"

        00.00 agent-callback plus 3 3 1 5 5 5 0 agent-choice
        12.00 agent-callback plus 3 3 1 5 5 5 0 agent-choice
        40.00 NoAnswer
    "#]],
    );
}

#[test]
fn it_is_heard_once_even_when_the_limit_is_none() {
    check(
        0,
        &[(39_999, '1')],
        expect![[r#"

        00.00 agent-callback plus 3 3 1 5 5 5 0 agent-choice
        40.00 Accept
    "#]],
    );
}

#[test]
fn a_key_that_comes_when_the_time_is_over_does_not_accept() {
    let mut script = script(3);
    script.handle_key(Mono::ZERO + CHOICE_TIME, Key::from_char('1').unwrap());
    while let Some(output) = script.poll() {
        assert_ne!(output, AgentOutput::Accept);
    }
    assert_eq!(script.deadline(), None);
}

#[test]
fn the_phrases_after_acceptance() {
    assert_eq!(AgentScript::dialling(), [Phrase::AgentDialling]);
    assert_eq!(AgentScript::ringback(), [Phrase::Ringback]);
}

proptest! {
    #[test]
    fn every_story_ends_once_and_by_the_first_key_that_means_something(
        keys in prop::collection::vec((0u64..45_000, "[0-9*#A-D]"), 0..8),
        asks_max in 0u8..5,
    ) {
        let mut keys: Vec<(u64, char)> =
            keys.into_iter().map(|(at, key)| (at, key.chars().next().unwrap())).collect();
        keys.sort();
        let (story, outputs) = play(script(asks_max), &keys);
        let meant = keys.iter().find(|(at, key)| *at < 40_000 && "12".contains(*key));
        let wanted = match meant {
            Some((_, '1')) => AgentOutput::Accept,
            Some(_) => AgentOutput::Decline,
            None => AgentOutput::NoAnswer,
        };
        let ends = outputs.iter().filter(|o| !matches!(o, AgentOutput::Play { .. })).count();
        prop_assert_eq!(outputs.last(), Some(&wanted), "{}", story);
        prop_assert_eq!(ends, 1, "{}", story);
    }
}
