//! One file of settings: read with spans, checked.
