//! What bursts of calls leave behind in memory, one after the other in one engine.
//!
//! An engine that has just started is smaller than one at work for two reasons that no burst adds
//! to: code that was never run is not in memory, and the bounded histories (the board's last
//! calls, the ladders of ended dialogs, the journal's page cache) are not filled yet. The first
//! calls do both. Each burst after them is judged by the level before it.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::account::{Resident, load_average, resident};
use super::engine::Engine;
use super::signalling::Load;

/// The longest history holds this many calls.
const FIRST: u64 = 1_000;
/// At this rate a burst.
const FIRST_RATE: u64 = 100;
/// Transactions end 32 s after their calls, and memory is given back every 5 s until 45 s after.
const SETTLED_AFTER: Duration = Duration::from_secs(50);

/// Some calls, then so many bursts of calls without media, and at last one of callers who are all
/// there at once and hear the prompts.
pub fn run(rate: u64, time: Duration, bursts: usize, callers: usize) -> Result<()> {
    outln!("{bursts} bursts of {rate} calls/s for {time:?}; load average {}", load_average());
    let mut load = Load::new(Engine::start()?, FIRST_RATE)?;
    print("at the start", resident(load.engine.pid())?, None);
    load.make(Duration::from_secs(FIRST / FIRST_RATE))?;
    let mut level = settled(&load, "the first calls", None)?;
    load.at_rate(rate);
    for burst in 1..=bursts {
        load.make(time)?;
        ensure!(load.all_ended_well(), "not every call of burst {burst} was answered and ended");
        print(&format!("burst {burst}"), resident(load.engine.pid())?, Some(level));
        level = settled(&load, &format!("burst {burst}"), Some(level))?;
    }
    if callers > 0 {
        load.engine.trunk.set_nonblocking(false)?;
        let (_, busy) = super::media::burst(&load.engine, load.made(), callers, time)?;
        print(&format!("{callers} callers"), busy, Some(level));
        settled(&load, "they hung up", Some(level))?;
    }
    outln!("load average {} at the end", load_average());
    load.engine.stop()
}

fn settled(load: &Load, what: &str, level: Option<Resident>) -> Result<Resident> {
    std::thread::sleep(SETTLED_AFTER);
    let now = resident(load.engine.pid())?;
    print(&format!("{SETTLED_AFTER:?} after {what}"), now, level);
    Ok(now)
}

fn print(when: &str, now: Resident, level: Option<Resident>) {
    let than = level.map_or(String::new(), |level| {
        let more = now.all as f64 / level.all as f64 * 100.0 - 100.0;
        format!("; {more:+.1} % of the level before it")
    });
    outln!("  {when}: {} kB resident, {} kB of it anonymous{than}", now.all, now.anonymous);
}
