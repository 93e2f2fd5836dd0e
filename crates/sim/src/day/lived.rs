//! Living a day to its end, and what came of it.

use std::sync::Arc;
use std::time::Duration;

use ledger::Need;
use model::{Entropy, Mono};

use super::{Day, Policy, Results, Series, Skilled, orders, people};
use crate::lab;
use crate::ladder::ladder;
use crate::net::Weather;
use crate::oracle::Verdict;
use crate::oracles;
use crate::world::{Event, World, WorldSettings};

/// After the last deadline that a request can have: calls end, transactions run out.
const AFTERWARDS: Duration = Duration::from_secs(3 * 3_600);

/// What came of a day.
#[derive(Debug, Clone)]
pub struct Lived {
    /// Its seed.
    pub seed: u64,
    /// What the oracles say; nothing, when every rule was kept.
    pub verdicts: Vec<Verdict>,
    /// The ladder of the first verdict's call or request.
    pub ladder: String,
    /// Waits, abandonment, callbacks, occupancy.
    pub results: Results,
    /// What happened minute by minute.
    pub series: Series,
    /// The hash of everything that happened: the same for the same day.
    pub hash: u64,
    /// How many records the engine handed over.
    pub records: u64,
    /// How often it was started, the first time included.
    pub starts: u64,
    /// How long the day was, until the last customer called.
    pub length: Duration,
    /// How long all calls at the far end lasted together.
    pub talked: Duration,
}

impl Lived {
    /// Nothing was broken.
    pub fn is_kept(&self) -> bool {
        self.verdicts.is_empty()
    }

    /// The seed, what was broken, and one ladder: what is printed of a day that failed.
    pub fn story(&self) -> String {
        let mut story = format!("seed 0x{:x}\n", self.seed);
        for verdict in &self.verdicts {
            story.push_str(&format!("{}: {}\n", verdict.oracle, verdict.what));
        }
        story.push_str(&self.ladder);
        story
    }
}

impl Day {
    /// Lives the day, judged by every oracle.
    pub fn run(&self) -> Lived {
        let mut world = self.world();
        world.run_until(self.end());
        self.judge(&mut world)
    }

    /// The world of this day, with everybody in it and every fault planned, at its first moment.
    pub fn world(&self) -> World {
        let engine = self.engine_settings();
        let settings = WorldSettings {
            seed: self.seed,
            grain: self.grain,
            begins: self.begins,
            sip: self.sip,
            rtp: self.rtp,
            disk: self.disk,
            mischief: self.mischief,
            clips: lab::clips(),
            engine,
        };
        let oracles = oracles::all(&settings.engine);
        let mut world = World::new(settings, oracles);
        people::enter(self, &mut world);
        for (at, event) in &self.faults {
            world.plan(*at, event.clone());
        }
        for (at, changes) in &self.reloads {
            let mut settings = self.engine_settings();
            changes.iter().for_each(|change| change.apply(&mut settings));
            world.plan(*at, Event::Reload(Some(Box::new(settings))));
        }
        if let Some(crash) = self.crash {
            world.crash_at(crash);
        }
        // Whatever went wrong is mended at last, so that what is left over is the engine's doing.
        let mended = Mono::ZERO + self.length + Duration::from_secs(600);
        let fine = [Event::JournalMends, Event::Storm(false), Event::SipWeather(Weather::FINE)];
        for event in fine {
            world.plan(mended, event);
        }
        world
    }

    /// When nothing can be left of the day.
    pub fn end(&self) -> Mono {
        let faults = self.faults.iter().map(|(at, _)| *at).max().unwrap_or(Mono::ZERO);
        let last = faults.max(Mono::ZERO + self.length + self.staff.overtime.1);
        last + self.policy.request_ttl + AFTERWARDS
    }

    /// What the oracles say of a world that has lived this day.
    pub fn judge(&self, world: &mut World) -> Lived {
        let verdicts = world.verdicts();
        let ladder = verdicts.first().map(|verdict| ladder(world, &verdict.about));
        let talked = world.people().flat_map(|(_, phone)| phone.diary().calls()).map(|call| {
            call.ended.map_or(Duration::ZERO, |(ended, _)| ended.mono.since(call.began.mono))
        });
        Lived {
            seed: self.seed,
            ladder: ladder.unwrap_or_default(),
            results: Results::of(self, world),
            series: Series::of(self, world),
            hash: world.trace().hash(),
            records: world.records(),
            starts: world.starts(),
            length: self.length,
            talked: talked.sum(),
            verdicts,
        }
    }

