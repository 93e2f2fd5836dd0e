//! SIP messages: read, typed views, print.
