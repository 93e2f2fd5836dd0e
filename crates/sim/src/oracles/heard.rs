//! Heard: customer and agent of every bridge hear each other, both ways.
//!
//! At the cue grain the sound of a bridge must lead from the phone of the right agent to the phone
//! of the right customer and back. At the packet grain every voice is a tone of its own, and each
//! diary must hold the other's.

use std::collections::BTreeMap;

use ledger::Fact;
use model::{AgentName, AttemptId, CallId, Mono, Now};
use phone::{CallRecord, Phone, Voice};

use crate::lab;
use crate::oracle::{Found, Oracle, Seen, Verdict};
use crate::world::{Grain, World};

const NAME: &str = "heard";
/// A shorter talk is not judged by its sound: it may be over before the first packets crossed.
const TALK_NANOS_MIN: u64 = 3_000_000_000;

/// See the module.
#[derive(Debug, Default)]
pub struct Heard {
    joined: Vec<(Mono, Option<usize>, Option<usize>)>,
    bridges: Vec<(Mono, AgentName, Option<AttemptId>, Option<CallId>)>,
    dials: BTreeMap<AttemptId, String>,
    found: Found,
}

impl Heard {
    fn handed_over(&mut self, now: Mono, fact: &Fact) {
        match fact {
            Fact::DialStarted { attempt, sip_call_id, .. } => {
                self.dials.insert(*attempt, sip_call_id.clone());
            }
            Fact::Bridged { agent, attempt, call } => {
                self.bridges.push((now, agent.clone(), *attempt, *call));
            }
            _ => {}
        }
    }

    fn judge_cues(&mut self, world: &World) {
        for (at, agent, attempt, call) in &self.bridges {
            let desk = world.settings().engine.agents.iter().find(|a| a.name == *agent);
            let desk = desk.and_then(lab::desk_of);
            let is_agent = |id: usize| world.phone(id).map(|p| p.settings().sip) == desk;
            let now = self.joined.iter().filter(|(then, ..)| then == at);
            let with = now.filter_map(|(_, one, other)| match (*one, *other) {
                (Some(one), Some(other)) if is_agent(one) => Some(other),
                (Some(one), Some(other)) if is_agent(other) => Some(one),
                _ => None,
            });
            let dialled = attempt.and_then(|attempt| self.dials.get(&attempt));
            let right = |id: usize| {
                let Some(phone) = world.phone(id) else { return false };
                dialled.is_none_or(|id| phone.diary().invites().contains_key(id))
            };
            if !with.into_iter().any(right) {
                let who = attempt.map_or_else(|| format!("{call:?}"), |a| a.to_string());
                let what = format!("{agent} and the customer of {who} are not joined");
                self.found.add(Verdict::of_run(NAME, what));
            }
        }
    }

    fn judge_packets(&mut self, world: &World) {
        for (at, agent, attempt, _) in &self.bridges {
            let desk = world.settings().engine.agents.iter().find(|a| a.name == *agent);
            let Some(desk) = desk.and_then(lab::desk_of) else { continue };
            let talk = |phone: &'_ Phone| present(phone, *at).cloned();
            let mut people = world.people();
            let Some((_, agent_phone)) = people.find(|(_, p)| p.settings().sip == desk) else {
                continue;
            };
            let Some(agent_call) = talk(agent_phone) else { continue };
            let Some(call_id) = attempt.and_then(|attempt| self.dials.get(&attempt)) else {
                continue;
            };
            let customer = world.people().find_map(|(_, phone)| {
                let call = phone.diary().calls().iter().find(|call| call.call_id == *call_id)?;
                Some((phone, call.clone()))
            });
            let Some((customer_phone, customer_call)) = customer else { continue };
            let pairs = [(agent_phone, &customer_call), (customer_phone, &agent_call)];
            for (speaker, listener) in pairs {
                if hears(*at, speaker, listener, &agent_call, &customer_call) == Some(false) {
                    let what = format!("{} was not heard", speaker.settings().name);
                    self.found.add(Verdict::of_call(NAME, &listener.call_id, what));
                }
            }
        }
    }
}

