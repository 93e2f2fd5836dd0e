//! Digest authentication as a server (RFC 3261 §22.1, §22.4): who may register with us.
//!
//! ```text
//! phone ── REGISTER ──────────────────────────▶ nothing is kept of it
//! phone ◀── 401, a nonce that proves itself ──
//! phone ── REGISTER, nonce, nc=1, response ───▶ right: the nonce's count is kept from now on
//! phone ── REGISTER, nonce, nc=1, response ───▶ the same count again is a replay: 401, stale
//! ```
//! A nonce holds its age, a number and a seal made with a secret of this run and the source's
//! address, so that a stranger who asks for a million of them leaves nothing behind, and so that
//! nobody can use up our patience with another source in its name. Only `qop=auth` is taken:
//! without it nothing tells a replay.
//!
//! A user whom nobody knows costs the same hashes and gets the same answer as a wrong password.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use model::{AgentName, Entropy, Mono};
use sip_msg::{Request, Uri};

use super::{Algorithm, Secret, params};
use crate::limits;

/// Most preferred first, as challenges list them (RFC 8760 §2.4).
const PREFERENCE: [Algorithm; 2] = [Algorithm::Sha256, Algorithm::Md5];

/// An agent whose phones register with us. `Debug` shows no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The agent.
    pub agent: AgentName,
    /// The user name, which is also the user part of the address that is registered; without quotes
    /// and backslashes.
    pub user: String,
    /// A password, or at most one hash for each algorithm, made with the realm of the registrar.
    pub secrets: Vec<Secret>,
}

/// What credentials are worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// They are this agent's, whose user name is given.
    Welcome(AgentName, String),
    /// There are none, or they are wrong, or (`stale`) they are too old or were seen before.
    Challenge {
        /// The credentials may be right, but their nonce is not.
        stale: bool,
    },
    /// Too many wrong ones came from there: not looked at.
    Tired,
}

/// Who knocks, and what was let go: see [`crate::Counters`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Knocks {
    pub(crate) failed: u64,
    pub(crate) unheard: u64,
}

/// When a nonce was made, and its number.
type NonceKey = (u64, u64);

/// See the module.
#[derive(Debug)]
pub(crate) struct Guard {
    realm: String,
    algorithms: Vec<Algorithm>,
    users: BTreeMap<String, User>,
    /// Compared with what a user whom nobody knows answers.
    nobody: BTreeMap<Algorithm, String>,
    secret: String,
    made: u64,
    /// The last count of each nonce that was answered rightly.
    counts: BTreeMap<NonceKey, u32>,
    /// Nonces up to this one are good only while they are in `counts`.
    floor: NonceKey,
    failures: BTreeMap<IpAddr, Failures>,
    pub(crate) knocks: Knocks,
}

#[derive(Debug)]
struct User {
    agent: AgentName,
    ha1: BTreeMap<Algorithm, String>,
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    since: Mono,
    count: u32,
}

/// What an Authorization of our realm says.
struct Answer<'a> {
    user: &'a str,
    nonce: &'a str,
    uri: &'a str,
    response: String,
    algorithm: Algorithm,
    cnonce: &'a str,
    nc: &'a str,
    count: u32,
}

fn users(realm: &str, accounts: &[Account]) -> BTreeMap<String, User> {
    let mut users = BTreeMap::new();
    for account in accounts {
        let of = |algorithm: Algorithm| {
            let found =
                account.secrets.iter().find_map(|it| it.ha1(&account.user, realm, algorithm));
            found.map(|hex| (algorithm, hex))
        };
        let ha1 = PREFERENCE.into_iter().filter_map(of).collect();
        users.insert(account.user.clone(), User { agent: account.agent.clone(), ha1 });
    }
    users
}

/// The algorithms that every account has.
fn common(users: &BTreeMap<String, User>) -> Vec<Algorithm> {
    let has = |it: &Algorithm| users.values().all(|user| user.ha1.contains_key(it));
    PREFERENCE.into_iter().filter(has).collect()
}

impl Guard {
    pub(crate) fn new(realm: &str, accounts: &[Account], entropy: &mut Entropy) -> Guard {
        let users = users(realm, accounts);
        let nobody: BTreeMap<Algorithm, String> =
            PREFERENCE.into_iter().map(|it| (it, it.hash(&entropy.token(32)))).collect();
        Guard {
            realm: realm.to_string(),
            algorithms: common(&users),
            users,
            nobody,
            secret: entropy.token(32),
            made: 0,
            counts: BTreeMap::new(),
            floor: (0, 0),
            failures: BTreeMap::new(),
            knocks: Knocks::default(),
        }
    }

