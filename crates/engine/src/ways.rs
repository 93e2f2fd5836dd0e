//! Where a trunk's calls go: its targets in the order in which to try them, which of them failed
//! lately, and what our own questions (OPTIONS) found.
//!
//! ```text
//!   fit ── a call fails there ──▶ resting ── its time is over ──▶ asked by OPTIONS
//!    ▲                               ▲ rests twice as long ── no answer ──┘  │
//!    └──────────────────────────────── it answers, or answers a call ────────┘
//!   fit ── so many regular OPTIONS unanswered ──▶ dead ── one is answered ──▶ fit
//! ```
//! A resting target is tried last, never not at all: where every target rests, the one that rests
//! least is better than no call. No customer's call is spent on finding out whether it is back.
//! Only a trunk whose targets are all dead, or have no address, carries no callback: those keep
//! their places until one lives. A trunk of one place has no choice, and its failures are not kept.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use model::{Deadline, Entropy, Mono, TrunkName};
use sip::locate::{self, Answer, Locator, Means, Place, Question};
use sip::{Hop, ListenerId, Transport};

use crate::{Probing, TrunkTarget};

/// How long a target rests after its first failure; each further one doubles it.
pub(crate) const REST_MIN: Duration = Duration::from_secs(15);
/// Longest rest, whatever Retry-After says.
pub(crate) const REST_MAX: Duration = Duration::from_secs(600);
/// Places of all trunks whose state is kept; more are as fit as unknown ones.
const PLACES_MAX: usize = 1_024;

/// One way to a trunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Way {
    /// The host of the Request-URI: the target as the settings name it.
    pub(crate) host: String,
    pub(crate) hop: Hop,
}

/// How one target of a trunk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetState {
    /// Calls go there.
    Fit,
    /// It failed; calls go elsewhere first until then.
    Resting {
        /// On the clock of deadlines.
        until: Mono,
    },
    /// It answers no OPTIONS.
    Dead,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Ways {
    trunks: BTreeMap<TrunkName, Trunk>,
    locator: Locator,
    health: BTreeMap<(TrunkName, Hop), Health>,
    dice: Entropy,
    /// The OPTIONS under way, by their tokens.
    asked: BTreeMap<u64, (TrunkName, Hop)>,
    next_token: u64,
    /// The listeners, to find the way to a place.
    sip: sip::Settings,
}

#[derive(Debug)]
struct Trunk {
    targets: Vec<TrunkTarget>,
    listener: Option<ListenerId>,
    probing: Option<Probing>,
    /// When its places are asked again.
    probe_at: Option<Mono>,
}

#[derive(Debug, Default)]
struct Health {
    failures: u32,
    rests_until: Option<Mono>,
    unanswered: u32,
    dead: bool,
}

/// An OPTIONS to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Probe {
    pub(crate) token: u64,
    pub(crate) way: Way,
}

/// What was found of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) trunk: TrunkName,
    pub(crate) hop: Hop,
    pub(crate) alive: bool,
}

impl Ways {
    pub(crate) fn new(
        sip: &sip::Settings,
        settings: &[crate::Trunk],
        now: Mono,
        dice: Entropy,
    ) -> Ways {
        let mut locator = Locator::new(means(sip));
        let mut trunks = BTreeMap::new();
        for trunk in settings {
            for target in trunk.targets.iter().filter(|target| target.at.literal().is_none()) {
                locator.follow(now, target.at.clone());
            }
            let (targets, probing) = (trunk.targets.clone(), trunk.probing);
            let probe_at = probing.map(|_| now);
            trunks.insert(
                trunk.name.clone(),
                Trunk { targets, listener: trunk.listener, probing, probe_at },
            );
        }
        Ways {
            trunks,
            locator,
            health: BTreeMap::new(),
            dice,
            asked: BTreeMap::new(),
            next_token: 0,
            sip: sip.clone(),
        }
    }

    /// Other trunks: what is known of a place that stays, stays known, and what is asked regularly
    /// is asked at its time.
    pub(crate) fn reload(&mut self, sip: &sip::Settings, settings: &[crate::Trunk], now: Mono) {
        self.sip = sip.clone();
        let mut named = BTreeSet::new();
        let mut before = std::mem::take(&mut self.trunks);
        for trunk in settings {
            let names = trunk.targets.iter().filter(|target| target.at.literal().is_none());
            named.extend(names.map(|target| target.at.clone()));
            let old = before.remove(&trunk.name).filter(|old| old.probing == trunk.probing);
            let probe_at = old.map_or(trunk.probing.map(|_| now), |old| old.probe_at);
            let (targets, probing) = (trunk.targets.clone(), trunk.probing);
            let kept = Trunk { targets, listener: trunk.listener, probing, probe_at };
            self.trunks.insert(trunk.name.clone(), kept);
        }
        self.health.retain(|(trunk, _), _| self.trunks.contains_key(trunk));
        self.locator.follow_only(now, named);
    }

