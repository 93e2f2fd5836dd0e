//! `[[queue]]` and `[[agent]]`: where callers wait, and who takes them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;
use std::time::Duration;

use engine::AgentPhone;
use model::{AgentName, E164, QueueName};
use queue::{AgentSettings, Dialling, Duplicates, Party, QueueSettings};
use sip::{ListenerId, RegistrarSettings, Source, Transport};
use toml::de::DeTable;

use crate::acd::{self, External};
use crate::basics::{self, Limits, Network};
use crate::credentials::Secrets;
use crate::finding::Findings;
use crate::groups::{Groups, Habits};
use crate::hours::Timetables;
use crate::names::Names;
use crate::overflow;
use crate::phones::{self, Phone};
use crate::redirects;
use crate::retries;
use crate::section::{self, At, Section};
use crate::skills;
use crate::speech;
use crate::telephones;
use crate::tls::{self, TlsPeer, TlsWho, Verify};
use crate::value::{self, AgentUri, Mistake};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A queue as far as it could be read.
pub(crate) struct Queue {
    pub(crate) name: Option<String>,
    pub(crate) settings: QueueSettings,
    /// Where its works go, when not to the agents of this file.
    pub(crate) external: Option<External>,
    span: Range<usize>,
}

/// Reads every queue.
pub(crate) fn queues<'a>(
    root: &'a DeTable<'a>,
    limits: &Limits,
    timetables: &Timetables,
    trunks: &Names,
    found: &mut Findings,
) -> (Vec<Queue>, Names) {
    let sections = section::many(root, "queue", found);
    let names = Names::of("queue", &sections, found);
    let queues = sections
        .iter()
        .enumerate()
        .map(|(place, section)| Queue {
            name: names.at(place).map(str::to_string),
            settings: queue(section, limits, timetables, found),
            external: acd::read(section, trunks, found),
            span: section.span.clone(),
        })
        .collect();
    (queues, names)
}

fn queue(
    section: &Section<'_>,
    limits: &Limits,
    timetables: &Timetables,
    found: &mut Findings,
) -> QueueSettings {
    let within = |range: &RangeInclusive<Duration>, usual: u64| {
        Duration::from_secs(usual).clamp(*range.start(), *range.end())
    };
    let ttl = within(&limits.request_ttl, 8 * HOUR);
    let request_ttl = section.duration("request_ttl", limits.request_ttl.clone(), ttl, found);
    let delay = within(&limits.retry_delay, 5 * MINUTE);
    let retry_delay = section.duration("retry_delay", limits.retry_delay.clone(), delay, found);
    let mut time = |key, least, most, default| {
        let range = Duration::from_secs(least)..=Duration::from_secs(most);
        section.duration(key, range, Duration::from_secs(default), found)
    };
    let wait_told_max = time("say_wait_max", HOUR, 12 * HOUR, HOUR);
    let decline_pause = time("decline_pause", 0, DAY, MINUTE);
    let at_once = at_once(section, found);
    let rung = |all| if all { at_once } else { 1 };
    let attempts = section.integer("attempts", 1..=10, 1, found);
    let mut queue = QueueSettings {
        request_ttl,
        attempts_total: u16::try_from(attempts).expect("limited to ten"),
        retry_delay,
        decline_pause,
        callbacks_ring: rung(basics::choice(section, "offer_to", &OFFER_TO, false, found)),
        callers_ring: rung(basics::choice(section, "offer_callers_to", &OFFER_TO, false, found)),
        last_agent: section.boolean("last_agent", found).is_some_and(|at| at.value),
        offers: overflow::offers(section, found),
        handle_time: overflow::handle_time(section, found),
        calling_hours: calling_hours(section, found),
        tells_wait: section.boolean("say_wait", found).is_some_and(|at| at.value),
        wait_told_max,
        tells_place: section.boolean("say_place", found).is_some_and(|at| at.value),
        agent_no_answer_counts: section
            .boolean("agent_no_answer_counts", found)
            .is_some_and(|at| at.value),
        ends_when_all_decline: section
            .boolean("ends_when_all_decline", found)
            .is_some_and(|at| at.value),
        ticket_subject: ticket_subject(section, found),
        dials: Dialling {
            first: basics::choice(section, "dial_order", &DIAL_ORDER, Party::Agent, found),
            progressive: basics::choice(section, "dial_mode", &DIAL_MODE, false, found),
        },
        message_blocks_agent: section
            .boolean("message_blocks_agent", found)
            .is_some_and(|at| at.value),
        duplicates: basics::choice(section, "duplicates", &DUPLICATES, Duplicates::Ignore, found),
        place_kept_for: kept_for(section, found),
        report_close_after: report_close_after(section, found),
        min_talk: least_talk(section, found),
        short_talk_delay: section.duration(
            "short_talk_delay",
            limits.retry_delay.clone(),
            retry_delay,
            found,
        ),
        retries: retries::read(section, &limits.retry_delay, retry_delay, found),
        needs: skills::needs(section, found),
        keep_skills: section.boolean("keep_skills", found).is_none_or(|at| at.value),
        keep_priority: section.boolean("keep_priority", found).is_none_or(|at| at.value),
        ..QueueSettings::default()
    };
    timetables.apply(section, &mut queue, found);
    queue
}

