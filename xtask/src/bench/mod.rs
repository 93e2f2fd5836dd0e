//! `cargo xtask bench`: what a call costs, as figures that are printed and never compared.
//!
//! The engine is the released program in a process of its own, the load is this process, and the
//! floor (a bare loop that receives and sends) is a third. All of it stays on loopback, with a
//! limit on how many calls and for how long. CPU time and ratios taken in one run are what can be
//! compared between machines; figures of the clock have the load average beside them.

mod account;
mod calls;
mod engine;
mod far_end;
mod floor;
mod options;
mod pace;
mod signalling;
mod sip;
mod standing;

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};

use options::Options;

const HELP: &str = "\
cargo xtask bench NAME
  calls [--callers 100] [--seconds 20]        callers who hear the prompts, beside a bare loop
  signalling [--rate 200] [--seconds 10]      INVITE, 200, ACK and BYE without media
  standing [--dialogs 10000] [--rate 200] [--seconds 10]
                                              the same beside 10, 1,000 and 10,000 quiet calls
  headers                                     ns to read a header field, by their number
  srtp                                        ns to protect a packet and to make it readable
";

/// Runs the benchmark that `args` name. An unoptimised xtask builds and runs the optimised one.
pub fn run(root: &Path, args: &[String]) -> Result<ExitCode> {
    let name = args.first().map_or("", String::as_str);
    match name {
        "calls" | "signalling" | "standing" => {}
        "headers" => return example(root, "sip-msg", "headers_cost"),
        "srtp" => return example(root, "rtp", "srtp_cost"),
        "floor" => return floor::serve(args).map(|()| ExitCode::SUCCESS),
        "" => {
            print!("{HELP}");
            return Ok(ExitCode::SUCCESS);
        }
        other => bail!("no such benchmark: {other}\n{HELP}"),
    }
    if cfg!(debug_assertions) {
        return run_optimised(root, args);
    }
    account::raise_open_files();
    let options = Options::read(&args[1..])?;
    println!("machine: {}", account::machine());
    match name {
        "calls" => calls::run(root, &options)?,
        "standing" => standing::run(root, &options)?,
        _ => signalling::run(root, &options)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs the measuring example of a crate: what is too small to be seen from outside a process.
fn example(root: &Path, package: &str, name: &str) -> Result<ExitCode> {
    println!("machine: {}", account::machine());
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let status = Command::new(cargo)
        .args(["run", "--quiet", "--release", "--package", package, "--example", name])
        .current_dir(root)
        .status()
        .context("starting cargo")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn run_optimised(root: &Path, args: &[String]) -> Result<ExitCode> {
    println!("building the released programs; the first time takes minutes");
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--package", "rappel", "--package", "xtask"])
        .current_dir(root)
        .status()
        .context("starting cargo")?;
    ensure!(status.success(), "the released programs do not build");
    let program = root.join("target/release/xtask");
    let status = Command::new(program).arg("bench").args(args).status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
