//! SIP over TCP on real sockets, and peers who mean no good.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;

use engine::{Settings, Status};
use server::control::{Presence, Request, Response};
use server::{Bind, Roof, serve};
use sip::{Listener, ListenerId, Transport};
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::caller::{Caller, PATIENCE, Wire};
use crate::secure::connect_from;
use crate::settings::settings;
use crate::{Stand, asked, roof};

/// An engine that hears UDP and TCP; its agent has a phone on TCP.
fn stand(dir: &Path, agent: SocketAddr) -> (Stand, SocketAddr) {
    let anywhere: SocketAddr = "127.0.0.1:0".parse().expect("an address");
    let mut settings: Settings = settings(agent);
    settings.sip.listeners.push(Listener { transport: Transport::Tcp, local: anywhere });
    let engine::AgentPhone::Fixed { uri, listener, .. } = &mut settings.agents[0].phone else {
        panic!("the agent of these tests has a fixed address");
    };
    uri.push_str(";transport=tcp");
    *listener = ListenerId(1);
    let (observer, told) = mpsc::channel(10_000);
    let listen = vec![Bind::at(anywhere), Bind::at(anywhere)];
    let roof = Roof { listen, observer: Some(observer), ..roof(dir) };
    let running = serve(settings, roof).expect("the roof is put up");
    let (_, tcp) = running.listeners()[1];
    // Nobody is rung here by UDP.
    let agent = UdpSocket::bind("127.0.0.1:0").expect("binds");
    (Stand { running, told, agent }, tcp)
}

fn nobody() -> SocketAddr {
    "127.0.0.1:9".parse().expect("an address")
}

fn connect(server: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(server).expect("connects");
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    stream
}

