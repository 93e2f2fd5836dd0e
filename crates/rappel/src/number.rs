//! `rappel number …`: what the engine makes of a number, by the configuration alone.
//!
//! The number is shown whole: whoever asks has typed it.

use std::process::ExitCode;

use anyhow::{Result, bail};
use engine::{Explained, explain_number};
use model::LineName;
use serde_json::{Value, json};

use crate::cli::{Number, Place};
use crate::settings;

pub(crate) fn number(place: &Place, what: Number, as_json: bool) -> Result<ExitCode> {
    let Number::Explain { number, line } = what;
    let Some(path) = settings::file(place) else {
        bail!("which configuration? `rappel --config FILE number explain …`")
    };
    let (settings, _) = settings::read(&path)?;
    let line = line.as_deref().map(LineName::from);
    let explained = explain_number(&settings, &number, line.as_ref())?;
    if as_json {
        outln!("{}", explained_json(&number, &explained));
    } else {
        out!("{}", explained_text(&number, &explained));
    }
    let is_called = explained.number.is_ok() && explained.verdict.is_ok();
    Ok(if is_called { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The kind is known: `valid`, where a wrong length is not even `possible`.
fn doubt(explained: &Explained) -> Option<&'static str> {
    let doubtful = explained.number.is_ok() && !explained.is_known();
    doubtful.then_some("no numbering plan knows such a number; plans age, and it is called")
}

fn explained_json(typed: &str, explained: &Explained) -> Value {
    let header = |(name, value): &(String, String)| json!({ "header": name, "value": value });
    let shown: Vec<Value> = explained.shown.iter().map(header).collect();
    let rule = match (&explained.number, explained.verdict) {
        (Err(_), _) => Some("format"),
        (Ok(_), Err(unfit)) => Some(unfit.rule()),
        (Ok(_), Ok(())) => None,
    };
    let why = match (&explained.number, explained.verdict) {
        (Err(why), _) => Some(why.to_string()),
        (Ok(_), Err(unfit)) => Some(unfit.to_string()),
        (Ok(_), Ok(())) => None,
    };
    json!({
        "typed": typed,
        "line": explained.line.as_str(),
        "number": explained.number.as_ref().ok().map(|number| number.reveal()),
        "country": explained.region.map(|region| region.as_str()),
        "kind": explained.kind.as_str(),
        "called": rule.is_none(),
        "rule": rule,
        "why": why,
        "doubt": doubt(explained).filter(|_| rule.is_none()),
        "shown": shown,
    })
}

fn explained_text(typed: &str, explained: &Explained) -> String {
    let mut text = format!("typed    {typed}\nline     {}\n", explained.line);
    let number = match &explained.number {
        Ok(number) => number,
        Err(why) => return format!("{text}verdict  not called: {why} (rule: format)\n"),
    };
    let country = explained.region.map_or("unknown", |region| region.as_str());
    text.push_str(&format!(
        "number   {}\ncountry  {country}\nkind     {}\n",
        number.reveal(),
        explained.kind
    ));
    match explained.verdict {
        Ok(()) => text.push_str("verdict  called\n"),
        Err(unfit) => {
            text.push_str(&format!("verdict  not called: {unfit} (rule: {})\n", unfit.rule()));
            return text;
        }
    }
    if let Some(doubt) = doubt(explained) {
        text.push_str(&format!("doubt    {doubt}\n"));
    }
    match explained.shown.is_empty() {
        true => text.push_str("shown    nothing: the line has no outbound_number\n"),
        false => {
            for (name, value) in &explained.shown {
                text.push_str(&format!("shown    {name}: {value}\n"));
            }
        }
    }
    text
}
