//! Connections that their peers lend for requests the other way (RFC 5923).

use std::net::SocketAddr;

use sip_msg::{Message, Request};

/// The port of the default of TLS (RFC 3261 §19.1.2).
const TLS_PORT: u16 = 5061;

/// Where the peer at `source` wants to be reached by the very connection that this message came by
/// (RFC 5923 §8.2): the port of its topmost Via, when that has `alias`. A name in the Via is no
/// address that anybody has asked for, so that only the peer's own address is lent.
pub fn lent(message: &[u8], source: SocketAddr) -> Option<SocketAddr> {
    let Ok(Message::Request(Request { headers, .. })) = sip_msg::parse(message) else {
        return None;
    };
    let via = headers.top_via().ok()??;
    let own = via.host.parse() == Ok(source.ip());
    let port = via.port.unwrap_or(TLS_PORT);
    (own && via.params.has("alias")).then(|| SocketAddr::new(source.ip(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_own_address_is_lent_and_only_when_it_is_said() {
        let lends = |via: &str| {
            let text = format!(
                "OPTIONS sip:us@192.0.2.1 SIP/2.0\r\nVia: {via}\r\nFrom: <sip:a@b>;tag=1\r\n\
                 To: <sip:us@192.0.2.1>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\
                 Content-Length: 0\r\n\r\n"
            );
            lent(text.as_bytes(), "192.0.2.7:40000".parse().expect("an address"))
        };
        let at = |text: &str| Some(text.parse::<SocketAddr>().expect("an address"));
        assert_eq!(lends("SIP/2.0/TLS 192.0.2.7:5071;branch=z9hG4bK1;alias"), at("192.0.2.7:5071"));
        assert_eq!(lends("SIP/2.0/TLS 192.0.2.7;alias;branch=z9hG4bK1"), at("192.0.2.7:5061"));
        assert_eq!(lends("SIP/2.0/TLS 192.0.2.7:5071;branch=z9hG4bK1"), None);
        assert_eq!(lends("SIP/2.0/TLS 192.0.2.8:5071;branch=z9hG4bK1;alias"), None);
        assert_eq!(lends("SIP/2.0/TLS sip.carrier.example;branch=z9hG4bK1;alias"), None);
        assert_eq!(lent(b"SIP/2.0 200 OK\r\n\r\n", "192.0.2.7:1".parse().expect("one")), None);
    }
}
