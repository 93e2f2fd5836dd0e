//! `rappel simulate`: an operator's day, the day of a seed, or day after day for as long as told.

mod page;
mod plot;

pub(crate) use page::rows;

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use config::DayFile;
use sim::{Day, Lived, run_seed, soak};

use crate::cli::Simulate;
use crate::settings;
use crate::table::table;

pub(crate) fn simulate(how: &Simulate, json: bool) -> Result<ExitCode> {
    if let Some(secs) = how.soak {
        return Ok(run_soak(how.seed.unwrap_or(1), Duration::from_secs(secs)));
    }
    let lived = match (&how.day, how.seed) {
        (Some(path), seed) => day_of(path, seed)?.run(),
        (None, Some(seed)) => run_seed(seed),
        (None, None) => {
            bail!("which day? `rappel simulate day.toml`, `--seed 0x1f` or `--soak 60`")
        }
    };
    let other = match &how.compare {
        Some(path) => Some(day_of(path, Some(lived.seed))?.run()),
        None => None,
    };
    let names = [how.day.as_deref(), how.compare.as_deref()].map(|path| {
        path.map_or_else(|| format!("seed 0x{:x}", lived.seed), |path| path.display().to_string())
    });
    let lives = std::iter::once(&lived).chain(&other);
    let days: Vec<page::Named<'_>> = names.iter().map(String::as_str).zip(lives).collect();
    if let Some(path) = &how.html {
        std::fs::write(path, page::page(&days))
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    match &other {
        Some(other) if json => {
            println!("{}", serde_json::json!({ "day": as_json(&lived), "other": as_json(other) }));
        }
        None if json => println!("{}", as_json(&lived)),
        Some(_) => print!("{}", beside(&days)),
        None => {
            print!("{}", lived.results);
            println!("facts {}, starts {}, trace {:016x}", lived.records, lived.starts, lived.hash);
        }
    }
    Ok(match &other {
        Some(other) if lived.is_kept() => judged(other),
        Some(_) | None => judged(&lived),
    })
}

/// Both days in one table.
fn beside(days: &[page::Named<'_>]) -> String {
    let head: Vec<&str> = std::iter::once("").chain(days.iter().map(|(name, _)| *name)).collect();
    let row = |(name, values): (String, Vec<String>)| [vec![name], values].concat();
    let rows: Vec<Vec<String>> = rows(&page::results(days)).into_iter().map(row).collect();
    table(&head, &rows)
}

/// Prints what was broken, if anything was.
fn judged(lived: &Lived) -> ExitCode {
    if lived.is_kept() {
        return ExitCode::SUCCESS;
    }
    eprintln!("{}", lived.story());
    eprintln!("again: rappel simulate --seed 0x{:x}", lived.seed);
    ExitCode::FAILURE
}

fn run_soak(from: u64, length: Duration) -> ExitCode {
    let began = Instant::now();
    let mut broken = false;
    let soaked = soak(
        from,
        || began.elapsed() >= length,
        |lived, _| {
            if !lived.is_kept() {
                broken = true;
                eprintln!("{}", lived.story());
            }
        },
    );
    let hours = soaked.simulated.as_secs_f64() / 3_600.0;
    let talked = soaked.talked.as_secs_f64() / 3_600.0;
    let real = began.elapsed().as_secs_f64();
    println!(
        "{} days from seed 0x{from:x}: {hours:.0} simulated hours, {talked:.0} call-hours, {} facts, \
         {} crashes in {real:.0} s, {:.0} simulated hours per second",
        soaked.days,
        soaked.records,
        soaked.crashes,
        hours / real.max(0.001),
    );
    if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn day_of(path: &Path, seed: Option<u64>) -> Result<Day> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    match config::read_day(&path.display().to_string(), &text) {
        Ok(file) => {
            let mut day = build(&file);
            day.seed = seed.unwrap_or(day.seed);
            Ok(day)
        }
        Err(findings) => {
            settings::show(&findings);
            bail!("{} is no day that can be simulated", path.display())
        }
    }
}

/// Takes over what the file says, where it says something.
fn take<T: Clone>(place: &mut T, said: &Option<T>) {
    if let Some(said) = said {
        *place = said.clone();
    }
}

/// Counts are at most a hundred, which the file's reader has checked.
fn small<T: TryFrom<u32>>(count: Option<u32>) -> Option<T> {
    count.and_then(|count| T::try_from(count).ok())
}

fn build(file: &DayFile) -> Day {
    let mut day = Day::default();
    take(&mut day.seed, &file.seed);
    take(&mut day.length, &file.length);
    take(&mut day.arrivals, &file.arrivals);
    take(&mut day.lines, &file.lines);
    let (customers, said) = (&mut day.customers, &file.customers);
    take(&mut customers.own_number_permille, &said.own_number);
    take(&mut customers.other_number_permille, &said.other_number);
    take(&mut customers.wrong_keys_permille, &said.wrong_keys);
    take(&mut customers.hangs_up_permille, &said.hangs_up);
    take(&mut customers.anonymous_permille, &said.anonymous);
    take(&mut customers.again_permille, &said.again);
    take(&mut customers.patience, &said.patience);
    take(&mut customers.talks, &said.talks);
    let (answers, said) = (&mut day.customers.answers, &file.answers);
    take(&mut answers.busy_permille, &said.busy);
    take(&mut answers.no_answer_permille, &said.no_answer);
    take(&mut answers.declines_permille, &said.declines);
    take(&mut answers.fails_permille, &said.fails);
    take(&mut answers.machine_permille, &said.machine);
    let (staff, said) = (&mut day.staff, &file.staff);
    take(&mut staff.agents, &small(said.agents));
    take(&mut staff.comes, &said.comes);
    take(&mut staff.breaks, &small(said.breaks));
    take(&mut staff.break_length, &said.break_length);
    take(&mut staff.handles, &said.handles);
    take(&mut staff.rings, &said.rings);
    take(&mut staff.declines_permille, &said.declines);
    take(&mut staff.ignores_permille, &said.ignores);
    let (policy, said) = (&mut day.policy, &file.policy);
    take(&mut policy.request_ttl, &said.request_ttl);
    take(&mut policy.attempts_total, &small(said.attempts));
    take(&mut policy.retry_delay, &said.retry_delay);
    take(&mut policy.decline_pause, &said.decline_pause);
    take(&mut policy.wrap_up, &said.wrap_up);
    take(&mut policy.offer_after, &said.offer_after);
    day
}

fn as_json(lived: &Lived) -> serde_json::Value {
    let results = &lived.results;
    let ends = results.ends.iter().map(|(end, count)| (end.to_string(), (*count).into()));
    let closed = results.closed.iter().map(|(end, count)| (end.to_string(), (*count).into()));
    let waits = |waits: &sim::Waits| {
        serde_json::json!({
            "served": waits.served,
            "mean_secs": waits.mean.as_secs_f64(),
            "p50_secs": waits.p50.as_secs_f64(),
            "p80_secs": waits.p80.as_secs_f64(),
        })
    };
    serde_json::json!({
        "seed": lived.seed,
        "kept": lived.is_kept(),
        "arrived": results.arrived,
        "ends": ends.collect::<serde_json::Map<_, _>>(),
        "wait_on_the_line": waits(&results.line),
        "wait_for_the_callback": waits(&results.callback),
        "callbacks_asked": results.asked,
        "callbacks_closed": closed.collect::<serde_json::Map<_, _>>(),
        "dials": results.dials,
        "online_secs": results.online.as_secs_f64(),
        "busy_secs": results.busy.as_secs_f64(),
        "trace": format!("{:016x}", lived.hash),
    })
}
