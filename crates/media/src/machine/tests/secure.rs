//! Ports with keys: what is protected, what is refused, and bridges between both kinds.

use std::net::SocketAddr;

use model::PortId;
use rtp::srtp::{GROWTH_BYTES_MAX, Incoming, Outgoing};
use rtp::{DATAGRAM_MAX, Header, Packet};

use super::super::*;
use super::stage::*;
use crate::{Codec, FORMER_KEY_TIME, FORMER_KEYS_MAX, MasterKey, Secure, Stream, Suite};

fn key(byte: u8) -> MasterKey {
    let suite = Suite::AeadAes128Gcm;
    MasterKey::new(suite, &vec![byte; suite.master_length()]).expect("as long as it must be")
}

/// The stream of a far end whose own key is `theirs`; ours is one.
fn secured(port: PortId, codec: Codec, theirs: u8) -> Stream {
    let secure = Secure { outgoing: key(1), incoming: key(theirs) };
    Stream { secure: Some(Box::new(secure)), ..stream(port, codec) }
}

/// A far end that has `own` as its key.
struct Far {
    outgoing: Outgoing,
    incoming: Incoming,
    sequence: u16,
}

impl Far {
    fn new(own: u8) -> Far {
        Far { outgoing: Outgoing::new(&key(own)), incoming: Incoming::new(&key(1)), sequence: 100 }
    }

    /// Its next packet, protected.
    fn packet(&mut self, payload: &[u8]) -> Vec<u8> {
        let sequence = self.sequence;
        self.sequence += 1;
        let timestamp = u32::from(sequence) * 160;
        let header = Header { payload_type: 8, marker: false, sequence, timestamp, ssrc: 77 };
        let plain = [&header.to_bytes()[..], payload].concat();
        let mut bytes = [&plain[..], &[0; GROWTH_BYTES_MAX]].concat();
        let length = self.outgoing.protect(&mut bytes, plain.len()).expect("it is new");
        bytes.truncate(length);
        bytes
    }

    /// What it hears of these packets: their payloads.
    fn hear(&mut self, packets: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let mut payloads = Vec::new();
        for packet in packets {
            let mut bytes = packet.to_vec();
            let length = self.incoming.unprotect(&mut bytes).expect("it is for us");
            payloads.push(Packet::read(&bytes[..length]).expect("it is RTP").payload.to_vec());
        }
        payloads
    }
}

/// A machine with these ports, bound and connected, and nothing waiting.
fn media(streams: &[(PortId, Stream)]) -> Media {
    let mut media = Media::new(Arc::new(Catalog::new()), Entropy::from_u64(1));
    for (port, stream) in streams {
        let local = SocketAddr::from(([127, 0, 0, 1], 10_000));
        media.handle_command(at(0), Command::Open { port: *port, local });
        media.handle_bound(at(0), *port, true);
        let connect = Command::Connect { port: *port, stream: stream.clone() };
        media.handle_command(at(0), connect);
    }
    while media.poll().is_some() {}
    media
}

/// What a port sent since the last look.
fn sent(media: &mut Media, port: PortId) -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    while let Some(output) = media.poll() {
        match output {
            Output::Packet { port: from, bytes, .. } if from == port => {
                packets.push(bytes.to_vec());
            }
            Output::Packet { .. } | Output::Bind { .. } | Output::Read { .. } => {}
            Output::Release { .. }
            | Output::Control { .. }
            | Output::Heard(_)
            | Output::Event(_) => {}
        }
    }
    packets
}

fn heard(media: &Media) -> (u64, u64, u64) {
    let counts = media.port_counts(ONE).expect("it is open");
    (counts.received, counts.not_authentic, counts.replayed)
}

#[test]
fn what_is_sent_can_be_read_by_the_far_end_alone() {
    let mut media = media(&[(ONE, secured(ONE, Codec::Pcma, 2))]);
    media.handle_timeout(at(20));
    let packets = sent(&mut media, ONE);
    assert_eq!(packets.len(), 1);
    assert_eq!(packets[0].len(), 12 + 160 + 16);
    assert_ne!(packets[0][12..172], [0xD5; 160]);
    assert_eq!(Far::new(2).hear(&packets), [[0xD5; 160]]);
}

