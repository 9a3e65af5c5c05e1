//! The server's stack and its image agree with each other, with the functions' stack and with the command line.

use super::read;
use super::settings::range;
use super::template::{Node, parse};

fn task(template: &Node) -> Node {
    let containers = template.at("Resources/Task/Properties/ContainerDefinitions").items();
    assert_eq!(containers.len(), 1);
    containers[0].clone()
}

/// Instructions of the container file with this name.
fn instructions(name: &str) -> Vec<String> {
    let text = read("deploy/Containerfile");
    let found = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    found.map(str::to_owned).collect()
}

#[test]
fn the_container_can_write_nothing_and_is_nobody() {
    let task = task(&parse(&read("deploy/server.yaml")));
    assert_eq!(task.text("ReadonlyRootFilesystem"), "true");
    assert_eq!(instructions("USER"), [task.text("User")]);
    assert_ne!(task.text("User"), "0:0");
    assert_eq!(instructions("FROM"), ["scratch"]);
    let owned = format!("--chown={} ", task.text("User"));
    let copies = instructions("COPY");
    assert!(copies.len() == 3 && copies.iter().all(|copy| copy.starts_with(&owned)), "{copies:?}");
}

#[test]
fn the_container_listens_where_its_visitors_are_let_in() {
    let template = parse(&read("deploy/server.yaml"));
    let ports = task(&template).text("PortMappings");
    let port = instructions("EXPOSE").concat();
    assert_eq!(ports, format!("[{{ContainerPort: {port}}}]"));
    assert!(instructions("ENV").concat().contains(&format!("LEPTOS_SITE_ADDR=0.0.0.0:{port} ")));
    let door = template.text("Resources/Door/Properties/SecurityGroupIngress");
    assert!(door.contains(&format!("FromPort: {port}, ToPort: {port}, CidrIp: !Ref Visitors")), "{door}");
}

#[test]
fn the_server_is_told_by_variables_that_it_reads() {
    let task = task(&parse(&read("deploy/server.yaml")));
    let cli = read("server/src/cli.rs");
    let given: Vec<String> = ["Environment", "Secrets"]
        .into_iter()
        .flat_map(|list| task.at(list).items())
        .map(|variable| variable.text("Name"))
        .filter(|name| name != "AWS_REGION")
        .collect();
    for name in &given {
        assert!(cli.contains(&format!("env = \"{name}\"")), "wordfall reads no {name}");
    }
    // Without one it would listen on loopback only, and without the other keep runs where nothing can be written.
    for needed in ["WORDFALL_TOKEN", "WORDFALL_RESULTS_BUCKET", "WORDFALL_BACKEND"] {
        assert!(given.iter().any(|name| name == needed), "{needed} is missing");
    }
    assert!(task.text("Secrets").contains("WORDFALL_TOKEN"), "a token is a secret");
}

#[test]
fn both_stacks_take_the_same_settings() {
    let (functions, server) = (parse(&read("deploy/template.yaml")), parse(&read("deploy/server.yaml")));
    for setting in ["RunRetentionDays", "WordcountTimeout"] {
        for part in ["Default", "AllowedValues", "MinValue", "MaxValue"] {
            let path = format!("Parameters/{setting}/{part}");
            assert_eq!(server.find(&path), functions.find(&path), "{path}");
        }
    }
    let bound = |name| server.number(&format!("Parameters/Concurrency/{name}"));
    assert_eq!((bound("MinValue"), bound("MaxValue")), range("WORDFALL_CONCURRENCY"));
    let variable = |name: &str| {
        let variables = task(&server).at("Environment").items().into_iter().cloned().collect::<Vec<_>>();
        variables.iter().find(|variable| variable.text("Name") == name).map(|variable| variable.text("Value"))
    };
    assert_eq!(variable("WORDFALL_CONCURRENCY").as_deref(), Some("!Ref Concurrency"));
    let timeout = variable("WORDFALL_FUNCTION_TIMEOUT_MS");
    assert_eq!(timeout.as_deref(), Some("!Sub ${WordcountTimeout}000"));
}

#[test]
fn what_the_server_imports_is_exported() {
    let functions = parse(&read("deploy/template.yaml"));
    let exported: Vec<String> = functions
        .entries("Outputs")
        .iter()
        .filter_map(|(_, output)| Some(output.find("Export")?.text("Name")))
        .filter_map(|name| Some(name.strip_prefix("!Sub ${AWS::StackName}-")?.to_owned()))
        .collect();
    let text = read("deploy/server.yaml");
    let mut imported: Vec<&str> =
        text.split("${Functions}-").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    imported.sort_unstable();
    let mut exported: Vec<&str> = exported.iter().map(String::as_str).collect();
    exported.sort_unstable();
    assert_eq!(imported, exported, "nothing is exported for nobody");
    // CloudFormation refuses to change what is imported, and so whatever a setting is in.
    for (_, output) in
        functions.entries("Outputs").iter().filter(|(_, output)| output.find("Export").is_some())
    {
        let value = output.text("Value");
        let parameters = functions.entries("Parameters");
        assert!(!parameters.iter().any(|(name, _)| value.contains(name.as_str())), "{value} is a setting");
    }
}
