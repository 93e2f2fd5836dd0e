//! Which settings are meant: a file, or the laboratory on loopback.

use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use config::{Finding, Outside, Roof, SecretPlace, Severity, Values, Whole};
use engine::Settings;

use crate::cli::Place;

/// The file that is read when it is there and none is named.
const DEFAULT_FILE: &str = "rappel.toml";

/// What a command works with.
pub(crate) struct Chosen {
    pub(crate) settings: Settings,
    pub(crate) roof: Roof,
    /// None: the laboratory.
    pub(crate) file: Option<PathBuf>,
    /// What is written.
    pub(crate) values: Values,
}

/// The file that is meant, if any.
pub(crate) fn file(place: &Place) -> Option<PathBuf> {
    let default = || Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.is_file());
    place.config.clone().or_else(default)
}

/// Reads a file of settings; prints what is doubtful, and refuses what is wrong.
///
/// # Errors
/// When it cannot be read, or has mistakes, which have then been printed.
pub(crate) fn read(path: &Path) -> Result<(Settings, Roof)> {
    let (settings, roof, warnings) = read_quietly(path)?;
    show(&warnings);
    Ok((settings, roof))
}

/// As [`read`], but leaves what is doubtful to the caller.
fn read_quietly(path: &Path) -> Result<(Settings, Roof, Vec<Finding>)> {
    read_or_say(path)
        .map(|Whole { settings, roof, warnings, values: _ }| (settings, roof, warnings))
}

fn read_or_say(path: &Path) -> Result<Whole> {
    match read_whole(path)? {
        Ok(whole) => Ok(whole),
        Err(findings) => {
            show(&findings);
            let errors = findings.iter().filter(|f| f.severity == Severity::Error).count();
            let mistakes =
                if errors == 1 { "1 mistake".into() } else { format!("{errors} mistakes") };
            bail!("{} has {mistakes}; nothing was changed", path.display())
        }
    }
}

/// The directory beside the main file whose `*.toml` are read after it, by their names.
const BESIDE: &str = "conf.d";

/// Reads a file of settings, what stands beside it in `conf.d`, and the environment. The inner
/// error is what is wrong in them.
///
/// # Errors
/// When a file cannot be read.
pub(crate) fn read_whole(path: &Path) -> Result<std::result::Result<Whole, Vec<Finding>>> {
    let (files, environment) = texts(path)?;
    Ok(config::read_whole(&files, &environment, &OUTSIDE))
}

/// Where the engine of these settings is spoken to, though they may have mistakes by now.
///
/// # Errors
/// As [`choose`].
pub(crate) fn socket(place: &Place) -> Result<PathBuf> {
    let Some(path) = file(place) else { return doors(place).map(|roof| roof.control_socket) };
    let (files, environment) = texts(&path)?;
    Ok(config::control_socket(&files, &environment))
}

type Texts = Vec<(String, String)>;

/// What stands in the files, and in our variables of the environment.
fn texts(path: &Path) -> Result<(Texts, Texts)> {
    let mut files = Vec::new();
    for path in std::iter::once(path.to_owned()).chain(beside(path)?) {
        let text = fs::read_to_string(&path);
        let text = text.with_context(|| format!("{} cannot be read", path.display()))?;
        files.push((path.display().to_string(), text));
    }
    let utf8 = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    let ours = |(name, _): &(String, String)| name.starts_with(config::VARIABLE_PREFIX);
    let mut environment: Vec<_> = std::env::vars_os().filter_map(utf8).filter(ours).collect();
    environment.sort();
    Ok((files, environment))
}

