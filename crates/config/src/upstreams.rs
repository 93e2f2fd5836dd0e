//! Trunks that we register with: `register`, `domain` and `register_expires`.

use std::time::Duration;

use sip::Credentials;

use crate::finding::Findings;
use crate::section::Section;
use crate::value::Mistake;

/// Most characters of a domain.
const DOMAIN_LENGTH_MAX: usize = 253;

/// What a trunk says of our registration with it.
#[derive(Debug, Clone)]
pub(crate) struct Registration {
    /// The domain of our address there; absent: the trunk's address or name.
    pub(crate) domain: Option<String>,
    pub(crate) user: String,
    pub(crate) expires: Duration,
}

impl Registration {
    /// The Request-URI of our REGISTER.
    pub(crate) fn registrar(&self, place: &str) -> String {
        format!("sip:{}", self.domain.as_deref().unwrap_or(place))
    }

    /// Our address there.
    pub(crate) fn address_of_record(&self, place: &str) -> String {
        self.registrar(place).replacen("sip:", &format!("sip:{}@", self.user), 1)
    }
}

/// Reads what a trunk says of it. None when we do not register there, or something was wrong.
pub(crate) fn read(
    section: &Section<'_>,
    credentials: Option<&Credentials>,
    found: &mut Findings,
) -> Option<Registration> {
    let range = Duration::from_secs(60)..=Duration::from_secs(86_400);
    let default = Duration::from_secs(600);
    let expires = section.duration("register_expires", range, default, found);
    let domain = section.parsed("domain", "the carrier's SIP domain", found, domain);
    if !section.boolean("register", found).is_some_and(|at| at.value) {
        for key in ["register_expires"] {
            if let Some(value) = section.get(key) {
                let problem = format!("`{key}` has no effect: we do not register there");
                let hint = "add register = true, or leave it out";
                found.warning(&value.span(), problem, "register = true", hint);
            }
        }
        return None;
    }
    let Some(credentials) = credentials else {
        // A mistake in the credentials has been reported.
        if section.get("username").is_none() {
            let problem = "this trunk wants us to register and has no `username`";
            let hint = "add username and password_file as the carrier gave them";
            found.error(&section.span, problem, "a `username` below", hint);
        }
        return None;
    };
    let user = credentials.username.clone();
    if user.contains(['@', ' ', '<', '>', ';', ':']) {
        let problem = "the `username` of this trunk cannot stand in an address";
        let hint = "write the part before the @, and the part behind it as `domain`";
        found.error(&section.span, problem, "a user part such as \"rappel\"", hint);
        return None;
    }
    Some(Registration { domain: domain.map(|at| at.value), user, expires })
}

fn domain(text: &str) -> Result<String, Mistake> {
    let good = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
    if text.is_empty() || text.len() > DOMAIN_LENGTH_MAX || !text.chars().all(good) {
        let hint = "write it without sip: and without a user: \"carrier.example\"";
        return Err(Mistake::new("this is no domain", hint));
    }
    Ok(text.to_string())
}