    /// Several lines are served by two carriers, unless a trunk has limits: those are judged where
    /// there is one.
    pub(super) fn has_two_carriers(&self) -> bool {
        let trunk = &self.limits.trunk;
        self.lines > 1 && trunk.calls_max.is_none() && trunk.calls_per_second.is_none()
    }

    /// The engine of this day.
    pub fn engine_settings(&self) -> engine::Settings {
        let mut settings =
            lab::settings_of_lines(self.staff.agents, self.lines, self.has_two_carriers());
        let policy: &Policy = &self.policy;
        for queue in settings.queue.queues.values_mut() {
            queue.request_ttl = policy.request_ttl;
            queue.attempts_total = policy.attempts_total;
            queue.retry_delay = policy.retry_delay;
            (queue.min_talk, queue.short_talk_delay) = (policy.min_talk, policy.retry_delay);
            queue.decline_pause = policy.decline_pause;
            (queue.callbacks_ring, queue.callers_ring) = policy.rings;
            queue.dials = policy.dials;
            (queue.calling_hours, queue.duplicates) = (policy.calling_hours, policy.duplicates);
            if let Some((deferred, slots)) = policy.slot_callbacks.map(orders::slots) {
                (queue.deferred, queue.slots) = (deferred, Some(slots));
            }
        }
        settings.queue.caps = policy.caps.clone();
        settings.recording = policy.recording.clone();
        if policy.skills.one_queue {
            lead_into_one_queue(&mut settings);
        }
        give_skills(&policy.skills, &mut settings.queue);
        let mut dice = Entropy::from_u64(self.seed).branch("registering");
        for n in 1..=self.staff.agents {
            if dice.chance(self.staff.registers_permille) {
                lab::let_register(&mut settings, n);
            }
        }
        for line in &mut settings.lines {
            line.human_proof = policy.human_proof;
        }
        for agent in settings.queue.agents.values_mut() {
            agent.wrap_up = policy.wrap_up;
        }
        settings.timings.agent_ring = policy.agent_ring;
        settings.timings.customer_ring = policy.customer_ring;
        for trunk in &mut settings.trunks {
            trunk.srtp = policy.srtp.0;
            trunk.speech.codecs = codecs(policy.wide.0);
        }
        for agent in &mut settings.agents {
            agent.srtp = policy.srtp.1;
            agent.speech.codecs = codecs(policy.wide.1);
        }
        settings.timings.agent_choice = policy.agent_choice;
        settings.timings.answering = match policy.answers_after {
            Duration::ZERO => engine::Answering::AtOnce,
            after => engine::Answering::After(after),
        };
        settings.ivr.offer_after = policy.offer_after;
        settings.trunks[0].limits = self.limits.trunk;
        settings.queue.entries_max = self.limits.entries_max;
        settings.sip.sessions_max = self.limits.sessions_max;
        settings.sip.transactions_max = self.limits.transactions_max;
        let first = *settings.media.ports.start();
        settings.media.ports =
            first..=first.saturating_add(self.limits.ports.saturating_mul(2) - 1);
        settings
    }
}

/// Callers of all lines wait together.
pub(super) fn lead_into_one_queue(settings: &mut engine::Settings) {
    let queue = settings.lines[0].queue.clone();
    for line in &mut settings.lines {
        line.queue = queue.clone();
    }
    for line in settings.queue.lines.values_mut() {
        line.queue = queue.clone();
    }
}

/// What lines ask for, and who has it.
fn give_skills(skilled: &Skilled, settings: &mut queue::Settings) {
    let asked = skilled.asked.map(|level| Need { skill: "french".into(), level });
    for (n, line) in settings.lines.values_mut().enumerate() {
        line.routing.needs = asked.iter().filter(|_| n % 2 == 0).cloned().collect();
        line.routing.priority = skilled.priorities.get(n).copied().unwrap_or(0);
    }
    for queue in settings.queues.values_mut() {
        (queue.keep_skills, queue.keep_priority) = (!skilled.drops_skills, !skilled.drops_priority);
    }
    for (agent, level) in settings.agents.values_mut().zip(skilled.has.iter().cycle()) {
        agent.skills = (*level > 0).then(|| ("french".to_owned(), *level)).into_iter().collect();
    }
}

/// The settings of who speaks G.722, or of who was told nothing.
fn codecs(wide: bool) -> Arc<[engine::Codec]> {
    if wide { [engine::Codec::G722].into() } else { [].into() }
}
