//! The pages, their fenced blocks and their links.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A page of the documentation.
pub struct Page {
    /// From the root of the repository: `docs/rfc.md`.
    pub name: String,
    pub text: String,
}

/// A fenced block.
pub struct Block {
    /// `docs/rfc.md:17`, the line of its fence.
    pub at: String,
    pub language: String,
    pub text: String,
}

pub fn repository() -> PathBuf {
    let this = Path::new(env!("CARGO_MANIFEST_DIR"));
    this.join("../..").canonicalize().expect("the repository is there")
}

/// Every file below `folder` whose name ends so.
pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// README.md and everything in docs.
pub fn pages() -> Vec<Page> {
    let root = repository();
    let mut paths = vec![root.join("README.md")];
    paths.extend(files(&root.join("docs"), ".md"));
    let page = |path: PathBuf| Page {
        name: path.strip_prefix(&root).expect("below the root").display().to_string(),
        text: fs::read_to_string(&path).expect("a page can be read"),
    };
    paths.into_iter().map(page).collect()
}

/// The page of that name.
pub fn page(name: &str) -> Page {
    pages().into_iter().find(|page| page.name == name).unwrap_or_else(|| panic!("no page {name}"))
}

impl Page {
    /// Its fenced blocks; those of a list lose the list's indent.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<(Block, usize)> = None;
        for (number, line) in self.text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            match (line.trim_start().strip_prefix("```"), &mut open) {
                (Some(language), None) => {
                    let at = format!("{}:{}", self.name, number + 1);
                    let language = language.trim().to_owned();
                    open = Some((Block { at, language, text: String::new() }, indent));
                }
                (Some(_), Some(_)) => blocks.extend(open.take().map(|(block, _)| block)),
                (None, Some((block, indent))) => {
                    block.text.push_str(line.get(*indent..).unwrap_or_default());
                    block.text.push('\n');
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{} ends within a block", self.name);
        blocks
    }

    /// Its links to files, without those inside blocks.
    fn links(&self) -> Vec<&str> {
        let targets = self.text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        targets.filter(|target| !target.starts_with("http")).collect()
    }
}

/// How a heading is named in links.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| -> String {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn links_between_pages_lead_somewhere() {
    let (root, mut broken, mut seen) = (repository(), Vec::new(), 0);
    for page in pages() {
        let folder = root.join(&page.name).parent().expect("a folder").to_path_buf();
        for link in page.links() {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let path = if file.is_empty() { root.join(&page.name) } else { folder.join(file) };
            let text = fs::read_to_string(&path).unwrap_or_default();
            if !path.exists() || !anchor.is_empty() && !anchors(&text).contains(anchor) {
                broken.push(format!("{}: {link}", page.name));
            }
            seen += 1;
        }
    }
    assert!(seen > 10, "links are found at all");
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_decision_has_a_number_of_its_own_and_says_it() {
    let mut numbers = BTreeSet::new();
    for page in pages() {
        let Some(file) = page.name.strip_prefix("docs/adr/") else { continue };
        let number = file.split('-').next().unwrap_or_default().to_owned();
        let title = page.text.lines().next().unwrap_or_default();
        assert!(title.starts_with(&format!("# ADR {number}: ")), "{}: {title}", page.name);
        assert!(numbers.insert(number), "{} has the number of another", page.name);
    }
    assert!(numbers.len() > 5, "decisions are found at all");
}
