//! `cargo xtask scenario`: the folders of `sipp-scenarios`, run against the real binary.
//!
//! Each scenario has its own engine and its own addresses on loopback, so several run at a time.
//! What SIPp says by its exit codes, what came over the wire, and what was heard make the verdict;
//! the list of requests is asked last. Everything that happened stays in `target/scenarios`.

mod definition;
pub(crate) mod engine;
pub(crate) mod far_end;
pub(crate) mod process;
mod proxy;
mod verdict;
pub(crate) mod wire;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::{captures, pcap, wav};
use definition::{FAR_ENDS, NETWORK, Scenario};
use engine::Engine;
use far_end::FarEnd;
use process::LOOK;
use verdict::Wire;
use wire::Ear;

/// How many scenarios run at a time: they wait more than they work.
const AT_A_TIME: usize = 6;
/// After the last far end has ended, nothing more may come for so long.
const QUIET: Duration = Duration::from_secs(1);
/// Set in the process that runs inside a network namespace of its own.
const INSIDE: &str = "RAPPEL_SCENARIOS_IN_NAMESPACE";
/// Names the binary to test, in place of the workspace's.
const PROGRAM: &str = "RAPPEL_PROGRAM";
/// Where that process says how it went.
const TALLY: &str = "target/scenarios/tally";

/// How many went well, and how many did not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// As expected.
    pub passed: usize,
    /// Not.
    pub failed: usize,
}

/// Runs the scenarios of `shelf`, a folder of the repository at `root`, whose names contain
/// `filter`.
pub fn run(root: &Path, shelf: &str, filter: &str) -> Result<Tally> {
    let mut scenarios = definition::read_all(&root.join(shelf))?;
    scenarios.retain(|scenario| scenario.name.contains(filter));
    scenarios.retain(has_proxy);
    ensure!(!scenarios.is_empty(), "no scenario's name contains \"{filter}\"");
    need_sipp()?;
    if let Err(error) = wire::open() {
        return run_in_namespace(shelf, filter, &error);
    }
    let program = rappel(root)?;
    let (network, _claim) = free_network()?;
    let waiting = Mutex::new(scenarios.iter());
    let tally = Mutex::new(Tally::default());
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().expect("no thread panics").next();
                    let Some(scenario) = next else { break };
                    let passed = report(root, &program, &network, scenario);
                    let mut tally = tally.lock().expect("no thread panics");
                    if passed { tally.passed += 1 } else { tally.failed += 1 }
                }
            });
        }
    });
    Ok(tally.into_inner().expect("no thread panics"))
}

/// Writes the captures of every step to `target/captures`, to look at or to use by hand.
pub fn write_captures(root: &Path) -> Result<()> {
    for scenario in definition::read_all(&root.join("sipp-scenarios"))? {
        let folder = root.join("target/captures").join(&scenario.name);
        std::fs::create_dir_all(&folder)?;
        for (who, _) in FAR_ENDS {
            for (index, step) in scenario.steps(who).iter().enumerate() {
                let file = folder.join(format!("{who}-{}.pcap", index + 1));
                std::fs::write(&file, captures::capture(&step.says)?)?;
                println!("{}", file.strip_prefix(root).unwrap_or(&file).display());
            }
        }
    }
    Ok(())
}

/// A proxy that is not installed is said, and its scenario is not run: `cargo verify` needs none.
fn has_proxy(scenario: &Scenario) -> bool {
    let Some(proxy) = &scenario.file.proxy else { return true };
    let version = proxy::version(proxy);
    match &version {
        Some(version) => println!("  {} with {version}", scenario.name),
        None => println!("  NOT RUN {}: {} is not installed", scenario.name, proxy.program),
    }
    version.is_some()
}

fn report(root: &Path, program: &Path, network: &str, scenario: &Scenario) -> bool {
    let begun = Instant::now();
    let folder = root.join("target/scenarios").join(&scenario.name);
    let complaints = match play(program, network, scenario, &folder) {
        Ok(complaints) => complaints,
        Err(error) => vec![format!("{error:#}")],
    };
    let secs = begun.elapsed().as_secs_f64();
    let passed = complaints.is_empty();
    let word = if passed { "ok    " } else { "FAILED" };
    let mut text = format!("  {word} {} ({secs:.1} s)", scenario.name);
    for complaint in complaints {
        text += &format!("\n         {complaint}");
    }
    if !passed {
        text += &format!("\n         {}", scenario.file.title);
        text += &format!("\n         see target/scenarios/{}", scenario.name);
    }
    println!("{text}");
    passed
}

