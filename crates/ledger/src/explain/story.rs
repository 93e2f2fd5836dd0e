//! The facts of one who stands in the queue, as decisions.

use std::time::Duration;

use model::Wall;

use super::gather::{call_of, who};
use super::switched::{Chapter, Switches};
use super::{Step, rules};
use crate::{Because, Entry, Fact, Holder, Need, SaidBy};

/// Every decision about these, in order.
pub(super) fn steps(entries: &[Entry], of: &[Option<Holder>]) -> Vec<Step> {
    let mut offers = Vec::new();
    let is_of = |holder: Option<Holder>| holder.is_some() && of.contains(&holder);
    let mut steps = Vec::new();
    let (mut switches, mut chapter) = (Switches::default(), Chapter::Before);
    for entry in entries {
        let fact = &entry.fact;
        steps.extend(switches.see(entry, chapter));
        let said = match fact {
            Fact::Switched { .. } => None,
            Fact::EngineStarted { epoch } if !steps.is_empty() => {
                Some((format!("the engine started for the {epoch}. time"), NEW_START.to_owned()))
            }
            Fact::EngineStarted { .. } => None,
            Fact::Offered { offer, .. } if is_of(who(fact)) => {
                offers.push(*offer);
                Some(offered(fact))
            }
            Fact::Offered { .. } => passed(fact, of),
            Fact::OfferEnded { offer, .. } if !offers.contains(offer) => None,
            other => {
                let request = other.request().map(Holder::Request);
                let own = is_of(request) || is_of(call_of(other).map(Holder::Call));
                (own || matches!(other, Fact::OfferEnded { .. })).then(|| said(entry.at, other))
            }
        };
        let Some((what, why)) = said else { continue };
        steps.extend(switches.begin());
        steps.push(Step { at: entry.at, what, why });
        chapter = chapter.after(is_end(fact, of));
    }
    steps
}

/// Whether it is over with these: a request that made an end, or the call where no request is asked
/// about.
fn is_end(fact: &Fact, of: &[Option<Holder>]) -> bool {
    match fact {
        Fact::RequestClosed { .. } => true,
        Fact::CallEnded { .. } => !of.iter().flatten().any(|it| matches!(it, Holder::Request(_))),
        _ => false,
    }
}

const NEW_START: &str = "what was open keeps its place; an offer that was cut short is forgotten, \
                         and a dial that was cut short is in doubt";

/// Somebody behind one of these was offered, and these were not.
fn passed(fact: &Fact, of: &[Option<Holder>]) -> Option<(String, String)> {
    let Fact::Offered { agent, because, .. } = fact else { return None };
    let passed = because.passed.iter().find(|passed| of.contains(&Some(passed.who)))?;
    let what = format!("passed over: {} was offered to {agent}", who(fact)?);
    Some((what, rules::passed_by(&passed.why)))
}

pub(super) fn offered(fact: &Fact) -> (String, String) {
    let Fact::Offered { agent, because, .. } = fact else { return Default::default() };
    (format!("offered to {agent}"), reasons(because))
}

/// The rule of an offer, and everybody whom it passed over.
pub(super) fn reasons(because: &Because) -> String {
    let mut said = vec![rules::chosen(because.rule).to_owned()];
    for passed in &because.passed {
        said.push(format!("{} stood before: {}", passed.who, rules::passed_by(&passed.why)));
    }
    if because.beyond > 0 {
        said.push(format!("{} more stood before", because.beyond));
    }
    said.join("; ")
}

