//! Agents who are not at a phone of ours: on a telephone number, or behind the ACD of somebody else.

use engine::Command;
use model::E164;
use queue::AgentStatus;

use super::scene::Scene;
use super::setup::Setup;
use super::tale::{Tale, Told};

super::tells![
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
    let tls = phone.without("sip", "listen").and(
        "listener",
        &[
            ("name", "\"sips\""),
            ("transport", "\"tls\""),
            ("address", "\"192.0.2.1:5061\""),
            ("self_signed", "true"),
        ],
    );
    let tls = tls.and(
        "listener",
        &[("name", "\"sip\""), ("transport", "\"udp\""), ("address", "\"192.0.2.1:5060\"")],
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
    Command::SetStatus { agent: agent.into(), status: AgentStatus::Online }
}
