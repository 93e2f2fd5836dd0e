//! `cargo xtask kills`: the promise, proved on the real binary.
//!
//! `rappel serve` runs on loopback with SIPp at every far end and is killed (SIGKILL) and frozen
//! (SIGSTOP) at moments drawn from a seed, then meets a full disk and a read-only one. What the
//! far ends wrote down and heard is held against the journal. Everything stays in `target/kills`.

mod disk;
mod ear;
mod field;
mod judge;
mod record;
mod storm;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::scenario::{self, Tally, wire};

/// Kills of a run that names no count.
const KILLS: usize = 24;
/// Set in the process that runs in namespaces of its own.
const INSIDE: &str = "RAPPEL_KILLS_IN_NAMESPACE";
/// What that process has of its own.
const NAMESPACES: [&str; 4] = ["--user", "--map-root-user", "--net", "--mount"];
/// Where that process says how it went.
const TALLY: &str = "target/kills/tally";

/// `--count N --seed S`: runs it. Without a seed, one from the clock, which is printed.
pub fn run(root: &Path, args: &[String]) -> Result<Tally> {
    let (mut kills, mut seed) = (KILLS, None);
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("{word} needs a number"))?;
        match word.as_str() {
            "--count" => kills = value.parse().context("--count")?,
            "--seed" => seed = Some(value.parse().context("--seed")?),
            _ => bail!("cargo xtask kills [--count N] [--seed S]"),
        }
    }
    let seed = seed.unwrap_or_else(|| {
        let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        now.as_millis() as u64
    });
    scenario::need_sipp()?;
    let program = scenario::rappel(root)?;
    if let Err(error) = wire::open() {
        return in_namespaces(root, kills, seed, &error);
    }
    println!("  seed {seed}");
    let (network, _claim) = scenario::free_network()?;
    let mut dice = Dice(seed);
    let mut checks = Checks::default();
    let over = storm::run(root, &program, &network, kills, &mut dice, &mut checks);
    checks.over("the storm", over);
    let over = disk::run(root, &program, &network, &mut checks);
    checks.over("the disk", over);
    let over = disk::forbidden(root, &program, &network, &mut checks);
    checks.over("the forbidden journal", over);
    if std::env::var_os(INSIDE).is_some() {
        let Tally { passed, failed } = checks.tally;
        std::fs::write(root.join(TALLY), format!("{passed} {failed}\n"))?;
    }
    Ok(checks.tally)
}

/// Without the right to open raw sockets: the same again in user, network and mount namespaces.
fn in_namespaces(root: &Path, kills: usize, seed: u64, error: &std::io::Error) -> Result<Tally> {
    const ONCE: &str = "ip link set lo up && exec \"$0\" kills --count \"$1\" --seed \"$2\"";
    let refused = std::env::var_os(INSIDE).is_none();
    ensure!(refused, "raw sockets are refused ({error}) even in a namespace: run as root");
    let probe = Command::new("unshare").args(NAMESPACES).arg("true").output();
    let why = match probe {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Some(format!("unshare: {error}")),
    };
    if let Some(why) = why {
        let why = format!("raw sockets are refused ({error}) and no namespace is given ({why})");
        let mut checks = Checks::default();
        checks.skip("every kill", &format!("{why}: run it as root"));
        return Ok(checks.tally);
    }
    println!("  raw sockets are refused ({error}): running in a namespace of its own");
    let _ = std::fs::remove_file(root.join(TALLY));
    Command::new("unshare")
        .args(NAMESPACES)
        .args(["sh", "-c", ONCE])
        .arg(std::env::current_exe()?)
        .args([kills.to_string(), seed.to_string()])
        .env(INSIDE, "1")
        .status()
        .context("running unshare")?;
    let text = std::fs::read_to_string(root.join(TALLY)).context("no tally: run as root")?;
    let mut numbers = text.split_whitespace().map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(passed)), Some(Ok(failed))) => Ok(Tally { passed, failed }),
        _ => bail!("the run in the namespace left no tally"),
    }
}

/// What was checked, said as it goes.
#[derive(Debug, Default)]
pub struct Checks {
    tally: Tally,
}

impl Checks {
    /// One more check, passed when there is nothing to complain of.
    pub fn add(&mut self, what: &str, complaints: Vec<String>) {
        if complaints.is_empty() {
            println!("  ok     {what}");
            self.tally.passed += 1;
            return;
        }
        println!("  FAILED {what}");
        complaints.iter().take(12).for_each(|complaint| println!("         {complaint}"));
        if complaints.len() > 12 {
            println!("         and {} more", complaints.len() - 12);
        }
        println!("         see target/kills");
        self.tally.failed += 1;
    }

    /// What cannot be checked on this machine, said so that nobody takes it for checked.
    pub fn skip(&mut self, what: &str, why: &str) {
        println!("  SKIPPED {what}: {why}");
    }

    /// A part that did not come to its end is a failure.
    fn over(&mut self, part: &str, over: Result<()>) {
        if let Err(error) = over {
            self.add(part, vec![format!("{error:#}")]);
        }
    }
}

/// Numbers from a seed (SplitMix64).
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// A number under `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit.max(1)
    }
}
