//! Ids are types: a request cannot be passed where a call is meant.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident, $int:ty, $prefix:literal) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub $int);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
    };
}

macro_rules! name_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as the operator wrote it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self(Arc::from(name))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// One call as the customer knows it. The upper 32 bits count the engine's starts, so that an id is
/// never given twice; people write both halves: `call-2.17`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallId(pub u64);

impl fmt::Display for CallId {
    /// `call-2.17`: the seventeenth call since the second start.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 >> 32, self.0 & u64::from(u32::MAX)) {
            (0, call) => write!(f, "call-{call}"),
            (start, call) => write!(f, "call-{start}.{call}"),
        }
    }
}

impl CallId {
    /// Reads `call-2.17`, `2.17`, or the whole number, with or without `call-`.
    pub fn parse(text: &str) -> Option<CallId> {
        let text = text.strip_prefix("call-").unwrap_or(text);
        let Some((start, call)) = text.split_once('.') else {
            return text.parse().ok().map(CallId);
        };
        let (start, call): (u32, u32) = (start.parse().ok()?, call.parse().ok()?);
        Some(CallId((u64::from(start) << 32) | u64::from(call)))
    }
}

number_id!(
    /// One callback request, from the promise to its one terminal fact. Durable, never reused.
    RequestId, u64, "cb-"
);
number_id!(
    /// One person whose number we hold. The number itself lives in the erasable table.
    PersonId, u64, "person-"
);
number_id!(
    /// One offer of one work to one agent.
    OfferId, u64, "offer-"
);
number_id!(
    /// One media port: a local RTP address and what is played and heard there.
    PortId, u32, "port-"
);
number_id!(
    /// One recording, of a conversation or of a message. The upper 32 bits count the engine's
    /// starts.
    RecordingId, u64, "rec-"
);
number_id!(
    /// The place of a fact in the ledger, from 1, without gaps.
    Seq, u64, "#"
);

/// One customer dial of one request: at most one INVITE with a new Call-ID is ever sent for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AttemptId {
    /// The request.
    pub request: RequestId,
    /// Which dial of that request, from 1.
    pub number: u16,
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.request, self.number)
    }
}

name_id!(
    /// A line: one number that customers dial, with its language, greeting and outbound number.
    LineName
);
name_id!(
    /// A queue: where callers of one or several lines wait for the same agents.
    QueueName
);
name_id!(
    /// An agent: a person (or robot) who takes calls.
    AgentName
);
name_id!(
    /// A trunk: a carrier, SBC or PBX that sends us calls and takes ours.
    TrunkName
);
name_id!(
    /// A prompt language, as its directory is called (`en`, `fr`).
    LanguageTag
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_read_as_it_is_written() {
        for call in [CallId(0), CallId(7), CallId(4_294_967_297), CallId(u64::MAX)] {
            assert_eq!(CallId::parse(&call.to_string()), Some(call));
            assert_eq!(CallId::parse(&call.0.to_string()), Some(call));
        }
        assert_eq!(CallId(4_294_967_297).to_string(), "call-1.1");
        assert_eq!(CallId::parse("1.1"), Some(CallId(4_294_967_297)));
        for wrong in ["", "call-", "1.", "1.2.3", "1.4294967296", "-1", "cb-1"] {
            assert_eq!(CallId::parse(wrong), None, "{wrong}");
        }
    }
}
