//! `rappel_fuzz::reports` for cargo-fuzz; what must hold stands there.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rappel_fuzz::reports(bytes));
