//! `[[listener]]`: where SIP is listened for, and by which listener others are called.

use expect_test::{Expect, expect};
use sip::{Listener, ListenerId, Transport};

use crate::{BASE, changed, rendered};

const TCP: &str = "\n[[listener]]\nname = \"tcp\"\ntransport = \"tcp\"\naddress = \"0.0.0.0\"\n";
const SIX: &str = "\n[[listener]]\nname = \"six\"\naddress = \"[2001:db8::5]:5070\"\n";
const BEHIND: &str =
    "\n[[listener]]\nname = \"nat\"\naddress = \"10.0.0.5\"\nadvertise = \"203.0.113.9:6060\"\n";

/// The base file with more listeners, and what is said about it.
fn with(more: &str, said: Expect) {
    said.assert_eq(&rendered(&format!("{BASE}{more}")));
}

fn listener(transport: Transport, local: &str) -> Listener {
    Listener { transport, local: local.parse().expect("an address") }
}

#[test]
fn several_listeners_stand_in_the_order_of_the_file() {
    let text = format!("{BASE}{TCP}{SIX}{BEHIND}");
    let (settings, roof, _) = config::read("rappel.toml", &text).expect("a good file");
    assert_eq!(
        settings.sip.listeners,
        [
            listener(Transport::Udp, "203.0.113.5:5060"),
            listener(Transport::Tcp, "203.0.113.5:5060"),
            listener(Transport::Udp, "[2001:db8::5]:5070"),
            listener(Transport::Udp, "203.0.113.9:6060"),
        ]
    );
    let bound: Vec<String> =
        roof.listeners.iter().map(|bind| format!("{} {}", bind.name, bind.address)).collect();
    assert_eq!(
        bound,
        ["sip 0.0.0.0:5060", "tcp 0.0.0.0:5060", "six [2001:db8::5]:5070", "nat 10.0.0.5:5060"]
    );
}

#[test]
fn listeners_alone_need_no_address_under_sip() {
    let text = changed("listen = \"0.0.0.0:5060\"", "") + TCP;
    let text = text.replace(
        "address = \"198.51.100.7:5060\"",
        "address = \"198.51.100.7\"\ntransport = \"tcp\"",
    );
    let text = text.replace("sip:anna@192.0.2.5:5060", "sip:anna@192.0.2.5;transport=tcp");
    let (settings, _, _) = config::read("rappel.toml", &text).expect("a good file");
    assert_eq!(settings.sip.listeners, [listener(Transport::Tcp, "203.0.113.5:5060")]);
}

#[test]
fn trunks_and_agents_are_called_by_the_listener_that_fits_or_is_named() {
    let text = format!("{BASE}{TCP}{SIX}{BEHIND}")
        .replace("address = \"198.51.100.7:5060\"", "address = \"[2001:db8::7]\"")
        .replace("sip:anna@192.0.2.5:5060", "sip:anna@192.0.2.5;transport=TCP")
        + "\n[[agent]]\nname = \"ben\"\nuri = \"sip:ben@192.0.2.6\"\nlistener = \"nat\"\n\
           \n[[agent]]\nname = \"cem\"\nuri = \"sip:cem@192.0.2.7\"\nlistener = \"sip\"\n";
    let (settings, _, _) = config::read("rappel.toml", &text).expect("a good file");
    let by: Vec<ListenerId> = settings.agents.iter().filter_map(engine::Agent::listener).collect();
    assert_eq!(settings.trunks[0].listener, Some(ListenerId(2)));
    assert_eq!(by, [ListenerId(1), ListenerId(3), ListenerId(0)]);
}

