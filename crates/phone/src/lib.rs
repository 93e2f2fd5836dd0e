//! The far end: a small SIP phone on rsip, sharing nothing with sip-msg and sip.
