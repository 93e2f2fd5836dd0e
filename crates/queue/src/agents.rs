//! The agents: what each wants, what each does, who is free longest, and who rests from what.
//!
//! An agent is free, busy with one offer, or in wrap-up. It is offered work only when free,
//! online and reachable. After a work that it declined or missed, it is not offered that work for a
//! while: a pause. Nothing here knows what the work is.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::{AgentName, Deadline, Mono, OfferId};

use crate::holds::Hold;
use crate::places::{Queue, Rank};
use crate::skills::{Needs, Skills};
use crate::{AgentSettings, AgentStatus, Channel, Settings};

/// Most works that one agent rests from. At that many the agent is offered nothing until one of
/// the pauses ends: a phone that fails at once must not run through the whole queue.
pub(crate) const PAUSES_MAX: usize = 32;

/// Most names of agents of one run: each reload may bring new ones, and none is forgotten.
pub const AGENT_NAMES_MAX: usize = 20_000;

/// An agent by its number: in the order of names at the start, then in that of their coming.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AgentNo(u32);

/// What the system does with an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    /// Nothing.
    Free,
    /// One offer, from the first ring until its leg is gone.
    Busy(OfferId),
    /// Between a conversation and the next offer.
    WrapUp {
        /// Its end.
        until: Mono,
    },
}

/// One agent.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) name: AgentName,
    pub(crate) queues: Vec<Queue>,
    pub(crate) status: AgentStatus,
    /// Why, in the words of whoever said so.
    pub(crate) reason: Option<String>,
    /// There is a phone to ring. Kept apart from the status: who loses the phone is still online.
    pub(crate) reachable: bool,
    pub(crate) doing: Doing,
    pub(crate) wrap_up: Duration,
    pub(crate) takes_calls: bool,
    priority: bool,
    concurrent: bool,
    /// Where else the agent is serving somebody.
    pub(crate) channel: Option<Channel>,
    /// What else keeps the agent from work: at most one entry for each call and request there is.
    held: BTreeSet<Hold>,
    auto_ready: bool,
    away_after_missed: u16,
    /// Offers in a row that the agent did not answer.
    missed: u16,
    /// In the settings no more: what is under way goes on, and nothing is offered.
    retired: bool,
    /// Smaller means free for longer; given anew each time the agent becomes free.
    turn: u64,
    /// By the arrival of the work.
    paused: BTreeMap<u64, Mono>,
    pub(crate) skills: BTreeMap<String, u8>,
}

impl Agent {
    /// An agent who is doing nothing, as the settings want it at the start.
    fn new(name: &AgentName, settings: &AgentSettings, queues: Vec<Queue>) -> Agent {
        let online = settings.online_at_start;
        let mut agent = Agent {
            name: name.clone(),
            queues: Vec::new(),
            status: if online { AgentStatus::Online } else { AgentStatus::Offline },
            reason: None,
            reachable: settings.reachable_at_start,
            doing: Doing::Free,
            wrap_up: Duration::ZERO,
            takes_calls: true,
            priority: false,
            concurrent: false,
            channel: None,
            held: BTreeSet::new(),
            auto_ready: true,
            away_after_missed: 0,
            missed: 0,
            retired: false,
            turn: 0,
            paused: BTreeMap::new(),
            skills: BTreeMap::new(),
        };
        agent.follow(settings, queues);
        agent
    }

    /// What the settings say at any time; what they say of the start is left out.
    fn follow(&mut self, settings: &AgentSettings, queues: Vec<Queue>) {
        let AgentSettings {
            queues: _,
            wrap_up,
            online_at_start: _,
            reachable_at_start: _,
            takes_calls,
            priority,
            concurrent,
            auto_ready,
            away_after_missed,
            calls_from: _,
            skills,
        } = settings;
        self.queues = queues;
        self.wrap_up = *wrap_up;
        self.takes_calls = *takes_calls;
        self.priority = *priority;
        self.concurrent = *concurrent;
        self.auto_ready = *auto_ready;
        self.away_after_missed = *away_after_missed;
        self.skills = skills.clone();
    }

