//! What was not done, as RFC 9457 writes it: `application/problem+json`.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use server::control::Trouble;
use utoipa::ToSchema;

/// Why a request was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    status: StatusCode,
    kind: String,
    detail: String,
    /// Seconds until it is worth asking again.
    retry_after: Option<u64>,
}

/// The body of a problem.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemBody {
    /// What kind of problem it is, for programs: `urn:problem-type:rappel:slot_full`.
    r#type: String,
    /// The HTTP status in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What happened, and the next thing to do.
    detail: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, kind: &str, detail: impl Into<String>) -> Problem {
        Problem { status, kind: kind.to_owned(), detail: detail.into(), retry_after: None }
    }

    pub(crate) fn again_after(self, seconds: u64) -> Problem {
        Problem { retry_after: Some(seconds), ..self }
    }

    /// Not understood.
    pub(crate) fn malformed(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "malformed", detail)
    }

    /// Understood, and it cannot be meant.
    pub(crate) fn wrong(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_terms", detail)
    }

    pub(crate) fn unknown(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "unknown", detail)
    }

    pub(crate) fn forbidden(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// The engine answered something that was not asked for.
    pub(crate) fn of(response: server::control::Response) -> Problem {
        match response {
            server::control::Response::Error { error, trouble } => Problem::said(trouble, error),
            _ => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "other", "an unexpected answer"),
        }
    }

    /// What kept a command from being carried out.
    pub(crate) fn said(trouble: Trouble, detail: String) -> Problem {
        let status = match trouble {
            Trouble::UnknownRequest | Trouble::UnknownAgent | Trouble::UnknownCall => {
                StatusCode::NOT_FOUND
            }
            Trouble::UnknownLine
            | Trouble::NoCallbacks
            | Trouble::WhichLine
            | Trouble::BadNumber
            | Trouble::BadTerms
            | Trouble::NoSuchSlot
            | Trouble::KeyTaken => StatusCode::UNPROCESSABLE_ENTITY,
            Trouble::AlreadyWaiting
            | Trouble::NotAvailable
            | Trouble::SlotFull
            | Trouble::RecordingOff
            | Trouble::WrongState => StatusCode::CONFLICT,
            Trouble::Full | Trouble::JournalDown | Trouble::Stopping => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Trouble::Other => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let word = serde_json::to_value(trouble).unwrap_or_default();
        let problem = Problem::new(status, word.as_str().unwrap_or("other"), detail);
        match status {
            StatusCode::SERVICE_UNAVAILABLE => problem.again_after(5),
            _ => problem,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = ProblemBody {
            r#type: format!("urn:problem-type:rappel:{}", self.kind),
            title: self.status.canonical_reason().unwrap_or("Problem").to_owned(),
            status: self.status.as_u16(),
            detail: self.detail,
        };
        let text = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = (self.status, text).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 6750 §3.
            let challenge = HeaderValue::from_static("Bearer realm=\"rappel\"");
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
