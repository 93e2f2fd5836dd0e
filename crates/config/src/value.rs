//! The small languages inside quotes: times, addresses, networks, number formats, SIP URIs.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use model::NumberFormat;
use sip::{Source, Transport};

use crate::listeners::TRANSPORTS;
use crate::section::shown;

/// The port of SIP over UDP (RFC 3261 §19.1.2).
pub(crate) const SIP_PORT: u16 = 5060;

/// Why some text is not understood, and what to write instead.
#[derive(Debug)]
pub(crate) struct Mistake {
    pub(crate) problem: String,
    pub(crate) hint: String,
}

impl Mistake {
    pub(crate) fn new(problem: impl Into<String>, hint: impl Into<String>) -> Mistake {
        Mistake { problem: problem.into(), hint: hint.into() }
    }
}

const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// `20s`, `1h30m`, `500ms`: whole numbers with units, largest unit first.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total: u64 = 0;
    let mut smallest = u64::MAX;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let millis = UNITS.iter().find(|(name, _)| *name == unit)?.1;
        if millis >= smallest {
            return None;
        }
        smallest = millis;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(millis)?)?;
        rest = after.trim_start();
    }
    Some(Duration::from_millis(total))
}

/// A time as [`duration`] reads it.
pub(crate) fn spell(time: Duration) -> String {
    let mut millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let mut spelled = String::new();
    for (unit, size) in UNITS {
        if millis >= size {
            spelled.push_str(&format!("{}{unit}", millis / size));
            millis %= size;
        }
    }
    if spelled.is_empty() { "0s".into() } else { spelled }
}

/// `203.0.113.7:5060`, `203.0.113.7`, `[2001:db8::7]:5060`, `2001:db8::7`; without a port it is
/// [`SIP_PORT`].
pub(crate) fn address(text: &str) -> Result<SocketAddr, Mistake> {
    address_or_port(text, SIP_PORT)
}

/// The same, with another port for an address without one.
pub(crate) fn address_or_port(text: &str, port: u16) -> Result<SocketAddr, Mistake> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, port));
    }
    match text.parse::<SocketAddr>() {
        Ok(address) if address.port() == 0 => {
            Err(Mistake::new("port 0 is no port", format!("SIP's own port is {SIP_PORT}")))
        }
        Ok(address) => Ok(address),
        Err(_) => Err(not_an_address(text)),
    }
}

fn not_an_address(text: &str) -> Mistake {
    let (host, port) = text.rsplit_once(':').unwrap_or((text, ""));
    if host.parse::<IpAddr>().is_ok() && port.chars().all(|c| c.is_ascii_digit()) {
        let problem = format!("`{}` has no valid port", shown(text));
        return Mistake::new(problem, "a port is a number from 1 to 65535");
    }
    if text.starts_with("sip:") {
        return Mistake::new("this is a URI", "write the address only, without sip:");
    }
    let like_a_name = host.chars().any(|c| c.is_ascii_alphabetic()) && !host.contains(':');
    let hint = if like_a_name {
        format!(
            "names are looked up in the `targets` of a trunk only: write the IP address of {}",
            shown(host)
        )
    } else {
        "an address is four numbers from 0 to 255, such as 203.0.113.7".into()
    };
    Mistake::new(format!("`{}` is not an IP address", shown(text)), hint)
}

/// `203.0.113.0/24`, `203.0.113.7`, `203.0.113.7:5060`, `2001:db8::/32`.
pub(crate) fn source(text: &str) -> Result<Source, Mistake> {
    let text = text.trim();
    let Some((network, bits)) = text.split_once('/') else {
        if let Ok(network) = text.parse::<IpAddr>() {
            return Ok(Source { network, prefix: bits_of(&network), port: None });
        }
        return address(text).map(|address| Source {
            network: address.ip(),
            prefix: bits_of(&address.ip()),
            port: Some(address.port()),
        });
    };
    let network: IpAddr = network.trim().parse().map_err(|_| not_an_address(network.trim()))?;
    let most = bits_of(&network);
    let prefix = match bits.trim().parse::<u8>() {
        Ok(prefix) if prefix <= most => prefix,
        Ok(_) | Err(_) => {
            let problem = format!("`/{}` is not the length of a network", shown(bits));
            return Err(Mistake::new(problem, format!("after / comes a number from 0 to {most}")));
        }
    };
    let first = first_of(&network, prefix);
    if first != network {
        let problem = format!("`{}` is a host within its network", shown(text));
        let hint = format!("write {first}/{prefix} for the network, or {network} for the host");
        return Err(Mistake::new(problem, hint));
    }
    Ok(Source { network, prefix, port: None })
}

