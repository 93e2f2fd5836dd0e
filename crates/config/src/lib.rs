//! One file of settings: read with spans, checked.
//!
//! [`read`] turns the text of `rappel.toml` into the settings of the engine and of the roof, or
//! into everything that is wrong with it at once: where, what was expected, and what to write
//! instead. It opens no file: the text is an argument.
//!
//! The file is walked as a tree of values with their places instead of being deserialised into
//! structs, because a deserialiser stops at the first mistake.

mod acd;
mod applies;
mod basics;
mod bridge;
mod caller_ids;
mod caps;
mod credentials;
mod day;
mod desks;
mod dns;
mod example;
mod feature_codes;
mod finding;
mod flows;
mod groups;
mod hours;
mod http;
mod known;
mod lines;
mod listeners;
mod names;
mod nearest;
mod needs;
mod overflow;
mod phones;
mod profiles;
mod recording;
mod redirects;
mod retries;
mod schema;
mod screening;
mod section;
mod skills;
mod sources;
mod speech;
mod staff;
mod switches;
mod syntax;
mod telephones;
mod tls;
mod transfer;
mod trunks;
mod upstreams;
mod value;
mod values;
mod voices;
mod webhooks;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use engine::Settings;
use model::{AgentName, LineName, QueueName};
use toml::de::DeTable;

use crate::finding::Findings;

pub use applies::{fixed, keys_at_start};
pub use bridge::{MUSIC_BYTES_MAX, MusicFile};
pub use credentials::{CREDENTIAL_LENGTH_MAX, SecretPlace, Secrets};
pub use day::{AnswersFile, CustomersFile, DayFile, PolicyFile, Span, StaffFile, read_day};
pub use dns::DNS_SERVERS_MAX;
pub use example::{EXAMPLE, MINIMAL, laboratory, laboratory_text};
pub use finding::{FINDINGS_MAX, Finding, Severity};
pub use flows::{PromptFiles, USUAL_FLOW, USUAL_NAME, read_flow, usual_flow};
pub use http::{Hidden, Http, ORIGINS_MAX, Role, TOKEN_LENGTH_MIN, TOKENS_MAX, Token};
pub use known::{Key, Kind, keys};
pub use lines::NUMBERS_MAX;
pub use listeners::LISTENERS_MAX;
pub use names::NAME_LENGTH_MAX;
pub use needs::needs;
pub use overflow::CONDITIONS_MAX;
pub use profiles::PROFILES;
pub use redirects::REDIRECT_NETWORKS_MAX;
pub use screening::Lists;
pub use section::SECTIONS_MAX;
pub use sources::{FILES_MAX, VARIABLE_PREFIX};
pub use tls::{Clients, Identity, Tls, TlsPeer, TlsWho, Verify};
pub use transfer::TRANSFER_TARGETS_MAX;
pub use trunks::{SOURCES_MAX, TARGETS_MAX};
pub use values::{Change, Name, Value, Values};
pub use webhooks::{RETRIES_MAX, SigningKey, WEBHOOKS_MAX, Webhook};

/// Most bytes of a file.
pub const TEXT_LENGTH_MAX: usize = 1 << 20;

/// Most threads that carry media.
pub const MEDIA_THREADS_MAX: u64 = 64;

/// How long a session of ours rings when nobody says how long.
const RING_MAX: Duration = Duration::from_secs(60);

/// What only the roof needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roof {
    /// Where SIP is listened for; the place of each is its [`sip::ListenerId`].
    pub listeners: Vec<Bind>,
    /// By what those whom we call over TLS are believed, where the file says it.
    pub tls_peers: Vec<TlsPeer>,
    /// Which DNS servers are asked; those of the system when there are none.
    pub dns: Vec<SocketAddr>,
    /// How many threads carry media; none said: one less than there are processors.
    pub media_threads: Option<usize>,
    /// The journal. A path that is not absolute begins at the working directory, here and below.
    pub journal: PathBuf,
    /// How many bytes of what the queue is told are kept beside the journal, for each run; none:
    /// nothing is kept.
    pub reel: Option<u64>,
    /// The socket of `rappel callback` and its like.
    pub control_socket: PathBuf,
    /// The operator's own prompts, looked up in this order before the bundled ones.
    pub prompts: Vec<PathBuf>,
    /// The music of callers and of who holds, in place of the bundled one.
    pub music: Option<Music>,
    /// Where recordings are kept; without it nothing is recorded.
    pub recordings: Option<RecordingsRoof>,
    /// The HTTP API; without it there is none.
    pub http: Option<Http>,
    /// Who is told over HTTP of what happens.
    pub webhooks: Vec<Webhook>,
    /// What is logged.
    pub log: Log,
}

