//! The rows without a story, and why. The list may only shrink: a row that passes leaves it.

/// Row and reason.
#[rustfmt::skip]
pub const NOT_YET: &[(&str, &str)] = &[
];
