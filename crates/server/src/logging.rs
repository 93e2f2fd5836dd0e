//! Logs: text for a terminal, JSON for a collector, on standard error.
//!
//! What names a person is masked before it comes here (`E164`, `Redacted`); SIP bodies are never
//! logged. At INFO a log tells the story of each call; at DEBUG also each SIP message by its label.

use std::io::IsTerminal;

use engine::{Status, TargetChange};
use tracing::{debug, info, warn};
use tracing_subscriber::EnvFilter;

use crate::ladder::name;

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Sets the process's log up. `level` is a level or a list of `target=level`, as `RUST_LOG`.
///
/// # Errors
/// When `level` cannot be read, or a log is set up already.
pub fn init(format: Format, level: &str) -> Result<(), String> {
    let filter = EnvFilter::try_new(level).map_err(|error| {
        format!("`{level}` is not a log level ({error}): use error, warn, info, debug or trace")
    })?;
    // Colours are for eyes: in a file or a collector they are noise (https://no-color.org).
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let colours = wanted && std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_ansi(colours);
    let log = log.with_env_filter(filter).with_writer(std::io::stderr);
    let set = match format {
        Format::Text => log.with_target(false).try_init(),
        Format::Json => log.json().try_init(),
    };
    set.map_err(|error| format!("the log is set up already: {error}"))
}

/// What the far end told of the packets that it heard.
fn far_end(far: media::FarEnd) -> String {
    let way = far
        .round_trip
        .map_or_else(String::new, |way| format!(", {} ms there and back", way.as_millis()));
    format!(", {} lost there, jitter {} ms{way}", far.lost, far.jitter.as_millis())
}

/// Logs what happened.
pub(crate) fn tell(status: &Status) {
    match status {
        Status::CallBegan { call, line, caller } => info!(%call, "{caller} calls {line}"),
        Status::CallbackBegan { call, request } => info!(%call, "the callback of {request} begins"),
        Status::Playing { leg, clips } => {
            debug!(call = %leg.call, "{} hears {}", name(leg.role), clips.join(" "));
        }
        Status::Pressed { leg, key } => {
            debug!(call = %leg.call, "{} presses {key}", name(leg.role));
        }
        Status::Offerable { call, why: Some(why) } => info!(%call, "no callback is offered: {why}"),
        Status::Offerable { call, why: None } => info!(%call, "a callback may be offered"),
        Status::Alarm { cap, number, region } => {
            let number = number.map(|number| number.to_string());
            let of = number.or(region.map(|region| region.to_string()));
            let of = of.map(|of| format!(" ({of})")).unwrap_or_default();
            warn!("{cap}{of}: who makes us dial so much?");
        }
        Status::NumberRefused { call, why } => info!(%call, "a number is not called: {why}"),
        Status::Promised { call, request } => info!(%call, "{request} is promised"),
        Status::Offered { offer, agent } => info!("{offer} rings {agent}"),
        Status::OfferEnded { offer, end } => info!("{offer}: {end}"),
        Status::Phone { agent, change, phones } => {
            let what = match change {
                sip::BindingChange::Registered => "a phone registered",
                sip::BindingChange::Moved => "a phone moved",
                sip::BindingChange::Unregistered => "a phone took its registration back",
                sip::BindingChange::Withdrawn => "new settings let a phone register no more",
                sip::BindingChange::Expired => "a phone did not register again in time",
            };
            info!("{agent}: {what}; {phones} registered");
        }
        Status::Trunk(sip::TrunkRegistration { trunk, state }) => {
            info!("registration with trunk {trunk}: {}", crate::trunks::in_words(*state));
        }
        Status::Dialling { attempt } => info!("the customer is dialled: {attempt}"),
        Status::Voice { leg, sent, received, went } => {
            let (who, heard) = (name(leg.role), went.far.map_or_else(String::new, far_end));
            let (lost, jitter) = (went.lost, went.jitter.as_millis());
            info!(
                call = %leg.call,
                "the voice of {who}: {received} packets heard, {lost} lost, jitter {jitter} ms; \
                 {sent} packets sent{heard}"
            );
            if went.left_out > 0 {
                let frames = went.left_out;
                warn!(call = %leg.call, "{frames} frames to {who} were left out: this machine was late");
            }
        }
        Status::OrderLost { leg } => {
            let who = name(leg.role);
            warn!(call = %leg.call, "the leg of {who} ends: its media thread is far behind");
        }
        Status::Bridged { call } => info!(%call, "both legs hear each other"),
        Status::CallEnded { call, .. } => info!(%call, "the call is over"),
        Status::Target { trunk, place, change } => match change {
            TargetChange::Rests(secs) => {
                warn!("trunk {trunk}: {place} failed a call; others are tried first for {secs} s");
            }
            TargetChange::Dead => warn!("trunk {trunk}: {place} answers no OPTIONS"),
            TargetChange::Works => info!("trunk {trunk}: {place} answers calls again"),
            TargetChange::Alive => info!("trunk {trunk}: {place} answers OPTIONS again"),
        },
        Status::RequestClosed { request, end } => info!("{request} is closed: {end}"),
        Status::Wire { leg, wire } => {
            let way = match wire.direction {
                sip::Direction::In => "from",
                sip::Direction::Out => "to",
            };
            debug!(call = %leg.call, "{} {way} {}", wire.label, name(leg.role));
        }
        Status::Fact(fact) => debug!("journal: {}", fact.word()),
    }
}
