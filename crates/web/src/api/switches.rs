//! What operators switch off and on: whether callbacks may be asked for, and whether those that
//! were are dialled.

use std::sync::Arc;

use axum::extract::{Path, State};
use ledger::{Part, Switch};
use server::control::Request;

use crate::App;
use crate::access::{Right, Who};
use crate::body::{Given, Json};
use crate::problem::Problem;
use crate::shapes::Done;

/// What is switched, and which way.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Turn {
    /// True for on.
    on: bool,
}

/// Let callbacks be asked for (`registering`) or make those that wait (`processing`), or do so no
/// more: of every line and every queue. It lasts over restarts.
#[utoipa::path(put, path = "/switches/{switch}", tag = "callbacks",
    security(("token" = [])),
    params(("switch" = String, Path, description = "`registering` or `processing`")),
    request_body = Turn,
    responses((status = 200, body = Done), (status = "4XX", body = crate::problem::ProblemBody)))]
pub(crate) async fn switch_all(
    State(app): State<Arc<App>>,
    who: Who,
    Path(switch): Path<String>,
    Given(turn): Given<Turn>,
) -> Result<Json<Done>, Problem> {
    turned(&app, &who, &switch, Part::Engine, turn.on).await
}

/// Let callbacks of a line be asked for (`registering`) or dial those that wait (`processing`), or
/// do so no more. It lasts over restarts.
#[utoipa::path(put, path = "/lines/{name}/{switch}", tag = "callbacks",
    security(("token" = [])), params(("name" = String, Path, description = "The line"),
        ("switch" = String, Path, description = "`registering` or `processing`")),
    request_body = Turn,
    responses((status = 200, body = Done), (status = "4XX", body = crate::problem::ProblemBody)))]
pub(crate) async fn switch_line(
    State(app): State<Arc<App>>,
    who: Who,
    Path((name, switch)): Path<(String, String)>,
    Given(turn): Given<Turn>,
) -> Result<Json<Done>, Problem> {
    turned(&app, &who, &switch, Part::Line(name.as_str().into()), turn.on).await
}

/// The same of a queue.
#[utoipa::path(put, path = "/queues/{name}/{switch}", tag = "callbacks",
    security(("token" = [])), params(("name" = String, Path, description = "The queue"),
        ("switch" = String, Path, description = "`registering` or `processing`")),
    request_body = Turn,
    responses((status = 200, body = Done), (status = "4XX", body = crate::problem::ProblemBody)))]
pub(crate) async fn switch_queue(
    State(app): State<Arc<App>>,
    who: Who,
    Path((name, switch)): Path<(String, String)>,
    Given(turn): Given<Turn>,
) -> Result<Json<Done>, Problem> {
    turned(&app, &who, &switch, Part::Queue(name.as_str().into()), turn.on).await
}

async fn turned(
    app: &App,
    who: &Who,
    switch: &str,
    of: Part,
    on: bool,
) -> Result<Json<Done>, Problem> {
    who.needs(Right::Manage)?;
    let switch = match switch {
        "registering" => Switch::Registering,
        "processing" => Switch::Processing,
        _ => return Err(Problem::unknown("what is switched is registering or processing")),
    };
    app.command(Request::Switch { switch, of, on }).await.map(Json)
}
