//! Whole inputs, from which mutation begins.

/// SIP messages with every header field that the stack acts on.
pub fn datagrams() -> Vec<Vec<u8>> {
    let head = |first: &str, method: &str, rest: &str| {
        format!(
            "{first}\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa1;rport\r\n\
             Max-Forwards: 70\r\nFrom: \"Ada \\\"L\\\"\" <sip:+33612345678@192.0.2.1>;tag=a\r\n\
             To: <sip:100@192.0.2.10>\r\nCall-ID: c1@192.0.2.1\r\nCSeq: 1 {method}\r\n\
             Contact: <sip:ada@192.0.2.1:5060;transport=udp>\r\n{rest}"
        )
    };
    let sdp = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
               m=audio 4000 RTP/AVP 8 101\r\n";
    let body = format!(
        "Record-Route: <sip:192.0.2.50;lr>, <sip:192.0.2.51>\r\nP-Asserted-Identity: \
         <tel:+33612345678>\r\nExpires: 60\r\nSupported: 100rel, timer\r\nSession-Expires: \
         90;refresher=uac\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    );
    let end = "Content-Length: 0\r\n\r\n";
    let uri = "sip:100@192.0.2.10 SIP/2.0";
    let mut all: Vec<String> =
        ["OPTIONS", "REGISTER", "SUBSCRIBE", "REFER", "INFO", "UPDATE", "BYE"]
            .into_iter()
            .map(|method| head(&format!("{method} {uri}"), method, end))
            .collect();
    all.push(head(&format!("INVITE {uri}"), "INVITE", &body));
    all.push(head(&format!("INVITE {uri}"), "INVITE", end));
    all.push(head("INVITE sip:[2001:db8::1]:5070;lr?X=y SIP/2.0", "INVITE", end));
    all.push(head("SIP/2.0 200 OK", "INVITE", &body));
    all.push(head(
        "SIP/2.0 407 Proxy",
        "INVITE",
        &format!("Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n{end}"),
    ));
    all.push("\r\n\r\n".to_owned());
    all.push("OPTIONS sip:h SIP/2.0\nv:SIP/2.0/UDP h;branch=z9hG4bKb\nf:<sip:a@b>;tag=1\nt:<sip:c>\ni:x\nCSeq:1 OPTIONS\n\n".to_owned());
    all.into_iter().map(String::into_bytes).collect()
}

/// Descriptions of several kinds of far ends.
pub fn descriptions() -> Vec<Vec<u8>> {
    let base = "v=0\r\no=- 1 1 IN IP4 198.51.100.5\r\ns=-\r\nc=IN IP4 198.51.100.5\r\nt=0 0\r\n";
    let key = "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
    [
        format!("{base}m=audio 5004 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"),
        format!("{base}m=audio 5004 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 {key}|2^31|1:1\r\na=crypto:2 AES_CM_128_HMAC_SHA1_32 {key} WSH=64\r\n"),
        format!("{base}m=video 5000 RTP/AVP 99\r\nm=audio 5002 RTP/AVPF 9 0\r\nc=IN IP6 2001:db8::1\r\na=rtcp:5009 IN IP4 198.51.100.6\r\na=sendonly\r\nm=image 5008 udptl t38\r\n"),
        "v=0\nc=IN IP4 0.0.0.0\nm=audio 4000/2 RTP/AVP 0\na=inactive\n".to_owned(),
    ]
    .into_iter()
    .map(String::into_bytes)
    .collect()
}

/// RTP of each kind.
pub fn packets() -> Vec<Vec<u8>> {
    let header = |first: u8, kind: u8| vec![first, kind, 0, 1, 0, 0, 0, 160, 0, 0, 0, 9];
    let with = |first, kind, rest: &[u8]| [&header(first, kind)[..], rest].concat();
    vec![
        with(0x80, 8, &[0xD5; 160]),
        with(0x80, 0x80 | 101, &[5, 0x8A, 0, 160]),
        with(0xA0, 0, &[1, 2, 3, 3]),
        with(0x91, 0, &[0, 0, 0, 1, 0xBE, 0xDE, 0, 1, 1, 2, 3, 4, 7, 7]),
        with(0x81, 200, &[0; 40]),
    ]
}

/// RTCP of each kind.
pub fn reports() -> Vec<Vec<u8>> {
    let block = [&[0, 0, 0, 9, 25, 0, 0, 5][..], &[0; 8], &[0, 1, 0, 0], &[0, 0, 128, 0]].concat();
    let sender = [&[0x81, 200, 0, 12, 0, 0, 0, 7][..], &[1; 8], &[0; 12], &block].concat();
    let receiver = [&[0x81, 201, 0, 7, 0, 0, 0, 7][..], &block].concat();
    let description = [&[0x81, 202, 0, 3, 0, 0, 0, 7][..], &[1, 4, b'n', b'a', b'm', b'e', 0, 0]];
    let description = description.concat();
    let bye = [0x81, 203, 0, 2, 0, 0, 0, 7, 3, b'e', b'n', b'd'];
    let application = [0x80, 204, 0, 3, 0, 0, 0, 7, b'n', b'a', b'm', b'e', 1, 2, 3, 4];
    vec![
        [&sender[..], &description].concat(),
        [&receiver[..], &description, &bye].concat(),
        [&receiver[..], &application].concat(),
    ]
}
