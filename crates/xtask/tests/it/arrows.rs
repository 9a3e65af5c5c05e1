//! Which crate may know which.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

/// Every arrow there is; a new one is a change of the design.
const ARROWS: [(&str, &[&str]); 7] = [
    ("app", &["wire"]),
    ("count", &["wire"]),
    ("lambdas", &["count", "wire"]),
    ("local", &["lambdas", "wire"]),
    ("server", &["app", "lambdas", "local", "wire"]),
    ("wire", &[]),
    ("xtask", &[]),
];

pub(crate) fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"))
        .other_options(["--locked".to_owned()])
        .exec()
        .unwrap()
}

/// Names of all packages that one is linked with, directly or not.
fn tree(metadata: &Metadata, name: &str) -> BTreeSet<String> {
    let nodes: BTreeMap<_, _> =
        metadata.resolve.as_ref().unwrap().nodes.iter().map(|node| (&node.id, node)).collect();
    let root = metadata.workspace_packages().into_iter().find(|package| package.name == name).unwrap();
    let mut seen: BTreeSet<&PackageId> = BTreeSet::new();
    let mut open = vec![&root.id];
    while let Some(id) = open.pop() {
        let linked = nodes[id]
            .deps
            .iter()
            .filter(|dependency| dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
        open.extend(linked.map(|dependency| &dependency.pkg).filter(|&id| seen.insert(id)));
    }
    seen.into_iter().map(|id| metadata[id].name.to_string()).collect()
}

#[test]
fn crates_know_each_other_by_these_arrows_and_no_others() {
    let metadata = metadata();
    let ours: BTreeSet<String> =
        metadata.workspace_packages().iter().map(|package| package.name.to_string()).collect();
    let mut arrows = BTreeMap::new();
    for package in metadata.workspace_packages() {
        let known: BTreeSet<&str> = package
            .dependencies
            .iter()
            .map(|dependency| dependency.name.as_str())
            .filter(|&name| ours.contains(name))
            .collect();
        arrows.insert(package.name.as_str(), known);
    }
    let expected = ARROWS.map(|(name, known)| (name, known.iter().copied().collect()));
    assert_eq!(arrows, BTreeMap::from(expected));
}

#[test]
fn wire_depends_on_serde_alone() {
    let metadata = metadata();
    let wire = metadata.workspace_packages().into_iter().find(|package| package.name == "wire").unwrap();
    let normal = wire.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
    assert_eq!(normal.map(|dependency| dependency.name.as_str()).collect::<Vec<_>>(), ["serde"]);
}

#[test]
fn the_functions_never_see_the_site() {
    let tree = tree(&metadata(), "lambdas");
    let seen: Vec<_> =
        tree.iter().filter(|name| name.starts_with("leptos") || name.starts_with("axum")).collect();
    assert!(seen.is_empty(), "{seen:?}");
    assert!(tree.contains("aws-sdk-s3"), "the tree is not read right: {tree:?}");
}

#[test]
fn the_page_never_sees_the_aws_sdk() {
    let tree = tree(&metadata(), "app");
    let seen: Vec<_> = tree.iter().filter(|name| name.starts_with("aws-")).collect();
    assert!(seen.is_empty(), "{seen:?}");
    assert!(tree.contains("leptos"), "the tree is not read right: {tree:?}");
}
