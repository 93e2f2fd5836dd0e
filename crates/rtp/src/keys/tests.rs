//! Key presses through every loss, every order, and random networks (RFC 4733 §2.5).

use model::Entropy;
use proptest::prelude::*;

use super::*;

/// One packet of a press: its number among the presses, and its fields.
#[derive(Debug, Clone, Copy)]
struct Sent {
    press: usize,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    marker: bool,
    payload: EventPayload,
}

impl Sent {
    fn key(&self) -> char {
        Key::from_event(self.payload.event).expect("tests press keys").as_char()
    }
}

fn hear(receiver: &mut KeyReceiver, sent: &Sent) -> Option<char> {
    let header = Header {
        payload_type: 101,
        marker: sent.marker,
        sequence: sent.sequence,
        timestamp: sent.timestamp,
        ssrc: sent.ssrc,
    };
    match receiver.heard(Mono::ZERO, &header, &sent.payload.to_bytes()) {
        Heard::Pressed(key) => Some(key.as_char()),
        Heard::Held | Heard::Late | Heard::NotAKey => None,
    }
}

fn hear_all(receiver: &mut KeyReceiver, packets: &[Sent]) -> String {
    packets.iter().filter_map(|sent| hear(receiver, sent)).collect()
}

/// A caller's phone: numbers packets as audio and keys go by.
struct Phone {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    presses: usize,
}

impl Phone {
    fn new(sequence: u16, timestamp: u32) -> Phone {
        Phone { ssrc: 7, sequence, timestamp, presses: 0 }
    }

    /// Holds `key` for `frames` packets of 20 ms, says three times that it ended, then is silent
    /// for 60 ms of audio.
    fn press(&mut self, key: char, frames: u32) -> Vec<Sent> {
        let event = Key::from_char(key).expect("tests press keys").event();
        let mut packets = Vec::new();
        let mut start = self.timestamp;
        let mut left = frames * 160;
        let mut marker = true;
        let mut duration = 0;
        while left > 0 {
            duration += left.min(160);
            left -= left.min(160);
            let told = duration.min(SEGMENT);
            packets.push(self.packet(start, marker, event, left == 0, told));
            marker = false;
            if duration >= SEGMENT {
                start = start.wrapping_add(SEGMENT);
                duration -= SEGMENT;
            }
        }
        let last = *packets.last().expect("a press has packets");
        for _ in 0..2 {
            packets.push(self.packet(start, false, event, true, last.payload.duration.into()));
        }
        self.timestamp = self.timestamp.wrapping_add(frames * 160 + 480);
        self.sequence = self.sequence.wrapping_add(3);
        self.presses += 1;
        packets
    }

    fn packet(&mut self, timestamp: u32, marker: bool, event: u8, end: bool, long: u32) -> Sent {
        let duration = u16::try_from(long).expect("a segment is short");
        let payload = EventPayload { event, end, volume: 10, duration };
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        Sent { press: self.presses, ssrc: self.ssrc, sequence, timestamp, marker, payload }
    }

    fn type_keys(&mut self, keys: &str) -> Vec<Vec<Sent>> {
        keys.chars().map(|key| self.press(key, 5)).collect()
    }
}

#[test]
fn all_packets_of_a_press_are_one_key() {
    let packets = Phone::new(10, 800).press('5', 5);
    assert_eq!(packets.len(), 7);
    assert_eq!(hear_all(&mut KeyReceiver::new(), &packets), "5");
}

#[test]
fn any_single_surviving_packet_is_the_key() {
    for packet in Phone::new(10, 800).press('#', 5) {
        assert_eq!(hear_all(&mut KeyReceiver::new(), &[packet]), "#", "{packet:?}");
    }
}

#[test]
fn every_subset_of_the_packets_in_every_rotation_is_one_key() {
    let packets = Phone::new(65_533, u32::MAX - 3).press('0', 4);
    for chosen in 1_u32..1 << packets.len() {
        let kept: Vec<Sent> = (0..packets.len())
            .filter(|place| chosen & 1 << place != 0)
            .map(|place| packets[place])
            .collect();
        for turn in 0..kept.len() {
            let mut order = kept.clone();
            order.rotate_left(turn);
            order.extend(kept.iter().rev());
            assert_eq!(hear_all(&mut KeyReceiver::new(), &order), "0");
        }
    }
}

#[test]
fn two_presses_of_one_key_are_two_keys_even_without_markers_and_ends() {
    let mut phone = Phone::new(10, 800);
    let packets: Vec<Sent> = phone
        .type_keys("55")
        .concat()
        .into_iter()
        .filter(|sent| !sent.marker && !sent.payload.end)
        .collect();
    assert_eq!(hear_all(&mut KeyReceiver::new(), &packets), "55");
}

