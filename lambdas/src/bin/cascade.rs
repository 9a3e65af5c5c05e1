//! The `cascade` function on AWS. `WORDFALL_WORDCOUNT_FUNCTION` names the function that it invokes.
//!
//! AWS doesn't say to a function how it was invoked, so the payload's form decides: batches are answered by
//! frames in a stream, keys by one JSON object in one piece, since a streamed answer begins with a head.

use std::convert::Infallible;
use std::time::Duration;

use aws_sdk_lambda::config::Builder;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use lambda_runtime::{Diagnostic, Error, FunctionResponse, LambdaEvent, StreamResponse, run, service_fn};
use lambdas::cascade::{Cascade, Fanout};
use lambdas::version::{self, Answer};
use lambdas::{call, environment};
use serde_json::value::RawValue;
use wire::cascade::Reply;
use wire::version::Function;

/// Longer than any function may run.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(16 * 60);

type Chunks = BoxStream<'static, Result<Bytes, Infallible>>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = Builder::from(&environment::sdk_config().await?).build();
    let wordcount = std::env::var("WORDFALL_WORDCOUNT_FUNCTION").unwrap_or_else(|_| "wordcount".to_owned());
    let function = Cascade::new(call::client(&config, ATTEMPT_TIMEOUT), wordcount);
    run(service_fn(|event: LambdaEvent<Box<RawValue>>| answer(function.clone(), event))).await
}

async fn answer(
    function: Cascade,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<FunctionResponse<Answer<Reply>, Chunks>, Diagnostic> {
    let payload = event.payload.get().as_bytes();
    if let Some(versions) = version::answer_of_environment(payload, Function::Cascade) {
        return Ok(FunctionResponse::BufferedResponse(Answer::Versions(versions)));
    }
    let fanout = Fanout::parse(payload)?;
    let invocation = environment::invocation(&event.context);
    if fanout.is_full_form() {
        let chunks = function.stream(fanout, invocation).map(Ok).boxed();
        return Ok(FunctionResponse::StreamingResponse(StreamResponse::from(chunks)));
    }
    let reply = function.collect(&fanout, &invocation).await;
    Ok(FunctionResponse::BufferedResponse(Answer::Reply(reply)))
}
