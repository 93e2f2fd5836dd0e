//! Facts as CloudEvents 1.0, and the stream of them: server-sent events, from any place of the
//! ledger on.
//!
//! The ledger itself is the buffer. Each reader is fed from it page by page at the reader's own
//! pace, so that one who reads slowly costs [`EVENTS_BUFFERED_MAX`] events of memory and delays
//! nobody; one who takes none for [`SLOW_TIME`] is dropped, and comes back with the last id.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_core::Stream;
use ledger::{Entry, Fact};
use model::{Seq, Wall};
use serde::{Deserialize, Serialize};
use server::Desk;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::timeout;
use utoipa::{IntoParams, ToSchema};

use crate::App;
use crate::access::{Right, Who};
use crate::body::Asked;
use crate::problem::Problem;

/// Readers of events at once.
pub const EVENT_STREAMS_MAX: usize = 32;
/// Events on their way to one reader.
pub const EVENTS_BUFFERED_MAX: usize = 64;
/// A reader that takes no event for so long is dropped.
pub const SLOW_TIME: Duration = Duration::from_secs(20);
/// How often a reader hears that there is nothing new.
pub const STILL_HERE: Duration = Duration::from_secs(10);

/// A fact as a CloudEvent (CloudEvents 1.0, JSON format).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Event<'a> {
    /// `1.0`.
    specversion: &'static str,
    /// The place in the ledger.
    id: String,
    /// The journal: with the id, it is the event's own for ever.
    source: String,
    /// `rappel.request_closed`, and so on: `rappel.` and the name of the fact.
    r#type: String,
    /// When it happened.
    time: String,
    /// The callback it speaks of: `cb-17`.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// `application/json`.
    datacontenttype: &'static str,
    /// The fact as the journal keeps it. Persons are named by numbers of their own, times are UTC
    /// milliseconds.
    #[schema(value_type = Object)]
    data: &'a Fact,
}

/// Which journal the events are of: the time of its first fact.
#[derive(Debug, Default)]
pub(crate) struct Source(OnceLock<Wall>);

impl Source {
    /// The time of the first fact, in milliseconds.
    pub(crate) async fn birth(&self, desk: &Desk) -> Option<i64> {
        if let Some(birth) = self.0.get() {
            return Some(birth.as_unix_millis());
        }
        let first = desk.facts(Seq(0)).await.ok()?.first()?.at;
        Some(self.0.get_or_init(|| first).as_unix_millis())
    }
}

/// A fact as the body of an event, in JSON: of the journal whose first fact is of `birth`, UTC
/// milliseconds.
pub fn event(birth: i64, entry: &Entry) -> String {
    let event = Event {
        specversion: "1.0",
        id: entry.seq.0.to_string(),
        source: format!("/rappel/{birth}"),
        r#type: format!("rappel.{}", entry.fact.word()),
        time: entry.at.to_string(),
        subject: entry.fact.request().map(|request| request.to_string()),
        datacontenttype: "application/json",
        data: &entry.fact,
    };
    serde_json::to_string(&event).expect("facts hold only strings and numbers")
}

/// Where a reader begins.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct From {
    /// Facts behind this place of the ledger; 0 is everything. Without it, and without a
    /// `Last-Event-ID`, what happens from now on.
    since: Option<u64>,
}

/// What happened and happens: one server-sent event for each fact that is on the disk.
#[utoipa::path(get, path = "/events", tag = "events", security(("token" = [])),
    params(From, ("Last-Event-ID" = Option<u64>, Header, description = "As `since`")),
    responses((status = 200, body = Event<'static>, content_type = "text/event-stream"),
        (status = "4XX", body = crate::problem::ProblemBody),
        (status = 503, body = crate::problem::ProblemBody)))]
pub(crate) async fn events(
    State(app): State<Arc<App>>,
    who: Who,
    headers: HeaderMap,
    Asked(asked): Asked<From>,
) -> Result<Response, Problem> {
    who.needs(Right::See)?;
    let last = match headers.get("last-event-id") {
        None => None,
        Some(id) => {
            let number = id.to_str().ok().and_then(|id| id.trim().parse().ok());
            Some(number.ok_or_else(|| Problem::malformed("Last-Event-ID is no place"))?)
        }
    };
    let mut desk = app.desk.clone();
    let after = last.or(asked.since).map_or_else(|| desk.last_fact(), Seq);
    let place = Arc::clone(&app.streams).try_acquire_owned().map_err(|_| {
        let detail = format!("{EVENT_STREAMS_MAX} others read events: try again in a moment");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "full", detail).again_after(30)
    })?;
    let (feed, events) = mpsc::channel(EVENTS_BUFFERED_MAX);
    let name = who.name;
    tokio::spawn(async move {
        let why = fed(&app.source, &mut desk, after, &feed, SLOW_TIME).await;
        tracing::debug!("events for {name} end: {why}");
    });
    let mut response = Body::from_stream(Feed { events, _place: place }).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A proxy that gathers what it passes on would hold events back.
    let plain = HeaderName::from_static("x-accel-buffering");
    headers.insert(plain, HeaderValue::from_static("no"));
    Ok(response)
}

/// Feeds a reader until one side ends; says why it ended.
async fn fed(
    source: &Source,
    desk: &mut Desk,
    mut after: Seq,
    feed: &mpsc::Sender<Bytes>,
    patience: Duration,
) -> &'static str {
    loop {
        // What becomes durable from here on is news again.
        desk.facts_seen();
        loop {
            let Ok(page) = desk.facts(after).await else { return "the journal cannot be read" };
            let Some(last) = page.last().map(|entry| entry.seq) else { break };
            let Some(birth) = source.birth(desk).await else { return "the journal is empty" };
            for entry in &page {
                let text = format!("id: {}\ndata: {}\n\n", entry.seq.0, event(birth, entry));
                if let Err(why) = give(feed, text, patience).await {
                    return why;
                }
            }
            after = last;
        }
        match timeout(STILL_HERE, desk.more_facts()).await {
            Ok(true) => {}
            Ok(false) => return "the engine is gone",
            Err(_) => {
                if let Err(why) = give(feed, ": still here\n\n".to_owned(), patience).await {
                    return why;
                }
            }
        }
    }
}

/// Hands a reader one event more; says why that cannot be done.
async fn give(
    feed: &mpsc::Sender<Bytes>,
    text: String,
    patience: Duration,
) -> Result<(), &'static str> {
    match timeout(patience, feed.send(text.into())).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err("the reader is gone"),
        Err(_) => Err("the reader takes no event"),
    }
}

/// The events of one reader.
struct Feed {
    events: mpsc::Receiver<Bytes>,
    _place: OwnedSemaphorePermit,
}

impl Stream for Feed {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.events.poll_recv(cx).map(|event| event.map(Ok))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_takes_no_event_is_dropped_and_few_wait_for_it() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.expect("a runtime").block_on(async {
            let (feed, mut events) = mpsc::channel(EVENTS_BUFFERED_MAX);
            let mut given = 0;
            let why = loop {
                match give(&feed, "data: x\n\n".to_owned(), Duration::ZERO).await {
                    Ok(()) => given += 1,
                    Err(why) => break why,
                }
            };
            assert_eq!((given, why), (EVENTS_BUFFERED_MAX, "the reader takes no event"));
            events.close();
            let gone = give(&feed, String::new(), Duration::ZERO).await;
            assert_eq!(gone, Err("the reader is gone"));
        });
    }
}
