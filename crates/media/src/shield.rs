//! SRTP of one port: what protects its packets, and what makes the far end's readable.

use std::time::Duration;

use model::Mono;
use rtp::srtp::{Incoming, MasterKey, Outgoing, Refused, Suite};

/// How long packets under the far end's former key are still heard: they were on their way when
/// offer and answer agreed a new one.
pub const FORMER_KEY_TIME: Duration = Duration::from_secs(5);

/// How many former keys of a far end are remembered, with what was heard under each: who goes back
/// to one of them must not open the way for packets of that time. As many as there are suites, for
/// it is by offering another suite and the first one again that far ends go back.
pub const FORMER_KEYS_MAX: usize = Suite::ALL.len();

/// The master keys of a stream, one for each direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secure {
    /// Ours: what we send.
    pub outgoing: MasterKey,
    /// The far end's: what we hear.
    pub incoming: MasterKey,
}

/// Both directions. It stays with its port while a stream is plain for a time: who came back with
/// the same keys would else use numbers, and with them keystream, a second time.
#[derive(Debug)]
pub(crate) struct Shield {
    keys: Secure,
    pub(crate) outgoing: Outgoing,
    incoming: Incoming,
    /// The far end's former keys, the last one at the end; at most [`FORMER_KEYS_MAX`].
    former: Vec<(MasterKey, Incoming)>,
    /// Until when packets under the last of them are heard.
    former_until: Mono,
}

impl Shield {
    pub(crate) fn new(keys: Secure) -> Shield {
        Shield {
            outgoing: Outgoing::new(&keys.outgoing),
            incoming: Incoming::new(&keys.incoming),
            former: Vec::new(),
            former_until: Mono::ZERO,
            keys,
        }
    }

    /// Offer and answer spoke again. A key that stayed goes on where it was.
    pub(crate) fn agree(&mut self, now: Mono, keys: Secure) {
        if keys.outgoing != self.keys.outgoing {
            self.outgoing = self.outgoing.rekeyed(&keys.outgoing);
        }
        if keys.incoming != self.keys.incoming {
            let known = self.former.iter().position(|(key, _)| *key == keys.incoming);
            let new = match known {
                Some(place) => self.former.remove(place).1.revived(&self.incoming),
                None => self.incoming.rekeyed(&keys.incoming),
            };
            if self.former.len() >= FORMER_KEYS_MAX {
                self.former.remove(0);
            }
            let former = std::mem::replace(&mut self.incoming, new);
            self.former.push((self.keys.incoming.clone(), former));
            self.former_until = now + FORMER_KEY_TIME;
        }
        self.keys = keys;
    }

    /// Makes an RTCP packet readable; its new length.
    pub(crate) fn unprotect_control(
        &mut self,
        now: Mono,
        packet: &mut [u8],
    ) -> Result<usize, Refused> {
        self.read(now, packet, Incoming::unprotect_rtcp)
    }

    /// Makes a packet readable; its new length.
    pub(crate) fn unprotect(&mut self, now: Mono, packet: &mut [u8]) -> Result<usize, Refused> {
        self.read(now, packet, Incoming::unprotect)
    }

    fn read(
        &mut self,
        now: Mono,
        packet: &mut [u8],
        unprotect: fn(&mut Incoming, &mut [u8]) -> Result<usize, Refused>,
    ) -> Result<usize, Refused> {
        let refused = match unprotect(&mut self.incoming, packet) {
            Ok(length) => return Ok(length),
            Err(refused) => refused,
        };
        let Some((_, former)) = self.former.last_mut().filter(|_| now < self.former_until) else {
            return Err(refused);
        };
        // The former key's word counts only when it takes the packet.
        unprotect(former, packet).map_err(|_| refused)
    }
}
