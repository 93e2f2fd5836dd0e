//! The operator's commands: the running engine is asked over its control socket; when it is
//! stopped, its journal is read without changing it.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use ledger::{RequestState, Switch, Terms};
use model::{AgentName, CallId, RequestId, Wall};
use server::control::{
    self, AgentView, AskError, AvailabilityView, LadderOf, PhoneView, Presence, QueueView, Request,
    Response, TrunkView,
};
use server::journal;
use server::views::{self, CallView, CallbackList, CallbackView, HistoryView};

use crate::cli::{Agent, AgentStatus, Callback, Calls, OfPart, OtherChannel, Outcome, Place};
use crate::cli::{Trunk, Turn};
use crate::create::{Asking, moment};
use crate::settings;
use crate::table::table;

pub(crate) fn callback(place: &Place, what: Callback, json: bool) -> Result<ExitCode> {
    match what {
        Callback::List { all, reveal, origin } => {
            let roof = settings::doors(place)?;
            let origin = origin.map(ledger::Origin::from);
            let request = Request::Callbacks { all, reveal, origin };
            let list = match control::ask(&roof.control_socket, &request) {
                Ok(Response::Callbacks(list)) => list,
                Ok(other) => return unexpected(other),
                Err(AskError::NotRunning { .. }) => {
                    let found = journal::read_only(&roof.journal)?;
                    let list = views::callbacks(&found, all, reveal, origin);
                    errln!("the engine is stopped; this is what its journal says");
                    list
                }
                Err(error) => return Err(error.into()),
            };
            print(json, &list, || list_text(&list))
        }
        Callback::Create(wish) => command(place, wish.request()?, json),
        Callback::Move { id, at } => {
            let request = Request::Move { id: request_id(&id)?, due: moment(&at)? };
            command(place, request, json)
        }
        Callback::Retry { id } => command(place, Request::Retry { id: request_id(&id)? }, json),
        Callback::Show { id, reveal } => show(place, request_id(&id)?, reveal, json),
        Callback::Cancel { id } => command(place, Request::Cancel { id: request_id(&id)? }, json),
        Callback::Registering { to, of } => switch(place, Switch::Registering, to, &of, json),
        Callback::Processing { to, of } => switch(place, Switch::Processing, to, &of, json),
        Callback::Resolve { id, outcome } => {
            let reached = outcome == Outcome::Reached;
            command(place, Request::Resolve { id: request_id(&id)?, reached }, json)
        }
    }
}

fn show(place: &Place, id: RequestId, reveal: bool, json: bool) -> Result<ExitCode> {
    let roof = settings::doors(place)?;
    let (callback, history) =
        match control::ask(&roof.control_socket, &Request::Callback { id, reveal }) {
            Ok(Response::Callback { callback, history }) => (callback, history),
            Ok(other) => return unexpected(other),
            Err(AskError::NotRunning { .. }) => {
                let found = journal::read_only(&roof.journal)?;
                let record = found.fold.requests.get(&id);
                let record = record.with_context(|| format!("no request is called {id}"))?;
                let callback = views::callback(&found, record, reveal);
                (callback, views::history(journal::history(&roof.journal, id)?))
            }
            Err(error) => return Err(error.into()),
        };
    let both = serde_json::json!({ "callback": callback, "history": history });
    print(json, &both, || show_text(&callback, &history))
}

pub(crate) fn calls(place: &Place, what: Calls, json: bool) -> Result<ExitCode> {
    match what {
        Calls::List => match ask(place, Request::Calls)? {
            Response::Calls { calls } => print(json, &calls, || calls_text(&calls)),
            other => unexpected(other),
        },
        Calls::DoNotRecord { id } => {
            command(place, Request::DoNotRecord { of: ladder_of(&id)? }, json)
        }
        Calls::Ladder { id } => {
            let of = match id {
                Some(id) => ladder_of(&id)?,
                None => match ask(place, Request::Calls)? {
                    Response::Calls { calls } => match calls.last() {
                        Some(call) => LadderOf::Call(call.call),
                        None => bail!("there has been no call yet"),
                    },
                    other => return unexpected(other),
                },
            };
            match ask(place, Request::Ladder { of })? {
                Response::Ladder { text } => {
                    let value = serde_json::json!({ "ladder": text });
                    print(json, &value, || text.clone())
                }
                other => unexpected(other),
            }
        }
    }
}

fn switch(place: &Place, switch: Switch, to: Turn, of: &OfPart, json: bool) -> Result<ExitCode> {
    command(place, Request::Switch { switch, of: of.part(), on: to == Turn::On }, json)
}

