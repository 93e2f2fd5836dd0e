//! `cargo xtask listen`: a real client calls the engine, hears greeting, offer and music, and is
//! joined with a second one. What both recorded is laid over what was sent, and measured.
//!
//! ```text
//!   ada (baresip) ──▶ rappel: greeting, offer, music ──▶ the agent comes online
//!        └─ records                                       anna (baresip) answers, records
//! ```
//! Both hum a tone of their own. Each takes its sound from a file and has no loudspeaker.

mod measure;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::scenario::{Tally, process::Process, rappel};
use crate::wav::{self, RATE};
use measure::Heard;

/// Where everything that was recorded stays.
const FOLDER: &str = "target/listen";
const INSTALL: &str = "apt-get update && apt-get install -y baresip-core baresip-ffmpeg";
/// The ports of SIP: the engine, the caller, the agent. baresip takes the one after its own too.
const ENGINE: u16 = 5_290;
const ADA: u16 = 5_292;
const ANNA: u16 = 5_294;
/// What they hum, and how loud.
const ADA_HZ: f64 = 440.0;
const ANNA_HZ: f64 = 700.0;
const PEAK: f64 = 8_000.0;
/// How long ada waits, and how long they talk.
const WAITS: Duration = Duration::from_secs(30);
const TALKS: Duration = Duration::from_secs(15);
/// How long anything may take to start or to end.
const PATIENCE: Duration = Duration::from_secs(20);
/// What is heard in the first moments of a bridge is not measured, nor the end.
const SETTLE: usize = RATE / 2;

/// Codecs of the caller and of the agent, and how far noise must lie below a clip and a tone.
struct Way {
    name: &'static str,
    ada: &'static str,
    anna: &'static str,
    noise: (f64, f64),
}

const WAYS: &[Way] = &[
    Way { name: "g711", ada: "PCMA", anna: "PCMU", noise: (30.0, 30.0) },
    // Half of the low band's noise is that it lies between two samples of the clip.
    Way { name: "g722", ada: "G722", anna: "PCMA", noise: (14.0, 25.0) },
];

