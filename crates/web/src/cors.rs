//! What web pages of other origins may ask from within a browser (the Fetch standard, CORS).
//!
//! A page's origin says where it comes from, not who asks: the token decides that all the same.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

/// How long a browser need not ask again whether it may ask.
const AGE_SECONDS: &str = "600";

/// The origin of the page that asks, when it is one of ours.
pub(crate) fn origin(headers: &HeaderMap, origins: &[String]) -> Option<HeaderValue> {
    let origin = headers.get(ORIGIN)?;
    let text = origin.to_str().ok()?;
    origins.iter().any(|known| known.eq_ignore_ascii_case(text)).then(|| origin.clone())
}

/// True for the question of a browser whether it may ask.
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Answers that question.
pub(crate) fn preflight(origin: Option<HeaderValue>) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    if origin.is_some() {
        let allowed = [
            (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, PATCH, DELETE"),
            (ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type, Idempotency-Key"),
            (ACCESS_CONTROL_MAX_AGE, AGE_SECONDS),
        ];
        for (name, value) in allowed {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    allow(response, origin)
}

/// Lets the page read an answer.
pub(crate) fn allow(mut response: Response, origin: Option<HeaderValue>) -> Response {
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        let seen = HeaderValue::from_static("Location, Retry-After");
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, seen);
    }
    response
}
