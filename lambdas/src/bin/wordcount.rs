//! The `wordcount` function on AWS. Its client, TLS included, is made before it asks for its first
//! invocation.

use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use lambdas::environment;
use lambdas::version::{self, Answer};
use lambdas::wordcount::Wordcount;
use serde_json::value::RawValue;
use wire::version::Function;
use wire::wordcount::Reply;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let s3 = environment::s3(&environment::sdk_config().await?);
    let function = Wordcount::in_memory(&s3, environment::memory_mib()?);
    run(service_fn(|event: LambdaEvent<Box<RawValue>>| answer(function.clone(), event))).await
}

async fn answer(function: Wordcount, event: LambdaEvent<Box<RawValue>>) -> Result<Answer<Reply>, Diagnostic> {
    let payload = event.payload.get().as_bytes();
    if let Some(versions) = version::answer_of_environment(payload, Function::Wordcount) {
        return Ok(Answer::Versions(versions));
    }
    let invocation = environment::invocation(&event.context);
    Ok(Answer::Reply(function.handle(payload, &invocation).await?))
}