    /// Other accounts from now on. Nonces, their counts and our patience stay, so that a reload
    /// opens no door to replays and asks no phone anew that is still known.
    pub(crate) fn follow(&mut self, realm: &str, accounts: &[Account]) {
        self.realm = realm.to_string();
        self.users = users(realm, accounts);
        self.algorithms = common(&self.users);
    }

    /// The values of WWW-Authenticate, most preferred first, all with one fresh nonce. An algorithm
    /// that some account lacks is not offered: what is asked must not say whom we know.
    pub(crate) fn challenges(&mut self, now: Mono, source: IpAddr, stale: bool) -> Vec<String> {
        // Short, since it is sent to strangers; enough for those of one millisecond.
        self.made = (self.made + 1) & 0xFFFF;
        let nonce = self.nonce((millis(now), self.made), source);
        let stale = if stale { ", stale=true" } else { "" };
        let value = |algorithm: &Algorithm| {
            // MD5 is what a challenge means that names none.
            let algorithm = match algorithm {
                Algorithm::Md5 => "",
                Algorithm::Sha256 => ", algorithm=SHA-256",
            };
            let realm = &self.realm;
            format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", qop=\"auth\"{algorithm}{stale}")
        };
        self.algorithms.iter().map(value).collect()
    }

    /// Judges the credentials of a request.
    pub(crate) fn judge(&mut self, now: Mono, source: IpAddr, request: &Request) -> Verdict {
        let challenge = Verdict::Challenge { stale: false };
        let values = request.headers.all("Authorization").take(limits::CHALLENGES_MAX);
        let Some(answer) = values.into_iter().find_map(|value| Answer::read(value, &self.realm))
        else {
            return challenge;
        };
        let Some(key) = self.key_of(now, source, answer.nonce) else {
            return Verdict::Challenge { stale: true };
        };
        if self.is_tired_of(now, source) {
            self.knocks.unheard += 1;
            return Verdict::Tired;
        }
        let user = self.users.get(answer.user);
        let ha1 = user.and_then(|user| user.ha1.get(&answer.algorithm));
        let expected = answer
            .expected(ha1.unwrap_or(&self.nobody[&answer.algorithm]), request.method.as_str());
        let right = is_same(expected.as_bytes(), answer.response.as_bytes());
        let meant = answer.means(&request.uri) && self.algorithms.contains(&answer.algorithm);
        let Some(user) = user.filter(|_| right && meant && ha1.is_some()) else {
            self.failed(now, source);
            return challenge;
        };
        if self.counts.get(&key).is_some_and(|last| answer.count <= *last) {
            return Verdict::Challenge { stale: true };
        }
        let welcome = Verdict::Welcome(user.agent.clone(), answer.user.to_string());
        self.counted(now, key, answer.count);
        welcome
    }

    fn nonce(&self, key: NonceKey, source: IpAddr) -> String {
        let (at, number) = key;
        let seal =
            Algorithm::Sha256.hash(&format!("{at}:{number}:{}:{}", self.secret, net(source)));
        format!("{at:010x}{number:04x}{}", &seal[..limits::NONCE_SEAL_LENGTH])
    }

    /// The key of a nonce that we made for that source and that is still good.
    fn key_of(&self, now: Mono, source: IpAddr, nonce: &str) -> Option<NonceKey> {
        let at = u64::from_str_radix(nonce.get(..10)?, 16).ok()?;
        let seal_at = nonce.len().checked_sub(limits::NONCE_SEAL_LENGTH)?;
        let number = u64::from_str_radix(nonce.get(10..seal_at)?, 16).ok()?;
        let key = (at, number);
        let ours = is_same(self.nonce(key, source).as_bytes(), nonce.as_bytes());
        let young = millis(now).saturating_sub(at) <= as_millis(limits::NONCE_LIFE);
        let known = key > self.floor || self.counts.contains_key(&key);
        (ours && young && known).then_some(key)
    }

    /// Keeps a count; what is too old, or too much, makes room.
    fn counted(&mut self, now: Mono, key: NonceKey, count: u32) {
        self.counts.insert(key, count);
        let oldest = millis(now).saturating_sub(as_millis(limits::NONCE_LIFE));
        while let Some((&first, _)) = self.counts.first_key_value() {
            if first.0 >= oldest && self.counts.len() <= limits::NONCES_MAX {
                return;
            }
            self.counts.pop_first();
            self.floor = first;
        }
    }

    fn is_tired_of(&self, now: Mono, source: IpAddr) -> bool {
        self.failures.get(&net(source)).is_some_and(|failures| {
            now.since(failures.since) < limits::FAILED_LOGINS_WINDOW
                && failures.count >= limits::FAILED_LOGINS_MAX
        })
    }

    fn failed(&mut self, now: Mono, source: IpAddr) {
        self.knocks.failed += 1;
        self.failures.retain(|_, it| now.since(it.since) < limits::FAILED_LOGINS_WINDOW);
        if self.failures.len() >= limits::FAILED_SOURCES_MAX {
            let oldest = self.failures.iter().min_by_key(|(_, it)| it.since).map(|(at, _)| *at);
            oldest.map(|at| self.failures.remove(&at));
        }
        let new = Failures { since: now, count: 0 };
        self.failures.entry(net(source)).or_insert(new).count += 1;
    }
}

