//! What a story is told into: the time line in words, scene after scene.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use media::Catalog;

use super::scene::{Keys, Scene};
use super::setup::Setup;
use crate::lab;

/// How a story, or a part of it, went: the error is what was expected and was not so.
pub type Told = Result<(), String>;

/// See the module.
pub struct Tale {
    profile: &'static str,
    clips: Arc<Catalog>,
    /// What stands beside the configuration.
    files: BTreeMap<PathBuf, Vec<u8>>,
    lines: Vec<String>,
}

/// What is read of a configuration, and what is found in it.
type Read = (engine::Settings, config::Roof, Vec<config::Finding>);

impl Tale {
    pub(crate) fn new(profile: &'static str, clips: Arc<Catalog>) -> Tale {
        Tale { profile, clips, files: BTreeMap::new(), lines: Vec::new() }
    }

    /// A file that the configuration may name.
    pub fn file(&mut self, name: &str, bytes: Vec<u8>) {
        self.lines.push(format!("there is a file {name} of {} bytes", bytes.len()));
        self.files.insert(name.into(), bytes);
    }

    fn read(&self, setup: &Setup) -> Result<Read, Vec<config::Finding>> {
        let outside = config::Outside {
            secrets: &|_| Ok(lab::password(1)),
            lists: &|_| Ok(String::new()),
            prompts: &|_, _, _| Ok(()),
            music: &|file, most| self.music(file, most).map(|_| ()),
        };
        config::read_in("rappel.toml", &setup.text(), &outside)
    }

    fn music(&self, file: &Path, most: u64) -> Result<Vec<i16>, String> {
        let bytes = self.files.get(file).ok_or("is missing")?;
        media::music::read(bytes, most).map_err(|problem| problem.to_string())
    }

    /// A configuration of this product, to be changed.
    pub fn setup(&self, agents: u8) -> Setup {
        Setup::of(self.profile, agents)
    }

    /// Begins a scene with this configuration.
    ///
    /// # Errors
    /// When the configuration is refused.
    pub fn scene(&mut self, setup: &Setup) -> Result<Scene<'_>, String> {
        self.scene_with(setup, Keys::Cues)
    }

    /// Begins a scene in which keys come so.
    ///
    /// # Errors
    /// When the configuration is refused.
    pub fn scene_with(&mut self, setup: &Setup, keys: Keys) -> Result<Scene<'_>, String> {
        let (settings, roof, _) = self.read(setup).map_err(|found| {
            let all: Vec<String> = found.iter().map(|it| it.problem.clone()).collect();
            format!("the configuration is refused: {}", all.join("; "))
        })?;
        if !self.lines.is_empty() {
            self.lines.push("another scene".into());
        }
        for change in setup.changes() {
            self.lines.push(format!("with {change}"));
        }
        let clips = match &roof.music {
            Some(music) => super::setup::clips_with(&self.music(&music.file, music.bytes_max)?),
            None => Arc::clone(&self.clips),
        };
        Ok(Scene::begin(settings, clips, &mut self.lines, keys))
    }

    /// What `rappel config check` says that the network must let through.
    ///
    /// # Errors
    /// When the configuration is refused.
    pub fn needs(&mut self, setup: &Setup) -> Result<Vec<String>, String> {
        let secret: &config::Secrets<'_> = &|_| Ok(lab::password(1));
        let read = config::read_with("rappel.toml", &setup.text(), secret);
        let (settings, roof, _) = read.map_err(|found| format!("{:?}", found[0].problem))?;
        let needs = config::needs(&settings, &roof);
        self.lines.extend(needs.iter().map(|need| format!("needed: {need}")));
        Ok(needs)
    }

    /// The configuration is refused, and one of the reasons has these words.
    ///
    /// # Errors
    /// When it is accepted, or refused for another reason.
    pub fn refuses(&mut self, setup: &Setup, words: &str) -> Told {
        let said = match self.read(setup) {
            Ok(_) => return Err(format!("accepted: {}", setup.changes().join(", "))),
            Err(found) => found,
        };
        let all: Vec<String> = said.iter().map(|it| it.problem.clone()).collect();
        if !all.iter().any(|problem| problem.contains(words)) {
            return Err(format!("refused, but not because of “{words}”: {}", all.join("; ")));
        }
        self.lines.push(format!("refused: {} (“{words}”)", setup.changes().join(", ")));
        Ok(())
    }

    /// The configuration is accepted, and warned of in these words.
    ///
    /// # Errors
    /// When it is refused, or nobody warns so.
    pub fn warns(&mut self, setup: &Setup, words: &str) -> Told {
        let (_, _, said) =
            self.read(setup).map_err(|found| format!("refused: {:?}", found[0].problem))?;
        if !said.iter().any(|finding| finding.problem.contains(words)) {
            return Err(format!("nobody warns that “{words}”: {}", setup.changes().join(", ")));
        }
        self.lines.push(format!("warned: {} (“{words}”)", setup.changes().join(", ")));
        Ok(())
    }

    /// The configuration is accepted.
    ///
    /// # Errors
    /// When it is refused.
    pub fn accepts(&mut self, setup: &Setup) -> Told {
        self.read(setup).map_err(|found| format!("refused: {}", found[0].problem))?;
        self.lines.push(format!("accepted: {}", setup.changes().join(", ")));
        Ok(())
    }

    /// What was told so far.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    pub(crate) fn into_lines(self) -> Vec<String> {
        self.lines
    }
}
