//! `[http]` and `[[token]]`: who may ask what of the HTTP API.

use config::{Role, SecretPlace, read_with};
use expect_test::expect;

use crate::{BASE, rendered};

const TOKEN: &str = "a-token-of-twenty-four-c";

fn secrets(place: SecretPlace<'_>) -> Result<String, String> {
    match place {
        SecretPlace::File("good") => Ok(format!("{TOKEN}\n")),
        SecretPlace::File("short") => Ok("secret\n".into()),
        SecretPlace::File(path) => Err(format!("{path} cannot be read")),
        SecretPlace::Variable(name) => Err(format!("the environment has no variable {name}")),
    }
}

fn with(http: &str) -> String {
    format!("{BASE}\n{http}")
}

fn said(http: &str) -> String {
    let title = |it: &config::Finding| format!("{:?} {}:{}\n", it.severity, it.line, it.column);
    let findings = match read_with("rappel.toml", &with(http), &secrets) {
        Ok((_, _, warnings)) => warnings,
        Err(findings) => findings,
    };
    findings.iter().map(|finding| title(finding) + &finding.render()).collect()
}

#[test]
fn there_is_no_http_unless_the_file_says_so() {
    let (_, roof, _) = config::read("rappel.toml", BASE).expect("a good file");
    assert_eq!(roof.http, None);
}

