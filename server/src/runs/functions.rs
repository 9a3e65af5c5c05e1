//! Whether both functions can be invoked.

use std::time::Duration;

use lambdas::call::{self, CallError};
use tokio::time::{sleep, timeout};
use wire::cascade::ChildErrorKind;
use wire::error::{ApiError, ErrorCode};

use crate::engine::Engine;

/// How often a function that fails to answer is asked before a run is refused.
pub const CHECKS_MAX: u32 = 5;
/// The wait before it is asked again; the later ones are two, three and four times as long.
const CHECK_PAUSE: Duration = Duration::from_millis(200);
/// How long one answer is waited for.
pub const CHECK_MAX: Duration = Duration::from_secs(5);

/// Both functions can be invoked; asked without running them.
///
/// # Errors
/// Which one can't, and why.
pub async fn check_functions(engine: &Engine) -> Result<(), ApiError> {
    for function in [&engine.cascade_function, &engine.wordcount_function] {
        let asked = patiently(|| call::dry_run(&engine.lambda, function)).await;
        let Err(error) = asked else { continue };
        let code = match error.child.kind {
            ChildErrorKind::Throttled => continue,
            ChildErrorKind::Refused => ErrorCode::FunctionsMissing,
            _ => ErrorCode::StoreUnavailable,
        };
        return Err(ApiError::new(code, format!("the function {function} does not answer: {error}")));
    }
    Ok(())
}

/// The answer to a `DryRun`. What may pass is asked again: one 5xx says nothing about the run to come.
async fn patiently<F>(ask: impl Fn() -> F) -> Result<(), CallError>
where
    F: Future<Output = Result<(), CallError>>,
{
    let mut failures = 0;
    loop {
        let answer = timeout(CHECK_MAX, ask()).await;
        let answer = answer.unwrap_or_else(|_| {
            let message = format!("no answer within {} seconds", CHECK_MAX.as_secs());
            Err(CallError::new(ChildErrorKind::Unreachable, message))
        });
        failures += 1;
        match answer {
            Err(error) if error.child.kind == ChildErrorKind::Unreachable && failures < CHECKS_MAX => {
                sleep(CHECK_PAUSE * failures).await;
            }
            answer => return answer,
        }
    }
}
