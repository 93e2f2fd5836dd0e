//! SIPp at the far ends: one instance per call, one address per far end.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::definition::{Scenario, Step};
use super::process::{LOOK, Process};
use crate::captures;

/// The file that every SIPp scenario plays.
const SAYS: &str = "says.pcap";
/// The name of a step's SIPp scenario in its own folder.
const XML: &str = "scenario.xml";
/// How long SIPp may take to listen.
const LISTEN_MAX: Duration = Duration::from_secs(5);

/// The steps of one far end, one SIPp instance at a time.
pub struct FarEnd {
    who: &'static str,
    address: String,
    /// Where a caller's INVITE and a phone's REGISTER go.
    front_door: String,
    folder: PathBuf,
    steps: Vec<Step>,
    seconds_max: u64,
    /// How many steps were begun.
    begun: usize,
    running: Option<Process>,
}

impl FarEnd {
    /// Prepares the folders and captures of all steps; nothing runs yet.
    pub fn prepare(
        scenario: &Scenario,
        network: &str,
        folder: &Path,
        who: &'static str,
    ) -> Result<FarEnd> {
        let steps = scenario.steps(who).to_vec();
        for (index, step) in steps.iter().enumerate() {
            let folder = folder.join(format!("{who}-{}", index + 1));
            std::fs::create_dir_all(&folder)?;
            std::fs::write(folder.join(SAYS), captures::capture(&step.says)?)?;
            // SIPp looks for captures beside its scenario.
            let xml = scenario.folder.join(&step.xml);
            std::fs::copy(&xml, folder.join(XML)).with_context(|| xml.display().to_string())?;
        }
        Ok(FarEnd {
            who,
            address: scenario.address(network, who),
            front_door: scenario.front_door(network),
            folder: folder.to_owned(),
            steps,
            seconds_max: scenario.file.seconds_max,
            begun: 0,
            running: None,
        })
    }

    /// Starts the first step and waits until it listens. A caller calls at once.
    pub fn start(&mut self) -> Result<()> {
        if self.steps.is_empty() {
            return Ok(());
        }
        self.next()?;
        let until = Instant::now() + LISTEN_MAX;
        while self.who != "caller" && !listens(&self.address)? {
            ensure!(Instant::now() < until, "{}: SIPp does not listen: {}", self.who, self.log());
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    /// Moves on: true when the last step is over. An instance that ends badly is an error.
    pub fn advance(&mut self) -> Result<bool> {
        if let Some(process) = &mut self.running {
            let Some(status) = process.ended()? else { return Ok(false) };
            self.running = None;
            if !status.success() {
                bail!("{} ended with {status}, which is not 0: {}", self.name(), self.log());
            }
        }
        if self.begun == self.steps.len() {
            return Ok(true);
        }
        self.next()?;
        Ok(false)
    }

    /// What it waits for, when the time is over.
    pub fn unfinished(&self) -> Option<String> {
        let left = self.steps.len() - self.begun;
        let running = self.running.as_ref().map(|_| format!("{} is not over", self.name()));
        running.or_else(|| (left > 0).then(|| format!("{}: {left} calls never began", self.who)))
    }

    /// Ends what still runs.
    pub fn stop(&mut self) -> Result<()> {
        if let Some(process) = &mut self.running {
            process.terminate(Duration::from_secs(3))?;
        }
        Ok(())
    }

    fn next(&mut self) -> Result<()> {
        let step = self.steps[self.begun].clone();
        self.begun += 1;
        let folder = self.folder.join(format!("{}-{}", self.who, self.begun));
        let mut command = Command::new("sipp");
        command.args(["-sf", XML]);
        if self.who == "caller" || step.registers {
            command.arg(format!("{}:5060", self.front_door));
        }
        if self.who == "caller" {
            command.args(["-s", step.dials.as_deref().unwrap_or_default()]);
            command.args(["-key", "number", step.from.as_deref().unwrap_or_default()]);
        }
        if step.tcp {
            command.args(["-t", "t1"]);
        }
        let media_port = 6_000 + 10 * self.begun;
        command.args(["-i", &self.address, "-p", "5060", "-mi", &self.address]);
        command.args(["-mp", &media_port.to_string(), "-m", "1", "-nostdin"]);
        command.args(["-d", &format!("{:.0}", step.stays * 1_000.0)]);
        command.args(["-timeout", &format!("{}s", self.seconds_max), "-timeout_error"]);
        command.args(["-trace_msg", "-message_file", "messages.log"]);
        command.args(["-trace_err", "-error_file", "errors.log"]);
        self.running = Some(Process::start(&mut command, &folder, "sipp.log")?);
        Ok(())
    }

    fn name(&self) -> String {
        let xml = &self.steps[self.begun - 1].xml;
        format!("{} {} ({xml})", self.who, self.begun)
    }

    /// The last words of the instance that was begun last.
    fn log(&self) -> String {
        let folder = self.folder.join(format!("{}-{}", self.who, self.begun));
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        let errors = read("errors.log");
        let text = if errors.trim().is_empty() { read("sipp.log") } else { errors };
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        lines[..lines.len().min(12)].join(" | ")
    }
}

/// Whether a UDP socket is bound to `address`:5060.
pub(crate) fn listens(address: &str) -> Result<bool> {
    let table = std::fs::read_to_string("/proc/net/udp").context("reading /proc/net/udp")?;
    let octets = address.parse::<std::net::Ipv4Addr>()?.octets();
    let local = format!(" {:08X}:{:04X} ", u32::from_le_bytes(octets), 5060);
    Ok(table.lines().any(|line| line.contains(&local)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_address_is_seen() {
        // The table is the whole machine's, where this test may run twice at a time.
        let [.., high, low] = std::process::id().to_be_bytes();
        let address = format!("127.6.{high}.{low}");
        let socket = std::net::UdpSocket::bind((address.as_str(), 5060)).expect("a free address");
        assert!(listens(&address).expect("the table"));
        drop(socket);
        assert!(!listens(&address).expect("the table"));
    }
}
