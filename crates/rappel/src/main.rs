//! The binary: `serve`, `demo` and the operator's commands.
//!
//! Exit codes: 0 done, 1 it could not be done and the reason was said, 2 the command line itself
//! is wrong.

/// As `println!`, but whoever has closed the pipe (`| head`) has read enough: no panic.
macro_rules! outln {
    ($($what:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($what)*);
    }};
}

/// As `print!`; see [`outln`].
macro_rules! out {
    ($($what:tt)*) => {{
        use std::io::Write as _;
        let _ = write!(std::io::stdout(), $($what)*);
    }};
}

/// As `eprintln!`; see [`outln`].
macro_rules! errln {
    ($($what:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($what)*);
    }};
}

mod again;
mod bench;
mod check;
mod cli;
mod clips;
mod conformance;
mod create;
mod demo;
mod doctor;
mod events;
mod explain;
mod handset;
mod number;
mod operator;
mod play;
mod replay;
mod report;
mod robot;
mod serve;
mod settings;
mod shell;
mod shown;
mod simulate;
mod table;
mod watch;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use server::control::Request;

use crate::cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.watch {
        Some(seconds) => watch::watch(cli.command.as_ref(), Duration::from_secs(seconds)),
        None => run(cli),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            errln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let (json, place) = (cli.json, &cli.place);
    match cli.command.unwrap_or_else(|| Command::Serve(cli::Serve::default())) {
        Command::Serve(how) => serve::serve(place, &how),
        Command::Demo(how) => demo::play(&how),
        Command::Config(what) => check::config(place, what, json),
        Command::Conformance(which) => conformance::conformance(&which, json),
        Command::Prompts(what) => check::prompts(place, what, json),
        Command::Flow(cli::Flow::Show) => check::flow(),
        Command::Number(what) => number::number(place, what, json),
        Command::Explain(what) => explain::explain(place, &what, json),
        Command::Report => report::report(place, json),
        Command::Replay(what) => replay::replay(place, &what, json),
        Command::Callback(what) => operator::callback(place, what, json),
        Command::Availability(of) => {
            operator::availability(place, of, create::availability_text, json)
        }
        Command::Slots(of) => operator::availability(place, of, create::slots_text, json),
        Command::Calls(what) => operator::calls(place, what, json),
        Command::Agent(what) => operator::agent(place, what, json),
        Command::Queue(cli::Queue::Show) => operator::queues(place, json),
        Command::Trunk(what) => operator::trunk(place, what, json),
        Command::Events(cli::Events::Tail(what)) => events::tail(place, &what, json),
        Command::Doctor => doctor::doctor(place, json),
        Command::Drain(cli::Drain { cut_after }) => {
            operator::command(place, Request::Drain { cut_after }, json)
        }
        Command::Reload => again::reload(place, None, false, json),
        Command::Status => operator::status(place, json),
        Command::Simulate(how) => simulate::simulate(&how, json),
        Command::Bench(what) => bench::run(&what, json),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man { into } => shell::man(into.as_deref()),
    }
}
