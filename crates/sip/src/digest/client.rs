//! Digest authentication as a client: what a challenge asks and what answers it (RFC 3261 §22.2,
//! §22.3): `qop=auth` or none, nonce counts, `stale`. A challenge that asks for anything else is
//! passed over, and when no other is left the refusal stands.

use std::fmt::Write;
use std::sync::Arc;

use sip_msg::{Headers, Request, Response};

use super::{Algorithm, Credentials, params};
use crate::limits;
use crate::message::put;

impl Credentials {
    /// The hash that stands for the user in `challenge`; none when it cannot be had.
    fn ha1(&self, challenge: &Challenge) -> Option<String> {
        if self.realm.as_ref().is_some_and(|realm| *realm != challenge.realm) {
            return None;
        }
        self.secret.ha1(&self.username, &challenge.realm, challenge.algorithm)
    }
}

/// One challenge that we can answer. Quoted values are kept as written: the hashes take them so.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Challenge {
    /// True for Proxy-Authenticate.
    proxy: bool,
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    /// The algorithm as written, when it is.
    written: Option<String>,
    /// True for `qop=auth`, false for a challenge of RFC 2069 without qop.
    auth: bool,
    stale: bool,
}

impl Challenge {
    fn read(value: &str, proxy: bool) -> Option<Challenge> {
        let (scheme, rest) = value.trim().split_once([' ', '\t'])?;
        if value.len() > limits::CHALLENGE_LENGTH_MAX || !scheme.eq_ignore_ascii_case("digest") {
            return None;
        }
        let params = params(rest)?;
        let get = |name: &str| {
            let found = params.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| *value)
        };
        let algorithm = get("algorithm").map_or(Some(Algorithm::Md5), Algorithm::by_name)?;
        let auth = match get("qop") {
            None => false,
            Some(list) if list.split(',').any(|qop| qop.trim().eq_ignore_ascii_case("auth")) => {
                true
            }
            Some(_) => return None,
        };
        Some(Challenge {
            proxy,
            realm: get("realm")?.to_string(),
            nonce: get("nonce")?.to_string(),
            opaque: get("opaque").map(str::to_string),
            algorithm,
            written: get("algorithm").map(str::to_string),
            auth,
            stale: get("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
        })
    }
}

/// The challenges of one session and how often each was answered.
#[derive(Debug)]
pub(crate) struct Login {
    credentials: Arc<Credentials>,
    answers: Vec<Answer>,
    /// How often the present request was sent again with other credentials.
    rounds: usize,
}

#[derive(Debug)]
struct Answer {
    challenge: Challenge,
    /// The nonce count of the last answer (RFC 7616 §3.4.3).
    count: u32,
    /// True when the challenge was one to an earlier request.
    kept: bool,
}

impl Login {
    pub(crate) fn new(credentials: Arc<Credentials>) -> Login {
        Login { credentials, answers: Vec::new(), rounds: 0 }
    }

    /// A new request begins: its challenges are not repetitions.
    pub(crate) fn next_request(&mut self) {
        self.rounds = 0;
        for answer in &mut self.answers {
            answer.kept = true;
        }
    }

    /// Takes the challenges of a 401 or 407. True when the request is worth sending again: at least
    /// one is new and none says that our answer was wrong. A challenge that was answered and comes
    /// again without `stale=true` and another nonce is a refusal (RFC 3261 §22.2, §22.3).
    pub(crate) fn takes(&mut self, response: &Response) -> bool {
        let asked = matches!(response.status, 401 | 407);
        if !asked || self.rounds >= limits::LOGINS_MAX {
            return false;
        }
        let mut fresh = false;
        for challenge in self.challenges(&response.headers) {
            let same = |answer: &&mut Answer| {
                let known = &answer.challenge;
                known.proxy == challenge.proxy && known.realm == challenge.realm
            };
            let room = self.answers.len() < limits::REALMS_MAX;
            match self.answers.iter_mut().find(same) {
                Some(answer) => {
                    let other = answer.challenge.nonce != challenge.nonce;
                    if !other || !(challenge.stale || answer.kept) {
                        return false;
                    }
                    *answer = Answer { challenge, count: 0, kept: false };
                    fresh = true;
                }
                None if room => {
                    self.answers.push(Answer { challenge, count: 0, kept: false });
                    fresh = true;
                }
                None => {}
            }
        }
        self.rounds += usize::from(fresh);
        fresh
    }

    /// The challenges that we can answer: of each realm the topmost (RFC 8760 §2.4).
    fn challenges(&self, headers: &Headers) -> Vec<Challenge> {
        let mut taken: Vec<Challenge> = Vec::new();
        for (name, proxy) in [("WWW-Authenticate", false), ("Proxy-Authenticate", true)] {
            for value in headers.all(name).take(limits::CHALLENGES_MAX) {
                let Some(challenge) = Challenge::read(value, proxy) else { continue };
                let again =
                    |known: &Challenge| known.proxy == proxy && known.realm == challenge.realm;
                if self.credentials.ha1(&challenge).is_some() && !taken.iter().any(again) {
                    taken.push(challenge);
                }
            }
        }
        taken
    }

