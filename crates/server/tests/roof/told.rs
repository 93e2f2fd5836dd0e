//! Waiting for what the engine tells, with patience but not for ever.

use engine::Status;
use server::Told;
use tokio::sync::mpsc;

use crate::caller::PATIENCE;

/// The next status that is wanted.
pub fn until<T>(
    told: &mut mpsc::Receiver<Told>,
    mut wanted: impl FnMut(&Status) -> Option<T>,
) -> T {
    let mut seen = Vec::new();
    let search = async {
        loop {
            let told = told.recv().await.expect("the engine lives");
            if let Some(found) = wanted(&told.status) {
                return found;
            }
            seen.push(told.status);
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let found = runtime
        .expect("a runtime")
        .block_on(async { tokio::time::timeout(PATIENCE, search).await });
    found.unwrap_or_else(|_| panic!("not told among {seen:#?}"))
}

/// Waits until the caller hears a prompt: what is pressed before is pressed to nobody.
pub fn until_greeted(told: &mut mpsc::Receiver<Told>) {
    until(told, |status| matches!(status, Status::Playing { .. }).then_some(()));
}
