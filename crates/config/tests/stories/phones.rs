//! Agents whose phones register with us.

use std::time::Duration;

use config::{Finding, SecretPlace, read_with};
use engine::{AgentPhone, Settings};
use expect_test::expect;
use sip::{Algorithm, Secret};

use crate::{BASE, changed, rendered};

const URI: &str = "uri = \"sip:anna@192.0.2.5:5060\"";
const MD5: &str = "0123456789abcdef0123456789abcdef";

fn secret(place: SecretPlace<'_>) -> Result<String, String> {
    match place {
        SecretPlace::File("p") => Ok("open sesame\n".into()),
        SecretPlace::Variable("P") => Ok("sesame".into()),
        SecretPlace::File(_) | SecretPlace::Variable(_) => Err("it is not there".into()),
    }
}

fn read(lines: &str) -> Result<Settings, Vec<Finding>> {
    let read = read_with("rappel.toml", &changed(URI, lines), &secret);
    read.map(|(settings, _, warnings)| {
        assert_eq!(warnings, Vec::new());
        settings
    })
}

fn problems(lines: &str) -> Vec<String> {
    let findings = read(lines).expect_err("a mistake");
    findings.into_iter().map(|finding| finding.problem).collect()
}

#[test]
fn an_agent_who_registers_needs_a_password_and_no_address() {
    let settings = read("register = true\npassword_file = \"p\"").expect("a good file");
    assert_eq!(settings.agents[0].phone, AgentPhone::Registered);
    assert!(!settings.queue.agents[&settings.agents[0].name].reachable_at_start);
    let registrar = settings.sip.registrar.expect("somebody registers");
    assert_eq!((registrar.realm.as_str(), registrar.at_source), ("rappel", true));
    let times = [registrar.expires_min, registrar.expires_default, registrar.expires_max];
    assert_eq!(times, [60, 120, 300].map(Duration::from_secs));
    assert_eq!(registrar.accounts.len(), 1);
    assert_eq!(registrar.accounts[0].user, "anna");
    assert_eq!(registrar.accounts[0].secrets, [Secret::Password("open sesame".into())]);
}

#[test]
fn hashes_stand_for_the_password_one_for_each_algorithm() {
    let sha256 = MD5.repeat(2);
    let lines = format!("register = true\nuser = \"a.b\"\nha1 = [\"{sha256}\", \"{MD5}\"]");
    let registrar = read(&lines).expect("a good file").sip.registrar.expect("somebody registers");
    assert_eq!(registrar.accounts[0].user, "a.b");
    assert_eq!(
        registrar.accounts[0].secrets,
        [
            Secret::Ha1 { algorithm: Algorithm::Md5, hex: MD5.into() },
            Secret::Ha1 { algorithm: Algorithm::Sha256, hex: sha256 },
        ]
    );
}

#[test]
fn nobody_registers_where_nobody_says_so() {
    assert_eq!(read(URI).expect("a good file").sip.registrar, None);
}

#[test]
fn half_of_a_registration_is_a_mistake() {
    let alone = "this agent registers and has no password";
    assert_eq!(problems("register = true"), [alone]);
    assert_eq!(problems("register = true\nuser = \"anna\""), [alone]);
    let two = "register = true\npassword_file = \"p\"\npassword_env = \"P\"";
    assert_eq!(problems(two), ["this agent has more than one password"]);
    let silent = format!("{URI}\npassword_env = \"P\"");
    assert_eq!(problems(&silent), ["this agent has a `password_env` and does not register"]);
    let gone = "register = true\npassword_env = \"GONE\"";
    assert_eq!(problems(gone), ["`password_env`: it is not there"]);
    let odd = "register = true\nuser = \"a b\"\npassword_env = \"P\"";
    assert_eq!(problems(odd), ["`user`: this cannot be the user part of an address"]);
    for ha1 in ["\"c0ffee\"".to_string(), format!("[\"{MD5}\", \"{MD5}\"]")] {
        let lines = format!("register = true\nha1 = {ha1}");
        let findings = read(&lines).expect_err("a mistake");
        let shown = format!("{findings:?} {}", findings[0].render());
        assert!(!shown.contains("c0ffee") && !shown.contains(MD5), "{shown}");
        assert_eq!(
            findings[0].problem,
            "the `ha1` of this agent is no hash, or holds two of one length"
        );
    }
}

#[test]
fn two_agents_need_two_names_and_one_algorithm() {
    let bert = |lines: &str| format!("{URI}\n[[agent]]\nname = \"bert\"\nregister = true\n{lines}");
    let both =
        |one: &str, other: &str| bert(other).replace(URI, &format!("register = true\n{one}"));
    let same = both("password_env = \"P\"", "user = \"anna\"\npassword_env = \"P\"");
    assert_eq!(problems(&same), ["`anna` is the user name of agent `anna`, too"]);
    let apart = both(&format!("ha1 = \"{MD5}\""), &format!("ha1 = \"{}\"", MD5.repeat(2)));
    assert_eq!(problems(&apart), ["the hashes of the agents have no algorithm in common"]);
}

#[test]
fn a_uri_and_a_registration_are_too_much() {
    let lines = format!("{URI}\nregister = true\nha1 = \"{MD5}\"");
    expect![[r#"
        Error 25:7
          × this agent has a `uri` and registers
            ╭─[rappel.toml:25:7]
         25 │ uri = "sip:anna@192.0.2.5:5060"
            ·       ────────────┬────────────
            ·                   ╰── expected one of them
            ╰────
          help: leave `uri` out: the agent is called wherever the phone has registered
    "#]]
    .assert_eq(&rendered(&changed(URI, &lines)));
}

#[test]
fn times_of_registrations_must_be_in_their_order() {
    let agent = format!("register = true\nha1 = \"{MD5}\"");
    let text = changed(URI, &agent) + "\n[registrar]\nexpires_max = \"1m\"\n";
    expect![[r#"
        Error 28:2
          × `expires` is not between `expires_min` and `expires_max`
            ╭─[rappel.toml:28:2]
         28 │ [registrar]
            ·  ────┬────
            ·      ╰── expected times in their order
            ╰────
          help: expires_min = "1m", expires = "2m" and expires_max = "5m" are the defaults
    "#]]
    .assert_eq(&rendered(&text));
}

#[test]
fn a_registrar_without_anybody_is_a_warning() {
    expect![[r#"
        Warning 27:2
          ⚠ [registrar] has no effect: no agent registers
            ╭─[rappel.toml:27:2]
         27 │ [registrar]
            ·  ────┬────
            ·      ╰── expected an agent who registers
            ╰────
          help: add register = true and a password to an [[agent]]
    "#]]
    .assert_eq(&rendered(&format!("{BASE}\n[registrar]\nrealm = \"r\"\n")));
}
