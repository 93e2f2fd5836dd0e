//! A phone of the far end on real sockets: the demo's caller, agent and customer, and the robot
//! agent of the laboratory. Its messages are written and read by rsip, not by the engine's parser.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use model::{Entropy, Mono, Now, Wall};
use phone::{Output, Phone, PhoneEvent, PhoneSettings};
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};

/// Largest datagram that a phone reads.
const DATAGRAM_MAX: usize = 65_535;
/// How long a phone without a deadline sleeps.
const IDLE: Duration = Duration::from_secs(3_600);

/// The present of the far end: its own clock, not the engine's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FarClock(Instant);

impl FarClock {
    pub(crate) fn start() -> FarClock {
        FarClock(Instant::now())
    }

    pub(crate) fn now(self) -> Now {
        let mono = u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = i64::try_from(wall.as_millis()).unwrap_or(i64::MAX);
        Now { mono: Mono::from_nanos(mono), wall: Wall::from_unix_millis(millis) }
    }

    fn instant(self, at: Mono) -> Instant {
        self.0 + Duration::from_nanos(at.as_nanos())
    }
}

type Act = Box<dyn FnOnce(&mut Phone, Now) + Send>;

/// A phone that runs in a task of its own.
pub(crate) struct Handset {
    acts: mpsc::UnboundedSender<Act>,
    events: mpsc::UnboundedReceiver<PhoneEvent>,
    pub(crate) sip: SocketAddr,
}

impl Handset {
    /// Opens a phone on `address`, with free ports where none is named.
    pub(crate) async fn open(
        name: &str,
        user: &str,
        address: SocketAddr,
        clock: FarClock,
        adjust: impl FnOnce(&mut PhoneSettings),
    ) -> io::Result<Handset> {
        let sip = UdpSocket::bind(address).await?;
        let rtp = even_port(address.ip()).await?;
        let local = sip.local_addr()?;
        let mut settings = PhoneSettings::new(name, user, local, rtp.local_addr()?);
        adjust(&mut settings);
        let seed = clock.now().wall.as_unix_millis().unsigned_abs() ^ u64::from(local.port()) << 48;
        let phone = Phone::new(settings, Entropy::from_u64(seed));
        let (acts, inbox) = mpsc::unbounded_channel();
        let (outbox, events) = mpsc::unbounded_channel();
        tokio::spawn(run(phone, Arc::new(sip), Arc::new(rtp), clock, inbox, outbox));
        Ok(Handset { acts, events, sip: local })
    }

    /// Does something with the phone.
    pub(crate) fn act(&self, act: impl FnOnce(&mut Phone, Now) + Send + 'static) {
        // A phone whose task has ended does nothing more, which the next question shows.
        let _ = self.acts.send(Box::new(act));
    }

    /// Asks the phone something.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut Phone, Now) -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        self.act(move |phone, now| {
            let _ = answer.send(ask(phone, now));
        });
        answered.await.ok()
    }

    /// The next thing that the phone tells.
    pub(crate) async fn next(&mut self) -> Option<PhoneEvent> {
        self.events.recv().await
    }

    /// Waits for an event that `wanted` accepts; `None` when it does not come in time.
    pub(crate) async fn wait_for<T>(
        &mut self,
        limit: Duration,
        mut wanted: impl FnMut(&PhoneEvent) -> Option<T>,
    ) -> Option<T> {
        let found = async {
            loop {
                if let Some(found) = wanted(&self.next().await?) {
                    return Some(found);
                }
            }
        };
        tokio::time::timeout(limit, found).await.ok().flatten()
    }
}

/// RTP uses even ports (RFC 3550 §11); the system gives any, so a few are tried.
async fn even_port(ip: IpAddr) -> io::Result<UdpSocket> {
    for _ in 0..64 {
        let socket = UdpSocket::bind((ip, 0)).await?;
        if socket.local_addr()?.port() % 2 == 0 {
            return Ok(socket);
        }
    }
    Err(io::Error::other("no even port is free for RTP"))
}

async fn run(
    mut phone: Phone,
    sip: Arc<UdpSocket>,
    rtp: Arc<UdpSocket>,
    clock: FarClock,
    mut inbox: mpsc::UnboundedReceiver<Act>,
    outbox: mpsc::UnboundedSender<PhoneEvent>,
) {
    let (mut sip_bytes, mut rtp_bytes) = (vec![0; DATAGRAM_MAX], vec![0; DATAGRAM_MAX]);
    loop {
        while let Some(output) = phone.poll() {
            match output {
                // A datagram that the system refuses is a datagram lost, which phones survive.
                Output::Sip { to, bytes } => drop(sip.send_to(&bytes, to).await),
                Output::Rtp { to, bytes } => drop(rtp.send_to(&bytes, to).await),
                Output::Event(event) => drop(outbox.send(event)),
            }
        }
        let wake = phone.deadline().map_or_else(|| Instant::now() + IDLE, |d| clock.instant(d.at));
        tokio::select! {
            biased;
            act = inbox.recv() => match act {
                Some(act) => act(&mut phone, clock.now()),
                None => return,
            },
            got = sip.recv_from(&mut sip_bytes) => if let Ok((length, from)) = got {
                phone.handle_sip(clock.now(), from, &sip_bytes[..length]);
            },
            got = rtp.recv_from(&mut rtp_bytes) => if let Ok((length, from)) = got {
                phone.handle_rtp(clock.now(), from, &rtp_bytes[..length]);
            },
            () = tokio::time::sleep_until(wake.into()) => phone.handle_timeout(clock.now()),
        }
    }
}

/// Any address of this machine that only this machine can reach.
pub(crate) fn loopback() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}
