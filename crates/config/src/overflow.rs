//! `overflow` of a queue: under which conditions its callers are offered a callback, or led to
//! leave a message, or to the operator.

use std::ops::Range;
use std::time::Duration;

use queue::{Elsewhere, Lead, OfferPolicy, Overflow};
use toml::de::{DeTable, DeValue};

use crate::finding::Findings;
use crate::section::{Section, shown};
use crate::value;

/// Most conditions of one queue.
pub const CONDITIONS_MAX: usize = 16;

/// Most entries that a condition may speak of.
const WAITING_MAX: u32 = 100_000;
/// Longest wait that a condition may speak of.
const WAIT_MAX: Duration = Duration::from_secs(24 * 3_600);

const EXPECTED: &str =
    "a list of conditions, such as [{ when = \"waiting > 5\", do = \"callback\" }]";

/// Reads when callbacks are offered.
pub(crate) fn offers(section: &Section<'_>, found: &mut Findings) -> OfferPolicy {
    let conditions = conditions(section, found);
    let of = |wanted: Option<Elsewhere>| conditions.iter().filter(move |(_, to)| *to == wanted);
    let lead = |(when, to): &(Overflow, Option<Elsewhere>)| Some(Lead { when: *when, to: (*to)? });
    OfferPolicy {
        needs_agent: section.boolean("offer_needs_agent", found).is_some_and(|at| at.value),
        beyond_place: count(section, "offer_beyond_place", found),
        pending_max: Some(count(section, "callbacks_max", found)).filter(|most| *most > 0),
        wait_max: Some(section.duration(
            "offer_wait_max",
            Duration::ZERO..=WAIT_MAX,
            Duration::ZERO,
            found,
        ))
        .filter(|most| !most.is_zero()),
        calls_per_agent: Some(count(section, "offer_calls_per_agent", found))
            .filter(|over| *over > 0),
        share: u8::try_from(section.integer("offer_share", 0..=100, 100, found))
            .ok()
            .filter(|share| *share < 100),
        overflow: of(None).map(|(when, _)| *when).collect(),
        leads: conditions.iter().filter_map(lead).collect(),
    }
}

/// Reads when callbacks are offered to the callers of a line: as its queue says, but for what the
/// line says itself. None when it says nothing.
pub(crate) fn of_line(
    section: &Section<'_>,
    queue: &OfferPolicy,
    found: &mut Findings,
) -> Option<OfferPolicy> {
    let own = offers(section, found);
    let mut policy = queue.clone();
    let mut says = false;
    let mut said = |key| {
        let said = section.get(key).is_some();
        says |= said;
        said
    };
    if said("offer_needs_agent") {
        policy.needs_agent = own.needs_agent;
    }
    if said("offer_beyond_place") {
        policy.beyond_place = own.beyond_place;
    }
    if said("callbacks_max") {
        policy.pending_max = own.pending_max;
    }
    if said("offer_wait_max") {
        policy.wait_max = own.wait_max;
    }
    if said("offer_calls_per_agent") {
        policy.calls_per_agent = own.calls_per_agent;
    }
    if said("offer_share") {
        policy.share = own.share;
    }
    if said("overflow") {
        (policy.overflow, policy.leads) = (own.overflow, own.leads);
    }
    (says && policy != *queue).then_some(policy)
}

fn count(section: &Section<'_>, key: &str, found: &mut Findings) -> u32 {
    let count = section.integer(key, 0..=u64::from(WAITING_MAX), 0, found);
    u32::try_from(count).unwrap_or(WAITING_MAX)
}

/// Reads the time that a call is taken to occupy an agent.
pub(crate) fn handle_time(section: &Section<'_>, found: &mut Findings) -> Option<Duration> {
    section.get("handle_time")?;
    let range = Duration::from_secs(1)..=WAIT_MAX;
    Some(section.duration("handle_time", range, Duration::from_secs(180), found))
}

