//! The ear of every phone: what is played to the address to which the engine sends.
//!
//! It listens to the orders of the media machine, not to the engine's own account of itself.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use engine::Output;
use media::{Catalog, Command};
use model::{Mono, Now, PortId};

use crate::oracle::{Oracle, Seen, Verdict};
use crate::world::World;

/// One thing that was played to somebody.
#[derive(Debug, Clone)]
pub(crate) struct Play {
    /// When it began.
    pub(crate) at: Mono,
    /// To whom, by the address of the phone's RTP.
    pub(crate) to: SocketAddr,
    /// The clips, `en/menu`.
    pub(crate) clips: Vec<String>,
}

/// See the module.
pub(crate) struct Ear {
    clips: Arc<Catalog>,
    remotes: BTreeMap<PortId, SocketAddr>,
    plays: Rc<RefCell<Vec<Play>>>,
}

impl Ear {
    pub(crate) fn new(clips: Arc<Catalog>, plays: Rc<RefCell<Vec<Play>>>) -> Ear {
        Ear { clips, remotes: BTreeMap::new(), plays }
    }
}

impl Oracle for Ear {
    fn see(&mut self, now: Now, seen: &Seen<'_>) {
        let Seen::Output(Output::Media(command)) = seen else { return };
        match command {
            Command::Connect { port, stream } => {
                self.remotes.insert(*port, stream.remote);
            }
            Command::Play { port, clips, .. } => {
                let Some(to) = self.remotes.get(port).copied() else { return };
                let clips = clips.iter().map(|clip| self.clips.name(*clip).to_owned()).collect();
                self.plays.borrow_mut().push(Play { at: now.mono, to, clips });
            }
            Command::Open { .. }
            | Command::Stop { .. }
            | Command::Press { .. }
            | Command::Carry { .. }
            | Command::Judge { .. }
            | Command::AwaitQuiet { .. }
            | Command::Bridge { .. }
            | Command::Unbridge { .. }
            | Command::Tap { .. }
            | Command::Close { .. } => {}
        }
    }

    fn verdicts(&mut self, _: &World) -> Vec<Verdict> {
        Vec::new()
    }
}