impl<'a> Answer<'a> {
    /// Reads credentials of `realm`; none when they are others', or say too little.
    fn read(value: &'a str, realm: &str) -> Option<Answer<'a>> {
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
        if get("realm")? != realm || !get("qop")?.eq_ignore_ascii_case("auth") {
            return None;
        }
        let nc = get("nc").filter(|nc| nc.len() == 8)?;
        Some(Answer {
            user: get("username")?,
            nonce: get("nonce")?,
            uri: get("uri")?,
            response: get("response")?.to_ascii_lowercase(),
            algorithm,
            cnonce: get("cnonce")?,
            nc,
            count: u32::from_str_radix(nc, 16).ok()?,
        })
    }

    /// RFC 7616 §3.4.1.
    fn expected(&self, ha1: &str, method: &str) -> String {
        let Answer { nonce, uri, algorithm, cnonce, nc, .. } = self;
        let ha2 = algorithm.hash(&format!("{method}:{uri}"));
        algorithm.hash(&format!("{ha1}:{nonce}:{nc}:{cnonce}:auth:{ha2}"))
    }

    /// True when the credentials were made for this Request-URI (RFC 7616 §3.4.6).
    fn means(&self, uri: &Uri) -> bool {
        Uri::parse(self.uri).is_ok_and(|written| written == *uri)
    }
}

/// Takes as long for bytes that differ at once as for those that differ last.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differing = one.iter().zip(other).fold(0, |sum, (a, b)| sum | (a ^ b));
    one.len() == other.len() && differing == 0
}

/// What counts as one source: an IPv4 address, or the network that one IPv6 host has for itself.
fn net(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V4(host) => IpAddr::V4(host),
        IpAddr::V6(host) => IpAddr::V6((u128::from(host) >> 64 << 64).into()),
    }
}

fn millis(now: Mono) -> u64 {
    now.as_nanos() / 1_000_000
}

