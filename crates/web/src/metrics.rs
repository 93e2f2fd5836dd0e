//! What a Prometheus scrapes: the engine's state now, and facts counted since the start. No label
//! holds anything of a person.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::response::Response;
use ledger::{Entry, Fact};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use server::Desk;
use server::control::{Counters, QueueView, Request, Response as Answer, StatusView};

use crate::App;
use crate::access::{Right, Who};
use crate::body;
use crate::problem::Problem;

/// The names of a sample's labels, and their values.
type Labels = Vec<(&'static str, String)>;
type Gauges = Family<Labels, Gauge>;
type Counted = Family<Labels, Counter>;

/// How often each fact happened since the start, and how those ended that end in one of several
/// ways.
#[derive(Debug, Default)]
pub(crate) struct Facts(Mutex<BTreeMap<(&'static str, String), u64>>);

impl Facts {
    fn count(&self, entry: &Entry) {
        let how = match &entry.fact {
            Fact::RequestClosed { end, .. } => end.to_string(),
            Fact::CallEnded { end, .. } => end.to_string(),
            Fact::OfferEnded { end, .. } => end.to_string(),
            Fact::DialEnded { outcome, .. } => outcome.to_string(),
            _ => String::new(),
        };
        let mut counts = self.0.lock().expect("nobody panics while counting");
        *counts.entry((entry.fact.word(), how)).or_default() += 1;
    }
}

/// Counts facts until the engine ends. A journal that cannot be read for a moment is read later.
pub(crate) async fn follow(app: Arc<App>) {
    let mut desk = app.desk.clone();
    let mut after = desk.last_fact();
    while desk.more_facts().await {
        while let Ok(page) = desk.facts(after).await {
            let Some(last) = page.last() else { break };
            after = last.seq;
            page.iter().for_each(|entry| app.facts.count(entry));
        }
    }
}

/// What a Prometheus scrapes (OpenMetrics 1.0). docs/metrics.md explains each name.
#[utoipa::path(get, path = "/metrics", tag = "engine", security(("token" = [])),
    responses((status = 200, body = String, content_type = "application/openmetrics-text"),
        (status = "4XX", body = crate::problem::ProblemBody)))]
pub(crate) async fn metrics(State(app): State<Arc<App>>, who: Who) -> Result<Response, Problem> {
    who.needs(Right::See)?;
    let mut registry = Registry::with_prefix("rappel");
    engine(&mut registry, &app.desk.status());
    queues(&mut registry, &queues_of(&app.desk).await?);
    agents(&mut registry, &app.desk).await?;
    facts(&mut registry, &app.facts);
    let mut text = String::new();
    encode(&mut text, &registry).expect("a string takes everything");
    Ok(body::json("application/openmetrics-text; version=1.0.0; charset=utf-8", text))
}

fn engine(registry: &mut Registry, status: &StatusView) {
    let mut gauge = |name: &str, help: &str, value: i64| {
        let gauge = Gauge::<i64>::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    };
    gauge("up", "1 while the journal can be written", i64::from(status.journal_down.is_none()));
    gauge("draining", "1 once no new call is taken", i64::from(status.draining));
    gauge("starts", "Starts of an engine on this journal", status.epoch.into());
    gauge("calls", "Live calls", i64::try_from(status.calls).unwrap_or(i64::MAX));
    gauge("callbacks", "Open callbacks", i64::try_from(status.requests).unwrap_or(i64::MAX));
    let uptime = Gauge::<i64>::default();
    uptime.set(i64::try_from(status.uptime_secs).unwrap_or(i64::MAX));
    registry.register_with_unit("uptime", "Time since the start", Unit::Seconds, uptime);
    let version = Gauges::default();
    version.get_or_create(&vec![("version", status.version.clone())]).set(1);
    registry.register("build_info", "The version of the program", version);
    let troubles = Counted::default();
    for (name, count) in troubles_of(&status.counters) {
        troubles.get_or_create(&vec![("kind", name.to_owned())]).inc_by(count);
    }
    registry.register("troubles", "What went wrong without stopping anything", troubles);
}

fn troubles_of(counters: &Counters) -> [(&'static str, u64); 20] {
    let Counters {
        sip_sends_failed,
        rtp_sends_failed,
        rtp_oversized,
        rtp_frames_skipped,
        rtp_not_accepted,
        rtp_not_understood,
        rtp_not_authentic,
        rtp_not_relayed,
        rtp_not_protected,
        rtp_outputs_dropped,
        media_ports_refused,
        media_clips_cut,
        media_digits_cut,
        recording_pieces_lost,
        media_events_delayed,
        media_events_lost,
        media_orders_delayed,
        media_orders_lost,
        history_lost,
        caps_reached,
    } = *counters;
    [
        ("sip_sends_failed", sip_sends_failed),
        ("rtp_sends_failed", rtp_sends_failed),
        ("rtp_oversized", rtp_oversized),
        ("rtp_frames_skipped", rtp_frames_skipped),
        ("rtp_not_accepted", rtp_not_accepted),
        ("rtp_not_understood", rtp_not_understood),
        ("rtp_not_authentic", rtp_not_authentic),
        ("rtp_not_relayed", rtp_not_relayed),
        ("rtp_not_protected", rtp_not_protected),
        ("rtp_outputs_dropped", rtp_outputs_dropped),
        ("media_ports_refused", media_ports_refused),
        ("media_clips_cut", media_clips_cut),
        ("media_digits_cut", media_digits_cut),
        ("recording_pieces_lost", recording_pieces_lost),
        ("media_events_delayed", media_events_delayed),
        ("media_events_lost", media_events_lost),
        ("media_orders_delayed", media_orders_delayed),
        ("media_orders_lost", media_orders_lost),
        ("history_lost", history_lost),
        ("caps_reached", caps_reached),
    ]
}

async fn queues_of(desk: &Desk) -> Result<Vec<QueueView>, Problem> {
    match desk.ask(Request::Queues).await {
        Answer::Queues { queues } => Ok(queues),
        other => Err(Problem::of(other)),
    }
}

fn queues(registry: &mut Registry, queues: &[QueueView]) {
    let entries = Gauges::default();
    for queue in queues {
        let callers = queue.entries.iter().filter(|entry| entry.call.is_some()).count();
        let callbacks = queue.entries.len() - callers + queue.more;
        for (kind, count) in [("caller", callers), ("callback", callbacks)] {
            let labels = vec![("queue", queue.queue.to_string()), ("kind", kind.to_owned())];
            entries.get_or_create(&labels).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }
    let help = "Who holds a place in a queue; beyond 1000 all are counted as callbacks";
    registry.register("queue_entries", help, entries);
}

async fn agents(registry: &mut Registry, desk: &Desk) -> Result<(), Problem> {
    let (statuses, calls) = (Gauges::default(), Gauges::default());
    match desk.ask(Request::Agents).await {
        Answer::Agents { agents } => {
            for agent in agents {
                let status = serde_json::to_value(agent.status).unwrap_or_default();
                let status = status.as_str().unwrap_or_default().to_owned();
                statuses.get_or_create(&vec![("status", status)]).inc();
            }
        }
        other => return Err(Problem::of(other)),
    }
    match desk.ask(Request::Trunks).await {
        Answer::Trunks { trunks } => {
            for trunk in trunks {
                let name = trunk.trunk.to_string();
                for (kind, count) in [("caller", trunk.callers), ("callback", trunk.callbacks)] {
                    let labels = vec![("trunk", name.clone()), ("kind", kind.to_owned())];
                    calls.get_or_create(&labels).set(count.into());
                }
            }
        }
        other => return Err(Problem::of(other)),
    }
    registry.register("agents", "Agents by what they want", statuses);
    registry.register("trunk_calls", "Calls over a trunk", calls);
    Ok(())
}

fn facts(registry: &mut Registry, facts: &Facts) {
    let counted = Counted::default();
    for ((fact, how), count) in &*facts.0.lock().expect("nobody panics while counting") {
        let labels = vec![("fact", (*fact).to_owned()), ("how", how.clone())];
        counted.get_or_create(&labels).inc_by(*count);
    }
    let help = "Facts since the start; how: the end or outcome, for those that have one";
    registry.register("facts", help, counted);
}
