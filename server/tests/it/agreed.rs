//! Functions of another version, and functions that are others than they should be: refused before anything is
//! counted.

use std::sync::Arc;

use futures_util::FutureExt;
use local::{Code, Config, Function, Handler, HandlerError, Local, Mount, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::program::{self, Ran};
use crate::tree::Tree;

/// A function of this name that always answers this.
fn answering(name: &str, answer: Result<Value, HandlerError>) -> Function {
    let handler: Handler = Arc::new(move |_| {
        let answer = answer.clone();
        async move { Ok(Response::Buffered(answer?.to_string().into())) }.boxed()
    });
    let timeout = std::time::Duration::from_secs(5);
    Function {
        name: name.to_owned(),
        code: Code::Handler(handler),
        memory_mb: 128,
        timeout,
        concurrency: None,
    }
}

fn versions(function: &str, oldest: u32, newest: u32) -> Result<Value, HandlerError> {
    Ok(json!({ "function": function, "v": newest, "oldest": oldest, "counting": 1 }))
}

/// Counts a bucket whose functions answer these.
fn count(cascade: Result<Value, HandlerError>, wordcount: Result<Value, HandlerError>) -> Ran {
    let tree = Tree::small_files(1);
    let keypair =
        local::Keypair { access_key_id: "LOCAL".to_owned(), secret_access_key: "secret".to_owned() };
    let mount = Mount { name: "docs".to_owned().try_into().unwrap(), directory: tree.path().to_owned() };
    let functions = vec![answering("cascade", cascade), answering("wordcount", wordcount)];
    let config = Config { mounts: vec![mount], functions, keypair: Some(keypair), ..Config::default() };
    let local = Local::new(config).unwrap();
    let runtime = Runtime::new().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    runtime.spawn(async move { local.serve(listener, std::future::pending()).await });
    let variables = [
        ("AWS_ENDPOINT_URL_S3", endpoint.as_str()),
        ("AWS_ENDPOINT_URL_LAMBDA", endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "LOCAL"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", local::REGION),
    ];
    program::run_with(&["count", "--json", "--backend", "aws", "s3://docs"], &variables)
}

#[track_caller]
fn check(cascade: Result<Value, HandlerError>, wordcount: Result<Value, HandlerError>, said: &str) {
    let ran = count(cascade, wordcount);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    let (code, message) = ran.error();
    assert_eq!(code, "functions_outdated");
    assert!(message.contains(said), "{message}");
}

#[test]
fn functions_of_another_version_are_refused_before_anything_is_counted() {
    let ours = || versions("cascade", 1, 1);
    check(versions("cascade", 2, 3), versions("wordcount", 1, 1), "versions 2 to 3");
    check(ours(), versions("wordcount", 2, 2), "wordcount can't be used as the wordcount function");
    check(ours(), versions("cascade", 1, 1), "it is the cascade function");
}

#[test]
fn functions_that_do_not_know_the_question_are_older_or_none_of_ours() {
    let ours = || versions("cascade", 1, 1);
    let refusal = HandlerError {
        error_type: "InvalidRequest".to_owned(),
        message: "invalid request: missing field `bucket`".to_owned(),
    };
    check(ours(), Err(refusal), "doesn't tell which versions");
    check(ours(), Ok(json!("hello")), "doesn't tell which versions");
}