#[test]
fn only_what_is_authentic_and_new_is_heard() {
    let mut media = media(&[(ONE, secured(ONE, Codec::Pcma, 2))]);
    let (mut far, mut forger) = (Far::new(2), Far::new(9));
    let good = far.packet(&[0xAA; 160]);
    let mut hear = |bytes: &[u8]| {
        media.handle_packet(at(5), ONE, far_end(ONE), bytes);
        heard(&media)
    };
    assert_eq!(hear(&forger.packet(&[0xAA; 160])), (0, 1, 0));
    assert_eq!(hear(&good), (1, 1, 0));
    assert_eq!(hear(&good), (1, 1, 1));
    let plain = Header { payload_type: 8, marker: false, sequence: 101, timestamp: 0, ssrc: 77 };
    assert_eq!(hear(&[&plain.to_bytes()[..], &[0xAA; 160]].concat()), (1, 2, 1));
    assert_eq!(hear(&[0; 5]), (1, 2, 1));
    assert_eq!(hear(&[0x80; DATAGRAM_MAX + 1]), (1, 2, 1));
    let counts = media.counts();
    assert_eq!((counts.not_authentic, counts.replayed, counts.not_understood), (2, 1, 2));
}

#[test]
fn a_forger_does_not_become_the_source_and_does_not_keep_a_line_alive() {
    let mut media = media(&[(ONE, secured(ONE, Codec::Pcma, 2))]);
    let mut forger = Far::new(9);
    for ms in (0..31_000).step_by(20) {
        media.handle_packet(at(ms), ONE, far_end(TWO), &forger.packet(&[0xAA; 160]));
        media.handle_timeout(at(ms));
    }
    let mut fell_silent = false;
    while let Some(output) = media.poll() {
        fell_silent |= output == Output::Event(Event::Silent { port: ONE });
        assert!(!matches!(output, Output::Packet { to, .. } if to != far_end(ONE)));
    }
    assert!(fell_silent);
}

#[test]
fn a_bridge_decrypts_on_one_side_and_encrypts_on_the_other() {
    let plain_side = (TWO, stream(TWO, Codec::Pcma));
    let mut media = media(&[(ONE, secured(ONE, Codec::Pcma, 2)), plain_side]);
    let bridge = Command::Bridge { one: ONE, other: TWO, on_hold: None };
    media.handle_command(at(1), bridge);
    let mut far = Far::new(2);
    for (length, room) in [(160, 12 + 160), (480, 12 + 480)] {
        media.handle_packet(at(2), ONE, far_end(ONE), &far.packet(&vec![0xAA; length]));
        let packets = sent(&mut media, TWO);
        assert_eq!(packets.len(), 1);
        assert_eq!(packets[0].len(), room);
        assert_eq!(packets[0][12..], vec![0xAA; length]);
    }
    for (sequence, length) in [(1, 160), (2, 480)] {
        let timestamp = 160 * u32::from(sequence);
        let header = Header { payload_type: 8, marker: false, sequence, timestamp, ssrc: 5 };
        let bytes = [&header.to_bytes()[..], &vec![0xBB; length]].concat();
        media.handle_packet(at(3), TWO, far_end(TWO), &bytes);
        let packets = sent(&mut media, ONE);
        assert_eq!(far.hear(&packets), [vec![0xBB; length]]);
        // The same number again: under the same keystream it must not go out.
        media.handle_packet(at(4), TWO, far_end(TWO), &bytes);
        assert!(sent(&mut media, ONE).is_empty());
    }
    assert_eq!(media.counts().not_protected, 2);
}

#[test]
fn after_a_new_key_packets_under_the_former_one_are_heard_for_a_while() {
    let mut media = media(&[(ONE, secured(ONE, Codec::Pcma, 2))]);
    let (mut former, mut later) = (Far::new(2), Far::new(3));
    media.handle_packet(at(5), ONE, far_end(ONE), &former.packet(&[0xAA; 160]));
    let connect = Command::Connect { port: ONE, stream: secured(ONE, Codec::Pcma, 3) };
    media.handle_command(at(10), connect);
    later.sequence = 102;
    media.handle_packet(at(15), ONE, far_end(ONE), &later.packet(&[0xAA; 160]));
    media.handle_packet(at(16), ONE, far_end(ONE), &former.packet(&[0xAA; 160]));
    assert_eq!(heard(&media), (3, 0, 0));
    let over = at(10) + FORMER_KEY_TIME;
    former.sequence = 110;
    media.handle_packet(over, ONE, far_end(ONE), &former.packet(&[0xAA; 160]));
    assert_eq!(heard(&media), (3, 1, 0));
    media.handle_packet(over, ONE, far_end(ONE), &later.packet(&[0xAA; 160]));
    assert_eq!(heard(&media), (4, 1, 0));
}

