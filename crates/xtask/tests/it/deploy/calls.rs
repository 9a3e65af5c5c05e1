//! The code's calls of AWS, found in its text: who makes which, and to what.
//!
//! What the SDK can be asked for is read from the SDK itself, so that no call is overlooked because nobody thought of
//! it. A call that can't be attributed fails the test: it is not left out.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::root;
use crate::arrows::metadata;

/// The program that calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Principal {
    Wordcount,
    Cascade,
    Server,
}

/// The target of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// The bucket whose objects are counted.
    Counted,
    /// The bucket that runs are stored in.
    Results,
    WordcountAlias,
    CascadeAlias,
}

/// A call that the code makes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Call {
    pub(super) principal: Principal,
    /// As the SDK names it.
    pub(super) operation: String,
    pub(super) target: Target,
}

/// A source file, without its tests.
struct Source {
    path: String,
    text: String,
}

/// A function of a source file.
struct Function<'a> {
    name: &'a str,
    /// From its signature to the next one.
    text: &'a str,
    path: &'a str,
}

/// Programs that only benchmarks start; they are not deployed.
const NOT_DEPLOYED: [&str; 2] = ["server/src/bin/bare-gets.rs", "server/src/bin/viewers/"];

pub(super) fn all() -> BTreeSet<Call> {
    let sources = sources(&["lambdas/src", "server/src"]);
    let operations = operations();
    let functions: Vec<Function<'_>> = sources.iter().flat_map(Source::functions).collect();
    let mut calls = BTreeSet::new();
    for function in &functions {
        for operation in function.operations(&operations) {
            let found = match principal(function.path) {
                Some(principal) => vec![function.call(principal, operation, function.name)],
                None => callers(function, &functions, operation),
            };
            assert!(
                !found.is_empty(),
                "{}: nobody is known to call {}, which does {operation}",
                function.path,
                function.name
            );
            calls.extend(found);
        }
    }
    calls
}

/// Calls that are made by calling a function that the tiers share, as `module::name`.
fn callers(shared: &Function<'_>, functions: &[Function<'_>], operation: &str) -> Vec<Call> {
    let module = shared.path.trim_start_matches("lambdas/src/").split(['/', '.']).next().unwrap();
    let path = format!("{module}::{}", shared.name);
    let mut calls = Vec::new();
    for function in functions.iter().filter(|function| names(function.text, &path)) {
        let principal = principal(function.path)
            .unwrap_or_else(|| panic!("{} calls {path}: who calls it can't be told", function.path));
        match shared.name {
            "wordcount" | "cascade" => calls.push(function.call(principal, operation, shared.name)),
            _ => {
                let named = ["wordcount", "cascade"]
                    .into_iter()
                    .filter(|tier| names(function.text, &format!("{tier}_function")));
                let before = calls.len();
                calls.extend(named.map(|tier| function.call(principal, operation, tier)));
                assert!(
                    calls.len() > before,
                    "{}: {} calls {path} for a function that it does not name",
                    function.path,
                    function.name
                );
            }
        }
    }
    calls
}

fn principal(path: &str) -> Option<Principal> {
    let module = path.trim_start_matches("lambdas/src/").trim_start_matches("bin/");
    match module.split(['/', '.']).next() {
        Some("server") => Some(Principal::Server),
        Some("wordcount") => Some(Principal::Wordcount),
        Some("cascade") => Some(Principal::Cascade),
        _ => None,
    }
}

/// Whether this text names that path, whole.
fn names(text: &str, path: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(path)
        .any(|(at, _)| !text[..at].ends_with(part) && !text[at + path.len()..].starts_with(part))
}

impl Source {
    fn functions(&self) -> Vec<Function<'_>> {
        let mut begins = Vec::new();
        let mut at = 0;
        for line in self.text.split_inclusive('\n') {
            if let Some(name) = defined(line) {
                begins.push((at, name));
            }
            at += line.len();
        }
        let ends = begins.iter().skip(1).map(|(at, _)| *at).chain([self.text.len()]);
        let function = |(&(at, name), end)| Function { name, text: &self.text[at..end], path: &self.path };
        let functions: Vec<_> = begins.iter().zip(ends).map(function).collect();
        functions
    }
}

/// The name of the function whose signature begins on this line.
fn defined(line: &str) -> Option<&str> {
    let mut words = line.trim_start();
    for qualifier in ["pub", "(crate)", "(super)", "const", "async"] {
        words = words.strip_prefix(qualifier).unwrap_or(words).trim_start();
    }
    let rest = words.strip_prefix("fn ")?;
    rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next()
}

impl Function<'_> {
    fn operations<'o>(&self, operations: &'o BTreeSet<String>) -> Vec<&'o str> {
        let called = |operation: &&String| self.text.contains(&format!(".{operation}()"));
        operations.iter().filter(called).map(String::as_str).collect()
    }

    fn call(&self, principal: Principal, operation: &str, of: &str) -> Call {
        let target = match (of, operation) {
            ("wordcount", "invoke" | "invoke_with_response_stream") => Target::WordcountAlias,
            ("cascade", "invoke" | "invoke_with_response_stream") => Target::CascadeAlias,
            (_, "invoke" | "invoke_with_response_stream") => {
                panic!("{}: {of} invokes what it does not say", self.path)
            }
            _ if self.path.starts_with("server/src/store") => Target::Results,
            _ => Target::Counted,
        };
        Call { principal, operation: operation.to_owned(), target }
    }
}

/// Names of all that S3 and Lambda can be asked for, as the SDK's files are called.
fn operations() -> BTreeSet<String> {
    let metadata = metadata();
    let mut names = BTreeSet::new();
    for sdk in ["aws-sdk-s3", "aws-sdk-lambda"] {
        let package = metadata.packages.iter().find(|package| package.name == sdk).unwrap();
        let folder = package.manifest_path.parent().unwrap().join("src/operation");
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "rs") {
                names.insert(path.file_stem().unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    assert!(names.contains("get_object") && names.contains("invoke"), "the SDK's files are not read right");
    names
}

fn sources(folders: &[&str]) -> Vec<Source> {
    let mut sources = Vec::new();
    for folder in folders {
        collect(&root(), folder, &mut sources);
    }
    sources.retain(|source| !NOT_DEPLOYED.iter().any(|path| source.path.starts_with(path)));
    sources
}

fn collect(root: &Path, folder: &str, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(root.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            collect(root, &path, sources);
        } else if path.ends_with(".rs") && !path.ends_with("/tests.rs") {
            let text = fs::read_to_string(entry.path()).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            sources.push(Source { path, text: code.to_owned() });
        }
    }
}

#[test]
fn functions_are_told_apart() {
    let text = "pub async fn a(\n    x: u8,\n) {}\n\n    pub(super) const fn b_2<T>() {}\nfn c() {}\n";
    let source = Source { path: String::new(), text: text.to_owned() };
    let functions = source.functions();
    assert_eq!(functions.iter().map(|function| function.name).collect::<Vec<_>>(), ["a", "b_2", "c"]);
    assert_eq!(functions[2].text, "fn c() {}\n");
    assert!(names("call::dry_run(x)", "call::dry_run") && names("map(call::dry_run)", "call::dry_run"));
    assert!(!names("call::dry_runs(x)", "call::dry_run") && !names("recall::dry_run(x)", "call::dry_run"));
}
