//! Agents who are not at a phone of ours: on a telephone number, or behind somebody else's ACD;
//! and who of agent and customer is called first.

use engine::Command;
use ledger::{DialOutcome, Fact, RequestEnd};
use model::E164;
use queue::AgentStatus;

use super::scene::Scene;
use super::setup::Setup;
use super::tale::{Tale, Told};

super::tells![
    g13_the_agent_is_asked_first_or_connected_at_once,
    i15_the_agent_is_called_first_or_the_customer,
    i03_everything_goes_to_agents_or_to_one_number_of_another_acd,
    i04_agents_answer_on_their_desktop_which_no_acd_has_or_on_a_line_of_their_own,
    i11_the_agent_of_an_acd_types_an_identifier_which_the_report_names,
    i12_the_question_waits_for_the_welcome_of_the_acd,
    i13_the_acd_is_asked_so_often_and_then_let_go,
    i30_agents_are_reached_over_sip_or_by_telephone_and_the_check_says_what_must_be_open,
    i32_the_number_of_an_agent_is_asked_at_each_login,
];

/// The number of agent-1.
const AT_HOME: &str = "+33611111111";
/// Another number.
const ELSEWHERE: &str = "+33622222222";

/// Agent-1 has a telephone instead of a phone.
fn by_telephone(tale: &Tale, agents: u8) -> Setup {
    let number = format!("\"{AT_HOME}\"");
    tale.setup(agents).without("agent-1", "uri").with("agent-1", "number", &number)
}

fn i30_agents_are_reached_over_sip_or_by_telephone_and_the_check_says_what_must_be_open(
    tale: &mut Tale,
) -> Told {
    let setup = by_telephone(tale, 1);
    let mut s = tale.scene(&setup)?;
    s.is_promised("ada", "21")?;
    s.online("agent-1");
    let ring = s.rings("agent-1")?;
    s.same("the carrier is asked for the agent's number", ring.dialled.as_str(), AT_HOME)?;
    s.same("which sees the line's", ring.from.as_str(), crate::lab::OUTBOUND)?;
    s.check(!ring.text.contains("X-Callback"), "and nothing that is for phones of ours")?;
    s.accepts("agent-1")?;
    s.rings("ada")?;
    s.talk("agent-1", "ada")?;
    s.hangs_up("ada");
    s.calls("bob");
    s.hears("agent-1", "agent-choice")?;
    s.wait(60);
    let talks = s.agent_state("agent-1");
    s.check(talks != "talking", "a voicemail that answers for the agent hears no caller")?;
    s.rings_within("agent-1", 120)?;
    s.accepts("agent-1")?;
    s.talk("agent-1", "bob")?;
    s.end()?;
    let phone = tale.setup(1).without("agent-1", "uri").with("agent-1", "register", "true").with(
        "agent-1",
        "password_file",
        "\"/etc/rappel/agent-1.password\"",
    );
    let mut s = tale.scene(&phone)?;
    s.online("agent-1");
    s.calls("ada");
    s.wait(10);
    s.check(s.rung("agent-1").is_empty(), "a phone that has not registered is not rung")?;
    s.registers("agent-1");
    s.talk("agent-1", "ada")?;
    s.end()?;
    let tls = phone.and(
        "listener",
        &[
            ("name", "\"sips\""),
            ("transport", "\"tls\""),
            ("address", "\"192.0.2.1:5061\""),
            ("self_signed", "true"),
        ],
    );
    let needs = tale.needs(&tls)?;
    for wanted in [
        "SIP, in and out: 192.0.2.1:5061 by TCP (TLS)",
        "SIP, in and out: 192.0.2.1:5060 by UDP",
        "RTP and RTCP, in and out: 192.0.2.1 ports",
        "trunk carrier, out: 198.51.100.1:5060 by UDP",
        "agent agent-1, in: registers at any SIP address above",
    ] {
        if !needs.iter().any(|need| need.contains(wanted)) {
            return Err(format!("nothing says “{wanted}”: {needs:?}"));
        }
    }
    let needs = tale.needs(&setup)?;
    let by_trunk = "agent agent-1, by telephone: through trunk carrier";
    let said = needs.iter().any(|need| need == by_trunk);
    if said { Ok(()) } else { Err(format!("nothing says “{by_trunk}”: {needs:?}")) }
}

