//! The callers' media: each its own socket, 50 packets a second both ways, and what was heard when.
//!
//! When a packet came is what the kernel wrote beside it (SO_TIMESTAMPNS), so that a load that
//! reads late does not make the engine late. A caller reads what has come when it sends, as the
//! engine does: nobody waits for a packet, so that whoever sends one is not charged for waking the
//! reader, who would be on another machine.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::account::percentile;
use super::pace::{Beating, PHASES, Pace};
use super::talk::Talk;

/// Where the callers are.
pub const HERE: &str = "127.9.0.2";
/// Samples of RTP's clock in a millisecond (RFC 3551 §6, G.711).
const SAMPLES_PER_MS: i64 = 8;
/// So often a caller reads until nothing is left, and else one packet for each that it sends.
const ALL_EVERY: u32 = 16;
/// A frame later than this has missed its turn in a player that keeps one frame back.
const LATE_MICROS: u32 = 20_000;

/// All callers.
pub struct FarEnds {
    streams: Vec<Stream>,
    recording: bool,
    own_lateness: Vec<u32>,
}

struct Stream {
    socket: UdpSocket,
    to: SocketAddr,
    talk: Talk,
    heard: Heard,
    sent: u32,
}

/// What one caller has heard.
#[derive(Debug, Default)]
struct Heard {
    packets: u64,
    lost: u64,
    /// Sequence number, timestamp and arrival (µs of the kernel's clock) of the packet before.
    last: Option<(u16, u32, i64)>,
    /// Bit n: the packet n before the newest was heard.
    seen: u64,
    /// Arrival against the stream's own clock, µs, from any zero.
    offset: i64,
    offsets: Vec<i64>,
    gaps: Vec<u32>,
}

/// What all callers together have heard; times in µs, as the kernel saw the packets come.
#[derive(Debug)]
pub struct Report {
    /// Packets heard.
    pub packets: u64,
    /// Numbers that are missing in the streams.
    pub lost: u64,
    /// Callers who heard nothing.
    pub deaf: usize,
    /// From one packet to the next, sorted.
    pub gaps: Vec<u32>,
    /// After the earliest phase of the stream, sorted.
    pub lateness: Vec<u32>,
    /// Packets later than a frame lasts.
    pub late: usize,
    /// How late the callers themselves were to send, sorted.
    pub own_lateness: Vec<u32>,
}

impl FarEnds {
    /// Opens a socket for each caller.
    pub fn open(callers: usize) -> Result<FarEnds> {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
        let mut streams = Vec::new();
        for index in 0..callers {
            let socket = UdpSocket::bind((HERE, 0))?;
            socket.set_nonblocking(true)?;
            foreign::stamp_arrivals(&socket)?;
            let talk = Talk::new(index);
            streams.push(Stream { socket, to: nowhere, talk, heard: Heard::default(), sent: 0 });
        }
        Ok(FarEnds { streams, recording: false, own_lateness: Vec::new() })
    }

    /// The port of each caller.
    pub fn ports(&self) -> Result<Vec<u16>> {
        self.streams.iter().map(|stream| Ok(stream.socket.local_addr()?.port())).collect()
    }

    /// Where each caller sends from now on.
    pub fn send_to(&mut self, ports: &[SocketAddr]) {
        for (stream, to) in self.streams.iter_mut().zip(ports) {
            stream.to = *to;
        }
    }

    /// Sends and hears for `time`, without keeping what was heard.
    pub fn warm_up(&mut self, time: Duration) -> Result<()> {
        self.recording = false;
        self.run(time)
    }

    /// Sends and hears for `time`.
    pub fn run(&mut self, time: Duration) -> Result<()> {
        Pace::new(std::iter::empty())?.run(self, Instant::now() + time)?;
        let recording = self.recording;
        self.streams.iter_mut().for_each(|stream| while stream.read(recording) {});
        Ok(())
    }

    /// From now on what is heard is kept.
    pub fn record(&mut self) {
        self.recording = true;
        self.own_lateness.clear();
        self.streams.iter_mut().for_each(|stream| stream.heard = Heard::default());
    }

