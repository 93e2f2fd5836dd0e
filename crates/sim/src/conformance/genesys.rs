//! Genesys Cloud: callbacks.

use engine::Command;
use ledger::{Fact, Origin, RequestEnd, Terms};
use model::RequestId;
use phone::Answering;
use queue::AgentStatus;

use super::scene::{Calling, Scene, number_of};
use super::tale::{Tale, Told};

super::tells![
    g01_the_caller_neither_waits_nor_pays_meanwhile,
    g02_the_last_agent_is_tried_first_though_another_is_free_longer,
    g03_when_the_last_agent_is_not_available_the_next_one_is_tried,
    g04_skills_and_priority_are_not_kept_on_a_callback,
    g05_with_preferred_agents_the_last_one_is_not_tried,
    g06_a_callback_with_a_time_tries_the_last_agent_all_the_same,
    g08_a_report_closes_what_nothing_happened_to_for_14_days,
    g09_a_callback_carries_the_script_of_its_agent,
    g10_callbacks_made_by_agents_are_listed_and_managed,
    g11_an_agent_makes_a_callback_for_later,
    g12_a_front_end_of_others_asks_once_and_learns_what_becomes_of_it,
];

fn g01_the_caller_neither_waits_nor_pays_meanwhile(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = tale.scene(&setup)?;
    s.is_promised("ada", "21")?;
    s.wait(1_800);
    s.check(s.hears_now("ada").is_empty(), "half an hour later ada is on no line")?;
    s.online("agent-1");
    s.calls_back("agent-1", "ada")?;
    s.end()
}

fn g08_a_report_closes_what_nothing_happened_to_for_14_days(tale: &mut Tale) -> Told {
    const DAY: f64 = 86_400.0;
    let setup = tale.setup(1);
    let mut s = tale.scene(&setup)?;
    s.is_promised("ada", "21")?;
    s.is_promised("bob", "21")?;
    s.until(13.0 * DAY);
    s.online("agent-1");
    s.rings("agent-1")?;
    s.sets("agent-1", AgentStatus::Away);
    s.refuses("agent-1", 486);
    s.until(14.0 * DAY - 60.0);
    let shown = |s: &Scene<'_>| (s.figures().waiting, s.figures().lapsed);
    s.same("a minute before, both wait", shown(&s), (2, 0))?;
    s.until(14.0 * DAY + 300.0);
    s.same("bob's row is closed, ada's is not: she was offered once", shown(&s), (1, 1))?;
    s.online("agent-1");
    s.calls_back("agent-1", "ada")?;
    s.hangs_up("ada");
    s.calls_back("agent-1", "bob")?;
    s.hangs_up("bob");
    s.wait(60);
    s.same("bob is called back all the same", s.figures().completed, 2)?;
    s.end()?;
    let never = tale.setup(1).with("queue", "report_close_after", "\"60d\"");
    let mut s = tale.scene(&never)?;
    s.is_promised("ada", "21")?;
    s.until(15.0 * DAY);
    s.same("with a longer time the row stays", (s.figures().waiting, s.figures().lapsed), (1, 0))?;
    s.end()
}

fn g09_a_callback_carries_the_script_of_its_agent(tale: &mut Tale) -> Told {
    let setup = tale.setup(1).with("line", "agent_script", "\"Winter tyres\"");
    let mut s = tale.scene(&setup)?;
    s.is_promised("ada", "21")?;
    s.online("agent-1");
    let ring = s.rings("agent-1")?;
    s.check(ring.text.contains("X-Script: Winter tyres\r\n"), "the INVITE names the script")?;
    s.end()
}

fn g10_callbacks_made_by_agents_are_listed_and_managed(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = tale.scene(&setup)?;
    s.is_promised("ada", "21")?;
    s.wants_at("bob", Origin::Agent, 1_800)?;
    s.wants_at("carl", Origin::Agent, 3_600)?;
    let of_agents: Vec<RequestId> = s
        .terms()
        .into_iter()
        .filter(|(_, terms)| terms.origin == Origin::Agent)
        .map(|(request, _)| request)
        .collect();
    s.same("two were made by an agent", of_agents.len(), 2)?;
    let (bobs, carls) = (of_agents[0], of_agents[1]);
    let due = s.at(5_400);
    s.asks("bob's is moved by an hour", Command::Move { request: bobs, due })?;
    s.asks("carl's is cancelled", Command::Cancel { request: carls })?;
    s.request_ends(RequestEnd::Cancelled, 1)?;
    s.online("agent-1");
    s.calls_back("agent-1", "ada")?;
    s.hangs_up("ada");
    s.until(5_390.0);
    s.same("nobody was asked before bob's new time", s.rung("agent-1").len(), 1)?;
    s.calls_back("agent-1", "bob")?;
    s.check(s.rung("carl").is_empty(), "carl is never called")?;
    let late = s.asks("bob's is moved again", Command::Move { request: bobs, due: s.at(9_000) });
    s.is_refused(late, "talking")?;
    s.end()
}