/// The number of the ACD.
const ACD: &str = "+33155555555";
/// The seat that stands for it.
const SEAT: &str = "support/acd-1";

/// Everything goes to an ACD with two agents.
fn by_acd(tale: &Tale) -> Setup {
    let number = format!("\"{ACD}\"");
    tale.setup(2)
        .without("agent", "uri")
        .with("agent-1", "identifier", "\"4711\"")
        .with("agent-2", "identifier", "\"4712\"")
        .with("queue", "distribution", "\"external_acd\"")
        .with("queue", "acd_number", &number)
}

/// A customer is promised a callback before the ACD may be called.
fn is_promised_while_the_acd_is_closed(s: &mut Scene<'_>, who: &str) -> Told {
    s.sets(SEAT, AgentStatus::Offline);
    s.is_promised(who, "21")?;
    s.online(SEAT);
    Ok(())
}

/// The seat is rung, and whoever takes the call types this.
fn is_taken_by(s: &mut Scene<'_>, keys: &str) -> Told {
    s.rings_within(SEAT, 400)?;
    s.hears(SEAT, "agent-identify")?;
    s.presses(SEAT, keys);
    Ok(())
}

/// Whom each conversation is put down to, in order.
fn talked(s: &Scene<'_>) -> Vec<String> {
    let bridged = |(_, fact): (f64, Fact)| match fact {
        Fact::Bridged { agent, .. } => Some(agent.to_string()),
        _ => None,
    };
    s.facts().into_iter().filter_map(bridged).collect()
}

fn i03_everything_goes_to_agents_or_to_one_number_of_another_acd(tale: &mut Tale) -> Told {
    let setup = by_acd(tale);
    let mut s = tale.scene(&setup)?;
    s.calls("ada");
    let ring = s.rings(SEAT)?;
    s.same("a caller goes to the number of the ACD", ring.dialled.as_str(), ACD)?;
    s.hears(SEAT, "agent-identify")?;
    s.presses(SEAT, "4711#");
    s.talk(SEAT, "ada")?;
    s.hangs_up("ada");
    is_promised_while_the_acd_is_closed(&mut s, "bob")?;
    is_taken_by(&mut s, "4711#")?;
    s.rings("bob")?;
    s.talk(SEAT, "bob")?;
    s.check(s.rung(SEAT).iter().all(|ring| ring.dialled == ACD), "and so does a callback")?;
    s.end()?;
    let agents = tale.setup(2);
    let mut s = tale.scene(&agents)?;
    s.online("agent-2");
    s.calls("ada");
    s.talk("agent-2", "ada")?;
    s.end()
}

fn i04_agents_answer_on_their_desktop_which_no_acd_has_or_on_a_line_of_their_own(
    tale: &mut Tale,
) -> Told {
    let desktop = by_acd(tale).with("agent-2", "uri", "\"sip:agent-2@203.0.113.2\"");
    tale.refuses(&desktop.without("agent-2", "identifier"), "sends everything to an ACD")?;
    let setup = by_telephone(tale, 2);
    let mut s = tale.scene(&setup)?;
    s.is_promised("ada", "21")?;
    s.online("agent-2");
    s.rings("agent-2")?;
    s.hears("agent-2", "agent-choice")?;
    let accept = Command::Accept { agent: "agent-2".into() };
    s.asks("agent-2 accepts at the desktop", accept)?;
    s.rings("ada")?;
    s.talk("agent-2", "ada")?;
    s.hangs_up("ada");
    s.sets("agent-2", AgentStatus::Offline);
    s.is_promised("bob", "21")?;
    s.online("agent-1");
    let ring = s.rings("agent-1")?;
    s.same("the other is rung at a number", ring.dialled.as_str(), AT_HOME)?;
    s.accepts("agent-1")?;
    s.rings("bob")?;
    s.talk("agent-1", "bob")?;
    s.end()
}

