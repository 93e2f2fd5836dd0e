//! One section of the file, read key by key. A reader that finds something wrong reports it and
//! gives nothing, so that the rest is still looked at.

use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::finding::Findings;
use crate::nearest::nearest;
use crate::schema::{self, SECTIONS, SectionSchema};
use crate::value;

/// Most sections of one kind.
pub const SECTIONS_MAX: usize = 2_000;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) span: Range<usize>,
}

/// A section and its header's place.
pub(crate) struct Section<'a> {
    pub(crate) schema: &'static SectionSchema,
    pub(crate) span: Range<usize>,
    table: Option<&'a DeTable<'a>>,
    /// It stands in the file in another shape, which is reported already.
    misshapen: bool,
}

/// The section `name` of the file; an empty one when the file has none.
pub(crate) fn one<'a>(root: &'a DeTable<'a>, name: &str, found: &mut Findings) -> Section<'a> {
    let schema = schema::section(name).expect("sections are asked for by their own names");
    let Some((key, value)) = root.get_key_value(name) else {
        return Section { schema, span: 0..0, table: None, misshapen: false };
    };
    let table = match value.get_ref() {
        DeValue::Table(table) => Some(table),
        DeValue::Array(_) => {
            let hint = format!("write [{name}] with single brackets, and only once");
            found.error(
                &key.span(),
                format!("`{name}` stands here as a list"),
                "one section",
                hint,
            );
            None
        }
        other => {
            let hint = format!("write [{name}] in a line of its own, and its keys below it");
            let problem = format!("`{name}` is {} here", a(other.type_str()));
            found.error(&key.span(), problem, "a section", hint);
            None
        }
    };
    let section = Section { schema, span: key.span(), table, misshapen: table.is_none() };
    section.report_unknown_keys(found);
    section
}

/// Every section `name` of the file, in its order.
pub(crate) fn many<'a>(
    root: &'a DeTable<'a>,
    name: &str,
    found: &mut Findings,
) -> Vec<Section<'a>> {
    let schema = schema::section(name).expect("sections are asked for by their own names");
    let Some((key, value)) = root.get_key_value(name) else { return Vec::new() };
    let mut sections = Vec::new();
    let hint = format!("write [[{name}]] with double brackets: there may be several");
    match value.get_ref() {
        DeValue::Array(array) => {
            for element in array.iter() {
                match element.get_ref() {
                    DeValue::Table(table) => {
                        sections.push(Section {
                            schema,
                            span: element.span(),
                            table: Some(table),
                            misshapen: false,
                        });
                    }
                    other => {
                        let problem = format!("`{name}` holds {}", a(other.type_str()));
                        found.error(&element.span(), problem, "sections", hint.as_str());
                    }
                }
            }
        }
        DeValue::Table(table) => {
            let problem = format!("`{name}` stands here as a single section");
            found.error(&key.span(), problem, format!("[[{name}]]"), hint);
            sections.push(Section {
                schema,
                span: key.span(),
                table: Some(table),
                misshapen: false,
            });
        }
        other => {
            let problem = format!("`{name}` is {} here", a(other.type_str()));
            found.error(&key.span(), problem, "sections", hint);
        }
    }
    if let Some(beyond) = sections.get(SECTIONS_MAX) {
        let problem = format!("this is one {} too many", schema.header());
        let expected = format!("at most {SECTIONS_MAX}");
        found.error(&beyond.span, problem, expected, "run several engines, each with its own file");
        sections.truncate(SECTIONS_MAX);
    }
    for section in &sections {
        section.report_unknown_keys(found);
    }
    sections
}

/// The same sections once more, without a word about what is no section: that was reported when
/// they were read first.
pub(crate) fn again<'a>(root: &'a DeTable<'a>, name: &str) -> Vec<Section<'a>> {
    let schema = schema::section(name).expect("sections are asked for by their own names");
    let tables: Vec<(Range<usize>, &DeTable<'_>)> = match root.get(name).map(Spanned::get_ref) {
        Some(DeValue::Array(array)) => {
            let of = |it: &'a Spanned<DeValue<'a>>| Some((it.span(), it.get_ref().as_table()?));
            array.iter().filter_map(of).take(SECTIONS_MAX).collect()
        }
        Some(_) | None => Vec::new(),
    };
    let section = |(span, table)| Section { schema, span, table: Some(table), misshapen: false };
    tables.into_iter().map(section).collect()
}