#[test]
fn late_packets_of_earlier_presses_repeat_nothing() {
    let presses = Phone::new(65_500, 0).type_keys("1234");
    let mut receiver = KeyReceiver::new();
    assert_eq!(hear_all(&mut receiver, &presses.concat()), "1234");
    let late: Vec<Sent> = presses.concat().into_iter().rev().collect();
    assert_eq!(hear_all(&mut receiver, &late), "");
}

#[test]
fn late_packets_renumbered_on_their_way_repeat_nothing() {
    let mut presses = Phone::new(0, 0).type_keys("12");
    let mut late = presses[0][6];
    late.sequence = 500;
    presses.push(vec![late]);
    assert_eq!(hear_all(&mut KeyReceiver::new(), &presses.concat()), "12");
}

#[test]
fn a_press_that_first_shows_after_a_later_one_is_left_out() {
    let presses = Phone::new(0, 0).type_keys("12");
    let packets = [&presses[1][..], &presses[0][6..]].concat();
    assert_eq!(hear_all(&mut KeyReceiver::new(), &packets), "2");
}

#[test]
fn late_packets_of_an_earlier_source_repeat_nothing() {
    let before = Phone::new(0, 0).press('1', 5);
    let mut after = Phone::new(40_000, 9_999);
    after.ssrc = 8;
    let after = after.press('2', 5);
    let packets = [&before[..6], &after[..], &before[6..], &after[3..]].concat();
    assert_eq!(hear_all(&mut KeyReceiver::new(), &packets), "12");
}

#[test]
fn beyond_the_remembered_sources_the_oldest_is_forgotten() {
    let mut receiver = KeyReceiver::new();
    let mut phones: Vec<Sent> = Vec::new();
    for ssrc in 0..=u32::try_from(SOURCES_REMEMBERED).unwrap() {
        let mut phone = Phone::new(0, 0);
        phone.ssrc = ssrc;
        phones.push(phone.press('1', 1)[0]);
    }
    assert_eq!(hear_all(&mut receiver, &phones), "11111");
    assert_eq!(hear_all(&mut receiver, &phones[1..]), "");
    assert_eq!(hear_all(&mut receiver, &phones[..1]), "1");
}

#[test]
fn beyond_the_history_only_sequence_numbers_protect() {
    let mut phone = Phone::new(0, 0);
    let first = phone.press('1', 1);
    let mut receiver = KeyReceiver::new();
    hear_all(&mut receiver, &first);
    for _ in 0..HISTORY {
        hear_all(&mut receiver, &phone.press('2', 1));
    }
    let renumbered = Sent { sequence: 600, ..first[0] };
    assert_eq!(hear(&mut receiver.clone(), &renumbered), None, "the history still holds it");
    hear_all(&mut receiver, &phone.press('2', 1));
    assert_eq!(hear(&mut receiver, &first[0]), None);
    assert_eq!(hear(&mut receiver, &renumbered), Some('1'));
}

#[test]
fn a_sender_that_counts_anew_is_heard_again() {
    let mut receiver = KeyReceiver::new();
    hear_all(&mut receiver, &Phone::new(5_000, 900_000).press('1', 5));
    assert_eq!(hear_all(&mut receiver, &Phone::new(10, 0).press('2', 5)), "2");
}

#[test]
fn a_key_held_for_half_a_minute_in_segments_is_one_key() {
    let mut phone = Phone::new(0, u32::MAX - 70_000);
    let held = phone.press('9', 1_500);
    let mut timestamps: Vec<u32> = held.iter().map(|sent| sent.timestamp).collect();
    timestamps.dedup();
    assert_eq!(timestamps.len(), 4);
    assert_eq!(hear_all(&mut KeyReceiver::new(), &held), "9");
    // A whole segment may be lost.
    let holed: Vec<Sent> =
        held.iter().copied().filter(|sent| sent.timestamp != timestamps[1]).collect();
    assert_eq!(hear_all(&mut KeyReceiver::new(), &holed), "9");
    assert_eq!(hear_all(&mut KeyReceiver::new(), &phone.press('9', 5)), "9");
}

#[test]
fn more_lost_segments_than_the_limit_are_another_press() {
    let held = |segments: u32| {
        let first = Phone::new(0, 0).press('9', 1)[0];
        let first = Sent { payload: EventPayload { end: false, ..first.payload }, ..first };
        let later = Sent { sequence: 9, timestamp: SEGMENT * segments, ..first };
        hear_all(&mut KeyReceiver::new(), &[first, later])
    };
    assert_eq!(held(SEGMENTS_LOST_MAX + 1), "9");
    assert_eq!(held(SEGMENTS_LOST_MAX + 2), "99");
}

#[test]
fn a_press_that_ended_is_not_continued_by_the_next_one() {
    let mut phone = Phone::new(0, 0);
    let packets = phone.press('9', 2);
    phone.timestamp = SEGMENT;
    let again = phone.press('9', 2);
    assert_eq!(hear_all(&mut KeyReceiver::new(), &[packets, again.clone()].concat()), "99");
    let mut receiver = KeyReceiver::new();
    assert_eq!(hear_all(&mut receiver, &Phone::new(0, 0).press('9', 2)[..1]), "9");
    assert_eq!(hear_all(&mut receiver, &again), "", "its end was not heard: it is still held");
}

