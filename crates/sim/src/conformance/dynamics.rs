//! Dynamics 365: direct callback.

use ledger::Origin;

use super::scene::Calling;
use super::tale::{Tale, Told};

super::tells![
    d01_direct_callback_is_an_overflow_action_of_a_queue,
    d02_the_offer_begins_beyond_so_many_who_wait,
    d03_the_offer_begins_beyond_an_estimated_wait,
    d04_the_first_request_goes_to_the_next_agent_and_says_what_it_is,
    d05_the_customer_is_dialled_after_the_agent_accepts,
    d06_the_first_offer_comes_after_30_seconds_of_waiting,
    d07_the_offer_is_repeated_every_120_seconds,
    d08_key_1_chooses_and_no_other,
    d09_the_offer_ships_in_every_language_and_can_be_replaced,
    d10_the_confirmation_ships_in_every_language,
    d11_the_call_ends_and_the_request_stays,
    d12_one_of_two_lines_to_a_queue_has_no_callbacks,
    d13_callbacks_are_asked_for_from_web_mobile_voice_and_chat,
    d14_what_is_missing_is_named,
];

/// The key that asks for a callback.
const KEYS: &str = "1";

/// What offers a callback where its key is another than 2; the digit follows.
const OFFER: &str = "offer-press";

fn d04_the_first_request_goes_to_the_next_agent_and_says_what_it_is(tale: &mut Tale) -> Told {
    let setup = tale.setup(2);
    let mut s = tale.scene(&setup)?;
    s.is_promised("ada", KEYS)?;
    s.is_promised("bob", KEYS)?;
    s.online("agent-2");
    let ring = s.rings("agent-2")?;
    s.check(ring.text.contains("X-Callback: yes"), "the INVITE says that it is a callback")?;
    s.accepts("agent-2")?;
    s.rings("ada")?;
    s.talk("agent-2", "ada")?;
    s.calls("carl");
    s.online("agent-1");
    s.rings("agent-1")?;
    s.accepts("agent-1")?;
    s.talk("agent-1", "bob")?;
    s.hangs_up("ada");
    let ring = s.rings("agent-2")?;
    s.check(
        ring.text.contains("X-Callback: no"),
        "a waiting caller's INVITE says that it is none",
    )?;
    s.end()
}

fn d05_the_customer_is_dialled_after_the_agent_accepts(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = tale.scene(&setup)?;
    s.is_promised("ada", KEYS)?;
    s.online("agent-1");
    s.rings("agent-1")?;
    s.hears("agent-1", "agent-choice")?;
    s.wait(5);
    s.check(s.rung("ada").is_empty(), "ada is not dialled yet")?;
    s.presses("agent-1", "1");
    s.rings("ada")?;
    s.talk("agent-1", "ada")?;
    s.end()
}

fn d09_the_offer_ships_in_every_language_and_can_be_replaced(tale: &mut Tale) -> Told {
    for language in ["en", "fr", "de", "es"] {
        let setup = tale.setup(1).with("line", "language", &format!("\"{language}\""));
        let mut s = tale.scene(&setup)?;
        s.calls("ada");
        s.hears("ada", &format!("{language}/{OFFER}"))?;
        let digit = s.heard("ada", &format!("{language}/digit-1"));
        s.same("the digit behind it is the key", digit.len(), 1)?;
        s.end()?;
    }
    let setup = tale.setup(1).with("line", "offer", "\"own-offer\"");
    let mut s = tale.scene(&setup)?;
    s.calls("ada");
    s.hears("ada", "own-offer")?;
    s.end()
}

fn d10_the_confirmation_ships_in_every_language(tale: &mut Tale) -> Told {
    for language in ["en", "fr", "de", "es"] {
        let setup = tale.setup(1).with("line", "language", &format!("\"{language}\""));
        let mut s = tale.scene(&setup)?;
        s.calls("ada");
        s.hears("ada", "greeting")?;
        s.presses("ada", KEYS);
        s.hears("ada", &format!("{language}/promised"))?;
        s.end()?;
    }
    let setup = tale.setup(1).with("line", "confirmation", "\"own-confirmation\"");
    let mut s = tale.scene(&setup)?;
    s.is_promised_saying("ada", KEYS, "own-confirmation")?;
    s.end()
}

