//! Invocations that the emulator's owner ends.

use std::time::Duration;

use aws_sdk_lambda::Client;
use local::{Function, Local, Outcome};
use serde_json::json;

use crate::invoke::{error, function, invoke};
use crate::processes::odd;
use crate::stand_in::StandIn;

/// No wait of these tests is longer.
const PATIENCE: Duration = Duration::from_secs(30);

fn hanging() -> Function {
    function("odd", |_| std::future::pending())
}

/// Asks for an invocation that never ends by itself; what it ends with.
async fn hang(lambda: &Client, attempt: &str) -> String {
    let order = json!({ "attempt": attempt, "do": "hang" });
    let output = invoke(lambda, "odd", &order.to_string()).await;
    error(&output)["errorType"].as_str().unwrap().to_owned()
}

async fn running(local: &Local, count: usize) {
    let waiting = async {
        while local.journal().running() != count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "{count} do not run");
}

fn outcomes(local: &Local) -> Vec<(String, Option<Outcome>)> {
    let entries = local.journal().entries().into_iter();
    entries.map(|entry| (entry.attempt.unwrap(), entry.end.map(|end| end.outcome))).collect()
}

async fn check(hanging: Function) {
    let stand_in = StandIn::new();
    let (local, lambda) = (&stand_in.local, &stand_in.lambda());
    local.register(hanging);
    let stopping = async {
        running(local, 2).await;
        local.stop(&["1".to_owned(), "none".to_owned()]);
        running(local, 1).await;
        let still = outcomes(local).into_iter().find(|(_, outcome)| outcome.is_none());
        assert_eq!(still, Some(("2".to_owned(), None)));
        local.stop_all();
    };
    let (first, second, ()) = tokio::join!(hang(lambda, "1"), hang(lambda, "2"), stopping);
    assert_eq!([&*first, &*second], ["Sandbox.Stopped"; 2]);
    assert_eq!(hang(lambda, "3").await, "Sandbox.Stopped");
    assert!(outcomes(local).iter().all(|(_, outcome)| *outcome == Some(Outcome::Stopped)));
    local.close().await;
}

#[tokio::test]
async fn handlers_are_ended_by_their_attempts_and_all_at_the_end() {
    check(hanging()).await;
}

#[tokio::test]
async fn processes_are_ended_by_their_attempts_and_all_at_the_end() {
    check(odd(&[])).await;
}

#[tokio::test]
async fn a_process_that_does_not_start_is_ended_too() {
    check(odd(&["never"])).await;
}
