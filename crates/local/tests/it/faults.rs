//! Fault plans: what goes wrong, how it looks to a client, and that it is the same each time.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::types::InvokeWithResponseStreamResponseEvent as Event;
use aws_sdk_lambda::types::{InvocationType, LogType};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use local::{FaultPlan, Function, Outcome, Response};
use tokio::time::timeout;

use crate::invoke::{echo, function};
use crate::stand_in::{REACHES, Reach, StandIn};

/// A request that is never answered has no answer by then.
const NEVER: Duration = Duration::from_millis(300);
const TEXT: &str = "one two three four\n";
const PAYLOAD: &str = r#"{"bucket":"docs","objects":[{"n":0,"key":"a"}]}"#;

fn with(plan: &str) -> StandIn {
    let plan: FaultPlan = plan.parse().unwrap();
    let stand_in = StandIn::with(|config| config.faults = Some(plan));
    stand_in.write("a", TEXT);
    stand_in.write("b", TEXT);
    stand_in
}

/// A GET's outcome: its text, or the code of its error.
async fn get(s3: &aws_sdk_s3::Client, bucket: &str, key: &str) -> Result<String, String> {
    let output = s3.get_object().bucket(bucket).key(key).if_match("*").send().await;
    let output = output.map_err(|error| error.code().unwrap_or("no code").to_owned())?;
    let bytes = output.body.collect().await.map_err(|_| "broken".to_owned())?.to_vec();
    Ok(String::from_utf8(bytes).unwrap())
}

#[tokio::test]
async fn objects_are_refused_as_s3_refuses_them() {
    for (kind, code) in [
        ("s3.slow_down", "SlowDown"),
        ("s3.error", "InternalError"),
        ("s3.gone", "NoSuchKey"),
        ("s3.denied", "AccessDenied"),
        ("s3.changed", "PreconditionFailed"),
    ] {
        let stand_in = with(&format!("{kind}=100%"));
        for reach in REACHES {
            let (s3, _) = stand_in.clients(reach).await;
            assert_eq!(get(&s3, "docs", "a").await, Err(code.to_owned()), "{kind}, {reach:?}");
        }
        assert_eq!(stand_in.local.faults_injected(), BTreeMap::from([(kind, 2)]));
    }
}

#[tokio::test]
async fn bodies_break_off_or_stop_or_have_another_length() {
    for reach in REACHES {
        for seed in 0..8 {
            for kind in ["s3.reset", "s3.cut", "s3.length"] {
                let stand_in = with(&format!("seed={seed},{kind}=100%"));
                let (s3, _) = stand_in.clients(reach).await;
                let found = get(&s3, "docs", "a").await;
                let is_whole = kind == "s3.length" && matches!(reach, Reach::InProcess);
                let is_short = found.as_ref().map_or_else(
                    |error| ["broken", "no code"].contains(&error.as_str()),
                    |text| text.len() < TEXT.len(),
                );
                assert!(is_whole || is_short, "{kind}: {found:?}");
            }
            let stand_in = with(&format!("seed={seed},s3.stall=100%"));
            let (s3, _) = stand_in.clients(reach).await;
            assert!(timeout(NEVER, get(&s3, "docs", "a")).await.is_err());
        }
        let stand_in = with("s3.silent=100%");
        let (s3, _) = stand_in.clients(reach).await;
        assert!(timeout(NEVER, get(&s3, "docs", "a")).await.is_err());
    }
}

#[tokio::test]
async fn what_is_written_is_left_alone() {
    let stand_in = with("s3.slow_down=100%,s3.gone=100%");
    let s3 = stand_in.s3();
    s3.put_object().bucket("notes").key("n").body(b"note".to_vec().into()).send().await.unwrap();
    assert_eq!(get(&s3, "notes", "n").await, Ok("note".to_owned()));
    assert!(s3.head_object().bucket("docs").key("a").send().await.is_ok());
    assert!(stand_in.local.faults_injected().is_empty());
}

