//! Samples: G.711, clips, WAV files, tones.
