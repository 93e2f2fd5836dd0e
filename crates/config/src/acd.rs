//! `distribution = "external_acd"` of a queue: everything goes to one number of somebody else's
//! ACD, which has agents of its own. They have no phone here, only an `identifier`.
//!
//! To the engine the number is as many seats as it takes calls at once: agents who are always
//! there, and who say by keys who they are.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use engine::{Acd, AgentPhone, Speech, Srtp};
use model::{AgentName, E164, QueueName, TrunkName};
use queue::AgentSettings;

use crate::finding::Findings;
use crate::names::Names;
use crate::section::{At, Section, shown};
use crate::staff::{Agent, Queue};
use crate::value::Mistake;

/// Most calls that an ACD takes at once.
const CALLS_MAX: u64 = 200;
/// Most questions for an identifier.
const ASKS_MAX: u64 = 10;

/// The keys that only a queue with an ACD has.
const KEYS: [&str; 4] = ["acd_trunk", "acd_calls", "acd_welcome", "acd_tries"];

/// The ACD of a queue.
#[derive(Debug, Clone)]
pub(crate) struct External {
    number: E164,
    trunk: TrunkName,
    calls: u64,
    welcome: Duration,
    asks_max: u8,
}

/// Reads where the works of a queue go; none when to the agents of this file.
pub(crate) fn read(
    section: &Section<'_>,
    trunks: &Names,
    found: &mut Findings,
) -> Option<External> {
    let kinds = [("agents", false), ("external_acd", true)];
    if !crate::basics::choice(section, "distribution", &kinds, false, found) {
        let key = ["acd_number"].iter().chain(&KEYS).find_map(|key| Some((key, section.get(key)?)));
        if let Some((key, value)) = key {
            let problem = format!("this queue has an `{key}` and no ACD");
            let hint = "add distribution = \"external_acd\", or take it out";
            found.error(&value.span(), problem, "`distribution` beside it", hint);
        }
        return None;
    }
    section.must_have("acd_number", "\"+33155555555\"", found);
    let expected = "the international number of the ACD, such as \"+33155555555\"";
    let number = section.parsed("acd_number", expected, found, |text| {
        E164::parse(text).map_err(|why| {
            let problem = format!("`{}` is not an international number", shown(text));
            Mistake::new(problem, why.to_string())
        })
    });
    let calls = section.integer("acd_calls", 1..=CALLS_MAX, 1, found);
    let range = Duration::ZERO..=Duration::from_secs(300);
    let welcome = section.duration("acd_welcome", range, Duration::from_secs(5), found);
    let asks = section.integer("acd_tries", 1..=ASKS_MAX, 3, found);
    let trunk = trunks.reference(section, "acd_trunk", found)?;
    Some(External {
        number: number?.value,
        trunk: TrunkName::from(trunk.as_str()),
        calls,
        welcome,
        asks_max: u8::try_from(asks).expect("limited to ten"),
    })
}

/// The identifier of an agent of an ACD.
pub(crate) fn identifier(section: &Section<'_>, found: &mut Findings) -> Option<At<Arc<str>>> {
    section.parsed("identifier", "1 to 16 digits, such as \"4711\"", found, |text| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits && text.len() <= ivr::IDENTIFIER_MAX {
            return Ok(Arc::from(text));
        }
        let hint = "the agent types it on a telephone, and ends it with the hash key";
        Err(Mistake::new(format!("`{}` cannot be typed", shown(text)), hint))
    })
}

/// What stands against one queue and one of its agents.
fn against(queue: &Queue, agent: &Agent) -> Option<(Range<usize>, String, &'static str)> {
    let (queue_name, name) = (queue.name.as_deref()?, agent.name.as_deref()?);
    if !agent.queues.as_ref()?.iter().any(|served| served == queue_name) {
        return None;
    }
    let span = agent.span.clone();
    match (queue.external.is_some(), agent.identifies) {
        (true, false) => {
            let problem = format!(
                "agent `{name}` has a phone, and queue `{queue_name}` sends everything to an ACD"
            );
            Some((span, problem, "an agent of an ACD has an identifier and no phone"))
        }
        (false, true) => {
            let problem =
                format!("agent `{name}` has an identifier, and queue `{queue_name}` no ACD");
            Some((span, problem, "give the agent a phone, or the queue distribution = …"))
        }
        (true, true) | (false, false) => None,
    }
}

/// Reports agents at a desktop of ours whose queue sends everything elsewhere, and the reverse, and
/// identifiers that are given twice.
pub(crate) fn check(queues: &[Queue], agents: &[Agent], found: &mut Findings) {
    for queue in queues {
        let mut known: Vec<&str> = Vec::new();
        for agent in agents {
            if let Some((span, problem, hint)) = against(queue, agent) {
                found.error(&span, problem, "one or the other", hint);
            }
            let Some(identifier) = &agent.identifier else { continue };
            let serves = agent.queues.as_ref().zip(queue.name.as_ref());
            if !serves.is_some_and(|(queues, name)| queues.contains(name)) {
                continue;
            }
            if known.contains(&&*identifier.value) {
                let problem = "another agent of this queue has this identifier";
                let hint = "it says who takes a call: give each agent another";
                found.error(&identifier.span, problem, "an identifier of its own", hint);
            }
            known.push(&identifier.value);
        }
    }
}

/// The seats of every ACD, once nothing is wrong.
pub(crate) fn seats(queues: &[Queue], agents: &[Agent]) -> Vec<(engine::Agent, AgentSettings)> {
    let mut seats = Vec::new();
    for queue in queues {
        let (Some(external), Some(name)) = (&queue.external, &queue.name) else { continue };
        let serves = |agent: &&Agent| agent.queues.as_ref().is_some_and(|it| it.contains(name));
        let known = agents.iter().filter(serves).filter_map(|agent| {
            let name = AgentName::from(agent.name.as_deref()?);
            Some((Arc::clone(&agent.identifier.as_ref()?.value), name))
        });
        let acd =
            Acd { welcome: external.welcome, asks_max: external.asks_max, agents: known.collect() };
        for number in 1..=external.calls {
            seats.push((seat(name, number, external, acd.clone()), of_queue(name)));
        }
    }
    seats
}

fn seat(queue: &str, number: u64, external: &External, acd: Acd) -> engine::Agent {
    engine::Agent {
        name: AgentName::from(format!("{queue}/acd-{number}").as_str()),
        phone: AgentPhone::Telephone {
            number: Some(external.number),
            trunk: external.trunk.clone(),
        },
        redirects_to: [].into(),
        srtp: Srtp::Off,
        speech: Speech::default(),
        human_proof: false,
        acd: Some(acd),
    }
}

/// The ACD itself knows when its agents rest.
fn of_queue(queue: &str) -> AgentSettings {
    AgentSettings {
        queues: vec![QueueName::from(queue)],
        wrap_up: Duration::ZERO,
        ..AgentSettings::default()
    }
}
