//! A trunk that has a name only: where its calls arrive is what counts.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use engine::{Probing, Settings, Status, TrunkTarget};
use server::control::{Presence, Request, Response};
use server::{Roof, serve};
use sip::locate::Target;
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::callee::Callee;
use crate::settings::settings;
use crate::zone::Zone;
use crate::{Stand, asked, promised, roof};

const NAME: &str = "carrier.example";

/// An engine whose trunk is called by its name, as this zone says. It asks by OPTIONS whether the
/// trunk lives when `probes` says so.
fn stand(dir: &Path, zone: &str, probes: bool, agent: &Callee) -> Stand {
    stand_with(dir, zone, probes, agent, |_| {})
}

/// The same with other settings.
fn stand_with(
    dir: &Path,
    zone: &str,
    probes: bool,
    agent: &Callee,
    change: impl FnOnce(&mut Settings),
) -> Stand {
    let mut settings = settings(agent.here);
    let at = Target { host: NAME.into(), port: None, transport: None, secure: false };
    let target = TrunkTarget { host: NAME.into(), at, priority: 0, weight: 1 };
    settings.trunks[0].targets = vec![target];
    let every = Duration::from_secs(1);
    settings.trunks[0].probing = probes.then_some(Probing { every, unanswered_max: 1 });
    change(&mut settings);
    let (observer, told) = mpsc::channel(10_000);
    let dns = vec![Zone::new(zone).at];
    let running = serve(settings, Roof { dns, observer: Some(observer), ..roof(dir) });
    let agent = std::net::UdpSocket::bind("127.0.0.1:0").expect("binds");
    Stand { running: running.expect("the roof is put up"), told, agent }
}

/// The agent takes the callback that somebody was promised.
fn agent_takes_it(dir: &Path, stand: &mut Stand, agent: &Callee) {
    let online = Request::SetStatus { agent: "ann".into(), status: Presence::Online, reason: None };
    assert!(matches!(asked(dir, &online), Response::Done { .. }));
    let invite = agent.hears("INVITE ");
    agent.picks_up(&invite);
    stand.until(|status| matches!(status, Status::Playing { .. }).then_some(()));
    agent.presses(&invite, 1);
}

#[test]
fn a_callback_arrives_where_naptr_and_srv_lead_and_at_the_second_server_when_the_first_is_busy() {
    let dir = TempDir::new().expect("a directory");
    let (first, second) = (Callee::at("127.0.0.2"), Callee::at("127.0.0.3"));
    let (one, two) = (first.here.port(), second.here.port());
    let zone = format!(
        "{NAME} NAPTR 20 10 s SIP+D2T _sip._tcp.{NAME}
         {NAME} NAPTR 30 10 s SIP+D2U _voice._udp.{NAME}
         _voice._udp.{NAME} SRV 20 0 {two} two.{NAME}
         _voice._udp.{NAME} SRV 10 0 {one} one.{NAME}
         one.{NAME} A 127.0.0.2
         two.{NAME} A 127.0.0.3"
    );
    let agent = Callee::at("127.0.0.1");
    let mut stand = stand(dir.path(), &zone, false, &agent);
    promised(&mut stand);
    agent_takes_it(dir.path(), &mut stand, &agent);
    let invite = first.hears("INVITE ");
    assert!(
        invite.text.starts_with(&format!("INVITE sip:+33612345678@{NAME} ")),
        "{}",
        invite.text
    );
    assert!(second.is_left_alone());
    first.says(&invite, "503 Service Unavailable");
    let again = second.hears("INVITE ");
    assert!(again.text.starts_with(&format!("INVITE sip:+33612345678@{NAME} ")), "{}", again.text);
    let call_id = |text: &str| crate::caller::header(text, "Call-ID").to_owned();
    assert_eq!(call_id(&again.text), call_id(&invite.text), "one attempt, one call");
    second.says(&again, "486 Busy Here");
    second.hears("ACK ");
    stand.running.stop().expect("ends well");
}

#[test]
fn weights_of_one_priority_share_the_servers() {
    let dir = TempDir::new().expect("a directory");
    let (never, always) = (Callee::at("127.0.0.2"), Callee::at("127.0.0.3"));
    let (one, two) = (never.here.port(), always.here.port());
    let zone = format!(
        "_sip._udp.{NAME} SRV 10 0 {one} one.{NAME}
         _sip._udp.{NAME} SRV 10 65535 {two} two.{NAME}
         one.{NAME} A 127.0.0.2
         two.{NAME} A 127.0.0.3"
    );
    let agent = Callee::at("127.0.0.1");
    let mut stand = stand(dir.path(), &zone, false, &agent);
    promised(&mut stand);
    agent_takes_it(dir.path(), &mut stand, &agent);
    always.hears("INVITE ");
    assert!(never.is_left_alone());
    stand.running.stop().expect("ends well");
}

