//! What a whole call costs: a caller hears the greeting, presses the key of the offer, chooses to
//! be called back on this number, hears the promise, and is hung up on.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::CALLERS_MAX;
use super::account::{cpu, load_average, percentile};
use super::engine::Engine;
use super::far_end::HERE;
use super::media::floor_cost;
use super::pace::{Beating, PHASES, Pace};
use super::sip::{self, Call};
use super::talk::Talk;

/// Calls of one run: each has a socket.
pub const CALLS_MAX: u64 = 4_000;
/// Longer than any call lasts.
const CALL_MAX: Duration = Duration::from_secs(20);
/// Length of a call of these keys: with the rate, so many are there at once.
const CALL_MILLIS: u64 = 7_400;
/// Length of each of the two runs of the bare loop.
const FLOOR: Duration = Duration::from_secs(5);
/// The offer's key in the midst of the greeting, and "this number" in the midst of the menu, in
/// frames of 20 ms after the answer: with the promise it makes a call of 7.4 s.
const KEYS: &[(u32, u8)] = &[(25, 2), (52, 1)];

/// The trunk and its callers.
struct Callers {
    engine: Engine,
    sip: UdpSocket,
    callers: Vec<Caller>,
    began: Instant,
    rate: u64,
    asked: usize,
}

struct Caller {
    socket: UdpSocket,
    call: Call,
    talk: Talk,
    /// The engine's RTP, from its 200 on.
    to: Option<SocketAddr>,
    answered: Option<Instant>,
    /// The engine said BYE so long after its answer.
    lasted: Option<Duration>,
    heard: u64,
}

/// So many calls a second, for so long.
pub fn run(rate: u64, time: Duration) -> Result<()> {
    let calls = rate * time.as_secs();
    ensure!(calls <= CALLS_MAX, "at most {CALLS_MAX} calls: {rate} a second for {time:?} are more");
    outln!("{rate} calls/s for {time:?}; load average {} at the start", load_average());
    let at_once = usize::try_from(rate * CALL_MILLIS / 1_000)?.clamp(1, CALLERS_MAX);
    let floor_before = floor_cost(at_once, FLOOR)?;
    let mut callers = Callers::new(Engine::start()?, rate, usize::try_from(calls)?)?;
    let pid = callers.engine.pid();
    let before = cpu(pid)?;
    callers.make(time + CALL_MAX)?;
    let spent = cpu(pid)?.saturating_sub(before);
    let cost = callers.print(spent);
    callers.engine.stop()?;
    let floor_after = floor_cost(at_once, FLOOR)?;
    let call = (floor_before + floor_after) / 2.0 * CALL_MILLIS as f64 / 1_000.0;
    outln!(
        "  floor: {call:.2} ms for the audio of such a call ({floor_before:.3} ms a second before, \
         {floor_after:.3} after, {at_once} at once)"
    );
    outln!("  ratio: {:.2} times the floor", cost / call);
    Ok(())
}

impl Callers {
    fn new(engine: Engine, rate: u64, calls: usize) -> Result<Callers> {
        engine.trunk.set_nonblocking(true)?;
        let sip = engine.trunk.try_clone()?;
        let callers = (1..=calls).map(Caller::new).collect::<Result<_>>()?;
        Ok(Callers { engine, sip, callers, began: Instant::now(), rate, asked: 0 })
    }

    fn make(&mut self, time: Duration) -> Result<()> {
        let trunk = self.sip.try_clone()?;
        let pace = Pace::new(std::iter::once(&trunk))?;
        self.began = Instant::now();
        pace.run(self, Instant::now() + time)
    }

    fn heard(&mut self, text: &str) {
        if let Some((number, ok)) = sip::bye(text) {
            let _ = self.engine.say(&ok);
            if let Some(caller) = self.callers.get_mut(number.wrapping_sub(1)) {
                let lasted = caller.answered.map(|since| since.elapsed());
                caller.lasted = caller.lasted.or(lasted);
            }
            return;
        }
        let Some((200, number, "INVITE")) = sip::answer(text) else { return };
        let Some(caller) = self.callers.get_mut(number.wrapping_sub(1)) else { return };
        caller.to = caller.call.answered(text);
        caller.answered.get_or_insert_with(Instant::now);
        let _ = self.engine.say(&caller.call.ack());
    }

    /// Tells what was seen, and returns the ms of processor that a call cost.
    fn print(&self, spent: Duration) -> f64 {
        let mut lasted: Vec<u32> = self
            .callers
            .iter()
            .filter_map(|caller| u32::try_from(caller.lasted?.as_millis()).ok())
            .collect();
        lasted.sort_unstable();
        let deaf = self.callers.iter().filter(|caller| caller.heard == 0).count();
        let answered = self.callers.iter().filter(|caller| caller.answered.is_some()).count();
        outln!(
            "  {} calls asked for, {answered} answered, {} hung up on after the promise, {deaf} heard \
             nothing",
            self.asked,
            lasted.len()
        );
        let seconds = [0, 50, 100].map(|p| f64::from(percentile(&lasted, p)) / 1_000.0);
        outln!("  they lasted {seconds:.2?} s (shortest, p50, longest)");
        let cost = spent.as_secs_f64() * 1e3 / lasted.len().max(1) as f64;
        outln!("  {cost:.2} ms of processor per call; load average {}", load_average());
        cost
    }
}

impl Caller {
    fn new(number: usize) -> Result<Caller> {
        let socket = UdpSocket::bind((HERE, 0))?;
        socket.set_nonblocking(true)?;
        let call = Call::new(number, socket.local_addr()?.port());
        let talk = Talk::pressing(number, KEYS);
        Ok(Caller { socket, call, talk, to: None, answered: None, lasted: None, heard: 0 })
    }
}

impl Beating for Callers {
    fn beat(&mut self, phase: usize, _late: Duration) {
        let passed = self.began.elapsed().as_millis();
        let wanted = usize::try_from(passed * u128::from(self.rate) / 1_000).unwrap_or(usize::MAX);
        while self.asked < wanted.min(self.callers.len()) {
            let _ = self.engine.say(&self.callers[self.asked].call.invite());
            self.asked += 1;
        }
        for caller in self.callers.iter_mut().skip(phase).step_by(PHASES) {
            if let (Some(to), None) = (caller.to, caller.lasted) {
                // A packet that the kernel does not take is lost, as on any network.
                let _ = caller.socket.send_to(caller.talk.next(), to);
                // Read so, nobody is woken by what the engine sends: see `far_end`.
                caller.heard += u64::from(caller.socket.recv(&mut [0; 2_048]).is_ok());
            }
        }
    }

    fn readable(&mut self, _: usize) {
        let mut bytes = [0; 4_096];
        while let Ok(length) = self.sip.recv(&mut bytes) {
            self.heard(&String::from_utf8_lossy(&bytes[..length]));
        }
    }
}
