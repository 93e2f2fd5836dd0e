//! `[[line]]`: the numbers that customers dial.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use ivr::flow::Flow;
use model::{E164, LineName, NumberFormat, QueueName, TrunkName};
use toml::de::{DeTable, DeValue};

use crate::Outside;
use crate::basics;
use crate::caller_ids;
use crate::desks::Desks;
use crate::finding::Findings;
use crate::flows::Flows;
use crate::names::Names;
use crate::screening;
use crate::section::{self, At, Section, shown};
use crate::skills;
use crate::trunks::Trunk;
use crate::value::Mistake;
use crate::voices::{self, Usual, Voice};

/// Most numbers of one line.
pub const NUMBERS_MAX: usize = 1_000;

/// Most agents whom one line prefers.
pub const PREFERRED_MAX: usize = 16;

/// Stands for the number that customers dial.
const DIALLED: &str = "dialled";

/// Stands for every number that no other line claims.
const ANY_NUMBER: &str = "*";

/// What lines refer to.
pub(crate) struct Context<'a> {
    pub(crate) trunks: &'a [Trunk],
    pub(crate) trunk_names: &'a Names,
    pub(crate) queue_names: &'a Names,
    pub(crate) agent_names: &'a Names,
    /// What is spoken where a line says nothing else.
    pub(crate) voice: &'a Usual,
    pub(crate) flows: &'a Flows,
    pub(crate) desks: &'a Desks<'a>,
    /// Where prompts of the operator's own are, and what else the file points at.
    pub(crate) outside: (&'a [PathBuf], &'a Outside<'a>),
}

/// A line as far as it could be read.
pub(crate) struct Line {
    name: Option<String>,
    numbers: Vec<String>,
    voice: Voice,
    outbound_number: Option<E164>,
    fallback_number: Option<E164>,
    withheld: bool,
    human_proof: bool,
    callbacks: bool,
    trunk: Option<String>,
    pub(crate) queue: Option<String>,
    callback_queue: Option<String>,
    flow: Option<Arc<Flow>>,
    operator: Option<(Arc<str>, engine::Destination)>,
    routing: queue::Routing,
    screening: Arc<queue::Screening>,
    home: Option<queue::numbering::Region>,
}

impl Line {
    /// The settings, once nothing is wrong.
    pub(crate) fn settings(&self) -> Option<engine::Line> {
        Some(engine::Line {
            name: LineName::from(self.name.as_deref()?),
            numbers: self.numbers.clone(),
            language: self.voice.language.clone(),
            greeting: self.voice.greeting.clone(),
            prompts: self.voice.prompts.clone(),
            operator: self.operator.as_ref().map(|(text, _)| Arc::clone(text)),
            flow: self.flow.clone(),
            script: self.voice.script.clone(),
            outbound_number: self.outbound_number,
            fallback_number: self.fallback_number,
            withheld: self.withheld,
            human_proof: self.human_proof,
            callbacks: self.callbacks,
            trunk: TrunkName::from(self.trunk.as_deref()?),
            queue: QueueName::from(self.queue.as_deref()?),
        })
    }

    /// What the queue must know, once nothing is wrong.
    pub(crate) fn for_queue(&self) -> Option<(LineName, queue::LineSettings)> {
        let settings = queue::LineSettings {
            queue: QueueName::from(self.queue.as_deref()?),
            trunk: TrunkName::from(self.trunk.as_deref()?),
            calls_back: self.outbound_number.is_some(),
            has_fallback: self.fallback_number.is_some(),
            callback_queue: self.callback_queue.as_deref().map(QueueName::from),
            routing: self.routing.clone(),
            screening: Arc::clone(&self.screening),
            home: self.home,
        };
        Some((LineName::from(self.name.as_deref()?), settings))
    }

    /// Whom its operator's key calls.
    pub(crate) fn operator(&self) -> Option<&(Arc<str>, engine::Destination)> {
        self.operator.as_ref()
    }

