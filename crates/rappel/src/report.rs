//! `rappel report`: figures over everything that the journal holds. It is read and not changed,
//! whether the engine runs or not.

use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use ledger::Figures;
use model::{QueueName, Wall};
use serde_json::{Value, json};
use server::journal;

use crate::cli::Place;
use crate::settings;
use crate::table::table;

pub(crate) fn report(place: &Place, as_json: bool) -> Result<ExitCode> {
    let (engine, roof) = settings::whole(place)?;
    let found = journal::read_only(&roof.journal)?;
    let after = |queue: &QueueName| engine.queue.queues.get(queue)?.report_close_after;
    let records = found.fold.requests.values().map(AsRef::as_ref);
    let queues = Figures::by_queue(records, now()?, after);
    let total = queues.values().fold(Figures::default(), Figures::and);
    if as_json {
        let queues: serde_json::Map<String, Value> =
            queues.iter().map(|(name, figures)| (name.to_string(), value(figures))).collect();
        outln!("{}", json!({ "queues": queues, "total": value(&total) }));
        return Ok(ExitCode::SUCCESS);
    }
    let mut rows: Vec<Vec<String>> =
        queues.iter().map(|(name, figures)| row(name.as_str(), figures)).collect();
    rows.push(row("all", &total));
    let head = [
        "QUEUE",
        "WAITING",
        "SCHEDULED",
        "UNDER WAY",
        "LAPSED",
        "REQUESTED",
        "COMPLETED",
        "EXPIRED",
        "OTHERWISE",
        "MEAN WAIT",
    ];
    out!("{}", table(&head, &rows));
    Ok(ExitCode::SUCCESS)
}

/// The present, by this machine's clock.
fn now() -> Result<Wall> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(Wall::from_unix_millis(i64::try_from(since.as_millis())?))
}

fn row(name: &str, figures: &Figures) -> Vec<String> {
    let counts = [
        figures.waiting,
        figures.scheduled,
        figures.under_way,
        figures.lapsed,
        figures.requested,
        figures.completed,
        figures.expired,
        figures.ended_otherwise,
    ];
    let wait = figures.mean_wait().map_or_else(|| "-".to_owned(), minutes);
    let counts = counts.iter().map(u64::to_string);
    [name.to_owned()].into_iter().chain(counts).chain([wait]).collect()
}

fn value(figures: &Figures) -> Value {
    let mut value = json!(figures);
    value["mean_wait_secs"] = json!(figures.mean_wait().map(|wait| wait.as_secs_f64()));
    value
}

/// `7:05`.
fn minutes(time: Duration) -> String {
    format!("{}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}
