//! What a drawn day has beside callers and faults: rules of the operator, commands, and reloads.

use std::sync::Arc;
use std::time::Duration;

use engine::RecordingSettings;
use model::{Key, Mono, Wall};
use queue::{
    AgentStatus, CallingHours, Caps, Channel, Deferred, Duplicates, Hours, Most, Party, Slots,
};

use super::change::Change;
use super::drawn::Dice;
use super::{Day, secs};
use crate::lab;
use crate::world::{Event, Operation};

/// Central European time, as the laws say it: the clock of every customer.
pub(crate) fn minute_in_paris(at: Wall) -> u16 {
    // The last Sundays of October and March that drawn days know of, at one o'clock in UTC.
    let summer_ends = Wall::from_unix_millis(1_792_890_000_000);
    let summer_begins = Wall::from_unix_millis(1_806_195_600_000);
    let ahead = if (summer_ends..summer_begins).contains(&at) { 60 } else { 120 };
    let minutes = at.as_unix_millis().div_euclid(60_000) + ahead;
    u16::try_from(minutes.rem_euclid(24 * 60)).unwrap_or(0)
}

/// A rule is in this day, or it is not.
fn perhaps<T>(dice: &mut Dice, permille: u32, rule: impl FnOnce(&mut Dice) -> T) -> Option<T> {
    dice.chance(permille).then(|| rule(dice))
}

/// Rules that an operator may set, some in some days.
pub(super) fn rules(day: &mut Day, mut dice: impl FnMut(&str) -> Dice) {
    let begins = day.begins;
    day.policy.caps = perhaps(&mut dice("caps"), 300, caps).unwrap_or_default();
    let hours = |dice: &mut Dice| hours(dice, begins);
    day.policy.calling_hours = perhaps(&mut dice("calling hours"), 250, hours);
    let choices =
        [Duplicates::Ignore, Duplicates::Ticket, Duplicates::TakeOver, Duplicates::TakeOver];
    day.policy.duplicates = dice("duplicates").pick(&choices);
    day.policy.slot_callbacks = perhaps(&mut dice("slots"), 400, |dice| dice.pick(&[1, 3, 15]));
    day.policy.recording = perhaps(&mut dice("recording"), 300, recording);
}

fn caps(dice: &mut Dice) -> Caps {
    let few = |dice: &mut Dice| perhaps(dice, 400, |dice| dice.pick(&[1, 2, 5, 20]));
    let most = |dice: &mut Dice| Most {
        requests: few(dice),
        dials: few(dice),
        talk: perhaps(dice, 200, |dice| secs(dice.pick(&[30, 300, 3_000]))),
    };
    let off = Most::default();
    Caps {
        per_number: most(dice),
        per_caller: if dice.chance(300) { most(dice) } else { off },
        per_country: if dice.chance(100) { most(dice) } else { off },
        all: if dice.chance(200) { most(dice) } else { off },
        callers_per_number: few(dice),
        ..Caps::default()
    }
}

/// Hours one of whose ends mostly comes within the day.
fn hours(dice: &mut Dice, begins: Wall) -> CallingHours {
    let now = i32::from(minute_in_paris(begins));
    let from = (now + dice.pick(&[-60, -60, 10, 30, 70])).clamp(0, 24 * 60 - 2);
    let to = (from + dice.pick(&[30, 80, 110, 600])).clamp(from + 1, 24 * 60);
    let minute = |at: i32| u16::try_from(at).unwrap_or(0);
    CallingHours { from: minute(from), to: minute(to) }
}

fn recording(dice: &mut Dice) -> RecordingSettings {
    RecordingSettings {
        ratio_percent: dice.pick(&[10, 50, 100]),
        announced: dice.chance(500),
        decline_key: dice.pick(&[None, Key::from_event(9), Key::from_event(1)]),
        length_max: secs(dice.pick(&[10, 3_600])),
    }
}

/// Slots of a quarter of an hour around the clock.
pub(super) fn slots(callbacks: u16) -> (Deferred, Slots) {
    let mut hours = Hours::in_zone("Europe/Paris").expect("a zone");
    hours.open_weekly("Mon-Sun 00:00-24:00").expect("a week");
    let (length, ahead) = (secs(900), secs(2 * 3_600));
    (Deferred::Always, Slots { hours: Arc::new(hours), length, callbacks, ahead })
}

