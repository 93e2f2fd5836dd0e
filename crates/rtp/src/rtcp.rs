//! RTCP of one stream (RFC 3550 §6): what we tell the far end, and what it tells us.
//!
//! ```text
//!   us  ── SR (or RR) + SDES ──▶ far end      every 2.5 to 7.5 s, drawn anew each time
//!   us  ◀── SR or RR + SDES ──  far end      its report names our last SR and how long ago: the
//!                                             rest of the time is the way there and back
//!   us  ── SR + SDES + BYE ──▶ far end       when the port closes
//! ```
//!
//! Packets are read with `rtcp-types`, one by one: nothing is allocated, and of what it offers only
//! the readers of reports and of BYE are used. We write our own few bytes. The name of the source
//! (CNAME) is random and new for each stream (RFC 7022): it tells nothing of anybody.
//!
//! Our NTP clock is the process's own, from an arbitrary beginning (RFC 3550 §6.4.1 allows it).

use std::time::Duration;

use model::Mono;
use rtcp_types::prelude::*;
use rtcp_types::{Bye, ReceiverReport, ReportBlock, SenderReport};

use crate::{Reception, Sender};

/// The longest compound packet that we write: SR with one block, SDES, BYE.
pub const REPORT_BYTES_MAX: usize = 128;

/// The least time between two reports, before it is drawn (RFC 3550 §6.2).
pub const INTERVAL_MIN: Duration = Duration::from_secs(5);

/// The most packets of a compound packet that are looked at.
pub const PACKETS_MAX: usize = 16;

/// A report's packet types.
const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const DESCRIPTION: u8 = 202;
const BYE: u8 = 203;
const CNAME: u8 = 1;

/// Bytes of a random name: 96 bits as hexadecimal digits (RFC 7022 §4.2).
const NAME_BYTES: usize = 24;

/// Bytes of UDP and IPv4, which count for the interval (RFC 3550 §6.2).
const TRANSPORT_BYTES: u64 = 28;

/// RTCP's share of an audio stream of 80 kbit/s, in bytes per second: 5 % (RFC 3550 §6.2).
const BYTES_PER_SECOND: u64 = 500;

/// Our NTP clock when the process began, in seconds. Its middle, which reports give back, is then
/// far from zero, which means "no report yet".
const NTP_BEGINNING: u64 = 0x10_8000;

/// What a far end last told of the stream that it hears from us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FarReport {
    /// Packets of ours that it misses, altogether; negative when it had some twice.
    pub lost: i32,
    /// Its interarrival jitter, in timestamp units.
    pub jitter: u32,
    /// There and back, when it had a report of ours to measure by.
    pub round_trip: Option<Duration>,
}

/// Why a datagram is not RTCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotRtcp;

/// What one datagram said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Told {
    /// The source has left.
    pub bye: bool,
}

/// The reports of one stream, both ways.
#[derive(Debug, Clone)]
pub struct Reports {
    name: [u8; NAME_BYTES],
    /// When the last report went out, or the stream began.
    last: Mono,
    next: Mono,
    /// None has gone out yet: the first comes sooner (RFC 3550 §6.2).
    is_first: bool,
    /// Bytes of a compound packet, the average of both sides, in sixteenths.
    size_16: u64,
    /// Packets that had been sent when the last report was written.
    sent_before: u64,
    /// Of the far end's last SR: the middle of its NTP time, and when it came.
    heard: Option<(u32, Mono)>,
    far: Option<FarReport>,
}

impl Reports {
    /// A stream that begins at `now`. `random` draws anew each time it is asked.
    pub fn new(now: Mono, mut random: impl FnMut() -> u32) -> Reports {
        let mut name = [0; NAME_BYTES];
        for digits in name.chunks_mut(8) {
            let drawn = random();
            for (place, digit) in digits.iter_mut().enumerate() {
                *digit = b"0123456789abcdef"[(drawn >> (4 * place)) as usize & 15];
            }
        }
        let mut reports = Reports {
            name,
            last: now,
            next: now,
            is_first: true,
            size_16: 100 * 16,
            sent_before: 0,
            heard: None,
            far: None,
        };
        reports.next = now + reports.interval(random());
        reports
    }

