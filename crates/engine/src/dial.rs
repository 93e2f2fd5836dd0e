//! What the INVITEs to agents and customers say: targets, caller IDs, headers.

use std::sync::Arc;
use std::time::Duration;

use model::{AgentName, E164, NumberFormat, OfferId};
use queue::Work;
use sip::Hop;
use sip_msg::Uri;

use crate::leg::Dial;
use crate::switchboard::Switchboard;
use crate::{Line, Settings, Srtp, Trunk};

/// The INVITE that rings an agent. `X-Callback` tells a callback from a live call, so that a phone
/// or desktop can show the difference.
pub(crate) fn agent_dial(
    board: &mut Switchboard,
    offer: OfferId,
    agent: &AgentName,
    work: &Work,
) -> Dial {
    let token = board.entropy.token(16);
    let settings = &board.settings;
    let setting = settings.agents.iter().find(|setting| setting.name == *agent);
    let srtp = setting.map_or(Srtp::Off, |agent| agent.srtp);
    let (target, next_hop, redirects_to) = match setting {
        Some(agent) => {
            let next_hop = Hop { listener: agent.listener, peer: agent.address };
            (agent.uri.clone(), next_hop, Arc::clone(&agent.redirects_to))
        }
        // The queue and the settings name the same agents; a stale name rings nobody.
        None => {
            let nowhere = Hop::first(settings.sip.listeners[0].local);
            ("sip:nobody@invalid".to_owned(), nowhere, [].into())
        }
    };
    let local = settings.sip.listener(next_hop.listener).local;
    let (user, display, kind) = match work {
        Work::Live { .. } => ("queue".to_owned(), "Waiting caller", "no"),
        Work::Callback { number, .. } => (number.reveal(), "Callback", "yes"),
    };
    Dial {
        target,
        next_hop,
        from: format!("sip:{user}@{local}"),
        display: Some(display.to_owned()),
        asserted: None,
        call_id: format!("{offer}-{token}@{}", local.ip()),
        headers: vec![("X-Callback".to_owned(), kind.to_owned())],
        ring_max: settings.timings.agent_ring,
        credentials: None,
        redirects_to,
        srtp,
    }
}

/// The INVITE that calls a customer back, from the line's outbound number. `None` when the line,
/// its number or its trunk is no longer in the settings.
pub(crate) fn customer_dial(settings: &Settings, work: &Work, sip_call_id: &str) -> Option<Dial> {
    let Work::Callback { number, contact, line, .. } = work else { return None };
    let line: &Line = settings.lines.iter().find(|setting| setting.name == *line)?;
    let shown: E164 = line.outbound_number?;
    let trunk: &Trunk = settings.trunks.iter().find(|trunk| trunk.name == line.trunk)?;
    let to_contact =
        contact.as_ref().and_then(|uri| Some((uri.clone(), hop_of_contact(settings, trunk, uri)?)));
    // A Contact is a caller's word: whoever it names does not hear who we are to the trunk, and
    // sends us nowhere else.
    let credentials = trunk.credentials.clone().filter(|_| to_contact.is_none());
    let redirects_to = match &to_contact {
        None => Arc::clone(&trunk.redirects_to),
        Some(_) => [].into(),
    };
    let (target, next_hop) = to_contact.unwrap_or_else(|| {
        let user = written(&trunk.format, number);
        let param = settings.sip.listener(trunk.listener).transport.uri_param();
        let next_hop = Hop { listener: trunk.listener, peer: trunk.address };
        (format!("sip:{user}@{}{param}", trunk.address), next_hop)
    });
    let local = settings.sip.listener(next_hop.listener).local;
    let from = format!("sip:{}@{local}", written(&trunk.format, &shown));
    Some(Dial {
        target,
        next_hop,
        asserted: Some(from.clone()),
        from,
        display: None,
        call_id: sip_call_id.to_owned(),
        headers: Vec::new(),
        ring_max: settings.timings.customer_ring.max(Duration::from_secs(1)),
        credentials,
        redirects_to,
        srtp: trunk.srtp,
    })
}

fn written(format: &NumberFormat, number: &E164) -> String {
    format.write(number)
}

/// Where the INVITE to a Contact goes: its host must be an address.
fn hop_of_contact(settings: &Settings, trunk: &Trunk, uri: &str) -> Option<Hop> {
    settings.sip.hop_of(&Uri::parse(uri).ok()?, trunk.listener)
}
