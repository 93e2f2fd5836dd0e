//! A request of ours within a dialog, before it has a CSeq: what is to be said, whatever the
//! dialog's target, way and credentials are when it is said.

use sip_msg::Method;

use crate::transaction::Purpose;

/// One request to be sent within the dialog of a session. It is kept by its transaction until the
/// final answer, which may ask for it once more with credentials.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    /// What its answer means for the session.
    pub(crate) purpose: Purpose,
    /// Headers beside those that every request of a dialog has.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The Content-Type and the body.
    pub(crate) body: Option<(&'static str, Vec<u8>)>,
}

impl Ask {
    /// A request without further headers and without a body.
    pub(crate) fn new(method: Method, purpose: Purpose) -> Ask {
        Ask { method, purpose, headers: Vec::new(), body: None }
    }

    /// True for a request whose Contact moves the dialog's target (RFC 3261 §12.2, RFC 3311 §5.1,
    /// RFC 6665 §4.4.1).
    pub(crate) fn refreshes_target(&self) -> bool {
        matches!(self.method, Method::Invite | Method::Update | Method::Notify)
    }
}
