//! Who we are to a trunk that asks.

use config::{SecretPlace, read_with};
use sip::{Algorithm, Credentials, Secret};

use crate::{changed, findings};

const ADDRESS: &str = "address = \"198.51.100.7:5060\"";

fn file(lines: &str) -> String {
    changed(ADDRESS, &format!("{ADDRESS}\n{lines}"))
}

fn secret(place: SecretPlace<'_>) -> Result<String, String> {
    match place {
        SecretPlace::File("p") => Ok("open sesame\r\n".into()),
        SecretPlace::File("empty") => Ok("\n".into()),
        SecretPlace::File("long") => Ok("x".repeat(config::CREDENTIAL_LENGTH_MAX + 1)),
        SecretPlace::File("two") => Ok("one\ntwo\n".into()),
        SecretPlace::Variable("P") => Ok("sesame".into()),
        SecretPlace::File(_) | SecretPlace::Variable(_) => Err("it is not there".into()),
    }
}

fn credentials(lines: &str) -> Option<Credentials> {
    let (settings, _, warnings) =
        read_with("rappel.toml", &file(lines), &secret).expect("a good file");
    assert_eq!(warnings, Vec::new());
    settings.trunks[0].credentials.as_deref().cloned()
}

fn problems(lines: &str) -> Vec<String> {
    let findings = read_with("rappel.toml", &file(lines), &secret).expect_err("a mistake");
    findings.into_iter().map(|finding| finding.problem).collect()
}

#[test]
fn a_trunk_that_asks_nothing_needs_no_credentials() {
    assert_eq!(credentials(""), None);
}

#[test]
fn a_password_comes_from_a_file_or_from_the_environment() {
    let of = |password: &str| {
        let secret = Secret::Password(password.into());
        Some(Credentials { username: "ann".into(), realm: None, secret })
    };
    let user = "username = \"ann\"\n";
    assert_eq!(credentials(&format!("{user}password_file = \"p\"")), of("open sesame"));
    assert_eq!(credentials(&format!("{user}password_env = \"P\"")), of("sesame"));
}

#[test]
fn a_hash_stands_for_the_password_of_one_realm() {
    for (digits, algorithm) in [(32, Algorithm::Md5), (64, Algorithm::Sha256)] {
        let hash = "aB".repeat(digits / 2);
        let lines = format!("username = \"ann\"\nrealm = \"carrier\"\nha1 = \"{hash}\"");
        let hex = hash.to_ascii_lowercase();
        let secret = Secret::Ha1 { algorithm, hex };
        let realm = Some("carrier".into());
        assert_eq!(
            credentials(&lines),
            Some(Credentials { username: "ann".into(), realm, secret })
        );
    }
}

#[test]
fn half_a_pair_of_credentials_is_a_mistake() {
    let nameless = "this trunk has a realm or a password and no `username`";
    assert_eq!(problems("realm = \"carrier\""), [nameless]);
    assert_eq!(problems("password_file = \"p\""), [nameless]);
    let bare = "this trunk has a `username` and no password";
    assert_eq!(problems("username = \"ann\""), [bare]);
    let both = "username = \"ann\"\npassword_file = \"p\"\npassword_env = \"P\"";
    assert_eq!(problems(both), ["this trunk has more than one password"]);
    let homeless = format!("username = \"ann\"\nha1 = \"{}\"", "0".repeat(32));
    assert_eq!(problems(&homeless), ["this trunk has a `ha1` and no `realm`"]);
}

#[test]
fn a_password_that_cannot_be_had_is_a_mistake() {
    let problem = |key: &str, value: &str| {
        problems(&format!("username = \"ann\"\n{key} = \"{value}\"")).join("; ")
    };
    assert_eq!(problem("password_file", "gone"), "`password_file`: it is not there");
    assert_eq!(problem("password_env", "GONE"), "`password_env`: it is not there");
    assert_eq!(problem("password_file", "empty"), "`password_file`: there is nothing in it");
    let long = "`password_file`: it holds more than 256 bytes";
    assert_eq!(problem("password_file", "long"), long);
    let two = "`password_file`: it holds more than one line, or a control character";
    assert_eq!(problem("password_file", "two"), two);
    let lines = file("username = \"ann\"\npassword_file = \"p\"");
    let found: Vec<String> = findings(&lines).into_iter().map(|found| found.problem).collect();
    assert_eq!(found, ["`password_file`: passwords cannot be read here"]);
}

#[test]
fn names_that_a_header_cannot_quote_are_mistakes() {
    for name in ["", "a\\\"b", "a\\\\b", "a\\nb", &"x".repeat(257)] {
        let lines = format!("username = \"{name}\"\npassword_file = \"p\"");
        assert_eq!(problems(&lines), ["`username` cannot be sent"], "{name}");
    }
}

#[test]
fn no_finding_shows_a_hash() {
    let lines = "username = \"ann\"\nrealm = \"carrier\"\nha1 = \"c0ffee\"";
    let findings = read_with("rappel.toml", &file(lines), &secret).expect_err("a mistake");
    assert_eq!(findings.len(), 1);
    let shown = format!("{findings:?} {}", findings[0].render());
    assert!(!shown.contains("c0ffee"), "{shown}");
}
