//! A day drawn from a seed.

use std::time::Duration;

use engine::{Srtp, TrunkLimits};
use model::{Entropy, Mono, Wall};

use super::{Answers, Customers, Day, Limits, Policy, Skilled, Span, Staff, orders, secs};
use crate::journal::Disk;
use crate::net::Weather;
use crate::world::{CrashAt, Event, Grain, Mischief, Moment};

/// Signalling that loses and repeats a little.
const POOR: Weather = Weather {
    delay: Duration::from_millis(40),
    jitter: Duration::from_millis(60),
    loss_permille: 30,
    twice_permille: 20,
};

/// Days that may hold a change of the clocks: the last Sundays of October 2026 and March 2027,
/// 00:30 UTC, and an ordinary Monday.
const MORNINGS: [i64; 3] = [1_792_888_200_000, 1_806_193_800_000, 1_795_417_200_000];

/// The dice of one purpose.
pub(super) struct Dice(Entropy);

impl Dice {
    pub(super) fn chance(&mut self, permille: u32) -> bool {
        self.0.chance(permille)
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0.below(bound)
    }

    fn srtp(&mut self) -> Srtp {
        self.pick(&[Srtp::Off, Srtp::Off, Srtp::Offered, Srtp::Required])
    }

    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        let at = self.0.below(choices.len() as u64);
        choices[usize::try_from(at).expect("as many as a slice holds")]
    }

    /// The option is in this day's swarm, at a strength.
    pub(super) fn some(&mut self, in_permille: u32, most: u32) -> u32 {
        if !self.0.chance(in_permille) {
            return 0;
        }
        u32::try_from(self.0.below(u64::from(most))).unwrap_or(0) + 1
    }

    pub(super) fn span(&mut self, least: u64, most: u64) -> Span {
        let low = least + self.0.below(most - least);
        (secs(low), secs(low + self.0.below(most - low) + 1))
    }

    pub(super) fn moment(&mut self, within: Duration) -> Mono {
        Mono::ZERO + Duration::from_millis(self.0.below(within.as_millis() as u64))
    }
}

impl Day {
    /// The day of this seed.
    pub fn of_seed(seed: u64) -> Day {
        let root = Entropy::from_u64(seed).branch("day");
        let dice = |purpose: &str| Dice(root.branch(purpose));
        let mut basics = dice("basics");
        let length = secs(1_800 + basics.0.below(5_400));
        let agents = 1 + u8::try_from(basics.0.below(8)).unwrap_or(0);
        let busy = basics.pick(&[6, 12, 18, 30]);
        let weather = basics.pick(&[Weather::FINE, Weather::FINE, POOR, Weather::STORM]);
        let mut day = Day {
            seed,
            grain: Grain::Cues,
            begins: Wall::from_unix_millis(basics.pick(&MORNINGS)),
            length,
            lines: basics.pick(&[1, 1, 2, 3]),
            arrivals: (0..3).map(|_| (u32::from(agents) * busy).min(120)).collect(),
            customers: customers(&mut dice("customers")),
            staff: staff(&mut dice("staff"), agents),
            policy: policy(&mut dice("policy")),
            limits: limits(&mut dice("limits")),
            sip: weather,
            rtp: Weather::FINE,
            disk: basics.pick(&[Disk::FINE, Disk::FINE, Disk::SLOW]),
            mischief: mischief(&mut dice("mischief")),
            faults: Vec::new(),
            reloads: Vec::new(),
            crash: None,
        };
        day.limits.trunk = trunk(&mut dice("trunk"), agents);
        let mut phones = dice("phones");
        day.staff.registers_permille = phones.some(500, 1_000);
        day.staff.rebinds = phones.pick(&[0, 0, 1, 3]);
        day.staff.transfers_permille = dice("transfers").some(400, 500);
        let mut rings = dice("rings");
        day.policy.rings = (rings.pick(&[1, 1, 2, 20]), rings.pick(&[1, 1, 1, 3]));
        day.policy.skills = skilled(&mut dice("skills"));
        day.policy.human_proof = dice("proof").0.chance(350);
        day.policy.min_talk = secs(dice("talk").pick(&[0, 0, 0, 20, 90]));
        day.policy.dials = dials(&mut dice("dials"));
        day.faults = faults(&mut dice("faults"), length);
        let mut reloads = dice("reloads");
        for _ in 0..reloads.some(400, 3) {
            day.faults.push((reloads.moment(length), Event::Reload(None)));
        }
        orders::rules(&mut day, dice);
        let operations = orders::operations(&day, &mut dice("operations"));
        day.faults.extend(operations);
        day.reloads = orders::reloads(&day, &mut dice("other settings"));
        day.crash = crash(&mut dice("crash"));
        day
    }

