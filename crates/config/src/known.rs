//! Every key that may be written: its kind, its default, what the example says of it.
//!
//! Nothing of this is a second list: the names are those that the reader knows, the kinds and the
//! remarks stand in the example, and a default is what changes nothing when it is written.

use toml::de::DeValue;

use crate::schema::{SECTIONS, SectionSchema, Shape};
use crate::{EXAMPLE, MINIMAL, Roof, applies, read};

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text in quotes.
    Text,
    /// A whole number.
    Number,
    /// True or false.
    Switch,
    /// A list; where it holds texts, one text stands for a list of one.
    List,
    /// Names with values, in braces.
    Table,
}

/// One key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its section.
    pub section: &'static str,
    /// True when there may be several of that section.
    pub several: bool,
    /// Itself.
    pub key: &'static str,
    /// What its value looks like.
    pub kind: Kind,
    /// What counts when it is not written, as TOML; none where that depends on something else, and
    /// where there is nothing then.
    pub default: Option<String>,
    /// What the example says of it.
    pub remark: String,
    /// True when a change counts from the next start on.
    pub needs_start: bool,
}

/// The keys that the example does not show.
const NOT_SHOWN: [(&str, &str, Kind); 14] = [
    ("token", "token_env", Kind::Text),
    ("webhook", "secret_env", Kind::Text),
    ("trunk", "srtp", Kind::Text),
    ("trunk", "password_env", Kind::Text),
    ("trunk", "ha1", Kind::Text),
    ("line", "numbers", Kind::List),
    ("line", "deny", Kind::List),
    ("line", "refuse", Kind::List),
    ("agent", "ask_number_at_login", Kind::Switch),
    ("agent", "tls_verify", Kind::Switch),
    ("agent", "tls_name", Kind::Text),
    ("agent", "password_env", Kind::Text),
    ("agent", "ha1", Kind::Text),
    ("agent", "srtp", Kind::Text),
];

/// What the example shows of a key.
struct Shown {
    section: &'static SectionSchema,
    key: &'static str,
    value: &'static str,
    remark: &'static str,
}

/// Every key of the file, section by section.
pub fn keys() -> Vec<Key> {
    let shown = example();
    // What follows from an address of the file is no default: it is another one elsewhere.
    let files = [MINIMAL.to_owned(), MINIMAL.replace("203.0.113.5", "203.0.113.6")];
    let usual = files.map(|file| {
        let read = read("shortest", &file).ok().map(|(settings, roof, _)| (settings, roof));
        (file, read)
    });
    let mut keys = Vec::new();
    for section in SECTIONS.iter().filter(|section| section.shape != Shape::Inline) {
        for key in section.keys {
            let found = shown.iter().find(|it| it.section.name == section.name && it.key == *key);
            let other = NOT_SHOWN.iter().find(|(of, it, _)| *of == section.name && it == key);
            let kind = found.map(|it| kind(it.value)).or(other.map(|(_, _, kind)| *kind));
            let default = found.filter(|it| usual.iter().all(|usual| is_default(it, usual)));
            keys.push(Key {
                section: section.name,
                several: section.shape == Shape::Many,
                key,
                kind: kind.unwrap_or(Kind::Text),
                default: default.map(|it| it.value.to_owned()),
                remark: found.map(|it| it.remark.to_owned()).unwrap_or_default(),
                needs_start: applies::needs_start(section.name, key),
            });
        }
    }
    keys
}

/// Every key of the example, also those that are commented out.
fn example() -> Vec<Shown> {
    let mut section: Option<&'static SectionSchema> = None;
    let mut shown = Vec::new();
    for line in EXAMPLE.lines() {
        let line = line.strip_prefix("# ").unwrap_or(line);
        if line.starts_with('[') {
            let name = line.trim_start_matches('[').split(']').next().unwrap_or_default();
            section = SECTIONS.iter().find(|section| section.name == name);
            continue;
        }
        let (Some(section), Some((name, rest))) = (section, line.split_once(" = ")) else {
            continue;
        };
        let Some(key) = section.keys.iter().find(|key| **key == name) else { continue };
        let (value, remark) = rest.split_once(" #").unwrap_or((rest, ""));
        shown.push(Shown { section, key, value: value.trim(), remark: remark.trim() });
    }
    shown
}

