//! Two re-INVITEs that meet (RFC 3261 §14.1): both are refused with 491, and each side makes its
//! own again after a pause, the owner of the Call-ID later than the other.

use std::time::Duration;

use super::Call;
use crate::desk::Desk;
use crate::diary::Side;
use crate::sdp::Direction;

/// The pause is a multiple of this.
const STEP: Duration = Duration::from_millis(10);
/// Of whoever made the Call-ID: from 2.1 s, in so many steps up to 4 s.
const OWNER: (u32, u64) = (210, 191);
/// Of the other: from nothing up to 2 s.
const OTHER: (u32, u64) = (0, 201);

impl Call {
    /// Our re-INVITE for `direction` was refused with 491.
    pub(super) fn try_again(&mut self, desk: &mut Desk, direction: Direction) {
        let (least, choices) = match desk.record(self.handle).side {
            Side::Caller => OWNER,
            Side::Callee => OTHER,
        };
        let steps = least + u32::try_from(desk.entropy.below(choices)).unwrap_or(0);
        self.again = Some((desk.mono() + STEP * steps, direction));
    }
}
