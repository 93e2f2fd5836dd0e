//! Files that are good, what they mean, and what holds for every text.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use config::{
    EXAMPLE, FINDINGS_MAX, MINIMAL, SECTIONS_MAX, SecretPlace, Severity, TEXT_LENGTH_MAX,
    laboratory, read, read_with,
};
use engine::{Answering, CallbackTarget, CallerIdentity};
use expect_test::expect;
use model::{Key, NumberFormat, QueueName};
use proptest::prelude::*;

use crate::{BASE, changed, findings, rendered};

#[test]
fn the_files_that_we_hand_out_are_good() {
    for text in [BASE, EXAMPLE, MINIMAL] {
        assert_eq!(rendered(text), "");
    }
    let lines = MINIMAL.lines().filter(|line| line.contains('=')).count();
    assert!(lines <= 10, "the least file is about ten settings, not {lines}");
}

/// Keys of the example that stand for nothing when they are left out.
const WITHOUT_DEFAULT: &[&str] = &[
    "menu_language = ",
    "confirmation = ",
    "callback_queue = ",
    "overflow = ",
    "handle_time = ",
    "ticket_subject = ",
    "agent_script = ",
    "whisper_agent = ",
    "whisper_customer = ",
    "machine_message = ",
    "flow = ",
    "identifier = ",
    "acd_number = ",
    "acd_trunk = ",
    "acd_calls = ",
    "acd_welcome = ",
    "acd_tries = ",
    "group = ",
    "message_key = ",
    "\nmusic = ",
    "fallback_number = ",
    "operator_key = ",
    "operator = ",
    "calls_from = ",
    "\nhours = ",
    "slot_callbacks = ",
    "slot_hours = ",
    "report_close_after = ",
];

#[test]
fn the_example_with_everything_commented_in_is_good_and_means_the_same() {
    let whole: String = EXAMPLE
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.starts_with(['[', ']']) || rest.contains(" = ") => {
                format!("{rest}\n")
            }
            Some(_) | None => format!("{line}\n"),
        })
        .collect();
    // One of address and targets.
    let whole = whole.replace("\ntargets = [", "\n# targets = [");
    // A greeting of one's own is no default.
    let whole = whole.replace("greeting = \"welcome-support\"", "# greeting");
    let mut whole = whole.replace("offer = \"offer-support\"", "# offer");
    for key in WITHOUT_DEFAULT {
        let nothing = if key.starts_with('\n') { "\n# " } else { "# " };
        whole = whole.replace(key, nothing);
    }
    let (mut settings, mut roof, _) = read_with("whole", &whole, &secret).unwrap();
    let http = roof.http.take().expect("by default there is no HTTP");
    assert_eq!((http.requests_per_minute, http.connections_max), (600, 256));
    assert_eq!(roof.webhooks.drain(..).map(is_usual).collect::<Vec<_>>(), [true]);
    assert_eq!((settings.sip.listeners.len(), roof.listeners.len()), (2, 2));
    settings.sip.listeners.truncate(1);
    roof.listeners.truncate(1);
    take_what_has_no_default(&mut settings);
    let (shorter, shorter_roof, _) = read("example", EXAMPLE).unwrap();
    assert_eq!(settings, shorter);
    assert_eq!(roof.prompts, [Path::new("/etc/rappel/prompts")]);
    assert_eq!(roof.dns, ["192.0.2.53:53".parse().unwrap()]);
    assert_eq!(roof.media_threads, Some(2), "by default it is up to the machine");
    let roof = config::Roof { prompts: vec![], dns: vec![], media_threads: None, ..roof };
    assert_eq!(roof, shorter_roof);
}

