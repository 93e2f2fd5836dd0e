//! The memory that the C library keeps for itself.

/// Gives back to the system what the allocator holds and nobody uses. Costs a walk over the free
/// blocks: some milliseconds for a large heap, for which whoever allocates in the same arena waits.
/// Elsewhere than with the GNU C library nothing is done.
pub fn give_back_memory() {
    #[cfg(target_env = "gnu")]
    {
        // SAFETY: it takes a number and touches only what the allocator has free, under its locks.
        #[allow(unsafe_code)]
        unsafe {
            libc::malloc_trim(0);
        }
    }
}
