//! Orders out of place, and every limit.

use model::PortId;

use super::stage::*;
use crate::{
    CLIPS_PER_PLAY_MAX, Codec, Command, Event, OUTPUTS_MAX, Output, PORTS_MAX, PlayId, Repeat,
};

fn every_order(port: PortId) -> Vec<Command> {
    vec![
        Command::Connect { port, stream: stream(port, Codec::Pcma) },
        Command::Play { port, play: PlayId(1), clips: vec![], repeat: Repeat::Once },
        Command::Stop { port },
        Command::Bridge { one: port, other: ONE, on_hold: None },
        Command::Bridge { one: ONE, other: port, on_hold: None },
        Command::Carry { port, key: model::Key::from_char('1').expect("a key") },
        Command::Unbridge { port },
        Command::Close { port },
    ]
}

#[test]
fn orders_for_a_port_that_is_not_there_are_ignored() {
    let mut stage = Stage::with_two();
    stage.order(Command::Close { port: TWO });
    stage.lines();
    for order in every_order(TWO).into_iter().chain(every_order(PortId(77))) {
        stage.order(order);
    }
    stage.media.handle_bound(at(0), TWO, true);
    stage.media.handle_bound(at(0), TWO, false);
    stage.media.handle_bound(at(0), ONE, true);
    stage.hear(TWO, 0, &[0x91; 160]);
    stage.run_to(100);
    let answered = ["0 p2 closed sent 0 received 0", "0 p77 closed sent 0 received 0"];
    assert_eq!(stage.lines(), answered, "who closes waits for the answer");
    stage.close(&[ONE]);
}

#[test]
fn a_port_that_could_not_be_bound_does_not_exist() {
    let mut stage = Stage::new();
    let local = "127.0.0.1:1".parse().expect("an address");
    stage.order(Command::Open { port: ONE, local });
    stage.media.handle_bound(at(0), ONE, false);
    stage.order(Command::Connect { port: ONE, stream: stream(ONE, Codec::Pcma) });
    stage.run_to(100);
    assert_eq!(stage.lines(), ["0 p1 bind 127.0.0.1:1", "0 p1 open failed"]);
    stage.close(&[]);
}

#[test]
fn a_port_closed_while_it_is_bound_is_released() {
    let mut stage = Stage::new();
    let local = "127.0.0.1:1".parse().expect("an address");
    stage.order(Command::Open { port: ONE, local });
    stage.order(Command::Open { port: ONE, local });
    stage.order(Command::Close { port: ONE });
    stage.media.handle_bound(at(0), ONE, true);
    let expected = ["0 p1 bind 127.0.0.1:1", "0 p1 release", "0 p1 closed sent 0 received 0"];
    assert_eq!(stage.lines(), expected);
    stage.close(&[]);
}

#[test]
fn a_port_connected_before_it_is_bound_sends_from_then_on() {
    let mut stage = Stage::new();
    let local = "127.0.0.1:1".parse().expect("an address");
    stage.order(Command::Open { port: ONE, local });
    stage.order(Command::Connect { port: ONE, stream: stream(ONE, Codec::Pcma) });
    stage.run_to(50);
    stage.media.handle_bound(at(50), ONE, true);
    stage.run_to(60);
    assert_eq!(
        stage.lines(),
        ["0 p1 bind 127.0.0.1:1", "51 p1 opened", "51 p1 > :4001 A s0 t0 M 160*d5"]
    );
}

#[test]
fn more_ports_than_the_limit_are_refused_until_one_closes() {
    let mut stage = Stage::new();
    let last = u32::try_from(PORTS_MAX).expect("it is small");
    (0..last).for_each(|port| stage.open(PortId(port)));
    stage.lines();
    let local = "127.0.0.1:10000".parse().expect("an address");
    stage.order(Command::Open { port: PortId(last), local });
    assert_eq!(stage.lines(), [format!("0 p{last} open failed")]);
    assert_eq!(stage.media.counts().ports_refused, 1);
    stage.order(Command::Close { port: PortId(17) });
    stage.lines();
    stage.open(PortId(last));
    assert_eq!(stage.lines()[1], format!("0 p{last} opened"));
    let ports: Vec<PortId> = (0..=last).map(PortId).collect();
    stage.close(&ports);
}

#[test]
fn ports_that_come_and_go_take_no_new_memory() {
    let mut stage = Stage::new();
    for port in 0..1_000 {
        stage.connect(PortId(port), Codec::Pcma);
        stage.order(Command::Close { port: PortId(port) });
    }
    assert_eq!(stage.media.ports.len(), 1);
    stage.close(&[]);
}

#[test]
fn more_clips_than_the_limit_are_cut_and_counted() {
    let mut stage = Stage::with_one();
    stage.play(ONE, 1, &["short"; CLIPS_PER_PLAY_MAX + 3], Repeat::Once);
    assert_eq!(stage.media.counts().clips_cut, 3);
}

#[test]
fn outputs_that_nobody_polls_are_dropped_but_the_ends_are_kept() {
    let mut stage = Stage::with_one();
    stage.play(ONE, 1, &["short"], Repeat::Once);
    let frames = u64::try_from(OUTPUTS_MAX).expect("it is small") + 10;
    for frame in 0..frames {
        stage.media.handle_timeout(at(1 + 20 * frame));
    }
    stage.media.handle_command(at(0), Command::Close { port: ONE });
    let mut packets = 0;
    let mut events = Vec::new();
    while let Some(output) = stage.media.poll() {
        match output {
            Output::Packet { .. } | Output::Control { .. } => packets += 1,
            Output::Event(Event::PlayEnded { .. }) => events.push("ended"),
            Output::Event(Event::Silent { .. }) => events.push("silent"),
            Output::Event(Event::Closed { .. }) => events.push("closed"),
            Output::Release { .. } => events.push("release"),
            Output::Read { .. } => {}
            other => panic!("{other:?} has no place in this story"),
        }
    }
    assert_eq!(events, ["ended", "silent", "release", "closed"]);
    assert_eq!(packets, OUTPUTS_MAX - 2);
    // As many as there were frames more, and the reports of the time beyond.
    assert!(stage.media.counts().outputs_dropped > 12);
}
