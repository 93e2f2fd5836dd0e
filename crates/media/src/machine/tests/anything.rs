//! Any orders, any packets, any delays: nothing panics, and every port's packets stay in line.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rtp::Packet;

use super::super::*;
use super::stage::{far_end, stream};
use crate::{ClipId, Codec, PlayId, Repeat, Stream};

#[derive(Debug, Clone)]
enum Step {
    Order(Command),
    Bound(PortId, bool),
    Packet(PortId, bool, Vec<u8>),
    Rtp(PortId, u8, u16, u32, Vec<u8>),
    Wait(u64),
}

fn port() -> impl Strategy<Value = PortId> {
    (0_u32..4).prop_map(PortId)
}

fn order() -> impl Strategy<Value = Command> {
    let clips = proptest::collection::vec((0_u32..5).prop_map(ClipId), 0..4);
    let repeat = prop_oneof![Just(Repeat::Once), Just(Repeat::Forever)];
    let codec = prop_oneof![Just(Codec::Pcma), Just(Codec::Pcmu)];
    let agreed = (port(), codec, any::<[bool; 3]>()).prop_map(|(port, codec, [a, b, c])| Stream {
        send: a,
        receive: b,
        event_payload_type: c.then_some(101),
        comfort_noise: c.then_some(19),
        packet_ms_max: c.then_some(20),
        ..stream(port, codec)
    });
    prop_oneof![
        3 => port().prop_map(|port| Command::Open { port, local: far_end(port) }),
        3 => (port(), agreed).prop_map(|(port, stream)| Command::Connect { port, stream }),
        3 => (port(), any::<u32>(), clips, repeat).prop_map(|(port, play, clips, repeat)| {
            Command::Play { port, play: PlayId(play), clips, repeat }
        }),
        1 => port().prop_map(|port| Command::Stop { port }),
        2 => (port(), port(), any::<bool>()).prop_map(|(one, other, music)| {
            Command::Bridge { one, other, on_hold: music.then_some(ClipId(2)) }
        }),
        1 => port().prop_map(|port| Command::Unbridge { port }),
        1 => port().prop_map(|port| Command::Close { port }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..40);
    let kind = prop_oneof![Just(0_u8), Just(8), Just(13), Just(101), Just(5)];
    prop_oneof![
        6 => order().prop_map(Step::Order),
        3 => (port(), proptest::bool::weighted(0.9)).prop_map(|(p, ok)| Step::Bound(p, ok)),
        1 => (port(), any::<bool>(), bytes()).prop_map(|(p, own, b)| Step::Packet(p, own, b)),
        6 => (port(), kind, any::<u16>(), any::<u32>(), bytes())
            .prop_map(|(p, kind, s, t, b)| Step::Rtp(p, kind, s, t, b)),
        4 => (0_u64..150).prop_map(Step::Wait),
    ]
}

/// Follows the packets of each port from its opening to its close.
#[derive(Default)]
struct Audit {
    /// The next sequence number of each port that has sent.
    next: BTreeMap<PortId, (u16, u32)>,
    sent: BTreeMap<PortId, u64>,
}

impl Audit {
    fn see(&mut self, output: &Output<'_>) {
        match output {
            Output::Packet { port, bytes, .. } => {
                let header = Packet::read(bytes).expect("we send RTP").header;
                if let Some((next, ssrc)) = self.next.get(port) {
                    assert_eq!((header.sequence, header.ssrc), (*next, *ssrc), "{port}");
                }
                self.next.insert(*port, (header.sequence.wrapping_add(1), header.ssrc));
                *self.sent.entry(*port).or_default() += 1;
            }
            Output::Event(Event::Closed { port, sent, .. }) => {
                assert_eq!(*sent, self.sent.remove(port).unwrap_or_default());
                self.next.remove(port);
            }
            Output::Bind { .. }
            | Output::Read { .. }
            | Output::Control { .. }
            | Output::Release { .. }
            | Output::Heard(_)
            | Output::Event(_) => {}
        }
    }
}

fn run(steps: Vec<Step>) {
    let mut catalog = Catalog::new();
    for length in [0, 100, 160, 1_000] {
        catalog.add(&length.to_string(), &vec![9; length]);
    }
    let mut media = Media::new(Arc::new(catalog), Entropy::from_u64(3));
    let mut audit = Audit::default();
    let mut ms = 0;
    let mut sequences = BTreeMap::new();
    for step in steps {
        let now = Mono::from_nanos(ms * 1_000_000);
        match step {
            Step::Order(order) => media.handle_command(now, order),
            Step::Bound(port, ok) => media.handle_bound(now, port, ok),
            Step::Packet(port, own, bytes) => {
                let source = if own { far_end(port) } else { far_end(PortId(9)) };
                media.handle_packet(now, port, source, &bytes);
            }
            Step::Rtp(port, payload_type, sequence, timestamp, payload) => {
                // Mostly in order, now and then another source.
                let (next, ssrc): &mut (u16, u32) = sequences.entry(port).or_default();
                if sequence % 8 == 0 {
                    (*next, *ssrc) = (sequence, *ssrc + 1);
                } else {
                    *next = next.wrapping_add(1);
                }
                let header = rtp::Header {
                    payload_type,
                    marker: false,
                    sequence: *next,
                    timestamp,
                    ssrc: *ssrc,
                };
                let bytes = [&header.to_bytes()[..], &payload].concat();
                media.handle_packet(now, port, far_end(port), &bytes);
            }
            Step::Wait(wait) => {
                ms += wait;
                media.handle_timeout(Mono::from_nanos(ms * 1_000_000));
            }
        }
        while let Some(output) = media.poll() {
            audit.see(&output);
        }
    }
    for port in 0..4 {
        media.handle_command(
            Mono::from_nanos(ms * 1_000_000),
            Command::Close { port: PortId(port) },
        );
    }
    while let Some(output) = media.poll() {
        audit.see(&output);
    }
    assert_eq!((media.ports(), media.deadline()), (0, None));
    assert!(audit.sent.is_empty(), "every packet was counted at the close");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_story_keeps_sequence_numbers_in_line(
        steps in proptest::collection::vec(step(), 0..120),
    ) {
        run(steps);
    }
}
