//! Why it came so: every decision about a call or a request, with its rule, its numbers and its
//! time, told from the facts alone. Nothing here decides, and nothing is guessed: what no fact says
//! is said to be unknown.
//!
//! [`Gather`] picks what concerns somebody out of a whole ledger, read twice in order; then
//! [`callback`], [`no_offer`] and [`order`] tell it.

mod gather;
mod order;
mod rules;
mod story;
mod switched;

use model::{CallId, RequestId, Wall};
use serde::Serialize;

pub use gather::Gather;
pub use order::order;
pub use rules::{
    call_end, chosen, dial_outcome, not_recorded, offer_end, passed_by, recording_end, request_end,
    settled, untaken, withheld,
};

use crate::{Entry, Fact, Holder};

/// An answer to "why".
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// What it is about.
    pub of: String,
    /// The answer in a sentence or two.
    pub because: String,
    /// Every decision, in order.
    pub steps: Vec<Step>,
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// When.
    pub at: Wall,
    /// What was decided, or what happened.
    pub what: String,
    /// By which rule, with the numbers.
    pub why: String,
}

/// What a fact says, and by which rule, in words.
pub fn words(at: Wall, fact: &Fact) -> String {
    let (what, why) = match fact {
        Fact::Offered { .. } => story::offered(fact),
        Fact::EngineStarted { epoch } => {
            (format!("the engine started, number {epoch}"), String::new())
        }
        fact => story::said(at, fact),
    };
    let who = fact.request().map(Holder::Request).or_else(|| gather::who(fact));
    let who = who.or_else(|| gather::call_of(fact).map(Holder::Call));
    let who = who.map_or_else(String::new, |who| format!("{who}: "));
    let why = if why.is_empty() { why } else { format!(" ({why})") };
    format!("{who}{what}{why}")
}

/// Everything about one request. None when there was no such request among `entries`.
pub fn callback(entries: &[Entry], id: RequestId) -> Option<Explanation> {
    let asked = entries.iter().find(
        |entry| matches!(entry.fact, Fact::CallbackRequested { request, .. } if request == id),
    )?;
    let Fact::CallbackRequested { call, .. } = asked.fact else { return None };
    let call = call.map(Holder::Call);
    let steps = story::steps(entries, &[Some(Holder::Request(id)), call]);
    let closed = entries.iter().rev().find_map(|entry| match &entry.fact {
        Fact::RequestClosed { request, end, why } if *request == id => Some((entry.at, *end, why)),
        _ => None,
    });
    let because = match closed {
        Some((at, end, why)) => {
            format!("It ended as {end} at {at}: {why}. {}", rules::request_end(end))
        }
        None => match steps.last() {
            Some(last) => format!("It is open. Last, at {}: {}; {}", last.at, last.what, last.why),
            None => "It is open.".to_owned(),
        },
    };
    Some(Explanation { of: id.to_string(), because, steps })
}

/// Why a caller was not offered a callback, or that the caller was. None when there was no such
/// call among `entries`.
pub fn no_offer(entries: &[Entry], id: CallId) -> Option<Explanation> {
    let about = |fact: &Fact| matches!(fact, Fact::CallArrived { call, .. } if *call == id);
    let arrived = entries.iter().find(|entry| about(&entry.fact))?;
    let Fact::CallArrived { line, queue, .. } = &arrived.fact else { return None };
    let steps = story::steps(entries, &[Some(Holder::Call(id)), None]);
    let mut withheld = Vec::new();
    let mut allowed_at = None;
    let mut promised = None;
    let mut untaken = None;
    let mut end = None;
    for entry in entries {
        match &entry.fact {
            Fact::OfferWithheld { call, why } if *call == id => {
                withheld.push(rules::withheld(why));
                allowed_at = None;
            }
            Fact::OfferAllowed { call } if *call == id => allowed_at = Some(entry.at),
            Fact::CallbackRequested { request, call: Some(call), .. } if *call == id => {
                promised = Some(*request);
            }
            Fact::RequestUntaken { call, why } if *call == id => {
                untaken = Some(rules::untaken(why));
            }
            Fact::CallEnded { call, end: how } if *call == id => end = Some(*how),
            _ => {}
        }
    }
    let because = if let Some(request) = promised {
        format!("The caller was offered a callback and asked for it: {request}.")
    } else if let Some(why) = untaken {
        format!("The caller was offered a callback and asked for it. It was not taken: {why}.")
    } else if let Some(at) = allowed_at {
        format!("A callback could be had from {at} on, and the caller did not ask for it.")
    } else if let Some(why) = withheld.last() {
        format!("{why}.")
    } else {
        "No rule stood against an offer while the caller waited; the caller did not ask for a \
         callback, or was gone before it was offered."
            .to_owned()
    };
    let ended = end.map_or("The call is not over.".to_owned(), rules::call_end);
    let of = format!("{id} on {line}, in the queue {queue}");
    Some(Explanation { of, because: format!("{because} {ended}"), steps })
}
