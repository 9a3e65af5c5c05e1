//! Functions that are processes: how they start, are reused and end.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use aws_sdk_lambda::Client;
use futures_util::future::join_all;
use local::{Code, Function, Outcome, Process};
use serde_json::{Value, json};

use crate::invoke::{error, invoke, log};
use crate::stand_in::StandIn;

/// The runtime of these tests, which does what its payload says.
pub(crate) fn odd(arguments: &[&str]) -> Function {
    let process = Process {
        program: env!("CARGO_BIN_EXE_odd-runtime").into(),
        arguments: arguments.iter().map(Into::into).collect(),
        directory: "/".into(),
        variables: [("OWN".to_owned(), "value".into())].into(),
    };
    Function {
        name: "odd".to_owned(),
        code: Code::Process(process),
        memory_mb: 256,
        timeout: Duration::from_secs(30),
        concurrency: None,
    }
}

pub(crate) fn with(function: Function) -> (StandIn, Client) {
    let stand_in = StandIn::new();
    stand_in.local.register(function);
    let lambda = stand_in.lambda();
    (stand_in, lambda)
}

/// The function's answer, as JSON.
pub(crate) async fn ask(lambda: &Client, order: Value) -> Value {
    let output = invoke(lambda, "odd", &order.to_string()).await;
    assert_eq!(output.function_error(), None, "{}", log(&output));
    serde_json::from_slice(output.payload().unwrap().as_ref()).unwrap()
}

fn is_there(process_id: &Value) -> bool {
    std::fs::exists(format!("/proc/{process_id}")).unwrap()
}

