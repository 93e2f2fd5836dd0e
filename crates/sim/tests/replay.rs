//! A simulated day, run again from its reel: the same to the byte, and every change is seen.

use std::time::Duration;

use ledger::{Fact, Fold};
use model::Mono;
use queue::reel::{Frame, Frames, HEAD, Input};
use queue::replay::{Cut, ReplayEnd, Replayed};
use queue::{Command, Settings};
use sim::oracles::again;
use sim::past::{Beside, Morning, Told, compare};
use sim::{Day, Event, World};

/// A morning with several agents, and a crash in the middle of it.
fn morning() -> World {
    let mut day = Day { seed: 0x5e, length: Duration::from_secs(3_600), ..Day::default() };
    let crash = Event::Crash { torn: true, down: Duration::from_secs(20) };
    day.faults.push((Mono::ZERO + Duration::from_secs(1_500), crash));
    let mut world = day.world();
    world.run_until(day.end());
    world
}

fn frames(reel: &[u8]) -> Vec<Frame> {
    Frames::of(reel).expect("a reel").collect()
}

fn reeled(frames: &[Frame]) -> Vec<u8> {
    let mut reel = HEAD.to_vec();
    frames.iter().for_each(|frame| reel.extend(frame.bytes()));
    reel
}

fn first(world: &World, reel: &[u8], settings: &[Settings]) -> Replayed {
    again(world, 0, reel, settings)
}

#[test]
fn a_day_with_a_restart_is_the_same_again_to_the_byte() {
    let world = morning();
    assert_eq!(world.reels().len(), 2);
    let runs: Vec<Replayed> = (0..2)
        .map(|start| again(&world, start, &world.reels()[start], world.queued_by()))
        .collect();
    let decided = |entry: &&ledger::Entry| queue::replay::is_decided(&entry.fact);
    let facts = world.journal().durable().iter().filter(decided).count() as u64;
    assert_eq!(runs[0].same + runs[1].same, facts);
    for run in &runs {
        assert!(matches!(run.end, ReplayEnd::Same { beyond: 0, .. }), "{run:?}");
        assert!(run.same > 50 && run.inputs > 50 && !run.other_settings, "{run:?}");
    }
}

#[test]
fn one_setting_that_is_another_is_seen_at_the_first_fact_that_it_changes() {
    let world = morning();
    let mut settings = world.queued_by()[0].clone();
    for agent in settings.agents.values_mut() {
        agent.wrap_up += Duration::from_secs(1);
    }
    let run = first(&world, &world.reels()[0], &[settings]);
    assert!(run.other_settings, "{run:?}");
    let ReplayEnd::Differs(difference) = run.end else { panic!("{run:?}") };
    let (ledger, (at, fact)) =
        (difference.ledger.expect("a fact"), difference.replay.expect("one"));
    assert!(matches!(ledger.fact, Fact::Offered { .. }), "an agent was free then: {ledger:?}");
    assert!(at >= ledger.at, "and was not yet, here: {at} {fact:?}");
}

#[test]
fn one_command_that_is_missing_is_seen() {
    let world = morning();
    let mut frames = frames(&world.reels()[0]);
    let arrives = |frame: &Frame| match &frame.input {
        Input::Told(command) => matches!(**command, Command::Arrive { .. }),
        _ => false,
    };
    let missing = frames.iter().position(arrives).expect("somebody arrives");
    let at = frames.remove(missing).wall();
    let run = first(&world, &reeled(&frames), world.queued_by());
    let ReplayEnd::Differs(difference) = run.end else { panic!("{run:?}") };
    let ledger = difference.ledger.expect("a fact");
    assert!(matches!(ledger.fact, Fact::CallArrived { .. }) && ledger.at == at, "{ledger:?}");
}

#[test]
fn a_reel_that_is_torn_anywhere_is_the_same_up_to_there() {
    let world = morning();
    let reel = &world.reels()[1];
    for cut in [reel.len() - 1, reel.len() / 2, reel.len() / 3] {
        let mut torn = reel[..cut].to_vec();
        let run = again(&world, 1, &torn, world.queued_by());
        let ReplayEnd::Same { beyond, .. } = run.end else { panic!("cut at {cut}: {run:?}") };
        assert!(run.same > 0 && (cut == reel.len() - 1 || beyond > 0), "cut at {cut}: {run:?}");
        // A byte that the disk made up ends it as well.
        let last = torn.len() / 2;
        torn[last] ^= 1;
        let earlier = again(&world, 1, &torn, world.queued_by());
        assert!(matches!(earlier.end, ReplayEnd::Same { .. }), "{earlier:?}");
        assert!(earlier.inputs < run.inputs, "{earlier:?}");
    }
}

#[test]
fn behind_a_gap_nothing_is_told() {
    let world = morning();
    let mut frames = frames(&world.reels()[0]);
    let middle = frames.len() / 2;
    let now = frames[middle].now();
    frames.splice(middle..middle + 3, [Frame::new(now, Input::Gap { lost: 3 })]);
    let run = first(&world, &reeled(&frames), world.queued_by());
    let before = frames[middle - 1].wall();
    assert_eq!(run.end, ReplayEnd::Cut { at: before, why: Cut::Gap(3) });
    assert!(run.same > 0 && run.inputs as usize == middle - 1, "{run:?}");
}

