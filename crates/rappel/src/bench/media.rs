//! What a call costs while its caller hears the prompts, beside the floor of the same run.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::account::{Resident, cpu, load_average, machine, percentile, resident};
use super::engine::Engine;
use super::far_end::{FarEnds, Report};
use super::floor::Floor;
use super::sip::Call;

const WARM_UP: Duration = Duration::from_secs(2);
/// How long callers are invited to leave a message before they are recorded.
const INVITED: Duration = Duration::from_secs(10);
/// A recording of one voice: 8,000 samples of two bytes.
const RECORDED_BYTES_PER_SECOND: f64 = 16_000.0;
/// Packets of a stream in a second.
const PACKETS_PER_SECOND: f64 = 50.0;
/// With fewer packets than this share of those that are due, a run was disturbed.
const WHOLE: f64 = 0.99;

/// Resident memory of the engine, kB.
struct Memory {
    idle: u64,
    busy: u64,
    ended: u64,
    settled: u64,
    settled_after: Duration,
}

/// What one program cost, and what its callers heard.
pub struct Measured {
    /// Processor ms per call-second.
    cost: f64,
    /// Every caller heard what was due.
    whole: bool,
    report: Report,
}

/// What the same callers cost when all that they say is recorded.
struct Recorded {
    measured: Measured,
    /// What was written.
    bytes: u64,
    files: usize,
}

/// The floor for half of the time, the engine, and the floor for the other half; between the two
/// also the engine that records, when it is asked for.
pub fn run(
    callers: usize,
    time: Duration,
    settle: Duration,
    recording: bool,
    json: bool,
) -> Result<()> {
    let load_before = load_average();
    let before = floor(callers, time / 2)?;
    let (engine, memory) = engine(callers, time, settle)?;
    let recorded = if recording { Some(recorded(callers, time)?) } else { None };
    let after = floor(callers, time / 2)?;
    if json {
        let mut all = as_json(callers, time, [&before, &after], &engine, &memory, &load_before);
        if let Some(recorded) = &recorded {
            all["recording"] = recorded.as_json(&engine);
        }
        outln!("{all}");
        return Ok(());
    }
    outln!("{callers} callers for {time:?}; load average {load_before} at the start");
    before.print("floor before", callers, time / 2);
    engine.print("engine", callers, time);
    memory.print(callers);
    if let Some(recorded) = &recorded {
        recorded.print(callers, time, &engine);
    }
    after.print("floor after", callers, time / 2);
    let floor = (before.cost + after.cost) / 2.0;
    outln!(
        "floor: {floor:.3} ms of processor per call-second ({:.3} before, {:.3} after)",
        before.cost,
        after.cost
    );
    outln!("engine: {:.3} ms of processor per call-second", engine.cost);
    outln!("ratio: {:.2} times the floor; load average {}", engine.cost / floor, load_average());
    Ok(())
}

/// What the bare loop spends on one of so many callers in a second.
pub fn floor_cost(callers: usize, time: Duration) -> Result<f64> {
    floor(callers, time).map(|measured| measured.cost)
}

fn floor(callers: usize, time: Duration) -> Result<Measured> {
    let floor = Floor::start(callers)?;
    let mut far_ends = FarEnds::open(callers)?;
    far_ends.send_to(&floor.ports);
    measure(floor.pid(), &mut far_ends, callers, time)
}

fn engine(callers: usize, time: Duration, settle: Duration) -> Result<(Measured, Memory)> {
    let engine = Engine::start()?;
    let pid = engine.pid();
    std::thread::sleep(WARM_UP);
    let idle = resident(pid)?.all;
    let (measured, busy) = burst(&engine, 0, callers, time)?;
    let ended = resident(pid)?.all;
    std::thread::sleep(settle);
    let settled = resident(pid)?.all;
    engine.stop()?;
    Ok((measured, Memory { idle, busy: busy.all, ended, settled, settled_after: settle }))
}

/// So many callers who are all there at once, numbered from `first`; what they cost and heard, and
/// what was resident with the last of them.
pub fn burst(
    engine: &Engine,
    first: usize,
    callers: usize,
    time: Duration,
) -> Result<(Measured, Resident)> {
    let mut far_ends = FarEnds::open(callers)?;
    let (mut calls, mut media) = (Vec::new(), Vec::new());
    for (number, rtp) in far_ends.ports()?.into_iter().enumerate() {
        let mut call = Call::new(first + number + 1, rtp);
        media.push(engine.call(&mut call)?);
        calls.push(call);
    }
    far_ends.send_to(&media);
    let measured = measure(engine.pid(), &mut far_ends, callers, time)?;
    let busy = resident(engine.pid())?;
    for call in &calls {
        engine.hang_up(call)?;
    }
    Ok((measured, busy))
}

