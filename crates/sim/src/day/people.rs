//! The people of a day, drawn before it begins.

use std::net::SocketAddr;
use std::time::Duration;

use engine::{AgentPhone, Srtp};
use model::{Entropy, Key, Mono};
use phone::{Answering, Phone, PhoneSettings, Voice};
use queue::AgentStatus;

use super::{Answers, Day, Span};
use crate::lab;
use crate::people::{AgentHabits, AgentPerson, CustomerHabits, CustomerPerson, Wish};
use crate::world::{Event, Grain, World};

/// How long before the end of everything the last phones leave.
const AFTER_WORK: Duration = Duration::from_secs(1_200);
/// How much of each call a phone keeps at the packet grain.
const RECORD_MAX: Duration = Duration::from_secs(240);

fn draw(dice: &mut Entropy, (least, most): Span) -> Duration {
    let spread = u64::try_from(most.saturating_sub(least).as_millis()).unwrap_or(u64::MAX);
    least + Duration::from_millis(dice.below(spread.saturating_add(1)))
}

fn share(dice: &mut Entropy) -> u32 {
    u32::try_from(dice.below(1_000)).unwrap_or(0)
}

/// Takes the shares off one after the other: the number of the one that the draw falls into.
fn fall(mut draw: u32, shares: &[u32]) -> usize {
    for (at, share) in shares.iter().enumerate() {
        if draw < *share {
            return at;
        }
        draw -= share;
    }
    shares.len()
}

/// Everybody of the day walks into the world.
pub(super) fn enter(day: &Day, world: &mut World) {
    let root = Entropy::from_u64(day.seed).branch("people");
    for n in 1..=day.staff.agents {
        agent(day, world, n, &root.branch(&format!("agent {n}")));
    }
    let mut calls = root.branch("arrivals");
    let mut number = 0;
    let hours = day.length.as_secs().div_ceil(3_600).max(1);
    for hour in 0..hours {
        let index = usize::try_from(hour).unwrap_or(0).min(day.arrivals.len().saturating_sub(1));
        let wanted = day.arrivals.get(index).copied().unwrap_or(0);
        for _ in 0..wanted {
            let millis = hour * 3_600_000 + calls.below(3_600_000);
            let at = Duration::from_millis(millis);
            if at < day.length {
                number += 1;
                let dice = root.branch(&format!("customer {number}"));
                customer(day, world, number, Mono::ZERO + at, dice);
            }
        }
    }
}

fn phone_of(day: &Day, name: &str, user: &str, sip: SocketAddr, hz: f64) -> PhoneSettings {
    let rtp = SocketAddr::new(sip.ip(), 4_000);
    let mut settings = PhoneSettings::new(name, user, sip, rtp);
    (settings.voice, settings.record_max) = match day.grain {
        Grain::Packets => (Voice::Tone(hz), RECORD_MAX),
        Grain::Cues => (Voice::Mute, Duration::ZERO),
    };
    settings
}

