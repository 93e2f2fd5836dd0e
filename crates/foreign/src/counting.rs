//! An allocator that counts, for tests of what must not allocate.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

/// The system's allocator, with a count of what was asked of it by the whole process.
#[derive(Debug, Default)]
pub struct Counting {
    asked: AtomicU64,
}

impl Counting {
    /// Nothing asked yet.
    pub const fn new() -> Counting {
        Counting { asked: AtomicU64::new(0) }
    }

    /// How often memory was asked for, or more of it.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }
}

// SAFETY: every call goes to the system's allocator unchanged.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.asked.fetch_add(1, Ordering::SeqCst);
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        self.asked.fetch_add(1, Ordering::SeqCst);
        // SAFETY: as the caller promised.
        unsafe { System.realloc(block, layout, size) }
    }
}
