//! `GET /healthz`: alive. `GET /readyz`: what a run needs answers, and the server is not about to stop.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::json;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use wire::error::{ApiError, ErrorCode};

use super::Site;
use crate::runs::Part;

/// An answer of `/readyz` holds for so long: probes cost no more than this allows, however many there are.
const ANSWER_KEPT: Duration = Duration::from_secs(1);
/// How long what a run needs may take to answer a probe.
const PROBE_MAX: Duration = Duration::from_secs(5);

/// What is not ready, and why.
type Verdict = Result<(), (Part, ApiError)>;

/// The last answer of `/readyz`; whoever asks while one is found out waits for it.
#[derive(Debug, Default)]
pub(super) struct Readiness(Mutex<Option<(Instant, Verdict)>>);

impl Readiness {
    async fn kept(&self, probe: impl Future<Output = Verdict>) -> Verdict {
        let mut last = self.0.lock().await;
        if let Some((_, verdict)) = last.as_ref().filter(|(at, _)| at.elapsed() < ANSWER_KEPT) {
            return verdict.clone();
        }
        let verdict = timeout(PROBE_MAX, probe).await.unwrap_or_else(|_| {
            let message = format!("what a run needs did not answer within {} seconds", PROBE_MAX.as_secs());
            Err((Part::Server, ApiError::new(ErrorCode::StoreUnavailable, message)))
        });
        *last = Some((Instant::now(), verdict.clone()));
        verdict
    }
}

pub(super) async fn alive() -> &'static str {
    "ok\n"
}

pub(super) async fn ready(
    State(site): State<Site>,
    Extension(readiness): Extension<Arc<Readiness>>,
) -> Response {
    let verdict = match site.closing.is_cancelled() {
        true => {
            let message = "the server is about to stop: ask another one";
            Err((Part::Server, ApiError::new(ErrorCode::StoreUnavailable, message)))
        }
        false => readiness.kept(site.runs.check_ready()).await,
    };
    match verdict {
        Ok(()) => "ready\n".into_response(),
        Err((part, ApiError { code, message })) => {
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
        let (readiness, probes) = (Readiness::default(), AtomicU32::new(0));
        let probe = || async {
            probes.fetch_add(1, Ordering::Relaxed);
            Ok(())
        };
        for expected in 1..4 {
            for _ in 0..100 {
                assert!(readiness.kept(probe()).await.is_ok());
            }
            assert_eq!(probes.load(Ordering::Relaxed), expected);
            tokio::time::sleep(ANSWER_KEPT).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_hangs_is_an_answer_too() {
        let readiness = Readiness::default();
        let (part, error) = readiness.kept(std::future::pending()).await.unwrap_err();
        assert_eq!((part, error.message.contains("within 5 seconds")), (Part::Server, true));
    }
}
