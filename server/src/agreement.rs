//! Whether the functions speak this program's protocol: asked at the start, before anything is counted.
//!
//! Payloads and replies bear their version too, so that functions that are replaced later are refused, not misread.

use std::time::Duration;

use futures_util::future::join;
use lambdas::call::{self, CallError};
use tokio::time::{sleep, timeout};
use wire::cascade::ChildErrorKind;
use wire::error::{ApiError, ErrorCode};
use wire::version::{Function, Versions};
use wire::wordcount::VERSION;

use crate::engine::Engine;
use crate::price::{Architecture, Money, Size};

/// How long functions may take to answer, their start included, before the server goes on without.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// How long the server waits before it asks a throttled function again.
const THROTTLED_PAUSE: Duration = Duration::from_millis(500);

/// Asks both functions at once for their versions, and takes what each costs from what it says of itself.
/// Where one can't be invoked, the server only logs it: each run checks that before it begins, and says why.
///
/// # Errors
/// Where one is another function than it should be, or speaks other versions.
pub(crate) async fn reach(engine: &mut Engine) -> Result<(), ApiError> {
    let ask = async |name: &str| loop {
        let told = call::versions(&engine.lambda, name).await;
        // Others of the account may use all its concurrency for a moment.
        match &told {
            Err(error) if error.child.kind == ChildErrorKind::Throttled => sleep(THROTTLED_PAUSE).await,
            _ => break told,
        }
    };
    let asked = join(ask(&engine.cascade_function), ask(&engine.wordcount_function));
    let Ok((cascade, wordcount)) = timeout(ANSWER_MAX, asked).await else {
        tracing::warn!("the functions did not say which versions they speak, nor what they cost");
        return Ok(());
    };
    let cascade = agreed(cascade, &engine.cascade_function, Function::Cascade)?;
    let wordcount = agreed(wordcount, &engine.wordcount_function, Function::Wordcount)?;
    engine.rates.cascade = cascade.unwrap_or(engine.rates.cascade);
    engine.rates.wordcount = wordcount.unwrap_or(engine.rates.wordcount);
    Ok(())
}

/// The price of a millisecond of the function, where it reports one.
fn agreed(
    told: Result<Versions, CallError>,
    name: &str,
    function: Function,
) -> Result<Option<Money>, ApiError> {
    match told {
        Ok(versions) => match versions.agree(function) {
            Ok(()) => Ok(millisecond(&versions)),
            Err(why) => Err(outdated(name, function, &why.to_string())),
        },
        Err(CallError { child, .. }) if child.kind == ChildErrorKind::Outdated => {
            Err(outdated(name, function, &child.message))
        }
        Err(error) => {
            let silent = "it does not say which versions it speaks, nor what it costs";
            match error.child.kind {
                // Each run asks for that before it begins.
                ChildErrorKind::Refused | ChildErrorKind::Unreachable => {
                    tracing::info!(function = name, %error, "{silent}");
                }
                _ => tracing::warn!(function = name, %error, "{silent}"),
            }
            Ok(None)
        }
    }
}

fn millisecond(versions: &Versions) -> Option<Money> {
    let architecture = Architecture::named(versions.architecture.as_deref()?);
    versions.memory_mb.map(|memory_mb| Size { memory_mb, architecture }.millisecond())
}

fn outdated(name: &str, function: Function, why: &str) -> ApiError {
    let message = format!(
        "{name} can't be used as the {} function: {why}; deploy the functions that this program was built with, \
         which speak version {VERSION}",
        function.as_str()
    );
    ApiError::new(ErrorCode::FunctionsOutdated, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(memory_mb: Option<u32>, architecture: Option<&str>, expected_usd_a_second: Option<f64>) {
        let architecture = architecture.map(str::to_owned);
        let versions = Versions { memory_mb, architecture, ..Versions::of(Function::Cascade) };
        let usd = millisecond(&versions).map(|money| (money * 1_000).usd());
        assert_eq!(usd, expected_usd_a_second);
    }

    #[test]
    fn what_a_function_costs_is_known_where_it_tells_its_size() {
        check(Some(2_048), Some("aarch64"), Some(0.000_026_666_8));
        check(Some(512), Some("x86_64"), Some(0.000_008_333_35));
        check(None, Some("x86_64"), None);
        check(Some(512), None, None);
    }
}
