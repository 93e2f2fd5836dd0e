//! The configuration of a scene, as the text that an operator would write.

use std::sync::Arc;

use ivr::Phrase;
use media::Catalog;

use crate::lab;

/// Prompts of an operator's own, in every language.
const OWN_PROMPTS: [&str; 3] = ["own-greeting", "own-offer", "own-confirmation"];

/// One section with its keys, one in a line.
#[derive(Debug, Clone)]
struct Part {
    header: String,
    keys: Vec<(String, String)>,
}

impl Part {
    fn new(header: &str, keys: &[(&str, String)]) -> Part {
        let keys = keys.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        Part { header: header.to_owned(), keys }
    }

    fn set(&mut self, key: &str, value: &str) {
        match self.keys.iter_mut().find(|(known, _)| known == key) {
            Some((_, present)) => *present = value.to_owned(),
            None => self.keys.push((key.to_owned(), value.to_owned())),
        }
    }
}

/// A configuration: one trunk, one queue, one line, some agents who are offline at the start.
#[derive(Debug, Clone)]
pub struct Setup {
    profile: &'static str,
    parts: Vec<Part>,
    changes: Vec<String>,
}

fn quoted(text: impl std::fmt::Display) -> String {
    format!("\"{text}\"")
}

impl Setup {
    /// The plain configuration of a profile.
    pub fn of(profile: &'static str, agents: u8) -> Setup {
        let sources = format!("[\"{}\", \"10.0.0.0/8\"]", lab::CARRIER.ip());
        let mut parts = vec![
            Part::new("[sip]", &[("listen", quoted(lab::ENGINE))]),
            Part::new("[media]", &[("address", quoted(lab::ENGINE.ip()))]),
            Part::new("[ivr]", &[]),
            Part::new("[timings]", &[]),
            Part::new("[limits]", &[]),
            Part::new("[bridge]", &[]),
            Part::new("[recording]", &[]),
            Part::new("[prompts]", &[("directory", quoted("prompts"))]),
            Part::new(
                "[[trunk]]",
                &[
                    ("name", quoted("carrier")),
                    ("address", quoted(lab::CARRIER)),
                    ("sources", sources),
                ],
            ),
            Part::new("[[queue]]", &[("name", quoted("support"))]),
            Part::new(
                "[[line]]",
                &[
                    ("name", quoted("main")),
                    ("number", quoted(lab::LINE)),
                    ("outbound_number", quoted(lab::OUTBOUND)),
                    ("queue", quoted("support")),
                ],
            ),
        ];
        for n in 1..=agents {
            let name = lab::agent_name(n);
            let uri = format!("sip:{name}@{}", lab::agent_address(n));
            parts.push(Part::new(
                "[[agent]]",
                &[
                    ("name", quoted(&name)),
                    ("uri", quoted(uri)),
                    ("queues", "[\"support\"]".into()),
                    ("online", "false".into()),
                ],
            ));
        }
        Setup { profile, parts, changes: Vec::new() }
    }

    /// Writes a key into a section: `ivr`, `line`, `agent` (into each), `agent-2`, `queue` and so
    /// on. The value is written as it stands.
    #[must_use]
    pub fn with(mut self, section: &str, key: &str, value: &str) -> Setup {
        self.changes.push(format!("{section}.{key} = {value}"));
        for part in self.parts_of(section) {
            part.set(key, value);
        }
        self
    }

    /// Takes a key out of a section.
    #[must_use]
    pub fn without(mut self, section: &str, key: &str) -> Setup {
        self.changes.push(format!("no {section}.{key}"));
        for part in self.parts_of(section) {
            part.keys.retain(|(known, _)| known != key);
        }
        self
    }

    /// Takes every section of this name out.
    #[must_use]
    pub fn lacking(mut self, section: &str) -> Setup {
        self.changes.push(format!("no [[{section}]]"));
        self.parts.retain(|part| part.header != format!("[[{section}]]"));
        self
    }

    /// Adds one more section, with its keys.
    #[must_use]
    pub fn and(mut self, section: &str, keys: &[(&str, &str)]) -> Setup {
        let told: Vec<String> =
            keys.iter().map(|(key, value)| format!("{key} = {value}")).collect();
        self.changes.push(format!("one more [[{section}]] with {}", told.join(", ")));
        let keys: Vec<(&str, String)> =
            keys.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        self.parts.push(Part::new(&format!("[[{section}]]"), &keys));
        self
    }

    fn parts_of<'a>(&'a mut self, section: &'a str) -> impl Iterator<Item = &'a mut Part> {
        let one_agent = section.strip_prefix("agent-").map(|_| quoted(section));
        let mut left = if section == "agent" { usize::MAX } else { 1 };
        self.parts.iter_mut().filter(move |part| {
            let found = match &one_agent {
                Some(name) => part.keys.iter().any(|(key, value)| key == "name" && value == name),
                None => part.header.trim_matches(['[', ']']) == section,
            };
            let taken = found && left > 0;
            left -= usize::from(taken);
            taken
        })
    }

    /// What differs from the plain configuration.
    pub fn changes(&self) -> Vec<String> {
        self.changes.clone()
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text = format!("profile = \"{}\"\n", self.profile);
        for part in self.parts.iter().filter(|part| !part.keys.is_empty()) {
            text.push_str(&format!("\n{}\n", part.header));
            for (key, value) in &part.keys {
                text.push_str(&format!("{key} = {value}\n"));
            }
        }
        text
    }
}

/// Clips of about the lengths of the bundled prompts, in each bundled language, with a few of an
/// operator's own.
pub(crate) fn clips() -> Arc<Catalog> {
    clips_with(&vec![50; 15_000 * 8])
}

/// The same with this music.
pub(crate) fn clips_with(music: &[i16]) -> Arc<Catalog> {
    let mut catalog = Catalog::new();
    catalog.add("common/music", music);
    for phrase in Phrase::all().into_iter().filter(|phrase| *phrase != Phrase::Music) {
        let millis = match phrase {
            Phrase::Digit(_) | Phrase::Plus | Phrase::Count(_) => 500,
            Phrase::WaitTo | Phrase::WaitMinutes => 500,
            Phrase::Ringback => 5_000,
            Phrase::Greeting | Phrase::Menu | Phrase::MenuWithoutOwnNumber => 6_000,
            _ => 3_000,
        };
        let neutral: &[&str] = &["common"];
        let spoken: &[&str] = &["en", "fr", "de", "es"];
        for directory in if phrase.is_neutral() { neutral } else { spoken } {
            catalog.add(&format!("{directory}/{}", phrase.clip()), &vec![50; millis * 8]);
        }
    }
    for language in ["en", "fr", "de", "es"] {
        for piece in ivr::pieces(language) {
            catalog.add(&format!("{language}/{}", piece.clip()), &vec![50; 500 * 8]);
        }
    }
    for name in OWN_PROMPTS {
        for language in ["en", "fr", "de", "es"] {
            catalog.add(&format!("{language}/{name}"), &vec![50; 3_000 * 8]);
        }
    }
    Arc::new(catalog)
}
