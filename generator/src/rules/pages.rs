//! The pages of rules, for `explain` and the documentation.

use std::fmt::Write;

use super::all;
use crate::diagnostic::{Group, Level};
use crate::suggest;

/// What `explain` prints about a rule.
///
/// # Errors
/// A message with the nearest id when there is no such rule.
pub fn explain(id: &str) -> Result<String, String> {
    let rules = all();
    let Some(rule) = rules.iter().find(|rule| rule.id == id) else {
        let near = suggest::nearest(id, rules.iter().map(|rule| rule.id));
        let help =
            near.map_or_else(|| "`explain --list` names all".to_owned(), |near| format!("did you mean `{near}`?"));
        return Err(format!("there is no rule `{id}`; {help}"));
    };
    let mut text = format!("# {id}\n{}\n\n", capitalised(rule.summary));
    text.push_str(
        &rule
            .page()
            .replace("```yaml,fails", "```yaml")
            .replace("```yaml,passes", "```yaml")
            .replace("```yaml,breaks", "```yaml"),
    );
    text.push_str("\n\n## Settings\n");
    let level = level(rule.level);
    let _ = if rule.group == Group::Lint {
        writeln!(
            text,
            "An {level} unless the catalogue says otherwise:\n\
             ```yaml\n\
             lints: {{ severity: {{ {id}: off }} }} # or warn, or error\n\
             ```\n\
             An exception for one thing, with a reason and a last day:\n\
             ```yaml\n\
             allow: [{{ rule: {id}, reason: Why it is fine here., expires: 2027-03-31 }}]\n\
             ```"
        )
    } else {
        writeln!(text, "Always reported as {level}.")
    };
    Ok(text.replace("An warning", "A warning"))
}

/// One line for each rule.
#[must_use]
pub fn list() -> String {
    let mut rules = all();
    rules.sort_by_key(|rule| (rule.group, rule.id));
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut out = String::new();
    let mut group = None;
    for rule in rules {
        if group.replace(rule.group) != Some(rule.group) {
            let title = match rule.group {
                Group::Format => "Files",
                Group::Reference => "Names",
                Group::Payload => "Payload schemas",
                Group::Compatibility => "Changes of payloads",
                Group::Breaking => "Changes of a catalogue",
                Group::Lint => "Lints",
                Group::Policy => "Settings and exceptions",
            };
            let _ = writeln!(out, "{}{title}", if out.is_empty() { "" } else { "\n" });
        }
        let _ = writeln!(out, "  {:width$}  {:7}  {}", rule.id, level(rule.level), rule.summary);
    }
    out
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), chars.as_str()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rule_has_its_own_id_and_a_whole_page() {
        let mut ids = BTreeSet::new();
        for rule in all() {
            assert!(ids.insert(rule.id), "{} is there twice", rule.id);
            assert!(rule.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{}", rule.id);
            let page = rule.page().to_lowercase();
            for part in ["what it does", "why it matters", "example"] {
                assert!(page.contains(part), "the page of {} has no `{part}`", rule.id);
            }
        }
    }

    #[test]
    fn a_misspelt_rule_is_named_right() {
        assert_eq!(explain("orphan-evnt").unwrap_err(), "there is no rule `orphan-evnt`; did you mean `orphan-event`?");
    }

    #[test]
    fn a_page_says_how_to_turn_the_rule_down() {
        insta::assert_snapshot!(explain("missing-retention").unwrap());
    }
}
