//! `[screening]`, and what a line says otherwise: which numbers are called back.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use model::E164;
use queue::numbering::{NumberKind, Region};
use queue::{Beginning, DO_NOT_CALL_MAX, Digits, DoNotCall, RULES_MAX, Screening};
use toml::de::DeTable;

use crate::finding::Findings;
use crate::nearest::nearest;
use crate::section::{self, Section, shown};
use crate::value::Mistake;

/// Reads a text file that the settings name: its path, and what is in it or why it cannot be read.
pub type Lists<'a> = dyn Fn(&str) -> Result<String, String> + 'a;

/// Reads `[screening]`.
pub(crate) fn read<'a>(
    root: &'a DeTable<'a>,
    lists: &Lists<'_>,
    found: &mut Findings,
) -> Arc<Screening> {
    let section = section::one(root, "screening", found);
    let mut screening = rules(&section, &Screening::default(), found);
    if let Some(path) = section.text("do_not_call", found).filter(|path| !path.value.is_empty()) {
        match lists(path.value) {
            Ok(text) => {
                let mut own = Findings::new(path.value, &text);
                screening.do_not_call = Arc::new(do_not_call(&text, &mut own));
                found.absorb(own);
            }
            Err(why) => {
                let hint = "the path begins at the working directory, unless it begins with /";
                let expected = "a text file with a number in each line";
                found.error(&path.span, format!("`do_not_call`: {why}"), expected, hint);
            }
        }
    }
    Arc::new(screening)
}

/// What a line says, in place of what stands in `[screening]`.
pub(crate) fn of_line(
    section: &Section<'_>,
    usual: &Arc<Screening>,
    found: &mut Findings,
) -> Arc<Screening> {
    let own = ["allow", "deny", "refuse"].iter().any(|key| section.get(key).is_some());
    if own { Arc::new(rules(section, usual, found)) } else { Arc::clone(usual) }
}

/// `default_country`.
pub(crate) fn home(section: &Section<'_>, found: &mut Findings) -> Option<Region> {
    let expected = "a country, such as \"FR\"";
    let at = section.parsed("default_country", expected, found, |text| {
        if text.is_empty() {
            return Ok(None);
        }
        Region::named(text).map(Some).ok_or_else(|| {
            let hint = if text.starts_with('+') || text.parse::<u16>().is_ok() {
                "write the two letters of the country, not its country code"
            } else {
                "the two letters of ISO 3166: \"FR\", \"DE\", \"GB\""
            };
            Mistake::new(format!("`{}` is no country", shown(text)), hint)
        })
    });
    at.and_then(|at| at.value)
}

fn rules(section: &Section<'_>, usual: &Screening, found: &mut Findings) -> Screening {
    Screening {
        allow: beginnings(section, "allow", found).unwrap_or_else(|| usual.allow.clone()),
        deny: beginnings(section, "deny", found).unwrap_or_else(|| usual.deny.clone()),
        refuse: kinds(section, found).unwrap_or_else(|| usual.refuse.clone()),
        do_not_call: Arc::clone(&usual.do_not_call),
    }
}

fn beginnings(section: &Section<'_>, key: &str, found: &mut Findings) -> Option<Vec<Beginning>> {
    let list = section.texts(key, found)?;
    let expected = "countries and beginnings of numbers, such as [\"FR\", \"+4179\"]";
    if list.value.len() > RULES_MAX {
        let problem = format!("`{key}` holds more than {RULES_MAX} entries");
        found.error(&list.span, problem, expected, "join what begins alike");
        return None;
    }
    let mut all = Vec::new();
    for at in list.value {
        match Beginning::parse(at.value.trim()) {
            Some(rule) => all.push(rule),
            None => {
                let digits = at.value.trim().trim_start_matches('0');
                let hint = if !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit()) {
                    format!("write \"+{}\", with the country code", shown(digits))
                } else {
                    "two letters mean a country, + and digits all that begins so".to_owned()
                };
                let problem = format!("`{key}`: `{}` names no numbers", shown(at.value));
                found.error(&at.span, problem, expected, hint);
            }
        }
    }
    Some(all)
}

fn kinds(section: &Section<'_>, found: &mut Findings) -> Option<BTreeSet<NumberKind>> {
    let list = section.texts("refuse", found)?;
    let names: Vec<&str> = NumberKind::ALL.iter().map(|(name, _)| *name).collect();
    let mut kinds = BTreeSet::new();
    for at in list.value {
        match NumberKind::ALL.iter().find(|(name, _)| *name == at.value) {
            Some((_, kind)) => drop(kinds.insert(*kind)),
            None => {
                let problem = format!("`refuse`: there is no kind `{}`", shown(at.value));
                let hint = match nearest(at.value, names.iter().copied()) {
                    Some(meant) => format!("did you mean \"{meant}\"?"),
                    None => "[] refuses none".to_owned(),
                };
                found.error(&at.span, problem, format!("some of {}", names.join(", ")), hint);
            }
        }
    }
    Some(kinds)
}

/// A number in each line, or the beginning of numbers before a `*`; what follows a `#` is a remark.
fn do_not_call(text: &str, found: &mut Findings) -> DoNotCall {
    let (mut numbers, mut beginnings) = (Vec::new(), Vec::new());
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let begin = at;
        at += line.len();
        let entry = line.split('#').next().unwrap_or_default();
        let span = trimmed(entry, begin);
        let entry = entry.trim();
        if entry.is_empty() {
            continue;
        }
        if numbers.len() + beginnings.len() == DO_NOT_CALL_MAX {
            let problem = format!("there are more than {DO_NOT_CALL_MAX} numbers");
            found.error(&span, problem, "fewer numbers", "leave out what `deny` can say");
            break;
        }
        match entry.strip_suffix('*') {
            Some(beginning) => match Digits::parse(beginning.trim_end()) {
                Some(digits) => beginnings.push(digits),
                None => bad_entry(&span, "the beginning of a number", found),
            },
            None => match E164::parse(entry) {
                Ok(number) => numbers.push(number),
                Err(why) => bad_entry(&span, &why.to_string(), found),
            },
        }
    }
    DoNotCall::new(numbers, beginnings)
}

fn bad_entry(span: &Range<usize>, why: &str, found: &mut Findings) {
    let expected = "an international number, or the beginning of one before a *";
    let problem = format!("this is no number: {why}");
    found.error(span, problem, expected, "write +33612345678, or +3389*");
}

/// Where the text without its white space stands.
fn trimmed(text: &str, begin: usize) -> Range<usize> {
    let start = begin + (text.len() - text.trim_start().len());
    start..start + text.trim().len()
}