    /// The ways to a trunk, the best one first; at most [`locate::PLACES_MAX`].
    pub(crate) fn ways(&mut self, name: &TrunkName) -> Vec<Way> {
        let mut ways = self.drawn(name);
        let rests = |way: &Way| match self.health.get(&(name.clone(), way.hop)) {
            Some(health) if health.dead => Mono::from_nanos(u64::MAX),
            Some(health) => health.rests_until.unwrap_or(Mono::ZERO),
            None => Mono::ZERO,
        };
        // The sort is stable: among the fit the drawn order stays.
        ways.sort_by_key(rests);
        ways.truncate(locate::PLACES_MAX);
        ways
    }

    /// Every place of every target, in an order of their priorities and weights.
    fn drawn(&mut self, name: &TrunkName) -> Vec<Way> {
        let Some(trunk) = self.trunks.get(name) else { return Vec::new() };
        let listener = trunk.listener;
        let key = |target: &TrunkTarget| (target.priority, target.weight);
        let mut ways: Vec<Way> = Vec::new();
        for target in locate::draw(trunk.targets.clone(), key, &mut self.dice) {
            for Place { transport, address } in self.locator.places(&target.at, &mut self.dice) {
                let Some(hop) = self.hop(listener, transport, address) else { continue };
                if !ways.iter().any(|way| way.hop == hop) {
                    ways.push(Way { host: target.host.clone(), hop });
                }
            }
        }
        ways
    }

    /// The way to a place by the trunk's listener, or by the first that fits.
    fn hop(
        &self,
        listener: Option<ListenerId>,
        transport: Transport,
        peer: SocketAddr,
    ) -> Option<Hop> {
        let by = listener.map(|id| (id, self.sip.listener(id)));
        let by = by.filter(|(_, one)| one.transport == transport);
        match by.filter(|(_, one)| one.local.is_ipv4() == peer.is_ipv4()) {
            Some((listener, _)) => Some(Hop { listener, peer }),
            None => self.sip.hop(transport, peer),
        }
    }

    /// A call could not be made there: 503, nobody answered, or no way leads there. `retry_after`
    /// is in seconds. The answer is how long the target rests; none when it does not.
    pub(crate) fn failed(
        &mut self,
        now: Mono,
        name: &TrunkName,
        hop: Hop,
        retry_after: Option<u32>,
    ) -> Option<Duration> {
        let key = (name.clone(), hop);
        let full = self.health.len() >= PLACES_MAX && !self.health.contains_key(&key);
        if full || self.drawn(name).len() < 2 {
            return None;
        }
        let health = self.health.entry(key).or_default();
        let doubled = REST_MIN.saturating_mul(1 << health.failures.min(10));
        let asked = retry_after.map(|seconds| Duration::from_secs(seconds.into()));
        let rest = asked.unwrap_or(doubled).max(REST_MIN).min(REST_MAX);
        health.failures = health.failures.saturating_add(1);
        health.rests_until = Some(now + rest);
        Some(rest)
    }

    /// The target answered a call. True when it was not fit before.
    pub(crate) fn worked(&mut self, name: &TrunkName, hop: Hop) -> bool {
        self.health.remove(&(name.clone(), hop)).is_some_and(|health| health.failures > 0)
    }

    /// Whether callbacks may be offered: some target lives, as far as is known.
    pub(crate) fn is_open(&mut self, name: &TrunkName) -> bool {
        let ways = self.drawn(name);
        let dead =
            |way: &Way| self.health.get(&(name.clone(), way.hop)).is_some_and(|health| health.dead);
        !ways.iter().all(dead)
    }

    // Probes.

    /// The probes that are due now: the regular ones, and those of targets that have rested.
    pub(crate) fn probes(&mut self, now: Mono) -> Vec<Probe> {
        let due = |trunk: &Trunk| trunk.probe_at.is_some_and(|at| at <= now);
        let names: Vec<TrunkName> = self
            .trunks
            .iter_mut()
            .filter(|(_, trunk)| due(trunk))
            .map(|(name, trunk)| {
                trunk.probe_at = trunk.probing.map(|probing| now + probing.every);
                name.clone()
            })
            .collect();
        let mut probes = Vec::new();
        for name in names {
            let ways = self.drawn(&name);
            self.forget_others(&name, &ways);
            probes.extend(ways.into_iter().filter_map(|way| self.probe(&name, way)));
        }
        for (name, hop) in self.rested(now) {
            match self.drawn(&name).into_iter().find(|way| way.hop == hop) {
                Some(way) => probes.extend(self.probe(&name, way)),
                None => {
                    self.health.remove(&(name, hop));
                }
            }
        }
        probes
    }

