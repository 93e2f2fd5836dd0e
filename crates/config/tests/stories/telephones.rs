//! Agents on a telephone, and what the network must let through.

use config::{needs, read};
use engine::AgentPhone;
use queue::Party;

use crate::changed;

const URI: &str = "uri = \"sip:anna@192.0.2.5:5060\"";

fn problems(lines: &str) -> Vec<String> {
    let findings = read("rappel.toml", &changed(URI, lines)).expect_err("a mistake");
    findings.into_iter().map(|finding| finding.problem).collect()
}

#[test]
fn an_agent_may_have_a_telephone_instead_of_a_phone() {
    let text = changed(URI, "number = \"+33612345678\"\ndigits = \"p12\"");
    let (settings, roof, warnings) = read("rappel.toml", &text).expect("a good file");
    assert_eq!(warnings, Vec::new());
    let agent = &settings.agents[0];
    let number = model::E164::parse("+33612345678").ok();
    assert_eq!(agent.phone, AgentPhone::Telephone { number, trunk: "carrier".into() });
    assert!(agent.human_proof, "a voicemail may answer");
    assert!(!agent.speech.digits.is_empty());
    let of_queue = &settings.queue.agents[&agent.name];
    assert!(of_queue.reachable_at_start && of_queue.online_at_start);
    let needs = needs(&settings, &roof);
    assert_eq!(
        needs,
        [
            "SIP, in and out: 0.0.0.0:5060 by UDP, reached by others at 203.0.113.5:5060",
            "RTP and RTCP, in and out: 203.0.113.5 ports 16384 to 32767 by UDP",
            "trunk carrier, out: 198.51.100.7:5060 by UDP",
            "trunk carrier, in: its calls from 198.51.100.7/32",
            "agent anna, by telephone: through trunk carrier",
        ]
    );
}

#[test]
fn who_is_asked_for_a_number_is_not_there_before_the_login() {
    let text = changed(URI, "ask_number_at_login = true\nhuman_proof = \"none\"");
    let (settings, _, _) = read("rappel.toml", &text).expect("a good file");
    let agent = &settings.agents[0];
    assert_eq!(agent.phone, AgentPhone::Telephone { number: None, trunk: "carrier".into() });
    assert!(!agent.human_proof);
    let of_queue = &settings.queue.agents[&agent.name];
    assert!(!of_queue.reachable_at_start && !of_queue.online_at_start);
}

#[test]
fn a_telephone_has_nothing_that_its_trunk_has() {
    let number = "number = \"+33612345678\"";
    for (lines, problem) in [
        (
            "number = \"0612345678\"".to_owned(),
            "`number`: `0612345678` is not an international number",
        ),
        (format!("{number}\n{URI}"), "this agent has a `number` and a `uri`"),
        (format!("{number}\ncodecs = [\"PCMA\"]"), "this agent has a `number` and a `codecs`"),
        (format!("{number}\ntrunk = \"other\""), "there is no trunk `other`"),
        (
            format!("{number}\nask_number_at_login = true"),
            "this agent has a `number` and is asked for one",
        ),
        (format!("{URI}\ntrunk = \"carrier\""), "this agent has a `trunk` and no telephone"),
    ] {
        assert_eq!(problems(&lines)[0], problem, "{lines}");
    }
}

const QUEUE: &str = "request_ttl = \"8h\"";
const ACD: &str =
    "request_ttl = \"8h\"\ndistribution = \"external_acd\"\nacd_number = \"+33155555555\"";

fn with_acd(queue: &str, agent: &str) -> String {
    changed(URI, agent).replace(QUEUE, queue)
}

#[test]
fn an_acd_is_as_many_seats_as_it_takes_calls() {
    let text = with_acd(&format!("{ACD}\nacd_calls = 3"), "identifier = \"4711\"");
    let (settings, _, warnings) = read("rappel.toml", &text).expect("a good file");
    assert_eq!(warnings, Vec::new());
    let names: Vec<String> = settings.agents.iter().map(|agent| agent.name.to_string()).collect();
    assert_eq!(names, ["support/acd-1", "support/acd-2", "support/acd-3"]);
    let acd = settings.agents[0].acd.as_ref().expect("an ACD");
    assert_eq!((acd.welcome.as_secs(), acd.asks_max), (5, 3));
    assert_eq!(acd.agents, [("4711".into(), "anna".into())]);
    assert_eq!(settings.queue.agents.len(), 3);
}

#[test]
fn whoever_has_a_phone_serves_no_acd_and_the_reverse() {
    for (queue, agent, problem) in [
        (ACD, URI, "agent `anna` has a phone, and queue `support` sends everything to an ACD"),
        (QUEUE, "identifier = \"1\"", "agent `anna` has an identifier, and queue `support` no ACD"),
        (ACD, "identifier = \"one\"", "`identifier`: `one` cannot be typed"),
        ("request_ttl = \"8h\"\nacd_calls = 3", URI, "this queue has an `acd_calls` and no ACD"),
    ] {
        let text = with_acd(queue, agent);
        let findings = read("rappel.toml", &text).expect_err("a mistake");
        assert_eq!(findings[0].problem, problem, "{text}");
    }
    let two = "identifier = \"1\"\n[[agent]]\nname = \"bruno\"\nidentifier = \"1\"";
    let findings = read("rappel.toml", &with_acd(ACD, two)).expect_err("a mistake");
    assert_eq!(findings[0].problem, "another agent of this queue has this identifier");
}

#[test]
fn callbacks_are_dialled_as_the_queue_says() {
    let dials = |lines: &str| {
        let text = changed(QUEUE, &format!("{QUEUE}\n{lines}"));
        let read = read("rappel.toml", &text);
        read.map(|(settings, _, _)| settings.queue.queues[&"support".into()].dials)
    };
    let usual = dials("").expect("a good file");
    assert_eq!((usual.first, usual.progressive), (Party::Agent, false));
    let other = "dial_order = \"customer_first\"\ndial_mode = \"progressive\"";
    let other = dials(other).expect("a good file");
    assert_eq!((other.first, other.progressive), (Party::Customer, true));
    let findings = dials("dial_mode = \"predictive\"").expect_err("a mistake");
    assert!(findings[0].problem.contains("`predictive`"), "{findings:?}");
}
