//! What the kernel knows of its own clock.

/// Whether somebody keeps the clock of this machine right: an NTP daemon tells the kernel so
/// (adjtimex(2)). None where the kernel does not say.
pub fn clock_is_synchronized() -> Option<bool> {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: all zeros is a value of this struct of numbers.
        #[allow(unsafe_code)]
        let mut asked: libc::timex = unsafe { std::mem::zeroed() };
        // SAFETY: with no modes set, the call only writes into the struct, which outlives it.
        #[allow(unsafe_code)]
        let state = unsafe { libc::adjtimex(&raw mut asked) };
        match state {
            libc::TIME_ERROR => Some(false),
            0.. => Some(true),
            _ => None,
        }
    }
    #[cfg(not(target_os = "linux"))]
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn linux_says_how_its_clock_is() {
        assert!(super::clock_is_synchronized().is_some());
    }
}
