//! The rows of flows: what an operator has callers hear and press, step by step.

use ledger::{CallEnd, Fact, NotRecorded};

use super::scene::{Calling, number_of};
use super::setup::Setup;
use super::tale::{Tale, Told};
use crate::lab;

super::tells![
    z22_a_callback_is_no_option_of_a_menu_here,
    e08_a_step_collects_the_number_of_the_customer,
    e09_a_step_places_the_request_of_who_left_the_queue,
    e10_nine_steps_lead_out_of_the_queue,
    e20_a_flow_is_bound_to_a_number,
];

/// The way out of the queue, of nine kinds of steps: what the queue lets out, say, get digit, set,
/// if, get value, say back, confirm or type again, callback.
const WAY_OUT: &str = r#"[
  { label = "wait", queue = true, offer = false, exits = { "2" = "leave" } },
  { label = "leave", say = "own-offer" },
  { get_digit = "choice", keys = "12", say = "menu", otherwise = "wait" },
  { set = "customer.phone", from = "caller.number" },
  { if = "choice == 1", go = "call" },
  { label = "type", get_value = "customer.phone", say = "enter-number", empty = "caller.number" },
  { say_digits = "customer.phone" },
  { get_digit = "right", keys = "12", say = "confirm", otherwise = "wait" },
  { if = "right == 2", go = "type" },
  { label = "call", callback = "customer.phone", otherwise = "wait" },
  { say = "own-confirmation" },
]"#;

/// A menu before any queue: 1 waits for an agent, 2 is called back.
const MENU: &str = r#"[
  { get_digit = "choice", keys = "12", say = "own-greeting", otherwise = "wait" },
  { if = "choice == 1", go = "wait" },
  { callback = "caller.number", otherwise = "wait" },
  { hang_up = true },
  { label = "wait", queue = true },
]"#;

fn flow<'a>(name: &'a str, steps: &'a str) -> [(&'a str, &'a str); 2] {
    [("name", name), ("steps", steps)]
}

/// The configuration whose line is led by these steps.
fn led(setup: Setup, steps: &str) -> Setup {
    setup.with("line", "flow", "\"own\"").and("flow", &flow("\"own\"", steps))
}

fn z22_a_callback_is_no_option_of_a_menu_here(tale: &mut Tale) -> Told {
    let setup = led(tale.setup(1), MENU);
    tale.refuses(&setup, "a flow may not promise callbacks here")?;
    let queue_only = led(tale.setup(1), "[{ say = \"own-greeting\" }, { queue = true }]");
    tale.accepts(&queue_only)
}

fn e08_a_step_collects_the_number_of_the_customer(tale: &mut Tale) -> Told {
    let steps = r#"[
  { get_value = "customer.phone", say = "enter-number", empty = "caller.number" },
  { say_digits = "customer.phone" },
  { callback = "customer.phone", otherwise = "wait" },
  { hang_up = true },
  { label = "wait", queue = true },
]"#;
    let setup = led(tale.setup(1), steps);
    for (typed, spoken) in [
        ("0033699887766#", "3 3 6 9 9 8 8 7 7 6 6"),
        ("*33699887766#", "3 3 6 9 9 8 8 7 7 6 6"),
        ("#", "3 3 6 1 2 3 4 5 6 7 1"),
    ] {
        let mut s = tale.scene(&setup)?;
        s.calls("ada");
        s.hears("ada", "enter-number")?;
        s.presses("ada", typed);
        s.hears("ada", "promised")?;
        let heard = s.heard_in_order("ada").join(" ").replace("digit-", "");
        let wanted = format!("enter-number plus {spoken} promised");
        s.same("what the step stored is what is said back", heard, wanted)?;
        s.is_hung_up_on("ada")?;
        let stored = format!("+{}", spoken.replace(' ', ""));
        s.same("and whom we promised to call", s.numbers(), vec![stored])?;
        s.end()?;
    }
    let mut s = tale.scene(&setup)?;
    s.calls("ada");
    s.hears("ada", "enter-number")?;
    s.presses("ada", "0612#");
    s.hears("ada", "bad-number")?;
    s.hears("ada", "enter-number")?;
    s.same("nothing is stored of a wrong one", s.requests(), 0)?;
    s.end()
}

fn e09_a_step_places_the_request_of_who_left_the_queue(tale: &mut Tale) -> Told {
    let setup = led(tale.setup(1), MENU);
    let mut s = tale.scene(&setup)?;
    s.calls("ada");
    s.hears("ada", "own-greeting")?;
    s.presses("ada", "2");
    s.hears("ada", "promised")?;
    s.is_hung_up_on("ada")?;
    s.same("the request is made", s.requests(), 1)?;
    s.online("agent-1");
    s.calls_back("agent-1", "ada")?;
    s.end()?;
    let mut s = tale.scene(&setup)?;
    s.online("agent-1");
    s.calls("bob");
    s.hears("bob", "own-greeting")?;
    s.presses("bob", "2");
    s.hears("bob", "promised")?;
    let rung = s.rung("agent-1").len();
    s.check(rung <= 1, "a free agent is not rung for the call that is over")?;
    s.calls_back("agent-1", "bob")?;
    s.end()?;
    let mut s = tale.scene(&setup)?;
    s.calls("carl");
    s.hears("carl", "own-greeting")?;
    s.hangs_up("carl");
    s.records("carl's call has an end, though carl never waited", 5, |fact| {
        matches!(fact, Fact::CallLed { end: CallEnd::Abandoned, .. })
    })?;
    s.end()
}