/// Music of the operator's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Music {
    /// The file, WAV or MP3.
    pub file: PathBuf,
    /// The bytes that it may have.
    pub bytes_max: u64,
}

/// Where recordings are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingsRoof {
    /// The directory.
    pub directory: PathBuf,
    /// With fewer bytes free on its disk, nothing is recorded.
    pub free_min: u64,
}

/// What one listener needs of the roof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// What the file calls it.
    pub name: String,
    /// The address that its socket is bound to.
    pub address: SocketAddr,
    /// What it needs to speak TLS; a TLS listener has it, no other.
    pub tls: Option<Tls>,
}

impl Bind {
    /// A listener at an address, without a name.
    pub fn at(address: SocketAddr) -> Bind {
        Bind { name: String::new(), address, tls: None }
    }
}

/// What is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    /// From which level on.
    pub level: LogLevel,
    /// In which form.
    pub format: LogFormat,
}

/// The least important line that is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Something is broken.
    Error,
    /// Something is odd.
    Warn,
    /// What happens.
    Info,
    /// How it happens; holds phone numbers.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// Every level with its name in the file, as `tracing` spells it.
    pub const ALL: [(&'static str, LogLevel); 5] = [
        ("error", LogLevel::Error),
        ("warn", LogLevel::Warn),
        ("info", LogLevel::Info),
        ("debug", LogLevel::Debug),
        ("trace", LogLevel::Trace),
    ];

    /// Its name in the file.
    pub fn as_str(self) -> &'static str {
        let (name, _) = LogLevel::ALL[self as usize];
        name
    }
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object in a line.
    Json,
}

impl LogFormat {
    /// Every form with its name in the file.
    pub const ALL: [(&'static str, LogFormat); 2] =
        [("text", LogFormat::Text), ("json", LogFormat::Json)];
}

/// Reads the text of a file of settings. `file_name` is what findings call it.
///
/// Gives the settings with the warnings, in the order of the file.
///
/// # Errors
/// Everything that is wrong, errors and warnings, in the order of the file; at least one is an
/// error.
pub fn read(file_name: &str, text: &str) -> Result<(Settings, Roof, Vec<Finding>), Vec<Finding>> {
    read_with(file_name, text, &|_| Err("passwords cannot be read here".into()))
}

/// As [`read`], with a way to fetch the passwords that the file only points at.
///
/// # Errors
/// As [`read`]; a password that cannot be had is one.
pub fn read_with(
    file_name: &str,
    text: &str,
    secrets: &Secrets<'_>,
) -> Result<(Settings, Roof, Vec<Finding>), Vec<Finding>> {
    let lists = &|_: &str| Ok(String::new());
    let (prompts, music) = (&|_: &_, _: &_, _: &_| Ok(()), &|_: &_, _| Ok(()));
    read_in(file_name, text, &Outside { secrets, prompts, music, lists })
}

/// What a file of settings points at, outside it.
pub struct Outside<'a> {
    /// Passwords.
    pub secrets: &'a Secrets<'a>,
    /// Prompts.
    pub prompts: &'a PromptFiles<'a>,
    /// Lists of numbers.
    pub lists: &'a Lists<'a>,
    /// Music.
    pub music: &'a MusicFile<'a>,
}

/// As [`read_with`], with a look at everything that the file points at.
///
/// # Errors
/// As [`read`]; what a flow says and cannot be played is one.
pub fn read_in(
    file_name: &str,
    text: &str,
    outside: &Outside<'_>,
) -> Result<(Settings, Roof, Vec<Finding>), Vec<Finding>> {
    let files = [(file_name.to_owned(), text.to_owned())];
    read_whole(&files, &[], outside).map(|read| (read.settings, read.roof, read.warnings))
}

/// Everything that was read.
#[derive(Debug, Clone)]
pub struct Whole {
    /// The settings of the engine.
    pub settings: Settings,
    /// Those of the roof.
    pub roof: Roof,
    /// What is doubtful, in the order of the files.
    pub warnings: Vec<Finding>,
    /// What is written, key by key.
    pub values: Values,
}

/// As [`read_in`], of several files and variables of the environment: pairs of a name and a text. A
/// later file goes before an earlier one, and a variable before every file.
///
/// # Errors
/// As [`read_in`].
pub fn read_whole(
    files: &[(String, String)],
    environment: &[(String, String)],
    outside: &Outside<'_>,
) -> Result<Whole, Vec<Finding>> {
    let (text, parts) = sources::join(files, environment);
    let names = parts.iter().map(|part| (part.range.start, part.name.clone())).collect();
    let mut found = Findings::of(names, &text);
    if let Some(large) = parts.iter().find(|part| part.range.len() > TEXT_LENGTH_MAX) {
        let expected = format!("at most {TEXT_LENGTH_MAX} bytes");
        let hint = "this does not look like a file of settings";
        let at = large.range.start..large.range.start;
        found.error(&at, "the file is too large", expected, hint);
        return Err(found.into_list());
    }
    let mut root = sources::tree(&text, &parts, &mut found);
    let contents = values::Contents::default();
    let profile = root.get("profile").and_then(|it| it.get_ref().as_str()).map(str::to_owned);
    let written = Values::gather(&root, None, None, &contents, &found);
    profiles::apply(&mut root, &mut found);
    let secrets = |place: SecretPlace<'_>| {
        let content = (outside.secrets)(place)?;
        contents.note_secret(place, &content);
        Ok(content)
    };
    let lists = |path: &str| {
        let content = (outside.lists)(path)?;
        contents.note(path, &content);
        Ok(content)
    };
    let noted = Outside { secrets: &secrets, lists: &lists, ..*outside };
    let built = build(&root, &noted, &mut found);
    let values = Values::gather(&root, Some(&written), profile.as_deref(), &contents, &found);
    match built {
        Some((settings, roof)) if !found.has_errors() => {
            Ok(Whole { settings, roof, warnings: found.into_list(), values })
        }
        Some(_) | None => Err(found.into_list()),
    }
}

