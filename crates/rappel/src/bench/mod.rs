//! `rappel bench`: what a call costs on this machine, as figures that are printed and never
//! compared by a test.
//!
//! The engine is this very program in a process of its own (`rappel serve`), the load is this
//! process, and the floor (a bare loop that receives and sends) is a third. All of it stays on
//! loopback, with a limit on how many calls and for how long. Processor time and ratios taken in
//! one run are what can be compared between machines; figures of the clock have the load average
//! beside them.

mod account;
mod engine;
mod far_end;
mod floor;
mod ivr;
mod media;
mod memory;
mod pace;
mod process;
mod signalling;
mod sip;
mod standing;
mod talk;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::cli::Bench;

/// Callers at once.
pub(crate) const CALLERS_MAX: usize = 4_000;
/// Calls that stand at once: each has a port of the range that the engine is given.
pub(crate) const DIALOGS_MAX: usize = 10_000;
/// Calls a second.
pub(crate) const RATE_MAX: u64 = 10_000;
/// Bursts, one after the other.
pub(crate) const BURSTS_MAX: usize = 20;
/// Length of what is measured.
pub(crate) const SECONDS_MAX: u64 = 600;

/// Runs one benchmark.
///
/// # Errors
/// When the engine does not start, refuses a call, or the arguments are beyond their limits.
pub(crate) fn run(what: &Bench, json: bool) -> Result<ExitCode> {
    if let Bench::Floor { callers } = what {
        return floor::serve(*callers).map(|()| ExitCode::SUCCESS);
    }
    account::raise_open_files();
    if !json {
        outln!("machine: {}", account::machine());
        if cfg!(debug_assertions) {
            outln!("note: this is not the released build; its figures mean nothing");
        }
    }
    match what {
        Bench::Media { callers, seconds, settle, recording } => {
            within("--callers", *callers, CALLERS_MAX)?;
            media::run(*callers, time(*seconds)?, time(*settle)?, *recording, json)?;
        }
        Bench::Signalling { rate, seconds } => {
            within("--rate", *rate, RATE_MAX)?;
            signalling::run(*rate, time(*seconds)?)?;
        }
        Bench::Memory { rate, seconds, bursts, callers } => {
            within("--rate", *rate, RATE_MAX)?;
            within("--bursts", *bursts, BURSTS_MAX)?;
            ensure!(*callers <= CALLERS_MAX, "--callers may be 0 to {CALLERS_MAX}");
            memory::run(*rate, time(*seconds)?, *bursts, *callers)?;
        }
        Bench::Ivr { rate, seconds } => {
            within("--rate", *rate, RATE_MAX)?;
            ivr::run(*rate, time(*seconds)?)?;
        }
        Bench::Standing { dialogs, rate, seconds } => {
            within("--dialogs", *dialogs, DIALOGS_MAX)?;
            within("--rate", *rate, RATE_MAX)?;
            standing::run(*dialogs, *rate, time(*seconds)?)?;
        }
        Bench::Floor { .. } => {}
    }
    Ok(ExitCode::SUCCESS)
}

fn time(seconds: u64) -> Result<Duration> {
    within("--seconds", seconds, SECONDS_MAX)?;
    Ok(Duration::from_secs(seconds))
}

fn within<T: PartialOrd + From<u8> + std::fmt::Display>(
    name: &str,
    value: T,
    most: T,
) -> Result<()> {
    ensure!(value >= T::from(1) && value <= most, "{name} may be 1 to {most}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_has_limits() {
        assert!(within("--callers", CALLERS_MAX, CALLERS_MAX).is_ok());
        assert!(within("--callers", CALLERS_MAX + 1, CALLERS_MAX).is_err());
        assert!(within("--callers", 0, CALLERS_MAX).is_err());
        assert!(time(SECONDS_MAX + 1).is_err());
    }
}
