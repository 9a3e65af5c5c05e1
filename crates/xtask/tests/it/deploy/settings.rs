//! Names and settings of the template are those of the code.

use super::template::{Node, parse};
use super::{read, root};

const FUNCTIONS: [(&str, &str); 2] = [("WordcountFunction", "wordcount"), ("CascadeFunction", "cascade")];

/// Lambda's own bound.
const FUNCTION_SECONDS_MAX: u64 = 900;

fn template() -> Node {
    parse(&read("deploy/template.yaml"))
}

/// The text between two others in a file, the first time.
#[track_caller]
fn between(path: &str, before: &str, after: &str) -> String {
    let text = read(path);
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("{path} has no {before:?}"));
    rest.split_once(after).unwrap_or_else(|| panic!("{path} has no {after:?}")).0.to_owned()
}

#[track_caller]
fn number(text: &str) -> u64 {
    text.trim().replace('_', "").parse().unwrap_or_else(|_| panic!("{text:?} is no number"))
}

/// The default of an option of the command line.
#[track_caller]
fn default(variable: &str) -> u64 {
    number(&between("server/src/cli.rs", &format!("env = \"{variable}\", default_value_t = "), ","))
}

/// The range of an option of the command line.
#[track_caller]
pub(super) fn range(variable: &str) -> (u64, u64) {
    let option = between("server/src/cli.rs", &format!("env = \"{variable}\""), ")]");
    let (_, range) = option.split_once(".range(").unwrap();
    let (least, most) = range.split_once("..=").unwrap();
    (number(least), number(most.trim_end_matches(')')))
}

#[test]
fn who_waits_is_given_more_time_than_what_it_waits_for() {
    let template = template();
    let timeout = |function| template.text(&format!("Resources/{function}/Properties/Timeout"));
    let by = "!FindInMap [ByWordcountTimeout, !Ref WordcountTimeout,";
    assert_eq!(timeout("WordcountFunction"), "!Ref WordcountTimeout");
    assert_eq!(timeout("CascadeFunction"), format!("{by} CascadeTimeout]"));
    let threshold = template.text("Resources/WordcountDuration/Properties/Threshold");
    assert_eq!(threshold, format!("{by} LongMs]"));
    let usual = template.number("Parameters/WordcountTimeout/Default");
    assert_eq!(usual * 1000, default("WORDFALL_FUNCTION_TIMEOUT_MS"));
    assert!(template.text("Outputs/Options/Value").contains("--function-timeout-ms ${WordcountTimeout}000"));

    let margin = number(&between(
        "server/src/backend/embedded.rs",
        "const MARGIN: Duration = Duration::from_secs(",
        ")",
    ));
    let attempts = number(&between("server/src/backend/aws.rs", ".build(), ", " * function_timeout"));
    let rows = template.entries("Mappings/ByWordcountTimeout");
    for (seconds, row) in rows {
        let (wordcount, cascade) = (number(seconds), row.number("CascadeTimeout"));
        assert_eq!(cascade, wordcount + 2 * margin, "as the embedded functions have it");
        assert!(cascade <= FUNCTION_SECONDS_MAX, "{cascade} s");
        assert!(cascade + margin <= wordcount * attempts, "an attempt ends before its cascade's {cascade} s");
        assert_eq!(row.number("LongMs"), wordcount * 900, "nine tenths of the time");
    }
    let allowed: Vec<String> = rows.iter().map(|(seconds, _)| seconds.clone()).collect();
    assert_eq!(
        template.text("Parameters/WordcountTimeout/AllowedValues"),
        format!("[{}]", allowed.join(", "))
    );
}

#[test]
fn memory_and_concurrency_are_those_of_the_command_line() {
    let template = template();
    let bounds = |parameter: &str| {
        let bound = |name| template.number(&format!("Parameters/{parameter}/{name}"));
        (bound("MinValue"), bound("MaxValue"))
    };
    assert_eq!(template.number("Parameters/FunctionMemory/Default"), default("WORDFALL_FUNCTION_MEMORY_MB"));
    assert_eq!(bounds("FunctionMemory"), range("WORDFALL_FUNCTION_MEMORY_MB"));
    assert_eq!(bounds("WordcountConcurrency"), (0, range("WORDFALL_CONCURRENCY").1));
    for parameter in ["WordcountConcurrency", "CascadeConcurrency"] {
        assert_eq!(
            template.number(&format!("Parameters/{parameter}/Default")),
            0,
            "a new account can reserve none"
        );
    }
    assert_eq!(template.text("Globals/Function/MemorySize"), "!Ref FunctionMemory");
}

