//! Keys, tokens and passwords: used, and never shown.

use std::fs::{self, File};

use crate::http::Request;
use crate::program::{self, run_with};
use crate::remote::Remote;
use crate::site::{address, interrupt, serve};
use crate::tree::Tree;

const TOKEN: &str = "s3cret-Token_42-that-nobody-guesses";
const SESSION: &str = "s3cret-Session-that-comes-with-the-keys";
/// An address with a password, at which nothing listens.
const ENDPOINT: &str = "http://user:pa55word@127.0.0.1:9";

#[test]
fn the_help_shows_the_value_of_no_variable() {
    let names = [
        "BUCKET",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "WORDFALL_ALLOW_BUCKET",
        "WORDFALL_DATA",
        "WORDFALL_GLOB",
        "WORDFALL_MOUNT",
        "WORDFALL_PREFIX",
        "WORDFALL_TOKEN",
        "WORDFALL_WORDCOUNT_FUNCTION",
    ];
    let variables = names.map(|name| (name, TOKEN));
    for command in ["serve", "count", "retry", "local"] {
        for help in ["--help", "-h"] {
            let ran = run_with(&[command, help], &variables);
            assert_eq!(ran.code, Some(0));
            assert!(ran.stdout.contains("[env: WORDFALL_DATA]"), "{}", ran.stdout);
            assert!(!ran.stdout.contains("s3cret"), "{}", ran.stdout);
        }
    }
}

#[test]
fn a_password_that_stands_in_an_address_is_not_repeated_where_it_is_wrong() {
    let tree = Tree::small_files(1);
    let mount = tree.mounted_as("docs");
    for wrong in ["user:pa55word@host", "ftp://user:pa55word@host", "http://user:pa55word@ho st:1"] {
        for ran in [
            program::run(&["count", "--mount", &mount, "--otlp-endpoint", wrong]),
            run_with(&["count", "--mount", &mount], &[("OTEL_EXPORTER_OTLP_ENDPOINT", wrong)]),
        ] {
            assert_eq!(ran.code, Some(2));
            assert!(ran.stderr.contains("--otlp-endpoint can't be used"), "{}", ran.stderr);
            assert!(!ran.stderr.contains("pa55word"), "{}", ran.stderr);
        }
    }
}

#[test]
fn no_level_of_the_log_shows_a_secret() {
    let tree = Tree::small_files(3);
    let home = tempfile::tempdir().unwrap();
    let [local_log, serve_log] = ["local.log", "serve.log"].map(|name| home.path().join(name));
    let remote = Remote::logging(&tree, &[("RUST_LOG", "trace")], File::create(&local_log).unwrap().into());
    let options = ["--backend", "aws", "--bucket", "docs", "--token", TOKEN];
    let mut command = serve(&home, &options);
    command.envs(remote.variables("", "")).env("AWS_SESSION_TOKEN", SESSION).env("RUST_LOG", "trace");
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", ENDPOINT);
    let mut server = command.stderr(File::create(&serve_log).unwrap()).spawn().unwrap();
    let address = address(&mut server);
    let login = Request::new(address, "POST", "/login").form(&[("token", TOKEN)]).send();
    let cookie = login.headers["set-cookie"].split(';').next().unwrap().to_owned();
    let history = Request::new(address, "GET", "/runs").header("cookie", &cookie).send();
    assert_eq!(history.status, 200);
    let bearer = format!("Bearer {TOKEN}");
    let wrong = Request::new(address, "GET", "/runs").header("authorization", "Bearer wr0ng-Guess").send();
    assert_eq!(wrong.status, 401);
    let start = Request::new(address, "POST", "/api/start_run").form(&[]).header("authorization", &bearer);
    let id = start.send().json()["id"].as_str().unwrap().to_owned();
    let events = Request::new(address, "GET", &format!("/runs/{id}/events")).send();
    assert!(crate::sse::Events::from(events).any(|event| event.name == "end"));
    interrupt(&server);
    assert!(server.wait().unwrap().success());
    let secret_key = remote.variable("AWS_SECRET_ACCESS_KEY").to_owned();
    drop(remote);
    let (_, session) = cookie.split_once('=').unwrap();
    let logs = [serve_log, local_log].map(|log| fs::read_to_string(log).unwrap());
    assert!(logs[0].contains("a run ended"), "{}", logs[0]);
    for log in &logs {
        for secret in [
            TOKEN,
            SESSION,
            &secret_key,
            session,
            "pa55word",
            "wr0ng",
            "AWS4-HMAC-SHA256",
            "Signature=",
            "Bearer ",
        ] {
            let shown = log.lines().find(|line| line.contains(secret));
            assert_eq!(shown, None, "{secret}");
        }
    }
}
