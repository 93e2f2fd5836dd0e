//! The rules about single files: lengths, marks, and paths.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Finding;
use super::source::{self, Line};

/// Longest Rust file, in lines.
const FILE_LINES_MAX: usize = 700;
/// Longest function, in lines from `fn` to its closing brace.
const FUNCTION_LINES_MAX: usize = 70;
/// Longest line of a Rust file, in characters.
const LINE_CHARS_MAX: usize = 100;

/// Endings of the files that are text, and names of those without an ending.
const TEXT: &[&str] = &[
    "rs", "toml", "md", "xml", "ladder", "txt", "csv", "sh", "yml", "yaml", "justfile", "run",
    "build",
];
/// Folders that are not ours to judge.
const SKIPPED: &[&str] = &["target", ".git"];

// Written in halves, so that this file does not break its own rules.
const UNFINISHED: &[&str] = &[concat!("FIX", "ME"), concat!("TO", "DO"), concat!("XX", "X")];
const UNFINISHED_MACROS: &[&str] =
    &[concat!("todo", "!("), concat!("unimplemented", "!("), concat!("dbg", "!(")];
const MACHINE_PATHS: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/ro", "ot/")];
const OUTSIDE: &str = concat!("../", "shared");

/// Products whose behaviour is a matter of settings, as code would name them.
const PROFILES: &[&str] = &["\"zendesk\"", "\"8x8\"", "\"dynamics\"", "\"genesys\"", "\"iadvize\""];
/// Where their names may stand: where profiles are read, and where they are judged.
const KNOWS_PROFILES: &[&str] =
    &["crates/config/src/profiles.rs", "crates/sim/src/conformance/", "xtask/src/tidy/"];

/// Everything that is wrong in the files under `root`.
pub fn check(root: &Path) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for path in text_files(root)? {
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("{} is not UTF-8 text", path.display()))?;
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        findings.extend(check_text(&name, &text));
    }
    Ok(findings)
}

/// Everything that is wrong in one file.
fn check_text(name: &str, text: &str) -> Vec<Finding> {
    let mut found: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        found.extend(check_any_line(line).into_iter().map(|what| (index + 1, what)));
    }
    if name.ends_with(".rs") {
        found.extend(check_rust(name, text));
    }
    found.into_iter().map(|(line, what)| Finding { file: name.to_owned(), line, what }).collect()
}

fn check_any_line(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(mark) = UNFINISHED.iter().find(|mark| has_word(line, mark)) {
        found.push(format!("unfinished mark {mark}; finish it, or say it in an issue"));
    }
    if let Some(path) = MACHINE_PATHS.iter().find(|path| has_path(line, path)) {
        found.push(format!(
            "path of one machine, {path}; nobody else has it: say it from the repository's root"
        ));
    }
    if line.contains(OUTSIDE) {
        found.push(format!("link to {OUTSIDE}; it is outside the repository"));
    }
    found
}

fn check_rust(name: &str, text: &str) -> Vec<(usize, String)> {
    let lines = source::lines(text);
    let mut found = Vec::new();
    if lines.len() > FILE_LINES_MAX {
        found.push((
            FILE_LINES_MAX + 1,
            format!(
                "{} lines, {FILE_LINES_MAX} at most; split the file by what it does",
                lines.len()
            ),
        ));
    }
    // The story of a file of tests is in their names.
    if !text.starts_with("//!") && !is_tests(name) {
        found.push((1, "no module doc; open with what the file is, what not, and its RFCs".into()));
    }
    for function in source::functions(&lines) {
        if function.length > FUNCTION_LINES_MAX {
            found.push((
                function.line,
                format!(
                    "fn {} has {} lines, {FUNCTION_LINES_MAX} at most; name its parts",
                    function.name, function.length
                ),
            ));
        }
    }
    let tests_from = first_line_of_tests(name, &lines);
    let may_name_profiles = KNOWS_PROFILES.iter().any(|place| name.starts_with(place));
    for (index, line) in lines.iter().enumerate() {
        let named = PROFILES.iter().find(|profile| line.text.contains(*profile));
        if let Some(profile) = named.filter(|_| !may_name_profiles && index < tests_from) {
            found.push((index + 1, format!("{profile} in code; a product is a file of settings")));
        }
        let what = check_rust_line(line, index >= tests_from);
        found.extend(what.into_iter().map(|what| (index + 1, what)));
    }
    found
}

fn check_rust_line(line: &Line, in_tests: bool) -> Vec<String> {
    let mut found = Vec::new();
    let chars = line.text.chars().count();
    if chars > LINE_CHARS_MAX && !may_be_long(line) {
        found.push(format!(
            "{chars} characters, {LINE_CHARS_MAX} at most; only a string or a link may be longer"
        ));
    }
    if let Some(mark) = UNFINISHED_MACROS.iter().find(|mark| line.code.contains(*mark)) {
        found.push(format!("{mark}…); finish it: a call in progress must not meet it"));
    }
    if line.code.trim_start().starts_with("#[ignore") {
        found.push("ignored test; a test that does not run proves nothing".into());
    }
    if in_tests && line.code.contains("sleep(") {
        found.push(
            "sleep in a test; wait for what is expected, with a limit, or move a virtual clock"
                .into(),
        );
    }
    found
}

/// rustfmt does not break strings, and nobody can break a link: a line may be long when it is
/// short without the insides of its strings and its comments, or when it is a comment with a link.
fn may_be_long(line: &Line) -> bool {
    let code = line.code.trim_end();
    let comment = line.text.contains("//") && code.trim().is_empty();
    if comment { line.text.contains("://") } else { code.chars().count() <= LINE_CHARS_MAX / 2 }
}