    /// The places whose rest is over and who are not being asked.
    fn rested(&self, now: Mono) -> Vec<(TrunkName, Hop)> {
        let over = self.health.iter().filter(|(place, health)| {
            health.rests_until.is_some_and(|until| until <= now) && !self.is_asked(place)
        });
        over.map(|(place, _)| place.clone()).collect()
    }

    fn is_asked(&self, place: &(TrunkName, Hop)) -> bool {
        self.asked.values().any(|asked| asked == place)
    }

    fn probe(&mut self, name: &TrunkName, way: Way) -> Option<Probe> {
        let place = (name.clone(), way.hop);
        if self.is_asked(&place) {
            return None;
        }
        self.next_token += 1;
        self.asked.insert(self.next_token, place);
        Some(Probe { token: self.next_token, way })
    }

    /// The OPTIONS of this token was not sent.
    pub(crate) fn not_asked(&mut self, now: Mono, token: u64) {
        let Some(place) = self.asked.remove(&token) else { return };
        if let Some(health) = self.health.get_mut(&place) {
            health.rests_until = health.rests_until.map(|until| until.max(now + REST_MIN));
        }
    }

    /// What is no place of the trunk any more has no state.
    fn forget_others(&mut self, name: &TrunkName, ways: &[Way]) {
        let hops: BTreeSet<Hop> = ways.iter().map(|way| way.hop).collect();
        self.health.retain(|(trunk, hop), _| trunk != name || hops.contains(hop));
    }

    /// An OPTIONS was answered, or was not. Some when that changes what is known of the target.
    pub(crate) fn probed(&mut self, now: Mono, token: u64, alive: bool) -> Option<Found> {
        let (trunk, hop) = self.asked.remove(&token)?;
        let rested = |health: &Health| health.rests_until.is_some_and(|until| until <= now);
        if !alive && self.health.get(&(trunk.clone(), hop)).is_some_and(rested) {
            self.failed(now, &trunk, hop, None);
        }
        let alive = self.found(&trunk, hop, alive)?;
        Some(Found { trunk, hop, alive })
    }

    fn found(&mut self, name: &TrunkName, hop: Hop, alive: bool) -> Option<bool> {
        let key = (name.clone(), hop);
        if alive {
            let health = self.health.remove(&key)?;
            return (health.dead || health.failures > 0).then_some(true);
        }
        let most = self.trunks.get(name)?.probing?.unanswered_max;
        if self.health.len() >= PLACES_MAX && !self.health.contains_key(&key) {
            return None;
        }
        let health = self.health.entry(key).or_default();
        health.unanswered = health.unanswered.saturating_add(1);
        let dies = !health.dead && health.unanswered >= most;
        health.dead |= dies;
        dies.then_some(false)
    }

    // Names.

    /// The next question for the DNS.
    pub(crate) fn question(&mut self) -> Option<Question> {
        self.locator.poll()
    }

    pub(crate) fn answered(&mut self, now: Mono, question: &Question, answer: Answer) {
        self.locator.handle_answer(now, question, answer);
    }

    pub(crate) fn handle_timeout(&mut self, now: Mono) {
        if self.locator.deadline().is_some_and(|deadline| deadline.at <= now) {
            self.locator.handle_timeout(now);
        }
    }

    pub(crate) fn deadline(&self) -> Option<Deadline> {
        let probe = self.trunks.values().filter_map(|trunk| trunk.probe_at).min();
        let rested = self.health.iter().filter(|(place, _)| !self.is_asked(place));
        let rested = rested.filter_map(|(_, health)| health.rests_until).min();
        let probe = probe.into_iter().chain(rested).min();
        let probe = probe.map(|at| Deadline::new(at, "a trunk is asked whether it lives"));
        Deadline::earliest(self.locator.deadline(), probe)
    }

    /// Each target's places and how they are, for an operator.
    pub(crate) fn view(&mut self, now: Mono, name: &TrunkName) -> Vec<(Way, TargetState)> {
        let ways = self.drawn(name);
        let state = |way: &Way| match self.health.get(&(name.clone(), way.hop)) {
            Some(health) if health.dead => TargetState::Dead,
            Some(Health { rests_until: Some(until), .. }) if *until > now => {
                TargetState::Resting { until: *until }
            }
            Some(_) | None => TargetState::Fit,
        };
        let mut view: Vec<(Way, TargetState)> =
            ways.into_iter().map(|way| (way.clone(), state(&way))).collect();
        view.sort_by_key(|(way, _)| way.hop);
        view
    }
}

/// What our listeners can speak.
pub fn means(settings: &sip::Settings) -> Means {
    let of = |v4: bool| {
        let mut transports: Vec<Transport> = Vec::new();
        for listener in settings.listeners.iter().filter(|one| one.local.is_ipv4() == v4) {
            if !transports.contains(&listener.transport) {
                transports.push(listener.transport);
            }
        }
        transports
    };
    Means { v4: of(true), v6: of(false) }
}

#[cfg(test)]
mod tests;
