//! What a call costs while its caller hears the prompts, beside the floor of the same run.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::account::{cpu, load_average, resident};
use super::engine::Engine;
use super::far_end::{FarEnds, Report};
use super::floor::Floor;
use super::options::Options;
use super::sip::Call;

const WARM_UP: Duration = Duration::from_secs(2);
/// RFC 3261 §17.2.2: what a BYE leaves behind is kept for 32 s (timer J).
const SETTLED_AFTER: Duration = Duration::from_secs(34);
/// Packets of a stream in a second.
const PACKETS_PER_SECOND: f64 = 50.0;
/// With fewer packets than this share of those that are due, a run was disturbed.
const WHOLE: f64 = 0.99;
const TIME: Duration = Duration::from_secs(20);

/// The floor for half of the time, the engine, and the floor for the other half.
pub fn run(root: &Path, options: &Options) -> Result<()> {
    let (callers, time) = (options.callers, options.time.unwrap_or(TIME));
    println!("{callers} callers for {time:?}; load average {} at the start", load_average());
    let before = floor(callers, time / 2)?;
    let engine = engine(root, callers, time)?;
    let after = floor(callers, time / 2)?;
    let floor = (before + after) / 2.0;
    println!(
        "floor: {floor:.3} ms of processor per call-second ({before:.3} before, {after:.3} after)"
    );
    println!("engine: {engine:.3} ms of processor per call-second");
    println!("ratio: {:.2} times the floor; load average {}", engine / floor, load_average());
    Ok(())
}

/// Gives ms of processor per call-second.
fn floor(callers: usize, time: Duration) -> Result<f64> {
    let floor = Floor::start(callers)?;
    let mut far_ends = FarEnds::open(callers)?;
    far_ends.send_to(&floor.ports);
    let (cost, report) = measure(floor.pid(), &mut far_ends, callers, time)?;
    report.print("floor");
    Ok(cost)
}

/// Gives ms of processor per call-second.
fn engine(root: &Path, callers: usize, time: Duration) -> Result<f64> {
    let engine = Engine::start(root)?;
    let pid = engine.pid();
    std::thread::sleep(WARM_UP);
    let idle = resident(pid)?;
    let mut far_ends = FarEnds::open(callers)?;
    let mut calls = Vec::new();
    let mut media = Vec::new();
    for (number, rtp) in far_ends.ports()?.into_iter().enumerate() {
        let mut call = Call::new(number + 1, rtp);
        media.push(engine.call(&mut call)?);
        calls.push(call);
    }
    far_ends.send_to(&media);
    let (cost, report) = measure(pid, &mut far_ends, callers, time)?;
    let busy = resident(pid)?;
    for call in &calls {
        engine.hang_up(call)?;
    }
    let ended = resident(pid)?;
    report.print("engine");
    std::thread::sleep(SETTLED_AFTER);
    let settled = resident(pid)?;
    let each = (busy as f64 - idle as f64) / callers as f64;
    println!(
        "  engine: {each:.1} kB resident per call (before {idle} kB, with the calls {busy} kB, \
         just after {ended} kB, {SETTLED_AFTER:?} after {settled} kB)"
    );
    engine.stop()?;
    Ok(cost)
}

fn measure(
    pid: u32,
    far_ends: &mut FarEnds,
    callers: usize,
    time: Duration,
) -> Result<(f64, Report)> {
    far_ends.warm_up(WARM_UP)?;
    far_ends.record();
    let before = cpu(pid)?;
    far_ends.run(time)?;
    let spent = cpu(pid)?.saturating_sub(before);
    let call_seconds = callers as f64 * time.as_secs_f64();
    let report = far_ends.report();
    if (report.packets as f64) < call_seconds * PACKETS_PER_SECOND * WHOLE {
        println!(
            "  note: {} packets are fewer than were due; the machine was too busy, and the costs \
             of this run say little",
            report.packets
        );
    }
    Ok((spent.as_secs_f64() * 1_000.0 / call_seconds, report))
}
