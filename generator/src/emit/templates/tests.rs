//! The list of templates, and what a user's own templates may do.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use super::{EMBEDDED, Templates};
use crate::emit::{EmitError, Escape};

fn overridden(name: &str, text: &str) -> Result<Templates, EmitError> {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = folder.path().join(name);
    std::fs::create_dir_all(path.parent().expect("a name has a folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
    Templates::with_overrides(folder.path())
}

fn fault(result: Result<impl Sized, EmitError>) -> String {
    result.err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn the_list_names_every_file_in_the_folder() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates");
    let mut found = std::collections::BTreeMap::new();
    super::read_folder(&folder, "", &mut found).expect("the folder is readable");
    let listed: BTreeSet<_> = EMBEDDED.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(listed, found.into_keys().collect());
}

#[test]
fn values_are_escaped_for_the_language_named() {
    let templates = overridden("docs/event.md", "{{ name }}").expect("a template");
    let render = |escape| templates.render("docs/event.md", escape, &json!({"name": "a\"b ${c} [d]"})).expect("text");
    assert_eq!(render(Escape::Hcl), "a\\\"b $\\u007bc} [d]\n");
    assert_eq!(render(Escape::Markdown).trim_end(), r#"a"b \$\{c} \[d\]"#);
}

#[test]
fn a_value_that_looks_like_a_template_is_printed() {
    let templates =
        overridden("docs/event.md", "{{ name }}{% for n in names %}{{ n }}{% endfor %}").expect("a template");
    let context = json!({"name": "{{ 1 + 1 }}", "names": ["{% raw %}"]});
    let text = templates.render("docs/event.md", Escape::Sql, &context).expect("text");
    assert_eq!(text, "{{ 1 + 1 }}{% raw %}\n");
}

#[test]
fn an_override_with_the_name_of_no_template_is_refused() {
    let error = fault(overridden("docs/evnt.md", "x"));
    assert_eq!(error, "`docs/evnt.md` is the name of no template; did you mean `docs/event.md`?");
}

#[test]
fn a_syntax_error_in_an_override_names_file_and_line() {
    let error = fault(overridden("docs/event.md", "one\ntwo {{ name\n"));
    assert!(error.starts_with("template `docs/event.md:2:"), "{error}");
}

#[test]
fn an_unknown_filter_in_an_override_names_file_and_line() {
    let error = fault(overridden("docs/event.md", "one\n{{ name | shout }}\n"));
    assert!(error.contains("shout") && error.contains("docs/event.md:2"), "{error}");
}

#[test]
fn a_value_that_is_not_there_names_file_and_line() {
    let templates = overridden("docs/event.md", "one\n{{ nmae }}").expect("a template");
    let error = fault(templates.render("docs/event.md", Escape::Markdown, &json!({"name": "a"})));
    assert!(error.starts_with("template `docs/event.md:2:"), "{error}");
}

#[test]
fn a_folder_that_is_not_there_replaces_nothing() {
    assert!(Templates::with_overrides(Path::new("no/such/folder")).is_ok());
}
