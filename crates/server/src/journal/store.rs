//! The journal's file: tables, one transaction per batch, and the fold over what is there.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ledger::{Entry, Fact, Fold, Person, Record};
use model::{E164, OfferId, PersonId, RequestId, Seq, Wall};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, Transaction, named_params};

use super::outbox::{self, Hook, Outbox, Pending, Receipt};
use super::trouble::{OpenError, in_words};

/// The format this version writes (`PRAGMA user_version`).
const FORMAT: i64 = 1;
/// `Rapp`: tells a journal from any other SQLite database (`PRAGMA application_id`).
const APPLICATION: i64 = 0x5261_7070;
/// Facts read at a time when the journal is opened.
pub const PAGE_FACTS: usize = 1_000;
/// Offers of requests whose end is still to be written, so that it is filed under its request.
pub const OFFERS_OPEN_MAX: usize = 10_000;
/// How long a write waits for a reader that holds a lock.
const BUSY: Duration = Duration::from_secs(2);
/// Room that must be there before a journal that was full is called writable again.
const PROBE_BYTES: i64 = 16 * 1024;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS facts (
        seq INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        request INTEGER,
        json TEXT NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS facts_request ON facts (request) WHERE request IS NOT NULL;
    CREATE TABLE IF NOT EXISTS people (
        id INTEGER PRIMARY KEY,
        number TEXT NOT NULL,
        contact TEXT
    ) STRICT;
    CREATE TABLE IF NOT EXISTS room (id INTEGER PRIMARY KEY, space BLOB) STRICT;
";

/// What a journal holds.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The fold over all facts.
    pub fold: Fold,
    /// Everybody whose number is held.
    pub people: BTreeMap<PersonId, Person>,
}

/// Why a batch was not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble(pub String);

/// An open journal.
///
/// Two engines on one journal would each promise and dial from their own half of it. The writer
/// therefore holds an exclusive `flock` on `<journal>.lock` for its whole life: the kernel releases
/// it at any death, SIGKILL included, it says who holds it before SQLite is asked anything, and
/// unlike SQLite's own exclusive mode it lets the CLI read while the engine runs.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    pub(super) connection: Connection,
    offers: BTreeMap<OfferId, RequestId>,
    outbox: Outbox,
    /// Device and inode: what is written to a file that was deleted is lost with it.
    file: (u64, u64),
    _lock: Option<File>,
}

impl Store {
    /// Opens `path` for writing, making it when it is not there.
    ///
    /// # Errors
    /// When it is in use, cannot be reached, or is not a journal of this version.
    #[cfg(test)]
    pub fn open(path: &Path) -> Result<Store, OpenError> {
        Store::open_with(path, Vec::new())
    }

    /// The same, with an outbox for these hooks.
    ///
    /// # Errors
    /// When it is in use, cannot be reached, or is not a journal of this version.
    pub fn open_with(path: &Path, hooks: Vec<Hook>) -> Result<Store, OpenError> {
        let lock = lock(path)?;
        private_file(path).map_err(|e| OpenError::from_io(path, &e))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut store = Store::connect(path, flags, Some(lock))?;
        store.check_format(true)?;
        store.write_ahead()?;
        store.prepare().map_err(|e| store.open_error(&e))?;
        let outbox = Outbox::open(&store.connection, hooks);
        store.outbox = outbox.map_err(|e| store.open_error(&e))?;
        Ok(store)
    }

