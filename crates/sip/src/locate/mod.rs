//! Locating SIP servers (RFC 3263 §4): from the host of a URI to addresses, by NAPTR, SRV and
//! address records, in the order of RFC 2782.
//!
//! ```text
//! follow(target) ─▶ poll: Ask a question ─▶ the roof asks the DNS ─▶ handle_answer
//!        ▲                                                              │ more to ask?
//!        └── the shortest TTL is over ◀── places(target), any time ◀────┘
//! ```
//! A followed target is looked up at once and again whenever an answer that it rests on grows old,
//! so that a call never waits for the DNS. While the DNS says nothing, what it said last is used
//! for a day; a name that does not exist has no place at once. What a host name means is asked of
//! the roof, which follows CNAMEs; nothing here sends a packet.
//!
//! It is no resolver and checks no signatures.

mod gather;
mod order;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use model::{Deadline, Entropy, Mono};
use sip_msg::Uri;

use crate::Transport;
pub use order::draw;

/// Records of one answer that are looked at.
pub const RECORDS_MAX: usize = 32;
/// Addresses that one target leads to at most.
pub const PLACES_MAX: usize = 16;
/// Answers that are kept. Beyond it a new question is not asked, and its target is retried later.
pub const ANSWERS_MAX: usize = 4_096;
/// Longest time for which an answer is believed, and shortest time to the next question.
pub const TTL_MAX: Duration = Duration::from_secs(86_400);
/// See [`TTL_MAX`].
pub const TTL_MIN: Duration = Duration::from_secs(5);
/// Longest time for which "there is no such record" is believed (RFC 2308 §5 allows hours).
pub const NEGATIVE_TTL_MAX: Duration = Duration::from_secs(300);
/// From a question without an answer to the same question again.
pub const RETRY: Duration = Duration::from_secs(10);
/// For how long an answer is used beyond its TTL while the DNS does not answer (RFC 8767).
pub const STALE_MAX: Duration = Duration::from_secs(86_400);
/// How long the roof may take for an answer.
pub const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Whom to find: the parts of a URI that RFC 3263 looks at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// A host name in lower case, or an address without brackets.
    pub host: String,
    /// The port, when written.
    pub port: Option<u16>,
    /// The transport, when written.
    pub transport: Option<Transport>,
    /// `sips:`: only TLS will do.
    pub secure: bool,
}

impl Target {
    /// The target of a SIP URI; none of another one, or of a transport that nobody here has.
    pub fn of_uri(uri: &Uri) -> Option<Target> {
        let transport = Transport::of_uri(uri).ok()?;
        let sip = uri.sip()?;
        let host = sip.host.trim_matches(['[', ']']).to_ascii_lowercase();
        Some(Target { host, port: sip.port, transport, secure: sip.secure })
    }

    /// The target of an address.
    pub fn of_address(transport: Option<Transport>, address: SocketAddr) -> Target {
        let (host, port) = (address.ip().to_string(), Some(address.port()));
        Target { host, port, transport, secure: false }
    }

    /// The address, when the host is one and not a name.
    pub fn literal(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

/// What the DNS is asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// NAPTR records (RFC 3403).
    Naptr(String),
    /// SRV records (RFC 2782).
    Srv(String),
    /// IPv4 addresses.
    A(String),
    /// IPv6 addresses.
    Aaaa(String),
}

/// One record. Those that do not answer the question are left out by the locator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// Which service to ask for.
    Naptr {
        /// Lower first; different orders are different choices of the domain's owner.
        order: u16,
        /// Lower first, within an order.
        preference: u16,
        /// `s`: the replacement has SRV records.
        flags: String,
        /// `SIP+D2U`, `SIP+D2T`, `SIPS+D2T`.
        service: String,
        /// The name of the SRV records.
        replacement: String,
    },
    /// Where a service is.
    Srv {
        /// Lower first.
        priority: u16,
        /// The share among those of one priority.
        weight: u16,
        /// The port.
        port: u16,
        /// The host; `.` when the service is decidedly not there.
        target: String,
    },
    /// An address.
    Address(IpAddr),
}

/// What the DNS said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// These records.
    Found {
        /// At most [`RECORDS_MAX`] are looked at.
        records: Vec<Record>,
        /// For how long.
        ttl: Duration,
    },
    /// There are none (NXDOMAIN, or no record of this type).
    Nothing {
        /// For how long.
        ttl: Duration,
    },
    /// No answer: a timeout, SERVFAIL, no network.
    Failed,
}

/// Where a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// How to speak to it.
    pub transport: Transport,
    /// Where.
    pub address: SocketAddr,
}

/// What we can speak: each transport that has a listener, by family.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Means {
    /// Transports over IPv4, in the order of our preference.
    pub v4: Vec<Transport>,
    /// Transports over IPv6.
    pub v6: Vec<Transport>,
}

impl Means {
    fn has(&self, transport: Transport) -> bool {
        self.v4.contains(&transport) || self.v6.contains(&transport)
    }

    fn reaches(&self, place: &Place) -> bool {
        let of_family = if place.address.is_ipv4() { &self.v4 } else { &self.v6 };
        of_family.contains(&place.transport)
    }
}

/// One answer that is kept, or awaited.
#[derive(Debug)]
struct Known {
    /// None while it was never answered.
    records: Option<Vec<Record>>,
    /// When it is asked again, or, while it is asked, when the roof has taken too long.
    until: Mono,
    /// When it is not believed any more, unless it is answered again.
    stale_at: Mono,
    /// The roof is asking.
    asked: bool,
}

