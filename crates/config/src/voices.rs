//! What callers hear: the language of a line, and the files that stand for the usual prompts.

use std::sync::Arc;
use std::time::Duration;

use engine::LinePrompts;
use model::LanguageTag;
use toml::de::DeTable;

use crate::finding::Findings;
use crate::section::{self, At, Section, shown};
use crate::value::Mistake;

/// The languages whose prompts come with Rappel; the first is spoken where nothing else is said.
const BUNDLED_LANGUAGES: [&str; 4] = ["en", "fr", "de", "es"];

/// What is spoken where a line says nothing else.
pub(crate) struct Usual {
    pub(crate) language: String,
    /// Whether the operator has prompts of their own.
    own_prompts: bool,
}

/// What a line's callers hear.
pub(crate) struct Voice {
    pub(crate) language: LanguageTag,
    pub(crate) greeting: Option<Arc<str>>,
    pub(crate) prompts: LinePrompts,
    /// What agents follow in its callbacks.
    pub(crate) script: Option<Arc<str>>,
}

/// Reads the language of [prompts]. One without prompts is not spoken: English is.
pub(crate) fn usual<'a>(root: &'a DeTable<'a>, own_prompts: bool, found: &mut Findings) -> Usual {
    let section = section::one(root, "prompts", found);
    let fallback = BUNDLED_LANGUAGES[0];
    let at = language(&section, "language", found);
    let language = match at {
        Some(at) if has_prompts(&at.value, own_prompts) => at.value,
        Some(at) => {
            let problem = format!("there are no prompts in `{}`: English is spoken", at.value);
            found.warning(&at.span, problem, EXPECTED, hint_of_languages());
            fallback.to_owned()
        }
        None => fallback.to_owned(),
    };
    Usual { language, own_prompts }
}

/// Reads what a line says of its voice.
pub(crate) fn of_line(section: &Section<'_>, usual: &Usual, found: &mut Findings) -> Voice {
    let mut spoken = |key| spoken(section, key, usual, found);
    let menu_language = spoken("menu_language").map(|tag| LanguageTag::from(tag.as_str()));
    let language = spoken("language").unwrap_or_else(|| usual.language.clone());
    Voice {
        script: script(section, found),
        language: LanguageTag::from(language.as_str()),
        greeting: file(section, "greeting", found),
        prompts: LinePrompts {
            menu_language,
            offer: file(section, "offer", found),
            confirmation: file(section, "confirmation", found),
            offer_unspoken: section.boolean("speak_offer", found).is_some_and(|at| !at.value),
            offer_after: time(section, "offer_after", 0, found),
            offer_every: time(section, "offer_every", 5, found),
            whisper_agent: file(section, "whisper_agent", found),
            whisper_customer: file(section, "whisper_customer", found),
            machine_message: file(section, "machine_message", found),
        },
    }
}

/// A time of the spoken offers, of at least so many seconds, where the line has one of its own.
fn time(section: &Section<'_>, key: &str, least: u64, found: &mut Findings) -> Option<Duration> {
    section.get(key)?;
    let range = Duration::from_secs(least)..=Duration::from_secs(3_600);
    let least = *range.start();
    Some(section.duration(key, range, least, found))
}

/// A language in which there are prompts.
pub(crate) fn spoken(
    section: &Section<'_>,
    key: &str,
    usual: &Usual,
    found: &mut Findings,
) -> Option<String> {
    let at = language(section, key, found)?;
    if !has_prompts(&at.value, usual.own_prompts) {
        let problem = format!("there are no prompts in `{}`", at.value);
        found.error(&at.span, problem, EXPECTED, hint_of_languages());
    }
    Some(at.value)
}

const EXPECTED: &str = "a language, such as \"en\" or \"fr\"";

fn language(section: &Section<'_>, key: &str, found: &mut Findings) -> Option<At<String>> {
    section.parsed(key, EXPECTED, found, |text| {
        let simple = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !(2..=16).contains(&text.len()) || !text.chars().all(simple) {
            let hint = "it is the name of a directory of prompts: small letters, two or more";
            return Err(Mistake::new(format!("`{}` is not a language", shown(text)), hint));
        }
        Ok(text.to_string())
    })
}

fn has_prompts(language: &str, own_prompts: bool) -> bool {
    own_prompts || BUNDLED_LANGUAGES.contains(&language)
}

fn hint_of_languages() -> String {
    format!(
        "prompts come in {}; for others name your own with prompts.directory",
        BUNDLED_LANGUAGES.join(", ")
    )
}

/// The name of a script of the agents' desktop: it stands in a header.
fn script(section: &Section<'_>, found: &mut Findings) -> Option<Arc<str>> {
    let at = section.parsed("agent_script", "the name of a script", found, |text| {
        let plain = |c: char| c == ' ' || c.is_ascii_graphic();
        if text.trim().is_empty() || text.len() > 100 || !text.chars().all(plain) {
            let hint = "it is sent to agents' phones in X-Script: ASCII, at most 100 characters";
            return Err(Mistake::new("this name cannot stand in a header", hint));
        }
        Ok(Arc::from(text.trim()))
    });
    at.map(|at| at.value)
}

/// The name of a prompt file.
fn file(section: &Section<'_>, key: &str, found: &mut Findings) -> Option<Arc<str>> {
    let at = section.parsed(key, FILE_EXPECTED, found, file_name);
    at.map(|at| Arc::from(at.value))
}

pub(crate) const FILE_EXPECTED: &str = "the name of a prompt file, without .wav";

/// The name of a prompt file, without its folder and its ending.
pub(crate) fn file_name(text: &str) -> Result<String, Mistake> {
    let simple = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    if let Some(stem) = text.strip_suffix(".wav") {
        let hint = format!("write \"{}\"", shown(stem.rsplit('/').next().unwrap_or(stem)));
        return Err(Mistake::new("the name stands without its ending", hint));
    }
    if text.is_empty() || text.len() > 64 || !text.chars().all(simple) {
        let hint = "put the file into prompts.directory, below the line's language";
        return Err(Mistake::new(format!("`{}` is not a file name", shown(text)), hint));
    }
    Ok(text.to_string())
}