/// How many bits an address of this family has.
pub(crate) fn bits_of(address: &IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// The first address of the network that `address` is in.
pub(crate) fn first_of(address: &IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from(u32::from(*v4) & mask))
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from(u128::from(*v6) & mask))
        }
    }
}

/// `e164`, `digits`, `00`, `national:33:0`, `national:1::011`.
pub(crate) fn number_format(text: &str) -> Result<NumberFormat, Mistake> {
    let hint = "national:33:0 is France: the country code, then what precedes a national number";
    let parts: Vec<&str> = text.trim().split(':').collect();
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    match parts[..] {
        ["e164"] => Ok(NumberFormat::E164),
        ["digits"] => Ok(NumberFormat::Digits),
        ["00"] => Ok(NumberFormat::DoubleZero),
        ["national", country_code, ref rest @ ..] if rest.len() <= 2 => {
            let prefix = rest.first().copied().unwrap_or_default();
            if !digits(prefix) || prefix.len() > 3 {
                let problem = format!("`{}` does not precede numbers", shown(prefix));
                return Err(Mistake::new(problem, hint));
            }
            let international = rest.get(1).copied().unwrap_or("00");
            if !digits(international) || !(1..=5).contains(&international.len()) {
                let problem = format!("`{}` does not lead abroad", shown(international));
                return Err(Mistake::new(problem, "in North America: national:1::011"));
            }
            if !is_country_code(country_code) {
                let problem = format!("no country has the code `{}`", shown(country_code));
                return Err(Mistake::new(problem, hint));
            }
            Ok(NumberFormat::National {
                country_code: country_code.into(),
                trunk_prefix: prefix.into(),
                international_prefix: international.into(),
            })
        }
        ["national", ..] => Err(Mistake::new("the country is not named", hint)),
        _ => {
            let problem = format!("`{}` is not a way to write numbers", shown(text));
            Err(Mistake::new(problem, hint))
        }
    }
}

/// True when some number of this country is an international number and begins with exactly it.
fn is_country_code(text: &str) -> bool {
    let digits = text.chars().all(|c| c.is_ascii_digit()) && (1..=3).contains(&text.len());
    digits
        && ["000000000", "200000000", "700000000"].iter().any(|rest| {
            model::E164::parse(&format!("+{text}{rest}"))
                .is_ok_and(|number| number.country_code() == text)
        })
}

/// `16384-32767`: at least one even port.
pub(crate) fn ports(text: &str) -> Result<RangeInclusive<u16>, Mistake> {
    let hint = "two numbers from 1024 to 65535 with a hyphen: \"16384-32767\"";
    let Some((low, high)) = text.split_once('-') else {
        return Err(Mistake::new(format!("`{}` is not a range", shown(text)), hint));
    };
    let port = |text: &str| text.trim().parse::<u16>().ok().filter(|port| *port >= 1_024);
    let (Some(low), Some(high)) = (port(low), port(high)) else {
        return Err(Mistake::new(format!("`{}` is not a range of ports", shown(text)), hint));
    };
    if low > high {
        let problem = format!("the range `{}` runs backwards", shown(text));
        return Err(Mistake::new(problem, format!("write \"{high}-{low}\"")));
    }
    if engine::rtp_ports(&(low..=high)).next().is_none() {
        let problem = format!("the range `{}` has no even port and the next one", shown(text));
        return Err(Mistake::new(problem, "RTP uses an even port, and RTCP the odd one after it"));
    }
    Ok(low..=high)
}

/// An IP address without a port.
pub(crate) fn ip(text: &str) -> Result<IpAddr, Mistake> {
    let text = text.trim();
    match (text.parse::<IpAddr>(), address(text)) {
        (Ok(ip), _) => Ok(ip),
        (Err(_), Ok(address)) => {
            let hint = format!("write it without the port: \"{}\"", address.ip());
            Err(Mistake::new("there is a port behind the address", hint))
        }
        (Err(_), Err(mistake)) => Err(mistake),
    }
}

