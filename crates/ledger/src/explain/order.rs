//! Who of two was before whom, and why the other was served first when that is so.

use model::{OfferId, QueueName, Wall};

use super::gather::who;
use super::story::{length, steps};
use super::{Explanation, rules};
use crate::{Entry, Fact, Holder, OfferEnd};

/// Two who stood in the queue.
#[derive(Debug)]
struct Side {
    /// As asked for, and what became of it: the call, the request.
    of: [Option<Holder>; 2],
    name: String,
    queue: QueueName,
    arrived: Wall,
    /// Whose place it has.
    has_place_of: Option<Holder>,
    priority: u8,
    standing: Standing,
    served: Option<Wall>,
    /// Those that ring for it.
    ringing: Vec<OfferId>,
}

/// What one of them is doing at some moment, as far as the order goes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Standing {
    /// Not there yet.
    Absent,
    /// In its place.
    Waiting,
    /// In its place, and not before then.
    DueLater(Wall),
    /// Outside the order until then.
    Scheduled(Wall),
    /// A dial is in doubt.
    InDoubt,
    /// Agents are rung, or one has taken it.
    Served,
    /// Over.
    Gone,
}

/// Which of two was before the other. None when one of them is not among `entries`.
pub fn order(entries: &[Entry], a: Holder, b: Holder) -> Option<Explanation> {
    let (a, b) = (Side::of(entries, a)?, Side::of(entries, b)?);
    let (mut first, mut second) = if b.stands() < a.stands() { (b, a) } else { (a, b) };
    let mut overtaken = None;
    for entry in entries {
        let offered = who(&entry.fact);
        let own = |side: &Side| offered.is_some() && side.of.contains(&offered);
        if own(&second) && overtaken.is_none() {
            overtaken = first.passed_for(entry, &second).map(|why| (entry.at, why));
        }
        first.see(entry);
        second.see(entry);
    }
    let of = format!("{} and {}", first.name, second.name);
    let mut because = place(&first, &second);
    because.extend([&first, &second].map(Side::inherited));
    because.push_str(&match &overtaken {
        Some((at, why)) => {
            format!(" {} was offered to an agent first, at {at}: {why}.", second.name)
        }
        None => served(&first, &second),
    });
    let both: Vec<Option<Holder>> = first.of.iter().chain(&second.of).copied().collect();
    Some(Explanation { of, because, steps: steps(entries, &both) })
}

/// Where they stand.
fn place(first: &Side, second: &Side) -> String {
    let (one, other) = (&first.name, &second.name);
    if first.queue != second.queue {
        return format!(
            "{one} stands in {}, {other} in {}: each queue has its own order, and an agent of both \
             takes whoever arrived first. {one} arrived at {}, {other} at {}.",
            first.queue, second.queue, first.arrived, second.arrived
        );
    }
    if first.priority > second.priority {
        return format!(
            "{one} stands before {other} in {}: its priority is {}, that of {other} is {}. {one} \
             arrived at {}, {other} at {}.",
            first.queue, first.priority, second.priority, first.arrived, second.arrived
        );
    }
    format!(
        "{one} stands before {other} in {}: it arrived at {}, {} before {}.",
        first.queue,
        first.arrived,
        length(second.arrived.since(first.arrived)),
        second.arrived
    )
}

fn served(first: &Side, second: &Side) -> String {
    match (first.served, second.served) {
        (Some(one), Some(other)) => format!(
            " {} was offered to an agent first too, at {one}; {} at {other}.",
            first.name, second.name
        ),
        (Some(one), None) => {
            format!(" {} was offered to an agent at {one}, {} to none.", first.name, second.name)
        }
        (None, _) => " None of them was offered to an agent before the other.".to_owned(),
    }
}

impl Side {
    fn of(entries: &[Entry], asked: Holder) -> Option<Side> {
        let mut call = None;
        let mut request = None;
        match asked {
            Holder::Call(id) => call = Some(id),
            Holder::Request(id) => request = Some(id),
        }
        let mut found = None;
        let mut has_place_of = None;
        for entry in entries {
            match &entry.fact {
                Fact::CallArrived { call: id, queue, priority, .. } if Some(*id) == call => {
                    found = Some((queue.clone(), entry.at, *priority));
                }
                Fact::PlaceTaken { call: id, of, arrived, .. } if Some(*id) == call => {
                    has_place_of = Some(*of);
                    found = found.map(|(queue, _, priority)| (queue, *arrived, priority));
                }
                Fact::CallbackRequested {
                    request: id, call: of, queue, arrived, terms, ..
                } if Some(*id) == request || (of.is_some() && *of == call) => {
                    request = Some(*id);
                    call = *of;
                    let arrived = terms.due.unwrap_or(*arrived);
                    found = Some((queue.clone(), arrived, terms.priority));
                }
                Fact::CameDue { request: id, arrived } if Some(*id) == request => {
                    found = found.map(|(queue, _, priority)| (queue, *arrived, priority));
                }
                _ => {}
            }
        }
        let (queue, arrived, priority) = found?;
        let of = [call.map(Holder::Call), request.map(Holder::Request)];
        let name = asked.to_string();
        Some(Side {
            of,
            name,
            queue,
            arrived,
            has_place_of,
            priority,
            standing: Standing::Absent,
            served: None,
            ringing: Vec::new(),
        })
    }