    /// True while the agent rests from the work at `rank`.
    pub(crate) fn is_paused_for(&self, rank: Rank) -> bool {
        self.paused.contains_key(&rank.arrival())
    }

    /// Until when the agent rests from the work at `rank`, when it does.
    pub(crate) fn paused_until(&self, rank: Rank) -> Option<Mono> {
        self.paused.get(&rank.arrival()).copied()
    }

    /// True while the agent rests from too many works to be offered any.
    pub(crate) fn is_resting(&self) -> bool {
        self.paused.len() >= PAUSES_MAX
    }

    /// True when a colleague may hand a conversation on to the agent: doing nothing, and there.
    pub(crate) fn can_be_asked(&self) -> bool {
        self.doing == Doing::Free
            && self.reachable
            && self.status != AgentStatus::Offline
            && !self.is_kept_elsewhere()
    }

    /// True while another channel, or something else, keeps the agent from work.
    fn is_kept_elsewhere(&self) -> bool {
        self.retired || self.channel.is_some() && !self.concurrent || !self.held.is_empty()
    }

    /// True for an agent who is in no conversation and is not rung.
    pub(crate) fn is_at_rest(&self) -> bool {
        match self.doing {
            Doing::Free | Doing::WrapUp { .. } => true,
            Doing::Busy(_) => false,
        }
    }

    /// True for an agent whom the settings know no more.
    pub(crate) fn is_retired(&self) -> bool {
        self.retired
    }

    /// True for an agent whom only its own word makes ready after a conversation.
    pub(crate) fn is_away_after_talk(&self) -> bool {
        !self.auto_ready && self.status == AgentStatus::Online
    }

    /// True when the agent may be offered work.
    pub(crate) fn is_idle(&self) -> bool {
        self.status == AgentStatus::Online
            && self.takes_calls
            && !self.is_kept_elsewhere()
            && self.reachable
            && self.doing == Doing::Free
    }

    /// Where the agent stands among those who are free: the smallest is next.
    fn turn(&self) -> (bool, u64) {
        (!self.priority, self.turn)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    WrapUp(AgentNo),
    Pause(AgentNo, u64),
}

/// All agents.
#[derive(Debug)]
pub(crate) struct Agents {
    list: Vec<Agent>,
    /// Every name that there was, of agents who have retired too.
    numbers: BTreeMap<AgentName, AgentNo>,
    idle: BTreeSet<((bool, u64), AgentNo)>,
    timers: BTreeSet<(Mono, Timer)>,
    turns: u64,
    /// What works ask for.
    pub(crate) skills: Skills,
}

impl Agents {
    pub(crate) fn new(
        settings: &Settings,
        mut queue: impl FnMut(&model::QueueName) -> Queue,
    ) -> Agents {
        let mut agents = Agents {
            list: Vec::new(),
            numbers: BTreeMap::new(),
            idle: BTreeSet::new(),
            timers: BTreeSet::new(),
            turns: 0,
            skills: Skills::default(),
        };
        for (name, agent) in &settings.agents {
            agents.come(name, agent, agent.queues.iter().map(&mut queue).collect());
        }
        agents
    }

    /// An agent whom nobody knew.
    fn come(&mut self, name: &AgentName, settings: &AgentSettings, queues: Vec<Queue>) {
        let number = AgentNo(u32::try_from(self.list.len()).expect("agents are counted by u32"));
        self.list.push(Agent::new(name, settings, queues));
        self.numbers.insert(name.clone(), number);
        self.enqueue(number);
    }

    /// How many names there would be with those of `settings`.
    pub(crate) fn names_with(&self, settings: &Settings) -> usize {
        let new = settings.agents.keys().filter(|name| !self.numbers.contains_key(*name));
        self.list.len() + new.count()
    }