fn d11_the_call_ends_and_the_request_stays(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = tale.scene(&setup)?;
    s.is_promised("ada", KEYS)?;
    s.calls("bob");
    s.hears("bob", "greeting")?;
    s.presses("bob", KEYS);
    s.hears("bob", "promised")?;
    s.wait(1);
    s.hangs_up("bob");
    s.online("agent-1");
    s.calls_back("agent-1", "ada")?;
    s.hangs_up("ada");
    s.calls_back("agent-1", "bob")?;
    s.check(true, "bob hung up during the confirmation and is called back too")?;
    s.end()
}

fn d12_one_of_two_lines_to_a_queue_has_no_callbacks(tale: &mut Tale) -> Told {
    let second = [
        ("name", "\"vip\""),
        ("number", "\"+33123456700\""),
        ("callbacks", "false"),
        ("queue", "\"support\""),
    ];
    let setup = tale.setup(1).and("line", &second);
    let mut s = tale.scene(&setup)?;
    s.calls_so("ada", &Calling { line: Some("+33123456700"), ..Calling::default() });
    s.hears("ada", "greeting")?;
    s.wait(60);
    s.check(s.heard("ada", OFFER).is_empty(), "nothing is offered on the second line")?;
    s.is_promised("bob", KEYS)?;
    s.online("agent-1");
    s.talk("agent-1", "ada")?;
    s.hangs_up("ada");
    s.calls_back("agent-1", "bob")?;
    s.end()
}

fn d14_what_is_missing_is_named(tale: &mut Tale) -> Told {
    let whole = tale.setup(1);
    tale.accepts(&whole)?;
    let missing = [
        ("queue", "callers cannot wait"),
        ("line", "nobody can call"),
        ("agent", "nobody answers"),
        ("trunk", "calls come from nowhere"),
    ];
    for (section, words) in missing {
        let setup = tale.setup(1).lacking(section);
        tale.refuses(&setup, words)?;
    }
    let idle = [("name", "\"other\"")];
    let setup = tale.setup(1).and("queue", &idle);
    tale.warns(&setup, "nobody serves queue `other`")
}

fn d06_the_first_offer_comes_after_30_seconds_of_waiting(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = tale.scene(&setup)?;
    s.calls("ada");
    let answered = s.hears("ada", "greeting")?;
    let offer = s.hears("ada", OFFER)?;
    s.times("the first offer", &[offer], &[answered + 30.0])?;
    s.end()
}

fn d07_the_offer_is_repeated_every_120_seconds(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let offers = [30.0, 150.0, 270.0];
    let mut s = tale.scene(&setup)?;
    s.calls("ada");
    s.until(300.0);
    let heard = s.heard("ada", OFFER);
    s.times("the offers to one who waits", &heard, &offers)?;
    s.presses("ada", "1");
    s.hears("ada", "promised")?;
    s.wait(400);
    s.same("none follows the choice", s.heard("ada", OFFER).len(), 3)?;
    s.calls("bob");
    s.wait(160);
    s.hangs_up("bob");
    s.wait(300);
    s.same("none follows who hangs up", s.heard("bob", OFFER).len(), 2)?;
    s.end()?;
    let mut s = tale.scene(&setup)?;
    s.calls("carl");
    s.wait(160);
    s.online("agent-1");
    s.talk("agent-1", "carl")?;
    s.wait(300);
    s.same("none follows the connection", s.heard("carl", OFFER).len(), 2)?;
    s.end()
}

fn d08_key_1_chooses_and_no_other(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = tale.scene(&setup)?;
    s.calls("ada");
    s.hears("ada", OFFER)?;
    s.presses("ada", "234567890*#");
    s.wait(20);
    s.same("no other key asks for anything", s.requests(), 0)?;
    let heard = s.heard_in_order("ada");
    let usual =
        heard.iter().all(|clip| ["greeting", OFFER, "digit-1", "music"].contains(&clip.as_str()));
    s.check(usual, "nor opens it a menu")?;
    s.presses("ada", "1");
    s.hears("ada", "promised")?;
    s.same("key 1 does, at once", s.requests(), 1)?;
    s.end()
}