fn i11_the_agent_of_an_acd_types_an_identifier_which_the_report_names(tale: &mut Tale) -> Told {
    let setup = by_acd(tale);
    let mut s = tale.scene(&setup)?;
    is_promised_while_the_acd_is_closed(&mut s, "ada")?;
    is_taken_by(&mut s, "9999#")?;
    s.hears(SEAT, "wrong-key")?;
    s.check(s.rung("ada").is_empty(), "with a wrong one nobody is dialled")?;
    s.presses(SEAT, "4712#");
    s.rings("ada")?;
    s.talk(SEAT, "ada")?;
    s.hangs_up("ada");
    s.is_hung_up_on(SEAT)?;
    s.calls("bob");
    is_taken_by(&mut s, "4711#")?;
    s.talk(SEAT, "bob")?;
    s.wait(2);
    let wanted = vec!["agent-2".to_owned(), "agent-1".to_owned()];
    s.same("each is put down to whoever typed it", talked(&s), wanted)?;
    s.end()
}

fn i12_the_question_waits_for_the_welcome_of_the_acd(tale: &mut Tale) -> Told {
    for secs in [0_u32, 12] {
        let setup = by_acd(tale).with("queue", "acd_welcome", &format!("\"{secs}s\""));
        let mut s = tale.scene(&setup)?;
        s.calls("ada");
        let rung = s.rings(SEAT)?.at;
        let asked = s.hears(SEAT, "agent-identify")?;
        // The phone is answered two seconds after it rings.
        s.times("the question is asked", &[asked], &[rung + 2.0 + f64::from(secs)])?;
        s.end()?;
    }
    Ok(())
}

fn i13_the_acd_is_asked_so_often_and_then_let_go(tale: &mut Tale) -> Told {
    for tries in [1_usize, 3] {
        let setup = by_acd(tale).with("queue", "acd_tries", &tries.to_string());
        let mut s = tale.scene(&setup)?;
        is_promised_while_the_acd_is_closed(&mut s, "ada")?;
        s.rings(SEAT)?;
        for _ in 0..tries {
            s.hears(SEAT, "agent-identify")?;
            s.presses(SEAT, "0#");
        }
        s.is_hung_up_on(SEAT)?;
        let asked = s.heard(SEAT, "agent-identify").len();
        s.same("it was asked so often", asked, tries)?;
        s.check(s.rung("ada").is_empty(), "and nobody is dialled")?;
        is_taken_by(&mut s, "4711#")?;
        s.rings("ada")?;
        s.talk(SEAT, "ada")?;
        s.end()?;
    }
    Ok(())
}

fn g13_the_agent_is_asked_first_or_connected_at_once(tale: &mut Tale) -> Told {
    let preview = tale.setup(1);
    let mut s = tale.scene(&preview)?;
    s.is_promised("ada", "21")?;
    s.online("agent-1");
    s.hears("agent-1", "agent-choice")?;
    s.wait(5);
    s.check(s.rung("ada").is_empty(), "nobody is dialled before the agent says so")?;
    s.presses("agent-1", "1");
    s.rings("ada")?;
    s.talk("agent-1", "ada")?;
    s.end()?;
    let progressive = preview.with("queue", "dial_mode", "\"progressive\"");
    let mut s = tale.scene(&progressive)?;
    s.is_promised("ada", "21")?;
    s.online("agent-1");
    s.rings("agent-1")?;
    s.rings("ada")?;
    s.talk("agent-1", "ada")?;
    s.check(s.heard("agent-1", "agent-choice").is_empty(), "the agent is asked nothing")?;
    s.end()
}

fn i15_the_agent_is_called_first_or_the_customer(tale: &mut Tale) -> Told {
    let agent_first = tale.setup(1);
    let mut s = tale.scene(&agent_first)?;
    s.is_promised("ada", "21")?;
    s.online("agent-1");
    s.rings("agent-1")?;
    s.check(s.rung("ada").is_empty(), "the agent is called first")?;
    s.accepts("agent-1")?;
    s.rings("ada")?;
    s.end()?;
    let setup = tale.setup(2).with("queue", "dial_order", "\"customer_first\"");
    let mut s = tale.scene(&setup)?;
    s.is_promised("ada", "21")?;
    s.wait(60);
    s.check(s.rung("ada").is_empty(), "no customer is called while no agent is free")?;
    s.lets_ring("agent-1");
    s.online("agent-1");
    s.rings("ada")?;
    s.check(s.rung("agent-1").is_empty(), "the customer is called first, and the agent held")?;
    s.hears("ada", "music")?;
    s.rings("agent-1")?;
    s.online("agent-2");
    s.rings("agent-2")?;
    s.check(s.hears_now("ada").iter().any(|it| it.ends_with("music")), "and hears music on")?;
    s.talk("agent-2", "ada")?;
    s.same("an agent who does not answer loses no customer", s.rung("ada").len(), 1)?;
    s.hangs_up("ada");
    s.request_ends(RequestEnd::Completed, 5)?;
    s.end()?;
    nobody_takes_the_customer(tale, &setup)?;
    the_customer_does_not_wait(tale, &setup)
}