#[test]
fn functions_are_started_as_they_are_packaged() {
    let template = template();
    let binaries = std::fs::read_dir(root().join("lambdas/src/bin")).unwrap().count();
    assert_eq!(binaries, FUNCTIONS.len(), "every binary is deployed");
    let globals = |name: &str| template.text(&format!("Globals/Function/{name}"));
    let bootstrap = between("crates/xtask/src/package.rs", "const BOOTSTRAP: &str = \"", "\"");
    assert_eq!((globals("Runtime"), globals("Handler")), ("provided.al2023".to_owned(), bootstrap));
    assert_eq!(globals("Architectures"), "[!Ref Architecture]");
    assert_eq!(globals("AutoPublishAlias"), "live");
    for (resource, name) in FUNCTIONS {
        assert!(root().join(format!("lambdas/src/bin/{name}.rs")).is_file(), "{name}");
        let property = |path: &str| template.text(&format!("Resources/{resource}/Properties/{path}"));
        let arch = template.text("Parameters/Architecture/Default");
        assert_eq!(property("CodeUri"), format!("../target/package/{name}-{arch}.zip"));
        assert_eq!(property("FunctionName"), format!("!Sub ${{AWS::StackName}}-{name}"));
        assert_eq!(property("AutoPublishAliasAllProperties"), "true");
        assert_eq!(property("LoggingConfig/LogFormat"), "Text", "JSON hides the REPORT line");
    }
}

/// Variables that only processes of this machine get: on AWS a function has its role.
const OF_PROCESSES: [&str; 1] = ["WORDFALL_NO_SIGN_REQUEST"];

#[test]
fn functions_are_given_the_variables_that_they_read() {
    let template = template();
    for (resource, name) in FUNCTIONS {
        let source = read(&format!("lambdas/src/bin/{name}.rs")) + &read("lambdas/src/environment.rs");
        let mut read: Vec<&str> = source.split('"').filter(|text| text.starts_with("WORDFALL_")).collect();
        read.retain(|name| !OF_PROCESSES.contains(name));
        read.sort_unstable();
        let path = format!("Resources/{resource}/Properties/Environment/Variables");
        let mut given: Vec<&str> = match template.find(&path) {
            Some(_) => template.entries(&path).iter().map(|(name, _)| name.as_str()).collect(),
            None => Vec::new(),
        };
        given.sort_unstable();
        assert_eq!(given, read, "{name}");
    }
    let path = "Resources/CascadeFunction/Properties/Environment/Variables/WORDFALL_WORDCOUNT_FUNCTION";
    assert_eq!(template.text(path), "!Ref WordcountFunction.Alias");
}

#[test]
fn the_commands_that_are_printed_are_understood() {
    let (template, cli) = (template(), read("server/src/cli.rs"));
    let told = template.text("Outputs/Options/Value") + " " + &template.text("Outputs/Serve/Value");
    let options: Vec<&str> = told
        .split(|c: char| c.is_whitespace() || c == ',' || c == '[')
        .filter_map(|word| word.strip_prefix("--"))
        .collect();
    assert!(options.len() >= 9, "{told}");
    for option in options {
        assert!(cli.contains(&format!("pub {}: ", option.replace('-', "_"))), "wordfall has no --{option}");
    }
}

#[test]
fn the_server_deletes_runs_before_their_bucket_does() {
    let template = template();
    let days = |parameter| template.number(&format!("Parameters/{parameter}/Default"));
    assert!(days("RunRetentionDays") < days("ResultsExpirationDays"));
}

#[test]
fn results_are_private_and_outlive_the_stack() {
    let template = template();
    let results = |path: &str| template.text(&format!("Resources/Results/{path}"));
    let access = template.entries("Resources/Results/Properties/PublicAccessBlockConfiguration");
    assert!(access.len() == 4 && access.iter().all(|(_, value)| value.to_string() == "true"), "{access:?}");
    assert_eq!(results("DeletionPolicy"), "RetainExceptOnCreate");
    assert_eq!(results("UpdateReplacePolicy"), "Retain");
    let policy = template.text("Resources/ResultsPolicy/Properties/PolicyDocument");
    // One rule can't both expire objects and drop the markers of what was deleted.
    let rules = template.at("Resources/Results/Properties/LifecycleConfiguration/Rules").items();
    let marking = rules.iter().find(|rule| rule.find("ExpiredObjectDeleteMarker").is_some()).unwrap();
    assert!(
        marking.find("ExpirationInDays").is_none() && marking.find("NoncurrentVersionExpiration").is_some()
    );
    assert!(policy.contains("Effect: Deny") && policy.contains("aws:SecureTransport: false"), "{policy}");
}
