//! What the INVITEs to agents and customers say: targets, caller IDs, headers.

use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use model::{AgentName, E164, LineName, TrunkName};
use queue::Work;
use sip::{Binding, Hop, ListenerId};
use sip_msg::Uri;

use crate::leg::{Dial, Phone};
use crate::switchboard::Switchboard;
use crate::ways::Way;
use crate::{Agent, AgentPhone, Line, Settings, ShownIn, Speech, Srtp, Trunk, UriForm};

/// The INVITE that rings an agent. `X-Callback` tells a callback from a live call, so that a phone
/// or desktop can show the difference. `None` when the agent has no phone at this moment.
pub(crate) fn agent_dial(
    board: &mut Switchboard,
    of: impl Display,
    agent: &AgentName,
    work: &Work,
    line: Option<&LineName>,
) -> Option<Dial> {
    if board.trunk_of_agent(agent).is_some() {
        return telephone_dial(board, of, agent, line?);
    }
    let token = board.entropy.token(16);
    let settings = &board.settings;
    let setting = settings.agents.iter().find(|setting| setting.name == *agent)?;
    let mut phones = phones(board, setting).into_iter();
    let Phone { target, next_hop, at_source } = phones.next()?;
    let redirects_to = Arc::clone(&setting.redirects_to);
    let (srtp, speech) = (setting.srtp, setting.speech.clone());
    let local = settings.sip.listener(next_hop.listener).local;
    let (user, display, kind) = match work {
        Work::Live { .. } => ("queue".to_owned(), "Waiting caller", "no"),
        Work::Callback { number, .. } => (number.reveal(), "Callback", "yes"),
    };
    let mut headers = vec![("X-Callback".to_owned(), kind.to_owned())];
    if let Some(script) = script_of(settings, work) {
        headers.push(("X-Script".to_owned(), script.to_string()));
    }
    Some(Dial {
        target,
        next_hop,
        at_source,
        others: phones.collect(),
        from: format!("sip:{user}@{local}"),
        display: Some(display.to_owned()),
        asserted: None,
        call_id: format!("{of}-{token}@{}", local.ip()),
        headers,
        ring_max: settings.timings.agent_ring,
        credentials: None,
        redirects_to,
        srtp,
        speech,
        fallbacks: Vec::new(),
    })
}

/// The INVITE that rings an agent at a telephone: from the number of the line that the work came
/// by, as one that calls back shows it. None when the line has no number, or the trunk no way.
fn telephone_dial(
    board: &mut Switchboard,
    of: impl Display,
    agent: &AgentName,
    line: &LineName,
) -> Option<Dial> {
    let number = board.telephone_of(agent)?;
    let trunk = board.trunk_of_agent(agent)?.clone();
    let ways = board.ways.ways(&trunk);
    let setting = board.settings.agents.iter().find(|setting| setting.name == *agent)?;
    let digits = setting.speech.digits.clone();
    let ring_max = board.settings.timings.agent_ring;
    let dial = dial_over(board, of, (line, &trunk), &number, &ways)?;
    Some(Dial { ring_max, speech: Speech { digits, ..dial.speech }, ..dial })
}

/// The script that agents are to follow in this callback: its own, or that of its line.
fn script_of(settings: &Settings, work: &Work) -> Option<Arc<str>> {
    let Work::Callback { line, terms, .. } = work else { return None };
    if let Some(script) = &terms.script {
        return Some(script.as_str().into());
    }
    settings.lines.iter().find(|known| known.name == *line)?.script.clone()
}

/// The phones that ring for an agent, all at once; the most preferred is the first.
pub(crate) fn phones(board: &Switchboard, agent: &Agent) -> Vec<Phone> {
    match &agent.phone {
        AgentPhone::Fixed { uri, address, listener } => {
            let next_hop = Hop { listener: *listener, peer: *address };
            vec![Phone { target: uri.clone(), next_hop, at_source: false }]
        }
        AgentPhone::Telephone { .. } => Vec::new(),
        AgentPhone::Registered => {
            let bindings = board.stack.bindings(&agent.name).into_iter();
            let phone = |binding: Binding| Phone {
                target: binding.contact,
                next_hop: binding.hop,
                at_source: binding.translated,
            };
            bindings.map(phone).collect()
        }
    }
}

