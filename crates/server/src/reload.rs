//! Other settings for the running engine: read beside the loop, judged, and handed over as one
//! input, whole or not at all.
//!
//! ```text
//! SIGHUP, the control socket, HTTP ──▶ read ──▶ anything wrong? ──▶ all of it is said
//!                                       │ a key that needs a start changed? ──▶ named
//!                                       ▼
//!                     prompts, then the engine, then whoever keeps tokens
//! ```
//! What reads the files is given from above: this crate knows no configuration file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use config::{Change, Finding};
use engine::{Command, Settings};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::control::{Asked, Response, Trouble, ask_driver, stopping};
use crate::prompts::PromptFiles;
use crate::shared::Shared;

/// Other settings, not yet in force.
pub struct Next {
    /// The engine's.
    pub settings: Settings,
    /// The prompts that they want.
    pub prompts: PromptFiles,
    /// Every key that is written otherwise than before.
    pub changes: Vec<Change>,
    /// What cannot be taken over by a running engine, in words, beside the keys that say so.
    pub fixed: Vec<String>,
    /// What is doubtful.
    pub warnings: Vec<Finding>,
    /// Carried out once they are in force: whoever keeps a part of them takes it over.
    pub commit: Box<dyn FnOnce() + Send>,
}

/// Why there are none.
#[derive(Debug)]
pub enum NotRead {
    /// No file can be read, with the reason.
    Unreadable(String),
    /// What is wrong, all of it.
    Wrong(Vec<Finding>),
}

type Read = dyn Fn(Option<&Path>) -> Result<Next, NotRead> + Send + Sync;

/// Reads the settings again, from where they were read, or from another file.
#[derive(Clone)]
pub struct Source(Arc<Read>);

impl Source {
    /// What reads them.
    pub fn new(
        read: impl Fn(Option<&Path>) -> Result<Next, NotRead> + Send + Sync + 'static,
    ) -> Source {
        Source(Arc::new(read))
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source")
    }
}

/// What came of other settings, or would.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SettingsView {
    /// They are in force, or could be.
    pub good: bool,
    /// The outcome in a sentence.
    pub what: String,
    /// The keys that are written otherwise and count at once, a sentence each.
    pub changes: Vec<String>,
    /// The same for what counts from the next start on: with any of it, nothing is taken over.
    pub needs_start: Vec<String>,
    /// What it means for those who wait and talk now, a sentence each.
    pub consequences: Vec<String>,
    /// What is wrong or doubtful in the files.
    pub findings: Vec<FindingView>,
}

/// One thing that is wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingView {
    /// `error` or `warning`.
    pub severity: String,
    /// The file.
    pub file: String,
    /// Which line, from 1.
    pub line: usize,
    /// Which character of it, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: String,
    /// What should stand there.
    pub expected: String,
    /// What to do.
    pub hint: String,
    /// All of that with the line itself, for people.
    pub shown: String,
}

impl From<&Finding> for FindingView {
    fn from(finding: &Finding) -> FindingView {
        FindingView {
            severity: match finding.severity {
                config::Severity::Error => "error".to_owned(),
                config::Severity::Warning => "warning".to_owned(),
            },
            file: finding.file.clone(),
            line: finding.line,
            column: finding.column,
            problem: finding.problem.clone(),
            expected: finding.expected.clone(),
            hint: finding.hint.clone(),
            shown: finding.render(),
        }
    }
}

