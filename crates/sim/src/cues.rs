//! Media at the grain of cues: a prompt is one event that ends after its length.
//!
//! It takes the same commands and gives the same events as the media machine, without a packet.
//! Whole call days run on it in seconds; what packets decide is proved at the other grain.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use media::{Answerer, Catalog, ClipId, Command, Event, PlayId, Quality, Repeat, Stream};
use model::{Key, Mono, PortId};

/// See the module.
#[derive(Debug)]
pub struct Cues {
    catalog: Arc<Catalog>,
    ports: BTreeMap<PortId, Port>,
    events: VecDeque<Event>,
}

#[derive(Debug)]
struct Port {
    local: SocketAddr,
    stream: Option<Stream>,
    /// What plays, and its end when it has one.
    playing: Option<(PlayId, Vec<ClipId>, Option<Mono>)>,
    bridged: Option<PortId>,
    /// When the last key will have been pressed.
    pressed: Option<Mono>,
}

impl Port {
    fn goes_to(&self, remote: SocketAddr) -> bool {
        self.stream.as_ref().is_some_and(|stream| stream.remote == remote)
    }
}

impl Cues {
    /// No port is open yet.
    pub fn new(catalog: Arc<Catalog>) -> Cues {
        Cues { catalog, ports: BTreeMap::new(), events: VecDeque::new() }
    }

    /// Carries out an order of the engine.
    pub fn handle_command(&mut self, now: Mono, command: Command) {
        match command {
            Command::Open { port, local } => {
                let new = Port { local, stream: None, playing: None, bridged: None, pressed: None };
                self.ports.insert(port, new);
                self.events.push_back(Event::Opened { port });
            }
            Command::Connect { port, stream } => {
                self.with(port, |port| port.stream = Some(stream));
            }
            Command::Play { port, play, clips, repeat } => {
                let length: Duration = clips.iter().map(|clip| self.catalog.length(*clip)).sum();
                let end = (repeat == Repeat::Once).then_some(now + length);
                self.with(port, |port| port.playing = Some((play, clips, end)));
            }
            // At this grain nobody is a machine.
            Command::Judge { port } => {
                self.events.push_back(Event::Judged { port, answerer: Answerer::Human });
            }
            Command::Press { port, digits } => {
                self.with(port, |port| port.pressed = Some(now + digits.length()));
            }
            // Keys cross without packets.
            Command::Carry { .. } => {}
            Command::Stop { port } => self.with(port, |port| port.playing = None),
            // At this grain nobody is heard to speak, or to stop.
            Command::AwaitQuiet { .. } => {}
            // No packet is heard, so that none is handed over.
            Command::Tap { .. } => {}
            Command::Bridge { one, other, .. } => {
                for (port, peer) in [(one, other), (other, one)] {
                    self.with(port, |port| {
                        port.playing = None;
                        port.bridged = Some(peer);
                    });
                }
            }
            Command::Unbridge { port } => {
                let peer = self.ports.get_mut(&port).and_then(|port| port.bridged.take());
                if let Some(peer) = peer {
                    self.with(peer, |peer| peer.bridged = None);
                }
            }
            Command::Close { port } => {
                self.handle_command(now, Command::Unbridge { port });
                if self.ports.remove(&port).is_some() {
                    self.events.push_back(Event::Closed {
                        port,
                        sent: 0,
                        received: 0,
                        quality: Quality::default(),
                    });
                }
            }
        }
    }

    fn with(&mut self, port: PortId, act: impl FnOnce(&mut Port)) {
        if let Some(port) = self.ports.get_mut(&port) {
            act(port);
        }
    }

    /// The person at `remote` presses a key.
    pub fn press(&mut self, remote: SocketAddr, key: Key) {
        let heard =
            self.ports.iter().find(|(_, port)| port.bridged.is_none() && port.goes_to(remote));
        if let Some((port, _)) = heard {
            self.events.push_back(Event::Key { port: *port, key });
        }
    }

    /// The clips that the person at `remote` hears now; empty in silence and in a bridge.
    pub fn hears(&self, remote: SocketAddr) -> Vec<&str> {
        let port = self.at(remote).and_then(|port| port.playing.as_ref());
        port.map_or(Vec::new(), |(_, clips, _)| {
            clips.iter().map(|clip| self.catalog.name(*clip)).collect()
        })
    }

    /// The address of the far end with which the person at `remote` is bridged.
    pub fn bridged_with(&self, remote: SocketAddr) -> Option<SocketAddr> {
        let peer = self.ports.get(&self.at(remote)?.bridged?)?;
        Some(peer.stream.as_ref()?.remote)
    }

    /// Where the sound of this port goes.
    pub fn remote(&self, port: PortId) -> Option<SocketAddr> {
        Some(self.ports.get(&port)?.stream.as_ref()?.remote)
    }

    fn at(&self, remote: SocketAddr) -> Option<&Port> {
        self.ports.values().find(|port| port.goes_to(remote))
    }

    /// Ends what is due.
    pub fn handle_timeout(&mut self, now: Mono) {
        for (id, port) in &mut self.ports {
            if let Some((play, _, Some(end))) = port.playing
                && end <= now
            {
                port.playing = None;
                self.events.push_back(Event::PlayEnded { port: *id, play });
            }
            if port.pressed.take_if(|end| *end <= now).is_some() {
                self.events.push_back(Event::Pressed { port: *id });
            }
        }
    }

    /// The next event for the engine.
    pub fn poll(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When the next play ends.
    pub fn next_at(&self) -> Option<Mono> {
        let plays = self.ports.values().filter_map(|port| port.playing.as_ref()?.2);
        plays.chain(self.ports.values().filter_map(|port| port.pressed)).min()
    }

    /// The local address of each open port.
    pub fn open(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.ports.values().map(|port| port.local)
    }
}
