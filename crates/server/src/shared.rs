//! What the driver writes and the control socket reads.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use model::Seq;
use sip::Transport;
use tokio::sync::watch;

use crate::board::Board;
use crate::book::Book;
use crate::clock::Clock;
use crate::control::{Counters, StatusView};
use crate::journal::Found;
use crate::media::MediaCounters;
use crate::notify::Notify;
use crate::prompts::PromptFiles;
use crate::reload::Source;

/// The state of a running roof, for whoever shows it. Nothing is decided from it.
#[derive(Debug)]
pub struct Shared {
    /// The process clock.
    pub clock: Clock,
    /// The calls.
    pub board: Board,
    /// Where SIP is spoken, listener by listener; never empty.
    pub listeners: Vec<(Transport, SocketAddr)>,
    /// The journal's file.
    pub journal: PathBuf,
    /// This start's number.
    pub epoch: u32,
    pub(crate) book: Mutex<Book>,
    pub(crate) journal_down: Mutex<Option<String>>,
    trunks: Mutex<BTreeMap<String, String>>,
    pub(crate) draining: AtomicBool,
    pub(crate) sip_sends_failed: AtomicU64,
    pub(crate) history_lost: AtomicU64,
    pub(crate) caps_reached: AtomicU64,
    pub(crate) media: Arc<MediaCounters>,
    /// The last place in the ledger that is durable.
    news: watch::Sender<Seq>,
    /// Where the prompts are read again.
    prompts: Mutex<Option<PromptFiles>>,
    /// What reads the settings again.
    pub(crate) source: Option<Source>,
    /// Who is told how we are.
    pub(crate) notify: Notify,
    /// Held while settings are read and taken over.
    pub(crate) reloading: tokio::sync::Mutex<()>,
}

impl Shared {
    pub(crate) fn new(
        clock: Clock,
        listeners: Vec<(Transport, SocketAddr)>,
        journal: PathBuf,
        epoch: u32,
        found: Found,
        media: Arc<MediaCounters>,
        again: (Option<PromptFiles>, Option<Source>, Notify),
    ) -> Shared {
        let last = found.fold.last_seq.unwrap_or(Seq(0));
        Shared {
            clock,
            board: Board::default(),
            listeners,
            journal,
            epoch,
            book: Mutex::new(Book::new(found)),
            journal_down: Mutex::new(None),
            trunks: Mutex::new(BTreeMap::new()),
            draining: AtomicBool::new(false),
            sip_sends_failed: AtomicU64::new(0),
            history_lost: AtomicU64::new(0),
            caps_reached: AtomicU64::new(0),
            media,
            news: watch::Sender::new(last),
            prompts: Mutex::new(again.0),
            source: again.1,
            notify: again.2,
            reloading: tokio::sync::Mutex::new(()),
        }
    }

    pub(crate) fn prompts(&self) -> Option<PromptFiles> {
        self.prompts.lock().expect("no thread panics while it holds a list").clone()
    }

    pub(crate) fn set_prompts(&self, prompts: PromptFiles) {
        *self.prompts.lock().expect("no thread panics while it holds a list") = Some(prompts);
    }

    /// Facts up to this place are durable.
    pub(crate) fn tell_news(&self, seq: Seq) {
        self.news.send_replace(seq);
    }

    /// Changes with every fact that becomes durable.
    pub(crate) fn news(&self) -> watch::Receiver<Seq> {
        self.news.subscribe()
    }

    pub(crate) fn set_trunk(&self, told: &sip::TrunkRegistration) {
        let mut trunks = self.trunks.lock().expect("no thread panics while it holds a word");
        trunks.insert(told.trunk.to_string(), crate::trunks::in_words(told.state));
    }

    /// Where SIP is spoken first.
    pub fn sip(&self) -> SocketAddr {
        self.listeners.first().expect("an engine has at least one listener").1
    }

    pub(crate) fn set_journal_down(&self, why: Option<String>) {
        *self.journal_down.lock().expect("no thread panics while it holds a word") = why;
    }

    /// The durable requests.
    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("no thread panics while it holds the book")
    }

    /// How the engine is.
    pub fn status(&self) -> StatusView {
        let down = self.journal_down.lock().expect("no thread panics while it holds a word");
        // The book is locked once: what is borrowed in a view lives until the whole of it is made.
        let (requests, switched_off) = {
            let book = self.book();
            (book.open(), book.switched_off())
        };
        StatusView {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            process: std::process::id(),
            uptime_secs: self.clock.mono().as_nanos() / 1_000_000_000,
            epoch: self.epoch,
            draining: self.draining.load(Ordering::Relaxed),
            sip: self.sip().to_string(),
            listeners: self.listeners.iter().map(in_words).collect(),
            journal: self.journal.display().to_string(),
            journal_down: down.clone(),
            calls: self.board.live(),
            requests,
            trunks: self.trunks.lock().expect("no thread panics while it holds a word").clone(),
            switched_off,
            counters: self.counters(),
        }
    }

    fn counters(&self) -> Counters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            sip_sends_failed: read(&self.sip_sends_failed),
            rtp_sends_failed: read(&self.media.sends_failed),
            rtp_oversized: read(&self.media.oversized),
            media_events_lost: read(&self.media.events_lost),
            media_events_delayed: read(&self.media.events_delayed),
            media_orders_delayed: read(&self.media.orders_delayed),
            media_orders_lost: read(&self.media.orders_lost),
            rtp_frames_skipped: read(&self.media.frames_skipped),
            rtp_not_accepted: read(&self.media.not_accepted),
            rtp_not_understood: read(&self.media.not_understood),
            rtp_not_authentic: read(&self.media.not_authentic),
            rtp_not_relayed: read(&self.media.not_relayed),
            rtp_not_protected: read(&self.media.not_protected),
            rtp_outputs_dropped: read(&self.media.outputs_dropped),
            media_ports_refused: read(&self.media.ports_refused),
            media_clips_cut: read(&self.media.clips_cut),
            media_digits_cut: read(&self.media.digits_cut),
            recording_pieces_lost: read(&self.media.pieces_lost),
            history_lost: read(&self.history_lost),
            caps_reached: read(&self.caps_reached),
        }
    }
}

fn in_words((transport, address): &(Transport, SocketAddr)) -> String {
    format!("{} {address}", transport.token().to_ascii_lowercase())
}
