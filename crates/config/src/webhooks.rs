//! `[[webhook]]`: who is told over HTTP of what happens.

use std::fmt;
use std::time::Duration;

use ledger::Fact;
use toml::de::DeTable;

use crate::credentials::Secrets;
use crate::finding::Findings;
use crate::http::hidden;
use crate::names::Names;
use crate::nearest::nearest;
use crate::section::{self, Section, shown};
use crate::value::{self, Mistake};

/// Most webhooks: each has a thread of its own.
pub const WEBHOOKS_MAX: usize = 16;
/// Most tries of one delivery, the first aside.
pub const RETRIES_MAX: usize = 20;

/// The bytes of a secret, as Standard Webhooks 1.0 wants them.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// What is told when the file does not say it: what becomes of callbacks, and what tickets hear.
const FACTS: [&str; 4] =
    ["callback_requested", "request_closed", "ticket_wanted", "ticket_comment"];

/// From one try to the next: the table that Standard Webhooks 1.0 recommends.
const RETRIES: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 3_600),
    Duration::from_secs(5 * 3_600),
    Duration::from_secs(10 * 3_600),
    Duration::from_secs(14 * 3_600),
    Duration::from_secs(20 * 3_600),
    Duration::from_secs(24 * 3_600),
];

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The name; what waits for it in the journal is filed under it.
    pub name: String,
    /// Where it is told.
    pub url: String,
    /// By what it knows that it was us.
    pub secret: SigningKey,
    /// The words of the facts that it is told of.
    pub facts: Vec<&'static str>,
    /// From one try of a delivery to the next; behind the last it is given up.
    pub retries: Vec<Duration>,
    /// How long it may take to answer.
    pub timeout: Duration,
}

/// A key that no log prints.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey(Vec<u8>);

impl SigningKey {
    /// Its bytes.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

/// Reads every webhook. Those with a mistake are left out.
pub(crate) fn read<'a>(
    root: &'a DeTable<'a>,
    secrets: &Secrets<'_>,
    found: &mut Findings,
) -> Vec<Webhook> {
    let mut sections = section::many(root, "webhook", found);
    if let Some(beyond) = sections.get(WEBHOOKS_MAX) {
        let expected = format!("at most {WEBHOOKS_MAX} webhooks");
        let hint = "let one program tell the others";
        found.error(&beyond.span, "this is one webhook too many", expected, hint);
        sections.truncate(WEBHOOKS_MAX);
    }
    let names = Names::of("webhook", &sections, found);
    let each = sections.iter().enumerate();
    each.filter_map(|(place, section)| one(section, names.at(place), secrets, found)).collect()
}

fn one(
    section: &Section<'_>,
    name: Option<&str>,
    secrets: &Secrets<'_>,
    found: &mut Findings,
) -> Option<Webhook> {
    let url = address(section, found);
    let second = Duration::from_secs(1);
    let timeout = section.duration("timeout", second / 10..=60 * second, 15 * second, found);
    let (facts, retries) = (facts(section, found), retries(section, found));
    let place = ["secret_file", "secret_env"];
    let mut bytes = None;
    hidden(section, place, "the secret", found, secrets, |text| {
        let encoded = text.strip_prefix("whsec_").unwrap_or(text);
        let decoded = value::base64(encoded).filter(|bytes| SECRET_BYTES.contains(&bytes.len()));
        let why = "it is not whsec_ and 24 to 64 bytes in base64";
        bytes = Some(decoded.ok_or_else(|| why.to_owned())?);
        Ok(())
    })?;
    let secret = SigningKey(bytes?);
    let name = name?.to_owned();
    Some(Webhook { name, url: url?, secret, facts: facts?, retries: retries?, timeout })
}

fn address(section: &Section<'_>, found: &mut Findings) -> Option<String> {
    section.must_have("url", "\"https://crm.example/rappel\"", found);
    let expected = "where it is told, such as \"https://crm.example/rappel\"";
    let at = section.parsed("url", expected, found, |text| {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let host = rest.map(|rest| rest.split(['/', '?']).next().unwrap_or_default());
        let plain = text.len() <= 2_000 && text.bytes().all(|byte| (b'!'..=b'~').contains(&byte));
        match host {
            Some(host) if host.contains('@') => {
                let hint = "a receiver knows us by the signature: leave the password out";
                Err(Mistake::new("there is a user in it", hint))
            }
            Some(host) if !host.is_empty() && plain && !text.contains('#') => Ok(text.to_owned()),
            Some(_) | None => {
                let problem = format!("`{}` is no address of the web", shown(text));
                Err(Mistake::new(problem, "it begins with https:// and the name of a host"))
            }
        }
    })?;
    let local = ["http://127.", "http://localhost", "http://[::1]"];
    if at.value.starts_with("http://") && !local.iter().any(|local| at.value.starts_with(local)) {
        let problem = "whoever is in between reads and changes what is told";
        found.warning(
            &at.span,
            problem,
            "https://",
            "only a receiver on this machine needs no TLS",
        );
    }
    Some(at.value)
}

fn facts(section: &Section<'_>, found: &mut Findings) -> Option<Vec<&'static str>> {
    let Some(list) = section.texts("facts", found) else {
        return section.get("facts").is_none().then(|| FACTS.to_vec());
    };
    let expected = "names of facts, such as [\"request_closed\"]";
    if list.value.is_empty() {
        let hint = "leave it out to tell what becomes of callbacks";
        found.error(&list.span, "`facts` is empty: nothing would be told", expected, hint);
        return None;
    }
    let known = |text: &str| Fact::WORDS.iter().find(|word| **word == text);
    let (mut facts, mut all_good) = (Vec::new(), true);
    for at in list.value {
        if let Some(word) = known(at.value) {
            facts.push(*word);
            continue;
        }
        let hint = match nearest(at.value, Fact::WORDS) {
            Some(word) => format!("did you mean \"{word}\"?"),
            None => format!("facts are {}", Fact::WORDS.join(", ")),
        };
        let problem = format!("`facts`: there is no fact `{}`", shown(at.value));
        found.error(&at.span, problem, expected, hint);
        all_good = false;
    }
    all_good.then_some(facts)
}

fn retries(section: &Section<'_>, found: &mut Findings) -> Option<Vec<Duration>> {
    let Some(list) = section.texts("retries", found) else {
        return section.get("retries").is_none().then(|| RETRIES.to_vec());
    };
    let expected = "times from \"10ms\" to \"7d\", such as [\"5s\", \"5m\", \"2h\"]";
    if list.value.len() > RETRIES_MAX {
        let problem = format!("`retries` holds more than {RETRIES_MAX}");
        found.error(&list.span, problem, expected, "the usual nine take three days");
        return None;
    }
    let range = Duration::from_millis(10)..=Duration::from_secs(7 * 86_400);
    let (mut retries, mut all_good) = (Vec::new(), true);
    for at in list.value {
        match value::duration(at.value).filter(|time| range.contains(time)) {
            Some(time) => retries.push(time),
            None => {
                let problem = format!("`retries`: `{}` is no such time", shown(at.value));
                found.error(&at.span, problem, expected, "from one try to the next, with its unit");
                all_good = false;
            }
        }
    }
    all_good.then_some(retries)
}
