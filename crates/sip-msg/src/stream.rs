//! Messages on a stream (RFC 3261 §18.3, RFC 5626 §3.5.1): where one ends and the next begins.
//!
//! ```text
//!   bytes as they come ──push──▶ Framer ──poll──▶ Message, whole, as `parse` takes it
//!                                                 Ping: the peer asks whether we live (CRLF CRLF)
//!                                                 Broken: nothing after it can be understood
//! ```
//!
//! It holds at most one message that is not whole. It knows no time: whoever feeds it asks
//! [`Framer::is_amid`] and gives a message only so long to become whole.

use crate::limits::{MESSAGE_BYTES_MAX, START_LINE_BYTES_MAX, STREAM_HEAD_BYTES_MAX};
use crate::reader::head_headers;
use crate::text::is_token_byte;

/// A start line and the CR that may follow it.
const OPEN_LINE_BYTES_MAX: usize = START_LINE_BYTES_MAX + 1;

/// What a stream says next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// One whole message: head and body.
    Message(Vec<u8>),
    /// CRLF CRLF between messages: answer with CRLF (RFC 5626 §4.4.1).
    Ping,
}

/// Why a stream cannot be understood any further. Its connection is to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// What came is not SIP.
    NotSip,
    /// A start line beyond [`START_LINE_BYTES_MAX`], or a head beyond [`STREAM_HEAD_BYTES_MAX`].
    HeadTooLong,
    /// No Content-Length, two that differ, or one that is no number: nobody knows where the
    /// message ends (RFC 3261 §18.3).
    NoLength,
    /// A body with which the message is longer than [`MESSAGE_BYTES_MAX`].
    BodyTooLong,
}

impl Broken {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Broken::NotSip => "what came is not SIP",
            Broken::HeadTooLong => "the head of a message is too long",
            Broken::NoLength => "a message without a valid Content-Length",
            Broken::BodyTooLong => "the body of a message is too long",
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Framer {
    /// What has not been given yet. Between two calls of [`Framer::poll`] that gave none it holds
    /// less than one message.
    buffer: Vec<u8>,
    /// How much of it has been looked at for the end of the head.
    seen: usize,
    /// Where the line begins that is being looked at.
    line: usize,
    /// The length of the whole message, once its head is known.
    whole: Option<usize>,
    /// A CRLF has come since the last message or ping.
    half_ping: bool,
    broken: bool,
}

impl Framer {
    /// A framer at the beginning of a stream.
    pub fn new() -> Framer {
        Framer::default()
    }

    /// More bytes came. Take every frame out before pushing more.
    pub fn push(&mut self, bytes: &[u8]) {
        if !self.broken {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// True when a part of a message is here and its rest is awaited.
    pub fn is_amid(&self) -> bool {
        self.buffer.iter().any(|byte| !matches!(byte, b'\r' | b'\n'))
    }

    /// The next frame; none when more bytes are needed, or when the stream is broken.
    pub fn poll(&mut self) -> Option<Result<Frame, Broken>> {
        if self.broken {
            return None;
        }
        if self.whole.is_none() && self.line == 0 {
            if self.skip_line_ends() {
                return Some(Ok(Frame::Ping));
            }
            if self.buffer.is_empty() || self.buffer == b"\r" {
                return None;
            }
        }
        match self.measure() {
            Ok(Some(whole)) if self.buffer.len() >= whole => {
                let rest = self.buffer.split_off(whole);
                let message = std::mem::replace(&mut self.buffer, rest);
                (self.seen, self.line, self.whole) = (0, 0, None);
                Some(Ok(Frame::Message(message)))
            }
            Ok(_) => None,
            Err(broken) => {
                self.broken = true;
                self.buffer = Vec::new();
                Some(Err(broken))
            }
        }
    }

    /// Takes line ends before a message away (RFC 3261 §7.5). True for the second CRLF in a row.
    fn skip_line_ends(&mut self) -> bool {
        let mut skipped = 0;
        let mut ping = false;
        while !ping {
            match &self.buffer[skipped..] {
                [b'\r', b'\n', ..] => {
                    skipped += 2;
                    ping = self.half_ping;
                    self.half_ping = !self.half_ping;
                }
                [b'\n', ..] => skipped += 1,
                [b'\r'] | [] => break,
                [_, ..] => {
                    self.half_ping = false;
                    break;
                }
            }
        }
        self.buffer.drain(..skipped);
        ping
    }

    /// The length of the message that the buffer begins with, once it can be known.
    fn measure(&mut self) -> Result<Option<usize>, Broken> {
        if self.whole.is_some() {
            return Ok(self.whole);
        }
        if !self.buffer.first().copied().is_some_and(is_token_byte) {
            return Err(Broken::NotSip);
        }
        while let Some(at) = self.buffer[self.seen..].iter().position(|byte| *byte == b'\n') {
            let end = self.seen + at;
            let line = &self.buffer[self.line..end];
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if self.line == 0 {
                if end > OPEN_LINE_BYTES_MAX {
                    return Err(Broken::HeadTooLong);
                }
                check_start(line)?;
            }
            let is_last = line.is_empty();
            (self.seen, self.line) = (end + 1, end + 1);
            if self.line > STREAM_HEAD_BYTES_MAX {
                return Err(Broken::HeadTooLong);
            }
            if is_last {
                self.whole = Some(whole_length(&self.buffer[..self.line])?);
                return Ok(self.whole);
            }
        }
        self.seen = self.buffer.len();
        let start_is_open = self.line == 0 && self.buffer.len() > OPEN_LINE_BYTES_MAX;
        if start_is_open || self.buffer.len() > STREAM_HEAD_BYTES_MAX {
            return Err(Broken::HeadTooLong);
        }
        Ok(None)
    }
}

/// `SIP/…` at the beginning or at the end of the line: anything else is another protocol.
fn check_start(line: &[u8]) -> Result<(), Broken> {
    let is_version = |word: &[u8]| word.len() > 4 && word[..4].eq_ignore_ascii_case(b"SIP/");
    let last = line.trim_ascii_end().rsplit(|byte| *byte == b' ').next();
    match is_version(line) || last.is_some_and(is_version) {
        true => Ok(()),
        false => Err(Broken::NotSip),
    }
}

/// Head and body together. The head is read by the reader of whole messages, so that both see the
/// same Content-Length.
fn whole_length(head: &[u8]) -> Result<usize, Broken> {
    match head_headers(head).content_length() {
        Ok(Some(body)) => match head.len().checked_add(body as usize) {
            Some(whole) if whole <= MESSAGE_BYTES_MAX => Ok(whole),
            Some(_) | None => Err(Broken::BodyTooLong),
        },
        Ok(None) | Err(_) => Err(Broken::NoLength),
    }
}
