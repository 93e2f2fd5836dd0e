//! How much of anything one message may hold.

/// Most bytes of a message: the most that a UDP datagram's length field can say. Beyond: 513.
pub const MESSAGE_BYTES_MAX: usize = 65_535;

/// Most bytes of a head on a stream, its empty line included. Beyond, the connection is closed.
pub const STREAM_HEAD_BYTES_MAX: usize = 32_768;

/// Most bytes of the Request-Line or Status-Line, without its line end. Beyond: 414.
pub const START_LINE_BYTES_MAX: usize = 8_192;

/// Most header fields of a message; a list of values in one field counts once. Beyond: 513.
pub const HEADERS_MAX: usize = 256;

/// Most commas in all header fields of a message together, whatever they part: what keeps the lists
/// short that one field may hold (Record-Route, Contact, Require, …). Beyond: 513.
pub const COMMAS_MAX: usize = 512;

/// Most bytes of one header field, its folded lines together, name and line ends not counted.
/// Beyond: 513.
pub const HEADER_BYTES_MAX: usize = 8_192;
