//! SIP, SIPS and `tel:` URIs (RFC 3261 §19.1, RFC 3966), and any other by its text.

use std::fmt;
use std::net::Ipv6Addr;

use crate::text::{trim, unescape};
use crate::{Malformed, Params};

/// A URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uri {
    /// `sip:` or `sips:`.
    Sip(SipUri),
    /// `tel:`.
    Tel(TelUri),
    /// Any other scheme, as written.
    Other(String),
}

/// `sip:user:password@host:port;params?headers`. Parts are kept as written, escapes included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SipUri {
    /// True for `sips:`.
    pub secure: bool,
    /// The user part, which may hold parameters of its own (`+33…;npdi`). An empty one, which some
    /// write for a withheld number, is none.
    pub user: Option<String>,
    /// The password. Never written by anybody sane; kept so that it can be echoed.
    pub password: Option<String>,
    /// A name or an address; an IPv6 address stands here without its brackets.
    pub host: String,
    /// The port, when written.
    pub port: Option<u16>,
    /// URI parameters.
    pub params: Params,
    /// What follows `?`.
    pub headers: Option<String>,
}

/// `tel:number;params`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelUri {
    /// The number as written, with its `+` and its visual separators.
    pub number: String,
    /// Parameters, such as `phone-context`.
    pub params: Params,
}

const BAD: &str = "a URI is malformed";

impl Uri {
    /// Reads a URI that stands alone: a Request-URI or what is inside `<>`.
    ///
    /// # Errors
    /// No scheme, white space, brackets or quotes; in `sip:` also a bad host or port.
    pub fn parse(text: &str) -> Result<Uri, Malformed> {
        let (scheme, rest) = text.split_once(':').ok_or(Malformed::field(BAD))?;
        let good = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        if !good || rest.is_empty() || rest.chars().any(is_forbidden) {
            return Err(Malformed::field(BAD));
        }
        if scheme.eq_ignore_ascii_case("sip") || scheme.eq_ignore_ascii_case("sips") {
            return Ok(Uri::Sip(SipUri::parse(rest, scheme.len() == 4)?));
        }
        if scheme.eq_ignore_ascii_case("tel") {
            let (number, params) = rest.split_once(';').unwrap_or((rest, ""));
            if number.is_empty() {
                return Err(Malformed::field(BAD));
            }
            let params = Params::parse(params, BAD)?;
            return Ok(Uri::Tel(TelUri { number: number.to_owned(), params }));
        }
        Ok(Uri::Other(text.to_owned()))
    }

    /// The user part of a SIP URI or the number of a `tel:` URI, unescaped.
    pub fn user_unescaped(&self) -> Option<String> {
        match self {
            Uri::Sip(sip) => sip.user.as_deref().map(unescape),
            Uri::Tel(tel) => Some(unescape(&tel.number)),
            Uri::Other(_) => None,
        }
    }

    /// Like [`Uri::user_unescaped`], without the parameters that carriers put into the user part
    /// (`+33612345678;npdi;rn=…`, RFC 4694): what is compared with a number.
    pub fn number(&self) -> Option<String> {
        match self {
            Uri::Sip(sip) => {
                let user = sip.user.as_deref()?;
                Some(unescape(user.split(';').next().unwrap_or(user)))
            }
            Uri::Tel(tel) => Some(unescape(&tel.number)),
            Uri::Other(_) => None,
        }
    }

    /// The host of a SIP URI, an IPv6 address without its brackets.
    pub fn host(&self) -> Option<&str> {
        self.sip().map(|sip| sip.host.as_str())
    }

    /// The port of a SIP URI, when written.
    pub fn port(&self) -> Option<u16> {
        self.sip().and_then(|sip| sip.port)
    }

    /// True when a SIP URI has the `lr` parameter, escaped or not: a loose router (RFC 3261
    /// §16.12).
    pub fn is_lr(&self) -> bool {
        self.sip().is_some_and(|sip| {
            sip.params.iter().any(|(name, _)| unescape(name).eq_ignore_ascii_case("lr"))
        })
    }

    /// The parts, when the scheme is `sip:` or `sips:`.
    pub fn sip(&self) -> Option<&SipUri> {
        match self {
            Uri::Sip(sip) => Some(sip),
            Uri::Tel(_) | Uri::Other(_) => None,
        }
    }
}

