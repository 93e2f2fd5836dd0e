//! A small laboratory: one trunk, one line, one agent who is not there yet.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use engine::{Agent, Answering, Line, MediaSettings, Settings, Timings, Transfers, Trunk};
use model::E164;

/// Every clip, 20 ms long.
pub fn catalog() -> Arc<media::Catalog> {
    let mut catalog = media::Catalog::new();
    for (name, samples) in server::prompts::load(None, &[]).clips() {
        catalog.add(name, &samples[..160]);
    }
    Arc::new(catalog)
}

pub fn settings(agent: SocketAddr) -> Settings {
    let anywhere = "127.0.0.1:0".parse().expect("an address");
    let network = "127.0.0.0".parse().expect("an address");
    let source = sip::Source { network, prefix: 8, port: None };
    Settings {
        sip: sip::Settings {
            listeners: vec![sip::Listener::udp(anywhere)],
            user_agent: "Rappel".into(),
            peers: vec![sip::Peer { name: "trunk".into(), sources: vec![source] }],
            registrar: None,
            session_timer: sip::SessionTimer::default(),
            upstreams: Vec::new(),
            phones: Vec::new(),
            phones_call: false,
            timers: sip::Timers::default(),
            sessions_max: 100,
            transactions_max: 1_000,
            ring_max: Duration::from_secs(60),
        },
        media: MediaSettings { address: anywhere.ip(), ports: media_ports() },
        trunks: vec![Trunk::new("trunk".into(), "127.0.0.1:9".parse().expect("an address"))],
        lines: vec![Line {
            name: "main".into(),
            numbers: vec!["100".into()],
            language: "en".into(),
            greeting: None,
            outbound_number: Some(E164::parse("+33155501234").expect("a number")),
            fallback_number: None,
            withheld: false,
            operator: None,
            human_proof: false,
            callbacks: true,
            flow: None,
            script: None,
            prompts: engine::LinePrompts::default(),
            trunk: "trunk".into(),
            queue: "sales".into(),
        }],
        agents: vec![Agent::fixed("ann".into(), format!("sip:ann@{agent}"), agent)],
        ivr: ivr::Settings::default(),
        flow: config::usual_flow(),
        queue: queue_settings(),
        timings: Timings {
            agent_ring: Duration::from_secs(30),
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

fn queue_settings() -> queue::Settings {
    let day = Duration::from_secs(86_400);
    let sales = queue::QueueSettings {
        request_ttl: day,
        attempts_total: 1,
        retry_delay: Duration::from_secs(60),
        decline_pause: Duration::from_secs(60),
        ..queue::QueueSettings::default()
    };
    let line = queue::LineSettings {
        queue: "sales".into(),
        trunk: "trunk".into(),
        calls_back: true,
        has_fallback: false,
        callback_queue: None,
        routing: queue::Routing::default(),
        screening: Default::default(),
        home: None,
    };
    let ann = queue::AgentSettings {
        queues: vec!["sales".into()],
        wrap_up: Duration::ZERO,
        online_at_start: false,
        reachable_at_start: true,
        ..queue::AgentSettings::default()
    };
    queue::Settings {
        queues: BTreeMap::from([("sales".into(), sales)]),
        lines: BTreeMap::from([("main".into(), line)]),
        agents: BTreeMap::from([("ann".into(), ann)]),
        entries_max: 1_000,
        rooms: [].into(),
        own_numbers: [].into(),
        caps: Default::default(),
        off: Default::default(),
        offers_of_lines: Default::default(),
    }
}

/// A hundred ports that no other test of this process is using: a free one, and those above it.
fn media_ports() -> std::ops::RangeInclusive<u16> {
    use std::sync::atomic::{AtomicU16, Ordering};
    static NEXT: AtomicU16 = AtomicU16::new(20_000);
    let first = NEXT.fetch_add(100, Ordering::Relaxed);
    first..=first + 99
}
