//! What [callbacks], a line or a queue switches off, and what a line says otherwise than its queue
//! of when callbacks are offered.

use std::collections::BTreeMap;

use ledger::{Part, Switch};
use model::LineName;
use queue::{Off, OfferPolicy};
use toml::de::DeTable;

use crate::finding::Findings;
use crate::overflow;
use crate::section::{self, Section};

/// Reads what is switched off.
pub(crate) fn read<'a>(root: &'a DeTable<'a>, found: &mut Findings) -> Off {
    let mut off = Off::new();
    let all = section::one(root, "callbacks", found);
    of_part(&all, Some(Part::Engine), &mut off, found);
    for section in section::again(root, "line") {
        of_part(&section, name(&section).map(|it| Part::Line(it.into())), &mut off, found);
    }
    for section in section::again(root, "queue") {
        of_part(&section, name(&section).map(|it| Part::Queue(it.into())), &mut off, found);
    }
    off
}

fn name<'a>(section: &Section<'a>) -> Option<&'a str> {
    section.get("name").and_then(|name| name.get_ref().as_str())
}

fn of_part(section: &Section<'_>, part: Option<Part>, off: &mut Off, found: &mut Findings) {
    let switches = [("registering", Switch::Registering), ("processing", Switch::Processing)];
    for (key, switch) in switches {
        let on = section.boolean(key, found).is_none_or(|at| at.value);
        if let (false, Some(part)) = (on, &part) {
            off.insert((switch, part.clone()));
        }
    }
}

/// Reads when callbacks are offered to the callers of lines that say so themselves.
pub(crate) fn offers<'a>(
    root: &'a DeTable<'a>,
    settings: &queue::Settings,
    found: &mut Findings,
) -> BTreeMap<LineName, OfferPolicy> {
    let mut offers = BTreeMap::new();
    for section in section::again(root, "line") {
        let Some(name) = name(&section).map(LineName::from) else { continue };
        let Some(line) = settings.lines.get(&name) else { continue };
        let Some(queue) = settings.queues.get(&line.queue) else { continue };
        if let Some(policy) = overflow::of_line(&section, &queue.offers, found) {
            if !line.calls_back {
                let problem = "this line offers no callbacks, and says when it does";
                let hint = "leave out offer_… and callbacks_max, or give it an outbound_number";
                found.warning(&section.span, problem, "`callbacks`", hint);
            }
            offers.insert(name, policy);
        }
    }
    offers
}
