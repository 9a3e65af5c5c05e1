//! Invoke: answers, function errors, the log tail, and callers that hang up.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::invoke::InvokeOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{InvocationType, LogType};
use base64::Engine;
use futures_util::FutureExt;
use local::{Code, Function, HandlerError, Invocation, Outcome, Response};
use tokio::sync::Notify;

use crate::stand_in::{REACHES, StandIn};

pub(crate) fn function<F>(name: &str, handler: impl Fn(Invocation) -> F + Send + Sync + 'static) -> Function
where
    F: Future<Output = Result<Response, HandlerError>> + Send + 'static,
{
    Function {
        name: name.to_owned(),
        code: Code::Handler(Arc::new(move |invocation| handler(invocation).boxed())),
        memory_mb: 256,
        timeout: Duration::from_secs(10),
        concurrency: None,
    }
}

pub(crate) fn echo() -> Function {
    function("echo", |invocation| async move {
        invocation.log.line("echoing");
        Ok(Response::Buffered(invocation.payload))
    })
}

pub(crate) async fn invoke(lambda: &Client, name: &str, payload: &str) -> InvokeOutput {
    let request = lambda.invoke().function_name(name).payload(Blob::new(payload)).log_type(LogType::Tail);
    request.send().await.unwrap()
}

pub(crate) fn log(output: &InvokeOutput) -> String {
    let tail = base64::engine::general_purpose::STANDARD.decode(output.log_result().unwrap()).unwrap();
    String::from_utf8(tail).unwrap()
}

pub(crate) fn error(output: &InvokeOutput) -> serde_json::Value {
    assert_eq!(output.function_error(), Some("Unhandled"));
    assert_eq!(output.status_code(), 200);
    serde_json::from_slice(output.payload().unwrap().as_ref()).unwrap()
}

#[tokio::test]
async fn a_function_answers_by_all_of_its_names() {
    let stand_in = StandIn::new();
    stand_in.local.register(echo());
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:echo";
    for reach in REACHES {
        let (_, lambda) = stand_in.clients(reach).await;
        for name in ["echo", "echo:live", arn] {
            let output = invoke(&lambda, name, r#"{"a":1}"#).await;
            assert_eq!(output.payload().unwrap().as_ref(), br#"{"a":1}"#);
            assert_eq!(output.function_error(), None);
            assert_eq!(output.executed_version(), Some("$LATEST"));
        }
        let qualified = lambda.invoke().function_name("echo").qualifier("live").send().await.unwrap();
        assert_eq!(qualified.payload().unwrap().as_ref(), b"{}");
    }
}

#[tokio::test]
async fn the_log_tail_ends_with_a_report() {
    let stand_in = StandIn::new();
    stand_in.local.register(echo());
    let lambda = stand_in.lambda();
    let cold = log(&invoke(&lambda, "echo", "{}").await);
    let lines: Vec<_> = cold.lines().collect();
    assert!(lines[0].starts_with("START RequestId: "), "{cold}");
    assert_eq!(lines[1], "echoing");
    assert!(lines[2].starts_with("END RequestId: "), "{cold}");
    assert!(lines[3].starts_with("REPORT RequestId: "), "{cold}");
    assert!(lines[3].contains("Memory Size: 256 MB") && lines[3].contains("Init Duration: "), "{cold}");
    let warm = log(&invoke(&lambda, "echo", "{}").await);
    assert!(warm.contains("Billed Duration: ") && !warm.contains("Init Duration"), "{warm}");
}

#[tokio::test]
async fn a_long_log_is_cut_to_its_last_4_kb() {
    let stand_in = StandIn::new();
    stand_in.local.register(function("wordy", |invocation| async move {
        (0..1000).for_each(|number| invocation.log.line(&format!("line {number}")));
        Ok(Response::Buffered("null".into()))
    }));
    let log = log(&invoke(&stand_in.lambda(), "wordy", "{}").await);
    assert_eq!(log.len(), 4096);
    assert!(log.contains("line 999") && log.contains("REPORT"));
}

#[tokio::test]
async fn a_function_error_is_a_200_with_its_type_and_message() {
    let stand_in = StandIn::new();
    stand_in.local.register(function("fails", |_| async {
        Err(HandlerError { error_type: "Bad".to_owned(), message: "no good".to_owned() })
    }));
    let output = invoke(&stand_in.lambda(), "fails", "{}").await;
    assert_eq!(error(&output), serde_json::json!({"errorType": "Bad", "errorMessage": "no good"}));
}

#[tokio::test]
async fn a_panic_is_a_function_error_and_costs_its_environment() {
    let stand_in = StandIn::new();
    stand_in.local.register(function("panics", |_| async { panic!("of all things") }));
    for _ in 0..2 {
        let output = invoke(&stand_in.lambda(), "panics", "{}").await;
        assert_eq!(error(&output)["errorType"], "Runtime.ExitError");
        assert!(log(&output).contains("of all things") && log(&output).contains("Init Duration"));
    }
}

#[tokio::test]
async fn a_function_is_dropped_at_its_deadline() {
    let stand_in = StandIn::new();
    let slow = function("slow", |_| std::future::pending());
    stand_in.local.register(Function { timeout: Duration::from_millis(50), ..slow });
    let output = invoke(&stand_in.lambda(), "slow", "{}").await;
    let message = error(&output)["errorMessage"].as_str().unwrap().to_owned();
    assert!(message.ends_with("Task timed out after 0.05 seconds"), "{message}");
    assert_eq!(stand_in.local.journal().entries()[0].end.as_ref().unwrap().outcome, Outcome::TimedOut);
}

#[tokio::test]
async fn a_caller_that_hangs_up_stops_nothing() {
    let stand_in = StandIn::new();
    for (number, reach) in REACHES.into_iter().enumerate() {
        let (began, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (begin, wait) = (Arc::clone(&began), Arc::clone(&go_on));
        stand_in.local.register(function("waits", move |_| {
            let (begin, wait) = (Arc::clone(&begin), Arc::clone(&wait));
            async move {
                begin.notify_one();
                wait.notified().await;
                Ok(Response::Buffered("null".into()))
            }
        }));
        let (_, lambda) = stand_in.clients(reach).await;
        let payload = Blob::new(r#"{"attempt":"a1"}"#);
        let call = tokio::spawn(lambda.invoke().function_name("waits").payload(payload).send());
        began.notified().await;
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        assert_eq!(stand_in.local.journal().running(), 1);
        go_on.notify_one();
        while stand_in.local.journal().running() > 0 {
            tokio::task::yield_now().await;
        }
        let entry = &stand_in.local.journal().entries()[number];
        assert_eq!(entry.attempt.as_deref(), Some("a1"));
        assert_eq!(entry.end.as_ref().unwrap().outcome, Outcome::Answered);
        assert!(entry.end.as_ref().unwrap().billed_ms > 0);
    }
}

#[tokio::test]
async fn an_event_is_accepted_and_runs_while_a_dry_run_does_not() {
    let stand_in = StandIn::new();
    stand_in.local.register(echo());
    let lambda = stand_in.lambda();
    let request = |kind| lambda.invoke().function_name("echo").invocation_type(kind).send();
    assert_eq!(request(InvocationType::DryRun).await.unwrap().status_code(), 204);
    assert_eq!(stand_in.local.journal().entries().len(), 0);
    assert_eq!(request(InvocationType::Event).await.unwrap().status_code(), 202);
    stand_in.local.close().await;
    assert_eq!(stand_in.local.journal().entries().len(), 1);
}

#[tokio::test]
async fn a_function_may_call_functions_to_any_depth() {
    let stand_in = StandIn::new();
    let lambda = stand_in.lambda();
    stand_in.local.register(function("nests", move |invocation| {
        let lambda = lambda.clone();
        async move {
            let depth: u32 = serde_json::from_slice(&invocation.payload).unwrap();
            if depth > 0 {
                let payloads = [depth - 1, depth - 1].map(|depth| depth.to_string());
                let calls = payloads.iter().map(|payload| Box::pin(invoke(&lambda, "nests", payload)));
                futures_util::future::join_all(calls).await;
            }
            Ok(Response::Buffered("null".into()))
        }
    }));
    let output = invoke(&stand_in.lambda(), "nests", "6").await;
    assert_eq!(output.function_error(), None);
    assert_eq!(stand_in.local.journal().entries().len(), 127);
}