/// Where an agent is called.
#[derive(Debug, Clone)]
pub(crate) struct AgentUri {
    pub(crate) uri: String,
    pub(crate) address: SocketAddr,
    pub(crate) transport: Transport,
}

/// A SIP URI with an address in it: `sip:anna@192.0.2.5:5060;transport=tcp`.
pub(crate) fn agent_uri(text: &str) -> Result<AgentUri, Mistake> {
    let text = text.trim();
    let write = "write sip:anna@192.0.2.5:5060";
    let secure = text.starts_with("sips:");
    let Some(rest) = text.strip_prefix("sip:").or_else(|| text.strip_prefix("sips:")) else {
        return Err(Mistake::new(format!("`{}` is not a SIP URI", shown(text)), write));
    };
    let strange = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | '"');
    if rest.contains(strange) || rest.contains('?') {
        return Err(Mistake::new("the URI holds characters that do not belong there", write));
    }
    let (head, params) = rest.split_once(';').unwrap_or((rest, ""));
    let mut transport = if secure { Transport::Tls } else { Transport::Udp };
    for param in params.split(';').filter(|param| !param.is_empty()) {
        let (name, value) = param.split_once('=').unwrap_or((param, ""));
        if name.eq_ignore_ascii_case("transport") {
            let word = value.to_ascii_lowercase();
            let Some((_, known)) = TRANSPORTS.iter().find(|(known, _)| *known == word) else {
                let problem = format!("agents are not called over {}", shown(value));
                return Err(Mistake::new(problem, "leave ;transport= out for UDP"));
            };
            transport = match (secure, *known) {
                (true, Transport::Udp) => {
                    let problem = "sips: is never carried in datagrams";
                    return Err(Mistake::new(problem, "leave ;transport= out"));
                }
                // RFC 3261 §26.2.2: TLS it is, over TCP.
                (true, Transport::Tcp | Transport::Tls) => Transport::Tls,
                (false, known) => known,
            };
        }
    }
    let Some((user, host)) = head.rsplit_once('@') else {
        return Err(Mistake::new("the URI names nobody", write));
    };
    if user.is_empty() {
        return Err(Mistake::new("the URI names nobody", write));
    }
    let address = address_or_port(host, transport.default_port())?;
    Ok(AgentUri { uri: text.into(), address, transport })
}

/// Base64 (RFC 4648 §4), with or without what fills it up.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        held = (held << 6) | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    (held == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_spelled_alike() {
        let cases = [("20s", 20_000), ("5m", 300_000), ("8h", 28_800_000), ("0s", 0)];
        for (text, millis) in cases {
            assert_eq!(duration(text), Some(Duration::from_millis(millis)));
            assert_eq!(spell(Duration::from_millis(millis)), text);
        }
        assert_eq!(duration("1h 30m"), Some(Duration::from_secs(5_400)));
        assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
        for wrong in ["", "20", "s", "20 s", "1.5h", "30m1h", "5s5s", "-5s", "9x", "20S"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
        assert_eq!(duration("99999999999999999999d"), None);
        assert_eq!(duration("9999999999999999d"), None);
    }

    #[test]
    fn base64_is_read_as_its_rfc_writes_it() {
        let vectors =
            [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg", "foob")];
        for (text, bytes) in vectors {
            assert_eq!(base64(text).as_deref(), Some(bytes.as_bytes()), "{text}");
        }
        for wrong in ["Zg=a", "Z g", "Zm9_", "Zh"] {
            assert_eq!(base64(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn country_codes_are_those_of_the_model() {
        for code in ["1", "7", "33", "49", "351", "971"] {
            assert!(is_country_code(code), "{code}");
        }
        for code in ["", "0", "3", "333", "21", "210", "3333", "x3"] {
            assert!(!is_country_code(code), "{code}");
        }
    }

    #[test]
    fn networks_are_read_in_both_families() {
        let all = source("0.0.0.0/0").unwrap();
        assert_eq!((all.prefix, all.port), (0, None));
        assert_eq!(source("203.0.113.7").unwrap().prefix, 32);
        assert_eq!(source("203.0.113.7:5070").unwrap().port, Some(5070));
        assert_eq!(source("2001:db8::/32").unwrap().prefix, 32);
        assert_eq!(source("2001:db8::7").unwrap().prefix, 128);
        assert!(source("2001:db8::7/32").is_err());
    }
}
