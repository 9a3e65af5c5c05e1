//! The settings that the server reads where there is no Cargo.toml.

use std::fs;
use std::path::Path;

const HEADER: &str = "[[workspace.metadata.leptos]]";

#[test]
fn leptos_toml_holds_the_manifests_block() {
    let block = block_in("Leptos.toml");
    assert!(block.len() > 5, "{block:?}");
    assert_eq!(block, block_in("Cargo.toml"));
}

/// The lines of the leptos block, to the next table or the end, without blank ones and comments.
fn block_in(file: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().skip_while(|line| *line != HEADER).skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}
