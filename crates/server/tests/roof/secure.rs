//! SIP over TLS on real sockets: who is let in, who is believed, and peers who mean no good. Far
//! ends are rustls by hand; what they read is what counts.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::time::Duration;

use config::{Clients, Identity, Tls, TlsPeer, TlsWho, Verify};
use engine::{Probing, Settings, Status, TrunkTarget};
use server::control::{Presence, Request, Response};
use server::{Bind, HANDSHAKES_MAX, Roof, serve};
use sip::locate::Target;
use sip::{Listener, ListenerId, Transport};
use socket2::{Domain, Socket, Type};
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::caller::{Caller, Wire};
use crate::papers::{Authority, Paper};
use crate::settings::settings;
use crate::{Stand, asked, roof};

const NOBODY: &str = "127.0.0.1:9";

/// An engine on TLS alone, and everything that its far ends need.
struct Private {
    stand: Stand,
    /// Where it is.
    tls: SocketAddr,
    authority: Authority,
    dir: TempDir,
}

/// What a test changes.
struct Wanted {
    /// Where the agent's phone is.
    agent: SocketAddr,
    /// Where the trunk is.
    trunk: Option<SocketAddr>,
    clients: fn(&Authority) -> Clients,
    /// By what agent and trunk are believed.
    verify: fn(&Authority) -> Option<Verify>,
}

impl Default for Wanted {
    fn default() -> Wanted {
        Wanted {
            agent: NOBODY.parse().expect("an address"),
            trunk: None,
            clients: |_| Clients::NotAsked,
            verify: |_| None,
        }
    }
}

impl Private {
    fn new(wanted: &Wanted) -> Private {
        let dir = TempDir::new().expect("a directory");
        let authority = Authority::new(dir.path(), "ours");
        let anywhere: SocketAddr = "127.0.0.1:0".parse().expect("an address");
        let mut settings: Settings = settings(wanted.agent);
        settings.sip.listeners = vec![Listener { transport: Transport::Tls, local: anywhere }];
        let engine::AgentPhone::Fixed { uri, listener, .. } = &mut settings.agents[0].phone else {
            panic!("the agent of these tests has a fixed address");
        };
        uri.push_str(";transport=tls");
        *listener = ListenerId(0);
        let nobody = NOBODY.parse().expect("an address");
        settings.trunks[0].targets = vec![target(wanted.trunk.unwrap_or(nobody))];
        if wanted.trunk.is_some() {
            let every = Duration::from_secs(1);
            settings.trunks[0].probing = Some(Probing { every, unanswered_max: 1 });
        }
        let tls = Tls {
            identity: files(&authority.signs("127.0.0.1")),
            clients: (wanted.clients)(&authority),
        };
        let whos = [TlsWho::At(wanted.agent), TlsWho::Trunk("trunk".into())];
        let (observer, told) = mpsc::channel(10_000);
        let roof = Roof {
            listen: vec![Bind { tls: Some(tls), ..Bind::at(anywhere) }],
            tls_peers: whos
                .into_iter()
                .filter_map(|who| Some(TlsPeer { who, verify: (wanted.verify)(&authority)? }))
                .collect(),
            observer: Some(observer),
            ..roof(dir.path())
        };
        let running = serve(settings, roof).expect("the roof is put up");
        let tls = running.sip();
        let agent = UdpSocket::bind("127.0.0.1:0").expect("binds");
        Private { stand: Stand { running, told, agent }, tls, authority, dir }
    }

    /// A caller who asks for a callback, up to the end of the call.
    fn promises(&mut self, mut caller: Caller) {
        caller.calls();
        self.stand.until(|status| matches!(status, Status::Playing { .. }).then_some(()));
        self.asks_for_a_callback(&mut caller);
        // The BYE comes by the connection that the caller opened: there is no other way.
        caller.answers_bye();
        self.ends();
    }

    fn asks_for_a_callback(&mut self, caller: &mut Caller) {
        caller.presses(2);
        self.stand.until(|status| matches!(status, Status::Pressed { .. }).then_some(()));
        caller.presses(1);
        self.stand.until(|status| matches!(status, Status::Promised { .. }).then_some(()));
    }

