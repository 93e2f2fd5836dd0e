//! Registering and processing, switched off and on apart from each other.

use expect_test::expect;
use queue::{Command, OfferPolicy, Part, Switch};

use crate::harness::{ann_alone, play};

/// `switch processing off queue desk`.
pub fn switched([what, to, part, name]: [&str; 4]) -> Command {
    let switch = match what {
        "registering" => Switch::Registering,
        _ => Switch::Processing,
    };
    let of = match part {
        "line" => Part::Line(name.into()),
        "queue" => Part::Queue(name.into()),
        _ => Part::Engine,
    };
    Command::Switch { switch, of, on: to == "on" }
}

/// What the settings switch off for the whole engine.
pub fn of_settings(what: &str) -> queue::Off {
    let switch = if what == "processing" { Switch::Processing } else { Switch::Registering };
    [(switch, Part::Engine)].into()
}

#[test]
fn while_registering_is_off_nobody_is_offered_a_callback_and_those_that_wait_are_made() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         switch registering off line main
         switch registering off line main
         arrive 2
         offerable 2
         ask 2
         create 9 +33610000009
         agent ann online
         accept 1
         crash
         arrive 4294967297
         offerable 4294967297
         switch registering on line main
         offerable 4294967297",
    );
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        arrive 1
            record   call_arrived call-1 main/desk
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   call_ended call-1 promised
        switch registering off line main
            record   switched registering of line main false
        switch registering off line main
        arrive 2
            record   call_arrived call-2 main/desk
        offerable 2
            offerable: the registering of callbacks is switched off for its line
        ask 2
            record   request_untaken call-2
                because registering is switched off
            refused  call-2 Unavailable(SwitchedOff)
        create 9 +33610000009
            refused  9 Unavailable(SwitchedOff)
        agent ann online
            record   status_set ann online by command
            record   offered offer-1 ann cb-1
            offer    offer-1 ann desk cb-1 +336******01 via main
        accept 1
            record   offer_ended offer-1 accepted
            write    dial_started cb-1/1 ann carrier
        crash
            record   engine_started 2
            record   offered offer-2.1 ann cb-1
            offer    offer-2.1 ann desk cb-1 +336******01 via main
        arrive 4294967297
            record   call_arrived call-1.1 main/desk
        offerable 4294967297
            offerable: the registering of callbacks is switched off for its line
        switch registering on line main
            record   switched registering of line main true
        offerable 4294967297
            offerable: yes
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn while_processing_is_off_callbacks_keep_their_places_and_callers_are_served() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         switch processing off queue desk
         agent ann online
         list
         arrive 2
         crash
         list
         agent ann online
         switch processing on queue desk",
    );
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        arrive 1
            record   call_arrived call-1 main/desk
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   call_ended call-1 promised
        switch processing off queue desk
            record   switched processing of queue desk false
        agent ann online
            record   status_set ann online by command
        list
            desk 1 cb-1: waiting for an agent
                because the processing of callbacks is switched off for its queue
        arrive 2
            record   call_arrived call-2 main/desk
            record   offered offer-1 ann call-2, not cb-1: processing is off for its queue
            offer    offer-1 ann desk call-2
        crash
            record   engine_started 2
        list
            desk 1 cb-1: waiting for an agent
                because the processing of callbacks is switched off for its queue
        agent ann online
        switch processing on queue desk
            record   switched processing of queue desk true
            record   offered offer-2.1 ann cb-1
            offer    offer-2.1 ann desk cb-1 +336******01 via main
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn what_is_off_for_the_whole_engine_is_off_everywhere_and_one_queue_does_not_switch_it_on() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         switch processing off engine all
         switch registering off engine all
         switch processing off queue desk
         switch processing on queue desk
         agent ann online
         list
         arrive 2 store
         offerable 2
         ask 2
         switch registering on engine all
         offerable 2
         switch processing on engine all",
    );
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        arrive 1
            record   call_arrived call-1 main/desk
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   call_ended call-1 promised
        switch processing off engine all
            record   switched processing of the whole engine false
        switch registering off engine all
            record   switched registering of the whole engine false
        switch processing off queue desk
            record   switched processing of queue desk false
        switch processing on queue desk
            record   switched processing of queue desk true
        agent ann online
            record   status_set ann online by command
        list
            desk 1 cb-1: waiting for an agent
                because the processing of callbacks is switched off for the whole engine
        arrive 2 store
            record   call_arrived call-2 store/shop
        offerable 2
            offerable: the registering of callbacks is switched off for the whole engine
        ask 2
            record   request_untaken call-2
                because registering is switched off
            refused  call-2 Unavailable(SwitchedOff)
        switch registering on engine all
            record   switched registering of the whole engine true
        offerable 2
            offerable: yes
        switch processing on engine all
            record   switched processing of the whole engine true
            record   offered offer-1 ann cb-1
            offer    offer-1 ann desk cb-1 +336******01 via main
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn an_agent_who_is_being_asked_about_a_callback_may_take_it_after_processing_was_switched_off() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         arrive 2
         ask 2
         written
         agent ann online
         switch processing off queue desk
         accept 1
         written
         dial 1/1 busy
         released 1
         list
         wait 400
         list
         switch processing on queue desk",
    );
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        arrive 1
            record   call_arrived call-1 main/desk
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   call_ended call-1 promised
        arrive 2
            record   call_arrived call-2 main/desk
        ask 2
            write    callback_requested cb-2 person-2 desk arrived 10:00:00.001 expires 11:00:00.000
        written
            record   call_ended call-2 promised
        agent ann online
            record   status_set ann online by command
            record   offered offer-1 ann cb-1
            offer    offer-1 ann desk cb-1 +336******01 via main
        switch processing off queue desk
            record   switched processing of queue desk false
        accept 1
            record   offer_ended offer-1 accepted
            write    dial_started cb-1/1 ann carrier
        written
        dial 1/1 busy
            record   dial_ended cb-1/1 busy retry at 10:05:00.000
        released 1
        list
            desk 1 cb-1: waiting for the next attempt
                because the customer was busy
            desk 2 cb-2: waiting for an agent
                because the processing of callbacks is switched off for its queue
        wait 400
            (a request is due)
        list
            desk 1 cb-1: waiting for an agent
                because the processing of callbacks is switched off for its queue
            desk 2 cb-2: waiting for an agent
                because the processing of callbacks is switched off for its queue
        switch processing on queue desk
            record   switched processing of queue desk true
            record   offered offer-2 ann cb-1
            offer    offer-2 ann desk cb-1 +336******01 via main
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn settings_that_are_taken_while_everything_goes_on_switch_off_and_on() {
    let ladder = play(
        ann_alone(),
        "agent ann away
         arrive 1
         ask 1
         written
         off processing
         reload
         agent ann online
         list
         restored
         reload",
    );
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        arrive 1
            record   call_arrived call-1 main/desk
        ask 1
            write    callback_requested cb-1 person-1 desk arrived 10:00:00.000 expires 11:00:00.000
        written
            record   call_ended call-1 promised
        off processing
        reload
        agent ann online
            record   status_set ann online by command
        list
            desk 1 cb-1: waiting for an agent
                because the processing of callbacks is switched off for the whole engine
        restored
        reload
            record   offered offer-1 ann cb-1
            offer    offer-1 ann desk cb-1 +336******01 via main
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn what_is_not_there_is_not_switched_and_what_the_settings_switch_off_stays_off() {
    let mut settings = ann_alone();
    settings.off.insert((Switch::Processing, Part::Line("main".into())));
    let ladder = play(
        settings,
        "switch processing on line main
         switch processing off line nowhere
         switch registering off queue nowhere",
    );
    expect![[r#"
        switch processing on line main
            rejected: the settings switch it off for line main: change them, then `rappel reload`
        switch processing off line nowhere
            rejected: no line is called nowhere
        switch registering off queue nowhere
            rejected: no queue is called nowhere
    "#]]
    .assert_eq(&ladder);
}

#[test]
fn a_line_says_otherwise_than_its_queue_when_callbacks_are_offered() {
    let mut settings = ann_alone();
    let beyond = OfferPolicy { beyond_place: 5, ..OfferPolicy::default() };
    settings.offers_of_lines.insert("main".into(), beyond);
    let ladder = play(settings, "agent ann away\n arrive 1\n offerable 1");
    expect![[r#"
        agent ann away
            record   status_set ann away by command
        arrive 1
            record   call_arrived call-1 main/desk
        offerable 1
            offerable: place 1 is not beyond place 5
    "#]]
    .assert_eq(&ladder);
}
