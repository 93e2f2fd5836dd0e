//! Digest authentication (RFC 3261 §22, RFC 7616, RFC 8760): MD5 and SHA-256.
//!
//! [`client`] answers the challenges of trunks, [`server`] challenges the phones that register with
//! us. Neither has the `-sess` algorithms or `auth-int`.

mod client;
mod server;

use std::fmt::{self, Write};

use md5::{Digest, Md5};
use sha2::Sha256;

pub(crate) use client::{Login, copy_credentials, has_credentials};
pub use server::Account;
pub(crate) use server::{Guard, Verdict};

/// Who we are to a trunk that asks. `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user name, without quotes and backslashes.
    pub username: String,
    /// Only challenges of this realm are answered, when given.
    pub realm: Option<String>,
    /// The password, or what is made of it.
    pub secret: Secret,
}

/// A password, or its hash with user name and realm (RFC 7616 §3.4.2). `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// The password: answers challenges of every realm and algorithm.
    Password(String),
    /// The hash, in hexadecimal: answers only the algorithm and realm that it was made for.
    Ha1 {
        /// Which hash.
        algorithm: Algorithm,
        /// 32 (MD5) or 64 (SHA-256) lower-case digits.
        hex: String,
    },
}

/// A hash of RFC 7616.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// MD5: weak, and all that many trunks have.
    Md5,
    /// SHA-256 (RFC 8760).
    Sha256,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("realm", &self.realm).finish_non_exhaustive()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Algorithm {
    /// Its name on the wire.
    fn name(self) -> &'static str {
        match self {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha256 => "SHA-256",
        }
    }

    fn by_name(name: &str) -> Option<Algorithm> {
        let all = [Algorithm::Md5, Algorithm::Sha256];
        all.into_iter().find(|known| name.eq_ignore_ascii_case(known.name()))
    }

    fn hash(self, text: &str) -> String {
        let bytes = match self {
            Algorithm::Md5 => Md5::digest(text).to_vec(),
            Algorithm::Sha256 => Sha256::digest(text).to_vec(),
        };
        bytes.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

impl Secret {
    /// The hash of user name, realm and password; none when it cannot be had for that algorithm.
    fn ha1(&self, user: &str, realm: &str, wanted: Algorithm) -> Option<String> {
        match self {
            Secret::Password(password) => Some(wanted.hash(&format!("{user}:{realm}:{password}"))),
            Secret::Ha1 { algorithm, hex } => (*algorithm == wanted).then(|| hex.clone()),
        }
    }
}

/// `name=value` and `name="value"`, separated by commas; none when a quote never closes.
fn params(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut params = Vec::new();
    let mut rest = text.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => {
                let mut escaped = false;
                let end = quoted.bytes().position(|byte| {
                    let ends = byte == b'"' && !escaped;
                    escaped = byte == b'\\' && !escaped;
                    ends
                })?;
                (&quoted[..end], &quoted[end + 1..])
            }
            None => {
                let end = after.find(',').unwrap_or(after.len());
                (after[..end].trim_end(), &after[end..])
            }
        };
        params.push((name.trim(), value));
        rest = next.trim_start_matches([' ', '\t', ',']);
    }
    Some(params)
}
