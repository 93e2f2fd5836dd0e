//! What `cargo verify` runs, and the rules of the house that a machine can keep.
//!
//! `cargo xtask COMMAND`; without a command, the list of them.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};

mod music;
mod tidy;
mod wav;

const HELP: &str = "\
cargo xtask COMMAND
  tidy        check the rules of the house
  music       make prompts/common/*.wav again
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<ExitCode> {
    match args.first().map(String::as_str) {
        Some("music") => {
            let folder = root().join("prompts/common");
            std::fs::create_dir_all(&folder)?;
            music::write(&folder)?;
        }
        Some("tidy") => {
            let findings = tidy::check(&root())?;
            for finding in &findings {
                eprintln!("{finding}");
            }
            if !findings.is_empty() {
                bail!("{} findings", findings.len());
            }
        }
        None | Some("help" | "--help" | "-h") => print!("{HELP}"),
        Some(other) => bail!("no such command: {other}\n{HELP}"),
    }
    Ok(ExitCode::SUCCESS)
}

/// The root of the repository.
fn root() -> PathBuf {
    let xtask = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().expect("xtask is a folder of the repository").to_path_buf()
}
