//! Answers to 401: the digest is rsip's (RFC 3261 §22.2).

use rsip::headers::auth::{Algorithm, AuthQop};
use rsip::services::DigestGenerator;

use crate::register::Registrar;
use crate::wire::Received;

/// How often one nonce is answered: rsip writes its count in decimals, which are hexadecimals up to
/// nine.
const COUNT_MAX: u8 = 9;

/// What a 401 asks.
#[derive(Debug, Clone)]
pub(crate) struct Challenge {
    realm: String,
    nonce: String,
    algorithm: Algorithm,
    count: u8,
}

impl Challenge {
    /// The challenge that the phone likes best, and whether it says that the nonce was too old.
    pub(crate) fn of(answer: &Received, sha256: bool) -> Option<(Challenge, bool)> {
        let wanted = |value: &&str| value.contains("SHA-256") == sha256;
        let value = answer.all("WWW-Authenticate").find(wanted);
        let value = value.or(answer.get("WWW-Authenticate"))?;
        let quoted = |name: &str| {
            let (_, rest) = value.split_once(&format!("{name}=\""))?;
            rest.split('"').next().map(str::to_owned)
        };
        let (realm, nonce) = (quoted("realm")?, quoted("nonce")?);
        let sha256 = value.contains("SHA-256");
        let algorithm = if sha256 { Algorithm::Sha256 } else { Algorithm::Md5 };
        let challenge = Challenge { realm, nonce, algorithm, count: 0 };
        Some((challenge, value.contains("stale=true")))
    }

    /// True when it has been answered.
    pub(crate) fn is_answered(&self) -> bool {
        self.count > 0
    }

    /// The value of Authorization; none when the nonce was answered often enough.
    pub(crate) fn answer(
        &mut self,
        who: &Registrar,
        method: &rsip::Method,
        uri: &str,
        cnonce: &str,
    ) -> Option<String> {
        if self.count >= COUNT_MAX {
            return None;
        }
        self.count += 1;
        let target = rsip::Uri::try_from(uri).ok()?;
        let qop = AuthQop::Auth { cnonce: cnonce.to_owned(), nc: self.count };
        let response = DigestGenerator {
            username: &who.user,
            password: &who.password,
            nonce: &self.nonce,
            uri: &target,
            realm: &self.realm,
            method,
            qop: Some(&qop),
            algorithm: self.algorithm,
        }
        .compute();
        let name = match self.algorithm {
            Algorithm::Sha256 => "SHA-256",
            _ => "MD5",
        };
        Some(format!(
            "Digest username=\"{}\", realm=\"{}\", nonce=\"{}\", uri=\"{target}\", \
             response=\"{response}\", algorithm={name}, qop=auth, nc={:08}, cnonce=\"{cnonce}\"",
            who.user, self.realm, self.nonce, self.count,
        ))
    }
}
