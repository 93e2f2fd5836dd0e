//! The prompts as an engine of these settings would have them.

use std::process::ExitCode;

use anyhow::Result;
use server::prompts::{self, Prompts, Wanted};

use crate::cli::Place;
use crate::table::table;
use crate::{check, settings};

/// Samples of a second.
pub(crate) const RATE: f64 = 8_000.0;

/// Everything that can be played: the operator's files before the bundled ones.
///
/// # Errors
/// When the settings have mistakes.
pub(crate) fn loaded(place: &Place) -> Result<Prompts> {
    let (directories, wanted) = match settings::file(place) {
        Some(path) => {
            let (settings, roof) = settings::read(&path)?;
            (roof.prompts, Wanted::by(&settings))
        }
        None => (Vec::new(), check::bundled_languages()),
    };
    Ok(prompts::load(directories.iter().map(AsRef::as_ref), &wanted))
}

/// `rappel prompts list`: names and lengths, for people and for `prompts play`.
///
/// # Errors
/// As [`loaded`].
pub(crate) fn list(place: &Place, json: bool) -> Result<ExitCode> {
    let prompts = loaded(place)?;
    let mut clips: Vec<(&str, f64)> =
        prompts.clips().map(|(name, samples)| (name, samples.len() as f64 / RATE)).collect();
    clips.sort_unstable_by_key(|(name, _)| *name);
    if json {
        let clips: serde_json::Map<String, serde_json::Value> =
            clips.iter().map(|(name, length)| ((*name).to_owned(), (*length).into())).collect();
        outln!("{}", serde_json::Value::Object(clips));
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = clips
        .iter()
        .map(|(name, length)| vec![(*name).to_owned(), format!("{length:.2}")])
        .collect();
    out!("{}", table(&["PROMPT", "SECONDS"], &rows));
    Ok(ExitCode::SUCCESS)
}
