//! Typed views of the header fields that a user agent acts on.

use std::fmt;

use crate::text::{digits, is_space, trim};
use crate::{Headers, Malformed, Method, NameAddr, Via};

/// The CSeq field (RFC 3261 §20.16).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CSeq {
    /// Less than 2³¹ (RFC 3261 §8.1.1.5).
    pub number: u32,
    /// The method.
    pub method: Method,
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}

/// Every view is `Ok(None)` when the field is absent and `Err` when it is there and malformed;
/// a field that may stand only once is malformed when it stands twice.
impl Headers {
    /// The topmost Via.
    ///
    /// # Errors
    /// It is malformed; those below are not looked at.
    pub fn top_via(&self) -> Result<Option<Via>, Malformed> {
        self.list("Via").next().map(Via::parse).transpose()
    }

    /// Every Via, topmost first.
    ///
    /// # Errors
    /// One of them is malformed.
    pub fn vias(&self) -> Result<Vec<Via>, Malformed> {
        self.list("Via").map(Via::parse).collect()
    }

    /// From.
    ///
    /// # Errors
    /// It is malformed.
    pub fn from(&self) -> Result<Option<NameAddr>, Malformed> {
        self.address("From", "From is malformed")
    }

    /// To.
    ///
    /// # Errors
    /// It is malformed.
    pub fn to(&self) -> Result<Option<NameAddr>, Malformed> {
        self.address("To", "To is malformed")
    }

    /// The first Contact.
    ///
    /// # Errors
    /// It is malformed, or it is `*`.
    pub fn contact(&self) -> Result<Option<NameAddr>, Malformed> {
        let first = self.list("Contact").next();
        first.map(|text| NameAddr::parse(text, "a Contact is malformed")).transpose()
    }

    /// Every Contact.
    ///
    /// # Errors
    /// One is malformed, or it is `*`.
    pub fn contacts(&self) -> Result<Vec<NameAddr>, Malformed> {
        self.addresses("Contact", "a Contact is malformed")
    }

    /// True when the only Contact is `*` (RFC 3261 §10.2.2).
    pub fn contact_is_star(&self) -> bool {
        let mut contacts = self.list("Contact");
        contacts.next() == Some("*") && contacts.next().is_none()
    }

    /// Every Record-Route, topmost first.
    ///
    /// # Errors
    /// One is malformed.
    pub fn record_routes(&self) -> Result<Vec<NameAddr>, Malformed> {
        self.addresses("Record-Route", "a Record-Route is malformed")
    }

    /// Every Route, topmost first.
    ///
    /// # Errors
    /// One is malformed.
    pub fn routes(&self) -> Result<Vec<NameAddr>, Malformed> {
        self.addresses("Route", "a Route is malformed")
    }

    /// Every P-Asserted-Identity (RFC 3325 §9.1). Whether the peer may assert anything is not
    /// known here.
    ///
    /// # Errors
    /// One is malformed.
    pub fn asserted_identity(&self) -> Result<Vec<NameAddr>, Malformed> {
        self.addresses("P-Asserted-Identity", "a P-Asserted-Identity is malformed")
    }

    /// P-Called-Party-ID (RFC 7315 §4.2).
    ///
    /// # Errors
    /// It is malformed.
    pub fn called_party(&self) -> Result<Option<NameAddr>, Malformed> {
        self.address("P-Called-Party-ID", "P-Called-Party-ID is malformed")
    }

    /// Every Diversion, the latest first (RFC 5806 §4).
    ///
    /// # Errors
    /// One is malformed.
    pub fn diversions(&self) -> Result<Vec<NameAddr>, Malformed> {
        self.addresses("Diversion", "a Diversion is malformed")
    }

    /// Refer-To (RFC 3515 §2.1).
    ///
    /// # Errors
    /// It is malformed, or there are two.
    pub fn refer_to(&self) -> Result<Option<NameAddr>, Malformed> {
        self.address("Refer-To", "Refer-To is malformed")
    }

