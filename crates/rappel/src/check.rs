//! `rappel config …` and `rappel prompts …`: say what is wrong before a caller finds out.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use config::{Finding, Severity, Whole};
use model::LanguageTag;
use serde_json::{Value, json};
use server::control::Request;
use server::prompts::{self, PromptProblem, Wanted};

use crate::cli::{Config, Place, Prompts};
use crate::{operator, settings};

pub(crate) fn config(place: &Place, what: Config, as_json: bool) -> Result<ExitCode> {
    match what {
        Config::Plan { file } => crate::again::reload(place, file, true, as_json),
        Config::Show => crate::shown::show(place, as_json),
        Config::Schema => crate::shown::schema(),
        Config::Example => {
            out!("{}", config::EXAMPLE);
            Ok(ExitCode::SUCCESS)
        }
        Config::Check { file } => {
            let Some(path) = file.or_else(|| settings::file(place)) else {
                bail!("which file? `rappel config check FILE`; an example: `rappel config example`")
            };
            let (findings, good, note, needs) = match settings::read_whole(&path)? {
                Ok(Whole { settings, roof, warnings, values: _ }) => {
                    let needs = config::needs(&settings, &roof);
                    (warnings, true, server::taken_ports(&settings), needs)
                }
                Err(findings) => (findings, false, None, Vec::new()),
            };
            if as_json {
                let findings: Vec<Value> = findings.iter().map(finding_json).collect();
                outln!(
                    "{}",
                    json!({
                        "good": good,
                        "findings": findings,
                        "machine": note,
                        "needs": needs,
                    })
                );
            } else {
                settings::show(&findings);
                if let Some(note) = note {
                    errln!("warning, on this machine: {note}");
                }
                let verdict = if good { "can be served" } else { "cannot be served" };
                outln!("{} {verdict}{}", path.display(), counted(&findings));
                if good {
                    outln!("the network must let through:");
                }
                for need in needs {
                    outln!("  {need}");
                }
            }
            Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
    }
}

fn counted(findings: &[Finding]) -> String {
    let warnings = findings.iter().filter(|f| f.severity == Severity::Warning).count();
    let errors = findings.len() - warnings;
    let count = |n: usize, word: &str| match n {
        0 => None,
        1 => Some(format!("1 {word}")),
        n => Some(format!("{n} {word}s")),
    };
    let parts: Vec<String> =
        [count(errors, "error"), count(warnings, "warning")].into_iter().flatten().collect();
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}

fn finding_json(finding: &Finding) -> Value {
    json!({
        "severity": match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "problem": finding.problem,
        "expected": finding.expected,
        "hint": finding.hint,
    })
}

/// `rappel flow show`: the bundled flow as it would stand in a file.
pub(crate) fn flow() -> Result<ExitCode> {
    out!("{}", config::USUAL_FLOW);
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn prompts(place: &Place, what: Prompts, as_json: bool) -> Result<ExitCode> {
    let directory = match what {
        Prompts::Check { directory } => directory,
        Prompts::List => return crate::clips::list(place, as_json),
        Prompts::Play(what) => return crate::play::play(place, &what),
        Prompts::Reload => return operator::command(place, Request::ReloadPrompts, as_json),
    };
    let named: Vec<PathBuf> = directory.into_iter().collect();
    let (directories, wanted) = match settings::file(place) {
        Some(path) => {
            let (settings, roof) = settings::read(&path)?;
            (if named.is_empty() { roof.prompts } else { named }, Wanted::by(&settings))
        }
        None => (named, bundled_languages()),
    };
    let problems = prompts::check(directories.iter().map(AsRef::as_ref), &wanted);
    if as_json {
        let problems: Vec<Value> = problems.iter().map(problem_json).collect();
        outln!("{}", json!({ "good": problems.is_empty(), "problems": problems }));
    } else {
        for problem in &problems {
            outln!("{problem}");
        }
        let shown: Vec<String> = directories.iter().map(|d| d.display().to_string()).collect();
        let place =
            if shown.is_empty() { "the bundled prompts".to_owned() } else { shown.join(", ") };
        match problems.len() {
            0 => outln!("{place}: every prompt can be played"),
            1 => outln!("{place}: 1 problem"),
            n => outln!("{place}: {n} problems"),
        }
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Every language that is bundled, with nothing of the operator's own.
pub(crate) fn bundled_languages() -> Vec<Wanted> {
    let wanted = |tag: &str| Wanted { language: LanguageTag::from(tag), own: Vec::new() };
    server::prompts::BUNDLED_LANGUAGES.iter().map(|tag| wanted(tag)).collect()
}

fn problem_json(problem: &PromptProblem) -> Value {
    json!({
        "file": problem.file.display().to_string(),
        "what": problem.what,
        "instead": problem.instead,
    })
}
