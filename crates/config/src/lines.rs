//! `[[line]]`: the numbers that customers dial.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use model::{E164, LanguageTag, LineName, NumberFormat, QueueName, TrunkName};
use toml::de::{DeTable, DeValue};

use crate::finding::Findings;
use crate::names::Names;
use crate::section::{self, At, Section, shown};
use crate::trunks::Trunk;
use crate::value::Mistake;

/// Most numbers of one line.
pub const NUMBERS_MAX: usize = 1_000;

/// The languages whose prompts come with Rappel.
const BUNDLED_LANGUAGES: [&str; 2] = ["en", "fr"];

/// Stands for every number that no other line claims.
const ANY_NUMBER: &str = "*";

/// What lines refer to.
pub(crate) struct Context<'a> {
    pub(crate) trunks: &'a [Trunk],
    pub(crate) trunk_names: &'a Names,
    pub(crate) queue_names: &'a Names,
    /// Whether the operator has prompts of their own.
    pub(crate) own_prompts: bool,
}

/// A line as far as it could be read.
pub(crate) struct Line {
    name: Option<String>,
    numbers: Vec<String>,
    language: String,
    greeting: Option<String>,
    outbound_number: Option<E164>,
    withheld: bool,
    callbacks: bool,
    trunk: Option<String>,
    pub(crate) queue: Option<String>,
}

impl Line {
    /// The settings, once nothing is wrong.
    pub(crate) fn settings(&self) -> Option<engine::Line> {
        Some(engine::Line {
            name: LineName::from(self.name.as_deref()?),
            numbers: self.numbers.clone(),
            language: LanguageTag::from(self.language.as_str()),
            greeting: self.greeting.as_deref().map(Arc::from),
            outbound_number: self.outbound_number,
            withheld: self.withheld,
            callbacks: self.callbacks,
            trunk: TrunkName::from(self.trunk.as_deref()?),
            queue: QueueName::from(self.queue.as_deref()?),
        })
    }
}

/// Reads every line.
pub(crate) fn read<'a>(
    root: &'a DeTable<'a>,
    context: &Context<'_>,
    found: &mut Findings,
) -> (Vec<Line>, Names) {
    let sections = section::many(root, "line", found);
    let names = Names::of("line", &sections, found);
    let mut claims = Claims::default();
    let lines = sections
        .iter()
        .enumerate()
        .map(|(place, section)| one(section, names.at(place), context, &mut claims, found))
        .collect();
    (lines, names)
}

fn one(
    section: &Section<'_>,
    name: Option<&str>,
    context: &Context<'_>,
    claims: &mut Claims,
    found: &mut Findings,
) -> Line {
    let trunk = context.trunk_names.reference(section, "trunk", found);
    let of_line = |it: &&Trunk| it.name.is_some() && it.name == trunk;
    let format = context.trunks.iter().find(of_line).map(|it| it.format.clone());
    let numbers = numbers(section, format.unwrap_or_default(), claims, found);
    let callbacks = section.boolean("callbacks", found).is_none_or(|at| at.value);
    Line {
        name: name.map(str::to_string),
        numbers,
        language: language(section, context.own_prompts, found),
        greeting: greeting(section, found),
        outbound_number: outbound_number(section, name, callbacks, found),
        withheld: withheld(section, found),
        callbacks,
        trunk,
        queue: context.queue_names.reference(section, "queue", found),
    }
}

/// The user parts of Request-URIs that mean this line.
fn numbers(
    section: &Section<'_>,
    format: NumberFormat,
    claims: &mut Claims,
    found: &mut Findings,
) -> Vec<String> {
    let both = section.get("number").is_some() && section.get("numbers").is_some();
    if let Some(number) = section.get("number").filter(|_| both) {
        let hint = "put all of them into `numbers`";
        let problem = "this line has both `number` and `numbers`";
        found.error(&number.span(), problem, "one of the two", hint);
    }
    if section.get("number").is_none() && section.get("numbers").is_none() {
        section.must_have("number", "\"+33123456789\"", found);
    }
    let mut list: Vec<At<&str>> = Vec::new();
    match section.get("number").map(|value| value.get_ref()) {
        Some(DeValue::Array(_)) => {
            let value = section.get("number").expect("it was there a line ago");
            let hint = "for several numbers the key is `numbers`";
            found.error(&value.span(), "`number` is a list", "one number in quotes", hint);
        }
        Some(_) => list.extend(section.text("number", found)),
        None => {}
    }
    if let Some(numbers) = section.texts("numbers", found) {
        if numbers.value.is_empty() {
            let hint = "\"*\" stands for every number that no other line has";
            let expected = "at least one number";
            found.error(&numbers.span, "`numbers` is empty: nobody can call", expected, hint);
        }
        if numbers.value.len() > NUMBERS_MAX {
            let problem = format!("this line has more than {NUMBERS_MAX} numbers");
            let hint = "spread them over several lines";
            found.error(&numbers.span, problem, "fewer numbers", hint);
        } else {
            list.extend(numbers.value);
        }
    }
    let mut all: Vec<String> = Vec::new();
    for number in list {
        match user_parts(number.value, &format) {
            Ok(users) => {
                claims.claim(&number, &users, found);
                all.extend(
                    users.into_iter().filter(|user| !all.contains(user)).collect::<Vec<_>>(),
                );
            }
            Err(mistake) => {
                let expected = "a number as it is dialled, such as \"+33123456789\"";
                found.error(&number.span, mistake.problem, expected, mistake.hint);
            }
        }
    }
    all
}