    /// Puts the answers to all challenges so far into `request`, whose nonce counts go up by one.
    pub(crate) fn sign(&mut self, request: &mut Request, cnonce: &str) {
        let (method, uri) = (request.method.as_str().to_string(), request.uri.to_string());
        request.headers.remove("Authorization");
        request.headers.remove("Proxy-Authorization");
        for answer in &mut self.answers {
            let Some(ha1) = self.credentials.ha1(&answer.challenge) else { continue };
            answer.count = answer.count.saturating_add(1);
            let user = &self.credentials.username;
            let value = answer.value(user, &ha1, &method, &uri, cnonce);
            let proxy = answer.challenge.proxy;
            let name = if proxy { "Proxy-Authorization" } else { "Authorization" };
            put(&mut request.headers, name, &value);
        }
    }
}

impl Answer {
    /// The header's value (RFC 7616 §3.4; without qop as RFC 2617 §3.2.2.1).
    fn value(&self, user: &str, ha1: &str, method: &str, uri: &str, cnonce: &str) -> String {
        let Challenge { realm, nonce, opaque, algorithm, written, auth, .. } = &self.challenge;
        let ha2 = algorithm.hash(&format!("{method}:{uri}"));
        let count = format!("{:08x}", self.count);
        let response = match auth {
            true => algorithm.hash(&format!("{ha1}:{nonce}:{count}:{cnonce}:auth:{ha2}")),
            false => algorithm.hash(&format!("{ha1}:{nonce}:{ha2}")),
        };
        let mut value = format!(
            "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{response}\""
        );
        if let Some(written) = written {
            let _ = write!(value, ", algorithm={written}");
        }
        if let Some(opaque) = opaque {
            let _ = write!(value, ", opaque=\"{opaque}\"");
        }
        if *auth {
            let _ = write!(value, ", qop=auth, nc={count}, cnonce=\"{cnonce}\"");
        }
        value
    }
}

/// Copies the credentials of an INVITE to its ACK (RFC 3261 §22.1).
pub(crate) fn copy_credentials(to: &mut Headers, invite: &Headers) {
    to.copy("Authorization", invite);
    to.copy("Proxy-Authorization", invite);
}

/// True when a request carries credentials.
pub(crate) fn has_credentials(headers: &Headers) -> bool {
    headers.get("Authorization").or(headers.get("Proxy-Authorization")).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Secret;

    const NONCE: &str = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
    const CNONCE: &str = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

    fn answered(challenge: &str) -> String {
        let challenge = Challenge::read(challenge, false).expect("a test writes challenges");
        let credentials = Credentials {
            username: "Mufasa".into(),
            realm: None,
            secret: Secret::Password("Circle of Life".into()),
        };
        let ha1 = credentials.ha1(&challenge).expect("a password answers all");
        let answer = Answer { challenge, count: 1, kept: false };
        answer.value("Mufasa", &ha1, "GET", "/dir/index.html", CNONCE)
    }

    #[test]
    fn the_examples_of_rfc_7616_come_out() {
        for (algorithm, response) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let challenge = format!(
                "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", \
                 algorithm={algorithm}, nonce=\"{NONCE}\", opaque=\"FQhe\""
            );
            let value = answered(&challenge);
            assert!(value.contains(&format!("response=\"{response}\"")), "{value}");
            assert!(value.contains("nc=00000001") && value.contains("opaque=\"FQhe\""), "{value}");
        }
    }

    #[test]
    fn what_we_cannot_answer_is_no_challenge() {
        for value in [
            "Basic realm=\"r\"",
            "Digest realm=\"r\"",
            "Digest realm=\"r\", nonce=\"n",
            "Digest realm=\"r\", nonce=\"n\", algorithm=MD5-sess",
            "Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"",
            "Digest",
        ] {
            assert_eq!(Challenge::read(value, false), None, "{value}");
        }
        let long = format!("Digest realm=\"r\", nonce=\"{}\"", "n".repeat(3_000));
        assert_eq!(Challenge::read(&long, false), None);
    }

    #[test]
    fn no_secret_is_shown() {
        let secret = Secret::Password("hunter2".into());
        let credentials = Credentials { username: "ann".into(), realm: None, secret };
        let shown = format!("{credentials:?} {:?}", credentials.secret);
        assert!(!shown.contains("hunter2") && !shown.contains("ann"), "{shown}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_is_no_challenge(text in "(?s)[Dd]igest .{0,80}") {
            let _ = Challenge::read(&text, true);
        }

        #[test]
        fn commas_in_quotes_end_nothing(realm in "[a-z ,=;]{0,12}", nonce in "[a-z,]{1,9}") {
            let value = format!("Digest nonce=\"{nonce}\",realm=\"{realm}\",stale=TRUE");
            let read = Challenge::read(&value, false).expect("well-formed");
            prop_assert!(read.realm == realm && read.nonce == nonce && read.stale);
        }
    }
}
