//! Heard: customer and agent of every bridge hear each other, both ways.
//!
//! At the cue grain the sound of a bridge must lead from the phone of the right agent to the phone
//! of the right customer and back. At the packet grain every voice is a tone of its own, and each
//! diary must hold the other's.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use ledger::Fact;
use model::{AgentName, AttemptId, CallId, Mono, Now, PortId};
use phone::{CallRecord, Phone, Voice};

use crate::lab;
use crate::oracle::{Found, Oracle, Seen, Verdict};
use crate::oracles::described::Described;
use crate::oracles::text::Text;
use crate::world::{Grain, World};

const NAME: &str = "heard";
/// A shorter talk is not judged by its sound: it may be over before the first packets crossed.
const SECONDS_MIN: u64 = 3;
/// No more than the first of a talk are judged: a phone keeps only so much of a call.
const SECONDS_JUDGED: u64 = 60;
const TALK_MAX: Duration = Duration::from_secs(SECONDS_JUDGED);
/// A hold, and the time until both sides sound again.
const HOLD_SECONDS: u64 = 13;

/// See the module.
#[derive(Debug, Default)]
pub struct Heard {
    joined: Vec<(Mono, Option<usize>, Option<usize>)>,
    bridges: Vec<(Mono, AgentName, Option<AttemptId>, Option<CallId>)>,
    dials: BTreeMap<AttemptId, String>,
    ports: BTreeMap<PortId, SocketAddr>,
    calls: BTreeMap<SocketAddr, String>,
    /// The calls, by Call-ID, whose ports were bridged.
    paired: Vec<(Mono, String, String)>,
    crashes: Vec<Mono>,
    found: Found,
}

impl Heard {
    fn handed_over(&mut self, now: Mono, fact: &Fact) {
        match fact {
            Fact::DialStarted { attempt, sip_call_id, .. } => {
                self.dials.insert(*attempt, sip_call_id.clone());
            }
            Fact::Bridged { agent, attempt, call }
            | Fact::Transferred { to: Some(agent), attempt, call, .. } => {
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
        for (at, agent, attempt, call) in &self.bridges {
            let desk = world.settings().engine.agents.iter().find(|a| a.name == *agent);
            let Some(desk) = desk.and_then(lab::desk_of) else { continue };
            let who = attempt.map_or_else(|| format!("{call:?}"), |a| a.to_string());
            let pairs = self.paired.iter().filter(|(then, ..)| then == at);
            let talk = pairs.filter_map(|(_, one, other)| {
                let ends = (end_of(world, one)?, end_of(world, other)?);
                let is_agent = |end: &End<'_>| end.0.settings().sip == desk;
                match ends {
                    (one, other) if is_agent(&one) => Some((one, other)),
                    (one, other) if is_agent(&other) => Some((other, one)),
                    _ => None,
                }
            });
            let dialled = attempt.and_then(|attempt| self.dials.get(&attempt));
            let right = |(_, customer): &(End<'_>, End<'_>)| {
                dialled.is_none_or(|call_id| customer.1.call_id == *call_id)
            };
            let Some((agent, customer)) = talk.into_iter().find(right) else {
                let what = format!("{} and the customer of {who} are not joined", agent);
                self.found.add(Verdict::of_run(NAME, what));
                continue;
            };
            if world.was_rebound(agent.2, agent.1.began.mono, *at + TALK_MAX)
                || world.was_rebound(customer.2, customer.1.began.mono, *at + TALK_MAX)
            {
                // Whose media comes from elsewhere is heard again after the next offer and answer.
                continue;
            }
            let died = self.crashes.iter().copied().find(|crash| crash > at);
            for (speaker, listener) in [(agent, customer), (customer, agent)] {
                if hears(*at, died, speaker, listener) == Some(false) {
                    let what = format!("{} was not heard", speaker.0.settings().name);
                    self.found.add(Verdict::of_call(NAME, &listener.1.call_id, what));
                }
            }
        }
    }

    /// Which call each port is in, by what we wrote into its descriptions.
    fn named(&mut self, bytes: &[u8]) {
        let Some(text) = Text::read(bytes) else { return };
        let streams = Described::read(text.body).map(|described| described.streams);
        for local in streams.into_iter().flatten().filter_map(|stream| stream.target()) {
            self.calls.insert(local, text.call_id().to_owned());
        }
    }

    fn ordered(&mut self, now: Mono, command: &media::Command) {
        match command {
            media::Command::Open { port, local } => {
                self.ports.insert(*port, *local);
            }
            media::Command::Bridge { one, other, .. } => {
                let call = |port: &PortId| self.calls.get(self.ports.get(port)?).cloned();
                if let (Some(one), Some(other)) = (call(one), call(other)) {
                    self.paired.push((now, one, other));
                }
            }
            _ => {}
        }
    }
}

/// One end of a conversation: the phone, its record of the call, and whose it is.
type End<'a> = (&'a Phone, &'a CallRecord, usize);

fn end_of<'a>(world: &'a World, call_id: &str) -> Option<End<'a>> {
    world.people().find_map(|(id, phone)| {
        let call = phone.diary().calls().iter().find(|call| call.call_id == call_id)?;
        Some((phone, call, id))
    })
}

/// Whether the listener heard the speaker's tone while both talked and the engine lived; `None`
/// when the talk was too short to tell. Judged second by second, for a hold breaks a tone; and a
/// hold may be in it.
fn hears(
    at: Mono,
    died: Option<Mono>,
    (speaker, said, _): End<'_>,
    (phone, heard, _): End<'_>,
) -> Option<bool> {
    let Voice::Tone(hz) = speaker.settings().voice else { return None };
    let ends = [said, heard].map(|call| call.ended.map(|(now, _)| now.mono));
    let kept = heard.talk? + phone.settings().record_max;
    let end = ends.into_iter().chain([died]).flatten().min()?.min(kept);
    let second = Duration::from_secs(1);
    let begin = at + second;
    let seconds = end.since(begin).as_secs().min(SECONDS_JUDGED);
    if end < begin || seconds < SECONDS_MIN {
        return None;
    }
    let mut moments =
        (0..seconds).map(|passed| begin + second * u32::try_from(passed).unwrap_or(0));
    let sounded = moments.by_ref().filter(|from| heard.heard_tone(hz, *from, *from + second));
    Some(sounded.count() as u64 * 3 > seconds.saturating_sub(HOLD_SECONDS))
}

impl Oracle for Heard {
    fn see(&mut self, now: Now, seen: &Seen<'_>) {
        match seen {
            Seen::Crash => self.crashes.push(now.mono),
            Seen::Joined { one, other } => self.joined.push((now.mono, *one, *other)),
            Seen::Output(engine::Output::Media(command)) => self.ordered(now.mono, command),
            Seen::Output(engine::Output::Datagram { bytes, .. }) => self.named(bytes),
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
            mischief: crate::Mischief::default(),
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
                proof: Vec::new(),
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