/// Takes trunk, registrar and agents of the example back to what they are without a word on them.
fn take_what_has_no_default(settings: &mut engine::Settings) {
    let codes = settings.feature_codes.take().expect("without the section there are none");
    assert_eq!((codes.codes.len(), codes.reasons.len()), (6, 0));
    settings.sip.phones_call = false;
    // As [ivr] says it of all lines.
    let prompts = &mut settings.lines[0].prompts;
    let times = (prompts.offer_after.take(), prompts.offer_every.take());
    assert_eq!(times, (Some(settings.ivr.offer_after), Some(settings.ivr.offer_every)));
    let trunk = &mut settings.trunks[0];
    assert!(trunk.credentials.take().is_some(), "credentials have no default");
    // Nor have the trunk's own domain, its account and its prefix.
    assert_eq!(trunk.shows.domain.take().as_deref(), Some("carrier.example"));
    assert_eq!(std::mem::replace(&mut trunk.shows.account, "rappel".into()), "rappel");
    assert_eq!(std::mem::take(&mut trunk.dials.prefix), "0");
    let limits = std::mem::take(&mut trunk.limits);
    assert_eq!((limits.calls_max, limits.calls_per_second), (Some(30), Some(5)));
    assert_eq!((limits.reserve, limits.full_status), (0, 503));
    // Without a wish, the far end's counts.
    let wished = [engine::Codec::Pcma, engine::Codec::Pcmu];
    assert_eq!(std::mem::take(&mut trunk.speech.codecs)[..], wished);
    assert_eq!(std::mem::take(&mut settings.agents[0].speech.codecs)[..], wished);
    assert_eq!(settings.sip.upstreams.drain(..).count(), 1, "by default we register nowhere");
    let dora = settings.agents.pop().expect("an agent on a telephone");
    assert!(matches!(dora.phone, engine::AgentPhone::Telephone { number: Some(_), .. }));
    assert!(settings.queue.agents.remove(&dora.name).is_some());
    let chloe = settings.agents.pop().expect("an agent who registers");
    assert_eq!(chloe.phone, engine::AgentPhone::Registered);
    assert!(settings.queue.agents.remove(&chloe.name).is_some());
    let registrar = settings.sip.registrar.take().expect("somebody registers");
    assert_eq!(registrar.realm, "rappel");
}

/// What the files that the example points at hold.
fn secret(place: SecretPlace<'_>) -> Result<String, String> {
    match place {
        SecretPlace::File("/etc/rappel/crm.token") => Ok("x".repeat(24)),
        SecretPlace::File("/etc/rappel/crm.secret") => Ok(format!("whsec_{}", "x".repeat(32))),
        SecretPlace::File(_) | SecretPlace::Variable(_) => Ok("x".into()),
    }
}

/// True for the webhook of a file that says no more of it than it must.
fn is_usual(hook: config::Webhook) -> bool {
    let least = "[[webhook]]\nname = \"crm\"\nurl = \"https://crm.example/rappel\"\n";
    let text = format!("{BASE}\n{least}secret_file = \"/etc/rappel/crm.secret\"\n");
    read_with("least", &text, &secret).expect("a good file").1.webhooks == [hook]
}

#[test]
fn the_least_file_means_what_the_example_says_of_defaults() {
    let (least, roof, _) = read("minimal", MINIMAL).unwrap();
    assert_eq!(least.sip.listeners[0].local, "203.0.113.5:5060".parse().unwrap());
    assert_eq!(roof.listeners[0].address, "0.0.0.0:5060".parse().unwrap());
    assert_eq!(roof.journal, Path::new("rappel.journal"));
    assert_eq!(roof.log.level.as_str(), "info");
    assert_eq!(least.sip.peers.len(), 1);
    let source = least.sip.peers[0].sources[0];
    assert_eq!(
        (source.network, source.prefix, source.port),
        ("198.51.100.7".parse().unwrap(), 32, None)
    );
    assert_eq!(least.trunks[0].identity, CallerIdentity::From);
    assert_eq!(least.trunks[0].callback_target, CallbackTarget::Number);
    assert_eq!(least.ivr, ivr::Settings::default());
    assert_eq!(least.timings.answering, Answering::AtOnce);
    let queue = &least.queue.queues[&QueueName::from("support")];
    assert_eq!((queue.attempts_total, queue.request_ttl), (1, Duration::from_secs(28_800)));
    assert_eq!(least.lines[0].language.as_str(), "en");
    assert_eq!(least.lines[0].trunk.as_str(), "carrier");
    let agent = &least.agents[0];
    assert_eq!(agent.address(), Some("192.0.2.5:5060".parse().unwrap()));
    assert!(least.queue.agents[&agent.name].online_at_start);
    assert!(least.queue.lines.contains_key(&least.lines[0].name));
}