fn e10_nine_steps_lead_out_of_the_queue(tale: &mut Tale) -> Told {
    let setup = led(tale.setup(1), WAY_OUT);
    let mut s = tale.scene(&setup)?;
    s.calls("ada");
    s.wait(20);
    s.calls("bob");
    s.wait(10);
    s.presses("bob", "2");
    s.hears("bob", "own-offer")?;
    s.hears("bob", "menu")?;
    s.presses("bob", "2");
    s.hears("bob", "enter-number")?;
    s.presses("bob", "0033600000000#");
    s.hears("bob", "confirm")?;
    s.presses("bob", "2");
    s.hears("bob", "enter-number")?;
    s.presses("bob", "0033699887766#");
    s.hears("bob", "confirm")?;
    s.presses("bob", "1");
    s.hears("bob", "promised")?;
    s.hears("bob", "own-confirmation")?;
    s.is_hung_up_on("bob")?;
    s.same("the last number counts", s.numbers(), vec!["+33699887766".to_owned()])?;
    s.presses("ada", "2");
    s.hears("ada", "menu")?;
    s.wait(40);
    s.check(s.hears_now("ada").iter().any(|clip| clip.ends_with("music")), "ada waits again")?;
    s.online("agent-1");
    s.talk("agent-1", "ada")?;
    s.end()
}

fn e20_a_flow_is_bound_to_a_number(tale: &mut Tale) -> Told {
    const OTHER: &str = "+33144000099";
    let number = format!("\"{OTHER}\"");
    let outbound = format!("\"{}\"", lab::OUTBOUND);
    let keys = [
        ("name", "\"other\""),
        ("number", number.as_str()),
        ("outbound_number", outbound.as_str()),
        ("queue", "\"support\""),
        ("flow", "\"own\""),
    ];
    let setup = tale.setup(1).and("line", &keys).and("flow", &flow("\"own\"", MENU));
    let mut s = tale.scene(&setup)?;
    s.calls_so("ada", &Calling { line: Some(OTHER), ..Calling::default() });
    s.hears("ada", "own-greeting")?;
    s.calls("bob");
    s.hears("bob", "greeting")?;
    s.presses("ada", "2");
    s.hears("ada", "promised")?;
    s.same("the number with the flow is led by it", s.numbers(), vec![number_of("ada")])?;
    s.check(s.heard("bob", "own-greeting").is_empty(), "the other number is not")?;
    s.end()?;
    a_flow_may_put_through_offer_and_keep_from_being_recorded(tale)?;
    let unknown = tale.setup(1).with("line", "flow", "\"nobodys\"");
    tale.refuses(&unknown, "there is no flow `nobodys`")
}

/// What other steps do for the callers of a number.
fn a_flow_may_put_through_offer_and_keep_from_being_recorded(tale: &mut Tale) -> Told {
    let steps = format!(
        r#"[
  {{ transfer = "sip:agent-2@{}", otherwise = "offer" }},
  {{ label = "offer", offer = true }},
  {{ record = false }},
  {{ queue = true }},
]"#,
        lab::agent_address(2)
    );
    let recorded = tale.setup(2).with("recording", "enabled", "true");
    let setup = led(recorded, &steps).with("recording", "ratio", "100");
    let mut s = tale.scene(&setup)?;
    s.calls("ada");
    s.rings("agent-2")?;
    s.talk("agent-2", "ada")?;
    let led =
        |(_, fact): &(f64, Fact)| matches!(fact, Fact::CallLed { end: CallEnd::Operator, .. });
    let led = s.facts().iter().any(led);
    s.check(led, "ada's call was led to somebody else")?;
    s.hangs_up("agent-2");
    s.is_hung_up_on("ada")?;
    s.lets_ring("agent-2");
    s.calls("bob");
    s.rings("agent-2")?;
    s.refuses("agent-2", 486);
    s.hears("bob", "menu")?;
    s.presses("bob", "3");
    s.hears("bob", "music")?;
    s.online("agent-1");
    s.talk("agent-1", "bob")?;
    let unrecorded = s
        .facts()
        .iter()
        .any(|(_, fact)| matches!(fact, Fact::NotRecorded { why: NotRecorded::Declined, .. }));
    s.check(unrecorded, "nobody records bob")?;
    s.end()
}