/// Makes the calls and prints the figures.
pub fn run(root: &Path) -> Result<Tally> {
    let installed = |path: &&str| Path::new(path).exists();
    ensure!(
        ["/usr/bin/baresip", "/usr/lib/baresip/modules/sndfile.so"].iter().all(installed),
        "baresip with its module `sndfile` is not installed: {INSTALL}"
    );
    let program = rappel(root)?;
    println!("| codecs | heard | length | level | noise below | gaps | clicks |");
    println!("|---|---|---|---|---|---|---|");
    let mut tally = Tally::default();
    for way in WAYS {
        let folder = root.join(FOLDER).join(way.name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        call(&program, &folder, way).with_context(|| format!("see {}", folder.display()))?;
        judge(root, &folder, way, &mut tally)?;
    }
    println!("what was recorded is in {FOLDER}");
    Ok(tally)
}

/// One call from its beginning to its end.
fn call(program: &Path, folder: &Path, way: &Way) -> Result<()> {
    fs::write(folder.join("rappel.toml"), configuration(way))?;
    let mut engine = Command::new(program);
    engine.args(["serve", "--config", "rappel.toml"]);
    let mut engine = Process::start(&mut engine, folder, "rappel.log")?;
    wait_for(&mut engine, &folder.join("rappel.log"), "rappel serves")?;
    let mut anna = client(folder, "anna", ANNA, way.anna, ANNA_HZ, &[])?;
    let dial = format!("/dial sip:+33199001000@127.0.0.1:{ENGINE}");
    let mut ada = client(folder, "ada", ADA, way.ada, ADA_HZ, &["-e", &dial])?;
    std::thread::sleep(WAITS);
    ensure!(ada.ended()?.is_none(), "the caller's baresip ended: see ada/said.log");
    let online = Command::new(program)
        .args(["agent", "status", "anna", "online", "--config", "rappel.toml"])
        .current_dir(folder)
        .output()?;
    ensure!(online.status.success(), "{}", String::from_utf8_lossy(&online.stderr));
    std::thread::sleep(TALKS);
    // Each closes its file.
    for baresip in [&mut ada, &mut anna] {
        ensure!(baresip.terminate(PATIENCE)?.is_some(), "a baresip did not end");
    }
    match engine.terminate(PATIENCE)? {
        Some(status) if status.success() => Ok(()),
        Some(status) => bail!("rappel ended with {status}: see rappel.log"),
        None => bail!("rappel did not end, and was killed"),
    }
}

fn configuration(way: &Way) -> String {
    let Way { ada, anna, .. } = way;
    format!(
        "[sip]\nlisten = \"127.0.0.1:{ENGINE}\"\n\
         [media]\naddress = \"127.0.0.1\"\nports = \"21000-21099\"\n\
         [[trunk]]\nname = \"carrier\"\naddress = \"127.0.0.1:{ADA}\"\n\
         sources = [\"127.0.0.1\"]\nnumber_format = \"e164\"\ncodecs = [\"{ada}\"]\n\
         [[queue]]\nname = \"support\"\n\
         [[line]]\nname = \"support\"\nnumber = \"+33199001000\"\n\
         outbound_number = \"+33199001000\"\n\
         [[agent]]\nname = \"anna\"\nuri = \"sip:anna@127.0.0.1:{ANNA}\"\nonline = false\n\
         codecs = [\"{anna}\"]\n"
    )
}

/// A baresip with a tone for a microphone, which writes down what it hears.
fn client(
    folder: &Path,
    name: &str,
    port: u16,
    codec: &str,
    hz: f64,
    args: &[&str],
) -> Result<Process> {
    let folder = folder.join(name);
    fs::create_dir_all(&folder)?;
    let tone = folder.join("tone.wav");
    let turn = std::f64::consts::TAU * hz / RATE as f64;
    let samples = 0..(WAITS + TALKS + PATIENCE).as_secs() as usize * RATE;
    let samples: Vec<i16> =
        samples.map(|at| ((turn * at as f64).sin() * PEAK).round() as i16).collect();
    wav::write(&tone, &samples)?;
    let codecs = match codec {
        "G722" => "G722/16000/1".to_owned(),
        narrow => format!("{narrow}/8000/1"),
    };
    let account =
        format!("<sip:{name}@127.0.0.1:{port}>;regint=0;answermode=auto;audio_codecs={codecs}\n");
    fs::write(folder.join("accounts"), account)?;
    let (here, tone) = (folder.display(), tone.display());
    let rtp = 22_000 + (port - ENGINE) * 10;
    let config = format!(
        "poll_method epoll\nsip_listen 127.0.0.1:{port}\n\
         audio_player aubridge,nobody\naudio_source aufile,{tone}\naudio_alert aubridge,nobody\n\
         ausrc_srate {RATE}\nauplay_srate {RATE}\nausrc_channels 1\nauplay_channels 1\n\
         rtp_ports {rtp}-{}\nmodule_path /usr/lib/baresip/modules\n\
         module g711.so\nmodule g722.so\nmodule aubridge.so\nmodule aufile.so\n\
         module sndfile.so\nmodule_tmp uuid.so\nmodule_app account.so\nmodule_app menu.so\n\
         snd_path {here}\n",
        rtp + 9
    );
    fs::write(folder.join("config"), config)?;
    let mut command = Command::new("/usr/bin/baresip");
    let place = folder.display().to_string();
    command.args(["-f", &place]).args(args);
    let mut client = Process::start(&mut command, &folder, "said.log")?;
    wait_for(&mut client, &folder.join("said.log"), "baresip is ready")?;
    Ok(client)
}

/// Waits until a program says that it is ready.
fn wait_for(process: &mut Process, log: &Path, word: &str) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    while !String::from_utf8_lossy(&fs::read(log)?).contains(word) {
        if let Some(status) = process.ended()? {
            bail!("it ended at its start ({status}): see {}", log.display());
        }
        ensure!(Instant::now() < until, "it did not start: see {}", log.display());
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn judge(root: &Path, folder: &Path, way: &Way, tally: &mut Tally) -> Result<()> {
    let first = |path: PathBuf| anyhow::Ok(measure::read(&path)?.remove(0));
    let prompt = |name: &str| first(root.join("prompts").join(name));
    let (greeting, offer) = (prompt("en/greeting.wav")?, prompt("en/offer.wav")?);
    let music = prompt("common/music.wav")?;
    let (of_clips, of_tones) = way.noise;
    // Of a wide recording, the samples that lie nearer to those of the clip.
    let mut heard = Vec::new();
    for ada in measure::read(&recording(&folder.join("ada"), "dec")?)? {
        let greeted = measure::clip(&ada, &greeting, (0, 4 * RATE), 60)?;
        heard.push((greeted, ada));
    }
    let nearer = |one: &(Heard, _), other: &(Heard, _)| one.0.noise.total_cmp(&other.0.noise);
    let (greeted, ada) = heard.into_iter().max_by(nearer).context("no sound")?;
    row(way, "the greeting", &greeted, of_clips, tally);
    let around = |end: usize| (end.saturating_sub(RATE / 5), end + 2 * RATE);
    let end = greeted.at + greeting.len();
    let offered = measure::clip(&ada, &offer, around(end), 60)?;
    row(way, "the offer", &offered, of_clips, tally);
    let parted = |at: usize, end: usize| at.abs_diff(end) * 1_000 / RATE;
    println!("| | from greeting to offer | {} ms off | | | | |", parted(offered.at, end));
    let end = offered.at + offer.len();
    let played = measure::clip(&ada, &music, around(end), 8)?;
    row(way, "music, 8 s", &played, of_clips, tally);

    let joined = measure::begins(&ada, ANNA_HZ, played.at).context("ada never heard anna")?;
    let talk =
        |from: usize| (from + SETTLE, from + SETTLE + TALKS.as_secs() as usize * RATE * 2 / 3);
    let said = first(recording(&folder.join("anna"), "enc")?)?;
    let peak = measure::peak(&said, ANNA_HZ, talk(RATE));
    let level = measure::tone(&ada, ANNA_HZ, peak, talk(joined));
    row(way, "the agent, by the caller", &level, of_tones, tally);
    let quiet = measure::longest_quiet(&ada, (joined.saturating_sub(RATE / 2), joined + RATE / 2));
    println!("| | longest quiet around music and voice | {quiet} ms | | | | |");
    let anna = first(recording(&folder.join("anna"), "dec")?)?;
    let joined = measure::begins(&anna, ADA_HZ, 0).context("anna never heard ada")?;
    // baresip makes a wide voice louder than its file.
    let said = first(recording(&folder.join("ada"), "enc")?)?;
    let peak = measure::peak(&said, ADA_HZ, talk(RATE));
    let level = measure::tone(&anna, ADA_HZ, peak, talk(joined));
    row(way, "the caller, by the agent", &level, of_tones, tally);
    Ok(())
}

fn row(way: &Way, what: &str, heard: &Heard, noise: f64, tally: &mut Tally) {
    let good = heard.is_good(noise);
    let verdict = if good { "" } else { " NO" };
    println!("| {}/{} | {what}{verdict} | {heard} |", way.ada, way.anna);
    tally.passed += usize::from(good);
    tally.failed += usize::from(!good);
}

/// What baresip's module `sndfile` wrote of what it heard (`dec`) or said (`enc`).
fn recording(folder: &Path, which: &str) -> Result<PathBuf> {
    let files = fs::read_dir(folder)?.map_while(Result::ok).map(|entry| entry.path());
    let ending = format!("-{which}.wav");
    let wanted = |path: &PathBuf| path.to_string_lossy().ends_with(&ending);
    files.filter(wanted).max().with_context(|| format!("nothing recorded in {}", folder.display()))
}
