//! The program that a scenario puts between Rappel and the carrier's phones.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use super::definition::{NETWORK, Proxy, Scenario};
use super::far_end::listens;
use super::process::{LOOK, Process};

const START_MAX: Duration = Duration::from_secs(20);
const END_MAX: Duration = Duration::from_secs(5);
/// What it says goes here.
const LOG: &str = "proxy.log";

/// A running proxy.
pub struct Running {
    process: Process,
    log: PathBuf,
    must_log: Vec<String>,
}

/// Its version, when it is on this machine.
pub fn version(proxy: &Proxy) -> Option<String> {
    let output = Command::new(&proxy.program).arg(&proxy.version).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().next().map(str::to_owned)
}

impl Running {
    /// Starts it and waits until it listens.
    pub fn start(
        proxy: &Proxy,
        scenario: &Scenario,
        network: &str,
        folder: &Path,
    ) -> Result<Running> {
        for file in &proxy.files {
            let text = std::fs::read_to_string(scenario.folder.join(file))?;
            std::fs::write(folder.join(file), text.replace(NETWORK, network))?;
        }
        let mut command = Command::new(&proxy.program);
        command.args(&proxy.args);
        let mut process = Process::start(&mut command, folder, LOG)?;
        let until = Instant::now() + START_MAX;
        while !listens(&scenario.address(network, "proxy"))? {
            if let Some(status) = process.ended()? {
                bail!("{} ended at its start ({status}): see {LOG}", proxy.program);
            }
            ensure!(Instant::now() < until, "{} does not listen: see {LOG}", proxy.program);
            std::thread::sleep(LOOK);
        }
        Ok(Running { process, log: folder.join(LOG), must_log: proxy.logs.clone() })
    }

    /// Ends it, and gives what its log does not say and should.
    pub fn stop(mut self) -> Result<Vec<String>> {
        self.process.terminate(END_MAX)?;
        let log = std::fs::read(&self.log)?;
        let log = String::from_utf8_lossy(&log);
        let missing = self.must_log.iter().filter(|words| !log.contains(words.as_str()));
        Ok(missing.map(|words| format!("{LOG} does not say \"{words}\"")).collect())
    }
}
