//! Why a command would not be carried out.

use std::fmt;

use model::{AgentName, LineName, RequestId};

/// Why a command would not be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejected {
    /// No open request has this id.
    UnknownRequest(RequestId),
    /// No agent has this name.
    UnknownAgent(AgentName),
    /// No line has this name.
    UnknownLine(LineName),
    /// The request is not in a state in which this can be done.
    WrongState {
        /// Which request.
        request: RequestId,
        /// Its state, in words.
        state: String,
    },
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rejected::UnknownRequest(request) => write!(f, "no open request is called {request}"),
            Rejected::UnknownAgent(agent) => write!(f, "no agent is called {agent}"),
            Rejected::UnknownLine(line) => write!(f, "no line is called {line}"),
            Rejected::WrongState { request, state } => write!(f, "{request} is {state}"),
        }
    }
}

impl std::error::Error for Rejected {}
