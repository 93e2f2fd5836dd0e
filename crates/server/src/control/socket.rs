//! The listening side.

use std::collections::BTreeMap;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use engine::Command;
use model::{LineName, RequestId};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use super::Trouble;
use super::protocol::{
    AgentView, LadderOf, QueueView, REQUEST_BYTES_MAX, Request, Response, TrunkView,
};
use crate::board::Call;
use crate::shared::Shared;
use crate::views::{CallView, Standing};
use crate::{journal, ladder, views};

/// Connections at a time; one more is told so and closed.
pub const CONNECTIONS_MAX: usize = 16;
/// A connection that asks nothing for so long is closed.
pub const IDLE_TIME: Duration = Duration::from_secs(60);

/// A question that only the driver can answer, and where the answer goes.
#[derive(Debug)]
pub(crate) enum Asked {
    /// Carry this out.
    Command(Command, oneshot::Sender<Response>),
    /// The agents and what they do.
    Agents(oneshot::Sender<Vec<AgentView>>),
    /// The queues and who stands in them.
    Queues(oneshot::Sender<Vec<QueueView>>),
    /// The trunks.
    Trunks(oneshot::Sender<Vec<TrunkView>>),
    /// What customers who have not called may ask for on a line, with their words.
    Availability(Option<LineName>, Vec<String>, oneshot::Sender<Response>),
    /// The clips that are played.
    Clips(oneshot::Sender<Arc<media::Catalog>>),
    /// Play these from now on.
    Replace(Arc<media::Catalog>, oneshot::Sender<()>),
    /// What these settings would mean now, a sentence each.
    Foresee(Box<engine::Settings>, oneshot::Sender<Vec<String>>),
    /// What each live call is doing.
    Calls(oneshot::Sender<Vec<engine::CallView>>),
    /// Where each open request stands.
    Standing(oneshot::Sender<BTreeMap<RequestId, Standing>>),
    /// Where one request stands, when it is open.
    StandingOf(RequestId, oneshot::Sender<Option<Standing>>),
}

/// A socket that is listened on; its file goes when it is dropped.
#[derive(Debug)]
pub(crate) struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl ControlSocket {
    /// Listens on `path`, which only its owner may open.
    ///
    /// # Errors
    /// In plain words: another engine listens there, or the place cannot be had.
    pub(crate) fn bind(path: PathBuf) -> Result<ControlSocket, String> {
        let shown = path.display();
        let failed = |error: std::io::Error| {
            format!(
                "the control socket {shown} cannot be made: {error}; choose a path of at most 107 \
                 bytes in a directory where this user may write"
            )
        };
        if std::os::unix::net::UnixStream::connect(&path).is_ok() {
            return Err(format!(
                "another engine listens on the control socket {shown}: stop that one, or give \
                 this one a socket of its own"
            ));
        }
        // Left behind by an engine that was killed: nobody listens there. Anything but a socket is
        // somebody's, perhaps the journal, and stays.
        match std::fs::symlink_metadata(&path) {
            Ok(found) if found.file_type().is_socket() => {
                std::fs::remove_file(&path).map_err(failed)?;
            }
            Ok(_) => {
                return Err(format!(
                    "{shown} is there and is no socket: give the control socket a path of its own"
                ));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let listener = listen(&path).map_err(failed)?;
        Ok(ControlSocket { listener, path })
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Nobody can connect between `bind` and `listen`, so that the rights are set before the first.
fn listen(path: &Path) -> std::io::Result<UnixListener> {
    use socket2::{Domain, SockAddr, Socket, Type};
    let kind = Type::STREAM.nonblocking().cloexec();
    let socket = Socket::new(Domain::UNIX, kind, None)?;
    socket.bind(&SockAddr::unix(path)?)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    socket.listen(CONNECTIONS_MAX as i32)?;
    Ok(socket.into())
}

/// Answers whoever connects, until the runtime ends.
pub(crate) async fn serve(socket: ControlSocket, shared: Arc<Shared>, driver: mpsc::Sender<Asked>) {
    let listener = socket.listener.try_clone();
    let listener = match listener.and_then(tokio::net::UnixListener::from_std) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!("the control socket cannot be served: {error}"),
    };
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of files, most likely: give the calls a moment to end.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            tokio::spawn(turn_away(stream));
            continue;
        };
        let (shared, driver) = (Arc::clone(&shared), driver.clone());
        tokio::spawn(async move {
            let _ = converse(stream, &shared, &driver).await;
            drop(place);
        });
    }
}

async fn turn_away(mut stream: UnixStream) {
    let error = format!("{CONNECTIONS_MAX} others are connected: try again in a moment");
    let response = Response::error(Trouble::Full, error);
    let refuse = async {
        // The question is read first: whoever is still writing it would not hear the answer.
        let _ = stream.read(&mut [0; REQUEST_BYTES_MAX]).await;
        say(&mut stream, &response).await
    };
    let _ = timeout(Duration::from_secs(1), refuse).await;
}

async fn converse(
    stream: UnixStream,
    shared: &Shared,
    driver: &mpsc::Sender<Asked>,
) -> std::io::Result<()> {
    let (reading, mut writing) = stream.into_split();
    let mut reading = BufReader::new(reading);
    loop {
        let mut line = Vec::new();
        let mut bounded = (&mut reading).take(REQUEST_BYTES_MAX as u64);
        let read = timeout(IDLE_TIME, bounded.read_until(b'\n', &mut line)).await;
        let Ok(length) = read else { return Ok(()) };
        if length? == 0 {
            return Ok(());
        }
        if line.last() != Some(&b'\n') && line.len() >= REQUEST_BYTES_MAX {
            let error = format!("a request is at most {REQUEST_BYTES_MAX} bytes long");
            return say(&mut writing, &Response::error(Trouble::Other, error)).await;
        }
        let response = match serde_json::from_slice(&line) {
            Ok(request) => answer(request, shared, driver).await,
            Err(error) => Response::error(Trouble::Other, format!("not understood: {error}")),
        };
        let saying = timeout(IDLE_TIME, say(&mut writing, &response)).await;
        saying.unwrap_or(Ok(()))?;
    }
}

async fn say(to: &mut (impl AsyncWriteExt + Unpin), response: &Response) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(response)?;
    line.push(b'\n');
    to.write_all(&line).await
}

