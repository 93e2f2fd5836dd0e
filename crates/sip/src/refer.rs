//! What a REFER asks for (RFC 3515 §2.4.1), and what an INVITE replaces (RFC 3891 §6.1).

use sip_msg::{Headers, Request, Uri};

use crate::dialog::DialogId;
use crate::limits;

/// Somebody wants us to call somebody else in their place. The answer is
/// [`crate::Stack::accept_refer`] or [`crate::Stack::refuse_refer`], in the same breath.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referred {
    /// The URI of Refer-To, without its headers and method: whom to call.
    pub target: String,
    /// Its user part without parameters, unescaped, or the number of a `tel:` URI.
    pub number: Option<String>,
    /// The Replaces header that the URI asks for, unescaped (RFC 3891 §4): an attended transfer.
    pub replaces: Option<String>,
    /// Referred-By as written (RFC 3892 §2.1), to be copied into the INVITE.
    pub by: Option<String>,
}

/// A REFER as far as it concerns us.
pub(crate) enum Refer {
    /// It can be asked of the engine.
    Good {
        /// What.
        referred: Box<Referred>,
        /// False when nobody is to be notified (`Refer-Sub: false`, RFC 4488 §4).
        subscribes: bool,
    },
    /// 400: no Refer-To, more than one, or one that cannot be read.
    Malformed,
    /// It asks for something other than a call.
    Foreign,
}

impl Refer {
    pub(crate) fn of(request: &Request) -> Refer {
        let headers = &request.headers;
        let Ok(Some(to)) = headers.refer_to() else { return Refer::Malformed };
        let by = match headers.all("Referred-By").next() {
            Some(by) if by.len() > limits::REFERRED_BY_LENGTH_MAX => return Refer::Malformed,
            by => by.map(str::to_string),
        };
        let number = to.uri.number();
        let (target, replaces) = match to.uri {
            Uri::Sip(mut sip) => {
                let method = sip.params.get("method").unwrap_or("INVITE");
                if !method.eq_ignore_ascii_case("INVITE") {
                    return Refer::Foreign;
                }
                let replaces = sip.header("Replaces");
                sip.headers = None;
                sip.params.remove("method");
                (Uri::Sip(sip), replaces)
            }
            Uri::Tel(tel) => (Uri::Tel(tel), None),
            Uri::Other(_) => return Refer::Foreign,
        };
        if replaces.as_deref().is_some_and(|value| Replaces::read(value).is_none()) {
            return Refer::Malformed;
        }
        let referred = Box::new(Referred { target: target.to_string(), number, replaces, by });
        let wanted = headers.get("Refer-Sub").unwrap_or("true");
        let wanted = wanted.split(';').next().unwrap_or(wanted).trim();
        Refer::Good { referred, subscribes: !wanted.eq_ignore_ascii_case("false") }
    }
}

/// A Replaces header: a dialog, as its receiver names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Replaces {
    pub(crate) dialog: DialogId,
    /// Only a dialog whose INVITE is not answered yet is meant.
    pub(crate) early_only: bool,
}

impl Replaces {
    /// The Replaces of an INVITE: none, one, or a mistake (RFC 3891 §3).
    pub(crate) fn of(headers: &Headers) -> Result<Option<Replaces>, ()> {
        let mut all = headers.all("Replaces");
        match (all.next(), all.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => Replaces::read(value).map(Some).ok_or(()),
            (Some(_), Some(_)) => Err(()),
        }
    }

    /// `call-id;to-tag=…;from-tag=…;early-only`: each tag once, in any order. The To tag is that of
    /// whoever gets the header.
    fn read(value: &str) -> Option<Replaces> {
        if value.len() > limits::REPLACES_LENGTH_MAX || value.chars().any(char::is_control) {
            return None;
        }
        let mut parts = value.split(';').map(str::trim);
        let call_id = parts.next().filter(|id| !id.is_empty() && !id.contains(['"', ' ', ',']))?;
        let (mut local, mut remote, mut early_only) = (None, None, false);
        for part in parts.filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let tag = match name.trim().to_ascii_lowercase().as_str() {
                "to-tag" => &mut local,
                "from-tag" => &mut remote,
                "early-only" => {
                    early_only = true;
                    continue;
                }
                _ => continue,
            };
            if tag.replace(value.trim().to_string()).is_some() {
                return None;
            }
        }
        // A tag of 0 is a peer of RFC 2543 that has none (RFC 3891 §3).
        let remote = remote.map(|tag| if tag == "0" { String::new() } else { tag })?;
        let dialog = DialogId { call_id: call_id.to_string(), local: local?, remote };
        Some(Replaces { dialog, early_only })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_replaces_names_a_dialog_by_its_three_parts_in_any_order() {
        let read =
            |text| Replaces::read(text).map(|replaces| (replaces.dialog, replaces.early_only));
        let dialog = |remote: &str| DialogId {
            call_id: "98732@host".into(),
            local: "r33".into(),
            remote: remote.into(),
        };
        let plain = Some((dialog("ff87"), false));
        assert_eq!(read("98732@host;from-tag=ff87;to-tag=r33"), plain);
        assert_eq!(read("98732@host ; To-Tag=r33; from-tag = ff87;x=y"), plain);
        assert_eq!(
            read("98732@host;to-tag=r33;from-tag=ff87;early-only"),
            Some((dialog("ff87"), true))
        );
        assert_eq!(read("98732@host;to-tag=r33;from-tag=0"), Some((dialog(""), false)));
        for bad in [
            "",
            ";to-tag=a;from-tag=b",
            "c;to-tag=a",
            "c;from-tag=b",
            "c;to-tag=a;to-tag=b;from-tag=c",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(read("c;to-tag=a;from-tag=b\r\nX: y"), None);
        let long = "c".repeat(limits::REPLACES_LENGTH_MAX);
        assert_eq!(read(&format!("{long};to-tag=a;from-tag=b")), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}") {
            let _ = Replaces::read(&text);
        }
    }
}
