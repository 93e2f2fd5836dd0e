//! The sockets of one media thread, and how each is read.

use std::net::{SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;

use media::Reading;
use model::PortId;
use rustix::event::epoll;

/// Kernel buffer of each port. 16 kB is 0.8 s of G.711: more would only keep stale audio.
pub const RECEIVE_BUFFER_BYTES: usize = 16 * 1024;

/// For so many frames after a pause or a burst a socket is read until it is empty.
const EAGER_FRAMES: u8 = 16;
/// A socket that is read with each frame is read until it is empty every so many frames, since the
/// far end's clock may be faster than ours.
const EMPTIED_EVERY: u8 = 16;

/// Marks what epoll tells of an RTCP socket.
pub(super) const CONTROL: u64 = 1 << 32;

/// All sockets.
#[derive(Debug, Default)]
pub(super) struct Legs {
    list: Vec<Option<Leg>>,
    free: Vec<u32>,
    /// From a port to its place in `list`, in the order of the ports.
    places: Vec<(PortId, u32)>,
}

/// The two sockets of one port.
#[derive(Debug)]
pub(crate) struct Sockets {
    pub(super) rtp: UdpSocket,
    /// The port after it, for RTCP (RFC 3550 §11).
    pub(super) rtcp: UdpSocket,
}

/// One port.
#[derive(Debug)]
pub(super) struct Leg {
    pub(super) port: PortId,
    pub(super) sockets: Sockets,
    pub(super) reading: Reading,
    /// Frames sent, for [`EMPTIED_EVERY`].
    frames: u8,
    /// Frames for which it is still read until it is empty.
    eager: u8,
}

impl Legs {
    /// Takes a socket in, read on arrival.
    pub(super) fn add(
        &mut self,
        epoll: &OwnedFd,
        port: PortId,
        sockets: Sockets,
    ) -> std::io::Result<()> {
        let Err(order) = self.places.binary_search_by_key(&port, |(id, _)| *id) else {
            return Err(std::io::ErrorKind::AlreadyExists.into());
        };
        let place = match self.free.last() {
            Some(place) => *place,
            None => u32::try_from(self.list.len()).expect("ports are limited"),
        };
        watch(epoll, &sockets.rtp, u64::from(place))?;
        watch(epoll, &sockets.rtcp, u64::from(place) | CONTROL)?;
        let leg = Leg { port, sockets, reading: Reading::OnArrival, frames: 0, eager: 0 };
        match self.free.pop() {
            Some(place) => self.list[place as usize] = Some(leg),
            None => self.list.push(Some(leg)),
        }
        self.places.insert(order, (port, place));
        Ok(())
    }

    /// Takes the sockets of a port out.
    pub(super) fn remove(&mut self, epoll: &OwnedFd, port: PortId) -> Option<Sockets> {
        let order = self.places.binary_search_by_key(&port, |(id, _)| *id).ok()?;
        let (_, place) = self.places.remove(order);
        self.free.push(place);
        let leg = self.list[place as usize].take()?;
        if leg.reading == Reading::OnArrival {
            let _ = epoll::delete(epoll, &leg.sockets.rtp);
        }
        let _ = epoll::delete(epoll, &leg.sockets.rtcp);
        Some(leg.sockets)
    }

    /// From now on the socket of `port` is read so.
    pub(super) fn read(&mut self, epoll: &OwnedFd, port: PortId, when: Reading) {
        let Some(place) = self.find(port) else { return };
        let Some(leg) = self.at(place) else { return };
        if leg.reading == when {
            return;
        }
        let done = match when {
            Reading::OnArrival => watch(epoll, &leg.sockets.rtp, u64::from(place)),
            Reading::WithEachFrame => epoll::delete(epoll, &leg.sockets.rtp).map_err(Into::into),
        };
        match done {
            Ok(()) => {
                leg.reading = when;
                leg.eager = EAGER_FRAMES;
            }
            Err(error) => tracing::error!("a media socket cannot be waited for: {error}"),
        }
    }

    pub(super) fn find(&self, port: PortId) -> Option<u32> {
        let order = self.places.binary_search_by_key(&port, |(id, _)| *id).ok()?;
        Some(self.places[order].1)
    }

    pub(super) fn at(&mut self, place: u32) -> Option<&mut Leg> {
        self.list.get_mut(place as usize)?.as_mut()
    }
}

impl Leg {
    /// A frame goes out. Says whether the socket is to be read until it is empty, or once.
    pub(super) fn frame(&mut self) -> bool {
        self.frames = (self.frames + 1) % EMPTIED_EVERY;
        let is_eager = self.eager > 0;
        self.eager = self.eager.saturating_sub(1);
        is_eager || self.frames == 0
    }

    /// There was not exactly one packet for this frame: more or fewer will follow.
    pub(super) fn is_uneven(&mut self) {
        self.eager = EAGER_FRAMES;
    }
}

fn watch(epoll: &OwnedFd, socket: &UdpSocket, token: u64) -> std::io::Result<()> {
    let data = epoll::EventData::new_u64(token);
    epoll::add(epoll, socket, data, epoll::EventFlags::IN).map_err(Into::into)
}

/// The sockets of one port: `local` and the port after it.
pub(super) fn open(local: SocketAddr) -> std::io::Result<Sockets> {
    let next = local.port().checked_add(1).ok_or(std::io::ErrorKind::AddrNotAvailable)?;
    let rtp = socket(local)?;
    foreign::stamp_arrivals(&rtp)?;
    Ok(Sockets { rtp, rtcp: socket(SocketAddr::new(local.ip(), next))? })
}

fn socket(local: SocketAddr) -> std::io::Result<UdpSocket> {
    use socket2::{Domain, Protocol, Socket, Type};
    let kind = Type::DGRAM.nonblocking().cloexec();
    let socket = Socket::new(Domain::for_address(local), kind, Some(Protocol::UDP))?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES)?;
    socket.bind(&local.into())?;
    Ok(socket.into())
}
