//! Whom callers may be put through to: `operator` of a line, `transfer` of a flow.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::Destination;
use model::{AgentName, E164};
use sip::Hop;

use crate::basics::Network;
use crate::finding::Findings;
use crate::names::Names;
use crate::section::{At, shown};
use crate::value;

/// Everybody whom lines and flows name, by what they say.
pub(crate) type Destinations = BTreeMap<Arc<str>, Destination>;

/// What such a name may mean.
pub(crate) struct Desks<'a> {
    pub(crate) network: &'a Network,
    pub(crate) agent_names: &'a Names,
}

/// What is expected of one.
const EXPECTED: &str = "an agent, \"+33123456789\", or \"sip:desk@192.0.2.5:5060\"";

impl Desks<'_> {
    /// Whom `at` names. One that cannot be is reported.
    pub(crate) fn read(&self, at: &At<&str>, found: &mut Findings) -> Option<Destination> {
        let text = at.value.trim();
        if text.starts_with('+') {
            return match E164::parse(text) {
                Ok(number) => Some(Destination::Number(number)),
                Err(why) => {
                    let problem = format!("`{}` is not an international number", shown(text));
                    found.error(&at.span, problem, EXPECTED, why.to_string());
                    None
                }
            };
        }
        if !text.contains(':') {
            let at = At { value: text, span: at.span.clone() };
            let name = self.agent_names.resolve(&at, found)?;
            return Some(Destination::Agent(AgentName::from(name.as_str())));
        }
        match value::agent_uri(text) {
            Ok(known) => {
                let address = At { value: known.address, span: at.span.clone() };
                let listeners = &self.network.listeners;
                let listener = listeners.first(known.transport, &address, found)?;
                let hop = Hop { listener, peer: known.address };
                Some(Destination::Phone { uri: known.uri, hop })
            }
            Err(mistake) => {
                found.error(&at.span, mistake.problem, EXPECTED, mistake.hint);
                None
            }
        }
    }
}
