//! What stands before every handler: origins, tokens, and a limit to patience.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;
use crate::{App, cors};

/// How long the engine may take to answer a request; a journal that hangs keeps a command waiting.
pub const ANSWER_TIME: Duration = Duration::from_secs(10);

/// What anybody may ask: whether the engine is there, and how it is asked.
const PUBLIC: [&str; 3] = ["/livez", "/readyz", "/openapi.json"];

/// True for what a page in a browser of this machine may have sent, whoever wrote the page: it
/// names its origin, or has a name of its own for this machine (DNS rebinding).
fn may_be_a_page(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let here = host.parse::<SocketAddr>().is_ok_and(|at| at.ip().is_loopback())
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        || name == "localhost";
    headers.contains_key(ORIGIN) || !here
}

/// Lets a request in, or answers it.
pub(crate) async fn guard(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let doors = app.keys.doors();
    let origin = cors::origin(request.headers(), &doors.origins);
    if cors::is_preflight(request.method(), request.headers()) {
        return cors::preflight(origin);
    }
    if doors.access.is_open() && may_be_a_page(request.headers()) {
        let detail = "pages in a browser may not ask the laboratory, where nobody needs a token";
        return Problem::forbidden(detail).into_response();
    }
    if !PUBLIC.contains(&request.uri().path()) {
        let header = request.headers().get(AUTHORIZATION);
        match doors.access.who(header.and_then(|value| value.to_str().ok())) {
            Ok(who) => {
                request.extensions_mut().insert(who);
            }
            Err(problem) => return cors::allow(problem.into_response(), origin),
        }
    }
    let answer = tokio::time::timeout(ANSWER_TIME, next.run(request)).await;
    let answer = answer.unwrap_or_else(|_| {
        let detail = "the engine did not answer in time; what was asked for may still be done. A \
                      callback may be asked for again with the same Idempotency-Key";
        Problem::new(StatusCode::GATEWAY_TIMEOUT, "no_answer", detail).into_response()
    });
    cors::allow(answer, origin)
}