/// The calls of an engine that records what is said in them.
fn recorded(callers: usize, time: Duration) -> Result<Recorded> {
    let engine = Engine::start_recording()?;
    let mut far_ends = FarEnds::open(callers)?;
    let mut calls = Vec::new();
    let mut media = Vec::new();
    for (number, rtp) in far_ends.ports()?.into_iter().enumerate() {
        let mut call = Call::new(number + 1, rtp);
        media.push(engine.call(&mut call)?);
        calls.push(call);
    }
    far_ends.send_to(&media);
    far_ends.warm_up(INVITED)?;
    let measured = measure(engine.pid(), &mut far_ends, callers, time)?;
    calls.iter().try_for_each(|call| engine.hang_up(call))?;
    // The last second of each file is written when its call has ended.
    std::thread::sleep(WARM_UP);
    let (bytes, files) = engine.recorded()?;
    engine.stop()?;
    let due = callers as f64 * time.as_secs_f64() * RECORDED_BYTES_PER_SECOND;
    ensure!(files == callers && bytes as f64 >= due, "{files} files of {bytes} bytes in all");
    Ok(Recorded { measured, bytes, files })
}

fn measure(pid: u32, far_ends: &mut FarEnds, callers: usize, time: Duration) -> Result<Measured> {
    far_ends.warm_up(WARM_UP)?;
    far_ends.record();
    let before = cpu(pid)?;
    far_ends.run(time)?;
    let spent = cpu(pid)?.saturating_sub(before);
    let call_seconds = callers as f64 * time.as_secs_f64();
    let report = far_ends.report();
    let whole = report.packets as f64 >= call_seconds * PACKETS_PER_SECOND * WHOLE;
    Ok(Measured { cost: spent.as_secs_f64() * 1_000.0 / call_seconds, whole, report })
}

impl Recorded {
    fn ratio(&self, engine: &Measured) -> f64 {
        self.measured.cost / engine.cost
    }

    fn print(&self, callers: usize, time: Duration, engine: &Measured) {
        self.measured.print("engine that records", callers, time);
        outln!(
            "  recording: {:.3} ms of processor per call-second, {:.2} times the engine without; \
             {} files of {} kB in all",
            self.measured.cost,
            self.ratio(engine),
            self.files,
            self.bytes / 1_000
        );
    }

    fn as_json(&self, engine: &Measured) -> serde_json::Value {
        serde_json::json!({
            "cpu_ms_per_call_second": self.measured.cost,
            "whole": self.measured.whole,
            "ratio_to_engine": self.ratio(engine),
            "lost": self.measured.report.lost,
            "late": self.measured.report.late,
            "files": self.files,
            "bytes": self.bytes,
        })
    }
}

impl Measured {
    fn print(&self, who: &str, callers: usize, time: Duration) {
        self.report.print(who);
        if !self.whole {
            outln!(
                "  note: fewer packets than the {:.0} that were due; the machine was too busy, and \
                 the costs of this run say little",
                callers as f64 * time.as_secs_f64() * PACKETS_PER_SECOND
            );
        }
    }
}

impl Memory {
    fn per_call(&self, callers: usize) -> f64 {
        (self.busy as f64 - self.idle as f64) / callers as f64
    }

    fn print(&self, callers: usize) {
        let Memory { idle, busy, ended, settled, settled_after } = self;
        outln!(
            "  engine: {:.1} kB resident per call (before {idle} kB, with the calls {busy} kB, \
             just after {ended} kB, {settled_after:?} after {settled} kB)",
            self.per_call(callers)
        );
    }
}

fn as_json(
    callers: usize,
    time: Duration,
    floors: [&Measured; 2],
    engine: &Measured,
    memory: &Memory,
    load_before: &str,
) -> serde_json::Value {
    let times = |values: &[u32]| {
        let ms = [50, 99, 100].map(|p| f64::from(percentile(values, p)) / 1_000.0);
        serde_json::json!({ "p50": ms[0], "p99": ms[1], "max": ms[2] })
    };
    let one = |measured: &Measured| {
        let report = &measured.report;
        serde_json::json!({
            "cpu_ms_per_call_second": measured.cost,
            "whole": measured.whole,
            "packets": report.packets,
            "lost": report.lost,
            "late": report.late,
            "deaf": report.deaf,
            "gap_ms": times(&report.gaps),
            "lateness_ms": times(&report.lateness),
            "load_sent_late_ms": times(&report.own_lateness),
        })
    };
    let floor = (floors[0].cost + floors[1].cost) / 2.0;
    serde_json::json!({
        "machine": machine(),
        "load_average": [load_before, load_average()],
        "callers": callers,
        "seconds": time.as_secs(),
        "floor": floors.map(one),
        "engine": one(engine),
        "ratio": engine.cost / floor,
        "resident_kb": {
            "per_call": memory.per_call(callers),
            "before": memory.idle,
            "with_calls": memory.busy,
            "just_after": memory.ended,
            "settled": memory.settled,
        },
    })
}
