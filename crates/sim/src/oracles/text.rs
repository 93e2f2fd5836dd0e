//! A SIP message as lines of text, read without anybody's parser: enough to judge it.

/// The first line, the headers as written, and the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text<'a> {
    pub(crate) first: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    pub(crate) body: &'a [u8],
}

impl<'a> Text<'a> {
    /// `None` for what is no SIP message, such as a keep-alive.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Text<'a>> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).ok()?;
        let mut lines = head.split("\r\n");
        let first = lines.next().filter(|line| line.contains("SIP/2.0"))?;
        let headers = lines.filter_map(|line| line.split_once(": ")).collect();
        Some(Text { first, headers, body: &bytes[end + 4..] })
    }

    /// The first header of this name, as everybody here writes it.
    pub(crate) fn get(&self, name: &str) -> &'a str {
        self.all(name).next().unwrap_or_default()
    }

    /// Every header of this name.
    pub(crate) fn all<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'a str> + 'b {
        let same = move |(own, _): &&(&str, &str)| own.eq_ignore_ascii_case(name);
        self.headers.iter().filter(same).map(|(_, value)| *value)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    pub(crate) fn call_id(&self) -> &'a str {
        self.get("Call-ID")
    }

    /// The method of a request.
    pub(crate) fn method(&self) -> Option<&'a str> {
        let method = self.first.split(' ').next()?;
        (method != "SIP/2.0").then_some(method)
    }

    /// The status of a response.
    pub(crate) fn status(&self) -> Option<u16> {
        self.first.strip_prefix("SIP/2.0 ")?.split(' ').next()?.parse().ok()
    }

    /// The CSeq: number and method.
    pub(crate) fn cseq(&self) -> (u32, &'a str) {
        let (number, method) = self.get("CSeq").split_once(' ').unwrap_or_default();
        (number.parse().unwrap_or(0), method)
    }

    pub(crate) fn branch(&self) -> &'a str {
        param(self.get("Via"), "branch")
    }

    pub(crate) fn own_tag(&self) -> &'a str {
        param(self.get("From"), "tag")
    }

    pub(crate) fn to_tag(&self) -> &'a str {
        param(self.get("To"), "tag")
    }
}

/// The value of a parameter behind the address; empty when absent.
fn param<'a>(value: &'a str, name: &str) -> &'a str {
    let outside = value.rsplit_once('>').map_or(value, |(_, outside)| outside);
    let mut found = outside.split(';').filter_map(|part| part.split_once('='));
    found.find(|(own, _)| *own == name).map_or("", |(_, value)| value)
}