/// The INVITE that calls a customer back, from the line's outbound number, by the first of `ways`.
/// `None` when the line, its number or its trunk is no longer in the settings, and when there is no
/// way to the trunk.
pub(crate) fn customer_dial(
    settings: &Settings,
    work: &Work,
    sip_call_id: &str,
    ways: &[Way],
) -> Option<Dial> {
    let Work::Callback { number, contact, line, fallback, .. } = work else { return None };
    let line: &Line = settings.lines.iter().find(|setting| setting.name == *line)?;
    let other = line.fallback_number.filter(|_| *fallback);
    let ours: E164 = other.or(line.outbound_number)?;
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
    let to_trunk = |way: &Way| sip::Way { target: called_uri(trunk, number, way), hop: way.hop };
    let (first, fallbacks) = match to_contact {
        Some((target, hop)) => (sip::Way { target, hop }, Vec::new()),
        None => {
            let (first, others) = ways.split_first()?;
            (to_trunk(first), others.iter().map(to_trunk).collect())
        }
    };
    let sip::Way { target, hop: next_hop } = first;
    let shown = Shown::of(settings.sip.listener(next_hop.listener).local, trunk, line, &ours);
    Some(Dial {
        target,
        next_hop,
        at_source: false,
        others: Vec::new(),
        asserted: shown.asserted,
        from: shown.from,
        display: shown.display,
        call_id: sip_call_id.to_owned(),
        headers: shown.headers,
        ring_max: settings.timings.customer_ring.max(Duration::from_secs(1)),
        credentials,
        redirects_to,
        srtp: trunk.srtp,
        speech: trunk.speech.clone(),
        fallbacks,
    })
}

/// The INVITE to a number that an agent hands a conversation on to: from the line's own number, by
/// the first of `ways` to its trunk. `None` when the line shows no number, or there is no way.
pub(crate) fn number_dial(
    board: &mut Switchboard,
    of: impl Display,
    line: &LineName,
    number: &E164,
    ways: &[Way],
) -> Option<Dial> {
    let setting = board.settings.lines.iter().find(|setting| setting.name == *line)?;
    setting.outbound_number?;
    let trunk = setting.trunk.clone();
    dial_over(board, of, (line, &trunk), number, ways)
}

/// The INVITE to a number from that of a line, over a trunk.
fn dial_over(
    board: &mut Switchboard,
    of: impl Display,
    (line, trunk): (&LineName, &TrunkName),
    number: &E164,
    ways: &[Way],
) -> Option<Dial> {
    let token = board.entropy.token(16);
    let settings = &board.settings;
    let line = settings.lines.iter().find(|setting| setting.name == *line)?;
    let trunk = settings.trunks.iter().find(|setting| setting.name == *trunk)?;
    let to_trunk = |way: &Way| sip::Way { target: called_uri(trunk, number, way), hop: way.hop };
    let (first, others) = ways.split_first()?;
    let sip::Way { target, hop: next_hop } = to_trunk(first);
    let local = settings.sip.listener(next_hop.listener).local;
    let ours = line.outbound_number.or_else(|| dialled_number(trunk, line))?;
    let shown = Shown::of(local, trunk, line, &ours);
    Some(Dial {
        target,
        next_hop,
        at_source: false,
        others: Vec::new(),
        asserted: shown.asserted,
        from: shown.from,
        display: shown.display,
        call_id: format!("{of}-{token}@{}", local.ip()),
        headers: shown.headers,
        ring_max: settings.timings.customer_ring.max(Duration::from_secs(1)),
        credentials: trunk.credentials.clone(),
        redirects_to: Arc::clone(&trunk.redirects_to),
        srtp: trunk.srtp,
        speech: trunk.speech.clone(),
        fallbacks: others.iter().map(to_trunk).collect(),
    })
}

/// The INVITE to a phone that an agent hands a conversation on to, wherever it is.
pub(crate) fn phone_dial(
    board: &mut Switchboard,
    of: impl Display,
    target: &str,
    next_hop: Hop,
    work: &Work,
) -> Dial {
    let token = board.entropy.token(16);
    let settings = &board.settings;
    let local = settings.sip.listener(next_hop.listener).local;
    let user = match work {
        Work::Live { .. } => "queue".to_owned(),
        Work::Callback { number, .. } => number.reveal(),
    };
    Dial {
        target: target.to_owned(),
        next_hop,
        at_source: false,
        others: Vec::new(),
        from: format!("sip:{user}@{local}"),
        display: None,
        asserted: None,
        call_id: format!("{of}-{token}@{}", local.ip()),
        headers: Vec::new(),
        ring_max: settings.timings.agent_ring,
        credentials: None,
        redirects_to: [].into(),
        srtp: Srtp::Off,
        speech: Speech::default(),
        fallbacks: Vec::new(),
    }
}

/// Whom the trunk is asked to call.
fn called_uri(trunk: &Trunk, number: &E164, way: &Way) -> String {
    let user = format!("{}{}", trunk.dials.prefix, trunk.format.write(number));
    match trunk.dials.form {
        UriForm::Sip => format!("sip:{user}@{}", way.host),
        UriForm::SipUserPhone => format!("sip:{user}@{};user=phone", way.host),
        UriForm::Tel => format!("tel:{user}"),
    }
}

