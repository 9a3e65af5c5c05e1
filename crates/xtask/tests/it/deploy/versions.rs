//! A change by a parameter reaches the alias that functions are called by.

use std::collections::BTreeSet;

use super::read;
use super::template::{Node, parse};

/// Properties that belong to a function or to how it is deployed, and to no version of it: a version that differs in
/// nothing else is refused by Lambda.
const OF_NO_VERSION: [&str; 4] =
    ["FunctionName", "ReservedConcurrentExecutions", "AutoPublishAlias", "VersionDescription"];

/// Parameters that are referred to anywhere in a value.
fn parameters_in(node: &Node, known: &[&str]) -> BTreeSet<String> {
    let text = node.to_string();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != ':');
    words.filter(|word| known.contains(word)).map(str::to_owned).collect()
}

#[test]
fn a_version_is_described_by_every_parameter_that_it_depends_on() {
    let template = parse(&read("deploy/template.yaml"));
    let known: Vec<&str> = template.entries("Parameters").iter().map(|(name, _)| name.as_str()).collect();
    for function in ["WordcountFunction", "CascadeFunction"] {
        let own = template.entries(&format!("Resources/{function}/Properties"));
        let all = own.iter().chain(template.entries("Globals/Function"));
        let versioned = all.filter(|(name, _)| !OF_NO_VERSION.contains(&name.as_str()));
        let used: BTreeSet<String> = versioned.flat_map(|(_, value)| parameters_in(value, &known)).collect();
        assert!(used.contains("FunctionMemory"), "{function} has its memory from no parameter");
        let description = template.at(&format!("Resources/{function}/Properties/VersionDescription"));
        let told = parameters_in(description, &known);
        assert_eq!(told, used, "{function}: what else changes makes no version, what changes nothing can't");
        let policy = template.text(&format!("Resources/{function}/UpdateReplacePolicy"));
        assert_eq!(policy, "Retain", "{function}: a version that is replaced may be at work");
    }
}
