//! `cargo xtask bench`: builds the released program and lets it measure (`rappel bench`); what is
//! too small to be seen from outside a process is an example of its crate.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};

const HELP: &str = "\
cargo xtask bench NAME
  media [--callers 100] [--seconds 20] [--recording]
                                              callers who hear the prompts, beside a bare loop
  signalling [--rate 200] [--seconds 10]      INVITE, 200, ACK and BYE without media
  standing [--dialogs 10000] [--rate 200] [--seconds 10]
                                              the same beside 10, 1,000 and 10,000 quiet calls
  ivr [--rate 20] [--seconds 20]              whole calls: greeting, two keys, the promise
  memory [--rate 200] [--seconds 10] [--bursts 3] [--callers 1000]
                                              what bursts of calls leave behind
  headers                                     ns to read a header field, by their number
  queue                                       ns of a callback beside up to a million pending
  journal                                     durable accepts a second, and restarts
  dtmf                                        ns to listen for keys in a voice
  false-keys                                  hours of speech in which no key is heard
  srtp                                        ns to protect a packet and to make it readable
  dtmf                                        ns of the detection of keys in a frame
";

/// Runs the benchmark that `args` name.
pub fn run(root: &Path, args: &[String]) -> Result<ExitCode> {
    match args.first().map_or("", String::as_str) {
        "" => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        "headers" => example(root, "sip-msg", "headers_cost"),
        "queue" => example(root, "queue", "queue_cost"),
        "journal" => example(root, "server", "journal_cost"),
        "srtp" => example(root, "rtp", "srtp_cost"),
        "dtmf" => example(root, "audio", "dtmf_cost"),
        "false-keys" => example(root, "audio", "false_keys"),
        _ => rappel(root, args),
    }
}

fn example(root: &Path, package: &str, name: &str) -> Result<ExitCode> {
    cargo(root, &["run", "--quiet", "--release", "--package", package, "--example", name])
}

fn rappel(root: &Path, args: &[String]) -> Result<ExitCode> {
    println!("building the released program; the first time takes minutes");
    let built = cargo(root, &["build", "--release", "--package", "rappel"])?;
    ensure!(built == ExitCode::SUCCESS, "the released program does not build");
    ended(Command::new(root.join("target/release/rappel")).arg("bench").args(args))
}

fn cargo(root: &Path, args: &[&str]) -> Result<ExitCode> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    ended(Command::new(cargo).args(args).current_dir(root))
}

fn ended(command: &mut Command) -> Result<ExitCode> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("starting {program}"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
