//! The sections that stand once: sip, media, journal, control, prompts, log, ivr, timings, limits.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use engine::{Answering, MediaSettings, Srtp, Timings};
use ivr::{ExitKeys, OfferClock, OfferKey, OfferOpens};
use model::Key;
use sip::Transport;
use toml::de::{DeTable, DeValue};

use crate::caps;
use crate::credentials::Secrets;
use crate::dns;
use crate::finding::Findings;
use crate::listeners::{self, Listeners};
use crate::section::{self, At, Section, shown};
use crate::value::{self, Mistake};
use crate::{Log, LogFormat, LogLevel, Roof};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn between(least: u64, most: u64) -> RangeInclusive<Duration> {
    seconds(least)..=seconds(most)
}

/// What [sip] and [media] say, and where, for those who must agree with it.
pub(crate) struct Network {
    pub(crate) listeners: Listeners,
    pub(crate) media: Option<At<IpAddr>>,
    pub(crate) ports: RangeInclusive<u16>,
    pub(crate) media_threads: Option<u64>,
    pub(crate) user_agent: String,
    pub(crate) session_timer: sip::SessionTimer,
    pub(crate) sessions_max: usize,
    pub(crate) transactions_max: usize,
}

impl Network {
    /// The media settings, once nothing is wrong.
    pub(crate) fn media_settings(&self) -> Option<MediaSettings> {
        let address = self.media.as_ref()?.value;
        Some(MediaSettings { address, ports: self.ports.clone() })
    }
}

/// Reads [sip] and [media].
pub(crate) fn network<'a>(
    root: &'a DeTable<'a>,
    secrets: &Secrets<'_>,
    found: &mut Findings,
) -> Network {
    let sip = section::one(root, "sip", found);
    let media = section::one(root, "media", found);
    let media_address = media_address(&media, found);
    let media_ip = media_address.as_ref().map(|at| at.value);
    let listeners = listeners::read(root, &sip, media_ip, secrets, found);
    let expected = "a range of ports, such as \"16384-32767\"";
    let ports_at = media.parsed("ports", expected, found, value::ports);
    let ports = ports_at.as_ref().map_or(16_384..=32_767, |ports| ports.value.clone());
    let media_threads = media.whole_number(
        "threads",
        1..=crate::MEDIA_THREADS_MAX,
        "without this key it is one less than there are processors",
        found,
    );
    let sessions_max = sip.integer("sessions_max", 1..=100_000, 1_000, found);
    let transactions_max = sip.integer("transactions_max", 10..=1_000_000, 10_000, found);
    if let Some(at) = &ports_at {
        check_ports(at, &listeners, sessions_max, found);
    }
    Network {
        listeners,
        media: media_address,
        ports,
        media_threads,
        user_agent: user_agent(&sip, found),
        session_timer: session_timer(&sip, found),
        sessions_max: size(sessions_max),
        transactions_max: size(transactions_max),
    }
}

fn media_address(media: &Section<'_>, found: &mut Findings) -> Option<At<IpAddr>> {
    media.must_have("address", "\"203.0.113.5\"", found);
    let expected = "the IP address of this machine, such as \"203.0.113.5\"";
    let at = media.parsed("address", expected, found, value::ip)?;
    if at.value.is_unspecified() {
        let hint = "callers send their voice to this address: write the one that they can reach";
        let problem = format!("`address` is {}, which is no address", at.value);
        found.error(&at.span, problem, expected, hint);
        return None;
    }
    if at.value.is_multicast() {
        let hint = "write the address of this machine in its network";
        let problem = format!("`address` is {}, which is a multicast group", at.value);
        found.error(&at.span, problem, expected, hint);
        return None;
    }
    Some(at)
}

