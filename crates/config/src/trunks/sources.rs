//! `sources`: where a trunk's calls come from.

use engine::TrunkTarget;
use sip::Source;

use super::Trunk;
use crate::finding::Findings;
use crate::redirects;
use crate::section::{At, Section};
use crate::value;

/// Most networks of one trunk.
pub const SOURCES_MAX: usize = 64;

/// Where the trunk's requests come from; its own address when the file does
/// not say.
pub(crate) fn read(
    section: &Section<'_>,
    targets: &[At<TrunkTarget>],
    trusted: bool,
    found: &mut Findings,
) -> Vec<At<Source>> {
    let Some(list) = section.texts("sources", found) else {
        let own = targets.iter().filter_map(|at| {
            Some(At { value: redirects::host(at.value.address()?), span: at.span.clone() })
        });
        // Those of a name follow the DNS.
        return own.collect();
    };
    let expected = "networks or addresses, such as [\"203.0.113.0/24\"]";
    if list.value.is_empty() {
        let hint = "leave `sources` out to allow only the trunk's own address";
        found.error(&list.span, "`sources` is empty: no call would come in", expected, hint);
    }
    if list.value.len() > SOURCES_MAX {
        let problem = format!("`sources` holds more than {SOURCES_MAX} networks");
        let hint = "join neighbouring hosts to networks";
        found.error(&list.span, problem, expected, hint);
        return Vec::new();
    }
    let mut sources = Vec::new();
    for at in list.value {
        match value::source(at.value) {
            Ok(source) => {
                if source.prefix == 0 {
                    warn_of_everybody(&at, trusted, found);
                }
                sources.push(At { value: source, span: at.span });
            }
            Err(mistake) => {
                let problem = format!("`sources`: {}", mistake.problem);
                found.error(&at.span, problem, expected, mistake.hint);
            }
        }
    }
    sources
}

fn warn_of_everybody(at: &At<&str>, trusted: bool, found: &mut Findings) {
    let (problem, hint) = if trusted {
        (
            "anybody on the network may call and name any caller",
            "a trusted trunk's callers are believed: name the networks of the trunk",
        )
    } else {
        ("anybody on the network may call", "name the networks that the trunk calls from")
    };
    found.warning(&at.span, problem, "the networks of this trunk", hint);
}

/// Warns of networks whose calls an earlier trunk takes.
pub(crate) fn check_shadows(trunks: &[Trunk], found: &mut Findings) {
    for (place, trunk) in trunks.iter().enumerate() {
        for source in &trunk.sources {
            let earlier = trunks[..place].iter().find_map(|earlier| {
                let covers = |at: &&At<Source>| covers(&at.value, &source.value);
                earlier.sources.iter().find(covers).map(|at| (earlier, at))
            });
            if let Some((earlier, at)) = earlier {
                let name = earlier.name.as_deref().unwrap_or("?");
                let line = found.line_of(&at.span);
                let problem = format!(
                    "calls from here belong to trunk `{name}`, line {line}, which is first"
                );
                let hint = "put the trunk with the narrower network first";
                found.warning(&source.span, problem, "networks of its own", hint);
            }
        }
    }
}

/// True when every datagram that `other` describes is described by `one`.
fn covers(one: &Source, other: &Source) -> bool {
    one.network.is_ipv4() == other.network.is_ipv4()
        && one.prefix <= other.prefix
        && value::first_of(&other.network, one.prefix) == one.network
        && (one.port.is_none() || one.port == other.port)
}
