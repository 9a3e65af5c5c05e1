//! Whether the functions speak this program's protocol: asked at the start, before anything is counted.
//!
//! Payloads and replies bear their version too, so that functions that are replaced later are refused, not misread.

use lambdas::call::{self, CallError};
use wire::cascade::ChildErrorKind;
use wire::error::{ApiError, ErrorCode};
use wire::version::Function;
use wire::wordcount::VERSION;

use crate::engine::Engine;

/// Asks both functions at once for their versions. One that can't be invoked is told in the log and no more: each
/// run checks that before it begins, and says why.
///
/// # Errors
/// Where one is another function than it should be, or speaks other versions.
pub(crate) async fn check(engine: &Engine) -> Result<(), ApiError> {
    let cascade = agrees(engine, &engine.cascade_function, Function::Cascade);
    let wordcount = agrees(engine, &engine.wordcount_function, Function::Wordcount);
    let (cascade, wordcount) = futures_util::future::join(cascade, wordcount).await;
    cascade.and(wordcount)
}

async fn agrees(engine: &Engine, name: &str, function: Function) -> Result<(), ApiError> {
    match call::versions(&engine.lambda, name).await {
        Ok(versions) => versions.agree(function).map_err(|why| outdated(name, function, &why.to_string())),
        Err(CallError { child, .. }) if child.kind == ChildErrorKind::Outdated => {
            Err(outdated(name, function, &child.message))
        }
        Err(error) => {
            tracing::info!(function = name, %error, "its version is not known yet");
            Ok(())
        }
    }
}

fn outdated(name: &str, function: Function, why: &str) -> ApiError {
    let message = format!(
        "{name} can't be used as the {} function: {why}; deploy the functions that this program was built with, \
         which speak version {VERSION}",
        function.as_str()
    );
    ApiError::new(ErrorCode::FunctionsOutdated, message)
}