    /// Opens `path` for reading; an engine may be writing to it.
    ///
    /// # Errors
    /// When it is not there, cannot be reached, or is not a journal of this version.
    pub fn read_only(path: &Path) -> Result<Store, OpenError> {
        if !path.exists() {
            return Err(OpenError::Missing { path: path.to_path_buf() });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let store = Store::connect(path, flags, None)?;
        store.check_format(false)?;
        Ok(store)
    }

    fn connect(path: &Path, flags: OpenFlags, lock: Option<File>) -> Result<Store, OpenError> {
        let connection = Connection::open_with_flags(path, flags)
            .map_err(|e| OpenError::from_sqlite(path, &e))?;
        let file = identity(path).map_err(|e| OpenError::from_io(path, &e))?;
        let (path, offers) = (path.to_path_buf(), BTreeMap::new());
        let outbox = Outbox::default();
        let store = Store { path, connection, offers, outbox, file, _lock: lock };
        store.connection.busy_timeout(BUSY).map_err(|e| store.open_error(&e))?;
        Ok(store)
    }

    /// Refuses other programs' databases and later formats. An empty file is a new journal, but
    /// only for a writer.
    fn check_format(&self, may_be_new: bool) -> Result<(), OpenError> {
        let pragma = |name: &str| -> Result<i64, OpenError> {
            self.connection
                .pragma_query_value(None, name, |row| row.get(0))
                .map_err(|e| self.open_error(&e))
        };
        let (application, format) = (pragma("application_id")?, pragma("user_version")?);
        let tables: i64 = self
            .connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .map_err(|e| self.open_error(&e))?;
        if tables == 0 && application == 0 && format == 0 {
            let path = self.path.clone();
            return if may_be_new { Ok(()) } else { Err(OpenError::Missing { path }) };
        }
        if application != APPLICATION {
            return Err(OpenError::NotAJournal { path: self.path.clone() });
        }
        if format > FORMAT {
            return Err(OpenError::Newer { path: self.path.clone(), found: format, known: FORMAT });
        }
        Ok(())
    }

    /// Turns the write-ahead log on, which some network disks cannot carry.
    fn write_ahead(&self) -> Result<(), OpenError> {
        let mode: String = self
            .connection
            .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
            .map_err(|e| self.open_error(&e))?;
        if mode == "wal" {
            return Ok(());
        }
        let why = format!(
            "its disk cannot carry a write-ahead log (SQLite fell back to `{mode}`); use a local \
             disk, not a network file system"
        );
        Err(OpenError::Unreachable { path: self.path.clone(), why })
    }

    /// Makes every commit durable, and makes the tables.
    fn prepare(&self) -> rusqlite::Result<()> {
        let db = &self.connection;
        db.pragma_update(None, "synchronous", "FULL")?;
        // What is erased from `people` is overwritten with zeros, not only unlinked.
        db.pragma_update(None, "secure_delete", true)?;
        db.execute_batch("BEGIN IMMEDIATE")?;
        db.execute_batch(SCHEMA)?;
        db.execute_batch(outbox::SCHEMA)?;
        db.pragma_update(None, "application_id", APPLICATION)?;
        db.pragma_update(None, "user_version", FORMAT)?;
        db.execute_batch("COMMIT")
    }

    /// Writes `batch` in one durable transaction: all of it or nothing.
    ///
    /// # Errors
    /// In words for the operator; nothing of the batch was written.
    pub fn append<'a>(
        &mut self,
        batch: impl Iterator<Item = &'a Record> + Clone,
    ) -> Result<(), Trouble> {
        self.append_with(batch, &[])
    }

