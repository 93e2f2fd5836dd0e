//! The agents as operators see them, and what customers may ask for of them. Where a phone is, is
//! shown as far as it helps to tell one phone from another, not as far as it helps a stranger who
//! looks over the shoulder.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use engine::Engine;
use model::{LineName, Mono, Now, QueueName};
use queue::AgentState;

use crate::control::{
    AgentView, AvailabilityView, PhoneView, QUEUE_ENTRIES_LISTED_MAX, QueueEntry, QueueView,
    Response, SlotView, Trouble, WaitView,
};

/// Every agent, by name.
pub(crate) fn agents(engine: &Engine, now: Mono) -> Vec<AgentView> {
    let view = |agent: queue::AgentView| {
        let phones = engine.phones(&agent.agent).map(|phones| {
            let view = |phone: sip::Binding| PhoneView {
                at: masked(phone.hop.peer),
                secs_left: phone.expires.since(now).as_secs(),
            };
            phones.into_iter().map(view).collect()
        });
        let telephone = || engine.telephone(&agent.agent).map(|number| number.to_string());
        let phone = engine.fixed_phone(&agent.agent).map(str::to_owned).or_else(telephone);
        let idle = agent.state == AgentState::Free && !agent.reachable;
        AgentView {
            agent: agent.agent,
            status: agent.status.into(),
            why: agent.why,
            state: match agent.channel {
                Some(channel) if agent.state == AgentState::Free => format!("busy with {channel}"),
                Some(_) | None if idle => "not registered".to_owned(),
                Some(_) | None => in_words(agent.state).to_owned(),
            },
            takes_calls: agent.takes_calls,
            phone,
            phones,
        }
    };
    engine.queues().agents().map(view).collect()
}

/// What customers who have not called may ask for.
pub(crate) fn availability(
    engine: &Engine,
    now: Now,
    line: Option<&LineName>,
    tags: Vec<String>,
) -> Response {
    let (available, slots) = match engine.availability(now, line) {
        Ok(answer) => answer,
        Err(error) => return Response::error(Trouble::from(&error), error.to_string()),
    };
    let ways = [("now", available.immediate), ("later", available.deferred)];
    let why = ways.iter().filter_map(|(way, may)| Some(format!("{way}: {}", may.err()?)));
    let slot =
        |slot: queue::Slot| SlotView { begins: slot.begins, ends: slot.ends, left: slot.left };
    Response::Availability(AvailabilityView {
        immediate: available.immediate.is_ok(),
        deferred: available.deferred.is_ok(),
        why: why.collect(),
        slots: slots.into_iter().map(slot).collect(),
        tags,
    })
}

/// The queues in which somebody stands, and who.
pub(crate) fn queues(engine: &Engine) -> Vec<QueueView> {
    let mut queues: BTreeMap<QueueName, Vec<QueueEntry>> = BTreeMap::new();
    for queue in engine.queues().queue_names() {
        queues.entry(queue.clone()).or_default();
    }
    for caller in engine.queues().calls() {
        let stage = match caller.offer {
            Some(_) => "an agent is asked",
            None => "waiting on the line",
        };
        queues.entry(caller.queue).or_default().push(QueueEntry {
            place: caller.place,
            call: Some(caller.call),
            request: None,
            line: caller.line,
            arrived: caller.arrived,
            stage: stage.to_owned(),
            why: caller.reason.to_string(),
        });
    }
    for request in engine.queues().requests() {
        let Some(place) = request.place else { continue };
        queues.entry(request.queue).or_default().push(QueueEntry {
            place,
            call: None,
            request: Some(request.request),
            line: request.line,
            arrived: request.arrived,
            stage: request.stage.to_string(),
            why: request.reason.to_string(),
        });
    }
    let view = |(queue, mut entries): (QueueName, Vec<QueueEntry>)| {
        entries.sort_by_key(|entry| entry.place);
        let more = entries.len().saturating_sub(QUEUE_ENTRIES_LISTED_MAX);
        entries.truncate(QUEUE_ENTRIES_LISTED_MAX);
        let wait = wait(engine, &queue);
        QueueView { queue, entries, more, wait }
    };
    queues.into_iter().map(view).collect()
}

fn in_words(state: AgentState) -> &'static str {
    match state {
        AgentState::Free => "free",
        AgentState::Ringing { .. } => "being rung",
        AgentState::Connecting { .. } => "waiting for the customer",
        AgentState::Talking { .. } => "talking",
        AgentState::Leaving { .. } => "hanging up",
        AgentState::WrapUp { .. } => "wrapping up",
    }
}

/// The network and the port; an address of this machine in full.
fn masked(at: SocketAddr) -> String {
    let port = at.port();
    match at.ip().to_canonical() {
        ip if ip.is_loopback() => at.to_string(),
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            format!("{a}.{b}.{c}.*:{port}")
        }
        IpAddr::V6(ip) => {
            let [a, b, ..] = ip.segments();
            format!("[{a:x}:{b:x}:*]:{port}")
        }
    }
}

/// Why no wait is told, in words.
fn untold(why: queue::Estimate) -> &'static str {
    match why {
        queue::Estimate::Endless => "no agent is online",
        queue::Estimate::Unknown | queue::Estimate::Mean(_) => {
            "not known yet: fewer than 20 conversations were seen"
        }
    }
}

/// How long who arrives now would wait in a queue, and how good such estimates were.
fn wait(engine: &Engine, queue: &QueueName) -> WaitView {
    let range = engine.queues().range_now(queue);
    let untold = range.err().map(|why| untold(why).to_owned());
    let minutes = range.ok().map(queue::Range::minutes);
    let track = engine.queues().track(queue);
    WaitView {
        minutes,
        untold,
        estimates: track.estimates,
        error_millis: track.error_millis,
        bias_millis: track.bias_millis,
        kept_permille: track.kept_permille,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_is_shown_by_its_network_and_port() {
        let shown = |at: &str| masked(at.parse().expect("an address"));
        assert_eq!(shown("192.0.2.17:5062"), "192.0.2.*:5062");
        assert_eq!(shown("[2001:db8::17]:5060"), "[2001:db8:*]:5060");
        assert_eq!(shown("127.0.0.9:5080"), "127.0.0.9:5080");
    }
}