/// Who is called first for a callback.
const DIAL_ORDER: [(&str, Party); 2] =
    [("agent_first", Party::Agent), ("customer_first", Party::Customer)];

/// Whether an agent who answers has taken the callback.
const DIAL_MODE: [(&str, bool); 2] = [("preview", false), ("progressive", true)];

/// Whether all free agents are rung at once for one work.
const OFFER_TO: [(&str, bool); 2] = [("next", false), ("all", true)];

/// Most agents who ring at once for one work: each needs a media port and a SIP session.
const AT_ONCE_MAX: u64 = 200;

/// How many agents "all" is at most.
fn at_once(section: &Section<'_>, found: &mut Findings) -> u16 {
    let most = section.integer("offer_to_max", 2..=AT_ONCE_MAX, 20, found);
    u16::try_from(most).expect("limited to 200")
}

/// What becomes of a customer who has a place already.
const DUPLICATES: [(&str, Duplicates); 3] = [
    ("ignore", Duplicates::Ignore),
    ("ticket", Duplicates::Ticket),
    ("take_over", Duplicates::TakeOver),
];

fn ticket_subject(section: &Section<'_>, found: &mut Findings) -> Option<Arc<str>> {
    let at = section.parsed("ticket_subject", "a few words", found, |text| {
        if text.trim().is_empty() || text.len() > 100 || text.chars().any(char::is_control) {
            let hint = "it stands above every ticket: one line of at most 100 characters";
            return Err(Mistake::new("this is no subject", hint));
        }
        Ok(Arc::from(text.trim()))
    });
    at.map(|at| at.value)
}

/// How long the place of a caller who hung up is kept.
fn kept_for(section: &Section<'_>, found: &mut Findings) -> Duration {
    let range = Duration::ZERO..=Duration::from_secs(HOUR);
    section.duration("place_kept_for", range, Duration::ZERO, found)
}

/// How long a conversation must last to be a success.
fn least_talk(section: &Section<'_>, found: &mut Findings) -> Duration {
    let range = Duration::ZERO..=Duration::from_secs(HOUR);
    section.duration("min_talk", range, Duration::ZERO, found)
}

/// After how long a report counts an open request as ended.
fn report_close_after(section: &Section<'_>, found: &mut Findings) -> Option<Duration> {
    section.get("report_close_after")?;
    let range = Duration::from_secs(HOUR)..=Duration::from_secs(365 * DAY);
    Some(section.duration("report_close_after", range, Duration::from_secs(14 * DAY), found))
}

/// An agent as far as it could be read.
pub(crate) struct Agent {
    pub(crate) name: Option<String>,
    pub(crate) span: Range<usize>,
    /// Of an agent of an ACD, who has no phone.
    pub(crate) identifier: Option<At<Arc<str>>>,
    /// It has one, which may not have been readable.
    pub(crate) identifies: bool,
    uri: Option<At<AgentUri>>,
    listener: Option<ListenerId>,
    /// The phone registers: there is no `uri`. None inside when it could not be read.
    phone: Option<Option<Phone>>,
    /// Absent when it could not be read.
    pub(crate) queues: Option<Vec<String>>,
    habits: Habits,
    online: bool,
    takes_calls: bool,
    calls_from: Vec<E164>,
    skills: BTreeMap<String, u8>,
    redirects_to: Arc<[Source]>,
    srtp: engine::Srtp,
    tls: Option<Verify>,
    speech: engine::Speech,
    /// The agent is reached by telephone: there is no `uri`. None inside when it could not be read.
    telephone: Option<Option<AgentPhone>>,
    human_proof: bool,
}

