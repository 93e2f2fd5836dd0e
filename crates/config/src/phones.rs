//! `[registrar]`, and what an `[[agent]]` says whose phone registers with us: `register`, `user`,
//! and one of `password_file`, `password_env` and `ha1`. No finding shows a line with a secret.

use std::collections::BTreeMap;
use std::time::Duration;

use model::AgentName;
use sip::{Account, Algorithm, RegistrarSettings, Secret};
use toml::de::DeTable;

use crate::basics;
use crate::credentials::{self, CREDENTIAL_LENGTH_MAX, SecretPlace, Secrets};
use crate::finding::Findings;
use crate::section::{self, At, Section};
use crate::value::Mistake;

/// The keys that only an agent who registers has.
const KEYS: [&str; 4] = ["user", "password_file", "password_env", "ha1"];

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// What an agent's phone says who it is.
pub(crate) struct Phone {
    user: At<String>,
    secrets: Vec<Secret>,
}

/// Reads how an agent's phone registers. None when it does not, or when something was wrong.
pub(crate) fn phone(
    section: &Section<'_>,
    name: Option<&str>,
    registers: bool,
    secrets: &Secrets<'_>,
    found: &mut Findings,
) -> Option<Phone> {
    let Some(key) = KEYS.into_iter().find(|key| section.get(key).is_some()) else {
        return registers.then(|| no_password(section, found)).flatten();
    };
    if !registers {
        let problem = format!("this agent has a `{key}` and does not register");
        let hint = "add register = true, or leave out what belongs to it";
        found.error(&section.span, problem, "`register` below", hint);
        return None;
    }
    let user = match section.get("user") {
        Some(_) => section.parsed("user", "the user name of the phone", found, user)?,
        // Without `user` it is the agent's name, when that can be one.
        None => {
            let span = section.span.clone();
            match user(name?) {
                Ok(value) => At { value, span },
                Err(_) => {
                    let problem = "the name of this agent cannot be the user name of a phone";
                    let hint = "add user = \"anna\"";
                    found.error(&span, problem, "a `user` below", hint);
                    return None;
                }
            }
        }
    };
    Some(Phone { user, secrets: passwords(section, secrets, found)? })
}

/// True for an agent with `register = true`.
pub(crate) fn registers(section: &Section<'_>, found: &mut Findings) -> bool {
    section.boolean("register", found).is_some_and(|at| at.value)
}

fn user(text: &str) -> Result<String, Mistake> {
    let good = |c: char| c.is_ascii_alphanumeric() || "-_.!~*'+&=$,".contains(c);
    if text.is_empty() || text.len() > CREDENTIAL_LENGTH_MAX || !text.chars().all(good) {
        let hint = "letters, digits and -_.+ as in the address sip:anna@…";
        return Err(Mistake::new("this cannot be the user part of an address", hint));
    }
    Ok(text.to_string())
}

fn no_password(section: &Section<'_>, found: &mut Findings) -> Option<Phone> {
    let problem = "this agent registers and has no password";
    let hint = "add password_file = \"/etc/rappel/anna.password\"";
    let expected = "one of `password_file`, `password_env` and `ha1` below";
    found.error(&section.span, problem, expected, hint);
    None
}

fn passwords(
    section: &Section<'_>,
    secrets: &Secrets<'_>,
    found: &mut Findings,
) -> Option<Vec<Secret>> {
    let given: Vec<&str> =
        KEYS.into_iter().skip(1).filter(|key| section.get(key).is_some()).collect();
    let [key] = given[..] else {
        if given.is_empty() {
            no_password(section, found);
            return None;
        }
        let hint = "keep one of password_file, password_env and ha1";
        found.error(&section.span, "this agent has more than one password", "one of them", hint);
        return None;
    };
    if key == "ha1" {
        return hashes(section, found);
    }
    let text = section.text(key, found)?;
    let place = match key {
        "password_file" => SecretPlace::File(text.value),
        _ => SecretPlace::Variable(text.value),
    };
    match secrets(place).and_then(credentials::password) {
        Ok(secret) => Some(vec![secret]),
        Err(why) => {
            let hint = "the password is the whole content, on one line";
            found.error(&text.span, format!("`{key}`: {why}"), "where the password is", hint);
            None
        }
    }
}

