//! Capture files of what a far end says: silence, tones and telephone-events on one RTP stream.
//!
//! SIPp replays them packet by packet at their times (`play_pcap_audio`), with the addresses of the
//! call. A stream is described by a list of short sentences:
//!
//! ```text
//! "quiet 1.5"       seconds of near silence
//! "tone 700 10"     700 Hz for ten seconds: tells who is heard
//! "keys 0033#"      RFC 4733 events, 100 ms each and 100 ms apart
//! "bad keys 2"      the same with the first packet and two of three ends lost, and two swapped
//! "pcmu", "events 96"   from here on µ-law, and this payload type for events
//! ```
//! A stream is A-law with events of type 101 unless it says so.

use std::net::{Ipv4Addr, SocketAddrV4};

use anyhow::{Context, Result, bail};

use crate::g711::{Coder, Law};
use crate::music::sine;
use crate::pcap::{self, Datagram};
use crate::wav::RATE;

/// Samples and microseconds of one packet: 20 ms.
const FRAME: usize = RATE / 50;
const FRAME_US: u64 = 20_000;
/// Packets of one key before its end, and between two keys.
const KEY_FRAMES: usize = 5;
/// Repetitions of the packet that ends an event (RFC 4733 §2.5.1.4).
const END_PACKETS: usize = 3;
/// Loudness of an event, -10 dBm0.
const VOLUME: u8 = 10;
/// Level of a tone: -16 dBFS peak.
const TONE_LEVEL: f64 = 5_200.0;
/// Longest stream, in seconds.
const STREAM_SECS_MAX: f64 = 120.0;

/// The keys of RFC 4733 §3.2, by their event.
const KEYS: &str = "0123456789*#ABCD";

/// The bytes of a capture file that says `sentences`.
pub fn capture(sentences: &[String]) -> Result<Vec<u8>> {
    let mut stream = Stream::new();
    for sentence in sentences {
        stream.say(sentence).with_context(|| format!("in the sentence \"{sentence}\""))?;
    }
    Ok(pcap::bytes(&stream.datagrams))
}

struct Stream {
    law: Law,
    coder: Coder,
    events: u8,
    sequence: u16,
    /// Frames since the beginning: the time of the next packet.
    frames: u64,
    marker: bool,
    datagrams: Vec<Datagram>,
}

impl Stream {
    fn new() -> Stream {
        Stream {
            law: Law::A,
            coder: Coder::new(Law::A),
            events: 101,
            sequence: 60_000,
            frames: 0,
            marker: true,
            datagrams: Vec::new(),
        }
    }

    fn say(&mut self, sentence: &str) -> Result<()> {
        match *sentence.split_whitespace().collect::<Vec<_>>() {
            ["pcmu"] => (self.law, self.coder) = (Law::Mu, Coder::new(Law::Mu)),
            ["events", payload_type] => self.events = payload_type.parse()?,
            ["quiet", secs] => self.sound(0.0, secs.parse()?)?,
            ["tone", hz, secs] => self.sound(hz.parse()?, secs.parse()?)?,
            ["keys", keys] => self.keys(keys, false)?,
            ["bad", "keys", keys] => self.keys(keys, true)?,
            _ => bail!("not one of: quiet S, tone HZ S, keys K, bad keys K, pcmu, events PT"),
        }
        Ok(())
    }

    fn sound(&mut self, hz: f64, secs: f64) -> Result<()> {
        if !(0.0..=STREAM_SECS_MAX).contains(&secs) {
            bail!("0 to {STREAM_SECS_MAX} seconds");
        }
        let level = if hz > 0.0 { TONE_LEVEL } else { 0.0 };
        for _ in 0..(secs * 50.0).round() as usize {
            let first = self.frames as usize * FRAME;
            let wave = |n: usize| level * sine((first + n) as f64 * hz / RATE as f64);
            let payload = (0..FRAME).map(|n| self.coder.encode(wave(n) as i16)).collect();
            let marker = std::mem::take(&mut self.marker);
            self.packet(self.law.payload_type(), marker, self.frames, payload);
            self.frames += 1;
        }
        Ok(())
    }

    fn keys(&mut self, keys: &str, bad: bool) -> Result<()> {
        for key in keys.chars() {
            let event = KEYS.find(key).with_context(|| format!("{key} is not a key"))?;
            self.key(u8::try_from(event).expect("sixteen keys"), bad);
            self.sound(0.0, 0.1)?;
        }
        Ok(())
    }