    /// The queues that it leads into. None is one that could not be read.
    pub(crate) fn queues(&self) -> impl Iterator<Item = Option<&str>> {
        let requests = self.callback_queue.as_deref().map(Some);
        [self.queue.as_deref()].into_iter().chain(requests)
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
    let screening = screening::read(root, context.outside.1.lists, found);
    let lines = sections
        .iter()
        .enumerate()
        .map(|(place, section)| {
            let screening = screening::of_line(section, &screening, found);
            let line = one(section, names.at(place), context, &mut claims, found);
            Line { screening, ..line }
        })
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
    let digital = digital(section, found);
    let callbacks = section.boolean("callbacks", found).is_none_or(|at| at.value);
    if callbacks && digital {
        let place = section.get("callbacks").or_else(|| section.get("kind"));
        let span = place.map_or_else(|| section.span.clone(), |value| value.span());
        let hint = "its callers have no number to be called back on: write callbacks = false";
        found.error(&span, "a digital line has callbacks", "`callbacks = false`", hint);
    }
    let queue = context.queue_names.reference(section, "queue", found);
    let callback_queue = callback_queue(section, context.queue_names, found);
    let outbound_number = outbound_number(section, name, callbacks, &numbers, found);
    let voice = voices::of_line(section, context.voice, found);
    let flow = context.flows.of_line(section, found);
    let usual = context.flows.usual();
    for flow in flow.iter().chain([&usual]) {
        let (directories, outside) = context.outside;
        let (language, files) = (voice.language.as_str(), outside.prompts);
        context.flows.check_prompts(flow, language, directories, files, found);
    }
    Line {
        name: name.map(str::to_string),
        numbers,
        voice,
        flow,
        fallback_number: caller_ids::fallback(section, outbound_number, found),
        outbound_number,
        withheld: withheld(section, found),
        operator: operator(section, context.desks, outbound_number.is_some(), found),
        human_proof: basics::choice(section, "human_proof", &HUMAN_PROOF, false, found),
        callbacks,
        trunk,
        queue,
        callback_queue,
        routing: queue::Routing {
            preferred: preferred_agents(section, context.agent_names, found),
            needs: skills::needs(section, found),
            priority: skills::priority(section, found),
        },
        screening: Arc::default(),
        home: screening::home(section, found),
    }
}

/// Whom its callers get to by the operator's key.
fn operator(
    section: &Section<'_>,
    desks: &Desks<'_>,
    shows_number: bool,
    found: &mut Findings,
) -> Option<(Arc<str>, engine::Destination)> {
    let at = section.text("operator", found)?;
    let to = desks.read(&at, found)?;
    if matches!(to, engine::Destination::Number(_)) && !shows_number {
        let problem = "the operator is a telephone, and this line has no number to show it";
        let hint = "add outbound_number; callbacks = false keeps callbacks off";
        found.error(&at.span, problem, "`outbound_number` beside it", hint);
    }
    Some((at.value.trim().into(), to))
}

/// Who takes its calls before others.
fn preferred_agents(
    section: &Section<'_>,
    names: &Names,
    found: &mut Findings,
) -> Vec<model::AgentName> {
    let Some(list) = section.texts("preferred_agents", found) else { return Vec::new() };
    if list.value.len() > PREFERRED_MAX {
        let problem = format!("this line prefers more than {PREFERRED_MAX} agents");
        let hint = "make a queue for them, which only they serve";
        found.error(&list.span, problem, "fewer agents", hint);
        return Vec::new();
    }
    let mut agents = Vec::new();
    for name in list.value.iter().filter_map(|at| names.resolve(at, found)) {
        let name = model::AgentName::from(name.as_str());
        if !agents.contains(&name) {
            agents.push(name);
        }
    }
    agents
}

/// What shows that a person answered a callback.
const HUMAN_PROOF: [(&str, bool); 2] = [("none", false), ("press_1", true)];

/// Whether its callers come without a telephone number: from a browser or an app.
fn digital(section: &Section<'_>, found: &mut Findings) -> bool {
    basics::choice(section, "kind", &[("phone", false), ("digital", true)], false, found)
}

fn callback_queue(section: &Section<'_>, names: &Names, found: &mut Findings) -> Option<String> {
    section.get("callback_queue")?;
    names.reference(section, "callback_queue", found)
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

/// The one number under which the line is dialled.
fn dialled(numbers: &[String]) -> Result<E164, Mistake> {
    let known: BTreeSet<E164> = numbers.iter().filter_map(|n| E164::parse(n).ok()).collect();
    let all = numbers.iter().all(|number| number != ANY_NUMBER);
    match (known.first(), known.len()) {
        (Some(number), 1) if all => Ok(*number),
        _ => {
            let hint = "write which number customers see, or make a line for each number";
            Err(Mistake::new("this line is not dialled under one international number", hint))
        }
    }
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
    numbers: &[String],
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
        if text == DIALLED {
            return dialled(numbers);
        }
        E164::parse(text).map_err(|why| {
            let problem = format!("`{}` is not an international number", shown(text));
            Mistake::new(problem, why.to_string())
        })
    });
    at.map(|at| at.value)
}
