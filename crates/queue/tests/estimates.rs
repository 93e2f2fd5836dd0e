//! How good the estimates of the wait are, over days of ten agents: see docs/simulation.md.
//!
//! The day is drawn here, by a generator of its own; what each caller really waited is read from
//! the day's own record, and compared with what the queue said when that caller arrived.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use ledger::{CallEnd, Fact, Fold, OfferEnd};
use model::{AgentName, CallId, Entropy, LineName, Mono, Now, OfferId, QueueName, TrunkName, Wall};
use queue::{
    AgentSettings, Command, Estimate, Event, LineSettings, QueueSettings, Queues, Settings, Track,
    Work,
};

const AGENTS: u8 = 10;
/// Mean time that a call takes an agent, in seconds.
const HANDLE: f64 = 240.0;
/// Its standard deviation, as a part of the mean.
const SPREAD: f64 = 0.8;
/// Mean patience of those who have an end of it, in seconds.
const PATIENCE: f64 = 600.0;
/// The part of the callers who never give up.
const NEVER: f64 = 0.15;
/// Load on the mean, and by which part of it the load swings around that.
const LOAD: f64 = 1.05;
const SWING: f64 = 0.35;
/// One swing, and the day, in seconds.
const PERIOD: f64 = 4.0 * 3_600.0;
const DAY: f64 = 10.0 * 3_600.0;

fn settings() -> Settings {
    let main = LineSettings {
        queue: QueueName::from("desk"),
        trunk: TrunkName::from("carrier"),
        calls_back: false,
        callback_queue: None,
        routing: queue::Routing::default(),
        screening: Default::default(),
        home: None,
        has_fallback: false,
    };
    let agent = AgentSettings {
        queues: vec![QueueName::from("desk")],
        wrap_up: Duration::ZERO,
        ..AgentSettings::default()
    };
    let agents =
        (0..AGENTS).map(|n| (AgentName::from(format!("agent-{n}").as_str()), agent.clone()));
    Settings {
        queues: [(QueueName::from("desk"), QueueSettings::default())].into(),
        lines: [(LineName::from("main"), main)].into(),
        agents: agents.collect(),
        entries_max: 10_000,
        rooms: [].into(),
        own_numbers: [].into(),
        caps: queue::Caps::default(),
        off: Default::default(),
        offers_of_lines: Default::default(),
    }
}

/// Draws of one day.
struct Dice(Entropy);

impl Dice {
    fn unit(&mut self) -> f64 {
        (self.0.below(1 << 52) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -self.unit().ln() * mean
    }

    fn lognormal(&mut self, mean: f64, spread: f64) -> f64 {
        let variance = (1.0 + spread * spread).ln();
        let normal = (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos();
        (mean.ln() - variance / 2.0 + variance.sqrt() * normal).exp()
    }
}

/// What comes, at a time in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Comes {
    Caller,
    GivesUp(u64),
    Ends(u64),
}

/// What was said to whom, and what came of it.
#[derive(Default)]
struct Record {
    /// The mean, and the upper end of the range.
    said: BTreeMap<CallId, (Duration, Duration)>,
    arrived: BTreeMap<CallId, Mono>,
    waited: BTreeMap<CallId, Duration>,
}

struct World {
    queues: Queues,
    now: Now,
    coming: BinaryHeap<Reverse<(u64, Comes)>>,
    record: Record,
    dice: Dice,
    calls: u64,
}

fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}

impl World {
    fn new(seed: u64) -> World {
        let wall = Wall::from_unix_millis(1_795_255_200_000);
        let now = Now { mono: Mono::from_nanos(0), wall };
        let recovered = Fold::default().recovered();
        let entropy = Entropy::from_u64(seed);
        let people = BTreeMap::new();
        let queues = Queues::new(settings(), &recovered, &people, entropy.branch("queue"), now);
        let dice = Dice(entropy.branch("day"));
        let (coming, record) = (BinaryHeap::new(), Record::default());
        World { queues, now, coming, record, dice, calls: 0 }
    }

    fn live(&mut self) {
        self.next_caller(0);
        while let Some(Reverse((at, comes))) = self.coming.pop() {
            let wall = self.now.wall + Duration::from_nanos(at - self.now.mono.as_nanos());
            self.now = Now { mono: Mono::from_nanos(at), wall };
            match comes {
                Comes::Caller => self.arrives(at),
                Comes::GivesUp(call) => {
                    let (call, end) = (CallId(call), CallEnd::Abandoned);
                    self.tell(Command::Leave { call, end });
                }
                Comes::Ends(offer) => {
                    let offer = OfferId(offer);
                    self.tell(Command::TalkEnded { offer });
                    self.tell(Command::AgentReleased { offer });
                }
            }
        }
    }

