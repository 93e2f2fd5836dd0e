//! What callers hear: the prompts in the binary, overlaid by an operator's directory.
//!
//! The directory has the layout of the repository's `prompts/`: a folder for each language with one
//! WAV file per phrase, and `common/` for music and tones. A file found there is played instead of
//! the bundled one; the others stay. A file that cannot be played as it stands is never played: it
//! is named in a [`PromptProblem`], and what is heard instead is decided here, so that every clip
//! the engine may ask for exists. Nothing is converted here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use audio::music::{self, MusicProblem};
use audio::wav::{self, PROMPT_BYTES_MAX};
use ivr::Phrase;
use model::LanguageTag;

/// Most entries of one folder that [`check`] looks at for files that nobody plays.
pub const FOLDER_ENTRIES_MAX: usize = 1_000;

/// The language that is spoken when another one lacks a file.
const FALLBACK: &str = "en";
/// The languages in the binary.
pub const BUNDLED_LANGUAGES: &[&str] = &["en", "fr", "de", "es"];
/// The folder of music and tones.
const NEUTRAL: &str = "common";

/// A line's wishes: a language, and the files that it plays in place of the usual ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    /// The language.
    pub language: LanguageTag,
    /// Names of files without `.wav`, and the phrase that each stands for.
    pub own: Vec<(String, Phrase)>,
}

impl Wanted {
    /// What the lines of a configuration want.
    pub fn by(settings: &engine::Settings) -> Vec<Wanted> {
        let wanted = settings.lines.iter().flat_map(|line| {
            let prompts = &line.prompts;
            let files = [
                (&line.greeting, Phrase::Greeting),
                (&prompts.offer, Phrase::Offer),
                (&prompts.confirmation, Phrase::Promised),
            ];
            let own = |(file, phrase): (&Option<Arc<str>>, Phrase)| {
                Some((file.as_deref()?.to_owned(), phrase))
            };
            // Nothing stands for a whisper, nor for what a flow says.
            let whispers =
                [&prompts.whisper_agent, &prompts.whisper_customer, &prompts.machine_message]
                    .into_iter();
            let flows = line.flow.iter().chain([&settings.flow]);
            let said = flows.flat_map(|flow| flow.phrases());
            let said = said.filter_map(|phrase| match phrase {
                Phrase::Named(file) => Some(file),
                _ => None,
            });
            let alone = whispers.flatten().chain(said);
            let alone = alone.map(|file| (file.to_string(), Phrase::Named(Arc::clone(file))));
            let own = files.into_iter().filter_map(own).chain(alone).collect();
            let menu = prompts.menu_language.clone();
            let menu = menu.map(|language| Wanted { language, own: Vec::new() });
            [Wanted { language: line.language.clone(), own }].into_iter().chain(menu)
        });
        let spoken = settings
            .feature_codes
            .iter()
            .map(|codes| Wanted { language: codes.language.clone(), own: Vec::new() });
        wanted.chain(spoken).collect()
    }
}

/// Where prompts are read from, again and again.
#[derive(Debug, Clone)]
pub struct PromptFiles {
    /// The operator's directories: the first that has a file gives it.
    pub directories: Vec<PathBuf>,
    /// What the lines want.
    pub wanted: Vec<Wanted>,
    /// Music of the operator's own, and the most bytes that it may have.
    pub music: Option<(PathBuf, u64)>,
}

impl PromptFiles {
    /// Reads every clip.
    pub fn load(&self) -> Prompts {
        let prompts = load(self.directories.iter().map(AsRef::as_ref), &self.wanted);
        match &self.music {
            Some((file, most)) => prompts.with_music(file, *most),
            None => prompts,
        }
    }

    /// Reads every clip again: a copy of the catalogue with those that changed, and how many they
    /// are, in words. What vanished is as it would be at a start.
    pub(crate) fn again(&self, before: &media::Catalog) -> (Arc<media::Catalog>, String) {
        let prompts = self.load();
        let mut catalog = before.clone();
        let added = prompts.clips().map(|(name, samples)| catalog.add(name, samples));
        let added: Vec<media::ClipId> = added.collect();
        let changed = added.iter().filter(|clip| !catalog.has_the_same(&[**clip], before)).count();
        let all = added.len();
        let mut what = format!("{changed} of {all} prompts are other ones from now on");
        if changed > 0 {
            what.push_str("; whoever hears an old one hears it to its end");
        }
        match prompts.problems.len() {
            0 => {}
            1 => what.push_str("; 1 problem: see `rappel prompts check`"),
            n => what.push_str(&format!("; {n} problems: see `rappel prompts check`")),
        }
        (Arc::new(catalog), what)
    }
}

/// A file that is missing, or that cannot be played.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PromptProblem {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it, and the remedy.
    pub what: String,
    /// What is played instead, in words; empty when nothing is missed.
    pub instead: String,
}