impl SipUri {
    /// `sip:user@host:port`.
    pub fn new(user: Option<&str>, host: &str, port: Option<u16>) -> SipUri {
        SipUri {
            secure: false,
            user: user.map(str::to_owned),
            password: None,
            host: host.to_owned(),
            port,
            params: Params::new(),
            headers: None,
        }
    }

    /// One of the headers that the URI asks for (RFC 3261 §19.1.1), unescaped.
    pub fn header(&self, name: &str) -> Option<String> {
        let all = self.headers.as_deref()?.split('&');
        let mut pairs = all.filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(key, _)| unescape(key).eq_ignore_ascii_case(name))?;
        Some(unescape(value))
    }

    /// Reads what follows the scheme. The user part ends at the first `@`: it may itself hold `;`
    /// and `?`, and a later `@` can only be one that somebody forgot to escape in a parameter.
    fn parse(rest: &str, secure: bool) -> Result<SipUri, Malformed> {
        let (user, password, rest) = match rest.split_once('@') {
            Some((userinfo, rest)) => {
                let (user, password) = match userinfo.split_once(':') {
                    Some((user, password)) => (user, Some(password.to_owned())),
                    None => (userinfo, None),
                };
                if user.is_empty() && password.is_some() {
                    return Err(Malformed::field(BAD));
                }
                (Some(user.to_owned()).filter(|user| !user.is_empty()), password, rest)
            }
            None => (None, None, rest),
        };
        let (rest, headers) = match rest.split_once('?') {
            Some((rest, headers)) => (rest, Some(headers.to_owned())),
            None => (rest, None),
        };
        let (hostport, params) = rest.split_once(';').unwrap_or((rest, ""));
        let (host, port) = host_and_port(hostport).ok_or(Malformed::field(BAD))?;
        let params = Params::parse(params, BAD)?;
        Ok(SipUri { secure, user, password, host, port, params, headers })
    }
}

/// Never part of a URI. Letters beyond ASCII and `#` are not allowed either, but are met and harm
/// nobody.
fn is_forbidden(c: char) -> bool {
    c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | '"')
}

/// Reads `host`, `host:port`, `[v6]` and `[v6]:port`, white space around the colon included
/// (RFC 3261 §25.1 allows it in a Via). An empty port is none.
pub(crate) fn host_and_port(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, after) = rest.split_once(']')?;
            let port = match trim(after) {
                "" => None,
                after => Some(after.strip_prefix(':')?),
            };
            (ipv6(address)?, port)
        }
        None => {
            let (host, port) = match text.split_once(':') {
                Some((host, port)) => (trim(host), Some(port)),
                None => (trim(text), None),
            };
            let good = !host.is_empty()
                && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.' | '_'));
            (good.then(|| host.to_owned())?, port)
        }
    };
    let port = match port.map(trim) {
        None | Some("") => None,
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => Some(port.parse().ok()?),
        Some(_) => return None,
    };
    Some((host, port))
}

/// The address as written, when it is one. `:::` before an embedded IPv4 address is what the
/// grammar of RFC 3261 wrongly demands (RFC 5118 §4.10); it is read as `::`.
fn ipv6(text: &str) -> Option<String> {
    if text.parse::<Ipv6Addr>().is_ok() {
        return Some(text.to_owned());
    }
    let mended = text.replacen(":::", "::", 1);
    mended.parse::<Ipv6Addr>().is_ok().then_some(mended)
}

/// A host as the wire writes it: an IPv6 address in brackets.
pub(crate) fn write_host(f: &mut fmt::Formatter<'_>, host: &str) -> fmt::Result {
    match host.contains(':') {
        true => write!(f, "[{host}]"),
        false => f.write_str(host),
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Uri::Sip(sip) => write!(f, "{sip}"),
            Uri::Tel(tel) => write!(f, "tel:{}{}", tel.number, tel.params),
            Uri::Other(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for SipUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.secure { "sips:" } else { "sip:" })?;
        if let Some(user) = &self.user {
            f.write_str(user)?;
            if let Some(password) = &self.password {
                write!(f, ":{password}")?;
            }
            f.write_str("@")?;
        }
        write_host(f, &self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "{}", self.params)?;
        match &self.headers {
            Some(headers) => write!(f, "?{headers}"),
            None => Ok(()),
        }
    }
}