    fn ends(&mut self) {
        self.stand.until(|status| matches!(status, Status::CallEnded { .. }).then_some(()));
    }

    fn agent_comes(&self) {
        let online =
            Request::SetStatus { agent: "ann".into(), status: Presence::Online, reason: None };
        assert!(matches!(asked(self.dir.path(), &online), Response::Done { .. }));
    }

    fn stops(self) {
        self.stand.running.stop().expect("ends well");
    }
}

fn files(paper: &Paper) -> Identity {
    Identity::Files { certificate: paper.certificate.clone(), key: paper.key_file.clone() }
}

fn target(at: SocketAddr) -> TrunkTarget {
    let target = Target::of_address(Some(Transport::Tls), at);
    TrunkTarget { at: target, host: format!("{at};transport=tls"), ..TrunkTarget::of_address(at) }
}

fn by(authority: &Authority, name: Option<&str>) -> Option<Verify> {
    let ca = Some(authority.file.clone());
    Some(Verify::By { ca, name: name.map(str::to_owned) })
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
    let here = listener.local_addr().expect("an address");
    (listener, here)
}

fn options(tls: SocketAddr) -> String {
    format!(
        "OPTIONS sip:{tls} SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:9;branch=z9hG4bK1\r\n\
         From: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:{tls}>\r\nCall-ID: one\r\n\
         CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    )
}

/// Whether the engine closes the connection within the far end's patience, whatever it says first.
fn is_closed(stream: &mut TcpStream) -> bool {
    let mut bytes = [0; 256];
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() == std::io::ErrorKind::ConnectionReset,
        }
    }
}

fn patient(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(crate::caller::PATIENCE)).expect("set");
    stream
}

#[test]
fn a_call_over_tls_is_promised_a_callback_and_its_agent_rung_over_tls() {
    let (phone, agent) = listener();
    let verify = |ours: &Authority| by(ours, Some("ann.example"));
    let mut engine = Private::new(&Wanted { agent, verify, ..Wanted::default() });
    let tls = engine.tls;
    let caller = Caller::by(engine.authority.connects(tls, None), tls);
    engine.promises(caller);
    engine.agent_comes();
    let paper = engine.authority.signs("ann.example");
    let invite = paper.accepts(&phone).expect("both agree").hears();
    assert!(invite.starts_with("INVITE sip:ann@"), "{invite}");
    assert!(invite.contains(&format!("Via: SIP/2.0/TLS {tls};")), "{invite}");
    assert!(invite.contains(&format!("Contact: <sip:{tls};transport=tls>")), "{invite}");
    engine.stops();
}

#[test]
fn a_phone_that_cannot_prove_who_it_is_hears_nothing() {
    let stranger = TempDir::new().expect("a directory");
    let stranger = Authority::new(stranger.path(), "stranger");
    type Says = fn(&Authority) -> Option<Verify>;
    type Shows = fn(&Authority, &Authority) -> Paper;
    let theirs = |_: &Authority, stranger: &Authority| stranger.signs("127.0.0.1");
    let another_name = |ours: &Authority, _: &Authority| ours.signs("ann.example");
    let ours = |ours: &Authority, _: &Authority| ours.signs("127.0.0.1");
    let of_system: Says = |_| None;
    let by_ours: Says = |ours| by(ours, None);
    let named: Says = |ours| by(ours, Some("ann.example"));
    let papers: [(Says, Shows); 4] =
        [(by_ours, theirs), (by_ours, another_name), (named, ours), (of_system, ours)];
    for (verify, paper) in papers {
        let (phone, agent) = listener();
        let mut engine = Private::new(&Wanted { agent, verify, ..Wanted::default() });
        let tls = engine.tls;
        let caller = Caller::by(engine.authority.connects(tls, None), tls);
        engine.promises(caller);
        engine.agent_comes();
        let refused = paper(&engine.authority, &stranger).accepts(&phone);
        let why = refused.map(|mut wire| wire.hears()).expect_err("the engine refuses");
        assert!(why.contains("received fatal alert"), "{why}");
        engine.stand.until(|status| matches!(status, Status::OfferEnded { .. }).then_some(()));
        engine.stops();
    }
}