pub(crate) fn agent(place: &Place, what: Agent, json: bool) -> Result<ExitCode> {
    match what {
        Agent::List => match ask(place, Request::Agents)? {
            Response::Agents { agents } => print(json, &agents, || {
                let rows: Vec<Vec<String>> = agents
                    .iter()
                    .map(|agent| {
                        let why = agent.why.as_ref().map(|why| format!(" ({why})"));
                        let status = word(&agent.status) + why.as_deref().unwrap_or_default();
                        let calls = if agent.takes_calls { "yes" } else { "no" }.to_owned();
                        let (name, state) = (agent.agent.to_string(), agent.state.clone());
                        vec![name, status, state, calls, phones(agent)]
                    })
                    .collect();
                table(&["AGENT", "STATUS", "STATE", "CALLS", "PHONE"], &rows)
            }),
            other => unexpected(other),
        },
        Agent::Status { name, status, reason } => {
            let agent = AgentName::from(name.as_str());
            let status = match status {
                AgentStatus::Online => Presence::Online,
                AgentStatus::Away => Presence::Away,
                AgentStatus::TransferOnly => Presence::TransferOnly,
                AgentStatus::Offline => Presence::Offline,
            };
            command(place, Request::SetStatus { agent, status, reason }, json)
        }
        Agent::Ready { name } => {
            command(place, Request::Ready { agent: AgentName::from(name.as_str()) }, json)
        }
        Agent::Login { name, number } => {
            let agent = AgentName::from(name.as_str());
            command(place, Request::Login { agent, number }, json)
        }
        Agent::Logout { name } => {
            let agent = AgentName::from(name.as_str());
            let status = Presence::Offline;
            command(place, Request::SetStatus { agent, status, reason: None }, json)
        }
        Agent::Accept { name } => {
            let agent = AgentName::from(name.as_str());
            command(place, Request::AnswerOffer { agent, accepts: true }, json)
        }
        Agent::Decline { name } => {
            let agent = AgentName::from(name.as_str());
            command(place, Request::AnswerOffer { agent, accepts: false }, json)
        }
        Agent::Busy { name, channel } => {
            let channel = Some(match channel {
                OtherChannel::Chat => server::control::OtherChannel::Chat,
                OtherChannel::Mail => server::control::OtherChannel::Mail,
                OtherChannel::Other => server::control::OtherChannel::Other,
            });
            let agent = AgentName::from(name.as_str());
            command(place, Request::SetBusy { agent, channel }, json)
        }
        Agent::Free { name } => {
            let agent = AgentName::from(name.as_str());
            command(place, Request::SetBusy { agent, channel: None }, json)
        }
    }
}

pub(crate) fn availability(
    place: &Place,
    asking: Asking,
    text: impl FnOnce(&AvailabilityView) -> String,
    json: bool,
) -> Result<ExitCode> {
    match ask(place, asking.request())? {
        Response::Availability(view) => print(json, &view, || text(&view)),
        other => unexpected(other),
    }
}

pub(crate) fn trunk(place: &Place, what: Trunk, json: bool) -> Result<ExitCode> {
    match what {
        Trunk::List => match ask(place, Request::Trunks)? {
            Response::Trunks { trunks } => print(json, &trunks, || trunks_text(&trunks)),
            other => unexpected(other),
        },
    }
}

pub(crate) fn queues(place: &Place, json: bool) -> Result<ExitCode> {
    match ask(place, Request::Queues)? {
        Response::Queues { queues } => print(json, &queues, || queues_text(&queues)),
        other => unexpected(other),
    }
}

fn queues_text(queues: &[QueueView]) -> String {
    let row = |queue: &QueueView| {
        let (wait, waiting) = (&queue.wait, queue.entries.len() + queue.more);
        let told = wait.minutes.map(minutes);
        let mut row = vec![queue.queue.to_string(), waiting.to_string()];
        let told = told.or_else(|| wait.untold.clone()).unwrap_or("-".to_owned());
        row.extend([told, wait.estimates.to_string()]);
        if wait.estimates == 0 {
            row.extend(["-", "-", "-"].map(str::to_owned));
            return row;
        }
        row.push(format!("{} s", wait.error_millis / 1_000));
        row.push(format!("{:+} s", wait.bias_millis / 1_000));
        row.push(format!("{} %", wait.kept_permille / 10));
        row
    };
    let rows: Vec<Vec<String>> = queues.iter().map(row).collect();
    table(&["QUEUE", "WAITING", "WAIT NOW", "ESTIMATES", "ERROR", "BIAS", "KEPT"], &rows)
}

/// A wait as it is told to callers: from a whole number of minutes to another.
fn minutes((from, to): (u64, u64)) -> String {
    if from == to { format!("{to} min") } else { format!("{from} to {to} min") }
}

