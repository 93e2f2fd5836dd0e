//! What happened, as text for people and as a hash for comparing two runs.

use std::collections::VecDeque;
use std::fmt::Write;
use std::net::SocketAddr;

use engine::Status;
use model::Now;

/// Lines kept; the hash goes over all of them.
pub const LINES_MAX: usize = 20_000;

/// See the module.
#[derive(Debug, Default)]
pub struct Trace {
    lines: VecDeque<String>,
    hash: u64,
    count: u64,
}

impl Trace {
    /// Adds one line.
    pub fn note(&mut self, now: Now, text: &str) {
        let millis = now.mono.as_nanos() / 1_000_000;
        let line = format!("{:>9}.{:03} {text}", millis / 1_000, millis % 1_000);
        for byte in line.bytes() {
            // FNV-1a: any two runs that differ in one byte differ here.
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.count += 1;
        if self.lines.len() == LINES_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// Adds a SIP message that arrives: its first line and its sender.
    pub(crate) fn wire(&mut self, now: Now, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        let first = bytes.split(|byte| *byte == b'\r' || *byte == b'\n').next().unwrap_or(&[]);
        let first = String::from_utf8_lossy(first);
        self.note(now, &format!("{from} -> {to} {first}"));
    }

    /// Adds what the engine says of itself. Wire lines are left out: they are seen on arrival.
    pub(crate) fn status(&mut self, now: Now, status: &Status) {
        if !matches!(status, Status::Wire { .. } | Status::Voice { .. } | Status::Fact(_)) {
            self.note(now, &format!("engine: {status:?}"));
        }
    }

    /// A number that two equal runs share.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// How many lines there were.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The last lines, up to [`LINES_MAX`].
    pub fn text(&self) -> String {
        self.lines.iter().fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{line}");
            text
        })
    }
}