#[test]
fn what_is_not_a_key_is_ignored() {
    let mut receiver = KeyReceiver::new();
    let header = Header { payload_type: 101, marker: true, sequence: 0, timestamp: 0, ssrc: 0 };
    assert_eq!(
        receiver.heard(Mono::ZERO, &header, &[16, 0, 0, 160]),
        Heard::NotAKey,
        "a hook flash"
    );
    assert_eq!(receiver.heard(Mono::ZERO, &header, &[5, 0, 0]), Heard::NotAKey, "too short");
    assert_eq!(receiver.heard(Mono::ZERO, &header, &[]), Heard::NotAKey);
}

/// A network that loses, doubles and delays packets; delays reorder them.
fn network(entropy: &mut Entropy, sent: &[Sent], loss: u32, doubled: u32, delay: u64) -> Vec<Sent> {
    let mut under_way = Vec::new();
    for (place, packet) in (0_u64..).zip(sent) {
        let copies = 1 + usize::from(entropy.chance(doubled));
        for _ in 0..copies {
            if !entropy.chance(loss) {
                under_way.push((place + entropy.below(delay + 1), *packet));
            }
        }
    }
    under_way.sort_by_key(|(arrives, _)| *arrives);
    under_way.into_iter().map(|(_, packet)| packet).collect()
}

proptest! {
    /// Each press is heard once, in order, if and only if one of its packets arrives before any
    /// packet of a later press.
    #[test]
    fn keys_are_heard_once_and_in_order_through_any_network(
        seed: u64,
        keys in "[0-9*#A-D]{1,12}",
        first_sequence: u16,
        first_timestamp: u32,
        loss in 0_u32..700,
        doubled in 0_u32..500,
        delay in 0_u64..40,
    ) {
        let mut entropy = Entropy::from_u64(seed);
        let sent = Phone::new(first_sequence, first_timestamp).type_keys(&keys).concat();
        let arrived = network(&mut entropy, &sent, loss, doubled, delay);
        let mut expected = String::new();
        let mut latest = None;
        for packet in &arrived {
            if latest.is_none_or(|press| packet.press > press) {
                expected.push(packet.key());
                latest = Some(packet.press);
            }
        }
        prop_assert_eq!(hear_all(&mut KeyReceiver::new(), &arrived), expected);
    }

    #[test]
    fn no_packets_panic(
        packets in proptest::collection::vec(
            (0_u32..3, any::<u16>(), any::<u32>(), proptest::collection::vec(any::<u8>(), 0..6)),
            0..60,
        ),
    ) {
        let mut receiver = KeyReceiver::new();
        for (ssrc, sequence, timestamp, payload) in packets {
            let header =
                Header { payload_type: 101, marker: false, sequence, timestamp, ssrc };
            receiver.heard(Mono::ZERO, &header, &payload);
        }
    }
}

#[test]
fn bursts_of_loss_cost_fewer_than_one_key_in_a_hundred() {
    // Five percent of the packets in bursts of 40 ms: the model of the field measurements.
    let mut entropy = Entropy::from_u64(4_733);
    let (mut pressed, mut heard) = (0, 0);
    for round in 0_u16..500 {
        let sent = Phone::new(round, 0).type_keys("0123456789").concat();
        let mut lost_until = 0;
        let mut arrived = Vec::new();
        for (place, packet) in sent.iter().enumerate() {
            if entropy.chance(17) {
                lost_until = place + 3;
            }
            if place >= lost_until {
                arrived.push(*packet);
            }
        }
        pressed += 10;
        heard += hear_all(&mut KeyReceiver::new(), &arrived).len();
    }
    assert!(heard <= pressed && heard * 100 >= pressed * 99, "{heard} of {pressed}");
}

#[test]
fn a_key_that_never_ended_is_over_after_its_time() {
    for (silent_ms, presses) in [(8_180, 2), (60, 1)] {
        let mut receiver = KeyReceiver::new();
        let mut pressed = 0;
        // The same key twice, by accident as far apart as two segments of one press.
        for (ms, timestamp, sequence) in [(0, 800, 10), (silent_ms, 800 + 0xFFFF, 20)] {
            let header = Header { payload_type: 101, marker: false, sequence, timestamp, ssrc: 7 };
            let event = EventPayload { event: 5, end: false, volume: 10, duration: 160 };
            let now = Mono::from_nanos(ms * 1_000_000);
            let heard = receiver.heard(now, &header, &event.to_bytes());
            pressed += u32::from(matches!(heard, Heard::Pressed(_)));
        }
        assert_eq!(pressed, presses, "{silent_ms} ms of silence");
    }
}