#[test]
fn what_the_file_says_arrives() {
    let text = EXAMPLE
        .replace("offer_key = \"2\"", "offer_key = 5")
        .replace("\"e164\"             #", "\"national:33:0\" #")
        .replace("# answer_after = \"0s\"", "[timings]\nanswer_after = \"1s\"")
        .replace("attempts = 1 ", "attempts = 3 ");
    let (settings, _, warnings) = read("changed", &text).unwrap();
    assert_eq!(warnings, []);
    assert_eq!(settings.ivr.offer_key, ivr::OfferKey::One(Key::from_char('5').unwrap()));
    assert_eq!(settings.timings.answering, Answering::After(Duration::from_secs(1)));
    assert_eq!(settings.trunks[0].identity, CallerIdentity::AssertedElseFrom);
    let france = NumberFormat::National {
        country_code: "33".into(),
        trunk_prefix: "0".into(),
        international_prefix: "00".into(),
    };
    assert_eq!(settings.trunks[0].format, france);
    assert_eq!(settings.queue.queues[&QueueName::from("support")].attempts_total, 3);
    assert_eq!(settings.agents.len(), 2);
    assert_eq!(settings.queue.agents.len(), 2);
}

#[test]
fn a_number_is_known_in_every_way_its_trunk_may_write_it() {
    let numbers = |text: &str| read("numbers", text).unwrap().0.lines[0].numbers.join(" ");
    expect!["+33123456789 0033123456789 33123456789"].assert_eq(&numbers(BASE));
    let national = BASE.replace("[[queue]]", "number_format = \"national:33:0\"\n\n[[queue]]");
    expect!["0123456789 +33123456789 0033123456789"].assert_eq(&numbers(&national));
    let dialled = national.replace("\nnumber = \"+33", "\nnumber = \"0");
    expect!["0123456789 +33123456789 0033123456789"].assert_eq(&numbers(&dialled));
    let short = changed("\nnumber = \"+33123456789\"", "\nnumbers = [\"100\", \"support\", \"*\"]");
    expect!["100 support *"].assert_eq(&numbers(&short));
}

#[test]
fn the_laboratory_stays_on_this_machine_and_takes_any_number() {
    let listen: SocketAddr = "127.0.0.1:5070".parse().unwrap();
    let agent: SocketAddr = "127.0.0.1:5072".parse().unwrap();
    let (settings, roof) = laboratory(listen, agent, Path::new("/var/lib/rappel"));
    assert_eq!((settings.sip.listeners[0].local, roof.listeners[0].address), (listen, listen));
    assert!(settings.media.address.is_loopback());
    assert_eq!(settings.lines[0].numbers, ["*"]);
    assert!(settings.lines[0].outbound_number.is_some());
    assert_eq!(settings.trunks[0].callback_target, CallbackTarget::Contact);
    assert_eq!(settings.trunks[0].identity, CallerIdentity::From);
    assert_eq!(settings.agents[0].address(), Some(agent));
    assert_eq!(roof.journal, Path::new("/var/lib/rappel/rappel.journal"));
    assert_eq!(roof.control_socket, Path::new("/var/lib/rappel/rappel.sock"));
    assert_eq!(rendered(&config::laboratory_text(listen, agent)), "");
    let v6: SocketAddr = "[::1]:5062".parse().unwrap();
    assert_eq!(rendered(&config::laboratory_text(v6, v6)), "");
}

