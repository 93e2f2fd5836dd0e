//! Callback requests: ask for one, see them, deal with them.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response as HttpResponse};
use config::Role;
use ledger::{Need, Origin, Terms, WORD_BYTES_MAX};
use model::{AgentName, LineName, QueueName, RequestId, Wall};
use serde::Deserialize;
use server::control::{LadderOf, Request, Response};
use server::views::{CallbackView, HistoryView, Page};
use utoipa::IntoParams;

use crate::App;
use crate::access::{Right, Who};
use crate::body::{Asked, Given, Json};
use crate::problem::Problem;
use crate::shapes::{
    Callback, CallbackHistory, Callbacks, Done, Happened, Moved, Promised, Settled, Way, Wish,
};

/// Callbacks in one page, unless fewer are asked for.
const PAGE_USUAL: usize = 100;
/// Most callbacks in one page.
const PAGE_MAX: usize = 1_000;

/// Which callbacks are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Closed ones too.
    #[serde(default)]
    all: bool,
    /// Numbers in full: for supervisors.
    #[serde(default)]
    reveal: bool,
    /// Only those that were asked for by this way.
    origin: Option<Way>,
    /// Only those that this agent is to make.
    owner: Option<String>,
    /// Only those with this tag.
    tag: Option<String>,
    /// Only those of this queue.
    queue: Option<String>,
    /// Only those behind this one, by their ids: `next` of the page before.
    after: Option<String>,
    /// At most so many: 100 when absent, 1000 at most.
    limit: Option<usize>,
}

/// Whether a number is wanted in full.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Reveal {
    /// The number in full: for supervisors.
    #[serde(default)]
    reveal: bool,
}

/// Callbacks, page by page, in the order of their ids.
#[utoipa::path(get, path = "/callbacks", tag = "callbacks", security(("token" = [])),
    params(Filter),
    responses((status = 200, body = Callbacks),
        (status = "4XX", body = crate::problem::ProblemBody)))]
pub(crate) async fn callbacks(
    State(app): State<Arc<App>>,
    who: Who,
    Asked(filter): Asked<Filter>,
) -> Result<Json<Callbacks>, Problem> {
    who.needs(Right::See)?;
    if filter.reveal {
        who.needs(Right::Reveal)?;
    }
    let limit = filter.limit.unwrap_or(PAGE_USUAL);
    if !(1..=PAGE_MAX).contains(&limit) {
        return Err(Problem::wrong(format!("a page has from 1 to {PAGE_MAX} callbacks")));
    }
    let page = Page {
        all: filter.all,
        reveal: filter.reveal,
        origin: filter.origin.map(Origin::from),
        owner: filter.owner.as_deref().map(AgentName::from),
        tag: filter.tag,
        queue: filter.queue.as_deref().map(QueueName::from),
        after: filter.after.as_deref().map(id).transpose()?,
        limit,
    };
    let list = app.desk.callbacks(&page).await;
    let last = list.callbacks.last().map(|callback| callback.request.to_string());
    let callbacks = list.callbacks.into_iter().map(Callback::from).collect();
    let next = last.filter(|_| list.more > 0);
    Ok(Json(Callbacks { callbacks, more: list.more, next }))
}

/// Ask for a callback: as soon as an agent is free, at a time, or in a slot. Answered once it is on
/// the disk. Asking again with the same `Idempotency-Key` within a day asks for the same one.
#[utoipa::path(post, path = "/callbacks", tag = "callbacks", security(("token" = [])),
    params(("Idempotency-Key" = Option<String>, Header,
        description = "Chosen by whoever asks, one for each callback that is wanted")),
    request_body = Wish,
    responses((status = 201, body = Promised),
        (status = "4XX", body = crate::problem::ProblemBody),
        (status = 503, body = crate::problem::ProblemBody)))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    who: Who,
    headers: HeaderMap,
    Given(wish): Given<Wish>,
) -> Result<HttpResponse, Problem> {
    who.needs(Right::Create)?;
    let terms = terms(&who, &headers, &wish)?;
    let request = Request::Create {
        number: wish.number,
        line: wish.line.as_deref().map(LineName::from),
        language: wish.language,
        terms,
    };
    match app.desk.ask(request).await {
        Response::Done { what, request: Some(request) } => {
            let body = Json(Promised { id: request.to_string(), what });
            let mut response = (StatusCode::CREATED, body).into_response();
            let at = HeaderValue::from_str(&format!("/callbacks/{request}"));
            response.headers_mut().extend(at.ok().map(|at| (LOCATION, at)));
            Ok(response)
        }
        other => Err(Problem::of(other)),
    }
}

