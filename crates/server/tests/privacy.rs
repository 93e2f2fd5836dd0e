//! A whole call at INFO leaves no telephone number in the log. A process of its own: there is one
//! log in a process.

#[allow(dead_code, reason = "only the roof's own tests speak TCP")]
#[path = "roof/caller.rs"]
mod caller;
#[path = "roof/settings.rs"]
mod settings;
#[path = "roof/told.rs"]
mod told;

use std::io::Write;
use std::sync::{Arc, Mutex};

use engine::Status;
use server::{Roof, serve};
use tempfile::TempDir;
use tokio::sync::mpsc;

use caller::Caller;

/// A log that is kept.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("one writer at a time").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_call_at_info_tells_its_story_without_a_number() {
    let log = Kept::default();
    let writer = log.clone();
    tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).init();
    let dir = TempDir::new().expect("a directory");
    let (observer, mut told) = mpsc::channel(10_000);
    let roof = Roof {
        listen: vec![server::Bind::at("127.0.0.1:0".parse().expect("an address"))],
        tls_peers: vec![],
        dns: vec![],
        recordings: None,
        media_threads: None,
        journal: dir.path().join("journal"),
        reel: None,
        hooks: vec![],
        control: None,
        catalog: settings::catalog(),
        prompts: None,
        settings: None,
        signals: false,
        observer: Some(observer),
    };
    let nobody = "127.0.0.1:9".parse().expect("an address");
    let running = serve(settings::settings(nobody), roof).expect("the roof is put up");
    let mut caller = Caller::new(running.sip());
    caller.calls();
    told::until_greeted(&mut told);
    [2, 1, 1].into_iter().for_each(|key| caller.presses(key));
    told::until(&mut told, |status| matches!(status, Status::Promised { .. }).then_some(()));
    caller.answers_bye();
    told::until(&mut told, |status| matches!(status, Status::CallEnded { .. }).then_some(()));
    running.stop().expect("ends well");

    let log = String::from_utf8(log.0.lock().expect("the engine is gone").clone()).expect("text");
    assert!(log.contains("+336******78 calls main"), "{log}");
    assert!(log.contains("cb-1 is promised"), "{log}");
    for secret in ["33612345678", "612345678", "INVITE", "m=audio"] {
        assert!(!log.contains(secret), "{secret} in\n{log}");
    }
}