async fn gone(process_id: &Value) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while is_there(process_id) {
        assert!(Instant::now() < deadline, "process {process_id} is still there");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_process_is_started_once_and_reused() {
    let (stand_in, lambda) = with(odd(&[]));
    let first = invoke(&lambda, "odd", r#"{"do":"identify"}"#).await;
    assert!(log(&first).contains("initialising") && log(&first).contains("Init Duration"), "{}", log(&first));
    let second = invoke(&lambda, "odd", r#"{"do":"identify"}"#).await;
    assert!(!log(&second).contains("Init Duration"), "{}", log(&second));
    assert_eq!(first.payload(), second.payload());
    let process_id: Value = serde_json::from_slice(first.payload().unwrap().as_ref()).unwrap();
    assert!(is_there(&process_id));
    stand_in.local.close().await;
    assert!(!is_there(&process_id), "a process lives on without its stand-in");
}

#[tokio::test]
async fn a_process_that_has_idled_too_long_is_ended() {
    let stand_in = StandIn::with(|config| config.idle_max = Duration::from_millis(200));
    stand_in.local.register(odd(&[]));
    let lambda = stand_in.lambda();
    let first = ask(&lambda, json!({"do": "identify"})).await;
    gone(&first).await;
    assert_ne!(ask(&lambda, json!({"do": "identify"})).await, first);
}

#[tokio::test]
async fn there_are_as_many_processes_as_invocations_at_once_and_no_more() {
    let (_stand_in, lambda) = with(Function { concurrency: Some(3), ..odd(&[]) });
    let mut seen = HashSet::new();
    for _ in 0..5 {
        let calls = (0..3).map(|_| ask(&lambda, json!({"do": "identify"})));
        seen.extend(join_all(calls).await.iter().map(Value::to_string));
    }
    assert!(seen.len() <= 3, "{} processes served 3 invocations at once", seen.len());
}

#[tokio::test]
async fn a_process_that_exits_is_a_function_error_at_once_and_is_replaced() {
    let (_stand_in, lambda) = with(odd(&[]));
    let output = invoke(&lambda, "odd", r#"{"do":"exit","number":7}"#).await;
    let told = error(&output);
    assert_eq!(told["errorType"], "Runtime.ExitError");
    let message = told["errorMessage"].as_str().unwrap();
    assert!(message.ends_with("Error: Runtime exited with error: exit status 7"), "{message}");
    assert!(log(&output).contains("Error Type: Runtime.ExitError"), "{}", log(&output));
    let silent = invoke(&lambda, "odd", r#"{"do":"exit"}"#).await;
    assert!(error(&silent).to_string().contains("Runtime exited without providing a reason"));
    assert_eq!(ask(&lambda, json!({"do": "echo"})).await["do"], "echo");
}

#[tokio::test]
async fn a_process_that_is_killed_ends_its_invocation_at_once() {
    let (_stand_in, lambda) = with(odd(&[]));
    let process_id = ask(&lambda, json!({"do": "identify"})).await;
    let hanging = tokio::spawn({
        let lambda = lambda.clone();
        async move { invoke(&lambda, "odd", r#"{"do":"hang"}"#).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let killed = Instant::now();
    kill(&process_id);
    let told = error(&hanging.await.unwrap());
    assert!(killed.elapsed() < Duration::from_secs(5));
    assert_eq!(told["errorType"], "Runtime.ExitError");
    assert!(told["errorMessage"].as_str().unwrap().ends_with("signal: killed"), "{told}");
    gone(&process_id).await;
}

#[tokio::test]
async fn a_process_that_was_killed_while_it_waited_costs_no_invocation() {
    let (_stand_in, lambda) = with(odd(&[]));
    for _ in 0..5 {
        let process_id = ask(&lambda, json!({"do": "identify"})).await;
        kill(&process_id);
        gone(&process_id).await;
    }
}

fn kill(process_id: &Value) {
    let status = std::process::Command::new("kill").args(["-9", &process_id.to_string()]).status();
    assert!(status.unwrap().success());
}

#[tokio::test]
async fn a_process_and_its_children_are_killed_at_the_deadline() {
    let (stand_in, lambda) = with(Function { timeout: Duration::from_millis(500), ..odd(&[]) });
    let output = invoke(&lambda, "odd", r#"{"do":"spawn"}"#).await;
    let told = error(&output);
    assert_eq!(told["errorType"], "Sandbox.Timedout");
    assert!(told["errorMessage"].as_str().unwrap().ends_with("Task timed out after 0.50 seconds"), "{told}");
    let log = log(&output);
    let child = log.lines().find_map(|line| line.strip_prefix("child ")).unwrap();
    gone(&child.parse::<u32>().unwrap().into()).await;
    assert_eq!(stand_in.local.journal().entries()[0].end.as_ref().unwrap().outcome, Outcome::TimedOut);
    let late = invoke(&lambda, "odd", r#"{"do":"answer and hang"}"#).await;
    assert_eq!(error(&late)["errorType"], "Sandbox.Timedout");
}

#[tokio::test]
async fn a_process_that_holds_too_much_memory_is_killed_and_what_it_holds_is_reported() {
    let (_stand_in, lambda) = with(odd(&[]));
    let output = invoke(&lambda, "odd", r#"{"do":"allocate","number":100}"#).await;
    assert_eq!(output.function_error(), None);
    let used = log(&output).split_once("Max Memory Used: ").unwrap().1.split_once(' ').unwrap().0.to_owned();
    assert!((100..120).contains(&used.parse::<u32>().unwrap()), "{used}");
    let output = invoke(&lambda, "odd", r#"{"do":"allocate","number":400}"#).await;
    let told = error(&output);
    assert_eq!(told["errorType"], "Runtime.OutOfMemory");
    assert!(told["errorMessage"].as_str().unwrap().ends_with("Runtime exited with error: signal: killed"));
    assert!(log(&output).contains("Max Memory Used: 256 MB"), "{}", log(&output));
}

#[tokio::test]
async fn a_process_that_cannot_start_says_why() {
    let (_stand_in, lambda) = with(odd(&["init-error"]));
    let told = error(&invoke(&lambda, "odd", "{}").await);
    let expected = json!({"errorType": "No.Start", "errorMessage": "there is no way", "stackTrace": ["a"]});
    assert_eq!(told, expected);
    let (_stand_in, lambda) = with(odd(&["init-exit"]));
    let output = invoke(&lambda, "odd", "{}").await;
    assert!(error(&output).to_string().contains("Runtime exited with error: exit status 3"));
    assert!(log(&output).contains("not today"), "{}", log(&output));
    let mut missing = odd(&[]);
    if let Code::Process(process) = &mut missing.code {
        process.program = "/nowhere/at/all".into();
    }
    let (_stand_in, lambda) = with(missing);
    let told = error(&invoke(&lambda, "odd", "{}").await);
    assert_eq!(told["errorType"], "Runtime.InvalidEntrypoint");
    assert!(told["errorMessage"].as_str().unwrap().starts_with("/nowhere/at/all can't be started"), "{told}");
}

/// The error and the log of a function whose program a launcher starts, as the server starts all on Linux.
async fn launched(program: &std::path::Path, arguments: &[&str]) -> (Value, String) {
    let stand_in = StandIn::with(|config| config.launcher = Some(env!("CARGO_BIN_EXE_odd-runtime").into()));
    let mut function = odd(arguments);
    if let Code::Process(process) = &mut function.code {
        process.program = program.to_owned();
    }
    stand_in.local.register(function);
    let output = invoke(&stand_in.lambda(), "odd", r#"{"do":"exit","number":127}"#).await;
    (error(&output), log(&output))
}

#[tokio::test]
async fn a_program_that_the_launcher_can_not_start_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let no_program = directory.path().join("no-program");
    std::fs::write(&no_program, "text").unwrap();
    for program in ["/nowhere/at/all".into(), no_program] {
        let (told, log) = launched(&program, &[]).await;
        assert_eq!(told["errorType"], "Runtime.InvalidEntrypoint", "{told}");
        let sentence = format!("{} can't be started", program.display());
        assert!(told["errorMessage"].as_str().unwrap().starts_with(&sentence), "{told}");
        assert!(log.contains(&sentence), "{log}");
    }
    let (told, _) = launched(env!("CARGO_BIN_EXE_odd-runtime").as_ref(), &["init-exit"]).await;
    assert_eq!(told["errorType"], "Runtime.ExitError", "{told}");
    let (told, _) = launched(env!("CARGO_BIN_EXE_odd-runtime").as_ref(), &[]).await;
    assert_eq!(told["errorType"], "Runtime.ExitError", "{told}");
}

/// All on this one thread, which must not be the process's alone.
#[tokio::test]
async fn a_process_that_never_stops_writing_holds_nobody_up() {
    let (_stand_in, lambda) = with(Function { timeout: Duration::from_millis(500), ..odd(&[]) });
    let began = Instant::now();
    let output = invoke(&lambda, "odd", r#"{"do":"flood"}"#).await;
    assert_eq!(error(&output)["errorType"], "Sandbox.Timedout");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_process_that_never_asks_for_work_is_an_error_after_ten_seconds() {
    let (_stand_in, lambda) = with(odd(&["never"]));
    let began = Instant::now();
    let told = error(&invoke(&lambda, "odd", "{}").await);
    assert_eq!(told["errorType"], "Runtime.InitError");
    assert!((10..14).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_process_that_no_longer_waits_for_what_it_asked_for_holds_nobody_up() {
    let (_stand_in, lambda) = with(Function { timeout: Duration::from_secs(3), ..odd(&["shy"]) });
    let told = error(&invoke(&lambda, "odd", "{}").await);
    // It may have left before its error was read.
    let types = ["Runtime.InitError", "Runtime.TruncatedResponse", "Sandbox.Timedout"];
    assert!(types.iter().any(|error_type| told["errorType"] == *error_type), "{told}");
}

#[tokio::test]
async fn an_answer_counts_whatever_becomes_of_its_process() {
    let (_stand_in, lambda) = with(odd(&[]));
    for _ in 0..3 {
        assert_eq!(ask(&lambda, json!({"do": "answer and exit"})).await, 1);
    }
}