/// On which terms a callback is asked for. A site may say nothing of how it is made.
fn terms(who: &Who, headers: &HeaderMap, wish: &Wish) -> Result<Terms, Problem> {
    let usual = match who.role {
        Role::Site => Origin::Web,
        Role::Agent => Origin::Agent,
        Role::Viewer | Role::Supervisor | Role::Admin => Origin::Operator,
    };
    let origin = wish.origin.map_or(usual, Origin::from);
    let chosen = wish.owner.is_some() || !wish.skills.is_empty() || wish.priority > 0;
    if who.role == Role::Site && (!origin.is_remote() || chosen) {
        let detail = "a site asks for web, mobile or chat, and for no agent, skill or priority";
        return Err(Problem::forbidden(detail));
    }
    let need = |text: &String| {
        let wrong = || Problem::wrong("skills: write french>=2, or french");
        Need::parse(text).ok_or_else(wrong)
    };
    let time = |text: &Option<String>| text.as_deref().map(moment).transpose();
    let own = who.agent.clone().filter(|_| origin == Origin::Agent);
    Ok(Terms {
        origin,
        due: time(&wish.at)?,
        slot: time(&wish.slot)?,
        owner: wish.owner.as_deref().map(AgentName::from).or(own),
        script: wish.script.clone(),
        tags: wish.tags.clone(),
        needs: wish.skills.iter().map(need).collect::<Result<_, _>>()?,
        priority: wish.priority,
        key: key(who, headers)?,
        unrecorded: wish.unrecorded,
        replaces: None,
    })
}

/// The key of this request. Each token has keys of its own.
fn key(who: &Who, headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(header) = headers.get("idempotency-key") else { return Ok(None) };
    let most = WORD_BYTES_MAX - who.name.len() - 1;
    let refused = || Problem::malformed(format!("Idempotency-Key: at most {most} bytes of ASCII"));
    let text = header.to_str().map_err(|_| refused())?.trim();
    if text.is_empty() || text.len() > most {
        return Err(refused());
    }
    Ok(Some(format!("{}/{text}", who.name)))
}

/// One callback, and what happened to it.
#[utoipa::path(get, path = "/callbacks/{id}", tag = "callbacks", security(("token" = [])),
    params(("id" = String, Path, description = "As cb-17"), Reveal),
    responses((status = 200, body = CallbackHistory),
        (status = "4XX", body = crate::problem::ProblemBody)))]
pub(crate) async fn callback(
    State(app): State<Arc<App>>,
    who: Who,
    Path(name): Path<String>,
    Asked(asked): Asked<Reveal>,
) -> Result<Json<CallbackHistory>, Problem> {
    who.needs(Right::See)?;
    if asked.reveal {
        who.needs(Right::Reveal)?;
    }
    let (callback, history) = one(&app, id(&name)?, asked.reveal).await?;
    let history = history.into_iter().map(Happened::from).collect();
    Ok(Json(CallbackHistory { callback: callback.into(), history }))
}

/// Deal with a callback at another time. It gives up its place.
#[utoipa::path(patch, path = "/callbacks/{id}", tag = "callbacks", security(("token" = [])),
    params(("id" = String, Path, description = "As cb-17")), request_body = Moved,
    responses((status = 200, body = Done), (status = "4XX", body = crate::problem::ProblemBody)))]
pub(crate) async fn reschedule(
    State(app): State<Arc<App>>,
    who: Who,
    Path(name): Path<String>,
    Given(moved): Given<Moved>,
) -> Result<Json<Done>, Problem> {
    let id = managed(&app, &who, &name).await?;
    app.command(Request::Move { id, due: moment(&moved.at)? }).await.map(Json)
}

