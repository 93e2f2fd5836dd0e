//! An engine with its HTTP API, an agent's phone and a trunk that are bare sockets.

use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use config::SecretPlace;
use server::{Roof, Running};
use tempfile::TempDir;
use web::Web;

use crate::client::Client;

/// How long anything may take before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What stands in the file of settings unless a story says otherwise.
pub const TOKENS: &str = r#"
[[token]]
name = "button"
role = "site"
token_env = "SITE"

[[token]]
name = "wall"
role = "viewer"
token_env = "VIEWER"

[[token]]
name = "anna"
role = "agent"
agent = "anna"
token_env = "AGENT"

[[token]]
name = "crm"
role = "supervisor"
token_env = "SUPERVISOR"

[[token]]
name = "root"
role = "admin"
token_env = "ADMIN"
"#;

/// The secret of webhooks.
pub const HOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A whole file of settings around what a story is about.
fn file(http: &str, agent: SocketAddr, trunk: SocketAddr, first_port: u16) -> String {
    format!(
        r#"
[sip]
listen = "127.0.0.1:5060"
sessions_max = 50

[media]
address = "127.0.0.1"
ports = "{first_port}-{last_port}"

[[trunk]]
name = "carrier"
address = "{trunk}"

[[queue]]
name = "sales"
immediate = "always"
deferred = "always"
slot_hours = "ever"
slot_callbacks = 6
ends_when_all_decline = true
ticket_subject = "Rappel"

[[hours]]
name = "ever"
zone = "Etc/UTC"
weekly = ["Mon-Sun 00:00-24:00"]

[[line]]
name = "main"
number = "+33155501234"
outbound_number = "+33155501234"

[[agent]]
name = "anna"
uri = "sip:anna@{agent}"
online = false

[[agent]]
name = "ben"
uri = "sip:ben@{agent}"
online = false

[http]
listen = "127.0.0.1:8080"
{http}
"#,
        last_port = first_port + 99
    )
}

/// The token of a role, as its variable of the environment.
pub fn token(role: &str) -> String {
    format!("{role}-0123456789abcdefghijklmnop")
}

pub struct Stand {
    pub web: Web,
    pub running: Running,
    pub agent: UdpSocket,
    _trunk: UdpSocket,
    _telling: web::Hooks,
    _dir: Option<TempDir>,
}

impl Stand {
    /// With one token of each role.
    pub fn new() -> Stand {
        Stand::with(TOKENS)
    }

    /// With these lines of `[http]`, and the sections behind them.
    pub fn with(http: &str) -> Stand {
        let dir = TempDir::new().expect("a directory");
        let stand = Stand::on(dir.path(), http);
        Stand { _dir: Some(dir), ..stand }
    }

    /// The laboratory's, where nobody needs a token.
    pub fn open() -> Stand {
        let stand = Stand::new();
        let http = config::Http::open("127.0.0.1:0".parse().expect("an address"));
        let web = web::serve(stand.running.desk(), &http).expect("HTTP is served");
        Stand { web, ..stand }
    }

    /// The same, with the journal in a directory that outlives it.
    pub fn on(dir: &Path, http: &str) -> Stand {
        let socket = || {
            let socket = UdpSocket::bind("127.0.0.1:0").expect("binds");
            socket.set_read_timeout(Some(PATIENCE)).expect("set");
            socket
        };
        let (agent, trunk) = (socket(), socket());
        let at = |socket: &UdpSocket| socket.local_addr().expect("an address");
        let text = file(http, at(&agent), at(&trunk), media_port());
        let secrets = |place: SecretPlace<'_>| match place {
            SecretPlace::Variable("HOOK") => Ok(HOOK_SECRET.to_owned()),
            SecretPlace::Variable(name) => Ok(token(name)),
            SecretPlace::File(path) => Err(format!("{path} is not read in these stories")),
        };
        let read = config::read_with("story", &text, &secrets);
        let (mut settings, roof, _) = read.unwrap_or_else(|findings| {
            let all: Vec<String> = findings.iter().map(config::Finding::render).collect();
            panic!("{}", all.join("\n"))
        });
        let anywhere: SocketAddr = "127.0.0.1:0".parse().expect("an address");
        settings.sip.listeners[0].local = anywhere;
        let roof_of_engine = Roof {
            prompts: None,
            settings: None,
            listen: vec![server::Bind::at(anywhere)],
            tls_peers: vec![],
            dns: vec![],
            recordings: None,
            media_threads: Some(1),
            journal: dir.join("journal"),
            reel: None,
            hooks: roof.webhooks.iter().map(hook).collect(),
            control: None,
            catalog: catalog(),
            signals: false,
            observer: None,
        };
        let running = server::serve(settings, roof_of_engine).expect("the roof is put up");
        let mut http = roof.http.expect("there is HTTP");
        http.listen = anywhere;
        let web = web::serve(running.desk(), &http).expect("HTTP is served");
        let _telling = web::tell(&running.desk(), &roof.webhooks).expect("they are told");
        Stand { web, running, agent, _trunk: trunk, _telling, _dir: None }
    }

    /// Ends it at once.
    pub fn stop(self) {
        self.running.stop().expect("ends well");
    }

    /// Whoever has the token of a role.
    pub fn by(&self, role: &str) -> Client {
        Client::new(self.web.address()).with("Authorization", &format!("Bearer {}", token(role)))
    }

    /// Whoever has none.
    pub fn anybody(&self) -> Client {
        Client::new(self.web.address())
    }
}

fn hook(webhook: &config::Webhook) -> server::journal::Hook {
    server::journal::Hook { name: webhook.name.clone(), facts: webhook.facts.clone() }
}

/// Every clip, 20 ms long.
fn catalog() -> Arc<media::Catalog> {
    let mut catalog = media::Catalog::new();
    for (name, samples) in server::prompts::load(None, &[]).clips() {
        catalog.add(name, &samples[..160]);
    }
    Arc::new(catalog)
}

/// The first of a hundred ports that no other story of this process is using.
fn media_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(24_000);
    NEXT.fetch_add(100, Ordering::Relaxed)
}
