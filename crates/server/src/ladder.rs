//! A ladder in text: one column for each leg that took part, Rappel at the right, time downwards.
//!
//! ```text
//!             caller                  Rappel
//!     0.000     |-------INVITE (sdp)----->|
//!     0.001     |<------100 Trying--------|
//!     0.020     |                         |  caller: plays en/greeting
//! ```

use std::fmt::Write;

use engine::LegRole;
use model::Mono;

use crate::board::{Call, Step, What};

/// Characters from one column to the next.
const COLUMN: usize = 26;
/// Characters left of the first column's middle.
const MARGIN: usize = 15;

/// The ladder of one call, or of several on one time axis (a request and its callback).
pub fn draw(calls: &[Call]) -> String {
    let mut steps: Vec<&Step> = calls.iter().flat_map(|call| call.steps.iter()).collect();
    steps.sort_by_key(|step| step.at);
    let Some(first) = steps.first() else { return "nothing has happened yet\n".to_owned() };
    let began = first.at;
    let mut roles: Vec<LegRole> = steps.iter().filter_map(|step| step.role).collect();
    roles.sort();
    roles.dedup();

    let mut text = heading(&roles);
    for step in &steps {
        text.push_str(line(step, began, &roles).trim_end());
        text.push('\n');
    }
    let left_out: u64 = calls.iter().map(|call| call.steps.left_out()).sum();
    if left_out > 0 {
        let _ = writeln!(text, "({left_out} steps between the first and the last are left out)");
    }
    text
}

/// How a ladder calls a leg.
pub fn name(role: LegRole) -> &'static str {
    match role {
        LegRole::Caller => "caller",
        LegRole::Agent => "agent",
        LegRole::Customer => "customer",
        LegRole::Target => "target",
    }
}

fn heading(roles: &[LegRole]) -> String {
    let mut text = String::new();
    let names = roles.iter().map(|role| name(*role)).chain(["Rappel"]);
    for (column, name) in names.enumerate() {
        let start = MARGIN + column * COLUMN - name.len() / 2;
        let _ = write!(text, "{:start$}{name}", "", start = start - text.len());
    }
    text.push('\n');
    text
}

fn line(step: &Step, began: Mono, roles: &[LegRole]) -> String {
    let mut cells: Vec<char> = vec![' '; MARGIN + roles.len() * COLUMN + 1];
    for column in 0..=roles.len() {
        cells[MARGIN + column * COLUMN] = '|';
    }
    let from = step.role.and_then(|role| roles.iter().position(|other| *other == role));
    let (from, to) = (MARGIN + from.unwrap_or(0) * COLUMN, MARGIN + roles.len() * COLUMN);
    let note = match &step.what {
        What::In(label) => {
            arrow(&mut cells[from + 1..to], label);
            cells[to - 1] = '>';
            String::new()
        }
        What::Out(label) => {
            arrow(&mut cells[from + 1..to], label);
            cells[from + 1] = '<';
            String::new()
        }
        What::Note(note) => {
            let whose = step.role.map_or_else(String::new, |role| format!("{}: ", name(role)));
            format!("  {whose}{note}")
        }
    };
    let time = format!("{:>9.3}", step.at.since(began).as_secs_f64());
    cells.splice(..time.len(), time.chars());
    cells.into_iter().chain(note.chars()).collect()
}