#[test]
fn a_trunk_is_asked_over_tls_once_it_has_proved_its_name() {
    let (carrier, at) = listener();
    let verify = |ours: &Authority| by(ours, Some("sip.carrier.example"));
    let engine = Private::new(&Wanted { trunk: Some(at), verify, ..Wanted::default() });
    let paper = engine.authority.signs("sip.carrier.example");
    let asked = paper.accepts(&carrier).expect("both agree").hears();
    assert!(asked.starts_with(&format!("OPTIONS sip:{at};transport=tls")), "{asked}");
    engine.stops();
    // Its address alone does not prove the name.
    let (carrier, at) = listener();
    let mut engine = Private::new(&Wanted { trunk: Some(at), verify, ..Wanted::default() });
    let refused = engine.authority.signs("127.0.0.1").accepts(&carrier);
    assert!(refused.is_err());
    let dead = |status: &Status| match status {
        Status::Target { place, change: engine::TargetChange::Dead, .. } => Some(*place),
        _ => None,
    };
    assert_eq!(engine.stand.until(dead), at);
    engine.stops();
}

#[test]
fn a_trunk_that_nobody_needs_to_prove_is_asked_whoever_is_there() {
    let (carrier, at) = listener();
    let verify = |_: &Authority| Some(Verify::No);
    let engine = Private::new(&Wanted { trunk: Some(at), verify, ..Wanted::default() });
    let stranger = TempDir::new().expect("a directory");
    let paper = Authority::new(stranger.path(), "stranger").signs("anybody.example");
    let asked = paper.accepts(&carrier).expect("both agree").hears();
    assert!(asked.starts_with("OPTIONS "), "{asked}");
    engine.stops();
}

#[test]
fn without_a_clients_certificate_nobody_is_let_in() {
    let clients = |ours: &Authority| Clients::Required(ours.file.clone());
    let engine = Private::new(&Wanted { clients, ..Wanted::default() });
    let (tls, stranger) = (engine.tls, TempDir::new().expect("a directory"));
    let stranger = Authority::new(stranger.path(), "stranger").signs("phone.example");
    for shown in [None, Some(&stranger)] {
        let stream = TcpStream::connect(tls).expect("connects");
        let (client, stream) = engine.authority.opens(stream, tls, shown);
        let mut stream = rustls::StreamOwned::new(client, stream);
        // In TLS 1.3 the client has agreed before it hears that it is not welcome.
        let _ = stream.write_all(options(tls).as_bytes());
        let heard = stream.read(&mut [0; 64]).expect_err("nobody answers");
        assert!(heard.to_string().contains("received fatal alert"), "{heard}");
    }
    let paper = engine.authority.signs("phone.example");
    let mut wire = engine.authority.connects(tls, Some(&paper));
    wire.says(tls, &options(tls));
    let answer = wire.hears();
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    engine.stops();
}

#[test]
fn an_optional_certificate_may_be_missing_but_not_a_strangers() {
    let clients = |ours: &Authority| Clients::Optional(ours.file.clone());
    let engine = Private::new(&Wanted { clients, ..Wanted::default() });
    let tls = engine.tls;
    let mut wire = engine.authority.connects(tls, None);
    wire.says(tls, &options(tls));
    assert!(wire.hears().starts_with("SIP/2.0 200"));
    let stranger = TempDir::new().expect("a directory");
    let stranger = Authority::new(stranger.path(), "stranger").signs("phone.example");
    let stream = TcpStream::connect(tls).expect("connects");
    let (client, stream) = engine.authority.opens(stream, tls, Some(&stranger));
    let mut stream = rustls::StreamOwned::new(client, stream);
    let _ = stream.write_all(options(tls).as_bytes());
    assert!(stream.read(&mut [0; 64]).is_err());
    engine.stops();
}

