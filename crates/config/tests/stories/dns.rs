//! `[dns]`: who is asked for names.

use expect_test::expect;

use crate::{BASE, rendered};

fn with(servers: &str) -> String {
    format!("{BASE}\n[dns]\nservers = {servers}\n")
}

#[test]
fn the_systems_servers_are_asked_unless_the_file_names_others() {
    let servers = |text: &str| config::read("rappel.toml", text).expect("a good file").1.dns;
    assert_eq!(servers(BASE), []);
    let named = servers(&with("[\"192.0.2.53\", \"192.0.2.54:5353\", \"[2001:db8::53]\"]"));
    let shown: Vec<String> = named.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["192.0.2.53:53", "192.0.2.54:5353", "[2001:db8::53]:53"]);
}

#[test]
fn servers_that_nobody_can_ask() {
    let said =
        [with("[]"), with("[\"0.0.0.0\"]"), with("[\"dns.example\"]")].map(|text| rendered(&text));
    expect![[r#"
        Error 28:11
          × `servers` is empty: nobody would be asked
            ╭─[rappel.toml:28:11]
         28 │ servers = []
            ·           ─┬
            ·            ╰── expected addresses, such as ["192.0.2.53"]
            ╰────
          help: leave it out to ask the servers of /etc/resolv.conf
        Error 28:12
          × `servers`: 0.0.0.0 is no address
            ╭─[rappel.toml:28:12]
         28 │ servers = ["0.0.0.0"]
            ·            ────┬────
            ·                ╰── expected addresses, such as ["192.0.2.53"]
            ╰────
          help: write the address of one server
        Error 28:12
          × `servers`: `dns.example` is not an IP address
            ╭─[rappel.toml:28:12]
         28 │ servers = ["dns.example"]
            ·            ──────┬──────
            ·                  ╰── expected addresses, such as ["192.0.2.53"]
            ╰────
          help: names are looked up in the `targets` of a trunk only: write the IP address of dns.example
    "#]]
    .assert_eq(&said.concat());
}

#[test]
fn one_dns_server_too_many() {
    let list = |count: usize| format!("{:?}", vec!["192.0.2.53"; count]);
    config::read("rappel.toml", &with(&list(config::DNS_SERVERS_MAX))).expect("a good file");
    assert!(rendered(&with(&list(config::DNS_SERVERS_MAX + 1))).contains("more than 8"));
}