#[test]
fn a_finding_serialises_for_machines_without_the_text_of_the_file() {
    let found = findings(&changed("listen =", "lisen ="));
    expect![[r#"
        severity = "error"
        file = "rappel.toml"
        line = 2
        column = 1
        problem = "[sip] has no key `lisen`"
        expected = "a key of [sip]"
        hint = "did you mean `listen`?"
    "#]]
    .assert_eq(&toml::to_string(&found[0]).unwrap());
}

#[test]
fn a_file_that_is_too_large_is_not_looked_at() {
    let text = "#".repeat(TEXT_LENGTH_MAX + 1);
    assert_eq!(findings(&text).len(), 1);
    let most = format!("{BASE}{}", "#".repeat(TEXT_LENGTH_MAX - BASE.len()));
    assert_eq!(rendered(&most), "");
}

#[test]
fn no_more_findings_are_given_than_their_limit_and_errors_come_before_warnings() {
    let many: String = (0..FINDINGS_MAX + 5).map(|n| format!("tea{n} = 1\n")).collect();
    let text = BASE.replace("[ivr]", &format!("[ivr]\n{many}"));
    assert_eq!(findings(&text).len(), FINDINGS_MAX);
    let sources = vec!["\"0.0.0.0/0\""; 50].join(",\n");
    let trunks: String = (0..5)
        .map(|n| {
            format!(
                "[[trunk]]\nname = \"t{n}\"\naddress = \"192.0.2.{n}\"\n\
                          sources = [{sources}]\n"
            )
        })
        .collect();
    let found = findings(&format!("{trunks}{BASE}"));
    assert!(found.iter().all(|finding| finding.severity == Severity::Error));
}

#[test]
fn a_file_of_nothing_but_mistakes_is_answered() {
    for mistake in ["=\n", "x = 1\n[x]\n", "a.b = \"", "[[trunk]]\n"] {
        let text = mistake.repeat(20_000);
        assert!((1..=FINDINGS_MAX).contains(&findings(&text).len()));
    }
}

#[test]
fn sections_of_one_kind_have_a_limit() {
    let agents = |count: usize| -> String {
        (1..count)
            .map(|n| format!("[[agent]]\nname = \"a{n}\"\nuri = \"sip:a{n}@192.0.2.5\"\n"))
            .collect()
    };
    assert_eq!(rendered(&format!("{BASE}{}", agents(SECTIONS_MAX))), "");
    expect![[r#"
        Error 6023:1
          × this is one [[agent]] too many
              ╭─[rappel.toml:6023:1]
         6023 │ [[agent]]
              · ────┬────
              ·     ╰── expected at most 2000
              ╰────
          help: run several engines, each with its own file
    "#]]
    .assert_eq(&rendered(&format!("{BASE}{}", agents(SECTIONS_MAX + 1))));
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "\\PC{0,200}") {
        rendered(&text);
    }

    #[test]
    fn any_text_of_the_file_s_own_words_is_answered(
        words in prop::collection::vec(word(), 0..40),
    ) {
        rendered(&words.concat());
    }

    #[test]
    fn any_slip_of_the_hand_is_answered(
        at in 0..BASE.len(),
        length in 0..12usize,
        put in "[\\[\\]=\"'\\n\\r a-z0-9#é:./{}\u{0}]{0,4}",
    ) {
        let end = (at + length).min(BASE.len());
        rendered(&format!("{}{put}{}", &BASE[..at], &BASE[end..]));
    }

    #[test]
    fn any_value_of_any_key_is_answered(
        at in 0usize..9,
        value in "\"[\\PC&&[^\"\\\\]]{0,30}\"|-?[0-9]{1,25}|true|\\[[0-9,\"]{0,6}\\]|1979-05-27|0x[0-9a-f]{1,4}|inf",
    ) {
        let key = BASE.lines().filter(|line| line.contains('=')).nth(at).unwrap();
        let name = key.split('=').next().unwrap();
        rendered(&BASE.replacen(key, &format!("{name}= {value}"), 1));
    }
}

fn word() -> impl Strategy<Value = String> {
    let words = [
        "[",
        "]",
        "[[",
        "]]",
        "\n",
        "=",
        " = ",
        "\"",
        "{",
        "}",
        ",",
        ".",
        "#",
        "trunk",
        "line",
        "sip",
        "media",
        "name",
        "address",
        "numbers",
        "sources",
        "\"*\"",
        "\"20s\"",
        "1",
        "true",
        "\"203.0.113.5\"",
        "[\"0.0.0.0/0\"]",
        "\\",
        "'",
        "é",
        "\r\n",
        "queue",
        "agent",
        "uri",
        "\"sip:a@127.0.0.1\"",
    ];
    prop::sample::select(words.to_vec()).prop_map(str::to_string)
}
