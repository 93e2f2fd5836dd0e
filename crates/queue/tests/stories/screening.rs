//! Numbers that are not called.

use expect_test::expect;

use crate::harness::{ann_alone, nobody, play};

#[test]
fn a_number_that_is_not_called_is_not_promised_a_callback() {
    let ladder = play(
        nobody(),
        "create 1 +33891123456
         create 2 +3361234567
         list",
    );
    expect![[r#"
        create 1 +33891123456
            rejected: this number is not called: `refuse` names numbers of the kind premium
        create 2 +3361234567
            rejected: this number is not called: its country has no number of that length
        list
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_number_that_is_denied_meanwhile_is_not_dialled_and_its_agent_is_free_for_the_next() {
    let ladder = play(
        nobody(),
        "create 1 +33611111111
         written
         create 2 +33711111111
         written
         deny +336
         crash
         list",
    );
    expect![[r#"
        create 1 +33611111111
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            created  1 cb-1
        create 2 +33711111111
            write    callback_requested cb-2 person-2 desk arrived 10:00:00.001 expires 11:00:00.000
        written
            created  2 cb-2
        deny +336
        crash
            record   engine_started 2
        list
            desk 1 cb-1: waiting for an agent
                because found in the journal at the start
            desk 2 cb-2: waiting for an agent
                because found in the journal at the start
    "#]]
    .assert_eq(&ladder);
    let ladder = play(
        ann_alone(),
        "agent ann away
         create 1 +33611111111
         written
         create 2 +33711111111
         written
         deny +336
         crash",
    );
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        create 1 +33611111111
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            created  1 cb-1
        create 2 +33711111111
            write    callback_requested cb-2 person-2 desk arrived 10:00:00.001 expires 11:00:00.000
        written
            created  2 cb-2
        deny +336
        crash
            record   engine_started 2
            record   request_closed cb-1 failed
                because not dialled: `deny` names +336
            closed   cb-1 failed
            record   offered offer-2.1 ann cb-2
            offer    offer-2.1 ann desk cb-2 +337******11 via main
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_number_that_is_denied_while_an_agent_is_asked_is_not_dialled() {
    let ladder = play(
        ann_alone(),
        "create 1 +33611111111
         written
         deny +336
         reload
         accept 1",
    );
    expect![[r#"
        create 1 +33611111111
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            created  1 cb-1
            record   offered offer-1 ann cb-1
            offer    offer-1 ann desk cb-1 +336******11 via main
        deny +336
        reload
            foreseen 1 not called
        accept 1
            record   offer_ended offer-1 accepted
            record   request_closed cb-1 failed
                because not dialled: `deny` names +336
            closed   cb-1 failed
            withdraw offer-1
    "#]]
    .assert_eq(&ladder);
}