/// One scenario from its first packet to its last. What is wrong is in the list; what prevented
/// it from being judged is an error.
fn play(program: &Path, network: &str, scenario: &Scenario, folder: &Path) -> Result<Vec<String>> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    let config = std::fs::read_to_string(scenario.folder.join("rappel.toml"))?;
    std::fs::write(folder.join("rappel.toml"), config.replace(NETWORK, network))?;
    let mut far_ends = Vec::new();
    for (who, _) in FAR_ENDS {
        far_ends.push(FarEnd::prepare(scenario, network, folder, who)?);
    }
    let address = scenario.address(network, "rappel");
    let octets = address.parse::<std::net::Ipv4Addr>()?.octets();
    let ear = Ear::listen([octets[0], octets[1], octets[2]])?;
    // The trunk, which may ask whether Rappel is there.
    let friend = match &scenario.file.proxy {
        Some(_) => scenario.address(network, "proxy"),
        None => scenario.address(network, "caller"),
    };
    let proxy = scenario.file.proxy.as_ref();
    let proxy = proxy.map(|proxy| proxy::Running::start(proxy, scenario, network, folder));
    let proxy = proxy.transpose()?;
    let mut engine = Engine::start(program, folder, &address, &friend)?;
    let mut complaints = Vec::new();
    if let Err(error) = play_calls(scenario, &mut far_ends) {
        complaints.push(format!("{error:#}"));
    }
    for far_end in &mut far_ends {
        far_end.stop()?;
    }
    complaints.extend(proxy.map(proxy::Running::stop).transpose()?.unwrap_or_default());
    let requests = engine.requests();
    if let Err(error) = engine.stop() {
        complaints.push(format!("{error:#}"));
    }
    let datagrams = ear.stop();
    std::fs::write(folder.join("wire.pcap"), pcap::bytes(&datagrams))?;
    let wire = Wire::new(scenario, network, &datagrams);
    for (who, _) in FAR_ENDS {
        wav::write(&folder.join(format!("{who}-heard.wav")), &wire.heard(who))?;
    }
    complaints.extend(wire.complaints());
    match requests {
        Ok(states) if states == scenario.file.expect.requests => {}
        Ok(states) => complaints.push(format!(
            "the requests are {states:?} in the end, not {:?}",
            scenario.file.expect.requests
        )),
        Err(error) => complaints.push(format!("{error:#}")),
    }
    Ok(complaints)
}

/// Lets the far ends play until all of them are done, and a little longer.
fn play_calls(scenario: &Scenario, far_ends: &mut [FarEnd]) -> Result<()> {
    // Those who answer are there before the first call.
    for far_end in far_ends.iter_mut().rev() {
        far_end.start()?;
    }
    let until = Instant::now() + Duration::from_secs(scenario.file.seconds_max);
    loop {
        let mut over = true;
        for far_end in far_ends.iter_mut() {
            over &= far_end.advance()?;
        }
        if over {
            std::thread::sleep(QUIET);
            return Ok(());
        }
        if Instant::now() >= until {
            let left: Vec<String> = far_ends.iter().filter_map(FarEnd::unfinished).collect();
            bail!("not over after {} s: {}", scenario.file.seconds_max, left.join("; "));
        }
        std::thread::sleep(LOOK);
    }
}

/// The binary of this workspace, built if need be; or another one that the environment names.
pub(crate) fn rappel(root: &Path) -> Result<PathBuf> {
    if let Some(program) = std::env::var_os(PROGRAM) {
        return PathBuf::from(program).canonicalize().with_context(|| format!("in {PROGRAM}"));
    }
    // Inside a namespace it was built before.
    if std::env::var_os(INSIDE).is_none() {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["build", "--quiet", "--package", "rappel"]).current_dir(root);
        ensure!(build.status()?.success(), "rappel does not build");
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let program = target.join("debug/rappel");
    ensure!(program.is_file(), "no {}", program.display());
    Ok(program)
}

/// A network `127.K.` that no other run uses, and what claims it.
pub(crate) fn free_network() -> Result<(String, TcpListener)> {
    (7..=120)
        .find_map(|k| {
            let claim = TcpListener::bind(format!("127.{k}.0.1:5060")).ok()?;
            Some((format!("127.{k}."), claim))
        })
        .context("114 runs at a time are too many")
}

/// SIPp, installed if it is missing and may be.
pub(crate) fn need_sipp() -> Result<()> {
    const INSTALL: &str = "apt-get update && apt-get install -y sip-tester";
    if let Ok(output) = Command::new("sipp").arg("-v").output() {
        let text = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        ensure!(text.contains("PCAP"), "this sipp cannot play captures; {INSTALL}");
        return Ok(());
    }
    let id = Command::new("id").arg("-u").output().context("running id")?;
    ensure!(id.stdout.trim_ascii() == b"0", "sipp is missing: as root, {INSTALL}");
    println!("  sipp is missing: {INSTALL}");
    let status = Command::new("sh").args(["-c", INSTALL]).status()?;
    ensure!(status.success(), "could not install sipp: {INSTALL}");
    Ok(())
}

/// Without the right to open raw sockets: the same again in a user and network namespace.
fn run_in_namespace(shelf: &str, filter: &str, error: &std::io::Error) -> Result<Tally> {
    const ONCE: &str = "ip link set lo up && exec \"$0\" scenario \"$1\" \"$2\"";
    let by_hand = "sudo env \"PATH=$PATH\" cargo xtask scenario";
    ensure!(
        std::env::var_os(INSIDE).is_none(),
        "raw sockets are refused ({error}) even in a namespace; run: {by_hand}"
    );
    rappel(&crate::root())?;
    println!("  raw sockets are refused ({error}): running in a namespace of its own");
    let this = std::env::current_exe()?;
    let status = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "sh", "-c", ONCE])
        .arg(this)
        .args([filter, shelf])
        .env(INSIDE, "1")
        .status()
        .context("running unshare")?;
    ensure!(status.success(), "no namespace could be made ({status}); run: {by_hand}");
    let text = std::fs::read_to_string(crate::root().join(TALLY))?;
    let mut numbers = text.split_whitespace().map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(passed)), Some(Ok(failed))) => Ok(Tally { passed, failed }),
        _ => bail!("the run in the namespace left no tally"),
    }
}

/// Inside a namespace, leaves the tally where the process outside finds it: an exit code could
/// also be that of `unshare`.
pub fn leave_tally(root: &Path, tally: Tally) -> Result<bool> {
    let inside = std::env::var_os(INSIDE).is_some();
    if inside {
        std::fs::write(root.join(TALLY), format!("{} {}\n", tally.passed, tally.failed))?;
    }
    Ok(inside)
}
