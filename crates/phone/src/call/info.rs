//! Keys by SIP INFO, as many desk phones send them.

use model::Key;

use super::{Call, State};
use crate::desk::Desk;
use crate::transaction::Purpose;

impl Call {
    /// Says in the signalling that a key was pressed; nothing while the call is not up.
    pub fn inform(&mut self, desk: &mut Desk, pressed: Key) {
        if self.state != State::Talking {
            return;
        }
        self.cseq += 1;
        let (mut draft, branch) = self.dialog_request(desk, "INFO", self.cseq);
        let body = format!("Signal={}\r\nDuration=160\r\n", pressed.as_char());
        draft.carry("application/dtmf-relay", body.into_bytes());
        let key = (branch.as_str(), self.cseq);
        self.transmit(desk, Purpose::Options, key, self.hop(), draft.bytes());
    }
}
