//! What a call costs: a hundred callers hear the bundled prompts for a while, and each thread of
//! the engine says how long it was on a processor.
//!
//! `cargo run --release -p server --example hundred_callers -- [CALLERS] [SECONDS]`

#[path = "../tests/roof/caller.rs"]
#[allow(dead_code)]
mod caller;
#[path = "../tests/roof/settings.rs"]
#[allow(dead_code)]
mod settings;

use std::fs;
use std::io::Write;
use std::time::{Duration, Instant};

use caller::Caller;
use server::{Roof, serve};

/// Clock ticks of `/proc` in a second.
const TICKS: f64 = 100.0;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|a| a.parse::<u32>().expect("a number"));
    let callers = arguments.next().unwrap_or(100);
    let seconds = arguments.next().unwrap_or(20);
    let dir = tempfile::TempDir::new().expect("a directory");
    let roof = Roof {
        sip_listen: "127.0.0.1:0".parse().expect("an address"),
        journal: dir.path().join("journal"),
        control: None,
        catalog: server::prompts::load([], &[]).catalog().into(),
        signals: false,
        observer: None,
    };
    let mut settings = settings::settings("127.0.0.1:9".parse().expect("an address"));
    settings.media.ports = 20_000..=29_999;
    settings.sip.sessions_max = 10_000;
    settings.sip.transactions_max = 100_000;
    let running = serve(settings, roof).expect("the roof is put up");
    let before = resident();
    let mut people = Vec::new();
    for _ in 0..callers {
        let mut caller = Caller::new(running.sip());
        caller.calls();
        people.push(caller);
    }
    let (began, spent) = (Instant::now(), threads());
    std::thread::sleep(Duration::from_secs(seconds.into()));
    let took = began.elapsed().as_secs_f64();
    let memory = resident() - before;
    let mut out = std::io::stdout();
    let mut total = 0.0;
    for (name, after) in threads() {
        let before = spent.iter().find(|(other, _)| *other == name).map_or(0.0, |(_, s)| *s);
        if ["engine", "media", "journal"].contains(&name.as_str()) {
            total += after - before;
            let share = (after - before) / took * 100.0;
            let _ = writeln!(out, "{name:>8}: {share:.2} % of one processor");
        }
    }
    let per_call = total / took / f64::from(callers) * 1_000.0;
    let _ = writeln!(
        out,
        "{callers} callers for {took:.0} s: {per_call:.3} ms of processor a second for each, \
         {:.1} kB of memory for each (the callers' own sockets included)",
        memory / f64::from(callers)
    );
    let _ = writeln!(out, "{:?}", running.status().counters);
    let _ = running.stop();
}

/// Resident memory of this process, kB.
fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Each thread's name and its seconds on a processor.
fn threads() -> Vec<(String, f64)> {
    let tasks = fs::read_dir("/proc/self/task").expect("Linux");
    let read = |task: fs::DirEntry| {
        let stat = fs::read_to_string(task.path().join("stat")).ok()?;
        let (name, rest) = stat.split_once('(')?.1.split_once(") ")?;
        let fields: Vec<&str> = rest.split(' ').collect();
        let ticks = |n: usize| fields.get(n)?.parse::<f64>().ok();
        Some((name.to_owned(), (ticks(11)? + ticks(12)?) / TICKS))
    };
    tasks.flatten().filter_map(read).collect()
}