    /// CSeq.
    ///
    /// # Errors
    /// It is malformed, or its number is not less than 2³¹.
    pub fn cseq(&self) -> Result<Option<CSeq>, Malformed> {
        const WHAT: &str = "CSeq is malformed";
        let bad = || Malformed::field(WHAT);
        let Some(text) = self.single("CSeq", WHAT)? else { return Ok(None) };
        let (number, method) = text.split_once(is_space).ok_or_else(bad)?;
        let number = digits(number).filter(|number| *number < 1 << 31).ok_or_else(bad)?;
        let method = Method::parse(trim(method)).ok_or_else(bad)?;
        Ok(Some(CSeq { number, method }))
    }

    /// Call-ID, when it is there and not empty.
    pub fn call_id(&self) -> Option<&str> {
        self.get("Call-ID").filter(|text| !text.is_empty())
    }

    /// Max-Forwards, 0 to 255.
    ///
    /// # Errors
    /// It is not such a number.
    pub fn max_forwards(&self) -> Result<Option<u8>, Malformed> {
        const WHAT: &str = "Max-Forwards is malformed";
        let number = self.number("Max-Forwards", WHAT)?;
        number.map(|number| u8::try_from(number).map_err(|_| Malformed::field(WHAT))).transpose()
    }

    /// Content-Length in bytes, as written. Written twice with one value it counts once.
    ///
    /// # Errors
    /// It is not a number, or two fields differ.
    pub fn content_length(&self) -> Result<Option<u32>, Malformed> {
        const WHAT: &str = "Content-Length is malformed";
        let mut length = None;
        for text in self.all("Content-Length") {
            let next = digits(trim(text)).ok_or(Malformed::field(WHAT))?;
            if length.is_some_and(|length| length != next) {
                return Err(Malformed::field("two values of Content-Length differ"));
            }
            length = Some(next);
        }
        Ok(length)
    }

    /// Content-Type in lower case and without its parameters: `application/sdp`.
    ///
    /// # Errors
    /// It is not `type/subtype`.
    pub fn content_type(&self) -> Result<Option<String>, Malformed> {
        const WHAT: &str = "Content-Type is malformed";
        let Some(text) = self.single("Content-Type", WHAT)? else { return Ok(None) };
        let kind = text.split(';').next().unwrap_or(text);
        let (main, sub) = kind.split_once('/').ok_or(Malformed::field(WHAT))?;
        let (main, sub) = (trim(main), trim(sub));
        if !crate::text::is_token(main) || !crate::text::is_token(sub) {
            return Err(Malformed::field(WHAT));
        }
        Ok(Some(format!("{main}/{sub}").to_ascii_lowercase()))
    }

    /// Expires in seconds; a number beyond 32 bits is the greatest (RFC 3261 §20.19).
    ///
    /// # Errors
    /// It is not a number.
    pub fn expires(&self) -> Result<Option<u32>, Malformed> {
        self.number("Expires", "Expires is malformed")
    }

    fn number(&self, name: &str, what: &'static str) -> Result<Option<u32>, Malformed> {
        let Some(text) = self.single(name, what)? else { return Ok(None) };
        digits(text).map(Some).ok_or(Malformed::field(what))
    }

    fn single(&self, name: &str, what: &'static str) -> Result<Option<&str>, Malformed> {
        let mut values = self.all(name);
        let first = values.next().map(trim);
        match values.next() {
            Some(_) => Err(Malformed::field(what)),
            None => Ok(first),
        }
    }

    fn address(&self, name: &str, what: &'static str) -> Result<Option<NameAddr>, Malformed> {
        self.single(name, what)?.map(|text| NameAddr::parse(text, what)).transpose()
    }

    fn addresses(&self, name: &str, what: &'static str) -> Result<Vec<NameAddr>, Malformed> {
        self.list(name).map(|text| NameAddr::parse(text, what)).collect()
    }
}