#[test]
fn programs_and_agents_have_tokens_of_their_own() {
    let text = with(
        "[http]\nlisten = \"127.0.0.1\"\norigins = [\"https://Shop.example\"]\n\
         [[token]]\nname = \"crm\"\nrole = \"supervisor\"\ntoken_file = \"good\"\n\
         [[token]]\nname = \"anna\"\nrole = \"agent\"\nagent = \"anna\"\ntoken_file = \"good\"\n",
    );
    let (_, roof, warnings) = read_with("rappel.toml", &text, &secrets).expect("a good file");
    assert_eq!(warnings, []);
    let http = roof.http.expect("it is there");
    assert_eq!(http.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(http.origins, ["https://shop.example"]);
    assert_eq!((http.requests_per_minute, http.connections_max, http.open), (600, 256, false));
    let roles: Vec<Role> = http.tokens.iter().map(|token| token.role).collect();
    assert_eq!(roles, [Role::Supervisor, Role::Agent]);
    assert_eq!(http.tokens[1].agent.as_ref().map(|agent| agent.as_str()), Some("anna"));
    assert_eq!(http.tokens[0].secret.reveal(), TOKEN);
    assert!(!format!("{http:?}").contains(TOKEN), "no log shows it");
}

#[test]
fn mistakes_of_tokens_are_named() {
    let one = |keys: &str| {
        said(&format!("[http]\nlisten = \"127.0.0.1:8080\"\n[[token]]\nname = \"crm\"\n{keys}"))
    };
    let all = [
        said("[http]\nlisten = \"127.0.0.1:8080\"\n"),
        one("role = \"boss\"\ntoken_file = \"good\"\n"),
        one("role = \"viewer\"\n"),
        one("role = \"viewer\"\ntoken_file = \"short\"\n"),
        one("role = \"agent\"\ntoken_file = \"good\"\n"),
        one("role = \"agent\"\nagent = \"ana\"\ntoken_file = \"good\"\n"),
        one("role = \"viewer\"\nagent = \"anna\"\ntoken_file = \"good\"\n"),
    ];
    expect![[r#"
        Error 27:2
          × nobody may ask
            ╭─[rappel.toml:27:2]
         27 │ [http]
            ·  ──┬─
            ·    ╰── expected at least one [[token]]
            ╰────
          help: add [[token]] and below it name = "crm", role = "supervisor", token_file = "/etc/rappel/
                crm.token"
        Error 31:8
          × `role`: `boss` is not one of them
            ╭─[rappel.toml:31:8]
         31 │ role = "boss"
            ·        ───┬──
            ·           ╰── expected one of "site", "viewer", "agent", "supervisor", "admin"
            ╰────
          help: "site" is for a button on a web page, "supervisor" for a CRM
        Error 29:1
          × this [[token]] does not say where the token is
            ╭─[rappel.toml:29:1]
         29 │ [[token]]
            · ────┬────
            ·     ╰── expected `token_file` or `token_env` below
            ╰────
          help: add token_file = "/etc/rappel/…", and no other
        Error 32:14
          × `token_file`: it is not 24 or more ASCII characters
            ╭─[rappel.toml:32:14]
         32 │ token_file = "short"
            ·              ───┬───
            ·                 ╰── expected where the token is
            ╰────
          help: the token is the whole content, on one line
        Error 29:1
          × this token is an agent's, and does not say whose
            ╭─[rappel.toml:29:1]
         29 │ [[token]]
            · ────┬────
            ·     ╰── expected `agent` below
            ╰────
          help: add agent = "anna", the name of an [[agent]]
        Error 32:9
          × there is no agent `ana`
            ╭─[rappel.toml:32:9]
         32 │ agent = "ana"
            ·         ──┬──
            ·           ╰── expected the name of a [[agent]]
            ╰────
          help: did you mean `anna`?
        Warning 32:9
          ⚠ `agent` has no effect with this role
            ╭─[rappel.toml:32:9]
         32 │ agent = "anna"
            ·         ───┬──
            ·            ╰── expected role = "agent" beside it
            ╰────
          help: leave it out, or write role = "agent"
    "#]].assert_eq(&all.concat());
}

#[test]
fn mistakes_of_the_address_and_the_origins_are_named() {
    let token = "[[token]]\nname = \"crm\"\nrole = \"viewer\"\ntoken_file = \"good\"\n";
    let all = [
        said(token),
        said(&format!("[http]\n{token}")),
        said(&format!("[http]\nlisten = \"0.0.0.0:80\"\norigins = [\"*\"]\n{token}")),
        said(&format!("[http]\nlisten = \"::1\"\norigins = [\"https://a.example/x\"]\n{token}")),
    ];
    expect![[r#"
        Warning 27:1
          ⚠ there is a token, and no HTTP that it is for
            ╭─[rappel.toml:27:1]
         27 │ [[token]]
            · ────┬────
            ·     ╰── expected [http] beside it
            ╰────
          help: add a line [http], and below it listen = "127.0.0.1:8080"
        Error 27:2
          × this [http] has no `listen`
            ╭─[rappel.toml:27:2]
         27 │ [http]
            ·  ──┬─
            ·    ╰── expected `listen` below
            ╰────
          help: add listen = "127.0.0.1:8080"
        Warning 28:10
          ⚠ `listen` is 0.0.0.0, and tokens go there unencrypted
            ╭─[rappel.toml:28:10]
         28 │ listen = "0.0.0.0:80"
            ·          ──────┬─────
            ·                ╰── expected an address of this machine alone
            ╰────
          help: listen on 127.0.0.1, and put a proxy that speaks TLS in front
        Error 29:12
          × `origins`: every site of the world is not named
            ╭─[rappel.toml:29:12]
         29 │ origins = ["*"]
            ·            ─┬─
            ·             ╰── expected origins, such as ["https://www.example.com"]
            ╰────
          help: as the browser shows it, without a path: "https://www.example.com"
        Error 29:12
          × `origins`: `https://a.example/x` is not an origin
            ╭─[rappel.toml:29:12]
         29 │ origins = ["https://a.example/x"]
            ·            ──────────┬──────────
            ·                      ╰── expected origins, such as ["https://www.example.com"]
            ╰────
          help: as the browser shows it, without a path: "https://www.example.com"
    "#]]
    .assert_eq(&all.concat());
}

#[test]
fn one_token_and_one_origin_too_many() {
    let token = |n: usize| {
        format!("[[token]]\nname = \"t{n}\"\nrole = \"viewer\"\ntoken_file = \"good\"\n")
    };
    let tokens = |count: usize| (0..count).map(token).collect::<String>();
    let http = "[http]\nlisten = \"127.0.0.1:8080\"\n";
    assert_eq!(said(&format!("{http}{}", tokens(config::TOKENS_MAX))), "");
    let beyond = said(&format!("{http}{}", tokens(config::TOKENS_MAX + 1)));
    assert!(beyond.contains("one token too many"), "{beyond}");
    let origins = |count: usize| {
        let list = vec!["https://a.example"; count];
        said(&format!("{http}origins = {list:?}\n{}", token(1)))
    };
    assert_eq!(origins(config::ORIGINS_MAX), "");
    assert!(origins(config::ORIGINS_MAX + 1).contains("more than 32"));
}

#[test]
fn a_file_without_secrets_at_hand_is_refused() {
    let text = with(
        "[http]\nlisten = \"127.0.0.1\"\n[[token]]\nname = \"crm\"\nrole = \"viewer\"\ntoken_env = \"T\"\n",
    );
    assert!(rendered(&text).contains("`token_env`"));
}