/// What a fact says, and by which rule.
pub(super) fn said(at: Wall, fact: &Fact) -> (String, String) {
    match fact {
        Fact::CallArrived { line, queue, needs, priority, .. } => {
            let asks = asks(needs, *priority);
            let why =
                format!("the line's queue is {queue}; the place is that of the arrival{asks}");
            (format!("the call arrived on {line}"), why)
        }
        Fact::PlaceTaken { .. } | Fact::PlaceReturned { .. } => place(fact),
        Fact::CallEnded { end, .. } => (format!("the call left: {end}"), rules::call_end(*end)),
        Fact::OfferWithheld { why, .. } => {
            ("a callback was not offered".to_owned(), rules::withheld(why))
        }
        Fact::OfferAllowed { .. } => {
            ("a callback could be had".to_owned(), "no rule stood against it any more".to_owned())
        }
        Fact::RequestUntaken { why, .. } => {
            ("the wish to be called back was not taken".to_owned(), rules::untaken(why))
        }
        Fact::CallbackRequested { .. } => requested(at, fact),
        Fact::Moved { .. } | Fact::CameDue { .. } | Fact::Hastened { .. } | Fact::Held { .. } => {
            delayed(fact)
        }
        Fact::OfferEnded { end, .. } => {
            (format!("the offer ended: {end}"), rules::offer_end(*end).to_owned())
        }
        Fact::DialStarted { .. } | Fact::DialEnded { .. } | Fact::AttemptMissed { .. } => {
            dialled(at, fact)
        }
        Fact::Bridged { agent, .. } => (
            format!("talking with {agent}"),
            "customer and agent heard each other from then on".to_owned(),
        ),
        Fact::Transferred { agent, to, .. } => {
            let to = to.as_ref().map_or("somebody outside", |to| to.as_str());
            (format!("handed on by {agent} to {to}"), "the agent asked for it".to_owned())
        }
        Fact::RequestClosed { end, why, .. } => (format!("closed: {end}"), why.clone()),
        Fact::TicketWanted { subject, text, .. } => {
            (format!("a ticket was asked for: {subject}"), text.clone())
        }
        Fact::TicketComment { text, .. } => ("a ticket was added to".to_owned(), text.clone()),
        Fact::RecordingBegan { .. }
        | Fact::RecordingEnded { .. }
        | Fact::NotRecorded { .. }
        | Fact::RecordingDeclined { .. } => recorded(fact),
        Fact::CallLed { end, .. } => (format!("the flow ended: {end}"), rules::call_end(*end)),
        Fact::MessageLeft { file, .. } => ("a message was left".to_owned(), format!("in {file}")),
        Fact::StatusSet { .. } | Fact::Switched { .. } | Fact::WrapUpEnded { .. } => wanted(fact),
        Fact::FoundUncertain { attempt } => (
            format!("attempt {} was found in doubt", attempt.number),
            "the engine stopped after the dial was written and before its end was: it may have \
             reached the customer, and is never made again by itself"
                .to_owned(),
        ),
        Fact::Settled { attempt, by } => (
            format!("attempt {} was settled: it waits again, in its place", attempt.number),
            rules::settled(*by).to_owned(),
        ),
        // Told elsewhere.
        Fact::EngineStarted { .. } | Fact::Offered { .. } => Default::default(),
    }
}

fn who_wants(by: SaidBy) -> &'static str {
    match by {
        SaidBy::Command | SaidBy::FeatureCode => "the agent wants it",
        SaidBy::Engine => "the settings want it",
    }
}

/// What agents and operators want.
fn wanted(fact: &Fact) -> (String, String) {
    match fact {
        Fact::StatusSet { agent, status, reason, by } => {
            let why = match (by, reason) {
                (SaidBy::Engine, Some(reason)) => format!("{reason} (away_after_missed)"),
                (by, _) => who_wants(*by).to_owned(),
            };
            (format!("{agent} is {status}"), why)
        }
        Fact::Switched { switch, of, on } => {
            let to = if *on { "on" } else { "off" };
            (format!("{switch} was switched {to} for {of}"), "an operator said so".to_owned())
        }
        Fact::WrapUpEnded { agent, .. } => {
            (format!("{agent} ended the wrap-up"), "the agent was ready".to_owned())
        }
        _ => Default::default(),
    }
}

/// Whose place a caller has.
fn place(fact: &Fact) -> (String, String) {
    match fact {
        Fact::PlaceTaken { call, of: Holder::Request(request), arrived, offer } => {
            let agent = match offer {
                Some(_) => "; the agent who waited for this customer has the call",
                None => "",
            };
            let why = format!(
                "duplicates of the queue is take_over: a customer who calls in has one place, that \
                 of the arrival at {arrived}, and the request waits for the end of the call{agent}"
            );
            (format!("{call}, a call of the same customer, took the place of {request}"), why)
        }
        Fact::PlaceTaken { call, of, arrived, .. } => (
            format!("{call} has the place of {of}"),
            format!("place_kept_for of the queue keeps it: that of the arrival at {arrived}"),
        ),
        Fact::PlaceReturned { request, call } => (
            format!("{request} has its place again"),
            format!("{call} ended without an answer, and nobody is forgotten"),
        ),
        _ => Default::default(),
    }
}