/// Every header by which a callback of this line says who calls, by the first way that its trunk's
/// INVITEs may take; none without a number to show.
pub(crate) fn shown_by(settings: &Settings, line: &Line) -> Option<Vec<(String, String)>> {
    let trunk = settings.trunks.iter().find(|trunk| trunk.name == line.trunk)?;
    let listener = trunk.listener.unwrap_or(ListenerId(0));
    let ours = line.outbound_number?;
    let Shown { from, display, asserted, headers } =
        Shown::of(settings.sip.listener(listener).local, trunk, line, &ours);
    let display = display.map(|name| format!("\"{name}\" ")).unwrap_or_default();
    let mut all = vec![("From".to_owned(), format!("{display}<{from}>"))];
    all.extend(asserted.map(|uri| ("P-Asserted-Identity".to_owned(), format!("<{uri}>"))));
    all.extend(headers);
    Some(all)
}

/// How an INVITE says which line calls.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    from: String,
    display: Option<String>,
    asserted: Option<String>,
    headers: Vec<(String, String)>,
}

impl Shown {
    /// The number goes into the headers that the trunk asks for. A line that withholds it is
    /// anonymous in From (RFC 3323 §4.1.1.3), asks for `Privacy: id` (RFC 3325 §9.3), and tells
    /// the trunk who calls only where the trunk is to keep it to itself.
    fn of(local: SocketAddr, trunk: &Trunk, line: &Line, ours: &E164) -> Shown {
        let local = local.to_string();
        let host = trunk.shows.domain.as_deref().unwrap_or(&local);
        let uri = |user: &str| match trunk.dials.form {
            UriForm::Sip | UriForm::Tel => format!("sip:{user}@{host}"),
            UriForm::SipUserPhone => format!("sip:{user}@{host};user=phone"),
        };
        let number = uri(&trunk.format.write(ours));
        let shows = |header| trunk.shows.in_headers.contains(&header);
        let (from, display) = match (line.withheld, shows(ShownIn::From)) {
            (true, _) => ("sip:anonymous@anonymous.invalid".to_owned(), Some("Anonymous")),
            (false, true) => (number.clone(), None),
            (false, false) => (format!("sip:{}@{host}", trunk.shows.account), None),
        };
        let mut headers = Vec::new();
        let mut add = |name: &str, value: String| headers.push((name.to_owned(), value));
        if shows(ShownIn::Preferred) {
            add("P-Preferred-Identity", format!("<{number}>"));
        }
        if shows(ShownIn::RemoteParty) {
            let privacy = if line.withheld { "full" } else { "off" };
            let party = "party=calling;screen=yes";
            add("Remote-Party-ID", format!("<{number}>;{party};privacy={privacy}"));
        }
        if line.withheld {
            add("Privacy", "id".to_owned());
        }
        if let Some(dialled) = dialled_number(trunk, line).filter(|_| trunk.shows.diversion) {
            let user = uri(&trunk.format.write(&dialled));
            let privacy = if line.withheld { ";privacy=full" } else { "" };
            add("Diversion", format!("<{user}>;reason=unconditional;counter=1{privacy}"));
        }
        let asserted = shows(ShownIn::Asserted).then_some(number);
        Shown { from, display: display.map(str::to_owned), asserted, headers }
    }
}

/// The first number under which customers dial the line.
fn dialled_number(trunk: &Trunk, line: &Line) -> Option<E164> {
    line.numbers.iter().find_map(|number| trunk.format.read(number).ok())
}

/// Where the INVITE to a Contact goes: its host must be an address.
fn hop_of_contact(settings: &Settings, trunk: &Trunk, uri: &str) -> Option<Hop> {
    settings.sip.hop_of(&Uri::parse(uri).ok()?, trunk.listener.unwrap_or(ListenerId(0)))
}

#[cfg(test)]
mod tests {
    use model::NumberFormat;

    use super::*;
    use crate::Shows;

    fn trunk() -> Trunk {
        Trunk::new("carrier".into(), "198.51.100.7:5060".parse().expect("an address"))
    }

    fn line(withheld: bool) -> Line {
        Line {
            name: "main".into(),
            numbers: vec!["*".into(), "+33123456789".into()],
            language: "en".into(),
            greeting: None,
            flow: None,
            script: None,
            prompts: crate::LinePrompts::default(),
            outbound_number: None,
            fallback_number: None,
            withheld,
            operator: None,
            human_proof: false,
            callbacks: true,
            trunk: "carrier".into(),
            queue: "support".into(),
        }
    }