impl fmt::Display for PromptProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.file.display(), self.what)?;
        if self.instead.is_empty() { Ok(()) } else { write!(f, " ({})", self.instead) }
    }
}

/// The clips, by the names that the engine asks for: `en/menu`, `common/music`.
#[derive(Debug)]
pub struct Prompts {
    clips: BTreeMap<String, Vec<i16>>,
    problems: Vec<PromptProblem>,
}

/// Reads every clip that the lines need, once, before the first call. Of several directories the
/// first that has a file gives it.
///
/// A problem is logged as a warning and never ends the engine.
pub fn load<'a>(directories: impl IntoIterator<Item = &'a Path>, wanted: &[Wanted]) -> Prompts {
    let prompts = Prompts::read(&directories.into_iter().collect::<Vec<_>>(), wanted);
    for problem in &prompts.problems {
        tracing::warn!("prompt: {problem}");
    }
    prompts
}

/// Whether a prompt can be played: from these directories, in their order, or from the binary.
///
/// # Errors
/// What is wrong with it.
pub fn playable(directories: &[PathBuf], language: &str, clip: &str) -> Result<(), String> {
    let mut wrong = None;
    for directory in directories {
        match read_named(&directory.join(language).join(format!("{clip}.wav")), language, clip) {
            Ok(Some(_)) => return Ok(()),
            Ok(None) => {}
            Err(what) => wrong = wrong.or(Some(what)),
        }
    }
    let name = format!("{language}/{clip}");
    match wrong {
        Some(what) => Err(what),
        None if BUNDLED.iter().copied().flatten().any(|(bundled, _)| *bundled == name) => Ok(()),
        None => Err("is missing".to_owned()),
    }
}

/// What `rappel prompts check` says: what [`load`] would warn of, and the files of the directories
/// that nobody would play.
pub fn check<'a>(
    directories: impl IntoIterator<Item = &'a Path>,
    wanted: &[Wanted],
) -> Vec<PromptProblem> {
    let directories: Vec<&Path> = directories.into_iter().collect();
    let mut prompts = Prompts::read(&directories, wanted);
    for directory in directories {
        prompts.problems.extend(unused(directory, &prompts.clips));
    }
    prompts.problems.sort();
    prompts.problems
}

impl Prompts {
    /// The clips as the media threads play them.
    pub fn catalog(&self) -> media::Catalog {
        let mut catalog = media::Catalog::new();
        for (name, samples) in self.clips() {
            catalog.add(name, samples);
        }
        catalog
    }

    /// The same with music of the operator's own. A file that cannot be played is a problem, and
    /// the bundled music goes on.
    #[must_use]
    pub fn with_music(mut self, file: &Path, most: u64) -> Prompts {
        match music(file, most) {
            Ok(samples) => {
                self.clips.insert(format!("{NEUTRAL}/{}", Phrase::Music.clip()), samples);
            }
            Err(what) => {
                let instead = "the bundled music is played instead".to_owned();
                let problem = PromptProblem { file: file.to_owned(), what, instead };
                tracing::warn!("prompt: {problem}");
                self.problems.push(problem);
            }
        }
        self
    }

    /// The names of the clips and their samples, 8,000 a second.
    pub fn clips(&self) -> impl Iterator<Item = (&str, &[i16])> {
        self.clips.iter().map(|(name, samples)| (name.as_str(), samples.as_slice()))
    }

    /// How many clips there are.
    pub fn len(&self) -> usize {
        self.clips.len()
    }

    /// True without a clip, which does not happen: the bundled ones are always there.
    pub fn is_empty(&self) -> bool {
        self.clips.is_empty()
    }

    /// What is wrong.
    pub fn problems(&self) -> &[PromptProblem] {
        &self.problems
    }

    fn read(directories: &[&Path], wanted: &[Wanted]) -> Prompts {
        let mut prompts = Prompts { clips: bundled(), problems: Vec::new() };
        let (there, missing): (Vec<&Path>, Vec<&Path>) =
            directories.iter().partition(|directory| directory.is_dir());
        prompts.problems.extend(missing.into_iter().map(|directory| PromptProblem {
            file: directory.to_owned(),
            what: "is not a directory; create it, or correct its name in the configuration".into(),
            instead: "the bundled prompts are played".into(),
        }));
        prompts.want(&there, wanted);
        prompts
    }