/// Whether the engine closes the connection within the far end's patience.
fn is_closed(stream: &mut TcpStream) -> bool {
    // An engine that still has unread bytes closes with a reset.
    match stream.read(&mut [0; 64]) {
        Ok(length) => length == 0,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

#[test]
fn a_call_over_tcp_is_promised_a_callback_and_its_agent_rung_over_tcp() {
    let dir = TempDir::new().expect("a directory");
    let phone = TcpListener::bind("127.0.0.1:0").expect("binds");
    let (mut stand, tcp) = stand(dir.path(), phone.local_addr().expect("an address"));
    let mut caller = Caller::by_tcp(tcp);
    caller.calls();
    // The key goes by another socket than the ACK, and means nothing before it.
    stand.until(|status| matches!(status, Status::Playing { .. }).then_some(()));
    caller.presses(2);
    stand.until(|status| matches!(status, Status::Pressed { .. }).then_some(()));
    caller.presses(1);
    stand.until(|status| match status {
        Status::Promised { request, .. } => Some(*request),
        _ => None,
    });
    // The BYE comes by the connection that the caller opened: there is no other way.
    caller.answers_bye();
    stand.until(|status| matches!(status, Status::CallEnded { .. }).then_some(()));

    let online = Request::SetStatus { agent: "ann".into(), status: Presence::Online, reason: None };
    assert!(matches!(asked(dir.path(), &online), Response::Done { .. }));
    let (stream, _) = phone.accept().expect("the engine connects");
    let invite = Wire::tcp(stream).hears();
    assert!(invite.starts_with("INVITE sip:ann@"), "{invite}");
    assert!(invite.contains(&format!("Via: SIP/2.0/TCP {tcp};")), "{invite}");
    assert!(invite.contains(&format!("Contact: <sip:{tcp};transport=tcp>")), "{invite}");
    stand.running.stop().expect("ends well");
}

#[test]
fn a_ping_is_answered_and_messages_may_come_in_pieces() {
    let dir = TempDir::new().expect("a directory");
    let (stand, tcp) = stand(dir.path(), nobody());
    let mut stream = connect(tcp);
    stream.set_nodelay(true).expect("set");
    stream.write_all(b"\r\n\r\n").expect("sent");
    let mut pong = [0; 2];
    stream.read_exact(&mut pong).expect("a pong");
    assert_eq!(&pong, b"\r\n");
    let here = stream.local_addr().expect("an address");
    let options = format!(
        "OPTIONS sip:{tcp} SIP/2.0\r\nVia: SIP/2.0/TCP {here};branch=z9hG4bK1\r\n\
         From: <sip:a@{here}>;tag=1\r\nTo: <sip:{tcp}>\r\nCall-ID: one\r\n\
         CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    );
    for piece in options.as_bytes().chunks(7) {
        stream.write_all(piece).expect("sent");
    }
    let answer = Wire::tcp(stream).hears();
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    stand.running.stop().expect("ends well");
}

#[test]
fn garbage_and_endless_heads_end_their_connection_and_no_other() {
    let dir = TempDir::new().expect("a directory");
    let (stand, tcp) = stand(dir.path(), nobody());
    let mut honest = connect(tcp);
    let mut garbage = connect(tcp);
    garbage.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
    assert!(is_closed(&mut garbage));
    let mut endless = connect(tcp);
    endless.write_all(b"INVITE sip:x SIP/2.0\r\n").expect("sent");
    // The engine may close while we still write.
    while endless.write_all(&b"X: y\r\n".repeat(100)).is_ok() {}
    let mut vague = connect(tcp);
    vague.write_all(b"INVITE sip:x SIP/2.0\r\nCall-ID: y\r\n\r\n").expect("sent");
    assert!(is_closed(&mut vague));
    honest.write_all(b"\r\n\r\n").expect("sent");
    honest.read_exact(&mut [0; 2]).expect("it is served");
    stand.running.stop().expect("ends well");
}

#[test]
fn a_slow_sender_and_a_silent_one_lose_their_connections() {
    let dir = TempDir::new().expect("a directory");
    let (stand, tcp) = stand(dir.path(), nobody());
    let (mut slow, mut silent) = (connect(tcp), connect(tcp));
    slow.write_all(b"\r\n\r\nINVITE sip:x SIP/2.0\r\nX: ").expect("sent");
    slow.read_exact(&mut [0; 2]).expect("a pong");
    assert!(is_closed(&mut slow));
    assert!(is_closed(&mut silent));
    stand.running.stop().expect("ends well");
}

#[test]
fn one_source_has_so_many_connections_and_no_more() {
    let dir = TempDir::new().expect("a directory");
    let (stand, tcp) = stand(dir.path(), nobody());
    let mut all: Vec<TcpStream> = (0..server::CONNECTIONS_PER_SOURCE_MAX)
        .map(|_| {
            let mut stream = connect(tcp);
            stream.write_all(b"\r\n\r\n").expect("sent");
            stream.read_exact(&mut [0; 2]).expect("it is served");
            stream
        })
        .collect();
    assert!(is_closed(&mut connect(tcp)));
    // Whoever goes makes room.
    let gone = all.pop().expect("there are some");
    drop(gone);
    let served = (0..100).any(|_| {
        let mut stream = connect(tcp);
        let asked = stream.write_all(b"\r\n\r\n").is_ok();
        asked && stream.read_exact(&mut [0; 2]).is_ok()
    });
    assert!(served);
    stand.running.stop().expect("ends well");
}

#[test]
fn so_many_connections_stand_in_all_and_no_more() {
    let dir = TempDir::new().expect("a directory");
    let (stand, tcp) = stand(dir.path(), nobody());
    let hosts =
        (2..).flat_map(|host| std::iter::repeat_n(host, server::CONNECTIONS_PER_SOURCE_MAX));
    let all: Vec<TcpStream> = hosts
        .take(server::SIP_CONNECTIONS_MAX)
        .map(|host| {
            let mut stream = connect_from([127, 0, 0, host], tcp);
            stream.write_all(b"\r\n\r\n").expect("sent");
            stream.read_exact(&mut [0; 2]).expect("it is served");
            stream
        })
        .collect();
    assert!(is_closed(&mut connect_from([127, 0, 1, 1], tcp)));
    drop(all);
    stand.running.stop().expect("ends well");
}

#[test]
fn a_phone_that_is_not_there_is_no_answer_at_once() {
    let dir = TempDir::new().expect("a directory");
    // A port on which nobody listens, and nobody else is given.
    let held = TcpListener::bind("127.0.0.2:0").expect("binds");
    let address = held.local_addr().expect("an address");
    drop(held);
    let (mut stand, tcp) = stand(dir.path(), address);
    let mut caller = Caller::by_tcp(tcp);
    caller.calls();
    let online = Request::SetStatus { agent: "ann".into(), status: Presence::Online, reason: None };
    assert!(matches!(asked(dir.path(), &online), Response::Done { .. }));
    let end = stand.until(|status| match status {
        Status::OfferEnded { end, .. } => Some(format!("{end:?}")),
        _ => None,
    });
    assert!(!end.is_empty());
    stand.running.stop().expect("ends well");
}
