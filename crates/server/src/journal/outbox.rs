//! What is still to be told to webhooks: one row for each fact and hook, written in the transaction
//! of the fact, so that an outcome is told if and only if it happened.
//!
//! The rows are read by whoever delivers; what became of a delivery comes back as a [`Receipt`] and
//! is written by the journal's own thread, which has no second writer beside it.

use std::collections::BTreeMap;

use ledger::Entry;
use model::{Seq, Wall};
use rusqlite::{Connection, Row, Transaction};

use super::store::integer;

/// Most deliveries that wait for one hook: then the oldest makes room.
pub const OUTBOX_MAX: u64 = 100_000;
/// Deliveries read at a time.
pub const OUTBOX_PAGE: usize = 1_000;

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS outbox (
        hook TEXT NOT NULL,
        seq INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        due INTEGER NOT NULL,
        PRIMARY KEY (hook, seq)
    ) STRICT, WITHOUT ROWID;
";

/// Who is told of which facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// The name.
    pub name: String,
    /// The words of the facts, as [`ledger::Fact::word`] has them.
    pub facts: Vec<&'static str>,
}

/// A delivery that has not been made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// The fact.
    pub seq: Seq,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub due: Wall,
}

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Of which hook.
    pub hook: String,
    /// Of which fact.
    pub seq: Seq,
    /// When it is tried again; absent when it is done with: taken, or given up.
    pub again: Option<Pending>,
}

/// The hooks of this start, and how many deliveries wait for each.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    hooks: Vec<Hook>,
    waiting: BTreeMap<String, u64>,
}

impl Outbox {
    /// Forgets what waits for hooks that there are no more.
    pub(super) fn open(connection: &Connection, hooks: Vec<Hook>) -> rusqlite::Result<Outbox> {
        let mut known = connection.prepare("SELECT hook, count(*) FROM outbox GROUP BY hook")?;
        let row = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?));
        let rows: Vec<(String, i64)> = known.query_map([], row)?.collect::<Result<_, _>>()?;
        let mut waiting = BTreeMap::new();
        for (name, count) in rows {
            if hooks.iter().any(|hook| hook.name == name) {
                waiting.insert(name, count.unsigned_abs());
            } else {
                connection.execute("DELETE FROM outbox WHERE hook = ?1", [&name])?;
                tracing::warn!("{count} deliveries for `{name}` are dropped: no [[webhook]] is it");
            }
        }
        Ok(Outbox { hooks, waiting })
    }

    /// Files the deliveries of one fact.
    pub(super) fn file(
        &mut self,
        transaction: &Transaction<'_>,
        entry: &Entry,
    ) -> rusqlite::Result<()> {
        let wants = |hook: &&Hook| hook.facts.contains(&entry.fact.word());
        for hook in self.hooks.iter().filter(wants) {
            let waiting = self.waiting.entry(hook.name.clone()).or_default();
            if *waiting >= OUTBOX_MAX {
                *waiting -= drop_oldest(transaction, &hook.name)?;
            }
            *waiting += transaction
                .prepare_cached("INSERT OR IGNORE INTO outbox VALUES (?1, ?2, 0, ?3)")?
                .execute((&hook.name, integer(entry.seq.0), entry.at.as_unix_millis()))?
                as u64;
        }
        Ok(())
    }

    /// Writes down what became of a delivery.
    pub(super) fn receive(
        &mut self,
        transaction: &Transaction<'_>,
        receipt: &Receipt,
    ) -> rusqlite::Result<()> {
        let (hook, seq) = (&receipt.hook, integer(receipt.seq.0));
        match receipt.again {
            Some(again) => {
                transaction
                    .prepare_cached(
                        "UPDATE outbox SET attempts = ?3, due = ?4 WHERE hook = ?1 AND seq = ?2",
                    )?
                    .execute((hook, seq, again.attempts, again.due.as_unix_millis()))?;
            }
            None => {
                let gone = transaction
                    .prepare_cached("DELETE FROM outbox WHERE hook = ?1 AND seq = ?2")?
                    .execute((hook, seq))?;
                let waiting = self.waiting.entry(hook.clone()).or_default();
                *waiting = waiting.saturating_sub(gone as u64);
            }
        }
        Ok(())
    }

    /// How many wait for whom, to be put back when nothing was written.
    pub(super) fn waiting(&self) -> BTreeMap<String, u64> {
        self.waiting.clone()
    }

    pub(super) fn stands_at(&mut self, waiting: BTreeMap<String, u64>) {
        self.waiting = waiting;
    }
}

fn drop_oldest(transaction: &Transaction<'_>, hook: &str) -> rusqlite::Result<u64> {
    let oldest = "DELETE FROM outbox WHERE hook = ?1 AND seq = \
                  (SELECT min(seq) FROM outbox WHERE hook = ?1)";
    let dropped = transaction.prepare_cached(oldest)?.execute([hook])? as u64;
    tracing::warn!("more than {OUTBOX_MAX} deliveries wait for `{hook}`: the oldest is dropped");
    Ok(dropped)
}

/// What waits for a hook behind a place of the ledger, at most [`OUTBOX_PAGE`].
pub(super) fn pending(
    connection: &Connection,
    hook: &str,
    after: Seq,
) -> rusqlite::Result<Vec<Pending>> {
    let row = |row: &Row<'_>| {
        Ok(Pending {
            seq: Seq(row.get::<_, i64>(0)?.unsigned_abs()),
            attempts: row.get(1)?,
            due: Wall::from_unix_millis(row.get(2)?),
        })
    };
    connection
        .prepare_cached(
            "SELECT seq, attempts, due FROM outbox WHERE hook = ?1 AND seq > ?2 \
             ORDER BY seq LIMIT ?3",
        )?
        .query_map((hook, integer(after.0), OUTBOX_PAGE as i64), row)?
        .collect()
}