#[test]
fn what_was_heard_under_a_key_is_not_heard_again_when_the_key_comes_back() {
    let mut media = media(&[(ONE, secured(ONE, Codec::Pcma, 2))]);
    let mut far = Far::new(2);
    let old = far.packet(&[0xAA; 160]);
    media.handle_packet(at(5), ONE, far_end(ONE), &old);
    // One key less than are remembered, and back to the first.
    let others = 3..2 + u8::try_from(FORMER_KEYS_MAX).expect("few");
    for (ms, theirs) in (10..).step_by(10).zip(others.chain([2])) {
        let connect = Command::Connect { port: ONE, stream: secured(ONE, Codec::Pcma, theirs) };
        media.handle_command(at(ms), connect);
    }
    media.handle_packet(at(100), ONE, far_end(ONE), &old);
    assert_eq!(heard(&media), (1, 0, 1));
    media.handle_packet(at(101), ONE, far_end(ONE), &far.packet(&[0xAA; 160]));
    assert_eq!(heard(&media), (2, 0, 1));
    // As many others as are remembered at most: nothing panics, and the first is as good as new.
    for theirs in 20..30 {
        let connect = Command::Connect { port: ONE, stream: secured(ONE, Codec::Pcma, theirs) };
        media.handle_command(at(200), connect);
    }
    let connect = Command::Connect { port: ONE, stream: secured(ONE, Codec::Pcma, 2) };
    media.handle_command(at(210), connect);
    media.handle_packet(at(211), ONE, far_end(ONE), &far.packet(&[0xAA; 160]));
    assert_eq!(heard(&media), (3, 0, 1));
}

#[test]
fn keys_that_stay_go_on_where_they_were_also_after_a_plain_time() {
    let mut media = media(&[(ONE, secured(ONE, Codec::Pcma, 2))]);
    let mut far = Far::new(2);
    let old = far.packet(&[0xAA; 160]);
    media.handle_packet(at(5), ONE, far_end(ONE), &old);
    let plain = stream(ONE, Codec::Pcma);
    for stream in [plain, secured(ONE, Codec::Pcma, 2)] {
        media.handle_command(at(10), Command::Connect { port: ONE, stream });
        media.handle_timeout(at(40));
    }
    media.handle_packet(at(41), ONE, far_end(ONE), &old);
    assert_eq!(heard(&media), (1, 0, 1));
    media.handle_timeout(at(60));
    let packets = sent(&mut media, ONE);
    let (last, plain) = packets.split_last().expect("frames were sent");
    assert!(plain.iter().all(|packet| packet.len() == 172));
    assert_eq!(far.hear(std::slice::from_ref(last)), [[0xD5; 160]]);
}

#[test]
fn reports_of_a_port_with_keys_are_protected_and_only_authentic_ones_are_heard() {
    let mut media = media(&[(ONE, secured(ONE, Codec::Pcma, 2))]);
    let mut far = Far::new(2);
    let mut heard = 0;
    // Its first reports come within six seconds.
    for ms in 1..=6_000 {
        media.handle_timeout(at(ms));
        while let Some(output) = media.poll() {
            let Output::Control { to, bytes, .. } = output else { continue };
            assert_eq!(to, far_control(ONE));
            let mut bytes = bytes.to_vec();
            let plain = far.incoming.unprotect_rtcp(&mut bytes).expect("it is protected for us");
            assert_eq!(bytes[1], 200, "a sender report");
            assert!(plain < bytes.len());
            heard += 1;
        }
    }
    assert!(heard > 0);
    // A receiver report of the far end: authentic, then altered, then plain.
    let report = [0x80, 201, 0, 1, 0, 0, 0, 77];
    let mut bytes = [&report[..], &[0; GROWTH_BYTES_MAX]].concat();
    let length = far.outgoing.protect_rtcp(&mut bytes, report.len()).expect("it is new");
    bytes.truncate(length);
    let mut altered = bytes.clone();
    altered[5] ^= 1;
    for (bytes, refused) in [(altered, 1), (bytes.clone(), 0), (report.to_vec(), 1)] {
        let before = media.counts().not_authentic + media.counts().not_understood;
        media.handle_control(at(6_000), ONE, far_control(ONE), &bytes);
        let after = media.counts().not_authentic + media.counts().not_understood;
        assert_eq!(after - before, refused);
    }
    media.handle_control(at(6_001), ONE, far_control(ONE), &bytes);
    assert_eq!(media.counts().replayed, 1, "a report is heard once");
}
