//! InvokeWithResponseStream: order, liveness, errors, and callers that hang up.

use std::sync::Arc;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::invoke_with_response_stream::InvokeWithResponseStreamOutput;
use aws_sdk_lambda::types::{
    InvokeWithResponseStreamCompleteEvent, InvokeWithResponseStreamResponseEvent as Event, LogType,
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use local::{Function, HandlerError, Outcome, Response};
use tokio::sync::Notify;

use crate::invoke::{echo, function, invoke};
use crate::stand_in::{REACHES, StandIn};

async fn open(lambda: &Client, name: &str) -> InvokeWithResponseStreamOutput {
    let request = lambda.invoke_with_response_stream().function_name(name).log_type(LogType::Tail);
    request.send().await.unwrap()
}

/// The pieces up to the end, and the end.
pub(crate) async fn collect(
    mut output: InvokeWithResponseStreamOutput,
) -> (Vec<String>, InvokeWithResponseStreamCompleteEvent) {
    let mut pieces = Vec::new();
    while let Some(event) = output.event_stream.recv().await.unwrap() {
        match event {
            Event::PayloadChunk(chunk) => {
                pieces.push(String::from_utf8(chunk.payload.unwrap().into_inner()).unwrap());
            }
            Event::InvokeComplete(complete) => return (pieces, complete),
            other => panic!("{other:?}"),
        }
    }
    panic!("a stream ends with InvokeComplete");
}

fn counts() -> Function {
    function("counts", |_| async {
        let pieces = (0..100).map(|number| Ok(Bytes::from(format!("{number}\n"))));
        Ok(Response::Streamed(stream::iter(pieces).boxed()))
    })
}

/// Streams `first`, waits for `go_on`, then streams `second`.
fn waits(go_on: Arc<Notify>) -> Function {
    function("waits", move |_| {
        let go_on = Arc::clone(&go_on);
        async move {
            let first = stream::iter([Ok(Bytes::from("first"))]);
            let second = stream::once(async move {
                go_on.notified().await;
                Ok(Bytes::from("second"))
            });
            Ok(Response::Streamed(first.chain(second).boxed()))
        }
    })
}

#[tokio::test]
async fn pieces_arrive_in_order_and_the_log_at_the_end() {
    let stand_in = StandIn::new();
    stand_in.local.register(counts());
    for reach in REACHES {
        let (_, lambda) = stand_in.clients(reach).await;
        let (pieces, complete) = collect(open(&lambda, "counts").await).await;
        let expected: Vec<_> = (0..100).map(|number| format!("{number}\n")).collect();
        assert_eq!(pieces, expected);
        assert_eq!(complete.error_code(), None);
        assert!(complete.log_result().is_some());
    }
}

#[tokio::test]
async fn the_first_piece_arrives_before_the_function_ends() {
    let stand_in = StandIn::new();
    for reach in REACHES {
        let go_on = Arc::new(Notify::new());
        stand_in.local.register(waits(Arc::clone(&go_on)));
        let (_, lambda) = stand_in.clients(reach).await;
        let mut output = open(&lambda, "waits").await;
        let first = output.event_stream.recv().await.unwrap().unwrap();
        assert_eq!(first.as_payload_chunk().unwrap().payload().unwrap().as_ref(), b"first");
        go_on.notify_one();
        assert_eq!(collect(output).await.0, ["second"]);
    }
}

#[tokio::test]
async fn an_error_midway_stands_in_the_last_event() {
    let stand_in = StandIn::new();
    stand_in.local.register(function("breaks", |_| async {
        let error = HandlerError { error_type: "Broken".to_owned(), message: "midway".to_owned() };
        Ok(Response::Streamed(stream::iter([Ok(Bytes::from("a")), Err(error)]).boxed()))
    }));
    stand_in.local.register(function("panics", |_| async { panic!("at once") }));
    let (pieces, complete) = collect(open(&stand_in.lambda(), "breaks").await).await;
    assert_eq!(pieces, ["a"]);
    assert_eq!((complete.error_code(), complete.error_details()), (Some("Broken"), Some("midway")));
    let (pieces, complete) = collect(open(&stand_in.lambda(), "panics").await).await;
    assert_eq!((pieces.len(), complete.error_code()), (0, Some("Runtime.ExitError")));
}

#[tokio::test]
async fn a_stream_runs_on_without_its_caller() {
    let stand_in = StandIn::new();
    for (number, reach) in REACHES.into_iter().enumerate() {
        let go_on = Arc::new(Notify::new());
        stand_in.local.register(waits(Arc::clone(&go_on)));
        let (_, lambda) = stand_in.clients(reach).await;
        let mut output = open(&lambda, "waits").await;
        output.event_stream.recv().await.unwrap().unwrap();
        drop(output);
        assert_eq!(stand_in.local.journal().running(), 1);
        go_on.notify_one();
        while stand_in.local.journal().running() > 0 {
            tokio::task::yield_now().await;
        }
        let end = stand_in.local.journal().entries()[number].end.clone().unwrap();
        assert_eq!(end.outcome, Outcome::Answered);
    }
}

#[tokio::test]
async fn either_kind_of_answer_serves_either_kind_of_caller() {
    let stand_in = StandIn::new();
    stand_in.local.register(counts());
    stand_in.local.register(echo());
    let gathered = invoke(&stand_in.lambda(), "counts", "{}").await;
    assert_eq!(gathered.payload().unwrap().as_ref().iter().filter(|&&byte| byte == b'\n').count(), 100);
    assert_eq!(collect(open(&stand_in.lambda(), "echo").await).await.0, ["{}"]);
}

#[tokio::test]
async fn a_long_piece_arrives_whole() {
    let stand_in = StandIn::new();
    stand_in
        .local
        .register(function("long", |_| async { Ok(Response::Buffered(vec![b'x'; 20_000_000].into())) }));
    let (pieces, complete) = collect(open(&stand_in.lambda(), "long").await).await;
    assert_eq!(pieces.iter().map(String::len).sum::<usize>(), 20_000_000);
    assert_eq!(complete.error_code(), None);
}
