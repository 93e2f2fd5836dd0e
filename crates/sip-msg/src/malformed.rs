//! What was wrong with a message, and what to answer.

use std::fmt;

use crate::{Headers, Method, Response};

/// A message, or one field of it, that breaks the rules. Holds no text of the wire that a log
/// could print.
#[derive(Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The status that a UAS answers with; 0 when nothing is ever answered: a keep-alive, a
    /// response, an ACK, or bytes that are not SIP.
    pub status: u16,
    /// Which rule was broken, in plain words.
    pub what: &'static str,
    /// What a reply needs, when [`parse`](crate::parse) found a Via to send it to. Views of header
    /// fields give none: whoever asked them still holds the request.
    pub reply: Option<Box<ReplyParts>>,
}

/// As much of a malformed request as could be read, for its reply (RFC 3261 §8.2.6.2).
#[derive(Clone, PartialEq, Eq)]
pub struct ReplyParts {
    /// Via (all), From, To, Call-ID and CSeq, as written, where they were there at all.
    pub headers: Headers,
    /// The method of the Request-Line, when it is a token.
    pub method: Option<Method>,
}

impl Malformed {
    /// A field that asks for 400.
    pub(crate) fn field(what: &'static str) -> Malformed {
        Malformed { status: 400, what, reply: None }
    }

    /// The reply, when one can be sent. Its To carries no tag that the request did not have.
    pub fn response(&self) -> Option<Response> {
        let parts = self.reply.as_deref()?;
        Some(Response::from_parts(&parts.headers, self.status))
    }
}

impl fmt::Debug for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Malformed")
            .field("status", &self.status)
            .field("what", &self.what)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }
}

impl std::error::Error for Malformed {}

impl fmt::Debug for ReplyParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyParts").finish_non_exhaustive()
    }
}
