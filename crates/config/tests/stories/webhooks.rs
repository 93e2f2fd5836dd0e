//! `[[webhook]]`: who is told of what happens.

use std::time::Duration;

use config::{SecretPlace, read_with};
use expect_test::expect;

use crate::BASE;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn secrets(place: SecretPlace<'_>) -> Result<String, String> {
    match place {
        SecretPlace::File("good") => Ok(format!("{SECRET}\n")),
        SecretPlace::File("short") => Ok("whsec_c2VjcmV0\n".into()),
        SecretPlace::File(path) => Err(format!("{path} cannot be read")),
        SecretPlace::Variable(name) => Err(format!("the environment has no variable {name}")),
    }
}

fn said(webhook: &str) -> String {
    let text = format!("{BASE}\n{webhook}");
    let title = |it: &config::Finding| format!("{:?} {}:{}\n", it.severity, it.line, it.column);
    let findings = match read_with("rappel.toml", &text, &secrets) {
        Ok((_, _, warnings)) => warnings,
        Err(findings) => findings,
    };
    findings.iter().map(|finding| title(finding) + &finding.render()).collect()
}

fn one(keys: &str) -> String {
    format!(
        "[[webhook]]\nname = \"crm\"\nurl = \"https://crm.example/rappel\"\n\
         secret_file = \"good\"\n{keys}"
    )
}

#[test]
fn a_webhook_is_told_of_outcomes_by_the_table_of_the_standard() {
    let text = format!("{BASE}\n{}", one(""));
    let (_, roof, warnings) = read_with("rappel.toml", &text, &secrets).expect("a good file");
    assert_eq!(warnings, []);
    let [hook] = &roof.webhooks[..] else { panic!("{:?}", roof.webhooks) };
    assert_eq!(
        hook.facts,
        ["callback_requested", "request_closed", "ticket_wanted", "ticket_comment"]
    );
    let hours: Duration = hook.retries.iter().sum();
    assert_eq!((hook.retries.len(), hours.as_secs() / 3_600), (9, 75));
    assert_eq!((hook.secret.reveal().len(), hook.secret.reveal()[0]), (24, 0x31));
    assert!(format!("{hook:?}").contains("secret: SigningKey,"), "no log shows it");
    let own = one("facts = [\"offered\"]\nretries = [\"1s\", \"1m\"]\ntimeout = \"2s\"\n");
    let text = format!("{BASE}\n{own}");
    let (_, roof, _) = read_with("rappel.toml", &text, &secrets).expect("a good file");
    let hook = &roof.webhooks[0];
    assert_eq!((&hook.facts[..], hook.retries.len()), (&["offered"][..], 2));
    assert_eq!(hook.timeout, Duration::from_secs(2));
}

#[test]
fn mistakes_of_webhooks_are_named() {
    let all = [
        said("[[webhook]]\nname = \"crm\"\nsecret_file = \"good\"\n"),
        said(&one("").replace("https://crm.example/rappel", "crm.example")),
        said(&one("").replace("https://crm", "https://me:pw@crm")),
        said(&one("").replace("https://crm", "http://crm")),
        said(&one("").replace("\"good\"", "\"short\"")),
        said(&one("facts = [\"request_close\"]\n")),
        said(&one("facts = []\n")),
        said(&one("retries = [\"5\"]\n")),
    ];
    expect![[r#"
        Error 27:1
          × this [[webhook]] has no `url`
            ╭─[rappel.toml:27:1]
         27 │ [[webhook]]
            · ─────┬─────
            ·      ╰── expected `url` below
            ╰────
          help: add url = "https://crm.example/rappel"
        Error 29:7
          × `url`: `crm.example` is no address of the web
            ╭─[rappel.toml:29:7]
         29 │ url = "crm.example"
            ·       ──────┬──────
            ·             ╰── expected where it is told, such as "https://crm.example/rappel"
            ╰────
          help: it begins with https:// and the name of a host
        Error 29:7
          × `url`: there is a user in it
            ╭─[rappel.toml:29:7]
         29 │ url = "https://me:pw@crm.example/rappel"
            ·       ─────────────────┬────────────────
            ·                        ╰── expected where it is told, such as "https://crm.example/rappel"
            ╰────
          help: a receiver knows us by the signature: leave the password out
        Warning 29:7
          ⚠ whoever is in between reads and changes what is told
            ╭─[rappel.toml:29:7]
         29 │ url = "http://crm.example/rappel"
            ·       ─────────────┬─────────────
            ·                    ╰── expected https://
            ╰────
          help: only a receiver on this machine needs no TLS
        Error 30:15
          × `secret_file`: it is not whsec_ and 24 to 64 bytes in base64
            ╭─[rappel.toml:30:15]
         30 │ secret_file = "short"
            ·               ───┬───
            ·                  ╰── expected where the secret is
            ╰────
          help: the secret is the whole content, on one line
        Error 31:10
          × `facts`: there is no fact `request_close`
            ╭─[rappel.toml:31:10]
         31 │ facts = ["request_close"]
            ·          ───────┬───────
            ·                 ╰── expected names of facts, such as ["request_closed"]
            ╰────
          help: did you mean "request_closed"?
        Error 31:9
          × `facts` is empty: nothing would be told
            ╭─[rappel.toml:31:9]
         31 │ facts = []
            ·         ─┬
            ·          ╰── expected names of facts, such as ["request_closed"]
            ╰────
          help: leave it out to tell what becomes of callbacks
        Error 31:12
          × `retries`: `5` is no such time
            ╭─[rappel.toml:31:12]
         31 │ retries = ["5"]
            ·            ─┬─
            ·             ╰── expected times from "10ms" to "7d", such as ["5s", "5m", "2h"]
            ╰────
          help: from one try to the next, with its unit
    "#]].assert_eq(&all.concat());
}

#[test]
fn one_webhook_and_one_retry_too_many() {
    let hooks = |count: usize| {
        (0..count).map(|n| one("").replace("\"crm\"", &format!("\"crm{n}\""))).collect::<String>()
    };
    assert_eq!(said(&hooks(config::WEBHOOKS_MAX)), "");
    assert!(said(&hooks(config::WEBHOOKS_MAX + 1)).contains("one webhook too many"));
    let retries = |count: usize| said(&one(&format!("retries = {:?}\n", vec!["1s"; count])));
    assert_eq!(retries(config::RETRIES_MAX), "");
    assert!(retries(config::RETRIES_MAX + 1).contains("more than 20"));
}