fn trunks_text(trunks: &[TrunkView]) -> String {
    let mut rows = Vec::new();
    for trunk in trunks {
        let calls = trunk.callers + trunk.callbacks;
        let calls = trunk.calls_max.map_or(calls.to_string(), |most| format!("{calls} of {most}"));
        let mut first = vec![trunk.trunk.to_string(), calls];
        if trunk.targets.is_empty() {
            let state = "no address is known: callbacks wait".to_owned();
            first.extend(["-".to_owned(), "-".to_owned(), state]);
            rows.push(first);
            continue;
        }
        for target in &trunk.targets {
            let mut row = std::mem::replace(&mut first, vec![String::new(), String::new()]);
            row.extend([target.target.clone(), target.address.clone(), target.state.clone()]);
            rows.push(row);
        }
    }
    table(&["TRUNK", "CALLS", "TARGET", "ADDRESS", "STATE"], &rows)
}

pub(crate) fn status(place: &Place, json: bool) -> Result<ExitCode> {
    match ask(place, Request::Status)? {
        Response::Status(status) => {
            let up = status.journal_down.is_none();
            print(json, &status, || {
                let journal = match &status.journal_down {
                    None => format!("{} can be written", status.journal),
                    Some(why) => format!("{} CANNOT BE WRITTEN: {why}", status.journal),
                };
                let trunks: String = status
                    .trunks
                    .iter()
                    .map(|(trunk, state)| format!("trunk    {trunk}: {state}\n"))
                    .collect();
                let off = status.switched_off.iter().map(|it| format!("off      {it}\n"));
                let off: String = off.collect();
                format!(
                    "rappel {} on {}, start {}, up {} s{}\njournal  {journal}\ncalls    {}\nrequests {}\n{trunks}{off}",
                    status.version,
                    status.listeners.join(", "),
                    status.epoch,
                    status.uptime_secs,
                    if status.draining { ", draining" } else { "" },
                    status.calls,
                    status.requests,
                )
            })?;
            Ok(if up { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        other => unexpected(other),
    }
}

pub(crate) fn ask(place: &Place, request: Request) -> Result<Response> {
    Ok(control::ask(&settings::socket(place)?, &request)?)
}

pub(crate) fn command(place: &Place, request: Request, json: bool) -> Result<ExitCode> {
    match ask(place, request)? {
        Response::Done { what, request } => {
            let mut value = serde_json::json!({ "done": what });
            if let Some(request) = request {
                value["request"] = serde_json::json!(request);
            }
            print(json, &value, || format!("{what}\n"))
        }
        other => unexpected(other),
    }
}

pub(crate) fn unexpected(response: Response) -> Result<ExitCode> {
    match response {
        Response::Error { error, .. } => bail!("{error}"),
        _ => bail!("the engine answered something else; is it of the same version?"),
    }
}

pub(crate) fn print(
    json: bool,
    value: &impl serde::Serialize,
    text: impl FnOnce() -> String,
) -> Result<ExitCode> {
    if json {
        outln!("{}", serde_json::to_string(value)?);
    } else {
        out!("{}", text());
    }
    Ok(ExitCode::SUCCESS)
}

/// `cb-17` or `17`.
pub(crate) fn request_id(text: &str) -> Result<RequestId> {
    match text.strip_prefix("cb-").unwrap_or(text).parse() {
        Ok(number) => Ok(RequestId(number)),
        Err(_) => bail!(
            "`{text}` is no request: one looks like cb-17, or 17 alone; `rappel callback list` shows \
             those that are open, `rappel callback list --all` all of them"
        ),
    }
}

/// `call-1.1`, `1.1` or the whole number.
pub(crate) fn call_id(text: &str) -> Result<CallId> {
    CallId::parse(text).with_context(|| {
        format!(
            "`{text}` is no call: one looks like call-1.7, or 1.7 alone, as in `rappel calls list`; a \
             request looks like cb-17"
        )
    })
}

/// `cb-17`, `call-1.1` or `1.1`.
fn ladder_of(text: &str) -> Result<LadderOf> {
    if text.starts_with("cb-") {
        return Ok(LadderOf::Request(request_id(text)?));
    }
    call_id(text).map(LadderOf::Call)
}

/// Where an agent's phones are, and for how many seconds they are registered.
fn phones(agent: &AgentView) -> String {
    let Some(phones) = &agent.phones else { return agent.phone.clone().unwrap_or_default() };
    let one = |phone: &PhoneView| format!("{} ({} s)", phone.at, phone.secs_left);
    phones.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// How a value is spelled in the JSON form.
fn word(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

fn list_text(list: &CallbackList) -> String {
    if list.callbacks.is_empty() {
        return "nobody waits for a callback\n".to_owned();
    }
    let row = |callback: &CallbackView| {
        let place = callback.standing.as_ref().and_then(|standing| standing.place);
        vec![
            place.map_or_else(|| "-".to_owned(), |place| place.to_string()),
            callback.request.to_string(),
            callback.number.clone().unwrap_or_else(|| "(erased)".to_owned()),
            callback.queue.clone(),
            callback.arrived.to_string(),
            stage(callback),
        ]
    };
    let rows: Vec<Vec<String>> = list.callbacks.iter().map(row).collect();
    let mut text = table(&["PLACE", "ID", "NUMBER", "QUEUE", "SINCE", "STATE"], &rows);
    if list.more > 0 {
        text.push_str(&format!("and {} more\n", list.more));
    }
    text
}

fn stage(callback: &CallbackView) -> String {
    if let Some(standing) = &callback.standing {
        return format!("{}: {}", standing.stage, standing.why);
    }
    match &callback.state {
        RequestState::Waiting { due: None } => "waiting".to_owned(),
        RequestState::Scheduled { due } => format!("to be called back at {due}"),
        RequestState::Waiting { due: Some(due) } => format!("waiting, next attempt at {due}"),
        RequestState::Dialling { attempt } => format!("dialling, attempt {}", attempt.number),
        RequestState::Talking { .. } => "talking".to_owned(),
        RequestState::Uncertain { attempt } => {
            format!("uncertain: attempt {} may have reached the customer", attempt.number)
        }
        RequestState::Closed { end, why, .. } => format!("{end}: {why}"),
    }
}

fn show_text(callback: &CallbackView, history: &[HistoryView]) -> String {
    let mut text = format!(
        "{}  {}  {} / {}\n{}\n",
        callback.request,
        callback.number.as_deref().unwrap_or("(erased)"),
        callback.line,
        callback.queue,
        stage(callback),
    );
    text.push_str(&format!("arrived {}, expires {}\n", callback.arrived, callback.expires));
    text.push_str(&terms_text(&callback.terms));
    text.push('\n');
    let rows: Vec<Vec<String>> =
        history.iter().map(|fact| vec![fact.at.to_string(), fact.what.clone()]).collect();
    text.push_str(&table(&["WHEN", "WHAT"], &rows));
    if matches!(callback.state, RequestState::Uncertain { .. }) {
        let id = callback.request;
        text.push_str(&format!(
            "\nAsk the customer or the carrier, then settle it:\n  \
             rappel callback resolve {id} --as reached\n  \
             rappel callback resolve {id} --as not-reached\n"
        ));
    }
    text
}

/// How it was asked for, unless plainly by a call.
fn terms_text(terms: &Terms) -> String {
    if terms.is_plain() {
        return String::new();
    }
    let mut said = vec![format!("asked for by {}", terms.origin)];
    said.extend(terms.due.map(|due| format!("for {due}")));
    said.extend(terms.owner.as_ref().map(|owner| format!("to be made by {owner}")));
    said.extend(terms.script.as_ref().map(|script| format!("script {script}")));
    said.extend((!terms.tags.is_empty()).then(|| format!("tags {}", terms.tags.join(" "))));
    said.extend((terms.priority > 0).then(|| format!("priority {}", terms.priority)));
    said.extend(terms.needs.iter().map(|need| format!("needs {need}")));
    said.extend(terms.unrecorded.then(|| "not to be recorded".to_owned()));
    format!("{}\n", said.join(", "))
}

fn calls_text(calls: &[CallView]) -> String {
    if calls.is_empty() {
        return "there has been no call yet\n".to_owned();
    }
    let row = |call: &CallView| {
        vec![
            call.call.to_string().replace("call-", ""),
            call.line.clone().unwrap_or_else(|| "callback".to_owned()),
            call.caller.clone().unwrap_or_default(),
            call.request.map(|request| request.to_string()).unwrap_or_default(),
            call.began.to_string(),
            how_long(call.began, call.ended),
            call.end.map_or_else(String::new, |end| end.to_string()),
            if call.bridged { "yes".to_owned() } else { String::new() },
            if call.recording.is_some() { "yes".to_owned() } else { String::new() },
            doing(call),
        ]
    };
    let rows: Vec<Vec<String>> = calls.iter().map(row).collect();
    table(
        &[
            "ID", "LINE", "CALLER", "REQUEST", "BEGAN", "LASTED", "END", "TALKED", "RECORDED",
            "STAGE",
        ],
        &rows,
    )
}

/// What a live call is doing, and with whom.
fn doing(call: &CallView) -> String {
    let stage = call.stage.clone().unwrap_or_default();
    match &call.agent {
        Some(agent) => format!("{stage} ({agent})"),
        None => stage,
    }
}

fn how_long(began: Wall, ended: Option<Wall>) -> String {
    match ended {
        Some(ended) => format!("{:.1} s", ended.since(began).as_secs_f64()),
        None => "now".to_owned(),
    }
}
