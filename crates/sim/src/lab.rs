//! A small contact centre to simulate: one trunk, lines, one queue, some agents, and clips of
//! plausible lengths.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use engine::{
    Agent, AgentPhone, Answering, CallerIdentity, Line, MediaSettings, Settings, Timings,
    Transfers, Trunk,
};
use ivr::Phrase;
use media::Catalog;
use model::{AgentName, E164, LanguageTag, LineName, QueueName, TrunkName};
use queue::{AgentSettings, LineSettings, QueueSettings};

/// Where the simulated engine listens for SIP.
pub const ENGINE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 5060);
/// Where the carrier takes our calls. Customers' phones stand behind it at this address.
pub const CARRIER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1)), 5060);
/// Where a second carrier takes the calls of every second line, and whose customers call any.
pub const SECOND_CARRIER: SocketAddr =
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 2)), 5060);
/// Where its customers have phones of their own: 11.0.0.0/8.
const SECOND_CUSTOMERS: IpAddr = IpAddr::V4(Ipv4Addr::new(11, 0, 0, 0));
/// Where phones of customers stand that have an address of their own: 10.0.0.0/8.
const CUSTOMERS: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0));
/// The number that customers dial.
pub const LINE: &str = "+33123456789";
/// The number that they see when they are called back.
pub const OUTBOUND: &str = "+33187654321";

/// The SIP address of the `n`-th agent's phone.
pub fn agent_address(n: u8) -> SocketAddr {
    SocketAddr::from(([203, 0, 113, n], 5060))
}

/// Where an agent's phone is, also when the engine has to be told by registering. Its address
/// translator may give it another port.
pub fn desk_of(agent: &Agent) -> Option<SocketAddr> {
    let number = || agent.name.as_str().strip_prefix("agent-")?.parse().ok().map(agent_address);
    agent.address().or_else(number)
}

/// Lets the phone of the `n`-th agent, once, register instead of standing in the settings.
pub fn let_register(settings: &mut Settings, n: u8) {
    let name = agent_name(n);
    let known = |it: &sip::RegistrarSettings| it.accounts.iter().any(|it| it.agent == name);
    if settings.sip.registrar.as_ref().is_some_and(known) {
        return;
    }
    for agent in settings.agents.iter_mut().filter(|agent| agent.name == name) {
        agent.phone = AgentPhone::Registered;
    }
    if let Some(agent) = settings.queue.agents.get_mut(&name) {
        agent.reachable_at_start = false;
    }
    let secret = sip::Secret::Password(password(n));
    let account =
        sip::Account { agent: name.clone(), user: name.to_string(), secrets: vec![secret] };
    let registrar = settings.sip.registrar.get_or_insert_with(|| sip::RegistrarSettings {
        realm: "laboratory".into(),
        accounts: Vec::new(),
        expires_min: Duration::from_secs(60),
        expires_max: Duration::from_secs(120),
        expires_default: Duration::from_secs(90),
        at_source: true,
        keep_alive: Duration::from_secs(25),
    });
    registrar.accounts.push(account);
}

/// Lets agents dial the usual feature codes, with two reasons.
pub fn take_feature_codes(settings: &mut Settings) {
    use engine::Feature;
    use queue::AgentStatus;
    let code = |text: &str, feature| (text.into(), feature);
    settings.sip.phones_call = true;
    settings.feature_codes = Some(engine::FeatureCodes {
        codes: vec![
            code("*45", Feature::Status(AgentStatus::Online)),
            code("*46", Feature::Status(AgentStatus::Away)),
            code("*47", Feature::Status(AgentStatus::Offline)),
            code("*48", Feature::Status(AgentStatus::TransferOnly)),
            code("*49", Feature::WrapUpDone),
            code("*40", Feature::Tell),
        ],
        reasons: vec!["break".into(), "lunch".into()],
        language: "en".into(),
    });
}

