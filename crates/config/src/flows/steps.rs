//! One step of a flow: `{ label = "…", say = "…" }`.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use ivr::Phrase;
use ivr::flow::{
    Asking, Asks, Empty, Exits, Labelled, Limit, Offers, Part, Refusals, Step, Test, Value,
    ValueKind, Way,
};
use model::Key;
use toml::de::{DeTable, DeValue};

use super::phrase;
use crate::desks::{Desks, Destinations};
use crate::finding::Findings;
use crate::schema::{SectionSchema, Shape};
use crate::section::{At, Section, shown};
use crate::skills;
use crate::value::Mistake;
use crate::voices;

const MINUTE: Duration = Duration::from_secs(60);
/// Most characters of a variable's name, and of a label.
const NAME_LENGTH_MAX: usize = 32;

const fn step(name: &'static str, keys: &'static [&'static str]) -> SectionSchema {
    SectionSchema { name, shape: Shape::Inline, keys }
}

/// Every kind of step, by the key that makes it one. Where a step has the keys of two, it is of the
/// first: `say` and `go` are also parts of others.
static KINDS: [SectionSchema; 19] = [
    step(
        "get_digit",
        &["label", "get_digit", "keys", "exits", "say", "wait", "tries", "otherwise"],
    ),
    step(
        "get_value",
        &[
            "label",
            "get_value",
            "kind",
            "digits_min",
            "digits_max",
            "empty",
            "empty_go",
            "wrong",
            "bad",
            "refused",
            "say",
            "wait",
            "tries",
            "otherwise",
        ],
    ),
    step("say_digits", &["label", "say_digits"]),
    step("set", &["label", "set", "to", "from"]),
    step("count", &["label", "count", "to", "go"]),
    step("if", &["label", "if", "go"]),
    step("queue", &["label", "queue", "exits", "offer", "say"]),
    step("offers", &["label", "offers"]),
    step(
        "callback",
        &["label", "callback", "say", "already", "refused", "unavailable", "otherwise"],
    ),
    step("message", &["label", "message", "say", "call_back"]),
    step("transfer", &["label", "transfer", "otherwise"]),
    step("operator", &["label", "operator", "otherwise"]),
    step("record", &["label", "record"]),
    step("skills", &["label", "skills", "priority"]),
    step("priority", &["label", "priority"]),
    step("hang_up", &["label", "hang_up"]),
    step("go", &["label", "go"]),
    step("say", &["label", "say", "joined"]),
    // Last, for it is a part of `queue` too.
    step("offer", &["label", "offer"]),
];
/// A piece of what is said that is no prompt.
static PARTS: [SectionSchema; 4] = [
    step("digits", &["digits"]),
    step("number", &["number"]),
    step("time", &["time"]),
    step("exits", &["exits"]),
];
/// A step that is nothing but a place to jump to.
static MARK: SectionSchema = step("label", &["label"]);

/// What the steps of a flow refer to.
#[derive(Default)]
pub(super) struct Noted {
    /// A flow may promise callbacks here.
    pub(super) may_call_back: bool,
    /// Where prompts of the operator's own are named.
    pub(super) said: Vec<(Range<usize>, Arc<str>)>,
    /// Whom callers are put through to.
    pub(super) destinations: Destinations,
    /// Where a step says whether conversations are recorded.
    pub(super) records: Option<Range<usize>>,
}

/// Reads a step; none when something is wrong with it.
pub(super) fn read(
    table: &DeTable<'_>,
    span: Range<usize>,
    desks: Option<&Desks<'_>>,
    noted: &mut Noted,
    found: &mut Findings,
) -> Option<Labelled> {
    let kind = KINDS.iter().find(|kind| table.contains_key(kind.name));
    let kind = match kind {
        Some(kind) => kind,
        None if table.contains_key("label") => &MARK,
        None => {
            let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
            let hint = format!("a step has one of {}", names.join(", "));
            found.error(&span, "this step does nothing that Rappel knows", "a step", hint);
            return None;
        }
    };
    let section = Section::inline(kind, table, span, found);
    let label = label_of(&section, "label", found)?;
    let step = match kind.name {
        "get_digit" => get_digit(&section, noted, found),
        "get_value" => get_value(&section, noted, found),
        "say_digits" => Some(Step::SayDigits { of: name(&section, "say_digits", found)? }),
        "set" => set(&section, found),
        "count" => count(&section, found),
        "if" => condition(&section, found),
        "offers" => Some(Step::Offers(crate::basics::choice(
            &section,
            "offers",
            &OFFERS,
            Offers::Off,
            found,
        ))),
        "queue" => queue(&section, noted, found),
        "callback" => callback(&section, noted, found),
        "message" => message(&section, noted, found),
        "transfer" => transfer(&section, desks, noted, found),
        "operator" => {
            let otherwise = label_of(&section, "otherwise", found)?;
            agreed(&section, "operator", found).then_some(Step::Transfer { to: None, otherwise })
        }
        "record" => {
            let at = section.boolean("record", found)?;
            noted.records.get_or_insert(at.span);
            Some(Step::Record(at.value))
        }
        "skills" => Some(asks(skills::needs(&section, found), &section, found)),
        "priority" => Some(asks(Vec::new(), &section, found)),
        "offer" => offer(&section, noted, found),
        "hang_up" => agreed(&section, "hang_up", found).then_some(Step::HangUp),
        "go" => Some(Step::Go { to: name(&section, "go", found)? }),
        "say" => {
            let joined = section.boolean("joined", found).is_some_and(|at| at.value);
            Some(Step::Say { parts: parts(&section, noted, found)?, joined })
        }
        _ => Some(Step::Mark),
    };
    Some(Labelled { label, step: step? })
}

fn get_digit(section: &Section<'_>, noted: &mut Noted, found: &mut Findings) -> Option<Step> {
    section.must_have("keys", "\"123\"", found);
    let keys = section.parsed("keys", "the keys that answer, such as \"123\"", found, |text| {
        let keys: Option<Vec<Key>> = text.chars().map(Key::from_char).collect();
        match keys {
            Some(keys) if !keys.is_empty() && keys.len() <= 16 => Ok(keys),
            Some(_) | None => {
                let hint =
                    "telephones have the keys 0 to 9, * and #: write them one after the other";
                Err(Mistake::new(format!("`{}` are no keys", shown(text)), hint))
            }
        }
    });
    let into = name(section, "get_digit", found);
    let exits = exits(section, found);
    let asking = asking(section, noted, found);
    Some(Step::GetDigit { into: into?, keys: keys?.value, exits: exits?, asking: asking? })
}

fn get_value(section: &Section<'_>, noted: &mut Noted, found: &mut Findings) -> Option<Step> {
    let words = [("number", true), ("digits", false)];
    let number = crate::basics::choice(section, "kind", &words, true, found);
    let least = section.integer("digits_min", 1..=32, 1, found);
    let most = section.integer("digits_max", 1..=32, 32, found);
    if let Some(value) = section.get("digits_min").filter(|_| least > most) {
        let hint = "digits_max is how many there are at most";
        found.error(&value.span(), "`digits_min` is above `digits_max`", "a smaller one", hint);
        return None;
    }
    let narrow = |count: u64| u8::try_from(count).unwrap_or(u8::MAX);
    let kind = if number {
        for key in ["digits_min", "digits_max"] {
            if let Some(value) = section.get(key) {
                let problem = format!("`{key}` has no meaning for telephone numbers");
                let hint = "add kind = \"digits\", or take it out";
                found.error(&value.span(), problem, "`kind = \"digits\"` beside it", hint);
            }
        }
        ValueKind::Number
    } else {
        ValueKind::Digits { least: narrow(least), most: narrow(most) }
    };
    let go = label_of(section, "empty_go", found)?;
    let empty = label_of(section, "empty", found)?.map(|of| Empty { of, go });
    let (bad, refused) = (label_of(section, "bad", found)?, label_of(section, "refused", found)?);
    let usual = if number { Phrase::BadNumber } else { Phrase::WrongKey };
    let wrong = file(section, "wrong", noted, found).unwrap_or(usual);
    let into = name(section, "get_value", found);
    let asking = asking(section, noted, found);
    Some(Step::GetValue { into: into?, kind, empty, wrong, bad, refused, asking: asking? })
}

fn asking(section: &Section<'_>, noted: &mut Noted, found: &mut Findings) -> Option<Asking> {
    let otherwise = label_of(section, "otherwise", found)?;
    section.must_have("say", "\"menu\"", found);
    let usual = Duration::from_secs(6);
    let wait = section.duration("wait", Duration::from_secs(1)..=MINUTE, usual, found);
    let tries = u8::try_from(section.integer("tries", 1..=20, 3, found)).unwrap_or(u8::MAX);
    Some(Asking {
        question: parts(section, noted, found)?,
        wait: section.get("wait").map(|_| wait),
        tries: section.get("tries").map(|_| tries),
        otherwise,
    })
}

const OFFERS: [(&str, Offers); 3] =
    [("spoken", Offers::Spoken), ("unspoken", Offers::Unspoken), ("off", Offers::Off)];

fn count(section: &Section<'_>, found: &mut Findings) -> Option<Step> {
    section.must_have("to", "3", found);
    section.must_have("go", "\"a-label\"", found);
    let to = match section.get("to")?.get_ref() {
        DeValue::String(text) if text == "entries_max" => Limit::Entries,
        _ => {
            let hint = "or \"entries_max\": what [ivr] says";
            let times = section.whole_number("to", 1..=100, hint, found)?;
            Limit::To(u8::try_from(times).unwrap_or(u8::MAX))
        }
    };
    let into = name(section, "count", found)?;
    let go = name(section, "go", found)?;
    Some(Step::Count { into, to, go })
}

fn set(section: &Section<'_>, found: &mut Findings) -> Option<Step> {
    let into = name(section, "set", found)?;
    let to = match (section.get("to"), section.get("from")) {
        (Some(_), None) => Value::Text(section.text("to", found)?.value.into()),
        (None, Some(_)) => Value::Of(name(section, "from", found)?),
        (Some(both), Some(_)) => {
            let hint = "`to` is a text, `from` the name of another variable";
            found.error(&both.span(), "this step sets two values", "`to` or `from`", hint);
            return None;
        }
        (None, None) => {
            let hint = "add to = \"a text\", or from = \"another.variable\"";
            found.error(&section.span, "this step sets no value", "`to` or `from`", hint);
            return None;
        }
    };
    Some(Step::Set { into, to })
}

const TESTS: &str = "\"choice == 1\", \"choice != 1\", \"choice\" or \"not choice\"";

/// `choice == 1`, `choice != 1`, `choice` (not empty), `not choice`.
fn condition(section: &Section<'_>, found: &mut Findings) -> Option<Step> {
    section.must_have("go", "\"a-label\"", found);
    let test = section.parsed("if", TESTS, found, |text| {
        let (of, is, not) = match (text.split_once("=="), text.split_once("!=")) {
            (Some((of, is)), None) => (of, Some(is), false),
            (None, Some((of, is))) => (of, Some(is), true),
            (None, None) => match text.trim().strip_prefix("not ") {
                Some(of) => (of, None, true),
                None => (text, None, false),
            },
            (Some(_), Some(_)) => ("", None, false),
        };
        if !is_name(of.trim()) {
            let hint = "the left side is the name of a variable, the right side a text";
            return Err(Mistake::new(format!("`{}` is no test", shown(text)), hint));
        }
        let is = is.map(|is| Arc::from(is.trim().trim_matches('\'')));
        Ok(Test { of: of.trim().into(), is, not })
    });
    let go = section.get("go").and_then(|_| name(section, "go", found));
    Some(Step::If { test: test?.value, go: go? })
}

fn queue(section: &Section<'_>, noted: &mut Noted, found: &mut Findings) -> Option<Step> {
    if !agreed(section, "queue", found) {
        return None;
    }
    let offer = section.boolean("offer", found).is_none_or(|at| at.value);
    let say = file(section, "say", noted, found);
    Some(Step::Queue { exits: exits(section, found)?, offer, say })
}

/// Keys that have a name: [ivr] says which they are.
const WAYS: [(&str, Way); 3] =
    [("offer", Way::Offer), ("message", Way::Message), ("operator", Way::Operator)];

fn exits(section: &Section<'_>, found: &mut Findings) -> Option<Exits> {
    let mut exits = Exits::default();
    let Some(value) = section.get("exits") else { return Some(exits) };
    let hint = "write exits = { \"9\" = \"a-label\" }";
    let DeValue::Table(table) = value.get_ref() else {
        found.error(&value.span(), "`exits` is no table", "keys and labels", hint);
        return None;
    };
    let mut right = true;
    for (key, label) in table {
        let text: &str = key.get_ref();
        let mut letters = text.chars();
        let pressed = letters.next().and_then(Key::from_char).filter(|_| letters.next().is_none());
        let way = WAYS.iter().find(|(name, _)| *name == text).map(|(_, way)| *way);
        let to = match label.get_ref() {
            DeValue::String(label) if is_name(label) => Some(Arc::from(label.as_ref())),
            _ => None,
        };
        match (pressed, way, to) {
            (Some(pressed), _, Some(to)) => drop(exits.keys.insert(pressed, to)),
            (None, Some(way), Some(to)) => drop(exits.named.insert(way, to)),
            (None, None, _) => {
                let problem = format!("`{}` is no key of a telephone", shown(text));
                let expected = "one of 0 to 9, * and #, or offer, message, operator";
                found.error(&key.span(), problem, expected, hint);
                right = false;
            }
            (Some(_), _, None) | (None, Some(_), None) => {
                found.error(&label.span(), "this is no label", "the label of a step", hint);
                right = false;
            }
        }
    }
    right.then_some(exits)
}

fn asks(needs: Vec<queue::Need>, section: &Section<'_>, found: &mut Findings) -> Step {
    let skills = needs.into_iter().map(|need| (need.skill.into(), need.level)).collect();
    let priority = section.get("priority").map(|_| skills::priority(section, found));
    Step::Asks(Asks { skills, priority })
}

fn may_call_back(section: &Section<'_>, noted: &Noted, found: &mut Findings) -> Option<()> {
    if !noted.may_call_back {
        let problem = "a flow may not promise callbacks here";
        let hint = "let callers ask in the queue, or set callback_steps = true under [ivr]";
        found.error(&section.span, problem, "a step that does not call back", hint);
    }
    noted.may_call_back.then_some(())
}

fn callback(section: &Section<'_>, noted: &mut Noted, found: &mut Findings) -> Option<Step> {
    may_call_back(section, noted, found)?;
    let refusals = Refusals {
        already: label_of(section, "already", found)?,
        refused: label_of(section, "refused", found)?,
        unavailable: label_of(section, "unavailable", found)?,
        otherwise: label_of(section, "otherwise", found)?,
    };
    let say = file(section, "say", noted, found);
    Some(Step::Callback { number: name(section, "callback", found)?, say, refusals })
}

fn offer(section: &Section<'_>, noted: &Noted, found: &mut Findings) -> Option<Step> {
    may_call_back(section, noted, found)?;
    agreed(section, "offer", found).then_some(Step::Offer)
}

fn transfer(
    section: &Section<'_>,
    desks: Option<&Desks<'_>>,
    noted: &mut Noted,
    found: &mut Findings,
) -> Option<Step> {
    let otherwise = label_of(section, "otherwise", found)?;
    let at = section.text("transfer", found)?;
    let to: Arc<str> = at.value.trim().into();
    noted.destinations.insert(Arc::clone(&to), desks?.read(&at, found)?);
    Some(Step::Transfer { to: Some(to), otherwise })
}

fn message(section: &Section<'_>, noted: &mut Noted, found: &mut Findings) -> Option<Step> {
    let call_back = label_of(section, "call_back", found)?;
    let say = file(section, "say", noted, found);
    agreed(section, "message", found).then_some(Step::Message { say, call_back })
}

/// `key = true`: anything else is a mistake.
fn agreed(section: &Section<'_>, key: &str, found: &mut Findings) -> bool {
    match section.boolean(key, found) {
        Some(At { value: true, .. }) => true,
        Some(At { value: false, span }) => {
            let hint = "take the step out";
            found.error(&span, format!("`{key}` is false"), format!("{key} = true"), hint);
            false
        }
        None => false,
    }
}

/// What is said: one prompt, or several pieces one after the other.
fn parts(section: &Section<'_>, noted: &mut Noted, found: &mut Findings) -> Option<Vec<Part>> {
    let value = section.get("say")?;
    let DeValue::Array(list) = value.get_ref() else {
        let at = section.text("say", found)?;
        return Some(vec![Part::Clip(spoken("say", &at, noted, found)?)]);
    };
    let pieces = list.iter().map(|piece| match piece.get_ref() {
        DeValue::String(text) => {
            let at = At { value: &**text, span: piece.span() };
            spoken("say", &at, noted, found).map(Part::Clip)
        }
        DeValue::Table(table) => part(table, piece.span(), found),
        _ => {
            let hint = "write say = [\"read-back\", { digits = \"phone\" }]";
            found.error(&piece.span(), "this is nothing to be said", "a prompt in quotes", hint);
            None
        }
    });
    // All are looked at, whatever is wrong with the first.
    let pieces: Vec<Option<Part>> = pieces.collect();
    pieces.into_iter().collect()
}

/// A piece in braces: `{ digits = "phone" }`, `{ exits = true }`.
fn part(table: &DeTable<'_>, span: Range<usize>, found: &mut Findings) -> Option<Part> {
    let Some(kind) = PARTS.iter().find(|kind| table.contains_key(kind.name)) else {
        let hint = "write { digits = \"phone\" }, or { exits = true }";
        found.error(&span, "nothing like this can be said", "digits, number, time or exits", hint);
        return None;
    };
    let section = Section::inline(kind, table, span, found);
    match kind.name {
        "digits" => name(&section, "digits", found).map(Part::Digits),
        "number" => name(&section, "number", found).map(Part::Number),
        "time" => name(&section, "time", found).map(Part::Time),
        _ => agreed(&section, "exits", found).then_some(Part::Exits),
    }
}

fn file(
    section: &Section<'_>,
    key: &str,
    noted: &mut Noted,
    found: &mut Findings,
) -> Option<Phrase> {
    let at = section.text(key, found)?;
    spoken(key, &at, noted, found)
}

fn spoken(key: &str, at: &At<&str>, noted: &mut Noted, found: &mut Findings) -> Option<Phrase> {
    match voices::file_name(at.value) {
        Ok(file) => {
            let phrase = phrase(&file);
            if let Phrase::Named(name) = &phrase {
                noted.said.push((at.span.clone(), Arc::clone(name)));
            }
            Some(phrase)
        }
        Err(mistake) => {
            let problem = format!("`{key}`: {}", mistake.problem);
            found.error(&at.span, problem, voices::FILE_EXPECTED, mistake.hint);
            None
        }
    }
}

/// A label, or the name of a variable, where the step has one; none when it is no name.
fn label_of(section: &Section<'_>, key: &str, found: &mut Findings) -> Option<Option<Arc<str>>> {
    match section.get(key) {
        Some(_) => name(section, key, found).map(Some),
        None => Some(None),
    }
}

/// The name of a variable, or a label.
fn name(section: &Section<'_>, key: &str, found: &mut Findings) -> Option<Arc<str>> {
    let at = section.parsed(key, "a simple name, such as \"choice\"", found, |text| {
        if is_name(text) {
            return Ok(Arc::from(text));
        }
        let hint = format!("small letters, digits, dot, hyphen; at most {NAME_LENGTH_MAX}");
        Err(Mistake::new(format!("`{}` is not a simple name", shown(text)), hint))
    });
    at.map(|at| at.value)
}

fn is_name(text: &str) -> bool {
    let simple = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    (1..=NAME_LENGTH_MAX).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(simple)
}
