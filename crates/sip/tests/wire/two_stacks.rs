//! Two stacks joined by a bad link: every call ends on both sides, the ends agree, and nothing is
//! left over. Time is virtual, chance comes from a seed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use model::{Deadline, Entropy, Mono, Now, TrunkName, Wall};
use sip::{
    Ended, Event, Hop, Invite, Listener, Output, Peer, SessionId, Settings, Source, Stack,
    Transport,
};

use crate::script::settings;

const SEEDS: u64 = 400;
const CALLS_MAX: u64 = 5;
/// A side whose peer has lost the call hears so by its session timer (RFC 4028 §10) at the latest.
const HORIZON: Duration = Duration::from_secs(2_400);

/// How bad the link is, in thousandths.
#[derive(Debug, Clone, Copy)]
struct Link {
    loss: u32,
    duplicate: u32,
    /// Longest delay; unequal delays reorder.
    delay_ms: u64,
    /// A connection instead of datagrams: everything arrives in order, unless it breaks, by this
    /// share of messages. Then everything under way is lost, and both ends learn of it.
    breaks: Option<u32>,
}

/// What somebody does at a moment.
#[derive(Debug, Clone, Copy)]
enum Act {
    Invite(usize),
    HangUp(usize, SessionId),
    Ring(usize, SessionId),
    Accept(usize, SessionId),
    Reject(usize, SessionId),
}

/// What is known of one call, by its Call-ID.
#[derive(Debug, Default)]
struct Call {
    caller_hangs_up: bool,
    caller: Vec<Event>,
    callee: Vec<Event>,
}

enum Happening {
    Arrives { at: usize, bytes: Vec<u8> },
    Breaks { at: usize },
    Does(Act),
}

struct World {
    seed: u64,
    link: Link,
    chance: Entropy,
    now: Mono,
    stacks: [Stack; 2],
    queue: BTreeMap<(Mono, u64), Happening>,
    count: u64,
    calls: BTreeMap<String, Call>,
    /// Which call a session belongs to, and whether its side is the caller.
    sessions: BTreeMap<(usize, SessionId), (String, bool)>,
}

fn address(at: usize) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, if at == 0 { 1 } else { 2 }], 5060))
}

fn side(at: usize, link: Link) -> Settings {
    let transport = if link.breaks.is_some() { Transport::Tcp } else { Transport::Udp };
    let listener = Listener { transport, local: address(at) };
    let source = Source { network: address(1 - at).ip(), prefix: 32, port: None };
    let peer = Peer { name: TrunkName::from("other"), sources: vec![source] };
    Settings { listeners: vec![listener], peers: vec![peer], ..settings() }
}

impl World {
    fn new(seed: u64, link: Link) -> World {
        let root = Entropy::from_u64(seed);
        let stack = |at, purpose: &str| Stack::new(side(at, link), root.branch(purpose));
        World {
            seed,
            link,
            chance: root.branch("link"),
            now: Mono::ZERO,
            stacks: [stack(0, "left"), stack(1, "right")],
            queue: BTreeMap::new(),
            count: 0,
            calls: BTreeMap::new(),
            sessions: BTreeMap::new(),
        }
    }

    fn after(&mut self, millis: u64, happening: Happening) {
        self.count += 1;
        self.queue.insert((self.now + Duration::from_millis(millis), self.count), happening);
    }

    fn run(&mut self) {
        for _ in 0..=self.chance.below(CALLS_MAX) {
            let at = usize::from(self.chance.chance(500));
            let millis = self.chance.below(3_000);
            self.after(millis, Happening::Does(Act::Invite(at)));
        }
        loop {
            let due = Deadline::earliest(self.stacks[0].deadline(), self.stacks[1].deadline());
            let next = self.queue.first_key_value().map(|(&(at, _), _)| at);
            let Some(at) = [due.map(|due| due.at), next].into_iter().flatten().min() else {
                return;
            };
            assert!(at.since(Mono::ZERO) < HORIZON, "{self:?}");
            self.now = self.now.max(at);
            let entry = self.queue.first_entry().filter(|entry| entry.key().0 <= at);
            match entry.map(|entry| entry.remove()) {
                Some(happening) => self.happen(happening),
                None => self.timers(),
            }
        }
    }

    fn now(&self) -> Now {
        Now { mono: self.now, wall: Wall::default() }
    }