/// Reads other settings, and takes them over unless they are only to be looked at.
pub(crate) async fn reload(
    file: Option<PathBuf>,
    only_look: bool,
    shared: &Shared,
    driver: &mpsc::Sender<Asked>,
) -> Response {
    let Some(source) = shared.source.clone() else {
        let error = "this engine serves its laboratory: there is no file to read again";
        return Response::error(Trouble::NotAvailable, error);
    };
    // One after another: each is judged against what is in force then.
    let _turn = shared.reloading.lock().await;
    let read = tokio::task::spawn_blocking(move || (source.0)(file.as_deref())).await;
    let next = match read {
        Ok(Ok(next)) => next,
        Ok(Err(NotRead::Unreadable(why))) => return Response::error(Trouble::Other, why),
        Ok(Err(NotRead::Wrong(findings))) => return Response::Settings(wrong(&findings)),
        Err(error) => return Response::error(Trouble::Other, error.to_string()),
    };
    let settings = Box::new(next.settings.clone());
    let Some(consequences) = ask_driver(driver, |reply| Asked::Foresee(settings, reply)).await
    else {
        return stopping();
    };
    let mut view = view(&next, consequences);
    if only_look || !view.good {
        return Response::Settings(view);
    }
    shared.notify.reloading();
    let taken = take_over(next, shared, driver).await;
    shared.notify.ready(&format!("serving SIP on {}", shared.sip()));
    match taken {
        Ok(what) => {
            view.what = what;
            Response::Settings(view)
        }
        Err(response) => response,
    }
}

fn wrong(findings: &[Finding]) -> SettingsView {
    let errors = findings.iter().filter(|it| it.severity == config::Severity::Error).count();
    let mistakes =
        if errors == 1 { "is 1 mistake".to_owned() } else { format!("are {errors} mistakes") };
    SettingsView {
        what: format!("there {mistakes}: nothing was changed"),
        findings: findings.iter().map(FindingView::from).collect(),
        ..SettingsView::default()
    }
}

fn view(next: &Next, consequences: Vec<String>) -> SettingsView {
    let (later, now): (Vec<_>, Vec<_>) = next.changes.iter().partition(|it| it.needs_start);
    let mut needs_start: Vec<String> = later.iter().map(ToString::to_string).collect();
    if needs_start.is_empty() {
        needs_start.extend(next.fixed.iter().cloned());
    }
    let good = needs_start.is_empty();
    SettingsView {
        good,
        what: match good {
            true => "this can be taken over while everything goes on".to_owned(),
            false => "nothing was changed, for a part of it needs a start: start the engine anew, \
                      or write that part as it was"
                .to_owned(),
        },
        changes: now.iter().map(ToString::to_string).collect(),
        needs_start,
        consequences,
        findings: next.warnings.iter().map(FindingView::from).collect(),
    }
}

/// The prompts first, so that no new line is silent; then the engine; then the rest.
async fn take_over(
    next: Next,
    shared: &Shared,
    driver: &mpsc::Sender<Asked>,
) -> Result<String, Response> {
    let Next { settings, prompts, commit, .. } = next;
    if let Some(clips) = ask_driver(driver, Asked::Clips).await {
        let files = prompts.clone();
        let read = tokio::task::spawn_blocking(move || files.again(&clips)).await;
        let (clips, _) = read.map_err(|why| Response::error(Trouble::Other, why.to_string()))?;
        ask_driver(driver, |reply| Asked::Replace(clips, reply)).await.ok_or_else(stopping)?;
    }
    let command = Command::Reload(Box::new(settings));
    let said = ask_driver(driver, |reply| Asked::Command(command, reply)).await;
    match said.unwrap_or_else(stopping) {
        Response::Done { what, .. } => {
            shared.set_prompts(prompts);
            commit();
            Ok(what)
        }
        other => Err(other),
    }
}

/// Reads the settings again because a signal says so; what comes of it is logged.
pub(crate) fn by_signal(shared: Arc<Shared>, driver: mpsc::Sender<Asked>) {
    tokio::spawn(async move {
        match reload(None, false, &shared, &driver).await {
            Response::Settings(view) => log(&view),
            Response::Error { error, .. } => tracing::error!("the settings stay: {error}"),
            _ => {}
        }
    });
}

fn log(view: &SettingsView) {
    for finding in &view.findings {
        let FindingView { file, line, column, problem, hint, .. } = finding;
        tracing::warn!("{file}:{line}:{column}: {problem}; {hint}");
    }
    for key in &view.needs_start {
        tracing::warn!("this needs a start: {key}");
    }
    match view.good {
        true => tracing::info!("{}", view.what),
        false => tracing::error!("the settings stay: {}", view.what),
    }
}