/// Where the running engine is spoken to by what these files say, whatever else is wrong in them.
pub fn control_socket(files: &[(String, String)], environment: &[(String, String)]) -> PathBuf {
    let (text, parts) = sources::join(files, environment);
    let root = sources::tree(&text, &parts, &mut Findings::new("", &text));
    let control = root.get("control").and_then(|control| control.get_ref().as_table());
    let socket = control.and_then(|control| control.get("socket")?.get_ref().as_str());
    PathBuf::from(socket.unwrap_or(basics::CONTROL_SOCKET))
}

/// Reads every section, whatever is wrong with the others. None when something was wrong.
fn build<'a>(
    root: &'a DeTable<'a>,
    outside: &Outside<'_>,
    found: &mut Findings,
) -> Option<(Settings, Roof)> {
    let secrets = outside.secrets;
    section::report_unknown_sections(root, found);
    let network = basics::network(root, secrets, found);
    let mut roof = basics::roof(root, &network, found);
    let ivr = basics::ivr(root, found);
    let timings = basics::timings(root, found);
    let transfer = transfer::read(root, found);
    let (bridge, music) = bridge::read(root, outside.music, found);
    roof.music = music;
    let (recording, recordings) = recording::read(root, &ivr, found);
    let limits = basics::limits(root, found);
    let (trunks, trunk_names) = trunks::read(root, &network, secrets, found);
    let timetables = hours::Timetables::read(root, found);
    let (queues, queue_names) = staff::queues(root, &limits, &timetables, &trunk_names, found);
    let groups = groups::Groups::read(root, found);
    let context = staff::Context {
        queue_names: &queue_names,
        trunk_names: &trunk_names,
        groups: &groups,
        network: &network,
        secrets,
    };
    let (agents, agent_names) = staff::agents(root, &context, found);
    roof.http = http::read(root, &agent_names, secrets, found);
    roof.webhooks = webhooks::read(root, secrets, found);
    let registrar = staff::registrar(root, &agents, found);
    let voice = voices::usual(root, !roof.prompts.is_empty(), found);
    let feature_codes = feature_codes::read(root, &voice, found);
    let desks = desks::Desks { network: &network, agent_names: &agent_names };
    let flows = flows::read(root, &desks, found);
    flows.check_recording(recording.is_some(), found);
    let context = lines::Context {
        trunks: &trunks,
        trunk_names: &trunk_names,
        queue_names: &queue_names,
        agent_names: &agent_names,
        voice: &voice,
        flows: &flows,
        outside: (&roof.prompts, outside),
        desks: &desks,
    };
    let (lines, line_names) = lines::read(root, &context, found);

    trunk_names.must_not_be_empty(
        "calls come from nowhere",
        "name = \"carrier\", address = \"203.0.113.7:5060\"",
        found,
    );
    line_names.must_not_be_empty("nobody can call", "name, number, outbound_number", found);
    queue_names.must_not_be_empty("callers cannot wait", "name = \"support\"", found);
    agent_names.must_not_be_empty("nobody answers", "name, uri", found);
    acd::check(&queues, &agents, found);
    staff::check_use(&queues, &agents, lines.iter().flat_map(lines::Line::queues), found);
    let trunk_addresses = trunks.iter().flat_map(trunks::Trunk::addresses);
    let others = trunk_addresses.chain(agents.iter().filter_map(staff::Agent::address));
    basics::check_media_is_reachable(&network, others.map(|address| address.ip()), found);

    let upstreams = trunks.iter().filter_map(trunks::Trunk::upstream).collect();
    let trunk_peers = trunks.iter().filter_map(trunks::Trunk::tls_peer);
    roof.tls_peers = trunk_peers.chain(agents.iter().filter_map(staff::Agent::tls_peer)).collect();
    let has_operator = lines.iter().any(|line| line.operator().is_some());
    basics::check_operator(root, has_operator, found);
    let of_lines = lines.iter().filter_map(lines::Line::operator).map(|(text, to)| (text, to));
    let destinations = flows.destinations().chain(of_lines);
    let destinations = destinations.map(|(text, to)| (text.clone(), to.clone())).collect();
    let trunks: Vec<_> = trunks.iter().map(trunks::Trunk::settings).collect::<Option<_>>()?;
    let seats = acd::seats(&queues, &agents);
    let own = agents.iter().filter(|agent| agent.identifier.is_none());
    let mut agents: Vec<_> = own.map(staff::Agent::settings).collect::<Option<_>>()?;
    agents.extend(seats);
    let entered = lines.iter().map(lines::Line::for_queue).collect::<Option<_>>()?;
    let lines: Vec<_> = lines.iter().map(lines::Line::settings).collect::<Option<_>>()?;
    let (trunks, peers): (Vec<_>, Vec<_>) = trunks.into_iter().unzip();
    let mut queue = queue_settings(&queues, entered, &agents, &limits)?;
    queue.off = switches::read(root, found);
    queue.offers_of_lines = switches::offers(root, &queue, found);
    skills::check_somebody_has_them(root, &queue, found);
    let settings = Settings {
        sip: sip::Settings {
            listeners: network.listeners.settings()?,
            user_agent: network.user_agent.clone(),
            peers,
            registrar,
            upstreams,
            session_timer: network.session_timer,
            phones: phones(&agents, &transfer),
            phones_call: feature_codes.is_some(),
            timers: sip::Timers::default(),
            sessions_max: network.sessions_max,
            transactions_max: network.transactions_max,
            ring_max: RING_MAX,
        },
        media: network.media_settings()?,
        trunks,
        lines,
        agents: agents.into_iter().map(|(agent, _)| agent).collect(),
        ivr,
        flow: flows.usual(),
        queue,
        timings,
        transfer,
        destinations,
        bridge,
        feature_codes,
        recording,
    };
    let keeps = flows.usual_takes_messages() || keeps_sound(&settings);
    roof.recordings = keeps.then_some(recordings);
    Some((settings, roof))
}

