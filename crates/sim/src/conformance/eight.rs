//! 8x8 Contact Center: queued callback.

use ledger::{DialOutcome, Fact, RequestEnd};
use queue::AgentStatus;

use super::scene::{Calling, number_of};
use super::tale::{Tale, Told};
use super::usual::three_are_served_in_order;
use crate::lab;

super::tells![
    e01_callers_leave_the_queue_and_are_called_back,
    e02_the_number_is_detected_or_typed_before_leaving,
    e03_the_customer_is_dialled_only_after_the_agent_accepts,
    e04_the_callback_goes_through_an_outbound_queue,
    e05_the_callback_starts_as_soon_as_an_agent_is_free,
    e07_the_number_is_read_back_and_confirmed_or_typed_again,
    e11_an_unknown_outbound_queue_is_refused,
    e12_the_dialled_number_is_shown_or_another,
    e13_the_number_is_rewritten_by_the_dial_plan,
    e14_as_many_attempts_as_are_set,
    e15_an_agent_who_does_not_answer_is_a_failed_attempt_too,
    e16_the_delay_is_from_40_seconds_to_90_minutes,
    e17_the_end_is_at_most_72_hours_away,
    e18_the_end_is_at_least_120_seconds_away,
    e19_after_its_end_nobody_is_dialled,
];

fn e01_callers_leave_the_queue_and_are_called_back(tale: &mut Tale) -> Told {
    three_are_served_in_order(tale, "21")
}

fn e03_the_customer_is_dialled_only_after_the_agent_accepts(tale: &mut Tale) -> Told {
    let elsewhere = [("name", "\"other\"")];
    let setup = tale.setup(2).and("queue", &elsewhere).with("agent-2", "queues", "[\"other\"]");
    let mut s = tale.scene(&setup)?;
    s.is_promised("ada", "21")?;
    s.online("agent-2");
    s.wait(10);
    s.check(s.rung("agent-2").is_empty(), "an agent of another queue is not asked")?;
    s.online("agent-1");
    s.rings("agent-1")?;
    s.hears("agent-1", "agent-choice")?;
    s.wait(4);
    s.check(s.rung("ada").is_empty(), "ada is not dialled while the agent thinks")?;
    s.presses("agent-1", "1");
    s.rings("ada")?;
    s.talk("agent-1", "ada")?;
    s.end()
}

fn e05_the_callback_starts_as_soon_as_an_agent_is_free(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = tale.scene(&setup)?;
    s.is_promised("ada", "21")?;
    s.wait(30);
    let free = s.now();
    s.online("agent-1");
    let ring = s.rings("agent-1")?;
    s.check(ring.at - free < 0.1, "less than 100 ms after the agent came")?;
    s.end()
}

fn e07_the_number_is_read_back_and_confirmed_or_typed_again(tale: &mut Tale) -> Told {
    for language in ["en", "fr", "de", "es"] {
        let setup = tale.setup(1).with("line", "language", &format!("\"{language}\""));
        let mut s = tale.scene(&setup)?;
        s.calls("ada");
        s.hears("ada", &format!("{language}/greeting"))?;
        s.presses("ada", "22");
        s.hears("ada", "enter-number")?;
        s.presses("ada", "0033699887766#");
        s.hears("ada", &format!("{language}/read-back"))?;
        let heard = s.heard_in_order("ada");
        let wanted = "plus digit-3 digit-3 digit-6 digit-9 digit-9 digit-8 digit-8 digit-7 digit-7 \
                      digit-6 digit-6 confirm";
        let spoken = heard.join(" ");
        s.check(spoken.ends_with(wanted), "what was typed is read back, digit by digit")?;
        s.presses("ada", "2");
        s.hears("ada", "enter-number")?;
        s.presses("ada", "0033612345678#");
        s.hears("ada", &format!("{language}/confirm"))?;
        s.presses("ada", "1");
        s.hears("ada", &format!("{language}/promised"))?;
        s.same("the second number counts", s.numbers(), vec!["+33612345678".to_owned()])?;
        s.end()?;
    }
    Ok(())
}