/// The one agent declines: the customer is let go, and called again later.
fn nobody_takes_the_customer(tale: &mut Tale, setup: &Setup) -> Told {
    let mut s = tale.scene(setup)?;
    s.lets_ring("agent-1");
    s.online("agent-1");
    s.is_promised("ada", "21")?;
    s.rings("ada")?;
    s.rings("agent-1")?;
    s.refuses("agent-1", 486);
    s.is_hung_up_on("ada")?;
    s.same("the agent was not there", s.dial_outcomes(), vec![DialOutcome::AgentLeft])?;
    s.rings_within("ada", 400)?;
    s.rings("agent-1")?;
    s.picks_up("agent-1");
    s.talk("agent-1", "ada")?;
    s.end()
}

/// The customer hangs up before the agent answers, whose phone stops ringing.
fn the_customer_does_not_wait(tale: &mut Tale, setup: &Setup) -> Told {
    let mut s = tale.scene(setup)?;
    s.lets_ring("agent-1");
    s.online("agent-1");
    s.is_promised("ada", "21")?;
    s.rings("ada")?;
    s.rings("agent-1")?;
    s.hangs_up("ada");
    s.wait(5);
    s.same("the attempt failed", s.dial_outcomes(), vec![DialOutcome::Failed])?;
    let free = s.agent_state("agent-1");
    s.same("and the agent is free", free.as_str(), "Free")?;
    s.end()
}

fn login(agent: &str, number: Option<&str>) -> Command {
    let number = number.map(|number| E164::parse(number).expect("a number"));
    Command::Login { agent: agent.into(), number }
}

/// The agent is rung at this number for Ada, who is promised a callback; nobody takes it.
fn is_rung_at(s: &mut Scene<'_>, number: &str) -> Told {
    let ring = s.rings_within("agent-1", 400)?;
    s.same("the number of this session is rung", ring.dialled.as_str(), number)?;
    s.hears("agent-1", "agent-choice")?;
    s.presses("agent-1", "2");
    s.is_hung_up_on("agent-1").map(|_| ())
}

fn i32_the_number_of_an_agent_is_asked_at_each_login(tale: &mut Tale) -> Told {
    let setup =
        tale.setup(1).without("agent-1", "uri").with("agent-1", "ask_number_at_login", "true");
    let mut s = tale.scene(&setup)?;
    s.also_reached_as("agent-1", AT_HOME);
    s.also_reached_as("agent-1", ELSEWHERE);
    s.is_promised("ada", "21")?;
    for refused in [login("agent-1", None), online("agent-1")] {
        let said = s.asks("agent-1 logs in without a number", refused);
        let asked = said.as_ref().is_err_and(|why| why.contains("--number"));
        s.check(asked, "which is refused: the number is asked for")?;
    }
    s.wait(60);
    s.check(s.rung("agent-1").is_empty(), "so that nobody is rung")?;
    s.asks("agent-1 logs in with a number", login("agent-1", Some(AT_HOME)))?;
    is_rung_at(&mut s, AT_HOME)?;
    s.sets("agent-1", AgentStatus::Away);
    s.asks("who was away comes back without a number", login("agent-1", None))?;
    is_rung_at(&mut s, AT_HOME)?;
    s.sets("agent-1", AgentStatus::Offline);
    let again = s.asks("after the logout the number is forgotten", login("agent-1", None));
    s.check(again.is_err(), "and asked for again")?;
    s.asks("agent-1 logs in elsewhere", login("agent-1", Some(ELSEWHERE)))?;
    is_rung_at(&mut s, ELSEWHERE)?;
    s.end()
}

fn online(agent: &str) -> Command {
    Command::SetStatus { agent: agent.into(), status: AgentStatus::Online, reason: None }
}
