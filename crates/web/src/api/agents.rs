//! The agents: who is there, and what they want.

use std::sync::Arc;

use axum::extract::{Path, State};
use model::AgentName;
use server::control::{Request, Response};

use crate::App;
use crate::access::{Right, Who};
use crate::body::{Given, Json};
use crate::problem::Problem;
use crate::shapes::{Agent, Agents, Busy, Done, NewStatus};

/// Every agent.
#[utoipa::path(get, path = "/agents", tag = "agents", security(("token" = [])),
    responses((status = 200, body = Agents), (status = "4XX", body = crate::problem::ProblemBody)))]
pub(crate) async fn agents(State(app): State<Arc<App>>, who: Who) -> Result<Json<Agents>, Problem> {
    who.needs(Right::See)?;
    match app.desk.ask(Request::Agents).await {
        Response::Agents { agents } => {
            Ok(Json(Agents { agents: agents.into_iter().map(Agent::from).collect() }))
        }
        other => Err(Problem::of(other)),
    }
}

/// Set what an agent wants. An agent's own token may do so for that agent.
#[utoipa::path(put, path = "/agents/{name}/status", tag = "agents", security(("token" = [])),
    params(("name" = String, Path, description = "The agent")), request_body = NewStatus,
    responses((status = 200, body = Done), (status = "4XX", body = crate::problem::ProblemBody)))]
pub(crate) async fn set_status(
    State(app): State<Arc<App>>,
    who: Who,
    Path(name): Path<String>,
    Given(new): Given<NewStatus>,
) -> Result<Json<Done>, Problem> {
    let agent = AgentName::from(name.as_str());
    who.acts_for(&agent)?;
    let (status, reason) = (new.status.into(), new.reason);
    app.command(Request::SetStatus { agent, status, reason }).await.map(Json)
}

/// An agent is ready before the time of the wrap-up is over.
#[utoipa::path(post, path = "/agents/{name}/ready", tag = "agents", security(("token" = [])),
    params(("name" = String, Path, description = "The agent")),
    responses((status = 200, body = Done), (status = "4XX", body = crate::problem::ProblemBody)))]
pub(crate) async fn ready(
    State(app): State<Arc<App>>,
    who: Who,
    Path(name): Path<String>,
) -> Result<Json<Done>, Problem> {
    let agent = AgentName::from(name.as_str());
    who.acts_for(&agent)?;
    app.command(Request::Ready { agent }).await.map(Json)
}

/// Say where else an agent serves somebody; meanwhile that agent is offered no call. Told by a
/// system of chats.
#[utoipa::path(put, path = "/agents/{name}/busy", tag = "agents", security(("token" = [])),
    params(("name" = String, Path, description = "The agent")), request_body = Busy,
    responses((status = 200, body = Done), (status = "4XX", body = crate::problem::ProblemBody)))]
pub(crate) async fn set_busy(
    State(app): State<Arc<App>>,
    who: Who,
    Path(name): Path<String>,
    Given(busy): Given<Busy>,
) -> Result<Json<Done>, Problem> {
    let agent = AgentName::from(name.as_str());
    who.acts_for(&agent)?;
    let channel = busy.channel.map(Into::into);
    app.command(Request::SetBusy { agent, channel }).await.map(Json)
}