fn e13_the_number_is_rewritten_by_the_dial_plan(tale: &mut Tale) -> Told {
    let setup = tale.setup(1).with("trunk", "number_format", "\"national:33:0\"");
    let setup = setup.with("trunk", "dial_prefix", "\"9\"");
    let mut s = tale.scene(&setup)?;
    s.also_reached_as("ada", "90612345671");
    s.is_promised("ada", "21")?;
    s.online("agent-1");
    s.rings("agent-1")?;
    s.accepts("agent-1")?;
    let ring = s.rings("ada")?;
    s.same("the plan's form was dialled", ring.dialled.as_str(), "90612345671")?;
    s.end()?;
    let unknown = tale.setup(1).with("line", "trunk", "\"nowhere\"");
    tale.refuses(&unknown, "nowhere")
}

fn e14_as_many_attempts_as_are_set(tale: &mut Tale) -> Told {
    for attempts in 1..=4 {
        let setup = tale.setup(1).with("queue", "attempts", &attempts.to_string());
        let setup = setup.with("queue", "retry_delay", "\"60s\"");
        let mut s = tale.scene(&setup)?;
        s.is_promised("ada", "21")?;
        s.is_busy("ada");
        s.online("agent-1");
        for _ in 0..attempts {
            s.rings_within("agent-1", 120)?;
            s.accepts("agent-1")?;
            s.rings("ada")?;
        }
        s.request_ends(RequestEnd::Busy, 5)?;
        s.wait(600);
        s.same("ada was dialled so often", s.rung("ada").len(), attempts)?;
        let busy = vec![DialOutcome::Busy; attempts];
        s.same("each was busy", s.dial_outcomes(), busy)?;
        s.end()?;
    }
    Ok(())
}

fn e19_after_its_end_nobody_is_dialled(tale: &mut Tale) -> Told {
    let setup = tale.setup(1).with("queue", "request_ttl", "\"10m\"");
    let setup = setup.with("queue", "retry_delay", "\"8m\"").with("queue", "attempts", "5");
    let mut s = tale.scene(&setup)?;
    s.calls_so("ada", &Calling::default());
    s.hears("ada", "greeting")?;
    s.presses("ada", "21");
    let promised = s.records("the promise is written", 5, |fact| {
        matches!(fact, Fact::CallbackRequested { .. })
    })?;
    s.hears("ada", "promised")?;
    s.is_busy("ada");
    s.online("agent-1");
    s.rings("agent-1")?;
    s.accepts("agent-1")?;
    s.rings("ada")?;
    s.wait(1);
    s.sets("agent-1", AgentStatus::Away);
    s.until(promised + 590.0);
    let ended = s.request_ends(RequestEnd::Expired, 700)?;
    s.times("ten minutes after the promise", &[ended], &[promised + 600.0])?;
    s.wait(3_600);
    s.same("ada was dialled once", s.rung("ada").len(), 1)?;
    s.end()
}

fn e02_the_number_is_detected_or_typed_before_leaving(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = tale.scene(&setup)?;
    s.is_promised("ada", "21")?;
    s.calls("bob");
    s.hears("bob", "greeting")?;
    s.presses("bob", "22");
    s.hears("bob", "enter-number")?;
    s.presses("bob", "#");
    s.hears("bob", "promised")?;
    s.calls_so("carl", &Calling { from: Some("anonymous"), ..Calling::default() });
    s.hears("carl", "greeting")?;
    s.presses("carl", "2");
    s.hears("carl", "menu-without-own-number")?;
    s.presses("carl", "2");
    s.hears("carl", "enter-number")?;
    s.presses("carl", "0033612345678#");
    s.hears("carl", "read-back")?;
    s.presses("carl", "1");
    s.hears("carl", "promised")?;
    let numbers = vec![number_of("ada"), number_of("bob"), "+33612345678".to_owned()];
    s.same("one is detected, one left empty, one typed", s.numbers(), numbers)?;
    s.end()
}

fn e04_the_callback_goes_through_an_outbound_queue(tale: &mut Tale) -> Told {
    let setup = tale.setup(2).and("queue", &[("name", "\"callbacks\"")]);
    let setup = setup.with("line", "callback_queue", "\"callbacks\"");
    let setup = setup.with("agent-2", "queues", "[\"callbacks\"]");
    let mut s = tale.scene(&setup)?;
    s.is_promised("ada", "21")?;
    let queues: Vec<String> = s
        .facts()
        .iter()
        .filter_map(|(_, fact)| match fact {
            Fact::CallbackRequested { queue, .. } => Some(queue.to_string()),
            _ => None,
        })
        .collect();
    s.same("the request is in the outbound queue", queues, vec!["callbacks".to_owned()])?;
    s.online("agent-1");
    s.wait(30);
    s.check(s.rung("agent-1").is_empty(), "agents of the queue of the call are not asked")?;
    s.online("agent-2");
    s.calls_back("agent-2", "ada")?;
    s.calls("bob");
    s.talk("agent-1", "bob")?;
    s.end()
}

