//! Channels: how many calls each trunk carries now, and how soon another may begin.
//!
//! A trunk's limits hold at every moment: a caller beyond them is refused, a callback beyond them
//! is not even offered to an agent, so that nobody's attempt is used up by our own fullness. The
//! queue is told how many callbacks a trunk has room for; it counts those under way itself.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use model::{Mono, TrunkName};
use queue::Command;

use crate::{Settings, TrunkLimits};

/// The span in which beginnings are counted.
const SECOND: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug)]
pub(crate) struct Channels {
    trunks: BTreeMap<TrunkName, Trunk>,
}

#[derive(Debug)]
struct Trunk {
    limits: TrunkLimits,
    /// Callers, and telephones that agents hand conversations on to.
    callers: u32,
    callbacks: u32,
    arrivals: Pace,
    dials: Pace,
    /// Some target lives.
    open: bool,
    /// What the queue was told last.
    told: u32,
    /// Whether it carried one more call when the agents behind it were looked at last.
    took: bool,
}

impl Trunk {
    fn is_full(&self) -> bool {
        let carried = self.callers.saturating_add(self.callbacks);
        self.limits.calls_max.is_some_and(|most| carried >= most)
    }

    /// Whether one more call of ours fits beside those that it carries.
    fn takes(&self) -> bool {
        self.open && !self.is_full()
    }
}

impl Channels {
    pub(crate) fn new(settings: &Settings) -> Channels {
        let trunks = settings.trunks.iter();
        Channels { trunks: trunks.map(|it| (it.name.clone(), Trunk::new(it))).collect() }
    }

    /// Other limits: what is carried now stays counted. Trunks that are gone count on until their
    /// calls are over.
    pub(crate) fn reload(&mut self, settings: &Settings) {
        let there = |name: &TrunkName| settings.trunks.iter().any(|it| it.name == *name);
        self.trunks.retain(|name, trunk| there(name) || trunk.callers + trunk.callbacks > 0);
        for trunk in &settings.trunks {
            let Some(known) = self.trunks.get_mut(&trunk.name) else {
                self.trunks.insert(trunk.name.clone(), Trunk::new(trunk));
                continue;
            };
            known.limits = trunk.limits;
            known.arrivals.per_second = per_second(&trunk.limits);
            known.dials.per_second = per_second(&trunk.limits);
            known.told = room_of(&known.limits, known.callers, known.open);
        }
    }

    /// The rooms beside what is carried now, for a queue that takes these settings; trunks without
    /// a limit are left out.
    pub(crate) fn rooms_by(&self, settings: &Settings) -> BTreeMap<TrunkName, u32> {
        let room = |trunk: &crate::Trunk| {
            let known = self.trunks.get(&trunk.name);
            let now = known.map_or((0, is_open_at_start(trunk)), |it| (it.callers, it.open));
            let room = room_of(&trunk.limits, now.0, now.1);
            (room < u32::MAX).then(|| (trunk.name.clone(), room))
        };
        settings.trunks.iter().filter_map(room).collect()
    }

    /// Whether the trunk carries one more caller now; else the status of the refusal.
    pub(crate) fn admit(&mut self, now: Mono, name: &TrunkName) -> Result<(), u16> {
        let Some(trunk) = self.trunks.get_mut(name) else { return Ok(()) };
        if trunk.is_full() || trunk.arrivals.next(now) > now {
            return Err(trunk.limits.full_status);
        }
        trunk.arrivals.begin(now);
        Ok(())
    }

    /// A caller who was admitted is let in.
    pub(crate) fn caller_came(&mut self, name: &TrunkName) {
        if let Some(trunk) = self.trunks.get_mut(name) {
            trunk.callers += 1;
        }
    }

    /// Whether an agent may hand a conversation on to a telephone by this trunk now; its channel is
    /// then taken until [`Channels::caller_gone`]. Where the trunk takes no more calls in this
    /// second, or no target lives, the agent hears so at once and talks on.
    pub(crate) fn take(&mut self, now: Mono, name: &TrunkName) -> bool {
        let Some(trunk) = self.trunks.get_mut(name) else { return true };
        if !trunk.takes() || trunk.dials.next(now) > now {
            return false;
        }
        trunk.dials.begin(now);
        trunk.callers += 1;
        true
    }

    /// The call of a caller, or of a telephone that was handed a conversation, is over.
    pub(crate) fn caller_gone(&mut self, name: &TrunkName) {
        if let Some(trunk) = self.trunks.get_mut(name) {
            trunk.callers = trunk.callers.saturating_sub(1);
        }
    }

    /// A callback over this trunk is offered to an agent.
    pub(crate) fn callback_began(&mut self, name: &TrunkName) {
        if let Some(trunk) = self.trunks.get_mut(name) {
            trunk.callbacks += 1;
        }
    }

