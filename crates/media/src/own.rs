//! What a port on a bridge sends of itself, in place of the other side.

use crate::ClipId;
use crate::port::Port;

/// How many frames of what played before still go when a bridge begins, or a hold ends, and the
/// other side is not heard yet: 60 ms, in which every far end that speaks has sent something.
pub const HANDOVER_FRAMES: u8 = 3;

/// See the module. Each ends as its line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Own {
    /// Nothing: the other side is heard. By an order, or a hold.
    Nothing,
    /// What played before, for so many frames more. By them, or by the other side's first packet.
    Rest(u8),
    /// What was ordered. By its end.
    Ordered,
    /// The music of a hold. When the other side is back.
    Music,
}

impl Own {
    /// Whether the other side is not heard, whatever it sends.
    pub(crate) fn covers(self) -> bool {
        match self {
            Own::Ordered | Own::Music => true,
            Own::Nothing | Own::Rest(_) => false,
        }
    }
}

impl Port {
    /// Whether the far end wants to hear nothing of us.
    pub(crate) fn holds(&self) -> bool {
        self.stream.as_ref().is_some_and(|(stream, whom)| !stream.reaches(whom.destination()))
    }

    /// Whether telephone-event may go to its far end.
    pub(crate) fn takes_events(&self) -> bool {
        self.stream.as_ref().is_some_and(|(stream, _)| stream.event_payload_type.is_some())
    }

    /// What it sends of itself on its bridge; nothing off one.
    pub(crate) fn own(&self) -> Own {
        self.bridge.as_ref().map_or(Own::Nothing, |bridge| bridge.own)
    }

    /// The music of a bridge whose other side holds.
    pub(crate) fn hold_music(&self) -> Option<ClipId> {
        self.bridge.as_ref().and_then(|bridge| bridge.on_hold)
    }

    /// Whether a frame of its own is due on its bridge. The last one before nothing more is due
    /// silences the player.
    pub(crate) fn spends_frame(&mut self) -> bool {
        match self.own() {
            Own::Nothing => false,
            Own::Rest(0) => {
                self.fall_silent();
                false
            }
            Own::Rest(left) => {
                self.set_own(Own::Rest(left - 1));
                true
            }
            Own::Ordered | Own::Music => true,
        }
    }

    /// The other side has the word from now on.
    pub(crate) fn fall_silent(&mut self) {
        self.player.stop();
        self.set_own(Own::Nothing);
    }

    pub(crate) fn set_own(&mut self, own: Own) {
        if let Some(bridge) = &mut self.bridge {
            bridge.own = own;
        }
    }
}