fn g11_an_agent_makes_a_callback_for_later(tale: &mut Tale) -> Told {
    let setup = tale.setup(2);
    let mut s = tale.scene(&setup)?;
    let terms = |s: &Scene<'_>, secs: u64| Terms {
        origin: Origin::Agent,
        owner: Some("agent-2".into()),
        due: Some(s.at(secs)),
        ..Terms::default()
    };
    let (later, last) = (terms(&s, 600), terms(&s, 1_800));
    s.online("agent-1");
    s.online("agent-2");
    s.wants("ada", later)?;
    s.sets("agent-2", AgentStatus::Away);
    s.until(660.0);
    s.check(s.rung("agent-1").is_empty(), "it is not for agent-1, who is free")?;
    s.online("agent-2");
    s.calls_back("agent-2", "ada")?;
    s.hangs_up("ada");
    s.wants("bob", last)?;
    s.sets("agent-2", AgentStatus::Offline);
    s.until(1_795.0);
    s.calls_back("agent-1", "bob")?;
    s.check(s.rung("agent-2").len() == 1, "when its owner has gone home, a colleague makes it")?;
    s.end()
}
/// What a front end of others sends and gets through the API: the command with a key of its own,
/// and the facts that are its events. `web` tells the same over HTTP, with the sample adapter.
fn g12_a_front_end_of_others_asks_once_and_learns_what_becomes_of_it(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = tale.scene(&setup)?;
    let wish = Terms {
        origin: Origin::Chat,
        key: Some("crm/case-7".to_owned()),
        tags: vec!["case-7".to_owned()],
        ..Terms::default()
    };
    s.wants("ada", wish.clone())?;
    let again = s.wants("ada", wish.clone())?;
    s.check(again.contains("with the same key before"), "asked again in doubt, it is the same")?;
    let other = s.wants("bob", wish);
    s.is_refused(other, "used for")?;
    s.online("agent-1");
    s.calls_back("agent-1", "ada")?;
    s.hangs_up("ada");
    s.request_ends(RequestEnd::Completed, 1)?;
    let request = RequestId(1);
    let facts = s.facts().into_iter().map(|(_, fact)| fact);
    let facts: Vec<Fact> = facts.filter(|fact| fact.request() == Some(request)).collect();
    let told: Vec<&str> = facts.iter().map(Fact::word).collect();
    let outcomes =
        ["callback_requested", "offered", "dial_started", "bridged", "request_closed"].to_vec();
    s.same("it learns each step once, in order", told, outcomes)?;
    let number = number_of("ada");
    let shown = facts.iter().any(|fact| fact.encode().contains(number.trim_start_matches('+')));
    s.check(!shown, "and no event holds ada's number")?;
    s.end()
}

/// Agent 2 calls ada back, who is busy; then agent 1 is free for longer.
fn agent_2_was_the_last(s: &mut Scene<'_>) -> Told {
    s.is_promised("ada", "21")?;
    s.is_busy("ada");
    s.online("agent-2");
    s.rings("agent-2")?;
    s.accepts("agent-2")?;
    s.rings("ada")?;
    s.online("agent-1");
    s.answers("ada", Answering::after_secs(1));
    Ok(())
}

fn g02_the_last_agent_is_tried_first_though_another_is_free_longer(tale: &mut Tale) -> Told {
    let setup = tale.setup(2);
    let mut s = tale.scene(&setup)?;
    agent_2_was_the_last(&mut s)?;
    s.rings_within("agent-2", 400)?;
    s.check(s.rung("agent-1").is_empty(), "agent-1 is free longer and is not asked")?;
    s.accepts("agent-2")?;
    s.talk("agent-2", "ada")?;
    s.hangs_up("ada");
    s.wait(60);
    s.is_promised("ada", "21")?;
    s.same("who talked with ada is asked about her next callback too", s.rung("agent-2").len(), 3)?;
    s.same("agent-1 was rung for her call alone", s.rung("agent-1").len(), 1)?;
    s.end()?;
    let plain = tale.setup(2).with("queue", "last_agent", "false");
    let mut s = tale.scene(&plain)?;
    agent_2_was_the_last(&mut s)?;
    s.rings_within("agent-1", 400)?;
    s.same("without it the one free longest is asked", s.rung("agent-2").len(), 1)?;
    s.end()
}

