//! What is said of other settings, as JSON.

use serde::Serialize;
use server::reload::{FindingView, SettingsView};
use utoipa::ToSchema;

/// What came of other settings, or would.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewSettings {
    /// They are in force, or could be.
    good: bool,
    /// The outcome in a sentence.
    what: String,
    /// The keys that are written otherwise and count at once.
    changes: Vec<String>,
    /// What counts from the next start on: with any of it, nothing is taken over.
    needs_start: Vec<String>,
    /// What it means for those who wait and talk now.
    consequences: Vec<String>,
    /// What is wrong or doubtful in the files.
    findings: Vec<SettingsFinding>,
}

/// One thing that is wrong in a file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SettingsFinding {
    /// `error` or `warning`.
    severity: String,
    /// The file.
    file: String,
    /// Which line, from 1.
    line: usize,
    /// Which character of it, from 1.
    column: usize,
    /// What is wrong.
    problem: String,
    /// What should stand there.
    expected: String,
    /// What to do.
    hint: String,
}

impl From<SettingsView> for NewSettings {
    fn from(view: SettingsView) -> NewSettings {
        let SettingsView { good, what, changes, needs_start, consequences, findings } = view;
        let findings = findings.into_iter().map(SettingsFinding::from).collect();
        NewSettings { good, what, changes, needs_start, consequences, findings }
    }
}

impl From<FindingView> for SettingsFinding {
    fn from(view: FindingView) -> SettingsFinding {
        let FindingView { severity, file, line, column, problem, expected, hint, shown: _ } = view;
        SettingsFinding { severity, file, line, column, problem, expected, hint }
    }
}
