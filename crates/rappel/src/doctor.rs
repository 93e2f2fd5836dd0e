//! `rappel doctor`: what keeps the engine from serving, or soon will; a line each, with the next
//! thing to do. Nothing is changed.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use config::{Finding, Roof, Severity, Whole};
use engine::{Settings, Speech};
use ledger::RequestState;
use model::Wall;
use server::checkup::{self, Health, Sign};
use server::control::{self, AskError, Request, Response, StatusView, TrunkView};
use server::journal;
use server::prompts::{self, Wanted};

use crate::cli::Place;
use crate::settings;
use crate::table::table;

/// Looks at everything.
///
/// # Errors
/// When the configuration's files cannot be read.
pub(crate) fn doctor(place: &Place, json: bool) -> Result<ExitCode> {
    let signs = signs(place)?;
    let worst = signs.iter().map(|sign| sign.health).max().unwrap_or(Health::Good);
    if json {
        let good = worst != Health::Bad;
        outln!("{}", serde_json::json!({ "good": good, "signs": signs }));
    } else {
        out!("{}", text(&signs));
        let count = |health| signs.iter().filter(|sign| sign.health == health).count();
        outln!("{} bad, {} doubtful", count(Health::Bad), count(Health::Doubtful));
    }
    Ok(if worst == Health::Bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn text(signs: &[Sign]) -> String {
    let mut rows = Vec::new();
    for sign in signs {
        let health = match sign.health {
            Health::Good => "good",
            Health::Doubtful => "doubtful",
            Health::Bad => "BAD",
        };
        rows.push(vec![health.to_owned(), sign.what.clone(), sign.seen.clone()]);
        if let Some(remedy) = &sign.remedy {
            rows.push(vec![String::new(), String::new(), format!("-> {remedy}")]);
        }
    }
    table(&["HEALTH", "WHAT", "SEEN"], &rows)
}

fn signs(place: &Place) -> Result<Vec<Sign>> {
    let file = settings::file(place);
    let (settings, roof, configured) = match &file {
        Some(path) => match settings::read_whole(path)? {
            Ok(whole) => {
                let sign = configured(path, &whole);
                (whole.settings, whole.roof, sign)
            }
            Err(findings) => {
                let seen = format!("{} cannot be served{}", path.display(), first(&findings));
                let remedy = format!("`rappel config check {}` says all of it", path.display());
                return Ok(vec![Sign::ill("configuration", Health::Bad, seen, remedy)]);
            }
        },
        None => {
            let (settings, roof) = settings::whole(place)?;
            let seen = "no rappel.toml here: the laboratory, on this machine only";
            (settings, roof, Sign::good("configuration", seen))
        }
    };
    let mut signs = vec![configured];
    let running = running(&roof, &mut signs);
    if !running {
        signs.extend(checkup::listeners(&roof.listeners, &settings));
    }
    signs.extend(checkup::media(&settings));
    signs.push(checkup::buffers());
    let last = journal_of(&roof, &mut signs);
    signs.push(checkup::clock(last));
    if let Some(recordings) = &roof.recordings {
        signs.push(checkup::disk("recordings", &recordings.directory));
    }
    signs.extend(checkup::names(&settings, &roof.dns));
    signs.extend(settings.trunks.iter().map(|trunk| codecs(trunk.name.as_str(), &trunk.speech)));
    signs.push(prompts_of(&settings, &roof));
    Ok(signs)
}

/// Where the first mistake is, and what.
fn first(findings: &[Finding]) -> String {
    let mistake = findings.iter().find(|it| it.severity == Severity::Error);
    mistake.map_or_else(String::new, |it| format!(": line {}: {}", it.line, it.problem))
}

fn configured(path: &Path, whole: &Whole) -> Sign {
    let here = path.display();
    match whole.warnings.len() {
        0 => Sign::good("configuration", format!("{here} can be served")),
        n => {
            let seen = format!("{here} can be served, with {n} doubtful lines");
            let remedy = format!("`rappel config check {here}` says which");
            Sign::ill("configuration", Health::Doubtful, seen, remedy)
        }
    }
}

/// Whether an engine of these settings runs, and how it is.
fn running(roof: &Roof, signs: &mut Vec<Sign>) -> bool {
    match control::ask(&roof.control_socket, &Request::Status) {
        Ok(Response::Status(status)) => {
            signs.push(health_of(&status));
            if let Ok(Response::Trunks { trunks }) =
                control::ask(&roof.control_socket, &Request::Trunks)
            {
                signs.extend(trunks.iter().map(reached));
            }
            true
        }
        Ok(_) => {
            let remedy = "stop the old engine and start the one of this version";
            let seen = "it answers something else";
            signs.push(Sign::ill("engine", Health::Doubtful, seen, remedy));
            true
        }
        Err(AskError::NotRunning { .. }) => {
            signs.push(Sign::good("engine", "it does not run: `rappel serve` starts it"));
            false
        }
        Err(error) => {
            let remedy = "run this as the user of the engine, or as root";
            signs.push(Sign::ill("engine", Health::Bad, error.to_string(), remedy));
            true
        }
    }
}

fn health_of(status: &StatusView) -> Sign {
    let seen = format!(
        "version {} runs as process {}, {} calls, {} requests",
        status.version, status.process, status.calls, status.requests
    );
    match (&status.journal_down, status.draining) {
        (Some(why), _) => {
            let seen = format!("{seen}; its journal cannot be written: {why}");
            Sign::ill("engine", Health::Bad, seen, "mend that: no callback is promised meanwhile")
        }
        (None, true) => {
            let remedy = "it ends with its last call; start it again then";
            Sign::ill("engine", Health::Doubtful, format!("{seen}; it drains"), remedy)
        }
        (None, false) => Sign::good("engine", seen),
    }
}

fn reached(trunk: &TrunkView) -> Sign {
    let name = format!("trunk {}", trunk.trunk);
    let states: Vec<String> =
        trunk.targets.iter().map(|it| format!("{} {}", it.address, it.state)).collect();
    let seen = if states.is_empty() { "no address is known".to_owned() } else { states.join(", ") };
    match trunk.open {
        true => Sign::good(&name, seen),
        false => {
            let remedy = "no callback is dialled over it: ask the carrier, look at the firewall, \
                          `rappel trunk list`";
            Sign::ill(&name, Health::Bad, seen, remedy)
        }
    }
}

/// The journal, read without changing it; the time of its last fact.
fn journal_of(roof: &Roof, signs: &mut Vec<Sign>) -> Option<Wall> {
    let what = "journal";
    signs.push(checkup::disk(what, &roof.journal));
    let here = roof.journal.display();
    if !roof.journal.exists() {
        signs.push(Sign::good(what, format!("{here} is made by the first start")));
        return None;
    }
    match journal::read_only(&roof.journal) {
        Ok(found) => {
            let requests = found.fold.requests.values();
            let uncertain =
                requests.filter(|it| matches!(it.state, RequestState::Uncertain { .. })).count();
            signs.push(match uncertain {
                0 => {
                    Sign::good(what, format!("{here} can be read, and nothing in it is uncertain"))
                }
                n => {
                    let seen = format!("{n} requests in {here} are uncertain");
                    let remedy = "`rappel callback list`, then `rappel callback resolve ID`";
                    Sign::ill(what, Health::Doubtful, seen, remedy)
                }
            });
            let last = found.fold.last_seq;
            let last = last.and_then(|seq| journal::fact(&roof.journal, seq).ok().flatten());
            last.map(|entry| entry.at)
        }
        Err(error) => {
            let remedy = "give it to whoever runs the engine, or name another in [journal]";
            signs.push(Sign::ill(what, Health::Bad, error.to_string(), remedy));
            None
        }
    }
}

/// What is spoken with a trunk. Prompts are played in any codec of ours.
fn codecs(trunk: &str, speech: &Speech) -> Sign {
    let names: Vec<String> = speech.codecs.iter().map(|codec| codec.name().to_owned()).collect();
    let said = if names.is_empty() { "every codec of ours".to_owned() } else { names.join(", ") };
    Sign::good("codecs", format!("{trunk}: {said}"))
}

fn prompts_of(settings: &Settings, roof: &Roof) -> Sign {
    let problems = prompts::check(roof.prompts.iter().map(AsRef::as_ref), &Wanted::by(settings));
    match problems.first() {
        None => Sign::good("prompts", "every prompt can be played"),
        Some(first) => {
            let seen = format!("{} problems; the first: {first}", problems.len());
            Sign::ill("prompts", Health::Doubtful, seen, "`rappel prompts check` says each")
        }
    }
}
