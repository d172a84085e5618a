//! The list of pages whose Rust is compiled.

use std::fs;

#[test]
fn the_rust_of_every_event_is_compiled() {
    let listed = include_str!("../src/snippets.rs");
    let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/../generated/docs/events");
    for page in fs::read_dir(pages).unwrap() {
        let name = page.unwrap().file_name().into_string().unwrap();
        assert!(listed.contains(&format!("/{name}\")")), "add {name} to src/snippets.rs");
    }
}
