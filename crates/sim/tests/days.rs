//! Days from fixed seeds, judged by every oracle. A failure prints its seed and one ladder;
//! `rappel simulate --seed 0x…` lives that day again.

use sim::{Day, Lived, Soaked, run_seed};

/// Seeds with a reason: a hexadecimal number and a line of why.
const SEEDS: &str = include_str!("seeds.txt");

fn judge(days: impl Iterator<Item = Lived>) -> Soaked {
    let mut soaked = Soaked::default();
    for lived in days {
        soaked.add(&lived);
        assert!(lived.is_kept(), "{}", lived.story());
    }
    soaked
}

#[test]
fn two_hundred_hours_of_drawn_days_keep_every_rule() {
    let soaked = judge((0..170).map(run_seed));
    assert!(soaked.simulated.as_secs() >= 200 * 3_600, "{soaked:?}");
    assert!(soaked.talked.as_secs() >= 200 * 3_600, "{soaked:?}");
    assert!(soaked.crashes > 50, "{soaked:?}");
}

#[test]
fn every_seed_that_once_failed_keeps_every_rule() {
    let seeds: Vec<u64> = SEEDS
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (seed, why) = line.split_once(' ').expect("a seed and why it is here");
            assert!(why.len() > 10, "say why: {line}");
            let seed = seed.strip_prefix("0x").expect("seeds are written 0x…");
            u64::from_str_radix(seed, 16).expect("a hexadecimal number")
        })
        .collect();
    assert!(seeds.len() > 3);
    judge(seeds.into_iter().map(run_seed));
}

#[test]
fn a_quiet_day_is_served() {
    let lived = Day::default().run();
    assert!(lived.is_kept(), "{}", lived.story());
    let table = lived.results.to_string();
    assert!(lived.results.asked > 50, "{table}");
    assert!(lived.results.callback.served * 10 > lived.results.asked as usize * 7, "{table}");
}

#[test]
fn the_same_day_twice_is_the_same_to_the_byte() {
    for seed in [1, 2, 9] {
        let [one, other] = [run_seed(seed), run_seed(seed)];
        assert!(one.records > 10);
        assert_eq!(one.hash, other.hash, "seed {seed}");
    }
    assert_ne!(run_seed(1).hash, run_seed(2).hash);
}
