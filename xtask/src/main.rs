//! What `cargo verify` runs, and the rules of the house that a machine can keep.
//!
//! `cargo xtask COMMAND`; without a command, the list of them.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

mod bench;
mod captures;
mod fuzz;
mod g711;
mod kills;
mod listen;
mod music;
mod numbering;
mod pcap;
mod scenario;
mod tidy;
mod verify;
mod wav;

const HELP: &str = "\
cargo xtask COMMAND
  verify            everything that must be true before a change is merged (also: cargo verify)
  tidy              check the rules of the house
  bless [CRATE]     run the tests and take what they record as what is expected
  scenario [NAME]   run the SIPp scenarios whose names contain NAME
  interop [NAME]    the same with programs of others in between, those that are installed
  kills [--count N] [--seed S]
                    kill the engine under load, and check that no promise is broken
  fuzz TARGET SECONDS [SEED]
                    mutate what comes from the wire; without TARGET, their names
  listen            two calls of real clients (baresip), recorded and measured
  bench NAME        measure what calls cost; without NAME, the list of benchmarks
  captures          write the scenarios' capture files into target/captures
  music             make prompts/common/*.wav again
  numbering METADATA.BIN ZONE.TAB
                    make the table of numbering plans again
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
    let root = root();
    let name = args.get(1).map_or("", String::as_str);
    match args.first().map(String::as_str) {
        Some("verify") => return Ok(verify::run(&root)),
        Some("tidy") => {
            let findings = tidy::check(&root)?;
            findings.iter().for_each(|finding| eprintln!("{finding}"));
            if !findings.is_empty() {
                bail!("{} findings", findings.len());
            }
        }
        Some("fuzz") => return fuzz::run(&root, &args[1..]),
        Some("bench") => return bench::run(&root, &args[1..]),
        Some("bless") => return bless(name),
        Some("scenario") => {
            let shelf = args.get(2).map_or("sipp-scenarios", String::as_str);
            let tally = scenario::run(&root, shelf, name)?;
            if scenario::leave_tally(&root, tally)? {
                return Ok(ExitCode::SUCCESS);
            }
            println!("{} passed, {} failed", tally.passed, tally.failed);
            return Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Some("interop") => {
            let tally = scenario::run(&root, "interop", name)?;
            println!("{} passed, {} failed", tally.passed, tally.failed);
            return Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Some("kills") => {
            let tally = kills::run(&root, &args[1..])?;
            println!("{} passed, {} failed", tally.passed, tally.failed);
            return Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Some("listen") => {
            let tally = listen::run(&root)?;
            println!("{} passed, {} failed", tally.passed, tally.failed);
            return Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Some("captures") => scenario::write_captures(&root)?,
        Some("music") => {
            let folder = root.join("prompts/common");
            std::fs::create_dir_all(&folder)?;
            music::write(&folder)?;
        }
        Some("numbering") => numbering::run(&root, &args[1..])?,
        None | Some("help" | "--help" | "-h") => print!("{HELP}"),
        Some(other) => bail!("no such command: {other}\n{HELP}"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Lets expect-test write what was recorded into ladders and tests; the diff is for review.
fn bless(name: &str) -> Result<ExitCode> {
    let mut command = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
    command.args(["test", "--quiet"]).env("UPDATE_EXPECT", "1").current_dir(root());
    if name.is_empty() {
        command.arg("--workspace");
    } else {
        command.args(["--package", name]);
    }
    let status = command.status().context("starting cargo")?;
    println!("now look at `git diff`");
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The root of the repository.
fn root() -> PathBuf {
    let xtask = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().expect("xtask is a folder of the repository").to_path_buf()
}