fn agent(day: &Day, world: &mut World, n: u8, root: &Entropy) {
    let staff = &day.staff;
    let mut dice = root.branch("day");
    let address = lab::agent_address(n);
    let name = lab::agent_name(n);
    let hz = 1_200.0 + 90.0 * f64::from(n);
    let mut settings = phone_of(day, name.as_str(), name.as_str(), address, hz);
    settings.srtp = day.policy.srtp.1 == Srtp::Required;
    settings.codecs = codecs(day.policy.wide.1, settings.codecs);
    settings.answering = Answering::Answer { ring_for: draw(&mut dice, staff.rings) };
    let leaves = Mono::ZERO + day.length + draw(&mut dice, staff.overtime);
    let mut shifts = vec![(Mono::ZERO + draw(&mut dice, staff.comes), AgentStatus::Online)];
    for _ in 0..staff.breaks {
        let begin = Mono::ZERO + draw(&mut dice, (Duration::ZERO, day.length));
        let end = begin + draw(&mut dice, staff.break_length);
        shifts.push((begin, AgentStatus::Away));
        shifts.push((end, AgentStatus::Online));
    }
    shifts.retain(|(at, _)| *at < leaves);
    shifts.push((leaves, AgentStatus::Offline));
    shifts.sort_by_key(|(at, _)| *at);
    let habits = AgentHabits {
        name,
        thinks: draw(&mut dice, staff.thinks),
        declines_permille: staff.declines_permille,
        hangs_up_permille: staff.hangs_up_permille,
        ignores_permille: staff.ignores_permille,
        rejects_permille: staff.rejects_permille,
        holds_permille: staff.holds_permille,
        transfers_permille: staff.transfers_permille,
        colleagues: staff.agents,
        handles: staff.handles,
        shifts,
    };
    let phone = Phone::new(settings, root.branch("phone"));
    let id = world.enter(phone, Box::new(AgentPerson::new(habits, root.branch("mood"))));
    let mut walls = root.branch("walls");
    if world.settings().engine.agents[usize::from(n) - 1].phone == AgentPhone::Registered {
        world.register(id, lab::registrar(n));
        let leaves = Mono::ZERO + day.end().since(Mono::ZERO + AFTER_WORK);
        world.plan(leaves, Event::Unregister(id));
        for _ in 0..staff.rebinds {
            let at = Mono::ZERO + draw(&mut walls, (Duration::ZERO, day.length));
            world.plan(at, Event::Moved(id));
        }
    }
    for _ in 0..staff.lost_phones {
        let lost = Mono::ZERO + draw(&mut dice, (Duration::ZERO, day.length));
        world.plan(lost, Event::Unplug(id));
        let back = draw(&mut dice, (Duration::from_secs(1), Duration::from_secs(300)));
        world.plan(lost + back, Event::Plug(id));
    }
    let mut binding = root.branch("binding");
    for hour in 0..day.length.as_secs().div_ceil(3_600) {
        let at = Mono::ZERO + Duration::from_secs(hour * 3_600);
        let within = (Duration::ZERO, Duration::from_secs(3_600));
        rebind(day, world, id, at, within, &mut binding);
    }
}

/// What a customer presses who is asked to show that a person is there: mostly 1, sometimes 2, 3 or
/// nothing, perhaps a key that means nothing before it.
fn proof(day: &Day, number: u32) -> Vec<(Duration, Key)> {
    let root = Entropy::from_u64(day.seed).branch("people");
    let mut dice = root.branch(&format!("proof {number}"));
    let pause = draw(&mut dice, (Duration::from_millis(100), Duration::from_secs(40)));
    let meant = match share(&mut dice) {
        _ if !day.policy.human_proof => return Vec::new(),
        0..100 => return Vec::new(),
        100..160 => 2,
        160..220 => 3,
        _ => 1,
    };
    let keys = if dice.chance(200) { vec![9, meant] } else { vec![meant] };
    keys.into_iter().filter_map(|key| Some((pause, Key::from_event(key)?))).collect()
}

/// Perhaps an address translator binds this phone anew, some time after `from`.
fn rebind(day: &Day, world: &mut World, id: usize, from: Mono, within: Span, dice: &mut Entropy) {
    if dice.chance(day.mischief.rebinds_permille) {
        let at = from + draw(dice, within);
        let rtp = dice.chance(500);
        world.plan(at, Event::Rebind { id, sip: !rtp || dice.chance(500), rtp });
    }
}

