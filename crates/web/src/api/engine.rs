//! The engine as a whole: whether it is there, how it is, its calls and queues.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use server::control::{Request, Response};
use utoipa::IntoParams;

use crate::App;
use crate::access::{Right, Who};
use crate::body::{Asked, Json};
use crate::problem::Problem;
use crate::shapes::{Call, Calls, Done, Queue, Queues, Status};
use crate::shapes_of_settings::NewSettings;

/// Whether the program runs.
#[utoipa::path(get, path = "/livez", tag = "engine", responses((status = 200, body = String)))]
pub(crate) async fn livez() -> &'static str {
    "ok\n"
}

/// Whether the engine takes calls and can promise: it does not drain, and its journal can be
/// written.
#[utoipa::path(get, path = "/readyz", tag = "engine",
    responses((status = 200, body = String), (status = 503, body = String)))]
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    let status = app.desk.status();
    match (status.draining, status.journal_down) {
        (false, None) => (StatusCode::OK, "ok\n"),
        (true, _) => (StatusCode::SERVICE_UNAVAILABLE, "draining\n"),
        (false, Some(_)) => (StatusCode::SERVICE_UNAVAILABLE, "the journal cannot be written\n"),
    }
}

/// How the engine is.
#[utoipa::path(get, path = "/status", tag = "engine", security(("token" = [])),
    responses((status = 200, body = Status), (status = "4XX", body = crate::problem::ProblemBody)))]
pub(crate) async fn status(State(app): State<Arc<App>>, who: Who) -> Result<Json<Status>, Problem> {
    who.needs(Right::See)?;
    Ok(Json(app.desk.status().into()))
}

/// The calls under way, and the last ones.
#[utoipa::path(get, path = "/calls", tag = "engine", security(("token" = [])),
    responses((status = 200, body = Calls), (status = "4XX", body = crate::problem::ProblemBody)))]
pub(crate) async fn calls(State(app): State<Arc<App>>, who: Who) -> Result<Json<Calls>, Problem> {
    who.needs(Right::See)?;
    match app.desk.ask(Request::Calls).await {
        Response::Calls { calls } => {
            Ok(Json(Calls { calls: calls.into_iter().map(Call::from).collect() }))
        }
        other => Err(Problem::of(other)),
    }
}

/// The queues, and who stands where in them.
#[utoipa::path(get, path = "/queues", tag = "engine", security(("token" = [])),
    responses((status = 200, body = Queues), (status = "4XX", body = crate::problem::ProblemBody)))]
pub(crate) async fn queues(State(app): State<Arc<App>>, who: Who) -> Result<Json<Queues>, Problem> {
    who.needs(Right::See)?;
    match app.desk.ask(Request::Queues).await {
        Response::Queues { queues } => {
            Ok(Json(Queues { queues: queues.into_iter().map(Queue::from).collect() }))
        }
        other => Err(Problem::of(other)),
    }
}

/// Read the settings again and take them over, whole or not at all.
#[utoipa::path(post, path = "/settings/reload", tag = "engine", security(("token" = [])),
    responses((status = 200, body = NewSettings), (status = 422, body = NewSettings),
        (status = "4XX", body = crate::problem::ProblemBody)))]
pub(crate) async fn reload(
    State(app): State<Arc<App>>,
    who: Who,
) -> Result<(StatusCode, Json<NewSettings>), Problem> {
    settings(&app, &who, false).await
}

/// What a reload would do now. Changes nothing.
#[utoipa::path(get, path = "/settings/plan", tag = "engine", security(("token" = [])),
    responses((status = 200, body = NewSettings), (status = 422, body = NewSettings),
        (status = "4XX", body = crate::problem::ProblemBody)))]
pub(crate) async fn plan(
    State(app): State<Arc<App>>,
    who: Who,
) -> Result<(StatusCode, Json<NewSettings>), Problem> {
    settings(&app, &who, true).await
}

async fn settings(
    app: &App,
    who: &Who,
    only_look: bool,
) -> Result<(StatusCode, Json<NewSettings>), Problem> {
    who.needs(Right::Stop)?;
    match app.desk.ask(Request::Reload { file: None, only_look }).await {
        Response::Settings(view) => {
            let status = if view.good { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
            Ok((status, Json(view.into())))
        }
        other => Err(Problem::of(other)),
    }
}

/// For how long calls may go on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Draining {
    /// After so many seconds, what is left is hung up; without it, calls end by themselves.
    cut_after: Option<u64>,
}

/// Take no new call, let the present ones end, then stop.
#[utoipa::path(post, path = "/drain", tag = "engine", security(("token" = [])), params(Draining),
    responses((status = 202, body = Done), (status = "4XX", body = crate::problem::ProblemBody)))]
pub(crate) async fn drain(
    State(app): State<Arc<App>>,
    who: Who,
    Asked(asked): Asked<Draining>,
) -> Result<(StatusCode, Json<Done>), Problem> {
    who.needs(Right::Stop)?;
    let done = app.command(Request::Drain { cut_after: asked.cut_after }).await?;
    Ok((StatusCode::ACCEPTED, Json(done)))
}