    /// When the next report is due.
    pub fn next(&self) -> Mono {
        self.next
    }

    /// Whether a report is to be written now. When not, the next moment was drawn
    /// (reconsideration, RFC 3550 §6.3.6).
    pub fn is_due(&mut self, now: Mono, random: u32) -> bool {
        let at = self.last + self.interval(random);
        if at <= now {
            return true;
        }
        self.next = at;
        false
    }

    /// Writes a compound packet and gives its length: SR or RR, SDES, and BYE with `bye`.
    pub fn write(
        &mut self,
        now: Mono,
        stream: Stream<'_>,
        bye: bool,
        random: u32,
        packet: &mut [u8; REPORT_BYTES_MAX],
    ) -> usize {
        let Stream { sender, sent, reception } = stream;
        let mut bytes = Bytes { packet, length: 0 };
        let block = reception.report();
        // Whoever sent since the last report is a sender (RFC 3550 §6.4).
        let is_sender = sent.packets > self.sent_before;
        let kind = if is_sender { SENDER_REPORT } else { RECEIVER_REPORT };
        let blocks = u16::from(block.is_some());
        bytes.header(blocks as u8, kind, 1 + 5 * u16::from(is_sender) + 6 * blocks);
        bytes.word(sender.ssrc());
        if is_sender {
            let ntp = ntp(now);
            bytes.word((ntp >> 32) as u32);
            bytes.word(ntp as u32);
            bytes.word(sender.timestamp_at(now));
            // The counts wrap (RFC 3550 §6.4.1).
            bytes.word(sent.packets as u32);
            bytes.word(sent.octets as u32);
        }
        if let Some(block) = block {
            bytes.word(block.ssrc);
            let lost = block.lost.clamp(-0x80_0000, 0x7F_FFFF).cast_unsigned() & 0xFF_FFFF;
            bytes.word(u32::from(block.fraction) << 24 | lost);
            bytes.word(block.highest);
            bytes.word(block.jitter);
            let (middle, since) = self.heard.map_or((0, 0), |(middle, came)| {
                (middle, (ntp(now).wrapping_sub(ntp(came)) >> 16) as u32)
            });
            bytes.word(middle);
            bytes.word(since);
        }
        // One chunk: the source, the item's two bytes, the name, an end, and zeros to a whole word.
        let words = (4 + 2 + NAME_BYTES + 1).div_ceil(4);
        bytes.header(1, DESCRIPTION, words as u16);
        bytes.word(sender.ssrc());
        let padding = words * 4 - 4 - 2 - NAME_BYTES;
        bytes.put(&[CNAME, NAME_BYTES as u8]);
        bytes.put(&self.name);
        bytes.put(&[0; 4][..padding]);
        if bye {
            bytes.header(1, BYE, 1);
            bytes.word(sender.ssrc());
        }
        let length = bytes.length;
        self.sent_before = sent.packets;
        self.is_first = false;
        self.last = now;
        self.note_size(length);
        self.next = now + self.interval(random);
        length
    }

    /// A datagram of the far end came at `now`; our stream is `ours`.
    ///
    /// # Errors
    /// When it is not a compound RTCP packet (RFC 3550 A.2). Nothing of it counts then.
    pub fn heard(&mut self, now: Mono, ours: u32, bytes: &[u8]) -> Result<Told, NotRtcp> {
        check(bytes)?;
        self.note_size(bytes.len());
        let mut told = Told::default();
        for packet in packets(bytes).take(PACKETS_MAX) {
            match packet[1] {
                SENDER_REPORT => {
                    let Ok(report) = SenderReport::parse(packet) else { continue };
                    self.heard = Some(((report.ntp_timestamp() >> 16) as u32, now));
                    report.report_blocks().for_each(|block| self.hear_block(now, ours, &block));
                }
                RECEIVER_REPORT => {
                    let Ok(report) = ReceiverReport::parse(packet) else { continue };
                    report.report_blocks().for_each(|block| self.hear_block(now, ours, &block));
                }
                BYE => told.bye |= Bye::parse(packet).is_ok(),
                _ => {}
            }
        }
        Ok(told)
    }