impl Agent {
    /// The settings, once nothing is wrong.
    pub(crate) fn settings(&self) -> Option<(engine::Agent, AgentSettings)> {
        let name = AgentName::from(self.name.as_deref()?);
        let (redirects_to, srtp) = (Arc::clone(&self.redirects_to), self.srtp);
        let speech = self.speech.clone();
        let agent = engine::Agent {
            name,
            phone: self.reached_at()?,
            redirects_to,
            srtp,
            speech,
            human_proof: self.human_proof,
            acd: None,
        };
        let settings = AgentSettings {
            queues: self
                .queues
                .as_ref()?
                .iter()
                .map(|name| QueueName::from(name.as_str()))
                .collect(),
            wrap_up: self.habits.wrap_up,
            online_at_start: self.online && !agent.asks_number(),
            reachable_at_start: self.phone.is_none() && !agent.asks_number(),
            takes_calls: self.takes_calls,
            priority: self.habits.priority,
            concurrent: self.habits.concurrent,
            auto_ready: self.habits.auto_ready,
            away_after_missed: self.habits.away_after_missed,
            calls_from: self.calls_from.clone(),
            skills: self.skills.clone(),
        };
        Some((agent, settings))
    }

    fn reached_at(&self) -> Option<AgentPhone> {
        if let Some(telephone) = &self.telephone {
            return telephone.clone();
        }
        if let Some(phone) = &self.phone {
            return phone.as_ref().map(|_| AgentPhone::Registered);
        }
        let AgentUri { uri, address, .. } = self.uri.as_ref()?.value.clone();
        Some(AgentPhone::Fixed { uri, address, listener: self.listener? })
    }

    /// By what the agent's phone is believed over TLS, when the file says so.
    pub(crate) fn tls_peer(&self) -> Option<TlsPeer> {
        Some(TlsPeer { who: TlsWho::At(self.address()?), verify: self.tls.clone()? })
    }

    /// Where the agent is called.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        Some(self.uri.as_ref()?.value.address)
    }
}

/// What agents must agree with.
pub(crate) struct Context<'a> {
    pub(crate) queue_names: &'a Names,
    pub(crate) trunk_names: &'a Names,
    pub(crate) groups: &'a Groups,
    pub(crate) network: &'a Network,
    pub(crate) secrets: &'a Secrets<'a>,
}

/// Reads [registrar], and takes the phones of the agents who register.
pub(crate) fn registrar<'a>(
    root: &'a DeTable<'a>,
    agents: &[Agent],
    found: &mut Findings,
) -> Option<RegistrarSettings> {
    let phones: Vec<_> = agents
        .iter()
        .filter_map(|agent| Some((agent.name.as_deref()?, agent.phone.as_ref()?.as_ref()?)))
        .collect();
    phones::registrar(root, &phones, found)
}

fn check_no_uri(section: &Section<'_>, found: &mut Findings) {
    if let Some(uri) = section.get("uri") {
        let hint = "leave `uri` out: the agent is called wherever the phone has registered";
        let problem = "this agent has a `uri` and registers";
        found.error(&uri.span(), problem, "one of them", hint);
    }
}

/// Reads every agent.
pub(crate) fn agents<'a>(
    root: &'a DeTable<'a>,
    context: &Context<'_>,
    found: &mut Findings,
) -> (Vec<Agent>, Names) {
    let sections = section::many(root, "agent", found);
    let names = Names::of("agent", &sections, found);
    let agents = sections
        .iter()
        .enumerate()
        .map(|(place, section)| agent(section, names.at(place), context, found))
        .collect();
    (agents, names)
}

fn agent(
    section: &Section<'_>,
    name: Option<&str>,
    context: &Context<'_>,
    found: &mut Findings,
) -> Agent {
    let registers = phones::registers(section, found);
    let phone = phones::phone(section, name, registers, context.secrets, found);
    let telephone = telephones::read(section, context.trunk_names, found);
    let identifier = acd::identifier(section, found);
    if registers {
        check_no_uri(section, found);
    } else if telephone.is_none() && section.get("identifier").is_none() {
        section.must_have("uri", "\"sip:anna@192.0.2.5:5060\"", found);
    }
    let expected = "a SIP URI with an address, such as \"sip:anna@192.0.2.5:5060\"";
    let uri = section.parsed("uri", expected, found, value::agent_uri);
    let listener = uri.as_ref().and_then(|at| {
        let address = At { value: at.value.address, span: at.span.clone() };
        context.network.listeners.by(section, at.value.transport, &address, found)
    });
    let over_tls = uri.as_ref().is_some_and(|at| at.value.transport == Transport::Tls);
    let private = over_tls || registers && context.network.listeners.are_all_tls();
    let address = uri.as_ref().map(|at| at.value.address);
    Agent {
        name: name.map(str::to_string),
        redirects_to: redirects::of_agent(section, address, found),
        uri,
        listener,
        phone: registers.then_some(phone),
        queues: queues_of(section, context.queue_names, found),
        habits: context.groups.habits(section, found),
        online: section.boolean("online", found).is_none_or(|at| at.value),
        takes_calls: section.boolean("takes_calls", found).is_none_or(|at| at.value),
        calls_from: calls_from(section, found),
        skills: skills::of_agent(section, found),
        srtp: basics::srtp(section, private, found),
        tls: tls::of_peer(section, over_tls, context.secrets, found),
        speech: speech::read(section, found),
        human_proof: telephones::human_proof(section, telephone.is_some(), found),
        telephone,
        identifies: section.get("identifier").is_some(),
        identifier,
        span: section.span.clone(),
    }
}

