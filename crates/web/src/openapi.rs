//! The API described for programs: OpenAPI 3.1, written by the handlers' own attributes.

use axum::response::Response;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::{api, body, events, metrics};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Rappel",
        description = "We call you back, in your place, once.",
        license(name = "Apache-2.0")
    ),
    paths(
        api::livez,
        api::readyz,
        api::status,
        api::calls,
        api::queues,
        api::drain,
        api::reload,
        api::plan,
        events::events,
        metrics::metrics,
        api::agents,
        api::set_status,
        api::ready,
        api::switch_all,
        api::switch_line,
        api::switch_queue,
        api::set_busy,
        api::availability,
        api::slots,
        api::callbacks,
        api::create,
        api::callback,
        api::reschedule,
        api::cancel,
        api::retry,
        api::resolve,
        api::do_not_record,
    ),
    modifiers(&Token)
)]
struct Api;

/// How a request is authorised.
struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// The description, as JSON.
pub fn document() -> String {
    Api::openapi().to_pretty_json().unwrap_or_default()
}

pub(crate) async fn serve() -> Response {
    body::json("application/json", document())
}
