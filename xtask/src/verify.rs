//! `cargo verify`: everything that must be true before a change is merged.
//!
//! It prints each step with its time and ends with one plain line, `N passed, N failed`: tests and
//! scenarios count one each, and so does every other step.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::{fuzz, kills, scenario, tidy};
use scenario::Tally;

/// Runs every step, also after one has failed.
pub fn run(root: &Path) -> ExitCode {
    let mut sum = Tally::default();
    let mut failed_steps = Vec::new();
    for (name, step) in STEPS {
        println!("── {name}");
        let begun = Instant::now();
        let tally = step(root).unwrap_or_else(|error| {
            println!("error: {error:#}");
            Tally { passed: 0, failed: 1 }
        });
        let secs = begun.elapsed().as_secs_f64();
        println!("── {name}: {} ({secs:.1} s)\n", in_words(tally));
        sum.passed += tally.passed;
        sum.failed += tally.failed;
        if tally.failed > 0 {
            failed_steps.push(*name);
        }
    }
    if !failed_steps.is_empty() {
        println!("failed: {}", failed_steps.join(", "));
    }
    println!("{} passed, {} failed", sum.passed, sum.failed);
    if sum.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

type Step = fn(&Path) -> Result<Tally>;

const STEPS: &[(&str, Step)] = &[
    ("format", |root| whole(cargo(root, &["fmt", "--all", "--check"]))),
    ("clippy", |root| {
        let args = ["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"];
        whole(cargo(root, &args))
    }),
    ("tidy", |root| {
        let findings = tidy::check(root)?;
        findings.iter().for_each(|finding| println!("{finding}"));
        Ok(one(findings.is_empty()))
    }),
    ("tests", tests),
    ("prompts", |root| {
        let args = ["run", "--quiet", "--package", "rappel", "--", "prompts", "check"];
        whole(cargo(root, &args))
    }),
    ("fuzz", |root| {
        let args = ["all".to_owned(), "2".to_owned()];
        Ok(one(fuzz::run(root, &args)? == ExitCode::SUCCESS))
    }),
    ("scenarios", |root| scenario::run(root, "sipp-scenarios", "")),
    ("kills", |root| kills::run(root, &[])),
];

fn cargo(root: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
    command.args(args).current_dir(root);
    command
}

/// A step that passes or fails as a whole.
fn whole(mut command: Command) -> Result<Tally> {
    Ok(one(command.status().context("starting cargo")?.success()))
}

fn one(good: bool) -> Tally {
    if good { Tally { passed: 1, failed: 0 } } else { Tally { passed: 0, failed: 1 } }
}

/// Runs all tests and adds up the summaries that the test programs print.
fn tests(root: &Path) -> Result<Tally> {
    let mut command = cargo(root, &["test", "--quiet", "--workspace", "--no-fail-fast"]);
    let mut child = command.stdout(Stdio::piped()).spawn().context("starting cargo")?;
    let output = child.stdout.take().expect("piped");
    let mut sum = Tally::default();
    for line in BufReader::new(output).lines() {
        let line = line.context("reading the output of the tests")?;
        if let Some(tally) = summary(&line) {
            sum.passed += tally.passed;
            sum.failed += tally.failed;
        } else if !line.trim().is_empty() && !is_dots(&line) {
            println!("{line}");
        }
    }
    // A program that does not compile or dies has no summary.
    if !child.wait()?.success() && sum.failed == 0 {
        sum.failed = 1;
    }
    Ok(sum)
}

/// `test result: ok. 12 passed; 0 failed; …`.
fn summary(line: &str) -> Option<Tally> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let count = |word: &str| {
        let part = counts.split("; ").find(|part| part.ends_with(word))?;
        part.split(' ').next()?.parse().ok()
    };
    Some(Tally { passed: count(" passed")?, failed: count(" failed")? })
}

/// The progress of quiet tests, and their announcements.
fn is_dots(line: &str) -> bool {
    let dots = line.split(' ').next().unwrap_or_default();
    dots.chars().all(|c| c == '.') || line.starts_with("running ")
}

fn in_words(tally: Tally) -> String {
    match (tally.passed, tally.failed) {
        (0, 0) => "SKIPPED, nothing was checked".to_owned(),
        (_, 0) => format!("ok, {} passed", tally.passed),
        (passed, failed) => format!("FAILED, {passed} passed, {failed} failed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_of_a_test_program_is_added_up() {
        let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered \
                    out; finished in 0.02s";
        assert_eq!(summary(line), Some(Tally { passed: 12, failed: 3 }));
        let line = line.replace("FAILED", "ok");
        assert_eq!(summary(&line), Some(Tally { passed: 12, failed: 3 }));
        assert_eq!(summary("12 passed; 3 failed"), None);
    }

    #[test]
    fn a_step_that_checked_nothing_is_not_called_good() {
        assert_eq!(in_words(Tally::default()), "SKIPPED, nothing was checked");
        assert_eq!(in_words(one(true)), "ok, 1 passed");
        assert_eq!(in_words(one(false)), "FAILED, 0 passed, 1 failed");
    }

    #[test]
    fn progress_is_not_repeated_and_a_failure_is() {
        assert!(is_dots("....") && is_dots(".... 87/103") && is_dots("running 3 tests"));
        assert!(!is_dots("thread 'a' panicked") && !is_dots("..F"));
    }
}
