//! Random days: any order of arrivals, askings, answers, hang-ups, journal troubles and crashes,
//! watched by oracles that know nothing of the machine's insides.
//!
//! `world` plays the engine and the journal, `watch` is the naive reference: flat lists, walked
//! from end to end.

mod watch;
mod world;

use proptest::prelude::*;
use world::World;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn on_any_day_with_crashes_every_promise_is_kept_once(
        acts in prop::collection::vec((0_u8..=31, any::<u16>()), 1..160)
    ) {
        let mut world = World::new();
        for (act, choice) in acts {
            world.act(act, choice);
        }
        world.close_down();
    }

    #[test]
    fn a_crash_at_every_fact_of_a_day_loses_no_promise_and_dials_nobody(
        acts in prop::collection::vec((0_u8..=29, any::<u16>()), 1..100)
    ) {
        let mut world = World::new();
        for (act, choice) in acts {
            world.act(act, choice);
        }
        world.crash_at_every_fact();
    }
}
