//! The engine's questions to the DNS, and what the name servers of this machine say (RFC 3263 §4).
//!
//! ```text
//! engine ─▶ Question ─▶ /etc/hosts, else the servers of [dns] or /etc/resolv.conf ─▶ Answer
//! ```
//! Nothing is kept here: for how long an answer holds goes with it, and the engine decides. A name
//! with a dot is taken as it stands; one without is looked for in the domains that
//! `/etc/resolv.conf` names.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::rr::{RData, RecordType};
use sip::locate::{Answer, Question, Record};
use tokio::time::timeout;

/// Answers on their way to the engine.
pub const ANSWERS_QUEUED_MAX: usize = 256;
/// How long one server may take for one try.
const TRY_MAX: Duration = Duration::from_secs(2);
/// How often a server is asked that says nothing.
const TRIES: usize = 2;
/// How long an answer may take in all: less than [`sip::locate::ANSWER_MAX`].
pub const LOOK_UP_MAX: Duration = Duration::from_secs(8);
/// For how long "there is none" is believed when the DNS does not say (RFC 2308 §5).
pub const NOTHING_TTL: Duration = Duration::from_secs(60);

/// Who is asked.
#[derive(Clone)]
pub(crate) struct Dns {
    resolver: TokioResolver,
}

impl Dns {
    /// Asks these servers, or those of the system when there are none. To be called within the
    /// runtime.
    ///
    /// # Errors
    /// What the resolver says.
    pub(crate) fn new(servers: &[SocketAddr]) -> Result<Dns, String> {
        let (config, options) = match servers.is_empty() {
            true => of_system(),
            false => (of_servers(servers), ResolverOpts::default()),
        };
        let mut builder =
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        let wanted = builder.options_mut();
        *wanted = options;
        wanted.timeout = wanted.timeout.min(TRY_MAX);
        wanted.attempts = wanted.attempts.min(TRIES);
        wanted.use_hosts_file = ResolveHosts::Always;
        wanted.cache_size = 0;
        let resolver = builder.build().map_err(|error| error.to_string())?;
        Ok(Dns { resolver })
    }

    /// What the DNS says.
    pub(crate) async fn answer(&self, question: &Question) -> Answer {
        let (name, kind) = match question {
            Question::Naptr(name) => (name, RecordType::NAPTR),
            Question::Srv(name) => (name, RecordType::SRV),
            Question::A(name) => (name, RecordType::A),
            Question::Aaaa(name) => (name, RecordType::AAAA),
        };
        let whole = name.contains('.') && !name.ends_with('.');
        let asked = if whole { format!("{name}.") } else { name.clone() };
        let found = timeout(LOOK_UP_MAX, self.resolver.lookup(asked, kind)).await;
        let found = match found {
            Ok(Ok(found)) => found,
            Ok(Err(NetError::Dns(DnsError::NoRecordsFound(none)))) => {
                let seconds = none.negative_ttl.map(|seconds| Duration::from_secs(seconds.into()));
                return Answer::Nothing { ttl: seconds.unwrap_or(NOTHING_TTL) };
            }
            Ok(Err(error)) => {
                tracing::warn!("the DNS does not tell the {kind} records of {name}: {error}");
                return Answer::Failed;
            }
            Err(_) => {
                tracing::warn!("the DNS takes too long over the {kind} records of {name}");
                return Answer::Failed;
            }
        };
        let records: Vec<Record> =
            found.answers().iter().filter_map(|record| read(&record.data)).collect();
        let shortest = found.answers().iter().map(|record| record.ttl).min();
        let ttl = Duration::from_secs(shortest.unwrap_or_default().into());
        match records.is_empty() {
            true => Answer::Nothing { ttl },
            false => Answer::Found { records, ttl },
        }
    }
}

/// A record as the engine knows it; none for what it did not ask for, such as a CNAME on the way.
fn read(data: &RData) -> Option<Record> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match data {
        RData::A(a) => Some(Record::Address(IpAddr::V4(a.0))),
        RData::AAAA(aaaa) => Some(Record::Address(IpAddr::V6(aaaa.0))),
        RData::SRV(srv) => Some(Record::Srv {
            priority: srv.priority,
            weight: srv.weight,
            port: srv.port,
            target: srv.target.to_ascii(),
        }),
        RData::NAPTR(naptr) => Some(Record::Naptr {
            order: naptr.order,
            preference: naptr.preference,
            flags: text(&naptr.flags),
            service: text(&naptr.services),
            replacement: naptr.replacement.to_ascii(),
        }),
        _ => None,
    }
}

fn of_servers(servers: &[SocketAddr]) -> ResolverConfig {
    let server = |at: &SocketAddr| {
        let with_port = |mut connection: ConnectionConfig| {
            connection.port = at.port();
            connection
        };
        let mut server = NameServerConfig::udp_and_tcp(at.ip());
        server.connections = server.connections.into_iter().map(with_port).collect();
        server
    };
    ResolverConfig::from_parts(None, Vec::new(), servers.iter().map(server).collect())
}

/// What `/etc/resolv.conf` says; nobody is asked when it says nothing.
fn of_system() -> (ResolverConfig, ResolverOpts) {
    hickory_resolver::system_conf::read_system_conf().unwrap_or_else(|error| {
        tracing::warn!("/etc/resolv.conf names no DNS server ({error}): only /etc/hosts is read");
        (ResolverConfig::from_parts(None, Vec::new(), Vec::new()), ResolverOpts::default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(question: &Question) -> Answer {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let nobody = SocketAddr::from(([127, 0, 0, 1], 9));
            Dns::new(&[nobody]).expect("a resolver").answer(question).await
        })
    }

    #[test]
    fn this_machine_knows_its_own_name_without_the_dns() {
        let Answer::Found { records, .. } = ask(&Question::A("localhost".into())) else {
            panic!("localhost has an address")
        };
        assert_eq!(records, [Record::Address(IpAddr::from([127, 0, 0, 1]))]);
    }

    #[test]
    fn a_server_that_is_not_there_is_no_answer() {
        assert_eq!(ask(&Question::A("carrier.example".into())), Answer::Failed);
        assert!(LOOK_UP_MAX < sip::locate::ANSWER_MAX);
    }
}