/// Reports top-level names that are no section.
pub(crate) fn report_unknown_sections(root: &DeTable<'_>, found: &mut Findings) {
    for key in root.keys() {
        let name: &str = key.get_ref();
        if schema::section(name).is_some() {
            continue;
        }
        let names = SECTIONS.iter().map(|section| section.name);
        let hint = match nearest(name, names).and_then(schema::section) {
            Some(meant) => format!("did you mean {}?", meant.header()),
            None => match key_elsewhere(name) {
                Some(owner) => format!("`{name}` belongs under {}", owner.header()),
                None => {
                    let all: Vec<String> = SECTIONS.iter().map(SectionSchema::header).collect();
                    format!("the sections are {}", all.join(", "))
                }
            },
        };
        let problem = format!("there is no section `{}`", shown(name));
        found.error(&key.span(), problem, "a section that Rappel knows", hint);
    }
}

impl<'a> Section<'a> {
    /// A table inside another section, read as a section of its own.
    pub(crate) fn inline(
        schema: &'static SectionSchema,
        table: &'a DeTable<'a>,
        span: Range<usize>,
        found: &mut Findings,
    ) -> Section<'a> {
        let section = Section { schema, span, table: Some(table), misshapen: false };
        section.report_unknown_keys(found);
        section
    }

    /// True when the file has this section.
    pub(crate) fn is_present(&self) -> bool {
        self.table.is_some()
    }

    /// Text in quotes.
    pub(crate) fn text(&self, key: &str, found: &mut Findings) -> Option<At<&'a str>> {
        let value = self.get(key)?;
        if let DeValue::String(text) = value.get_ref() {
            return Some(At { value: text, span: value.span() });
        }
        self.wrong_type(key, value, "text in quotes", found);
        None
    }

    /// Text that is not empty and that `parse` understands; its error is problem and hint.
    pub(crate) fn parsed<T>(
        &self,
        key: &str,
        expected: &str,
        found: &mut Findings,
        parse: impl FnOnce(&str) -> Result<T, value::Mistake>,
    ) -> Option<At<T>> {
        let text = self.text(key, found)?;
        match parse(text.value) {
            Ok(value) => Some(At { value, span: text.span }),
            Err(mistake) => {
                found.error(
                    &text.span,
                    format!("`{key}`: {}", mistake.problem),
                    expected,
                    mistake.hint,
                );
                None
            }
        }
    }

    /// A list of texts; one text stands for a list of one.
    pub(crate) fn texts(&self, key: &str, found: &mut Findings) -> Option<At<Vec<At<&'a str>>>> {
        let value = self.get(key)?;
        let expected = "a list of texts in quotes";
        let list = match value.get_ref() {
            DeValue::String(text) => vec![At { value: &**text, span: value.span() }],
            DeValue::Array(array) => {
                let mut list = Vec::new();
                for element in array.iter() {
                    match element.get_ref() {
                        DeValue::String(text) => {
                            list.push(At { value: &**text, span: element.span() });
                        }
                        _ => self.wrong_type(key, element, expected, found),
                    }
                }
                list
            }
            _ => {
                self.wrong_type(key, value, expected, found);
                return None;
            }
        };
        Some(At { value: list, span: value.span() })
    }

    /// True or false.
    pub(crate) fn boolean(&self, key: &str, found: &mut Findings) -> Option<At<bool>> {
        let value = self.get(key)?;
        if let DeValue::Boolean(boolean) = value.get_ref() {
            return Some(At { value: *boolean, span: value.span() });
        }
        self.wrong_type(key, value, "true or false", found);
        None
    }

    /// A whole number within `range`, else `default`.
    pub(crate) fn integer(
        &self,
        key: &str,
        range: RangeInclusive<u64>,
        default: u64,
        found: &mut Findings,
    ) -> u64 {
        let hint = format!("without this key it is {default}");
        self.whole_number(key, range, &hint, found).unwrap_or(default)
    }

    /// A whole number within `range`, when it is there and right. The hint is for one that is not.
    pub(crate) fn whole_number(
        &self,
        key: &str,
        range: RangeInclusive<u64>,
        hint: &str,
        found: &mut Findings,
    ) -> Option<u64> {
        let value = self.get(key)?;
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        let DeValue::Integer(integer) = value.get_ref() else {
            self.wrong_type(key, value, &expected, found);
            return None;
        };
        let number = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            found.error(&value.span(), format!("`{key}` is out of range"), expected, hint);
        }
        number
    }

    /// A time within `range`, else `default`.
    pub(crate) fn duration(
        &self,
        key: &str,
        range: RangeInclusive<Duration>,
        default: Duration,
        found: &mut Findings,
    ) -> Duration {
        let Some(value) = self.get(key) else { return default };
        let (least, most) = (value::spell(*range.start()), value::spell(*range.end()));
        let expected = format!("a time from \"{least}\" to \"{most}\"");
        let problem = match value.get_ref() {
            DeValue::String(text) => match value::duration(text) {
                Some(time) if range.contains(&time) => return time,
                Some(time) if time < *range.start() => format!("`{key}` is too short"),
                Some(_) => format!("`{key}` is too long"),
                None => format!("`{key}` is not a time"),
            },
            other => format!("`{key}` is {}, and a time has a unit", a(other.type_str())),
        };
        let hint = format!(
            "write it in quotes with its units: \"{}\" (ms, s, m, h, d)",
            value::spell(default)
        );
        found.error(&value.span(), problem, expected, hint);
        default
    }

    /// The value of a key of this section.
    pub(crate) fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        debug_assert!(self.schema.keys.contains(&key), "{key} is in the schema");
        self.table?.get(key)
    }

    /// Reports that a key must be given. `example` is what it may look like.
    pub(crate) fn must_have(&self, key: &str, example: &str, found: &mut Findings) {
        if self.get(key).is_some() || self.misshapen {
            return;
        }
        let header = self.schema.header();
        if self.is_present() {
            let problem = format!("this {header} has no `{key}`");
            let hint = format!("add {key} = {example}");
            found.missing(&self.span, problem, format!("`{key}` below"), hint);
        } else {
            let hint = format!("add a line {header}, and below it {key} = {example}");
            found.missing(&(0..0), format!("the file has no {header}"), header, hint);
        }
    }

    fn wrong_type(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        expected: &str,
        found: &mut Findings,
    ) {
        let problem = format!("`{key}` is {}", a(value.get_ref().type_str()));
        let text = found.text();
        let written = shown(text.get(value.span()).unwrap_or_default());
        let hint = match value.get_ref() {
            DeValue::Integer(_) if expected.contains("quotes") && key.contains("number") => {
                format!("a phone number stands in quotes: \"+{}\"", written.trim_start_matches('+'))
            }
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
                if expected.contains("quotes") =>
            {
                format!("put it in quotes: \"{written}\"")
            }
            DeValue::String(text) if expected.starts_with("true") => match text.trim() {
                "true" | "yes" | "on" | "1" => format!("write {key} = true"),
                "false" | "no" | "off" | "0" => format!("write {key} = false"),
                _ => format!("write {key} = true or {key} = false, without quotes"),
            },
            DeValue::Integer(_) if expected.starts_with("true") => {
                format!("write {key} = true or {key} = false")
            }
            DeValue::String(text) if text.trim().parse::<u64>().is_ok() => {
                "write it without quotes".into()
            }
            DeValue::Array(_) => format!("write one value for `{key}`, without brackets"),
            DeValue::Table(_) => {
                format!("write {}, and below it {key} = …", self.schema.header())
            }
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => format!("write {key} = followed by {expected}"),
        };
        found.error(&value.span(), problem, expected, hint);
    }

    fn report_unknown_keys(&self, found: &mut Findings) {
        for key in self.table.iter().flat_map(|table| table.keys()) {
            let name: &str = key.get_ref();
            if self.schema.keys.contains(&name) {
                continue;
            }
            let header = self.schema.header();
            let hint = match nearest(name, self.schema.keys.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => match key_elsewhere(name) {
                    Some(owner) => format!("`{name}` belongs under {}", owner.header()),
                    None => format!("its keys are {}", self.schema.keys.join(", ")),
                },
            };
            let problem = format!("{header} has no key `{}`", shown(name));
            found.error(&key.span(), problem, format!("a key of {header}"), hint);
        }
    }
}

/// The one section that has this key, when the key names it.
fn key_elsewhere(key: &str) -> Option<&'static SectionSchema> {
    let mut owners = SECTIONS.iter().filter(|section| section.keys.contains(&key));
    let owner = owners.next()?;
    owners.next().is_none().then_some(owner)
}

/// The kind of a value, with its article.
fn a(kind: &str) -> String {
    match kind {
        "string" => "text".into(),
        "integer" => "a number".into(),
        "float" => "a number with a fraction".into(),
        "boolean" => "true or false".into(),
        "datetime" => "a date".into(),
        "array" => "a list".into(),
        "table" => "a section".into(),
        other => format!("a {other}"),
    }
}

/// Text of the file inside a sentence: short, and without control characters.
pub(crate) fn shown(text: &str) -> String {
    const LENGTH_MAX: usize = 60;
    let mut short: String = text
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .take(LENGTH_MAX)
        .collect();
    if text.chars().count() > LENGTH_MAX {
        short.push('…');
    }
    short
}
