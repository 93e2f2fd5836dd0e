//! The field of one run: a folder, prompts that can be told apart by ear, a configuration, and
//! SIPp at the three far ends.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::ear::{PROMISED_HZ, REFUSED_HZ};
use crate::music::sine;
use crate::scenario::engine::Engine;
use crate::scenario::far_end::listens;
use crate::scenario::process::{LOOK, Process};
use crate::{captures, wav};

/// Numbers in the list of callers: more than a run of an hour calls.
const NUMBERS: usize = 8_000;
/// What a caller says: the offer key, then "this number".
pub const ASKS: &[&str] = &["quiet 0.3", "keys 2", "quiet 0.2", "keys 1", "quiet 1"];
/// What an agent says: takes the callback.
const TAKES: &[&str] = &["quiet 0.2", "keys 1", "quiet 1"];
/// How long SIPp may take to listen.
const LISTEN_MAX: Duration = Duration::from_secs(5);
/// How many agents there are.
const AGENTS: usize = 6;

/// Where everything of one run is.
pub struct Field {
    /// The run's own folder.
    pub folder: PathBuf,
    program: PathBuf,
    /// `127.K.N.`
    network: String,
}

impl Field {
    /// Makes the folder with all it needs. The journal will be at `journal`, from the folder.
    pub fn prepare(
        root: &Path,
        program: &Path,
        network: &str,
        name: &str,
        journal: &str,
    ) -> Result<Field> {
        let folder = root.join("target/kills").join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        for (who, says) in [("caller", ASKS), ("agent", TAKES), ("customer", &["quiet 0.1"][..])] {
            let folder = folder.join(who);
            std::fs::create_dir_all(&folder)?;
            let says: Vec<String> = says.iter().map(|says| (*says).to_owned()).collect();
            std::fs::write(folder.join("says.pcap"), captures::capture(&says)?)?;
        }
        std::fs::write(folder.join("caller/scenario.xml"), include_str!("caller.xml"))?;
        std::fs::write(folder.join("agent/scenario.xml"), include_str!("agent.xml"))?;
        std::fs::write(folder.join("customer/scenario.xml"), include_str!("customer.xml"))?;
        prompts(root, &folder.join("prompts"))?;
        let field = Field { folder, program: program.to_owned(), network: network.to_owned() };
        std::fs::write(field.folder.join("rappel.toml"), field.config(journal))?;
        Ok(field)
    }

    /// The address of Rappel (1), of the caller (2), the agent (3) or the customer (4).
    pub fn address(&self, last: u8) -> String {
        format!("{}{last}", self.network)
    }

    /// Starts the engine and waits until it answers.
    pub fn engine(&self) -> Result<Engine> {
        Engine::start(&self.program, &self.folder, &self.address(1), &self.address(2))
    }

    /// Starts SIPp as the agents or as the customers, and waits until it listens.
    pub fn answers(&self, who: &str) -> Result<Process> {
        let address = self.address(if who == "agent" { 3 } else { 4 });
        let process = self.sipp(who, &address, &[])?;
        let until = Instant::now() + LISTEN_MAX;
        while !listens(&address)? {
            ensure!(Instant::now() < until, "{who}: SIPp does not listen: see its sipp.log");
            std::thread::sleep(LOOK);
        }
        Ok(process)
    }

    /// Starts SIPp as callers: so many in all, every so many milliseconds, from the list's
    /// numbers after the first `skip`.
    pub fn callers(&self, count: usize, every_ms: u64, skip: usize) -> Result<Process> {
        let mut list = "SEQUENTIAL\n".to_owned();
        (skip..NUMBERS).for_each(|n| list += &format!("+331990{n:05}\n"));
        std::fs::write(self.folder.join("caller/numbers.csv"), list)?;
        let (rappel, count) = (format!("{}:5060", self.address(1)), count.to_string());
        let every = every_ms.to_string();
        #[rustfmt::skip]
        let args = [&rappel, "-s", "+33199001000", "-inf", "numbers.csv", "-m", &count,
            "-r", "1", "-rp", &every, "-l", "60"];
        self.sipp("caller", &self.address(2), &args)
    }