/// The call in which this phone is at that moment.
fn present(phone: &Phone, at: Mono) -> Option<&CallRecord> {
    phone.diary().calls().iter().find(|call| {
        let ended = call.ended.map(|(now, _)| now.mono);
        call.began.mono <= at && ended.is_none_or(|ended| ended > at)
    })
}

/// Whether the listener heard the speaker's tone while both talked; `None` when the talk was too
/// short to tell.
fn hears(
    at: Mono,
    speaker: &Phone,
    listener: &CallRecord,
    one: &CallRecord,
    other: &CallRecord,
) -> Option<bool> {
    let Voice::Tone(hz) = speaker.settings().voice else { return None };
    let ends = [one, other].map(|call| call.ended.map(|(now, _)| now.mono));
    let end = ends.into_iter().flatten().min()?;
    let begin = at + std::time::Duration::from_secs(1);
    if end.as_nanos().saturating_sub(begin.as_nanos()) < TALK_NANOS_MIN {
        return None;
    }
    Some(listener.heard_tone(hz, begin, end))
}

impl Oracle for Heard {
    fn see(&mut self, now: Now, seen: &Seen<'_>) {
        match seen {
            Seen::Joined { one, other } => self.joined.push((now.mono, *one, *other)),
            Seen::Output(engine::Output::Record(record)) => {
                self.handed_over(now.mono, &record.entry.fact);
            }
            _ => {}
        }
    }

    fn verdicts(&mut self, world: &World) -> Vec<Verdict> {
        match world.settings().grain {
            Grain::Cues => self.judge_cues(world),
            Grain::Packets => self.judge_packets(world),
        }
        self.found.take()
    }
}

#[cfg(test)]
mod tests {
    use model::{CallId, Entropy, Wall};
    use phone::PhoneSettings;

    use super::*;
    use crate::{Disk, Weather, WorldSettings, lab};

    /// A world with an agent (0) and a customer (1) who do nothing.
    fn world() -> World {
        let settings = WorldSettings {
            seed: 1,
            grain: Grain::Cues,
            begins: Wall::default(),
            sip: Weather::FINE,
            rtp: Weather::FINE,
            disk: Disk::FINE,
            engine: lab::settings(1),
            clips: lab::clips(),
        };
        let mut world = World::new(settings, Vec::new());
        for (name, sip) in
            [("agent", lab::agent_address(1)), ("ada", ([10, 1, 0, 1], 5_060).into())]
        {
            let rtp = std::net::SocketAddr::new(sip.ip(), 4_000);
            let phone = Phone::new(PhoneSettings::new(name, name, sip, rtp), Entropy::from_u64(1));
            let habits = crate::CustomerHabits {
                calls_at: Vec::new(),
                line: String::new(),
                engine: lab::ENGINE,
                from: String::new(),
                wish: crate::Wish::Wait,
                rings: std::time::Duration::ZERO,
                patience: std::time::Duration::ZERO,
                talks: std::time::Duration::ZERO,
                later: None,
            };
            world.enter(phone, Box::new(crate::CustomerPerson::new(habits)));
        }
        world
    }

    #[test]
    fn a_bridge_that_leads_nowhere_is_noticed() {
        for (one, other, fine) in [(0, Some(1), true), (0, None, false), (1, Some(1), false)] {
            let mut oracle = Heard::default();
            oracle.see(Now::default(), &Seen::Joined { one: Some(one), other });
            let agent = lab::agent_name(1);
            let fact = Fact::Bridged { agent, attempt: None, call: Some(CallId(1)) };
            oracle.handed_over(Mono::ZERO, &fact);
            assert_eq!(oracle.verdicts(&world()).is_empty(), fine, "{one} {other:?}");
        }
    }
}
