//! What calls cost that stand and are quiet, and what a new call costs beside them.
//!
//! The callers are on hold from the beginning, so that no packet of media goes either way; each
//! has its media port and its place in the queue all the same.

use std::time::Duration;

use anyhow::Result;

use super::account::{cpu, load_average, resident};
use super::engine::Engine;
use super::signalling::Load;

/// How many stand, one engine after the other.
const STEPS: [usize; 3] = [10, 1_000, 10_000];

/// One engine for each number of standing calls: they are left alone for `time`, and then calls are
/// made beside them for as long.
pub fn run(dialogs: usize, rate: u64, time: Duration) -> Result<()> {
    for standing in STEPS.into_iter().filter(|step| *step <= dialogs) {
        beside(standing, rate, time)?;
    }
    Ok(())
}

fn beside(standing: usize, rate: u64, time: Duration) -> Result<()> {
    outln!("{standing} standing calls; load average {} at the start", load_average());
    let mut load = Load::new(Engine::start()?, rate)?;
    let pid = load.engine.pid();
    let (empty, before) = (resident(pid)?.all, cpu(pid)?);
    std::thread::sleep(time);
    let idle = cpu(pid)?.saturating_sub(before);
    load.stand(standing)?;
    let full = resident(pid)?.all;
    let before = cpu(pid)?;
    std::thread::sleep(time);
    let quiet = cpu(pid)?.saturating_sub(before);
    outln!(
        "  {:.4} ms of processor per second of a standing call ({:?} in {time:?}; {idle:?} without \
         any)",
        quiet.saturating_sub(idle).as_secs_f64() * 1e3 / time.as_secs_f64() / standing as f64,
        quiet,
    );
    outln!(
        "  {:.2} kB resident per standing call ({empty} kB before, {full} kB after)",
        full.saturating_sub(empty) as f64 / standing as f64
    );
    let before = cpu(pid)?;
    load.make(time)?;
    // What the standing calls cost meanwhile is not the new ones'.
    let rounds = (time + super::signalling::LAST).as_secs_f64() / time.as_secs_f64();
    let spent = cpu(pid)?.saturating_sub(before);
    load.print(spent.saturating_sub(quiet.mul_f64(rounds)));
    outln!("  load average {} at the end", load_average());
    // The standing calls are cut with it: to hang them up one by one measures nothing.
    drop(load);
    Ok(())
}
