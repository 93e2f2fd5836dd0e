//! `rappel prompts play`: rings a phone and plays a prompt to whoever answers, as callers hear it.
//!
//! It calls from a port of its own, beside the engine and without it; the voice has gone through
//! the same reader and the same G.711.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use phone::{CallTo, Ending, PhoneEvent, Voice};

use crate::cli::{Place, Play};
use crate::clips::{RATE, loaded};
use crate::handset::{FarClock, Handset};

/// How long a phone may ring.
const RINGS: Duration = Duration::from_secs(60);
/// Silence behind the prompt: the last word is not cut by what buffers voice on the way.
const QUIET: usize = 4_000;
/// Calls, plays, hangs up.
///
/// # Errors
/// When there is no such prompt, the address cannot be reached, or nobody answers.
pub(crate) fn play(place: &Place, what: &Play) -> Result<ExitCode> {
    let samples = samples(place, &what.prompt)?;
    let (target, at) = destination(&what.to)?;
    let from = ours(at)?;
    let length = Duration::from_secs_f64(samples.len() as f64 / RATE);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let clock = FarClock::start();
        let said = samples.iter().copied().chain([0; QUIET]).collect::<Arc<[i16]>>();
        let mut handset = Handset::open("prompts", "prompts", (from, 0).into(), clock, |phone| {
            phone.voice = Voice::Samples(said);
        })
        .await?;
        let to = CallTo::new(target, at);
        handset.act(move |phone, now| {
            let _ = phone.call(now, to);
        });
        outln!("{} rings", what.to);
        let answered = handset.wait_for(RINGS, |event| match event {
            PhoneEvent::Answered { call } => Some(Ok(*call)),
            PhoneEvent::Ended { how, .. } => Some(Err(*how)),
            _ => None,
        });
        let call = match answered.await {
            Some(Ok(call)) => call,
            Some(Err(how)) => bail!("{} did not answer: {how:?}", what.to),
            None => bail!("{} did not answer within {RINGS:?}", what.to),
        };
        outln!("answered; {} lasts {:.1} s", what.prompt, length.as_secs_f64());
        let whole = length + Duration::from_secs_f64(QUIET as f64 / RATE);
        let gone = handset.wait_for(whole, |event| match event {
            PhoneEvent::Ended { how, .. } => Some(*how),
            _ => None,
        });
        if let Some(how) = gone.await {
            bail!("{} ended before the prompt did: {how:?}", what.to);
        }
        handset.act(move |phone, now| phone.hang_up(now, call));
        let over = handset.wait_for(RINGS, |event| match event {
            PhoneEvent::Ended { how, .. } => Some(*how),
            _ => None,
        });
        match over.await {
            Some(Ending::ByUs) => outln!("played and hung up"),
            Some(how) => outln!("played; the call ended: {how:?}"),
            None => outln!("played; the phone does not answer our BYE"),
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// The voice of a prompt, `en/menu` or `menu` in the language of the lines.
fn samples(place: &Place, name: &str) -> Result<Vec<i16>> {
    let loaded = loaded(place)?;
    for problem in loaded.problems() {
        errln!("warning: {problem}");
    }
    let found = loaded.clips().find(|(clip, _)| *clip == name);
    let Some((_, samples)) = found else {
        let last = name.rsplit('/').next().unwrap_or(name);
        let mut near: Vec<&str> =
            loaded.clips().map(|(clip, _)| clip).filter(|clip| clip.contains(last)).collect();
        near.sort_unstable();
        near.truncate(8);
        let hint = match near.is_empty() {
            true => "`rappel prompts list` names them all".to_owned(),
            false => format!("there is {}", near.join(", ")),
        };
        bail!("no prompt is called {name}: {hint}")
    };
    Ok(samples.to_vec())
}

/// The Request-URI and the address behind `sip:anna@192.0.2.5:5060`, or the same without `sip:`.
fn destination(to: &str) -> Result<(String, SocketAddr)> {
    let rest = to.strip_prefix("sip:").unwrap_or(to);
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let host = host.split(';').next().unwrap_or(host);
    let has_port = host.rsplit_once(':').is_some_and(|(before, port)| {
        port.parse::<u16>().is_ok() && (!before.contains(':') || before.ends_with(']'))
    });
    let with_port = if has_port { host.to_owned() } else { format!("{host}:5060") };
    let mut found = with_port
        .to_socket_addrs()
        .with_context(|| format!("{to} is no address of a phone: write sip:anna@192.0.2.5:5060"))?;
    let at = found.next().with_context(|| format!("{host} leads nowhere"))?;
    Ok((format!("sip:{rest}"), at))
}

/// Our address on the way there. Nothing is sent.
fn ours(there: SocketAddr) -> Result<IpAddr> {
    let any: IpAddr = if there.is_ipv4() { [0, 0, 0, 0].into() } else { [0_u16; 8].into() };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(there).with_context(|| format!("{there} cannot be reached from here"))?;
    Ok(socket.local_addr()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_and_without_its_parts() {
        let at = |text: &str| destination(text).map(|(uri, at)| (uri, at.to_string())).ok();
        let is = |uri: &str, at: &str| Some((uri.to_owned(), at.to_owned()));
        assert_eq!(at("sip:anna@127.0.0.5"), is("sip:anna@127.0.0.5", "127.0.0.5:5060"));
        assert_eq!(at("anna@127.0.0.5:5080"), is("sip:anna@127.0.0.5:5080", "127.0.0.5:5080"));
        assert_eq!(at("sip:127.0.0.5;x=1"), is("sip:127.0.0.5;x=1", "127.0.0.5:5060"));
        assert_eq!(at("sip:anna@[::1]:5080"), is("sip:anna@[::1]:5080", "[::1]:5080"));
        assert_eq!(at("sip:anna@[::1]"), is("sip:anna@[::1]", "[::1]:5060"));
        assert_eq!(at("sip:anna@"), None);
    }
}