/// Every way in which a trunk of this format may write the number.
fn user_parts(text: &str, format: &NumberFormat) -> Result<Vec<String>, Mistake> {
    let text = text.trim();
    if text == ANY_NUMBER {
        return Ok(vec![text.into()]);
    }
    let mut users = vec![];
    let separator = |c: char| matches!(c, ' ' | '.' | '-' | '(' | ')');
    let compact: String = text.chars().filter(|c| !separator(*c)).collect();
    let is_number = compact.starts_with(|c: char| c == '+' || c.is_ascii_digit());
    match format.read(&compact) {
        Ok(number) => {
            let digits = number.digits();
            let ways = [
                format.write(&number),
                number.reveal(),
                format!("00{digits}"),
                digits.to_string(),
                compact,
            ];
            let same = |way: &String| format.read(way) == Ok(number);
            for way in ways.into_iter().filter(same) {
                if !users.contains(&way) {
                    users.push(way);
                }
            }
        }
        Err(why) if text.starts_with('+') => {
            let problem = format!("`{}` is not an international number", shown(text));
            return Err(Mistake::new(problem, why.to_string()));
        }
        Err(_) => {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.!~*'()&=+$,;?/".contains(c);
            let user = if is_number { &*compact } else { text };
            if user.is_empty() || user.len() > 64 || !user.chars().all(plain) {
                let problem = format!("`{}` cannot be dialled", shown(text));
                let hint = "write the number, or the name before the @, without sip:";
                return Err(Mistake::new(problem, hint));
            }
            users.push(user.into());
        }
    }
    Ok(users)
}

/// Which number is whose.
#[derive(Default)]
struct Claims(BTreeMap<String, Range<usize>>);

impl Claims {
    fn claim(&mut self, number: &At<&str>, users: &[String], found: &mut Findings) {
        let first = users.iter().find_map(|user| self.0.get(user));
        if let Some(first) = first {
            let line = found.line_of(first);
            let problem = format!("`{}` is claimed in line {line} already", shown(number.value));
            let hint = if number.value.trim() == ANY_NUMBER {
                "only one line can take every number that is left".to_string()
            } else {
                "a number belongs to one line: take it out of one of the two".to_string()
            };
            found.error(&number.span, problem, "a number of its own", hint);
        }
        for user in users {
            self.0.entry(user.clone()).or_insert_with(|| number.span.clone());
        }
    }
}

fn language(section: &Section<'_>, own_prompts: bool, found: &mut Findings) -> String {
    let expected = "a language, such as \"en\" or \"fr\"";
    let at = section.parsed("language", expected, found, |text| {
        let simple = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !(2..=16).contains(&text.len()) || !text.chars().all(simple) {
            let hint = "it is the name of a directory of prompts: small letters, two or more";
            return Err(Mistake::new(format!("`{}` is not a language", shown(text)), hint));
        }
        Ok(text.to_string())
    });
    let Some(at) = at else { return BUNDLED_LANGUAGES[0].into() };
    if !BUNDLED_LANGUAGES.contains(&at.value.as_str()) && !own_prompts {
        let problem = format!("there are no prompts in `{}`", at.value);
        let hint = format!(
            "prompts come in {}; for others name your own with prompts.directory",
            BUNDLED_LANGUAGES.join(" and ")
        );
        found.error(&at.span, problem, expected, hint);
    }
    at.value
}

fn greeting(section: &Section<'_>, found: &mut Findings) -> Option<String> {
    let expected = "the name of a prompt file, without .wav";
    let at = section.parsed("greeting", expected, found, |text| {
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
    });
    at.map(|at| at.value)
}

fn withheld(section: &Section<'_>, found: &mut Findings) -> bool {
    let Some(withheld) = section.boolean("withhold_number", found) else { return false };
    if withheld.value && section.get("outbound_number").is_none() {
        let problem = "this line has no number to withhold";
        let hint = "the trunk must learn which number calls: add outbound_number";
        found.warning(&withheld.span, problem, "`outbound_number` beside it", hint);
    }
    withheld.value
}

fn outbound_number(
    section: &Section<'_>,
    name: Option<&str>,
    callbacks: bool,
    found: &mut Findings,
) -> Option<E164> {
    let expected = "an international number, such as \"+33123456789\"";
    if section.get("outbound_number").is_none() {
        if callbacks {
            let name = name.unwrap_or("?");
            let problem = format!("callbacks are never offered on line `{name}`");
            let hint = "add outbound_number, the number that customers see, or callbacks = false";
            let expected = "`outbound_number` below";
            found.warning(&section.span, problem, expected, hint);
        }
        return None;
    }
    let at = section.parsed("outbound_number", expected, found, |text| {
        E164::parse(text).map_err(|why| {
            let problem = format!("`{}` is not an international number", shown(text));
            Mistake::new(problem, why.to_string())
        })
    });
    at.map(|at| at.value)
}
