//! SRTP of one port: what protects its packets, and what makes the far end's readable.

use std::time::Duration;

use model::Mono;
use rtp::srtp::{Incoming, MasterKey, Outgoing, Refused};

/// How long packets under the far end's former key are still heard: they were on their way when
/// offer and answer agreed a new one.
pub const FORMER_KEY_TIME: Duration = Duration::from_secs(5);

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
    /// The far end's former key, and until when it counts.
    former: Option<(Incoming, Mono)>,
}

impl Shield {
    pub(crate) fn new(keys: Secure) -> Shield {
        Shield {
            outgoing: Outgoing::new(&keys.outgoing),
            incoming: Incoming::new(&keys.incoming),
            former: None,
            keys,
        }
    }

    /// Offer and answer spoke again. A key that stayed goes on where it was.
    pub(crate) fn agree(&mut self, now: Mono, keys: Secure) {
        if keys.outgoing != self.keys.outgoing {
            self.outgoing = self.outgoing.rekeyed(&keys.outgoing);
        }
        if keys.incoming != self.keys.incoming {
            let new = self.incoming.rekeyed(&keys.incoming);
            let former = std::mem::replace(&mut self.incoming, new);
            self.former = Some((former, now + FORMER_KEY_TIME));
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
        let Some((former, until)) = &mut self.former else { return Err(refused) };
        if *until <= now {
            self.former = None;
            return Err(refused);
        }
        // The former key's word counts only when it takes the packet.
        unprotect(former, packet).map_err(|_| refused)
    }
}
