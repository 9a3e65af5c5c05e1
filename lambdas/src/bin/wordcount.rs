//! The `wordcount` function on AWS.

use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use lambdas::environment;
use lambdas::wordcount::Wordcount;
use serde_json::value::RawValue;
use wire::wordcount::Reply;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let s3 = aws_sdk_s3::Client::new(&environment::sdk_config().await);
    let function = Wordcount::in_memory(s3, environment::memory_mib()?);
    run(service_fn(|event: LambdaEvent<Box<RawValue>>| answer(function.clone(), event))).await
}

async fn answer(function: Wordcount, event: LambdaEvent<Box<RawValue>>) -> Result<Reply, Diagnostic> {
    let invocation = environment::invocation(&event.context);
    Ok(function.handle(event.payload.get().as_bytes(), &invocation).await?)
}
