//! Several files and the environment, read as one: the main file, what stands beside it in
//! `conf.d`, and variables such as `RAPPEL_LOG__LEVEL`.
//!
//! Each is parsed by itself. In a section that there is once, a later file goes before an earlier
//! one key by key; of the others there are as many as all files have together.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeString, DeTable, DeValue};

use crate::finding::Findings;
use crate::nearest::nearest;
use crate::schema::{self, SECTIONS, SectionSchema, Shape};
use crate::section::shown;
use crate::syntax;

/// Most files beside the main one.
pub const FILES_MAX: usize = 100;
/// What the names of our variables begin with.
pub const VARIABLE_PREFIX: &str = "RAPPEL_";

/// One text that is read: its name, as findings call it, and where it stands among all.
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) range: Range<usize>,
    /// Of a variable: the rest of its name, behind [`VARIABLE_PREFIX`].
    pub(crate) variable: Option<String>,
}

/// Puts the texts behind each other.
pub(crate) fn join(
    files: &[(String, String)],
    environment: &[(String, String)],
) -> (String, Vec<Part>) {
    let (mut text, mut parts) = (String::new(), Vec::new());
    let mut add = |name: String, content: &str, variable: Option<String>| {
        let start = text.len();
        text.push_str(content);
        parts.push(Part { name, range: start..text.len(), variable });
        text.push('\n');
    };
    for (name, content) in files {
        add(name.clone(), content, None);
    }
    for (name, content) in environment {
        let ours = name.strip_prefix(VARIABLE_PREFIX).filter(|rest| rest.contains("__"));
        if let Some(rest) = ours {
            add(format!("the environment: {name}"), content, Some(rest.to_owned()));
        }
    }
    (text, parts)
}

/// The one tree of all parts.
pub(crate) fn tree<'a>(text: &'a str, parts: &[Part], found: &mut Findings) -> DeTable<'a> {
    let mut root = DeTable::new();
    for part in parts {
        let (start, content) = (part.range.start, &text[part.range.clone()]);
        if let Some(variable) = &part.variable {
            set(&mut root, variable, content, &part.range, found);
            continue;
        }
        let (table, mut mistakes) = DeTable::parse_recoverable(content);
        mistakes.sort_by_key(|mistake| mistake.span().map(|span| span.start));
        for mistake in &mistakes {
            syntax::report(mistake, start, found);
        }
        merge(&mut root, moved_table(table.into_inner(), start), found);
    }
    root
}

/// Puts what a file says over what stands already.
fn merge<'a>(root: &mut DeTable<'a>, more: DeTable<'a>, found: &mut Findings) {
    for (name, value) in more {
        let Some(known) = root.get_mut(name.get_ref().as_ref()) else {
            root.insert(name, value);
            continue;
        };
        let single = schema::section(name.get_ref()).is_none_or(|it| it.shape != Shape::Many);
        let span = value.span();
        match (known.get_mut(), value.into_inner()) {
            (DeValue::Table(before), DeValue::Table(after)) if single => {
                for (key, value) in after {
                    before.remove(key.get_ref().as_ref());
                    before.insert(key, value);
                }
            }
            (DeValue::Array(before), DeValue::Array(after)) if !single => {
                after.into_iter().for_each(|section| before.push(section));
            }
            (DeValue::String(before), DeValue::String(after)) => {
                *before = after;
            }
            _ => {
                let problem =
                    format!("`{}` stands otherwise in another file", shown(name.get_ref()));
                let hint = "write the section in the same brackets in every file";
                found.error(&span, problem, "the same kind of section in every file", hint);
            }
        }
    }
}

