//! Every configuration on the pages can be served.

use crate::pages::{Block, pages};

/// The name of the section that a line opens.
fn section(line: &str) -> Option<&str> {
    line.starts_with('[').then(|| line.trim_matches(['[', ']']))
}

/// A part of a file completed by the sections of the shortest one that it does not have itself.
fn completed(part: &str) -> String {
    let own: Vec<&str> = part.lines().filter_map(section).collect();
    let mut whole = part.to_owned();
    let mut kept = true;
    for line in config::MINIMAL.lines() {
        // An additional line does not replace the queue that it leads into.
        kept = section(line).map_or(kept, |name| !own.contains(&name));
        if kept {
            whole.push_str(line);
            whole.push('\n');
        }
    }
    whole
}

#[test]
fn every_configuration_on_the_pages_is_accepted() {
    let pages = pages();
    let blocks = pages.iter().flat_map(|page| page.blocks());
    let blocks: Vec<Block> = blocks.filter(|block| block.language == "toml").collect();
    assert!(blocks.len() >= 5, "the blocks are found: {}", blocks.len());
    for block in blocks {
        // The shortest file there is has all of these; a part lacks some.
        let whole = ["media", "trunk", "queue", "line", "agent"].iter().all(|name| {
            block.text.contains(&format!("{name}]"))
                || block.text.contains(&format!("{name} = ["))
                || block.text.contains(&format!("{name}."))
        });
        let text = if whole { block.text } else { completed(&block.text) };
        if let Err(findings) = config::read(&block.at, &text) {
            let all: Vec<String> = findings.iter().map(config::Finding::render).collect();
            panic!("{}:\n{}", block.at, all.join("\n"));
        }
    }
}

#[test]
fn the_guide_lists_every_key_that_needs_a_start() {
    let guide = std::fs::read_to_string(crate::pages::repository().join("docs/operator-guide.md"));
    let guide = guide.expect("the guide can be read");
    let (_, list) = guide.split_once("<!-- keys that need a start -->\n").expect("the list");
    let mut shown = Vec::new();
    for line in list.lines().take_while(|line| line.starts_with("- ")) {
        let (header, keys) = line.split_once(": ").expect("a section and its keys");
        let section = header.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let keys = keys.split(", ").map(|key| key.trim_matches('`').to_owned());
        shown.extend(keys.map(|key| (section.to_owned(), key)));
    }
    let owned = |(section, key): (&str, &str)| (section.to_owned(), key.to_owned());
    let mut known: Vec<_> = config::keys_at_start().into_iter().map(owned).collect();
    known.sort();
    shown.sort();
    assert_eq!(shown, known);
}

#[test]
fn the_examples_of_the_binary_are_those_of_the_guide() {
    let guide = crate::pages::page("docs/operator-guide.md");
    let shown = guide.blocks().into_iter().any(|block| block.text == config::MINIMAL);
    assert!(shown, "the guide shows the shortest file as it is");
}