/// The last of the two runs as it was, lived again, and with other settings.
fn compared(world: &World, change: impl Fn(&mut Settings)) -> Beside {
    compare_frames(world, &frames(&world.reels()[1]), change)
}

fn compare_frames(world: &World, frames: &[Frame], change: impl Fn(&mut Settings)) -> Beside {
    let Input::Began(began) = &frames[0].input else { panic!("no beginning") };
    let mut fold = Fold::default();
    let before = world.journal().durable().iter().filter(|entry| entry.seq < began.from);
    before.for_each(|entry| fold.apply(entry));
    let (recovered, people) = (fold.recovered(), world.journal().people());
    let morning = Morning { recovered: &recovered, people, first: &frames[0], began };
    let settings = &world.queued_by()[1];
    let mut other = settings.clone();
    change(&mut other);
    compare(morning, &frames[1..], settings, &other)
}

#[test]
fn the_people_of_a_day_live_it_again_much_as_it_was() {
    let world = morning();
    let Beside { was, again, other, cut } = compared(&world, |_| {});
    assert_eq!(cut, None);
    assert_eq!(again, other, "the same people and the same settings");
    let told = |told: &Told| (told.results.arrived, told.results.asked, told.results.dials);
    let near = |one: u64, other: u64| one.abs_diff(other) * 5 <= one.max(10);
    let ((arrived, asked, dials), (arrived_2, asked_2, dials_2)) = (told(&was), told(&again));
    assert_eq!(arrived, arrived_2);
    assert!(arrived > 20 && asked >= 5, "{}", was.results);
    assert!(near(asked, asked_2) && near(dials, dials_2), "{}{}", was.results, again.results);
    let [one, other] = [&was, &again].map(|told| told.results.line.mean.as_secs());
    assert!(one.abs_diff(other) <= 30, "{}{}", was.results, again.results);
}

#[test]
fn with_other_settings_the_same_people_fare_otherwise() {
    let world = morning();
    let Beside { again, other: slow, .. } = compared(&world, |settings| {
        for agent in settings.agents.values_mut() {
            agent.wrap_up += Duration::from_secs(240);
        }
    });
    let wait = |told: &Told| told.results.line.mean + told.results.callback.mean;
    assert!(wait(&slow) > wait(&again), "{}{}", again.results, slow.results);
    let Beside { again, other: none, .. } = compared(&world, |settings| {
        settings.queues.values_mut().for_each(|queue| queue.offers.needs_agent = true);
        settings.agents.values_mut().for_each(|agent| agent.takes_calls = false);
    });
    assert!(again.results.dials > 0 && none.results.dials == 0, "{}", none.results);
    assert_eq!(none.results.line.served, 0, "nobody takes calls: {}", none.results);
}

#[test]
fn more_agents_than_were_there_are_counted_and_work() {
    let world = morning();
    let Beside { again, other, .. } = compared(&world, |settings| {
        let usual = settings.agents.values().next().expect("an agent").clone();
        let more = queue::AgentSettings { online_at_start: true, ..usual };
        settings.agents.insert("one-more".into(), more);
    });
    assert!(other.results.online > again.results.online, "{}", other.results);
    let offers = other.entries.iter().filter(
        |entry| matches!(&entry.fact, Fact::Offered { agent, .. } if agent.as_str() == "one-more"),
    );
    assert!(offers.count() > 3, "{}", other.results);
}

#[test]
fn customers_may_be_rung_first_on_the_same_day() {
    let world = morning();
    let Beside { again, other, .. } = compared(&world, |settings| {
        for queue in settings.queues.values_mut() {
            queue.dials.first = queue::Party::Customer;
        }
    });
    let kept = |told: &Told| told.results.closed.get(&ledger::RequestEnd::Completed).copied();
    let (as_was, first) = (kept(&again).unwrap_or(0), kept(&other).unwrap_or(0));
    assert!(as_was > 2 && first * 2 >= as_was, "{}{}", again.results, other.results);
    assert!(other.results.dials > 2, "{}", other.results);
}

#[test]
fn a_day_is_compared_up_to_what_is_missing_of_it() {
    let world = morning();
    let whole = compared(&world, |_| {});
    let mut frames = frames(&world.reels()[1]);
    let at = frames.len() / 2;
    frames[at].input = Input::Gap { lost: 3 };
    let half = compare_frames(&world, &frames, |_| {});
    let (until, why) = half.cut.expect("a gap");
    assert_eq!((until, why), (frames[at - 1].wall(), Cut::Gap(3)));
    assert!(half.was.results.arrived < whole.was.results.arrived, "{}", half.was.results);
    assert!(half.again.entries.iter().all(|entry| entry.at <= until));
}

#[test]
fn after_an_orderly_end_the_ledger_and_the_reel_end_together() {
    let world = morning();
    let mut frames = frames(&world.reels()[1]);
    let end = frames[frames.len() - 1].now();
    frames.push(Frame::new(end, Input::Ended));
    let run = again(&world, 1, &reeled(&frames), world.queued_by());
    assert_eq!(run.end, ReplayEnd::Same { unwritten: 0, beyond: 0 });
    let short = [&frames[..frames.len() / 2], &[Frame::new(end, Input::Ended)]].concat();
    let run = again(&world, 1, &reeled(&short), world.queued_by());
    let ReplayEnd::Differs(difference) = run.end else { panic!("{run:?}") };
    assert!(difference.ledger.is_some() && difference.replay.is_none(), "{difference:?}");
}
