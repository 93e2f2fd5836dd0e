//! `[[flow]]`: what callers of a line are led through, step by step; and the one that is bundled,
//! for lines that name none.

mod steps;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use ivr::Phrase;
use ivr::flow::{Flaw, Flow, KNOWN, Labelled, STEPS_MAX};
use toml::de::{DeTable, DeValue};

use crate::desks::{Desks, Destinations};
use crate::finding::{Finding, Findings};
use crate::names::Names;
use crate::nearest::nearest;
use crate::section::{self, Section, shown};

/// Whether the prompt of that language (second) and name (third, without `.wav`) can be played from
/// these directories, or from those that are bundled; else why not.
pub type PromptFiles<'a> = dyn Fn(&[PathBuf], &str, &str) -> Result<(), String> + 'a;

/// The bundled flow as a file: it leads the callers of lines without one, and the others borrow its
/// offer, its menu and its exits.
pub const USUAL_FLOW: &str = include_str!("flows/usual.toml");

/// What the bundled flow is called, and what goes in its place.
pub const USUAL_NAME: &str = "queue";

/// Every flow, as far as it could be read.
pub(crate) struct Flows {
    names: Names,
    list: Vec<Option<Read>>,
    bundled: Arc<Flow>,
}

/// A flow that can be used.
struct Read {
    flow: Arc<Flow>,
    /// Where each prompt of the operator's own is named.
    said: Vec<(Range<usize>, Arc<str>)>,
    /// Whom its steps put callers through to.
    destinations: Destinations,
    /// Where a step says whether conversations are recorded.
    records: Option<Range<usize>>,
}

/// Reads every flow.
pub(crate) fn read<'a>(root: &'a DeTable<'a>, desks: &Desks<'_>, found: &mut Findings) -> Flows {
    let sections = section::many(root, "flow", found);
    let names = Names::of("flow", &sections, found);
    let may_call_back = callback_steps(root);
    let with = (may_call_back, Some(desks));
    let read = |(place, section)| one(section, names.at(place), with, found);
    let list = sections.iter().enumerate().map(read).collect();
    Flows { names, list, bundled: usual_flow() }
}

/// The bundled flow.
///
/// # Panics
/// Never: a test reads it.
pub fn usual_flow() -> Arc<Flow> {
    Arc::new(read_flow(USUAL_FLOW).expect("the bundled flow is a good one"))
}

/// The first flow of a file that has nothing else, and puts nobody through to somebody named.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read_flow(text: &str) -> Result<Flow, Vec<Finding>> {
    let mut found = Findings::new("flow.toml", text);
    let (root, mistakes) = DeTable::parse_recoverable(text);
    for mistake in &mistakes {
        let span = mistake.span().unwrap_or_default();
        found.error(&span, mistake.message(), "TOML", "see https://toml.io");
    }
    let sections = section::many(root.get_ref(), "flow", &mut found);
    let names = Names::of("flow", &sections, &mut found);
    let read = sections.first().and_then(|first| one(first, names.at(0), (true, None), &mut found));
    match read {
        Some(read) if !found.has_errors() => Ok(Flow::clone(&read.flow)),
        Some(_) | None => Err(found.into_list()),
    }
}

/// Whether flows may promise callbacks: what [ivr] says, where that is checked.
fn callback_steps(root: &DeTable<'_>) -> bool {
    let ivr = root.get("ivr").map(|value| value.get_ref());
    let Some(DeValue::Table(ivr)) = ivr else { return true };
    !matches!(ivr.get("callback_steps").map(|it| it.get_ref()), Some(DeValue::Boolean(false)))
}

