//! `GET /healthz`: alive. `GET /readyz`: what a run needs answers, and the server is not about to stop.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use serde_json::json;
use tokio::time::{Instant, timeout};
use wire::error::{ApiError, ErrorCode};

use super::Site;
use crate::access::Granted;
use crate::runs::{Part, Runs};

/// An answer of `/readyz` holds for so long: probes cost no more than this allows, however many there are.
const ANSWER_KEPT: Duration = Duration::from_secs(1);
/// The same, for clients that show no token: strangers can make the server ask for next to nothing.
const STRANGERS_ANSWER_KEPT: Duration = Duration::from_secs(15);
/// How long what a run needs may take to answer a probe.
const PROBE_MAX: Duration = Duration::from_secs(5);

/// The part that is not ready, and why.
type Verdict = Result<(), (Part, ApiError)>;

/// The last answer of `/readyz`. A client that asks during a probe waits for its answer, and one that hangs
/// up leaves the probe to the next: nobody makes the server probe more often.
#[derive(Debug, Default)]
pub struct Readiness(Mutex<Option<Asked>>);

#[derive(Debug)]
struct Asked {
    at: Instant,
    verdict: Shared<BoxFuture<'static, Verdict>>,
}

impl Asked {
    fn new(probe: impl Future<Output = Verdict> + Send + 'static) -> Self {
        let probe = async {
            timeout(PROBE_MAX, probe).await.unwrap_or_else(|_| {
                let seconds = PROBE_MAX.as_secs();
                let message = format!("what a run needs did not answer within {seconds} seconds");
                Err((Part::Server, ApiError::new(ErrorCode::StoreUnavailable, message)))
            })
        };
        Self { at: Instant::now(), verdict: probe.boxed().shared() }
    }

    fn holds(&self, answer_kept: Duration) -> bool {
        let kept = if self.verdict.peek().is_some() { answer_kept } else { PROBE_MAX };
        self.at.elapsed() < kept
    }
}

impl Readiness {
    /// Finds out once, so that who asks first has an answer.
    pub async fn find_out(&self, runs: Arc<Runs>) {
        drop(self.kept(ANSWER_KEPT, async move { runs.check_ready().await }).await);
    }

    fn kept(
        &self,
        answer_kept: Duration,
        probe: impl Future<Output = Verdict> + Send + 'static,
    ) -> Shared<BoxFuture<'static, Verdict>> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = last.take().filter(|asked| asked.holds(answer_kept));
        let asked = asked.unwrap_or_else(|| Asked::new(probe));
        last.insert(asked).verdict.clone()
    }
}

pub(super) async fn alive() -> &'static str {
    "ok\n"
}

pub(super) async fn ready(State(site): State<Site>, Extension(granted): Extension<Granted>) -> Response {
    let verdict = match site.closing.is_cancelled() {
        true => {
            let message = "the server is about to stop: ask another one";
            Err((Part::Server, ApiError::new(ErrorCode::StoreUnavailable, message)))
        }
        false => {
            let runs = Arc::clone(&site.runs);
            let kept = if granted.is_runner() { ANSWER_KEPT } else { STRANGERS_ANSWER_KEPT };
            site.readiness.kept(kept, async move { runs.check_ready().await }).await
        }
    };
    match verdict {
        Ok(()) => "ready\n".into_response(),
        Err((part, ApiError { code, message })) => {
            // The sentence may name accounts and roles.
            let message = match granted.is_runner() {
                true => message,
                false => format!("the {} is not ready; ask with the site's token for why", part.as_str()),
            };
            let error = json!({ "code": code, "message": message, "part": part.as_str() });
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "error": error }))).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn many_probes_cost_as_much_as_one_a_second() {
        let (readiness, probes) = (Readiness::default(), Arc::new(AtomicU32::new(0)));
        let probe = || {
            let probes = Arc::clone(&probes);
            async move {
                probes.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(ANSWER_KEPT / 2).await;
                Ok(())
            }
        };
        for expected in 1..4 {
            for _ in 0..100 {
                // One that hangs up while it waits.
                assert!(
                    timeout(Duration::from_millis(1), readiness.kept(ANSWER_KEPT, probe())).await.is_err()
                );
            }
            for _ in 0..100 {
                assert!(readiness.kept(ANSWER_KEPT, probe()).await.is_ok());
            }
            assert_eq!(probes.load(Ordering::Relaxed), expected);
            tokio::time::sleep(ANSWER_KEPT).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_hangs_is_an_answer_too() {
        let readiness = Readiness::default();
        let (part, error) = readiness.kept(ANSWER_KEPT, std::future::pending()).await.unwrap_err();
        assert_eq!((part, error.message.contains("within 5 seconds")), (Part::Server, true));
    }
}