fn check_ports(
    ports: &At<RangeInclusive<u16>>,
    listeners: &Listeners,
    sessions_max: u64,
    found: &mut Findings,
) {
    // Streams and datagrams have ports of their own.
    let datagrams = listeners.list.iter().filter(|one| one.transport == Transport::Udp);
    let taken = datagrams.map(|one| one.bind.port()).find(|port| ports.value.contains(port));
    if let Some(port) = taken {
        let problem = format!("the media ports hold {port}, the port of SIP");
        let hint = "begin the range above it";
        found.error(&ports.span, problem, "ports of their own for media", hint);
    }
    let pairs = engine::rtp_ports(&ports.value).count() as u64;
    if pairs < sessions_max {
        let problem =
            format!("there are ports for {pairs} sessions, and {sessions_max} are allowed");
        let hint = "each session takes two ports: widen the range, or lower sip.sessions_max";
        found.warning(&ports.span, problem, "a port for each session", hint);
    }
}

/// The life of a session that nobody refreshes (RFC 4028).
fn session_timer(sip: &Section<'_>, found: &mut Findings) -> sip::SessionTimer {
    let default = sip::SessionTimer::default();
    let day = 24 * 3_600;
    let least = sip.duration("session_timer_min", between(90, day), default.least, found);
    let interval = sip.duration("session_timer", between(0, day), default.interval, found);
    if let Some(at) = sip.get("session_timer")
        && !interval.is_zero()
        && interval < least
    {
        let least = value::spell(least);
        let problem = "`session_timer` is too short".to_string();
        let hint = format!("`session_timer_min` is \"{least}\"; \"0s\" asks for no timer at all");
        found.error(&at.span(), problem, format!("\"0s\", or at least \"{least}\""), hint);
    }
    sip::SessionTimer { interval, least }
}

fn user_agent(sip: &Section<'_>, found: &mut Findings) -> String {
    let expected = "a short text without line breaks";
    let at = sip.parsed("user_agent", expected, found, |text| {
        let printable = text.chars().all(|c| (' '..='~').contains(&c));
        if text.trim().is_empty() || text.len() > 100 || !printable {
            let hint = "it is written into each SIP message: ASCII, at most 100 characters";
            return Err(Mistake::new("this text cannot stand in a header", hint));
        }
        Ok(text.trim().to_string())
    });
    at.map_or_else(|| "Rappel".into(), |at| at.value)
}

/// A reel is read as a whole when its day is run again.
const REEL_MB_MAX: u64 = 2_000;

/// Where the engine is spoken to unless the file says otherwise.
pub(crate) const CONTROL_SOCKET: &str = "rappel.sock";

/// Reads [journal], [control], [prompts] and [log].
pub(crate) fn roof<'a>(root: &'a DeTable<'a>, network: &Network, found: &mut Findings) -> Roof {
    let path = |section: &Section<'a>, key, default: &str, found: &mut Findings| {
        let at = section.parsed(key, "the path of a file", found, |text| {
            if text.trim().is_empty() || text.contains('\0') {
                let hint = format!("without this key it is \"{default}\"");
                return Err(Mistake::new("the path is empty", hint));
            }
            Ok(PathBuf::from(text))
        });
        at.map_or_else(|| PathBuf::from(default), |at| at.value)
    };
    let journal = section::one(root, "journal", found);
    let control = section::one(root, "control", found);
    let prompts = section::one(root, "prompts", found);
    let log = section::one(root, "log", found);
    let directories = prompts.texts("directory", found);
    let directories = directories.map(|list| list.value).unwrap_or_default();
    for empty in directories.iter().filter(|at| at.value.trim().is_empty()) {
        let hint = "leave the key out to play the bundled prompts";
        found.error(&empty.span, "`directory` is empty", "the path of a directory", hint);
    }
    Roof {
        listeners: network.listeners.binds(),
        tls_peers: Vec::new(),
        dns: dns::servers(root, found),
        // A number of two digits.
        media_threads: network.media_threads.map(|threads| threads as usize),
        journal: path(&journal, "path", "rappel.journal", found),
        reel: reel(&journal, found),
        control_socket: path(&control, "socket", CONTROL_SOCKET, found),
        prompts: directories.iter().map(|at| PathBuf::from(at.value)).collect(),
        music: None,
        recordings: None,
        http: None,
        webhooks: Vec::new(),
        log: Log {
            level: choice(&log, "level", &LogLevel::ALL, LogLevel::Info, found),
            format: choice(&log, "format", &LogFormat::ALL, LogFormat::Text, found),
        },
    }
}

