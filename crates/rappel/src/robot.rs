//! The robot agent of the laboratory and the demo: takes callbacks, speaks, and leaves the hanging
//! up to the human. It has no time for callers who wait on the line: they are there to hear the
//! prompts and to ask for a callback.

use std::sync::Arc;
use std::time::Duration;

use model::Key;
use phone::{Answering, KeyPress, PhoneEvent, Voice};
use tokio::time::sleep;

use crate::handset::Handset;

/// How long the robot's phone rings for a callback.
const RINGS: Duration = Duration::from_secs(1);
/// 486: the robot has no time for a waiting caller.
const NO_TIME: u16 = 486;
/// The user part of From when an agent is rung for a caller on the line, not for a callback.
const WAITING_CALLER: &str = "queue";
/// The robot decides call by call.
pub(crate) const DECIDES: Answering = Answering::NeverAnswer;
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
        match event {
            PhoneEvent::Invited { call, from, .. } if from.as_deref() == Some(WAITING_CALLER) => {
                handset.act(move |phone, now| phone.reject(now, call, NO_TIME));
            }
            PhoneEvent::Invited { call, .. } => {
                sleep(RINGS).await;
                handset.act(move |phone, now| phone.answer(now, call));
            }
            PhoneEvent::Answered { call } => {
                sleep(THINKS).await;
                let accept = Key::from_event(1).expect("1 is a key");
                handset.act(move |phone, now| {
                    phone.press(now, call, KeyPress::new(accept));
                });
            }
            _ => {}
        }
    }
}
