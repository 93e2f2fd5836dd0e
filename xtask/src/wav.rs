//! Writes WAV files of one kind: 8 kHz, mono, 16-bit PCM. It reads none.

use std::path::Path;

use anyhow::{Context, Result};

/// Samples per second of every file of the project.
pub const RATE: usize = 8000;

/// The bytes of a WAV file: a plain 44-byte header, then the samples.
pub fn bytes(samples: &[i16]) -> Vec<u8> {
    let data = u32::try_from(samples.len() * 2).expect("a clip is far below 4 GB");
    let rate = RATE as u32;
    let mut out = Vec::with_capacity(44 + samples.len() * 2);
    out.extend(b"RIFF");
    out.extend((36 + data).to_le_bytes());
    out.extend(b"WAVEfmt ");
    out.extend(16u32.to_le_bytes());
    out.extend(1u16.to_le_bytes());
    out.extend(1u16.to_le_bytes());
    out.extend(rate.to_le_bytes());
    out.extend((rate * 2).to_le_bytes());
    out.extend(2u16.to_le_bytes());
    out.extend(16u16.to_le_bytes());
    out.extend(b"data");
    out.extend(data.to_le_bytes());
    for sample in samples {
        out.extend(sample.to_le_bytes());
    }
    out
}

/// Writes `samples` to `path`.
pub fn write(path: &Path, samples: &[i16]) -> Result<()> {
    std::fs::write(path, bytes(samples)).with_context(|| format!("writing {}", path.display()))
}