    /// Overlays the bundled clips with the files of the directories, and fills what is missing.
    fn want(&mut self, directories: &[&Path], wanted: &[Wanted]) {
        let languages: BTreeSet<&str> = wanted
            .iter()
            .map(|wanted| wanted.language.as_str())
            .chain(BUNDLED_LANGUAGES.iter().copied())
            .collect();
        for phrase in Phrase::all() {
            let clip = phrase.clip();
            if phrase.is_neutral() {
                self.overlay(directories, NEUTRAL, &clip, &clip);
            } else {
                for language in &languages {
                    self.overlay(directories, language, &clip, &clip);
                }
            }
        }
        for language in &languages {
            for piece in ivr::pieces(language) {
                self.overlay(directories, language, &piece.clip(), &piece.clip());
            }
        }
        let own: BTreeSet<(&str, &(String, Phrase))> = wanted
            .iter()
            .flat_map(|wanted| wanted.own.iter().map(|own| (wanted.language.as_str(), own)))
            .collect();
        for (language, (file, phrase)) in own {
            self.overlay(directories, language, file, &phrase.clip());
        }
    }

    /// Takes the first file that is there and right; else keeps the bundled one, or puts a bundled
    /// `substitute` in its place.
    fn overlay(&mut self, directories: &[&Path], folder: &str, clip: &str, substitute: &str) {
        let name = format!("{folder}/{clip}");
        let mut wrong = Vec::new();
        let mut found = None;
        for directory in directories {
            let file = directory.join(folder).join(format!("{clip}.wav"));
            match read_named(&file, folder, clip) {
                Ok(None) => continue,
                Ok(samples) => found = samples,
                Err(what) => wrong.push((file, what)),
            }
            if found.is_some() {
                break;
            }
        }
        if wrong.is_empty() && found.is_none() && !self.clips.contains_key(&name) {
            let directory = directories.first().copied().unwrap_or(Path::new("prompts"));
            let file = directory.join(folder).join(format!("{clip}.wav"));
            let what = "is missing; record it, or correct the line's language or greeting";
            wrong.push((file, what.to_owned()));
        }
        let instead = match found {
            Some(samples) => {
                self.clips.insert(name, samples);
                "that of another directory is played instead".to_owned()
            }
            None if wrong.is_empty() => return,
            None => self.substitute(&name, folder, substitute),
        };
        let problem = |(file, what)| PromptProblem { file, what, instead: instead.clone() };
        self.problems.extend(wrong.into_iter().map(problem));
    }

    /// Sees to it that `name` can be played, and says what will be heard.
    fn substitute(&mut self, name: &str, folder: &str, substitute: &str) -> String {
        if self.clips.contains_key(name) {
            return "the bundled file is played instead".into();
        }
        let own = format!("{folder}/{substitute}");
        let foreign = format!("{FALLBACK}/{substitute}");
        let other = if self.clips.contains_key(&own) { own } else { foreign };
        let Some(samples) = self.clips.get(&other).cloned() else {
            return "nothing is played instead".into();
        };
        self.clips.insert(name.to_owned(), samples);
        format!("{other}.wav is played instead")
    }
}

/// The samples of a file whose folder and name are plain words; `None` when it does not exist.
fn read_named(file: &Path, folder: &str, clip: &str) -> Result<Option<Vec<i16>>, String> {
    if is_plain(folder) && is_plain(clip) {
        return read_file(file);
    }
    Err("is not a plain name; write a file's name without its folder and .wav".to_owned())
}

/// The samples of a file; `None` when it does not exist.
fn read_file(file: &Path) -> Result<Option<Vec<i16>>, String> {
    let unreadable = |error: std::io::Error| {
        format!("cannot be read ({error}); let the user that runs rappel read it")
    };
    let metadata = match std::fs::metadata(file) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    // Reading a pipe or a device could last for ever.
    if !metadata.is_file() {
        return Err("is not a file; put a WAV file in its place".into());
    }
    if metadata.len() > PROMPT_BYTES_MAX as u64 {
        let bytes = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
        return Err(wav::WavProblem::TooLarge { bytes }.to_string());
    }
    let bytes = std::fs::read(file).map_err(unreadable)?;
    wav::read_prompt(&bytes).map(Some).map_err(|problem| problem.to_string())
}

/// Files of the directory whose names are nobody's: a slip of the pen is found here.
fn unused(directory: &Path, clips: &BTreeMap<String, Vec<i16>>) -> Vec<PromptProblem> {
    let mut problems = Vec::new();
    let folders: BTreeSet<&str> =
        clips.keys().filter_map(|name| name.split_once('/')).map(|(folder, _)| folder).collect();
    for folder in folders {
        let Ok(entries) = std::fs::read_dir(directory.join(folder)) else { continue };
        for entry in entries.take(FOLDER_ENTRIES_MAX).flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let (stem, ending) = name.rsplit_once('.').unwrap_or((&name, ""));
            let played = ending == "wav" && clips.contains_key(&format!("{folder}/{stem}"));
            if ending.eq_ignore_ascii_case("wav") && !played {
                problems.push(PromptProblem {
                    file: entry.path(),
                    what: "is the name of no prompt; rename it, or name it as a line's greeting"
                        .into(),
                    instead: String::new(),
                });
            }
        }
    }
    problems
}

