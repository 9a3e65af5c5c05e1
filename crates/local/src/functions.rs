//! Wordfall's own functions as handlers of the emulator.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use lambdas::cascade::{Cascade, Fanout};
use lambdas::invocation::{Invocation as Told, Log, Refusal};
use lambdas::wordcount::Wordcount;
use lambdas::{call, version};
use wire::version::Function as Named;

use crate::{Code, Function, Handler, HandlerError, Invocation, Response};

/// Memory and time of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Environment {
    /// The memory that they are billed for.
    pub memory_mb: u32,
    /// How long an invocation may take.
    pub timeout: Duration,
}

/// `wordcount` under this name, reading through this client.
pub fn wordcount(name: &str, s3: &aws_sdk_s3::Client, environment: Environment) -> Function {
    let function = Wordcount::new(s3);
    let handler: Handler = Arc::new(move |invocation| {
        let function = function.clone();
        async move {
            if let Some(versions) = version::answer(&invocation.payload, Named::Wordcount) {
                return Ok(Response::Buffered(call::encoded(&versions).into()));
            }
            let reply = function.handle(&invocation.payload, &told(&invocation)).await.map_err(refused)?;
            Ok(Response::Buffered(call::encoded(&reply).into()))
        }
        .boxed()
    });
    let Environment { memory_mb, timeout } = environment;
    Function { name: name.to_owned(), code: Code::Handler(handler), memory_mb, timeout, concurrency: None }
}

/// `cascade` under this name, invoking `wordcount_name` through this client.
pub fn cascade(
    name: &str,
    lambda: aws_sdk_lambda::Client,
    wordcount_name: &str,
    environment: Environment,
) -> Function {
    let function = Cascade::new(lambda, wordcount_name.to_owned());
    let handler: Handler = Arc::new(move |invocation| cascaded(function.clone(), invocation).boxed());
    let Environment { memory_mb, timeout } = environment;
    Function { name: name.to_owned(), code: Code::Handler(handler), memory_mb, timeout, concurrency: None }
}

async fn cascaded(function: Cascade, invocation: Invocation) -> Result<Response, HandlerError> {
    if let Some(versions) = version::answer(&invocation.payload, Named::Cascade) {
        return Ok(Response::Buffered(call::encoded(&versions).into()));
    }
    let fanout = Fanout::parse(&invocation.payload).map_err(refused)?;
    let told = told(&invocation);
    if invocation.streaming {
        let chunks = function.stream(fanout, told).map(Ok::<Bytes, HandlerError>);
        return Ok(Response::Streamed(chunks.boxed()));
    }
    let reply = function.collect(&fanout, &told).await;
    Ok(Response::Buffered(call::encoded(&reply).into()))
}

fn told(invocation: &Invocation) -> Told {
    let tail = invocation.log.clone();
    Told {
        request_id: invocation.request_id.clone(),
        deadline: invocation.deadline,
        log: Log::new(move |line| tail.line(line)),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "map_err passes by value")]
fn refused(refusal: Refusal) -> HandlerError {
    HandlerError { error_type: refusal.error_type().to_owned(), message: refusal.to_string() }
}