/// Whether what the queue is told is kept, and how much of one run.
fn reel(journal: &Section<'_>, found: &mut Findings) -> Option<u64> {
    let most = journal.integer("reel_max_mb", 1..=REEL_MB_MAX, 256, found);
    let kept = journal.boolean("reel", found).is_some_and(|at| at.value);
    kept.then_some(most * 1_000_000)
}

/// `srtp`: whether media is protected. Its keys travel in the signalling; `private` says that this
/// is protected too.
pub(crate) fn srtp(section: &Section<'_>, private: bool, found: &mut Findings) -> Srtp {
    let words = [("off", Srtp::Off), ("offered", Srtp::Offered), ("required", Srtp::Required)];
    let srtp = choice(section, "srtp", &words, Srtp::Off, found);
    if let Some(key) = section.get("srtp").filter(|_| srtp != Srtp::Off && !private) {
        let problem = "the keys of SRTP travel over SIP that anybody on the way can read";
        let hint = "call over TLS, or in a laboratory only: whoever reads the SIP hears the calls";
        found.warning(&key.span(), problem, "SIP over TLS with SRTP", hint);
    }
    srtp
}

/// One of a few words.
pub(crate) fn choice<T: Copy + PartialEq>(
    section: &Section<'_>,
    key: &str,
    words: &[(&'static str, T)],
    default: T,
    found: &mut Findings,
) -> T {
    let all: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
    let at = section.parsed(key, &format!("one of {}", all.join(", ")), found, |text| match words
        .iter()
        .find(|(word, _)| *word == text)
    {
        Some((_, value)) => Ok(*value),
        None => {
            let problem = format!("`{}` is not one of them", shown(text));
            Err(Mistake::new(problem, hint_of_choice(text, words, default)))
        }
    });
    at.map_or(default, |at| at.value)
}

fn hint_of_choice<T: PartialEq>(text: &str, words: &[(&'static str, T)], default: T) -> String {
    let names = words.iter().map(|(word, _)| *word);
    match crate::nearest::nearest(text, names) {
        Some(word) => format!("did you mean \"{word}\"?"),
        None => match words.iter().find(|(_, value)| *value == default) {
            Some((word, _)) => format!("without this key it is \"{word}\""),
            None => "leave the key out".into(),
        },
    }
}

const CLOCKS: [(&str, OfferClock); 2] =
    [("pauses", OfferClock::Pauses), ("waiting", OfferClock::Waiting)];
const OPENINGS: [(&str, OfferOpens); 2] =
    [("menu", OfferOpens::Menu), ("promise", OfferOpens::Promise)];

/// Reads [ivr].
pub(crate) fn ivr<'a>(root: &'a DeTable<'a>, found: &mut Findings) -> ivr::Settings {
    let section = section::one(root, "ivr", found);
    let default = ivr::Settings::default();
    let hour = 3_600;
    // Flows are read elsewhere, and look there at what this says; here it must be true or false.
    section.boolean("callback_steps", found);
    let offer_key = offer_key(&section, found).unwrap_or(default.offer_key);
    ivr::Settings {
        offer_key,
        offer_after: section.duration("offer_after", between(0, hour), default.offer_after, found),
        offer_every: section.duration("offer_every", between(5, hour), default.offer_every, found),
        offer_clock: choice(&section, "offer_clock", &CLOCKS, default.offer_clock, found),
        offer_opens: choice(&section, "offer_opens", &OPENINGS, default.offer_opens, found),
        hash_is_own_number: section.boolean("hash_is_own_number", found).is_some_and(|at| at.value),
        choice_time: section.duration("choice_time", between(2, 60), default.choice_time, found),
        asks_max: byte(section.integer("asks_max", 1..=10, default.asks_max.into(), found)),
        inter_digit: section.duration("inter_digit", between(1, 30), default.inter_digit, found),
        entries_max: byte(section.integer(
            "entries_max",
            1..=10,
            default.entries_max.into(),
            found,
        )),
        digits_max: byte(section.integer("digits_max", 17..=64, default.digits_max.into(), found)),
        promise_time: section.duration("promise_time", between(1, 60), default.promise_time, found),
        message_max: section.duration("message_max", between(10, 600), default.message_max, found),
        message_min: section.duration("message_min", between(0, 10), default.message_min, found),
        message_silence: section.duration(
            "message_silence",
            between(2, 600),
            default.message_silence,
            found,
        ),
        exits: exits(&section, offer_key, found),
        message_calls_back: section.boolean("message_callback", found).is_none_or(|at| at.value),
    }
}

/// Warns of a key that leads nowhere.
pub(crate) fn check_operator<'a>(root: &'a DeTable<'a>, there: bool, found: &mut Findings) {
    let Some(DeValue::Table(ivr)) = root.get("ivr").map(|value| value.get_ref()) else { return };
    if let Some(value) = ivr.get("operator_key").filter(|_| !there) {
        let hint = "add operator = \"+33123456789\" to a [[line]]";
        let expected = "a line with an `operator`";
        found.warning(&value.span(), "no line has an operator", expected, hint);
    }
}

/// The keys of the other ways out of the queue.
fn exits(section: &Section<'_>, offer_key: OfferKey, found: &mut Findings) -> ExitKeys {
    let message = exit_key(section, "message_key", offer_key, found);
    let operator = exit_key(section, "operator_key", offer_key, found);
    let same = message.is_some() && message == operator;
    if let Some(at) = section.get("operator_key").filter(|_| same) {
        let problem = "`message_key` and `operator_key` are the same";
        found.error(&at.span(), problem, "a key of its own", "choose another");
    }
    ExitKeys { message, operator }
}

/// A digit that the menu does not use, and that is not the offer key.
fn exit_key(
    section: &Section<'_>,
    name: &'static str,
    offer_key: OfferKey,
    found: &mut Findings,
) -> Option<Key> {
    let value = section.get(name)?;
    let text = match value.get_ref() {
        DeValue::Integer(digit) => digit.as_str(),
        DeValue::String(text) => text,
        _ => "",
    };
    let key = match text {
        "0" | "4" | "5" | "6" | "7" | "8" | "9" => text.chars().next().and_then(Key::from_char),
        _ => None,
    };
    let taken = key.is_some_and(|key| offer_key == OfferKey::One(key));
    if key.is_none() || taken {
        let problem = if taken {
            format!("`{name}` is the `offer_key`")
        } else {
            format!("`{name}` is no key for that")
        };
        let hint = "the menu has 1, 2 and 3; the key is spoken, so that it must be a digit";
        found.error(&value.span(), problem, "\"0\", or \"4\" to \"9\"", hint);
        return None;
    }
    key
}

/// A key in quotes; a digit may stand without.
fn offer_key(section: &Section<'_>, found: &mut Findings) -> Option<OfferKey> {
    let value = section.get("offer_key")?;
    let text = match value.get_ref() {
        DeValue::Integer(digit) => digit.as_str(),
        DeValue::String(text) => text,
        _ => "",
    };
    if text == "any" {
        return Some(OfferKey::Any);
    }
    let mut chars = text.chars();
    let key = match (chars.next(), chars.next()) {
        (Some(c), None) if c.is_ascii_digit() || c == '*' || c == '#' => Key::from_char(c),
        _ => None,
    };
    if key.is_none() {
        let hint = "the prompt \"offer\" names key 2: record it anew for another key";
        let expected = "one key of a telephone, \"0\" to \"9\", \"*\" or \"#\", or \"any\"";
        found.error(&value.span(), "`offer_key` is not a key", expected, hint);
    }
    key.map(OfferKey::One)
}

/// Reads [timings].
pub(crate) fn timings<'a>(root: &'a DeTable<'a>, found: &mut Findings) -> Timings {
    let section = section::one(root, "timings", found);
    let ring = between(5, 300);
    // The announcement alone takes about eight seconds.
    let choice = between(10, 300);
    let answer_after = section.duration("answer_after", between(0, 60), Duration::ZERO, found);
    Timings {
        agent_ring: section.duration("agent_ring", ring.clone(), seconds(25), found),
        customer_ring: section.duration("customer_ring", ring, seconds(45), found),
        agent_choice: section.duration("agent_choice", choice, seconds(30), found),
        answering: if answer_after.is_zero() {
            Answering::AtOnce
        } else {
            Answering::After(answer_after)
        },
    }
}

/// What [limits] says.
pub(crate) struct Limits {
    /// The most entries of all queues together.
    pub(crate) entries_max: usize,
    /// [caps].
    pub(crate) caps: queue::Caps,
    /// What `request_ttl` of a queue may be.
    pub(crate) request_ttl: RangeInclusive<Duration>,
    /// What `retry_delay` of a queue may be.
    pub(crate) retry_delay: RangeInclusive<Duration>,
}

/// Reads [limits] and [caps].
pub(crate) fn limits<'a>(root: &'a DeTable<'a>, found: &mut Findings) -> Limits {
    let section = section::one(root, "limits", found);
    let day = 24 * 3_600;
    Limits {
        caps: caps::read(root, found),
        entries_max: size(section.integer("entries_max", 1..=100_000, 10_000, found)),
        request_ttl: narrowed(
            &section,
            ["request_ttl_min", "request_ttl_max"],
            60,
            90 * day,
            found,
        ),
        retry_delay: narrowed(&section, ["retry_delay_min", "retry_delay_max"], 10, day, found),
    }
}