/// What a condition does; none is a callback.
const DOES: [(&str, Option<Elsewhere>); 3] = [
    ("callback", None),
    ("voicemail", Some(Elsewhere::Message)),
    ("operator", Some(Elsewhere::Operator)),
];

type Condition = (Overflow, Option<Elsewhere>);

fn conditions(section: &Section<'_>, found: &mut Findings) -> Vec<Condition> {
    let Some(value) = section.get("overflow") else { return Vec::new() };
    let DeValue::Array(list) = value.get_ref() else {
        let hint = "put it in brackets, even when there is only one";
        found.error(&value.span(), "`overflow` is no list", EXPECTED, hint);
        return Vec::new();
    };
    if list.len() > CONDITIONS_MAX {
        let problem = format!("this queue has more than {CONDITIONS_MAX} conditions");
        found.error(&value.span(), problem, "fewer", "one that holds is enough");
        return Vec::new();
    }
    let conditions = list.iter().filter_map(|element| match element.get_ref() {
        DeValue::Table(table) => condition(table, element.span(), found),
        _ => {
            let hint = "write { when = \"waiting > 5\", do = \"callback\" }";
            found.error(&element.span(), "this is no condition", EXPECTED, hint);
            None
        }
    });
    conditions.collect()
}

fn condition(table: &DeTable<'_>, span: Range<usize>, found: &mut Findings) -> Option<Condition> {
    for key in table.keys().filter(|key| !["when", "do"].contains(&key.get_ref().as_ref())) {
        let problem = format!("a condition has no key `{}`", shown(key.get_ref()));
        found.error(&key.span(), problem, "`when` and `do`", EXPECTED);
    }
    let text = |key: &str| match table.get(key).map(|value| (value.get_ref(), value.span())) {
        Some((DeValue::String(text), span)) => Some((text.as_ref(), span)),
        Some(_) | None => None,
    };
    let mut does = None;
    match text("do") {
        Some((word, span)) => match DOES.iter().find(|(known, _)| *known == word) {
            Some((_, to)) => does = *to,
            None => {
                let problem = format!("an overflowing queue cannot do `{}`", shown(word));
                let expected = "\"callback\", \"voicemail\" or \"operator\"";
                found.error(&span, problem, expected, "write do = \"callback\"");
            }
        },
        None => {
            let hint = "add do = \"callback\"";
            found.error(&span, "this condition does not say what to do", "`do`", hint);
        }
    }
    let Some((when, span)) = text("when") else {
        let hint = "add when = \"waiting > 5\" or when = \"wait > 2m\"";
        found.error(&span, "this condition does not say when", "`when` in quotes", hint);
        return None;
    };
    let read = read(when);
    if read.is_none() {
        let hint = "`waiting` is how many wait, `wait` how long this caller will";
        let expected = "\"waiting > 5\", \"wait > 2m\" or \"closed\"";
        found.error(&span, format!("`{}` is no condition", shown(when)), expected, hint);
    }
    if read == Some(Overflow::Closed) && does.is_none() {
        let problem = "a queue that is closed offers no callback";
        let expected = "do = \"voicemail\", or do = \"operator\"";
        found.error(&span, problem, expected, "see `hours` and `closes_before`");
        return None;
    }
    Some((read?, does))
}

/// `waiting > 5`, `wait > 2m`, `closed`.
fn read(text: &str) -> Option<Overflow> {
    if text.trim() == "closed" {
        return Some(Overflow::Closed);
    }
    let (what, most) = text.split_once('>')?;
    let most = most.trim();
    match what.trim() {
        "waiting" => {
            let most = most.parse().ok().filter(|most| *most <= WAITING_MAX)?;
            Some(Overflow::WaitingOver(most))
        }
        "wait" => {
            let most = value::duration(most).filter(|most| *most <= WAIT_MAX)?;
            Some(Overflow::WaitOver(most))
        }
        _ => None,
    }
}