fn g03_when_the_last_agent_is_not_available_the_next_one_is_tried(tale: &mut Tale) -> Told {
    let setup = tale.setup(2);
    let mut s = tale.scene(&setup)?;
    agent_2_was_the_last(&mut s)?;
    s.sets("agent-2", AgentStatus::Away);
    s.rings_within("agent-1", 400)?;
    s.check(true, "who is off queue is passed over")?;
    s.end()?;
    let mut s = tale.scene(&setup)?;
    agent_2_was_the_last(&mut s)?;
    s.sets("agent-1", AgentStatus::Away);
    s.wait(10);
    s.calls("bob");
    s.talk("agent-2", "bob")?;
    s.online("agent-1");
    s.rings_within("agent-1", 400)?;
    s.same("who talks is passed over", s.rung("agent-2").len(), 2)?;
    s.end()
}

/// A second line into the same queue, which stands before the first.
const VIP: [(&str, &str); 5] = [
    ("name", "\"vip\""),
    ("number", "\"+33123456700\""),
    ("outbound_number", "\"+33123456700\""),
    ("queue", "\"support\""),
    ("priority", "9"),
];

fn g04_skills_and_priority_are_not_kept_on_a_callback(tale: &mut Tale) -> Told {
    let french = tale
        .setup(2)
        .with("line", "skills", "[\"french>=2\"]")
        .with("agent-1", "skills", "{ french = 1 }")
        .with("agent-2", "skills", "{ french = 2 }");
    let mut s = tale.scene(&french)?;
    s.is_promised("ada", "21")?;
    s.calls("bob");
    s.online("agent-1");
    s.calls_back("agent-1", "ada")?;
    s.hangs_up("ada");
    s.wait(60);
    s.same("the live caller still asks for the skill", s.rung("agent-1").len(), 1)?;
    s.online("agent-2");
    s.talk("agent-2", "bob")?;
    s.end()?;
    let kept = french.with("queue", "keep_skills", "true");
    let mut s = tale.scene(&kept)?;
    s.is_promised("ada", "21")?;
    s.online("agent-1");
    s.wait(120);
    s.check(s.rung("agent-1").is_empty(), "who knows too little French is not asked")?;
    s.online("agent-2");
    s.calls_back("agent-2", "ada")?;
    s.end()?;
    let two_lines = tale.setup(1).and("line", &VIP);
    let vip = Calling { line: Some("+33123456700"), ..Calling::default() };
    let mut s = tale.scene(&two_lines)?;
    s.is_promised("ada", "21")?;
    s.calls_so("bob", &vip);
    s.hears("bob", "greeting")?;
    s.presses("bob", "21");
    s.hears("bob", "promised")?;
    s.online("agent-1");
    s.calls_back("agent-1", "ada")?;
    s.end()?;
    let kept = two_lines.with("queue", "keep_priority", "true");
    let mut s = tale.scene(&kept)?;
    s.is_promised("ada", "21")?;
    s.calls_so("bob", &vip);
    s.hears("bob", "greeting")?;
    s.presses("bob", "21");
    s.hears("bob", "promised")?;
    s.online("agent-1");
    s.calls_back("agent-1", "bob")?;
    s.hangs_up("bob");
    s.calls_back("agent-1", "ada")?;
    s.end()
}

fn g05_with_preferred_agents_the_last_one_is_not_tried(tale: &mut Tale) -> Told {
    let setup = tale.setup(3).with("line", "preferred_agents", "[\"agent-3\", \"agent-1\"]");
    let mut s = tale.scene(&setup)?;
    agent_2_was_the_last(&mut s)?;
    s.rings_within("agent-1", 400)?;
    s.check(s.rung("agent-3").is_empty(), "the first who is preferred and there is asked")?;
    s.same("the last agent is not", s.rung("agent-2").len(), 1)?;
    s.refuses("agent-1", 486);
    s.rings("agent-2")?;
    s.check(true, "when none of them takes it, it is anybody's")?;
    s.end()?;
    let unknown = tale.setup(1).with("line", "preferred_agents", "[\"nobody\"]");
    tale.refuses(&unknown, "nobody")
}

fn g06_a_callback_with_a_time_tries_the_last_agent_all_the_same(tale: &mut Tale) -> Told {
    let setup = tale.setup(2).with("line", "preferred_agents", "[\"agent-1\"]");
    let mut s = tale.scene(&setup)?;
    s.is_promised("ada", "21")?;
    s.online("agent-2");
    s.calls_back("agent-2", "ada")?;
    s.hangs_up("ada");
    s.online("agent-1");
    s.wants_at("ada", Origin::Agent, 1_800)?;
    s.until(1_790.0);
    s.rings("agent-2")?;
    s.check(s.rung("agent-1").is_empty(), "who is preferred, and free, is not asked")?;
    s.accepts("agent-2")?;
    s.talk("agent-2", "ada")?;
    s.end()
}
