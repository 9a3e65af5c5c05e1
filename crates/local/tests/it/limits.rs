//! Lambda's refusals.

use std::sync::Arc;

use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::primitives::Blob;
use local::{Function, Response};
use tokio::sync::Notify;

use crate::invoke::{echo, function, invoke};
use crate::stand_in::{REACHES, StandIn};

const PAYLOAD_BYTES_MAX: usize = 6_291_556;

#[tokio::test]
async fn a_function_that_is_not_there_is_404() {
    let stand_in = StandIn::new();
    for reach in REACHES {
        let (_, lambda) = stand_in.clients(reach).await;
        let refused = lambda.invoke().function_name("nowhere").send().await.unwrap_err();
        assert!(refused.into_service_error().is_resource_not_found_exception());
    }
}

#[tokio::test]
async fn a_payload_that_is_too_large_is_413() {
    let stand_in = StandIn::new();
    stand_in.local.register(function("swallows", |_| async { Ok(Response::Buffered("null".into())) }));
    for reach in REACHES {
        let (_, lambda) = stand_in.clients(reach).await;
        let payload = |bytes: usize| Blob::new(format!("\"{}\"", "x".repeat(bytes - 2)));
        let request = |bytes| lambda.invoke().function_name("swallows").payload(payload(bytes)).send();
        request(PAYLOAD_BYTES_MAX).await.unwrap();
        let refused = request(PAYLOAD_BYTES_MAX + 1).await.unwrap_err();
        assert_eq!(refused.code(), Some("RequestEntityTooLargeException"), "{reach:?}: {refused:?}");
        assert_eq!(refused.raw_response().unwrap().status().as_u16(), 413);
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_a_function_error() {
    let stand_in = StandIn::new();
    stand_in.local.register(function("floods", |invocation| async move {
        let bytes: usize = serde_json::from_slice(&invocation.payload).unwrap();
        Ok(Response::Buffered(vec![b' '; bytes].into()))
    }));
    let lambda = stand_in.lambda();
    let fits = invoke(&lambda, "floods", &PAYLOAD_BYTES_MAX.to_string()).await;
    assert_eq!(fits.function_error(), None);
    let refused = invoke(&lambda, "floods", &(PAYLOAD_BYTES_MAX + 1).to_string()).await;
    let payload = String::from_utf8(refused.payload().unwrap().as_ref().to_vec()).unwrap();
    assert!(payload.contains("Function.ResponseSizeTooLarge"), "{payload}");
}

#[tokio::test]
async fn a_payload_that_is_not_json_is_400() {
    let stand_in = StandIn::new();
    stand_in.local.register(echo());
    let request = stand_in.lambda().invoke().function_name("echo").payload(Blob::new("{nope"));
    let refused = request.send().await.unwrap_err();
    assert_eq!(refused.code(), Some("InvalidRequestContentException"));
    assert_eq!(refused.raw_response().unwrap().status().as_u16(), 400);
}

/// Invokes `waits` while it runs already; gives the reason of the refusal.
async fn refusal_at_the_limit(stand_in: &StandIn, concurrency: Option<u32>) -> String {
    let (began, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begin, wait) = (Arc::clone(&began), Arc::clone(&go_on));
    let waits = function("waits", move |_| {
        let (begin, wait) = (Arc::clone(&begin), Arc::clone(&wait));
        async move {
            begin.notify_one();
            wait.notified().await;
            Ok(Response::Buffered("null".into()))
        }
    });
    stand_in.local.register(Function { concurrency, ..waits });
    let lambda = stand_in.lambda();
    let running = tokio::spawn(lambda.invoke().function_name("waits").send());
    began.notified().await;
    let refused = lambda.invoke().function_name("waits").send().await.unwrap_err();
    assert_eq!(refused.raw_response().unwrap().status().as_u16(), 429);
    go_on.notify_one();
    running.await.unwrap().unwrap();
    go_on.notify_one();
    lambda.invoke().function_name("waits").send().await.unwrap();
    let aws_sdk_lambda::operation::invoke::InvokeError::TooManyRequestsException(refused) =
        refused.into_service_error()
    else {
        panic!("429 has an exception of its own");
    };
    assert_eq!(refused.retry_after_seconds(), Some("1"));
    refused.reason().unwrap().as_str().to_owned()
}

#[tokio::test]
async fn a_function_or_an_account_at_its_limit_is_429() {
    let reason = refusal_at_the_limit(&StandIn::new(), Some(1)).await;
    assert_eq!(reason, "ReservedFunctionConcurrentInvocationLimitExceeded");
    let stand_in = StandIn::with(|config| config.account_concurrency = 1);
    let reason = refusal_at_the_limit(&stand_in, None).await;
    assert_eq!(reason, "ConcurrentInvocationLimitExceeded");
}