/// A line of hyphens with the label near the leg's end, cut when it is too long.
fn arrow(cells: &mut [char], label: &str) {
    cells.fill('-');
    let room = COLUMN - 4;
    for (cell, c) in cells.iter_mut().skip(2).zip(label.chars().take(room)) {
        *cell = c;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use engine::{Leg, Status};
    use model::{CallId, Key, Now, RequestId, Wall};

    use super::*;
    use crate::board::{
        Board, CALLS_ENDED_KEPT_MAX, CALLS_SHOWN_MAX, FIRST_STEPS_MAX, LAST_STEPS_MAX, VOICES_MAX,
        WORDS_SHARED_MAX,
    };

    fn at(millis: u64) -> Now {
        let wall = Wall::from_unix_millis(0);
        Now { mono: Mono::from_nanos(millis * 1_000_000), wall }
    }

    fn began(call: CallId) -> Status {
        Status::CallBegan { call, line: "main".into(), caller: "+336******78".into() }
    }

    fn over(call: CallId) -> Status {
        Status::CallEnded { call }
    }

    fn wire(leg: Leg, direction: sip::Direction, label: &str) -> Status {
        let wire = sip::Wire {
            session: sip::SessionId(1),
            direction,
            peer: "127.0.0.1:5060".parse().expect("an address"),
            label: label.into(),
            sdp: label == "INVITE",
            again: label == "BYE",
        };
        Status::Wire { leg, wire }
    }

    #[test]
    fn a_request_and_its_callback_are_drawn_on_one_axis() {
        use sip::Direction::{In, Out};
        let board = Board::default();
        let (first, second, request) = (CallId(1), CallId(2), RequestId(7));
        let caller = Leg { call: first, role: LegRole::Caller };
        let agent = Leg { call: second, role: LegRole::Agent };
        let customer = Leg { call: second, role: LegRole::Customer };
        let story = [
            (1_000, began(first)),
            (1_000, wire(caller, In, "INVITE")),
            (1_001, wire(caller, Out, "100 Trying (INVITE)")),
            (1_020, Status::Playing { leg: caller, clips: vec!["en/greeting".into()] }),
            (3_500, Status::Pressed { leg: caller, key: Key::from_event(2).expect("a key") }),
            (4_000, Status::Promised { call: first, request }),
            (5_000, Status::CallbackBegan { call: second, request }),
            (5_001, wire(agent, Out, "INVITE")),
            (9_000, wire(customer, Out, "INVITE")),
            (9_500, Status::Bridged { call: second }),
            (11_000, wire(customer, In, "BYE")),
            (11_001, over(second)),
        ];
        story.iter().for_each(|(millis, status)| board.note(at(*millis), status));
        let drawn = draw(&board.calls_of(request));
        let expected = include_str!("ladder.expected.txt");
        assert_eq!(drawn, expected, "\n{drawn}");
    }

    #[test]
    fn a_storm_keeps_the_beginning_and_the_end_of_a_call() {
        let board = Board::default();
        let caller = Leg { call: CallId(1), role: LegRole::Caller };
        board.note(at(0), &began(CallId(1)));
        for n in 0..1_000 {
            board.note(at(n), &wire(caller, sip::Direction::In, &format!("INFO {n}")));
        }
        let steps = board.call(CallId(1)).expect("shown").steps;
        assert_eq!(steps.iter().count(), FIRST_STEPS_MAX + LAST_STEPS_MAX);
        assert_eq!(steps.left_out(), 1_001 - (FIRST_STEPS_MAX + LAST_STEPS_MAX) as u64);
        let drawn = draw(&board.calls());
        assert!(drawn.contains("INFO 0") && drawn.contains("INFO 999"));
        assert!(drawn.ends_with("(601 steps between the first and the last are left out)\n"));
    }

    #[test]
    fn words_that_no_two_calls_share_are_not_gathered_for_ever() {
        let board = Board::default();
        let caller = Leg { call: CallId(1), role: LegRole::Caller };
        board.note(at(0), &began(CallId(1)));
        for n in 0..WORDS_SHARED_MAX as u64 * 2 {
            board.note(at(n), &wire(caller, sip::Direction::In, &format!("INFO {n}")));
        }
        assert_eq!(board.words_shared(), WORDS_SHARED_MAX);
        let drawn = draw(&board.calls());
        assert!(drawn.contains(&format!("INFO {}", WORDS_SHARED_MAX * 2 - 1)), "{drawn}");
    }

    #[test]
    fn late_frames_and_lost_orders_are_shown_with_their_call() {
        let board = Board::default();
        let (call, role) = (CallId(1), LegRole::Caller);
        let leg = Leg { call, role };
        let far = media::FarEnd { lost: -1, jitter: Duration::ZERO, round_trip: None };
        let (lost, jitter) = (2, Duration::from_micros(7_900));
        let went = media::Quality { lost, jitter, left_out: 5, far: Some(far) };
        board.note(at(0), &began(call));
        board.note(at(10), &Status::OrderLost { leg });
        board.note(at(20), &over(call));
        // The port closes a moment after its call.
        for n in 0..=VOICES_MAX as u64 {
            board.note(at(21), &Status::Voice { leg, sent: 500 + n, received: 490, went });
        }
        let shown = board.call(call).expect("shown");
        let text = draw(std::slice::from_ref(&shown));
        assert!(text.contains("caller: ends: an order for its voice was lost"), "{text}");
        let view = crate::views::call(&shown);
        assert_eq!((view.voices.len(), view.orders_lost), (VOICES_MAX, 1));
        let json = serde_json::to_value(&view.voices[0]).expect("JSON");
        let expected = serde_json::json!({
            "leg": "caller", "sent": 500, "heard": 490, "lost": 2, "jitter_ms": 7,
            "left_out": 5, "lost_there": -1,
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn the_board_forgets_the_oldest_ended_calls() {
        let board = Board::default();
        for n in 1..=CALLS_ENDED_KEPT_MAX as u64 + 1 {
            board.note(at(0), &began(CallId(n)));
            board.note(at(0), &over(CallId(n)));
        }
        assert!(board.call(CallId(1)).is_none());
        assert_eq!((board.calls().len(), board.live()), (CALLS_ENDED_KEPT_MAX, 0));
    }

    #[test]
    fn a_board_that_is_full_shows_no_more_calls() {
        let board = Board::default();
        let most = CALLS_SHOWN_MAX as u64;
        (1..=most + 1).for_each(|n| board.note(at(0), &began(CallId(n))));
        assert_eq!(board.live(), CALLS_SHOWN_MAX);
        assert!(board.call(CallId(most + 1)).is_none());
    }
}