fn customer(day: &Day, world: &mut World, number: u32, at: Mono, mut dice: Entropy) {
    let customers = &day.customers;
    let [high, middle, low] = [number >> 16, number >> 8, number].map(|part| part as u8);
    let (network, carrier) = match day.has_two_carriers() && number % 2 == 1 {
        true => (11, lab::SECOND_CARRIER),
        false => (10, lab::CARRIER),
    };
    let address = SocketAddr::from(([network, 1 + high, middle, low], 5_060));
    let own = format!("+33612{number:06}");
    let other = format!("+33799{number:06}");
    let hz = 420.0 + 30.0 * f64::from(number % 20);
    let mut settings = phone_of(day, &format!("customer-{number}"), &own, address, hz);
    settings.srtp = day.policy.srtp.0 == Srtp::Required;
    settings.codecs = codecs(day.policy.wide.0, settings.codecs);
    settings.answering = answering(&customers.answers, &mut dice);
    let later = dice.chance(customers.answers.changes_permille);
    let later = later.then(|| answering(&Answers::default(), &mut dice));
    let line = lab::line_number(u8::try_from(dice.below(u64::from(day.lines))).unwrap_or(0));
    let anonymous = dice.chance(customers.anonymous_permille);
    let from = if anonymous { "anonymous" } else { &own };
    let patience = if dice.chance(customers.hangs_up_permille) {
        (Duration::ZERO, Duration::from_secs(40))
    } else {
        customers.patience
    };
    let mut calls_at = vec![at];
    while dice.chance(customers.again_permille) && calls_at.len() < 4 {
        let last = calls_at.last().copied().unwrap_or(at);
        let pause = draw(&mut dice, (Duration::from_secs(20), Duration::from_secs(1_800)));
        calls_at.push(last + pause);
    }
    let habits = CustomerHabits {
        calls_at,
        line: format!("sip:{line}@{}", lab::ENGINE),
        engine: lab::ENGINE,
        from: format!("sip:{from}@{carrier}"),
        wish: wish(day, &other, &mut dice),
        rings: draw(&mut dice, (Duration::from_millis(500), Duration::from_secs(60))),
        patience: draw(&mut dice, patience),
        talks: draw(&mut dice, customers.talks),
        proof: proof(day, number),
        later,
    };
    let phone = Phone::new(settings, dice.branch("phone"));
    let id = world.enter(phone, Box::new(CustomerPerson::new(habits)));
    world.serve(&own, id);
    world.serve(&other, id);
    let within = (Duration::from_secs(1), customers.patience.1);
    rebind(day, world, id, at, within, &mut dice.branch("binding"));
}

fn answering(answers: &Answers, dice: &mut Entropy) -> Answering {
    let shares = [
        answers.busy_permille,
        answers.no_answer_permille,
        answers.declines_permille,
        answers.fails_permille,
        answers.machine_permille,
        answers.fork_permille,
        answers.dead_permille,
    ];
    let ring_for = draw(dice, (Duration::ZERO, Duration::from_secs(25)));
    match fall(share(dice), &shares) {
        0 => Answering::Refuse { ring_for, status: 486 },
        1 => Answering::NeverAnswer,
        2 => Answering::Refuse { ring_for, status: 603 },
        3 => {
            let status = [404, 480, 500, 503][usize::try_from(dice.below(4)).unwrap_or(0)];
            Answering::Refuse { ring_for, status }
        }
        4 => Answering::AT_ONCE,
        5 => Answering::Fork { ring_for },
        6 => Answering::Ignore,
        _ if dice.chance(answers.early_permille) => Answering::EarlyMedia { ring_for },
        _ => Answering::Answer { ring_for },
    }
}

fn wish(day: &Day, other: &str, dice: &mut Entropy) -> Wish {
    let customers = &day.customers;
    let shares = [customers.own_number_permille, customers.other_number_permille];
    let seconds = |dice: &mut Entropy, least, most| {
        draw(dice, (Duration::from_secs(least), Duration::from_secs(most)))
    };
    let key = |c| Key::from_char(c).expect("a key");
    let mut keys = match fall(share(dice), &shares) {
        0 => vec![(seconds(dice, 1, 30), key('2')), (seconds(dice, 1, 9), key('1'))],
        1 => {
            let mut keys = vec![(seconds(dice, 1, 30), key('2')), (seconds(dice, 1, 9), key('2'))];
            let typed = other.replace('+', "00") + "#";
            for digit in typed.chars() {
                keys.push((Duration::from_millis(150 + dice.below(500)), key(digit)));
            }
            keys.push((seconds(dice, 1, 20), key('1')));
            keys
        }
        _ => return Wish::Wait,
    };
    if dice.chance(customers.wrong_keys_permille) {
        for _ in 0..=dice.below(3) {
            let at = usize::try_from(dice.below(keys.len() as u64 + 1)).unwrap_or(0);
            let any = u8::try_from(dice.below(16)).ok().and_then(Key::from_event);
            keys.insert(at, (seconds(dice, 0, 8), any.expect("sixteen keys")));
        }
    }
    Wish::Press(keys)
}

fn codecs(wide: bool, usual: Vec<phone::Codec>) -> Vec<phone::Codec> {
    if wide { vec![phone::Codec::G722] } else { usual }
}