/// OPTIONS of somebody who wants to be reached at `at` by this very connection.
fn lends(tls: SocketAddr, at: SocketAddr) -> String {
    options(tls).replace("127.0.0.1:9;branch=z9hG4bK1", &format!("{at};branch=z9hG4bK1;alias"))
}

#[test]
fn whoever_has_proved_the_name_is_called_by_the_connection_that_was_lent() {
    let clients = |ours: &Authority| Clients::Optional(ours.file.clone());
    for (shown, by_lent) in
        [(Some("127.0.0.1"), true), (Some("phone.example"), false), (None, false)]
    {
        let (phone, agent) = listener();
        let mut engine = Private::new(&Wanted { agent, clients, ..Wanted::default() });
        let tls = engine.tls;
        let paper = shown.map(|name| engine.authority.signs(name));
        let mut lent = engine.authority.connects(tls, paper.as_ref());
        lent.says(tls, &lends(tls, agent));
        assert!(lent.hears().starts_with("SIP/2.0 200"));
        let caller = Caller::by(engine.authority.connects(tls, None), tls);
        engine.promises(caller);
        engine.agent_comes();
        let invite = if by_lent {
            lent.hears()
        } else {
            let paper = engine.authority.signs("127.0.0.1");
            paper.accepts(&phone).expect("both agree").hears()
        };
        assert!(invite.starts_with("INVITE sip:ann@"), "{shown:?}: {invite}");
        assert!(invite.contains(&format!("Via: SIP/2.0/TLS {tls};rport;")), "{invite}");
        assert!(invite.lines().any(|line| line.starts_with("Via: ") && line.contains(";alias")));
        engine.stops();
    }
}

#[test]
fn what_was_lent_ends_with_its_connection() {
    let clients = |ours: &Authority| Clients::Optional(ours.file.clone());
    let (phone, agent) = listener();
    let mut engine = Private::new(&Wanted { agent, clients, ..Wanted::default() });
    let tls = engine.tls;
    let paper = engine.authority.signs("127.0.0.1");
    let mut lent = engine.authority.connects(tls, Some(&paper));
    lent.says(tls, &lends(tls, agent));
    assert!(lent.hears().starts_with("SIP/2.0 200"));
    let caller = Caller::by(engine.authority.connects(tls, None), tls);
    engine.promises(caller);
    drop(lent);
    engine.agent_comes();
    let invite = paper.accepts(&phone).expect("both agree").hears();
    assert!(invite.starts_with("INVITE sip:ann@"), "{invite}");
    engine.stops();
}

#[test]
fn plain_bytes_on_the_tls_port_end_their_connection_and_no_other() {
    let engine = Private::new(&Wanted::default());
    let tls = engine.tls;
    let mut honest = engine.authority.connects(tls, None);
    for plain in [options(tls), "GET / HTTP/1.1\r\n\r\n".to_owned(), "\r\n\r\n".to_owned()] {
        let mut stream = patient(TcpStream::connect(tls).expect("connects"));
        stream.write_all(plain.as_bytes()).expect("sent");
        assert!(is_closed(&mut stream), "{plain}");
    }
    honest.says(tls, &options(tls));
    assert!(honest.hears().starts_with("SIP/2.0 200"));
    engine.stops();
}

#[test]
fn a_handshake_that_does_not_go_on_is_given_up() {
    let engine = Private::new(&Wanted::default());
    let mut silent = patient(TcpStream::connect(engine.tls).expect("connects"));
    let stream = TcpStream::connect(engine.tls).expect("connects");
    let (mut client, mut amid) = engine.authority.opens(stream, engine.tls, None);
    let mut hello = Vec::new();
    client.write_tls(&mut hello).expect("a first flight");
    amid.write_all(&hello[..hello.len() / 2]).expect("sent");
    assert!(is_closed(&mut silent));
    assert!(is_closed(&mut amid));
    engine.stops();
}

/// A connection from one of this machine's many addresses.
pub fn connect_from(host: [u8; 4], to: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from((host, 0)).into()).expect("binds");
    socket.connect(&to.into()).expect("connects");
    patient(socket.into())
}