    /// What was heard.
    pub fn report(&mut self) -> Report {
        let mut report = Report {
            packets: 0,
            lost: 0,
            deaf: 0,
            gaps: Vec::new(),
            lateness: Vec::new(),
            late: 0,
            own_lateness: std::mem::take(&mut self.own_lateness),
        };
        for stream in &mut self.streams {
            let heard = std::mem::take(&mut stream.heard);
            report.packets += heard.packets;
            report.lost += heard.lost;
            report.deaf += usize::from(heard.packets == 0);
            report.gaps.extend(&heard.gaps);
            let earliest = heard.offsets.iter().copied().min().unwrap_or(0);
            let late = heard.offsets.iter().map(|offset| offset - earliest);
            report.lateness.extend(late.map(|late| u32::try_from(late).unwrap_or(u32::MAX)));
        }
        report.gaps.sort_unstable();
        report.lateness.sort_unstable();
        report.own_lateness.sort_unstable();
        let in_time = report.lateness.partition_point(|late| *late <= LATE_MICROS);
        report.late = report.lateness.len() - in_time;
        report
    }
}

impl Report {
    /// Two lines for people.
    pub fn print(&self, who: &str) {
        let ms = |values: &[u32], p| f64::from(percentile(values, p)) / 1_000.0;
        let [gaps, late, own] = [&self.gaps, &self.lateness, &self.own_lateness]
            .map(|v| [50, 99, 100].map(|p| format!("{:.2}", ms(v, p))).join(" / "));
        outln!(
            "  {who}: {} packets heard, {} lost, {} late, {} callers heard nothing",
            self.packets,
            self.lost,
            self.late,
            self.deaf
        );
        outln!(
            "  {who}: gaps {gaps} ms, lateness {late} ms (p50 / p99 / max; the callers sent late \
             by {own} ms)"
        );
    }
}

impl Heard {
    fn hear(&mut self, at: i64, sequence: u16, stamp: u32) {
        self.packets += 1;
        if let Some((last, last_stamp, before)) = self.last {
            let step = sequence.wrapping_sub(last);
            // An older one was counted as lost, and is not; the stream goes on from the newest.
            if step == 0 || step > u16::MAX / 2 {
                let bit = 1_u64.checked_shl(last.wrapping_sub(sequence).into()).unwrap_or(0);
                self.lost -= u64::from(bit != 0 && self.seen & bit == 0 && self.lost > 0);
                self.seen |= bit;
                return;
            }
            self.seen = self.seen.checked_shl(step.into()).unwrap_or(0);
            self.lost += u64::from(step - 1);
            self.gaps.push(u32::try_from(at - before).unwrap_or(0));
            let played = i64::from(stamp.wrapping_sub(last_stamp)) * 1_000 / SAMPLES_PER_MS;
            self.offset += at - before - played;
        }
        self.seen |= 1;
        self.offsets.push(self.offset);
        self.last = Some((sequence, stamp, at));
    }
}

impl Beating for FarEnds {
    fn beat(&mut self, phase: usize, late: Duration) {
        if self.recording {
            self.own_lateness.push(u32::try_from(late.as_micros()).unwrap_or(u32::MAX));
        }
        for stream in self.streams.iter_mut().skip(phase).step_by(PHASES) {
            // A packet that the kernel does not take is lost, as on any network.
            let _ = stream.socket.send_to(stream.talk.next(), stream.to);
            stream.sent = stream.sent.wrapping_add(1);
            let all = stream.sent.is_multiple_of(ALL_EVERY);
            while stream.read(self.recording) && all {}
        }
    }

    fn readable(&mut self, _: usize) {}
}

impl Stream {
    /// Reads a packet. False when there was none.
    fn read(&mut self, recording: bool) -> bool {
        let mut bytes = [0; 2_048];
        let Ok(received) = foreign::receive(&self.socket, &mut bytes) else { return false };
        // What RTCP says is not a frame (RFC 5761 §4).
        if !recording || received.length < 12 || (192..=223).contains(&bytes[1]) {
            return true;
        }
        if let Some(at) = received.at.and_then(|at| i64::try_from(at.as_micros()).ok()) {
            let sequence = u16::from_be_bytes([bytes[2], bytes[3]]);
            let stamp = u32::from_be_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
            self.heard.hear(at, sequence, stamp);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_losses_and_lateness_are_told_apart() {
        let mut heard = Heard::default();
        heard.hear(1_000, 65_535, 0);
        heard.hear(21_000, 0, 160);
        heard.hear(46_000, 1, 320);
        // One is missing, and the next is in time.
        heard.hear(81_000, 3, 640);
        assert_eq!((heard.packets, heard.lost), (4, 1));
        // It was only overtaken, and what comes twice fills no other gap.
        for _ in 0..2 {
            heard.hear(82_000, 2, 480);
            assert_eq!(heard.lost, 0);
        }
        heard.hear(82_500, 0, 160);
        assert_eq!((heard.packets, heard.lost), (7, 0));
        assert_eq!(heard.gaps, [20_000, 25_000, 35_000]);
        assert_eq!(heard.offsets, [0, 0, 5_000, 0]);
    }
}