    fn next_caller(&mut self, after: u64) {
        let most = f64::from(AGENTS) / HANDLE * LOAD * (1.0 + SWING);
        let mut at = after as f64 / 1e9;
        loop {
            at += self.dice.exponential(1.0 / most);
            let swing = 1.0 + SWING * (std::f64::consts::TAU * at / PERIOD).sin();
            if at > DAY {
                return;
            }
            if self.dice.unit() < swing / (1.0 + SWING) {
                return self.coming.push(Reverse((nanos(at), Comes::Caller)));
            }
        }
    }

    fn arrives(&mut self, at: u64) {
        self.next_caller(at);
        self.calls += 1;
        let call = CallId(self.calls);
        self.record.arrived.insert(call, self.now.mono);
        if self.dice.unit() >= NEVER {
            let patience = self.dice.exponential(PATIENCE);
            self.coming.push(Reverse((at + nanos(patience), Comes::GivesUp(call.0))));
        }
        self.tell(Command::Arrive { call, line: LineName::from("main"), asks: Default::default() });
        let waits = self.queues.place(call).is_some();
        if let (Estimate::Mean(mean), Some(range)) =
            (self.queues.estimate(call), self.queues.range(call).filter(|_| waits))
        {
            assert!(range.p50 <= mean && mean <= range.p80);
            self.record.said.insert(call, (mean, range.p80));
        }
    }

    fn tell(&mut self, command: Command) {
        self.queues.handle(self.now, command);
        while let Some(event) = self.queues.poll() {
            match event {
                Event::Offer { offer, work: Work::Live { call }, .. } => {
                    let waited = self.now.mono.since(self.record.arrived[&call]);
                    self.record.waited.insert(call, waited);
                    let end = OfferEnd::Accepted;
                    self.queues.handle(self.now, Command::OfferEnded { offer, end });
                    self.queues.handle(self.now, Command::Bridged { offer });
                    let handle = self.dice.lognormal(HANDLE, SPREAD);
                    let at = self.now.mono.as_nanos() + nanos(handle);
                    self.coming.push(Reverse((at, Comes::Ends(offer.0))));
                }
                Event::Record { fact: Fact::CallEnded { end, .. } } => {
                    assert_ne!(end, CallEnd::Refused);
                }
                _ => {}
            }
        }
    }
}

/// The figures of the days, by their own record: callers, mean absolute error and bias in seconds,
/// share of the waits that ended before the upper end.
fn judged(worlds: &[World]) -> (usize, f64, f64, f64) {
    let pairs: Vec<(f64, f64, f64)> = worlds
        .iter()
        .flat_map(|world| {
            world.record.said.iter().filter_map(|(call, (mean, p80))| {
                let waited = world.record.waited.get(call).filter(|waited| !waited.is_zero())?;
                Some((mean.as_secs_f64(), p80.as_secs_f64(), waited.as_secs_f64()))
            })
        })
        .collect();
    let count = pairs.len() as f64;
    let error = pairs.iter().map(|(mean, _, waited)| (mean - waited).abs()).sum::<f64>() / count;
    let bias = pairs.iter().map(|(mean, _, waited)| mean - waited).sum::<f64>() / count;
    let kept = pairs.iter().filter(|(_, p80, waited)| waited <= p80).count() as f64 / count;
    (pairs.len(), error, bias, kept)
}

fn days(seeds: std::ops::Range<u64>) -> Vec<World> {
    seeds
        .map(|seed| {
            let mut world = World::new(seed);
            world.live();
            world
        })
        .collect()
}

#[test]
fn over_ten_days_the_error_is_below_a_minute_and_four_in_five_ranges_are_kept() {
    let worlds = days(1..11);
    let (callers, error, bias, kept) = judged(&worlds);
    let figures = format!("{callers} waited: error {error:.1} s, bias {bias:.1} s, kept {kept:.3}");
    assert!(callers > 5_000, "{figures}");
    assert!(error <= 60.0 && (0.78..=0.92).contains(&kept), "{figures}");
}

#[test]
fn the_queue_knows_how_good_its_estimates_are() {
    let worlds = days(1..2);
    let (callers, error, bias, kept) = judged(&worlds);
    let track: Track = worlds[0].queues.track(&QueueName::from("desk"));
    assert_eq!(track.estimates, callers as u64);
    assert!((track.error_millis as f64 / 1e3 - error).abs() < 0.1, "{track:?} {error}");
    assert!((track.bias_millis as f64 / 1e3 - bias).abs() < 0.1, "{track:?} {bias}");
    assert!((track.kept_permille as f64 / 1e3 - kept).abs() < 0.002, "{track:?} {kept}");
}

#[test]
fn a_range_is_told_in_whole_minutes_and_upwards() {
    let range = |p50, p80| {
        let range = queue::Range { p50: Duration::from_secs(p50), p80: Duration::from_secs(p80) };
        range.minutes()
    };
    assert_eq!(range(0, 1), (1, 1));
    assert_eq!(range(60, 61), (1, 2));
    assert_eq!(range(125, 240), (3, 4));
}
