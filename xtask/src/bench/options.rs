//! What the command line says, and the limits of every benchmark.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

/// Callers at once.
const CALLERS_MAX: u64 = 4_000;
/// Calls that stand at once: each has a port of the range that the engine is given.
const DIALOGS_MAX: u64 = 10_000;
/// Calls a second.
const RATE_MAX: u64 = 10_000;
/// Length of what is measured.
const SECONDS_MAX: u64 = 600;

/// How much, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Callers at once.
    pub callers: usize,
    /// Calls that stand and are quiet.
    pub dialogs: usize,
    /// Calls a second.
    pub rate: u64,
    /// Length of what is measured; every benchmark has its own when it is not said.
    pub time: Option<Duration>,
}

impl Options {
    /// Reads `--NAME NUMBER` pairs.
    pub fn read(args: &[String]) -> Result<Options> {
        let mut options = Options { callers: 100, dialogs: 10_000, rate: 200, time: None };
        for pair in args.chunks(2) {
            let [name, value] = pair else { bail!("{} needs a number", pair[0]) };
            let number: u64 = value.parse().with_context(|| format!("{name}: no number"))?;
            let within = |most| {
                ensure!((1..=most).contains(&number), "{name} may be 1 to {most}");
                Ok(number)
            };
            match name.as_str() {
                "--callers" => options.callers = usize::try_from(within(CALLERS_MAX)?)?,
                "--dialogs" => options.dialogs = usize::try_from(within(DIALOGS_MAX)?)?,
                "--rate" => options.rate = within(RATE_MAX)?,
                "--seconds" => options.time = Some(Duration::from_secs(within(SECONDS_MAX)?)),
                other => bail!("no such option: {other}"),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Options> {
        Options::read(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn options_have_defaults_and_limits() {
        let options = Options { callers: 100, dialogs: 10_000, rate: 200, time: None };
        assert_eq!(read("").expect("options"), options);
        let options =
            Options { callers: 7, dialogs: 10_000, rate: 200, time: Some(Duration::from_secs(3)) };
        assert_eq!(read("--callers 7 --seconds 3").expect("options"), options);
        for bad in ["--callers 0", "--callers 4001", "--rate", "--rate x", "--calls 5"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