    /// An hour of the same seed with every packet.
    pub fn of_seed_in_packets(seed: u64) -> Day {
        let mut day = Day::of_seed(seed);
        day.grain = Grain::Packets;
        day.length = secs(3_600);
        day.arrivals = vec![24];
        day.staff.agents = day.staff.agents.min(3);
        day.customers.patience = (secs(20), secs(120));
        day.staff.handles = (secs(10), secs(60));
        day.policy.request_ttl = secs(1_800);
        // Who is heard is judged there by tones from bridge to BYE, one agent for each.
        day.staff.transfers_permille = 0;
        day.policy.human_proof = false;
        day.policy.min_talk = Duration::ZERO;
        day.rtp = Weather {
            delay: Duration::from_millis(20),
            jitter: Duration::from_millis(45),
            loss_permille: 20,
            twice_permille: 10,
        };
        day
    }
}

fn customers(dice: &mut Dice) -> Customers {
    let own = dice.pick(&[100, 300, 600, 900]);
    Customers {
        own_number_permille: own,
        other_number_permille: dice.some(500, 1_000 - own),
        wrong_keys_permille: dice.some(500, 500),
        hangs_up_permille: dice.some(600, 300),
        anonymous_permille: dice.some(300, 200),
        again_permille: dice.some(500, 400),
        patience: dice.span(20, 1_200),
        talks: dice.span(5, 400),
        answers: Answers {
            busy_permille: dice.some(500, 200),
            no_answer_permille: dice.some(500, 200),
            declines_permille: dice.some(400, 100),
            fails_permille: dice.some(400, 150),
            machine_permille: dice.some(300, 150),
            fork_permille: dice.some(300, 150),
            dead_permille: dice.some(300, 100),
            changes_permille: dice.some(500, 1_000),
            early_permille: dice.some(500, 500),
        },
    }
}

/// In two days of five, lines ask for a skill or stand before others.
fn skilled(dice: &mut Dice) -> Skilled {
    let asked = dice.pick(&[None, None, None, Some(1), Some(3)]);
    let has = dice.pick(&[&[3, 0][..], &[1, 0, 5], &[3], &[0, 0, 1, 2]]).to_vec();
    let priorities = dice.pick(&[&[][..], &[], &[], &[0, 9, 3], &[5, 0, 100]]).to_vec();
    let (drops_skills, drops_priority) = (dice.0.chance(300), dice.0.chance(300));
    let one_queue = dice.0.chance(500);
    Skilled { asked, has, one_queue, priorities, drops_skills, drops_priority }
}

fn staff(dice: &mut Dice, agents: u8) -> Staff {
    Staff {
        agents,
        comes: dice.span(0, 900),
        overtime: dice.span(60, 7_200),
        breaks: dice.pick(&[0, 1, 3]),
        break_length: dice.span(30, 900),
        thinks: dice.span(0, 10),
        rings: dice.span(0, 12),
        handles: dice.span(5, 400),
        declines_permille: dice.some(400, 300),
        hangs_up_permille: dice.some(300, 150),
        ignores_permille: dice.some(300, 150),
        rejects_permille: dice.some(300, 200),
        holds_permille: dice.some(400, 400),
        transfers_permille: 0,
        lost_phones: dice.pick(&[0, 0, 0, 1, 3]),
        registers_permille: 0,
        rebinds: 0,
    }
}

fn mischief(dice: &mut Dice) -> Mischief {
    Mischief {
        crossings_permille: dice.some(500, 200),
        keys_permille: dice.some(700, 500),
        rebinds_permille: dice.some(400, 400),
    }
}

fn dials(dice: &mut Dice) -> queue::Dialling {
    let first = if dice.0.chance(300) { queue::Party::Customer } else { queue::Party::Agent };
    queue::Dialling { first, progressive: dice.0.chance(200) }
}

