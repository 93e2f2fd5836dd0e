//! TLS: certificates of listeners, and by what those whom we call are believed.

use std::path::PathBuf;

use config::{Clients, Identity, SecretPlace, Tls, TlsPeer, TlsWho, Verify, read_with};
use engine::Srtp;
use expect_test::{Expect, expect};

use crate::{BASE, rendered};

const ADDRESS: &str = "address = \"198.51.100.7:5060\"";

/// Files that can be read; all others cannot.
fn secret(place: SecretPlace<'_>) -> Result<String, String> {
    match place {
        SecretPlace::File("own.pem" | "own.key" | "ca.pem" | "carrier.pem") => Ok("PEM".into()),
        SecretPlace::File(path) => Err(format!("{path} cannot be read: it is not there")),
        SecretPlace::Variable(_) => Err("no variables here".into()),
    }
}

/// The base file with a TLS listener that has these keys.
fn listening(keys: &str) -> String {
    format!(
        "{BASE}\n[[listener]]\nname = \"tls\"\ntransport = \"tls\"\naddress = \"0.0.0.0\"\n{keys}\n"
    )
}

fn read(text: &str) -> (engine::Settings, config::Roof, Vec<String>) {
    let (settings, roof, warnings) = read_with("rappel.toml", text, &secret).expect("a good file");
    (settings, roof, warnings.into_iter().map(|finding| finding.problem).collect())
}

fn problems(text: &str) -> Vec<String> {
    let findings = read_with("rappel.toml", text, &secret).expect_err("a mistake");
    findings.into_iter().map(|finding| finding.problem).collect()
}

fn says(text: &str, said: Expect) {
    said.assert_eq(&rendered(text));
}

#[test]
fn a_listener_shows_its_certificate_and_lets_in_whom_it_is_told() {
    let files = "certificate = \"own.pem\"\nkey = \"own.key\"\n";
    let (certificate, key) = (PathBuf::from("own.pem"), PathBuf::from("own.key"));
    let identity = Identity::Files { certificate, key };
    let ca = || PathBuf::from("ca.pem");
    for (more, clients) in [
        ("", Clients::NotAsked),
        ("client_ca = \"ca.pem\"", Clients::Required(ca())),
        ("client_ca = \"ca.pem\"\nclient_certificate = \"optional\"", Clients::Optional(ca())),
    ] {
        let (settings, roof, warnings) = read(&listening(&format!("{files}{more}")));
        assert_eq!(settings.sip.listeners[1].local.port(), 5061);
        let wanted = Tls { identity: identity.clone(), clients };
        assert_eq!((&roof.listeners[1].tls, warnings), (&Some(wanted), vec![]));
        assert_eq!(roof.listeners[0].tls, None);
    }
    let (_, roof, _) = read(&listening("self_signed = true"));
    let own = roof.listeners[1].tls.as_ref().map(|tls| tls.identity.clone());
    assert_eq!(own, Some(Identity::SelfSigned));
}

#[test]
fn trunks_and_phones_are_believed_as_the_file_says() {
    let over_tls = |more: &str| format!("address = \"198.51.100.7\"\ntransport = \"tls\"\n{more}");
    let text = listening("self_signed = true");
    let trunk = |more: &str| text.replace(ADDRESS, &over_tls(more));
    let who = TlsWho::Trunk("carrier".into());
    let by = |ca: Option<&str>, name: Option<&str>| Verify::By {
        ca: ca.map(PathBuf::from),
        name: name.map(str::to_owned),
    };
    let peers = |text: &str| {
        let (_, roof, warnings) = read(text);
        (roof.tls_peers, warnings)
    };
    assert_eq!(peers(&trunk("")), (vec![], vec![]));
    let named = "tls_ca = \"carrier.pem\"\ntls_name = \"SIP.Carrier.example\"";
    let verify = by(Some("carrier.pem"), Some("sip.carrier.example"));
    let peer = |verify| vec![TlsPeer { who: who.clone(), verify }];
    assert_eq!(peers(&trunk(named)), (peer(verify), vec![]));
    let warned = "whoever gets in between is taken for the one that we call".to_owned();
    let (told, warnings) = peers(&trunk("tls_verify = false"));
    assert_eq!((told, warnings), (peer(Verify::No), vec![warned.clone()]));
    let phone = "sip:anna@192.0.2.5;transport=tls\"\ntls_verify = false";
    let text = text.replace("sip:anna@192.0.2.5:5060\"", phone);
    let at = TlsWho::At("192.0.2.5:5061".parse().expect("an address"));
    assert_eq!(peers(&text), (vec![TlsPeer { who: at, verify: Verify::No }], vec![warned]));
}

#[test]
fn a_trunk_by_name_may_be_over_tls_whatever_the_dns_says() {
    let named = "targets = [\"sip.carrier.example\"]\nsources = [\"198.51.100.7\"]\n\
                 tls_ca = \"carrier.pem\"";
    let (_, roof, warnings) = read(&listening("self_signed = true").replace(ADDRESS, named));
    assert_eq!((roof.tls_peers.len(), warnings), (1, vec![]));
    let plain = named.replace("example\"", "example;transport=udp\"");
    let (_, roof, warnings) = read(&listening("self_signed = true").replace(ADDRESS, &plain));
    assert_eq!(roof.tls_peers, []);
    assert_eq!(warnings, ["`tls_ca` has no effect without TLS"]);
}

