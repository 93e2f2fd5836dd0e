//! Random days: any order of arrivals, askings, answers, hang-ups, journal troubles and crashes,
//! watched by oracles that know nothing of the machine's insides.
//!
//! `world` plays the engine and the journal, `watch` is the naive reference: flat lists, walked
//! from end to end.

mod watch;
mod world;

use proptest::prelude::*;
use world::{Habits, World};

fn habits(
    (rings, prefers, asks, keeps, takes_over): (u16, bool, bool, bool, bool),
    (capped, hours, silent, keeps_places): (bool, bool, bool, bool),
) -> Habits {
    Habits { rings, prefers, asks, keeps, takes_over, capped, hours, silent, keeps_places }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn on_any_day_with_crashes_every_promise_is_kept_once(
        rings in 1_u16..=3,
        prefers in any::<bool>(),
        asks in any::<bool>(),
        keeps in any::<bool>(),
        takes_over in any::<bool>(),
        capped in any::<bool>(),
        hours in any::<bool>(),
        silent in any::<bool>(),
        keeps_places in any::<bool>(),
        acts in prop::collection::vec((0_u8..=31, any::<u16>()), 1..160)
    ) {
        let allowed = (capped, hours, silent, keeps_places);
        let mut world = World::new(habits((rings, prefers, asks, keeps, takes_over), allowed));
        for (act, choice) in acts {
            world.act(act, choice);
        }
        world.close_down();
    }

    #[test]
    fn a_crash_at_every_fact_of_a_day_loses_no_promise_and_dials_nobody(
        rings in 1_u16..=3,
        prefers in any::<bool>(),
        asks in any::<bool>(),
        keeps in any::<bool>(),
        takes_over in any::<bool>(),
        capped in any::<bool>(),
        hours in any::<bool>(),
        silent in any::<bool>(),
        keeps_places in any::<bool>(),
        acts in prop::collection::vec((0_u8..=29, any::<u16>()), 1..100)
    ) {
        let allowed = (capped, hours, silent, keeps_places);
        let mut world = World::new(habits((rings, prefers, asks, keeps, takes_over), allowed));
        for (act, choice) in acts {
            world.act(act, choice);
        }
        world.crash_at_every_fact();
    }
}

/// The days above prove little if they never get far: together they reach every fact, every end
/// of a request that this policy knows, and every end of a call.
#[test]
fn the_days_reach_every_fact_and_every_end() {
    let mut reached = std::collections::BTreeSet::new();
    for seed in 0..1_500 {
        let mut dice = model::Entropy::from_u64(seed);
        let rings = 1 + u16::try_from(seed % 3).expect("below three");
        let (prefers, asks, keeps) = (seed % 2 == 1, seed % 4 == 2, seed % 8 != 2);
        let takes_over = seed % 5 == 4;
        let allowed = (seed % 7 == 3, seed % 7 == 5, seed % 11 == 6, seed % 7 == 6);
        let mut world = World::new(habits((rings, prefers, asks, keeps, takes_over), allowed));
        for _ in 0..200 {
            let act = u8::try_from(dice.below(32)).expect("below 32");
            world.act(act, u16::try_from(dice.below(1 << 16)).expect("below 65536"));
        }
        world.close_down();
        reached.append(&mut world.reached());
    }
    let reached: Vec<String> = reached.into_iter().collect();
    expect_test::expect![[r#"
        bridged, callback false
        bridged, callback true
        call_arrived
        call_ended abandoned
        call_ended answered
        call_ended promised
        call_ended refused
        callback_requested
        callback_requested by command, for a time false
        callback_requested by command, for a time true
        came_due
        dial_ended agent_left, retry true
        dial_ended busy, retry false
        dial_ended busy, retry true
        dial_ended called_in, retry true
        dial_ended declined, retry false
        dial_ended failed, retry false
        dial_ended failed, retry true
        dial_ended machine, retry false
        dial_ended machine, retry true
        dial_ended no_answer, retry false
        dial_ended no_answer, retry true
        dial_started
        engine_started
        found_uncertain
        hastened
        held
        moved
        of recordings
        offer_ended accepted
        offer_ended declined
        offer_ended failed
        offer_ended no_answer
        offer_ended withdrawn
        offered
        place_returned
        place_taken, agent too false
        place_taken, agent too true
        place_taken, of an earlier call
        request_closed busy
            the customer was busy at attempt 2 of 2
        request_closed busy
            the customer was busy; no time is left for the next attempt
        request_closed cancelled
            cancelled by command
        request_closed cancelled
            the customer asked again; the new request stands for it
        request_closed completed
            connected; the engine stopped during the conversation
        request_closed completed
            customer and agent talked
        request_closed completed
            its customer called in and talked with an agent
        request_closed completed
            settled by command: the customer was reached
        request_closed declined_by_customer
            the customer refused the call
        request_closed declined_by_customer
            the customer refused the call at attempt 1; closed at a restart
        request_closed duplicate_ignored
            another request for this number waits
        request_closed expired
            its time ran out before the next attempt was due
        request_closed expired
            its time ran out while an agent was being asked
        request_closed expired
            its time ran out while it waited
        request_closed expired
            its time ran out; its line is not configured any more
        request_closed failed
            the call could not be completed at attempt 2 of 2
        request_closed failed
            the call could not be completed at attempt 2; closed at a restart
        request_closed no_answer
            an answering machine took the call at attempt 2 of 2
        request_closed no_answer
            an answering machine took the call at attempt 2; closed at a restart
        request_closed no_answer
            the customer did not answer at attempt 2 of 2
        request_closed no_answer
            the customer did not answer at attempt 2; closed at a restart
        request_closed uncertain_expired
            its time ran out before anybody said whether the customer was reached
        request_untaken
        settled by command
        switched processing false
        switched processing true
        switched registering false
        switched registering true"#]]
    .assert_eq(&reached.join("\n"));
}
