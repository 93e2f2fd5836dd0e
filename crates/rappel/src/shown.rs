//! `rappel config show` and `rappel config schema`: what is in force, and what may be written.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::Result;
use config::{Key, Kind, Values};
use serde_json::{Map, Value, json};

use crate::cli::Place;
use crate::operator::print;
use crate::settings;
use crate::table::table;

/// One line of `config show`.
struct Line {
    key: String,
    value: String,
    from: String,
}

/// `rappel config show`.
pub(crate) fn show(place: &Place, as_json: bool) -> Result<ExitCode> {
    let nowhere = ([127, 0, 0, 1], 5060).into();
    let values = settings::choose(place, nowhere, nowhere)?.values;
    let lines = lines(&values);
    let all = lines.iter();
    let value: Vec<Value> = all
        .map(|Line { key, value, from }| json!({ "key": key, "value": value, "from": from }))
        .collect();
    print(as_json, &value, || {
        let row = |line: &Line| vec![line.key.clone(), line.value.clone(), line.from.clone()];
        let rows: Vec<Vec<String>> = lines.iter().map(row).collect();
        table(&["KEY", "VALUE", "FROM"], &rows)
    })
}

/// What is written, and the defaults of what is not: of each section that there is, and of those
/// that there may be once.
fn lines(values: &Values) -> Vec<Line> {
    let mut lines: Vec<Line> = values
        .iter()
        .map(|(name, value)| Line {
            key: name.to_string(),
            value: value.text.clone(),
            from: value.from.clone(),
        })
        .collect();
    let written: BTreeSet<String> = lines.iter().map(|line| line.key.clone()).collect();
    let sections: BTreeSet<(&str, Option<&str>)> =
        values.iter().map(|(name, _)| (name.section.as_str(), name.of.as_deref())).collect();
    for Key { section, several, key, default, .. } in config::keys() {
        let Some(default) = default else { continue };
        let of: Vec<Option<String>> = match several {
            false => vec![None],
            true => {
                let here = sections.iter().filter(|(name, _)| *name == section);
                here.map(|(_, of)| of.map(str::to_owned)).collect()
            }
        };
        for of in of {
            let name = config::Name { section: section.to_owned(), of, key: key.to_owned() };
            let key = name.to_string();
            if !written.contains(&key) {
                lines.push(Line { key, value: default.clone(), from: "default".to_owned() });
            }
        }
    }
    lines.sort_by(|one, other| one.key.cmp(&other.key));
    lines
}

/// `rappel config schema`.
pub(crate) fn schema() -> Result<ExitCode> {
    outln!("{}", serde_json::to_string_pretty(&document())?);
    Ok(ExitCode::SUCCESS)
}

/// A JSON Schema of the file, as editors of TOML take it.
fn document() -> Value {
    let mut sections = Map::new();
    for key in config::keys() {
        let several = key.several;
        let one = json!({ "type": "object", "additionalProperties": false, "properties": {} });
        let section = sections.entry(key.section).or_insert_with(|| match several {
            true => json!({ "type": "array", "items": one }),
            false => one,
        });
        let table = if several { &mut section["items"] } else { section };
        table["properties"][key.key] = property(&key);
    }
    let profiles: Vec<&str> = config::PROFILES.iter().map(|(name, _)| *name).collect();
    sections.insert("profile".to_owned(), json!({ "enum": profiles }));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "rappel.toml",
        "type": "object",
        "additionalProperties": false,
        "properties": sections,
    })
}

fn property(key: &Key) -> Value {
    let mut property = match key.kind {
        Kind::Text => json!({ "type": ["string", "array"] }),
        Kind::Number => json!({ "type": "integer" }),
        Kind::Switch => json!({ "type": "boolean" }),
        Kind::List => json!({ "type": ["array", "string"] }),
        Kind::Table => json!({ "type": "object" }),
    };
    let start = if key.needs_start { "Counts from the next start on." } else { "" };
    let said = format!("{} {start}", key.remark);
    if !said.trim().is_empty() {
        property["description"] = json!(said.trim());
    }
    if let Some(default) = &key.default {
        let parsed = serde_json::from_str::<Value>(default);
        property["default"] = parsed.unwrap_or_else(|_| json!(default));
    }
    property
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_has_every_section_and_nothing_else() {
        let document = document();
        let properties = document["properties"].as_object().expect("sections");
        assert_eq!(properties["log"]["properties"]["level"]["default"], "info");
        assert_eq!(properties["log"]["additionalProperties"], false);
        assert_eq!(properties["queue"]["items"]["properties"]["attempts"]["type"], "integer");
        assert!(properties.len() > 20, "{}", properties.len());
    }
}