/// The range of another key, which an operator may make narrower for whoever writes queues.
fn narrowed(
    section: &Section<'_>,
    keys: [&str; 2],
    least: u64,
    most: u64,
    found: &mut Findings,
) -> RangeInclusive<Duration> {
    let whole = between(least, most);
    let low = section.duration(keys[0], whole.clone(), *whole.start(), found);
    let high = section.duration(keys[1], whole.clone(), *whole.end(), found);
    if low > high {
        let place = section.get(keys[0]).or_else(|| section.get(keys[1]));
        let span = place.map_or(0..0, |value| value.span());
        let problem = format!("`{}` is above `{}`", keys[0], keys[1]);
        found.error(&span, problem, "the smaller of the two", "exchange the two values");
        return whole;
    }
    low..=high
}

/// Warns when voice cannot reach who is not on this machine.
pub(crate) fn check_media_is_reachable(
    network: &Network,
    mut others: impl Iterator<Item = IpAddr>,
    found: &mut Findings,
) {
    let Some(media) = network.media.as_ref().filter(|media| media.value.is_loopback()) else {
        return;
    };
    if let Some(other) = others.find(|other| !other.is_loopback()) {
        let problem = format!("`address` is {}, and {other} cannot send there", media.value);
        let hint = "write the address by which trunks and agents reach this machine";
        let expected = "an address that is reached from other machines";
        found.warning(&media.span, problem, expected, hint);
    }
}

fn size(number: u64) -> usize {
    usize::try_from(number).expect("limited to a million")
}

fn byte(number: u64) -> u8 {
    u8::try_from(number).expect("limited to 64")
}
