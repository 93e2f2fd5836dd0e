//! Trunks that are called by a name: where their requests come from, and where we register with
//! them, as the DNS says from time to time. Somebody else asks it.

use std::net::{IpAddr, SocketAddr};

use model::{Now, TrunkName};

use super::Stack;
use crate::{Hop, limits};

impl Stack {
    /// From now on the requests of `trunk` come from these hosts too, at any port; what its
    /// settings say comes first. At most [`limits::LOCATED_MAX`] are kept.
    pub fn set_located(&mut self, trunk: &TrunkName, mut hosts: Vec<IpAddr>) {
        hosts.truncate(limits::LOCATED_MAX);
        self.located.insert(trunk.clone(), hosts);
    }

    /// From now on our registration with `trunk` goes to one of these, the first preferred: to the
    /// one that it went to, as long as it is there. One that waited for it is asked for.
    pub fn set_registrar(&mut self, now: Now, trunk: &TrunkName, hops: &[Hop]) {
        let wanted = |it: &super::upstream::Registering| it.is_with(trunk) && !it.is_leaving();
        let place = self.upstreams.iter().position(wanted);
        let Some(place) = place else { return };
        if self.upstreams[place].goes_to(hops) {
            self.renew_register(now.mono, place);
        }
    }

    /// The trunk that `source` may be: by the settings, else by its name.
    pub(super) fn trunk_at(&self, source: SocketAddr) -> Option<&TrunkName> {
        if let Some(peer) = self.settings.peer_of(source) {
            return Some(&peer.name);
        }
        let host = source.ip().to_canonical();
        let names = self.settings.peers.iter().map(|peer| &peer.name);
        let is_there =
            |name: &&TrunkName| self.located.get(*name).is_some_and(|hosts| hosts.contains(&host));
        names.into_iter().find(is_there)
    }
}
