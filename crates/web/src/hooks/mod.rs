//! Webhooks: receivers that are told of facts as they happen, each by a thread of its own, so that
//! one that hangs delays no other.
//!
//! What is to be told is in the journal's outbox, written in the transaction of the fact. A
//! delivery is crossed out once it was taken; a crash between the two tells it again with the same
//! `webhook-id`.

mod post;
mod schedule;

use std::time::Duration;

use config::Webhook;
use model::{Seq, Wall};
use server::Desk;
use server::clock::wall;
use server::journal::Pending;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::events::{Source, event};
use post::{Message, Receiver};
use schedule::{Outcome, Schedule};

pub use schedule::{PAUSE_MAX, RETRY_AFTER_MAX};

/// How soon the journal is asked again that could not be read.
const JOURNAL_PAUSE: Duration = Duration::from_secs(1);

/// The threads of webhooks. Dropping it ends each after the delivery that it is making.
#[derive(Debug)]
pub struct Hooks {
    _stop: watch::Sender<()>,
}

/// Tells webhooks from now on what they want to know.
///
/// # Errors
/// When the system refuses a thread, in words.
pub fn tell(desk: &Desk, hooks: &[Webhook]) -> Result<Hooks, String> {
    let (stop, stopped) = watch::channel(());
    for hook in hooks {
        let failed = |error: std::io::Error| format!("webhook `{}`: {error}", hook.name);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let worker = Worker {
            desk: desk.clone(),
            stopped: stopped.clone(),
            runtime: runtime.map_err(failed)?,
            name: hook.name.clone(),
            receiver: Receiver::new(&hook.url, hook.secret.reveal().to_vec(), hook.timeout),
            schedule: Schedule::new(hook.name.clone(), hook.retries.clone()),
            source: Source::default(),
            read: Seq(0),
        };
        let thread = std::thread::Builder::new().name("webhook".into());
        thread.spawn(move || worker.work()).map_err(failed)?;
    }
    Ok(Hooks { _stop: stop })
}

/// The thread of one webhook.
struct Worker {
    desk: Desk,
    stopped: watch::Receiver<()>,
    runtime: Runtime,
    name: String,
    receiver: Receiver,
    schedule: Schedule,
    source: Source,
    /// What waits up to this place has been read.
    read: Seq,
}

impl Worker {
    fn work(mut self) {
        while self.stopped.has_changed().is_ok() {
            self.desk.facts_seen();
            let mut pause = None;
            if let Err(why) = self.read_outbox() {
                tracing::warn!("webhook {}: {why}", self.name);
                pause = Some(JOURNAL_PAUSE);
            }
            match self.schedule.take(wall()) {
                Some(pending) => self.deliver(pending),
                None if self.schedule.is_gone() => return,
                None => {
                    if !self.wait(pause) {
                        return;
                    }
                }
            }
        }
    }

    /// Learns what is to be told.
    fn read_outbox(&mut self) -> Result<(), String> {
        loop {
            let page = self.desk.outbox(&self.name, self.read).map_err(|why| why.to_string())?;
            let Some(last) = page.last() else { return Ok(()) };
            self.read = last.seq;
            page.into_iter().for_each(|pending| self.schedule.add(pending));
        }
    }

    fn deliver(&mut self, pending: Pending) {
        let seq = pending.seq;
        let (outcome, how) = match self.message(seq) {
            Ok(message) => self.receiver.tell(&message),
            Err(why) => (Outcome::Failed { wait: Some(JOURNAL_PAUSE) }, why),
        };
        let receipt = self.schedule.tried(wall(), pending, outcome);
        match (outcome, receipt.again) {
            (Outcome::Taken, _) => tracing::debug!("webhook {}: {seq} is taken", self.name),
            (Outcome::Failed { .. }, Some(again)) => {
                let at = again.due;
                tracing::warn!("webhook {}: {seq} was not taken: {how}; again at {at}", self.name);
            }
            (Outcome::Failed { .. }, None) => {
                tracing::error!("webhook {}: {seq} is given up: {how}", self.name);
            }
            (Outcome::Gone, _) => {
                let name = &self.name;
                tracing::error!("webhook {name}: {how}; nothing is sent until the next start");
            }
        }
        self.desk.receipt(receipt);
    }

    fn message(&self, seq: Seq) -> Result<Message, String> {
        let entry = self.desk.fact(seq).map_err(|why| why.to_string())?;
        let entry = entry.ok_or_else(|| "the journal does not hold it".to_owned())?;
        let birth = self.runtime.block_on(self.source.birth(&self.desk));
        let birth = birth.ok_or_else(|| "the journal cannot be read".to_owned())?;
        let timestamp = wall().as_unix_millis() / 1_000;
        let id = format!("{birth}-{}", seq.0);
        Ok(Message { id, timestamp, body: event(birth, &entry) })
    }

    /// Waits for something to do. False when there will be nothing more.
    fn wait(&mut self, pause: Option<Duration>) -> bool {
        let now = wall();
        let until = |at: Wall| at.since(now);
        let patience = pause.or_else(|| self.schedule.wake_at().map(until));
        let (desk, stopped) = (&mut self.desk, &mut self.stopped);
        self.runtime.block_on(async {
            let due = async {
                match patience {
                    Some(patience) => tokio::time::sleep(patience).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = stopped.changed() => false,
                more = desk.more_facts() => more,
                () = due => true,
            }
        })
    }
}