/// Whether conversations are recorded, or callers leave messages.
fn keeps_sound(settings: &Settings) -> bool {
    let mut flows = settings.lines.iter().filter_map(|line| line.flow.as_ref());
    let of_queues = settings.queue.queues.values().map(|queue| &queue.offers);
    let offers = of_queues.chain(settings.queue.offers_of_lines.values());
    let mut leads = offers.flat_map(|offers| &offers.leads);
    let by_key = settings.ivr.exits.message.is_some();
    let by_overflow = leads.any(|lead| lead.to == queue::Elsewhere::Message);
    settings.recording.is_some() || by_key || by_overflow || flows.any(|flow| flow.takes_messages())
}

/// Whose phones may take calls over: whoever may be handed one.
fn phones(
    agents: &[(engine::Agent, queue::AgentSettings)],
    transfer: &engine::Transfers,
) -> Vec<sip::Source> {
    let desks = agents.iter().filter_map(|(agent, _)| agent.address()).map(redirects::host);
    desks.chain(transfer.networks.iter().copied()).collect()
}

fn queue_settings(
    queues: &[staff::Queue],
    lines: BTreeMap<LineName, queue::LineSettings>,
    agents: &[(engine::Agent, queue::AgentSettings)],
    limits: &basics::Limits,
) -> Option<queue::Settings> {
    let named = |queue: &staff::Queue| {
        Some((QueueName::from(queue.name.as_deref()?), queue.settings.clone()))
    };
    let of_agent = |(agent, settings): &(engine::Agent, queue::AgentSettings)| {
        (AgentName::clone(&agent.name), settings.clone())
    };
    Some(queue::Settings {
        queues: queues.iter().map(named).collect::<Option<_>>()?,
        lines,
        agents: agents.iter().map(of_agent).collect(),
        entries_max: limits.entries_max,
        rooms: [].into(),
        own_numbers: [].into(),
        caps: limits.caps.clone(),
        off: queue::Off::new(),
        offers_of_lines: BTreeMap::new(),
    })
}