    /// One event: all its packets carry the time of its beginning and a longer duration each.
    fn key(&mut self, event: u8, bad: bool) {
        let (first, begun) = (self.datagrams.len(), self.frames);
        for packet in 1..=KEY_FRAMES + END_PACKETS {
            let frames = packet.min(KEY_FRAMES + 1);
            let end = packet > KEY_FRAMES;
            let duration = u16::try_from(frames * FRAME).expect("a key is short");
            let mut payload = vec![event, if end { 0x80 | VOLUME } else { VOLUME }];
            payload.extend(duration.to_be_bytes());
            self.packet(self.events, packet == 1, begun, payload);
            self.frames += 1;
        }
        if bad {
            let sent = &mut self.datagrams;
            sent.truncate(sent.len() - 2);
            sent.remove(first);
            let (one, two) = (sent[first].at_us, sent[first + 1].at_us);
            sent.swap(first, first + 1);
            (sent[first].at_us, sent[first + 1].at_us) = (one, two);
        }
    }

    /// Appends a packet (RFC 3550 §5.1) whose media began at the frame `begun`.
    fn packet(&mut self, payload_type: u8, marker: bool, begun: u64, payload: Vec<u8>) {
        let mut packet = vec![0x80, payload_type | if marker { 0x80 } else { 0 }];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend((begun as u32).wrapping_mul(FRAME as u32).to_be_bytes());
        packet.extend(0x5261_7070_u32.to_be_bytes());
        packet.extend(payload);
        self.sequence = self.sequence.wrapping_add(1);
        let end = |port| SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
        self.datagrams.push(Datagram {
            at_us: self.frames * FRAME_US,
            source: end(6000),
            target: end(6002),
            payload: packet,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(sentences: &[&str]) -> Vec<Datagram> {
        let mut stream = Stream::new();
        for sentence in sentences {
            stream.say(sentence).expect("a sentence");
        }
        stream.datagrams
    }

    /// Time in ms, payload type, marker, sequence number, timestamp.
    fn row(datagram: &Datagram) -> (u64, u8, bool, u16, u32) {
        let p = &datagram.payload;
        let sequence = u16::from_be_bytes([p[2], p[3]]);
        let timestamp = u32::from_be_bytes([p[4], p[5], p[6], p[7]]);
        (datagram.at_us / 1000, p[1] & 0x7F, p[1] & 0x80 != 0, sequence, timestamp)
    }

    #[test]
    fn a_key_is_eight_packets_of_one_time_and_growing_duration() {
        let sent = stream(&["quiet 0.02", "keys 5"]);
        assert_eq!(row(&sent[0]), (0, 8, true, 60_000, 0));
        assert_eq!(row(&sent[1]), (20, 101, true, 60_001, 160));
        assert_eq!(row(&sent[8]), (160, 101, false, 60_008, 160));
        let events: Vec<[u8; 4]> =
            sent[1..9].iter().map(|d| d.payload[12..].try_into().expect("4 bytes")).collect();
        assert_eq!(events[0], [5, 10, 0, 160]);
        assert_eq!(events[4], [5, 10, 3, 32]);
        assert_eq!(events[5..], [[5, 0x8A, 3, 192]; 3]);
        assert_eq!(row(&sent[9]), (180, 8, false, 60_009, 1_440));
    }

    #[test]
    fn a_bad_key_lacks_its_marker_and_two_ends_and_two_packets_are_swapped() {
        let sent = stream(&["bad keys 5"]);
        let events: Vec<_> = sent.iter().take(5).map(row).collect();
        assert!(events.iter().all(|(_, _, marker, _, timestamp)| !marker && *timestamp == 0));
        let sequences: Vec<u16> = events.iter().map(|row| row.3).collect();
        assert_eq!(sequences, [60_002, 60_001, 60_003, 60_004, 60_005]);
        assert!(sent.windows(2).all(|pair| pair[0].at_us < pair[1].at_us));
        let ends = sent.iter().filter(|d| d.payload.len() == 16 && d.payload[13] & 0x80 != 0);
        assert_eq!(ends.count(), 1);
    }

    #[test]
    fn a_stream_may_be_of_another_law_and_event_type() {
        let sent = stream(&["pcmu", "events 96", "quiet 0.02", "keys #"]);
        assert_eq!((row(&sent[0]).1, row(&sent[1]).1), (0, 96));
        assert_eq!(sent[1].payload[12], 11);
    }

    #[test]
    fn a_sentence_that_nobody_understands_is_named() {
        let error = capture(&["sing".to_owned()]).expect_err("not a sentence");
        assert!(error.to_string().contains("\"sing\""), "{error:#}");
        assert!(capture(&["keys X".to_owned()]).is_err());
        assert!(capture(&["quiet 121".to_owned()]).is_err());
    }
}
