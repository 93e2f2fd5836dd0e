//! `rappel events tail`: what happened, and what happens while it runs, fact by fact, from the
//! journal itself; whether the engine runs or not.

use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ledger::Entry;
use model::Seq;
use server::journal;

use crate::cli::{Place, Tail};
use crate::settings;

/// How often the journal is looked at for something new.
const LOOKS_EVERY: Duration = Duration::from_millis(250);
/// Facts that are shown of the past when nobody says from where on.
const SHOWN_OF_THE_PAST: u64 = 10;

/// Shows facts until so many have been shown, or whoever reads has gone.
///
/// # Errors
/// When there is no journal, or it cannot be read.
pub(crate) fn tail(place: &Place, what: &Tail, json: bool) -> Result<ExitCode> {
    let path = settings::doors(place)?.journal;
    ensure!(path.exists(), "there is no journal {}: no engine has run yet", path.display());
    let mut after = Seq(match what.since {
        Some(since) => since,
        None => last(&path)?.saturating_sub(SHOWN_OF_THE_PAST),
    });
    let birth = journal::facts(&path, Seq(0))?.first().map(|entry| entry.at.as_unix_millis());
    let mut left = what.count.unwrap_or(u64::MAX);
    loop {
        let page = journal::facts(&path, after)?;
        for entry in &page {
            let line = if json { web::event(birth.unwrap_or(0), entry) } else { text(entry)? };
            match writeln!(io::stdout(), "{line}") {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                    return Ok(ExitCode::SUCCESS);
                }
                done => done.context("the facts cannot be shown")?,
            }
            after = entry.seq;
            left = left.saturating_sub(1);
            if left == 0 {
                return Ok(ExitCode::SUCCESS);
            }
        }
        if page.is_empty() {
            std::thread::sleep(LOOKS_EVERY);
        }
    }
}

/// The last place of the ledger.
fn last(path: &Path) -> Result<u64> {
    Ok(journal::read_only(path)?.fold.last_seq.map_or(0, |seq| seq.0))
}

/// `    17  2026-11-22T07:00:00.000Z  callback_requested  {"request":1,…}`.
fn text(entry: &Entry) -> Result<String> {
    let mut fact = serde_json::to_value(&entry.fact)?;
    if let Some(fields) = fact.as_object_mut() {
        fields.retain(|name, value| name != "fact" && !value.is_null());
    }
    Ok(format!("{:>6}  {}  {:<20}  {fact}", entry.seq.0, entry.at, entry.fact.word()))
}
