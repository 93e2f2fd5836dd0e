//! `--watch`: the same question again and again, and its answer whenever that is another.
//!
//! The question is asked by this very program in a process of its own, so that one answer that
//! fails (the engine is being started anew, say) is shown like any other and the next is asked.

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::{Command, ExitCode, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::cli;

/// What a terminal shows from its upper left corner on, and nothing below it.
const FROM_THE_TOP: &str = "\x1b[H\x1b[J";

/// Whether a command only asks, so that it may be asked again.
fn asks(command: &cli::Command) -> bool {
    use cli::{Agent, Callback, Calls, Command, Config, Trunk};
    match command {
        Command::Status
        | Command::Report
        | Command::Availability(_)
        | Command::Slots(_)
        | Command::Number(_)
        | Command::Explain(_)
        | Command::Doctor
        | Command::Queue(cli::Queue::Show)
        | Command::Calls(Calls::List | Calls::Ladder { .. })
        | Command::Agent(Agent::List)
        | Command::Trunk(Trunk::List)
        | Command::Callback(Callback::List { .. } | Callback::Show { .. })
        | Command::Prompts(cli::Prompts::Check { .. } | cli::Prompts::List)
        | Command::Config(Config::Check { .. } | Config::Plan { .. } | Config::Show) => true,
        Command::Serve(_)
        | Command::Demo(_)
        | Command::Conformance(_)
        | Command::Flow(cli::Flow::Show)
        | Command::Reload
        | Command::Drain(_)
        | Command::Simulate(_)
        | Command::Replay(_)
        | Command::Bench(_)
        | Command::Completions { .. }
        | Command::Man { .. }
        | Command::Events(cli::Events::Tail(_))
        | Command::Prompts(cli::Prompts::Reload | cli::Prompts::Play(_))
        | Command::Config(Config::Schema | Config::Example)
        | Command::Calls(Calls::DoNotRecord { .. })
        | Command::Agent(
            Agent::Status { .. }
            | Agent::Login { .. }
            | Agent::Logout { .. }
            | Agent::Ready { .. }
            | Agent::Accept { .. }
            | Agent::Decline { .. }
            | Agent::Busy { .. }
            | Agent::Free { .. },
        )
        | Command::Callback(
            Callback::Create(_)
            | Callback::Move { .. }
            | Callback::Retry { .. }
            | Callback::Cancel { .. }
            | Callback::Registering { .. }
            | Callback::Processing { .. }
            | Callback::Resolve { .. },
        ) => false,
    }
}

/// Asks again after each of these times, until whoever reads has gone.
///
/// # Errors
/// When the command does more than ask, or this program cannot be run.
pub(crate) fn watch(command: Option<&cli::Command>, every: Duration) -> Result<ExitCode> {
    if !command.is_some_and(asks) {
        bail!("there is nothing to watch in this command: --watch is for those that show something")
    }
    let program = std::env::current_exe().context("this program does not find itself")?;
    let arguments: Vec<OsString> = std::env::args_os().skip(1).filter(|it| !is_ours(it)).collect();
    let mut shown = None;
    loop {
        let asked = Command::new(&program).args(&arguments).stdin(Stdio::null()).output();
        let Output { mut stdout, stderr, .. } = asked.context("this program cannot be run")?;
        stdout.extend(stderr);
        if shown.as_ref() != Some(&stdout) {
            match show(&stdout) {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                    return Ok(ExitCode::SUCCESS);
                }
                done => done.context("the answer cannot be shown")?,
            }
            shown = Some(stdout);
        }
        std::thread::sleep(every);
    }
}

fn is_ours(argument: &OsStr) -> bool {
    argument.to_str().is_some_and(|it| it == "--watch" || it.starts_with("--watch="))
}

/// In place of the last answer on a terminal, behind it elsewhere.
fn show(answer: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if out.is_terminal() {
        out.write_all(FROM_THE_TOP.as_bytes())?;
    }
    out.write_all(answer)?;
    out.flush()
}