#[tokio::test]
async fn pages_are_as_long_as_the_plan_says() {
    let stand_in = with("page=1");
    let page = stand_in.s3().list_objects_v2().bucket("docs").send().await.unwrap();
    assert_eq!((page.key_count(), page.is_truncated(), page.contents().len()), (Some(1), Some(true), 1));
}

#[tokio::test]
async fn listings_break_and_a_repeated_one_is_whole() {
    let stand_in = with("list.broken=100%,runs=1");
    let s3 = stand_in.s3();
    for _ in 0..2 {
        drop(s3.list_objects_v2().bucket("docs").send().await);
    }
    let page = s3.list_objects_v2().bucket("docs").max_keys(2).send().await;
    assert_eq!(stand_in.local.faults_injected().values().sum::<u64>(), 2);
    drop(page);
    let page = s3.list_objects_v2().bucket("docs").max_keys(2).send().await.unwrap();
    let keys: Vec<_> = page.contents().iter().filter_map(|object| object.key()).collect();
    assert_eq!((keys, page.key_count()), (vec!["a", "b"], Some(2)));
}

async fn invoked(stand_in: &StandIn, kind: InvocationType) -> Result<String, (Option<u16>, String)> {
    let request = stand_in.lambda().invoke().function_name("echo").invocation_type(kind);
    let output = request.payload(PAYLOAD.as_bytes().to_vec().into()).log_type(LogType::Tail).send().await;
    let output = output.map_err(|error| {
        let status = error.raw_response().map(|response| response.status().as_u16());
        (status, error.code().unwrap_or_default().to_owned())
    })?;
    let payload = output.payload.map(|payload| String::from_utf8(payload.into_inner()).unwrap());
    Ok(output.function_error.unwrap_or_default() + &payload.unwrap_or_default())
}

#[tokio::test]
async fn invocations_are_refused_as_lambda_refuses_them() {
    for (kind, statuses) in [
        ("lambda.throttle", [429].as_slice()),
        ("lambda.conflict", &[409]),
        ("lambda.error", &[500, 502, 503, 504]),
    ] {
        for seed in 0..8 {
            let stand_in = with(&format!("seed={seed},{kind}=100%"));
            stand_in.local.register(echo());
            for way in [InvocationType::RequestResponse, InvocationType::DryRun] {
                let (status, code) = invoked(&stand_in, way).await.unwrap_err();
                assert!(statuses.contains(&status.unwrap()) && !code.is_empty(), "{kind}: {status:?} {code}");
            }
            assert!(stand_in.local.journal().entries().is_empty(), "it did not run");
        }
    }
}

#[tokio::test]
async fn functions_fail_in_their_own_ways() {
    for (kind, outcome, status) in [
        ("function.error", Outcome::FunctionError("InjectedError".to_owned()), ""),
        ("function.crash", Outcome::FunctionError("Runtime.ExitError".to_owned()), "Runtime.ExitError"),
        ("function.oom", Outcome::FunctionError("Runtime.OutOfMemory".to_owned()), "Runtime.OutOfMemory"),
        ("function.timeout", Outcome::TimedOut, "timed out"),
    ] {
        for seed in 0..4 {
            let stand_in = with(&format!("seed={seed},{kind}=100%"));
            stand_in.local.register(short());
            let answer = invoked(&stand_in, InvocationType::RequestResponse).await.unwrap();
            assert!(answer.starts_with("Unhandled{\"error") && answer.contains(status), "{kind}: {answer}");
            let entries = stand_in.local.journal().entries();
            assert_eq!(entries[0].end.as_ref().unwrap().outcome, outcome);
        }
    }
    let stand_in = with("seed=1,function.slow=100%");
    stand_in.local.register(short());
    assert_eq!(invoked(&stand_in, InvocationType::RequestResponse).await.unwrap(), PAYLOAD);
}