/// Answers one request: of the control socket, or of whoever stands at a [`crate::Desk`].
pub(crate) async fn answer(
    request: Request,
    shared: &Shared,
    driver: &mpsc::Sender<Asked>,
) -> Response {
    let command = match request {
        Request::Status => return Response::Status(shared.status()),
        Request::Callbacks { all, reveal, origin } => {
            let mut list = views::callbacks(shared.book().found(), all, reveal, origin);
            stand(&mut list, driver).await;
            return Response::Callbacks(list);
        }
        Request::Callback { id, reveal } => {
            let standing = ask(driver, |reply| Asked::StandingOf(id, reply)).await.flatten();
            return callback(id, reveal, standing, shared).await;
        }
        Request::Calls => {
            let live = ask(driver, Asked::Calls).await.unwrap_or_default();
            return calls(&shared.board.calls(), live);
        }
        Request::Ladder { of } => return draw(of, shared),
        Request::Trunks => {
            let trunks = ask(driver, Asked::Trunks).await;
            return trunks.map_or_else(stopping, |trunks| Response::Trunks { trunks });
        }
        Request::Queues => {
            let queues = ask(driver, Asked::Queues).await;
            return queues.map_or_else(stopping, |queues| Response::Queues { queues });
        }
        Request::Agents => {
            let agents = ask(driver, Asked::Agents).await;
            return agents.map_or_else(stopping, |agents| Response::Agents { agents });
        }
        Request::Availability { line, tags } => {
            let answer = ask(driver, |reply| Asked::Availability(line, tags, reply)).await;
            return answer.unwrap_or_else(stopping);
        }
        Request::Create { number, line, language, terms } => {
            Command::Create(Box::new(engine::Wish { number, line, language, terms }))
        }
        Request::Move { id, due } => Command::Move { request: id, due },
        Request::Retry { id } => Command::Retry { request: id },
        Request::Cancel { id } => Command::Cancel { request: id },
        Request::Resolve { id, reached } => Command::Resolve { request: id, reached },
        Request::DoNotRecord { of: LadderOf::Call(call) } => Command::DoNotRecordCall { call },
        Request::DoNotRecord { of: LadderOf::Request(request) } => Command::DoNotRecord { request },
        Request::SetStatus { agent, status, reason } => {
            Command::SetStatus { agent, status: status.into(), reason }
        }
        Request::Switch { switch, of, on } => Command::Switch { switch, of, on },
        Request::Ready { agent } => Command::Ready { agent },
        Request::Login { agent, number } => match login(agent, number.as_deref()) {
            Ok(command) => command,
            Err(why) => return Response::error(Trouble::BadNumber, why.to_string()),
        },
        Request::AnswerOffer { agent, accepts: true } => Command::Accept { agent },
        Request::AnswerOffer { agent, accepts: false } => Command::Decline { agent },
        Request::SetBusy { agent, channel } => {
            Command::SetBusy { agent, channel: channel.map(Into::into) }
        }
        Request::ReloadPrompts => return reload_prompts(shared, driver).await,
        Request::Reload { file, only_look } => {
            return crate::reload::reload(file, only_look, shared, driver).await;
        }
        Request::Drain { cut_after } => {
            Command::Drain { cut_after: cut_after.map(Duration::from_secs) }
        }
    };
    ask(driver, |reply| Asked::Command(command, reply)).await.unwrap_or_else(stopping)
}

