//! `rappel explain`: why it came so, by the facts of the journal. It is read and not changed,
//! whether the engine runs or not; a running engine adds where the request stands now.

use std::process::ExitCode;

use anyhow::{Context, Result};
use ledger::Holder;
use ledger::explain::{self, Explanation};
use server::control::{self, Request, Response};
use server::journal;

use crate::cli::{Explain, Place};
use crate::operator::{call_id, print, request_id};
use crate::settings;
use crate::table::table;

pub(crate) fn explain(place: &Place, what: &Explain, json: bool) -> Result<ExitCode> {
    let roof = settings::doors(place)?;
    let about = |of: &[Holder]| journal::about(&roof.journal, of);
    let told = match what {
        Explain::Callback { id } => {
            let id = request_id(id)?;
            let entries = about(&[Holder::Request(id)])?;
            let told = explain::callback(&entries, id);
            let mut told = told.with_context(|| format!("no request is called {id}"))?;
            let question = Request::Callback { id, reveal: false };
            // A stopped engine has nothing to add.
            if let Ok(Response::Callback { callback, .. }) =
                control::ask(&roof.control_socket, &question)
                && let Some(now) = callback.standing
            {
                let place = now.place.map(|place| format!(", in place {place}"));
                let place = place.unwrap_or_default();
                told.because.push_str(&format!(" Now: {}{place}: {}.", now.stage, now.why));
            }
            told
        }
        Explain::NoOffer { call } => {
            let id = call_id(call)?;
            let entries = about(&[Holder::Call(id)])?;
            let told = explain::no_offer(&entries, id);
            told.with_context(|| format!("the journal knows of no call {id} in a queue"))?
        }
        Explain::Order { a, b } => {
            let (a, b) = (holder(a)?, holder(b)?);
            let entries = about(&[a, b])?;
            let told = explain::order(&entries, a, b);
            told.with_context(|| format!("the journal does not know both {a} and {b}"))?
        }
    };
    print(json, &told, || text(&told))
}

fn holder(text: &str) -> Result<Holder> {
    if text.starts_with("cb-") {
        return request_id(text).map(Holder::Request);
    }
    call_id(text).map(Holder::Call)
}

fn text(told: &Explanation) -> String {
    let rows: Vec<Vec<String>> = told
        .steps
        .iter()
        .map(|step| vec![step.at.to_string(), step.what.clone(), step.why.clone()])
        .collect();
    format!("{}\n{}\n\n{}", told.of, told.because, table(&["WHEN", "WHAT", "WHY"], &rows))
}