/// The files beside a main file, in the order of their names.
fn beside(path: &Path) -> Result<Vec<PathBuf>> {
    let directory = path.parent().unwrap_or(Path::new("")).join(BESIDE);
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    let failed = || format!("{} cannot be read", directory.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(&directory).with_context(failed)? {
        let path = entry.with_context(failed)?.path();
        if path.extension().is_some_and(|end| end == "toml") {
            files.push(path);
        }
    }
    if files.len() > config::FILES_MAX {
        bail!("{} holds more than {} files", directory.display(), config::FILES_MAX);
    }
    files.sort();
    Ok(files)
}

/// What a file of settings points at, on this machine.
pub(crate) const OUTSIDE: Outside<'static> =
    Outside { secrets: &secret, prompts: &server::prompts::playable, music: &music, lists: &list };

/// Reads the music that a file of settings names.
fn music(file: &Path, most: u64) -> Result<(), String> {
    server::prompts::music(file, most).map(|_| ())
}

/// Most bytes of a list of numbers that are read; `config` says how many numbers are too many.
const LIST_BYTES_MAX: u64 = 64 << 20;

/// Reads a list of numbers that a file of settings names.
fn list(path: &str) -> Result<String, String> {
    let cannot = |error| format!("{path} cannot be read: {error}");
    let mut text = String::new();
    let file = fs::File::open(path).map_err(cannot)?;
    file.take(LIST_BYTES_MAX).read_to_string(&mut text).map_err(cannot)?;
    Ok(text)
}

/// Most bytes of a password's file that are read; `config` says what is too long.
const SECRET_FILE_MAX: u64 = 4_096;

/// Fetches a password that a file of settings points at.
pub(crate) fn secret(place: SecretPlace<'_>) -> Result<String, String> {
    match place {
        SecretPlace::File(path) => {
            let cannot = |error| format!("{path} cannot be read: {error}");
            let mut text = String::new();
            let file = fs::File::open(path).map_err(cannot)?;
            file.take(SECRET_FILE_MAX).read_to_string(&mut text).map_err(cannot)?;
            Ok(text)
        }
        SecretPlace::Variable(name) => std::env::var(name)
            .map_err(|_| format!("the environment has no readable variable {name}")),
    }
}

/// Prints findings on standard error.
pub(crate) fn show(findings: &[Finding]) {
    for finding in findings {
        errln!("{}", finding.render());
    }
}

/// The settings of the file that is meant; of the laboratory when there is none. The laboratory's
/// addresses matter only to `serve`.
pub(crate) fn choose(place: &Place, listen: SocketAddr, robot: SocketAddr) -> Result<Chosen> {
    match file(place) {
        Some(path) => {
            let Whole { settings, roof, warnings, values } = read_or_say(&path)?;
            show(&warnings);
            Ok(Chosen { settings, roof, file: Some(path), values })
        }
        None => {
            if !listen.ip().is_loopback() {
                bail!(
                    "the laboratory stays on this machine, for whoever reaches it may call: listen \
                     on 127.0.0.1, or write a configuration (`rappel config example`)"
                );
            }
            let (settings, roof) = config::laboratory(listen, robot, &laboratory_directory()?);
            Ok(Chosen { settings, roof, file: None, values: Values::default() })
        }
    }
}

/// Where the laboratory keeps its journal and its control socket: a directory of this user.
fn laboratory_directory() -> Result<PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let directory = match runtime.filter(|path| path.is_dir()) {
        Some(runtime) => runtime.join("rappel"),
        None => {
            let user = std::env::var("USER").unwrap_or_else(|_| "nobody".to_owned());
            std::env::temp_dir().join(format!("rappel-{user}"))
        }
    };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&directory)
        .with_context(|| format!("{} cannot be made", directory.display()))?;
    // Whoever made it before us in a shared place could read the numbers.
    let owner = |path: &Path| fs::symlink_metadata(path).map(|metadata| metadata.uid());
    let ours = fs::metadata("/proc/self")?.uid();
    if owner(&directory)? != ours {
        bail!("{} belongs to somebody else: set XDG_RUNTIME_DIR", directory.display());
    }
    Ok(directory)
}

/// Where the engine of these settings is spoken to, and where its journal is. What is doubtful was
/// said when the engine started, and is not repeated with every command.
///
/// # Errors
/// As [`choose`].
pub(crate) fn doors(place: &Place) -> Result<Roof> {
    whole(place).map(|(_, roof)| roof)
}

/// The same, with the settings of the engine.
///
/// # Errors
/// As [`choose`].
pub(crate) fn whole(place: &Place) -> Result<(Settings, Roof)> {
    if let Some(path) = file(place) {
        let (settings, roof, _) = read_quietly(&path)?;
        return Ok((settings, roof));
    }
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 5060));
    let chosen = choose(place, nowhere, nowhere)?;
    Ok((chosen.settings, chosen.roof))
}
