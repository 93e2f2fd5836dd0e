//! Skills and priorities: what they mean, and mistakes in them.

use expect_test::expect;
use ivr::flow::{Asks, Step};
use queue::Need;

use crate::{BASE, mistake};

#[test]
fn lines_and_queues_ask_and_agents_have() {
    let text = BASE
        .replace("request_ttl = \"8h\"", "skills = \"tax\"\nkeep_skills = false")
        .replace("outbound_number", "skills = [\"french>=2\"]\npriority = 9\noutbound_number")
        .replace("name = \"anna\"", "name = \"anna\"\nskills = { french = 3 }");
    let (settings, _, _) = config::read("rappel.toml", &text).expect("it is good");
    let line = settings.queue.lines.values().next().expect("a line");
    let need = |skill: &str, level| vec![Need { skill: skill.into(), level }];
    assert_eq!((&line.routing.needs, line.routing.priority), (&need("french", 2), 9));
    let queue = settings.queue.queues.values().next().expect("a queue");
    assert_eq!(
        (&queue.needs, queue.keep_skills, queue.keep_priority),
        (&need("tax", 1), false, true)
    );
    let anna = settings.queue.agents.values().next().expect("an agent");
    assert_eq!(anna.skills, [("french".to_owned(), 3)].into());
}

#[test]
fn a_skill_that_is_none() {
    mistake(
        "request_ttl = \"8h\"",
        "skills = [\"french>2\"]",
        expect![[r#"
        Error 16:11
          × this asks for no skill
            ╭─[rappel.toml:16:11]
         16 │ skills = ["french>2"]
            ·           ─────┬────
            ·                ╰── expected a skill and its level, from 1 to 100
            ╰────
          help: write "french>=2", or "french" for a level of at least 1
    "#]],
    );
}

#[test]
fn more_skills_than_a_work_may_ask_for() {
    mistake(
        "request_ttl = \"8h\"",
        "skills = [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\", \"i\"]",
        expect![[r#"
            Error 16:10
              × more than 8 skills are asked for
                ╭─[rappel.toml:16:10]
             16 │ skills = ["a", "b", "c", "d", "e", "f", "g", "h", "i"]
                ·          ──────────────────────┬──────────────────────
                ·                                ╰── expected fewer skills
                ╰────
              help: make a queue for such calls, which only some agents serve
        "#]],
    );
}

#[test]
fn a_level_that_is_none() {
    mistake(
        "name = \"anna\"",
        "name = \"anna\"\nskills = { french = 0 }",
        expect![[r#"
        Error 25:21
          × this is no level of a skill
            ╭─[rappel.toml:25:21]
         25 │ skills = { french = 0 }
            ·                     ┬
            ·                     ╰── expected a level from 1 to 100
            ╰────
          help: write skills = { french = 3, tax = 1 }
    "#]],
    );
}

#[test]
fn an_agents_skills_that_are_a_list() {
    mistake(
        "name = \"anna\"",
        "name = \"anna\"\nskills = [\"french\"]",
        expect![[r#"
        Error 25:10
          × these are no skills
            ╭─[rappel.toml:25:10]
         25 │ skills = ["french"]
            ·          ─────┬────
            ·               ╰── expected names with levels
            ╰────
          help: write skills = { french = 3, tax = 1 }
    "#]],
    );
}

#[test]
fn a_priority_out_of_range() {
    mistake(
        "outbound_number =",
        "priority = 101\noutbound_number =",
        expect![[r#"
        Error 21:12
          × `priority` is out of range
            ╭─[rappel.toml:21:12]
         21 │ priority = 101
            ·            ─┬─
            ·             ╰── expected a whole number from 0 to 100
            ╰────
          help: without this key it is 0
    "#]],
    );
}

#[test]
fn a_skill_that_no_agent_of_the_queue_has_is_warned_of() {
    let text = BASE.replace("outbound_number", "skills = [\"tax\"]\noutbound_number");
    let (_, _, found) = config::read("rappel.toml", &text).expect("it is good");
    let told: Vec<&str> = found.iter().map(|finding| finding.problem.as_str()).collect();
    assert_eq!(told, ["no agent of the queue support has tax>=1"]);
    let text = text.replace("name = \"anna\"", "name = \"anna\"\nskills = { tax = 1 }");
    let (_, _, found) = config::read("rappel.toml", &text).expect("it is good");
    assert_eq!(found.len(), 0);
}

#[test]
fn a_step_of_a_flow_that_comes_too_late() {
    let line = BASE.replace("outbound_number", "flow = \"f\"\noutbound_number");
    let flow = |steps: &str| format!("{line}\n[[flow]]\nname = \"f\"\nsteps = [{steps}]\n");
    let good = flow("{ skills = [\"french\"], priority = 7 }, { priority = 9 }, { queue = true }");
    let (settings, _, _) = config::read("rappel.toml", &good).expect("it is good");
    let steps = settings.lines[0].flow.as_ref().expect("a flow").steps();
    let asks = |skills: &[(&str, u8)], priority| {
        let skills = skills.iter().map(|(skill, level)| ((*skill).into(), *level)).collect();
        Step::Asks(Asks { skills, priority: Some(priority) })
    };
    assert_eq!(steps[..2], [asks(&[("french", 1)], 7), asks(&[], 9)]);
    let late = flow("{ label = \"a\", priority = 9 }, { queue = true, exits = { \"9\" = \"a\" } }");
    let found = config::read("rappel.toml", &late).expect_err("it is bad");
    assert_eq!(
        found[0].problem,
        "a caller may have a place in the queue already when this is said"
    );
}
