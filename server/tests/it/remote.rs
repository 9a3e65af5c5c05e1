//! `--backend aws`: the same program as a client of S3 and Lambda over the network, here `wordfall local`'s.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use tempfile::TempDir;

use crate::count::counts;
use crate::program::{self, Ran};
use crate::site::{Site, error};
use crate::tree::{self, Tree};

/// `wordfall local`, and the variables that it printed.
pub(crate) struct Remote {
    pub(crate) process: Child,
    variables: Vec<(String, String)>,
    _home: TempDir,
}

impl Remote {
    pub(crate) fn mounting(tree: &Tree) -> Self {
        Self::logging(tree, &[], Stdio::inherit())
    }

    /// With these variables, and a log of its own.
    pub(crate) fn logging(tree: &Tree, variables: &[(&str, &str)], log: Stdio) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut command = program::command(&home, &["local", "--mount", &tree.mounted_as("docs")]);
        command.envs(variables.iter().copied()).stderr(log);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut variables = vec![("AWS_REGION".to_owned(), "us-east-1".to_owned())];
        for line in lines.take(3) {
            let line = line.unwrap();
            let (name, value) = line.split_once('=').unwrap();
            variables.push((name.to_owned(), value.to_owned()));
        }
        Self { process, variables, _home: home }
    }

    pub(crate) fn variable(&self, name: &str) -> &str {
        self.variables.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The variables, with another value for one of them.
    pub(crate) fn variables<'a>(&'a self, name: &str, value: &'a str) -> Vec<(&'a str, &'a str)> {
        let known = self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        known.map(|(known, as_is)| (known, if known == name { value } else { as_is })).collect()
    }

    fn count(&self, options: &[&str], name: &str, value: &str) -> Ran {
        let arguments = [&["count", "--json", "--backend", "aws"], options].concat();
        program::run_with(&arguments, &self.variables(name, value))
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        // It may be gone already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[test]
fn over_the_network_totals_are_the_same() {
    let tree = Tree::varied();
    let remote = Remote::mounting(&tree);
    let ran = remote.count(&["s3://docs"], "", "");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), tree::REMARK));
    assert_eq!(counts(&ran.end()), tree.total("wc"));
}

#[test]
fn functions_that_are_processes_read_from_a_store_elsewhere() {
    if !program::runs_processes() {
        return;
    }
    let tree = Tree::varied();
    let remote = Remote::mounting(&tree);
    let ran = remote.count(&["s3://docs", "--functions", "processes"], "", "");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), tree::REMARK));
    assert_eq!(counts(&ran.end()), tree.total("wc"));
}

#[test]
fn what_is_missing_or_denied_is_told_before_anything_is_counted() {
    let tree = Tree::small_files(1);
    let remote = Remote::mounting(&tree);
    let missing = remote.count(&["s3://elsewhere"], "", "");
    assert_eq!((missing.code, missing.error().0.as_str()), (Some(2), "no_such_bucket"));
    let denied = remote.count(&["s3://docs"], "AWS_SECRET_ACCESS_KEY", "wrong");
    assert_eq!((denied.code, denied.error().0.as_str()), (Some(2), "access_denied"));
    let uncallable = remote.count(&["s3://docs", "--cascade-function", "missing"], "", "");
    assert_eq!((uncallable.code, uncallable.error().0.as_str()), (Some(2), "functions_missing"));
    let gone = remote.count(&["s3://docs"], "AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    assert_eq!((gone.code, gone.error().0.as_str()), (Some(2), "store_unavailable"));
}

#[test]
fn a_site_tells_what_its_account_denies() {
    let tree = Tree::small_files(1);
    let remote = Remote::mounting(&tree);
    let options = ["--backend", "aws", "--bucket", "docs"];
    let home = tempfile::tempdir().unwrap();
    let site = Site::at(home, &options, &remote.variables("AWS_SECRET_ACCESS_KEY", "wrong"));
    let (status, code, _) = error(site.post("/api/start_run", &[]).send());
    assert_eq!((status, code.as_str()), (403, "access_denied"));

    let options = [&options[..], &["--wordcount-function", "missing"]].concat();
    let home = tempfile::tempdir().unwrap();
    let site = Site::at(home, &options, &remote.variables("", ""));
    let (status, code, message) = error(site.get("/readyz").send());
    assert_eq!((status, code.as_str()), (503, "functions_missing"), "{message}");
    let (status, code, message) = error(site.post("/api/start_run", &[]).send());
    assert_eq!((status, code.as_str()), (503, "functions_missing"), "{message}");
}

#[test]
fn a_results_bucket_that_can_not_be_written_is_told_at_the_start() {
    let tree = Tree::small_files(1);
    let remote = Remote::mounting(&tree);
    let arguments = ["serve", "--backend", "aws", "--bucket", "docs", "--results-bucket", "docs"];
    let mut variables = remote.variables("", "");
    variables.push(("LEPTOS_SITE_ADDR", "127.0.0.1:0"));
    let ran = program::run_with(&arguments, &variables);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    assert!(ran.stderr.contains("the results bucket docs can't be used"), "{}", ran.stderr);
}
