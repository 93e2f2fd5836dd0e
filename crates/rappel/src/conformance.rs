//! `rappel conformance`: the rows of the five products, played and told one in a line.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use sim::conformance::{Outcome, PRODUCTS, ROWS, Verdict, run};

/// Which rows.
#[derive(Debug, Args)]
pub(crate) struct Rows {
    /// Only the rows of this product: zendesk, 8x8, dynamics, genesys or iadvize.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Only this row, such as Z13.
    #[arg(long, value_name = "ID")]
    row: Option<String>,
}

pub(crate) fn conformance(which: &Rows, json: bool) -> Result<ExitCode> {
    let profile = which.profile.as_deref();
    if let Some(name) = profile.filter(|name| PRODUCTS.iter().all(|(known, _)| known != name)) {
        let names: Vec<&str> = PRODUCTS.iter().map(|(name, _)| *name).collect();
        bail!("no product is called {name}: {}", names.join(", "));
    }
    let id = which.row.as_deref().map(str::to_ascii_uppercase);
    if let Some(id) = id.as_deref().filter(|id| ROWS.iter().all(|row| row.id != *id)) {
        bail!("there is no row {id}: the rows are Z01 to I38, see docs/compatibility.md");
    }
    let of_profile = |row: &sim::conformance::Row| profile.is_none_or(|it| row.profile() == it);
    let wanted = |row: &sim::conformance::Row| {
        of_profile(row) && id.as_deref().is_none_or(|it| row.id == it)
    };
    let outcomes = run(wanted, |outcome| {
        if json {
            outln!("{}", as_json(outcome));
        } else {
            outln!("{}", in_words(outcome));
        }
    });
    let passed = outcomes.iter().filter(|outcome| outcome.verdict == Verdict::Passed).count();
    let failed = outcomes.len() - passed;
    if !json {
        outln!("{passed} passed, {failed} failed");
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A row in a line: its name, what came of it, and the time line.
fn in_words(outcome: &Outcome) -> String {
    let row = outcome.row;
    let told = outcome.lines.join("; ");
    match &outcome.verdict {
        Verdict::Passed => format!("{} passed   {}: {told}", row.id, name_of(outcome)),
        Verdict::Failed(why) => {
            format!("{} FAILED   {}: {why}; after: {told}", row.id, name_of(outcome))
        }
        Verdict::NotYet(why) => format!("{} not yet  {}: {why}", row.id, row.says),
    }
}

/// The name of the story without the row, as words.
fn name_of(outcome: &Outcome) -> String {
    let (_, name) = outcome.story.split_once('_').unwrap_or(("", outcome.story));
    name.replace('_', " ")
}

fn as_json(outcome: &Outcome) -> serde_json::Value {
    let (verdict, why) = match &outcome.verdict {
        Verdict::Passed => ("passed", None),
        Verdict::Failed(why) => ("failed", Some(why.as_str())),
        Verdict::NotYet(why) => ("not_yet", Some(*why)),
    };
    serde_json::json!({
        "row": outcome.row.id,
        "profile": outcome.row.profile(),
        "says": outcome.row.says,
        "verdict": verdict,
        "why": why,
        "told": outcome.lines,
    })
}
