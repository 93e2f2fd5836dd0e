//! What is written, key by key: where each value comes from, and what differs between two readings.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;
use toml::de::{DeTable, DeValue};

use crate::SecretPlace;
use crate::applies;
use crate::finding::Findings;
use crate::schema::{self, Shape};
use crate::section::shown;

/// The keys whose value itself is a secret.
const SECRET_KEYS: [&str; 1] = ["ha1"];

/// A key of a section.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// The section: `trunk`.
    pub section: String,
    /// Which of them, by its name or its place; none where there is one.
    pub of: Option<String>,
    /// The key.
    pub key: String,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.of {
            Some(of) => write!(f, "[[{}]] {of}: {}", self.section, self.key),
            None => write!(f, "[{}] {}", self.section, self.key),
        }
    }
}

/// What stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// As TOML writes it; a secret is not shown.
    pub text: String,
    /// Where: `rappel.toml:12`, `the environment: RAPPEL_LOG__LEVEL`, `profile "…"`.
    pub from: String,
    /// A print of the value, or of what is in the file or the variable that it names.
    print: u64,
}

/// Everything that is written, in an order of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Values(BTreeMap<Name, Value>);

/// One key that two readings say differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Which, as [`Name`] prints it.
    pub key: String,
    /// What it was; none when it was not written.
    pub before: Option<String>,
    /// What it is; none when it is written no more.
    pub after: Option<String>,
    /// True when it counts from the next start on.
    pub needs_start: bool,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change { key, before, after, needs_start: _ } = self;
        match (before, after) {
            (Some(before), Some(after)) if before == after => {
                write!(f, "{key}: what is behind {after} has changed")
            }
            (Some(before), Some(after)) => write!(f, "{key}: {after} in place of {before}"),
            (None, Some(after)) => write!(f, "{key}: {after}, which was not written"),
            (Some(before), None) => write!(f, "{key}: not written any more, it was {before}"),
            (None, None) => f.write_str(key),
        }
    }
}

/// What was read of files and variables that the settings name: prints of it.
#[derive(Default)]
pub(crate) struct Contents(RefCell<BTreeMap<String, u64>>);

impl Contents {
    pub(crate) fn note(&self, name: &str, content: &str) {
        self.0.borrow_mut().insert(name.to_owned(), print(&content));
    }

    pub(crate) fn note_secret(&self, place: SecretPlace<'_>, content: &str) {
        match place {
            SecretPlace::File(path) => self.note(path, content),
            SecretPlace::Variable(name) => self.note(name, content),
        }
    }
}

impl Values {
    /// Gathers what the tree holds. What `before` has not was put in by the profile.
    pub(crate) fn gather(
        root: &DeTable<'_>,
        written: Option<&Values>,
        profile: Option<&str>,
        contents: &Contents,
        found: &Findings,
    ) -> Values {
        let mut values = Values::default();
        for (section, value) in root {
            let known = schema::section(section.get_ref());
            let tables: Vec<&DeTable<'_>> = match value.get_ref() {
                DeValue::Table(table) => vec![table],
                DeValue::Array(list) => {
                    list.iter().filter_map(|it| it.get_ref().as_table()).collect()
                }
                _ => Vec::new(),
            };
            let many = known.is_some_and(|it| it.shape == Shape::Many);
            for (table, place) in tables.into_iter().zip(1..) {
                let named = table.get("name").and_then(|name| name.get_ref().as_str());
                let named = named.map_or_else(|| format!("#{place}"), |it| shown(it).to_string());
                let of = many.then_some(named);
                for (key, value) in table {
                    let (section, key) = (section.get_ref().to_string(), key.get_ref().to_string());
                    let name = Name { section, of: of.clone(), key };
                    let from = match (written, profile) {
                        (Some(written), Some(profile)) if !written.0.contains_key(&name) => {
                            format!("profile \"{profile}\"")
                        }
                        _ => found.place_of(&value.span()),
                    };
                    values.0.insert(name.clone(), one(&name, value.get_ref(), from, contents));
                }
            }
        }
        values
    }

    /// Every value that is written.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Value)> {
        self.0.iter()
    }

    /// What `new` says otherwise.
    pub fn changes(&self, new: &Values) -> Vec<Change> {
        let names = self.0.keys().chain(new.0.keys().filter(|it| !self.0.contains_key(*it)));
        let mut names: Vec<&Name> = names.collect();
        names.sort();
        let change = |name: &Name| {
            let (before, after) = (self.0.get(name), new.0.get(name));
            let same = before.map(|it| it.print) == after.map(|it| it.print);
            (!same).then(|| Change {
                key: name.to_string(),
                before: before.map(|it| it.text.clone()),
                after: after.map(|it| it.text.clone()),
                needs_start: applies::needs_start(&name.section, &name.key),
            })
        };
        names.into_iter().filter_map(change).collect()
    }
}

fn one(name: &Name, value: &DeValue<'_>, from: String, contents: &Contents) -> Value {
    let written = spelled(value);
    let points = name.key.ends_with("_file") || name.key.ends_with("_env");
    let content = value.as_str().filter(|_| points || name.key == "do_not_call");
    let content = content.and_then(|it| contents.0.borrow().get(it).copied());
    let print = print(&(&written, content));
    let secret = SECRET_KEYS.contains(&name.key.as_str());
    let text = if secret { "(a secret)".to_owned() } else { written };
    Value { text, from, print }
}

fn print(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// A value as TOML writes it, in one line.
fn spelled(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => toml::Value::String(text.to_string()).to_string(),
        DeValue::Integer(integer) => integer.to_string(),
        DeValue::Float(float) => float.to_string(),
        DeValue::Boolean(boolean) => boolean.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        DeValue::Array(list) => {
            let list: Vec<String> = list.iter().map(|it| spelled(it.get_ref())).collect();
            format!("[{}]", list.join(", "))
        }
        DeValue::Table(table) => {
            let pair =
                |(key, value): (
                    &toml::Spanned<toml::de::DeString<'_>>,
                    &toml::Spanned<DeValue<'_>>,
                )| { format!("{} = {}", key.get_ref(), spelled(value.get_ref())) };
            let pairs: Vec<String> = table.iter().map(pair).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
    }
}