    /// New settings: who stays keeps status, turn and whatever is under way; who comes, or comes
    /// back, begins as at a start; who is in them no more ends what is under way and gets no more.
    pub(crate) fn reload(
        &mut self,
        settings: &Settings,
        mut queue: impl FnMut(&model::QueueName) -> Queue,
    ) {
        for (name, agent) in &settings.agents {
            let queues: Vec<Queue> = agent.queues.iter().map(&mut queue).collect();
            let Some(number) = self.numbers.get(name).copied() else {
                self.come(name, agent, queues);
                continue;
            };
            self.keep(number, |known| {
                known.follow(agent, queues);
                if std::mem::take(&mut known.retired) {
                    let online = agent.online_at_start;
                    known.status = if online { AgentStatus::Online } else { AgentStatus::Offline };
                    known.reason = None;
                    known.reachable = agent.reachable_at_start;
                }
            });
        }
        let numbers: Vec<AgentNo> = self.numbers.values().copied().collect();
        for number in numbers {
            if !settings.agents.contains_key(&self.get(number).name) {
                self.keep(number, |gone| {
                    gone.retired = true;
                    gone.channel = None;
                    gone.held.clear();
                });
            }
        }
    }

    pub(crate) fn find(&self, name: &AgentName) -> Option<AgentNo> {
        let number = *self.numbers.get(name)?;
        (!self.get(number).retired).then_some(number)
    }

    pub(crate) fn get(&self, agent: AgentNo) -> &Agent {
        &self.list[agent.0 as usize]
    }

    /// Those of the settings, in the order of their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (AgentNo, &Agent)> {
        let all = self.numbers.values().map(|number| (*number, self.get(*number)));
        all.filter(|(_, agent)| !agent.retired)
    }

    /// True when an agent has what a work asks for.
    pub(crate) fn fits(&self, agent: AgentNo, needs: Needs) -> bool {
        needs == Needs::NONE || self.skills.lacks(&self.get(agent).skills, needs).is_none()
    }

    /// Free online agents who can be rung: those with priority, then whoever is longest free.
    pub(crate) fn idle(&self) -> impl Iterator<Item = (AgentNo, &Agent)> {
        self.idle.iter().map(|(_, number)| (*number, self.get(*number)))
    }

    /// False when it is what the agent wanted before.
    pub(crate) fn set_status(
        &mut self,
        agent: AgentNo,
        status: AgentStatus,
        reason: Option<String>,
    ) -> bool {
        let before = self.get_mut(agent);
        let other = std::mem::replace(&mut before.reason, reason.clone()) != reason;
        if before.status == status {
            return other;
        }
        self.dequeue(agent);
        let changed = self.get_mut(agent);
        (changed.status, changed.missed) = (status, 0);
        self.enqueue(agent);
        true
    }

    /// The agent did not answer an offer. How many in a row that were, when they were too many.
    pub(crate) fn miss(&mut self, agent: AgentNo) -> Option<u16> {
        let agent = self.get_mut(agent);
        agent.missed = agent.missed.saturating_add(1);
        let most = agent.away_after_missed;
        let too_many = most > 0 && agent.missed >= most && agent.status == AgentStatus::Online;
        too_many.then_some(agent.missed)
    }

    /// The agent has shown to be there.
    pub(crate) fn answers(&mut self, agent: AgentNo) {
        self.get_mut(agent).missed = 0;
    }

    /// The agent is ready before the end of the wrap-up. False when there is none.
    pub(crate) fn end_wrap_up(&mut self, agent: AgentNo) -> bool {
        let Doing::WrapUp { until } = self.get(agent).doing else { return false };
        self.timers.remove(&(until, Timer::WrapUp(agent)));
        self.get_mut(agent).doing = Doing::Free;
        self.enqueue(agent);
        true
    }

    pub(crate) fn set_channel(&mut self, agent: AgentNo, channel: Option<Channel>) {
        if self.get(agent).channel == channel {
            return;
        }
        self.keep(agent, |agent| agent.channel = channel);
    }

    /// The agent is kept from work by this, or no longer.
    pub(crate) fn hold(&mut self, agent: AgentNo, by: Hold, held: bool) {
        self.keep(agent, |agent| match held {
            true => drop(agent.held.insert(by)),
            false => drop(agent.held.remove(&by)),
        });
    }

