//! Settings that are read again in the middle of a day: nobody notices who is not concerned.

use std::time::Duration;

use engine::{Agent, Settings};
use model::Mono;
use sim::{Day, Event};

/// A quiet day of this seed, and what came of it with these events.
fn lived(seed: u64, events: impl Fn(&Day) -> Vec<(Mono, Event)>) -> sim::Lived {
    let mut day = Day { seed, length: Duration::from_secs(3_600), ..Day::default() };
    day.faults = events(&day);
    day.run()
}

fn minute(n: u64) -> Mono {
    Mono::ZERO + Duration::from_secs(60 * n)
}

#[test]
fn the_same_settings_again_change_nothing_of_the_day() {
    for seed in 1..=4 {
        let plain = lived(seed, |_| Vec::new());
        let again = lived(seed, |_| (1..60).map(|n| (minute(n), Event::Reload(None))).collect());
        assert!(again.is_kept(), "{}", again.story());
        assert_eq!(again.results.to_string(), plain.results.to_string(), "seed {seed}");
        assert_eq!(again.records, plain.records, "seed {seed}");
    }
}

/// A night line comes with a queue and an agent of its own, and phones ring for less long.
fn with_night(mut settings: Settings) -> Settings {
    let (line, queue) = (settings.lines[0].clone(), settings.queue.clone());
    let mut night = line.clone();
    night.name = "night".into();
    night.numbers = vec!["+33199009900".to_owned()];
    night.queue = "night".into();
    let mut of_queue = queue.lines[&line.name].clone();
    of_queue.queue = "night".into();
    settings.queue.lines.insert("night".into(), of_queue);
    settings.queue.queues.insert("night".into(), queue.queues[&line.queue].clone());
    settings.lines.push(night);
    let owl = Agent::fixed("owl".into(), "sip:owl@10.0.9.9".into(), ([10, 0, 9, 9], 5060).into());
    settings.agents.push(owl);
    let of_owl = queue::AgentSettings { queues: vec!["night".into()], ..Default::default() };
    settings.queue.agents.insert("owl".into(), of_owl);
    settings.timings.agent_ring = Duration::from_secs(9);
    settings.ivr.choice_time = Duration::from_secs(4);
    settings
}

#[test]
fn a_line_that_comes_and_goes_again_breaks_no_rule() {
    for seed in 1..=6 {
        let lived = lived(seed, |day| {
            let usual = day.engine_settings();
            let night = Event::Reload(Some(Box::new(with_night(usual.clone()))));
            vec![(minute(20), night), (minute(40), Event::Reload(Some(Box::new(usual))))]
        });
        assert!(lived.is_kept(), "{}", lived.story());
        assert!(lived.results.asked > 5, "{}", lived.results);
    }
}

/// All callbacks stop for a while: their line has no number any more, and then it has one again.
#[test]
fn promises_outlive_settings_that_do_not_know_their_line() {
    for seed in 1..=6 {
        let lived = lived(seed, |day| {
            let usual = day.engine_settings();
            let mut silent = usual.clone();
            for line in silent.queue.lines.values_mut() {
                line.calls_back = false;
            }
            for line in &mut silent.lines {
                line.outbound_number = None;
            }
            let gone = Event::Reload(Some(Box::new(silent)));
            vec![(minute(15), gone), (minute(22), Event::Reload(Some(Box::new(usual))))]
        });
        assert!(lived.is_kept(), "{}", lived.story());
        assert!(lived.results.callback.served > 5, "{}", lived.results);
    }
}
