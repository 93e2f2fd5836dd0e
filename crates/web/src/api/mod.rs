//! The paths, and who answers them.

mod agents;
mod callbacks;
mod engine;
mod slots;
mod switches;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post, put};
use server::control::{Request, Response};

use crate::App;
use crate::body::BODY_BYTES_MAX;
use crate::events;
use crate::guard::guard;
use crate::metrics;
use crate::openapi;
use crate::problem::Problem;
use crate::shapes::Done;

pub(crate) use agents::{__path_agents, __path_ready, __path_set_busy, __path_set_status};
pub(crate) use callbacks::{
    __path_callback, __path_callbacks, __path_cancel, __path_create, __path_do_not_record,
    __path_reschedule, __path_resolve, __path_retry,
};
pub(crate) use engine::{
    __path_calls, __path_drain, __path_livez, __path_plan, __path_queues, __path_readyz,
    __path_reload, __path_status,
};
pub(crate) use slots::{__path_availability, __path_slots};
pub(crate) use switches::{__path_switch_all, __path_switch_line, __path_switch_queue};

/// Everything that is answered.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/livez", get(engine::livez))
        .route("/readyz", get(engine::readyz))
        .route("/openapi.json", get(openapi::serve))
        .route("/status", get(engine::status))
        .route("/calls", get(engine::calls))
        .route("/queues", get(engine::queues))
        .route("/switches/{switch}", put(switches::switch_all))
        .route("/lines/{name}/{switch}", put(switches::switch_line))
        .route("/queues/{name}/{switch}", put(switches::switch_queue))
        .route("/drain", post(engine::drain))
        .route("/settings/reload", post(engine::reload))
        .route("/settings/plan", get(engine::plan))
        .route("/events", get(events::events))
        .route("/metrics", get(metrics::metrics))
        .route("/agents", get(agents::agents))
        .route("/agents/{name}/status", put(agents::set_status))
        .route("/agents/{name}/ready", post(agents::ready))
        .route("/agents/{name}/busy", put(agents::set_busy))
        .route("/availability", get(slots::availability))
        .route("/slots", get(slots::slots))
        .route("/callbacks", get(callbacks::callbacks).post(callbacks::create))
        .route(
            "/callbacks/{id}",
            get(callbacks::callback).patch(callbacks::reschedule).delete(callbacks::cancel),
        )
        .route("/callbacks/{id}/retry", post(callbacks::retry))
        .route("/callbacks/{id}/resolve", post(callbacks::resolve))
        .route("/callbacks/{id}/do-not-record", post(callbacks::do_not_record))
        .fallback(nothing_there)
        .method_not_allowed_fallback(not_so)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(Arc::clone(&app), guard))
        .with_state(app)
}

async fn nothing_there() -> Problem {
    Problem::unknown("there is nothing here: /openapi.json says what there is")
}

async fn not_so() -> Problem {
    let detail = "this is not done here: /openapi.json says what is";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "not_allowed", detail)
}

impl App {
    /// Carries out a command of the control socket.
    async fn command(&self, request: Request) -> Result<Done, Problem> {
        match self.desk.ask(request).await {
            Response::Done { what, .. } => Ok(Done { what }),
            other => Err(Problem::of(other)),
        }
    }
}
