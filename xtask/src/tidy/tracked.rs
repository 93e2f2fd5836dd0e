//! What git keeps: sources, and nothing that a build has made.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::Finding;

/// Largest file of the repository, in bytes: the longest bundled sound is a quarter of that.
const FILE_BYTES_MAX: u64 = 1_000_000;

/// Every file that git keeps and should not. A copy without its history has nothing to judge.
pub fn check(root: &Path) -> Result<Vec<Finding>> {
    if !root.join(".git").exists() {
        return Ok(Vec::new());
    }
    let listed = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root)
        .output()
        .context("starting git")?;
    ensure!(listed.status.success(), "git does not list the files of {}", root.display());
    let names = String::from_utf8(listed.stdout).context("a file's name is not UTF-8")?;
    let sized = |name: &str| (name.to_owned(), root.join(name).metadata().map_or(0, |m| m.len()));
    let files: Vec<_> = names.split_terminator('\0').map(sized).collect();
    Ok(files.iter().filter_map(|(name, bytes)| judge(name, *bytes)).collect())
}

fn judge(name: &str, bytes: u64) -> Option<Finding> {
    let built = name.split('/').any(|part| part == "target");
    let what = if built {
        "made by a build, and kept by git; take it out with git rm --cached".to_owned()
    } else if bytes > FILE_BYTES_MAX {
        format!("{bytes} bytes, {FILE_BYTES_MAX} at most; every clone carries it for ever")
    } else {
        return None;
    };
    Some(Finding { file: name.to_owned(), line: 1, what })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_build_made_and_what_is_too_large_is_found() {
        let what = |name, bytes| judge(name, bytes).map(|finding| finding.what);
        assert!(what("fuzz/target/debug/a.d", 1).is_some_and(|what| what.contains("build")));
        assert!(what("prompts/a.wav", 1_000_001).is_some_and(|what| what.contains("at most")));
        assert_eq!(what("crates/sip/src/target.rs", 1_000_000), None);
    }
}