fn one(
    section: &Section<'_>,
    name: Option<&str>,
    (may_call_back, desks): (bool, Option<&Desks<'_>>),
    found: &mut Findings,
) -> Option<Read> {
    section.must_have("steps", "[{ say = \"greeting\" }, { queue = true }]", found);
    let value = section.get("steps")?;
    let DeValue::Array(list) = value.get_ref() else {
        let hint = "write steps = [ { say = \"greeting\" }, { queue = true } ]";
        found.error(&value.span(), "`steps` is no list", "a list of steps", hint);
        return None;
    };
    // In the flow of the queue it is the queue that is asked.
    let may_call_back = may_call_back || name == Some(USUAL_NAME);
    let mut noted = steps::Noted { may_call_back, ..steps::Noted::default() };
    let mut all_read = true;
    let mut read: Vec<(Range<usize>, Labelled)> = Vec::new();
    for element in list.iter().take(STEPS_MAX + 1) {
        match element.get_ref() {
            DeValue::Table(table) => {
                match steps::read(table, element.span(), desks, &mut noted, found) {
                    Some(step) => read.push((element.span(), step)),
                    None => all_read = false,
                }
            }
            _ => {
                let hint = "each step stands in braces: { say = \"greeting\" }";
                found.error(&element.span(), "this is no step", "a step in braces", hint);
                all_read = false;
            }
        }
    }
    // A step that could not be read may be the one that others jump to.
    if !all_read {
        return None;
    }
    let (spans, steps): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    let labels: Vec<Arc<str>> = steps.iter().filter_map(|step| step.label.clone()).collect();
    match Flow::new(name?, steps) {
        Ok(flow) => {
            if flow.name() == USUAL_NAME && !lends(&flow, &spans, value.span(), found) {
                return None;
            }
            for place in flow.unreachable() {
                let hint = "take it out, or give it a label and jump to it";
                let expected = "a step that a caller can come to";
                found.warning(&spans[place], "no caller comes to this step", expected, hint);
            }
            let steps::Noted { said, destinations, records, .. } = noted;
            Some(Read { flow: Arc::new(flow), said, destinations, records })
        }
        Err(flaws) => {
            for flaw in flaws {
                let span = spans.get(flaw.step()).cloned().unwrap_or_else(|| value.span());
                report(&flaw, &span, &spans, &labels, found);
            }
            None
        }
    }
}

/// The flow that others borrow from must not borrow itself.
fn lends(flow: &Flow, spans: &[Range<usize>], all: Range<usize>, found: &mut Findings) -> bool {
    let expected = "a queue step with exits = { offer = \"a-label\" }";
    let hint = "`rappel flow show` prints the bundled one; or give this flow another name";
    match flow.lends() {
        Ok(()) => true,
        Err(Some(place)) => {
            let problem = "the flow `queue` is what others borrow the offer from, and borrows none";
            found.error(&spans[place], problem, expected, hint);
            false
        }
        Err(None) => {
            let problem = "the flow `queue` does not say where the offer leads";
            found.error(&all, problem, expected, hint);
            false
        }
    }
}

fn report(
    flaw: &Flaw,
    span: &Range<usize>,
    spans: &[Range<usize>],
    labels: &[Arc<str>],
    found: &mut Findings,
) {
    match flaw {
        Flaw::Empty => {
            let hint = "write steps = [ { say = \"greeting\" }, { queue = true } ]";
            found.error(span, "this flow has no steps", "at least one step", hint);
        }
        Flaw::TooMany { .. } => {
            let problem = format!("this flow has more than {STEPS_MAX} steps");
            found.error(span, problem, "fewer", "make several flows, one for each line");
        }
        Flaw::UnknownLabel { label, .. } => {
            let hint = match nearest(label, labels.iter().map(|label| &**label)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("give the step that is meant label = \"{}\"", shown(label)),
            };
            let problem = format!("no step of this flow has the label `{}`", shown(label));
            found.error(span, problem, "the label of a step", hint);
        }
        Flaw::LabelTwice { label, first, .. } => {
            let line = found.line_of(&spans[*first]);
            let problem = format!("`{}` is the label of the step in line {line}", shown(label));
            found.error(span, problem, "a label of its own", "give this step another label");
        }
        Flaw::UnknownVariable { name, .. } => {
            let problem = format!("nothing in this flow sets `{}`", shown(name));
            let hint = match nearest(name, KNOWN) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("known of every caller are {}", KNOWN.join(", ")),
            };
            found.error(span, problem, "a variable that a step before sets", hint);
        }
        Flaw::ReadOnly { name, .. } => {
            let problem = format!("`{name}` is what the caller brought, and cannot be set");
            found.error(span, problem, "a variable of your own", "take another name");
        }
        Flaw::AsksTooLate { .. } => {
            let problem = "a caller may have a place in the queue already when this is said";
            let hint = "put it before every queue, callback and offer step that leads here";
            found.error(span, problem, "a step for callers who do not wait yet", hint);
        }
        Flaw::LoopWithoutInput { .. } => {
            let problem =
                "from here the flow comes back to here without asking the caller anything";
            let hint = "put a get_digit, get_value or queue step into the loop";
            found.error(span, problem, "a loop that asks", hint);
        }
    }
}

