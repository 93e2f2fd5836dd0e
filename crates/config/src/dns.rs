//! `[dns]`: who is asked for the addresses of names.

use std::net::SocketAddr;

use toml::de::DeTable;

use crate::finding::Findings;
use crate::section;
use crate::value;

/// Most DNS servers.
pub const DNS_SERVERS_MAX: usize = 8;

/// The port of a server that writes none.
const PORT: u16 = 53;

/// The servers, the first preferred; none for those of the system.
pub(crate) fn servers<'a>(root: &'a DeTable<'a>, found: &mut Findings) -> Vec<SocketAddr> {
    let section = section::one(root, "dns", found);
    let Some(list) = section.texts("servers", found) else { return Vec::new() };
    let expected = "addresses, such as [\"192.0.2.53\"]";
    if list.value.is_empty() {
        let hint = "leave it out to ask the servers of /etc/resolv.conf";
        found.error(&list.span, "`servers` is empty: nobody would be asked", expected, hint);
    }
    if list.value.len() > DNS_SERVERS_MAX {
        let problem = format!("`servers` holds more than {DNS_SERVERS_MAX}");
        found.error(&list.span, problem, expected, "two are plenty");
        return Vec::new();
    }
    let mut servers = Vec::new();
    for at in list.value {
        match value::address_or_port(at.value, PORT) {
            Ok(address) if address.ip().is_unspecified() => {
                let problem = format!("`servers`: {} is no address", address.ip());
                let hint = "write the address of one server";
                found.error(&at.span, problem, expected, hint);
            }
            Ok(address) => servers.push(address),
            Err(mistake) => {
                let problem = format!("`servers`: {}", mistake.problem);
                found.error(&at.span, problem, expected, mistake.hint);
            }
        }
    }
    servers
}