fn as_millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sip_msg::Method;

    const SOURCE: &str = "192.0.2.10";

    struct Desk {
        guard: Guard,
        now: Mono,
    }

    impl Desk {
        fn new() -> Desk {
            let account = Account {
                agent: AgentName::from("anna"),
                user: "anna".into(),
                secrets: vec![Secret::Password("secret".into())],
            };
            let guard = Guard::new("rappel", &[account], &mut Entropy::from_u64(1));
            Desk { guard, now: Mono::ZERO }
        }

        fn nonce(&mut self) -> String {
            let source = SOURCE.parse().expect("an address");
            let challenge = self.guard.challenges(self.now, source, false).remove(0);
            let (_, rest) = challenge.split_once("nonce=\"").expect("a nonce");
            rest.split('"').next().expect("a nonce").to_string()
        }

        fn judge(&mut self, source: &str, value: &str) -> Verdict {
            let uri = Uri::parse("sip:rappel").expect("a URI");
            let mut request = Request::new(Method::Register, uri);
            request.headers.push("Authorization", value);
            self.guard.judge(self.now, source.parse().expect("an address"), &request)
        }
    }

    fn answer(user: &str, password: &str, nonce: &str, nc: u32) -> String {
        let ha1 = Algorithm::Md5.hash(&format!("{user}:rappel:{password}"));
        let ha2 = Algorithm::Md5.hash("REGISTER:sip:rappel");
        let response = Algorithm::Md5.hash(&format!("{ha1}:{nonce}:{nc:08x}:c:auth:{ha2}"));
        format!(
            "Digest username=\"{user}\", realm=\"rappel\", nonce=\"{nonce}\", uri=\"sip:rappel\", \
             response=\"{response}\", qop=auth, nc={nc:08x}, cnonce=\"c\""
        )
    }

    fn welcome() -> Verdict {
        Verdict::Welcome(AgentName::from("anna"), "anna".into())
    }

    #[test]
    fn a_count_is_taken_once_and_only_upwards() {
        let mut desk = Desk::new();
        let nonce = desk.nonce();
        let stale = Verdict::Challenge { stale: true };
        for (nc, verdict) in
            [(1, welcome()), (1, stale.clone()), (3, welcome()), (2, stale), (4, welcome())]
        {
            assert_eq!(desk.judge(SOURCE, &answer("anna", "secret", &nonce, nc)), verdict, "{nc}");
        }
    }

    #[test]
    fn a_nonce_is_good_for_its_source_and_its_time() {
        let mut desk = Desk::new();
        let nonce = desk.nonce();
        let value = answer("anna", "secret", &nonce, 1);
        let stale = Verdict::Challenge { stale: true };
        assert_eq!(desk.judge("192.0.2.11", &value), stale);
        let forged = answer("anna", "secret", &nonce.replacen('0', "1", 1), 1);
        assert_eq!(desk.judge(SOURCE, &forged), stale);
        desk.now = desk.now + limits::NONCE_LIFE + Duration::from_millis(1);
        assert_eq!(desk.judge(SOURCE, &value), stale);
        let nonce = desk.nonce();
        assert_eq!(desk.judge(SOURCE, &answer("anna", "secret", &nonce, 1)), welcome());
    }

    #[test]
    fn nobody_and_a_wrong_password_are_told_the_same_and_tire_us_alike() {
        for (user, password) in [("anna", "wrong"), ("nobody", "secret")] {
            let mut desk = Desk::new();
            let nonce = desk.nonce();
            for _ in 0..limits::FAILED_LOGINS_MAX {
                let verdict = desk.judge(SOURCE, &answer(user, password, &nonce, 1));
                assert_eq!(verdict, Verdict::Challenge { stale: false });
            }
            let good = answer("anna", "secret", &nonce, 1);
            assert_eq!(desk.judge(SOURCE, &good), Verdict::Tired);
            desk.now = desk.now + limits::FAILED_LOGINS_WINDOW;
            assert_eq!(desk.judge(SOURCE, &good), welcome());
        }
    }

    #[test]
    fn sources_that_failed_are_forgotten_oldest_first() {
        let mut desk = Desk::new();
        for host in 0..=u32::try_from(limits::FAILED_SOURCES_MAX).expect("a small limit") {
            desk.guard.failed(desk.now, IpAddr::V4(host.into()));
            desk.now = desk.now + Duration::from_millis(1);
        }
        assert_eq!(desk.guard.failures.len(), limits::FAILED_SOURCES_MAX);
        assert!(!desk.guard.failures.contains_key(&IpAddr::V4(0.into())));
    }

    #[test]
    fn a_count_that_had_to_make_room_is_not_taken_again() {
        let mut desk = Desk::new();
        let first = desk.nonce();
        for _ in 0..=limits::NONCES_MAX {
            let nonce = desk.nonce();
            assert_eq!(desk.judge(SOURCE, &answer("anna", "secret", &nonce, 1)), welcome());
        }
        assert_eq!(desk.guard.counts.len(), limits::NONCES_MAX);
        let verdict = desk.judge(SOURCE, &answer("anna", "secret", &first, 1));
        assert_eq!(verdict, Verdict::Challenge { stale: true });
    }

    #[test]
    fn credentials_for_another_address_or_without_a_count_are_worth_nothing() {
        let mut desk = Desk::new();
        let nonce = desk.nonce();
        let good = answer("anna", "secret", &nonce, 1);
        for (from, to) in [
            ("uri=\"sip:rappel\"", "uri=\"sip:other\""),
            ("qop=auth, ", ""),
            ("nc=00000001, ", ""),
            ("realm=\"rappel\"", "realm=\"other\""),
            ("qop=auth,", "qop=auth-int,"),
            ("Digest", "Basic"),
        ] {
            let verdict = desk.judge(SOURCE, &good.replace(from, to));
            assert_eq!(verdict, Verdict::Challenge { stale: false }, "{to}");
        }
        assert_eq!(desk.judge(SOURCE, &good), welcome());
    }

    #[test]
    fn only_what_every_account_can_answer_is_asked() {
        let hash = |algorithm| Secret::Ha1 { algorithm, hex: "0".repeat(32) };
        let account = |user: &str, secret| Account {
            agent: AgentName::from(user),
            user: user.into(),
            secrets: vec![secret],
        };
        let accounts = [
            account("anna", Secret::Password("secret".into())),
            account("bert", hash(Algorithm::Md5)),
        ];
        let mut guard = Guard::new("rappel", &accounts, &mut Entropy::from_u64(1));
        let source = SOURCE.parse().expect("an address");
        let asked = guard.challenges(Mono::ZERO, source, true);
        assert_eq!(asked.len(), 1);
        assert!(asked[0].ends_with("qop=\"auth\", stale=true"), "{}", asked[0]);
    }
}