/// Where OPTIONS arrive tells where calls would.
fn is_asked_at(zone: &str, callee: &Callee) {
    let dir = TempDir::new().expect("a directory");
    let stand = stand(dir.path(), zone, true, &Callee::at("127.0.0.1"));
    let asked = callee.hears("OPTIONS ");
    assert!(asked.text.starts_with(&format!("OPTIONS sip:{NAME} SIP/2.0")), "{}", asked.text);
    stand.running.stop().expect("ends well");
}

#[test]
fn an_answer_that_does_not_fit_a_datagram_is_fetched_by_a_stream() {
    let callee = Callee::at("127.0.0.2");
    let zone = format!(
        "_sip._udp.{NAME} SRV !long
         _sip._udp.{NAME} SRV 10 0 {} one.{NAME}
         one.{NAME} A 127.0.0.2",
        callee.here.port()
    );
    is_asked_at(&zone, &callee);
}

#[test]
fn a_dns_that_chokes_on_one_question_is_asked_the_others() {
    let callee = Callee::at("127.0.0.2");
    let zone = format!(
        "{NAME} NAPTR !silent
         _sip._udp.{NAME} SRV 10 0 {} one.{NAME}
         one.{NAME} A 127.0.0.2",
        callee.here.port()
    );
    is_asked_at(&zone, &callee);
}

#[test]
fn a_trunk_that_the_dns_does_not_know_keeps_callbacks_in_their_places() {
    let dir = TempDir::new().expect("a directory");
    let agent = Callee::at("127.0.0.1");
    let mut stand = stand(dir.path(), "other.example A 127.0.0.2", false, &agent);
    promised(&mut stand);
    let online = Request::SetStatus { agent: "ann".into(), status: Presence::Online, reason: None };
    assert!(matches!(asked(dir.path(), &online), Response::Done { .. }));
    let Response::Trunks { trunks } = asked(dir.path(), &Request::Trunks) else { panic!("trunks") };
    assert!(!trunks[0].open && trunks[0].targets.is_empty(), "{trunks:?}");
    assert!(agent.is_left_alone(), "nobody is rung for what cannot be dialled");
    stand.running.stop().expect("ends well");
}

/// OPTIONS from here until they are answered.
fn is_answered(callee: &Callee, server: SocketAddr) -> bool {
    let (here, port) = (callee.here, callee.here.port());
    let options = format!(
        "OPTIONS sip:100@{server} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{port}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:a@{here}>;tag=1\r\nTo: <sip:100@{server}>\r\n\
         Call-ID: {port}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
    );
    callee.asks(server, &options).starts_with("SIP/2.0 200")
}

#[test]
fn the_calls_of_a_trunk_by_name_come_from_where_the_name_leads_and_nowhere_else() {
    let dir = TempDir::new().expect("a directory");
    let (carrier, stranger) = (Callee::at("127.0.0.2"), Callee::at("127.0.0.3"));
    let zone = format!("{NAME} A 127.0.0.2");
    let agent = Callee::at("127.0.0.1");
    let stand = stand_with(dir.path(), &zone, false, &agent, |settings| {
        settings.sip.peers[0].sources.clear();
        settings.trunks[0].calls_from_names = true;
    });
    let server = stand.running.sip();
    assert!(is_answered(&carrier, server));
    let unknown = format!(
        "OPTIONS sip:100@{server} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bKx\r\n\
         Max-Forwards: 70\r\nFrom: <sip:a@{here}>;tag=1\r\nTo: <sip:100@{server}>\r\n\
         Call-ID: x\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
        here = stranger.here,
    );
    stranger.says_to(server, &unknown);
    assert!(is_answered(&Callee::at("127.0.0.2"), server), "at any port, and after the stranger");
    assert!(stranger.is_left_alone());
    stand.running.stop().expect("ends well");
}

#[test]
fn a_trunk_is_registered_with_where_its_name_leads() {
    let dir = TempDir::new().expect("a directory");
    let carrier = Callee::at("127.0.0.2");
    let zone = format!(
        "_sip._udp.{NAME} SRV 10 0 {} one.{NAME}
         one.{NAME} A 127.0.0.2",
        carrier.here.port()
    );
    let agent = Callee::at("127.0.0.1");
    let mut stand = stand_with(dir.path(), &zone, false, &agent, |settings| {
        settings.sip.upstreams = vec![sip::Upstream {
            trunk: "trunk".into(),
            registrar: format!("sip:{NAME}"),
            next_hop: None,
            address_of_record: format!("sip:rappel@{NAME}"),
            expires: Duration::from_secs(600),
            credentials: None,
        }];
    });
    let register = carrier.hears("REGISTER ");
    assert!(register.text.starts_with(&format!("REGISTER sip:{NAME} ")), "{}", register.text);
    carrier.says(&register, "200 OK");
    let state = stand.until(|status| match status {
        Status::Trunk(told) => Some(told.state),
        _ => None,
    });
    assert_eq!(state, sip::UpstreamState::Registered);
    stand.running.stop().expect("ends well");
}