/// What the phone of the `n`-th agent registers with. One phone in two knows SHA-256.
pub fn registrar(n: u8) -> phone::Registrar {
    phone::Registrar {
        address: ENGINE,
        user: agent_name(n).to_string(),
        password: password(n),
        expires: Duration::from_secs(100),
        sha256: n % 2 == 1,
    }
}

pub(crate) fn password(n: u8) -> String {
    format!("open sesame {n}")
}

/// The name of the `n`-th agent.
pub fn agent_name(n: u8) -> AgentName {
    AgentName::from(format!("agent-{n}").as_str())
}

/// The name of the `n`-th line, from 0.
pub fn line_name(n: u8) -> LineName {
    match n {
        0 => LineName::from("main"),
        n => LineName::from(format!("line-{n}").as_str()),
    }
}

/// The number of the `n`-th line, from 0, which is [`LINE`].
pub fn line_number(n: u8) -> String {
    format!("+331234567{}", 89 + u32::from(n))
}

/// Settings of the laboratory with as many lines, each with a queue of its own that all agents
/// serve; with two carriers every second line calls back by the other one.
pub fn settings_of_lines(agents: u8, lines: u8, two_carriers: bool) -> Settings {
    let mut settings = settings(agents);
    let second = TrunkName::from("second-carrier");
    if two_carriers {
        let sources = vec![network(SECOND_CARRIER.ip(), 32), network(SECOND_CUSTOMERS, 8)];
        settings.sip.peers.push(sip::Peer { name: second.clone(), sources });
        settings.trunks.push(carrier(second.clone(), SECOND_CARRIER));
    }
    for n in 1..lines {
        let queue = QueueName::from(format!("queue-{n}").as_str());
        let name = line_name(n);
        let mut line = settings.lines[0].clone();
        (line.name, line.queue) = (name.clone(), queue.clone());
        line.numbers = vec![line_number(n)];
        if two_carriers && n % 2 == 1 {
            line.trunk = second.clone();
        }
        let trunk = line.trunk.clone();
        settings.lines.push(line);
        let policy = settings.queue.queues.values().next().cloned();
        settings.queue.queues.extend(policy.map(|policy| (queue.clone(), policy)));
        settings.queue.lines.insert(
            name,
            LineSettings {
                queue: queue.clone(),
                trunk,
                calls_back: true,
                has_fallback: false,
                callback_queue: None,
                routing: queue::Routing::default(),
                screening: Default::default(),
                home: None,
            },
        );
        for agent in settings.queue.agents.values_mut() {
            agent.queues.push(queue.clone());
        }
    }
    settings
}

fn network(network: IpAddr, prefix: u8) -> sip::Source {
    sip::Source { network, prefix, port: None }
}

fn carrier(name: TrunkName, address: SocketAddr) -> Trunk {
    Trunk {
        identity: CallerIdentity::AssertedElseFrom,
        redirects_to: [network(address.ip(), 32)].into(),
        ..Trunk::new(name, address)
    }
}

/// The `n`-th agent, whose phone may send calls on within the house.
fn desk(n: u8) -> Agent {
    let (name, address) = (agent_name(n), agent_address(n));
    let uri = format!("sip:{name}@{address}");
    let redirects_to = [network(address.ip(), 24)].into();
    Agent { redirects_to, ..Agent::fixed(name, uri, address) }
}

