//! The story of one call or request, as text: what the far end's phones wrote down, and the facts.

use std::fmt::Write as _;

use ledger::Fact;
use model::RequestId;

use crate::oracle::About;
use crate::world::World;

/// Lines of a run's end that are shown when a verdict is about nobody.
const LAST_LINES: usize = 60;

/// The ladder of whom a verdict is about.
pub fn ladder(world: &World, about: &About) -> String {
    match about {
        About::Run => {
            let text = world.trace().text();
            let lines: Vec<&str> = text.lines().collect();
            let first = lines.len().saturating_sub(LAST_LINES);
            lines[first..].join("\n") + "\n"
        }
        About::Call(call_id) => of_call(world, call_id),
        About::Request(request) => of_request(world, *request),
    }
}

fn of_call(world: &World, call_id: &str) -> String {
    world.people().map(|(_, phone)| phone.diary().ladder_of_call(call_id)).collect()
}

fn of_request(world: &World, request: RequestId) -> String {
    let mut text = String::new();
    for entry in world.journal().durable() {
        if entry.fact.request() != Some(request) {
            continue;
        }
        let _ = writeln!(text, "{} {} {}", entry.seq, entry.at, entry.fact.encode());
        if let Fact::DialStarted { sip_call_id, .. } = &entry.fact {
            text.push_str(&of_call(world, sip_call_id));
        }
    }
    text
}