#[test]
fn a_listener_without_an_address() {
    with(
        "\n[[listener]]\nname = \"tcp\"\ntransport = \"tcp\"\n",
        expect![[r#"
        Error 27:1
          × this [[listener]] has no `address`
            ╭─[rappel.toml:27:1]
         27 │ [[listener]]
            · ──────┬─────
            ·       ╰── expected `address` below
            ╰────
          help: add address = "0.0.0.0:5060"
    "#]],
    );
}

#[test]
fn a_listener_with_an_unknown_transport() {
    with(
        "\n[[listener]]\nname = \"x\"\ntransport = \"sctp\"\naddress = \"0.0.0.0\"\n",
        expect![[r#"
            Error 29:13
              × `transport`: `sctp` is not one of them
                ╭─[rappel.toml:29:13]
             29 │ transport = "sctp"
                ·             ───┬──
                ·                ╰── expected one of "udp", "tcp", "tls"
                ╰────
              help: without this key it is "udp"
            Error 30:11
              × listener `sip` has 0.0.0.0:5060 already
                ╭─[rappel.toml:30:11]
             30 │ address = "0.0.0.0"
                ·           ────┬────
                ·               ╰── expected an address of its own
                ╰────
              help: give each listener an address or a port of its own
        "#]],
    );
}

#[test]
fn two_listeners_at_one_address() {
    with(
        "\n[[listener]]\nname = \"again\"\naddress = \"0.0.0.0:5060\"\n",
        expect![[r#"
        Error 29:11
          × listener `sip` has 0.0.0.0:5060 already
            ╭─[rappel.toml:29:11]
         29 │ address = "0.0.0.0:5060"
            ·           ───────┬──────
            ·                  ╰── expected an address of its own
            ╰────
          help: give each listener an address or a port of its own
    "#]],
    );
}

#[test]
fn a_listener_with_the_name_of_the_one_of_sip() {
    with(
        "\n[[listener]]\nname = \"sip\"\naddress = \"0.0.0.0:5070\"\n",
        expect![[r#"
        Error 28:8
          × `sip` is the name of the listener that [sip] makes
            ╭─[rappel.toml:28:8]
         28 │ name = "sip"
            ·        ──┬──
            ·          ╰── expected another name
            ╰────
          help: call it by what it is for: "tcp"
    "#]],
    );
}

#[test]
fn a_listener_that_nobody_could_be_told_of() {
    with(
        "\n[[listener]]\nname = \"six\"\naddress = \"[::]:5060\"\n",
        expect![[r#"
        Error 29:11
          × nobody can know the IPv6 address at which others reach this
            ╭─[rappel.toml:29:11]
         29 │ address = "[::]:5060"
            ·           ─────┬─────
            ·                ╰── expected `advertise` beside it
            ╰────
          help: add advertise = "…" with the IPv6 address of this machine
    "#]],
    );
}

#[test]
fn a_trunk_over_tcp_without_a_listener() {
    let text = changed("198.51.100.7:5060\"", "198.51.100.7:5060\"\ntransport = \"tcp\"");
    expect![[r#"
        Error 12:11
          × 198.51.100.7 is called over TCP, and nobody listens for TCP there
            ╭─[rappel.toml:12:11]
         12 │ address = "198.51.100.7:5060"
            ·           ─────────┬─────────
            ·                    ╰── expected a listener for TCP over IPv4
            ╰────
          help: add a [[listener]] with transport = "tcp" and an IPv4 address
    "#]]
    .assert_eq(&rendered(&text));
}

#[test]
fn a_trunk_that_names_a_listener_of_another_transport() {
    let text = changed("198.51.100.7:5060\"", "198.51.100.7:5060\"\nlistener = \"tcp\"") + TCP;
    expect![[r#"
        Error 12:11
          × listener `tcp` speaks TCP, not UDP
            ╭─[rappel.toml:12:11]
         12 │ address = "198.51.100.7:5060"
            ·           ─────────┬─────────
            ·                    ╰── expected a listener for UDP over IPv4
            ╰────
          help: add a [[listener]] with transport = "udp" and an IPv4 address
    "#]]
    .assert_eq(&rendered(&text));
}

#[test]
fn an_agent_who_names_an_unknown_listener() {
    let text = changed("192.0.2.5:5060\"", "192.0.2.5:5060\"\nlistener = \"tpc\"") + TCP;
    expect![[r#"
        Error 26:12
          × there is no listener `tpc`
            ╭─[rappel.toml:26:12]
         26 │ listener = "tpc"
            ·            ──┬──
            ·              ╰── expected the name of a [[listener]]
            ╰────
          help: did you mean `tcp`?
    "#]]
    .assert_eq(&rendered(&text));
}

#[test]
fn one_listener_too_many() {
    let more = |n| format!("\n[[listener]]\nname = \"l{n}\"\naddress = \"10.0.0.{n}\"\n");
    let most: String = (1..=config::LISTENERS_MAX).map(more).collect();
    config::read("rappel.toml", &format!("{BASE}{most}")).expect("a good file");
    with(
        &format!("{most}{}", more(99)),
        expect![[r#"
        Error 91:1
          × this is one listener too many
            ╭─[rappel.toml:91:1]
         91 │ [[listener]]
            · ──────┬─────
            ·       ╰── expected at most 16 listeners
            ╰────
          help: one address of a machine is enough for many trunks
    "#]],
    );
}
