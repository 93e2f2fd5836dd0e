//! What can be wrong with a journal, in plain words with the next thing to do.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why a journal could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nothing is there to read.
    #[error("there is no journal at {path}: has the engine run with this configuration yet?")]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Another engine writes to it.
    #[error(
        "the journal {path} is in use by another engine{holder}: stop that one, or give this one \
         a journal of its own"
    )]
    InUse {
        /// The journal.
        path: PathBuf,
        /// ` (process 123)` when the other has left its number.
        holder: String,
    },
    /// The file or a file beside it cannot be made or opened.
    #[error("the journal {path} cannot be opened: {why}")]
    Unreachable {
        /// The journal.
        path: PathBuf,
        /// The reason and the remedy.
        why: String,
    },
    /// Some other SQLite database.
    #[error("{path} is a database of another program: give the journal a file of its own")]
    NotAJournal {
        /// The file.
        path: PathBuf,
    },
    /// Written by a later version.
    #[error(
        "the journal {path} has format {found}, this version knows up to {known}: start the \
         newer version that wrote it"
    )]
    Newer {
        /// The journal.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// It can be opened and does not hold what it should.
    #[error("the journal {path} is damaged: {why}; keep a copy of it and put back a backup")]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// What was found.
        why: String,
    },
}

impl OpenError {
    /// The error for what SQLite said while `path` was being opened or read.
    pub(super) fn from_sqlite(path: &Path, error: &rusqlite::Error) -> OpenError {
        let path = path.to_path_buf();
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                OpenError::Damaged { path, why: error.to_string() }
            }
            _ => {
                let why = in_words(&path, error);
                OpenError::Unreachable { path, why }
            }
        }
    }

    /// The error for what the operating system said about `path`.
    pub(super) fn from_io(path: &Path, error: &std::io::Error) -> OpenError {
        use std::io::ErrorKind;
        let remedy = match error.kind() {
            ErrorKind::NotFound => "make its directory first",
            ErrorKind::PermissionDenied => "give the user of this engine the right to write there",
            ErrorKind::ReadOnlyFilesystem => "mount that disk for writing, or choose another",
            ErrorKind::StorageFull => "free some room on that disk",
            _ => "check the path and its disk",
        };
        let why = format!("{error}; {remedy}");
        OpenError::Unreachable { path: path.to_path_buf(), why }
    }
}

/// Why a write to an open journal failed, with the remedy.
pub(super) fn in_words(path: &Path, error: &rusqlite::Error) -> String {
    let path = path.display();
    let code = error.sqlite_error().map_or(0, |e| e.extended_code);
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => format!(
            "the disk of the journal {path} is full; free some room, the journal goes on by itself"
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => format!(
            "the journal {path} is read-only; give the user of this engine the right to write to \
             it and to its directory, or mount its disk for writing"
        ),
        Some(ErrorCode::SystemIoFailure) => format!(
            "the disk of the journal {path} reports an input/output error (SQLite {code}); look \
             into the system's log and check the disk"
        ),
        Some(ErrorCode::CannotOpen) => format!(
            "a file of the journal {path} cannot be opened; check that its directory exists and \
             that the user of this engine may write there"
        ),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => format!(
            "another program holds the journal {path}; end that program (an open sqlite3 shell?)"
        ),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => format!(
            "the journal {path} is damaged; stop the engine, keep a copy and put back a backup"
        ),
        _ => format!("the journal {path} cannot be written: {error}; check the file and its disk"),
    }
}
