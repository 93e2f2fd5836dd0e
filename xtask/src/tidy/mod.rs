//! `cargo xtask tidy`: the rules of docs/style.md and docs/architecture.md that a machine can keep.
//!
//! It reads the manifests as cargo understands them, and every text file of the repository. What
//! it finds is said as `file:line: what; why`.

mod edges;
mod files;
mod source;
mod tracked;

use std::fmt;
use std::path::Path;

use anyhow::Result;

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Path from the root of the repository.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// What is wrong, and why it is a rule.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// Everything that is wrong in the repository at `root`, in the order of files and lines.
pub fn check(root: &Path) -> Result<Vec<Finding>> {
    let mut findings = edges::check(root)?;
    findings.extend(files::check(root)?);
    findings.extend(tracked::check(root)?);
    findings.sort();
    Ok(findings)
}
