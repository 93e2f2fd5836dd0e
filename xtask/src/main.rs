//! What `cargo verify` runs.
fn main() {}
