//! Asking the running engine, from the CLI. Blocking, one question a connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::protocol::{RESPONSE_BYTES_MAX, Request, Response};

/// How long the engine may take to answer.
pub const ANSWER_TIME: Duration = Duration::from_secs(10);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody listens there: the engine is stopped, or its socket is elsewhere.
    #[error("no engine listens on {path}: start it with `rappel serve`, or check the path")]
    NotRunning {
        /// The socket.
        path: PathBuf,
    },
    /// The socket belongs to somebody else.
    #[error("the control socket {path} is closed to you: be its owner, or root")]
    NotAllowed {
        /// The socket.
        path: PathBuf,
    },
    /// It listens and does not answer as it should.
    #[error("the engine on {path} did not answer: {why}; is it of the same version?")]
    NoAnswer {
        /// The socket.
        path: PathBuf,
        /// What happened.
        why: String,
    },
}

/// Puts one question to the engine that listens on `path`.
///
/// # Errors
/// When nobody listens, or no well-formed answer comes within [`ANSWER_TIME`]. What the engine
/// itself refuses is a [`Response::Error`].
pub fn ask(path: &Path, request: &Request) -> Result<Response, AskError> {
    use std::io::ErrorKind::{ConnectionRefused, NotFound, PermissionDenied};
    let stream = UnixStream::connect(path).map_err(|error| {
        let path = path.to_path_buf();
        match error.kind() {
            NotFound | ConnectionRefused => AskError::NotRunning { path },
            PermissionDenied => AskError::NotAllowed { path },
            _ => AskError::NoAnswer { path, why: error.to_string() },
        }
    })?;
    let no_answer = |why: String| AskError::NoAnswer { path: path.to_path_buf(), why };
    let line = exchange(&stream, request).map_err(|error| no_answer(error.to_string()))?;
    serde_json::from_str(&line).map_err(|error| no_answer(error.to_string()))
}

fn exchange(mut stream: &UnixStream, request: &Request) -> std::io::Result<String> {
    stream.set_read_timeout(Some(ANSWER_TIME))?;
    stream.set_write_timeout(Some(ANSWER_TIME))?;
    let mut line = serde_json::to_string(request)?;
    line.push('\n');
    stream.write_all(line.as_bytes())?;
    let mut answer = String::new();
    BufReader::new(stream.take(RESPONSE_BYTES_MAX as u64)).read_line(&mut answer)?;
    Ok(answer)
}
