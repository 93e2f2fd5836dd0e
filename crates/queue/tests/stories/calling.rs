//! Customers are called by the clocks of their own country.

use expect_test::expect;
use queue::CallingHours;

use crate::harness::{ann_alone, play, settings};

#[test]
fn who_asks_at_night_is_called_in_the_morning_and_nobody_else_waits_for_that() {
    let mut settings = ann_alone();
    let hours = Some(CallingHours { from: 8 * 60, to: 20 * 60 });
    for queue in settings.queues.values_mut() {
        queue.calling_hours = hours;
        queue.request_ttl = std::time::Duration::from_secs(86_400);
    }
    // It is 10 h UTC: 19 h in Tokyo, 5 h in New York, and 0 h in Hawaii.
    let ladder = play(
        settings,
        "agent ann away
         create 1 +12025550123
         written
         create 2 +81312345678
         written
         agent ann online
         list",
    );
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        create 1 +12025550123
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 10:00:00.000
        written
            created  1 cb-1
        create 2 +81312345678
            write    callback_requested cb-2 person-2 desk arrived 10:00:00.001 expires 10:00:00.000
        written
            created  2 cb-2
        agent ann online
            record   status_set ann online by command
            record   held cb-1 until 18:00:00.000: outside the calling hours
            record   offered offer-1 ann cb-2, not cb-1: due later, 18:00:00.000
            offer    offer-1 ann desk cb-2 +813******78 via main
        list
            desk 1 cb-1: waiting for the next attempt
                because its customer is not called at this time of the day
            desk 2 cb-2: offered to ann
                because the oldest arrival, for the agent free for longest
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_customer_whose_hours_end_while_an_agent_is_rung_is_not_dialled_any_more() {
    let mut settings = ann_alone();
    // Until 11:01 in Paris, which is 10:01 UTC.
    let hours = Some(CallingHours { from: 8 * 60, to: 11 * 60 + 1 });
    for queue in settings.queues.values_mut() {
        queue.calling_hours = hours;
        queue.request_ttl = std::time::Duration::from_secs(86_400);
    }
    let ladder = play(
        settings,
        "create 1 +33612345678
         written
         wait 61
         accept 1
         released 1
         list
         hasten 1",
    );
    expect![[r#"
        create 1 +33612345678
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 10:00:00.000
        written
            created  1 cb-1
            record   offered offer-1 ann cb-1
            offer    offer-1 ann desk cb-1 +336******78 via main
        wait 61
        accept 1
            record   offer_ended offer-1 accepted
            record   held cb-1 until 07:00:00.000: outside the calling hours
            withdraw offer-1
        released 1
        list
            desk 1 cb-1: waiting for the next attempt
                because its customer is not called at this time of the day
        hasten 1
            record   hastened cb-1
            record   held cb-1 until 07:00:00.000: outside the calling hours
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn where_two_agents_ring_at_once_nobody_rings_for_a_customer_who_is_not_called_at_this_hour() {
    let mut settings = settings();
    // From noon in Paris, which is 11 h UTC.
    let hours = Some(CallingHours { from: 12 * 60, to: 20 * 60 });
    for queue in settings.queues.values_mut() {
        (queue.calling_hours, queue.callbacks_ring) = (hours, 2);
    }
    let ladder = play(
        settings,
        "create 1 +33612345678
         written
         list",
    );
    expect![[r#"
        create 1 +33612345678
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            created  1 cb-1
            record   held cb-1 until 11:00:00.000: outside the calling hours
        list
            desk 1 cb-1: waiting for the next attempt
                because its customer is not called at this time of the day
    "#]]
    .assert_eq(&ladder);
}