    /// The same with what became of deliveries.
    ///
    /// # Errors
    /// As [`Store::append`].
    pub fn append_with<'a>(
        &mut self,
        batch: impl Iterator<Item = &'a Record> + Clone,
        receipts: &[Receipt],
    ) -> Result<(), Trouble> {
        self.still_there()?;
        batch.clone().for_each(|record| self.note_offer(&record.entry.fact));
        let Store { connection, offers, outbox, path, .. } = self;
        let before = outbox.waiting();
        let written = (|| {
            let transaction = connection.transaction()?;
            for record in batch.clone() {
                insert(&transaction, offers, record)?;
                outbox.file(&transaction, &record.entry)?;
            }
            for receipt in receipts {
                outbox.receive(&transaction, receipt)?;
            }
            transaction.commit()
        })();
        if let Err(error) = written {
            outbox.stands_at(before);
            return Err(Trouble(in_words(path, &error)));
        }
        for record in batch {
            if let Fact::OfferEnded { offer, .. } = &record.entry.fact {
                self.offers.remove(offer);
            }
        }
        Ok(())
    }

    fn still_there(&self) -> Result<(), Trouble> {
        if identity(&self.path).is_ok_and(|file| file == self.file) {
            return Ok(());
        }
        Err(Trouble(format!(
            "the journal {} was moved or deleted while the engine runs; put it back where it was, \
             with its -wal and -shm files, or stop the engine",
            self.path.display()
        )))
    }

    /// The end of an offer names only the offer; its request is known from its beginning. Offers of
    /// an earlier start never end (a crash forgets them), so that memory since this start is
    /// enough.
    fn note_offer(&mut self, fact: &Fact) {
        let Fact::Offered { offer, request: Some(request), .. } = fact else { return };
        self.offers.insert(*offer, *request);
        if self.offers.len() > OFFERS_OPEN_MAX {
            self.offers.pop_first();
        }
    }

    /// Tries whether there is room and right to write, without leaving a trace.
    ///
    /// # Errors
    /// In words for the operator.
    pub fn probe(&mut self) -> Result<(), Trouble> {
        self.still_there()?;
        let tried = self
            .connection
            .execute("INSERT OR REPLACE INTO room VALUES (1, zeroblob(?1))", [PROBE_BYTES])
            .and_then(|_| self.connection.execute("DELETE FROM room", []));
        tried.map(|_| ()).map_err(|error| Trouble(in_words(&self.path, &error)))
    }

    /// Everything the journal holds, folded page by page.
    ///
    /// # Errors
    /// When it cannot be read or holds what this version does not know.
    pub fn found(&self) -> Result<Found, OpenError> {
        let mut found = Found { fold: Fold::default(), people: self.people()? };
        self.each(|entry| found.fold.apply(entry))?;
        Ok(found)
    }

    /// Every fact in order, page by page.
    ///
    /// # Errors
    /// As [`Store::found`].
    pub fn each(&self, mut take: impl FnMut(&Entry)) -> Result<(), OpenError> {
        let mut after = 0;
        loop {
            let page = self.facts_after(Seq(after))?;
            page.iter().for_each(&mut take);
            after = page.last().map_or(after, |entry| entry.seq.0);
            if page.len() < PAGE_FACTS {
                return Ok(());
            }
        }
    }

    /// The facts behind a place, in order; at most [`PAGE_FACTS`].
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn facts_after(&self, after: Seq) -> Result<Vec<Entry>, OpenError> {
        self.facts(
            "SELECT seq, at, json FROM facts WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            [after.0, PAGE_FACTS as u64],
        )
    }

    /// One fact.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn fact(&self, seq: Seq) -> Result<Option<Entry>, OpenError> {
        let sql = "SELECT seq, at, json FROM facts WHERE seq = ?1 LIMIT ?2";
        Ok(self.facts(sql, [seq.0, 1])?.pop())
    }

    /// What waits for a hook behind a place of the ledger.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn pending(&self, hook: &str, after: Seq) -> Result<Vec<Pending>, OpenError> {
        outbox::pending(&self.connection, hook, after).map_err(|e| self.open_error(&e))
    }

    /// The facts of one request, in order; at most [`PAGE_FACTS`].
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn history(&self, request: RequestId) -> Result<Vec<Entry>, OpenError> {
        self.facts(
            "SELECT seq, at, json FROM facts WHERE request = ?1 ORDER BY seq LIMIT ?2",
            [request.0, PAGE_FACTS as u64],
        )
    }

    /// How many offers are remembered.
    #[cfg(test)]
    pub(super) fn offers_open(&self) -> usize {
        self.offers.len()
    }

    pub(super) fn facts(&self, sql: &str, bounds: [u64; 2]) -> Result<Vec<Entry>, OpenError> {
        let read = || -> rusqlite::Result<Vec<(i64, i64, String)>> {
            let bounds = bounds.map(integer);
            let row = |row: &Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            self.connection.prepare_cached(sql)?.query_map(bounds, row)?.collect()
        };
        let rows = read().map_err(|e| self.open_error(&e))?;
        rows.into_iter()
            .map(|(seq, at, json)| {
                let fact = Fact::decode(&json).map_err(|why| OpenError::Damaged {
                    path: self.path.clone(),
                    why: format!("entry {seq} is {why}"),
                })?;
                Ok(Entry { seq: Seq(seq.unsigned_abs()), at: Wall::from_unix_millis(at), fact })
            })
            .collect()
    }

    /// Everybody whose number is held.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn people(&self) -> Result<BTreeMap<PersonId, Person>, OpenError> {
        let read = || -> rusqlite::Result<Vec<(i64, String, Option<String>)>> {
            let row = |row: &Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            self.connection
                .prepare("SELECT id, number, contact FROM people")?
                .query_map([], row)?
                .collect()
        };
        let rows = read().map_err(|e| self.open_error(&e))?;
        rows.into_iter()
            .map(|(id, number, contact)| {
                let id = PersonId(id.unsigned_abs());
                let number = E164::parse(&number).map_err(|why| OpenError::Damaged {
                    path: self.path.clone(),
                    why: format!("the number of {id} is not one: {why}"),
                })?;
                Ok((id, Person { id, number, contact }))
            })
            .collect()
    }

    fn open_error(&self, error: &rusqlite::Error) -> OpenError {
        OpenError::from_sqlite(&self.path, error)
    }
}

