//! `cargo xtask fuzz TARGET SECONDS [SEED]`: the mutations of `fuzz/`, on the usual compiler.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

/// Builds and runs the mutator; without a target it names them.
pub fn run(root: &Path, args: &[String]) -> Result<ExitCode> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    // Its own lock file and target folder: the rest of the project is not rebuilt for it.
    let status = Command::new(cargo)
        .args(["run", "--quiet", "--release", "--manifest-path", "fuzz/Cargo.toml"])
        .args(["--target-dir", "target/fuzz", "--bin", "mutate", "--"])
        .args(args)
        .current_dir(root)
        .status()
        .context("starting cargo")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