impl Flows {
    /// The flow of a line, when it has one.
    pub(crate) fn of_line(&self, section: &Section<'_>, found: &mut Findings) -> Option<Arc<Flow>> {
        section.get("flow")?;
        let name = self.names.reference(section, "flow", found)?;
        Some(Arc::clone(&self.named(&name)?.flow))
    }

    /// The flow of lines without one: the file's own `queue`, or the bundled one.
    pub(crate) fn usual(&self) -> Arc<Flow> {
        let own = self.named(USUAL_NAME);
        own.map_or_else(|| Arc::clone(&self.bundled), |read| Arc::clone(&read.flow))
    }

    /// Whether the file has a `queue` of its own in which callers leave messages.
    pub(crate) fn usual_takes_messages(&self) -> bool {
        self.named(USUAL_NAME).is_some_and(|read| read.flow.takes_messages())
    }

    /// Everybody to whom flows put callers through.
    pub(crate) fn destinations(&self) -> impl Iterator<Item = (&Arc<str>, &engine::Destination)> {
        self.list.iter().flatten().flat_map(|read| &read.destinations)
    }

    /// A step that has conversations recorded does nothing where none is.
    pub(crate) fn check_recording(&self, enabled: bool, found: &mut Findings) {
        for span in self.list.iter().flatten().filter_map(|read| read.records.as_ref()) {
            if !enabled {
                let problem = "conversations are not recorded, whatever this step says";
                let hint = "add [recording] with enabled = true, and ratio = 0 to record no others";
                found.error(span, problem, "recording that is switched on", hint);
            }
        }
    }

    /// Reports the prompts of a flow that cannot be played in a language.
    pub(crate) fn check_prompts(
        &self,
        flow: &Flow,
        language: &str,
        directories: &[PathBuf],
        files: &PromptFiles<'_>,
        found: &mut Findings,
    ) {
        let Some(read) = self.named(flow.name()) else { return };
        for (span, file) in &read.said {
            if let Err(why) = files(directories, language, file) {
                let problem = format!("the prompt {language}/{file}.wav {why}");
                let hint = match directories.first() {
                    Some(directory) => {
                        format!("put it into {}", directory.join(language).display())
                    }
                    None => "name the folder of your prompts: [prompts] directory = \"…\"".into(),
                };
                found.error(span, problem, "a prompt that can be played", hint);
            }
        }
    }

    fn named(&self, name: &str) -> Option<&Read> {
        self.list.iter().flatten().find(|read| read.flow.name() == name)
    }
}

/// The phrase of that file: a bundled one, or a file of the operator's own.
fn phrase(file: &str) -> Phrase {
    let known = Phrase::all().into_iter().find(|phrase| phrase.clip() == file);
    known.unwrap_or_else(|| Phrase::Named(file.into()))
}
