//! The engine dies at every fact boundary of a small day, and comes back. Every rule holds.

use std::time::Duration;

use model::Mono;
use sim::{Answers, CrashAt, Day, Disk, Event, Lived, Moment};

const DOWN: Duration = Duration::from_secs(7);

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Ten minutes in which everything happens that a promise can meet.
fn small_day() -> Day {
    let mut day = Day { seed: 0xca11, length: secs(600), ..Day::default() };
    day.arrivals = vec![60];
    day.customers.own_number_permille = 600;
    day.customers.other_number_permille = 150;
    day.customers.patience = (secs(30), secs(200));
    day.customers.talks = (secs(5), secs(60));
    let busy_permille = 150;
    day.customers.answers = Answers { busy_permille, changes_permille: 700, ..Answers::default() };
    day.staff.agents = 2;
    day.staff.comes = (secs(30), secs(60));
    day.staff.handles = (secs(5), secs(40));
    day.staff.declines_permille = 150;
    day.policy.request_ttl = secs(1_800);
    day.policy.retry_delay = secs(60);
    day
}

fn judge(lived: &Lived, what: &dyn std::fmt::Debug) {
    assert!(lived.is_kept(), "{what:?}\n{}", lived.story());
}

#[test]
fn a_crash_at_any_fact_boundary_breaks_no_rule() {
    let quiet = small_day().run();
    judge(&quiet, &"no crash");
    assert!(quiet.results.dials >= 5 && quiet.records >= 60, "{}", quiet.results);
    let mut uncertain = 0;
    // The first record is written before the day begins.
    for record in 2..=quiet.records {
        for moment in [Moment::BeforeSync, Moment::BeforeHeard, Moment::AfterHeard] {
            let crash = CrashAt { record, moment, down: DOWN };
            let mut day = Day { crash: Some(crash), ..small_day() };
            day.faults = vec![(Mono::ZERO + secs(900), Event::Settle { reached: false })];
            let lived = day.run();
            judge(&lived, &crash);
            assert_eq!(lived.starts, 2, "{crash:?}");
            uncertain += lived.results.uncertain;
        }
    }
    assert!(uncertain > 0, "no dial was ever found in doubt");
}

#[test]
fn a_crash_breaks_no_rule_where_the_customer_is_dialled_first() {
    let day = || {
        let mut day = small_day();
        day.policy.dials.first = queue::Party::Customer;
        day.staff.ignores_permille = 200;
        day.faults = vec![(Mono::ZERO + secs(900), Event::Settle { reached: false })];
        day
    };
    let quiet = day().run();
    judge(&quiet, &"no crash");
    assert!(quiet.results.dials >= 5, "{}", quiet.results);
    for record in 2..=quiet.records {
        let crash = CrashAt { record, moment: Moment::BeforeHeard, down: DOWN };
        let lived = Day { crash: Some(crash), ..day() }.run();
        judge(&lived, &crash);
    }
}

#[test]
fn a_torn_tail_at_any_second_breaks_no_rule() {
    for second in (5..600).step_by(5) {
        let mut day = Day { disk: Disk::SLOW, ..small_day() };
        let crash = Event::Crash { torn: true, down: DOWN };
        day.faults = vec![(Mono::ZERO + secs(second), crash)];
        judge(&day.run(), &second);
    }
}
