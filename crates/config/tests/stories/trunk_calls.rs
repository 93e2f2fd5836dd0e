//! Mistakes in how a trunk is called, what it is shown and how much it carries; and what arrives.

use engine::{DialledFrom, Dials, Probing, ShownIn, TrunkLimits, UriForm};
use expect_test::expect;

use crate::{changed, mistake, rendered};

const ADDRESS: &str = "address = \"198.51.100.7:5060\"";

fn with(line: &str) -> String {
    format!("{ADDRESS}\n{line}")
}

#[test]
fn a_way_to_write_numbers_that_leads_nowhere() {
    mistake(
        ADDRESS,
        &with("number_format = \"national:1::+\""),
        expect![[r#"
        Error 13:17
          × `number_format`: `+` does not lead abroad
            ╭─[rappel.toml:13:17]
         13 │ number_format = "national:1::+"
            ·                 ───────┬───────
            ·                        ╰── expected "e164", "digits", "00" or "national:" with a country
            ╰────
          help: in North America: national:1::011
    "#]],
    );
    mistake(
        ADDRESS,
        &with("number_format = \"national\""),
        expect![[r#"
        Error 13:17
          × `number_format`: the country is not named
            ╭─[rappel.toml:13:17]
         13 │ number_format = "national"
            ·                 ─────┬────
            ·                      ╰── expected "e164", "digits", "00" or "national:" with a country
            ╰────
          help: national:33:0 is France: the country code, then what precedes a national number
    "#]],
    );
}

#[test]
fn a_caller_id_in_a_header_that_shows_none() {
    mistake(
        ADDRESS,
        &with("caller_id = [\"from\", \"p-assserted-identity\", \"from\"]"),
        expect![[r#"
            Error 13:22
              × `caller_id`: no number is shown in `p-assserted-identity`
                ╭─[rappel.toml:13:22]
             13 │ caller_id = ["from", "p-assserted-identity", "from"]
                ·                      ───────────┬──────────
                ·                                 ╰── expected some of from, p-asserted-identity, p-preferred-identity, remote-party-id
                ╰────
              help: did you mean "p-asserted-identity"?
            Error 13:46
              × `caller_id` names from twice
                ╭─[rappel.toml:13:46]
             13 │ caller_id = ["from", "p-assserted-identity", "from"]
                ·                                              ───┬──
                ·                                                 ╰── expected each header once
                ╰────
              help: leave one of them out
        "#]],
    );
    mistake(
        ADDRESS,
        &with("caller_id = []"),
        expect![[r#"
        Error 13:13
          × `caller_id` is empty: the trunk would not learn who calls
            ╭─[rappel.toml:13:13]
         13 │ caller_id = []
            ·             ─┬
            ·              ╰── expected some of from, p-asserted-identity, p-preferred-identity, remote-party-id
            ╰────
          help: without this key it is ["from", "p-asserted-identity"]
    "#]],
    );
}

#[test]
fn a_domain_that_is_a_uri() {
    mistake(
        ADDRESS,
        &with("domain = \"sip:carrier.example\""),
        expect![[r#"
        Error 13:10
          × `domain`: `sip:carrier.example` is not a host name
            ╭─[rappel.toml:13:10]
         13 │ domain = "sip:carrier.example"
            ·          ──────────┬──────────
            ·                    ╰── expected a host name, such as "carrier.example"
            ╰────
          help: write the name alone, without sip: and without a port
    "#]],
    );
}

#[test]
fn a_header_that_does_not_name_the_line() {
    mistake(
        ADDRESS,
        &with("dialled_from = \"diverson\""),
        expect![[r#"
        Error 13:16
          × `dialled_from`: `diverson` is not one of them
            ╭─[rappel.toml:13:16]
         13 │ dialled_from = "diverson"
            ·                ─────┬────
            ·                     ╰── expected one of "request-uri", "to", "diversion", "p-called-party-id"
            ╰────
          help: did you mean "diversion"?
    "#]],
    );
    mistake(
        ADDRESS,
        &with("diversion = \"lines\""),
        expect![[r#"
        Error 13:13
          × `diversion`: `lines` is not one of them
            ╭─[rappel.toml:13:13]
         13 │ diversion = "lines"
            ·             ───┬───
            ·                ╰── expected one of "none", "line"
            ╰────
          help: did you mean "line"?
    "#]],
    );
}

#[test]
fn a_dial_prefix_that_cannot_be_dialled() {
    mistake(
        ADDRESS,
        &with("dial_prefix = \"+0\""),
        expect![[r#"
        Error 13:15
          × `dial_prefix`: `+0` cannot be dialled before a number
            ╭─[rappel.toml:13:15]
         13 │ dial_prefix = "+0"
            ·               ──┬─
            ·                 ╰── expected digits, * and #, such as "0"
            ╰────
          help: 1 to 16 keys; + belongs to number_format
    "#]],
    );
}

#[test]
fn a_tel_uri_of_national_digits() {
    mistake(
        ADDRESS,
        &with("number_uri = \"tel\"\nnumber_format = \"national:33:0\""),
        expect![[r#"
        Error 13:14
          × a tel: URI of digits alone would not say whose digits they are
            ╭─[rappel.toml:13:14]
         13 │ number_uri = "tel"
            ·              ──┬──
            ·                ╰── expected "sip" or "sip;user=phone"
            ╰────
          help: with number_uri = "tel" leave number_format and dial_prefix out
    "#]],
    );
}

#[test]
fn what_a_trunk_wants_to_see_of_us_arrives() {
    let text = changed(
        ADDRESS,
        &with(
            "dialled_from = \"to\"\ncaller_id = [\"P-Preferred-Identity\", \"remote-party-id\"]\n\
             domain = \"carrier.example\"\ndiversion = \"line\"\ndial_prefix = \"9911#\"\n\
             number_uri = \"sip;user=phone\"\nnumber_format = \"national:1::011\"",
        ),
    );
    let trunk = config::read("rappel.toml", &text).expect("nothing is wrong").0.trunks.remove(0);
    assert_eq!(trunk.dialled_from, DialledFrom::To);
    assert_eq!(trunk.shows.in_headers, [ShownIn::Preferred, ShownIn::RemoteParty]);
    assert_eq!(trunk.shows.domain.as_deref(), Some("carrier.example"));
    assert_eq!(trunk.shows.account, "rappel");
    assert!(trunk.shows.diversion);
    assert_eq!(trunk.dials, Dials { prefix: "9911#".into(), form: UriForm::SipUserPhone });
    let york = model::E164::parse("+12025550123").expect("a number");
    assert_eq!(trunk.format.write(&york), "2025550123");
    assert_eq!(trunk.format.read("01112025550123"), Ok(york));
}

#[test]
fn limits_that_leave_nothing() {
    mistake(
        ADDRESS,
        &with("calls_max = 0\ncalls_per_second = 1001"),
        expect![[r#"
            Error 13:13
              × `calls_max` is out of range
                ╭─[rappel.toml:13:13]
             13 │ calls_max = 0
                ·             ┬
                ·             ╰── expected a whole number from 1 to 100000
                ╰────
              help: without this key there is no limit
            Error 14:20
              × `calls_per_second` is out of range
                ╭─[rappel.toml:14:20]
             14 │ calls_per_second = 1001
                ·                    ──┬─
                ·                      ╰── expected a whole number from 1 to 1000
                ╰────
              help: without this key there is no limit
        "#]],
    );
    mistake(
        ADDRESS,
        &with("calls_max = 10\nreserve = 10"),
        expect![[r#"
        Error 14:11
          × no call would be left for callbacks
            ╭─[rappel.toml:14:11]
         14 │ reserve = 10
            ·           ─┬
            ·            ╰── expected fewer than `calls_max`
            ╰────
          help: keep fewer calls for callers
    "#]],
    );
    mistake(
        ADDRESS,
        &with("reserve = 1"),
        expect![[r#"
        Error 13:11
          × `reserve` is a part of `calls_max`, which is not set
            ╭─[rappel.toml:13:11]
         13 │ reserve = 1
            ·           ┬
            ·           ╰── expected fewer than `calls_max`
            ╰────
          help: add calls_max
    "#]],
    );
    mistake(
        ADDRESS,
        &with("when_full = \"480\""),
        expect![[r#"
        Error 13:13
          × `when_full`: `480` is not one of them
            ╭─[rappel.toml:13:13]
         13 │ when_full = "480"
            ·             ──┬──
            ·               ╰── expected one of "503", "486"
            ╰────
          help: did you mean "486"?
    "#]],
    );
}

#[test]
fn limits_arrive() {
    let lines = "calls_max = 10\nreserve = 3\ncalls_per_second = 2\nwhen_full = \"486\"";
    let text = changed(ADDRESS, &with(lines));
    let trunk = config::read("rappel.toml", &text).expect("nothing is wrong").0.trunks.remove(0);
    let (calls_max, calls_per_second) = (Some(10), Some(2));
    let limits = TrunkLimits { calls_max, reserve: 3, calls_per_second, full_status: 486 };
    assert_eq!(trunk.limits, limits);
}

#[test]
fn targets_that_lead_nowhere() {
    mistake(
        ADDRESS,
        &with("targets = [\"198.51.100.8\"]"),
        expect![[r#"
        Error 12:11
          × this trunk has both `address` and `targets`
            ╭─[rappel.toml:12:11]
         12 │ address = "198.51.100.7:5060"
            ·           ─────────┬─────────
            ·                    ╰── expected one of the two
            ╰────
          help: put the address into `targets`, in the place of its turn
    "#]],
    );
    mistake(
        ADDRESS,
        "targets = []",
        expect![[r#"
        Error 12:11
          × `targets` is empty: no call would go out
            ╭─[rappel.toml:12:11]
         12 │ targets = []
            ·           ─┬
            ·            ╰── expected an address or a host name, such as "sip.carrier.example"
            ╰────
          help: the trunk's own address is enough: targets = ["203.0.113.7:5060"]
    "#]],
    );
    mistake(
        ADDRESS,
        "targets = [\"sip:sbc.carrier.example\", \"sbc:70000\"]",
        expect![[r#"
        Error 12:12
          × `targets`: this is a URI
            ╭─[rappel.toml:12:12]
         12 │ targets = ["sip:sbc.carrier.example", "sbc:70000"]
            ·            ────────────┬────────────
            ·                        ╰── expected an address or a host name, such as "sip.carrier.example"
            ╰────
          help: write the address or the name only, without sip:
        Error 12:39
          × `targets`: `sbc:70000` has no valid port
            ╭─[rappel.toml:12:39]
         12 │ targets = ["sip:sbc.carrier.example", "sbc:70000"]
            ·                                       ─────┬─────
            ·                                            ╰── expected an address or a host name, such as "sip.carrier.example"
            ╰────
          help: a port is a number from 1 to 65535
    "#]],
    );
    mistake(
        ADDRESS,
        "targets = [\"0.0.0.0\", \"2001:db8::7\"]",
        expect![[r#"
        Error 12:12
          × `address` is 0.0.0.0, which is no address
            ╭─[rappel.toml:12:12]
         12 │ targets = ["0.0.0.0", "2001:db8::7"]
            ·            ────┬────
            ·                ╰── expected an IP address and a port, such as "203.0.113.7:5060"
            ╰────
          help: write the address that your carrier or PBX gave you
        Error 12:23
          × 2001:db8::7 is IPv6, and SIP is spoken from 203.0.113.5:5060
            ╭─[rappel.toml:12:23]
         12 │ targets = ["0.0.0.0", "2001:db8::7"]
            ·                       ──────┬──────
            ·                             ╰── expected an IPv4 address
            ╰────
          help: write an IPv4 address, or add a [[listener]] for IPv6
    "#]],
    );
    let line = "targets = [\"198.51.100.8;weight=x\", \"198.51.100.9;transport=ws\"]";
    mistake(
        ADDRESS,
        line,
        expect![[r#"
        Error 12:12
          × `targets`: `weight=x` is not understood
            ╭─[rappel.toml:12:12]
         12 │ targets = ["198.51.100.8;weight=x", "198.51.100.9;transport=ws"]
            ·            ───────────┬───────────
            ·                       ╰── expected an address or a host name, such as "sip.carrier.example"
            ╰────
          help: a target may have ;transport=, ;priority= and ;weight=
        Error 12:37
          × `targets`: `transport=ws` is not understood
            ╭─[rappel.toml:12:37]
         12 │ targets = ["198.51.100.8;weight=x", "198.51.100.9;transport=ws"]
            ·                                     ─────────────┬─────────────
            ·                                                  ╰── expected an address or a host name, such as "sip.carrier.example"
            ╰────
          help: a target may have ;transport=, ;priority= and ;weight=
    "#]],
    );
    let many: Vec<String> = (1..=17).map(|n| format!("\"198.51.100.{n}\"")).collect();
    let many = format!("targets = [{}]", many.join(","));
    assert!(rendered(&changed(ADDRESS, &many)).contains("`targets` holds more than 16"));
}

#[test]
fn the_calls_of_a_trunk_of_names_come_from_where_they_lead_unless_it_says_otherwise() {
    let follows = |lines: &str| {
        let (settings, ..) = config::read("rappel.toml", &changed(ADDRESS, lines)).expect("good");
        (settings.trunks[0].calls_from_names, settings.sip.peers[0].sources.len())
    };
    assert_eq!(follows(ADDRESS), (false, 1));
    assert_eq!(follows("targets = [\"sbc.carrier.example\"]"), (true, 0));
    assert_eq!(follows("targets = [\"sbc.carrier.example\", \"198.51.100.7\"]"), (true, 1));
    let said = "targets = [\"sbc.carrier.example\"]\nsources = [\"198.51.100.0/24\"]";
    assert_eq!(follows(said), (false, 1));
}

#[test]
fn probes_that_ask_nobody() {
    mistake(
        ADDRESS,
        &with("probe_unanswered = 3"),
        expect![[r#"
        Warning 13:20
          ⚠ `probe_unanswered` has no effect: nobody is asked
            ╭─[rappel.toml:13:20]
         13 │ probe_unanswered = 3
            ·                    ┬
            ·                    ╰── expected `probe_every` beside it
            ╰────
          help: add probe_every = "30s"
    "#]],
    );
    mistake(
        ADDRESS,
        &with("probe_every = \"10ms\""),
        expect![[r#"
        Error 13:15
          × `probe_every` is too short
            ╭─[rappel.toml:13:15]
         13 │ probe_every = "10ms"
            ·               ───┬──
            ·                  ╰── expected a second or more, or "0s"
            ╰────
          help: "30s" is plenty; "0s" asks nobody
    "#]],
    );
}

#[test]
fn targets_and_probes_arrive() {
    let lines = "targets = [\"198.51.100.8\", \"SBC.Carrier.example:5070;weight=60\", \
                 \"198.51.100.9;transport=udp;priority=7\"]\n\
                 sources = [\"198.51.100.0/24\"]\nprobe_every = \"30s\"\nprobe_unanswered = 3";
    let text = changed(ADDRESS, lines);
    let trunk = config::read("rappel.toml", &text).expect("nothing is wrong").0.trunks.remove(0);
    let told: Vec<(&str, u16, u16)> =
        trunk.targets.iter().map(|t| (t.host.as_str(), t.priority, t.weight)).collect();
    assert_eq!(
        told,
        [
            ("198.51.100.8:5060", 0, 1),
            ("sbc.carrier.example:5070", 1, 60),
            ("198.51.100.9:5060", 7, 1),
        ]
    );
    assert_eq!(trunk.targets[1].at.port, Some(5070));
    assert_eq!(trunk.targets[1].address(), None);
    let every = std::time::Duration::from_secs(30);
    assert_eq!(trunk.probing, Some(Probing { every, unanswered_max: 3 }));
}
