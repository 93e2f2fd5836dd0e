//! Where the products contradict each other: each question has a setting, and each side of it a
//! story. One side is usually a row of a product; the other is told here, with the engine's own
//! defaults.

use ledger::{Fact, RequestEnd};

use super::Story;
use super::called_in::who_calls_in_has_the_place_of_the_request;
use super::exits::{agent_2_leaves_a_message, still};
use super::scene::{Calling, Scene, number_of};
use super::tale::{Tale, Told};

/// One question on which the products do not agree.
pub struct Contradiction {
    /// The question.
    pub question: &'static str,
    /// The setting that answers it.
    pub setting: &'static str,
    /// The answers, each with what shows it.
    pub sides: &'static [(&'static str, Side)],
}

/// What shows one side of a question.
#[derive(Clone, Copy)]
pub enum Side {
    /// The story of a row.
    Row(&'static str),
    /// A story of this room, by the name of its function.
    Own(&'static str, Story),
}

macro_rules! own {
    ($name:ident) => {
        Side::Own(stringify!($name), $name)
    };
}

/// Every question.
pub const CONTRADICTIONS: &[Contradiction] = &[
    Contradiction {
        question: "which key opens the offer",
        setting: "ivr.offer_key",
        sides: &[
            ("2", Side::Row("Z11")),
            ("1", Side::Row("D08")),
            ("any", own!(any_key_opens_the_offer)),
        ],
    },
    Contradiction {
        question: "how many times a customer is dialled",
        setting: "attempts",
        sides: &[
            ("once", Side::Row("Z30")),
            ("as often as is set", Side::Row("E14")),
            ("six times, or five", Side::Row("I26")),
        ],
    },
    Contradiction {
        question: "does an agent who does not answer use up an attempt",
        setting: "agent_no_answer_counts",
        sides: &[
            ("yes", Side::Row("E15")),
            ("no", own!(an_agent_who_does_not_answer_uses_no_attempt_up)),
        ],
    },
    Contradiction {
        question: "is a voicemail a connected call",
        setting: "human_proof",
        sides: &[("yes, and no with press_1", Side::Row("I27"))],
    },
    Contradiction {
        question: "to whom a callback is offered",
        setting: "offer_to",
        sides: &[
            ("to all", Side::Row("Z24")),
            ("to the next one", own!(one_agent_is_rung_at_a_time)),
        ],
    },
    Contradiction {
        question: "whether the agent or the customer is dialled first",
        setting: "dial_order",
        sides: &[("both", Side::Row("I15"))],
    },
    Contradiction {
        question: "a callback as an option of an IVR",
        setting: "[[flow]]",
        sides: &[("forbidden", Side::Row("Z22")), ("a step", Side::Row("E09"))],
    },
    Contradiction {
        question: "skills and priority of the original call",
        setting: "keep_skills, keep_priority",
        sides: &[
            ("dropped", Side::Row("G04")),
            ("kept", own!(a_callback_asks_and_stands_as_its_call_did)),
        ],
    },
    Contradiction {
        question: "does an internal caller's voicemail block that agent",
        setting: "message_blocks_agent",
        sides: &[
            ("yes", Side::Row("G07")),
            ("no", own!(an_agent_who_left_a_message_is_offered_work)),
        ],
    },
    Contradiction {
        question: "the caller ID of a line without a number of its own",
        setting: "outbound_number",
        sides: &[
            ("callbacks are not available", Side::Row("Z07")),
            ("the number that was dialled", Side::Row("E12")),
        ],
    },
    Contradiction {
        question: "numbers typed in national form",
        setting: "default_country",
        sides: &[
            ("refused", Side::Row("Z14")),
            (
                "completed by the line's country",
                own!(national_numbers_are_completed_where_the_line_has_a_country),
            ),
        ],
    },
    Contradiction {
        question: "what a chosen language speaks",
        setting: "menu_language, language",
        sides: &[("the text after the key alone, and every prompt", Side::Row("Z18"))],
    },
    Contradiction {
        question: "which header names the caller",
        setting: "trusted",
        sides: &[
            ("From", Side::Row("Z05")),
            (
                "P-Asserted-Identity, where the trunk is trusted",
                own!(a_trusted_trunk_asserts_who_calls),
            ),
        ],
    },
    Contradiction {
        question: "a second request for a number that waits",
        setting: "duplicates",
        sides: &[
            ("ignored", Side::Row("Z31")),
            ("a ticket tells of it", Side::Row("Z32")),
            ("a call takes over", own!(who_calls_in_has_the_place_of_the_request)),
        ],
    },
    Contradiction {
        question: "who ends the call after the confirmation",
        setting: "none: both may",
        sides: &[("either side", Side::Row("D11")), ("the engine", Side::Row("Z17"))],
    },
    Contradiction {
        question: "how long an audio file may be",
        setting: "music_max_bytes",
        sides: &[
            ("200 000 bytes", Side::Row("I17")),
            ("10 000 000 bytes", own!(music_may_have_ten_million_bytes)),
        ],
    },
    Contradiction {
        question: "the least time after which a callback is cancelled",
        setting: "request_ttl_min",
        sides: &[
            ("120 s", Side::Row("E18")),
            ("a minute", own!(a_callback_may_end_after_a_minute)),
        ],
    },
];

fn any_key_opens_the_offer(tale: &mut Tale) -> Told {
    let setup = tale.setup(1).with("ivr", "offer_key", "\"any\"");
    for key in ["7", "0", "*", "#"] {
        let mut s = tale.scene(&setup)?;
        s.calls("ada");
        s.hears("ada", "greeting")?;
        s.presses("ada", key);
        s.hears("ada", "menu")?;
        s.presses("ada", "1");
        s.hears("ada", "promised")?;
        s.end()?;
    }
    let mut s = tale.scene(&setup)?;
    s.calls("bob");
    s.hears("bob", "offer-any")?;
    s.end()
}

fn an_agent_who_does_not_answer_uses_no_attempt_up(tale: &mut Tale) -> Told {
    let setup = tale.setup(1).with("queue", "attempts", "1");
    let mut s = tale.scene(&setup)?;
    s.is_promised("ada", "21")?;
    s.lets_ring("agent-1");
    s.online("agent-1");
    s.rings("agent-1")?;
    s.rings_within("agent-1", 200)?;
    s.answers("agent-1", phone::Answering::after_secs(2));
    let missed = s.facts().into_iter().any(|(_, fact)| matches!(fact, Fact::AttemptMissed { .. }));
    s.check(!missed, "no attempt is used up")?;
    s.rings_within("agent-1", 200)?;
    s.accepts("agent-1")?;
    s.rings("ada")?;
    s.talk("agent-1", "ada")?;
    s.hangs_up("ada");
    s.request_ends(RequestEnd::Completed, 5)?;
    s.end()
}

fn one_agent_is_rung_at_a_time(tale: &mut Tale) -> Told {
    let setup = tale.setup(3);
    let mut s = tale.scene(&setup)?;
    s.is_promised("ada", "21")?;
    for agent in ["agent-1", "agent-2", "agent-3"] {
        s.lets_ring(agent);
        s.online(agent);
    }
    s.wait(5);
    let rung = |s: &Scene<'_>| {
        ["agent-1", "agent-2", "agent-3"].map(|agent| s.rung(agent).len()).iter().sum::<usize>()
    };
    s.same("one phone rings", rung(&s), 1)?;
    s.refuses("agent-1", 603);
    s.wait(2);
    s.same("then the next one's", rung(&s), 2)?;
    s.end()
}

/// A second line into the same queue, which stands before the first and asks for French.
const VIP: [(&str, &str); 6] = [
    ("name", "\"vip\""),
    ("number", "\"+33123456700\""),
    ("outbound_number", "\"+33123456700\""),
    ("queue", "\"support\""),
    ("priority", "9"),
    ("skills", "[\"french>=2\"]"),
];

fn a_callback_asks_and_stands_as_its_call_did(tale: &mut Tale) -> Told {
    let setup = tale.setup(2).and("line", &VIP).with("agent-1", "skills", "{ french = 1 }").with(
        "agent-2",
        "skills",
        "{ french = 2 }",
    );
    let mut s = tale.scene(&setup)?;
    s.is_promised("ada", "21")?;
    vip_is_promised(&mut s, "bob")?;
    s.online("agent-2");
    s.calls_back("agent-2", "bob")?;
    s.check(true, "bob, on the line with priority, before ada, who came first")?;
    s.online("agent-1");
    s.calls_back("agent-1", "ada")?;
    s.end()?;
    let mut s = tale.scene(&setup)?;
    vip_is_promised(&mut s, "bob")?;
    s.online("agent-1");
    s.wait(120);
    s.check(s.rung("agent-1").is_empty(), "who knows too little French is not asked about bob")?;
    s.online("agent-2");
    s.calls_back("agent-2", "bob")?;
    s.end()
}

fn vip_is_promised(s: &mut Scene<'_>, who: &str) -> Told {
    s.calls_so(who, &Calling { line: Some("+33123456700"), ..Calling::default() });
    s.hears(who, "greeting")?;
    s.presses(who, "21");
    s.hears(who, "promised").map(drop)
}

fn an_agent_who_left_a_message_is_offered_work(tale: &mut Tale) -> Told {
    let own = format!("[\"{}\"]", number_of("ada"));
    let setup =
        tale.setup(2).with("ivr", "message_key", "\"8\"").with("agent-2", "calls_from", &own);
    let mut s = tale.scene(&setup)?;
    s.lets_ring("agent-2");
    agent_2_leaves_a_message(&mut s)?;
    s.rings("agent-2")?;
    s.check(true, "agent-2, whose message it is, is asked about it as anybody is")?;
    s.end()
}

fn music_may_have_ten_million_bytes(tale: &mut Tale) -> Told {
    tale.file("most.wav", still(10_000_000, 16_000));
    tale.file("more.wav", still(10_000_002, 16_000));
    let with =
        |tale: &Tale, file: &str| tale.setup(1).with("bridge", "music", &format!("\"{file}\""));
    let most = with(tale, "most.wav");
    tale.accepts(&most)?;
    let more = with(tale, "more.wav");
    tale.refuses(&more, "more.wav has 10000002 bytes, and 10000000 are allowed")
}

fn a_trusted_trunk_asserts_who_calls(tale: &mut Tale) -> Told {
    let how = Calling { asserted: Some("+33612345672"), ..Calling::default() };
    for (trusted, number) in [("true", "bob"), ("false", "ada")] {
        let setup = tale.setup(1).with("trunk", "trusted", trusted);
        let mut s = tale.scene(&setup)?;
        s.calls_so("ada", &how);
        s.hears("ada", "greeting")?;
        s.presses("ada", "21");
        s.hears("ada", "promised")?;
        s.same("the number that is kept", s.numbers(), vec![number_of(number)])?;
        s.end()?;
    }
    Ok(())
}

fn national_numbers_are_completed_where_the_line_has_a_country(tale: &mut Tale) -> Told {
    let setup = tale.setup(1).with("line", "default_country", "\"FR\"");
    let mut s = tale.scene(&setup)?;
    s.calls("ada");
    s.hears("ada", "greeting")?;
    s.presses("ada", "220612345678#");
    s.hears("ada", "digit-6")?;
    s.presses("ada", "1");
    s.hears("ada", "promised")?;
    s.same("the number that is kept", s.numbers(), vec!["+33612345678".to_owned()])?;
    s.end()
}

fn a_callback_may_end_after_a_minute(tale: &mut Tale) -> Told {
    let setup = tale.setup(1).with("queue", "request_ttl", "\"60s\"");
    let mut s = tale.scene(&setup)?;
    s.is_promised("ada", "21")?;
    s.request_ends(RequestEnd::Expired, 70)?;
    s.end()?;
    let less = tale.setup(1).with("queue", "request_ttl", "\"59s\"");
    tale.refuses(&less, "`request_ttl` is too short")
}
