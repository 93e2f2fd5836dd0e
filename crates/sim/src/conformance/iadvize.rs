//! iAdvize: the Call channel.

use engine::{Command, Wish};
use ledger::{DialOutcome, Fact, Origin, RequestEnd, Terms};
use queue::{AgentStatus, Channel};

use super::scene::Scene;
use super::tale::{Tale, Told};

super::tells![
    i01_a_visitor_asks_for_a_callback_to_a_number_of_their_choice,
    i05_an_agent_is_ready_again_after_20_seconds_or_by_hand,
    i06_the_account_and_a_group_have_defaults_of_their_own,
    i08_an_immediate_callback_is_made_within_a_minute,
    i09_a_request_ends_after_its_delay,
    i10_it_is_shown_who_may_take_calls_and_at_which_number,
    i14_an_agent_may_hand_the_conversation_on,
    i16_whoever_answered_first_hears_music_until_the_other_answers,
    i26_either_party_who_does_not_answer_is_called_five_more_times,
    i27_a_voicemail_is_connected_or_must_press_1,
    i28_an_agent_pauses_by_status,
    i29_an_agent_may_be_kept_from_calls,
    i31_an_agent_with_priority_is_rung_first,
    i33_an_agent_in_a_chat_gets_no_call_and_the_reverse,
];

fn i09_a_request_ends_after_its_delay(tale: &mut Tale) -> Told {
    for secs in [60.0, 90.0, 301.0] {
        let setup = tale.setup(1).with("queue", "request_ttl", &format!("\"{secs}s\""));
        let mut s = tale.scene(&setup)?;
        s.calls("ada");
        s.hears("ada", "greeting")?;
        s.presses("ada", "21");
        let promised = s.records("the promise is written", 5, |fact| {
            matches!(fact, Fact::CallbackRequested { .. })
        })?;
        let ended = s.request_ends(RequestEnd::Expired, 400)?;
        s.times("it ends exactly then", &[ended], &[promised + secs])?;
        s.online("agent-1");
        s.wait(60);
        s.check(s.rung("agent-1").is_empty(), "nobody is asked afterwards")?;
        s.end()?;
    }
    Ok(())
}

fn i28_an_agent_pauses_by_status(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = tale.scene(&setup)?;
    s.online("agent-1");
    s.sets("agent-1", AgentStatus::Away);
    s.calls("ada");
    s.wait(60);
    s.check(s.rung("agent-1").is_empty(), "who is away is not rung")?;
    s.online("agent-1");
    s.talk("agent-1", "ada")?;
    s.end()
}

fn i05_an_agent_is_ready_again_after_20_seconds_or_by_hand(tale: &mut Tale) -> Told {
    let setup = tale.setup(2).with("agent-2", "auto_ready", "false");
    let mut s = tale.scene(&setup)?;
    s.online("agent-1");
    s.calls("ada");
    s.talk("agent-1", "ada")?;
    s.hangs_up("ada");
    let over = s.now();
    s.calls("bob");
    let ring = s.rings("agent-1")?;
    s.times("the next call enters by itself", &[ring.at], &[over + 20.0])?;
    s.talk("agent-1", "bob")?;
    s.online("agent-2");
    s.calls("carl");
    s.talk("agent-2", "carl")?;
    s.hangs_up("carl");
    s.calls("dora");
    s.wait(600);
    s.same("who is not ready by itself is rung no more", s.rung("agent-2").len(), 1)?;
    s.online("agent-2");
    s.talk("agent-2", "dora")?;
    s.end()
}

fn i06_the_account_and_a_group_have_defaults_of_their_own(tale: &mut Tale) -> Told {
    let experts = [("name", "\"experts\""), ("auto_ready", "false")];
    let setup = tale.setup(2).and("group", &experts).with("agent-2", "group", "\"experts\"");
    for (agent, rung) in [("agent-1", 2), ("agent-2", 1)] {
        let mut s = tale.scene(&setup)?;
        s.online(agent);
        s.calls("ada");
        s.talk(agent, "ada")?;
        s.hangs_up("ada");
        s.calls("bob");
        s.wait(60);
        s.same(&format!("{agent} was rung so often"), s.rung(agent).len(), rung)?;
        s.end()?;
    }
    let unknown = tale.setup(1).with("agent", "group", "\"nobody\"");
    tale.refuses(&unknown, "nobody")
}

fn i14_an_agent_may_hand_the_conversation_on(tale: &mut Tale) -> Told {
    let setup = tale.setup(2);
    let mut s = tale.scene(&setup)?;
    s.is_promised("ada", "21")?;
    s.online("agent-1");
    s.calls_back("agent-1", "ada")?;
    s.sets("agent-2", AgentStatus::Away);
    s.hands_on("agent-1", "agent-2");
    s.rings("agent-2")?;
    s.talk("agent-2", "ada")?;
    s.wait(1);
    s.calls("bob");
    s.talk("agent-1", "bob")?;
    s.check(true, "who handed on is free for the next call")?;
    s.hangs_up("ada");
    s.request_ends(RequestEnd::Completed, 5)?;
    s.same("ada was called once", s.rung("ada").len(), 1)?;
    s.end()
}