/// A queue that overflows under this condition.
fn overflowing(tale: &Tale, when: &str) -> super::Setup {
    let action = format!("[{{ when = \"{when}\", do = \"callback\" }}]");
    tale.setup(1).with("queue", "overflow", &action)
}

fn d01_direct_callback_is_an_overflow_action_of_a_queue(tale: &mut Tale) -> Told {
    let setup = overflowing(tale, "waiting > 1").and("queue", &[("name", "\"calm\"")]);
    let second = [
        ("name", "\"calm\""),
        ("number", "\"+33123456700\""),
        ("outbound_number", "\"+33123456700\""),
        ("queue", "\"calm\""),
    ];
    let setup = setup.and("line", &second);
    let mut s = tale.scene(&setup)?;
    s.calls("ada");
    s.wait(40);
    s.check(s.heard("ada", OFFER).is_empty(), "one who waits alone is offered nothing")?;
    s.calls_so("bob", &Calling { line: Some("+33123456700"), ..Calling::default() });
    s.hears("bob", OFFER)?;
    s.check(true, "a queue without conditions offers at once")?;
    s.end()?;
    let setup = overflowing(tale, "waiting >> 1");
    tale.refuses(&setup, "is no condition")?;
    let other = "[{ when = \"waiting > 1\", do = \"dance\" }]";
    let setup = tale.setup(1).with("queue", "overflow", other);
    tale.refuses(&setup, "cannot do `dance`")
}

fn d02_the_offer_begins_beyond_so_many_who_wait(tale: &mut Tale) -> Told {
    let setup = overflowing(tale, "waiting > 2");
    let mut s = tale.scene(&setup)?;
    s.calls("ada");
    s.calls("bob");
    s.wait(40);
    s.check(s.heard("bob", OFFER).is_empty(), "the second of two is offered nothing")?;
    s.calls("carl");
    s.hears("carl", OFFER)?;
    s.presses("carl", KEYS);
    s.hears("carl", "promised")?;
    s.end()
}

fn d03_the_offer_begins_beyond_an_estimated_wait(tale: &mut Tale) -> Told {
    for (secs, offered) in [(119, false), (120, false), (121, true)] {
        let setup = overflowing(tale, "wait > 2m");
        let setup = setup.with("queue", "handle_time", &format!("\"{secs}s\""));
        let mut s = tale.scene(&setup)?;
        s.online("agent-1");
        s.calls("ada");
        s.talk("agent-1", "ada")?;
        s.calls("bob");
        s.wait(45);
        let heard = !s.heard("bob", OFFER).is_empty();
        let words = if offered { "bob is offered a callback" } else { "bob is offered nothing" };
        s.check(heard == offered, words)?;
        s.end()?;
    }
    let setup = overflowing(tale, "wait > 2m");
    let mut s = tale.scene(&setup)?;
    s.calls("ada");
    s.hears("ada", OFFER)?;
    s.check(true, "with nobody there the wait has no end")?;
    s.end()
}

fn d13_callbacks_are_asked_for_from_web_mobile_voice_and_chat(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = tale.scene(&setup)?;
    s.wants_now("ada", Origin::Web)?;
    s.wants_at("bob", Origin::Mobile, 1_800)?;
    s.is_promised("carl", "1")?;
    s.wants_now("dora", Origin::Chat)?;
    let origins: Vec<Origin> = s.terms().into_iter().map(|(_, terms)| terms.origin).collect();
    let wanted = vec![Origin::Web, Origin::Mobile, Origin::Call, Origin::Chat];
    s.same("the facts say by what way each came", origins, wanted)?;
    s.online("agent-1");
    for who in ["ada", "carl", "dora"] {
        s.calls_back("agent-1", who)?;
        s.hangs_up(who);
        s.wait(25);
    }
    s.check(s.rung("bob").is_empty(), "bob's time has not come")?;
    s.until(1_790.0);
    let ring = s.rings("agent-1")?;
    s.times("the agent is asked at bob's time", &[ring.at], &[1_800.0])?;
    s.accepts("agent-1")?;
    s.talk("agent-1", "bob")?;
    s.end()
}
