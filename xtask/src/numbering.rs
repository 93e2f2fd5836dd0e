//! The table of numbering plans, made from the metadata of Google's libphonenumber (Apache-2.0)
//! and from the table of time zones of the tz database (public domain).
//!
//! The metadata are read as protocol buffers, of which only the two wire types that occur are
//! known; the numbers of the fields are those of `phonemetadata.proto`. What Rappel does not need
//! is left out: how numbers are formatted, and short codes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

/// Where the table is kept.
const TABLE: &str = "crates/queue/src/numbering/plans.txt";

/// The kinds of numbers: their fields, and what the table calls them.
const KINDS: [(u64, &str); 11] = [
    (1, "any"),
    (2, "fixed"),
    (3, "mobile"),
    (4, "toll_free"),
    (5, "premium"),
    (6, "shared_cost"),
    (7, "personal"),
    (8, "voip"),
    (21, "pager"),
    (25, "uan"),
    (28, "voicemail"),
];

/// What stands above the table.
const HEAD: &str = "\
# Numbering plans, made by `cargo xtask numbering`: see docs/adr/0018-numbering-plans.md.
# From the metadata of libphonenumber, Copyright The Libphonenumber Authors, Apache License 2.0,
# and zone.tab of the tz database, public domain.
#
# +COUNTRY-CODE REGION WHAT-ITS-NUMBERS-BEGIN-WITH TRUNK-PREFIX INTERNATIONAL-PREFIX ZONES
#  KIND LENGTHS EXAMPLE PATTERN
";

/// `cargo xtask numbering METADATA.BIN ZONE.TAB`.
pub fn run(root: &Path, args: &[String]) -> Result<()> {
    let [metadata, zones] = args else { bail!("cargo xtask numbering METADATA.BIN ZONE.TAB") };
    let bytes = fs::read(metadata).with_context(|| metadata.clone())?;
    let zones = zones_of(&fs::read_to_string(zones).with_context(|| zones.clone())?);
    let mut plans = Vec::new();
    for (field, value) in fields(&bytes)? {
        ensure!(field == 1, "a collection of metadata has one field, and this is {field}");
        plans.push(plan(value.bytes()?, &zones)?);
    }
    plans.sort();
    let text: String = plans.into_iter().map(|(_, text)| text).collect();
    fs::write(root.join(TABLE), format!("{HEAD}{text}"))?;
    Ok(())
}

/// The zones of each country.
fn zones_of(table: &str) -> BTreeMap<String, Vec<String>> {
    let mut zones: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t');
        if let (Some(country), Some(zone)) = (columns.next(), columns.nth(1)) {
            zones.entry(country.to_owned()).or_default().push(zone.to_owned());
        }
    }
    zones
}

/// Country code, then the main region before the others.
type Order = (String, bool, String);

/// The lines of one region.
fn plan(bytes: &[u8], zones: &BTreeMap<String, Vec<String>>) -> Result<(Order, String)> {
    let all = fields(bytes)?;
    let text = |wanted: u64| -> Result<Option<String>> {
        let found = all.iter().find(|(field, _)| *field == wanted);
        found.map(|(_, value)| value.text()).transpose()
    };
    let number = |wanted: u64| all.iter().find(|(field, _)| *field == wanted).map(|it| it.1.varint);
    let region = text(9)?.context("a plan without a region")?;
    let code = number(10).context("a plan without a country code")?.to_string();
    let is_main = number(22).is_some_and(|main| main != 0);
    let pattern = |field| Ok::<_, anyhow::Error>(text(field)?.as_deref().map(bare));
    let own_zones = zones.get(&region).map(|zones| zones.join(","));
    let mut lines = String::new();
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    writeln!(
        lines,
        "+{code} {region} {} {} {} {}",
        or_none(pattern(23)?),
        or_none(text(12)?),
        or_none(pattern(11)?),
        or_none(own_zones),
    )?;
    for (field, kind) in KINDS {
        let Some((_, value)) = all.iter().find(|(it, _)| *it == field) else { continue };
        lines.push_str(&described(kind, value.bytes()?)?);
    }
    Ok(((code, !is_main, region), lines))
}

/// The line of one kind; nothing when the region has no such numbers.
fn described(kind: &str, bytes: &[u8]) -> Result<String> {
    let (mut pattern, mut example, mut lengths) = (None, None, Vec::new());
    for (field, value) in fields(bytes)? {
        match field {
            2 => pattern = Some(bare(&value.text()?)),
            6 => example = Some(value.text()?),
            // A kind without numbers has the length -1.
            9 if value.varint <= 17 => lengths.push(value.varint.to_string()),
            _ => {}
        }
    }
    let Some(pattern) = pattern else { return Ok(String::new()) };
    let lengths = if lengths.is_empty() { "-".to_owned() } else { lengths.join(",") };
    Ok(format!(" {kind} {lengths} {} {pattern}\n", example.as_deref().unwrap_or("-")))
}

/// A pattern without what anchors it, and without white space.
fn bare(pattern: &str) -> String {
    let text: String = pattern.chars().filter(|c| !c.is_whitespace()).collect();
    let inner = text.strip_prefix("^(?:").and_then(|text| text.strip_suffix(")$"));
    inner.map_or(text.clone(), str::to_owned)
}

/// The value of a field: one of the two.
struct FieldValue<'a> {
    varint: u64,
    bytes: Option<&'a [u8]>,
}

impl<'a> FieldValue<'a> {
    fn bytes(&self) -> Result<&'a [u8]> {
        self.bytes.context("a number where bytes are expected")
    }

    fn text(&self) -> Result<String> {
        Ok(String::from_utf8(self.bytes()?.to_vec())?)
    }
}

fn fields(mut bytes: &[u8]) -> Result<Vec<(u64, FieldValue<'_>)>> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let value = varint(&mut bytes)?;
        let value = match key & 7 {
            0 => FieldValue { varint: value, bytes: None },
            2 => {
                let length = usize::try_from(value)?;
                ensure!(length <= bytes.len(), "the metadata are cut short");
                let (own, rest) = bytes.split_at(length);
                bytes = rest;
                FieldValue { varint: 0, bytes: Some(own) }
            }
            other => bail!("wire type {other} does not occur in metadata"),
        };
        all.push((key >> 3, value));
    }
    Ok(all)
}

fn varint(bytes: &mut &[u8]) -> Result<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first().context("the metadata are cut short")?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Ok(value);
        }
    }
    bail!("a number of more than 64 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read_from_its_bytes() {
        let desc = [0x12, 0x0d, b'^', b'(', b'?', b':', b'[', b'1', b'-', b'9', b']', b'\\', b'd'];
        let mut desc = desc.to_vec();
        desc.extend(b")$");
        desc[1] = u8::try_from(desc.len() - 2).expect("short");
        desc.extend([0x32, 2, b'1', b'2', 0x48, 2]);
        let mut bytes = vec![0x0a, u8::try_from(desc.len()).expect("short")];
        bytes.extend(desc);
        bytes.extend([0x4a, 2, b'F', b'R', 0x50, 33, 0x62, 1, b'0']);
        let zones = zones_of("# code\nFR\t+48\tEurope/Paris\n");
        let (_, lines) = plan(&bytes, &zones).expect("a plan");
        assert_eq!(lines, "+33 FR - 0 - Europe/Paris\n any 2 12 [1-9]\\d\n");
    }

    #[test]
    fn what_is_cut_short_is_refused() {
        assert!(fields(&[0x0a, 5, 1]).is_err() && fields(&[0x80]).is_err());
        assert!(fields(&[0x0d, 0]).is_err());
    }
}