    /// Every header that says who calls, one in a line.
    fn shown(trunk: &Trunk, withheld: bool) -> Vec<String> {
        let local = "192.0.2.1:5060".parse().expect("an address");
        let ours = E164::parse("+33187654321").expect("a number");
        let shown = Shown::of(local, trunk, &line(withheld), &ours);
        let display = shown.display.map(|name| format!("\"{name}\" ")).unwrap_or_default();
        let mut lines = vec![format!("From: {display}<{}>", shown.from)];
        lines.extend(shown.asserted.map(|uri| format!("P-Asserted-Identity: <{uri}>")));
        lines.extend(shown.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        lines
    }

    #[test]
    fn the_line_shows_its_number_where_the_trunk_wants_it() {
        use ShownIn::{Asserted, From, Preferred, RemoteParty};
        let number = "<sip:+33187654321@192.0.2.1:5060>";
        let anonymous = "From: \"Anonymous\" <sip:anonymous@anonymous.invalid>";
        let from = format!("From: {number}");
        let asserted = format!("P-Asserted-Identity: {number}");
        let preferred = format!("P-Preferred-Identity: {number}");
        let party = |privacy| {
            format!("Remote-Party-ID: {number};party=calling;screen=yes;privacy={privacy}")
        };
        let account = "From: <sip:rappel@192.0.2.1:5060>".to_owned();
        let id = "Privacy: id".to_owned();
        let hidden = anonymous.to_owned();
        // Where the number is to be, whether the line withholds it, what the INVITE says.
        let table = [
            (vec![From], false, vec![from.clone()]),
            (vec![From, Asserted], false, vec![from.clone(), asserted.clone()]),
            (vec![Asserted], false, vec![account.clone(), asserted.clone()]),
            (vec![Preferred], false, vec![account, preferred.clone()]),
            (vec![From, RemoteParty], false, vec![from, party("off")]),
            (vec![From], true, vec![hidden.clone(), id.clone()]),
            (vec![From, Asserted], true, vec![hidden.clone(), asserted, id.clone()]),
            (vec![Preferred], true, vec![hidden.clone(), preferred, id.clone()]),
            (vec![RemoteParty], true, vec![hidden, party("full"), id]),
        ];
        for (in_headers, withheld, wanted) in table {
            let shows = Shows { in_headers, ..Shows::default() };
            let trunk = Trunk { shows, ..trunk() };
            assert_eq!(shown(&trunk, withheld), wanted, "{trunk:?} {withheld}");
        }
    }

    #[test]
    fn a_trunk_may_want_its_domain_its_account_and_the_line_that_was_dialled() {
        let shows = Shows {
            in_headers: vec![ShownIn::Asserted],
            account: "acme".into(),
            domain: Some("carrier.example".into()),
            diversion: true,
        };
        let format = NumberFormat::Digits;
        let trunk = Trunk { shows, format, ..trunk() };
        assert_eq!(
            shown(&trunk, false),
            [
                "From: <sip:acme@carrier.example>",
                "P-Asserted-Identity: <sip:33187654321@carrier.example>",
                "Diversion: <sip:33123456789@carrier.example>;reason=unconditional;counter=1",
            ]
        );
    }

    #[test]
    fn the_number_that_is_called_is_written_as_the_trunk_wants_it() {
        let france = NumberFormat::National {
            country_code: "33".into(),
            trunk_prefix: "0".into(),
            international_prefix: "00".into(),
        };
        let table = [
            (NumberFormat::E164, "", UriForm::Sip, "sip:+33612345678@198.51.100.7:5060"),
            (NumberFormat::E164, "", UriForm::Tel, "tel:+33612345678"),
            (NumberFormat::Digits, "9911#", UriForm::Sip, "sip:9911#33612345678@198.51.100.7:5060"),
            (france, "0", UriForm::Sip, "sip:00612345678@198.51.100.7:5060"),
            (
                NumberFormat::DoubleZero,
                "",
                UriForm::SipUserPhone,
                "sip:0033612345678@198.51.100.7:5060;user=phone",
            ),
        ];
        let number = E164::parse("+33612345678").expect("a number");
        for (format, prefix, form, wanted) in table {
            let dials = crate::Dials { prefix: prefix.into(), form };
            let trunk = Trunk { format, dials, ..trunk() };
            let host = trunk.targets[0].host.clone();
            let hop = Hop::first("198.51.100.7:5060".parse().expect("an address"));
            assert_eq!(called_uri(&trunk, &number, &Way { host, hop }), wanted);
        }
    }

    #[test]
    fn user_phone_stands_in_every_header_with_a_number() {
        let dials = crate::Dials { prefix: "0".into(), form: UriForm::SipUserPhone };
        let lines = shown(&Trunk { dials, ..trunk() }, false);
        let number = "<sip:+33187654321@192.0.2.1:5060;user=phone>";
        assert_eq!(lines, [format!("From: {number}"), format!("P-Asserted-Identity: {number}")]);
    }
}
