//! Mistakes in queues and agents.

use expect_test::expect;

use crate::{BASE, mistake, rendered};

const URI: &str = "uri = \"sip:anna@192.0.2.5:5060\"";

fn with(line: &str) -> String {
    format!("{URI}\n{line}")
}

#[test]
fn an_agent_without_a_uri() {
    mistake(
        URI,
        "",
        expect![[r#"
        Error 23:1
          × this [[agent]] has no `uri`
            ╭─[rappel.toml:23:1]
         23 │ [[agent]]
            · ────┬────
            ·     ╰── expected `uri` below
            ╰────
          help: add uri = "sip:anna@192.0.2.5:5060"
    "#]],
    );
}

#[test]
fn an_agent_whose_uri_is_an_address() {
    mistake(
        URI,
        "uri = \"192.0.2.5\"",
        expect![[r#"
        Error 25:7
          × `uri`: `192.0.2.5` is not a SIP URI
            ╭─[rappel.toml:25:7]
         25 │ uri = "192.0.2.5"
            ·       ─────┬─────
            ·            ╰── expected a SIP URI with an address, such as "sip:anna@192.0.2.5:5060"
            ╰────
          help: write sip:anna@192.0.2.5:5060
    "#]],
    );
}

#[test]
fn an_agent_whose_uri_names_nobody() {
    mistake(
        URI,
        "uri = \"sip:192.0.2.5\"",
        expect![[r#"
        Error 25:7
          × `uri`: the URI names nobody
            ╭─[rappel.toml:25:7]
         25 │ uri = "sip:192.0.2.5"
            ·       ───────┬───────
            ·              ╰── expected a SIP URI with an address, such as "sip:anna@192.0.2.5:5060"
            ╰────
          help: write sip:anna@192.0.2.5:5060
    "#]],
    );
}

#[test]
fn an_agent_at_a_host_name() {
    mistake(
        URI,
        "uri = \"sip:anna@phones.example.org\"",
        expect![[r#"
            Error 25:7
              × `uri`: `phones.example.org` is not an IP address
                ╭─[rappel.toml:25:7]
             25 │ uri = "sip:anna@phones.example.org"
                ·       ──────────────┬──────────────
                ·                     ╰── expected a SIP URI with an address, such as "sip:anna@192.0.2.5:5060"
                ╰────
              help: names are looked up in the `targets` of a trunk only: write the IP address of
                    phones.example.org
        "#]],
    );
}

#[test]
fn an_agent_over_tls_or_tcp() {
    mistake(
        URI,
        "uri = \"sips:anna@192.0.2.5\"",
        expect![[r#"
            Error 25:7
              × 192.0.2.5 is called over TLS, and nobody listens for TLS there
                ╭─[rappel.toml:25:7]
             25 │ uri = "sips:anna@192.0.2.5"
                ·       ──────────┬──────────
                ·                 ╰── expected a listener for TLS over IPv4
                ╰────
              help: add a [[listener]] with transport = "tls" and an IPv4 address
        "#]],
    );
    mistake(
        URI,
        "uri = \"sip:anna@192.0.2.5;transport=tcp\"",
        expect![[r#"
            Error 25:7
              × 192.0.2.5 is called over TCP, and nobody listens for TCP there
                ╭─[rappel.toml:25:7]
             25 │ uri = "sip:anna@192.0.2.5;transport=tcp"
                ·       ─────────────────┬────────────────
                ·                        ╰── expected a listener for TCP over IPv4
                ╰────
              help: add a [[listener]] with transport = "tcp" and an IPv4 address
        "#]],
    );
}

#[test]
fn an_agent_whose_uri_would_break_a_header() {
    mistake(
        URI,
        "uri = \"sip:an na@192.0.2.5\"",
        expect![[r#"
        Error 25:7
          × `uri`: the URI holds characters that do not belong there
            ╭─[rappel.toml:25:7]
         25 │ uri = "sip:an na@192.0.2.5"
            ·       ──────────┬──────────
            ·                 ╰── expected a SIP URI with an address, such as "sip:anna@192.0.2.5:5060"
            ╰────
          help: write sip:anna@192.0.2.5:5060
    "#]],
    );
}

#[test]
fn an_agent_in_a_queue_that_does_not_exist() {
    mistake(
        URI,
        &with("queues = [\"suport\"]"),
        expect![[r#"
        Error 26:11
          × there is no queue `suport`
            ╭─[rappel.toml:26:11]
         26 │ queues = ["suport"]
            ·           ────┬───
            ·               ╰── expected the name of a [[queue]]
            ╰────
          help: did you mean `support`?
    "#]],
    );
}

#[test]
fn an_agent_in_no_queue() {
    mistake(
        URI,
        &with("queues = []"),
        expect![[r#"
        Error 26:10
          × `queues` is empty: this agent would never be called
            ╭─[rappel.toml:26:10]
         26 │ queues = []
            ·          ─┬
            ·           ╰── expected the names of queues
            ╰────
          help: online = false keeps an agent out of work for a while
    "#]],
    );
}

#[test]
fn an_agent_who_must_say_which_queue() {
    let second = "[[queue]]\nname = \"sales\"\n\n[[line]]\nqueue = \"support\"";
    expect![[r#"
        Warning 18:1
          ⚠ no line leads into queue `sales`
            ╭─[rappel.toml:18:1]
         18 │ [[queue]]
            · ────┬────
            ·     ╰── expected a line for each queue
            ╰────
          help: add queue = "sales" to a [[line]], or take the queue out
        Error 27:1
          × this [[agent]] names no queue, and there are several
            ╭─[rappel.toml:27:1]
         27 │ [[agent]]
            · ────┬────
            ·     ╰── expected `queues` below
            ╰────
          help: add queues = "…", one of sales, support
    "#]]
    .assert_eq(&rendered(&BASE.replace("[[line]]", second)));
}

#[test]
fn a_status_that_is_not_true_or_false() {
    mistake(
        URI,
        &with("online = \"on\""),
        expect![[r#"
        Error 26:10
          × `online` is text
            ╭─[rappel.toml:26:10]
         26 │ online = "on"
            ·          ──┬─
            ·            ╰── expected true or false
            ╰────
          help: write online = true
    "#]],
    );
}

#[test]
fn a_wrap_up_without_its_unit() {
    mistake(
        URI,
        &with("wrap_up = \"20\""),
        expect![[r#"
        Error 26:11
          × `wrap_up` is not a time
            ╭─[rappel.toml:26:11]
         26 │ wrap_up = "20"
            ·           ──┬─
            ·             ╰── expected a time from "0s" to "1h"
            ╰────
          help: write it in quotes with its units: "20s" (ms, s, m, h, d)
    "#]],
    );
}

#[test]
fn more_attempts_than_are_decent() {
    mistake(
        "request_ttl",
        "attempts = 50\nrequest_ttl",
        expect![[r#"
        Error 16:12
          × `attempts` is out of range
            ╭─[rappel.toml:16:12]
         16 │ attempts = 50
            ·            ─┬
            ·             ╰── expected a whole number from 1 to 10
            ╰────
          help: without this key it is 1
    "#]],
    );
}

#[test]
fn a_request_that_lives_too_long() {
    mistake(
        "8h",
        "91d",
        expect![[r#"
        Error 16:15
          × `request_ttl` is too long
            ╭─[rappel.toml:16:15]
         16 │ request_ttl = "91d"
            ·               ──┬──
            ·                 ╰── expected a time from "1m" to "90d"
            ╰────
          help: write it in quotes with its units: "8h" (ms, s, m, h, d)
    "#]],
    );
}

#[test]
fn two_agents_of_one_name() {
    let text = format!("{BASE}\n[[agent]]\nname = \"anna\"\nuri = \"sip:a@192.0.2.6\"\n");
    expect![[r#"
        Error 28:8
          × `anna` is the name of the agent in line 24
            ╭─[rappel.toml:28:8]
         28 │ name = "anna"
            ·        ───┬──
            ·           ╰── expected a name of its own
            ╰────
          help: give this agent another name
    "#]]
    .assert_eq(&rendered(&text));
}

#[test]
fn no_agent_no_queue_and_no_line() {
    let end = BASE.find("[[queue]]").unwrap();
    expect![[r#"
        Error 1:1
          × the file has no [[line]]: nobody can call
           ╭─[rappel.toml:1:1]
         1 │ [sip]
           · ▲
           · ╰── expected at least one [[line]]
           ╰────
          help: add [[line]] and below it name, number, outbound_number
        Error 1:1
          × the file has no [[queue]]: callers cannot wait
           ╭─[rappel.toml:1:1]
         1 │ [sip]
           · ▲
           · ╰── expected at least one [[queue]]
           ╰────
          help: add [[queue]] and below it name = "support"
        Error 1:1
          × the file has no [[agent]]: nobody answers
           ╭─[rappel.toml:1:1]
         1 │ [sip]
           · ▲
           · ╰── expected at least one [[agent]]
           ╰────
          help: add [[agent]] and below it name, uri
    "#]]
    .assert_eq(&rendered(&BASE[..end]));
}

#[test]
fn an_agents_phone_that_may_send_calls_to_the_whole_world() {
    mistake(
        URI,
        &with("redirect_networks = [\"192.0.2.0/24\", \"0.0.0.0/0\"]"),
        expect![[r#"
        Error 26:38
          × an agent's phone could send our calls to anybody in the world
            ╭─[rappel.toml:26:38]
         26 │ redirect_networks = ["192.0.2.0/24", "0.0.0.0/0"]
            ·                                      ─────┬─────
            ·                                           ╰── expected networks or addresses, such as ["192.0.2.0/24"]
            ╰────
          help: name the networks of your own phones
    "#]],
    );
}

#[test]
fn networks_for_redirections_that_are_not_followed() {
    mistake(
        URI,
        &with("follow_redirects = false\nredirect_networks = [\"192.0.2.0/24\"]"),
        expect![[r#"
            Warning 27:21
              ⚠ `redirect_networks` has no effect: no redirection is followed
                ╭─[rappel.toml:27:21]
             27 │ redirect_networks = ["192.0.2.0/24"]
                ·                     ────────┬───────
                ·                             ╰── expected follow_redirects = true
                ╰────
              help: leave out one of the two keys
        "#]],
    );
}

#[test]
fn more_redirect_networks_than_anybody_needs() {
    let list = vec!["\"192.0.2.1\""; config::REDIRECT_NETWORKS_MAX + 1].join(", ");
    let text = crate::changed(URI, &with(&format!("redirect_networks = [{list}]")));
    let found = crate::findings(&text);
    assert_eq!(found[0].problem, "`redirect_networks` holds more than 16");
}

#[test]
fn an_agents_phone_sends_calls_on_within_its_host_and_the_networks_of_the_file() {
    let redirects_to = |line: &str| {
        let text = crate::changed(URI, &with(line));
        let (settings, _, _) = config::read("rappel.toml", &text).expect("a good file");
        let networks = settings.agents[0].redirects_to.iter().map(|range| range.prefix);
        networks.collect::<Vec<u8>>()
    };
    assert_eq!(redirects_to("online = true"), [32]);
    assert_eq!(redirects_to("redirect_networks = \"10.0.0.0/8\""), [32, 8]);
    assert_eq!(redirects_to("follow_redirects = false"), [0u8; 0]);
}
