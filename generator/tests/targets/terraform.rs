//! `main.tf`: read back by a parser of HCL, and by Terraform itself where it is installed.

use std::path::Path;
use std::process::Command;

use hcl::{Body, Expression};
use serde_json::Value;
use tidings_generator::model::Model;
use tidings_generator::topology::Topology;

use crate::hostile::{HOSTILE, SMALL, rename};
use crate::not_run::not_run;
use crate::{catalogue, emit, shop};

fn written(model: &Model) -> String {
    emit("terraform", model).remove("topology/terraform/main.tf").expect("one file")
}

/// An attribute of the `locals` block.
fn local(body: &Body, name: &str) -> Value {
    let locals = body.blocks().find(|block| block.identifier() == "locals").expect("locals");
    let attribute = locals.body().attributes().find(|attribute| attribute.key() == name).expect("an attribute");
    literal(attribute.expr())
}

fn literal(expression: &Expression) -> Value {
    match expression {
        Expression::Object(object) => {
            let key = |key: &hcl::ObjectKey| match key {
                hcl::ObjectKey::Expression(Expression::String(text)) => text.clone(),
                other => other.to_string(),
            };
            Value::Object(object.iter().map(|(name, value)| (key(name), literal(value))).collect())
        }
        Expression::String(text) => text.as_str().into(),
        Expression::Number(number) => number.as_u64().expect("a whole number").into(),
        Expression::Null => Value::Null,
        other => panic!("{other} is no literal"),
    }
}

#[test]
fn streams_and_users_are_those_of_the_topology() {
    let model = shop();
    let body = hcl::parse(&written(&model)).expect("HCL");
    let topology = Topology::of(&model);
    let (streams, users) = (local(&body, "streams"), local(&body, "users"));
    assert_eq!(streams.as_object().expect("an object").len(), topology.streams.len());
    for stream in &topology.streams {
        let it = &streams[&stream.name];
        assert_eq!(it["partitions"], stream.partitions);
        assert_eq!(it["arguments"], Value::Object(stream.limits.arguments()));
        let dead_letter = stream.dead_letter.as_ref().map(|it| Value::Object(it.limits.arguments()));
        assert_eq!(it["dead_letter"], dead_letter.unwrap_or_default());
    }
    assert_eq!(users.as_object().expect("an object").len(), topology.users.len());
    for user in &topology.users {
        let expected = serde_json::json!({ "configure": user.configure, "write": user.write, "read": user.read });
        assert_eq!(users[&user.name], expected);
    }
}

#[test]
fn hostile_names_stay_inside_their_strings() {
    let blocks = |body: &Body| body.blocks().map(|block| format!("{:?}", block.labels())).collect::<Vec<_>>();
    let clean = hcl::parse(&written(&catalogue(SMALL))).expect("HCL");
    for name in HOSTILE {
        let mut model = catalogue(SMALL);
        rename(&mut model, name);
        let text = written(&model);
        let body = hcl::parse(&text).unwrap_or_else(|error| panic!("{name:?}: {error}\n{text}"));
        assert_eq!(blocks(&body), blocks(&clean), "{name:?}");
        assert!(local(&body, "streams").get(*name).is_some(), "{name:?}\n{text}");
        assert!(local(&body, "users").get(*name).is_some(), "{name:?}\n{text}");
    }
}

/// `terraform fmt -check`, which also parses. `None` where Terraform is not installed.
fn is_formatted(folder: &Path) -> Option<Result<(), String>> {
    let output = Command::new("terraform").args(["fmt", "-check", "-diff", "-recursive"]).arg(folder).output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    Some(if output.status.success() { Ok(()) } else { Err(said) })
}

#[test]
fn terraform_would_format_it_the_same() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let mut models = vec![("shop".to_owned(), shop())];
    for (index, name) in HOSTILE.iter().enumerate() {
        let mut model = catalogue(SMALL);
        rename(&mut model, name);
        models.push((format!("hostile-{index}"), model));
    }
    for (name, model) in &models {
        let folder = folder.path().join(name);
        std::fs::create_dir(&folder).expect("a folder");
        std::fs::write(folder.join("main.tf"), written(model)).expect("a file");
    }
    match is_formatted(folder.path()) {
        Some(formatted) => assert_eq!(formatted, Ok(())),
        None => not_run("targets::terraform::terraform_would_format_it_the_same", "Terraform is not installed"),
    }
}
