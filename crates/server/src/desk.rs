//! The seam for everything that stands above the roof: the questions and commands of the control
//! socket, and the facts that are on the disk. There is no other way into the engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger::Entry;
use model::Seq;
use tokio::sync::{mpsc, watch};

use crate::clock::Clock;
use crate::control::{Asked, Request, Response, StatusView, answer, ask_driver};
use crate::journal::{self, OpenError, Pending, Receipt, Receipts};
use crate::shared::Shared;
use crate::views::{self, CallbackList, Page};

/// Where a running engine is asked. Copies ask the same engine; one that outlives it is told that
/// the engine is stopping.
#[derive(Debug, Clone)]
pub struct Desk {
    shared: Arc<Shared>,
    driver: mpsc::Sender<Asked>,
    news: watch::Receiver<Seq>,
    receipts: Receipts,
}

impl Desk {
    pub(crate) fn new(
        shared: Arc<Shared>,
        driver: mpsc::Sender<Asked>,
        receipts: Receipts,
    ) -> Desk {
        let news = shared.news();
        Desk { shared, driver, news, receipts }
    }

    /// Asks as the control socket does. An answer to a command comes when its fact is durable.
    pub async fn ask(&self, request: Request) -> Response {
        answer(request, &self.shared, &self.driver).await
    }

    /// A page of requests, with where each of them stands.
    pub async fn callbacks(&self, page: &Page) -> CallbackList {
        let standing = ask_driver(&self.driver, Asked::Standing).await.unwrap_or_default();
        let mut list = views::page(self.shared.book().found(), page);
        for callback in &mut list.callbacks {
            callback.standing = standing.get(&callback.request).cloned();
        }
        list
    }

    /// How the engine is. Asks nobody.
    pub fn status(&self) -> StatusView {
        self.shared.status()
    }

    /// The clock of this process.
    pub fn clock(&self) -> Clock {
        self.shared.clock
    }

    /// Waits until facts have become durable since this was last asked, or since
    /// [`Desk::facts_seen`]. False when the
    /// engine has ended.
    pub async fn more_facts(&mut self) -> bool {
        self.news.changed().await.is_ok()
    }

    /// The last place in the ledger that is durable.
    pub fn last_fact(&self) -> Seq {
        *self.news.borrow()
    }

    /// From now on [`Desk::more_facts`] waits for what comes after this moment.
    pub fn facts_seen(&mut self) {
        self.news.mark_unchanged();
    }

    /// The journal's file.
    pub fn journal(&self) -> &Path {
        &self.shared.journal
    }

    /// What waits for a webhook behind `after`, in order, at most [`journal::OUTBOX_PAGE`]. Not to
    /// be called from asynchronous code.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn outbox(&self, hook: &str, after: Seq) -> Result<Vec<Pending>, OpenError> {
        journal::pending(&self.shared.journal, hook, after)
    }

    /// One durable fact. Not to be called from asynchronous code.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn fact(&self, seq: Seq) -> Result<Option<Entry>, OpenError> {
        journal::fact(&self.shared.journal, seq)
    }

    /// Says what became of a delivery: it is written beside the next facts.
    pub fn receipt(&self, receipt: Receipt) {
        self.receipts.push(receipt);
    }

    /// The durable facts behind `after`, in order, at most [`journal::PAGE_FACTS`].
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn facts(&self, after: Seq) -> Result<Vec<Entry>, OpenError> {
        let path: PathBuf = self.shared.journal.clone();
        let read = tokio::task::spawn_blocking(move || journal::facts(&path, after)).await;
        read.unwrap_or_else(|error| {
            let path = self.shared.journal.clone();
            Err(OpenError::Unreachable { path, why: error.to_string() })
        })
    }
}
