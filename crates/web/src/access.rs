//! Who asks, what may be asked, and how often.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use config::{Http, Role};
use model::{AgentName, Mono};
use server::clock::Clock;
use sha2::{Digest, Sha256};

use crate::problem::Problem;

/// A token that was quiet for so long may ask as often at once as in this time.
pub const BUCKET_SECONDS: u32 = 30;

const NANOS_A_MINUTE: u64 = 60_000_000_000;

/// Every token, by its hash: what is compared tells nothing of how much of a guess was right.
pub(crate) struct Access {
    tokens: BTreeMap<[u8; 32], Holder>,
    open: Option<Holder>,
    clock: Clock,
}

/// Whose token it is.
struct Holder {
    who: Who,
    bucket: Mutex<Bucket>,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) agent: Option<AgentName>,
}

/// Something that not everybody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    /// Ask for a callback.
    Create,
    /// See calls, queues, callbacks and agents.
    See,
    /// See numbers in full.
    Reveal,
    /// Deal with every callback and every agent.
    Manage,
    /// Stop the engine, and give it other settings.
    Stop,
}

/// Who may ask, and from whose pages: what a reload replaces.
pub(crate) struct Doors {
    pub(crate) access: Access,
    pub(crate) origins: Vec<String>,
}

/// The doors that are in force.
pub struct Keys {
    doors: RwLock<Arc<Doors>>,
    clock: Clock,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    pub(crate) fn new(http: &Http, clock: Clock) -> Keys {
        Keys { doors: RwLock::new(Arc::new(doors(http, clock))), clock }
    }

    /// Other tokens and origins from now on. Where it is served, for how many and how often, stays;
    /// streams of events that are open go on.
    pub fn follow(&self, http: &Http) {
        *self.doors.write().expect("nobody panics while holding the doors") =
            Arc::new(doors(http, self.clock));
    }

    pub(crate) fn doors(&self) -> Arc<Doors> {
        Arc::clone(&self.doors.read().expect("nobody panics while holding the doors"))
    }
}

fn doors(http: &Http, clock: Clock) -> Doors {
    Doors { access: Access::new(http, clock), origins: http.origins.clone() }
}

impl Access {
    pub(crate) fn new(http: &Http, clock: Clock) -> Access {
        let bucket = || Mutex::new(Bucket::new(http.requests_per_minute));
        let holder = |token: &config::Token| Holder {
            who: Who { name: token.name.clone(), role: token.role, agent: token.agent.clone() },
            bucket: bucket(),
        };
        let hashed = |token: &config::Token| (hash(token.secret.reveal()), holder(token));
        let everybody = Who { name: "everybody".to_owned(), role: Role::Admin, agent: None };
        let open = http.open.then(|| Holder { who: everybody, bucket: bucket() });
        Access { tokens: http.tokens.iter().map(hashed).collect(), open, clock }
    }

    /// Whoever reaches it may ask.
    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Who asks with this `Authorization`, unless nobody does, or too often.
    pub(crate) fn who(&self, authorization: Option<&str>) -> Result<Who, Problem> {
        let holder = match (&self.open, authorization) {
            (Some(everybody), _) => everybody,
            (None, Some(header)) => {
                let known = bearer(header).and_then(|token| self.tokens.get(&hash(token)));
                known.ok_or_else(|| nobody("this token is not known"))?
            }
            (None, None) => return Err(nobody("send a token: Authorization: Bearer …")),
        };
        let mut bucket = holder.bucket.lock().expect("nobody panics while holding a bucket");
        match bucket.take(self.clock.mono()) {
            Ok(()) => Ok(holder.who.clone()),
            Err(wait) => {
                let seconds = wait.as_secs() + 1;
                let detail = format!("this token asks too often: try again in {seconds} s");
                let status = StatusCode::TOO_MANY_REQUESTS;
                Err(Problem::new(status, "too_often", detail).again_after(seconds))
            }
        }
    }
}

