//! Bodies in and out: JSON, and nothing longer than it has to be.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// Longest body of a request.
pub const BODY_BYTES_MAX: usize = 16 * 1024;

/// An answer as JSON.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(text) => json("application/json", text),
            Err(error) => {
                let detail = format!("the answer cannot be written: {error}");
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "other", detail).into_response()
            }
        }
    }
}

/// Text that is JSON already.
pub(crate) fn json(kind: &'static str, text: impl IntoResponse) -> Response {
    let mut response = text.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// The body of a request, which must be JSON of this shape.
pub(crate) struct Given<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Given<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Given<T>, Problem> {
        let is_json = |value: &HeaderValue| {
            let kind = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            kind.trim().eq_ignore_ascii_case("application/json")
        };
        if !request.headers().get(CONTENT_TYPE).is_some_and(is_json) {
            let detail = "send JSON, and say so: Content-Type: application/json";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", detail));
        }
        let bytes =
            Bytes::from_request(request, state).await.map_err(|rejection| {
                match rejection.status() {
                    StatusCode::PAYLOAD_TOO_LARGE => {
                        let detail = format!("a body is at most {BODY_BYTES_MAX} bytes long");
                        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
                    }
                    _ => Problem::malformed("the body did not come whole"),
                }
            })?;
        let read = serde_json::from_slice(&bytes);
        read.map(Given).map_err(|error| Problem::malformed(format!("the body: {error}")))
    }
}

/// What stands behind the question mark.
pub(crate) struct Asked<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Asked<T>, Problem> {
        let read = Query::<T>::from_request_parts(parts, state).await;
        let refused = |why: axum::extract::rejection::QueryRejection| {
            Problem::malformed(format!("behind the question mark: {why}"))
        };
        read.map(|Query(value)| Asked(value)).map_err(refused)
    }
}