/// Settings of the laboratory with `agents` agents, who are offline at the start.
pub fn settings(agents: u8) -> Settings {
    let queue_name = QueueName::from("support");
    let trunk = TrunkName::from("carrier");
    let line = line_name(0);
    let sources = vec![network(CARRIER.ip(), 32), network(CUSTOMERS, 8)];
    let line_settings = LineSettings {
        queue: queue_name.clone(),
        trunk: trunk.clone(),
        calls_back: true,
        has_fallback: false,
        callback_queue: None,
        routing: queue::Routing::default(),
        screening: Default::default(),
        home: None,
    };
    let queue_settings = QueueSettings {
        request_ttl: Duration::from_secs(8 * 3_600),
        attempts_total: 1,
        retry_delay: Duration::from_secs(300),
        decline_pause: Duration::from_secs(60),
        ..queue::QueueSettings::default()
    };
    let agent_settings = AgentSettings {
        queues: vec![queue_name.clone()],
        wrap_up: Duration::from_secs(20),
        online_at_start: false,
        reachable_at_start: true,
        ..queue::AgentSettings::default()
    };
    Settings {
        sip: signalling(&trunk, sources),
        media: MediaSettings { address: ENGINE.ip(), ports: 16_384..=32_767 },
        trunks: vec![carrier(trunk.clone(), CARRIER)],
        lines: vec![main_line(line.clone(), queue_name.clone(), trunk)],
        agents: (1..=agents).map(desk).collect(),
        ivr: ivr::Settings::default(),
        flow: config::usual_flow(),
        queue: queue::Settings {
            queues: [(queue_name, queue_settings)].into(),
            lines: [(line, line_settings)].into(),
            agents: (1..=agents).map(|n| (agent_name(n), agent_settings.clone())).collect(),
            entries_max: 100_000,
            rooms: [].into(),
            own_numbers: [].into(),
            caps: Default::default(),
            off: Default::default(),
            offers_of_lines: Default::default(),
        },
        timings: Timings {
            agent_ring: Duration::from_secs(20),
            customer_ring: Duration::from_secs(30),
            agent_choice: Duration::from_secs(20),
            answering: Answering::AtOnce,
        },
        transfer: Transfers { agents: true, numbers: Vec::new(), networks: Vec::new() },
        bridge: engine::Bridging::default(),
        destinations: [].into(),
        feature_codes: None,
        recording: None,
    }
}

/// The one line of the laboratory.
fn main_line(name: LineName, queue: QueueName, trunk: TrunkName) -> Line {
    Line {
        name,
        numbers: vec![LINE.into()],
        language: LanguageTag::from("en"),
        greeting: None,
        flow: None,
        script: None,
        prompts: engine::LinePrompts::default(),
        outbound_number: E164::parse(OUTBOUND).ok(),
        fallback_number: None,
        withheld: false,
        operator: None,
        human_proof: false,
        callbacks: true,
        trunk,
        queue,
    }
}

fn signalling(trunk: &TrunkName, sources: Vec<sip::Source>) -> sip::Settings {
    sip::Settings {
        listeners: vec![sip::Listener::udp(ENGINE)],
        user_agent: "Rappel".into(),
        peers: vec![sip::Peer { name: trunk.clone(), sources }],
        registrar: None,
        session_timer: sip::SessionTimer::default(),
        upstreams: Vec::new(),
        phones: vec![network(agent_address(1).ip(), 24)],
        phones_call: false,
        timers: sip::Timers::default(),
        sessions_max: 10_000,
        transactions_max: 40_000,
        ring_max: Duration::from_secs(60),
    }
}

/// Clips of about the lengths of the bundled prompts, each a quiet hum of its own.
pub fn clips() -> Arc<Catalog> {
    let mut catalog = Catalog::new();
    let all = Phrase::all().into_iter().chain(ivr::pieces("en"));
    for (n, phrase) in all.enumerate() {
        let millis = match phrase {
            Phrase::Digit(_) | Phrase::Plus | Phrase::Count(_) | Phrase::Piece(_) => 500,
            Phrase::WaitTo | Phrase::WaitMinutes => 500,
            Phrase::Music => 15_000,
            Phrase::Ringback => 5_000,
            Phrase::Greeting | Phrase::Menu | Phrase::MenuWithoutOwnNumber => 6_000,
            _ => 3_000,
        };
        let directory = if phrase.is_neutral() { "common" } else { "en" };
        let hum = i16::try_from(50 + n).unwrap_or(50);
        let samples = vec![hum; millis * 8];
        catalog.add(&format!("{directory}/{}", phrase.clip()), &samples);
    }
    Arc::new(catalog)
}