fn e11_an_unknown_outbound_queue_is_refused(tale: &mut Tale) -> Told {
    let setup = tale.setup(1).with("line", "callback_queue", "\"nowhere\"");
    tale.refuses(&setup, "nowhere")?;
    let known = tale.setup(1).with("line", "callback_queue", "\"support\"");
    tale.accepts(&known)
}

fn e12_the_dialled_number_is_shown_or_another(tale: &mut Tale) -> Told {
    let dialled = tale.setup(1).without("line", "outbound_number");
    for (setup, shown) in [(dialled, lab::LINE), (tale.setup(1), lab::OUTBOUND)] {
        let mut s = tale.scene(&setup)?;
        s.is_promised("ada", "21")?;
        s.online("agent-1");
        s.rings("agent-1")?;
        s.accepts("agent-1")?;
        let ring = s.rings("ada")?;
        s.same("the caller ID", ring.from.as_str(), shown)?;
        s.end()?;
    }
    Ok(())
}

fn e16_the_delay_is_from_40_seconds_to_90_minutes(tale: &mut Tale) -> Told {
    let delay = |time: &str| format!("\"{time}\"");
    for (time, problem) in [("39s", "is too short"), ("90m1s", "is too long")] {
        let setup = tale.setup(1).with("queue", "retry_delay", &delay(time));
        tale.refuses(&setup, problem)?;
    }
    for (time, secs) in [("40s", 40.0), ("90m", 5_400.0)] {
        let setup = tale.setup(1).with("queue", "retry_delay", &delay(time));
        let mut s = tale.scene(&setup)?;
        s.is_promised("ada", "21")?;
        s.is_busy("ada");
        s.online("agent-1");
        s.rings("agent-1")?;
        s.accepts("agent-1")?;
        let ended = s.records("ada is busy", 30, |fact| matches!(fact, Fact::DialEnded { .. }))?;
        let again = s.rings_within("agent-1", 6_000)?;
        s.times("the next attempt", &[again.at], &[ended + secs])?;
        s.end()?;
    }
    Ok(())
}

fn e17_the_end_is_at_most_72_hours_away(tale: &mut Tale) -> Told {
    for time in ["120s", "90m", "72h"] {
        let setup = tale.setup(1).with("queue", "request_ttl", &format!("\"{time}\""));
        tale.accepts(&setup)?;
    }
    let setup = tale.setup(1).with("queue", "request_ttl", "\"72h1s\"");
    tale.refuses(&setup, "is too long")
}

fn e18_the_end_is_at_least_120_seconds_away(tale: &mut Tale) -> Told {
    let setup = tale.setup(1).with("queue", "request_ttl", "\"119s\"");
    tale.refuses(&setup, "is too short")?;
    let setup = tale.setup(1).with("queue", "request_ttl", "\"120s\"");
    tale.accepts(&setup)
}

fn e15_an_agent_who_does_not_answer_is_a_failed_attempt_too(tale: &mut Tale) -> Told {
    let setup = tale.setup(1).with("queue", "retry_delay", "\"60s\"");
    let mut s = tale.scene(&setup)?;
    s.is_promised("ada", "21")?;
    s.lets_ring("agent-1");
    s.online("agent-1");
    s.rings("agent-1")?;
    let missed = s.records("the agent has not answered", 60, |fact| {
        matches!(fact, Fact::AttemptMissed { .. })
    })?;
    s.answers("agent-1", phone::Answering::after_secs(2));
    s.is_busy("ada");
    let ring = s.rings_within("agent-1", 120)?;
    s.times("the second attempt", &[ring.at], &[missed + 60.0])?;
    s.accepts("agent-1")?;
    s.records("ada is busy", 30, |fact| matches!(fact, Fact::DialEnded { .. }))?;
    s.never_answers("ada");
    s.rings_within("agent-1", 120)?;
    s.accepts("agent-1")?;
    s.request_ends(RequestEnd::NoAnswer, 120)?;
    let outcomes = vec![DialOutcome::Busy, DialOutcome::NoAnswer];
    s.same("three attempts, two of them dials", s.dial_outcomes(), outcomes)?;
    s.wait(600);
    s.same("and no more", s.rung("ada").len(), 2)?;
    s.end()
}
