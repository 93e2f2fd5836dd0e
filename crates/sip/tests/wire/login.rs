//! Phones that register: the far end's own digest, by the words of RFC 7616 §3.4.1, which shares
//! nothing with the stack, and who may register.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use md5::{Digest, Md5};
use model::{AgentName, TrunkName};
use sha2::Sha256;
use sip::{Account, Algorithm, Credentials, Hop, RegistrarSettings, Secret, Upstream};

use crate::far::Fields;

/// The Authorization that `login=user:password` of a step asks for, to our last challenges.
/// `alg=SHA-256` chooses another than MD5; `nc=2` is a later use of the same nonce.
pub fn authorization(fields: &Fields, challenges: &[String], method: &str, uri: &str) -> String {
    let (user, password) =
        fields.get("login").and_then(|login| login.split_once(':')).expect("user:password");
    let algorithm = fields.get("alg").unwrap_or("MD5");
    let asks = |it: &&String| it.contains("algorithm=SHA-256") == (algorithm == "SHA-256");
    let challenge = challenges.iter().find(asks).expect("a challenge");
    let part = |name: &str| {
        let (_, rest) = challenge.split_once(&format!("{name}=\"")).expect("a part");
        rest.split('"').next().expect("a quote")
    };
    let (realm, nonce) = (part("realm"), part("nonce"));
    let nc = format!("{:0>8}", fields.get("nc").unwrap_or("1"));
    let ha1 = hash(algorithm, &format!("{user}:{realm}:{password}"));
    let ha2 = hash(algorithm, &format!("{method}:{uri}"));
    let response = hash(algorithm, &format!("{ha1}:{nonce}:{nc}:far:auth:{ha2}"));
    format!(
        "Authorization: Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", \
         uri=\"{uri}\", response=\"{response}\", algorithm={algorithm}, qop=auth, nc={nc}, \
         cnonce=\"far\""
    )
}

fn hash(algorithm: &str, text: &str) -> String {
    let bytes = match algorithm {
        "MD5" => Md5::digest(text).to_vec(),
        _ => Sha256::digest(text).to_vec(),
    };
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("text");
        hex
    })
}

/// Who may register: anna, with a password, and bert, with her hashes. `contact` calls phones at
/// their Contacts, `hidden` keeps their address translators awake.
pub fn registrar(kind: &str) -> RegistrarSettings {
    let account =
        |user: &str, secrets| Account { agent: AgentName::from(user), user: user.into(), secrets };
    let bread = ["MD5", "SHA-256"].map(|name| hash(name, "bert:rappel:bread"));
    let [md5, sha256] = bread;
    let hashes = vec![
        Secret::Ha1 { algorithm: Algorithm::Md5, hex: md5 },
        Secret::Ha1 { algorithm: Algorithm::Sha256, hex: sha256 },
    ];
    RegistrarSettings {
        realm: "rappel".into(),
        accounts: vec![
            account("anna", vec![Secret::Password("secret".into())]),
            account("bert", hashes),
        ],
        expires_min: Duration::from_secs(60),
        expires_max: Duration::from_secs(300),
        expires_default: Duration::from_secs(120),
        at_source: kind != "contact",
        keep_alive: Duration::from_secs(if kind == "hidden" { 25 } else { 0 }),
    }
}

/// A trunk that wants us to register, for so many seconds.
pub fn upstream(seconds: &str) -> Upstream {
    let secret = Secret::Password("secret".into());
    let credentials = Credentials { username: "rappel".into(), realm: None, secret };
    Upstream {
        trunk: TrunkName::from("trunk"),
        registrar: "sip:carrier.example".into(),
        next_hop: Some(Hop::first(crate::far::PEER.parse().expect("an address"))),
        address_of_record: "sip:rappel@carrier.example".into(),
        expires: Duration::from_secs(seconds.parse().expect("seconds")),
        credentials: Some(Arc::new(credentials)),
    }
}
