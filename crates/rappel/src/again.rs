//! Reading the settings again, for the engine that runs, and asking it to.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock};

use anyhow::Result;
use config::{Roof, Values, Whole};
use engine::Settings;
use server::control::{Request, Response};
use server::reload::{Next, NotRead, SettingsView, Source};

use crate::cli::Place;
use crate::operator::{ask, print, unexpected};
use crate::serve::prompt_files;
use crate::settings;

/// What is in force.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) settings: Settings,
    pub(crate) roof: Roof,
    pub(crate) values: Values,
}

/// Where the tokens go, once HTTP is served.
pub(crate) type Keys = Arc<OnceLock<Arc<web::Keys>>>;

/// What reads the settings again; none for a laboratory, which has no file.
pub(crate) fn source(file: Option<PathBuf>, known: Known) -> (Option<Source>, Keys) {
    let keys = Keys::default();
    let given = Arc::clone(&keys);
    let known = Arc::new(Mutex::new(known));
    let source =
        file.map(|file| Source::new(move |other| read(other.unwrap_or(&file), &known, &given)));
    (source, keys)
}

fn read(path: &Path, known: &Arc<Mutex<Known>>, keys: &Keys) -> Result<Next, NotRead> {
    let read = settings::read_whole(path);
    let read = read.map_err(|why| NotRead::Unreadable(format!("{why:#}: nothing was changed")))?;
    let Whole { settings, roof, warnings, values } = read.map_err(NotRead::Wrong)?;
    let new = Known { settings, roof, values };
    let (changes, fixed) = {
        let old = known.lock().expect("nobody panics while holding what is known");
        let fixed = config::fixed((&old.settings, &old.roof), (&new.settings, &new.roof));
        (old.values.changes(&new.values), fixed)
    };
    let (settings, prompts) = (new.settings.clone(), prompt_files(&new.roof, &new.settings));
    let (known, keys) = (Arc::clone(known), Arc::clone(keys));
    let commit = Box::new(move || {
        if let (Some(keys), Some(http)) = (keys.get(), &new.roof.http) {
            keys.follow(http);
        }
        *known.lock().expect("nobody panics while holding what is known") = new;
    });
    Ok(Next { settings, prompts, changes, fixed, warnings, commit })
}

/// `rappel reload`, and `rappel config plan`, which only looks.
pub(crate) fn reload(
    place: &Place,
    file: Option<PathBuf>,
    only_look: bool,
    json: bool,
) -> Result<ExitCode> {
    let file = file.map(|file| std::path::absolute(&file).unwrap_or(file));
    match ask(place, Request::Reload { file, only_look })? {
        Response::Settings(view) => {
            print(json, &view, || text(&view))?;
            Ok(if view.good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        other => unexpected(other),
    }
}

fn text(view: &SettingsView) -> String {
    let SettingsView { good: _, what, changes, needs_start, consequences, findings } = view;
    let mut text = String::new();
    for finding in findings {
        text.push_str(&finding.shown);
        text.push('\n');
    }
    let parts = [
        ("counts at once", changes),
        ("needs a start", needs_start),
        ("for those who are there now", consequences),
    ];
    for (heading, sentences) in parts.iter().filter(|(_, sentences)| !sentences.is_empty()) {
        text.push_str(&format!("{heading}:\n"));
        for sentence in *sentences {
            text.push_str(&format!("  {sentence}\n"));
        }
    }
    if findings.is_empty() && changes.is_empty() && needs_start.is_empty() {
        text.push_str("no key is written otherwise than it was\n");
    }
    text.push_str(&format!("{what}\n"));
    text
}
