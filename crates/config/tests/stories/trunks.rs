//! Mistakes in trunks.

use expect_test::expect;

use crate::{BASE, mistake, rendered};

const ADDRESS: &str = "address = \"198.51.100.7:5060\"";

fn with(line: &str) -> String {
    format!("{ADDRESS}\n{line}")
}

#[test]
fn a_trunk_without_an_address() {
    mistake(
        ADDRESS,
        "",
        expect![[r#"
        Error 10:1
          × this [[trunk]] has no `address`
            ╭─[rappel.toml:10:1]
         10 │ [[trunk]]
            · ────┬────
            ·     ╰── expected `address` below
            ╰────
          help: add address = "203.0.113.7:5060"
    "#]],
    );
}

#[test]
fn a_trunk_whose_address_is_a_name() {
    mistake(
        "198.51.100.7:5060",
        "sbc.carrier.example",
        expect![[r#"
            Error 12:11
              × `address`: `sbc.carrier.example` is not an IP address
                ╭─[rappel.toml:12:11]
             12 │ address = "sbc.carrier.example"
                ·           ──────────┬──────────
                ·                     ╰── expected an IP address and a port, such as "203.0.113.7:5060"
                ╰────
              help: for a name write targets = ["sbc.carrier.example"]
        "#]],
    );
}

#[test]
fn a_trunk_whose_address_is_a_uri() {
    mistake(
        "198.51.100.7:5060",
        "sip:198.51.100.7",
        expect![[r#"
        Error 12:11
          × `address`: this is a URI
            ╭─[rappel.toml:12:11]
         12 │ address = "sip:198.51.100.7"
            ·           ─────────┬────────
            ·                    ╰── expected an IP address and a port, such as "203.0.113.7:5060"
            ╰────
          help: write the address only, without sip:
    "#]],
    );
}

#[test]
fn a_trunk_whose_address_is_no_address() {
    mistake(
        "198.51.100.7:5060",
        "0.0.0.0:5060",
        expect![[r#"
        Error 12:11
          × `address` is 0.0.0.0, which is no address
            ╭─[rappel.toml:12:11]
         12 │ address = "0.0.0.0:5060"
            ·           ───────┬──────
            ·                  ╰── expected an IP address and a port, such as "203.0.113.7:5060"
            ╰────
          help: write the address that your carrier or PBX gave you
    "#]],
    );
}

#[test]
fn a_trunk_of_the_other_address_family() {
    mistake(
        "198.51.100.7:5060",
        "[2001:db8::7]:5060",
        expect![[r#"
            Error 12:11
              × 2001:db8::7 is IPv6, and SIP is spoken from 203.0.113.5:5060
                ╭─[rappel.toml:12:11]
             12 │ address = "[2001:db8::7]:5060"
                ·           ──────────┬─────────
                ·                     ╰── expected an IPv4 address
                ╰────
              help: write an IPv4 address, or add a [[listener]] for IPv6
        "#]],
    );
}

#[test]
fn a_trunk_without_a_name() {
    mistake(
        "name = \"carrier\"",
        "",
        expect![[r#"
        Error 10:1
          × this [[trunk]] has no `name`
            ╭─[rappel.toml:10:1]
         10 │ [[trunk]]
            · ────┬────
            ·     ╰── expected `name` below
            ╰────
          help: add name = "my-trunk"
    "#]],
    );
}

#[test]
fn a_trunk_with_a_name_that_cannot_be_typed() {
    mistake(
        "\"carrier\"",
        "\"my carrier!\"",
        expect![[r#"
        Error 11:8
          × `my carrier!` is not a simple name
            ╭─[rappel.toml:11:8]
         11 │ name = "my carrier!"
            ·        ──────┬──────
            ·              ╰── expected a simple name, such as "support"
            ╰────
          help: names are typed in commands: letters, digits, hyphen, underscore, dot
    "#]],
    );
    mistake(
        "\"carrier\"",
        "\"\"",
        expect![[r#"
        Error 11:8
          × the name is empty
            ╭─[rappel.toml:11:8]
         11 │ name = ""
            ·        ─┬
            ·         ╰── expected a simple name, such as "support"
            ╰────
          help: names are typed in commands: letters, digits, hyphen, underscore, dot
    "#]],
    );
}

#[test]
fn a_name_that_is_too_long() {
    mistake(
        "\"carrier\"",
        &format!("\"{}\"", "x".repeat(65)),
        expect![[r#"
        Error 11:8
          × the name has more than 64 characters
            ╭─[rappel.toml:11:8]
         11 │ name = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            ·        ─────────────────────────────────┬─────────────────────────────────
            ·                                         ╰── expected a simple name, such as "support"
            ╰────
          help: names are typed in commands: letters, digits, hyphen, underscore, dot
    "#]],
    );
}

#[test]
fn two_trunks_of_one_name() {
    let second = "[[trunk]]\nname = \"carrier\"\naddress = \"192.0.2.1\"\n\n[[queue]]";
    let text = BASE.replace("[[queue]]", second);
    expect![[r#"
        Error 15:8
          × `carrier` is the name of the trunk in line 11
            ╭─[rappel.toml:15:8]
         15 │ name = "carrier"
            ·        ────┬────
            ·            ╰── expected a name of its own
            ╰────
          help: give this trunk another name
    "#]]
    .assert_eq(&rendered(&text));
}

#[test]
fn a_source_that_is_a_host_within_a_network() {
    mistake(
        ADDRESS,
        &with("sources = [\"198.51.100.7/24\"]"),
        expect![[r#"
        Error 13:12
          × `sources`: `198.51.100.7/24` is a host within its network
            ╭─[rappel.toml:13:12]
         13 │ sources = ["198.51.100.7/24"]
            ·            ────────┬────────
            ·                    ╰── expected networks or addresses, such as ["203.0.113.0/24"]
            ╰────
          help: write 198.51.100.0/24 for the network, or 198.51.100.7 for the host
    "#]],
    );
}

#[test]
fn a_source_with_too_many_bits() {
    mistake(
        ADDRESS,
        &with("sources = [\"198.51.100.0/33\"]"),
        expect![[r#"
        Error 13:12
          × `sources`: `/33` is not the length of a network
            ╭─[rappel.toml:13:12]
         13 │ sources = ["198.51.100.0/33"]
            ·            ────────┬────────
            ·                    ╰── expected networks or addresses, such as ["203.0.113.0/24"]
            ╰────
          help: after / comes a number from 0 to 32
    "#]],
    );
}

#[test]
fn sources_that_are_empty() {
    mistake(
        ADDRESS,
        &with("sources = []"),
        expect![[r#"
        Error 13:11
          × `sources` is empty: no call would come in
            ╭─[rappel.toml:13:11]
         13 │ sources = []
            ·           ─┬
            ·            ╰── expected networks or addresses, such as ["203.0.113.0/24"]
            ╰────
          help: leave `sources` out to allow only the trunk's own address
    "#]],
    );
}

#[test]
fn sources_beyond_their_limit() {
    let many = vec!["\"192.0.2.1\""; config::SOURCES_MAX + 1].join(", ");
    let text = BASE.replace(ADDRESS, &with(&format!("sources = [\n{many}]")));
    expect![[r#"
        Error 13:11
          × `sources` holds more than 64 networks
            ╭─[rappel.toml:13:11]
         13 │ sources = [
            ·           ┬
            ·           ╰── expected networks or addresses, such as ["203.0.113.0/24"]
            ╰────
          help: join neighbouring hosts to networks
    "#]]
    .assert_eq(&rendered(&text));
    let most = vec!["\"192.0.2.1\""; config::SOURCES_MAX].join(", ");
    assert_eq!(rendered(&BASE.replace(ADDRESS, &with(&format!("sources = [{most}]")))), "");
}

#[test]
fn a_source_that_is_everybody() {
    mistake(
        ADDRESS,
        &with("sources = [\"0.0.0.0/0\"]"),
        expect![[r#"
        Warning 13:12
          ⚠ anybody on the network may call
            ╭─[rappel.toml:13:12]
         13 │ sources = ["0.0.0.0/0"]
            ·            ─────┬─────
            ·                 ╰── expected the networks of this trunk
            ╰────
          help: name the networks that the trunk calls from
    "#]],
    );
}

#[test]
fn a_trusted_source_that_is_everybody() {
    mistake(
        ADDRESS,
        &with("sources = [\"0.0.0.0/0\"]\ntrusted = true"),
        expect![[r#"
        Warning 13:12
          ⚠ anybody on the network may call and name any caller
            ╭─[rappel.toml:13:12]
         13 │ sources = ["0.0.0.0/0"]
            ·            ─────┬─────
            ·                 ╰── expected the networks of this trunk
            ╰────
          help: a trusted trunk's callers are believed: name the networks of the trunk
    "#]],
    );
}

#[test]
fn a_trunk_whose_calls_another_takes() {
    let second = "[[trunk]]\nname = \"pbx\"\naddress = \"198.51.100.9\"\n\n[[queue]]";
    let text = BASE
        .replace(ADDRESS, &with("sources = [\"198.51.100.0/24\"]"))
        .replace("[[queue]]", second)
        .replace("[[line]]", "[[line]]\ntrunk = \"pbx\"");
    expect![[r#"
        Warning 17:11
          ⚠ calls from here belong to trunk `carrier`, line 13, which is first
            ╭─[rappel.toml:17:11]
         17 │ address = "198.51.100.9"
            ·           ───────┬──────
            ·                  ╰── expected networks of its own
            ╰────
          help: put the trunk with the narrower network first
    "#]]
    .assert_eq(&rendered(&text));
}

#[test]
fn trust_in_quotes() {
    mistake(
        ADDRESS,
        &with("trusted = \"yes\""),
        expect![[r#"
        Error 13:11
          × `trusted` is text
            ╭─[rappel.toml:13:11]
         13 │ trusted = "yes"
            ·           ──┬──
            ·             ╰── expected true or false
            ╰────
          help: write trusted = true
    "#]],
    );
}

#[test]
fn a_number_format_that_does_not_exist() {
    mistake(
        ADDRESS,
        &with("number_format = \"french\""),
        expect![[r#"
        Error 13:17
          × `number_format`: `french` is not a way to write numbers
            ╭─[rappel.toml:13:17]
         13 │ number_format = "french"
            ·                 ────┬───
            ·                     ╰── expected "e164", "digits", "00" or "national:" with a country
            ╰────
          help: national:33:0 is France: the country code, then what precedes a national number
    "#]],
    );
}

#[test]
fn a_national_number_format_without_a_country() {
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
fn a_national_number_format_of_no_country() {
    mistake(
        ADDRESS,
        &with("number_format = \"national:999:0\""),
        expect![[r#"
        Error 13:17
          × `number_format`: no country has the code `999`
            ╭─[rappel.toml:13:17]
         13 │ number_format = "national:999:0"
            ·                 ────────┬───────
            ·                         ╰── expected "e164", "digits", "00" or "national:" with a country
            ╰────
          help: national:33:0 is France: the country code, then what precedes a national number
    "#]],
    );
}

#[test]
fn callbacks_to_contacts_of_a_real_trunk() {
    mistake(
        ADDRESS,
        &with("callback_to = \"contact\""),
        expect![[r#"
        Error 13:15
          × callbacks to this trunk would go wherever a caller says
            ╭─[rappel.toml:13:15]
         13 │ callback_to = "contact"
            ·               ────┬────
            ·                   ╰── expected "number"
            ╰────
          help: only a laboratory on this machine calls back to contacts: write "number"
    "#]],
    );
}

#[test]
fn callbacks_to_nobody() {
    mistake(
        ADDRESS,
        &with("callback_to = \"numbers\""),
        expect![[r#"
        Error 13:15
          × `callback_to`: `numbers` is not one of them
            ╭─[rappel.toml:13:15]
         13 │ callback_to = "numbers"
            ·               ────┬────
            ·                   ╰── expected one of "number", "contact"
            ╰────
          help: did you mean "number"?
    "#]],
    );
}

#[test]
fn a_trunk_sends_calls_on_to_itself_only_and_not_at_all_when_told_so() {
    let redirects_to = |text: &str| {
        let (settings, _, _) = config::read("rappel.toml", text).expect("a good file");
        settings.trunks[0].redirects_to.len()
    };
    assert_eq!(redirects_to(crate::BASE), 2, "its address and its sources, which are its address");
    let off = crate::changed(ADDRESS, &with("follow_redirects = false"));
    assert_eq!(redirects_to(&off), 0);
}

#[test]
fn srtp_by_a_word_that_is_none() {
    mistake(
        ADDRESS,
        &with("srtp = \"require\""),
        expect![[r#"
        Error 13:8
          × `srtp`: `require` is not one of them
            ╭─[rappel.toml:13:8]
         13 │ srtp = "require"
            ·        ────┬────
            ·            ╰── expected one of "off", "offered", "required"
            ╰────
          help: did you mean "required"?
    "#]],
    );
}

#[test]
fn srtp_whose_keys_can_be_read_on_the_way() {
    mistake(
        ADDRESS,
        &with("srtp = \"offered\""),
        expect![[r#"
        Warning 13:8
          ⚠ the keys of SRTP travel over SIP that anybody on the way can read
            ╭─[rappel.toml:13:8]
         13 │ srtp = "offered"
            ·        ────┬────
            ·            ╰── expected SIP over TLS with SRTP
            ╰────
          help: call over TLS, or in a laboratory only: whoever reads the SIP hears the calls
    "#]],
    );
}

#[test]
fn srtp_of_trunks_and_agents_is_off_unless_said_otherwise() {
    let (settings, _, _) = config::read("rappel.toml", BASE).expect("the base file is good");
    assert_eq!(settings.trunks[0].srtp, engine::Srtp::Off);
    assert_eq!(settings.agents[0].srtp, engine::Srtp::Off);
    let text = BASE
        .replace(ADDRESS, &with("srtp = \"required\""))
        .replace("name = \"anna\"", "name = \"anna\"\nsrtp = \"offered\"");
    let (settings, _, warnings) = config::read("rappel.toml", &text).expect("warned of only");
    assert_eq!(settings.trunks[0].srtp, engine::Srtp::Required);
    assert_eq!(settings.agents[0].srtp, engine::Srtp::Offered);
    assert_eq!(warnings.len(), 2);
}

#[test]
fn codecs_that_are_unknown_doubled_or_none() {
    mistake(
        ADDRESS,
        &with("codecs = [\"PCMA\", \"G729\", \"pcma\"]"),
        expect![[r#"
        Error 13:19
          × `G729` is not a codec that is spoken here
            ╭─[rappel.toml:13:19]
         13 │ codecs = ["PCMA", "G729", "pcma"]
            ·                   ───┬──
            ·                      ╰── expected some of "PCMA", "PCMU", "G722", the most wanted first
            ╰────
          help: prompts are played in G.711 (PCMA, PCMU) and G.722 only
        Error 13:27
          × `pcma` stands here twice
            ╭─[rappel.toml:13:27]
         13 │ codecs = ["PCMA", "G729", "pcma"]
            ·                           ───┬──
            ·                              ╰── expected some of "PCMA", "PCMU", "G722", the most wanted first
            ╰────
          help: leave one of them out
    "#]],
    );
    mistake(
        ADDRESS,
        &with("codecs = []"),
        expect![[r#"
        Error 13:10
          × `codecs` is empty: nobody could speak
            ╭─[rappel.toml:13:10]
         13 │ codecs = []
            ·          ─┬
            ·           ╰── expected some of "PCMA", "PCMU", "G722", the most wanted first
            ╰────
          help: without this key G.711 is offered, as the other side likes it
    "#]],
    );
}

#[test]
fn codecs_stand_in_the_order_of_the_file_and_are_none_unless_said() {
    use engine::Codec::{G722, Pcma, Pcmu};
    let (settings, _, _) = config::read("rappel.toml", BASE).expect("the base file is good");
    assert_eq!(settings.trunks[0].speech.codecs[..], []);
    let text = BASE
        .replace(ADDRESS, &with("codecs = [\"g722\", \"PCMA\"]"))
        .replace("name = \"anna\"", "name = \"anna\"\ncodecs = \"PCMU\"");
    let (settings, _, _) = config::read("rappel.toml", &text).expect("it is good");
    assert_eq!(settings.trunks[0].speech.codecs[..], [G722, Pcma]);
    assert_eq!(settings.agents[0].speech.codecs[..], [Pcmu]);
}

#[test]
fn keys_by_a_way_that_is_none() {
    mistake(
        ADDRESS,
        &with("dtmf = \"rfc2833\""),
        expect![[r#"
        Error 13:8
          × `dtmf`: `rfc2833` is not one of them
            ╭─[rappel.toml:13:8]
         13 │ dtmf = "rfc2833"
            ·        ────┬────
            ·            ╰── expected one of "auto", "rfc4733", "inband", "info"
            ╰────
          help: did you mean "rfc4733"?
    "#]],
    );
    let (settings, _, _) = config::read("rappel.toml", BASE).expect("the base file is good");
    assert_eq!(settings.trunks[0].speech.keys, engine::KeyWay::Auto);
    let text = BASE.replace(ADDRESS, &with("dtmf = \"inband\""));
    let (settings, _, _) = config::read("rappel.toml", &text).expect("it is good");
    assert_eq!(settings.trunks[0].speech.keys, engine::KeyWay::Tones);
}
