//! SIP messages: read, typed views, print.
//!
//! What it is: one datagram, or one frame of a stream, in, one [`Message`] out, with its header
//! fields in their order and as they were written; views of the header fields that a user agent
//! acts on, each computed when it is asked for; and the way back to bytes, always with a correct
//! Content-Length.
//!
//! What it is not: no transaction, no dialog, no policy. A method, a URI scheme or a header field
//! that nobody knows is read like any other; who refuses it with 405, 416 or 420 is `sip`.
//!
//! Obeys RFC 3261 §7, §18.3 (datagrams and streams), §20 and §25 (grammar), RFC 3581 (`rport`),
//! RFC 5626 §3.5.1 (pings), RFC 3966 (`tel:`), RFC 5118 (IPv6), RFC 3325 (P-Asserted-Identity). It
//! is tolerant where the field is dirty and no meaning is lost: bare LF, space before the colon,
//! unquoted display names with punctuation, empty parameters, Latin-1, `#` in a user part. It is
//! strict where a second reading would change who is calling, where a message ends, or which
//! transaction it belongs to.
//!
//! "Absent" and "malformed" are different answers: a view gives `Result<Option<T>, Malformed>`.
//! An error names the field and the status to answer with, never the bytes.

mod headers;
mod limits;
mod malformed;
mod message;
mod method;
mod name_addr;
mod params;
mod reader;
mod reason;
mod stream;
mod text;
mod uri;
mod via;
mod views;

pub use headers::Headers;
pub use limits::{
    COMMAS_MAX, HEADER_BYTES_MAX, HEADERS_MAX, MESSAGE_BYTES_MAX, START_LINE_BYTES_MAX,
    STREAM_HEAD_BYTES_MAX,
};
pub use malformed::{Malformed, ReplyParts};
pub use message::{Message, Request, Response};
pub use method::Method;
pub use name_addr::NameAddr;
pub use params::Params;
pub use reader::{is_keep_alive, parse};
pub use reason::reason_phrase;
pub use stream::{Broken, Frame, Framer};
pub use uri::{SipUri, TelUri, Uri};
pub use via::Via;
pub use views::CSeq;