/// The index of the first line that belongs to tests: all of a file for tests, else what follows
/// the first `#[cfg(test)]` that stands before a module.
fn first_line_of_tests(name: &str, lines: &[Line]) -> usize {
    if is_tests(name) {
        return 0;
    }
    let opens = |pair: &[Line]| {
        pair[0].code.trim() == "#[cfg(test)]" && pair[1].code.trim_end().ends_with("{")
    };
    lines.windows(2).position(opens).unwrap_or(usize::MAX)
}

fn is_tests(name: &str) -> bool {
    name.contains("/tests/") || name.ends_with("tests.rs")
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.into_iter().chain(after).any(|c| c.is_alphanumeric() || c == '_')
    })
}

/// An absolute path: not the tail of a link or of a relative path.
fn has_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !(c.is_alphanumeric() || "./-_~}".contains(c)))
    })
}

/// Every text file under `root`, sorted.
fn text_files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder)
            .with_context(|| format!("reading the folder {}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let ending = name.rsplit('.').next().unwrap_or_default();
            if entry.file_type()?.is_dir() {
                if !SKIPPED.contains(&name.as_str()) {
                    folders.push(entry.path());
                }
            } else if entry.file_type()?.is_file() && TEXT.contains(&ending) {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whats(name: &str, text: &str) -> Vec<(usize, String)> {
        let mut found: Vec<_> =
            check_text(name, text).into_iter().map(|f| (f.line, f.what)).collect();
        found.sort();
        found
    }

    fn only(name: &str, text: &str, line: usize, beginning: &str) {
        let found = whats(name, text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, line);
        assert!(found[0].1.starts_with(beginning), "{found:?}");
    }

    #[test]
    fn a_tidy_file_has_no_findings() {
        assert_eq!(whats("a.rs", "//! A module.\n\n/// Does it.\npub fn a() {}\n"), []);
    }

    #[test]
    fn a_file_of_701_lines_is_too_long() {
        let fits = format!("//! A.\n{}", "// b\n".repeat(699));
        assert_eq!(whats("a.rs", &fits), []);
        only("a.rs", &format!("{fits}// c\n"), 701, "701 lines");
    }

    #[test]
    fn a_function_of_71_lines_is_too_long() {
        let of = |body: usize| format!("//! A.\n\nfn a() {{\n{}}}\n", "    b();\n".repeat(body));
        assert_eq!(whats("a.rs", &of(68)), []);
        only("a.rs", &of(69), 3, "fn a has 71 lines");
    }

    #[test]
    fn a_line_of_101_characters_is_too_long_unless_it_is_a_string_or_a_link() {
        let code = format!("//! A.\nlet a = {};\n", "b".repeat(92));
        only("a.rs", &code, 2, "101 characters");
        let text = format!("//! A.\nlet a = \"{}\";\n", "b".repeat(120));
        assert_eq!(whats("a.rs", &text), []);
        let link = format!("//! A.\n// See https://example.org/{}\n", "b".repeat(100));
        assert_eq!(whats("a.rs", &link), []);
        let words = format!("//! A.\n// See {}\n", "word ".repeat(30));
        only("a.rs", &words, 2, "157 characters");
    }

    #[test]
    fn a_file_without_module_doc_is_found() {
        only("a.rs", "use a::b;\n", 1, "no module doc");
        assert_eq!(whats("src/a/tests.rs", "use a::b;\n"), []);
    }

    #[test]
    fn an_ignored_test_is_found() {
        let text = format!("//! A.\n#[test]\n#[{}]\nfn a() {{}}\n", "ignore");
        only("a.rs", &text, 3, "ignored test");
    }

    #[test]
    fn a_sleep_is_found_in_tests_only() {
        let body = concat!("    std::thread::sl", "eep(d);\n");
        let text = format!("//! A.\nfn a() {{\n{body}}}\n");
        assert_eq!(whats("src/a.rs", &text), []);
        only("crates/a/tests/a.rs", &text, 3, "sleep in a test");
        let module = format!("//! A.\n#[cfg(test)]\nmod tests {{\n{body}}}\n");
        only("src/a.rs", &module, 4, "sleep in a test");
    }

    #[test]
    fn a_product_is_named_only_where_profiles_are_read_and_judged() {
        let text = "//! A.\nfn a(profile: &str) -> bool { profile == \"zendesk\" }\n";
        only("crates/engine/src/a.rs", text, 2, "\"zendesk\" in code");
        assert_eq!(whats("crates/config/src/profiles.rs", text), []);
        assert_eq!(whats("crates/sim/src/conformance/zendesk.rs", text), []);
    }

    #[test]
    fn unfinished_marks_are_found_in_every_text_file() {
        let mark = concat!("FIX", "ME");
        only("a.md", &format!("one\n{mark}: two\n"), 2, "unfinished mark");
        assert_eq!(whats("a.md", &format!("a{mark}s\n")), []);
        let code = concat!("//! A.\nfn a() { tod", "o!() }\n");
        only("a.rs", code, 2, concat!("tod", "o!("));
    }

    #[test]
    fn paths_of_one_machine_are_found_in_every_text_file() {
        let home = concat!("/ho", "me/anna/rappel");
        only("a.md", &format!("see `{home}`\n"), 1, "path of one machine");
        assert_eq!(whats("a.md", &format!("see https://example.org{home}\n")), []);
        only("a.toml", concat!("a = \"../", "shared/a.md\"\n"), 1, "link to");
    }
}