fn i16_whoever_answered_first_hears_music_until_the_other_answers(tale: &mut Tale) -> Told {
    let usual = tale.setup(1);
    let ringing = tale.setup(1).with("bridge", "until_answered", "\"ringback\"");
    for (setup, heard, not_heard) in [(usual, "music", "ringback"), (ringing, "ringback", "music")]
    {
        let mut s = tale.scene(&setup)?;
        s.is_promised("ada", "21")?;
        s.lets_ring("ada");
        s.online("agent-1");
        s.accepts("agent-1")?;
        s.hears("agent-1", heard)?;
        s.wait(10);
        let clip = format!("common/{heard}");
        s.same("and nothing else", s.hears_now("agent-1"), vec![clip])?;
        s.picks_up("ada");
        s.talk("agent-1", "ada")?;
        s.check(s.hears_now("agent-1").is_empty(), "until the other side is there")?;
        s.check(s.heard("agent-1", not_heard).is_empty(), "it is not the other sound")?;
        s.end()?;
    }
    Ok(())
}

fn i26_either_party_who_does_not_answer_is_called_five_more_times(tale: &mut Tale) -> Told {
    for attempts in [6, 5] {
        let setup = tale.setup(1).with("queue", "attempts", &attempts.to_string());
        let mut s = tale.scene(&setup)?;
        s.is_promised("ada", "21")?;
        s.lets_ring("agent-1");
        s.online("agent-1");
        s.rings("agent-1")?;
        let mut failed = s.records("the agent has not answered", 60, |fact| {
            matches!(fact, Fact::AttemptMissed { .. })
        })?;
        s.answers("agent-1", phone::Answering::after_secs(1));
        s.never_answers("ada");
        for _ in 1..attempts {
            let ring = s.rings_within("agent-1", 400)?;
            s.times("five minutes later", &[ring.at], &[failed + 300.0])?;
            s.accepts("agent-1")?;
            failed = s.records("ada has not answered", 90, |fact| {
                matches!(fact, Fact::DialEnded { .. })
            })?;
        }
        s.wait(3_600);
        s.same("so many attempts were made", s.rung("agent-1").len(), attempts)?;
        s.end()?;
    }
    Ok(())
}

fn i29_an_agent_may_be_kept_from_calls(tale: &mut Tale) -> Told {
    let setup = tale.setup(2).with("agent-1", "takes_calls", "false");
    let mut s = tale.scene(&setup)?;
    s.online("agent-1");
    s.calls("ada");
    s.wait(60);
    s.check(s.rung("agent-1").is_empty(), "who may take no calls is not rung")?;
    s.online("agent-2");
    s.talk("agent-2", "ada")?;
    s.end()
}

fn i31_an_agent_with_priority_is_rung_first(tale: &mut Tale) -> Told {
    let plain = tale.setup(2);
    let flagged = tale.setup(2).with("agent-2", "priority", "true");
    for (setup, first) in [(plain, "agent-1"), (flagged, "agent-2")] {
        let mut s = tale.scene(&setup)?;
        s.online("agent-1");
        s.wait(300);
        s.online("agent-2");
        s.calls("ada");
        s.talk(first, "ada")?;
        s.end()?;
    }
    Ok(())
}

fn i01_a_visitor_asks_for_a_callback_to_a_number_of_their_choice(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = tale.scene(&setup)?;
    s.online("agent-1");
    let click = |number: &str, key: &str| {
        let key = Some(key.to_owned());
        let terms = Terms { origin: Origin::Web, key, ..Terms::default() };
        let wish = Wish { number: number.to_owned(), line: None, language: None, terms };
        Command::Create(Box::new(wish))
    };
    s.asks("a visitor types 0033612345671 and clicks", click("0033612345671", "click 1"))?;
    s.asks("the browser sends it once more", click("0033612345671", "click 1"))?;
    s.same("that is one request", s.numbers(), vec!["+33612345671".to_owned()])?;
    let again = s.asks("the visitor clicks anew", click("+33 6 12 34 56 71", "click 2"));
    s.is_refused(again, "cb-1 waits for this number already")?;
    let national = s.asks("another types 0612345672", click("0612345672", "click 3"));
    s.is_refused(national, "begins with + or 00")?;
    let taken = s.asks("another page uses the first key", click("+33612345672", "click 1"));
    s.is_refused(taken, "another number")?;
    s.accepts("agent-1")?;
    s.talk("agent-1", "ada")?;
    s.hangs_up("ada");
    s.wait(60);
    s.same("ada's phone rang once", s.rung("ada").len(), 1)?;
    s.end()
}