    /// Whose place it has, in words.
    fn inherited(&self) -> String {
        let of = self.has_place_of;
        of.map_or(String::new(), |of| format!(" {} has the place of {of}.", self.name))
    }

    /// Its place among others: the smaller is before.
    fn stands(&self) -> (u8, Wall) {
        (u8::MAX - self.priority, self.arrived)
    }

    /// Why this one, who stands before, was not offered when the other one was; none when it was
    /// not passed over.
    fn passed_for(&self, entry: &Entry, other: &Side) -> Option<String> {
        let Fact::Offered { agent, because, .. } = &entry.fact else { return None };
        let told = because.passed.iter().find(|passed| self.of.contains(&Some(passed.who)));
        if let Some(passed) = told {
            return Some(format!(
                "{} was passed over, for {}",
                self.name,
                rules::passed_by(&passed.why)
            ));
        }
        match &self.standing {
            Standing::Absent | Standing::Served | Standing::Gone => None,
            Standing::DueLater(at) if *at > entry.at => {
                Some(format!("the next attempt of {} was not due before {at}", self.name))
            }
            Standing::Scheduled(at) => {
                Some(format!("{} has no place before its time, {at}", self.name))
            }
            Standing::InDoubt => {
                Some(format!("a dial of {} was in doubt, and is never made by itself", self.name))
            }
            Standing::Waiting | Standing::DueLater(_) if self.queue != other.queue => {
                Some(format!("{agent} is not an agent of {}", self.queue))
            }
            Standing::Waiting | Standing::DueLater(_) => Some(format!(
                "the facts do not say why {} was passed over: too many stood before",
                self.name
            )),
        }
    }

    fn see(&mut self, entry: &Entry) {
        let fact = &entry.fact;
        let own = |holder: Holder| self.of.contains(&Some(holder));
        let request = fact.request().is_some_and(|id| own(Holder::Request(id)));
        let next = match fact {
            Fact::CallArrived { call, .. } if own(Holder::Call(*call)) => Standing::Waiting,
            Fact::CallEnded { call, .. } if own(Holder::Call(*call)) && self.of[1].is_none() => {
                Standing::Gone
            }
            // Whoever has the place of a request stands for it.
            Fact::PlaceTaken { of, .. } if own(*of) => Standing::Gone,
            Fact::PlaceTaken { call, offer: Some(_), .. } if own(Holder::Call(*call)) => {
                self.served.get_or_insert(entry.at);
                Standing::Served
            }
            Fact::PlaceReturned { .. } if request => Standing::Waiting,
            Fact::CallbackRequested { terms, .. } if request => {
                terms.due.map_or(Standing::Waiting, Standing::Scheduled)
            }
            Fact::Offered { offer, .. } if who(fact).is_some_and(own) => {
                self.served.get_or_insert(entry.at);
                self.ringing.push(*offer);
                Standing::Served
            }
            Fact::OfferEnded { offer, end } if self.ringing.contains(offer) => {
                self.ringing.retain(|ringing| ringing != offer);
                if *end == OfferEnd::Accepted || !self.ringing.is_empty() {
                    return;
                }
                Standing::Waiting
            }
            // An offer that a crash cut short is forgotten; a live call is lost with the engine.
            Fact::EngineStarted { .. } if self.standing == Standing::Served => {
                self.ringing.clear();
                Standing::Waiting
            }
            Fact::DialEnded { retry_at: Some(at), .. }
            | Fact::AttemptMissed { retry_at: Some(at), .. }
                if request =>
            {
                Standing::DueLater(*at)
            }
            Fact::Held { until, .. } if request => Standing::DueLater(*until),
            Fact::FoundUncertain { .. } if request => Standing::InDoubt,
            Fact::Settled { .. } | Fact::Hastened { .. } | Fact::CameDue { .. } if request => {
                Standing::Waiting
            }
            Fact::Moved { due, .. } if request => Standing::Scheduled(*due),
            Fact::RequestClosed { .. } if request => Standing::Gone,
            Fact::DialStarted { .. } | Fact::Bridged { .. } if request => Standing::Served,
            _ => return,
        };
        self.standing = next;
    }
}
