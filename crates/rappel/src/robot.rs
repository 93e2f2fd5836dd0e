//! The robot agent of the laboratory and the demo: answers, accepts callbacks, speaks, and leaves
//! the hanging up to the human.

use std::sync::Arc;
use std::time::Duration;

use model::Key;
use phone::{Answering, KeyPress, PhoneEvent, Voice};
use tokio::time::sleep;

use crate::handset::Handset;

/// How long the robot's phone rings.
pub(crate) const RINGS: Answering = Answering::after_secs(1);
/// From its answer to its key: long enough for a human to follow.
const THINKS: Duration = Duration::from_secs(3);

/// What the robot says: a second of quiet, then a sentence, round and round.
pub(crate) fn voice(sentence: &[i16]) -> Voice {
    let mut samples = vec![0; 8_000];
    samples.extend_from_slice(sentence);
    Voice::Samples(Arc::from(samples))
}

/// Takes every call until the phone is gone.
pub(crate) async fn work(mut handset: Handset) {
    while let Some(event) = handset.next().await {
        if let PhoneEvent::Answered { call } = event {
            sleep(THINKS).await;
            let accept = Key::from_event(1).expect("1 is a key");
            handset.act(move |phone, now| {
                phone.press(now, call, KeyPress::new(accept));
            });
        }
    }
}