    fn timers(&mut self) {
        let now = self.now();
        for at in [0, 1] {
            self.stacks[at].handle_timeout(now);
            self.drain(at);
        }
    }

    fn happen(&mut self, happening: Happening) {
        let now = self.now();
        let at = match happening {
            Happening::Arrives { at, bytes } => {
                self.stacks[at].handle_datagram(now, Hop::first(address(1 - at)), &bytes);
                at
            }
            Happening::Breaks { at } => {
                self.stacks[at].handle_disconnected(now, Hop::first(address(1 - at)));
                at
            }
            Happening::Does(Act::Invite(at)) => {
                self.invite(at);
                at
            }
            Happening::Does(Act::HangUp(at, id)) => {
                self.stacks[at].hang_up(now, id);
                at
            }
            Happening::Does(Act::Ring(at, id)) => {
                self.stacks[at].ring(now, id);
                at
            }
            Happening::Does(Act::Accept(at, id)) => {
                self.stacks[at].accept(now, id, b"v=0\r\n".to_vec());
                at
            }
            Happening::Does(Act::Reject(at, id)) => {
                self.stacks[at].reject(now, id, 486, None);
                at
            }
        };
        self.drain(at);
    }

    fn invite(&mut self, at: usize) {
        let call_id = format!("call-{}", self.calls.len());
        let invite = Invite {
            at_source: false,
            target: format!("sip:100@{}", address(1 - at)),
            next_hop: Hop::first(address(1 - at)),
            from: format!("sip:200@{}", address(at)),
            display: None,
            asserted: None,
            call_id: call_id.clone(),
            headers: Vec::new(),
            sdp: b"v=0\r\n".to_vec(),
            ring_max: Duration::from_millis(1 + self.chance.below(20_000)),
            credentials: None,
            redirects_to: [].into(),
            fallbacks: Vec::new(),
        };
        let now = self.now();
        let id = self.stacks[at].invite(now, invite);
        // Somebody hangs up sometime: a call must not stand forever. Often it is the callee alone.
        let caller_hangs_up = self.chance.chance(600);
        self.calls.insert(call_id.clone(), Call { caller_hangs_up, ..Call::default() });
        self.sessions.insert((at, id), (call_id, true));
        if caller_hangs_up {
            let millis = self.chance.below(30_000);
            self.after(millis, Happening::Does(Act::HangUp(at, id)));
        }
    }

    fn drain(&mut self, at: usize) {
        while let Some(output) = self.stacks[at].poll() {
            match output {
                Output::Datagram { to, bytes } => {
                    assert_eq!(to, Hop::first(address(1 - at)));
                    self.send(1 - at, bytes);
                }
                Output::Event { session, event } => self.event(at, session, event),
                Output::Wire(_)
                | Output::Registration(_)
                | Output::Upstream(_)
                | Output::Alive { .. } => {}
            }
        }
    }

    fn send(&mut self, at: usize, bytes: Vec<u8>) {
        if let Some(breaks) = self.link.breaks {
            return self.stream(at, bytes, breaks);
        }
        let copies = 1 + u32::from(self.chance.chance(self.link.duplicate));
        for _ in 0..copies {
            if !self.chance.chance(self.link.loss) {
                let millis = 1 + self.chance.below(self.link.delay_ms);
                self.after(millis, Happening::Arrives { at, bytes: bytes.clone() });
            }
        }
    }

    fn stream(&mut self, at: usize, bytes: Vec<u8>, breaks: u32) {
        if self.chance.chance(breaks) {
            self.queue.retain(|_, happening| !matches!(happening, Happening::Arrives { .. }));
            for at in [0, 1] {
                let millis = 1 + self.chance.below(self.link.delay_ms);
                self.after(millis, Happening::Breaks { at });
            }
            return;
        }
        self.after(self.link.delay_ms, Happening::Arrives { at, bytes });
    }

    fn event(&mut self, at: usize, id: SessionId, event: Event) {
        if let Event::Invited(invited) = &event {
            let caller_hangs_up = self.calls[&invited.call_id].caller_hangs_up;
            self.sessions.insert((at, id), (invited.call_id.clone(), false));
            self.plan_callee(at, id, caller_hangs_up);
        }
        let (call, is_caller) = self.sessions.get(&(at, id)).expect("a session has begun");
        let call = self.calls.get_mut(call).expect("a call has begun");
        if *is_caller { call.caller.push(event) } else { call.callee.push(event) }
    }

