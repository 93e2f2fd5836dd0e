//! Who we are to a trunk that asks: `username`, `realm`, and one of `password_file`,
//! `password_env` and `ha1`. A password itself never stands in the file of settings, and no
//! finding shows a line that holds a secret.

use sip::{Algorithm, Credentials, Secret};

use crate::finding::Findings;
use crate::section::Section;

/// Longest user name, realm and password, in bytes.
pub const CREDENTIAL_LENGTH_MAX: usize = 256;

/// The keys that hold a password or say where it is.
const SECRETS: [&str; 3] = ["password_file", "password_env", "ha1"];

/// Where a password is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretPlace<'a> {
    /// The file at this path; one line end at its end does not count.
    File(&'a str),
    /// The environment variable of this name.
    Variable(&'a str),
}

/// Fetches a password; the error says in a sentence why it cannot be had.
pub type Secrets<'a> = dyn Fn(SecretPlace<'_>) -> Result<String, String> + 'a;

/// Reads the credentials of a trunk. None when it has none, or when something was wrong.
pub(crate) fn read(
    section: &Section<'_>,
    secrets: &Secrets<'_>,
    found: &mut Findings,
) -> Option<Credentials> {
    let given: Vec<&str> = SECRETS.into_iter().filter(|key| section.get(key).is_some()).collect();
    let realm = named(section, "realm", found);
    let Some(username) = named(section, "username", found) else {
        if section.get("username").is_none()
            && (section.get("realm").is_some() || !given.is_empty())
        {
            let problem = "this trunk has a realm or a password and no `username`";
            let hint = "add username = \"…\", or leave out what belongs to it";
            found.error(&section.span, problem, "a `username` below", hint);
        }
        return None;
    };
    let expected = "one of `password_file`, `password_env` and `ha1` below";
    let [key] = given[..] else {
        let problem = match given.is_empty() {
            true => "this trunk has a `username` and no password",
            false => "this trunk has more than one password",
        };
        let hint = "add password_file = \"/etc/rappel/carrier.password\", and no other";
        found.error(&section.span, problem, expected, hint);
        return None;
    };
    let text = section.text(key, found)?;
    let secret = match key {
        "ha1" => ha1(section, text.value, realm.is_some(), found)?,
        _ => {
            let place = match key {
                "password_file" => SecretPlace::File(text.value),
                _ => SecretPlace::Variable(text.value),
            };
            match secrets(place).and_then(password) {
                Ok(secret) => secret,
                Err(why) => {
                    let problem = format!("`{key}`: {why}");
                    let hint = "the password is the whole content, on one line";
                    found.error(&text.span, problem, "where the password is", hint);
                    return None;
                }
            }
        }
    };
    Some(Credentials { username, realm, secret })
}

/// A text that a header can quote.
fn named(section: &Section<'_>, key: &str, found: &mut Findings) -> Option<String> {
    let text = section.text(key, found)?;
    let bad = |c: char| c.is_control() || c == '"' || c == '\\';
    if text.value.is_empty() || text.value.len() > CREDENTIAL_LENGTH_MAX || text.value.contains(bad)
    {
        let problem = format!("`{key}` cannot be sent");
        let expected = format!("1 to {CREDENTIAL_LENGTH_MAX} bytes without quotes and backslashes");
        found.error(&text.span, problem, expected, "write it as the trunk's operator gave it");
        return None;
    }
    Some(text.value.to_string())
}

pub(crate) fn password(text: String) -> Result<Secret, String> {
    line(text).map(Secret::Password)
}

/// The one line that is a secret.
pub(crate) fn line(text: String) -> Result<String, String> {
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err("there is nothing in it".into());
    }
    if line.len() > CREDENTIAL_LENGTH_MAX {
        return Err(format!("it holds more than {CREDENTIAL_LENGTH_MAX} bytes"));
    }
    if line.contains(char::is_control) {
        return Err("it holds more than one line, or a control character".into());
    }
    Ok(line.to_string())
}

/// The algorithm that a hash of that length is made by.
pub(crate) fn algorithm_of(hex: &str) -> Option<Algorithm> {
    let algorithm = match hex.len() {
        32 => Some(Algorithm::Md5),
        64 => Some(Algorithm::Sha256),
        _ => None,
    };
    algorithm.filter(|_| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The hash of user name, realm and password: its length says which hash.
fn ha1(section: &Section<'_>, hex: &str, has_realm: bool, found: &mut Findings) -> Option<Secret> {
    let Some(algorithm) = algorithm_of(hex) else {
        let expected = "32 (MD5) or 64 (SHA-256) hexadecimal digits";
        let hint = "printf 'user:realm:password' | md5sum";
        found.error(&section.span, "the `ha1` of this trunk is no hash", expected, hint);
        return None;
    };
    if !has_realm {
        let problem = "this trunk has a `ha1` and no `realm`";
        let hint = "add the realm that the hash was made with";
        found.error(&section.span, problem, "a `realm` below", hint);
        return None;
    }
    Some(Secret::Ha1 { algorithm, hex: hex.to_ascii_lowercase() })
}
