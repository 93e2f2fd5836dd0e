//! The engine's questions to the DNS, put to the system's own resolver: `/etc/hosts`,
//! `/etc/resolv.conf` and whatever else the machine is set to.
//!
//! That resolver knows addresses only. NAPTR and SRV are answered with "there are none", so that a
//! name is taken as a host (RFC 3263 §4.2); it does not say for how long an address holds.

use std::io::ErrorKind;
use std::net::IpAddr;
use std::time::Duration;

use sip::locate::{Answer, Question, Record};

/// Answers on their way to the engine.
pub const ANSWERS_QUEUED_MAX: usize = 256;
/// For how long an address is believed.
pub const ADDRESS_TTL: Duration = Duration::from_secs(60);
/// For how long "there is none" is believed.
pub const NOTHING_TTL: Duration = Duration::from_secs(60);

/// What the system says.
pub(crate) async fn answer(question: &Question) -> Answer {
    let (name, v4) = match question {
        Question::A(name) => (name, true),
        Question::Aaaa(name) => (name, false),
        Question::Naptr(_) | Question::Srv(_) => return Answer::Nothing { ttl: NOTHING_TTL },
    };
    let found = tokio::net::lookup_host((name.as_str(), 0)).await;
    let addresses = match found {
        Ok(addresses) => addresses,
        // The system does not tell an unknown name from a DNS that does not answer.
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Answer::Nothing { ttl: NOTHING_TTL };
        }
        Err(error) => {
            tracing::warn!("the address of {name} is not known: {error}");
            return Answer::Failed;
        }
    };
    let mut ips: Vec<IpAddr> = addresses.map(|address| address.ip()).collect();
    ips.retain(|ip| ip.is_ipv4() == v4);
    ips.dedup();
    let records: Vec<Record> = ips.into_iter().map(Record::Address).collect();
    match records.is_empty() {
        true => Answer::Nothing { ttl: NOTHING_TTL },
        false => Answer::Found { records, ttl: ADDRESS_TTL },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(question: Question) -> Answer {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("a runtime").block_on(answer(&question))
    }

    #[test]
    fn this_machine_knows_its_own_name_and_no_services() {
        let Answer::Found { records, ttl } = ask(Question::A("localhost".into())) else {
            panic!("localhost has an address")
        };
        assert!(records.contains(&Record::Address(IpAddr::from([127, 0, 0, 1]))));
        assert_eq!(ttl, ADDRESS_TTL);
        let srv = ask(Question::Srv("_sip._udp.localhost".into()));
        assert_eq!(srv, Answer::Nothing { ttl: NOTHING_TTL });
    }
}