/// Take a callback back. A conversation under way is not cut.
#[utoipa::path(delete, path = "/callbacks/{id}", tag = "callbacks", security(("token" = [])),
    params(("id" = String, Path, description = "As cb-17")),
    responses((status = 200, body = Done), (status = "4XX", body = crate::problem::ProblemBody)))]
pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    who: Who,
    Path(name): Path<String>,
) -> Result<Json<Done>, Problem> {
    let id = managed(&app, &who, &name).await?;
    app.command(Request::Cancel { id }).await.map(Json)
}

/// Make the next attempt as soon as an agent is free.
#[utoipa::path(post, path = "/callbacks/{id}/retry", tag = "callbacks", security(("token" = [])),
    params(("id" = String, Path, description = "As cb-17")),
    responses((status = 200, body = Done), (status = "4XX", body = crate::problem::ProblemBody)))]
pub(crate) async fn retry(
    State(app): State<Arc<App>>,
    who: Who,
    Path(name): Path<String>,
) -> Result<Json<Done>, Problem> {
    let id = managed(&app, &who, &name).await?;
    app.command(Request::Retry { id }).await.map(Json)
}

/// Settle a dial that may or may not have reached the customer.
#[utoipa::path(post, path = "/callbacks/{id}/resolve", tag = "callbacks",
    security(("token" = [])),
    params(("id" = String, Path, description = "As cb-17")), request_body = Settled,
    responses((status = 200, body = Done), (status = "4XX", body = crate::problem::ProblemBody)))]
pub(crate) async fn resolve(
    State(app): State<Arc<App>>,
    who: Who,
    Path(name): Path<String>,
    Given(settled): Given<Settled>,
) -> Result<Json<Done>, Problem> {
    let id = managed(&app, &who, &name).await?;
    app.command(Request::Resolve { id, reached: settled.reached }).await.map(Json)
}

/// The customer does not want to be recorded.
#[utoipa::path(post, path = "/callbacks/{id}/do-not-record", tag = "callbacks",
    security(("token" = [])),
    params(("id" = String, Path, description = "As cb-17")),
    responses((status = 200, body = Done), (status = "4XX", body = crate::problem::ProblemBody)))]
pub(crate) async fn do_not_record(
    State(app): State<Arc<App>>,
    who: Who,
    Path(name): Path<String>,
) -> Result<Json<Done>, Problem> {
    let id = managed(&app, &who, &name).await?;
    app.command(Request::DoNotRecord { of: LadderOf::Request(id) }).await.map(Json)
}

/// The callback that is meant, when this token may deal with it: an agent with those that the agent
/// owns.
async fn managed(app: &App, who: &Who, name: &str) -> Result<RequestId, Problem> {
    let id = id(name)?;
    if who.may(Right::Manage) {
        return Ok(id);
    }
    who.needs(Right::See)?;
    let (callback, _) = one(app, id, false).await?;
    match callback.terms.owner {
        Some(owner) => who.acts_for(&owner)?,
        None => who.needs(Right::Manage)?,
    }
    Ok(id)
}

async fn one(
    app: &App,
    id: RequestId,
    reveal: bool,
) -> Result<(CallbackView, Vec<HistoryView>), Problem> {
    match app.desk.ask(Request::Callback { id, reveal }).await {
        Response::Callback { callback, history } => Ok((callback, history)),
        other => Err(Problem::of(other)),
    }
}

/// `cb-17` or `17`.
fn id(text: &str) -> Result<RequestId, Problem> {
    let number = text.strip_prefix("cb-").unwrap_or(text).parse();
    let unknown = |_| Problem::unknown("no callback is called so: write it as cb-17");
    number.map(RequestId).map_err(unknown)
}

/// A moment as RFC 3339 writes it.
fn moment(text: &str) -> Result<Wall, Problem> {
    Wall::parse(text).ok_or_else(|| {
        Problem::wrong("a time is written so: 2026-11-23T10:00+01:00, or 2026-11-23T09:00Z")
    })
}
