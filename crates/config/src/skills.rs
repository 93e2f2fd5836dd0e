//! What lines and queues ask of agents, and what agents have.

use std::collections::BTreeMap;

use model::{LineName, QueueName};
use queue::{LEVEL_MAX, NEEDS_MAX, Need, Settings, is_skill};
use toml::de::{DeTable, DeValue};

use crate::finding::Findings;
use crate::section::{Section, shown};

/// Most skills of one agent.
const SKILLS_MAX: usize = 50;

/// What is asked for: `skills = ["french>=2"]`.
pub(crate) fn needs(section: &Section<'_>, found: &mut Findings) -> Vec<Need> {
    let Some(list) = section.texts("skills", found) else { return Vec::new() };
    if list.value.len() > NEEDS_MAX {
        let problem = format!("more than {NEEDS_MAX} skills are asked for");
        let hint = "make a queue for such calls, which only some agents serve";
        found.error(&list.span, problem, "fewer skills", hint);
        return Vec::new();
    }
    let mut needs = Vec::new();
    for at in list.value {
        match Need::parse(at.value) {
            Some(need) => needs.push(need),
            None => {
                let expected = format!("a skill and its level, from 1 to {LEVEL_MAX}");
                let hint = "write \"french>=2\", or \"french\" for a level of at least 1";
                found.error(&at.span, "this asks for no skill", expected, hint);
            }
        }
    }
    needs
}

/// How far before others its works stand.
pub(crate) fn priority(section: &Section<'_>, found: &mut Findings) -> u8 {
    let priority = section.integer("priority", 0..=u64::from(LEVEL_MAX), 0, found);
    u8::try_from(priority).expect("limited to a hundred")
}

/// What an agent has: `skills = { french = 3 }`.
pub(crate) fn of_agent(section: &Section<'_>, found: &mut Findings) -> BTreeMap<String, u8> {
    let Some(value) = section.get("skills") else { return BTreeMap::new() };
    let hint = "write skills = { french = 3, tax = 1 }";
    let DeValue::Table(table) = value.get_ref() else {
        found.error(&value.span(), "these are no skills", "names with levels", hint);
        return BTreeMap::new();
    };
    if table.len() > SKILLS_MAX {
        let problem = format!("this agent has more than {SKILLS_MAX} skills");
        found.error(&value.span(), problem, "fewer skills", "leave out what no line asks for");
        return BTreeMap::new();
    }
    let mut skills = BTreeMap::new();
    for (name, level) in table {
        let number = match level.get_ref() {
            DeValue::Integer(number) => u8::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        match number.filter(|number| (1..=LEVEL_MAX).contains(number)) {
            Some(number) if is_skill(name.get_ref()) => {
                skills.insert(name.get_ref().to_string(), number);
            }
            Some(_) => {
                let expected = "letters, digits, - and _";
                found.error(&name.span(), "this is no name of a skill", expected, hint);
            }
            None => {
                let expected = format!("a level from 1 to {LEVEL_MAX}");
                found.error(&level.span(), "this is no level of a skill", expected, hint);
            }
        }
    }
    skills
}

/// Callers who ask for what no agent of their queue has would wait for ever.
pub(crate) fn check_somebody_has_them(
    root: &DeTable<'_>,
    settings: &Settings,
    found: &mut Findings,
) {
    let sections = |kind: &str| match root.get(kind).map(|value| value.get_ref()) {
        Some(DeValue::Array(list)) => list.iter().collect(),
        Some(_) | None => Vec::new(),
    };
    for (kind, section) in ["line", "queue"]
        .iter()
        .flat_map(|kind| sections(kind).into_iter().map(move |it| (*kind, it)))
    {
        let DeValue::Table(table) = section.get_ref() else { continue };
        let (Some(name), Some(asked)) = (table.get("name"), table.get("skills")) else { continue };
        let DeValue::String(name) = name.get_ref() else { continue };
        let (queue, mut needs) = match settings.lines.get(&LineName::from(name.as_ref())) {
            Some(line) if kind == "line" => (line.queue.clone(), line.routing.needs.clone()),
            Some(_) | None => (QueueName::from(name.as_ref()), Vec::new()),
        };
        needs.extend(settings.queues.get(&queue).into_iter().flat_map(|queue| queue.needs.clone()));
        let mut agents = settings.agents.values().filter(|agent| agent.queues.contains(&queue));
        if !agents.any(|agent| needs.iter().all(|need| need.is_met_by(&agent.skills))) {
            let needs: Vec<String> = needs.iter().map(Need::to_string).collect();
            let queue = shown(queue.as_str());
            let problem = format!("no agent of the queue {queue} has {}", needs.join(" and "));
            let hint = "give an agent of that queue skills = { … }, or nobody takes these calls";
            found.warning(&asked.span(), problem, "skills that an agent has", hint);
        }
    }
}
