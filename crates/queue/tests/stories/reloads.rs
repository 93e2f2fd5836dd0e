//! New settings while callers wait, requests are open and agents talk.

use expect_test::expect;

use crate::harness::{nobody, play, settings};

/// What the queue shows, and what it said of the reload.
fn shown(ladder: &str) -> String {
    let lines = ladder.lines().skip_while(|line| *line != "reload");
    lines.map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn the_same_settings_again_change_nothing() {
    let begun = "arrive 1\n arrive 2\n arrive 3\n ask 3\n written\n accept 1\n bridged 1\n list\n \
                 agents\n";
    let after = play(settings(), &format!("{begun} reload\n list\n agents"));
    let (before, after) = after.split_once("reload\n").expect("the ladder tells of it");
    assert!(before.ends_with(after), "{before}\n---\n{after}");
}

#[test]
fn whoever_was_free_for_longest_still_is() {
    let script = "agent ann away\n agent ann online\n reload\n arrive 1";
    let ladder = play(settings(), script);
    assert!(ladder.contains("offered offer-1 bob call-1"), "{ladder}");
}

#[test]
fn a_request_of_a_line_that_is_gone_keeps_its_place_until_it_is_back() {
    let script = "arrive 1\n ask 1\n written\n arrive 2\n arrive 3 store\n ask 3\n written\n \
                  without line main\n reload\n list\n with agent eva desk\n reload\n list\n \
                  restored\n with agent eva desk\n reload\n list";
    expect![[r#"
        reload
            foreseen 1 of main kept, 1 callers
        list
            desk 1 cb-1: kept, but its line is not configured to call back
                because new settings do not let its line call back
            desk 2 call-2
                because the caller arrived
            shop 1 cb-2: waiting for an agent
                because promised; it keeps the place of the call
        with agent eva desk
        reload
            foreseen 1 callers
            record   offered offer-1 eva call-2, not cb-1: its line is gone
            offer    offer-1 eva desk call-2
        list
            desk 1 cb-1: kept, but its line is not configured to call back
                because new settings do not let its line call back
            desk 2 call-2
                because the oldest arrival, for the agent free for longest
            shop 1 cb-2: waiting for an agent
                because promised; it keeps the place of the call
        restored
        with agent eva desk
        reload
            foreseen 1 of main back
            record   offered offer-2 ann cb-1
            offer    offer-2 ann desk cb-1 +336******01 via main
            record   offered offer-3 bob cb-2
            offer    offer-3 bob shop cb-2 +336******03 via store
        list
            desk 1 cb-1: offered to ann
                because the oldest arrival, for the agent free for longest
            desk 2 call-2
                because the oldest arrival, for the agent free for longest
            shop 1 cb-2: offered to bob
                because the oldest arrival, for the agent free for longest
    "#]]
    .assert_eq(&shown(&play(nobody(), script)));
}

#[test]
fn a_callback_that_rings_for_a_line_that_is_gone_rings_no_more() {
    let script = "arrive 1\n ask 1\n written\n without line main\n reload\n released 2\n list\n \
                  agents";
    expect![[r#"
        reload
            foreseen 1 of main kept
            record   offer_ended offer-2 withdrawn
            withdraw offer-2
        released 2
        list
            desk 1 cb-1: kept, but its line is not configured to call back
                because new settings do not let its line call back
        agents
            ann Online Leaving
            bob Online Free
    "#]]
    .assert_eq(&shown(&play(settings(), script)));
}

#[test]
fn a_dial_of_a_queue_that_is_gone_ends_and_its_request_is_kept() {
    let script = "arrive 1\n ask 1\n written\n accept 2\n written\n without line main\n \
                  without queue desk\n reload\n list\n dial 1/1 busy\n released 2\n wait 300\n list";
    expect![[r#"
        reload
            foreseen 1 of main kept
        list
            desk 1 cb-1: dialling, attempt 1, for bob
                because the dial is durable
        dial 1/1 busy
            record   dial_ended cb-1/1 busy retry at 10:05:00.000
        released 2
        wait 300
            (a request is due)
        list
            desk 1 cb-1: kept, but its line is not configured to call back
                because the time of the next attempt came
    "#]]
    .assert_eq(&shown(&play(settings(), script)));
}

#[test]
fn callers_of_a_queue_that_is_gone_are_served_to_the_end_and_promised_nothing() {
    let script = "agent ann away\n agent bob away\n arrive 1\n arrive 2\n without line main\n \
                  without queue desk\n reload\n offerable 1\n ask 1\n agent bob online\n \
                  accept 1\n bridged 1\n talked 1\n released 1\n wait 10\n accept 2\n bridged 2\n \
                  arrive 3\n list\n agents";
    expect![[r#"
        reload
            foreseen 2 callers
        offerable 1
            offerable: the queue is closed, or closes soon
        ask 1
            record   request_untaken call-1
                because the settings allow none
            refused  call-1 Unavailable(Never)
        agent bob online
            record   status_set bob online by command
            record   offered offer-1 bob call-1
            offer    offer-1 bob desk call-1
        accept 1
            record   offer_ended offer-1 accepted
        bridged 1
            record   bridged bob call-1
            record   call_ended call-1 answered
        talked 1
        released 1
        wait 10
            (an agent's wrap-up ends)
            record   offered offer-2 bob call-2
            offer    offer-2 bob desk call-2
        accept 2
            record   offer_ended offer-2 accepted
        bridged 2
            record   bridged bob call-2
            record   call_ended call-2 answered
        arrive 3
            record   call_arrived call-3 main/desk
        list
            desk 1 call-3
                because the caller arrived
        agents
            ann Away Free
            bob Online Talking
    "#]]
    .assert_eq(&shown(&play(settings(), script)));
}

#[test]
fn an_agent_who_is_gone_ends_the_conversation_and_gets_no_more() {
    let script = "arrive 1\n accept 1\n bridged 1\n without agent ann\n reload\n agents\n \
                  agent ann away\n talked 1\n released 1\n wait 20\n arrive 2\n arrive 3\n \
                  restored\n reload\n agents";
    expect![[r#"
        reload
            foreseen ann busy
        agents
            bob Online Free
        agent ann away
            rejected: no agent is called ann
        talked 1
        released 1
        wait 20
            (an agent's wrap-up ends)
        arrive 2
            record   call_arrived call-2 main/desk
            record   offered offer-2 bob call-2
            offer    offer-2 bob desk call-2
        arrive 3
            record   call_arrived call-3 main/desk
        restored
        reload
            record   offered offer-3 ann call-3
            offer    offer-3 ann desk call-3
        agents
            ann Online Ringing
            bob Online Ringing
    "#]]
    .assert_eq(&shown(&play(settings(), script)));
}

#[test]
fn an_agent_who_comes_takes_work_at_once() {
    let script = "arrive 1\n with agent eva desk\n reload\n agents";
    expect![[r#"
        reload
            record   offered offer-1 eva call-1
            offer    offer-1 eva desk call-1
        agents
            eva Online Ringing
    "#]]
    .assert_eq(&shown(&play(nobody(), script)));
}

#[test]
fn so_many_names_in_one_run_are_refused() {
    use model::{Entropy, Mono, Now, Wall};
    let now = Now { mono: Mono::ZERO, wall: Wall::from_unix_millis(0) };
    let recovered = ledger::Fold::default().recovered();
    let first = settings();
    let entropy = Entropy::from_u64(1);
    let mut queues =
        queue::Queues::new(first.clone(), &recovered, &Default::default(), entropy, now);
    let named = |from: usize, count: usize| {
        let mut settings = first.clone();
        let ann = settings.agents[&"ann".into()].clone();
        let names = (from..from + count).map(|n| format!("agent-{n}"));
        settings.agents.extend(names.map(|name| (name.as_str().into(), ann.clone())));
        queue::Command::Reload { settings: Box::new(settings), coming: Vec::new() }
    };
    let most = named(0, queue::AGENT_NAMES_MAX - 2);
    assert_eq!(queues.check(&most), Ok(()));
    queues.handle(now, most);
    let more = named(queue::AGENT_NAMES_MAX, 1);
    assert_eq!(queues.check(&more), Err(queue::Rejected::TooManyNames));
    queues.handle(now, more);
    assert_eq!(queues.agents().count(), queue::AGENT_NAMES_MAX);
}