    fn sipp(&self, who: &str, address: &str, args: &[&str]) -> Result<Process> {
        let mut command = Command::new("sipp");
        command.args(["-sf", "scenario.xml"]).args(args).env("TZ", "UTC");
        command.args(["-i", address, "-p", "5060", "-mi", address, "-mp", "10000", "-nostdin"]);
        command.args([
            "-trace_msg",
            "-message_file",
            "messages.log",
            "-message_overwrite",
            "false",
        ]);
        command.args(["-trace_err", "-error_file", "errors.log", "-max_invite_retrans", "4"]);
        Process::start(&mut command, &self.folder.join(who), "sipp.log")
    }

    /// Runs `rappel ARGS --json` on this field; its answer and whether it ended well.
    pub fn ask(&self, args: &[&str]) -> Result<(Value, bool)> {
        let mut command = Command::new(&self.program);
        command.args(args).args(["--json", "--config", "rappel.toml"]).current_dir(&self.folder);
        let output = command.output().context("running rappel")?;
        let answer = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        if answer.is_null() && output.status.success() {
            bail!("rappel {}: no JSON", args.join(" "));
        }
        Ok((answer, output.status.success()))
    }

    fn config(&self, journal: &str) -> String {
        let [rappel, caller, agent, customer] = [1, 2, 3, 4].map(|last| self.address(last));
        let mut text = format!(
            "[sip]\nlisten = \"{rappel}:5060\"\n[media]\naddress = \"{rappel}\"\n\
             [journal]\npath = \"{journal}\"\n[prompts]\ndirectory = \"prompts\"\n\
             [[trunk]]\nname = \"carrier\"\naddress = \"{customer}:5060\"\n\
             sources = [\"{caller}\", \"{customer}\"]\ntrusted = true\nnumber_format = \"e164\"\n\
             [[queue]]\nname = \"support\"\nattempts = 2\nretry_delay = \"10s\"\n\
             decline_pause = \"1s\"\n\
             [[line]]\nname = \"support\"\nnumber = \"+33199001000\"\n\
             outbound_number = \"+33199001000\"\n"
        );
        for n in 1..=AGENTS {
            text += &format!(
                "[[agent]]\nname = \"a{n}\"\nuri = \"sip:a{n}@{agent}:5060\"\nwrap_up = \"0s\"\n"
            );
        }
        text
    }
}

/// Prompts of a fifth of a second that say nothing, but for the two sentences that matter: each
/// of those is a tone of its own.
fn prompts(root: &Path, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder.join("en"))?;
    std::fs::create_dir_all(folder.join("common"))?;
    wav::write(&folder.join("common/music.wav"), &tone(0.0, wav::RATE))?;
    for entry in std::fs::read_dir(root.join("prompts/en"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let samples = match name.as_str() {
            "promised.wav" => tone(PROMISED_HZ, wav::RATE),
            "not-available.wav" => tone(REFUSED_HZ, wav::RATE),
            _ => tone(0.0, wav::RATE / 5),
        };
        if name.ends_with(".wav") {
            wav::write(&folder.join("en").join(name), &samples)?;
        }
    }
    Ok(())
}

fn tone(hz: f64, length: usize) -> Vec<i16> {
    let level = if hz > 0.0 { 6_000.0 } else { 0.0 };
    (0..length).map(|n| (level * sine(n as f64 * hz / wav::RATE as f64)) as i16).collect()
}

/// Sends a signal to one process, by its number.
pub fn signal(id: u32, name: &str) -> Result<()> {
    let status = Command::new("kill").args([&format!("-{name}"), &id.to_string()]).status()?;
    ensure!(status.success(), "process {id} takes no {name}");
    Ok(())
}

/// Looks until `look` finds something; an error, named by `what`, when it takes longer.
pub fn wait<T>(
    what: &str,
    patience: Duration,
    mut look: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let until = Instant::now() + patience;
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        ensure!(Instant::now() < until, "not within {} s: {what}", patience.as_secs());
        std::thread::sleep(LOOK * 5);
    }
}
