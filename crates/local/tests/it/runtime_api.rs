//! The Runtime API: what a process receives, and which of its requests are refused.

use std::io::{Read, Write};
use std::net::TcpStream;

use aws_sdk_lambda::types::{InvokeWithResponseStreamResponseEvent as Event, LogType};
use serde_json::{Value, json};

use crate::invoke::{error, invoke, log};
use crate::processes::{ask, odd, with};
use crate::streaming::collect;

const PAYLOAD_BYTES_MAX: usize = 6_291_556;

#[tokio::test]
async fn a_process_is_told_what_lambda_tells_and_nothing_else() {
    let (_stand_in, lambda) = with(odd(&[]));
    let told = ask(&lambda, json!({"do": "environment"})).await;
    let value = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
    assert_eq!(value("AWS_LAMBDA_FUNCTION_NAME"), "odd");
    assert_eq!(value("AWS_LAMBDA_FUNCTION_VERSION"), "$LATEST");
    assert_eq!(value("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), "256");
    assert_eq!((value("AWS_REGION"), value("AWS_DEFAULT_REGION")), ("us-east-1".into(), "us-east-1".into()));
    assert_eq!((value("_HANDLER"), value("LAMBDA_TASK_ROOT")), ("odd".into(), "/".into()));
    assert_eq!((value("TZ"), value("OWN")), (":UTC".into(), "value".into()));
    assert!(value("AWS_LAMBDA_RUNTIME_API").starts_with("127.0.0.1:"));
    let foreign: Vec<_> = told.as_object().unwrap().keys().filter(|name| name.starts_with("CARGO")).collect();
    assert!(foreign.is_empty(), "{foreign:?}");

    let headers = ask(&lambda, json!({"do": "headers"})).await;
    let header = |wanted: &str| {
        let found = headers.as_array().unwrap().iter().find(|header| header[0] == wanted);
        found.unwrap_or_else(|| panic!("{wanted} is not in {headers}"))[1].as_str().unwrap().to_owned()
    };
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("lambda-runtime-aws-request-id").len(), 36);
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:odd";
    assert_eq!(header("lambda-runtime-invoked-function-arn"), arn);
    assert!(header("lambda-runtime-trace-id").starts_with("Root=1-"));
    let left_ms = header("lambda-runtime-deadline-ms").parse::<i64>().unwrap()
        - i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap();
    assert!((20_000..=30_000).contains(&left_ms), "{left_ms} ms are left");
}

/// Asks for the next invocation on a process's behalf; returns the status line and what follows it.
async fn ask_instead(address: &str, headers: &str) -> String {
    let head = format!("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n{headers}\r\n\r\n");
    let address = address.to_owned();
    let asking = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    asking.await.unwrap()
}

#[tokio::test]
async fn a_web_page_is_given_no_invocation() {
    let (_stand_in, lambda) = with(odd(&[]));
    let variables = ask(&lambda, json!({"do": "environment"})).await;
    let address = variables["AWS_LAMBDA_RUNTIME_API"].as_str().unwrap();
    let port = address.rsplit(':').next().unwrap();
    for headers in [
        format!("Host: rebound.example:{port}"),
        format!("Host: {address}\r\nOrigin: http://{address}"),
        format!("Host: {address}\r\nSec-Fetch-Site: cross-site"),
    ] {
        let answer = ask_instead(address, &headers).await;
        assert!(answer.starts_with("HTTP/1.1 403 ") && answer.contains("NotTheProcess"), "{answer}");
    }
    assert_eq!(ask(&lambda, json!({"do": "echo"})).await["do"], "echo");
}

#[tokio::test]
async fn what_a_process_writes_is_in_its_invocations_log() {
    let (_stand_in, lambda) = with(odd(&[]));
    invoke(&lambda, "odd", "{}").await;
    let logged = log(&invoke(&lambda, "odd", r#"{"do":"log"}"#).await);
    let lines: Vec<_> = logged.lines().collect();
    assert!(lines[0].starts_with("START RequestId: "), "{logged}");
    assert_eq!(lines[1..4], ["out", "error", "no end"]);
    assert!(
        lines[4].starts_with("END RequestId: ") && lines[5].starts_with("REPORT RequestId: "),
        "{logged}"
    );
    let wordy = log(&invoke(&lambda, "odd", r#"{"do":"write","number":3000000}"#).await);
    assert!(wordy.len() == 4096 && wordy.contains("xxx\nend\nEND RequestId: "), "{wordy}");
}

#[tokio::test]
async fn an_error_is_told_in_the_process_own_words_and_it_lives_on() {
    let (_stand_in, lambda) = with(odd(&[]));
    let before = ask(&lambda, json!({"do": "identify"})).await;
    let told = error(&invoke(&lambda, "odd", r#"{"do":"fail"}"#).await);
    assert_eq!(told, json!({"errorType": "Bad", "errorMessage": "no good", "stackTrace": ["line 1"]}));
    assert_eq!(ask(&lambda, json!({"do": "identify"})).await, before);
}

#[tokio::test]
async fn an_answer_under_another_id_twice_or_too_early_is_refused() {
    let (_stand_in, lambda) = with(odd(&[]));
    assert_eq!(ask(&lambda, json!({"do": "wrong id"})).await, json!([400, "InvalidRequestID"]));
    assert_eq!(ask(&lambda, json!({"do": "next too early"})).await, json!([403, "InvalidStateTransition"]));
    let output = invoke(&lambda, "odd", r#"{"do":"twice"}"#).await;
    assert_eq!(output.payload().unwrap().as_ref(), b"1");
    assert!(log(&output).contains(r#"[403,"InvalidStateTransition"]"#), "{}", log(&output));
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused_and_a_function_error() {
    let (_stand_in, lambda) = with(odd(&[]));
    let order = |bytes: usize| json!({"do": "large", "number": bytes}).to_string();
    let fits = invoke(&lambda, "odd", &order(PAYLOAD_BYTES_MAX)).await;
    assert_eq!((fits.function_error(), fits.payload().unwrap().as_ref().len()), (None, PAYLOAD_BYTES_MAX));
    let refused = invoke(&lambda, "odd", &order(PAYLOAD_BYTES_MAX + 1)).await;
    assert_eq!(error(&refused)["errorType"], "Function.ResponseSizeTooLarge");
    assert!(log(&refused).contains(r#"[413,"RequestEntityTooLarge"]"#), "{}", log(&refused));
}

/// The bytes of a streamed answer, and its error.
async fn streamed(lambda: &aws_sdk_lambda::Client, order: Value) -> (String, Option<String>, Option<String>) {
    let request = lambda.invoke_with_response_stream().function_name("odd").log_type(LogType::Tail);
    let output =
        request.payload(aws_sdk_lambda::primitives::Blob::new(order.to_string())).send().await.unwrap();
    let (pieces, complete) = collect(output).await;
    (pieces.concat(), complete.error_code, complete.error_details)
}

#[tokio::test]
async fn a_streamed_answer_is_passed_on_with_its_head() {
    let (_stand_in, lambda) = with(odd(&[]));
    let (body, error, _) = streamed(&lambda, json!({"do": "stream", "number": 3})).await;
    assert_eq!((body.as_str(), error), ("{\"statusCode\":200}\0\0\0\0\0\0\0\x000\n1\n2\n", None));
    let gathered = invoke(&lambda, "odd", r#"{"do":"stream","number":2}"#).await;
    assert!(gathered.payload().unwrap().as_ref().ends_with(b"\x000\n1\n"));
    let (body, error, _) = streamed(&lambda, json!({"do": "echo"})).await;
    assert_eq!((body.as_str(), error), (r#"{"do":"echo"}"#, None));
}

#[tokio::test]
async fn the_first_piece_of_a_stream_does_not_wait_for_the_last() {
    let (_stand_in, lambda) = with(odd(&[]));
    let request = lambda.invoke_with_response_stream().function_name("odd");
    let payload = aws_sdk_lambda::primitives::Blob::new(r#"{"do":"stream and wait"}"#);
    let mut output = request.payload(payload).send().await.unwrap();
    let first = output.event_stream.recv().await.unwrap().unwrap();
    assert!(matches!(first, Event::PayloadChunk(_)), "{first:?}");
}

#[tokio::test]
async fn a_stream_that_fails_midway_ends_in_its_error() {
    let (_stand_in, lambda) = with(odd(&[]));
    let (body, code, details) = streamed(&lambda, json!({"do": "break midway"})).await;
    assert!(body.ends_with('a'));
    assert_eq!((code.as_deref(), details.as_deref()), (Some("Broken"), Some("midway")));
    let (body, code, _) = streamed(&lambda, json!({"do": "die midway"})).await;
    assert_eq!((body.as_str(), code.as_deref()), ("first", Some("Runtime.ExitError")));
    let gathered = invoke(&lambda, "odd", r#"{"do":"die midway"}"#).await;
    assert_eq!(error(&gathered)["errorType"], "Runtime.ExitError");
}
