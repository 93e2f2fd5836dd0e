//! Dynamics 365: direct callback.

use super::scene::Calling;
use super::tale::{Tale, Told};

super::tells![
    d04_the_first_request_goes_to_the_next_agent_and_says_what_it_is,
    d05_the_customer_is_dialled_after_the_agent_accepts,
    d09_the_offer_ships_in_every_language_and_can_be_replaced,
    d10_the_confirmation_ships_in_every_language,
    d11_the_call_ends_and_the_request_stays,
    d12_one_of_two_lines_to_a_queue_has_no_callbacks,
    d14_what_is_missing_is_named,
];

/// The keys that ask for a callback to one's own number.
const KEYS: &str = "11";

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
    for language in ["en", "fr"] {
        let setup = tale.setup(1).with("line", "language", &format!("\"{language}\""));
        let mut s = tale.scene(&setup)?;
        s.calls("ada");
        s.hears("ada", &format!("{language}/offer"))?;
        s.end()?;
    }
    Ok(())
}

fn d10_the_confirmation_ships_in_every_language(tale: &mut Tale) -> Told {
    for language in ["en", "fr"] {
        let setup = tale.setup(1).with("line", "language", &format!("\"{language}\""));
        let mut s = tale.scene(&setup)?;
        s.calls("ada");
        s.hears("ada", "greeting")?;
        s.presses("ada", KEYS);
        s.hears("ada", &format!("{language}/promised"))?;
        s.end()?;
    }
    Ok(())
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
    s.check(s.heard("ada", "offer").is_empty(), "nothing is offered on the second line")?;
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