/// The samples of music of the operator's own, from a file of at most `most` bytes.
///
/// # Errors
/// Why it cannot be played.
pub fn music(file: &Path, most: u64) -> Result<Vec<i16>, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read ({error})");
    let metadata = std::fs::metadata(file).map_err(unreadable)?;
    // Reading a pipe or a device could last for ever.
    if !metadata.is_file() {
        return Err("is not a file; put a WAV or MP3 file in its place".into());
    }
    if metadata.len() > most {
        return Err(MusicProblem::TooLarge { bytes: metadata.len(), most }.to_string());
    }
    let bytes = std::fs::read(file).map_err(unreadable)?;
    music::read(&bytes, most).map_err(|problem| problem.to_string())
}

/// One component of a path, and not a way out of the directory.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0'])
}

fn bundled() -> BTreeMap<String, Vec<i16>> {
    let clips = BUNDLED.iter().copied().flatten().map(|(name, bytes)| {
        let samples = wav::read_prompt(bytes).expect("a test reads every bundled prompt");
        ((*name).to_owned(), samples)
    });
    clips.collect()
}

macro_rules! clips {
    ($folder:literal: $($name:literal)*) => {
        &[$((
            concat!($folder, "/", $name),
            include_bytes!(concat!("../../../prompts/", $folder, "/", $name, ".wav")),
        )),*]
    };
}

macro_rules! language {
    ($folder:literal: $($piece:literal)*) => {
        clips![$folder:
            $($piece)*
            "position" "position-first"
            "offer-press" "offer-any" "offer-star" "offer-hash"
            "greeting" "offer" "menu" "menu-without-own-number" "enter-number" "bad-number"
            "number-refused"
            "read-back" "confirm" "plus" "digit-0" "digit-1" "digit-2" "digit-3" "digit-4"
            "digit-5" "digit-6" "digit-7" "digit-8" "digit-9" "promised" "already-waiting"
            "not-available" "back-to-queue" "wrong-key" "agent-callback" "agent-choice"
            "agent-dialling" "agent-not-reached" "agent-online" "agent-away"
            "agent-transfer-only" "agent-offline" "agent-reason" "agent-ready" "customer-hello" "recording-notice"
            "recording-key" "recording-declined" "message" "message-kept" "customer-choice"
            "exit-message" "exit-operator" "connecting" "agent-identify"
            "wait-about" "wait-to" "wait-minutes" "wait-one" "wait-long"
            "count-1" "count-2" "count-3" "count-4" "count-5" "count-6" "count-7" "count-8"
            "count-9" "count-10" "count-11" "count-12" "count-13" "count-14" "count-15"
            "count-16" "count-17" "count-18" "count-19" "count-20" "count-25" "count-30"
            "count-35" "count-40" "count-45" "count-50" "count-55" "count-60"
        ]
    };
}

/// Files of one folder, by `folder/name`.
type Folder = &'static [(&'static str, &'static [u8])];

/// The prompts of the repository, part of the binary: what no language changes, then a folder for
/// each of [`BUNDLED_LANGUAGES`].
const BUNDLED: [Folder; 5] = [
    clips!["common": "music" "ringback" "beep"],
    language!["en":
        "number-70" "number-80" "number-90" "number-100" "number-1000" "number-and" "hour-one"
        "hours" "minute-one" "clock-at" "clock-oh" "clock-sharp" "clock-am" "clock-pm"
        "clock-noon" "clock-midnight"
    ],
    language!["fr":
        "number-and" "number-80" "number-80-and" "number-100" "number-100s" "number-1000"
        "hour-one" "hours" "minute-one" "clock-at" "clock-noon" "clock-midnight"
    ],
    language!["de":
        "number-1" "number-and-1" "number-and-2" "number-and-3" "number-and-4" "number-and-5"
        "number-and-6" "number-and-7" "number-and-8" "number-and-9" "number-70" "number-80"
        "number-90" "number-100" "number-1000" "number-and" "hour-one" "hours" "minute-one"
        "clock-at" "clock-hour"
    ],
    language!["es":
        "number-1" "number-1-f" "number-21" "number-21-m" "number-21-f" "number-22" "number-23"
        "number-24" "number-26" "number-27" "number-28" "number-29" "number-70" "number-80"
        "number-90" "number-100" "number-100-and" "number-200" "number-300" "number-400"
        "number-500" "number-600" "number-700" "number-800" "number-900" "number-1000"
        "number-and" "hour-one" "hours" "minute-one" "clock-at" "clock-at-one" "clock-quarter"
        "clock-half" "clock-small-hours" "clock-morning" "clock-noon" "clock-afternoon"
        "clock-night"
    ],
];

#[cfg(test)]
mod tests;