/// One hash, or one for each algorithm.
fn hashes(section: &Section<'_>, found: &mut Findings) -> Option<Vec<Secret>> {
    let list = section.texts("ha1", found)?;
    let mut by_algorithm = BTreeMap::new();
    for text in &list.value {
        let algorithm = credentials::algorithm_of(text.value);
        let known = algorithm.is_some_and(|it| by_algorithm.insert(it, text.value).is_some());
        if algorithm.is_none() || known {
            let problem = "the `ha1` of this agent is no hash, or holds two of one length";
            let expected = "32 (MD5) and 64 (SHA-256) hexadecimal digits, each at most once";
            let hint = "printf 'user:realm:password' | md5sum, and the same with sha256sum";
            found.error(&section.span, problem, expected, hint);
            return None;
        }
    }
    let secret = |(algorithm, hex): (Algorithm, &str)| Secret::Ha1 {
        algorithm,
        hex: hex.to_ascii_lowercase(),
    };
    Some(by_algorithm.into_iter().map(secret).collect())
}

/// Reads [registrar]: absent settings when nobody registers.
pub(crate) fn registrar<'a>(
    root: &'a DeTable<'a>,
    phones: &[(&str, &Phone)],
    found: &mut Findings,
) -> Option<RegistrarSettings> {
    let section = section::one(root, "registrar", found);
    let settings = rules(&section, found);
    if phones.is_empty() {
        if section.is_present() {
            let problem = "[registrar] has no effect: no agent registers";
            let hint = "add register = true and a password to an [[agent]]";
            found.warning(&section.span, problem, "an agent who registers", hint);
        }
        return None;
    }
    check_users(phones, found);
    check_algorithms(phones, found);
    let account = |(name, phone): &(&str, &Phone)| Account {
        agent: AgentName::from(*name),
        user: phone.user.value.clone(),
        secrets: phone.secrets.clone(),
    };
    Some(RegistrarSettings { accounts: phones.iter().map(account).collect(), ..settings })
}

fn rules(section: &Section<'_>, found: &mut Findings) -> RegistrarSettings {
    let expected = "a short text without quotes and backslashes";
    let realm = section.parsed("realm", expected, found, |text| {
        let good = |c: char| (' '..='~').contains(&c) && c != '"' && c != '\\';
        if text.trim().is_empty() || text.len() > 64 || !text.chars().all(good) {
            let hint = "phones show it beside the question for a password: ASCII, at most 64";
            return Err(Mistake::new("this text cannot be a realm", hint));
        }
        Ok(text.to_string())
    });
    let range = seconds(30)..=seconds(3_600);
    let mut time = |key, default| section.duration(key, range.clone(), seconds(default), found);
    let expires_min = time("expires_min", 60);
    let expires_max = time("expires_max", 300);
    let expires_default = time("expires", 120);
    if expires_min > expires_max || !(expires_min..=expires_max).contains(&expires_default) {
        let problem = "`expires` is not between `expires_min` and `expires_max`";
        let hint =
            "expires_min = \"1m\", expires = \"2m\" and expires_max = \"5m\" are the defaults";
        found.error(&section.span, problem, "times in their order", hint);
    }
    let words = [("source", true), ("contact", false)];
    RegistrarSettings {
        realm: realm.map_or_else(|| "rappel".into(), |at| at.value),
        accounts: Vec::new(),
        expires_min,
        expires_max,
        expires_default,
        at_source: basics::choice(section, "call_at", &words, true, found),
        keep_alive: section.duration("keep_alive", seconds(0)..=seconds(300), seconds(25), found),
    }
}

fn check_users(phones: &[(&str, &Phone)], found: &mut Findings) {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, phone) in phones {
        if let Some(other) = first.get(phone.user.value.as_str()) {
            let problem =
                format!("`{}` is the user name of agent `{other}`, too", phone.user.value);
            let hint = "give each agent a `user` of its own";
            found.error(&phone.user.span, problem, "a user name of its own", hint);
        } else {
            first.insert(&phone.user.value, name);
        }
    }
}

/// A phone must not learn from the algorithms that are asked for whom we know: only what every
/// account can answer is asked.
fn check_algorithms(phones: &[(&str, &Phone)], found: &mut Findings) {
    let has = |phone: &Phone, wanted: Algorithm| {
        phone.secrets.iter().any(|secret| match secret {
            Secret::Password(_) => true,
            Secret::Ha1 { algorithm, .. } => *algorithm == wanted,
        })
    };
    let common = [Algorithm::Md5, Algorithm::Sha256]
        .into_iter()
        .any(|wanted| phones.iter().all(|(_, phone)| has(phone, wanted)));
    if let (false, Some((_, phone))) = (common, phones.last()) {
        let problem = "the hashes of the agents have no algorithm in common";
        let hint = "give each agent who has a `ha1` the one for MD5, or both: ha1 = [\"…\", \"…\"]";
        found.error(&phone.user.span, problem, "hashes of one algorithm", hint);
    }
}