fn policy(dice: &mut Dice) -> Policy {
    Policy {
        request_ttl: secs(dice.pick(&[120, 900, 3_600, 7_200])),
        attempts_total: dice.pick(&[1, 2, 3, 5]),
        retry_delay: secs(dice.pick(&[5, 60, 300])),
        min_talk: Duration::ZERO,
        decline_pause: secs(dice.pick(&[0, 5, 60, 300])),
        rings: (1, 1),
        skills: Skilled::default(),
        human_proof: false,
        dials: queue::Dialling::default(),
        caps: queue::Caps::default(),
        calling_hours: None,
        duplicates: queue::Duplicates::Ignore,
        slot_callbacks: None,
        recording: None,
        wrap_up: secs(dice.pick(&[0, 5, 20, 60])),
        agent_ring: secs(dice.pick(&[5, 20, 20])),
        customer_ring: secs(dice.pick(&[5, 30, 30])),
        agent_choice: secs(dice.pick(&[6, 20])),
        answers_after: secs(dice.pick(&[0, 0, 3])),
        offer_after: secs(dice.pick(&[0, 0, 20])),
        srtp: (dice.srtp(), dice.srtp()),
        wide: (dice.0.chance(200), dice.0.chance(200)),
    }
}

/// Buggify: one day in two has a limit that is reached at once.
fn limits(dice: &mut Dice) -> Limits {
    let mut limits = Limits::default();
    match dice.0.below(8) {
        0 => limits.entries_max = 4,
        1 => limits.sessions_max = 6,
        2 => limits.transactions_max = 12,
        3 => limits.ports = 5,
        _ => {}
    }
    limits
}

/// One day in three the trunk carries little, one in four it takes one call at a time.
fn trunk(dice: &mut Dice, agents: u8) -> TrunkLimits {
    let most = u32::from(agents).max(2);
    let limited = dice.0.chance(330);
    let calls_max = limited.then(|| 1 + u32::try_from(dice.0.below(u64::from(most))).unwrap_or(1));
    let reserve = if calls_max > Some(1) { dice.pick(&[0, 1]) } else { 0 };
    let calls_per_second = dice.0.chance(250).then(|| dice.pick(&[1, 2]));
    TrunkLimits { calls_max, reserve, calls_per_second, full_status: dice.pick(&[503, 486]) }
}

fn faults(dice: &mut Dice, length: Duration) -> Vec<(Mono, Event)> {
    let mut faults = Vec::new();
    for _ in 0..dice.some(300, 3) {
        let at = dice.moment(length);
        let (torn, down) = (dice.0.chance(500), secs(1 + dice.0.below(120)));
        faults.push((at, Event::Crash { torn, down }));
        let reached = dice.0.chance(300);
        faults.push((at + down + dice.span(60, 1_800).0, Event::Settle { reached }));
    }
    for _ in 0..dice.some(250, 3) {
        let at = dice.moment(length);
        faults.push((at, Event::JournalFails));
        faults.push((at + dice.span(1, 600).0, Event::JournalMends));
    }
    for _ in 0..dice.some(250, 3) {
        let step = dice.pick(&[-7_200_000, -3_600_000, -1_500, 900, 3_600_000, 86_400_000]);
        faults.push((dice.moment(length), Event::ClockSteps(step)));
    }
    for _ in 0..dice.some(250, 3) {
        let at = dice.moment(length);
        faults.push((at, Event::Storm(true)));
        faults.push((at + dice.span(1, 300).0, Event::Storm(false)));
    }
    for _ in 0..dice.some(250, 2) {
        let at = dice.moment(length);
        faults.push((at, Event::SipWeather(Weather::STORM)));
        faults.push((at + dice.span(10, 300).0, Event::SipWeather(Weather::FINE)));
    }
    for _ in 0..dice.some(250, 4) {
        faults.push((dice.moment(length), Event::CancelOldest));
    }
    faults
}

fn crash(dice: &mut Dice) -> Option<CrashAt> {
    let moments = [Moment::BeforeSync, Moment::BeforeHeard, Moment::AfterHeard];
    let wanted = dice.0.chance(400);
    let (record, moment) = (1 + dice.0.below(400), dice.pick(&moments));
    wanted.then(|| CrashAt { record, moment, down: secs(1 + dice.0.below(60)) })
}