/// What operators, supervisors and desktops do on this day, one in two.
pub(super) fn operations(day: &Day, dice: &mut Dice) -> Vec<(Mono, Event)> {
    let most = if dice.chance(500) { 40 } else { 0 };
    let count = if most > 0 { dice.below(most) } else { 0 };
    let mut events = Vec::new();
    for _ in 0..count {
        let at = dice.moment(day.length);
        let operation = operation(day, dice);
        if let Operation::Busy(agent, Some(_)) = &operation {
            let until = at + dice.span(5, 600).0;
            events.push((until, Event::Operate(Operation::Busy(agent.clone(), None))));
        }
        events.push((at, Event::Operate(operation)));
    }
    events
}

fn operation(day: &Day, dice: &mut Dice) -> Operation {
    let which = usize::try_from(dice.below(1_000)).unwrap_or(0);
    let agent = lab::agent_name(1 + small(dice.below(u64::from(day.staff.agents))));
    let line = lab::line_name(small(dice.below(u64::from(day.lines))));
    let calls: u32 = day.arrivals.iter().sum();
    let customer = 1 + dice.below(u64::from(calls.max(1)));
    let number = format!("+33612{customer:06}");
    let later = secs(dice.below(2_400));
    match dice.below(12) {
        0 => Operation::Cancel(which),
        1 => Operation::Retry(which),
        2 => Operation::Move(which, later),
        3 => Operation::Resolve(which, dice.chance(300)),
        4 => Operation::DoNotRecord(which),
        5 => Operation::Create(number, line, None),
        6 => Operation::Create(number, line, Some(later)),
        7 => Operation::Book(number, line, which),
        8 => {
            let choices = [
                AgentStatus::Online,
                AgentStatus::Online,
                AgentStatus::Away,
                AgentStatus::Offline,
                AgentStatus::TransferOnly,
            ];
            Operation::Status(agent, dice.pick(&choices))
        }
        9 => Operation::Ready(agent),
        10 => Operation::Busy(agent, Some(Channel::Chat)),
        _ => Operation::Answer(agent, dice.chance(600)),
    }
}

fn small(number: u64) -> u8 {
    u8::try_from(number).unwrap_or(0)
}

/// Reloads with other settings, in one day of three; the last one brings the usual ones back.
pub(super) fn reloads(day: &Day, dice: &mut Dice) -> Vec<(Mono, Vec<Change>)> {
    let mut reloads = Vec::new();
    for _ in 0..dice.some(350, 4) {
        let changes = (0..=dice.below(4)).map(|_| change(day, dice)).collect();
        reloads.push((dice.moment(day.length), changes));
    }
    if !reloads.is_empty() {
        reloads.push((Mono::ZERO + day.length, Vec::new()));
    }
    reloads
}

fn change(day: &Day, dice: &mut Dice) -> Change {
    let which = usize::try_from(dice.below(20)).unwrap_or(0);
    match dice.below(11) {
        0 => Change::Silent(dice.pick(&[1, 2])),
        1 => Change::Gone(which),
        2 => Change::OneQueue,
        3 => Change::Caps(caps(dice)),
        4 => Change::Hours(dice.chance(700).then(|| hours(dice, day.begins))),
        5 => Change::Duplicates(dice.pick(&[Duplicates::Ignore, Duplicates::TakeOver])),
        6 => Change::Rings(dice.pick(&[1, 2, 20]), dice.pick(&[1, 3])),
        7 => Change::First(dice.pick(&[Party::Agent, Party::Customer])),
        8 => {
            let times = [dice.pick(&[5, 60]), dice.pick(&[0, 5, 300]), dice.pick(&[0, 60])];
            Change::Times(times.map(Duration::from_secs))
        }
        9 => Change::Priorities(dice.pick(&[&[0][..], &[9, 0, 3], &[0, 100]]).to_vec()),
        _ => Change::NoSkills,
    }
}