impl Known {
    fn asked(now: Mono) -> Known {
        Known { records: None, until: now + ANSWER_MAX, stale_at: now, asked: true }
    }

    fn keep(&mut self, now: Mono, records: Vec<Record>, ttl: Duration) {
        self.records = Some(records);
        self.until = now + ttl.max(TTL_MIN);
        self.stale_at = self.until + STALE_MAX;
        self.asked = false;
    }

    /// What was never answered counts as absent: a DNS that chokes on NAPTR may know addresses.
    fn fail(&mut self, now: Mono) {
        if self.records.is_none() || self.stale_at <= now {
            self.records = Some(Vec::new());
            self.stale_at = now + RETRY;
        }
        self.until = now + RETRY;
        self.asked = false;
    }
}

/// See the module.
#[derive(Debug)]
pub struct Locator {
    means: Means,
    targets: BTreeSet<Target>,
    known: BTreeMap<Question, Known>,
    questions: VecDeque<Question>,
}

impl Locator {
    /// A locator that follows nobody.
    pub fn new(means: Means) -> Locator {
        let (targets, known, questions) = (BTreeSet::new(), BTreeMap::new(), VecDeque::new());
        Locator { means, targets, known, questions }
    }

    /// Looks a target up now and keeps it up to date.
    pub fn follow(&mut self, now: Mono, target: Target) {
        if self.targets.insert(target) {
            self.refresh(now);
        }
    }

    /// Follows these, and nobody else from now on. What is known of those that stay, stays known.
    pub fn follow_only(&mut self, now: Mono, targets: BTreeSet<Target>) {
        if self.targets != targets {
            self.targets = targets;
            self.refresh(now);
        }
    }

    /// The DNS answered. An answer to a question that nobody has any more is let go.
    pub fn handle_answer(&mut self, now: Mono, question: &Question, answer: Answer) {
        let Some(known) = self.known.get_mut(question) else { return };
        match answer {
            Answer::Found { mut records, ttl } => {
                records.retain(|record| record.answers(question));
                records.truncate(RECORDS_MAX);
                known.keep(now, records, ttl.min(TTL_MAX));
            }
            Answer::Nothing { ttl } => known.keep(now, Vec::new(), ttl.min(NEGATIVE_TTL_MAX)),
            Answer::Failed => known.fail(now),
        }
        self.refresh(now);
    }

    /// A deadline came.
    pub fn handle_timeout(&mut self, now: Mono) {
        for known in self.known.values_mut().filter(|known| known.asked && known.until <= now) {
            known.fail(now);
        }
        self.refresh(now);
    }

    /// The next question for the DNS.
    pub fn poll(&mut self) -> Option<Question> {
        self.questions.pop_front()
    }

    /// When [`Locator::handle_timeout`] is wanted.
    pub fn deadline(&self) -> Option<Deadline> {
        let at = self.known.values().map(|known| known.until).min()?;
        Some(Deadline::new(at, "a name is looked up again"))
    }

    /// Where the target is, the best place first: by priority, and drawn by weight within it. Empty
    /// while nothing is known, and when the target does not exist.
    pub fn places(&self, target: &Target, dice: &mut Entropy) -> Vec<Place> {
        let known = |question: Question| self.known.get(&question)?.records.clone();
        let choices = gather::gather(target, &self.means, &mut { known });
        let mut places: Vec<Place> = Vec::new();
        for place in order::order(choices, dice) {
            let wanted = self.means.reaches(&place) && !places.contains(&place);
            if wanted && places.len() < PLACES_MAX {
                places.push(place);
            }
        }
        places
    }

    /// True while something that the target needs has never been answered.
    pub fn is_looking(&self, target: &Target) -> bool {
        let mut open = false;
        gather::gather(target, &self.means, &mut |question| {
            let records = self.known.get(&question).and_then(|known| known.records.clone());
            open |= records.is_none();
            records
        });
        open
    }

    /// Asks what is missing or old, for every target, and forgets what none of them needs. What is
    /// asked may lead to more once it is answered.
    fn refresh(&mut self, now: Mono) {
        let mut needed = BTreeSet::new();
        for target in &self.targets {
            gather::gather(target, &self.means, &mut |question| {
                let records = self.known.get(&question).and_then(|known| known.records.clone());
                needed.insert(question);
                records
            });
        }
        self.known.retain(|question, _| needed.contains(question));
        for question in needed {
            let room = self.known.len() < ANSWERS_MAX;
            match self.known.get_mut(&question) {
                Some(known) if known.asked || now < known.until => {}
                Some(known) => {
                    known.asked = true;
                    known.until = now + ANSWER_MAX;
                    self.questions.push_back(question);
                }
                None if room => {
                    self.known.insert(question.clone(), Known::asked(now));
                    self.questions.push_back(question);
                }
                None => {}
            }
        }
    }
}

impl Record {
    fn answers(&self, question: &Question) -> bool {
        match (question, self) {
            (Question::Naptr(_), Record::Naptr { .. }) | (Question::Srv(_), Record::Srv { .. }) => {
                true
            }
            (Question::A(_), Record::Address(ip)) => ip.is_ipv4(),
            (Question::Aaaa(_), Record::Address(ip)) => ip.is_ipv6(),
            (
                Question::Naptr(_) | Question::Srv(_) | Question::A(_) | Question::Aaaa(_),
                Record::Naptr { .. } | Record::Srv { .. } | Record::Address(_),
            ) => false,
        }
    }
}

#[cfg(test)]
mod tests;