fn kind(value: &str) -> Kind {
    match DeValue::parse(value).map(|value| value.into_inner()) {
        Ok(DeValue::Integer(_)) => Kind::Number,
        Ok(DeValue::Boolean(_)) => Kind::Switch,
        Ok(DeValue::Table(_)) => Kind::Table,
        Ok(DeValue::String(_) | DeValue::Float(_) | DeValue::Datetime(_)) => Kind::Text,
        // What fails is the first of several lines.
        Ok(DeValue::Array(_)) | Err(_) => Kind::List,
    }
}

/// Whether the shortest file means the same with it.
fn is_default(shown: &Shown, (file, usual): &(String, Option<(engine::Settings, Roof)>)) -> bool {
    let header = shown.section.header();
    let line = format!("{header}\n{} = {}", shown.key, shown.value);
    let text = match (file.contains(&header), shown.section.shape) {
        (true, _) => file.replace(&header, &line),
        (false, Shape::One) => format!("{file}\n{line}\n"),
        (false, Shape::Many | Shape::Inline) => return false,
    };
    read("shortest", &text).is_ok_and(|(settings, roof, warnings)| {
        warnings.is_empty() && *usual == Some((settings, roof))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_example_does_not_show_is_listed() {
        let shown = example();
        for section in SECTIONS.iter().filter(|section| section.shape != Shape::Inline) {
            for key in section.keys {
                let here = shown.iter().any(|it| it.section.name == section.name && it.key == *key);
                let listed = NOT_SHOWN.iter().any(|(of, it, _)| *of == section.name && it == key);
                assert!(here != listed, "[{}] {key}: in one of both", section.name);
            }
        }
    }

    #[test]
    fn a_default_is_what_changes_nothing() {
        let keys = keys();
        let of = |section: &str, key: &str| {
            let found = keys.iter().find(|it| it.section == section && it.key == key);
            found.unwrap_or_else(|| panic!("[{section}] {key}")).clone()
        };
        assert_eq!(of("log", "level").default.as_deref(), Some("\"info\""));
        assert_eq!(of("journal", "path").default.as_deref(), Some("\"rappel.journal\""));
        assert_eq!(of("sip", "advertise").default, None);
        assert_eq!(of("queue", "name").default, None);
        assert_eq!(of("ivr", "asks_max").kind, Kind::Number);
        assert!(of("log", "level").needs_start && !of("ivr", "asks_max").needs_start);
        assert!(keys.iter().filter(|it| it.default.is_some()).count() > 60);
    }

    fn kinds_of(value: &DeValue<'_>) -> &'static [Kind] {
        match value {
            DeValue::Integer(_) => &[Kind::Number],
            DeValue::Boolean(_) => &[Kind::Switch],
            DeValue::Table(_) => &[Kind::Table],
            DeValue::Array(_) => &[Kind::List, Kind::Text],
            DeValue::String(_) => &[Kind::Text, Kind::List],
            DeValue::Float(_) | DeValue::Datetime(_) => &[Kind::Text],
        }
    }

    #[test]
    fn every_value_of_the_bundled_files_is_of_its_keys_kind() {
        let keys = keys();
        let files = crate::PROFILES.iter().map(|(_, text)| *text).chain([EXAMPLE, MINIMAL]);
        let mut seen = 0;
        for file in files {
            let file = toml::de::DeTable::parse(file).expect("parses");
            for (section, value) in file.get_ref() {
                let tables: Vec<_> = match value.get_ref() {
                    DeValue::Table(table) => vec![table],
                    DeValue::Array(several) => {
                        several.iter().filter_map(|it| it.get_ref().as_table()).collect()
                    }
                    _ => continue,
                };
                for (name, value) in tables.into_iter().flatten() {
                    let is =
                        |it: &&Key| it.section == section.get_ref() && it.key == name.get_ref();
                    let Some(key) = keys.iter().find(is) else { continue };
                    let kinds = kinds_of(value.get_ref());
                    assert!(
                        kinds.contains(&key.kind),
                        "[{section}] {name}: {kinds:?}",
                        section = section.get_ref(),
                        name = name.get_ref()
                    );
                    seen += 1;
                }
            }
        }
        assert!(seen > 60, "{seen}");
        let skills = keys.iter().find(|it| it.section == "agent" && it.key == "skills");
        assert_eq!(skills.map(|it| it.kind), Some(Kind::Table));
    }
}
