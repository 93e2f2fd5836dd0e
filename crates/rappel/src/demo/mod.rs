//! `rappel demo`: one whole callback over real sockets, told in plain words.
//!
//! The engine is a process of its own, as it would be in service; the caller, the agent and the
//! customer are phones of the far end. What is claimed at the end was read from *their* diaries.

mod process;
mod story;
mod verdict;

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::cli::Demo;

pub(crate) fn play(how: &Demo) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("the system refuses a thread")?;
    runtime.block_on(story::tell(how))
}