/// Most numbers that one agent calls from.
pub const CALLS_FROM_MAX: usize = 16;

/// The numbers that an agent calls from.
fn calls_from(section: &Section<'_>, found: &mut Findings) -> Vec<E164> {
    let Some(list) = section.texts("calls_from", found) else { return Vec::new() };
    let expected = "international numbers, such as [\"+33612345678\"]";
    if list.value.len() > CALLS_FROM_MAX {
        let problem = format!("this agent calls from more than {CALLS_FROM_MAX} numbers");
        found.error(&list.span, problem, expected, "name those of the agent's own phones");
    }
    let number = |at: &At<&str>| match E164::parse(at.value) {
        Ok(number) => Some(number),
        Err(why) => {
            let problem = format!("`{}` is not an international number", section::shown(at.value));
            found.error(&at.span, problem, expected, why.to_string());
            None
        }
    };
    list.value.iter().filter_map(number).collect()
}

fn queues_of(section: &Section<'_>, names: &Names, found: &mut Findings) -> Option<Vec<String>> {
    if section.get("queues").is_none() {
        return names.reference(section, "queues", found).map(|name| vec![name]);
    }
    let list = section.texts("queues", found)?;
    if list.value.is_empty() {
        let hint = "online = false keeps an agent out of work for a while";
        let problem = "`queues` is empty: this agent would never be called";
        found.error(&list.span, problem, "the names of queues", hint);
        return None;
    }
    let resolved: Vec<Option<String>> =
        list.value.iter().map(|at| names.resolve(at, found)).collect();
    let mut queues: Vec<String> = Vec::new();
    for name in resolved {
        let name = name?;
        if !queues.contains(&name) {
            queues.push(name);
        }
    }
    Some(queues)
}

/// Warns of queues that nobody serves or nobody enters.
pub(crate) fn check_use<'a>(
    queues: &[Queue],
    agents: &[Agent],
    entered: impl Iterator<Item = Option<&'a str>>,
    found: &mut Findings,
) {
    let entered: Vec<Option<&str>> = entered.collect();
    for queue in queues {
        let Some(name) = &queue.name else { continue };
        let may_serve = |agent: &Agent| agent.queues.as_ref().is_none_or(|q| q.contains(name));
        if !agents.iter().any(may_serve) {
            let problem = format!("nobody serves queue `{name}`: its callers wait for ever");
            let hint = format!("add queues = [\"{name}\"] to an [[agent]]");
            found.warning(&queue.span, problem, "an agent for each queue", hint);
        }
        if !entered.contains(&Some(name.as_str())) && !entered.contains(&None) {
            let problem = format!("no line leads into queue `{name}`");
            let hint = format!("add queue = \"{name}\" to a [[line]], or take the queue out");
            found.warning(&queue.span, problem, "a line for each queue", hint);
        }
    }
}

/// `08:00-20:00`: when customers are called, by their own clocks.
fn calling_hours(section: &Section<'_>, found: &mut Findings) -> Option<queue::CallingHours> {
    let expected = "two times of the day, such as \"08:00-20:00\"";
    let at = section.parsed("calling_hours", expected, found, |text| {
        if text.is_empty() {
            return Ok(None);
        }
        let minutes = |text: &str| {
            let (hour, minute) = text.trim().split_once(':')?;
            let whole = |text: &str| text.parse::<u16>().ok().filter(|_| text.len() == 2);
            let minutes = whole(hour)? * 60 + whole(minute).filter(|minute| *minute < 60)?;
            (minutes <= 24 * 60).then_some(minutes)
        };
        let times = text.split_once('-').and_then(|it| Some((minutes(it.0)?, minutes(it.1)?)));
        match times {
            Some((from, to)) if from < to => Ok(Some(queue::CallingHours { from, to })),
            Some(_) => {
                let hint = "the night between two days cannot be within calling hours";
                Err(value::Mistake::new("the hours end before they begin", hint))
            }
            None => {
                let problem = format!("`{}` are no hours of the day", section::shown(text));
                Err(value::Mistake::new(problem, "write \"08:00-20:00\""))
            }
        }
    });
    at.and_then(|at| at.value)
}