    fn plan_callee(&mut self, at: usize, id: SessionId, caller_hangs_up: bool) {
        let ring = self.chance.below(2_000);
        self.after(ring, Happening::Does(Act::Ring(at, id)));
        let answer = self.chance.below(15_000);
        match self.chance.below(4) {
            0 => self.after(answer, Happening::Does(Act::Reject(at, id))),
            1..3 => self.after(answer, Happening::Does(Act::Accept(at, id))),
            // This one just lets it ring.
            _ => {}
        }
        if !caller_hangs_up || self.chance.chance(300) {
            let millis = self.chance.below(30_000);
            self.after(millis, Happening::Does(Act::HangUp(at, id)));
        }
    }

    fn check(&self) {
        for stack in &self.stacks {
            assert!(stack.is_empty(), "seed {}: {stack:#?}", self.seed);
        }
        let lossless = self.link.loss == 0 && self.link.breaks.unwrap_or(0) == 0;
        for (name, call) in &self.calls {
            let story = || format!("seed {} {name} {:?}: {call:#?}", self.seed, self.link);
            let caller = ended(&call.caller).unwrap_or_else(|| panic!("{}", story()));
            let callee = ended(&call.callee);
            assert_eq!(callee.is_none(), call.callee.is_empty(), "{}", story());
            assert!(agree(caller, callee, lossless), "{}", story());
            let accepted = call.caller.iter().any(|event| matches!(event, Event::Accepted { .. }));
            let refused = matches!(caller, Ended::Refused { .. });
            assert!(!(accepted && refused), "{}", story());
        }
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "seed {} {:?}: {:#?} {:#?}", self.seed, self.link, self.calls, self.stacks)
    }
}

/// How a session ended, when its last event and no other says so.
fn ended(events: &[Event]) -> Option<Ended> {
    let ends = events.iter().filter(|event| matches!(event, Event::Ended { .. })).count();
    match events.last() {
        Some(Event::Ended { how, .. }) if ends == 1 => Some(*how),
        _ => None,
    }
}

/// True when both ends tell the same story. Over a link that loses, either may be unreachable.
fn agree(caller: Ended, callee: Option<Ended>, lossless: bool) -> bool {
    use Ended::{ByPeer, ByUs, Cancelled, Expired, NoAnswer, Refused, Unreachable};
    if !lossless && (caller == Unreachable || callee == Some(Unreachable)) {
        return true;
    }
    match (caller, callee) {
        // Hanging up may cross the other side's refusal or hanging up.
        (ByUs | NoAnswer, Some(Cancelled | ByPeer | ByUs)) => true,
        (Refused { status }, Some(ByUs)) => status == 486 || status == 480,
        (ByPeer, Some(ByUs)) => true,
        (ByUs | NoAnswer | Refused { .. } | ByPeer | Cancelled | Unreachable | Expired, _) => false,
    }
}

fn every_call_ends(link: Link) {
    for seed in 0..SEEDS {
        let mut world = World::new(seed, link);
        world.run();
        world.check();
    }
}

#[test]
fn calls_over_a_good_link_end_in_agreement() {
    every_call_ends(Link { loss: 0, duplicate: 0, delay_ms: 20, breaks: None });
}

#[test]
fn calls_over_a_link_that_reorders_and_duplicates_end_in_agreement() {
    every_call_ends(Link { loss: 0, duplicate: 300, delay_ms: 1_500, breaks: None });
}

#[test]
fn calls_over_a_link_that_loses_end_in_agreement() {
    every_call_ends(Link { loss: 200, duplicate: 100, delay_ms: 300, breaks: None });
}

#[test]
fn calls_over_a_connection_end_in_agreement() {
    every_call_ends(Link { loss: 0, duplicate: 0, delay_ms: 40, breaks: Some(0) });
}

#[test]
fn calls_over_connections_that_break_end_in_agreement() {
    every_call_ends(Link { loss: 0, duplicate: 0, delay_ms: 40, breaks: Some(100) });
}

#[test]
fn the_same_seed_gives_the_same_story() {
    let link = Link { loss: 200, duplicate: 100, delay_ms: 300, breaks: None };
    let story = || {
        let mut world = World::new(7, link);
        world.run();
        format!("{:?} {:?}", world.now, world.calls)
    };
    assert_eq!(story(), story());
}
