//! The clips: every prompt, digit and piece of music, encoded once for all callers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use audio::dtmf::Tones;
use audio::{G711, Law, RATE, g722};

use crate::{ClipId, Codec};

/// How much of the beginning of each clip is silent in G.722: 10 ms.
const REST_SAMPLES: usize = 80;

/// What is quieter is as good as silence: 60 dB below full scale.
const QUIET: u16 = 32;

/// The clips and the tables that coded them. Filled by a roof at its start, then shared. Prompts
/// that changed are added to a copy, which shares everything else and takes its place.
#[derive(Debug, Clone)]
pub struct Catalog {
    g711: G711,
    settled: g722::Encoder,
    tones: Tones,
    clips: Vec<Arc<Clip>>,
    names: BTreeMap<String, ClipId>,
}

impl Default for Catalog {
    fn default() -> Catalog {
        Catalog::new()
    }
}

/// One clip in each codec: a port holds only a place in it.
#[derive(Debug, PartialEq, Eq)]
struct Clip {
    name: String,
    a_law: Vec<u8>,
    mu_law: Vec<u8>,
    g722: Vec<u8>,
}

impl Catalog {
    /// No clips.
    pub fn new() -> Catalog {
        Catalog {
            g711: G711::new(),
            settled: g722::Encoder::after_silence(),
            tones: Tones::new(),
            clips: Vec::new(),
            names: BTreeMap::new(),
        }
    }

    /// Adds samples at 8,000 Hz under a name such as `en/menu` or `common/music`. A name that is
    /// already there keeps its id and gets the new samples.
    pub fn add(&mut self, name: &str, samples: &[i16]) -> ClipId {
        let clip = Clip {
            name: name.to_owned(),
            a_law: self.g711.encode_all(Law::A, samples),
            mu_law: self.g711.encode_all(Law::Mu, samples),
            g722: wide(self.settled.clone(), samples),
        };
        if let Some(&id) = self.names.get(name) {
            let known = &mut self.clips[id.0 as usize];
            if **known != clip {
                *known = Arc::new(clip);
            }
            return id;
        }
        let id = ClipId(u32::try_from(self.clips.len()).expect("memory holds fewer clips"));
        self.clips.push(Arc::new(clip));
        self.names.insert(name.to_owned(), id);
        id
    }

    /// The clip of a name.
    pub fn find(&self, name: &str) -> Option<ClipId> {
        self.names.get(name).copied()
    }

    /// The name of a clip; empty for an id that this catalogue did not give.
    pub fn name(&self, clip: ClipId) -> &str {
        self.clip(clip).map_or("", |clip| &clip.name)
    }

    /// How long a clip plays; nothing for an id that this catalogue did not give.
    pub fn length(&self, clip: ClipId) -> Duration {
        let samples = self.codes(clip, Codec::Pcma).len() as u64;
        Duration::from_nanos(samples * 1_000_000_000 / u64::from(RATE))
    }

    /// Whether clips sound as they do in an earlier catalogue of which this one is a copy.
    pub fn has_the_same(&self, clips: &[ClipId], earlier: &Catalog) -> bool {
        let clip =
            |catalog: &Catalog, id: ClipId| catalog.clips.get(id.0 as usize).map(Arc::as_ptr);
        clips.iter().all(|&id| clip(self, id) == clip(earlier, id))
    }

    /// All clips with their names, in the order of their names.
    pub fn clips(&self) -> impl Iterator<Item = (&str, ClipId)> {
        self.names.iter().map(|(name, id)| (name.as_str(), *id))
    }

    /// The tables that find keys in voices.
    pub fn tones(&self) -> &Tones {
        &self.tones
    }

    /// The coding tables.
    pub fn g711(&self) -> &G711 {
        &self.g711
    }

    /// The clip, one byte a sample; nothing for an unknown id.
    pub(crate) fn codes(&self, clip: ClipId, codec: Codec) -> &[u8] {
        let Some(clip) = self.clip(clip) else { return &[] };
        match codec {
            Codec::Pcma => &clip.a_law,
            Codec::Pcmu => &clip.mu_law,
            Codec::G722 => &clip.g722,
        }
    }

    fn clip(&self, clip: ClipId) -> Option<&Clip> {
        self.clips.get(clip.0 as usize).map(AsRef::as_ref)
    }
}

/// A clip in G.722, whose bytes mean what the decoder's state makes of them; and nobody knows the
/// state in which a clip will find it. So each begins with a moment of the silence that is played
/// between clips, and is coded as what follows such silence.
fn wide(mut encoder: g722::Encoder, samples: &[i16]) -> Vec<u8> {
    let rest = samples.len().min(REST_SAMPLES);
    let mut codes = vec![g722::SILENCE; rest];
    // What is as good as silence at the end leads to that state as well.
    let end = samples.iter().rposition(|sample| sample.unsigned_abs() > QUIET);
    let end = end.map_or(rest, |last| (last + 1).max(rest));
    codes.extend(samples[rest..end].iter().map(|&sample| encoder.narrow(sample)));
    codes.resize(samples.len(), g722::SILENCE);
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clip_is_found_by_its_name_and_coded_in_each_codec() {
        let mut catalog = Catalog::new();
        catalog.add("en/menu", &[0; 8]);
        let bye = catalog.add("en/bye", &[0; 12]);
        assert_eq!(catalog.find("en/bye"), Some(bye));
        assert_eq!(catalog.find("fr/bye"), None);
        assert_eq!(catalog.name(bye), "en/bye");
        assert_eq!(catalog.length(bye), Duration::from_micros(1_500));
        assert_eq!(catalog.codes(bye, Codec::Pcma), [0xD5; 12]);
        assert_eq!(catalog.codes(bye, Codec::Pcmu), [0xFF; 12]);
        assert_eq!(catalog.codes(bye, Codec::G722), [0xFC; 12]);
        let names: Vec<&str> = catalog.clips().map(|(name, _)| name).collect();
        assert_eq!(names, ["en/bye", "en/menu"]);
    }

    #[test]
    fn a_name_added_again_keeps_its_id_and_gets_the_new_samples() {
        let mut catalog = Catalog::new();
        let first = catalog.add("en/menu", &[0; 8]);
        assert_eq!(catalog.add("en/menu", &[0; 80]), first);
        assert_eq!(catalog.length(first), Duration::from_millis(10));
        assert_eq!(catalog.clips().count(), 1);
    }

    #[test]
    fn a_copy_shares_the_clips_that_did_not_change() {
        let mut catalog = Catalog::new();
        let [menu, bye] = ["en/menu", "en/bye"].map(|name| catalog.add(name, &[0; 80]));
        let mut copy = catalog.clone();
        assert_eq!(copy.add("en/menu", &[900; 80]), menu);
        assert_eq!(copy.add("en/bye", &[0; 80]), bye);
        let new = copy.add("en/new", &[0; 80]);
        assert!(copy.has_the_same(&[bye], &catalog));
        for changed in [menu, new] {
            assert!(!copy.has_the_same(&[bye, changed], &catalog), "{changed:?}");
        }
    }

    #[test]
    fn an_unknown_id_is_a_clip_without_sound() {
        let catalog = Catalog::new();
        assert_eq!(catalog.name(ClipId(3)), "");
        assert_eq!(catalog.length(ClipId(3)), Duration::ZERO);
    }
}
