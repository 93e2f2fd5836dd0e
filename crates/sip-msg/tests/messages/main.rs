//! Messages as text, and what is made of them.

mod any_bytes;
mod case;
mod differential;
mod dirty;
mod limits;
mod printing;
mod reading;
mod rfc4475;
mod rfc5118;
mod rules;
mod streams;
