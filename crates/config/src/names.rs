//! Names of trunks, lines, queues and agents, and references to them.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::Findings;
use crate::nearest::nearest;
use crate::section::{At, Section, shown};

/// Most characters of a name.
pub const NAME_LENGTH_MAX: usize = 64;

/// The names of all sections of one kind.
pub(crate) struct Names {
    kind: &'static str,
    /// In the order of the sections; absent where a section has no good name.
    list: Vec<Option<String>>,
}

impl Names {
    /// Reads `name` of every section, and reports names that are absent, odd or given twice.
    pub(crate) fn of(kind: &'static str, sections: &[Section<'_>], found: &mut Findings) -> Names {
        let mut lines: BTreeMap<String, usize> = BTreeMap::new();
        let mut list = Vec::new();
        for section in sections {
            section.must_have("name", &format!("\"my-{kind}\""), found);
            let name = section.text("name", found).filter(|name| is_good(name, found));
            if let Some(name) = &name {
                let line = found.line_of(&name.span);
                if let Some(first) = lines.get(name.value) {
                    let problem =
                        format!("`{}` is the name of the {kind} in line {first}", name.value);
                    let hint = format!("give this {kind} another name");
                    found.error(&name.span, problem, "a name of its own", hint);
                } else {
                    lines.insert(name.value.into(), line);
                }
            }
            list.push(name.map(|name| name.value.to_string()));
        }
        Names { kind, list }
    }

    /// The name of one section.
    pub(crate) fn at(&self, place: usize) -> Option<&str> {
        self.list.get(place)?.as_deref()
    }

    fn distinct(&self) -> BTreeSet<&str> {
        self.list.iter().flatten().map(String::as_str).collect()
    }

    /// The one that is meant where none is named: the only one.
    fn only(&self) -> Option<&str> {
        let mut names = self.distinct().into_iter();
        let first = names.next()?;
        let readable = self.list.iter().all(Option::is_some);
        (names.next().is_none() && readable).then_some(first)
    }

    /// The name that `reference` means; an unknown one is reported.
    pub(crate) fn resolve(&self, reference: &At<&str>, found: &mut Findings) -> Option<String> {
        let names = self.distinct();
        if names.contains(reference.value) {
            return Some(reference.value.into());
        }
        // A name that could not be read may be the one that is meant.
        if self.list.iter().any(Option::is_none) {
            return None;
        }
        let all: Vec<&str> = names.iter().copied().collect();
        let hint = match nearest(reference.value, names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if all.is_empty() => format!("add a line [[{}]] with this name", self.kind),
            None => format!("there is {}", all.join(", ")),
        };
        let problem = format!("there is no {} `{}`", self.kind, shown(reference.value));
        let expected = format!("the name of a [[{}]]", self.kind);
        found.missing(&reference.span, problem, expected, hint);
        None
    }

    /// The name under `key`; without the key, the only one there is.
    pub(crate) fn reference(
        &self,
        section: &Section<'_>,
        key: &str,
        found: &mut Findings,
    ) -> Option<String> {
        if section.get(key).is_some() {
            return section.text(key, found).and_then(|at| self.resolve(&at, found));
        }
        let all: Vec<&str> = self.distinct().into_iter().collect();
        if all.len() > 1 {
            let header = section.schema.header();
            let problem = format!("this {header} names no {}, and there are several", self.kind);
            let hint = format!("add {key} = \"…\", one of {}", all.join(", "));
            found.missing(&section.span, problem, format!("`{key}` below"), hint);
        }
        self.only().map(str::to_string)
    }

    /// Reports that there is none at all.
    pub(crate) fn must_not_be_empty(&self, why: &str, example: &str, found: &mut Findings) {
        if self.list.is_empty() {
            let header = format!("[[{}]]", self.kind);
            let problem = format!("the file has no {header}: {why}");
            let hint = format!("add {header} and below it {example}");
            found.missing(&(0..0), problem, format!("at least one {header}"), hint);
        }
    }
}

fn is_good(name: &At<&str>, found: &mut Findings) -> bool {
    let simple = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let length = name.value.chars().count();
    let good = (1..=NAME_LENGTH_MAX).contains(&length) && name.value.chars().all(simple);
    if !good {
        let problem = match length {
            0 => "the name is empty".into(),
            1..=NAME_LENGTH_MAX => format!("`{}` is not a simple name", shown(name.value)),
            _ => format!("the name has more than {NAME_LENGTH_MAX} characters"),
        };
        let hint = "names are typed in commands: letters, digits, hyphen, underscore, dot";
        found.error(&name.span, problem, "a simple name, such as \"support\"", hint);
    }
    good
}