    /// Nothing is left of a callback.
    pub(crate) fn callback_over(&mut self, name: &TrunkName) {
        if let Some(trunk) = self.trunks.get_mut(name) {
            trunk.callbacks = trunk.callbacks.saturating_sub(1);
        }
    }

    /// When a dial over this trunk may begin. That moment is then taken.
    pub(crate) fn turn(&mut self, now: Mono, name: &TrunkName) -> Mono {
        let Some(trunk) = self.trunks.get_mut(name) else { return now };
        let at = trunk.dials.next(now);
        trunk.dials.begin(at);
        at
    }

    /// What the queue is to be told, because it changed.
    pub(crate) fn news(&mut self) -> Option<Command> {
        self.trunks.iter_mut().find_map(|(name, trunk)| {
            let room = room_of(&trunk.limits, trunk.callers, trunk.open);
            (room != std::mem::replace(&mut trunk.told, room))
                .then(|| Command::Room { trunk: name.clone(), callbacks: room })
        })
    }

    /// A trunk that has become full, or is so no more: its agents on telephones cannot be reached,
    /// or can be again. Each is named once for each change.
    pub(crate) fn turned(&mut self) -> Option<TrunkName> {
        self.trunks.iter_mut().find_map(|(name, trunk)| {
            let takes = trunk.takes();
            (takes != std::mem::replace(&mut trunk.took, takes)).then(|| name.clone())
        })
    }

    /// Whether one more call fits by this trunk, as far as channels and targets go.
    pub(crate) fn takes(&self, name: &TrunkName) -> bool {
        self.trunks.get(name).is_none_or(Trunk::takes)
    }

    /// Whether some target of the trunk lives: while none does, no callback is offered.
    pub(crate) fn set_open(&mut self, name: &TrunkName, open: bool) {
        if let Some(trunk) = self.trunks.get_mut(name) {
            trunk.open = open;
        }
    }

    /// Callers and callbacks of a trunk, and how many it carries at most.
    pub(crate) fn carried(&self, name: &TrunkName) -> (u32, u32, Option<u32>) {
        let trunk = self.trunks.get(name);
        trunk.map_or((0, 0, None), |t| (t.callers, t.callbacks, t.limits.calls_max))
    }
}

impl Trunk {
    /// A trunk that carries nothing yet.
    fn new(trunk: &crate::Trunk) -> Trunk {
        let open = is_open_at_start(trunk);
        Trunk {
            limits: trunk.limits,
            callers: 0,
            callbacks: 0,
            arrivals: Pace::new(&trunk.limits),
            dials: Pace::new(&trunk.limits),
            open,
            told: room_of(&trunk.limits, 0, open),
            took: true,
        }
    }
}

fn per_second(limits: &TrunkLimits) -> Option<usize> {
    limits.calls_per_second.map(|n| n.clamp(1, crate::CALLS_PER_SECOND_MAX) as usize)
}

/// How many callbacks fit beside so many callers.
fn room_of(limits: &TrunkLimits, callers: u32, open: bool) -> u32 {
    match limits.calls_max {
        _ if !open => 0,
        Some(most) => most.saturating_sub(callers.max(limits.reserve)),
        None => u32::MAX,
    }
}

/// A trunk of names alone has no place before the DNS has answered.
fn is_open_at_start(trunk: &crate::Trunk) -> bool {
    trunk.targets.iter().any(|target| target.address().is_some())
}

/// The rooms of an idle engine, for the queue's start; trunks without a limit are left out.
pub(crate) fn rooms(settings: &Settings) -> BTreeMap<TrunkName, u32> {
    let room = |trunk: &crate::Trunk| {
        let room = room_of(&trunk.limits, 0, is_open_at_start(trunk));
        (room < u32::MAX).then(|| (trunk.name.clone(), room))
    };
    settings.trunks.iter().filter_map(room).collect()
}

/// At most so many beginnings in any second: the last ones are remembered.
#[derive(Debug)]
struct Pace {
    per_second: Option<usize>,
    /// At most `per_second` moments, in order; the last may be to come. More for a second after the
    /// limit was lowered.
    begun: VecDeque<Mono>,
}

impl Pace {
    fn new(limits: &TrunkLimits) -> Pace {
        Pace { per_second: per_second(limits), begun: VecDeque::new() }
    }

    /// The first moment from `now` on at which one more may begin.
    fn next(&self, now: Mono) -> Mono {
        let over = self.per_second.and_then(|most| self.begun.len().checked_sub(most));
        let first = over.and_then(|over| self.begun.get(over));
        first.map_or(now, |first| now.max(*first + SECOND))
    }

    fn begin(&mut self, at: Mono) {
        let Some(per_second) = self.per_second else { return };
        while self.begun.len() >= per_second {
            self.begun.pop_front();
        }
        self.begun.push_back(at);
    }
}