    /// What the far end last told of our stream.
    pub fn far(&self) -> Option<FarReport> {
        self.far
    }

    fn hear_block(&mut self, now: Mono, ours: u32, block: &ReportBlock<'_>) {
        if block.ssrc() != ours {
            return;
        }
        let before = self.far.and_then(|far| far.round_trip);
        let sent = block.last_sender_report_timestamp();
        let there_and_back = ((ntp(now) >> 16) as u32)
            .wrapping_sub(sent)
            .wrapping_sub(block.delay_since_last_sender_report_timestamp());
        // A far end that counts wrong makes it negative, or longer than the time between reports.
        let is_sound = sent != 0 && there_and_back < 60 << 16;
        let micros = (u64::from(there_and_back) * 1_000_000) >> 16;
        self.far = Some(FarReport {
            // 24 bits with a sign.
            lost: (block.cumulative_lost() << 8).cast_signed() >> 8,
            jitter: block.interarrival_jitter(),
            round_trip: is_sound.then(|| Duration::from_micros(micros)).or(before),
        });
    }

    fn note_size(&mut self, length: usize) {
        let size = length as u64 + TRANSPORT_BYTES;
        self.size_16 = size + self.size_16 * 15 / 16;
    }

    /// The time to the next report (RFC 3550 §6.3.1): two members share the bandwidth, half to one
    /// and a half of it are drawn, and reconsideration would make it too long by e − 3/2.
    fn interval(&self, random: u32) -> Duration {
        let members = 2;
        let share = Duration::from_millis(self.size_16 / 16 * members * 1_000 / BYTES_PER_SECOND);
        let least = if self.is_first { INTERVAL_MIN / 2 } else { INTERVAL_MIN };
        let drawn = 500_000 + random % 1_000_000;
        share.max(least) * drawn / 1_000_000 * 100_000 / 121_828
    }
}

/// What a report is about: what we send, and what we hear.
#[derive(Debug)]
pub struct Stream<'a> {
    /// The numbering of what we send.
    pub sender: &'a Sender,
    /// How much that was.
    pub sent: Sent,
    /// What we hear.
    pub reception: &'a mut Reception,
}

/// What was sent of a stream so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    /// Packets.
    pub packets: u64,
    /// Bytes of their payloads.
    pub octets: u64,
}

/// RFC 3550 A.2: version 2, a report first, without padding, and lengths that add up.
fn check(bytes: &[u8]) -> Result<(), NotRtcp> {
    let [flags, kind, ..] = bytes else { return Err(NotRtcp) };
    let begins_well = flags & 0xE0 == 0x80 && matches!(*kind, SENDER_REPORT | RECEIVER_REPORT);
    let length: usize = packets(bytes).map(<[u8]>::len).sum();
    if begins_well && length == bytes.len() { Ok(()) } else { Err(NotRtcp) }
}

/// The packets of a compound one, as far as they are whole.
fn packets(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let &[flags, _, high, low, ..] = rest else { return None };
        let length = (usize::from(u16::from_be_bytes([high, low])) + 1) * 4;
        if flags >> 6 != 2 || length > rest.len() {
            return None;
        }
        let (packet, others) = rest.split_at(length);
        rest = others;
        Some(packet)
    })
}

/// `now` on our NTP clock: seconds, and their 2^32nd parts.
fn ntp(now: Mono) -> u64 {
    let nanos = now.as_nanos();
    let seconds = nanos / 1_000_000_000 + NTP_BEGINNING;
    (seconds << 32) | ((nanos % 1_000_000_000) * (1 << 32) / 1_000_000_000)
}

struct Bytes<'a> {
    packet: &'a mut [u8; REPORT_BYTES_MAX],
    length: usize,
}

impl Bytes<'_> {
    fn put(&mut self, bytes: &[u8]) {
        self.packet[self.length..self.length + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    fn word(&mut self, word: u32) {
        self.put(&word.to_be_bytes());
    }

    /// The four bytes before each packet; `words` follow.
    fn header(&mut self, count: u8, kind: u8, words: u16) {
        let [high, low] = words.to_be_bytes();
        self.put(&[0x80 | count, kind, high, low]);
    }
}

#[cfg(test)]
mod tests;