fn i08_an_immediate_callback_is_made_within_a_minute(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = tale.scene(&setup)?;
    s.online("agent-1");
    s.wait(10);
    s.wants_now("ada", Origin::Web)?;
    let asked = s.now();
    s.accepts("agent-1")?;
    let ring = s.rings("ada")?;
    s.check(ring.at - asked < 60.0, "it is less than a minute since ada asked")?;
    s.end()
}

fn i10_it_is_shown_who_may_take_calls_and_at_which_number(tale: &mut Tale) -> Told {
    let setup = tale.setup(2).with("agent-2", "takes_calls", "false");
    let mut s = tale.scene(&setup)?;
    let shown: Vec<(String, bool, String)> = s.agents();
    let wanted = [(1, true), (2, false)].map(|(n, takes_calls)| {
        let name = format!("agent-{n}");
        let phone = format!("sip:{name}@{}", crate::lab::agent_address(n));
        (name, takes_calls, phone)
    });
    s.same("the list says who takes calls, and where", shown, wanted.to_vec())?;
    s.online("agent-1");
    s.online("agent-2");
    s.wants_now("ada", Origin::Web)?;
    s.calls_back("agent-1", "ada")?;
    s.check(s.rung("agent-2").is_empty(), "and only that agent is rung")?;
    s.end()
}

/// Ada's callback is accepted, and her phone answers.
fn ada_answers(s: &mut Scene<'_>) -> Told {
    s.is_promised("ada", "21")?;
    s.online("agent-1");
    s.rings("agent-1")?;
    s.accepts("agent-1")?;
    s.rings("ada")?;
    Ok(())
}

fn i27_a_voicemail_is_connected_or_must_press_1(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = tale.scene(&setup)?;
    ada_answers(&mut s)?;
    s.talk("agent-1", "ada")?;
    s.check(s.heard("ada", "customer-choice").is_empty(), "whatever answers is connected")?;
    s.hangs_up("ada");
    s.request_ends(RequestEnd::Completed, 5)?;
    s.end()?;
    let proof = tale.setup(1).with("line", "human_proof", "\"press_1\"");
    let mut s = tale.scene(&proof)?;
    ada_answers(&mut s)?;
    s.hears("ada", "customer-choice")?;
    s.presses("ada", "91");
    s.talk("agent-1", "ada")?;
    s.hangs_up("ada");
    s.request_ends(RequestEnd::Completed, 5)?;
    s.end()?;
    let mut s = tale.scene(&proof)?;
    ada_answers(&mut s)?;
    s.hears("ada", "customer-choice")?;
    s.hears("ada", "customer-choice")?;
    s.is_hung_up_on("ada")?;
    s.hears("agent-1", "agent-not-reached")?;
    let failed = s.now();
    s.same("a machine is no conversation", s.dial_outcomes(), vec![DialOutcome::Unproved])?;
    s.rings_within("agent-1", 400)?;
    s.check(s.now() - failed < 301.0, "and ada is called again five minutes later")?;
    s.end()?;
    let once = proof.with("queue", "attempts", "1");
    let mut s = tale.scene(&once)?;
    ada_answers(&mut s)?;
    s.hears("ada", "customer-choice")?;
    s.presses("ada", "2");
    s.is_hung_up_on("ada")?;
    s.rings_within("agent-1", 400)?;
    s.check(true, "2 asks for later, and uses up no attempt")?;
    s.accepts("agent-1")?;
    s.rings("ada")?;
    s.hears("ada", "customer-choice")?;
    s.presses("ada", "3");
    s.request_ends(RequestEnd::DeclinedByCustomer, 5)?;
    s.wait(3_600);
    s.same("after 3 ada is not called again", s.rung("ada").len(), 2)?;
    s.end()
}

fn busy(agent: &str, channel: Option<Channel>) -> Command {
    Command::SetBusy { agent: agent.into(), channel }
}

fn i33_an_agent_in_a_chat_gets_no_call_and_the_reverse(tale: &mut Tale) -> Told {
    let setup = tale.setup(2).with("agent-2", "concurrent", "true");
    let mut s = tale.scene(&setup)?;
    s.online("agent-1");
    s.asks("agent-1 begins a chat", busy("agent-1", Some(Channel::Chat)))?;
    s.is_promised("ada", "21")?;
    s.wait(120);
    s.check(s.rung("agent-1").is_empty(), "who is in a chat gets no call")?;
    s.asks("the chat is over", busy("agent-1", None))?;
    s.calls_back("agent-1", "ada")?;
    let talks = s.asks("a chat asks", busy("agent-1", Some(Channel::Chat)))?;
    s.check(talks.contains("chat"), "what is under way goes on")?;
    s.hangs_up("ada");
    s.online("agent-2");
    s.asks("agent-2 begins a chat", busy("agent-2", Some(Channel::Chat)))?;
    s.calls("bob");
    s.talk("agent-2", "bob")?;
    s.same("with both allowed the call comes all the same", s.rung("agent-1").len(), 1)?;
    let state = s.agent_state("agent-2");
    s.same("who talks is shown so, and gets no chat", state.as_str(), "talking")?;
    s.end()
}