/// A function that has little time.
fn short() -> Function {
    Function { timeout: NEVER, ..echo() }
}

#[tokio::test]
async fn answers_are_lost_or_cut() {
    for seed in 0..8 {
        let stand_in = with(&format!("seed={seed},lambda.reset=100%"));
        stand_in.local.register(echo());
        assert!(invoked(&stand_in, InvocationType::RequestResponse).await.is_err());
        let stand_in = with(&format!("seed={seed},reply.cut=100%"));
        stand_in.local.register(echo());
        let answer = invoked(&stand_in, InvocationType::RequestResponse).await.unwrap();
        assert!(answer.len() < PAYLOAD.len() && PAYLOAD.starts_with(&answer));
    }
    let stand_in = with("lambda.silent=100%");
    stand_in.local.register(echo());
    assert!(timeout(NEVER, invoked(&stand_in, InvocationType::RequestResponse)).await.is_err());
    assert_eq!(stand_in.local.journal().entries().len(), 1, "it ran");
}

/// A function that streams a frame for each of three batches.
fn frames() -> Function {
    function("frames", |_| async {
        let pieces = ["a", "b", "c"].map(|batch| Ok(Bytes::from(format!("{{\"batch\":\"{batch}\"}}\n"))));
        Ok(Response::Streamed(stream::iter(pieces).boxed()))
    })
}

/// The batches whose frames came, and whether the stream came to its end.
async fn streamed(stand_in: &StandIn, reach: Reach) -> (String, bool) {
    stand_in.local.register(frames());
    let (_, lambda) = stand_in.clients(reach).await;
    let batch = |key: &str| format!(r#"{{"id":"{key}","objects":[{{"n":0,"key":"{key}"}}]}}"#);
    let payload = format!(r#"{{"bucket":"docs","batches":[{}]}}"#, ["a", "b", "c"].map(batch).join(","));
    let request = lambda.invoke_with_response_stream().function_name("frames");
    let output = request.payload(payload.into_bytes().into()).send().await;
    let Ok(mut output) = output else { return (String::new(), false) };
    let (mut text, mut is_complete) = (String::new(), false);
    while let Ok(Ok(Some(event))) = timeout(NEVER, output.event_stream.recv()).await {
        match event {
            Event::PayloadChunk(chunk) => {
                text += std::str::from_utf8(chunk.payload.unwrap().as_ref()).unwrap();
            }
            Event::InvokeComplete(_) => is_complete = true,
            other => panic!("{other:?}"),
        }
    }
    let batches = text.lines().map(|line| line.strip_prefix("{\"batch\":\"").unwrap_or(line));
    (batches.map(|line| line.strip_suffix("\"}").unwrap_or("?")).collect::<Vec<_>>().join(""), is_complete)
}

#[tokio::test]
async fn streams_end_early_stop_or_repeat_themselves() {
    for reach in REACHES {
        for seed in 0..8 {
            let at = async |kind: &str| streamed(&with(&format!("seed={seed},{kind}=100%")), reach).await;
            for kind in ["stream.cut", "stream.silent", "lambda.reset"] {
                let (batches, is_complete) = at(kind).await;
                assert!("abc".starts_with(&batches) && !is_complete, "{kind}: {batches}");
            }
            assert_eq!(at("stream.unfinished").await, ("abc".to_owned(), false));
            let (batches, is_complete) = at("reply.duplicate").await;
            assert!(["aabc", "abbc", "abcc"].contains(&batches.as_str()) && is_complete, "{batches}");
            let (batches, is_complete) = at("reply.reorder").await;
            assert!(["bac", "acb", "abc"].contains(&batches.as_str()) && is_complete, "{batches}");
            let (batches, is_complete) = at("reply.foreign").await;
            assert!(batches.len() > 3 && is_complete, "{batches}");
            let (batches, is_complete) = at("reply.cut").await;
            assert!(batches != "abc" && is_complete, "{batches}");
        }
    }
}
