//! Who may take the deployment's roles: services of AWS, and for this account alone.

use super::read;
use super::template::{Node, parse};

/// The condition on a service that takes a role: it acts for this account.
const THIS_ACCOUNT: &str = "{StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}";

/// The same, of ECS alone: AWS does not document that the server's other services name the account.
const THIS_ACCOUNT_WHERE_SAID: &str =
    "!If [IsTakenByEcs, {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}, !Ref AWS::NoValue]";

/// Each role, who may take it, and on which condition.
fn trusts(template: &Node) -> Vec<(String, String, String)> {
    let roles =
        template.entries("Resources").iter().filter(|(_, node)| node.text("Type") == "AWS::IAM::Role");
    let mut trusts = Vec::new();
    for (name, role) in roles {
        for statement in role.at("Properties/AssumeRolePolicyDocument/Statement").items() {
            assert_eq!(statement.text("Action"), "sts:AssumeRole", "{name}");
            let condition = statement.find("Condition").map(ToString::to_string);
            let principal = statement.text("Principal");
            trusts.push((name.clone(), principal, condition.unwrap_or_else(|| "none".to_owned())));
        }
    }
    trusts
}

#[track_caller]
fn check(template: &str, expected: &[(&str, &str, &str)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|&(role, principal, condition)| {
            (role.to_owned(), format!("{{Service: {principal}}}"), condition.to_owned())
        })
        .collect();
    assert_eq!(trusts(&parse(&read(template))), expected);
}

#[test]
fn a_role_is_taken_by_one_service_for_this_account() {
    check(
        "deploy/template.yaml",
        &[
            ("WordcountRole", "lambda.amazonaws.com", THIS_ACCOUNT),
            ("CascadeRole", "lambda.amazonaws.com", THIS_ACCOUNT),
            ("ServerRole", "!Ref ServerPrincipal", THIS_ACCOUNT_WHERE_SAID),
        ],
    );
    check("deploy/server.yaml", &[("StarterRole", "ecs-tasks.amazonaws.com", THIS_ACCOUNT)]);
}

#[test]
fn the_condition_on_the_account_is_that_of_ecs() {
    let template = parse(&read("deploy/template.yaml"));
    let condition = template.text("Conditions/IsTakenByEcs");
    assert_eq!(condition, "!Equals [!Ref ServerPrincipal, ecs-tasks.amazonaws.com]");
}
