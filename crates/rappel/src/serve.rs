//! `rappel serve`: the engine, and the laboratory's robot agent when there is no file.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use config::LogFormat;
use server::logging::Format;
use server::prompts::{self, PromptFiles, Wanted};

use crate::again::Known;
use crate::cli::{Place, Serve};
use crate::handset::{FarClock, Handset, loopback};
use crate::robot;
use crate::settings::{self, Chosen};

pub(crate) fn serve(place: &Place, how: &Serve) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("the system refuses a thread")?;
    let listen = how.listen.unwrap_or_else(|| ([127, 0, 0, 1], 5060).into());
    let clock = FarClock::start();
    let robot = match settings::file(place) {
        Some(_) => None,
        None => Some(runtime.block_on(open_robot(clock))?),
    };
    let nowhere = loopback();
    let Chosen { settings, mut roof, file, values } =
        settings::choose(place, listen, robot.as_ref().map_or(nowhere, |robot| robot.sip))?;
    if let Some(address) = how.http {
        roof.http = Some(open_http(address, file.is_some())?);
    }
    let format = match roof.log.format {
        LogFormat::Text => Format::Text,
        LogFormat::Json => Format::Json,
    };
    server::logging::init(format, roof.log.level.as_str()).map_err(|why| anyhow!(why))?;
    let prompts = prompt_files(&roof, &settings);
    let catalog = Arc::new(prompts.load().catalog());
    let known = Known { settings: settings.clone(), roof: roof.clone(), values };
    let (source, keys) = crate::again::source(file.clone(), known);
    let running = server::serve(
        settings,
        server::Roof {
            listen: roof.listeners.clone(),
            tls_peers: roof.tls_peers.clone(),
            dns: roof.dns.clone(),
            media_threads: roof.media_threads,
            journal: roof.journal.clone(),
            reel: roof.reel,
            hooks: roof.webhooks.iter().map(hook).collect(),
            control: Some(roof.control_socket.clone()),
            recordings: roof.recordings.clone(),
            catalog,
            prompts: Some(prompts),
            settings: source,
            signals: true,
            observer: None,
        },
    )?;
    let http = roof.http.as_ref().map(|http| web::serve(running.desk(), http)).transpose();
    let http = http.map_err(|why| anyhow!(why))?;
    if let Some(http) = &http {
        keys.set(http.keys()).expect("the keys are handed over once");
    }
    let _telling = web::tell(&running.desk(), &roof.webhooks).map_err(|why| anyhow!(why))?;
    let sip = running.sip();
    let transport = running.listeners().first().map_or("UDP", |(transport, _)| transport.token());
    match &file {
        Some(file) => outln!("rappel serves {} on {sip} ({transport})", file.display()),
        None => outln!(
            "rappel serves its laboratory on {sip} (UDP), for this machine only.\n\
             Dial sip:anything@{sip} from a softphone: hear the greeting, press 2 for a callback,\n\
             then 2 and a number such as 0033612345678#. A robot agent takes the callback, and\n\
             your own phone rings. `rappel callback list` shows who waits."
        ),
    }
    if let Some(http) = &http {
        outln!("HTTP is served on http://{}: /openapi.json says what may be asked", http.address());
    }
    running.ready();
    if let Some(robot) = robot {
        runtime.spawn(robot::work(robot));
    }
    let unwritten = running.wait().map_err(|why| anyhow!(why))?;
    let missing = unwritten.lost + unwritten.kept as u64;
    if missing == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    Err(anyhow!("{missing} facts could not be written to the journal; the log says why"))
}

/// A webhook as the journal knows it.
fn hook(webhook: &config::Webhook) -> server::journal::Hook {
    server::journal::Hook { name: webhook.name.clone(), facts: webhook.facts.clone() }
}

/// The API of the laboratory, where nobody needs a token.
fn open_http(address: SocketAddr, has_file: bool) -> Result<config::Http> {
    if has_file {
        bail!("--http is for the laboratory: the configuration file says it under [http]");
    }
    if !address.ip().is_loopback() {
        bail!("the laboratory stays on this machine: serve HTTP on 127.0.0.1");
    }
    Ok(config::Http::open(address))
}

/// The prompts of the operator's directories, the first first, over the bundled ones.
pub(crate) fn prompt_files(roof: &config::Roof, settings: &engine::Settings) -> PromptFiles {
    let music = roof.music.as_ref().map(|music| (music.file.clone(), music.bytes_max));
    PromptFiles { directories: roof.prompts.clone(), wanted: Wanted::by(settings), music }
}

async fn open_robot(clock: FarClock) -> Result<Handset> {
    let sentence = bundled_sentence();
    Handset::open("robot", "robot", loopback(), clock, |settings| {
        settings.answering = robot::DECIDES;
        settings.voice = robot::voice(&sentence);
        settings.record_max = std::time::Duration::ZERO;
    })
    .await
    .context("no port of this machine is free for the robot agent")
}

/// A sentence for the robot to say.
pub(crate) fn bundled_sentence() -> Vec<i16> {
    let wanted = Wanted { language: model::LanguageTag::from("en"), own: Vec::new() };
    let prompts = prompts::load(None, &[wanted]);
    let hello = prompts.clips().find(|(name, _)| *name == "en/customer-hello");
    hello.map_or_else(Vec::new, |(_, samples)| samples.to_vec())
}