#[test]
fn so_many_handshakes_are_under_way_and_no_more() {
    let engine = Private::new(&Wanted::default());
    let per_source = server::CONNECTIONS_PER_SOURCE_MAX;
    let hosts = (2..).flat_map(|host| std::iter::repeat_n([127, 0, 0, host], per_source));
    let mut held: Vec<TcpStream> =
        hosts.take(HANDSHAKES_MAX).map(|host| connect_from(host, engine.tls)).collect();
    assert!(is_closed(&mut connect_from([127, 0, 1, 1], engine.tls)));
    // Whoever goes makes room.
    drop(held.pop());
    let served = (0..100).any(|_| {
        let (client, stream) =
            engine.authority.opens(connect_from([127, 0, 1, 1], engine.tls), engine.tls, None);
        let mut stream = rustls::StreamOwned::new(client, stream);
        stream.write_all(b"\r\n\r\n").is_ok() && stream.read_exact(&mut [0; 2]).is_ok()
    });
    assert!(served);
    engine.stops();
}

#[test]
fn a_caller_whose_connection_breaks_amid_the_call_is_hung_up_at_the_contact() {
    let clients = |ours: &Authority| Clients::Optional(ours.file.clone());
    let mut engine = Private::new(&Wanted { clients, ..Wanted::default() });
    let (tls, (phone, contact)) = (engine.tls, listener());
    let mut caller = Caller::by(engine.authority.connects(tls, None), tls);
    caller.calls_from(contact);
    engine.stand.until(|status| matches!(status, Status::Playing { .. }).then_some(()));
    caller.goes_over_to(Wire::Udp(UdpSocket::bind("127.0.0.1:0").expect("binds")));
    engine.asks_for_a_callback(&mut caller);
    let paper = engine.authority.signs("127.0.0.1");
    let wire = paper.accepts(&phone).expect("both agree");
    caller.goes_over_to(wire);
    caller.answers_bye();
    engine.ends();
    engine.stops();
}

#[test]
fn keys_that_cannot_be_used_are_said_with_their_file() {
    let dir = TempDir::new().expect("a directory");
    let authority = Authority::new(dir.path(), "ours");
    let (one, other) = (authority.signs("one.example"), authority.signs("other.example"));
    let (missing, text) = (dir.path().join("missing.pem"), dir.path().join("text.pem"));
    std::fs::write(&text, "no certificate\n").expect("written");
    let refused = |certificate: &Path, key: &Path, clients: Clients| {
        let (certificate, key) = (certificate.to_owned(), key.to_owned());
        let tls = Tls { identity: Identity::Files { certificate, key }, clients };
        let anywhere: SocketAddr = "127.0.0.1:0".parse().expect("an address");
        let mut settings = settings(NOBODY.parse().expect("an address"));
        settings.sip.listeners = vec![Listener { transport: Transport::Tls, local: anywhere }];
        let bind = Bind { name: "private".into(), tls: Some(tls), ..Bind::at(anywhere) };
        let roof = Roof { listen: vec![bind], ..roof(dir.path()) };
        serve(settings, roof).expect_err("refused").to_string()
    };
    let none = || Clients::NotAsked;
    let says = |why: String, wanted: [&str; 2]| {
        assert!(why.starts_with("listener `private` cannot speak TLS: "), "{why}");
        assert!(wanted.iter().all(|wanted| why.contains(wanted)), "{why}");
    };
    let (paper, key) = (&one.certificate, &one.key_file);
    says(refused(&missing, key, none()), ["missing.pem cannot be read", "No such file"]);
    says(refused(&text, key, none()), ["text.pem holds no certificate", "BEGIN CERTIFICATE"]);
    says(refused(paper, &text, none()), ["text.pem holds no private key", "openssl pkey"]);
    says(refused(paper, &other.key_file, none()), ["do not belong together", "one.example"]);
    let ca = Clients::Required(missing);
    says(refused(paper, key, ca), ["missing.pem cannot be read", "No such file"]);
}