impl Who {
    pub(crate) fn may(&self, right: Right) -> bool {
        match (self.role, right) {
            (Role::Admin, _) => true,
            (Role::Supervisor, right) => right != Right::Stop,
            (Role::Agent, right) => matches!(right, Right::Create | Right::See),
            (Role::Viewer, right) => right == Right::See,
            (Role::Site, right) => right == Right::Create,
        }
    }

    pub(crate) fn needs(&self, right: Right) -> Result<(), Problem> {
        let what = match right {
            Right::Create => "ask for callbacks",
            Right::See => "see calls, callbacks and agents",
            Right::Reveal => "see numbers in full",
            Right::Manage => "deal with every callback and every agent",
            Right::Stop => "stop the engine or give it other settings",
        };
        let detail = || format!("the token `{}` may not {what}", self.name);
        if self.may(right) { Ok(()) } else { Err(Problem::forbidden(detail())) }
    }

    /// Acting for an agent: that agent may, and whoever manages.
    pub(crate) fn acts_for(&self, agent: &AgentName) -> Result<(), Problem> {
        if self.agent.as_ref() == Some(agent) { Ok(()) } else { self.needs(Right::Manage) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Who, Problem> {
        let who = parts.extensions.get::<Who>().cloned();
        who.ok_or_else(|| nobody("send a token: Authorization: Bearer …"))
    }
}

fn nobody(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
}

/// The token of `Bearer …` (RFC 6750 §2.1).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A bucket that fills evenly; each request takes one out.
#[derive(Debug)]
struct Bucket {
    per_minute: u32,
    /// In minute-requests times nanoseconds: `per_minute` of them drip in each nanosecond.
    full: u64,
    level: u64,
    at: Mono,
}

impl Bucket {
    fn new(per_minute: u32) -> Bucket {
        let at_once = u64::from(per_minute * BUCKET_SECONDS / 60).max(1);
        let full = at_once * NANOS_A_MINUTE;
        Bucket { per_minute, full, level: full, at: Mono::ZERO }
    }

    fn take(&mut self, now: Mono) -> Result<(), Duration> {
        let passed = u64::try_from(now.since(self.at).as_nanos()).unwrap_or(u64::MAX);
        let dripped = passed.saturating_mul(self.per_minute.into());
        self.level = self.level.saturating_add(dripped).min(self.full);
        self.at = now;
        match self.level.checked_sub(NANOS_A_MINUTE) {
            Some(rest) => {
                self.level = rest;
                Ok(())
            }
            None => {
                let missing = NANOS_A_MINUTE - self.level;
                Err(Duration::from_nanos(missing / u64::from(self.per_minute)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_may_ask_evenly_and_a_little_at_once() {
        let mut bucket = Bucket::new(60);
        let second = |n: u64| Mono::from_nanos(n * 1_000_000_000);
        for _ in 0..30 {
            assert_eq!(bucket.take(second(100)), Ok(()));
        }
        assert_eq!(bucket.take(second(100)), Err(Duration::from_secs(1)));
        assert_eq!(bucket.take(second(101)), Ok(()));
        assert!(bucket.take(second(101)).is_err());
        assert_eq!(Bucket::new(1).take(second(0)), Ok(()), "one at once at least");
    }

    #[test]
    fn each_role_may_what_it_is_for() {
        let rights = [Right::Create, Right::See, Right::Reveal, Right::Manage, Right::Stop];
        let may = |role| {
            let who = Who { name: String::new(), role, agent: None };
            rights.map(|right| who.may(right))
        };
        assert_eq!(may(Role::Site), [true, false, false, false, false]);
        assert_eq!(may(Role::Viewer), [false, true, false, false, false]);
        assert_eq!(may(Role::Agent), [true, true, false, false, false]);
        assert_eq!(may(Role::Supervisor), [true, true, true, true, false]);
        assert_eq!(may(Role::Admin), [true, true, true, true, true]);
    }

    #[test]
    fn a_token_stands_behind_the_word_bearer() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc "), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("abc"), None);
    }
}
