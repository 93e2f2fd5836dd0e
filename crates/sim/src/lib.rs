//! The other roof: virtual clock, network, people, audits.