/// `SIP__LISTEN`, `TRUNK__CARRIER__ADDRESS`.
fn set<'a>(
    root: &mut DeTable<'a>,
    variable: &str,
    content: &'a str,
    span: &Range<usize>,
    found: &mut Findings,
) {
    let mut words: Vec<&str> = variable.split("__").collect();
    let key = words.pop().unwrap_or_default().to_ascii_lowercase();
    let section = words.first().copied().unwrap_or_default().to_ascii_lowercase();
    let expected = "RAPPEL_LOG__LEVEL, or RAPPEL_TRUNK__CARRIER__ADDRESS for a [[trunk]] carrier";
    let Some(schema) = schema::section(&section) else {
        let names = SECTIONS.iter().map(|section| section.name);
        let hint = match nearest(&section, names) {
            Some(meant) => format!("did you mean {}?", meant.to_ascii_uppercase()),
            None => "the first word is a section, the last one a key of it".to_owned(),
        };
        let problem = format!("there is no section `{}`", shown(&section));
        return found.error(span, problem, expected, hint);
    };
    if !schema.keys.contains(&key.as_str()) {
        let hint = match nearest(&key, schema.keys.iter().copied()) {
            Some(meant) => format!("did you mean {}?", meant.to_ascii_uppercase()),
            None => format!("its keys are {}", schema.keys.join(", ")),
        };
        let problem = format!("{} has no key `{}`", schema.header(), shown(&key));
        return found.error(span, problem, expected, hint);
    }
    let Some(table) = table_of(root, schema, &words[1..], span) else {
        let hint = "it stands for a section that a file has, by its name: other letters than \
                    A to Z and 0 to 9 are written _";
        let problem = format!("no {} is meant", schema.header());
        return found.error(span, problem, expected, hint);
    };
    table.remove(key.as_str());
    let key = Spanned::new(span.clone(), DeString::Owned(key));
    table.insert(key, Spanned::new(span.clone(), value(content, span)));
}

/// The section that a variable means; the one that there may be once is made.
fn table_of<'r, 'a>(
    root: &'r mut DeTable<'a>,
    schema: &SectionSchema,
    which: &[&str],
    span: &Range<usize>,
) -> Option<&'r mut DeTable<'a>> {
    let plain = |name: &str| -> String {
        let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        name.chars().map(letter).collect()
    };
    match (schema.shape, which) {
        (Shape::One, []) => {
            if !root.contains_key(schema.name) {
                let key = Spanned::new(span.clone(), DeString::Owned(schema.name.to_owned()));
                root.insert(key, Spanned::new(span.clone(), DeValue::Table(DeTable::new())));
            }
            match root.get_mut(schema.name)?.get_mut() {
                DeValue::Table(table) => Some(table),
                _ => None,
            }
        }
        (Shape::Many, [which]) => {
            let DeValue::Array(list) = root.get_mut(schema.name)?.get_mut() else { return None };
            list.iter_mut().find_map(|section| match section.get_mut() {
                DeValue::Table(table) => {
                    let name = table.get("name").and_then(|name| name.get_ref().as_str());
                    name.is_some_and(|name| plain(name) == which.to_ascii_uppercase())
                        .then_some(table)
                }
                _ => None,
            })
        }
        (Shape::One | Shape::Many | Shape::Inline, _) => None,
    }
}

/// `true`, numbers, lists and texts in quotes as TOML; everything else as a text.
fn value<'a>(content: &'a str, span: &Range<usize>) -> DeValue<'a> {
    let content = content.trim();
    let number = !content.is_empty() && content.bytes().all(|byte| byte.is_ascii_digit());
    let toml =
        number || matches!(content, "true" | "false") || content.starts_with(['"', '\'', '[']);
    match DeValue::parse(content).ok().filter(|_| toml) {
        Some(value) => placed(value.into_inner(), span),
        None => DeValue::String(content.into()),
    }
}

/// The value, as if all of it stood at `at`.
fn placed<'a>(value: DeValue<'a>, at: &Range<usize>) -> DeValue<'a> {
    match value {
        DeValue::Array(list) => {
            let mut placed_list = DeArray::new();
            for element in list {
                placed_list.push(Spanned::new(at.clone(), placed(element.into_inner(), at)));
            }
            DeValue::Array(placed_list)
        }
        other => other,
    }
}

fn moved_table(table: DeTable<'_>, by: usize) -> DeTable<'_> {
    let moved_key = |key: Spanned<DeString<'_>>| {
        let span = key.span();
        (span.start + by..span.end + by, key.into_inner().into_owned())
    };
    let mut moved_all = DeTable::new();
    for (key, value) in table {
        let (span, key) = moved_key(key);
        moved_all.insert(Spanned::new(span, DeString::Owned(key)), moved(value, by));
    }
    moved_all
}

fn moved(value: Spanned<DeValue<'_>>, by: usize) -> Spanned<DeValue<'_>> {
    let span = value.span().start + by..value.span().end + by;
    let inner = match value.into_inner() {
        DeValue::Array(list) => {
            let mut moved_list = DeArray::new();
            for element in list {
                moved_list.push(moved(element, by));
            }
            DeValue::Array(moved_list)
        }
        DeValue::Table(table) => DeValue::Table(moved_table(table, by)),
        other => other,
    };
    Spanned::new(span, inner)
}