/// Writes one record. Writing the very same fact again is no error: after a failed commit nobody
/// can say whether it reached the disk. Another fact in the same place is one.
fn insert(
    transaction: &Transaction<'_>,
    offers: &BTreeMap<OfferId, RequestId>,
    record: &Record,
) -> rusqlite::Result<()> {
    let Entry { seq, at, fact } = &record.entry;
    let mut statement = transaction.prepare_cached(
        "INSERT INTO facts (seq, at, request, json) VALUES (:seq, :at, :request, :json)
         ON CONFLICT (seq) DO UPDATE SET seq = seq WHERE json = excluded.json",
    )?;
    let changed = statement.execute(named_params! {
        ":seq": integer(seq.0),
        ":at": at.as_unix_millis(),
        ":request": filed_under(offers, fact).map(|request| integer(request.0)),
        ":json": fact.encode(),
    })?;
    if changed == 0 {
        return Err(taken(&format!("place {seq} of the ledger holds another fact already")));
    }
    let Some(person) = &record.person else { return Ok(()) };
    let number = person.number.reveal();
    let id = integer(person.id.0);
    let held: Option<String> = transaction
        .query_row("SELECT number FROM people WHERE id = ?1", [id], |row| row.get(0))
        .optional()?;
    match held {
        Some(held) if held == number => Ok(()),
        Some(_) => Err(taken(&format!("{} is somebody else already", person.id))),
        None => transaction
            .prepare_cached("INSERT INTO people (id, number, contact) VALUES (?1, ?2, ?3)")?
            .execute((id, number, &person.contact))
            .map(|_| ()),
    }
}

/// SQLite's integers are signed. No id comes near the top of either range.
pub(super) fn integer(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}

fn taken(what: &str) -> rusqlite::Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CONSTRAINT);
    rusqlite::Error::SqliteFailure(code, Some(what.to_owned()))
}

/// The request whose history this fact belongs to.
fn filed_under(offers: &BTreeMap<OfferId, RequestId>, fact: &Fact) -> Option<RequestId> {
    if let Fact::OfferEnded { offer, .. } = fact {
        return offers.get(offer).copied();
    }
    fact.request()
}

/// Makes the file readable by its owner only before SQLite sees it: it holds telephone numbers, and
/// SQLite gives its side files the same rights.
fn private_file(path: &Path) -> std::io::Result<()> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path).map(|_| ())
}

/// By path, and not through a file of our own: closing that would drop SQLite's locks.
fn identity(path: &Path) -> std::io::Result<(u64, u64)> {
    std::fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

fn lock(path: &Path) -> Result<File, OpenError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&beside)
        .map_err(|e| OpenError::from_io(path, &e))?;
    match file.try_lock() {
        Ok(()) => {
            // Only for the message that another engine would print; the lock itself is what counts.
            let _ = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut number = String::new();
            let _ = file.take(20).read_to_string(&mut number);
            let holder = match number.trim().parse::<u32>() {
                Ok(number) => format!(" (process {number})"),
                Err(_) => String::new(),
            };
            Err(OpenError::InUse { path: path.to_path_buf(), holder })
        }
        Err(TryLockError::Error(error)) => Err(OpenError::from_io(path, &error)),
    }
}
