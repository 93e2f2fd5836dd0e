//! Ports whose sound is recorded.

use model::{PortId, RecordingId};

use super::stage::*;
use crate::{Codec, Command, Repeat, Side, Tap};

const UNBRIDGE: Command = Command::Unbridge { port: TWO };

fn tap(port: PortId, side: Side) -> Command {
    let tap = Tap { recording: RecordingId(5), side, since: at(20) };
    Command::Tap { port, tap: Some(tap) }
}

/// Ports one (an agent, A-law) and two (a customer, µ-law), bridged and recorded from 20 ms on.
fn recorded() -> Stage {
    let mut stage = Stage::with_two();
    stage.run_to(20);
    stage.order(Command::Bridge { one: ONE, other: TWO, on_hold: None });
    stage.order(tap(ONE, Side::Left));
    stage.order(tap(TWO, Side::Right));
    stage
}

/// What was handed to a recording since the last look.
fn handed(stage: &mut Stage) -> Vec<String> {
    let lines = stage.lines().into_iter();
    lines.filter_map(|line| line.split_once(" rec-").map(|(_, it)| it.to_owned())).collect()
}

#[test]
fn each_side_is_handed_over_as_it_came_with_its_place() {
    let mut stage = recorded();
    stage.run_to(40);
    stage.hear(ONE, 8, &[0xAA; 160]);
    stage.hear(TWO, 0, &[0x91; 240]);
    stage.run_to(75);
    stage.hear(ONE, 8, &[0xBB; 160]);
    assert_eq!(
        handed(&mut stage),
        ["5 Left Pcma at 160: 160*aa", "5 Right Pcmu at 160: 240*91", "5 Left Pcma at 320: 160*bb",]
    );
    stage.close(&[ONE, TWO]);
}

#[test]
fn keys_are_not_recorded_and_what_is_lost_leaves_its_gap() {
    let mut stage = recorded();
    stage.hear(ONE, 8, &[0xAA; 160]);
    stage.hear_key(ONE, EVENTS_A, '5', 5_160, false);
    stage.hear_key(ONE, EVENTS_A, '5', 5_160, true);
    stage.run_to(80);
    stage.hear(ONE, 8, &[0xAA; 160]);
    stage.hear(ONE, 13, &[40]);
    assert_eq!(handed(&mut stage), ["5 Left Pcma at 0: 160*aa", "5 Left Pcma at 480: 160*aa"]);
}

#[test]
fn a_conversation_is_recorded_while_it_is_bridged_and_a_message_always() {
    let mut stage = recorded();
    stage.order(UNBRIDGE);
    stage.hear(TWO, 0, &[0x91; 160]);
    assert_eq!(handed(&mut stage), [""; 0], "the agent fetches somebody: nothing is recorded");
    stage.order(tap(TWO, Side::Alone));
    stage.play(TWO, 1, &["music"], Repeat::Forever);
    stage.hear(TWO, 0, &[0x91; 160]);
    assert_eq!(handed(&mut stage), ["5 Alone Pcmu at 0: 160*91"], "and not what is played");
    stage.order(Command::Tap { port: TWO, tap: None });
    stage.hear(TWO, 0, &[0x91; 160]);
    assert_eq!(handed(&mut stage), [""; 0]);
}

#[test]
fn a_port_that_changes_machines_takes_its_tap_along() {
    let mut stage = Stage::of(&[]);
    stage.connect(ONE, Codec::G722);
    stage.connect(TWO, Codec::Pcma);
    stage.order(tap(TWO, Side::Right));
    stage.pass_on(TWO);
    stage.order(Command::Bridge { one: ONE, other: TWO, on_hold: None });
    stage.hear(TWO, 8, &[0xAA; 160]);
    assert_eq!(handed(&mut stage), ["5 Right Pcma at 0: 160*aa"]);
}
