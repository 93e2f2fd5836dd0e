//! What customers who have not called may ask for: what a web site's button is fed by.

use std::sync::Arc;

use axum::extract::State;
use model::LineName;
use server::control::{AvailabilityView, Request, Response};

use crate::App;
use crate::access::Who;
use crate::body::{Asked, Json};
use crate::problem::Problem;
use crate::shapes::{Availability, Slots};

/// Most words that are given back.
const TAGS_MAX: usize = ledger::TAGS_MAX;

/// What may be asked for now: a callback at once, or at a time of one's own.
#[utoipa::path(get, path = "/availability", tag = "slots", security(("token" = [])),
    params(
        ("line" = Option<String>, Query, description = "Of this line"),
        ("tag" = Option<String>, Query, description = "Words, given back; may stand several times"),
    ),
    responses((status = 200, body = Availability),
        (status = "4XX", body = crate::problem::ProblemBody)))]
pub(crate) async fn availability(
    State(app): State<Arc<App>>,
    _who: Who,
    Asked(asked): Asked<Vec<(String, String)>>,
) -> Result<Json<Availability>, Problem> {
    Ok(Json(ask(&app, asked).await?.into()))
}

/// The slots in which appointments may be made.
#[utoipa::path(get, path = "/slots", tag = "slots", security(("token" = [])),
    params(("line" = Option<String>, Query, description = "Of this line")),
    responses((status = 200, body = Slots), (status = "4XX", body = crate::problem::ProblemBody)))]
pub(crate) async fn slots(
    State(app): State<Arc<App>>,
    _who: Who,
    Asked(asked): Asked<Vec<(String, String)>>,
) -> Result<Json<Slots>, Problem> {
    Ok(Json(ask(&app, asked).await?.into()))
}

async fn ask(app: &App, asked: Vec<(String, String)>) -> Result<AvailabilityView, Problem> {
    let (mut line, mut tags) = (None, Vec::new());
    for (name, value) in asked {
        match name.as_str() {
            "line" => line = Some(LineName::from(value.as_str())),
            "tag" if tags.len() < TAGS_MAX => tags.push(value),
            "tag" => return Err(Problem::wrong(format!("there are at most {TAGS_MAX} tags"))),
            _ => {
                let detail = format!("behind the question mark: `{name}` is not line or tag");
                return Err(Problem::malformed(detail));
            }
        }
    }
    match app.desk.ask(Request::Availability { line, tags }).await {
        Response::Availability(view) => Ok(view),
        other => Err(Problem::of(other)),
    }
}