/// What changes the time of a request.
fn delayed(fact: &Fact) -> (String, String) {
    match fact {
        Fact::Moved { due, expires, .. } => (
            format!("moved to {due}"),
            format!("it gave up its place, and ends by itself at {expires}"),
        ),
        Fact::CameDue { arrived, .. } => (
            "its time came".to_owned(),
            format!("it takes the place of whoever arrives then: {arrived}"),
        ),
        Fact::Hastened { .. } => (
            "the next attempt need not wait".to_owned(),
            "asked for by command, or new settings keep it waiting no longer; it kept its place"
                .to_owned(),
        ),
        Fact::Held { until, why, .. } => {
            (format!("its customer is not called before {until}"), rules::held(why))
        }
        _ => Default::default(),
    }
}

fn recorded(fact: &Fact) -> (String, String) {
    match fact {
        Fact::RecordingBegan { file, .. } => ("recording began".to_owned(), format!("into {file}")),
        Fact::RecordingEnded { end, millis, .. } => (
            format!("recording ended after {} s", millis / 1_000),
            rules::recording_end(*end).to_owned(),
        ),
        Fact::NotRecorded { why, .. } => {
            ("not recorded".to_owned(), rules::not_recorded(*why).to_owned())
        }
        Fact::RecordingDeclined { .. } => (
            "recording was declined".to_owned(),
            "the customer said so; nothing of it is kept".to_owned(),
        ),
        _ => Default::default(),
    }
}

fn requested(at: Wall, fact: &Fact) -> (String, String) {
    let Fact::CallbackRequested { request, queue, line, arrived, expires, terms, .. } = fact else {
        return Default::default();
    };
    let what = format!("{request} was promised, by {}", terms.origin);
    let mut why = match terms.due {
        Some(due) => format!("it stands outside {queue} until {due}"),
        None => format!("it stands in {queue} in the place of its arrival at {arrived}"),
    };
    let begins = terms.due.unwrap_or(at);
    why.push_str(&format!(
        "; called back as {line}; it ends by itself at {expires}, {} after {}",
        length(expires.since(begins)),
        if terms.due.is_some() { "its time" } else { "it was asked for" },
    ));
    why.push_str(&asks(&terms.needs, terms.priority));
    if let Some(owner) = &terms.owner {
        why.push_str(&format!("; {owner} is to make it"));
    }
    (what, why)
}

/// The skills that are asked for, and the priority, when there are any.
fn asks(needs: &[Need], priority: u8) -> String {
    let mut said = String::new();
    if priority > 0 {
        said.push_str(&format!(", with priority {priority}"));
    }
    if !needs.is_empty() {
        let needs: Vec<String> = needs.iter().map(Need::to_string).collect();
        said.push_str(&format!("; it asks for {}", needs.join(" and ")));
    }
    said
}

fn dialled(at: Wall, fact: &Fact) -> (String, String) {
    let next = |retry_at: &Option<Wall>| match retry_at {
        Some(due) => format!("the next attempt is due at {due}, {} later", length(due.since(at))),
        None => "no attempt follows".to_owned(),
    };
    match fact {
        Fact::DialStarted { attempt, agent, trunk, .. } => (
            format!("attempt {}: the customer was dialled over {trunk}", attempt.number),
            format!("{agent} had taken it and waited"),
        ),
        Fact::DialEnded { attempt, outcome, said, retry_at } => {
            let said = said.map(|said| format!(" ({said})")).unwrap_or_default();
            (
                format!("attempt {} ended: {outcome}{said}", attempt.number),
                format!("{}; {}", rules::dial_outcome(*outcome), next(retry_at)),
            )
        }
        Fact::AttemptMissed { retry_at, .. } => (
            "an agent did not answer, which used an attempt up".to_owned(),
            format!("agent_no_answer_counts is set for the queue; {}", next(retry_at)),
        ),
        _ => Default::default(),
    }
}

/// `5 min`, `1 h 30 min`, `45 s`.
pub(super) fn length(time: Duration) -> String {
    let secs = time.as_secs();
    let parts = [(secs / 3_600, "h"), (secs / 60 % 60, "min"), (secs % 60, "s")];
    let said: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    if said.is_empty() { "0 s".to_owned() } else { said.join(" ") }
}