    /// Something that may keep the agent from work changes.
    fn keep(&mut self, agent: AgentNo, change: impl FnOnce(&mut Agent)) {
        let was_idle = self.get(agent).is_idle();
        let turn = self.get(agent).turn();
        change(self.get_mut(agent));
        match (was_idle, self.get(agent).is_idle()) {
            (true, false) => {
                self.idle.remove(&(turn, agent));
            }
            (false, true) => self.enqueue(agent),
            (true, true) => {
                self.idle.remove(&(turn, agent));
                self.idle.insert((self.get(agent).turn(), agent));
            }
            (false, false) => {}
        }
    }

    pub(crate) fn set_reachable(&mut self, agent: AgentNo, reachable: bool) {
        if self.get(agent).reachable == reachable {
            return;
        }
        self.dequeue(agent);
        self.get_mut(agent).reachable = reachable;
        self.enqueue(agent);
    }

    /// The agent is rung for `offer`.
    pub(crate) fn take(&mut self, agent: AgentNo, offer: OfferId) {
        self.dequeue(agent);
        self.get_mut(agent).doing = Doing::Busy(offer);
    }

    /// The agent's leg is gone; a conversation that ended at `talked` is followed by wrap-up. An
    /// agent who is not ready by itself is free after one: whoever releases it makes it away.
    pub(crate) fn release(&mut self, agent: AgentNo, now: Mono, talked: Option<Mono>) {
        if talked.is_some() && !self.get(agent).auto_ready {
            self.get_mut(agent).doing = Doing::Free;
            return;
        }
        let wrap_up = self.get(agent).wrap_up;
        let until = talked.map(|ended| ended + wrap_up).filter(|until| *until > now);
        let Some(until) = until else {
            self.get_mut(agent).doing = Doing::Free;
            return self.enqueue(agent);
        };
        self.get_mut(agent).doing = Doing::WrapUp { until };
        self.timers.insert((until, Timer::WrapUp(agent)));
    }

    /// The agent rests from the work at `rank` until `until`.
    pub(crate) fn pause(&mut self, agent: AgentNo, rank: Rank, now: Mono, until: Mono) {
        if until <= now {
            return;
        }
        let arrival = rank.arrival();
        if let Some(before) = self.get_mut(agent).paused.insert(arrival, until) {
            self.timers.remove(&(before, Timer::Pause(agent, arrival)));
        }
        self.timers.insert((until, Timer::Pause(agent, arrival)));
    }

    /// Ends the wrap-ups and pauses that are over.
    pub(crate) fn tick(&mut self, now: Mono) {
        while let Some((at, timer)) = self.timers.first().copied() {
            if at > now {
                return;
            }
            self.timers.pop_first();
            match timer {
                Timer::WrapUp(agent) => {
                    self.get_mut(agent).doing = Doing::Free;
                    self.enqueue(agent);
                }
                Timer::Pause(agent, arrival) => {
                    self.get_mut(agent).paused.remove(&arrival);
                }
            }
        }
    }

    pub(crate) fn deadline(&self) -> Option<Deadline> {
        let (at, timer) = self.timers.first()?;
        let why = match timer {
            Timer::WrapUp(_) => "an agent's wrap-up ends",
            Timer::Pause(..) => "an agent's pause from a work ends",
        };
        Some(Deadline::new(*at, why))
    }

    fn enqueue(&mut self, number: AgentNo) {
        self.turns += 1;
        let turn = self.turns;
        let agent = self.get_mut(number);
        if agent.is_idle() {
            agent.turn = turn;
            let turn = agent.turn();
            self.idle.insert((turn, number));
        }
    }

    fn dequeue(&mut self, agent: AgentNo) {
        let turn = self.get(agent).turn();
        self.idle.remove(&(turn, agent));
    }

    fn get_mut(&mut self, agent: AgentNo) -> &mut Agent {
        &mut self.list[agent.0 as usize]
    }
}
