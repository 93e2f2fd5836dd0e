//! What a call costs that is answered and ended at once: INVITE, 200, ACK, BYE, 200; alone, or
//! beside calls that stand and are quiet.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::account::{cpu, load_average, percentile, resident};
use super::engine::Engine;
use super::far_end::HERE;
use super::pace::{BEAT, Beating, Pace};
use super::sip::{self, Call};

/// Standing calls are made at this rate, a second: slowly enough that none is lost.
const STANDING_RATE: u64 = 250;
/// For the last calls to end.
pub const LAST: Duration = Duration::from_secs(2);
/// RFC 3261 §17.2.2: what a BYE leaves behind is kept for 32 s (timer J).
const SETTLED_AFTER: Duration = Duration::from_secs(34);

/// Calls at a fixed rate, from one trunk.
pub fn run(rate: u64, time: Duration) -> Result<()> {
    outln!("{rate} calls/s for {time:?}; load average {} at the start", load_average());
    let mut load = Load::new(Engine::start()?, rate)?;
    let pid = load.engine.pid();
    let (idle, before) = (resident(pid)?.all, cpu(pid)?);
    load.make(time)?;
    let spent = cpu(pid)?.saturating_sub(before);
    let busy = resident(pid)?.all;
    load.print(spent);
    std::thread::sleep(SETTLED_AFTER);
    let (spent, settled) = (cpu(pid)?.saturating_sub(before), resident(pid)?.all);
    outln!(
        "  {:.0} µs with what is cleared away in the {SETTLED_AFTER:?} after",
        spent.as_secs_f64() * 1e6 / load.ended.max(1) as f64
    );
    outln!(
        "  resident: {idle} kB before, {busy} kB after the last call, {settled} kB \
         {SETTLED_AFTER:?} later; load average {}",
        load_average()
    );
    load.engine.stop()
}

/// The trunk, and the calls that it makes.
pub struct Load {
    /// Whom it calls.
    pub engine: Engine,
    sip: UdpSocket,
    /// Where the engine's packets go; nobody reads them.
    sink: UdpSocket,
    began: Instant,
    ends: Duration,
    rate: u64,
    /// So many were asked for in earlier rounds.
    made: usize,
    /// The first so many are not hung up: they stand, and are quiet.
    standing: usize,
    /// Each with the moment of its INVITE.
    calls: Vec<(Call, Instant, bool)>,
    /// INVITE to 200, µs.
    answered: Vec<u32>,
    ended: u64,
    refused: u64,
    own_lateness: Vec<u32>,
}

impl Load {
    /// No call yet.
    pub fn new(engine: Engine, rate: u64) -> Result<Load> {
        engine.trunk.set_nonblocking(true)?;
        Ok(Load {
            sip: engine.trunk.try_clone()?,
            sink: UdpSocket::bind((HERE, 0))?,
            engine,
            began: Instant::now(),
            ends: Duration::ZERO,
            rate,
            made: 0,
            standing: 0,
            calls: Vec::new(),
            answered: Vec::new(),
            ended: 0,
            refused: 0,
            own_lateness: Vec::new(),
        })
    }

    /// Makes calls for `time` at the rate, each ended as soon as it is answered.
    pub fn make(&mut self, time: Duration) -> Result<()> {
        self.made = self.calls.len();
        (self.answered, self.own_lateness) = (Vec::new(), Vec::new());
        self.ends = time;
        let pace = Pace::new([&self.sip.try_clone()?].into_iter())?;
        self.began = Instant::now();
        pace.run(self, Instant::now() + time + LAST)
    }

    /// Makes so many calls that stand. Before any other.
    pub fn stand(&mut self, calls: usize) -> Result<()> {
        self.standing = calls;
        let rate = std::mem::replace(&mut self.rate, STANDING_RATE);
        self.make(Duration::from_millis(calls as u64 * 1_000 / STANDING_RATE))?;
        self.rate = rate;
        ensure!(self.answered.len() == calls, "only {} stand", self.answered.len());
        Ok(())
    }

    /// From the next round on, so many calls a second.
    pub fn at_rate(&mut self, rate: u64) {
        self.rate = rate;
    }

    /// The number of calls so far.
    pub fn made(&self) -> usize {
        self.calls.len()
    }

    /// True when every call so far was answered and ended.
    pub fn all_ended_well(&self) -> bool {
        self.ended as usize == self.calls.len() && self.refused == 0
    }

    fn heard(&mut self, text: &str) {
        let Some((status, number, method)) = sip::answer(text) else { return };
        let Some((call, asked, is_answered)) = self.calls.get_mut(number.wrapping_sub(1)) else {
            return;
        };
        match (status, method) {
            (200, "INVITE") => {
                if !*is_answered {
                    *is_answered = true;
                    let took = asked.elapsed().as_micros();
                    self.answered.push(u32::try_from(took).unwrap_or(u32::MAX));
                    let _ = call.answered(text);
                }
                let (ack, bye) = (call.ack(), call.bye());
                // What is lost here is counted: such a call does not end.
                let _ = self.engine.say(&ack);
                if number > self.standing {
                    let _ = self.engine.say(&bye);
                }
            }
            (200, "BYE") => self.ended += 1,
            (300.., "INVITE") => {
                self.refused += 1;
                let _ = call.answered(text);
                let _ = self.engine.say(&call.ack());
            }
            _ => {}
        }
    }

    /// What the calls of the last round cost, and how they went.
    pub fn print(&mut self, spent: Duration) {
        self.answered.sort_unstable();
        self.own_lateness.sort_unstable();
        let ms = |values: &[u32], p| f64::from(percentile(values, p)) / 1_000.0;
        let times = |values: &[u32]| [50, 99, 100].map(|p| format!("{:.2}", ms(values, p)));
        outln!(
            "  {} calls asked for, {} answered, {} ended well, {} refused",
            self.calls.len() - self.made,
            self.answered.len(),
            self.ended,
            self.refused
        );
        outln!(
            "  {:.0} µs of processor per call",
            spent.as_secs_f64() * 1e6 / self.ended.max(1) as f64
        );
        outln!(
            "  INVITE to 200: {} ms (p50 / p99 / max; the load beat late by {} ms)",
            times(&self.answered).join(" / "),
            times(&self.own_lateness).join(" / ")
        );
    }
}

impl Beating for Load {
    fn beat(&mut self, _phase: usize, late: Duration) {
        self.own_lateness.push(u32::try_from(late.as_micros()).unwrap_or(u32::MAX));
        let passed = (self.began.elapsed() + BEAT).min(self.ends);
        let wanted = passed.as_millis() * u128::from(self.rate) / 1_000;
        let Ok(sink) = self.sink.local_addr() else { return };
        while ((self.calls.len() - self.made) as u128) < wanted {
            let number = self.calls.len() + 1;
            let call = Call::new(number, sink.port());
            let invite = if number <= self.standing { call.quiet_invite() } else { call.invite() };
            let _ = self.engine.say(&invite);
            self.calls.push((call, Instant::now(), false));
        }
    }

    fn readable(&mut self, _index: usize) {
        let mut bytes = [0; 4_096];
        let Ok(length) = self.engine.trunk.recv(&mut bytes) else { return };
        let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
        self.heard(&text);
    }
}