#[test]
fn srtp_over_tls_is_nothing_to_be_warned_of() {
    let trunk = "address = \"198.51.100.7\"\ntransport = \"tls\"\nsrtp = \"required\"";
    let phone = "sip:anna@192.0.2.5;transport=tls\"\nsrtp = \"required";
    let text = listening("self_signed = true");
    let text = text.replace(ADDRESS, trunk).replace("sip:anna@192.0.2.5:5060", phone);
    let (settings, _, warnings) = read(&text);
    assert_eq!((settings.trunks[0].srtp, warnings), (Srtp::Required, vec![]));
    let registers = text.replace("uri = \"sip:anna@192.0.2.5;transport=tls\"", &password());
    let (.., warnings) = read(&registers);
    assert_eq!(warnings.len(), 1, "the phone may register over UDP: {warnings:?}");
}

fn password() -> String {
    format!("register = true\nha1 = \"{}\"", "ab".repeat(16))
}

#[test]
fn an_agent_by_a_sips_uri_is_called_over_tls() {
    let sips = |uri: &str| listening("self_signed = true").replace("sip:anna@192.0.2.5:5060", uri);
    for uri in ["sips:anna@192.0.2.5", "sips:anna@192.0.2.5;transport=tcp"] {
        let (settings, ..) = read(&sips(uri));
        let engine::AgentPhone::Fixed { address, listener, .. } = &settings.agents[0].phone else {
            panic!("an agent with a uri")
        };
        assert_eq!((address.port(), listener.0), (5061, 1));
    }
    assert_eq!(
        problems(&sips("sips:anna@192.0.2.5;transport=udp")),
        ["`uri`: sips: is never carried in datagrams"]
    );
}

#[test]
fn files_that_cannot_be_read_are_mistakes() {
    assert_eq!(
        problems(&listening("certificate = \"a\"\nkey = \"b\"\nclient_ca = \"c\"")),
        [
            "`certificate`: a cannot be read: it is not there",
            "`key`: b cannot be read: it is not there",
        ]
    );
}

#[test]
fn a_tls_listener_without_a_certificate() {
    says(
        &listening(""),
        expect![[r#"
        Error 27:1
          × a TLS listener has a certificate and its key
            ╭─[rappel.toml:27:1]
         27 │ [[listener]]
            · ──────┬─────
            ·       ╰── expected `certificate` and `key` below
            ╰────
          help: add certificate = "/etc/rappel/tls.pem" and key = "/etc/rappel/tls.key", or self_signed =
                true in a laboratory
    "#]],
    );
}

#[test]
fn a_tls_listener_with_two_identities() {
    says(
        &listening("self_signed = true\nkey = \"own.key\""),
        expect![[r#"
        Error 32:7
          × a listener shows its own certificate or a self-signed one, not both
            ╭─[rappel.toml:32:7]
         32 │ key = "own.key"
            ·       ────┬────
            ·           ╰── expected one of them
            ╰────
          help: leave out self_signed
    "#]],
    );
}

#[test]
fn client_certificates_without_an_authority() {
    says(
        &listening("self_signed = true\nclient_certificate = \"optional\""),
        expect![[r#"
        Error 32:22
          × `client_certificate` has no effect without `client_ca`
            ╭─[rappel.toml:32:22]
         32 │ client_certificate = "optional"
            ·                      ─────┬────
            ·                           ╰── expected `client_ca` beside it
            ╰────
          help: add client_ca = "…", the file of whoever signs the certificates of clients
    "#]],
    );
}

#[test]
fn keys_of_tls_beside_udp() {
    let text = BASE.replace(ADDRESS, &format!("{ADDRESS}\ntls_name = \"x.example\""))
        + "\n[[listener]]\nname = \"tcp\"\ntransport = \"tcp\"\naddress = \"0.0.0.0\"\nself_signed = true\n";
    says(
        &text,
        expect![[r#"
        Warning 13:12
          ⚠ `tls_name` has no effect without TLS
            ╭─[rappel.toml:13:12]
         13 │ tls_name = "x.example"
            ·            ─────┬─────
            ·                 ╰── expected transport = "tls" beside it
            ╰────
          help: write transport = "tls", or leave it out
        Warning 32:15
          ⚠ `self_signed` has no effect without TLS
            ╭─[rappel.toml:32:15]
         32 │ self_signed = true
            ·               ──┬─
            ·                 ╰── expected transport = "tls" beside it
            ╰────
          help: write transport = "tls", or leave it out
    "#]],
    );
}

#[test]
fn a_name_that_no_certificate_has() {
    let trunk = "address = \"198.51.100.7\"\ntransport = \"tls\"\ntls_name = \"sip:x\\u0020y\"";
    says(
        &listening("self_signed = true").replace(ADDRESS, trunk),
        expect![[r#"
        Error 14:12
          × `tls_name`: `sip:x y` is not a name of a host
            ╭─[rappel.toml:14:12]
         14 │ tls_name = "sip:x\u0020y"
            ·            ───────┬──────
            ·                   ╰── expected a host name or an address
            ╰────
          help: write the name in the certificate: tls_name = "sip.carrier.example"
    "#]],
    );
}