/// Says of each where it stands now.
async fn stand(list: &mut views::CallbackList, driver: &mpsc::Sender<Asked>) {
    let standing = ask(driver, Asked::Standing).await.unwrap_or_default();
    for callback in &mut list.callbacks {
        callback.standing = standing.get(&callback.request).cloned();
    }
}

fn login(agent: model::AgentName, number: Option<&str>) -> Result<Command, model::NotE164> {
    let number = number.map(model::E164::parse).transpose()?;
    Ok(Command::Login { agent, number })
}

/// Reads the prompts again, beside the loop. Whoever hears an old one hears it to its end.
async fn reload_prompts(shared: &Shared, driver: &mpsc::Sender<Asked>) -> Response {
    let Some(prompts) = shared.prompts() else {
        let error = "the prompts of this engine do not come from files";
        return Response::error(Trouble::Other, error);
    };
    let Some(clips) = ask(driver, Asked::Clips).await else { return stopping() };
    let read = tokio::task::spawn_blocking(move || prompts.again(&clips)).await;
    let (clips, what) = match read {
        Ok(read) => read,
        Err(error) => return Response::error(Trouble::Other, error.to_string()),
    };
    let replaced = ask(driver, |reply| Asked::Replace(clips, reply)).await;
    replaced.map_or_else(stopping, |()| Response::Done { what, request: None })
}

pub(crate) fn stopping() -> Response {
    Response::error(Trouble::Stopping, "the engine is stopping")
}

/// Asks the driver; nothing when it has ended.
pub(crate) async fn ask<T>(
    driver: &mpsc::Sender<Asked>,
    question: impl FnOnce(oneshot::Sender<T>) -> Asked,
) -> Option<T> {
    let (reply, answer) = oneshot::channel();
    driver.send(question(reply)).await.ok()?;
    answer.await.ok()
}

/// The calls of the board, and what the engine says of those that live. A call that an agent is
/// rung for is told twice by the engine: as the caller's and as the agent's.
fn calls(board: &[Call], live: Vec<engine::CallView>) -> Response {
    let mut calls: Vec<CallView> = board.iter().map(views::call).collect();
    for doing in live {
        let place = calls.binary_search_by_key(&doing.call, |call| call.call);
        let Ok(place) = place else { continue };
        let call = &mut calls[place];
        call.stage = Some(doing.stage.to_owned());
        call.agent = doing.offer.map(|(_, agent)| agent.to_string()).or(call.agent.take());
    }
    Response::Calls { calls }
}

/// The request from the book, or from the journal when it closed long ago; its history always from
/// the journal.
async fn callback(
    id: RequestId,
    reveal: bool,
    standing: Option<Standing>,
    shared: &Shared,
) -> Response {
    let path = shared.journal.clone();
    let read = tokio::task::spawn_blocking(move || journal::history(&path, id)).await;
    let entries = match read.map_err(|error| error.to_string()) {
        Ok(Ok(entries)) => entries,
        Ok(Err(error)) => return Response::error(Trouble::JournalDown, error.to_string()),
        Err(error) => return Response::error(Trouble::JournalDown, error),
    };
    let held = {
        let book = shared.book();
        book.request(id).map(|record| views::callback(book.found(), record, reveal))
    };
    let callback = held.or_else(|| views::from_history(&entries, id));
    match callback {
        Some(mut callback) => {
            callback.standing = standing;
            Response::Callback { callback, history: views::history(entries) }
        }
        None => {
            let error = format!("there is no {id}: see `rappel callback list`");
            Response::error(Trouble::UnknownRequest, error)
        }
    }
}

fn draw(of: LadderOf, shared: &Shared) -> Response {
    let calls: Vec<Call> = match of {
        LadderOf::Call(call) => shared.board.call(call).into_iter().collect(),
        LadderOf::Request(request) => shared.board.calls_of(request),
    };
    if calls.is_empty() {
        let what = match of {
            LadderOf::Call(call) => call.to_string(),
            LadderOf::Request(request) => request.to_string(),
        };
        let error = format!(
            "{what} is not on the board (it holds the calls since the start, the oldest are \
             dropped): see `rappel calls list`"
        );
        return Response::error(Trouble::UnknownCall, error);
    }
    Response::Ladder { text: ladder::draw(&calls) }
}
